// What is said under a field. The element file brings the sentence for a value of the wrong form; the rest is here.
import type { FieldView, Problem } from "../ipc/types";

/** The label inside a sentence: “Secret” becomes “secret”, “API key” and names of products stay. */
export function inSentence(label: string, product: string): string {
  const isName = label.startsWith(product) || /^.[A-Z]/.test(label);
  return isName ? label : label.charAt(0).toLowerCase() + label.slice(1);
}

/** One sentence that says what to do about this field. */
export function fieldProblem(field: FieldView, problem: Problem, product: string): string {
  switch (problem) {
    case "required":
      return field.kind === "select" ? "Choose one." : `Enter the ${inSentence(field.label, product)}.`;
    case "malformed":
      return field.problem || `Check the ${inSentence(field.label, product)}.`;
    case "not_an_option":
      return "Choose one of the list.";
    case "too_long":
      return `Enter at most ${field.max_length} characters.`;
    case "unknown":
      return `${product} has no such setting.`;
  }
}
