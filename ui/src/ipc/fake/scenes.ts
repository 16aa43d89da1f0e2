// Opens the fake as the address of the page says: `?scene=` names a scene below, `?theme=` the appearance, `?screen=`
// the first screen with its parameters beside it (`?screen=connect&element=zendesk`), `?finish=` how many milliseconds
// the browser's user takes, `?refuse=CALL:CODE` a call that fails (with the code `never`: it does not answer).
import type { Route } from "../../screens/screens";
import type { Api } from "../api";
import type { Appearance, AttemptView, Code, ConnectionView, Failure } from "../types";
import { waitingAttempt } from "./attempts";
import { builtIn, copyText, customElement, describeText } from "./catalogue";
import { createFake, type Fake } from "./fake";
import { failureOf } from "./failures";
import { ACME, accounts, hostedConnections, manyAccounts, OPEN_CONNECTORS } from "./platform";
import {
  connections,
  keyConnections,
  longNamedConnections,
  manyConnections,
  MINUTE,
  troubledConnections,
} from "./rows";
import { certificate } from "./settings";
import { emptyState, type World } from "./world";

/** Prepares the world of a scene; may return the screen on which it begins. */
type Scene = (world: World, now: number) => Route | void;

const ACME_ZENDESK = { "zendesk.subdomain": "acme" };

function zendeskAttempt(now: number, part: Partial<AttemptView> = {}): AttemptView {
  return { ...waitingAttempt(builtIn("zendesk"), ACME_ZENDESK, now - 8000), ...part };
}

/** Shows an attempt at Zendesk that never finishes by itself. */
const withAttempt =
  (part: (now: number) => Partial<AttemptView> = () => ({})): Scene =>
  (world, now) => {
    const attempt = zendeskAttempt(now, part(now));
    world.state.attempts = [attempt];
    world.finish = null;
    return { screen: "connect", element: "zendesk", attempt: attempt.id };
  };

const withRows =
  (rows: (now: number) => ConnectionView[]): Scene =>
  (world, now) => {
    world.state.connections = rows(now);
  };

const withPlatform =
  (rows: (now: number) => ConnectionView[] = hostedConnections, there = accounts): Scene =>
  (world, now) => {
    world.state.workspace = ACME;
    world.state.workspaces.push(ACME);
    world.state.connections = rows(now);
    world.accounts = there();
    world.importFailures.set("431502", failureOf("platform_rejected"));
  };

const withKeychain =
  (state: "locked" | "missing"): Scene =>
  (world, now) => {
    world.state.keychain.state = state;
    world.state.connections = connections(now).slice(0, 3);
  };

const withCustomElement =
  (host: string, name: string): Scene =>
  (world) => {
    world.customElements = [customElement(host, name, 14747)];
  };

