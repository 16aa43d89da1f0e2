// The calls about sign-ins: the browser's user comes back after `finish` milliseconds.
import { GRANT, needsBrowser } from "../../state/form";
import { WAY } from "../../state/ways";
import type { AttemptView, ConnectionView, ConnectRequest, ElementView, Failure } from "../types";
import { findElement, listElements } from "./elements";
import { failureOf, keyRefusal } from "./failures";
import { hostedRow } from "./platform";
import { connectionRow, MINUTE } from "./rows";
import type { World } from "./world";

const DEFAULT_FINISH = 4000;
const SAVING_TAKES = 400;

export function waitingAttempt(
  element: ElementView,
  values: Record<string, string>,
  started_at: number,
): AttemptView {
  const host = values["zendesk.subdomain"]
    ? `${values["zendesk.subdomain"]}.zendesk.com`
    : `${element.key}.example`;
  const withCode = values[GRANT] === "device_code";
  const callback = withCode
    ? ""
    : values["oauth.callback.url"] || `http://localhost:14747/callback/${element.key}`;
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
    started_at,
    ends_at: started_at + 15 * MINUTE,
  };
}

/** What a product says about a key that begins like this. */
const REFUSED = "refused";

function newConnection(world: World, attempt: AttemptView, tags: string[], way?: string): ConnectionView {
  const { workspace } = world.state;
  const element = listElements(world).find((element) => element.key === attempt.element);
  const product = {
    key: attempt.element,
    name: attempt.product,
    initials: attempt.initials,
    access: element?.access,
  };
  const part = { id: attempt.id, name: attempt.name, tags };
  if (workspace.kind === "hosted")
    return hostedRow(product, { ...part, instance: "440001", revocation: { way: "ends" } });
  const signedIn = attempt.link !== "" && {
    expires_at: Date.now() + 10 * MINUTE,
    scopes: ["read", "write"],
  };
  return connectionRow(product, {
    ...part,
    ...signedIn,
    ...(way === undefined ? {} : { way }),
    ...(attempt.link === "" ? { revocation: { way: "stays" } } : {}),
    workspace: workspace.name,
    identity: "maria@acme.example",
    host: attempt.host || `api.${attempt.element}.com`,
  });
}

export function attemptCalls(world: World) {
  let started = 0;

  function begin(element: ElementView, request: ConnectRequest, name: string): AttemptView {
    const inBrowser = needsBrowser(element, request.values);
    const attempt: AttemptView = {
      ...waitingAttempt(element, request.values, Date.now()),
      id: `a${++started}`,
      name,
      again: request.again !== undefined,
      ...(inBrowser ? {} : { stage: "finishing", link: "", host: "" }),
    };
    world.change(({ attempts }) => ({ attempts: [...attempts, attempt] }));
    if (world.finish !== null || !inBrowser)
      setTimeout(() => finish(attempt.id, request), world.finish ?? DEFAULT_FINISH);
    return attempt;
  }

  /** Continues an attempt whose browser came back, or whose values were checked. */
  function finish(id: string, request: Partial<ConnectRequest> = {}): void {
    const attempt = world.state.attempts.find((attempt) => attempt.id === id);
    if (attempt?.stage !== "waiting" && attempt?.stage !== "finishing") return;
    world.changeAttempt(id, { stage: "finishing" });
    setTimeout(() => save(attempt, request), SAVING_TAKES);
  }

  function save(attempt: AttemptView, { again, tags = [], values = {} }: Partial<ConnectRequest>): void {
    if (attempt.link === "" && Object.values(values).some((value) => value.startsWith(REFUSED))) {
      const failure = keyRefusal(attempt);
      return world.changeAttempt(attempt.id, { stage: "failed", failure });
    }
    if (again !== undefined && world.otherAccount !== null) {
      const { name, identity } = world.connection(again);
      const failure: Failure = { code: "wrong_account", name, found: world.otherAccount };
      if (identity !== undefined) failure.expected = identity;
      return world.changeAttempt(attempt.id, { stage: "unsaved", connection: again, failure });
    }
    endConnected(
      attempt.id,
      again ?? attempt.id,
      again === undefined
        ? [...world.state.connections, newConnection(world, attempt, tags, values[WAY])]
        : world.state.connections.map((row) =>
            row.id === again ? { ...row, status: "ok", last_code: undefined } : row,
          ),
    );
  }

  /** Ends an attempt and replaces the connections in one change, as the program does. */
  function endConnected(id: string, connection: string, connections: ConnectionView[]): void {
    world.change(({ attempts }) => ({
      connections,
      attempts: attempts.map((attempt) =>
        attempt.id === id ? { ...attempt, stage: "connected", connection } : attempt,
      ),
    }));
  }

  return {
    async connect(request: ConnectRequest) {
      world.requireKeychain();
      const again = request.again === undefined ? undefined : world.connection(request.again);
      const element = findElement(world, request.element, request.values[WAY] ?? again?.way);
      const local = world.state.workspace.kind === "local";
      if (local && element.historical)
        throw { code: "element_historical", product: element.name } satisfies Failure;
      if (local && element.retired)
        throw { code: "element_retired", product: element.name } satisfies Failure;
      if (again) return begin(element, request, again.name);
      if (request.name && world.findByName(request.name))
        throw { code: "name_taken", name: request.name } satisfies Failure;
      let name = request.name || element.name;
      for (let n = 2; world.findByName(name); n += 1) name = `${element.name} ${n}`;
      return begin(element, request, name);
    },

    openBrowserAgain: async (id: string) =>
      world.changeAttempt(world.attempt(id).id, { browser_opened: true }),

    async copyLink(id: string) {
      world.clipboard = world.attempt(id).link;
    },

    async pasteBack(id: string, address: string) {
      world.attempt(id);
      if (!/[?&](code|oauth_verifier)=/.test(address)) throw failureOf("callback_invalid");
      finish(id);
    },

    cancel: async (id: string) => world.changeAttempt(world.attempt(id).id, { stage: "cancelled" }),

    async saveAgain(id: string) {
      world.attempt(id);
      world.requireKeychain();
      world.changeAttempt(id, { stage: "waiting" });
      finish(id);
    },

    async takeAccount(id: string) {
      world.requireKeychain();
      const { connection = "", failure } = world.attempt(id);
      const { identity } = world.connection(connection);
      world.changeConnection(connection, {
        status: "ok",
        last_code: undefined,
        identity: failure?.found ?? identity,
      });
      world.changeAttempt(id, { stage: "connected" });
    },

    async saveAsNew(id: string) {
      world.requireKeychain();
      const attempt = world.attempt(id);
      const { name, tags } = world.connection(attempt.connection ?? "");
      const row = newConnection(world, { ...attempt, name: `${name} 2` }, tags);
      row.identity = attempt.failure?.found;
      endConnected(id, row.id, [...world.state.connections, row]);
    },

    keepWaiting: async (id: string) =>
      world.changeAttempt(world.attempt(id).id, { ends_at: Date.now() + 15 * MINUTE }),

    async dismiss(id: string) {
      world.change(({ attempts }) => ({ attempts: attempts.filter((attempt) => attempt.id !== id) }));
    },
  };
}
