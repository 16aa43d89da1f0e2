// Values typed into forms, kept in memory until the account is connected or the user leaves the form.
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

  /** Replaces the proposed value of a field, unless the user has changed it. */
  propose(key: string, value: string): void {
    if (this.values[key] === this.#initial[key]) this.values[key] = value;
    this.#initial[key] = value;
  }

  get typed(): boolean {
    return (
      this.name !== "" ||
      this.tags !== "" ||
      Object.entries(this.values).some(([key, value]) => value !== (this.#initial[key] ?? ""))
    );
  }
}

/** The form that a draft belongs to: an element to connect, or a connection to sign in to again. */
export interface Purpose {
  workspace: string;
  element: string;
  again?: string | undefined;
}

function draftKey({ workspace, element, again = "" }: Purpose): string {
  return JSON.stringify([workspace, element, again]);
}

/** The drafts of one form, which differs by the way to connect. */
interface Ways {
  /** The way that was shown last. */
  last: string | undefined;
  byWay: Map<string | undefined, Draft>;
}

export class Drafts {
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- no screen lists the drafts
  #drafts = new Map<string, Ways>();

  /** Opens the draft of a form; the first time it holds the form's own values. */
  open(purpose: Purpose, fields: FieldView[], way?: string): Draft {
    const key = draftKey(purpose);
    // eslint-disable-next-line svelte/prefer-svelte-reactivity -- as above
    const ways = this.#drafts.get(key) ?? { last: way, byWay: new Map<string | undefined, Draft>() };
    ways.last = way;
    this.#drafts.set(key, ways);
    let draft = ways.byWay.get(way);
    if (!draft) {
      // Signing in again starts from stored values, which are not shown: an empty field means “unchanged”.
      draft = new Draft(purpose.again === undefined ? initialValues(fields) : {});
      ways.byWay.set(way, draft);
    }
    return draft;
  }

  /** Returns the way that was shown last, while its values are kept. */
  lastWay(purpose: Purpose): string | undefined {
    return this.#drafts.get(draftKey(purpose))?.last;
  }

  drop(purpose: Purpose): void {
    this.#drafts.delete(draftKey(purpose));
  }
}
