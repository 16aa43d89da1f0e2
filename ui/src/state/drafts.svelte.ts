// Values typed into forms, kept in memory across failure, cancel and waiting, so that nothing is typed twice.
// They are dropped when the account is connected, when the person leaves the form, and when the window closes.
import type { FieldView } from "../ipc/types";
import { initialValues, type Values } from "./form";

export class Draft {
  values = $state<Values>({});
  name = $state("");
  tags = $state("");
  readonly #initial: Values;

  constructor(initial: Values) {
    this.#initial = initial;
    this.values = { ...initial };
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

/** What a draft is for: an element to connect, or a connection to sign in to again. */
export interface Purpose {
  workspace: string;
  element: string;
  again?: string | undefined;
}

function keyOf({ workspace, element, again = "" }: Purpose): string {
  return JSON.stringify([workspace, element, again]);
}

export class Drafts {
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- no screen shows which drafts there are
  #drafts = new Map<string, Draft>();

  of(purpose: Purpose, fields: FieldView[]): Draft {
    const key = keyOf(purpose);
    let draft = this.#drafts.get(key);
    if (!draft) {
      // Signing in again starts from what was given before, which is not shown: an empty field means “as it was”.
      draft = new Draft(purpose.again === undefined ? initialValues(fields) : {});
      this.#drafts.set(key, draft);
    }
    return draft;
  }

  drop(purpose: Purpose): void {
    this.#drafts.delete(keyOf(purpose));
  }
}
