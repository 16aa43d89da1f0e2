/// <reference types="svelte" />
/// <reference types="vite/client" />

interface Window {
  /** Set by Tauri before the first script of the page; absent in a plain browser. */
  readonly __TAURI_INTERNALS__?: unknown;
}

/** Made by plugins/marks.ts. */
declare module "virtual:marks" {
  /** Slug to the path of the mark on 24 × 24. */
  export const PATHS: Record<string, string>;
  /** Key of an element to the slug of its mark. */
  export const SLUGS: Record<string, string>;
}

/** Made by plugins/elements.ts. */
declare module "virtual:elements" {
  /** The element files that the program compiles in. */
  export const FILES: object[];
}
