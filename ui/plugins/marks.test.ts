import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { PATHS, SLUGS } from "virtual:marks";
import { marksDocument } from "./marksDocument.ts";
import { readElements, readIcon, readSlug } from "./icons.ts";
import { marksModule } from "./marks.ts";

describe("the marks of products", () => {
  it("are_named_by_a_line_of_the_element_file", () => {
    expect(readSlug('key = "stripe"\nmark = "stripe"\n')).toBe("stripe");
    expect(readSlug('key = "openai"\n# mark = "openai"\n')).toBeUndefined();
    expect(readSlug('help = """\nmark = stripe\n"""')).toBeUndefined();
  });

  it("are_read_from_every_folder_with_an_element_unless_they_are_too_low", () => {
    const folder = `${mkdtempSync(join(tmpdir(), "marks-"))}/`;
    for (const [key, file] of Object.entries({
      b: 'mark = "stripe"',
      a: 'mark = "github"',
      c: "",
      d: 'mark = "zoom"',
    })) {
      mkdirSync(folder + key);
      writeFileSync(`${folder}${key}/element.toml`, file);
    }
    writeFileSync(`${folder}schema.json`, "{}");
    expect([...readElements(folder)]).toEqual([
      ["a", "github"],
      ["b", "stripe"],
    ]);
    rmSync(folder, { recursive: true });
  });

  it.each(["nosuchproduct", "../github", "GitHub", ""])("the_slug_“%s”_fails_the_build", (slug) => {
    expect(() => readIcon(slug)).toThrow("Simple Icons");
    expect(() => marksModule(new Map([["a", slug]]))).toThrow("Simple Icons");
  });

  it("are_in_the_bundle_once_and_no_others_are", () => {
    expect(Object.keys(PATHS).sort()).toEqual([...new Set(readElements().values())].sort());
    expect(PATHS[SLUGS.stripe ?? ""]).toBe(readIcon("stripe").path);
  });

  it("are_listed_in_the_docs", () => {
    const file = new URL("../../docs/marks.md", import.meta.url);
    const { version } = JSON.parse(
      readFileSync(new URL("../node_modules/simple-icons/package.json", import.meta.url), "utf8"),
    ) as { version: string };
    const document = marksDocument(version);
    // `npm run marks` writes the file; without it the test says whether it is current.
    if (process.env.UPDATE_MARKS) writeFileSync(file, document);
    expect(readFileSync(file, "utf8"), "run `npm run marks`").toBe(document);
  });
});
