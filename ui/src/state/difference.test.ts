import { describe, expect, it } from "vitest";
import { differenceWords } from "../copy/difference";
import { findDifference, splitRuns, listDifferences } from "./difference";

const OURS = "http://localhost:14747/callback/zendesk";

describe("two addresses", () => {
  it.each([
    [OURS, { start: OURS, ours: "", theirs: "", end: "" }],
    [`${OURS}/`, { start: OURS, ours: "", theirs: "/", end: "" }],
    [
      OURS.replace("localhost", "127.0.0.1"),
      { start: "http://", ours: "localhost", theirs: "127.0.0.1", end: ":14747/callback/zendesk" },
    ],
    [OURS.replace("http", "https"), { start: "http", ours: "", theirs: "s", end: OURS.slice(4) }],
    ["", { start: "", ours: OURS, theirs: "", end: "" }],
  ])("compared with %s are divided where they differ", (theirs, wanted) => {
    const found = findDifference(OURS, theirs);
    expect(found).toEqual(wanted);
    expect(found.start + found.ours + found.end).toBe(OURS);
    expect(found.start + found.theirs + found.end).toBe(theirs);
  });

  it("share_no_character_twice", () => {
    expect(findDifference("aa", "aaa")).toEqual({ start: "aa", ours: "", theirs: "a", end: "" });
    expect(findDifference("abab", "ab")).toEqual({ start: "ab", ours: "ab", theirs: "", end: "" });
  });

  it("are_never_cut_inside_a_character", () => {
    // Both keys begin with the same surrogate.
    expect(findDifference("a🗝b", "a🗞b")).toEqual({ start: "a", ours: "🗝", theirs: "🗞", end: "b" });
  });
});

describe("two addresses in pieces", () => {
  const marked = (theirs: string, ours = OURS) => {
    const runs = splitRuns(ours, theirs);
    expect(runs.ours.map((run) => run.text).join("")).toBe(ours);
    expect(runs.theirs.map((run) => run.text).join("")).toBe(theirs);
    return [runs.ours, runs.theirs].map((side) =>
      side.map(({ text, differs }) => (differs ? `[${text}]` : text)).join(""),
    );
  };

  it("are_marked_in_each_place_in_which_they_differ", () => {
    expect(marked("https://127.0.0.1:14747/callback/zendesk/")).toEqual([
      "http[]://[localhost]:14747/callback/zendesk[]",
      "http[s]://[127.0.0.1]:14747/callback/zendesk[/]",
    ]);
    expect(marked(OURS.replace(":14747", ""))).toEqual([
      "http://localhost[:14747]/callback/zendesk",
      "http://localhost[]/callback/zendesk",
    ]);
  });

  it("are_marked_nowhere_if_they_are_the_same", () => {
    expect(marked(OURS)).toEqual([OURS, OURS]);
  });

  it("are_marked_whole_if_they_are_no_addresses", () => {
    expect(marked("zendesk")).toEqual(["[http://localhost:14747/callback/]zendesk", "[]zendesk"]);
  });
});

describe("the differences of two addresses", () => {
  const kinds = (theirs: string, ours = OURS) => listDifferences(ours, theirs).map((way) => way.kind);

  it.each([
    [OURS, []],
    [`${OURS}/`, ["slash"]],
    [`${OURS} `, ["blank"]],
    [OURS.replace("localhost", "127.0.0.1"), ["loopback"]],
    [OURS.replace("localhost", "[::1]"), ["loopback"]],
    [OURS.replace("localhost", "example.com"), ["host"]],
    [OURS.replace("http:", "https:"), ["scheme"]],
    [OURS.replace("14747", "14748"), ["port"]],
    [OURS.replace(":14747", ""), ["port"]],
    [OURS.replace("callback", "Callback"), ["case"]],
    [OURS.replace("localhost", "LocalHost"), ["case"]],
    [OURS.replace("zendesk", "zen"), ["path"]],
    [`${OURS}?a=1`, ["rest"]],
    ["localhost:14747", ["other"]],
    [" https://127.0.0.1/Callback/zendesk/", ["blank", "scheme", "loopback", "port", "slash", "case"]],
  ])("%s: %j", (theirs, wanted) => {
    expect(kinds(theirs)).toEqual(wanted);
  });

  it("are_found_for_all_different_addresses", () => {
    const pieces = [
      OURS,
      `${OURS}/`,
      "x",
      "HTTP://LOCALHOST:14747/callback/zendesk",
      `${OURS}#`,
      "http://",
      " ",
    ];
    for (const ours of pieces)
      for (const theirs of pieces)
        expect(listDifferences(ours, theirs).length > 0, `${ours} and ${theirs}`).toBe(ours !== theirs);
  });

  it("are_described_in_words", () => {
    const said = (theirs: string) => differenceWords(listDifferences(OURS, theirs));
    expect(said(`${OURS}/`)).toBe("The registered one has a slash at the end, Keyrack’s has none.");
    expect(said(OURS.replace(":14747", ""))).toBe("Keyrack’s has port 14747, the registered one no port.");
    expect(said(OURS)).toMatch(/^Both are the same/);
  });
});
