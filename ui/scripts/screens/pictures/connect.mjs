// The forms that start a sign-in: of an element, of a custom element, and of a provider that is not known yet.
import {
  check,
  choose,
  click,
  failure,
  fill,
  fillBox,
  invalid,
  open,
  press,
  pressExactly,
  seeText,
  steps,
  toEnd,
} from "../steps.mjs";

const describing = (address, ...rest) => steps(fill("Sign-in address", address), press("Continue"), ...rest);
const ENTERED = ["-----BEGIN PRIVATE KEY-----", "abc", "-----END PRIVATE KEY-----"].join("\n");
/** Replaces a part of the text of an element file. */
const spoilWith = (part, by) => async (page) => {
  const text = await page.locator("textarea").inputValue();
  await page.locator("textarea").fill(text.replace(part, by));
};
const spoil = steps(
  spoilWith(/^category =/m, "categroy ="),
  spoilWith(/^pattern =(?![^]*^pattern =)/m, "patern ="),
);
const CODES = [
  "authorization_expired",
  "platform_bad_response",
  "platform_busy",
  "platform_rejected",
  "platform_uncertain",
  "workspace_secrets",
];

async function openDetails(page) {
  const details = page.getByText("Details", { exact: true });
  if (await details.count()) await details.click();
}

export default {
  connect: { query: "scene=empty&screen=connect&element=zendesk" },
  "connect-practice": { query: "scene=practice&screen=connect&element=zendesk" },
  "connect-retired": { query: "scene=empty&screen=connect&element=desk" },
  "connect-retired-practice": { query: "scene=practice&screen=connect&element=desk" },
  "connect-historical": { query: "scene=empty&screen=connect&element=acimodelbank", wait: ".callout" },
  "connect-historical-practice": {
    query: "scene=practice&screen=connect&element=acimodelbank",
    wait: ".callout",
  },
  "connect-replaced": { query: "scene=empty&screen=connect&element=vsts", wait: ".callout" },
  "connect-key": { query: "scene=empty&screen=connect&element=stripe", wait: "form" },
  "connect-key-practice": { query: "scene=practice&screen=connect&element=stripe", wait: "form" },
  "connect-key-advanced": {
    query: "scene=empty&screen=connect&element=stripe",
    wait: "form",
    act: open("Advanced"),
  },
  "connect-key-required": {
    query: "scene=empty&screen=connect&element=stripe",
    wait: "form",
    act: steps(pressExactly("Connect"), invalid),
  },
  "connect-key-checking": {
    query: "scene=empty&screen=connect&element=stripe&finish=60000",
    wait: "form",
    act: steps(fillBox("Secret key", "rk_1"), pressExactly("Connect"), seeText("Checking the key")),
  },
  "connect-key-refused": {
    query: "scene=empty&screen=connect&element=stripe&finish=0",
    wait: "form",
    act: steps(fillBox("Secret key", "refused_1"), pressExactly("Connect"), failure),
  },
  "connect-key-by-hand": {
    query: "scene=empty&screen=connect&element=stripe&refuse=openSetupPage:internal",
    wait: "form",
    act: steps(press("Open the page"), seeText("Copy the address")),
  },
  "connect-ways": { query: "scene=empty&screen=connect&element=github", wait: "form" },
  "connect-ways-app": {
    query: "scene=empty&screen=connect&element=github",
    wait: "form",
    act: steps(press("Sign in with an app of yours"), seeText("Client ID")),
  },
  "connect-ways-app-end": {
    query: "scene=empty&screen=connect&element=github",
    wait: "form",
    act: steps(press("Sign in with an app of yours"), seeText("Client ID"), toEnd),
  },
  "connect-session": { query: "scene=empty&screen=connect&element=jira", wait: "form" },
  "connect-advanced": { query: "scene=empty&screen=connect&element=sfdc", act: open("Advanced") },
  "connect-required": {
    query: "scene=empty&screen=connect&element=zendesk",
    act: press("Continue in browser"),
  },
  "connect-locked": { query: "scene=locked&screen=connect&element=zendesk" },
  "connect-leave": {
    query: "scene=empty&screen=connect&element=zendesk",
    act: steps(fill("Zendesk address", "acme"), (page) => page.keyboard.press("Escape")),
  },

  describe: { query: "scene=empty&screen=connect&element=oauth2" },
  "describe-oauth1": { query: "scene=empty&screen=connect&element=oauth1" },
  "describe-practice": { query: "scene=practice&screen=connect&element=oauth2" },
  "describe-wrong": {
    query: "scene=empty&screen=connect&element=oauth2",
    act: describing("accounts.example.com", invalid),
  },
  "describe-issuer_unknown": {
    query: "scene=empty&screen=connect&element=oauth2",
    act: describing("https://www.acme.example", failure),
  },
  "describe-more": {
    query: "scene=empty&screen=connect&element=oauth2",
    act: describing("https://known.acme.example", invalid),
  },
  "describe-by-hand": {
    query: "scene=empty&screen=connect&element=oauth2",
    act: describing("https://www.acme.example", press("Edit"), seeText("Authorization endpoint")),
  },

  "connect-own": { query: "scene=own&screen=connect&element=accounts-acme-example" },
  "connect-own-end": {
    query: "scene=own&screen=connect&element=accounts-acme-example",
    act: steps(seeText("Take out of the list"), toEnd),
  },
  "connect-own-file": { query: "scene=own-file&screen=connect&element=zendesk-own", wait: "form" },
  "connect-own-file-end": {
    query: "scene=own-file&screen=connect&element=zendesk-own",
    wait: "form",
    act: steps(seeText("Take out of the list"), toEnd),
  },
  "connect-own-registers": { query: "scene=own-registers&screen=connect&element=register-acme-example" },
  "connect-own-take-out": {
    query: "scene=own&screen=connect&element=accounts-acme-example",
    act: press("Take out of the list"),
  },
  "connect-own-in-use": {
    query: "scene=own&screen=connect&element=accounts-acme-example&refuse=removeElement:element_in_use",
    act: steps(press("Take out of the list"), pressExactly("Take out"), failure),
  },

  "edit-element": { query: "scene=empty&screen=copy-element&element=github", wait: "textarea" },
  "edit-element-mistakes": {
    query: "scene=empty&screen=copy-element&element=github",
    wait: "textarea",
    act: steps(spoil, seeText("3 mistakes")),
  },
  "edit-element-line": {
    query: "scene=own-file&screen=change-element&element=zendesk-own",
    wait: "textarea",
    act: steps(spoil, seeText("3 mistakes"), press("patern")),
  },
  "edit-element-not-toml": {
    query: "scene=own-file&screen=change-element&element=zendesk-own",
    wait: "textarea",
    act: steps(spoilWith(/"OAuth[^"]*"|"Help desk"/, '"Help'), press("Save"), seeText("1 mistake")),
  },
  "edit-element-leave": {
    query: "scene=own-file&screen=change-element&element=zendesk-own",
    wait: "textarea",
    act: steps(spoil, seeText("3 mistakes"), (page) => page.keyboard.press("Escape")),
  },
  "edit-element-unwritable": {
    query: "scene=empty&screen=copy-element&element=github&refuse=saveElement:index_unwritable",
    wait: "textarea",
    act: steps(press("Save"), failure),
  },

  "connect-hosted": { query: "scene=hosted&screen=connect&element=cedarcrm", wait: "form" },
  "connect-hosted-loading": {
    query: "scene=hosted&screen=connect&element=cedarcrm&refuse=element:never",
    wait: ".skeleton",
  },
  "connect-hosted-failed": {
    query: "scene=hosted&screen=connect&element=cedarcrm&refuse=element:platform_busy",
    wait: ".callout",
  },
  "connect-hosted-entered": { query: "scene=hosted&screen=connect&element=oakshop", wait: "form" },
  "connect-hosted-entered-wrong": {
    query: "scene=hosted&screen=connect&element=oakshop",
    wait: "form",
    act: steps(fill("User name", "maria"), fillBox("Private key", ENTERED), pressExactly("Connect"), invalid),
  },
  "finishing-entered": {
    query: "scene=hosted&screen=connect&element=oakshop&finish=60000",
    wait: "form",
    act: steps(
      fill("User name", "maria"),
      fillBox("Password", "abc"),
      fillBox("Private key", "abc"),
      choose("Region", "eu"),
      pressExactly("Connect"),
      seeText("Nearly done"),
    ),
  },
  ...Object.fromEntries(
    CODES.map((code) => [
      `failed-${code}`,
      {
        query: `scene=hosted&screen=connect&element=cedarcrm&refuse=connect:${code}`,
        wait: "form",
        act: steps(
          fillBox("API key", "keyrack"),
          fillBox("API secret", "abc"),
          press("Continue in browser"),
          failure,
          openDetails,
        ),
      },
    ]),
  ),

  import: { query: "scene=hosted&screen=import", wait: "ul" },
  "import-chosen": { query: "scene=hosted&screen=import", wait: "ul", act: check("Select all") },
  "import-nothing-chosen": { query: "scene=hosted&screen=import", wait: "ul", act: press("Bring in") },
  "import-partial": {
    query: "scene=hosted&screen=import",
    wait: "ul",
    act: steps(check("Select all"), press("Bring in"), failure, click("summary")),
  },
  "import-thousand": { query: "scene=hosted-thousand&screen=import", wait: "ul" },
  "import-loading": { query: "scene=hosted&screen=import&refuse=instances:never", wait: ".skeleton" },
  "import-failed": {
    query: "scene=hosted&screen=import&refuse=instances:platform_failed",
    wait: ".callout",
  },
  "import-empty": { query: "scene=hosted-empty&screen=import" },
  "import-secrets-refused": {
    query: "scene=hosted&screen=import&refuse=instances:workspace_secrets",
    wait: ".callout",
  },
};
