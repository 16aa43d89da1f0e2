// The state of one form: which fields show, what is wrong with them, and sending them.
import { tick } from "svelte";
import type { FailureWords } from "../copy/errors";
import type { Failure, FieldProblem, FieldView } from "../ipc/types";
import type { App } from "./app.svelte";
import { cutToPart, isVisible, findProblems, valuesToSend, type Values } from "./form";

interface Form {
  app: App;
  fields: () => FieldView[];
  values: () => Values;
  /** Sends the visible values, cut to the wanted parts; rejects with a `Failure`. */
  send: (sent: Values) => Promise<void>;
  describe: (failure: Failure) => FailureWords;
  /** The sentence for a failure that belongs below one field. */
  explain?: (failure: Failure) => { key: string; text: string } | undefined;
  /** Called with the problems that the program found, before they show. */
  onrefused?: (found: FieldProblem[]) => void;
  /** Problems that are known from the start. */
  known?: FieldProblem[];
}

export class Submission {
  busy = $state(false);
  /** Shows above the form. */
  failure = $state.raw<Failure | null>(null);
  advancedOpen = $state(false);
  element = $state<HTMLFormElement>();

  readonly #form: Form;
  /** From the first submission on, fields are checked as they change. */
  #checking = $state(false);
  #refused = $state.raw<FieldProblem[]>([]);
  #message = $state.raw<{ key: string; text: string } | undefined>();

  readonly #visible = $derived.by(() => this.#form.fields().filter((field) => isVisible(field, this.values)));
  readonly plain = $derived.by(() => this.#visible.filter((field) => !field.advanced));
  readonly advanced = $derived.by(() => this.#visible.filter((field) => field.advanced));
  readonly #problems = $derived.by(() => [
    ...this.#refused,
    ...(this.#checking ? findProblems(this.#form.fields(), this.values) : []),
  ]);
  readonly words = $derived.by(() => (this.failure ? this.#form.describe(this.failure) : undefined));

  constructor(form: Form) {
    this.#form = form;
    this.#refused = form.known ?? [];
  }

  get values(): Values {
    return this.#form.values();
  }

  problemOf(key: string): FieldProblem["problem"] | undefined {
    return this.#problems.find((found) => found.key === key)?.problem;
  }

  messageOf(key: string): string | undefined {
    return this.#message?.key === key ? this.#message.text : undefined;
  }

  /** Cuts what was typed to the part that the field asks for. */
  cutValue(field: FieldView): void {
    this.values[field.key] = cutToPart(field, this.values[field.key] ?? "");
  }

  /** Forgets the problem of a field that has changed. */
  clearProblem(key: string): void {
    this.#refused = this.#refused.filter((found) => found.key !== key);
    if (this.#message?.key === key) this.#message = undefined;
  }

  async submit(event?: SubmitEvent): Promise<void> {
    event?.preventDefault();
    if (this.busy) return;
    this.#checking = true;
    this.failure = null;
    this.#refused = [];
    this.#message = undefined;
    for (const field of this.#visible) this.cutValue(field);
    const fields = this.#form.fields();
    if (findProblems(fields, this.values).length > 0) return this.#focusFirstProblem();
    this.busy = true;
    try {
      await this.#form.send(valuesToSend(fields, this.values));
    } catch (thrown) {
      await this.refuse(thrown as Failure);
    } finally {
      this.busy = false;
    }
  }

  /** Shows a failure: below its fields if it names any, else above the form. */
  async refuse(failure: Failure): Promise<void> {
    this.#message = this.#form.explain?.(failure);
    this.#refused = failure.code === "form_invalid" ? (failure.fields ?? []) : [];
    this.#form.onrefused?.(this.#refused);
    if (this.#message || this.#refused.length > 0) return this.#focusFirstProblem();
    this.failure = failure;
    await tick();
    this.#form.app.announceWords(this.#form.describe(failure));
    window.scrollTo(0, 0);
  }

  async unlockKeychainAndSubmit(): Promise<void> {
    await this.#form.app.unlockKeychain();
    await this.submit();
  }

  /** Hides the failure and focuses a field: the one with `key`, else the first. */
  async edit(key?: string): Promise<void> {
    this.failure = null;
    await tick();
    const selector = key === undefined ? "input, select, textarea" : `[data-field="${CSS.escape(key)}"]`;
    const control = this.element?.querySelector<HTMLElement>(selector);
    control?.focus();
    // What is pasted replaces a value that is not shown.
    if (control instanceof HTMLInputElement && control.type === "password") control.select();
  }

  async #focusFirstProblem(): Promise<void> {
    this.advancedOpen ||= this.advanced.some((field) => this.problemOf(field.key));
    await tick();
    this.element?.querySelector<HTMLElement>("[aria-invalid]")?.focus();
  }
}
