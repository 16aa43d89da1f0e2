// Before a form with typed values is left, its owner is asked once.
import type { App } from "./app.svelte";

/** For as long as the component lives. `left` is told when it is left, with or without a question. */
export function askBeforeLeaving(app: App, typed: () => boolean, left: () => void = () => {}): void {
  $effect(() => {
    const ask = async () => {
      if (typed()) {
        const leave = await app.ask({
          title: "Leave this form?",
          body: "Entered values are not kept.",
          stay: "Stay",
          go: "Leave",
          danger: false,
        });
        if (!leave) return false;
      }
      left();
      return true;
    };
    app.router.leaving = ask;
    return () => {
      if (app.router.leaving === ask) app.router.leaving = null;
    };
  });
}
