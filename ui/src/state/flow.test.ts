import { beforeEach, describe, expect, it, vi } from "vitest";
import { createFake } from "../ipc/fake/fake";
import { ACME, accounts, hostedConnections } from "../ipc/fake/platform";
import { connections, keyConnections, manyConnections } from "../ipc/fake/rows";
import { emptyState } from "../ipc/fake/world";
import type { ConnectRequest, State } from "../ipc/types";
import { App } from "./app.svelte";
import { canWaitLonger } from "./attempts";
import { providerFields } from "./form";
import { groupConnections, findNeighbour, attentionCode } from "./groups";
import { Router } from "./router.svelte";
import { Store } from "./store.svelte";

const zendesk: ConnectRequest = {
  element: "zendesk",
  name: "",
  tags: [],
  values: { "zendesk.subdomain": "acme" },
};

function withConnections(count = 4): State {
  return { ...emptyState(), connections: connections(0).slice(0, count) };
}

beforeEach(() => {
  vi.useFakeTimers();
  return () => vi.useRealTimers();
});

/** Advances the fake clock. */
const pass = (ms = 0) => vi.advanceTimersByTimeAsync(ms);

describe("the store", () => {
  it("asks_once_more_for_many_changes_at_once", async () => {
    const fake = createFake(emptyState());
    const asked = vi.spyOn(fake, "state");
    const store = new Store(fake);
    await store.start();
    expect(asked).toHaveBeenCalledTimes(1);
    for (let n = 0; n < 50; n += 1) void store.refresh();
    await pass();
    expect(asked).toHaveBeenCalledTimes(3);
  });

  it("misses_no_change_while_it_asks", async () => {
    const fake = createFake(emptyState());
    const store = new Store(fake);
    await store.start();
    void fake.setAppearance("dark");
    void fake.setAppearance("light");
    await pass();
    expect(store.state?.settings.appearance).toBe("light");
  });

  it("keeps_the_failure_of_the_first_answer", async () => {
    const fake = createFake(emptyState());
    fake.state = () => Promise.reject({ code: "index_newer" });
    const store = new Store(fake);
    await store.start();
    expect(store.failure).toEqual({ code: "index_newer" });
    expect(store.state).toBeNull();
  });

  it("does_not_wait_for_a_slow_catalogue", async () => {
    const fake = createFake(hosted());
    fake.world.refuse("elements", "never");
    const store = new Store(fake);
    await store.start();
    expect(store.state?.connections).toHaveLength(4);
    expect(store.elements).toBeNull();
    await fake.setAppearance("dark");
    await pass();
    expect(store.state?.settings.appearance).toBe("dark");
  });

  it("keeps_the_failure_of_the_catalogue_apart", async () => {
    const fake = createFake(hosted());
    fake.world.refuseOnce("elements", { code: "platform_unreachable" });
    const store = new Store(fake);
    await store.start();
    await pass();
    expect(store.failure).toBeNull();
    expect(store.elementsFailure).toEqual({ code: "platform_unreachable" });
    await store.loadElements();
    expect(store.elementsFailure).toBeNull();
    expect(store.elements).toHaveLength(200);
  });

  it("drops_a_catalogue_of_the_workspace_before", async () => {
    const state = { ...hosted(), workspace: emptyState().workspace };
    const fake = createFake(state);
    const store = new Store(fake);
    let arrive = () => {};
    const slow = new Promise<void>((resolve) => (arrive = resolve));
    const elements = fake.elements.bind(fake);
    fake.elements = async () => {
      const answer = await elements();
      await slow;
      return answer;
    };
    await store.start();
    fake.elements = elements;
    await fake.useWorkspace(ACME.name);
    await pass();
    arrive();
    await pass();
    expect(store.elements).toHaveLength(200);
  });

  it("reads_the_form_of_a_platform_element_on_demand", async () => {
    const fake = createFake(hosted());
    const store = new Store(fake);
    await store.start();
    await pass();
    expect(store.element("cedarcrm")).toBeUndefined();
    await store.describe("cedarcrm");
    expect(store.element("cedarcrm")?.fields[0]?.key).toBe("oauth.api.key");
  });

  it("reads_each_form_in_the_workspace_in_use", async () => {
    const fake = createFake(emptyState());
    const store = new Store(fake);
    await store.start();
    await pass();
    expect(store.listed("zendesk")?.fields).toEqual([]);
    const first = async () => {
      await store.describe("zendesk");
      return store.element("zendesk")?.fields[0]?.value;
    };
    expect(await first()).toBe("");
    await fake.useWorkspace("practice");
    await pass();
    expect(store.element("zendesk")).toBeUndefined();
    expect(await first()).toBe("acme");
  });

  it("keeps_the_forms_of_two_ways_apart", async () => {
    const fake = createFake(emptyState());
    const store = new Store(fake);
    await store.start();
    await store.describe("github");
    await store.describe("github", "own-app");
    expect(store.element("github")).toMatchObject({ way: "key", reach: "key", auth: "api_key" });
    expect(store.element("github", "own-app")).toMatchObject({
      way: "own-app",
      reach: "app",
      ways: [{ key: "key", auth: "api_key", reach: "key" }],
    });
    await expect(store.describe("github", "carrier-pigeon")).rejects.toMatchObject({ code: "form_invalid" });
  });
});

