// Measures a keystroke in the search of the gallery, from the event until the list is laid out, with the whole catalogue and
// with a thousand products, beside a text field that nothing listens to.
import { chromium } from "playwright-core";
import { openSite } from "./screens/site.mjs";

/** Typed letter by letter, and taken back again; the last word has a typing error. */
const WORDS = ["salesforce", "company 31", "strpie"];

async function measure(page, selector) {
  return page.evaluate(
    async ([selector, words]) => {
      const control = document.querySelector(selector);
      const times = [];
      for (const word of words) {
        for (let length = 1; length <= word.length; length++) {
          const start = performance.now();
          control.value = word.slice(0, length);
          control.dispatchEvent(new Event("input", { bubbles: true }));
          // The page renders in microtasks, which end before a message arrives.
          await new Promise((resolve) => {
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = resolve;
            port2.postMessage(0);
          });
          document.body.getBoundingClientRect();
          times.push(performance.now() - start);
        }
      }
      return times;
    },
    [selector, WORDS],
  );
}

const site = await openSite();
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
const page = await browser.newPage({ viewport: { width: 760, height: 640 } });

async function timesOf(scene) {
  await page.goto(`${site.base}/?scene=${scene}&screen=add`);
  await page.locator("[data-row]").first().waitFor();
  await measure(page, "[data-filter]");
  return measure(page, "[data-filter]");
}

const whole = await timesOf("empty");
const thousand = await timesOf("thousand-products");
await page.setContent("<input />");
const plain = await measure(page, "input");
await browser.close();
site.close();

const figures = (times) => {
  const sorted = [...times].sort((one, other) => one - other);
  const [median, worst] = [sorted[sorted.length >> 1], sorted[sorted.length - 1]];
  return `median ${median.toFixed(1)} ms, longest ${worst.toFixed(1)} ms`;
};
console.log(`keystroke, whole catalogue    ${figures(whole)}`);
console.log(`keystroke, 1,000 products     ${figures(thousand)}`);
console.log(`keystroke, a plain field      ${figures(plain)}`);
process.exit(0);
