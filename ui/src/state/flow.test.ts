import { beforeEach, describe, expect, it, vi } from "vitest";
import { Fake } from "../ipc/fake";
import { connections, emptyState, manyConnections } from "../ipc/scenes";
import type { ConnectRequest, State } from "../ipc/types";
import { App } from "./app.svelte";
import { groupsOf, neighbour } from "./groups";
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

/** Lets what was started run, up to `ms` of the pretended time. */
const pass = (ms = 0) => vi.advanceTimersByTimeAsync(ms);

describe("the store", () => {
  it("many_changes_at_once_are_answered_by_one_further_question", async () => {
    const fake = new Fake(emptyState());
    const asked = vi.spyOn(fake, "state");
    const store = new Store(fake);
    await store.start();
    expect(asked).toHaveBeenCalledTimes(1);
    for (let n = 0; n < 50; n += 1) void store.refresh();
    await pass();
    expect(asked).toHaveBeenCalledTimes(3);
  });

  it("a_change_during_an_answer_is_not_missed", async () => {
    const fake = new Fake(emptyState());
    const store = new Store(fake);
    await store.start();
    void fake.setAppearance("dark");
    void fake.setAppearance("light");
    await pass();
    expect(store.state?.settings.appearance).toBe("light");
  });

  it("a_failed_first_answer_is_kept_to_be_shown", async () => {
    const fake = new Fake(emptyState());
    fake.state = () => Promise.reject({ code: "index_newer" });
    const store = new Store(fake);
    await store.start();
    expect(store.failure).toEqual({ code: "index_newer" });
    expect(store.state).toBeNull();
  });

  it("the_catalogue_follows_the_workspace", async () => {
    const fake = new Fake(emptyState());
    const store = new Store(fake);
    await store.start();
    const first = () => store.elements?.find((one) => one.key === "zendesk")?.fields[0]?.value;
    expect(first()).toBe("");
    await fake.useWorkspace("practice");
    await pass();
    expect(first()).toBe("acme");
  });
});

describe("a sign-in", () => {
  async function opened(finish: number | null, state = emptyState()) {
    const fake = new Fake(state, finish);
    const app = new App(fake);
    await app.store.start();
    return { fake, app };
  }

  it("that_is_watched_leads_to_its_new_row", async () => {
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

  it("that_is_not_watched_moves_nobody", async () => {
    const { fake, app } = await opened(1000);
    await app.router.go({ screen: "settings" });
    await fake.connect(zendesk);
    await pass(2000);
    expect(app.router.route.screen).toBe("settings");
    expect(app.announcer.text).toContain("Zendesk is connected.");
  });

  it("that_is_cancelled_ignores_the_browser", async () => {
    const { fake, app } = await opened(1000);
    const attempt = await fake.connect(zendesk);
    await fake.cancel(attempt.id);
    await pass(5000);
    expect(app.store.state?.connections).toEqual([]);
    expect(app.store.state?.attempts).toEqual([]);
  });

  it("that_ends_by_pasting_is_connected_too", async () => {
    const { fake, app } = await opened(null);
    const attempt = await fake.connect(zendesk);
    await expect(fake.pasteBack(attempt.id, "https://acme.example/")).rejects.toEqual({
      code: "callback_invalid",
    });
    await fake.pasteBack(attempt.id, "https://acme.example/?code=1&state=2");
    await pass(1000);
    expect(app.store.state?.connections).toHaveLength(1);
  });

  it("with_a_name_in_use_is_refused_before_the_browser_opens", async () => {
    const { fake, app } = await opened(1000, withConnections());
    await expect(fake.connect({ ...zendesk, name: "desk.com" })).rejects.toMatchObject({
      code: "name_taken",
    });
    expect(app.store.state?.attempts).toEqual([]);
  });

  it("forgets_the_typed_values_only_when_it_is_connected", async () => {
    const { fake, app } = await opened(1000);
    const element = app.store.element("zendesk")!;
    const draftNow = () => app.drafts.of({ workspace: "local", element: "zendesk" }, element.fields);
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

describe("the list", () => {
  it("shows_first_what_needs_its_owner", () => {
    const groups = groupsOf(withConnections(), "");
    expect(groups.attention.map((one) => one.id)).toEqual(["c3"]);
    expect(groups.connected.map((one) => one.id)).toEqual(["c1", "c2", "c4"]);
  });

  it("is_filtered_by_name_product_identity_and_tag", () => {
    const ids = (filter: string) => {
      const { attention, connected } = groupsOf(withConnections(), filter);
      return [...attention, ...connected].map((one) => one.id);
    };
    expect(ids("SUPPORT")).toEqual(["c1"]);
    expect(ids("acme ops")).toEqual(["c3"]);
    expect(ids("north")).toEqual(["c4"]);
    expect(ids("nothing")).toEqual([]);
  });

  it("gives_the_focus_to_the_next_row_after_a_removal", () => {
    const state = withConnections();
    expect(neighbour(state, "c1")).toBe("c2");
    expect(neighbour(state, "c4")).toBe("c2");
    expect(neighbour(withConnections(1), "c1")).toBeUndefined();
  });

  it("of_a_thousand_is_grouped_in_a_moment", () => {
    const state = { ...emptyState(), connections: manyConnections(0, 1000) };
    const from = performance.now();
    expect(groupsOf(state, "zendesk 99").connected.length).toBeGreaterThan(0);
    // A frame is 16 ms; ten of them would be felt while typing.
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
