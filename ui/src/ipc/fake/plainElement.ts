import type { ElementView } from "../types";

/** An element as a list has it, without a form: one way to connect, with a key, but for what `part` says otherwise. */
export function plainElement(part: Partial<ElementView> & Pick<ElementView, "key">): ElementView {
  return {
    name: part.key,
    initials: "",
    category: "CRM",
    gives: "",
    access: [],
    auth: "api_key",
    reach: "key",
    formerly: [],
    historical: false,
    ways: [],
    generic: false,
    retired: false,
    own: false,
    fields: [],
    ...part,
  };
}
