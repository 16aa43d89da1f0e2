import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

// Nothing from the environment reaches the bundle except Vite's own MODE: a secret in the shell that builds
// can therefore not end up in the window.
export default defineConfig({
  plugins: [svelte()],
  // Relative, because the window serves the files from its own scheme and tests serve them from a folder.
  base: "./",
  envPrefix: "KEYRACK_UI_",
  // For the page alone, in a plain browser, on the fake; the fake reads the element files.
  server: { host: "127.0.0.1", fs: { allow: [".", "../src-tauri/elements"] } },
  build: {
    target: "esnext",
    // `light-dark()` is kept as written: every engine the window runs in knows it.
    cssTarget: ["safari18", "chrome123"],
    // A data: address would need its own place in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 300,
  },
  // Without it the tests would get Svelte's server build, whose state does not react.
  ...(process.env.VITEST ? { resolve: { conditions: ["browser"] } } : {}),
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
