// Takes a picture of a page, runs axe on it, and checks that it fits into 320 pixels.
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PICTURES = fileURLToPath(new URL("../../../target/screens", import.meta.url));
const AXE = await readFile(new URL("../../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
await mkdir(PICTURES, { recursive: true });

/** Adds what the page writes to the console as an error, or throws, to the problems. */
export function watch(page, name, problems) {
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(`${name}: console: ${message.text()}`);
  });
  page.on("pageerror", (error) => problems.push(`${name}: ${error.message}`));
}

/** Names the element that makes the page scroll sideways (WCAG 1.4.10), if there is one. */
function findOverflow() {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return null;
  const wide = [...document.querySelectorAll("body *")].find(
    (element) => element.getBoundingClientRect().right > width + 1 && !element.closest(".visually-hidden"),
  );
  return `${document.documentElement.scrollWidth} wide, because of ${wide?.outerHTML.slice(0, 120)}`;
}

/** Waits for fonts and for animations that end: what still moves would be clicked beside. */
async function settle(page) {
  await page.evaluate(async () => {
    const endless = (animation) => animation.effect?.getTiming().iterations === Infinity;
    await document.fonts.ready;
    await Promise.all(
      document.getAnimations().map((animation) => endless(animation) || animation.finished.catch(() => {})),
    );
  });
}

async function look(page, name, address, { act, wait = "h1" }, dark, problems) {
  const theme = dark ? "dark" : "light";
  watch(page, name, problems);
  await page.goto(address);
  await page.locator(wait).first().waitFor();
  await settle(page);
  await act?.(page);
  await settle(page);
  await page.screenshot({ path: join(PICTURES, `${name}-${theme}.png`) });

  await page.evaluate(AXE);
  const { violations } = await page.evaluate((tags) => globalThis.axe.run({ runOnly: tags }), TAGS);
  for (const { id, help, nodes } of violations)
    problems.push(`${name} ${theme}: ${id}: ${help}: ${nodes[0].html} ${nodes[0].failureSummary}`);

  if (dark) return;
  await page.setViewportSize({ width: 320, height: 640 });
  const overflow = await page.evaluate(findOverflow);
  if (overflow) problems.push(`${name}: at 320 pixels: ${overflow}`);
  await page.screenshot({ path: join(PICTURES, `narrow-${name}.png`) });
}

/** Looks at all pictures in one theme. */
export async function lookAtAll(browser, { base, pages }, pictures, dark, problems) {
  const context = await browser.newContext({
    viewport: { width: 760, height: 640 },
    colorScheme: dark ? "dark" : "light",
  });
  const theme = dark ? "dark" : "light";
  const all = [
    ...pictures.map(([name, { query, ...rest }]) => [name, `${base}/?${query}&theme=${theme}`, rest]),
    ...pages.map((name) => [name, `${base}/${name}`, {}]),
  ];
  for (const [name, address, steps] of all) {
    const page = await context.newPage();
    // A page that cannot be reached must not hide the problems of the others.
    await look(page, name, address, steps, dark, problems).catch((error) =>
      problems.push(`${name}: ${error.message}`),
    );
    await page.close();
  }
  await context.close();
}
