import { describe, expect, it } from "vitest";
import { splitAtTail } from "./middle";
import { markPath, tileTint } from "./tile";

describe("the ellipsis in the middle", () => {
  it("short_text_stays_whole", () => {
    expect(splitAtTail("maria@acme.example")).toEqual(["maria@acme.example", ""]);
  });

  it("the_halves_together_are_the_text", () => {
    const text = "sales-operations-team@regional.acme.example";
    const halves = splitAtTail(text);
    expect(halves.join("")).toBe(text);
    expect(halves[1]).toBe("acme.example");
  });

  it("characters_of_several_code_points_are_not_cut", () => {
    const text = `${"サポート部門の共有アカウント".repeat(2)}👩‍👩‍👧‍👦👍🏽`;
    const [head, tail] = splitAtTail(text, 2);
    expect(tail).toBe("👩‍👩‍👧‍👦👍🏽");
    expect(head + tail).toBe(text);
  });
});

describe("product tiles", () => {
  it("the_first_five_products_have_five_tints", () => {
    const keys = ["zendesk", "sfdc", "ciscospark", "desk", "actessentialsoauth"];
    expect(keys.map(tileTint)).toEqual([1, 2, 3, 4, 5]);
  });

  it("a_product_without_a_mark_shows_its_initials", () => {
    expect(markPath("stripe")).toMatch(/^M/);
    expect(markPath("acme")).toBeUndefined();
    expect(markPath("acme", "stripe")).toBe(markPath("stripe"));
    expect(markPath("acme", "constructor")).toBeUndefined();
    expect(markPath("constructor")).toBeUndefined();
  });

  it("any_key_has_a_tint", () => {
    for (const key of ["", "oauth2", "キー", "a".repeat(300)])
      expect([1, 2, 3, 4, 5]).toContain(tileTint(key));
  });
});
