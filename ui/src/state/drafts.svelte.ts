// Values typed into forms, kept in memory across failure, cancel and waiting, so that nothing is typed twice.
// They are dropped when the account is connected, when the person leaves the form, and when the window closes.
import type { ElementView } from "../ipc/types";
import { initialValues } from "./form";

export class Draft {
  values = $state<Record<string, string>>({});
  name = $state("");
  tags = $state("");
  readonly #initial: Record<string, string>;

  constructor(element: ElementView) {
    this.#initial = initialValues(element.fields);
    this.values = { ...this.#initial };
  }

  /** A new proposal for a field. It takes the place of the old one, never of what the person typed. */
  propose(key: string, value: string): void {
    if (this.values[key] === this.#initial[key]) this.values[key] = value;
    this.#initial[key] = value;
  }

  /** Something here was typed by the person and would be lost. */
  get typed(): boolean {
    return (
      this.name !== "" ||
      this.tags !== "" ||
      Object.entries(this.values).some(([key, value]) => value !== (this.#initial[key] ?? ""))
    );
  }
}

export class Drafts {
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- no screen shows which drafts there are
  #drafts = new Map<string, Draft>();

  of(workspace: string, element: ElementView): Draft {
    const key = `${workspace}/${element.key}`;
    let draft = this.#drafts.get(key);
    if (!draft) {
      draft = new Draft(element);
      this.#drafts.set(key, draft);
    }
    return draft;
  }

  drop(workspace: string, element: string): void {
    this.#drafts.delete(`${workspace}/${element}`);
  }
}