async function opened(finish: number | null, state = emptyState()) {
  const fake = createFake(state, finish);
  const app = new App(fake);
  await app.store.start();
  await pass();
  return { fake, app };
}

function hosted(): State {
  const state = emptyState();
  return {
    ...state,
    workspace: ACME,
    workspaces: [...state.workspaces, ACME],
    connections: hostedConnections(0),
  };
}

describe("a sign-in", () => {
  it("leads_to_its_row_if_it_is_watched", async () => {
    const { fake, app } = await opened(1000);
    await app.router.go({ screen: "connect", element: "zendesk" });
    const attempt = await fake.connect(zendesk);
    app.watch(attempt.id);
    await pass(2000);
    expect(app.router.route).toEqual({ screen: "connections", focus: attempt.id });
    expect(app.announcer.text).toContain("Zendesk is connected.");
    expect(app.store.state?.attempts).toEqual([]);
    expect(app.store.state?.connections[0]?.name).toBe("Zendesk");
  });

  it("changes_no_screen_if_it_is_not_watched", async () => {
    const { fake, app } = await opened(1000);
    await app.router.go({ screen: "settings" });
    await fake.connect(zendesk);
    await pass(2000);
    expect(app.router.route.screen).toBe("settings");
    expect(app.announcer.text).toContain("Zendesk is connected.");
  });

  it("ignores_the_browser_once_it_is_cancelled", async () => {
    const { fake, app } = await opened(1000);
    const attempt = await fake.connect(zendesk);
    await fake.cancel(attempt.id);
    await pass(5000);
    expect(app.store.state?.connections).toEqual([]);
    expect(app.store.state?.attempts).toEqual([]);
  });

  it("connects_by_paste_back", async () => {
    const { fake, app } = await opened(null);
    const attempt = await fake.connect(zendesk);
    await expect(fake.pasteBack(attempt.id, "https://acme.example/")).rejects.toEqual({
      code: "callback_invalid",
    });
    await fake.pasteBack(attempt.id, "https://acme.example/?code=1&state=2");
    await pass(1000);
    expect(app.store.state?.connections).toHaveLength(1);
  });

  it("refuses_a_taken_name_before_the_browser_opens", async () => {
    const { fake, app } = await opened(1000, withConnections());
    await expect(fake.connect({ ...zendesk, name: "desk.com" })).rejects.toMatchObject({
      code: "name_taken",
    });
    expect(app.store.state?.attempts).toEqual([]);
  });

  it("keeps_typed_values_until_it_is_connected", async () => {
    const { fake, app } = await opened(1000);
    const element = await fake.element("zendesk");
    const draftNow = () => app.drafts.open({ workspace: "local", element: "zendesk" }, element.fields);
    const draft = draftNow();
    expect(draft.typed).toBe(false);
    draft.values["zendesk.subdomain"] = "acme";
    const attempt = await fake.connect(zendesk);
    await fake.cancel(attempt.id);
    await pass();
    expect(draftNow().values["zendesk.subdomain"]).toBe("acme");
    await fake.connect(zendesk);
    await pass(2000);
    expect(draftNow().typed).toBe(false);
  });
});

