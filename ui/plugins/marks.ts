// The module `virtual:marks`: the marks that the element files name, and no others of the 3,400 in the package.
import type { Plugin } from "vite";
import { ELEMENTS, readElements, readIcon } from "./icons.ts";

const NAME = "virtual:marks";
const RESOLVED = `\0${NAME}`;

/** Writes the module. Fails on a slug that Simple Icons does not have. */
export function marksModule(elements = readElements(), icon = readIcon): string {
  const slugs = [...new Set(elements.values())].sort();
  const paths = Object.fromEntries(slugs.map((slug) => [slug, icon(slug).path]));
  const json = (value: unknown) => JSON.stringify(JSON.stringify(value));
  // Parsing JSON is quicker than parsing a script.
  return [
    `export const PATHS = JSON.parse(${json(paths)});`,
    `export const SLUGS = JSON.parse(${json(Object.fromEntries(elements))});`,
  ].join("\n");
}

export function marks(): Plugin {
  return {
    name: "keyrack-marks",
    resolveId: (id) => (id === NAME ? RESOLVED : undefined),
    load(id) {
      if (id !== RESOLVED) return;
      const elements = readElements();
      for (const key of elements.keys()) this.addWatchFile(`${ELEMENTS}${key}/element.toml`);
      return marksModule(elements);
    },
  };
}
