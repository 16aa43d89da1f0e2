// Walks through all flows without a pointer.

/** Connects an account, renames and removes it. */
async function walkAccount({ page, goto, press, type, expectFocus, tabTo, expectSpoken }) {
  await goto("scene=empty&finish=300");
  await page.locator("h1").waitFor();
  await tabTo("Practise first");
  await press("Enter");
  await expectFocus("Filter products", "after Practise first");
  await type("zen");
  await press("ArrowDown");
  await expectFocus("Zendesk", "after ArrowDown in the filter");
  await press("Enter");
  await expectFocus("H1 Connect Zendesk", "on the Connect screen");
  await tabTo("Continue in browser");
  await press("Enter");
  await expectSpoken("Finish signing in to Zendesk");
  await expectSpoken("Zendesk is connected.");
  await expectFocus("Zendesk", "after connecting");
  await press("Enter");
  await expectFocus("H1 Zendesk", "on the Connection screen");
  await tabTo("Copy token");
  await press("Enter");
  await expectSpoken("Token copied");
  await tabTo("Rename…");
  await press("Space", "ControlOrMeta+a");
  await type("Help desk");
  await press("Enter");
  await expectSpoken("Renamed to Help desk.");
  await expectFocus("Rename…", "after renaming");
  await press("F6");
  await expectFocus("Connections", "after F6");
  await press("F6");
  await tabTo("Remove…");
  await press("Enter");
  await expectFocus("Cancel", "in the dialog");
  await press("Escape");
  await expectFocus("Remove…", "after Escape in the dialog");
  await press("Enter");
  await expectFocus("Cancel", "in the dialog again");
  await press("Tab", "Enter");
  await expectSpoken("Help desk was removed.");
  await expectFocus("H1 No connections yet", "after removal");

  // Cancelling keeps what was typed; leaving asks once.
  await press("ControlOrMeta+n");
  await expectFocus("Filter products", "after Ctrl+N");
  await press("Escape");
  await tabTo("Leave practice");
  await press("Enter");
  await page.getByText("Practise first").waitFor();
  await goto("scene=empty&screen=connect&element=zendesk&finish=60000");
  await expectFocus("H1 Connect Zendesk", "on the Connect screen");
  await tabTo("Copy address");
  await press("Tab");
  await type("https://acme.zendesk.com/agent", "keyrack", "abc");
  await press("Enter");
  await expectSpoken("Finish signing in to Zendesk");
  await press("Escape");
  await expectSpoken("cancelled");
  const address = await page.getByLabel("Zendesk address").inputValue();
  if (address !== "acme") throw new Error(`the typed address became “${address}”`);
  await press("Escape");
  await expectFocus("Stay", "when leaving with typed values");
  await press("Tab", "Enter");
  await expectFocus("H1 No connections yet", "after leaving");
}

/** Adds a platform, imports accounts, and changes one of them in every way. */
async function walkPlatform({ page, goto, press, type, expectFocus, tabTo, expectSpoken }) {
  await goto("scene=empty&finish=300");
  await page.locator("h1").waitFor();
  await press("ControlOrMeta+,");
  await expectFocus("H1 Settings", "after Ctrl+comma");
  await tabTo("Add a workspace");
  await press("Enter");
  await expectFocus("H1 Add a workspace", "on the screen for a new workspace");
  await press("Tab");
  await type("Acme platform", "Cloud Elements, E", "abc");
  await press("Enter");
  await page.getByText("Enter the organization secret.").waitFor();
  await type("def");
  await press("Enter");
  await expectSpoken("Acme platform is added and in use.");
  await expectFocus("H1 No connections yet", "in the new workspace");
  await tabTo("Import from platform");
  await press("Enter");
  await expectFocus("H1 Import from platform", "on the import");

  await goto("scene=hosted&finish=300");
  await page.locator("h1").waitFor();
  await tabTo("Import from platform");
  await press("Enter");
  await expectFocus("H1 Import from platform", "on the import");
  await page.getByLabel("Select all").waitFor();
  await press("Tab", "Tab", "Space", "End", "Space");
  await tabTo("Bring in 2 accounts");
  await press("Enter");
  await expectSpoken("2 accounts brought in.");
  await expectFocus("Maple invoices", "after the import");

  await press("Enter");
  await expectFocus("H1 Maple invoices", "on its screen");
  await tabTo("Remove tag finance");
  await press("Enter");
  await expectSpoken("Tag finance removed.");
  await expectFocus("Remove tag north", "after a tag was removed");
  await press("Tab");
  await type("books");
  await press("Enter");
  await expectSpoken("Tag books added.");
  await tabTo("Switch off");
  await press("Enter");
  await expectSpoken("Maple invoices is switched off.");
  await expectFocus("Switch on", "after switching off");
  await press("Enter");
  await expectSpoken("Maple invoices is switched on.");
  await expectFocus("Switch off", "after switching on");
  await press("Shift+Tab");
  await expectFocus("Sign in again", "before Switch off");
  await press("Enter");
  await expectSpoken("Finish signing in to Maple Books");
  await expectSpoken("Signed in again to Maple invoices.");
  await expectFocus("Maple invoices", "after signing in again");
  await press("Enter");
  await tabTo("Remove…");
  await press("Enter");
  await page.getByText("This also deletes it at Acme platform.").waitFor();
  await press("Tab", "Enter");
  await expectSpoken("Maple invoices was removed.");

  await press("ControlOrMeta+,");
  await expectFocus("H1 Settings", "in Settings again");
  await tabTo("Rename Acme platform");
  await press("Enter");
  await type("Acme");
  await press("Enter");
  await expectSpoken("Renamed to Acme.");
  await expectFocus("Rename Acme", "after renaming a workspace");
  await press("Tab", "Enter");
  await expectFocus("H1 Replace the secrets of Acme", "on the screen for new secrets");
  await press("Escape");
  await expectFocus("Replace secrets of Acme", "after Escape from there");
  await press("Enter");
  await expectFocus("H1 Replace the secrets of Acme", "on the screen for new secrets again");
  await press("Tab");
  await type("abc");
  await press("Enter");
  await page.getByText("Enter the organization secret.").waitFor();
  await type("def");
  await press("Enter");
  await expectSpoken("The secrets of Acme are replaced.");
  await expectFocus("Replace secrets of Acme", "after its secrets were replaced");
  await press("Tab", "Enter");
  await expectFocus("Cancel", "before a workspace is removed");
  await press("Tab", "Enter");
  await expectSpoken("Acme was removed.");
  await page.waitForFunction(() => document.activeElement?.value === "local");
}