describe("signing in again", () => {
  const again: ConnectRequest = {
    element: "elmbooks",
    name: "Billing",
    tags: [],
    values: {},
    again: "h3",
  };

  it("changes_only_the_status_of_its_row", async () => {
    const { fake, app } = await opened(1000, hosted());
    const attempt = await fake.connect(again);
    expect(attempt).toMatchObject({ again: true, name: "Billing" });
    app.watch(attempt.id);
    await pass(2000);
    expect(app.store.state?.connections).toHaveLength(4);
    expect(app.store.state?.connections.find(({ id }) => id === "h3")?.status).toBe("ok");
    expect(app.announcer.text).toContain("Signed in again to Billing.");
    expect(app.router.route).toEqual({ screen: "connections", focus: "h3" });
  });

  it("leads_to_its_row_if_it_ended_before_it_was_watched", async () => {
    const { fake, app } = await opened(0, hosted());
    const attempt = await fake.connect(again);
    await app.router.go({ screen: "connection", id: "h3" });
    await pass(2000);
    expect(app.router.route.screen).toBe("connection");
    app.watch(attempt.id);
    await pass();
    expect(app.router.route).toEqual({ screen: "connections", focus: "h3" });
  });

  it("has_a_draft_of_its_own", async () => {
    const { app } = await opened(null, hosted());
    await app.store.describe("elmbooks");
    const { fields } = app.store.element("elmbooks")!;
    const purpose = { workspace: ACME.name, element: "elmbooks" };
    app.drafts.open(purpose, fields).values["oauth.api.key"] = "new";
    expect(app.drafts.open({ ...purpose, again: "h3" }, fields).typed).toBe(false);
    expect(app.drafts.open(purpose, fields).typed).toBe(true);
  });
});

describe("another account that signs in", () => {
  const again: ConnectRequest = { element: "zendesk", name: "", tags: [], values: {}, again: "c1" };

  async function wrong() {
    const { fake, app } = await opened(1000, withConnections());
    fake.world.otherAccount = "jo@acme.example";
    const attempt = await fake.connect(again);
    app.watch(attempt.id);
    await pass(2000);
    return { fake, app, id: attempt.id };
  }
  const row = (app: App, id: string) =>
    app.store.state?.connections.find((connection) => connection.id === id);

  it("changes_nothing_and_is_announced", async () => {
    const { app } = await wrong();
    expect(row(app, "c1")?.identity).toBe("maria@acme.example");
    expect(app.store.state?.attempts[0]).toMatchObject({
      stage: "unsaved",
      failure: { code: "wrong_account", found: "jo@acme.example", expected: "maria@acme.example" },
    });
    expect(app.announcer.text).toContain("jo@acme.example signed in, but “Zendesk · support” belongs to");
  });

  it("replaces_the_account_on_request", async () => {
    const { fake, app, id } = await wrong();
    await fake.takeAccount(id);
    await pass();
    expect(row(app, "c1")?.identity).toBe("jo@acme.example");
    expect(app.announcer.text).toContain("Signed in again to Zendesk · support.");
    expect(app.router.route).toEqual({ screen: "connections", focus: "c1" });
  });

  it("becomes_a_new_connection_on_request", async () => {
    const { fake, app, id } = await wrong();
    await fake.saveAsNew(id);
    await pass();
    expect(row(app, "c1")?.identity).toBe("maria@acme.example");
    expect(row(app, id)?.identity).toBe("jo@acme.example");
    expect(app.announcer.text).toContain("Zendesk · support 2 is connected.");
  });

  it("is_dropped_by_a_new_sign_in", async () => {
    const { fake, app, id } = await wrong();
    fake.world.otherAccount = null;
    await fake.cancel(id);
    await app.signInAgain(row(app, "c1")!);
    expect(app.router.route).toMatchObject({ screen: "connect", again: "c1" });
    await pass(2000);
    expect(row(app, "c1")?.identity).toBe("maria@acme.example");
    expect(app.store.state?.attempts).toEqual([]);
  });
});

