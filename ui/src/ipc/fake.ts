// The program in memory, so that the window runs in a plain browser: for work on its looks, for the pictures and for
// tests. Nothing here is part of the window's bundle (main.ts).
//
// `?scene=` chooses the start, `?theme=` the appearance, `?screen=` the first screen (`add`, `settings`,
// `add-workspace`, `replace-secrets:NAME`, `import`, `connect:KEY`, `connection:ID`), `?finish=MS` how long the pretended browser takes,
// `?refuse=CALL:CODE` what the program refuses (`never` as the code: it does not answer).
import type { Route } from "../state/router.svelte";
import type { Api } from "./api";
import {
  ACME,
  accountsThere,
  described,
  hostedConnections,
  hostedWorkspace,
  manyAccountsThere,
  platformCatalogue,
  PRESETS,
} from "./platform";
import { catalogue, connections, emptyState, manyConnections } from "./scenes";
import type {
  Appearance,
  AttemptView,
  Code,
  ConnectRequest,
  ConnectionView,
  ElementView,
  Failure,
  ImportView,
  InstanceView,
  KeychainView,
  PresetView,
  State,
  WorkspaceRequest,
  WorkspaceView,
} from "./types";

const MINUTE = 60_000;

const HOST = new URL(ACME.base_url ?? "").host;

/** Raised for `scene=failed-…` and `refuse=…`, with the facts the program would send. */
function failureOf(code: Code): Failure {
  switch (code) {
    case "platform_rejected":
    case "instance_gone":
    case "authorization_expired":
      return {
        code,
        host: HOST,
        platform: {
          status: 400,
          request_id: "5c1d0d9ae4b0a1e23c3e9f10",
          message: "Failed to create the instance: the provider refused the configuration",
          provider_message: "invalid_request: redirect_uri does not match",
        },
      };
    case "platform_busy":
      return { code, host: HOST, platform: { status: 429, retry_after: 45 } };
    case "platform_failed":
      return { code, host: HOST, platform: { status: 502, message: "Bad gateway" } };
    case "platform_bad_response":
      return { code, host: HOST, detail: "the answer is a page and not JSON", platform: { status: 200 } };
    case "platform_unreachable":
    case "platform_uncertain":
      return { code, host: HOST, detail: "no answer in 30 seconds" };
    case "workspace_secrets":
      return {
        code,
        host: HOST,
        platform: { status: 401, message: "Invalid Organization or User secret, or invalid Element token" },
      };
    case "workspace_taken":
      return { code, name: ACME.name };
    case "port_in_use":
      return { code, port: 14747, free_port: 14748 };
    case "callback_busy":
      return { code, port: 14747 };
    case "internal":
      return { code, report: "7F3K-20QX", detail: "index: row 12 has no element" };
    case "provider_bad_response":
    case "provider_rejected":
      return { code, host: "acme.zendesk.com", detail: "invalid_client: client authentication failed" };
    case "provider_unreachable":
      return { code, host: "acme.zendesk.com", detail: "connection refused" };
    case "name_taken":
      return { code, name: "Zendesk" };
    case "name_ambiguous":
      return { code, candidates: ["Zendesk", "Zendesk – support"] };
    case "form_invalid":
      return {
        code,
        fields: [
          { key: "zendesk.subdomain", problem: "malformed" },
          { key: "oauth.api.key", problem: "malformed" },
        ],
      };
    default:
      return { code };
  }
}

export class Fake implements Api {
  #state: State;
  #changed: () => void = () => {};
  #next = 1;
  /** How long the pretended person takes in the pretended browser; null: for ever. */
  #finish: number | null;
  /** What the program refuses, and whether only once. */
  #refusals = new Map<keyof Api, { how: Failure | "never"; once: boolean }>();
  /** The connections of the workspaces that are not in use. */
  #elsewhere = new Map<string, ConnectionView[]>();
  /** What exists at the platform. */
  accountsThere: InstanceView[] = [];
  /** Accounts that cannot be brought in. */
  notImported = new Map<string, Failure>();
  /** The pages' own clipboard, so that a test can see what was asked for. */
  clipboard = "";

