/// <reference types="svelte" />
/// <reference types="vite/client" />

interface Window {
  /** Set by Tauri before the first script of the page; absent in a plain browser. */
  readonly __TAURI_INTERNALS__?: unknown;
}
