// The question before a form with typed values is left.
import type { App } from "./app.svelte";

/** What is asked where values were typed into a form. */
const FORM = { title: "Leave this form?", body: "Entered values are not kept." };

/** Asks for as long as the component lives. `onleave` is called when the form is left, with or without a question. */
export function askBeforeLeaving(
  app: App,
  typed: () => boolean,
  onleave: () => void = () => {},
  words = FORM,
): void {
  $effect(() => {
    const ask = async () => {
      if (typed()) {
        const leave = await app.ask({ ...words, stay: "Stay", go: "Leave", danger: false });
        if (!leave) return false;
      }
      onleave();
      return true;
    };
    app.router.leaving = ask;
    return () => {
      if (app.router.leaving === ask) app.router.leaving = null;
    };
  });
}