describe("a generic form", () => {
  const request = (values: Record<string, string>): ConnectRequest => ({
    element: "oauth2",
    name: "",
    tags: [],
    values,
  });

  it("asks_for_the_provider_before_the_client", async () => {
    const { fake } = await opened(null);
    const keys = providerFields((await fake.element("oauth2")).fields).map((field) => field.key);
    expect(keys).toContain("issuer");
    expect(keys.filter((key) => /key|secret|callback/.test(key))).toEqual([]);
  });

  it("makes_a_custom_element", async () => {
    const { fake, app } = await opened(null);
    const made = await fake.describe(request({ issuer: "https://accounts.acme.example" }));
    expect(made).toMatchObject({ key: "accounts-acme-example", own: true, generic: false });
    app.store.add(made);
    expect(app.store.listed(made.key)?.own).toBe(true);
    await app.store.describe(made.key);
    expect(app.store.element(made.key)?.fields[0]?.required).toBe(true);
    await app.store.loadElements();
    expect(app.store.elements?.filter(({ key }) => key === made.key)).toHaveLength(1);
  });

  it("refuses_a_provider_that_publishes_nothing", async () => {
    const { fake } = await opened(null);
    await expect(fake.describe(request({ issuer: "https://www.acme.example" }))).rejects.toMatchObject({
      code: "issuer_unknown",
      host: "www.acme.example",
    });
    await expect(fake.describe(request({}))).rejects.toMatchObject({ code: "form_invalid" });
  });

  it("makes_an_element_that_cannot_be_deleted_while_in_use", async () => {
    const { fake, app } = await opened(1000);
    const { key } = await fake.describe(request({ issuer: "https://accounts.acme.example" }));
    await fake.connect({ element: key, name: "", tags: [], values: {} });
    await pass(2000);
    await expect(fake.removeElement(key)).rejects.toEqual({
      code: "element_in_use",
      name: "accounts.acme.example",
    });
    await fake.remove(app.store.state!.connections[0]!.id, false);
    await fake.removeElement(key);
    await app.store.loadElements();
    expect(app.store.listed(key)).toBeUndefined();
  });
});

describe("a retired element", () => {
  it("can_only_be_practised_on_this_computer", async () => {
    const { fake, app } = await opened(1000);
    const desk = { ...zendesk, element: "desk" };
    await expect(fake.connect(desk)).rejects.toMatchObject({ code: "element_retired" });
    await app.practise("desk");
    expect(app.router.route).toEqual({ screen: "connect", element: "desk" });
    expect(app.router.previous).toEqual({ screen: "add" });
    await fake.connect(desk);
    await pass(2000);
    expect(app.store.state?.connections).toHaveLength(1);
  });
});

