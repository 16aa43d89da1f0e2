import { describe, expect, it } from "vitest";
import { catalogue } from "../ipc/fake/catalogue";
import { connectionRow } from "../ipc/fake/rows";
import { plainElement } from "../ipc/fake/plainElement";
import type { ElementView } from "../ipc/types";
import { groupCatalogue, isPracticeOnly, takeRows } from "./catalogueGroups";
import { foldWords, indexCatalogue, isNear, searchCatalogue } from "./catalogueSearch";

const all = catalogue();
const index = indexCatalogue(all, (element) => element.retired || isPracticeOnly(element, "local"));
const names = (filter: string) => searchCatalogue(index, filter).map(({ element }) => element.name);

const element = (key: string, part: Partial<ElementView> = {}) => plainElement({ key, ...part });

describe("the search in the catalogue", () => {
  it.each([
    // Whole and beginning.
    ["stripe", "Stripe"],
    ["STRIPE ", "Stripe"],
    ["git", "GitHub"],
    ["mail gun", "Mailgun"],
    ["hub spot", "HubSpot"],
    // By the key, which differs from the name.
    ["sfdc", "Salesforce"],
    ["ciscospark", "Webex"],
    // Words inside, in any order.
    ["calendar google", "Google Calendar"],
    ["sheets", "Google Sheets"],
    // Former names.
    ["sendinblue", "Brevo"],
    ["convertkit", "Kit"],
    ["echosign", "Adobe Acrobat Sign"],
    // One wrong letter: missing, too many, wrong, swapped.
    ["strpe", "Stripe"],
    ["stripee", "Stripe"],
    ["strype", "Stripe"],
    ["srtipe", "Stripe"],
    ["tsripe", "Stripe"],
    ["salesfr", "Salesforce"],
    ["salesfroce", "Salesforce"],
    ["jra", "Jira"],
    ["google calandar", "Google Calendar"],
    ["sendinbleu", "Brevo"],
  ])("%s finds %s first", (filter, name) => {
    expect(names(filter)[0]).toBe(name);
  });

  it("ranks_whole_names_beginnings_words_former_names_subjects", () => {
    const elements = [
      element("subject", { gives: "Spark of life" }),
      element("former", { formerly: ["Spark Line"] }),
      element("inside", { name: "Apaspark" }),
      element("word", { name: "Apache Spark" }),
      element("beginning", { name: "SparkPost" }),
      element("closed", { name: "Sparky", retired: true }),
      element("whole", { name: "Spark" }),
    ];
    const found = searchCatalogue(
      indexCatalogue(elements, ({ retired }) => retired),
      "spark",
    );
    expect(found.map(({ element }) => element.key)).toEqual([
      "whole",
      "beginning",
      "closed",
      "word",
      "inside",
      "former",
      "subject",
    ]);
  });

  it("tells_the_former_name_by_which_a_product_was_found", () => {
    const former = (filter: string) => searchCatalogue(index, filter)[0]?.former;
    expect(former("sendinblue")).toBe("Sendinblue");
    expect(former("sendinbleu")).toBe("Sendinblue");
    expect(former("brevo")).toBeUndefined();
    expect(former("stripe")).toBeUndefined();
  });

  it("finds_a_category_and_what_a_product_gives", () => {
    const found = searchCatalogue(index, "help desk").map(({ element }) => element.category);
    expect(found).toContain("Help desk");
    expect(names("invoices").length).toBeGreaterThan(3);
  });

  it("guesses_only_if_nothing_has_the_typed_name", () => {
    expect(isNear("slack", "black")).toBe(true);
    const elements = [element("slack"), element("black")];
    const find = (filter: string) => searchCatalogue(indexCatalogue(elements), filter).length;
    expect(find("slack")).toBe(1);
    expect(find("flack")).toBe(2);
  });

  it.each([
    ["strpe", "stripe", true],
    ["tripe", "stripe", true],
    ["stripes", "stripe", true],
    ["strie", "stripe", true],
    ["sripte", "stripe", false],
    ["stipre", "stripe", false],
    ["bxo", "box", true],
    ["bo", "box", false],
    ["boy", "boxes", false],
    ["salesfr", "salesforce", true],
    ["salefroce", "salesforce", false],
  ])("%s is near %s: %s", (typed, word, near) => {
    expect(isNear(typed, word)).toBe(near);
  });

  it("ignores_accents_and_signs", () => {
    expect(foldWords("  Café-Société & Co. ")).toEqual(["cafe", "societe", "co"]);
    expect(foldWords("?!")).toEqual([]);
  });

  it("finds_nothing_for_nonsense", () => {
    expect(names("zzz")).toEqual([]);
    expect(names("stripe zzz")).toEqual([]);
  });

  it("takes_less_than_a_frame_for_a_thousand_elements", () => {
    const thousand = Array.from({ length: 1000 }, (_, n) => ({ ...all[n % all.length]!, key: `k${n}` }));
    const index = indexCatalogue(thousand);
    searchCatalogue(index, "warm up");
    const from = performance.now();
    const filters = ["s", "st", "str", "strp", "strpe", "google calandar", "zzzz", "sales"];
    for (const filter of filters) searchCatalogue(index, filter);
    expect((performance.now() - from) / filters.length).toBeLessThan(16);
  });
});

describe("the groups of the catalogue", () => {
  const group = (kind: "local" | "practice" | "hosted", elements: ElementView[], keys: string[] = []) =>
    groupCatalogue(
      elements,
      keys.map((key, at) => connectionRow(element(key), { id: key, created_at: at })),
      kind,
    ).map(({ title, members }) => [title, members.map(({ key }) => key)]);

  it("begin_with_what_was_used_and_what_many_start_with", () => {
    const [recent, start, ...rest] = group("local", all, ["stripe", "webflow", "stripe", "gone"]);
    expect(recent).toEqual(["Recently used", ["stripe", "webflow"]]);
    expect(start).toEqual([
      "Start here",
      ["gmail", "microsoftgraph", "slack", "github", "notion", "openai", "zendesk", "sfdc"],
    ]);
    expect(rest.slice(-2).map(([title]) => title)).toEqual(["Practice only", "Closed"]);
  });

  it("show_the_four_newest_products", () => {
    const keys = ["a", "b", "c", "d", "e"];
    expect(
      group(
        "local",
        keys.map((key) => element(key)),
        keys,
      )[0],
    ).toEqual(["Recently used", ["e", "d", "c", "b"]]);
  });

  it("end_with_what_cannot_be_connected_here", () => {
    const elements = [
      element("closed", { retired: true, historical: true }),
      element("old", { historical: true }),
      element("a", { category: "Other" }),
      element("b"),
      element("form", { category: "Anything", generic: true }),
    ];
    expect(group("local", elements)).toEqual([
      ["CRM", ["b"]],
      ["Other", ["a"]],
      ["Anything", ["form"]],
      ["Practice only", ["old"]],
      ["Closed", ["closed"]],
    ]);
    expect(group("practice", elements)).toEqual([
      ["CRM", ["old", "b"]],
      ["Other", ["a"]],
      ["Anything", ["form"]],
      ["Closed", ["closed"]],
    ]);
    expect(group("hosted", elements)).toEqual(group("practice", elements));
  });

  it("are_cut_after_the_first_rows", () => {
    const groups = [
      { title: "A", members: [element("a"), element("b")] },
      { title: "B", members: [element("c"), element("d")] },
      { title: "C", members: [element("e")] },
    ];
    expect(takeRows(groups, 3).map(({ title, members }) => [title, members.length])).toEqual([
      ["A", 2],
      ["B", 1],
    ]);
  });
});
