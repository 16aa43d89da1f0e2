// The list of connections and the catalogue, on this computer and at a platform.
import { filter, press, pressExactly, pressFirst, seeButton, seeHeading, seeText, steps } from "../steps.mjs";

const byPage = steps(press("Remove…"), pressExactly("Remove"), seeButton("Open Webex"));

/** Makes all rows, as a user does with the keyboard. */
async function toLastRow(page) {
  await page.locator("[data-row]").first().focus();
  await page.keyboard.press("End");
  await page.getByRole("heading", { name: "Closed" }).waitFor();
}

export default {
  "home-empty": { query: "scene=empty" },
  "home-practice": { query: "scene=practice" },
  "home-loading": { query: "scene=loading", wait: ".skeleton" },
  "home-one": { query: "scene=one" },
  "home-many": { query: "scene=many" },
  "home-focus": { query: "scene=many", act: (page) => page.locator('[data-row="c1"]').focus() },
  "home-eight": { query: "scene=eight" },
  "home-thousand": { query: "scene=thousand" },
  "home-no-match": { query: "scene=eight", act: filter("zen den") },
  "home-long-names": { query: "scene=long-names" },
  "home-damaged": { query: "scene=damaged" },
  "home-locked": { query: "scene=locked" },
  "home-missing": { query: "scene=missing" },
  "home-offline": { query: "scene=offline" },
  "home-ended": { query: "scene=ended" },
  "home-troubled": { query: "scene=troubled" },
  "home-wrong-account": {
    query: "scene=wrong-account",
    act: steps(
      pressFirst("Zendesk · support"),
      press("Connections"),
      seeText("Another account", { exact: true }),
    ),
  },
  "home-removed-later": {
    query: "scene=many&screen=connection&id=c1&unanswered",
    act: steps(press("Remove…"), pressExactly("Remove"), seeHeading("was removed")),
  },
  "home-removed-page": { query: "scene=troubled&screen=connection&id=c4", act: byPage },
  "home-removed-page-by-hand": {
    query: "scene=troubled&screen=connection&id=c4&refuse=openAccessPage:internal",
    act: steps(byPage, press("Open Webex"), seeText("idbroker.webex.com")),
  },
  "home-hosted": { query: "scene=hosted" },
  "home-hosted-empty": { query: "scene=hosted-empty" },
  "home-hosted-two": { query: "scene=hosted-two" },
  "home-workspaces": { query: "scene=four" },
  "home-secrets-refused": { query: "scene=hosted-refused" },

  "home-keys": { query: "scene=keys" },

  add: { query: "scene=empty&screen=add", wait: "ul" },
  "add-recent": { query: "scene=many&screen=add", wait: "ul" },
  "add-filter": { query: "scene=empty&screen=add", act: steps(filter("git"), seeText("Matches")) },
  "add-filter-former": { query: "scene=empty&screen=add", act: steps(filter("sendin"), seeText("Brevo")) },
  "add-filter-typo": {
    query: "scene=empty&screen=add",
    act: steps(filter("salesfroce"), seeText("Matches")),
  },
  "add-filter-closed": { query: "scene=empty&screen=add", act: steps(filter("desk.com"), seeText("Closed")) },
  "add-last": { query: "scene=empty&screen=add", wait: "ul", act: toLastRow },
  "add-practice": { query: "scene=practice&screen=add" },
  "add-no-match": { query: "scene=empty&screen=add", act: filter("zzz") },
  "add-other": { query: "scene=own&screen=add", act: steps(filter("other oauth"), seeText("Matches")) },
  "add-hosted": { query: "scene=hosted&screen=add" },
  "add-hosted-loading": { query: "scene=hosted&screen=add&refuse=elements:never", wait: ".skeleton" },
  "add-hosted-failed": {
    query: "scene=hosted&screen=add&refuse=elements:platform_unreachable",
    wait: ".callout",
  },
  "add-hosted-filter": { query: "scene=hosted&screen=add", act: filter("maple") },
  "add-secrets-refused": {
    query: "scene=hosted&screen=add&refuse=elements:workspace_secrets",
    wait: ".callout",
  },
};
