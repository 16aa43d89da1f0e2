// What the program last said, and when to ask again. No screen keeps a copy of its own.
import type { Api } from "../ipc/api";
import type { ElementView, Failure, State } from "../ipc/types";

export class Store {
  /** Null until the first answer. Raw: the answer is replaced as a whole and never changed in place. */
  state = $state.raw<State | null>(null);
  /** Why there is nothing to show, if even the first answer failed. */
  failure = $state.raw<Failure | null>(null);

  /** The catalogue of the workspace; null until it is known. A hosted platform may take its time. */
  elements = $state.raw<ElementView[] | null>(null);
  /** Why the last question for the catalogue had no answer. */
  elementsFailure = $state.raw<Failure | null>(null);

  readonly api: Api;
  /** Called with the answer before and after, so that others can notice what ended or appeared. */
  onupdate: (before: State | null, after: State) => void = () => {};

  #running: Promise<void> | null = null;
  #again = false;
  #workspace: string | null = null;
  /** Elements that were asked for one by one, with their whole form. */
  #described = $state.raw<Record<string, ElementView>>({});
  /** Counts questions for the catalogue: an answer that was overtaken is dropped. */
  #asked = 0;

  constructor(api: Api) {
    this.api = api;
  }

  /** Listens and asks in one breath: the bridge delivers in order, so whatever changes after the answer was made is
   *  heard, and the list need not wait for a second way there and back. */
  async start(): Promise<void> {
    await Promise.all([this.api.onChanged(() => void this.refresh()), this.refresh()]);
  }

  /** Asks again. However many changes arrive while an answer is on its way, one further question covers them all. */
  refresh(): Promise<void> {
    if (this.#running) {
      this.#again = true;
      return this.#running;
    }
    this.#running = this.#ask();
    return this.#running;
  }

  async #ask(): Promise<void> {
    do {
      this.#again = false;
      try {
        const after = await this.api.state();
        const before = this.state;
        this.state = after;
        this.failure = null;
        this.onupdate(before, after);
        // The catalogue belongs to the workspace: in practice its fields come filled in, and a hosted platform has its
        // own. Nothing waits for it but the screens that show it.
        if (after.workspace.name !== this.#workspace) {
          this.#workspace = after.workspace.name;
          this.elements = null;
          this.#described = {};
          void this.loadElements();
        }
      } catch (thrown) {
        this.failure = thrown as Failure;
      }
    } while (this.#again);
    // In the same step as the check above: a change that arrived between the two would wait for the next one.
    this.#running = null;
  }

  /** Reads the catalogue, again if it is known: a person may have put a file into the elements folder meanwhile. */
  async loadElements(): Promise<void> {
    const question = ++this.#asked;
    this.elementsFailure = null;
    try {
      const elements = await this.api.elements();
      if (question === this.#asked) this.elements = elements;
    } catch (thrown) {
      if (question === this.#asked) this.elementsFailure = thrown as Failure;
    }
  }

  /** An element with its whole form, if it is known so far. */
  element(key: string): ElementView | undefined {
    const described = this.#described[key];
    if (described) return described;
    const listed = this.elements?.find((one) => one.key === key);
    // The list of a platform names its elements; what they ask for is a further question.
    const whole = this.state?.workspace.kind !== "hosted" || (listed && listed.fields.length > 0);
    return whole ? listed : undefined;
  }

  /** An element that has just been made, until the catalogue is read again. */
  add(element: ElementView): void {
    const others = this.elements?.filter((one) => one.key !== element.key) ?? [];
    this.elements = [...others, element];
  }

  /** Asks for one element with its whole form. */
  async describe(key: string): Promise<void> {
    const workspace = this.#workspace;
    const element = await this.api.element(key);
    if (workspace === this.#workspace) this.#described = { ...this.#described, [key]: element };
  }
}
