// The program in memory, so that the window runs in a plain browser: for work on its looks, for the pictures and for
// tests. Nothing here is part of the window's bundle (main.ts).
//
// `?scene=` chooses the start, `?theme=` the appearance, `?screen=` the first screen (`add`, `settings`,
// `add-workspace`, `replace-secrets:NAME`, `import`, `connect:KEY`, `connection:ID`), `?finish=MS` how long the pretended browser takes,
// `?refuse=CALL:CODE` what the program refuses (`never` as the code: it does not answer).
import { needsBrowser } from "../state/form";
import type { Route } from "../state/router.svelte";
import type { Api } from "./api";
import { failureOf } from "./failures";
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
import {
  catalogue,
  certificate,
  connections,
  emptyState,
  madeElement,
  manyConnections,
  troubled,
} from "./scenes";
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
  RemovedView,
  State,
  TestView,
  WorkspaceRequest,
  WorkspaceView,
} from "./types";

const MINUTE = 60_000;

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
  /** Elements of the person's own. */
  own: ElementView[] = [];
  /** Who signs in again, if not the one that is expected. */
  somebodyElse: string | null = null;
  /** Providers do not answer when access is given back. */
  unanswered = false;
  /** The connections whose access page was opened. */
  pagesOpened: string[] = [];

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
    const practice = workspace.kind === "practice";
    return [...catalogue(settings.callback_port, practice), ...(practice ? [] : this.own)];
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

  async describe(request: ConnectRequest): Promise<ElementView> {
    await this.#asked("describe");
    const { values } = request;
    const missing = (request.element === "oauth2" ? ["issuer"] : ["authorization_endpoint"]).filter(
      (key) => !values[key] && !values.authorization_endpoint,
    );
    if (missing.length > 0)
      throw {
        code: "form_invalid",
        fields: missing.map((key) => ({ key, problem: "required" as const })),
      } satisfies Failure;
    const address = values.issuer || values.authorization_endpoint || "";
    if (!URL.canParse(address) || !address.startsWith("https://"))
      throw { code: "form_invalid", fields: [{ key: "issuer", problem: "malformed" }] } satisfies Failure;
    const { host } = new URL(address);
    if (host.startsWith("www.") && !values.authorization_endpoint)
      throw { ...failureOf("issuer_unknown"), host };
    // Some can only be described by who knows them already.
    if (host.startsWith("known.") && !values["oauth.api.key"])
      throw {
        code: "form_invalid",
        fields: [{ key: "oauth.api.key", problem: "required" }],
      } satisfies Failure;
    const made = madeElement(
      host,
      values["provider.name"] || host,
      this.#state.settings.callback_port,
      values["oauth.grant"],
    );
    this.own = [...this.own.filter((one) => one.key !== made.key), made];
    return made;
  }

  async removeElement(key: string): Promise<void> {
    await this.#asked("removeElement");
    const user = this.#state.connections.find((one) => one.element === key);
    if (user) throw { code: "element_in_use", name: user.name } satisfies Failure;
    this.own = this.own.filter((one) => one.key !== key);
  }

  async connect(request: ConnectRequest): Promise<AttemptView> {
    await this.#asked("connect");
    this.#keychainReady();
    const element = await this.element(request.element);
    if (element.retired && this.#state.workspace.kind === "local")
      throw { code: "element_retired", product: element.name } satisfies Failure;
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
    const inBrowser = needsBrowser(element, request.values);
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
      if (request.again !== undefined && this.somebodyElse !== null) {
        const { name, identity } = this.#connection(request.again);
        this.#setAttempt(id, {
          stage: "unsaved",
          connection: request.again,
          failure: {
            code: "wrong_account",
            name,
            found: this.somebodyElse,
            ...(identity === undefined ? {} : { expected: identity }),
          },
        });
        return;
      }
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
      missing: [],
      revocation: { way: "ends" as const },
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

  async takeAccount(attempt: string): Promise<void> {
    await this.#asked("takeAccount");
    this.#keychainReady();
    const { id, connection = "", failure } = this.#attempt(attempt);
    const row = this.#connection(connection);
    this.#setConnection(row.id, {
      status: "ok",
      last_code: undefined,
      ...(failure?.found === undefined ? {} : { identity: failure.found }),
    });
    this.#setAttempt(id, { stage: "connected" });
  }

  async saveAsNew(attempt: string): Promise<void> {
    await this.#asked("saveAsNew");
    this.#keychainReady();
    const waited = this.#attempt(attempt);
    const { name: like, tags } = this.#connection(waited.connection ?? "");
    const name = `${like} 2`;
    const request = { element: waited.element, name, tags, values: {} };
    const made = {
      ...this.#made({ ...waited, name }, request),
      identity: waited.failure?.found ?? "somebody@acme.example",
    };
    this.#change((state) => ({
      connections: [...state.connections, made],
      attempts: state.attempts.map((one) =>
        one.id === attempt ? { ...one, stage: "connected" as const, connection: made.id } : one,
      ),
    }));
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

  async test(connection: string): Promise<TestView> {
    await this.#asked("test");
    const { identity } = this.#connection(connection);
    return { took_ms: 182, ...(identity === undefined ? {} : { identity }) };
  }

  async renew(connection: string): Promise<void> {
    await this.#asked("renew");
    const now = Date.now();
    this.#setConnection(connection, {
      status: "ok",
      last_code: undefined,
      renewed_at: now,
      expires_at: now + 30 * MINUTE,
    });
  }

  async remove(connection: string, _here: boolean): Promise<RemovedView> {
    await this.#asked("remove");
    const { id, revocation } = this.#connection(connection);
    this.#change(({ connections }) => ({ connections: connections.filter((one) => one.id !== id) }));
    if (revocation.way === "page") return { revoked: "no", page: revocation.url };
    if (revocation.way === "stays") return { revoked: "no" };
    return { revoked: this.unanswered ? "later" : "yes" };
  }

  async openAccessPage(connection: string): Promise<void> {
    await this.#asked("openAccessPage");
    this.pagesOpened.push(connection);
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
        missing: [],
        revocation: { way: "stays" },
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

  async addCertificate(pem: string): Promise<void> {
    await this.#asked("addCertificate");
    const refused = (name: string, detail: string): Failure => ({ code: "usage", name, detail });
    if (!pem.includes("BEGIN CERTIFICATE")) throw refused("no_certificate", "the file holds no certificate");
    if (pem.includes("LEAF")) throw refused("not_an_authority", "it is no certificate authority");
    if (pem.includes("EXPIRED")) throw refused("expired", "it ended in 2024");
    this.#change(({ settings }) => ({
      settings: {
        ...settings,
        certificates: [...settings.certificates, certificate(settings.certificates.length)],
      },
    }));
  }

  async removeCertificate(sha256: string): Promise<void> {
    this.#change(({ settings }) => ({
      settings: {
        ...settings,
        certificates: settings.certificates.filter((one) => one.sha256 !== sha256),
      },
    }));
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
  const withCode = values["oauth.grant"] === "device_code";
  const callback = withCode
    ? ""
    : (values["oauth.callback.url"] ?? `http://localhost:14747/callback/${element.key}`);
  return {
    id: "a0",
    element: element.key,
    product: element.name,
    initials: element.initials,
    name: element.name,
    again: false,
    stage: "waiting",
    host,
    link: withCode
      ? `https://${host}/device`
      : `https://${host}/oauth/authorizations/new?response_type=code&client_id=keyrack&redirect_uri=${encodeURIComponent(callback)}&state=kA3vWq0pXb7oT2mZ&code_challenge_method=S256`,
    callback,
    paste_only: !withCode && !/^http:\/\/(localhost|127\.0\.0\.1)/.test(callback),
    browser_opened: true,
    ...(withCode ? { user_code: "WDJB-MJHT" } : {}),
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
  else if (scene === "waiting-code") {
    const values = { "zendesk.subdomain": "acme", "oauth.grant": "device_code" };
    follow(waitingAttempt(zendesk, values, now - 25_000));
  } else if (scene === "finishing") follow({ stage: "finishing" });
  else if (scene === "unsaved") {
    state.keychain.state = "locked";
    follow({ stage: "unsaved", failure: { code: "keychain_locked" } });
  } else if (scene === "wrong-account") {
    state.connections = connections(now);
    const failure = failureOf("wrong_account");
    follow({ stage: "unsaved", again: true, name: failure.name ?? "", connection: "c1", failure });
  } else if (scene === "troubled") {
    state.connections = troubled(now);
    state.clock_skew = 431;
    state.settings.certificates = [certificate(0), certificate(1)];
    state.settings.proxy = "proxy.acme.example:3128";
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
  if (scene === "own") api.own = [madeElement("accounts.acme.example", "Acme Identity", 14747)];
  if (scene === "own-registers") api.own = [madeElement("register.acme.example", "Acme Register", 14747)];
  if (scene === "wrong-account") api.somebodyElse = "jo@acme.example";
  api.unanswered = query.has("unanswered");
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
