import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { builtIn } from "../ipc/fake/catalogue";
import type {
  Code,
  ConnectionView,
  ElementView,
  Failure,
  FieldView,
  WayView,
  WorkspaceView,
} from "../ipc/types";
import { describeFailure, ERRORS, KEY_ENDED, platformDetails, SECRETS_REFUSED, WRONG_KEY } from "./errors";
import { fieldProblem, lowerLabel } from "./fields";
import { listSnippets, quoteWord } from "./snippets";
import { exactTime, clockWords, relativeTime, waitWords } from "./time";
import {
  countAccounts,
  badgeWord,
  keyEndWarning,
  noteLine,
  reachWord,
  removalLine,
  retryingLine,
  secretHelp,
  setupWord,
  testLine,
  wayWord,
  workspaceLine,
} from "./words";
import { certificateCopy } from "./certificates";
import { exchangeLine, formatReport } from "./report";

const codes = Object.keys(ERRORS) as Code[];

/** Words that staff never see. “Callback” is not among them: it names a setting and its failure. */
const NOT_SHOWN = /\b(OAuth|tokens?|scopes?|grant|PKCE|instance|401|please|successfully|oops|OK)\b|!/i;

const keyring = { keychain: "keyring" };

describe("sentences about failures", () => {
  it.each(codes)("%s says what happened in plain words", (code) => {
    for (const words of [
      describeFailure({ code }, { keychain: "keyring" }),
      describeFailure(
        { code, product: "Zendesk", port: 1 },
        { keychain: "Keychain", platform: "Acme platform" },
      ),
    ]) {
      const text = `${words.title} ${words.body} ${words.move} ${words.button.label}`;
      expect(text).not.toMatch(NOT_SHOWN);
      expect(text).not.toMatch(/[{}]|undefined|'/);
      expect(words.title).toMatch(/^\p{Lu}/u);
      expect(words.title).not.toMatch(/\.$/);
      expect(words.body).toMatch(/\.$/);
    }
  });

  it.each(codes)("%s has a button of one to three words", (code) => {
    const { label } = describeFailure({ code, free_port: 14748 }, keyring).button;
    expect(label.split(" ").length).toBeLessThanOrEqual(3);
  });

  it.each(codes)("%s says whose move it is", (code) => {
    const place = { keychain: "keyring", platform: "Acme platform" };
    expect(describeFailure({ code, product: "Zendesk" }, place).move).toMatch(
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
    const words = describeFailure({ code: "port_in_use", port: 14747, free_port: 14748 }, keyring);
    expect(words.body).toContain("14747");
    expect(words.button).toEqual({ label: "Use port 14748", does: "use_free_port" });
  });

  it("a_button_without_its_fact_is_replaced", () => {
    expect(describeFailure({ code: "port_in_use", port: 14747 }, keyring).button.does).toBe("settings");
  });

  it("the_keychain_has_the_name_of_the_system", () => {
    expect(describeFailure({ code: "keychain_locked" }, { keychain: "Credential Manager" }).title).toBe(
      "The Credential Manager is locked",
    );
  });
});

describe("failures on the way to a provider", () => {
  it("name_the_issuer_of_an_untrusted_certificate", () => {
    const host = "login.example.com";
    const known = describeFailure({ code: "certificate_untrusted", host, issuer: "Acme Root" }, keyring);
    expect(known.body).toMatch(/^“Acme Root” vouches for login\.example\.com\./);
    const unknown = describeFailure({ code: "certificate_untrusted" }, keyring);
    expect(unknown.body).toMatch(/^An authority that it does not know vouches for the server\./);
  });

  it.each([
    "name",
    "connection",
    "handshake",
    "certificate_date",
    "certificate_name",
    "certificate_other",
    "protocol",
    "lost",
    "timeout",
    "proxy",
    "proxy_variable",
  ] as const)("that break because of the %s have words of their own", (network) => {
    const host = "login.example.com";
    const codes = ["provider_unreachable", "platform_unreachable", "certificate_untrusted"] as const;
    const [words, ...same] = codes.map((code) =>
      describeFailure({ code, network, host, product: "Acme" }, keyring),
    );
    for (const other of same) expect(other).toEqual(words);
    const { title = "", body = "", move = "" } = words ?? {};
    expect(`${title} ${body} ${move}`).not.toMatch(NOT_SHOWN);
    expect(`${title} ${body}`).not.toMatch(/[{}]|undefined|'/);
    expect(title).not.toMatch(/\.$/);
    expect(body).toMatch(/\.$/);
    expect(codes.map((code) => describeFailure({ code, host }, keyring).body)).not.toContain(body);
  });

  it.each(["client", "key", "registration", "scope"] as const)(
    "that refuse the %s have words of their own",
    (refused) => {
      const words = describeFailure({ code: "provider_rejected", refused, product: "Acme" }, keyring);
      expect(`${words.title} ${words.body}`).not.toMatch(/[{}]|undefined|'|!/);
      expect(words.title).toMatch(/^Acme .*[^.]$/);
      expect(words.body).toMatch(/\.$/);
      expect(words.button.does).toBe("edit");
      expect(words.body).not.toBe(ERRORS.provider_rejected.body);
    },
  );

  it.each([KEY_ENDED, WRONG_KEY])("that end a key speak of no sign-in", (copy) => {
    const words = describeFailure({ code: "sign_in_expired", product: "Acme" }, keyring, copy);
    expect(`${words.title} ${words.body} ${words.button.label}`).not.toMatch(/sign|[{}]|'|!/i);
  });

  it("tell_in_which_direction_the_clock_is_wrong", () => {
    expect(describeFailure({ code: "clock_wrong", clock_skew: 431 }, keyring).title).toBe(
      "The clock is 7 minutes slow",
    );
    expect(describeFailure({ code: "clock_wrong" }, keyring).title).toBe("The clock is not right");
  });

  it("about_another_account_name_both_accounts", () => {
    const failure: Failure = { code: "wrong_account", name: "Support", expected: "a@x", found: "b@x" };
    expect(describeFailure(failure, keyring).body).toBe(
      "b@x signed in, but “Support” belongs to a@x. Nothing was changed.",
    );
    expect(describeFailure({ code: "wrong_account" }, keyring).body).toMatch(/^Somebody signed in/);
  });

  it("about_an_element_in_use_name_its_connection", () => {
    const words = describeFailure({ code: "element_in_use", name: "Support" }, keyring);
    expect(words.body).toBe("“Support” is connected by it. Remove that connection first.");
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
  const text = formatReport(failure, {
    version: "0.4.0",
    product: "not this",
    at: Date.UTC(2026, 10, 22, 6, 30),
    move: describeFailure(failure, keyring).move,
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

  it("holds_no_text_of_a_server", () => {
    expect(text).not.toMatch(/text|third/);
  });

  it("marks_requests_without_an_answer", () => {
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

  it("tell_whether_it_works_while_retrying", () => {
    expect(retryingLine(zendesk, now)).toBe(
      "Keyrack keeps trying by itself. Meanwhile it works with the access from 7 minutes ago.",
    );
    expect(retryingLine({ ...zendesk, expires_at: minutes(-3) }, now)).toBe(
      "Keyrack keeps trying by itself. It stopped working 3 minutes ago.",
    );
  });

  it("tell_what_a_removal_does_to_its_access", () => {
    expect(removalLine(zendesk)).toContain("ended at Zendesk");
    expect(removalLine({ ...zendesk, revocation: { way: "page", url: "https://x" } })).toContain(
      "opens with the link",
    );
    expect(removalLine({ ...zendesk, revocation: { way: "stays" } })).toContain("ends by itself at Zendesk");
  });

  it("tell_that_a_key_works_until_it_is_deleted_at_its_product", () => {
    for (const revocation of [{ way: "stays" }, { way: "page", url: "https://x" }] as const) {
      const line = removalLine({ ...zendesk, revocation }, true);
      expect(line).toContain("works until it is deleted at Zendesk");
      expect(line).not.toMatch(/sign-in/);
    }
  });

  it("tell_the_account_and_time_of_a_test", () => {
    expect(testLine({ identity: "maria@acme.example", took_ms: 1182 })).toBe(
      "Works. maria@acme.example · 1,182 ms",
    );
    expect(testLine({ took_ms: 9 })).toBe("Works. 9 ms");
    expect(testLine({})).toContain("Not tested.");
  });
});

describe("words about a certificate", () => {
  it.each([
    "private_key",
    "no_certificate",
    "too_large",
    "not_an_authority",
    "names_no_server",
    "expired",
    "unusable",
    undefined,
  ])("that is refused because of %s tell what to choose instead", (name) => {
    const failure: Failure = { code: "usage", ...(name ? { name } : {}) };
    const words = describeFailure(failure, keyring, certificateCopy(failure));
    expect(words.title).toMatch(/^\p{Lu}.*[^.]$/u);
    expect(words.body).toMatch(/\.$/);
    expect(words.button).toEqual({ label: "Choose another", does: "edit" });
  });

  it("leave_other_failures_to_their_code", () => {
    expect(certificateCopy({ code: "internal" })).toBeUndefined();
  });
});

describe("failures of a platform", () => {
  const place = { keychain: "keyring", platform: "Acme platform" };

  it("name_the_workspace", () => {
    const words = describeFailure({ code: "platform_uncertain", host: "api.example.com" }, place);
    expect(words.body).toMatch(/^It is not known whether Acme platform did this\./);
  });

  it("name_the_host_in_small_letters_without_a_workspace", () => {
    const words = describeFailure({ code: "platform_unreachable", host: "api.example.com" }, keyring);
    expect(words.title).toBe("api.example.com can’t be reached");
  });

  it("never_name_the_host_of_the_platform_as_the_product", () => {
    const words = describeFailure({ code: "authorization_expired", host: "api.example.com" }, place);
    expect(words.body).toContain("from the product was");
  });

  it("tell_how_long_to_wait", () => {
    const busy = (retry_after?: number) =>
      describeFailure(
        { code: "platform_busy", platform: retry_after === undefined ? {} : { retry_after } },
        place,
      ).body;
    expect(busy(30)).toContain("Try again in 30 seconds.");
    expect(busy()).toContain("Try again in a minute.");
  });

  it.each([
    [1, "1 second"],
    [89, "89 seconds"],
    [90, "2 minutes"],
    [121, "3 minutes"],
  ])("%s seconds are %s", (seconds, words) => {
    expect(waitWords(seconds)).toBe(words);
  });

  it("keep_the_texts_of_the_platform_for_the_details", () => {
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

  it("about_withdrawn_secrets_lead_to_their_form", () => {
    const words = describeFailure({ code: "workspace_secrets" }, place);
    expect(words.title).toBe("The secrets of Acme platform no longer work");
    expect(words.button).toEqual({ label: "Replace secrets", does: "replace_secrets" });
  });

  it("about_new_secrets_have_their_own_sentences", () => {
    const words = describeFailure({ code: "workspace_secrets" }, place, SECRETS_REFUSED);
    expect(words.title).toBe("Acme platform does not accept these secrets");
    expect(words.button).toEqual({ label: "Edit", does: "edit" });
  });
});

describe("words about ways to connect", () => {
  const github = builtIn("github");

  it("fit_the_end_of_a_row", () => {
    const word = (part: Partial<ElementView>, kind: WorkspaceView["kind"] = "local") =>
      reachWord({ ...github, ...part }, kind);
    expect(word({})).toBe("Paste a key");
    expect(word({ reach: "app" })).toBe("Needs an app");
    expect(word({ reach: "sign_in" })).toBe("Sign in");
    expect(word({ historical: true })).toBe("Practice only");
    expect(word({ historical: true, retired: true })).toBe("Closed");
    expect(word({ historical: true, retired: true }, "practice")).toBe("Paste a key");
  });

  it("have_a_label_only_where_the_usual_words_would_mislead", () => {
    const word = (part: Partial<WayView>) =>
      wayWord({ key: "w", auth: "api_key", reach: "key", ...part } as WayView);
    expect(word({})).toBe("Paste a key");
    expect(word({ auth: "basic" })).toBe("User name and password");
    expect(word({ auth: "session" })).toBe("User name and password");
    expect(word({ auth: "oauth2", reach: "app" })).toBe("Sign in with an app of yours");
    expect(word({ auth: "oauth2", reach: "sign_in" })).toBe("Sign in in the browser");
    expect(word({ auth: "oauth2", reach: "key" })).toBe("Client ID and secret");
    expect(word({ label: "Mail server (SMTP)" })).toBe("Mail server (SMTP)");
  });

  it("name_the_page_by_what_is_made_there", () => {
    expect(setupWord(github)).toBe("Open the page where the key is made");
    expect(setupWord({ reach: "app" })).toBe("Open the page where the app is registered");
  });

  it("tell_what_to_know_about_a_product_first", () => {
    expect(noteLine(github)).toBeUndefined();
    expect(noteLine({ ...github, note: "Read this." })).toBe("Read this.");
    expect(noteLine({ ...github, retired: true })).toMatch(/^GitHub was closed\./);
    expect(noteLine({ ...github, historical: true })).toMatch(/^GitHub works in practice/);
  });

  it("ask_for_a_new_key_where_nobody_signs_in", () => {
    const row = { disabled: false, status: "needs_sign_in" } as ConnectionView;
    expect(badgeWord(row)).toBe("Sign in again");
    expect(badgeWord(row, true)).toBe("Replace key");
  });

  it("warn_of_the_end_of_a_key", () => {
    const row = { disabled: false, status: "ok", product: "Acme", expires_at: Date.UTC(2026, 10, 30, 12) };
    const ending = (part: Partial<ConnectionView>) => ({ ...row, ...part }) as ConnectionView;
    expect(keyEndWarning(ending({}))).toBeNull();
    expect(badgeWord(ending({ key_end: "week" }), true)).toBe("Key ends soon");
    expect(badgeWord(ending({ key_end: "over" }), true)).toBe("Key ended");
    expect(badgeWord(ending({ key_end: "over", status: "needs_sign_in" }), true)).toBe("Replace key");
    expect(keyEndWarning(ending({ key_end: "day" }))?.title).toBe("The key ends on 30 November 2026");
    expect(keyEndWarning(ending({ key_end: "over" }))?.title).toBe("The key ended on 30 November 2026");
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
    expect([0, 1, 2, 1200].map(countAccounts)).toEqual([
      "No accounts",
      "1 account",
      "2 accounts",
      "1,200 accounts",
    ]);
  });

  it("ask_to_sign_in_again_only_where_it_helps", () => {
    const gone = { disabled: false, status: "needs_sign_in", last_code: "instance_gone" } as ConnectionView;
    expect(badgeWord(gone)).toBe("Deleted there");
    expect(badgeWord({ ...gone, last_code: "workspace_secrets" })).toBe("Check secrets");
    expect(badgeWord({ ...gone, last_code: "sign_in_expired" })).toBe("Sign in again");
    expect(badgeWord({ ...gone, disabled: true })).toBe("Off");
  });

  it("tell_where_a_secret_is_stored", () => {
    expect(secretHelp("keyring", hosted)).toBe("Kept in the keyring and at Acme.");
    expect(secretHelp("keyring", { ...hosted, kind: "local" })).toBe("Kept in the keyring only.");
  });

  it("explain_every_kind", () => {
    for (const kind of ["local", "practice", "hosted"] as const)
      expect(workspaceLine({ ...hosted, kind })).toMatch(/^\p{Lu}.*\.$/u);
  });
});

describe("words in the screens", () => {
  /** Reads the text between tags only: code is no sentence. */
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

  it("a_missing_value_is_named_by_its_label", () => {
    expect(fieldProblem(field, "required", "Zendesk")).toBe("Enter the secret.");
  });

  it("names_keep_their_capitals_inside_a_sentence", () => {
    expect(lowerLabel("Zendesk address", "Zendesk")).toBe("Zendesk address");
    expect(lowerLabel("API key", "Zendesk")).toBe("API key");
  });

  it("a_malformed_value_gets_the_sentence_of_the_element", () => {
    expect(fieldProblem(field, "malformed", "Zendesk")).toBe(field.problem);
    expect(fieldProblem({ ...field, problem: "" }, "malformed", "Zendesk")).toBe("Check the secret.");
  });

  it("a_long_value_gets_its_limit", () => {
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
    expect(clockWords(skew)).toBe(words);
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
    const all = listSnippets(connection, here, "oauth2");
    expect(all.map(({ tab }) => tab)).toEqual(["Shell", "curl", ".env"]);
    for (const { text } of all) expect(text).toContain('keyrack token "Zendesk · support"');
  });

  it("name_the_workspace_unless_it_is_this_computer", () => {
    for (const { text } of listSnippets(connection, practice, "oauth2"))
      expect(text).toContain('--workspace "practice"');
  });

  it("call_the_platform_where_it_keeps_the_sign_in", () => {
    const hosted = {
      name: "Acme",
      kind: "hosted" as const,
      base_url: "https://api.example.com/elements/api-v2",
    };
    for (const auth of ["oauth2", "oauth1", "basic"] as const) {
      const curl = listSnippets(connection, hosted, auth).find(({ tab }) => tab === "curl");
      expect(curl?.text).toContain("https://api.example.com/elements/api-v2/ping");
      expect(curl?.text).toContain('--workspace "Acme" --format header');
    }
  });

  it("offer_no_header_for_oauth1", () => {
    for (const { text } of listSnippets(connection, here, "oauth1")) expect(text).not.toContain("header");
  });

  it("call_only_commands_that_exist", () => {
    const rust = readFileSync(new URL("../../../src-tauri/src/cli/mod.rs", import.meta.url), "utf8");
    const commands = /enum Command \{(.*?)\n\}/s.exec(rust)?.[1] ?? "";
    const known = [...commands.matchAll(/^ {4}(\w+)/gm)].map((match) => match[1]?.toLowerCase());
    for (const auth of ["oauth2", "oauth1", "basic", "api_key", "custom"] as const) {
      const text = listSnippets(connection, here, auth).map((snippet) => snippet.text);
      const called = [...text.join("\n").matchAll(/keyrack (\w+)/g)].map((match) => match[1]);
      expect(called).toContain("token");
      for (const name of called) expect(known).toContain(name);
    }
  });

  it("quote_names_for_a_shell", () => {
    expect(quoteWord("Act! Essentials")).toBe("'Act! Essentials'");
    expect(quoteWord("it's $HOME")).toBe(`'it'\\''s $HOME'`);
    expect(quoteWord("it's")).toBe(`"it's"`);
  });
});
