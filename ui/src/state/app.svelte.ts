// The few things every screen needs, handed down through the component tree.
import { createContext } from "svelte";
import type { Api } from "../ipc/api";
import type { AttemptView, Failure, State } from "../ipc/types";
import { say, type ErrorCopy, type Said } from "../copy/errors";
import { ANNOUNCE, keychainWord } from "../copy/words";
import { Announcer } from "./announcer.svelte";
import { arrived } from "./attempts";
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
  answer: (yes: boolean) => void;
}

export class App {
  readonly store: Store;
  readonly router = new Router();
  readonly drafts = new Drafts();
  readonly announcer = new Announcer();
  question = $state.raw<Question | null>(null);

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
    for (const attempt of arrived(before, after, "connected")) this.#connected(attempt, after);
    // Cancelled by the person: nothing to show.
    for (const attempt of arrived(before, after, "cancelled")) this.forget(attempt.id);
    for (const attempt of arrived(before, after, "unsaved"))
      this.announcer.say(ANNOUNCE.unsaved(attempt.product));
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

  /** The Connect screen shows this attempt, or none. */
  watch(attempt: string | null): void {
    this.#watched = attempt;
    if (attempt !== null && this.#last?.attempt === attempt) this.#leadOn(this.#last.row);
  }

  #connected(attempt: AttemptView, state: State): void {
    const row = state.connections.find((connection) => connection.id === attempt.connection);
    this.drafts.drop({
      workspace: state.workspace.name,
      element: attempt.element,
      again: attempt.again ? attempt.connection : undefined,
    });
    const name = row?.name ?? attempt.name;
    this.announcer.say(attempt.again ? ANNOUNCE.signedInAgain(name) : ANNOUNCE.connected(name));
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
