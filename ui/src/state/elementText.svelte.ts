// The text of an element file while it is changed: checked as it is typed, and saved only without mistakes.
import { ANNOUNCE } from "../copy/words";
import type { ElementProblem, ElementView, Failure } from "../ipc/types";
import type { App } from "./app.svelte";

/** Longer than the pause between two letters, in milliseconds. */
const CHECK_AFTER = 250;

/** Finds where a line begins and ends; the last line for one that is not there. Lines count from 1. */
export function findLine(text: string, line: number): [start: number, end: number] {
  let start = 0;
  for (let n = 1; n < line; n += 1) {
    const next = text.indexOf("\n", start);
    if (next === -1) break;
    start = next + 1;
  }
  const end = text.indexOf("\n", start);
  return [start, end === -1 ? text.length : end];
}

export class ElementText {
  busy = $state(false);
  /** Why it could not be read, checked or saved. */
  failure = $state.raw<Failure | null>(null);
  /** What keeps the text from being saved, as last checked. */
  problems = $state.raw<ElementProblem[]>([]);
  #text = $state("");
  /** The text as it was read; null before. */
  #read = $state.raw<string | null>(null);

  readonly #app: App;
  readonly #element: string;
  /** The element whose file is replaced; undefined for a copy. */
  readonly #replaces: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Counts the checks: only the answer to the last one counts. */
  #checks = 0;

  constructor(app: App, element: string, isNew: boolean) {
    this.#app = app;
    this.#element = element;
    this.#replaces = isNew ? undefined : element;
  }

  get isRead(): boolean {
    return this.#read !== null;
  }

  get changed(): boolean {
    return this.#read !== null && this.#text !== this.#read;
  }

  get text(): string {
    return this.#text;
  }

  /** Checks it as soon as typing pauses. */
  set text(text: string) {
    this.#text = text;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#run(() => this.#check(text)), CHECK_AFTER);
  }

  async read(): Promise<void> {
    const { api } = this.#app;
    await this.#run(async () => {
      const text = await (this.#replaces === undefined ? api.copyElement : api.elementText)(this.#element);
      // A text area has no other line breaks.
      this.#read = this.#text = text.replaceAll("\r\n", "\n");
      await this.#check(this.#text);
    });
  }

  /** Returns the element of the saved file; undefined if there are mistakes, or if it could not be saved. */
  async save(): Promise<ElementView | undefined> {
    if (this.busy) return undefined;
    this.busy = true;
    const text = this.#text;
    try {
      return await this.#run(async () => {
        await this.#check(text);
        return this.problems.length > 0 ? undefined : this.#app.api.saveElement(text, this.#replaces);
      });
    } finally {
      this.busy = false;
    }
  }

  /** Forgets a check that has not begun. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  async #check(text: string): Promise<void> {
    clearTimeout(this.#timer);
    const check = ++this.#checks;
    const problems = await this.#app.api.checkElement(text, this.#replaces);
    if (check !== this.#checks) return;
    const isNews = problems.length !== this.problems.length;
    this.problems = problems;
    if (isNews) this.#app.announcer.say(ANNOUNCE.mistakes(problems.length));
  }

  async #run<T>(work: () => Promise<T>): Promise<T | undefined> {
    this.failure = null;
    try {
      return await work();
    } catch (thrown) {
      this.failure = thrown as Failure;
      this.#app.announceFailure(this.failure);
      return undefined;
    }
  }
}
