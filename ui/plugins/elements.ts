// The module `virtual:elements`: the element files that the program compiles in, for the fake. One module, because reading
// hundreds one by one takes seconds in tests and in a browser.
import { readdirSync, readFileSync } from "node:fs";
import { parse } from "smol-toml";
import type { Plugin } from "vite";
import { ELEMENTS } from "./icons.ts";

const NAME = "virtual:elements";
const RESOLVED = `\0${NAME}`;

export function elements(): Plugin {
  return {
    name: "keyrack-elements",
    resolveId: (id) => (id === NAME ? RESOLVED : undefined),
    load(id) {
      if (id !== RESOLVED) return;
      const folders = readdirSync(ELEMENTS, { withFileTypes: true }).filter((entry) => entry.isDirectory());
      const files = folders.map(({ name }) => {
        const file = `${ELEMENTS}${name}/element.toml`;
        this.addWatchFile(file);
        return parse(readFileSync(file, "utf8"));
      });
      return `export const FILES = JSON.parse(${JSON.stringify(JSON.stringify(files))});`;
    },
  };
}
