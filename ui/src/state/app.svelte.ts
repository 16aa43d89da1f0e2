// The few things every screen needs, handed down through the component tree.
import { createContext } from "svelte";
import type { Api } from "../ipc/api";
import type { AttemptView, Failure, State } from "../ipc/types";
import { ANNOUNCE, keychainWord } from "../copy/words";
import { say } from "../copy/errors";
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
  watched: string | null = null;

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

  /** An ended attempt that is gone already is as forgotten as it can be. */
  forget(attempt: string): void {
    this.api.dismiss(attempt).catch(() => undefined);
  }

  /** Says a failure to screen readers; what is seen is the business of the screen. */
  announceFailure(failure: Failure, product: string): void {
    const said = say({ product, ...failure }, keychainWord(this.store.state?.keychain));
    this.announcer.say(`${said.title}. ${said.body}`);
  }

  #connected(attempt: AttemptView, state: State): void {
    this.drafts.drop(state.workspace.name, attempt.element);
    const row = state.connections.find((connection) => connection.id === attempt.connection);
    this.announcer.say(ANNOUNCE.connected(row?.name ?? attempt.name));
    this.forget(attempt.id);
    if (this.watched === attempt.id) {
      this.watched = null;
      this.router.leaving = null;
      void this.router.home(attempt.connection);
    }
  }
}

export const [useApp, provideApp] = createContext<App>();
