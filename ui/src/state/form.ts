// The rules of a form, without its looks: which fields show, what is sent, what is missing. Whether a value has the
// right form is decided by the program, which owns the patterns.
import type { ElementView, FieldProblem, FieldView, Problem } from "../ipc/types";

export type Values = Record<string, string>;

/** A field of the window’s own, beside those that elements describe. */
export function plainField(part: Partial<FieldView> & Pick<FieldView, "key" | "label">): FieldView {
  return {
    help: "",
    example: "",
    value: "",
    kind: "text",
    options: [],
    required: true,
    secret: false,
    advanced: false,
    prefix: "",
    suffix: "",
    problem: "",
    max_length: 0,
    ...part,
  };
}

export function initialValues(fields: FieldView[]): Values {
  return Object.fromEntries(fields.map((field) => [field.key, field.value]));
}

export function isVisible(field: FieldView, values: Values): boolean {
  return field.visible_when === undefined || values[field.visible_when.field] === field.visible_when.is;
}

/** The field with the grant of an OAuth 2 element (RFC 6749 §1.3, RFC 8628). */
export const GRANT = "oauth.grant";

/** Whether signing in goes through a browser: some products take what is entered, and some let an application in
 *  without a person. */
export function needsBrowser(element: ElementView, values: Values): boolean {
  if (element.auth === "oauth1") return true;
  return element.auth === "oauth2" && values[GRANT] !== "client_credentials";
}

/** Whether the browser comes back with the answer: only then is there an address to register. */
export function comesBack(element: ElementView, values: Values): boolean {
  return needsBrowser(element, values) && values[GRANT] !== "device_code";
}

/** What this program is to a provider. All else in a generic form describes the provider itself. */
export const KEY = "oauth.api.key";
export const SECRET = "oauth.api.secret";
export const CALLBACK = "oauth.callback.url";
const CLIENT = [KEY, SECRET, CALLBACK];

/** The fields of a generic form that describe the provider. */
export function describing(fields: FieldView[]): FieldView[] {
  return fields.filter((field) => !CLIENT.includes(field.key));
}

/** People paste what the browser shows. Where the field declares what stands around the wanted part, the rest is cut
 *  off: `https://acme.zendesk.com/agent` becomes `acme`. Anything else is left for the program to judge. */
export function cutToPart(field: FieldView, typed: string): string {
  const value = typed.trim();
  if (field.kind === "origin" && /^https:\/\/[^/?#]+[/?#]/i.test(value)) return new URL(value).origin;
  if (!field.suffix) return value;
  const host = value.replace(/^[a-z][a-z0-9+.-]*:\/\//i, "").replace(/[/?#].*$/, "");
  return host.toLowerCase().endsWith(field.suffix.toLowerCase())
    ? host.slice(0, -field.suffix.length)
    : value;
}

/** What is sent: visible fields only, trimmed and cut. */
export function submitted(fields: FieldView[], values: Values): Values {
  return Object.fromEntries(
    fields
      .filter((field) => isVisible(field, values))
      .map((field) => [field.key, cutToPart(field, values[field.key] ?? "")]),
  );
}

function problemOf(field: FieldView, value: string): Problem | null {
  if (value === "") return field.required && field.kind !== "toggle" ? "required" : null;
  if (field.max_length > 0 && [...value].length > field.max_length) return "too_long";
  if (field.kind === "select" && !field.options.some((option) => option.value === value))
    return "not_an_option";
  return null;
}

/** What can be said without asking the program, in the order of the form. */
export function problems(fields: FieldView[], values: Values): FieldProblem[] {
  const sent = submitted(fields, values);
  return fields.flatMap((field) => {
    const value = sent[field.key];
    const problem = value === undefined ? null : problemOf(field, value);
    return problem ? [{ key: field.key, problem }] : [];
  });
}

/** Fields that a product can stop accepting: what its owner typed. Choices and what is folded away stay as they were. */
function canBeWithdrawn(field: FieldView): boolean {
  return !field.advanced && !field.visible_when && field.kind !== "select" && field.kind !== "toggle";
}

/** The form for signing in again: what is `missing` must be given; if nothing is, everything that may have changed
 *  since can be given, and what is left empty stays as it was. No field is asked twice (WCAG 3.3.7). */
export function fieldsAgain(fields: FieldView[], missing: FieldProblem[]): FieldView[] {
  const keys = new Set(missing.map((one) => one.key));
  const asked = fields.filter((field) => keys.has(field.key));
  const shown = asked.length > 0 ? asked : fields.filter(canBeWithdrawn);
  return shown.map((field) => ({
    ...field,
    value: "",
    required: asked.length > 0,
    advanced: false,
    visible_when: undefined,
  }));
}

/** What is sent when signing in again: only what was given. */
export function given(fields: FieldView[], values: Values): Values {
  return Object.fromEntries(Object.entries(submitted(fields, values)).filter(([, value]) => value !== ""));
}

/** Tags as typed, separated by commas; each once. */
export function tagList(typed: string): string[] {
  const tags = typed.split(",").map((tag) => tag.trim());
  return [...new Set(tags.filter((tag) => tag !== ""))];
}
