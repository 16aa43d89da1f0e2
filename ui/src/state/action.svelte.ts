// What a screen asks of the program besides forms: one named action at a time, whose failure can be tried again.
import type { Failure } from "../ipc/types";

export class Action<Name extends string = string> {
  busy = $state<Name | null>(null);
  failure = $state.raw<Failure | null>(null);
  /** Tries again what failed. */
  retry = () => {};
  readonly #hooks: { onstart?: () => void; onfailure?: (failure: Failure) => unknown };

  constructor(hooks: { onstart?: () => void; onfailure?: (failure: Failure) => unknown } = {}) {
    this.#hooks = hooks;
  }

  /** Runs an action and keeps its failure. A named one is ignored while another runs. Returns whether it succeeded. */
  async run(name: Name | null, action: () => Promise<unknown>): Promise<boolean> {
    if (name !== null) {
      if (this.busy !== null) return false;
      this.busy = name;
    }
    this.failure = null;
    this.#hooks.onstart?.();
    try {
      await action();
      return true;
    } catch (thrown) {
      this.fail(thrown as Failure, () => void this.run(name, action));
      await this.#hooks.onfailure?.(thrown as Failure);
      return false;
    } finally {
      if (name !== null) this.busy = null;
    }
  }

  /** Shows a failure of something that ran elsewhere. */
  fail(failure: Failure | null, retry = () => {}): void {
    this.failure = failure;
    this.retry = retry;
  }
}
