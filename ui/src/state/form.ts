// The rules of a form: which fields show, what is sent, what is missing. The program checks the values against patterns.
import type { ElementView, FieldProblem, FieldView, Problem } from "../ipc/types";

export type Values = Record<string, string>;

/** The attributes of an input for technical text, which the system must neither complete nor correct. */
export const AS_TYPED = { autocomplete: "off", autocapitalize: "off", spellcheck: false } as const;

/** Makes a field that no element describes: required text, but for what `part` says otherwise. */
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

/** The grants for which values are entered instead (RFC 6749 §1.3.3, §1.3.4). */
const WITHOUT_BROWSER = ["client_credentials", "password"];

/** Whether signing in goes through a browser. */
export function needsBrowser({ auth, reach }: Pick<ElementView, "auth" | "reach">, values: Values): boolean {
  const grant = auth === "oauth2" ? values[GRANT] : undefined;
  if (grant !== undefined && grant !== "") return !WITHOUT_BROWSER.includes(grant);
  return (auth === "oauth2" || auth === "oauth1") && reach !== "key";
}

/** Whether the browser returns with the answer: only then is there a callback to register. */
export function usesCallback(element: Pick<ElementView, "auth" | "reach">, values: Values): boolean {
  return needsBrowser(element, values) && values[GRANT] !== "device_code";
}

/** The fields of the client. All other fields of a generic form describe the provider. */
export const KEY = "oauth.api.key";
export const SECRET = "oauth.api.secret";
export const CALLBACK = "oauth.callback.url";
const CLIENT = [KEY, SECRET, CALLBACK];

export function providerFields(fields: FieldView[]): FieldView[] {
  return fields.filter((field) => !CLIENT.includes(field.key));
}

/** Trims a value, and cuts a pasted address to the wanted part: `https://acme.zendesk.com/agent` becomes `acme`. */
export function cutToPart(field: FieldView, typed: string): string {
  const value = typed.trim();
  if (field.kind === "origin" && /^https:\/\/[^/?#]+[/?#]/i.test(value)) return new URL(value).origin;
  if (!field.suffix) return value;
  const host = value.replace(/^[a-z][a-z0-9+.-]*:\/\//i, "").replace(/[/?#].*$/, "");
  return host.toLowerCase().endsWith(field.suffix.toLowerCase())
    ? host.slice(0, -field.suffix.length)
    : value;
}

/** Lists what is sent: the values of visible fields, cut to the wanted parts. */
export function valuesToSend(fields: FieldView[], values: Values): Values {
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

/** Lists the problems that show without asking the program, in the order of the form. */
export function findProblems(fields: FieldView[], values: Values): FieldProblem[] {
  const sent = valuesToSend(fields, values);
  return fields.flatMap((field) => {
    const value = sent[field.key];
    const problem = value === undefined ? null : problemOf(field, value);
    return problem ? [{ key: field.key, problem }] : [];
  });
}

/** Whether a product can stop accepting the value: what the user typed, but no choices and no folded fields. */
function canBeWithdrawn(field: FieldView): boolean {
  return !field.advanced && !field.visible_when && field.kind !== "select" && field.kind !== "toggle";
}

/** Makes the form for signing in again: the `missing` fields, all required. If none is missing: all fields that may have
 *  changed since, where empty means unchanged; `byKey`: a key alone is what has changed. No field is asked twice
 *  (WCAG 3.3.7). */
export function repeatFields(fields: FieldView[], missing: FieldProblem[], byKey = false): FieldView[] {
  const keys = new Set(missing.map(({ key }) => key));
  const asked = fields.filter((field) => keys.has(field.key));
  const shown = asked.length > 0 ? asked : fields.filter(canBeWithdrawn);
  const repeated = shown.map((field) => ({
    ...field,
    value: "",
    required: asked.length > 0 || (byKey && shown.length === 1),
    advanced: false,
    visible_when: undefined,
  }));
  // A new key has an end of its own.
  const ends = asked.length > 0 ? [] : fields.filter(({ kind }) => kind === "day");
  return [...repeated, ...ends.map((field) => ({ ...field, value: "" }))];
}

/** Lists what is sent when signing in again: only fields that are filled in. */
export function filledValues(fields: FieldView[], values: Values): Values {
  return Object.fromEntries(Object.entries(valuesToSend(fields, values)).filter(([, value]) => value !== ""));
}

/** Splits tags at commas and drops duplicates. */
export function tagList(typed: string): string[] {
  const tags = typed.split(",").map((tag) => tag.trim());
  return [...new Set(tags.filter((tag) => tag !== ""))];
}
