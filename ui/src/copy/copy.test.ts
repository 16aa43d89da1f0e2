import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Code, ConnectionView, Failure, FieldView } from "../ipc/types";
import { ERRORS, platformDetails, say, SECRETS_REFUSED } from "./errors";
import { fieldProblem, inSentence } from "./fields";
import { shellWord, snippets } from "./snippets";
import { exactTime, offBy, relativeTime, waitFor } from "./time";
import { accounts, badgeOf, removalLine, retryingLine, secretHelp, testLine, workspaceLine } from "./words";
import { certificateCopy } from "./certificates";
import { exchangeLine, report } from "./report";

const codes = Object.keys(ERRORS) as Code[];

/** Never before staff. “Callback” is left out: it names a setting and its failure by agreement. */
const NOT_SAID = /\b(OAuth|tokens?|scopes?|grant|PKCE|instance|401|please|successfully|oops|OK)\b|!/i;

const keyring = { keychain: "keyring" };

describe("sentences about failures", () => {
  it.each(codes)("%s says what happened in plain words", (code) => {
    for (const said of [
      say({ code }, { keychain: "keyring" }),
      say({ code, product: "Zendesk", port: 1 }, { keychain: "Keychain", platform: "Acme platform" }),
    ]) {
      const words = `${said.title} ${said.body} ${said.move} ${said.button.label}`;
      expect(words).not.toMatch(NOT_SAID);
      expect(words).not.toMatch(/[{}]|undefined|'/);
      expect(said.title).toMatch(/^\p{Lu}/u);
      expect(said.title).not.toMatch(/\.$/);
      expect(said.body).toMatch(/\.$/);
    }
  });

  it.each(codes)("%s has a button of one to three words", (code) => {
    const { label } = say({ code, free_port: 14748 }, keyring).button;
    expect(label.split(" ").length).toBeLessThanOrEqual(3);
  });

  it.each(codes)("%s says whose move it is", (code) => {
    const place = { keychain: "keyring", platform: "Acme platform" };
    expect(say({ code, product: "Zendesk" }, place).move).toMatch(
      /^(Your|Your administrator’s|Zendesk’s|Acme platform’s) move$/,
    );
  });

  it("every_code_of_the_program_has_its_sentences", () => {
    const types = readFileSync(new URL("../ipc/types.ts", import.meta.url), "utf8");
    const union = types.match(/export type Code =([^;]+);/)?.[1] ?? "";
    const known = [...union.matchAll(/"(\w+)"/g)].map((match) => match[1]);
    expect(codes.toSorted()).toEqual(known.toSorted());
  });

  it("facts_are_filled_in", () => {
    const said = say({ code: "port_in_use", port: 14747, free_port: 14748 }, keyring);
    expect(said.body).toContain("14747");
    expect(said.button).toEqual({ label: "Use port 14748", does: "use_free_port" });
  });

  it("a_button_without_its_fact_gives_way_to_the_other", () => {
    expect(say({ code: "port_in_use", port: 14747 }, keyring).button.does).toBe("settings");
  });

  it("the_keychain_is_called_as_the_system_calls_it", () => {
    expect(say({ code: "keychain_locked" }, { keychain: "Credential Manager" }).title).toBe(
      "The Credential Manager is locked",
    );
  });
});

describe("failures on the way to a provider", () => {
  it("name_who_vouches_for_a_server_that_is_not_trusted", () => {
    const host = "login.example.com";
    const known = say({ code: "certificate_untrusted", host, issuer: "Acme Root" }, keyring);
    expect(known.body).toMatch(/^“Acme Root” vouches for login\.example\.com\./);
    const unknown = say({ code: "certificate_untrusted" }, keyring);
    expect(unknown.body).toMatch(/^An authority that it does not know vouches for the server\./);
  });

  it("say_which_way_the_clock_is_off", () => {
    expect(say({ code: "clock_wrong", clock_skew: 431 }, keyring).title).toBe("The clock is 7 minutes slow");
    expect(say({ code: "clock_wrong" }, keyring).title).toBe("The clock is not right");
  });

  it("about_another_account_name_both_and_the_connection", () => {
    const failure: Failure = { code: "wrong_account", name: "Support", expected: "a@x", found: "b@x" };
    expect(say(failure, keyring).body).toBe(
      "b@x signed in, but “Support” belongs to a@x. Nothing was changed.",
    );
    expect(say({ code: "wrong_account" }, keyring).body).toMatch(/^Somebody signed in/);
  });

  it("about_an_element_in_use_name_what_uses_it", () => {
    const said = say({ code: "element_in_use", name: "Support" }, keyring);
    expect(said.body).toBe("“Support” is connected by it. Remove that connection first.");
  });
});

describe("the report", () => {
  const failure: Failure = {
    code: "provider_rejected",
    product: "Zendesk",
    host: "acme.zendesk.com",
    detail: "a text of the provider",
    platform: { request_id: "r1", message: "another text", provider_message: "a third" },
    exchanges: [
      {
        method: "GET",
        host: "acme.zendesk.com",
        path: "/.well-known/x",
        took_ms: 12,
        error: "no answer in time",
      },
      {
        method: "POST",
        host: "acme.zendesk.com",
        path: "/oauth/tokens",
        status: 400,
        error: "invalid_grant",
        took_ms: 210,
      },
    ],
  };
  const text = report(failure, {
    version: "0.4.0",
    product: "not this",
    at: Date.UTC(2026, 10, 22, 6, 30),
    said: say(failure, keyring),
  });

  it("has_a_line_for_each_exchange", () => {
    expect(text.split("\n")).toEqual([
      "Keyrack 0.4.0",
      "Code: provider_rejected",
      "Product: Zendesk",
      "Time: 2026-11-22T06:30:00.000Z",
      "Whose move: Your administrator’s move",
      "Request number: r1",
      "GET acme.zendesk.com/.well-known/x → no answer in time (12 ms)",
      "POST acme.zendesk.com/oauth/tokens → 400 invalid_grant (210 ms)",
    ]);
  });

  it("holds_no_text_that_somebody_else_wrote", () => {
    expect(text).not.toMatch(/text|third/);
  });

  it("says_so_where_there_was_no_answer", () => {
    expect(exchangeLine({ method: "GET", host: "a", path: "/", took_ms: 1 })).toBe(
      "GET a/ → no answer (1 ms)",
    );
  });
});

describe("words about a connection", () => {
  const now = Date.UTC(2026, 10, 21, 12);
  const minutes = (count: number) => now + count * 60_000;
  const zendesk = {
    product: "Zendesk",
    created_at: 0,
    renewed_at: minutes(-7),
    expires_at: minutes(18),
    revocation: { way: "ends" },
  } as ConnectionView;

  it("that_is_tried_again_say_whether_it_works_meanwhile", () => {
    expect(retryingLine(zendesk, now)).toBe(
      "Keyrack keeps trying by itself. Meanwhile it works with the access from 7 minutes ago.",
    );
    expect(retryingLine({ ...zendesk, expires_at: minutes(-3) }, now)).toBe(
      "Keyrack keeps trying by itself. It stopped working 3 minutes ago.",
    );
  });

  it("that_is_to_be_removed_say_what_becomes_of_its_access", () => {
    expect(removalLine(zendesk)).toContain("ended at Zendesk");
    expect(removalLine({ ...zendesk, revocation: { way: "page", url: "https://x" } })).toContain(
      "opens with the link",
    );
    expect(removalLine({ ...zendesk, revocation: { way: "stays" } })).toContain("ends by itself at Zendesk");
  });

  it("that_was_tested_say_who_and_how_fast", () => {
    expect(testLine({ identity: "maria@acme.example", took_ms: 1182 })).toBe(
      "Works. maria@acme.example · 1,182 ms",
    );
    expect(testLine({ took_ms: 9 })).toBe("Works. 9 ms");
  });
});

describe("words about a certificate", () => {
  it.each([
    "private_key",
    "no_certificate",
    "too_large",
    "not_an_authority",
    "expired",
    "unusable",
    undefined,
  ])("that is refused because of %s say what to bring instead", (name) => {
    const failure: Failure = { code: "usage", ...(name ? { name } : {}) };
    const said = say(failure, keyring, certificateCopy(failure));
    expect(said.title).toMatch(/^\p{Lu}.*[^.]$/u);
    expect(said.body).toMatch(/\.$/);
    expect(said.button).toEqual({ label: "Choose another", does: "edit" });
  });

  it("leave_other_failures_to_their_code", () => {
    expect(certificateCopy({ code: "internal" })).toBeUndefined();
  });
});

describe("failures of a platform", () => {
  const place = { keychain: "keyring", platform: "Acme platform" };

  it("are_said_with_the_name_of_the_workspace", () => {
    const said = say({ code: "platform_uncertain", host: "api.example.com" }, place);
    expect(said.body).toMatch(/^It is not known whether Acme platform did this\./);
  });

  it("without_a_name_are_said_with_the_host_as_it_is_written", () => {
    const said = say({ code: "platform_unreachable", host: "api.example.com" }, keyring);
    expect(said.title).toBe("api.example.com can’t be reached");
  });

  it("never_take_the_host_of_the_platform_for_the_product", () => {
    const said = say({ code: "authorization_expired", host: "api.example.com" }, place);
    expect(said.body).toContain("from the product was");
  });

  it("say_how_long_to_wait_if_the_platform_does", () => {
    const busy = (retry_after?: number) =>
      say({ code: "platform_busy", platform: retry_after === undefined ? {} : { retry_after } }, place).body;
    expect(busy(30)).toContain("Try again in 30 seconds.");
    expect(busy()).toContain("Try again in a minute.");
  });

  it.each([
    [1, "1 second"],
    [89, "89 seconds"],
    [90, "2 minutes"],
    [121, "3 minutes"],
  ])("%s seconds are %s", (seconds, words) => {
    expect(waitFor(seconds)).toBe(words);
  });

  it("keep_what_the_platform_said_for_the_details", () => {
    const platform = {
      status: 400,
      message: "no",
      provider_message: "nope",
      request_id: "r1",
      retry_after: 3,
    };
    expect(platformDetails({ code: "platform_rejected", platform })).toEqual([
      { label: "The platform said", text: "no" },
      { label: "The product said", text: "nope" },
      { label: "Status", text: "400" },
      { label: "Request number", text: "r1" },
    ]);
    expect(platformDetails({ code: "platform_failed" })).toEqual([]);
  });

  it("about_secrets_that_were_withdrawn_lead_to_where_new_ones_are_entered", () => {
    const said = say({ code: "workspace_secrets" }, place);
    expect(said.title).toBe("The secrets of Acme platform no longer work");
    expect(said.button).toEqual({ label: "Replace secrets", does: "replace_secrets" });
  });

  it("about_secrets_that_were_never_accepted_have_sentences_of_their_own", () => {
    const said = say({ code: "workspace_secrets" }, place, SECRETS_REFUSED);
    expect(said.title).toBe("Acme platform does not accept these secrets");
    expect(said.button).toEqual({ label: "Edit", does: "edit" });
  });
});

describe("words about workspaces", () => {
  const hosted = {
    name: "Acme",
    label: "Acme",
    kind: "hosted" as const,
    base_url: "https://api.example.com/elements/api-v2",
    connections: 1,
  };

  it("count_accounts", () => {
    expect([0, 1, 2, 1200].map(accounts)).toEqual([
      "No accounts",
      "1 account",
      "2 accounts",
      "1,200 accounts",
    ]);
  });

  it("never_ask_to_sign_in_again_where_that_mends_nothing", () => {
    const gone = { disabled: false, status: "needs_sign_in", last_code: "instance_gone" } as ConnectionView;
    expect(badgeOf(gone)).toBe("Deleted there");
    expect(badgeOf({ ...gone, last_code: "workspace_secrets" })).toBe("Check secrets");
    expect(badgeOf({ ...gone, last_code: "sign_in_expired" })).toBe("Sign in again");
    expect(badgeOf({ ...gone, disabled: true })).toBe("Off");
  });

  it("say_where_a_secret_goes", () => {
    expect(secretHelp("keyring", hosted)).toBe("Kept in the keyring and at Acme.");
    expect(secretHelp("keyring", { ...hosted, kind: "local" })).toBe("Kept in the keyring only.");
  });

  it("never_leave_out_a_kind", () => {
    for (const kind of ["local", "practice", "hosted"] as const)
      expect(workspaceLine({ ...hosted, kind })).toMatch(/^\p{Lu}.*\.$/u);
  });
});

describe("words in the screens", () => {
  /** The developer section may say more, and code is not a sentence: only text between tags is read. */
  const files = ["screens", "parts"].flatMap((folder) =>
    readdirSync(new URL(`../${folder}/`, import.meta.url))
      .filter((name) => name.endsWith(".svelte"))
      .map((name) => ({ name, url: new URL(`../${folder}/${name}`, import.meta.url) })),
  );

  it.each(files)("$name keeps to plain words", ({ url }) => {
    const markup = readFileSync(url, "utf8")
      .replace(/<script[\s\S]*?<\/script>|<style[\s\S]*?<\/style>|<!--[\s\S]*?-->/g, "")
      .replace(/\{[^{}]*\}/g, "");
    const text = [...markup.matchAll(/>([^<>{}]+)</g)].map((match) => match[1]!.trim()).filter(Boolean);
    const allowed = new Set(["Scopes", "Token expires", "Instance", "Callback port"]);
    for (const words of text.filter((one) => !allowed.has(one))) {
      expect(words).not.toMatch(/\b(OAuth|tokens?|scopes?|grant|PKCE|callback|instance|please)\b/i);
    }
  });
});

describe("words under a field", () => {
  const field = {
    key: "a",
    label: "Secret",
    kind: "text",
    max_length: 63,
    problem: "Enter only the first part, such as acme for acme.zendesk.com.",
  } as FieldView;

  it("a_missing_value_is_asked_for_by_its_label", () => {
    expect(fieldProblem(field, "required", "Zendesk")).toBe("Enter the secret.");
  });

  it("names_keep_their_capitals_inside_a_sentence", () => {
    expect(inSentence("Zendesk address", "Zendesk")).toBe("Zendesk address");
    expect(inSentence("API key", "Zendesk")).toBe("API key");
  });

  it("a_malformed_value_gets_the_sentence_of_the_element", () => {
    expect(fieldProblem(field, "malformed", "Zendesk")).toBe(field.problem);
    expect(fieldProblem({ ...field, problem: "" }, "malformed", "Zendesk")).toBe("Check the secret.");
  });

  it("a_long_value_is_told_its_limit", () => {
    expect(fieldProblem(field, "too_long", "Zendesk")).toBe("Enter at most 63 characters.");
  });
});

describe("times", () => {
  const now = Date.UTC(2026, 10, 21, 12);
  const before = (seconds: number) => relativeTime(now - seconds * 1000, now);

  it("are_relative_up_to_a_day_and_then_a_date", () => {
    expect(before(3)).toBe("just now");
    expect(before(27)).toBe("20 seconds ago");
    expect(before(60)).toBe("1 minute ago");
    expect(before(3 * 60 + 59)).toBe("3 minutes ago");
    expect(before(23 * 3600)).toBe("23 hours ago");
    expect(before(9 * 86_400)).toBe("12 November 2026");
    expect(relativeTime(now + 18 * 60_000, now)).toBe("in 18 minutes");
  });

  it.each([
    [431, "7 minutes slow"],
    [-431, "7 minutes fast"],
    [61, "61 seconds slow"],
    [3600 * 5, "5 hours slow"],
    [-86_400 * 3, "3 days fast"],
  ])("a clock that others are %s seconds ahead of is %s", (skew, words) => {
    expect(offBy(skew)).toBe(words);
  });

  it("are_exact_in_the_title", () => {
    expect(exactTime(now)).toMatch(/21 November 2026.*\d\d:00:00/);
  });
});

describe("snippets", () => {
  const connection = { name: "Zendesk · support", host: "acme.zendesk.com" };
  const here = { name: "local", kind: "local" as const };
  const practice = { name: "practice", kind: "practice" as const };

  it("call_the_command_line_by_the_name_of_the_connection", () => {
    const all = snippets(connection, here, "oauth2");
    expect(all.map((one) => one.tab)).toEqual(["Shell", "curl", ".env"]);
    for (const { text } of all) expect(text).toContain('keyrack token "Zendesk · support"');
  });

  it("name_the_workspace_unless_it_is_this_computer", () => {
    for (const { text } of snippets(connection, practice, "oauth2"))
      expect(text).toContain('--workspace "practice"');
  });

  it("call_the_platform_where_it_keeps_the_sign_in", () => {
    const hosted = {
      name: "Acme",
      kind: "hosted" as const,
      base_url: "https://api.example.com/elements/api-v2",
    };
    for (const auth of ["oauth2", "oauth1", "basic"] as const) {
      const curl = snippets(connection, hosted, auth).find((one) => one.tab === "curl");
      expect(curl?.text).toContain("https://api.example.com/elements/api-v2/ping");
      expect(curl?.text).toContain('--workspace "Acme" --format header');
    }
  });

  it("do_not_offer_a_header_where_each_request_is_signed", () => {
    for (const { text } of snippets(connection, here, "oauth1")) expect(text).not.toContain("header");
  });

  it("quote_a_name_so_that_a_shell_leaves_it_alone", () => {
    expect(shellWord("Act! Essentials")).toBe("'Act! Essentials'");
    expect(shellWord("it's $HOME")).toBe(`'it'\\''s $HOME'`);
    expect(shellWord("it's")).toBe(`"it's"`);
  });
});
