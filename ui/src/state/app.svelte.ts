// The few things every screen needs, handed down through the component tree.
import { createContext } from "svelte";
import type { Api } from "../ipc/api";
import type { AttemptView, ConnectionView, Failure, State } from "../ipc/types";
import { describeFailure, type ErrorCopy, type FailureWords } from "../copy/errors";
import { formatReport } from "../copy/report";
import { ANNOUNCE, enteredWord } from "../copy/words";
import { Announcer } from "./announcer.svelte";
import { arrivedAt } from "./attempts";
import { copyText } from "./clipboard";
import { Drafts } from "./drafts.svelte";
import { Router } from "./router.svelte";
import { Store } from "./store.svelte";
import { isByKey, wayOf } from "./ways";

/** A question before something is lost. */
export interface Question {
  title: string;
  body: string;
  stay: string;
  go: string;
  danger: boolean;
  /** A page to look at before answering. */
  link?: { label: string; press: () => void } | undefined;
  answer: (yes: boolean) => void;
}

/** A removed connection whose access at the product has not ended. */
export interface Removed {
  connection: string;
  name: string;
  product: string;
  /** The product’s page for ending access; without it, Keyrack ends the access later. */
  page?: string | undefined;
}

export class App {
  readonly api: Api;
  readonly store: Store;
  readonly router = new Router();
  readonly drafts = new Drafts();
  readonly announcer = new Announcer();
  question = $state.raw<Question | null>(null);
  /** Shown on the list until the list is left. */
  removed = $state.raw<Removed | null>(null);

  /** What Escape does instead of going back. */
  escape: (() => void) | null = null;

  /** The attempt on the Connect screen: only its end leads to the list. */
  #watched: string | null = null;
  /** The last attempt that connected. Without a browser it may connect before it is watched. */
  #lastConnected: { attempt: string; row: string | undefined } | null = null;

  constructor(api: Api) {
    this.api = api;
    this.store = new Store(api);
    this.store.onupdate = (before, after) => this.#followAttempts(before, after);
  }

  get keychain(): string {
    return this.store.state?.keychain.name ?? "keyring";
  }

  /** The label of the hosted workspace in use. */
  get platform(): string | undefined {
    const workspace = this.store.state?.workspace;
    return workspace?.kind === "hosted" ? workspace.label : undefined;
  }

  /** Runs what changes the state, shows the new state and announces it. Rejects with the failure of `work`. */
  async change(work: () => Promise<unknown>, announcement?: string): Promise<void> {
    await work();
    await this.store.refresh();
    if (announcement !== undefined) this.announcer.say(announcement);
  }

  /** Replaces what Escape does, until the function that it returns is called. */
  onEscape(press: () => void): () => void {
    this.escape = press;
    return () => {
      if (this.escape === press) this.escape = null;
    };
  }

  ask(question: Omit<Question, "answer">): Promise<boolean> {
    return new Promise((resolve) => {
      this.question = {
        ...question,
        answer: (yes) => {
          this.question = null;
          resolve(yes);
        },
      };
    });
  }

  askToRemove(question: Pick<Question, "title" | "body" | "link"> & { go?: string }): Promise<boolean> {
    return this.ask({ stay: "Cancel", go: "Remove", danger: true, ...question });
  }

