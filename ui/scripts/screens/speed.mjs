// Measures long lists: a thousand connections, a platform with two hundred products, the whole catalogue, and one with a thousand accounts.

/** Far above what two shared cores take: it catches a list that is laid out whole, not a slow machine. */
const LIMIT = 500;

export async function measureLongLists(browser, base, problems) {
  const page = await browser.newPage({ viewport: { width: 760, height: 640 } });
  const firstPaint = async (query, row) => {
    await page.goto(`${base}/?${query}`);
    await page.locator(row).first().waitFor();
    await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint").length > 0);
    return page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0].startTime);
  };
  /** Types a value into a control, or presses it, and waits for the frame after. */
  const timeFrame = (selector, value) =>
    page.evaluate(
      async ([selector, value]) => {
        const start = performance.now();
        const control = document.querySelector(selector);
        if (value === undefined) control.click();
        else {
          control.value = value;
          control.dispatchEvent(new Event("input", { bubbles: true }));
        }
        await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
        return performance.now() - start;
      },
      [selector, value],
    );
  const ms = (time) => `${time.toFixed(0)} ms`;

  const one = await firstPaint("scene=one", "[data-row]");
  const thousand = await firstPaint("scene=thousand", "[data-row]");
  const times = { "1,000 connections filtered": await timeFrame("[data-filter]", "zendesk 99") };
  await firstPaint("scene=hosted&screen=add", "[data-row]");
  times["200 products filtered"] = await timeFrame("[data-filter]", "maple");
  times["and shown again"] = await timeFrame("[data-filter]", "");
  await firstPaint("scene=empty&screen=add", "[data-row]");
  for (const text of ["s", "goo", "salesfroce", ""])
    times[`Whole catalogue filtered by “${text}”`] = await timeFrame("[data-filter]", text);
  await firstPaint("scene=hosted-thousand&screen=import", "[data-row]");
  times["1,000 accounts selected"] = await timeFrame(".all input");
  console.log(`First paint: 1 row ${ms(one)}, 1,000 rows ${ms(thousand)}`);
  for (const [name, time] of Object.entries(times)) {
    console.log(`${name}: ${ms(time)}`);
    if (time > LIMIT) problems.push(`${name} takes ${ms(time)}`);
  }
  await page.close();
}
