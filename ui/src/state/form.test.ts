import { describe, expect, it } from "vitest";
import { builtIn } from "../ipc/fake/catalogue";
import {
  cutToPart,
  repeatFields,
  filledValues,
  initialValues,
  plainField,
  findProblems,
  needsBrowser,
  valuesToSend,
  tagList,
} from "./form";

const zendesk = builtIn("zendesk").fields;
const address = zendesk[0]!;

/** A form with a choice, and a field that shows only with one of its options. */
const withChoice = [
  plainField({
    key: "environment",
    label: "Environment",
    kind: "select",
    value: "production",
    options: [
      { value: "production", label: "Production" },
      { value: "own", label: "Own address" },
    ],
  }),
  plainField({
    key: "site.address",
    label: "Address",
    kind: "host",
    suffix: ".my.salesforce.com",
    visible_when: { field: "environment", is: "own" },
  }),
  ...builtIn("sfdc").fields.filter(({ key }) => key !== "site.address"),
];

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
    expect(findProblems(zendesk, initialValues(zendesk))).toEqual([
      { key: "zendesk.subdomain", problem: "required" },
      { key: "oauth.api.key", problem: "required" },
      { key: "oauth.api.secret", problem: "required" },
    ]);
  });

  it("a_value_of_blanks_is_missing", () => {
    expect(findProblems([address], { [address.key]: "   " })).toEqual([
      { key: address.key, problem: "required" },
    ]);
  });

  it("a_long_value_is_found", () => {
    expect(findProblems([address], { [address.key]: "a".repeat(address.max_length + 1) })[0]?.problem).toBe(
      "too_long",
    );
  });

  it("a_value_outside_the_list_is_found", () => {
    const values = { ...initialValues(withChoice), environment: "other" };
    expect(findProblems(withChoice, values)[0]).toEqual({ key: "environment", problem: "not_an_option" });
  });

  it("a_hidden_field_is_neither_required_nor_sent", () => {
    const values = { ...initialValues(withChoice), "site.address": "left over" };
    expect(valuesToSend(withChoice, values)).not.toHaveProperty("site.address");
    expect(valuesToSend(withChoice, { ...values, environment: "own" })).toHaveProperty("site.address");
  });

  it("tags_are_trimmed_and_kept_once", () => {
    expect(tagList(" support, ,sales,support ")).toEqual(["support", "sales"]);
  });
});

describe("signing in through a browser", () => {
  it.each([
    ["oauth2", "app", {}, true],
    ["oauth2", "sign_in", {}, true],
    ["oauth2", "key", {}, false],
    ["oauth2", "app", { "oauth.grant": "client_credentials" }, false],
    ["oauth2", "app", { "oauth.grant": "password" }, false],
    ["oauth2", "key", { "oauth.grant": "authorization_code" }, true],
    ["oauth1", "app", {}, true],
    ["oauth1", "key", {}, false],
    ["api_key", "key", {}, false],
    ["session", "key", {}, false],
  ] as const)("%s that needs %s, with %o: %s", (auth, reach, values, wanted) => {
    expect(needsBrowser({ auth, reach }, values)).toBe(wanted);
  });
});

describe("the form for signing in again", () => {
  const missing = [{ key: "oauth.api.secret", problem: "required" as const }];

  it("asks_only_for_what_is_missing", () => {
    const fields = repeatFields(withChoice, missing);
    expect(fields.map((field) => field.key)).toEqual(["oauth.api.secret"]);
    expect(findProblems(fields, {})).toEqual(missing);
  });

  it("requires_nothing_if_nothing_is_missing", () => {
    const fields = repeatFields(withChoice, []);
    expect(fields.map((field) => field.key)).toEqual(["oauth.api.key", "oauth.api.secret"]);
    expect(findProblems(fields, {})).toEqual([]);
  });

  it("requires_a_key_that_is_to_be_replaced", () => {
    const key = builtIn("stripe").fields;
    expect(findProblems(repeatFields(key, [], true), {})).toEqual([{ key: "api.key", problem: "required" }]);
    const pair = [...key, plainField({ key: "username", label: "User name" })];
    expect(findProblems(repeatFields(pair, [], true), {})).toEqual([]);
    const ends = repeatFields(key, [], true).find(({ kind }) => kind === "day");
    expect(ends).toMatchObject({ value: "", required: false, advanced: true });
  });

  it("shows_a_missing_field_even_where_a_choice_would_hide_it", () => {
    const fields = repeatFields(withChoice, [{ key: "site.address", problem: "required" }]);
    expect(filledValues(fields, { "site.address": "acme" })).toEqual({ "site.address": "acme" });
  });

  it("sends_only_filled_fields", () => {
    const fields = repeatFields(zendesk, []);
    expect(filledValues(fields, { "oauth.api.secret": " new ", "oauth.api.key": "" })).toEqual({
      "oauth.api.secret": "new",
    });
  });
});
