import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

// Only Vite's own MODE reaches the bundle from the environment, so a secret in the shell cannot end up in the window.
export default defineConfig({
  plugins: [svelte()],
  // Relative, because the window serves the files from its own scheme and the tests from a folder.
  base: "./",
  envPrefix: "KEYRACK_UI_",
  // For the page in a plain browser on the fake, which reads the element files.
  server: { host: "127.0.0.1", fs: { allow: [".", "../src-tauri/elements"] } },
  build: {
    target: "esnext",
    // Keeps `light-dark()` as written: every engine of the window supports it.
    cssTarget: ["safari18", "chrome123"],
    // The content security policy allows no data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 300,
  },
  // Without it the tests would load Svelte's server build, whose state does not react.
  ...(process.env.VITEST ? { resolve: { conditions: ["browser"] } } : {}),
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
