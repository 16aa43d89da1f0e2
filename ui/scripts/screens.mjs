// Looks at every screen and state of the window, and at the two pages the browser shows, in both themes: writes a
// picture of each to target/screens, runs axe on it, and fails on any violation, on anything the content security
// policy refuses and on anything that scrolls sideways at 320 pixels. Then walks through the whole flow by keyboard.
//
//   npm run screens            everything
//   npm run screens -- home    only what has "home" in its name
//   npm run screens -- flow    only the walks by keyboard and the long lists
import { readdir } from "node:fs/promises";
import { chromium } from "playwright-core";
import { lookAtAll } from "./screens/look.mjs";
import { openSite } from "./screens/site.mjs";
import { measureLongLists } from "./screens/speed.mjs";
import { WALKS } from "./screens/walks.mjs";
import { openWalk } from "./screens/walk.mjs";

const problems = [];
const only = process.argv[2];
const chosen = (name) => !only || name.includes(only);
const site = await openSite();
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });

const folder = new URL("./screens/pictures/", import.meta.url);
const files = await Promise.all((await readdir(folder)).map((file) => import(new URL(file, folder).href)));
const pictures = files.flatMap((file) => Object.entries(file.default));
for (const dark of [false, true])
  await lookAtAll(
    browser,
    { base: site.base, pages: site.pages.filter(chosen) },
    pictures.filter(([name]) => chosen(name)),
    dark,
    problems,
  );

if (!only || only === "flow") {
  for (const [name, walk] of Object.entries(WALKS)) {
    const tools = await openWalk(browser, site.base, name, problems);
    await walk(tools).catch((error) => problems.push(`${name} by keyboard: ${error.stack}`));
    await tools.page.close();
  }
  await measureLongLists(browser, site.base, problems);
}

await browser.close();
site.close();
for (const problem of problems) console.error(problem);
console.log(problems.length === 0 ? "All screens are in order." : `${problems.length} problems.`);
process.exit(problems.length === 0 ? 0 : 1);