describe("a product that connects with a key", () => {
  const stripe: ConnectRequest = { element: "stripe", name: "", tags: [], values: { "api.key": "rk_1" } };

  it("has_one_field_and_needs_no_browser", async () => {
    const { fake } = await opened(0);
    const element = await fake.element("stripe");
    expect(element.fields.map(({ key, secret }) => [key, secret])).toEqual([
      ["api.key", true],
      ["keyrack.ends", false],
    ]);
    expect(element).toMatchObject({ reach: "key", setup_page: "https://dashboard.stripe.com/apikeys" });
    expect(await fake.connect(stripe)).toMatchObject({ stage: "finishing", link: "" });
  });

  it("accepts_the_key_and_says_so", async () => {
    const { fake, app } = await opened(0);
    app.watch((await fake.connect(stripe)).id);
    await pass(1000);
    expect(app.announcer.text).toContain("Stripe accepted the key. Stripe is connected.");
    const [row] = app.store.state!.connections;
    expect(app.isByKey(row!)).toBe(true);
    await fake.connect({ ...stripe, again: row!.id });
    await pass(1000);
    expect(app.announcer.text).toContain("The key of Stripe is replaced.");
  });

  it("refuses_a_wrong_key", async () => {
    const { fake, app } = await opened(0);
    await fake.connect({ ...stripe, values: { "api.key": "refused_1" } });
    await pass(1000);
    expect(app.store.state?.attempts[0]).toMatchObject({
      stage: "failed",
      failure: { code: "provider_rejected", refused: "key" },
    });
    expect(app.announcer.text).toContain("Stripe does not accept what was entered.");
  });

  it("connects_by_the_way_that_was_chosen", async () => {
    const { fake, app } = await opened(0);
    const github = { ...stripe, element: "github", values: { "keyrack.way": "own-app" } };
    const attempt = await fake.connect(github);
    expect(attempt.stage).toBe("waiting");
    await pass(1000);
    const [row] = app.store.state!.connections;
    expect(row?.way).toBe("own-app");
    expect(app.isByKey(row!)).toBe(false);
    expect((await fake.connect({ ...github, values: {}, again: row!.id })).stage).toBe("waiting");
  });

  it("keeps_what_was_typed_for_each_way", async () => {
    const { fake, app } = await opened(null);
    const purpose = { workspace: "local", element: "github" };
    const [key, own] = [await fake.element("github"), await fake.element("github", "own-app")];
    app.drafts.open(purpose, key.fields).values["api.key"] = "abc";
    const draft = app.drafts.open(purpose, own.fields, "own-app");
    expect(draft.values).not.toHaveProperty("api.key");
    expect(app.drafts.lastWay(purpose)).toBe("own-app");
    expect(app.drafts.open(purpose, key.fields).values["api.key"]).toBe("abc");
    app.drafts.drop(purpose);
    expect(app.drafts.open(purpose, key.fields).typed).toBe(false);
  });

  it("has_a_page_to_open_only_if_its_file_names_one", async () => {
    const { fake } = await opened(null);
    await expect(fake.openSetupPage("github", "own-app")).resolves.toBeUndefined();
    await expect(fake.openSetupPage("zendesk")).rejects.toMatchObject({ code: "usage" });
  });
});

describe("a historical element", () => {
  it("can_only_be_practised_on_this_computer", async () => {
    const { fake, app } = await opened(1000);
    const bank = { ...zendesk, element: "acimodelbank", values: {} };
    await expect(fake.connect(bank)).rejects.toMatchObject({ code: "element_historical" });
    await app.practise("acimodelbank");
    await fake.connect(bank);
    await pass(2000);
    expect(app.store.state?.connections).toHaveLength(1);
  });
});

describe("a sign-in with a code", () => {
  it("is_announced_letter_by_letter", async () => {
    const { fake, app } = await opened(null);
    const values = { ...zendesk.values, "oauth.grant": "device_code" };
    const attempt = await fake.connect({ ...zendesk, values });
    app.announceWaiting(attempt);
    expect(attempt).toMatchObject({ user_code: "WDJB-MJHT", callback: "", paste_only: false });
    expect(app.announcer.text).toContain("W D J B - M J H T at acme.zendesk.com");
  });

  it("cannot_outlive_its_code", async () => {
    const { fake } = await opened(null);
    const values = { ...zendesk.values, "oauth.grant": "device_code" };
    expect(canWaitLonger(await fake.connect({ ...zendesk, values }))).toBe(false);
    expect(canWaitLonger(await fake.connect({ ...zendesk, name: "Other" }))).toBe(true);
  });
});

describe("the way to the settings", () => {
  it("keeps_typed_values", async () => {
    const { app } = await opened(null);
    await app.router.go({ screen: "connect", element: "zendesk" });
    app.router.leaving = () => Promise.resolve(false);
    await app.openSettings("certificates");
    expect(app.router.route).toEqual({ screen: "settings", part: "certificates" });
    await app.goBack();
    expect(app.router.route).toEqual({ screen: "connect", element: "zendesk" });
  });
});

