// Sentences below fields. The element file brings the one for a malformed value.
import type { FieldView, Problem } from "../ipc/types";

/** Lowers a label for the middle of a sentence: “Secret” becomes “secret”, “API key” and names of products stay. */
export function lowerLabel(label: string, product: string): string {
  const isName = label.startsWith(product) || /^.[A-Z]/.test(label);
  return isName ? label : label.charAt(0).toLowerCase() + label.slice(1);
}

export function fieldProblem(field: FieldView, problem: Problem, product: string): string {
  switch (problem) {
    case "required":
      return field.kind === "select" ? "Choose one." : `Enter the ${lowerLabel(field.label, product)}.`;
    case "malformed":
      return field.problem || `Check the ${lowerLabel(field.label, product)}.`;
    case "not_an_option":
      return "Choose one of the list.";
    case "too_long":
      return `Enter at most ${field.max_length} characters.`;
    case "unknown":
      return `${product} has no such setting.`;
  }
}
