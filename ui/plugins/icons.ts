// The marks of products: which of them the element files name, and their paths in Simple Icons.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const ELEMENTS = fileURLToPath(new URL("../../src-tauri/elements/", import.meta.url));
const ICONS = fileURLToPath(new URL("../node_modules/simple-icons/icons/", import.meta.url));

/** Names written as marks: in a tile they are 5 pixels high. Initials read better. */
const TOO_LOW = new Set("caldotcom egnyte nasa paychex sonos typeform vmware woocommerce zoom".split(" "));

/** Returns the slug that an element file names. */
export function readSlug(file: string): string | undefined {
  return /^mark = "([^"]*)"$/m.exec(file)?.[1];
}

/** Maps the keys of the elements in a folder to the slugs of their marks, in order. */
export function readElements(folder = ELEMENTS): Map<string, string> {
  const keys = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return new Map(
    keys
      .map(({ name }): [string, string | undefined] => [
        name,
        readSlug(readFileSync(`${folder}${name}/element.toml`, "utf8")),
      ])
      .filter((pair): pair is [string, string] => pair[1] !== undefined && !TOO_LOW.has(pair[1]))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** An icon of Simple Icons: its name, and its path on 24 × 24. */
export interface Icon {
  title: string;
  path: string;
}

export function readIcon(slug: string, folder = ICONS): Icon {
  // A slug with other characters would lead out of the folder.
  if (!/^[a-z0-9]+$/.test(slug)) throw new Error(`“${slug}” is no slug of Simple Icons`);
  let svg: string;
  try {
    svg = readFileSync(`${folder}${slug}.svg`, "utf8");
  } catch {
    throw new Error(`Simple Icons has no icon with the slug “${slug}”`);
  }
  const [, title, path] = /<title>([^<]*)<\/title><path d="([^"]+)"\/><\/svg>$/.exec(svg.trim()) ?? [];
  if (title === undefined || path === undefined)
    throw new Error(`the icon “${slug}” is not a title and one path`);
  return { title: title.replaceAll("&amp;", "&"), path };
}
