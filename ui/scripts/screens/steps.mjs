// The steps that lead to a picture. Each takes the page and returns a promise.

export const steps =
  (...list) =>
  async (page) => {
    for (const step of list) await step(page);
  };

export const press = (name, options) => (page) => page.getByRole("button", { name, ...options }).click();
export const pressExactly = (name) => press(name, { exact: true });
export const pressFirst = (name) => (page) => page.getByRole("button", { name }).first().click();
export const open = (summary) => (page) => page.getByText(summary, { exact: true }).click();
export const click = (selector) => (page) => page.locator(selector).click();

export const fill = (label, text) => (page) => page.getByLabel(label).fill(text);
/** Fills in a field whose label is also part of a button's. */
export const fillBox = (name, text, options) => (page) =>
  page.getByRole("textbox", { name, ...options }).fill(text);
export const filter = (text) => (page) => page.getByRole("searchbox").fill(text);
export const choose = (label, value) => (page) => page.getByLabel(label).selectOption(value);
export const check = (label) => (page) => page.getByLabel(label).check();

export const see = (selector) => (page) => page.locator(selector).first().waitFor();
export const seeText = (text, options) => (page) => page.getByText(text, options).first().waitFor();
export const seeButton = (name) => (page) => page.getByRole("button", { name }).waitFor();
export const seeHeading = (name) => (page) => page.getByRole("heading", { name }).waitFor();

export const toEnd = (page) => page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
export const failure = see(".callout.danger");
export const invalid = see("[aria-invalid]");
