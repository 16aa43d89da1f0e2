import { beforeEach, describe, expect, it, vi } from "vitest";
import { createFake } from "../ipc/fake/fake";
import { emptyState } from "../ipc/fake/world";
import { App } from "./app.svelte";
import { ElementText, findLine } from "./elementText.svelte";

beforeEach(() => {
  vi.useFakeTimers();
  return () => vi.useRealTimers();
});

/** Advances the fake clock. */
const pass = (ms = 0) => vi.advanceTimersByTimeAsync(ms);

async function opened(element = "zendesk", isNew = true) {
  const fake = createFake(emptyState());
  const app = new App(fake);
  await app.store.start();
  const file = new ElementText(app, element, isNew);
  await file.read();
  return { fake, app, file };
}

/** Saves a copy of Zendesk and opens its file. */
async function openedOwn() {
  const { fake, app, file } = await opened();
  const saved = await file.save();
  const own = new ElementText(app, saved?.key ?? "", false);
  await own.read();
  return { fake, app, file: own };
}

describe("a line of a text", () => {
  it.each([
    [1, "one"],
    [2, ""],
    [3, "three"],
    [9, "three"],
  ])("%i is found", (line, expected) => {
    const text = "one\n\nthree";
    expect(text.slice(...findLine(text, line))).toBe(expected);
    expect(findLine("", line)).toEqual([0, 0]);
  });
});

describe("the text of a copy", () => {
  it("has_a_key_of_its_own_and_no_mistake", async () => {
    const { file } = await opened();
    expect(file.text).toMatch(/^key = "zendesk-own"$/m);
    expect(file.problems).toEqual([]);
    expect([file.isRead, file.changed]).toEqual([true, false]);
  });

  it("is_written_only_when_it_is_saved", async () => {
    const { fake, app, file } = await opened();
    const wrote = vi.spyOn(fake, "saveElement");
    file.text = file.text.replace("Zendesk (own)", "Help desk");
    await pass(1000);
    expect(wrote).not.toHaveBeenCalled();
    expect(file.changed).toBe(true);
    const saved = await file.save();
    expect(saved).toMatchObject({ key: "zendesk-own", name: "Help desk", own: true });
    expect(saved?.hosts).toEqual(["‹Zendesk address›.zendesk.com"]);
    await app.store.loadElements();
    expect(app.store.listed("zendesk-own")?.name).toBe("Help desk");
    expect(await fake.copyElement("zendesk")).toContain('key = "zendesk-own-2"');
  });

  it("takes_no_key_that_is_in_use", async () => {
    const { fake, file } = await opened();
    file.text = file.text.replace("zendesk-own", "github");
    expect(await file.save()).toBeUndefined();
    expect(file.problems[0]?.text).toContain("another element has the key github");
    await expect(fake.saveElement(file.text)).rejects.toMatchObject({ code: "element_invalid" });
  });
});

describe("a text that changes", () => {
  it("is_checked_once_when_typing_pauses", async () => {
    const { fake, app, file } = await opened();
    const checked = vi.spyOn(fake, "checkElement");
    const { text } = file;
    for (const typed of ["gi", "giv", "gievs"]) {
      file.text = text.replace("gives", typed);
      await pass(100);
    }
    expect(checked).not.toHaveBeenCalled();
    await pass(200);
    expect(checked).toHaveBeenCalledTimes(1);
    expect(file.problems.map(({ text }) => text)).toContain("gives is missing");
    expect(app.announcer.text).toContain("2 mistakes.");
    file.text = text;
    await pass(300);
    expect(file.problems).toEqual([]);
    expect(app.announcer.text).toContain("No mistakes.");
  });

  it("shows_no_answer_about_an_older_text", async () => {
    const { fake, file } = await opened();
    const check = fake.checkElement.bind(fake);
    let arrive = () => {};
    const slow = new Promise<void>((resolve) => (arrive = resolve));
    const { text } = file;
    fake.checkElement = async (...args) => {
      await slow;
      return check(...args);
    };
    file.text = "name = ";
    await pass(300);
    fake.checkElement = check;
    file.text = text;
    await pass(300);
    arrive();
    await pass();
    expect(file.problems).toEqual([]);
  });

  it("is_not_checked_after_its_screen_is_left", async () => {
    const { fake, file } = await opened();
    const checked = vi.spyOn(fake, "checkElement");
    file.text = "";
    file.stop();
    await pass(1000);
    expect(checked).not.toHaveBeenCalled();
  });

  it("is_not_saved_with_a_mistake", async () => {
    const { fake, file } = await openedOwn();
    const wrote = vi.spyOn(fake, "saveElement");
    // Saved before the typing has paused.
    file.text = file.text.replace('key = "zendesk-own"', 'key = "other"');
    expect(await file.save()).toBeUndefined();
    expect(wrote).not.toHaveBeenCalled();
    expect(file.problems).toEqual([
      {
        line: 1 + file.text.split("\n").findIndex((line) => line.startsWith("key =")),
        text: "key: the file lies in the folder zendesk-own, so the key must be zendesk-own",
      },
    ]);
  });

  it("replaces_the_file_of_its_element", async () => {
    const { app, file } = await openedOwn();
    file.text = file.text.replace("Zendesk (own)", "Help desk");
    expect(await file.save()).toMatchObject({ key: "zendesk-own", name: "Help desk" });
    await app.store.loadElements();
    expect(app.store.elements?.filter(({ key }) => key === "zendesk-own")).toHaveLength(1);
  });

  it("stays_when_it_cannot_be_saved", async () => {
    const { fake, file } = await opened();
    fake.world.refuseOnce("saveElement", { code: "index_unwritable" });
    file.text = file.text.replace("Zendesk (own)", "Help desk");
    expect(await file.save()).toBeUndefined();
    expect(file.failure).toEqual({ code: "index_unwritable" });
    expect([file.busy, file.text.includes("Help desk")]).toEqual([false, true]);
    expect(await file.save()).toMatchObject({ name: "Help desk" });
    expect(file.failure).toBeNull();
  });

  it("is_not_there_for_an_unknown_element", async () => {
    const { fake, file } = await opened("nonesuch");
    expect(file.failure).toMatchObject({ code: "element_unknown" });
    expect([file.isRead, file.changed]).toEqual([false, false]);
    await expect(fake.elementText("zendesk")).rejects.toMatchObject({ code: "element_unknown" });
  });
});