  #followAttempts(before: State | null, after: State): void {
    for (const attempt of arrivedAt("connected", before, after)) this.#connected(attempt, before, after);
    // The user cancelled these: there is nothing to show.
    for (const attempt of arrivedAt("cancelled", before, after)) this.forget(attempt.id);
    for (const { failure, product } of arrivedAt("unsaved", before, after)) {
      if (failure?.code === "wrong_account") this.announceFailure(failure, product);
      else this.announcer.say(ANNOUNCE.unsaved(product));
    }
    for (const { failure, product } of arrivedAt("failed", before, after))
      if (failure && failure.code !== "cancelled") this.announceFailure(failure, product);
  }

  /** Goes back as Escape does: to the row of what was shown, if the screen before has one. */
  goBack(): Promise<void> {
    const { route, previous } = this.router;
    if (route.screen === "connection") return this.router.home(route.id);
    const toRow = route.screen === "replace-secrets" && previous?.screen === "settings";
    return this.router.back(toRow ? route.workspace : undefined);
  }

  /** Opens the form for the secrets of the workspace in use: no other workspace is asked anything. */
  async replaceSecrets(): Promise<void> {
    const workspace = this.store.state?.workspace.name;
    if (workspace !== undefined) await this.router.go({ screen: "replace-secrets", workspace });
  }

  /** Opens the settings without asking about or dropping what is typed into a form. */
  async openSettings(part?: "certificates"): Promise<void> {
    this.router.leaving = null;
    await this.router.go({ screen: "settings", ...(part ? { part } : {}) });
  }

  /** Switches to the practice workspace, with one element or with the catalogue. */
  async practise(element?: string): Promise<void> {
    await this.change(() => this.api.useWorkspace("practice"));
    this.router.leaving = null;
    await this.router.go({ screen: "add" });
    if (element !== undefined) await this.router.go({ screen: "connect", element });
  }

  /** Starts a new sign-in to a connection without a form. Opens the form for what the program does not know. */
  async signInAgain({ id, element, name, tags }: ConnectionView): Promise<void> {
    try {
      const attempt = await this.api.connect({ element, name, tags, values: {}, again: id });
      this.announceWaiting(attempt);
      await this.store.refresh();
      await this.router.go({ screen: "connect", element, attempt: attempt.id, again: id });
    } catch (thrown) {
      const { code, fields } = thrown as Failure;
      if (code !== "form_invalid" || !fields?.length) throw thrown;
      await this.router.go({ screen: "connect", element, again: id, missing: fields });
    }
  }

  /** Builds the list again from the keychain. A failure shows in place of the list. */
  async repairIndex(): Promise<void> {
    try {
      await this.change(() => this.api.repairIndex(), ANNOUNCE.repaired);
    } catch (thrown) {
      this.store.failure = thrown as Failure;
    }
  }

  /** Has the system ask for the password of a locked keychain. What is wrong with it shows in the state. */
  async unlockKeychain(): Promise<void> {
    await this.change(() => this.api.unlockKeychain().catch(() => undefined));
  }

  announceWaiting({ stage, user_code: code, host, product }: AttemptView): void {
    if (stage !== "waiting") return;
    this.announcer.say(code === undefined ? ANNOUNCE.waiting(product) : ANNOUNCE.waitingWithCode(code, host));
  }

  /** Whether a connection was made with a key or a password, so that nobody signs in to it. */
  isByKey(connection: ConnectionView): boolean {
    return isByKey(wayOf(connection, this.store.listed(connection.element)));
  }

  /** Dismisses an ended attempt; that it is gone already is no failure. */
  forget(attempt: string): void {
    this.api.dismiss(attempt).catch(() => undefined);
  }

  /** Puts a failure into words, with the names of this system's keychain and of the workspace. */
  describeFailure(failure: Failure, product?: string, copy?: ErrorCopy): FailureWords {
    const { keychain, platform } = this;
    return describeFailure(
      product === undefined ? failure : { product, ...failure },
      { keychain, platform },
      copy,
    );
  }

  announceWords({ title, body }: FailureWords): void {
    this.announcer.say(`${title}. ${body}`);
  }

  announceFailure(failure: Failure, product?: string): void {
    this.announceWords(this.describeFailure(failure, product));
  }

  copyReport(failure: Failure, product: string | undefined, words: FailureWords, at: number): Promise<void> {
    const version = this.store.state?.settings.version ?? "";
    return copyText(formatReport(failure, { version, product, at, move: words.move }));
  }

  /** Sets the attempt that the Connect screen shows. */
  watch(attempt: string | null): void {
    this.#watched = attempt;
    if (attempt !== null && this.#lastConnected?.attempt === attempt) this.#showRow(this.#lastConnected.row);
  }

  #connected(attempt: AttemptView, before: State | null, { connections, workspace }: State): void {
    const { id, element, connection, again, product } = attempt;
    const row = connections.find((row) => row.id === connection);
    const name = row?.name ?? attempt.name;
    const way = row && wayOf(row, this.store.listed(element));
    this.drafts.drop({ workspace: workspace.name, element, again: again ? connection : undefined });
    // Another account may have been saved as a new connection.
    const known = before?.connections.some((row) => row.id === connection);
    const isReplaced = again && known;
    if (workspace.kind !== "hosted" && isByKey(way))
      this.announcer.say(
        isReplaced ? ANNOUNCE.keyReplaced(name) : ANNOUNCE.keyAccepted(name, product, enteredWord(way?.auth)),
      );
    else this.announcer.say(isReplaced ? ANNOUNCE.signedInAgain(name) : ANNOUNCE.connected(name));
    this.forget(id);
    this.#lastConnected = { attempt: id, row: connection };
    if (this.#watched === id) this.#showRow(connection);
  }

  #showRow(row: string | undefined): void {
    this.#watched = null;
    this.#lastConnected = null;
    this.router.leaving = null;
    void this.router.home(row);
  }
}

export const [useApp, provideApp] = createContext<App>();