/** Adds a custom element, connects, tests and removes it; signs in with another account. */
async function walkCustomElement({ page, goto, press, type, expectFocus, tabTo, expectSpoken }) {
  await goto("scene=empty&screen=add&finish=300");
  await expectFocus("Filter products", "on the list of products");
  await type("openid");
  await press("ArrowDown", "Enter");
  await expectFocus("H1 Connect another product", "on the form of another product");
  await press("Tab");
  await type("Acme", "https://accounts.acme.example");
  await press("Enter");
  await expectSpoken("Acme is in the list now.");
  await expectFocus("H1 Connect Acme", "after it was described");
  await tabTo("Copy address");
  await press("Enter");
  await expectSpoken("Copied.");
  await press("Tab");
  await type("keyrack", "abc");
  await press("Enter");
  await expectSpoken("Finish signing in to Acme");
  await expectSpoken("Acme is connected.");
  await expectFocus("Acme", "after connecting");
  await press("Enter");
  await tabTo("Test");
  await press("Enter");
  await expectSpoken("Works. maria@acme.example · 182 ms");
  await tabTo("Renew now");
  await press("Enter");
  await expectSpoken("Acme was renewed.");
  await press("Escape");
  await expectFocus("Acme", "back on the list");

  // An element that is in use cannot be deleted.
  await press("ControlOrMeta+n");
  await expectFocus("Filter products", "on the list of products again");
  await type("accounts.acme");
  await press("ArrowDown", "Enter");
  await expectFocus("H1 Connect Acme", "on the form again");
  await tabTo("Take out of the list");
  await press("Enter", "Tab", "Enter");
  await expectSpoken("“Acme” is connected by it.");
  await press("Escape", "Escape");
  await expectFocus("Connections", "on the list of connections");
  await tabTo("Acme");
  await press("Enter");
  await tabTo("Remove…");
  await press("Enter");
  await page.getByText("ended at Acme").waitFor();
  await press("Tab", "Enter");
  await expectSpoken("Acme was removed.");

  await goto("scene=wrong-account&finish=300");
  await expectFocus("H1 Sign in to Zendesk · support again", "after another account signed in");
  await tabTo("Save as a new connection");
  await press("Enter");
  await expectSpoken("Zendesk · support 2 is connected.");
  await expectFocus("Zendesk · support 2", "after it was saved as a new one");

  await goto("scene=waiting");
  await expectFocus("H1 Connect Zendesk", "while waiting");
  await tabTo("The page in the browser shows an error");
  await press("Enter", "Tab", "Tab");
  await type("http://localhost:14747/callback/zendesk/");
  await page.getByText("The registered one has a slash at the end").waitFor();

  await goto("scene=failed-certificate_untrusted");
  await expectFocus("H1 Connect Zendesk", "after a server that is not trusted");
  await tabTo("Settings");
  await press("Enter");
  await expectFocus("Add a certificate…", "in the settings");
  await press("Escape");
  await expectFocus("H1 Connect Zendesk", "after Escape from there");
}

