// What the program last said, and when to ask again. No screen keeps a copy of its own.
import type { Api } from "../ipc/api";
import type { ElementView, Failure, State } from "../ipc/types";

export class Store {
  /** Null until the first answer. Raw: the answer is replaced as a whole and never changed in place. */
  state = $state.raw<State | null>(null);
  elements = $state.raw<ElementView[]>([]);
  /** Why there is nothing to show, if even the first answer failed. */
  failure = $state.raw<Failure | null>(null);

  readonly api: Api;
  /** Called with the answer before and after, so that others can notice what ended or appeared. */
  onupdate: (before: State | null, after: State) => void = () => {};

  #running: Promise<void> | null = null;
  #again = false;
  #workspace: string | null = null;

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
        // The catalogue belongs to the workspace: in practice its fields come filled in. The list does not wait for it.
        if (after.workspace.name !== this.#workspace) {
          this.elements = await this.api.elements();
          this.#workspace = after.workspace.name;
        }
      } catch (thrown) {
        this.failure = thrown as Failure;
      }
    } while (this.#again);
    // In the same step as the check above: a change that arrived between the two would wait for the next one.
    this.#running = null;
  }

  /** Reads the catalogue again: a person may have put a file into the elements folder meanwhile. */
  async reloadElements(): Promise<void> {
    this.elements = await this.api.elements();
  }
}