describe("a workspace", () => {
  const request = {
    name: "Acme",
    base_url: ACME.base_url!,
    user_secret: "a",
    organization_secret: "b",
  };

  it("is_not_in_use_when_it_is_added", async () => {
    const { fake, app } = await opened(null);
    const added = await fake.addWorkspace(request);
    await pass();
    expect(app.store.state?.workspace.kind).toBe("local");
    await fake.useWorkspace(added.name);
    await pass();
    expect(app.store.state?.workspace).toMatchObject({ kind: "hosted", label: "Acme" });
  });

  it("keeps_its_connections_while_another_is_in_use", async () => {
    const { fake, app } = await opened(null, hosted());
    await fake.useWorkspace("local");
    await pass();
    expect(app.store.state?.connections).toEqual([]);
    expect(app.store.state?.workspaces.find(({ name }) => name === ACME.name)?.connections).toBe(4);
    await fake.useWorkspace(ACME.name);
    await pass();
    expect(app.store.state?.connections).toHaveLength(4);
  });

  it("makes_way_for_this_computer_when_it_is_removed", async () => {
    const { fake, app } = await opened(null, hosted());
    await fake.removeWorkspace(ACME.name);
    await pass();
    expect(app.store.state?.workspace.kind).toBe("local");
    expect(app.store.state?.workspaces).toHaveLength(2);
  });

  it("requires_both_new_secrets", async () => {
    const { fake } = await opened(null, hosted());
    await expect(fake.replaceSecrets(ACME.name, "a", " ")).rejects.toEqual({
      code: "form_invalid",
      fields: [{ key: "organization_secret", problem: "required" }],
    });
    await expect(fake.replaceSecrets("local", "a", "b")).rejects.toMatchObject({ code: "workspace_unknown" });
  });

  it("needs_no_attention_after_new_secrets", async () => {
    const state = hosted();
    const connections = state.connections.map((row) => ({
      ...row,
      status: "needs_settings" as const,
      last_code: "workspace_secrets" as const,
    }));
    const { fake, app } = await opened(null, { ...state, connections });
    expect(groupConnections(app.store.state!, "").attention).toHaveLength(3);
    await fake.replaceSecrets(ACME.name, "a", "b");
    await pass();
    expect(groupConnections(app.store.state!, "").attention).toEqual([]);
  });

  it("replaces_the_secrets_of_the_workspace_in_use", async () => {
    const { app } = await opened(null, hosted());
    await app.router.go({ screen: "import" });
    await app.replaceSecrets();
    expect(app.router.route).toEqual({ screen: "replace-secrets", workspace: ACME.name });
    await app.goBack();
    expect(app.router.route).toEqual({ screen: "import" });
  });

  it("is_focused_in_the_settings_after_its_secrets", async () => {
    const { app } = await opened(null, hosted());
    await app.router.go({ screen: "settings" });
    await app.replaceSecrets();
    await app.goBack();
    expect(app.router.route).toEqual({ screen: "settings", focus: ACME.name });
    await app.goBack();
    expect(app.router.route.screen).toBe("connections");
  });

  it("is_named_in_failures_instead_of_its_host", async () => {
    const { app } = await opened(null, hosted());
    const failure = { code: "platform_unreachable" as const, host: "api.cloud-elements.com" };
    expect(app.describeFailure(failure).title).toBe("Acme platform can’t be reached");
  });
});

describe("an import", () => {
  it("adds_the_accounts_that_do_not_fail", async () => {
    const { fake, app } = await opened(null, hosted());
    fake.world.accounts = accounts();
    fake.world.importFailures.set("431502", { code: "platform_rejected" });
    const { added, failed } = await fake.importInstances(["431177", "431502", "432090"]);
    await pass();
    expect(added.map(({ instance }) => instance)).toEqual(["431177", "432090"]);
    expect(failed).toEqual([{ instance: "431502", failure: { code: "platform_rejected" } }]);
    expect(app.store.state?.connections).toHaveLength(6);
    const known = (await fake.instances()).filter(({ connection }) => connection !== undefined);
    expect(known).toHaveLength(4);
  });
});

