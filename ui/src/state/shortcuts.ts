// The keys that work on every screen.
import type { App } from "./app.svelte";

function findControl(landmark: "header" | "main"): HTMLElement | null {
  return document.querySelector<HTMLElement>(
    `${landmark} :is(button, input, select, textarea, summary, [tabindex="0"]):not([tabindex="-1"])`,
  );
}

function switchLandmark(): void {
  const inMain = document.activeElement?.closest("main");
  const target = findControl(inMain ? "header" : "main") ?? document.querySelector<HTMLElement>("h1");
  target?.focus();
}

/** Returns what a key with Ctrl or Cmd does, if anything. */
function commandOf(app: App, key: string): (() => void) | undefined {
  const { screen } = app.router.route;
  const filter = document.querySelector<HTMLInputElement>("[data-filter]");
  const go = (target: "add" | "settings") => () => {
    if (screen !== target) void app.router.go({ screen: target });
  };
  if (key === "n") return go("add");
  if (key === ",") return go("settings");
  if (key !== "f" || !filter) return undefined;
  return () => {
    filter.focus();
    filter.select();
  };
}

export function handleShortcut(app: App, event: KeyboardEvent): void {
  if (app.question || event.defaultPrevented || event.isComposing) return;
  const { key, ctrlKey, metaKey, altKey, shiftKey } = event;
  let action: (() => void) | undefined;
  if (key === "Escape") action = app.escape ?? (() => void app.goBack());
  else if (key === "F6") action = switchLandmark;
  else if ((ctrlKey || metaKey) && !altKey && !shiftKey) action = commandOf(app, key);
  if (!action) return;
  event.preventDefault();
  action();
}
