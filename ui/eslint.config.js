import js from "@eslint/js";
import svelte from "eslint-plugin-svelte";
import globals from "globals";
import ts from "typescript-eslint";
import svelteConfig from "./svelte.config.js";

/** Only the bridge may import Tauri; a plain browser runs the rest. */
const bridgeOnly = {
  patterns: [{ group: ["@tauri-apps/*"], message: "Only src/ipc/api.ts talks to the desktop." }],
};

export default ts.config(
  { ignores: ["dist", "dist-fake", "src/ipc/types.ts"] },
  js.configs.recommended,
  ...ts.configs.recommended,
  ...svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.browser, ...globals.node } },
    rules: {
      "no-undef": "off",
      "no-restricted-imports": ["error", bridgeOnly],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
    },
  },
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: { parserOptions: { parser: ts.parser, svelteConfig } },
    rules: {
      // The content security policy refuses style attributes; markup from a string is never needed.
      "svelte/no-inline-styles": "error",
      "svelte/no-at-html-tags": "error",
    },
  },
  { files: ["src/ipc/api.ts"], rules: { "no-restricted-imports": "off" } },
);
