// What a walk by keyboard needs: where the focus is, a way to it, and what screen readers hear.
import { watch } from "./look.mjs";

/** How long a walk waits for the focus or an announcement, in milliseconds. */
const TIMEOUT = 3000;

/** Describes the focused element by its tag and its name. */
function describeFocus() {
  const element = document.activeElement;
  if (element === document.body) return "BODY";
  return `${element?.tagName} ${element?.getAttribute("aria-label") ?? element?.textContent?.trim() ?? ""}`;
}

export async function openWalk(browser, base, name, problems) {
  const page = await browser.newPage({ viewport: { width: 760, height: 640 } });
  watch(page, name, problems);
  const focused = () => page.evaluate(describeFocus);
  return {
    page,
    goto: (query) => page.goto(`${base}/?${query}`),
    press: async (...keys) => {
      for (const key of keys) await page.keyboard.press(key);
    },
    /** Types each text into a field of its own. */
    type: async (...texts) => {
      for (const [index, text] of texts.entries()) {
        if (index > 0) await page.keyboard.press("Tab");
        await page.keyboard.type(text);
      }
    },
    expectFocus: async (wanted, when) => {
      const end = Date.now() + TIMEOUT;
      let found = await focused();
      while (!found.includes(wanted) && Date.now() < end) {
        await page.waitForTimeout(50);
        found = await focused();
      }
      if (!found.includes(wanted))
        throw new Error(`${when}: focus should be on “${wanted}”, is on “${found}”`);
    },
    tabTo: async (wanted) => {
      for (let steps = 0; steps < 30; steps += 1) {
        if ((await focused()).includes(wanted)) return;
        await page.keyboard.press("Tab");
      }
      throw new Error(`Tab never reaches “${wanted}”`);
    },
    expectSpoken: (wanted) =>
      page.waitForFunction(
        (text) => document.querySelector("[aria-live]")?.textContent?.includes(text),
        wanted,
        { timeout: TIMEOUT },
      ),
  };
}