  constructor(state: State, finish: number | null = 4000) {
    this.#state = state;
    this.#finish = finish;
  }

  refuse(what: keyof Api, how: Failure | "never"): void {
    this.#refusals.set(what, { how, once: false });
  }

  refuseOnce(what: keyof Api, failure: Failure): void {
    this.#refusals.set(what, { how: failure, once: true });
  }

  async #asked(what: keyof Api): Promise<void> {
    const refusal = this.#refusals.get(what);
    if (!refusal) return;
    if (refusal.once) this.#refusals.delete(what);
    if (refusal.how !== "never") throw refusal.how;
    await new Promise(() => {});
  }

  #change(change: (state: State) => Partial<State>): void {
    this.#state = { ...this.#state, ...change(this.#state) };
    this.#changed();
  }

  #attempt(id: string): AttemptView {
    const attempt = this.#state.attempts.find((one) => one.id === id);
    if (!attempt) throw { code: "usage", detail: `no attempt ${id}` } satisfies Failure;
    return attempt;
  }

  #connection(id: string): ConnectionView {
    const connection = this.#state.connections.find((one) => one.id === id);
    if (!connection) throw { code: "connection_unknown" } satisfies Failure;
    return connection;
  }

  #setAttempt(id: string, part: Partial<AttemptView>): void {
    this.#change(({ attempts }) => ({
      attempts: attempts.map((one) => (one.id === id ? { ...one, ...part } : one)),
    }));
  }

  #keychainReady(): void {
    const { state } = this.#state.keychain;
    if (state !== "ready") throw failureOf(state === "locked" ? "keychain_locked" : "keychain_missing");
  }

  async onChanged(then: () => void): Promise<void> {
    this.#changed = then;
  }

  async state(): Promise<State> {
    await this.#asked("state");
    const state = structuredClone(this.#state);
    const counted = (workspace: WorkspaceView): WorkspaceView => ({
      ...workspace,
      connections:
        workspace.name === state.workspace.name
          ? state.connections.length
          : (this.#elsewhere.get(workspace.name)?.length ?? workspace.connections),
    });
    return {
      ...state,
      workspace: counted(state.workspace),
      workspaces: state.workspaces.map(counted),
    };
  }

  #elements(): ElementView[] {
    const { workspace, settings } = this.#state;
    if (workspace.kind === "hosted") return platformCatalogue();
    return catalogue(settings.callback_port, workspace.kind === "practice");
  }

  async elements(): Promise<ElementView[]> {
    await this.#asked("elements");
    return this.#elements();
  }

  async element(key: string): Promise<ElementView> {
    await this.#asked("element");
    const element = this.#elements().find((one) => one.key === key);
    if (!element) throw { code: "element_unknown", name: key } satisfies Failure;
    return this.#state.workspace.kind === "hosted" ? described(element) : element;
  }

  async connect(request: ConnectRequest): Promise<AttemptView> {
    await this.#asked("connect");
    this.#keychainReady();
    const element = await this.element(request.element);
    if (request.again !== undefined)
      return this.#begin(element, request, this.#connection(request.again).name);
    const taken = (name: string) =>
      this.#state.connections.some((one) => one.name.toLowerCase() === name.toLowerCase());
    if (request.name && taken(request.name))
      throw { code: "name_taken", name: request.name } satisfies Failure;
    let name = request.name || element.name;
    for (let n = 2; taken(name); n += 1) name = `${element.name} ${n}`;
    return this.#begin(element, request, name);
  }

  #begin(element: ElementView, request: ConnectRequest, name: string): AttemptView {
    const inBrowser = element.auth === "oauth2" || element.auth === "oauth1";
    const attempt: AttemptView = {
      ...waitingAttempt(element, request.values, Date.now()),
      id: `a${this.#next++}`,
      name,
      again: request.again !== undefined,
      ...(inBrowser ? {} : { stage: "finishing", link: "", host: "" }),
    };
    this.#change(({ attempts }) => ({ attempts: [...attempts, attempt] }));
    if (this.#finish !== null || !inBrowser)
      setTimeout(() => this.#answer(attempt.id, request), this.#finish ?? 4000);
    return attempt;
  }

  /** The browser came back, or what was entered was checked. */
  #answer(id: string, request: ConnectRequest): void {
    const attempt = this.#state.attempts.find((one) => one.id === id);
    if (attempt?.stage !== "waiting" && attempt?.stage !== "finishing") return;
    this.#setAttempt(id, { stage: "finishing" });
    setTimeout(() => {
      const row = request.again ?? id;
      this.#change((state) => ({
        connections:
          request.again === undefined
            ? [...state.connections, this.#made(attempt, request)]
            : state.connections.map((one) =>
                one.id === row ? { ...one, status: "ok" as const, last_code: undefined } : one,
              ),
        attempts: state.attempts.map((one) =>
          one.id === id ? { ...one, stage: "connected" as const, connection: row } : one,
        ),
      }));
    }, 400);
  }

  #made(attempt: AttemptView, request: ConnectRequest): ConnectionView {
    const now = Date.now();
    const { workspace } = this.#state;
    const element = this.#elements().find((one) => one.key === request.element);
    const common = {
      id: attempt.id,
      workspace: workspace.name,
      name: attempt.name,
      element: attempt.element,
      product: attempt.product,
      initials: attempt.initials,
      tags: request.tags,
      disabled: false,
      status: "ok" as const,
      created_at: now,
      access: element?.access ?? [],
    };
    if (workspace.kind === "hosted") return { ...common, instance: "440001", scopes: [] };
    return {
      ...common,
      identity: "maria@acme.example",
      host: attempt.host,
      expires_at: now + 10 * MINUTE,
      scopes: ["read", "write"],
    };
  }

  async openBrowserAgain(attempt: string): Promise<void> {
    this.#attempt(attempt);
    this.#setAttempt(attempt, { browser_opened: true });
  }

  async copyLink(attempt: string): Promise<void> {
    this.clipboard = this.#attempt(attempt).link;
  }

  async pasteBack(attempt: string, address: string): Promise<void> {
    const { element } = this.#attempt(attempt);
    if (!/[?&](code|oauth_verifier)=/.test(address)) throw failureOf("callback_invalid");
    this.#answer(attempt, { element, name: "", tags: [], values: {} });
  }

  async cancel(attempt: string): Promise<void> {
    this.#attempt(attempt);
    this.#setAttempt(attempt, { stage: "cancelled" });
  }

  async saveAgain(attempt: string): Promise<void> {
    const { element } = this.#attempt(attempt);
    this.#keychainReady();
    this.#setAttempt(attempt, { stage: "waiting" });
    this.#answer(attempt, { element, name: "", tags: [], values: {} });
  }

  async keepWaiting(attempt: string): Promise<void> {
    this.#setAttempt(this.#attempt(attempt).id, { ends_at: Date.now() + 15 * MINUTE });
  }

  async dismiss(attempt: string): Promise<void> {
    this.#change(({ attempts }) => ({ attempts: attempts.filter((one) => one.id !== attempt) }));
  }

  async copyToken(connection: string): Promise<void> {
    this.#keychainReady();
    this.clipboard = `token of ${this.#connection(connection).id}`;
  }

  async rename(connection: string, name: string): Promise<void> {
    await this.#asked("rename");
    const { id } = this.#connection(connection);
    const other = this.#state.connections.find((one) => one.name.toLowerCase() === name.toLowerCase());
    if (other && other.id !== id) throw { code: "name_taken", name } satisfies Failure;
    this.#setConnection(id, { name });
  }

  async remove(connection: string, _here: boolean): Promise<void> {
    const { id } = this.#connection(connection);
    this.#change(({ connections }) => ({ connections: connections.filter((one) => one.id !== id) }));
  }

  async setTags(connection: string, tags: string[]): Promise<void> {
    await this.#asked("setTags");
    this.#setConnection(connection, { tags });
  }

  async setEnabled(connection: string, enabled: boolean): Promise<void> {
    await this.#asked("setEnabled");
    this.#setConnection(connection, { disabled: !enabled });
  }

  #setConnection(connection: string, part: Partial<ConnectionView>): void {
    const { id } = this.#connection(connection);
    this.#change(({ connections }) => ({
      connections: connections.map((one) => (one.id === id ? { ...one, ...part } : one)),
    }));
  }

  async useWorkspace(name: string): Promise<void> {
    const workspace = this.#state.workspaces.find((one) => one.name === name);
    if (!workspace) throw failureOf("workspace_unknown");
    const before = this.#state;
    if (before.workspace.name === name) return;
    this.#elsewhere.set(before.workspace.name, before.connections);
    this.#change(() => ({ workspace, connections: this.#elsewhere.get(name) ?? [], attempts: [] }));
  }

  async presets(): Promise<PresetView[]> {
    return PRESETS;
  }

  async addWorkspace(request: WorkspaceRequest): Promise<WorkspaceView> {
    await this.#asked("addWorkspace");
    this.#keychainReady();
    const { name, base_url } = request;
    if (this.#state.workspaces.some((one) => one.label.toLowerCase() === name.toLowerCase()))
      throw { code: "workspace_taken", name } satisfies Failure;
    if (!URL.canParse(base_url) || !base_url.startsWith("https://"))
      throw { code: "form_invalid", fields: [{ key: "base_url", problem: "malformed" }] } satisfies Failure;
    const workspace = hostedWorkspace(name, base_url);
    this.#change(({ workspaces }) => ({ workspaces: [...workspaces, workspace] }));
    return workspace;
  }

  #workspace(name: string): WorkspaceView {
    const workspace = this.#state.workspaces.find((one) => one.name === name);
    if (workspace?.kind !== "hosted") throw failureOf("workspace_unknown");
    return workspace;
  }

  async replaceSecrets(name: string, userSecret: string, organizationSecret: string): Promise<void> {
    await this.#asked("replaceSecrets");
    this.#keychainReady();
    this.#workspace(name);
    const given = { user_secret: userSecret, organization_secret: organizationSecret };
    const fields = Object.entries(given).flatMap(([key, value]) =>
      value.trim() === "" ? [{ key, problem: "required" as const }] : [],
    );
    if (fields.length > 0) throw { code: "form_invalid", fields } satisfies Failure;
    // What was refused because of the old ones is worth another try.
    this.#change(({ connections }) => ({
      connections: connections.map((one) =>
        one.workspace === name && one.last_code === "workspace_secrets"
          ? { ...one, status: "ok" as const, last_code: undefined }
          : one,
      ),
    }));
  }

  async renameWorkspace(name: string, newName: string): Promise<void> {
    const before = this.#workspace(name);
    const other = this.#state.workspaces.find((one) => one.label.toLowerCase() === newName.toLowerCase());
    if (other && other.name !== name) throw { code: "workspace_taken", name: newName } satisfies Failure;
    const after = { ...before, name: newName, label: newName };
    const there = this.#elsewhere.get(name);
    if (there) this.#elsewhere.set(newName, there);
    this.#change(({ workspace, workspaces }) => ({
      workspace: workspace.name === name ? after : workspace,
      workspaces: workspaces.map((one) => (one.name === name ? after : one)),
    }));
  }

  async removeWorkspace(name: string): Promise<void> {
    await this.#asked("removeWorkspace");
    this.#workspace(name);
    const here = this.#state.workspaces[0];
    if (this.#state.workspace.name === name && here) await this.useWorkspace(here.name);
    this.#elsewhere.delete(name);
    this.#change(({ workspaces }) => ({ workspaces: workspaces.filter((one) => one.name !== name) }));
  }

  async instances(): Promise<InstanceView[]> {
    await this.#asked("instances");
    return structuredClone(this.accountsThere);
  }

  async importInstances(ids: string[]): Promise<ImportView> {
    await this.#asked("importInstances");
    this.#keychainReady();
    const chosen = this.accountsThere.filter((one) => ids.includes(one.id));
    const failed = chosen.flatMap(({ id }) => {
      const failure = this.notImported.get(id);
      return failure ? [{ instance: id, failure }] : [];
    });
    const added = chosen
      .filter(({ id }) => !this.notImported.has(id))
      .map(({ id, name, element, product, initials, tags, disabled }): ConnectionView => ({
        id: `i${id}`,
        workspace: this.#state.workspace.name,
        name,
        element,
        product,
        initials,
        tags,
        disabled,
        instance: id,
        status: "ok",
        created_at: Date.now(),
        scopes: [],
        access: [],
      }));
    const known = new Map(added.map((one) => [one.instance, one.id]));
    this.accountsThere = this.accountsThere.map((one) => ({
      ...one,
      connection: one.connection ?? known.get(one.id),
    }));
    this.#change((state) => ({ connections: [...state.connections, ...added] }));
    return { added, failed };
  }

  async setAppearance(appearance: Appearance): Promise<void> {
    this.#change(({ settings }) => ({ settings: { ...settings, appearance } }));
  }

  async setCallbackPort(port: number): Promise<void> {
    this.#change(({ settings }) => ({ settings: { ...settings, callback_port: port } }));
  }

  async openFolder(): Promise<void> {}

  async checkKeychain(): Promise<KeychainView> {
    return this.#state.keychain;
  }
}

