/// <reference types="svelte" />
/// <reference types="vite/client" />

interface Window {
  /** Put there by Tauri before the page's first script; a plain browser has none. */
  readonly __TAURI_INTERNALS__?: unknown;
}
