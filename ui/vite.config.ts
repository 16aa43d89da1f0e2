import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";
import { elements } from "./plugins/elements.ts";
import { marks } from "./plugins/marks.ts";

// Only Vite's own MODE reaches the bundle from the environment, so a secret in the shell cannot end up in the window.
export default defineConfig(({ mode }) => ({
  plugins: [svelte(), marks(), elements()],
  // Relative, because the window serves the files from its own scheme and the tests from a folder.
  base: "./",
  envPrefix: "KEYRACK_UI_",
  server: { host: "127.0.0.1" },
  build: {
    target: "esnext",
    // Keeps `light-dark()` as written: every engine of the window supports it.
    cssTarget: ["safari18", "chrome123"],
    // The content security policy allows no data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The fake holds the whole catalogue.
    chunkSizeWarningLimit: mode === "fake" ? 1000 : 300,
    // The marks change less often than the page, and are as large.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "marks", test: /virtual:marks/ }] } } },
  },
  // Without it the tests would load Svelte's server build, whose state does not react.
  ...(process.env.VITEST ? { resolve: { conditions: ["browser"] } } : {}),
  test: { include: ["src/**/*.test.ts", "plugins/**/*.test.ts"], environment: "node" },
}));
