import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const css = readFileSync(new URL("./tokens.css", import.meta.url), "utf8");
const page = readFileSync(new URL("../../../src-tauri/pages/style.css", import.meta.url), "utf8");

type Theme = "light" | "dark";
type Tokens = Map<string, Record<Theme, string>>;

function readTokens(file: string): Tokens {
  const root = file.slice(0, file.indexOf("@media (prefers-contrast"));
  const pairs = root.matchAll(/--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g);
  return new Map([...pairs].map(([, name, light, dark]) => [name!, { light: light!, dark: dark! }]));
}

const windowTokens = readTokens(css);
const pageTokens = readTokens(page);

/** WCAG 2.2, relative luminance. */
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const channel = parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

function contrast(one: string, other: string): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light! + 0.05) / (dark! + 0.05);
}

/** 1.4.3 for text, 1.4.11 for the edges of controls and the ring of the focus. */
const TEXT = 4.5;
const EDGE = 3;

const textPairs: [string, string][] = [
  ...["text", "muted", "faint"].flatMap((one): [string, string][] => [
    [one, "bg"],
    [one, "surface"],
  ]),
  ["text", "sunken"],
  ["muted", "sunken"],
  ["text", "hover"],
  ["muted", "hover"],
  ["text", "brass-bg"],
  ["text", "danger-bg"],
  ["text", "tint"],
  ["accent", "tint"],
  ["on-accent", "accent"],
  ["on-accent", "accent-hover"],
  ["on-danger", "danger"],
  ["brass", "brass-bg"],
  ["danger", "danger-bg"],
  ["danger", "bg"],
  ["danger", "surface"],
  ["ok", "ok-bg"],
  ...[1, 2, 3, 4, 5].map((n): [string, string] => [`tile-${n}`, `tile-${n}-bg`]),
];

const edgePairs: [string, string][] = [
  ["control", "bg"],
  ["control", "surface"],
  ["accent", "bg"],
  ["accent", "surface"],
  ["accent", "sunken"],
  ["danger", "surface"],
  ["ok", "surface"],
];

const pagePairs: [string, string][] = [
  ["text", "bg"],
  ["text", "surface"],
  ["text", "sunken"],
  ["muted", "surface"],
  ["muted", "sunken"],
  ["on-accent", "accent"],
  ["on-accent", "accent-hover"],
  ["on-tint", "tint"],
  ["brass", "brass-bg"],
  ["ok", "ok-bg"],
  ["danger", "danger-bg"],
];

function cases(tokens: Tokens, pairs: [string, string][]) {
  return pairs.flatMap(([front, back]) =>
    (["light", "dark"] as const).map((theme) => {
      const [one, other] = [tokens.get(front)?.[theme], tokens.get(back)?.[theme]];
      if (!one || !other) throw new Error(`${front} or ${back} is not in the file`);
      return { front, back, theme, ratio: contrast(one, other) };
    }),
  );
}

describe("contrast", () => {
  it.each(cases(windowTokens, textPairs))("$front on $back reads in $theme", ({ ratio }) => {
    expect(ratio).toBeGreaterThanOrEqual(TEXT);
  });

  it.each(cases(windowTokens, edgePairs))("$front is seen on $back in $theme", ({ ratio }) => {
    expect(ratio).toBeGreaterThanOrEqual(EDGE);
  });

  it.each(cases(pageTokens, pagePairs))("in the browser, $front on $back reads in $theme", ({ ratio }) => {
    expect(ratio).toBeGreaterThanOrEqual(TEXT);
  });

  it("the_pages_in_the_browser_have_the_colours_of_the_window", () => {
    const names: Record<string, string> = { tint: "tile-1-bg", "on-tint": "tile-1" };
    for (const [name, value] of pageTokens)
      expect(windowTokens.get(names[name] ?? name), name).toEqual(value);
  });
});
