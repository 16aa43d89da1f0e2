// The program in memory, so that the window runs in a plain browser: for work on its looks, for the pictures and for
// tests. Nothing here is part of the window's bundle (main.ts).
//
// `?scene=` chooses the start, `?theme=` the appearance, `?screen=` the first screen (`add`, `settings`,
// `connect:KEY`, `connection:ID`), `?finish=MS` how long the pretended browser takes.
import type { Route } from "../state/router.svelte";
import type { Api } from "./api";
import { catalogue, connections, emptyState, manyConnections } from "./scenes";
import type {
  Appearance,
  AttemptView,
  Code,
  ConnectRequest,
  ConnectionView,
  ElementView,
  Failure,
  KeychainView,
  State,
} from "./types";

const MINUTE = 60_000;

/** Raised for `scene=failed-…`, with the facts the program would send. */
function failureOf(code: Code): Failure {
  switch (code) {
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
  /** What `connect` refuses with, once. */
  #refusal: Failure | null = null;
  /** The pages' own clipboard, so that a test can see what was asked for. */
  clipboard = "";

  constructor(state: State, finish: number | null = 4000) {
    this.#state = state;
    this.#finish = finish;
  }

  refuseOnce(failure: Failure): void {
    this.#refusal = failure;
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
    return structuredClone(this.#state);
  }

  async elements(): Promise<ElementView[]> {
    const practice = this.#state.workspace.kind === "practice";
    return catalogue(this.#state.settings.callback_port, practice);
  }

  async connect(request: ConnectRequest): Promise<AttemptView> {
    const refusal = this.#refusal;
    this.#refusal = null;
    if (refusal) throw refusal;
    this.#keychainReady();
    const element = (await this.elements()).find((one) => one.key === request.element);
    if (!element) throw failureOf("element_unknown");
    const taken = (name: string) =>
      this.#state.connections.some((one) => one.name.toLowerCase() === name.toLowerCase());
    if (request.name && taken(request.name))
      throw { code: "name_taken", name: request.name } satisfies Failure;
    let name = request.name || element.name;
    for (let n = 2; taken(name); n += 1) name = `${element.name} ${n}`;
    const id = `a${this.#next++}`;
    const now = Date.now();
    const attempt: AttemptView = {
      ...waitingAttempt(element, request.values, now),
      id,
      name,
    };
    this.#change(({ attempts }) => ({ attempts: [...attempts, attempt] }));
    if (this.#finish !== null) setTimeout(() => this.#answer(id, request), this.#finish);
    return attempt;
  }

  /** The browser came back. */
  #answer(id: string, request: ConnectRequest): void {
    const attempt = this.#state.attempts.find((one) => one.id === id);
    if (attempt?.stage !== "waiting") return;
    this.#setAttempt(id, { stage: "finishing" });
    setTimeout(() => {
      const now = Date.now();
      const element = catalogue(14747, false).find((one) => one.key === request.element);
      const connection: ConnectionView = {
        id,
        workspace: this.#state.workspace.name,
        name: attempt.name,
        element: attempt.element,
        product: attempt.product,
        initials: attempt.initials,
        identity: "maria@acme.example",
        host: attempt.host,
        tags: request.tags,
        status: "ok",
        created_at: now,
        expires_at: now + 10 * MINUTE,
        scopes: ["read", "write"],
        access: element?.access ?? [],
      };
      this.#change((state) => ({
        connections: [...state.connections, connection],
        attempts: state.attempts.map((one) =>
          one.id === id ? { ...one, stage: "connected" as const, connection: id } : one,
        ),
      }));
    }, 400);
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
    const { id } = this.#connection(connection);
    const other = this.#state.connections.find((one) => one.name.toLowerCase() === name.toLowerCase());
    if (other && other.id !== id) throw { code: "name_taken", name } satisfies Failure;
    this.#change(({ connections }) => ({
      connections: connections.map((one) => (one.id === id ? { ...one, name } : one)),
    }));
  }

  async remove(connection: string): Promise<void> {
    const { id } = this.#connection(connection);
    this.#change(({ connections }) => ({ connections: connections.filter((one) => one.id !== id) }));
  }

  async useWorkspace(name: string): Promise<void> {
    const workspace = this.#state.workspaces.find((one) => one.name === name);
    if (!workspace) throw failureOf("workspace_unknown");
    this.#change(() => ({ workspace, connections: [], attempts: [] }));
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
  else if (scene === "hosted") {
    state.connections = connections(now);
    state.workspaces.push({ name: "acme", label: "Acme platform", kind: "hosted" });
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
  if (refusal) api.refuseOnce(refusal);
  if (scene === "loading") api.state = () => new Promise(() => {});
  return first ? { api, first } : { api };
}

function routeOf(screen: string | null): Route | undefined {
  const [name, argument = ""] = (screen ?? "").split(":");
  if (name === "add" || name === "settings") return { screen: name };
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
