// The settings, and the forms of a hosted workspace.
import { choose, failure, fill, fillBox, invalid, press, steps } from "../steps.mjs";

const addWorkspace = steps(
  fillBox("Name", "Acme platform", { exact: true }),
  fillBox("User secret", "abc"),
  fillBox("Organization secret", "def"),
  press("Check and add"),
);
const replaceSecrets = steps(
  fillBox("User secret", "abc"),
  fillBox("Organization secret", "def"),
  press("Check and replace"),
);
const REFUSALS = ["workspace_secrets", "platform_unreachable"];
const FILES = {
  key: "-----BEGIN PRIVATE KEY-----",
  nothing: "Hello",
  leaf: "-----BEGIN CERTIFICATE----- LEAF",
};

const chooseFile = (text) => (page) =>
  page
    .locator('input[type="file"]')
    .setInputFiles({ name: "ca.pem", mimeType: "text/plain", buffer: Buffer.from(text) });

async function toWorkspaces(page) {
  await page.getByRole("heading", { name: "Workspaces" }).scrollIntoViewIfNeeded();
  await page.evaluate(() => window.scrollTo(0, 250));
}

async function toCertificates(page) {
  const heading = page.getByRole("heading", { name: "Certificates" });
  await heading.waitFor();
  await heading.evaluate((element) => element.scrollIntoView({ block: "center" }));
}

export default {
  settings: { query: "scene=many&screen=settings" },
  "settings-port": {
    query: "scene=many&screen=settings",
    act: steps(fill("Callback port", "80"), press("Save")),
  },
  "settings-no-certificates": { query: "scene=many&screen=settings", act: toCertificates },
  "settings-certificates": { query: "scene=troubled&screen=settings", act: toCertificates },
  "settings-certificate-remove": {
    query: "scene=troubled&screen=settings",
    act: press("Remove Acme Network Inspection CA"),
  },
  ...Object.fromEntries(
    Object.entries(FILES).map(([name, text]) => [
      `settings-certificate-${name}`,
      { query: "scene=many&screen=settings", act: steps(chooseFile(text), failure, toCertificates) },
    ]),
  ),
  "settings-workspaces": { query: "scene=four&screen=settings", act: toWorkspaces },
  "settings-workspace-rename": {
    query: "scene=four&screen=settings",
    act: steps(press("Rename Acme platform"), toWorkspaces),
  },
  "settings-workspace-remove": { query: "scene=four&screen=settings", act: press("Remove Acme platform") },

  "add-workspace": { query: "scene=many&screen=add-workspace" },
  "add-workspace-another": {
    query: "scene=many&screen=add-workspace",
    act: steps(choose("Where", "another"), fillBox("Base URL", "ftp://example.com"), addWorkspace, invalid),
  },
  "add-workspace-taken": {
    query: "scene=four&screen=add-workspace",
    act: steps(choose("Where", "us"), addWorkspace, invalid),
  },
  ...Object.fromEntries(
    REFUSALS.map((code) => [
      `add-workspace-${code}`,
      {
        query: `scene=many&screen=add-workspace&refuse=addWorkspace:${code}`,
        act: steps(choose("Where", "eu"), addWorkspace, failure),
      },
    ]),
  ),
  "replace-secrets": { query: "scene=four&screen=replace-secrets&workspace=Acme platform" },
  "replace-secrets-required": {
    query: "scene=four&screen=replace-secrets&workspace=Acme platform",
    act: press("Check and replace"),
  },
  ...Object.fromEntries(
    REFUSALS.map((code) => [
      `replace-secrets-${code}`,
      {
        query: `scene=four&screen=replace-secrets&workspace=Acme platform&refuse=replaceSecrets:${code}`,
        act: steps(replaceSecrets, failure),
      },
    ]),
  ),
};