function waitingAttempt(element: ElementView, values: Record<string, string>, now: number): AttemptView {
  const host = values["zendesk.subdomain"]
    ? `${values["zendesk.subdomain"]}.zendesk.com`
    : `${element.key}.example`;
  const callback = values["oauth.callback.url"] ?? `http://localhost:14747/callback/${element.key}`;
  return {
    id: "a0",
    element: element.key,
    product: element.name,
    initials: element.initials,
    name: element.name,
    again: false,
    stage: "waiting",
    host,
    link: `https://${host}/oauth/authorizations/new?response_type=code&client_id=keyrack&redirect_uri=${encodeURIComponent(callback)}&state=kA3vWq0pXb7oT2mZ&code_challenge_method=S256`,
    callback,
    paste_only: !/^http:\/\/(localhost|127\.0\.0\.1)/.test(callback),
    browser_opened: true,
    started_at: now,
    ends_at: now + 15 * MINUTE,
  };
}

const OPEN_CONNECTORS = hostedWorkspace(
  "Open Connectors",
  "https://api.openconnectors.us2.ext.hana.ondemand.com/elements/api-v2",
  1,
);

/** The beginning of a scene. */
export function openFake(query: URLSearchParams): { api: Fake; first?: Route } {
  const scene = query.get("scene") ?? "many";
  const now = Date.now();
  const state = emptyState();
  const zendesk = catalogue(14747, false).find((one) => one.key === "zendesk");
  if (!zendesk) throw new Error("the fake catalogue has no zendesk");
  const attempt = waitingAttempt(zendesk, { "zendesk.subdomain": "acme" }, now - 8000);
  let first = routeOf(query.get("screen"));
  let finish: number | null = Number(query.get("finish") ?? 4000);
  let refusal: Failure | null = null;
  state.settings.appearance = (query.get("theme") as Appearance | null) ?? "system";

  const follow = (part: Partial<AttemptView>) => {
    state.attempts = [{ ...attempt, ...part }];
    first ??= { screen: "connect", element: "zendesk", attempt: attempt.id };
    finish = null;
  };

  if (scene === "one") state.connections = connections(now).slice(0, 1);
  else if (scene === "many") {
    state.connections = connections(now);
    const webex = catalogue(14747, false).find((one) => one.key === "ciscospark");
    if (webex) state.attempts = [{ ...waitingAttempt(webex, {}, now - 20_000) }];
  } else if (scene === "thousand") state.connections = manyConnections(now, 1000);
  else if (scene === "eight") state.connections = manyConnections(now, 8);
  else if (scene === "long-names") state.connections = longNames(now);
  else if (scene === "four") {
    // This computer in use, with two platforms beside it.
    state.connections = connections(now);
    state.workspaces.push({ ...ACME, connections: 4 }, OPEN_CONNECTORS);
  } else if (scene.startsWith("hosted")) {
    state.workspace = ACME;
    state.workspaces.push(ACME);
    if (scene === "hosted-two") state.workspaces.push(OPEN_CONNECTORS);
    state.connections = scene === "hosted-empty" ? [] : hostedConnections(now);
    if (scene === "hosted-refused")
      state.connections = state.connections.map((one) => ({
        ...one,
        status: "needs_settings",
        last_code: "workspace_secrets",
      }));
  } else if (scene === "practice") {
    const practice = state.workspaces.find((one) => one.kind === "practice");
    if (practice) state.workspace = practice;
  } else if (scene === "locked" || scene === "missing") {
    state.keychain.state = scene;
    state.connections = connections(now).slice(0, 3);
  } else if (scene === "offline") {
    state.connections = connections(now).slice(0, 3);
    Object.defineProperty(navigator, "onLine", { get: () => false });
  } else if (scene === "waiting") follow({});
  else if (scene === "waiting-late") follow({ started_at: now - 14.2 * MINUTE, ends_at: now + 48_000 });
  else if (scene === "waiting-link") follow({ browser_opened: false });
  else if (scene === "paste-only") follow({ paste_only: true, callback: "https://www.mycoolapp.com/auth" });
  else if (scene === "finishing") follow({ stage: "finishing" });
  else if (scene === "unsaved") {
    state.keychain.state = "locked";
    follow({ stage: "unsaved", failure: { code: "keychain_locked" } });
  } else if (scene === "ended") {
    // A sign-in that failed while the person was elsewhere.
    state.connections = connections(now).slice(0, 2);
    state.attempts = [{ ...attempt, stage: "failed", failure: failureOf("access_denied") }];
  } else if (scene.startsWith("failed-")) {
    const code = scene.slice("failed-".length) as Code;
    if (code === "form_invalid" || code === "name_taken") {
      refusal = failureOf(code);
      first ??= { screen: "connect", element: "zendesk" };
    } else follow({ stage: "failed", failure: failureOf(code) });
    finish = 4000;
  }

  const api = new Fake(state, finish);
  if (refusal) api.refuseOnce("connect", refusal);
  if (scene === "loading") api.refuse("state", "never");
  if (state.workspace.kind === "hosted") {
    api.accountsThere =
      scene === "hosted-empty" ? [] : scene === "hosted-thousand" ? manyAccountsThere(1000) : accountsThere();
    api.notImported.set("431502", failureOf("platform_rejected"));
  }
  const [call, code] = (query.get("refuse") ?? "").split(":") as [keyof Fake & keyof Api, Code | "never"];
  // What was brought in is known without the secret of its app.
  const missing: Failure = {
    code: "form_invalid",
    fields: [{ key: "oauth.api.secret", problem: "required" }],
  };
  if (code) api.refuse(call, code === "never" ? code : code === "form_invalid" ? missing : failureOf(code));
  return first ? { api, first } : { api };
}

function routeOf(screen: string | null): Route | undefined {
  const [name, argument = ""] = (screen ?? "").split(":");
  if (name === "add" || name === "settings" || name === "import" || name === "add-workspace")
    return { screen: name };
  if (name === "replace-secrets") return { screen: name, workspace: argument };
  if (name === "connect") return { screen: "connect", element: argument };
  if (name === "connection") return { screen: "connection", id: argument };
  return undefined;
}

function longNames(now: number): ConnectionView[] {
  const [first, second, third] = connections(now);
  if (!first || !second || !third) return [];
  return [
    {
      ...first,
      name: "Act! Essentials, the long-named regional office of Acme Holdings in Greater Manchester and the North West",
      identity: "sales-operations-and-customer-success-team@regional-north-west.holdings.acme.example",
      host: "regional-north-west-holdings.zendesk.com",
      tags: ["a-very-long-tag-that-goes-on", "sales"],
    },
    { ...second, name: "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" },
    { ...third, name: "サポート部門の共有アカウント 🗝️", identity: "支援@例え.example" },
  ];
}
