// The few things every screen needs, handed down through the component tree.
import { createContext } from "svelte";
import type { Api } from "../ipc/api";
import type { AttemptView, ConnectionView, Failure, State } from "../ipc/types";
import { say, type ErrorCopy, type Said } from "../copy/errors";
import { report } from "../copy/report";
import { ANNOUNCE, keychainWord } from "../copy/words";
import { Announcer } from "./announcer.svelte";
import { arrived } from "./attempts";
import { copyText } from "./clipboard";
import { Drafts } from "./drafts.svelte";
import { Router } from "./router.svelte";
import { Store } from "./store.svelte";

/** A question before something is lost. */
export interface Question {
  title: string;
  body: string;
  stay: string;
  go: string;
  danger: boolean;
  /** Something to look at before answering. */
  link?: { label: string; press: () => void } | undefined;
  answer: (yes: boolean) => void;
}

/** What is still to be said about a connection that is gone. */
export interface Removed {
  connection: string;
  name: string;
  product: string;
  /** The product’s page on which access can be ended; without it, the product is told later. */
  page?: string | undefined;
}

export class App {
  readonly store: Store;
  readonly router = new Router();
  readonly drafts = new Drafts();
  readonly announcer = new Announcer();
  question = $state.raw<Question | null>(null);
  /** Shown on the list until it is left. */
  removed = $state.raw<Removed | null>(null);

  /** What Escape does instead of leading back; the screen that needs it sets it. */
  escape: (() => void) | null = null;

  /** The attempt the Connect screen shows, so that its end leads on from there and from nowhere else. */
  #watched: string | null = null;
  /** The row of the attempt that was connected last: without a browser in between it may be so before it is watched. */
  #last: { attempt: string; row: string | undefined } | null = null;

  constructor(api: Api) {
    this.store = new Store(api);
    this.store.onupdate = (before, after) => this.#follow(before, after);
  }

  get api(): Api {
    return this.store.api;
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

  #follow(before: State | null, after: State): void {
    for (const attempt of arrived(before, after, "connected")) this.#connected(attempt, before, after);
    // Cancelled by the person: nothing to show.
    for (const attempt of arrived(before, after, "cancelled")) this.forget(attempt.id);
    for (const attempt of arrived(before, after, "unsaved")) {
      if (attempt.failure?.code === "wrong_account") this.announceFailure(attempt.failure, attempt.product);
      else this.announcer.say(ANNOUNCE.unsaved(attempt.product));
    }
    for (const attempt of arrived(before, after, "failed")) {
      if (!attempt.failure || attempt.failure.code === "cancelled") continue;
      this.announceFailure(attempt.failure, attempt.product);
    }
  }

  /** Where Escape and the way back lead: to the row of what was looked at, where the screen before has one. */
  goBack(): Promise<void> {
    const { route, previous } = this.router;
    if (route.screen === "connection") return this.router.home(route.id);
    const toRow = route.screen === "replace-secrets" && previous?.screen === "settings";
    return this.router.back(toRow ? route.workspace : undefined);
  }

  /** Only the workspace in use is asked anything, so it is its secrets that are refused. */
  async replaceSecrets(): Promise<void> {
    const workspace = this.store.state?.workspace.name;
    if (workspace !== undefined) await this.router.go({ screen: "replace-secrets", workspace });
  }

  /** Settings, and back to what was being done: what is typed into a form is neither asked about nor dropped. */
  async toSettings(part?: "certificates"): Promise<void> {
    this.router.leaving = null;
    await this.router.go({ screen: "settings", ...(part ? { part } : {}) });
  }

  /** The practice workspace, with one element or with all. */
  async practise(element?: string): Promise<void> {
    await this.api.useWorkspace("practice");
    await this.store.refresh();
    this.router.leaving = null;
    await this.router.go({ screen: "add" });
    if (element !== undefined) await this.router.go({ screen: "connect", element });
  }

  /** Signs in to a connection again without asking for anything; where something is missing, the form asks for it. */
  async signInAgain({ id, element, name, tags }: ConnectionView): Promise<void> {
    try {
      const made = await this.api.connect({ element, name, tags, values: {}, again: id });
      this.announceWaiting(made);
      await this.store.refresh();
      await this.router.go({ screen: "connect", element, attempt: made.id, again: id });
    } catch (thrown) {
      const problem = thrown as Failure;
      if (problem.code !== "form_invalid" || !problem.fields?.length) throw problem;
      await this.router.go({ screen: "connect", element, again: id, missing: problem.fields });
    }
  }

  announceWaiting(attempt: AttemptView): void {
    if (attempt.stage !== "waiting") return;
    const { user_code: code, host, product } = attempt;
    this.announcer.say(code === undefined ? ANNOUNCE.waiting(product) : ANNOUNCE.waitingWithCode(code, host));
  }

  /** An ended attempt that is gone already is as forgotten as it can be. */
  forget(attempt: string): void {
    this.api.dismiss(attempt).catch(() => undefined);
  }

  /** A failure in words, with what this system and the workspace are called. */
  say(failure: Failure, product?: string, copy?: ErrorCopy): Said {
    const current = this.store.state;
    const platform = current?.workspace.kind === "hosted" ? current.workspace.label : undefined;
    return say(
      product === undefined ? failure : { product, ...failure },
      { keychain: keychainWord(current?.keychain), platform },
      copy,
    );
  }

  /** Says a failure to screen readers; what is seen is the business of the screen. */
  announceFailure(failure: Failure, product?: string): void {
    const said = this.say(failure, product);
    this.announcer.say(`${said.title}. ${said.body}`);
  }

  /** Puts the report of a failure on the clipboard; `at` is when it was seen. */
  copyReport(failure: Failure, product: string | undefined, said: Said, at: number): Promise<void> {
    const version = this.store.state?.settings.version ?? "";
    return copyText(report(failure, { version, product, at, said }));
  }

  /** The Connect screen shows this attempt, or none. */
  watch(attempt: string | null): void {
    this.#watched = attempt;
    if (attempt !== null && this.#last?.attempt === attempt) this.#leadOn(this.#last.row);
  }

  #connected(attempt: AttemptView, before: State | null, state: State): void {
    const row = state.connections.find((connection) => connection.id === attempt.connection);
    this.drafts.drop({
      workspace: state.workspace.name,
      element: attempt.element,
      again: attempt.again ? attempt.connection : undefined,
    });
    const name = row?.name ?? attempt.name;
    // Somebody else’s sign-in may have become a connection of its own.
    const known = before?.connections.some((connection) => connection.id === attempt.connection);
    this.announcer.say(attempt.again && known ? ANNOUNCE.signedInAgain(name) : ANNOUNCE.connected(name));
    this.forget(attempt.id);
    this.#last = { attempt: attempt.id, row: attempt.connection };
    if (this.#watched === attempt.id) this.#leadOn(attempt.connection);
  }

  #leadOn(row: string | undefined): void {
    this.#watched = null;
    this.#last = null;
    this.router.leaving = null;
    void this.router.home(row);
  }
}

export const [useApp, provideApp] = createContext<App>();
