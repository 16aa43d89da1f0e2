// The rules of a form, without its looks: which fields show, what is sent, what is missing. Whether a value has the
// right form is decided by the program, which owns the patterns.
import type { FieldProblem, FieldView, Problem } from "../ipc/types";

export type Values = Record<string, string>;

export function initialValues(fields: FieldView[]): Values {
  return Object.fromEntries(fields.map((field) => [field.key, field.value]));
}

export function isVisible(field: FieldView, values: Values): boolean {
  return field.visible_when === undefined || values[field.visible_when.field] === field.visible_when.is;
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

/** Tags as typed, separated by commas; each once. */
export function tagList(typed: string): string[] {
  const tags = typed.split(",").map((tag) => tag.trim());
  return [...new Set(tags.filter((tag) => tag !== ""))];
}