describe("the list", () => {
  it("needs_no_attention_for_a_switched_off_connection", () => {
    const connections = hostedConnections(0).map((row) => ({ ...row, disabled: row.id === "h3" }));
    const groups = groupConnections({ ...hosted(), connections }, "");
    expect(groups.attention).toEqual([]);
    expect(groups.connected.map(({ id }) => id)).toContain("h3");
  });

  it("knows_why_a_connection_needs_attention", () => {
    const [row] = connections(0);
    const why = (part: object) => attentionCode({ ...row!, ...part });
    expect(why({})).toBeNull();
    expect(why({ status: "retrying", last_code: "provider_unreachable" })).toBeNull();
    expect(why({ status: "needs_sign_in", last_code: "wrong_account" })).toBe("sign_in_expired");
    expect(why({ status: "needs_sign_in", last_code: "instance_gone" })).toBe("instance_gone");
    expect(why({ status: "needs_settings", last_code: "provider_rejected" })).toBe("provider_rejected");
    expect(why({ status: "needs_settings" })).toBe("needs_settings");
  });

  it("shows_first_what_needs_attention", () => {
    const groups = groupConnections(withConnections(), "");
    expect(groups.attention.map(({ id }) => id)).toEqual(["c3"]);
    expect(groups.connected.map(({ id }) => id)).toEqual(["c1", "c2", "c4"]);
  });

  it("shows_a_key_that_ends_soon_with_what_needs_attention", () => {
    const state = { ...hosted(), connections: keyConnections(0) };
    expect(groupConnections(state, "").attention.map(({ id }) => id)).toEqual(["k2", "k4", "k5"]);
    const off = state.connections.map((row) => ({ ...row, disabled: row.id === "k4" }));
    const groups = groupConnections({ ...state, connections: off }, "");
    expect(groups.attention.map(({ id }) => id)).toEqual(["k2", "k5"]);
    expect(groups.connected.map(({ id }) => id)).toContain("k4");
  });

  it("is_filtered_by_name_product_identity_and_tag", () => {
    const ids = (filter: string) => {
      const { attention, connected } = groupConnections(withConnections(), filter);
      return [...attention, ...connected].map(({ id }) => id);
    };
    expect(ids("SUPPORT")).toEqual(["c1"]);
    expect(ids("acme ops")).toEqual(["c3"]);
    expect(ids("north")).toEqual(["c4"]);
    expect(ids("nothing")).toEqual([]);
  });

  it("focuses_the_next_row_after_a_removal", () => {
    const state = withConnections();
    expect(findNeighbour(state, "c1")).toBe("c2");
    expect(findNeighbour(state, "c4")).toBe("c2");
    expect(findNeighbour(withConnections(1), "c1")).toBeUndefined();
  });

  it("groups_a_thousand_rows_quickly", () => {
    const state = { ...emptyState(), connections: manyConnections(0, 1000) };
    const from = performance.now();
    expect(groupConnections(state, "zendesk 99").connected.length).toBeGreaterThan(0);
    // Ten frames, which a user would notice while typing.
    expect(performance.now() - from).toBeLessThan(160);
  });
});

describe("the way back", () => {
  it("leads_to_the_screen_before", async () => {
    const router = new Router();
    await router.go({ screen: "add" });
    await router.go({ screen: "connect", element: "zendesk" });
    await router.back();
    expect(router.route.screen).toBe("add");
    await router.back("c1");
    expect(router.route).toEqual({ screen: "connections", focus: "c1" });
    await router.back();
    expect(router.route.screen).toBe("connections");
  });

  it("never_runs_in_circles", async () => {
    const router = new Router();
    await router.go({ screen: "settings" });
    await router.go({ screen: "add" });
    await router.go({ screen: "settings" });
    await router.back();
    expect(router.route.screen).toBe("connections");
  });

  it("is_refused_while_typed_values_should_stay", async () => {
    const router = new Router();
    await router.go({ screen: "add" });
    router.leaving = () => Promise.resolve(false);
    await router.back();
    expect(router.route.screen).toBe("add");
    router.leaving = () => Promise.resolve(true);
    await router.back();
    expect(router.route.screen).toBe("connections");
    expect(router.leaving).toBeNull();
  });
});