const SCENES: Record<string, Scene> = {
  empty: () => {},
  one: withRows((now) => connections(now).slice(0, 1)),
  many: (world, now) => {
    world.state.connections = connections(now);
    world.state.attempts = [waitingAttempt(builtIn("ciscospark"), {}, now - 20_000)];
  },
  "thousand-products": (world) => {
    const others = Array.from({ length: 450 }, (_, n) =>
      customElement(`host${n}.example`, `Company ${n}`, 14747),
    );
    world.customElements = others;
  },
  keys: withRows(keyConnections),
  eight: withRows((now) => manyConnections(now, 8)),
  thousand: withRows((now) => manyConnections(now, 1000)),
  "long-names": withRows(longNamedConnections),
  troubled: (world, now) => {
    world.state.connections = troubledConnections(now);
    world.state.clock_skew = 431;
    world.state.settings.certificates = [certificate(0), certificate(1)];
    world.state.settings.proxy = "proxy.acme.example:3128";
  },
  /** This computer in use, with two platforms beside it. */
  four: (world, now) => {
    world.state.connections = connections(now);
    world.state.workspaces.push({ ...ACME, connections: 4 }, OPEN_CONNECTORS);
  },
  hosted: withPlatform(),
  "hosted-empty": withPlatform(
    () => [],
    () => [],
  ),
  "hosted-two": (world, now) => {
    withPlatform()(world, now);
    world.state.workspaces.push(OPEN_CONNECTORS);
  },
  "hosted-thousand": withPlatform(hostedConnections, () => manyAccounts(1000)),
  "hosted-refused": withPlatform((now) =>
    hostedConnections(now).map((row) => ({
      ...row,
      status: "needs_settings",
      last_code: "workspace_secrets",
    })),
  ),
  practice: ({ state }) => {
    state.workspace = state.workspaces.find(({ kind }) => kind === "practice") ?? state.workspace;
  },
  loading: (world) => world.refuse("state", "never"),
  damaged: (world, now) => {
    world.state.connections = connections(now).slice(0, 3);
    world.refuse("state", { code: "index_damaged" });
  },
  locked: withKeychain("locked"),
  missing: withKeychain("missing"),
  offline: (world, now) => {
    world.state.connections = connections(now).slice(0, 3);
    Object.defineProperty(navigator, "onLine", { get: () => false });
  },
  own: withCustomElement("accounts.acme.example", "Acme Identity"),
  "own-file": ({ texts, customElements }) => {
    const text = copyText("zendesk", "zendesk-own", "Zendesk (own)") ?? "";
    const element = describeText(text, 14747);
    if (element) customElements.push(element);
    texts.set("zendesk-own", text);
  },
  "own-registers": withCustomElement("register.acme.example", "Acme Register"),
  waiting: withAttempt(),
  "waiting-late": withAttempt((now) => ({ started_at: now - 14.2 * MINUTE, ends_at: now + 48_000 })),
  "waiting-stray": withAttempt(() => ({ stray: "foreign" })),
  "waiting-link": withAttempt(() => ({ browser_opened: false })),
  "waiting-code": withAttempt((now) =>
    waitingAttempt(builtIn("zendesk"), { ...ACME_ZENDESK, "oauth.grant": "device_code" }, now - 25_000),
  ),
  "paste-only": withAttempt(() => ({ paste_only: true, callback: "https://www.mycoolapp.com/auth" })),
  finishing: withAttempt(() => ({ stage: "finishing" })),
  unsaved: (world, now) => {
    world.state.keychain.state = "locked";
    return withAttempt(() => ({ stage: "unsaved", failure: { code: "keychain_locked" } }))(world, now);
  },
  "wrong-account": (world, now) => {
    world.state.connections = connections(now);
    world.otherAccount = "jo@acme.example";
    const failure = failureOf("wrong_account");
    const part = { again: true, name: failure.name ?? "", connection: "c1", failure };
    return withAttempt(() => ({ stage: "unsaved", ...part }))(world, now);
  },
  /** A sign-in that failed while its screen was not open. */
  ended: (world, now) => {
    world.state.connections = connections(now).slice(0, 2);
    world.state.attempts = [zendeskAttempt(now, { stage: "failed", failure: failureOf("access_denied") })];
  },
};

/** A sign-in that failed with this code, or a form that is refused with it. */
const withFailure =
  (code: Code): Scene =>
  (world, now) => {
    const { finish } = world;
    if (code === "form_invalid" || code === "name_taken") {
      world.refuseOnce("connect", failureOf(code));
      return { screen: "connect", element: "zendesk" };
    }
    const route = withAttempt(() => ({ stage: "failed", failure: failureOf(code) }))(world, now);
    world.finish = finish;
    return route;
  };

/** An imported connection, whose client secret is not known here. */
const SECRET_MISSING: Failure = {
  code: "form_invalid",
  fields: [{ key: "oauth.api.secret", problem: "required" }],
};

export function openFake(query: URLSearchParams): { api: Fake; first?: Route | undefined } {
  const { scene = "many", theme, screen, finish, refuse = "", ...rest } = Object.fromEntries(query);
  const { unanswered, ...parameters } = rest;
  const api = createFake(emptyState(), Number(finish ?? 4000));
  const { world } = api;
  world.state.settings.appearance = (theme as Appearance | undefined) ?? "system";
  world.revocationFails = unanswered !== undefined;
  const prepare = scene.startsWith("failed-") ? withFailure(scene.slice(7) as Code) : SCENES[scene];
  if (!prepare) throw new Error(`there is no scene ${scene}`);
  const begin = prepare(world, Date.now()) ?? undefined;
  const [call, code] = refuse.split(":") as [keyof Api, Code | "never" | undefined];
  if (code === "form_invalid") world.refuse(call, SECRET_MISSING);
  else if (code) world.refuse(call, code === "never" ? code : failureOf(code));
  return { api, first: screen === undefined ? begin : ({ screen, ...parameters } as Route) };
}