/** Connects with a key, replaces it when it is refused, and connects in another way. */
async function walkKey({ page, goto, press, type, expectFocus, tabTo, expectSpoken }) {
  await goto("scene=empty&screen=add&finish=0");
  await expectFocus("Filter products", "on the list of products");
  await type("strpe");
  await page.getByText("Matches").waitFor();
  await press("Enter");
  await expectFocus("H1 Connect Stripe", "after Enter in the filter");
  await tabTo("Open the page where the key is made");
  await press("Enter", "Tab");
  await type("refused_1");
  await press("Enter");
  await expectSpoken("Stripe does not accept what was entered.");
  await tabTo("Edit");
  await press("Enter");
  // The refused key is selected, so typing replaces it.
  await type("rk_1");
  const typed = await page.getByRole("textbox", { name: "Secret key" }).inputValue();
  if (typed !== "rk_1") throw new Error(`the key became “${typed}”`);
  await press("Enter");
  await expectSpoken("Stripe accepted the key. Stripe is connected.");
  await expectFocus("Stripe", "after connecting");
  await press("Enter");
  await tabTo("Replace key");
  await press("Enter");
  await expectFocus("H1 Replace the key of Stripe", "on the form for a new key");
  await press("Tab");
  await tabTo("Replace key");
  // Past Cancel, the fold with the end of the key, and Show.
  await press("Shift+Tab", "Shift+Tab", "Shift+Tab", "Shift+Tab");
  await type("rk_2");
  await press("Enter");
  await expectSpoken("The key of Stripe is replaced.");

  await goto("scene=empty&screen=connect&element=github&finish=300");
  await expectFocus("H1 Connect GitHub", "on a form with two ways");
  await tabTo("Sign in with an app of yours");
  await press("Enter");
  await page.getByLabel("Client ID").waitFor();
  await page.waitForFunction(() => document.activeElement?.dataset.field === "oauth.api.key");
  await type("id", "secret");
  await tabTo("Paste a key");
  await press("Enter");
  await page.waitForFunction(() => document.activeElement?.dataset.field === "api.key");
  await type("ghp_1");
  await press("Enter");
  await expectSpoken("GitHub accepted the key.");
}

/** Makes an element from another one, and mends a mistake in it. */
async function walkOwnElement({ page, goto, press, type, expectFocus, tabTo, expectSpoken }) {
  await goto("scene=empty&screen=connect&element=stripe&finish=300");
  await expectFocus("H1 Connect Stripe", "on the form");
  await tabTo("Copy and change");
  await press("Enter");
  await expectFocus("H1 Copy and change Stripe", "on the text of a copy");
  await page.locator("textarea").waitFor();
  await tabTo("TEXTAREA");
  await press("ControlOrMeta+Home");
  await type("nmae");
  await expectSpoken("1 mistake.");
  // Tab leaves the text, and a mistake leads back to its line.
  await press("Tab");
  await expectFocus("Line 1", "after Tab in the text");
  await tabTo("Save");
  await press("Enter");
  await expectFocus("Line 1", "after saving with a mistake");
  await press("Enter");
  await expectFocus("TEXTAREA", "after Enter on a mistake");
  const line = await page.locator("textarea").evaluate((area) => {
    return area.value.slice(area.selectionStart, area.selectionEnd);
  });
  if (!line.startsWith("nmae")) throw new Error(`the selected line is “${line}”`);
  await press("Escape");
  await expectFocus("Stay", "when leaving with a changed text");
  await press("Enter");
  await expectFocus("TEXTAREA", "after staying");
  await press("ControlOrMeta+Home", "Delete", "Delete", "Delete", "Delete");
  await expectSpoken("No mistakes.");
  await tabTo("Save");
  await press("Enter");
  await expectSpoken("Stripe (own) is saved and in the list.");
  await expectFocus("H1 Connect Stripe (own)", "after saving");
  await page.getByText("It will talk to:").waitFor();
  await tabTo("Open the page where the key is made");
  await press("Tab");
  await type("rk_1");
  await press("Enter");
  await expectSpoken("Stripe (own) is connected.");

  await press("ControlOrMeta+n");
  await expectFocus("Filter products", "on the list of products");
  await type("stripe own");
  await press("ArrowDown", "Enter");
  await expectFocus("H1 Connect Stripe (own)", "on the form again");
  await tabTo("Change");
  if (await page.getByText("It will talk to:").count()) throw new Error("the hosts show after the first use");
  await press("Enter");
  await expectFocus("H1 Change Stripe (own)", "on its text");
  await press("Escape");
  await expectFocus("H1 Connect Stripe (own)", "after Escape without a change");
}

export const WALKS = {
  "own element": walkOwnElement,
  key: walkKey,
  account: walkAccount,
  platform: walkPlatform,
  "custom element": walkCustomElement,
};
