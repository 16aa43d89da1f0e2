// The last state of the program, and when to ask again. No screen keeps a copy.
import type { Api } from "../ipc/api";
import type { ElementView, Failure, State } from "../ipc/types";

export class Store {
  /** Null until the first answer; replaced as a whole. */
  state = $state.raw<State | null>(null);
  /** Why the last question had no answer. */
  failure = $state.raw<Failure | null>(null);

  /** The catalogue of the workspace; null until it is known, which may take a hosted platform seconds. */
  elements = $state.raw<ElementView[] | null>(null);
  /** Why the last question for the catalogue had no answer. */
  elementsFailure = $state.raw<Failure | null>(null);

  readonly api: Api;
  /** Called with the state before and after. */
  onupdate: (before: State | null, after: State) => void = () => {};

  #refreshing: Promise<void> | null = null;
  #stale = false;
  #workspace: string | null = null;
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- made anew for each catalogue
  readonly #byKey = $derived.by(() => new Map(this.elements?.map((element) => [element.key, element])));
  /** Elements that were read one by one, with their form, by key and way. */
  #described = $state.raw<Record<string, ElementView>>({});
  /** Counts questions for the catalogue: only the answer to the last one counts. */
  #questions = 0;

  constructor(api: Api) {
    this.api = api;
  }

  /** Listens for changes and asks at once: the bridge delivers in order, so no change after the answer is missed. */
  async start(): Promise<void> {
    await Promise.all([this.api.onChanged(() => void this.refresh()), this.refresh()]);
  }

  /** Asks again. Changes that arrive meanwhile are covered by one further question. */
  refresh(): Promise<void> {
    if (this.#refreshing) this.#stale = true;
    else this.#refreshing = this.#ask();
    return this.#refreshing;
  }

  async #ask(): Promise<void> {
    do {
      this.#stale = false;
      try {
        const after = await this.api.state();
        const before = this.state;
        this.state = after;
        this.failure = null;
        this.onupdate(before, after);
        // Each workspace has its own catalogue. Only the screens that show it wait for it.
        if (after.workspace.name !== this.#workspace) {
          this.#workspace = after.workspace.name;
          this.elements = null;
          this.#described = {};
          void this.loadElements();
        }
      } catch (thrown) {
        this.failure = thrown as Failure;
      }
    } while (this.#stale);
    // No `await` since the check above, else a change in between would be missed.
    this.#refreshing = null;
  }

  /** Reads the catalogue, also if it is known: the elements folder may have changed. */
  async loadElements(): Promise<void> {
    const question = ++this.#questions;
    this.elementsFailure = null;
    try {
      const elements = await this.api.elements();
      if (question === this.#questions) this.elements = elements;
    } catch (thrown) {
      if (question === this.#questions) this.elementsFailure = thrown as Failure;
    }
  }

  /** Returns an element of the catalogue, without its form. */
  listed(key: string): ElementView | undefined {
    return this.#byKey.get(key);
  }

  /** Returns an element with the form of a way to connect, or of the easiest, if that was read. */
  element(key: string, way?: string): ElementView | undefined {
    return this.#described[formKey(key, way)];
  }

  /** Adds an element that has just been made. */
  add(element: ElementView): void {
    const others = this.elements?.filter(({ key }) => key !== element.key) ?? [];
    this.elements = [...others, element];
  }

  /** Reads one element with the form of a way to connect, or of the easiest. */
  async describe(key: string, way?: string): Promise<void> {
    const workspace = this.#workspace;
    const element = await this.api.element(key, way);
    if (workspace === this.#workspace) this.#described = { ...this.#described, [formKey(key, way)]: element };
  }
}

function formKey(key: string, way = ""): string {
  return JSON.stringify([key, way]);
}
