import { describe, expect, it } from "vitest";
import { catalogue } from "../ipc/scenes";
import { cutToPart, fieldsAgain, given, initialValues, problems, submitted, tagList } from "./form";

const element = (key: string) => catalogue(14747, false).find((one) => one.key === key)!;
const zendesk = element("zendesk").fields;
const salesforce = element("sfdc").fields;
const address = zendesk[0]!;

describe("a form", () => {
  it.each([
    ["https://acme.zendesk.com/agent/tickets?x=1", "acme"],
    ["acme.zendesk.com", "acme"],
    ["ACME.Zendesk.com/", "ACME"],
    ["  acme ", "acme"],
    ["acme.desk.com", "acme.desk.com"],
  ])("a pasted %s is cut to %s", (typed, wanted) => {
    expect(cutToPart(address, typed)).toBe(wanted);
  });

  it("an_origin_loses_what_follows_the_host", () => {
    const origin = { ...address, kind: "origin" as const, suffix: "" };
    expect(cutToPart(origin, "https://login.acme.example/a?b")).toBe("https://login.acme.example");
    expect(cutToPart(origin, "login.acme.example")).toBe("login.acme.example");
  });

  it("missing_values_are_found_in_the_order_of_the_form", () => {
    expect(problems(zendesk, initialValues(zendesk))).toEqual([
      { key: "zendesk.subdomain", problem: "required" },
      { key: "oauth.api.key", problem: "required" },
      { key: "oauth.api.secret", problem: "required" },
    ]);
  });

  it("a_value_of_blanks_is_missing", () => {
    expect(problems([address], { [address.key]: "   " })).toEqual([
      { key: address.key, problem: "required" },
    ]);
  });

  it("a_long_value_is_found", () => {
    expect(problems([address], { [address.key]: "a".repeat(64) })[0]?.problem).toBe("too_long");
  });

  it("a_value_outside_the_list_is_found", () => {
    const values = { ...initialValues(salesforce), environment: "other" };
    expect(problems(salesforce, values)[0]).toEqual({ key: "environment", problem: "not_an_option" });
  });

  it("a_hidden_field_is_neither_asked_for_nor_sent", () => {
    const values = { ...initialValues(salesforce), "site.address": "left over" };
    expect(submitted(salesforce, values)).not.toHaveProperty("site.address");
    expect(submitted(salesforce, { ...values, environment: "own" })).toHaveProperty("site.address");
  });

  it("tags_are_trimmed_and_kept_once", () => {
    expect(tagList(" support, ,sales,support ")).toEqual(["support", "sales"]);
  });
});

describe("the form for signing in again", () => {
  const missing = [{ key: "oauth.api.secret", problem: "required" as const }];

  it("asks_only_for_what_is_missing", () => {
    const fields = fieldsAgain(salesforce, missing);
    expect(fields.map((field) => field.key)).toEqual(["oauth.api.secret"]);
    expect(problems(fields, {})).toEqual(missing);
  });

  it("asks_for_nothing_that_must_be_given_if_nothing_is_missing", () => {
    const fields = fieldsAgain(salesforce, []);
    expect(fields.map((field) => field.key)).toEqual(["oauth.api.key", "oauth.api.secret"]);
    expect(problems(fields, {})).toEqual([]);
  });

  it("shows_a_missing_field_even_where_a_choice_would_hide_it", () => {
    const fields = fieldsAgain(salesforce, [{ key: "site.address", problem: "required" }]);
    expect(given(fields, { "site.address": "acme" })).toEqual({ "site.address": "acme" });
  });

  it("sends_only_what_was_given", () => {
    const fields = fieldsAgain(zendesk, []);
    expect(given(fields, { "oauth.api.secret": " new ", "oauth.api.key": "" })).toEqual({
      "oauth.api.secret": "new",
    });
  });
});
