// What the calls of the fake share: the state, the switches that tests and scenes set, and the browser's user.
import type { Api } from "../api";
import type {
  AttemptView,
  ConnectionView,
  ElementView,
  Failure,
  InstanceView,
  State,
  WorkspaceView,
} from "../types";
import { failureOf } from "./failures";

/** What a refused call does: it fails, or it never answers. */
export type Refusal = Failure | "never";

export function emptyState(): State {
  const local: WorkspaceView = { name: "local", label: "This computer", kind: "local", connections: 0 };
  return {
    workspace: local,
    workspaces: [local, { name: "practice", label: "Practice", kind: "practice", connections: 0 }],
    connections: [],
    attempts: [],
    keychain: { name: "keyring", state: "ready" },
    settings: {
      appearance: "system",
      callback_port: 14747,
      data_folder: "/home/maria/.local/share/keyrack",
      elements_folder: "/home/maria/.config/keyrack/elements",
      log_folder: "/home/maria/.local/state/keyrack/log",
      version: "0.1.0",
      certificates: [],
      proxy: "",
    },
  };
}

export class World {
  /** Called after each change of the state. */
  listener: () => void = () => {};
  /** Connections of the workspaces that are not in use. */
  readonly stored = new Map<string, ConnectionView[]>();
  /** The elements whose files are in the user's folder. */
  customElements: ElementView[] = [];
  /** The texts of those that were edited. */
  readonly texts = new Map<string, string>();
  /** The accounts at the platform, and why some of them cannot be imported. */
  accounts: InstanceView[] = [];
  readonly importFailures = new Map<string, Failure>();
  clipboard = "";
  /** The account that signs in instead of the expected one. */
  otherAccount: string | null = null;
  /** Whether providers leave revocations unanswered. */
  revocationFails = false;

  readonly #refusals = new Map<keyof Api, { refusal: Refusal; once: boolean }>();

  /** `finish` is how long the browser's user takes, in milliseconds; null: for ever. */
  constructor(
    public state: State,
    public finish: number | null,
  ) {}

  refuse(call: keyof Api, refusal: Refusal): void {
    this.#refusals.set(call, { refusal, once: false });
  }

  allow(call: keyof Api): void {
    this.#refusals.delete(call);
  }

  refuseOnce(call: keyof Api, refusal: Refusal): void {
    this.#refusals.set(call, { refusal, once: true });
  }

  /** Fails or waits for ever if the call is to be refused. */
  async checkRefusal(call: keyof Api): Promise<void> {
    const found = this.#refusals.get(call);
    if (!found) return;
    if (found.once) this.#refusals.delete(call);
    if (found.refusal !== "never") throw found.refusal;
    await new Promise(() => {});
  }

  change(change: (state: State) => Partial<State>): void {
    this.state = { ...this.state, ...change(this.state) };
    this.listener();
  }

  changeSettings(part: Partial<State["settings"]>): void {
    this.change(({ settings }) => ({ settings: { ...settings, ...part } }));
  }

  attempt(id: string): AttemptView {
    const attempt = this.state.attempts.find((attempt) => attempt.id === id);
    if (!attempt) throw { code: "usage", detail: `no attempt ${id}` } satisfies Failure;
    return attempt;
  }

  changeAttempt(id: string, part: Partial<AttemptView>): void {
    this.change(({ attempts }) => ({
      attempts: attempts.map((attempt) => (attempt.id === id ? { ...attempt, ...part } : attempt)),
    }));
  }

  connection(id: string): ConnectionView {
    const connection = this.state.connections.find((connection) => connection.id === id);
    if (!connection) throw { code: "connection_unknown" } satisfies Failure;
    return connection;
  }

  changeConnection(id: string, part: Partial<ConnectionView>): void {
    this.connection(id);
    this.change(({ connections }) => ({
      connections: connections.map((row) => (row.id === id ? { ...row, ...part } : row)),
    }));
  }

  findByName(name: string): ConnectionView | undefined {
    return this.state.connections.find((row) => row.name.toLowerCase() === name.toLowerCase());
  }

  requireKeychain(): void {
    const { state } = this.state.keychain;
    if (state !== "ready") throw failureOf(state === "locked" ? "keychain_locked" : "keychain_missing");
  }
}
