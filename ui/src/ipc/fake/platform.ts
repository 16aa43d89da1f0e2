// The hosted platform of the fake: a catalogue of two hundred products and the accounts that exist there.
import { plainField } from "../../state/form";
import { plainElement } from "./plainElement";
import type { AuthView, ConnectionView, ElementView, FieldView, InstanceView, WorkspaceView } from "../types";
import { connectionRow, DAY } from "./rows";

const preset = (name: string, label: string, host: string) => ({
  name,
  label: `Cloud Elements, ${label}`,
  base_url: `https://${host}/elements/api-v2`,
});

export const PRESETS = [
  preset("us", "United States", "api.cloud-elements.com"),
  preset("eu", "Europe", "api.cloud-elements.co.uk"),
  preset("staging", "staging", "staging.cloud-elements.com"),
];

export function hostedWorkspace(name: string, base_url: string, connections = 0): WorkspaceView {
  return { name, label: name, kind: "hosted", base_url, connections };
}

export const ACME = hostedWorkspace("Acme platform", "https://api.cloud-elements.com/elements/api-v2");

export const OPEN_CONNECTORS = hostedWorkspace(
  "Open Connectors",
  "https://api.openconnectors.us2.ext.hana.ondemand.com/elements/api-v2",
  1,
);

const MAKERS = (
  "Alder Birch Cedar Elm Fir Hazel Juniper Larch Maple Oak " +
  "Olive Pine Poplar Quince Rowan Spruce Sycamore Tamarind Willow Yew"
).split(" ");
const KINDS: [suffix: string, category: string, auth: AuthView][] = [
  ["CRM", "CRM", "oauth2"],
  ["Desk", "Help desk", "oauth2"],
  ["Books", "Finance", "oauth1"],
  ["Files", "Documents", "oauth2"],
  ["Mail", "Marketing", "api_key"],
  ["Shop", "E-commerce", "basic"],
  ["Talk", "Messaging", "oauth2"],
  ["People", "Human resources", "api_key"],
  ["Pay", "Payment", "custom"],
  ["Events", "Events", "oauth2"],
];

/** Two hundred elements without their forms: a platform describes the form of one element at a time. */
export function platformCatalogue(): ElementView[] {
  return MAKERS.flatMap((maker) =>
    KINDS.map(([suffix, category, auth]) =>
      plainElement({
        key: `${maker}${suffix}`.toLowerCase(),
        name: `${maker} ${suffix}`,
        initials: `${maker[0]}${suffix[0]}`,
        category,
        gives: "",
        auth,
        reach: auth === "oauth2" || auth === "oauth1" ? "app" : "key",
      }),
    ),
  );
}

const OAUTH: FieldView[] = [
  plainField({ key: "oauth.api.key", label: "API key", help: "The identifier of the app at the product." }),
  plainField({ key: "oauth.api.secret", label: "API secret", secret: true }),
  plainField({
    key: "oauth.callback.url",
    label: "Callback URL",
    help: "Must be listed, letter for letter, where the product knows this app.",
    kind: "address",
    value: "http://localhost:14747/callback/hosted",
    advanced: true,
  }),
];

/** Has every kind of field that a platform may describe. */
const DIRECT: FieldView[] = [
  plainField({ key: "username", label: "User name", example: "maria" }),
  plainField({ key: "password", label: "Password", secret: true }),
  plainField({
    key: "private.key",
    label: "Private key",
    help: "The whole file, with its first and last line.",
    kind: "lines",
    example: "-----BEGIN PRIVATE KEY-----",
    secret: true,
  }),
  plainField({
    key: "region",
    label: "Region",
    kind: "select",
    options: [
      { value: "eu", label: "Europe" },
      { value: "us", label: "United States" },
    ],
  }),
  plainField({
    key: "event.notification.enabled",
    label: "Enable events",
    kind: "toggle",
    value: "false",
    required: false,
  }),
];

/** Adds the form to an element of the platform. */
export function withForm(element: ElementView): ElementView {
  const inBrowser = element.auth === "oauth2" || element.auth === "oauth1";
  return { ...element, fields: inBrowser ? OAUTH : DIRECT };
}

function find(key: string): ElementView {
  const element = platformCatalogue().find((element) => element.key === key);
  if (!element) throw new Error(`the platform has no element ${key}`);
  return element;
}

function account(id: string, name: string, key: string, part: Partial<InstanceView> = {}): InstanceView {
  const { name: product, initials } = find(key);
  return { id, name, element: key, product, initials, tags: [], disabled: false, ...part };
}

/** Five accounts, of which two are connections already. */
export function accounts(): InstanceView[] {
  return [
    account("429221", "Alder support", "alderdesk", { connection: "h1", tags: ["support"] }),
    account("429230", "Sales", "cedarcrm", { connection: "h2" }),
    account("431177", "Maple invoices", "maplebooks", { tags: ["finance", "north"] }),
    account("431502", "Old archive of the regional office in Greater Manchester", "oakfiles", {
      disabled: true,
      tags: ["archive"],
    }),
    account("432090", "Newsletter", "hazelmail"),
  ];
}

export function manyAccounts(count: number): InstanceView[] {
  const elements = platformCatalogue();
  return Array.from({ length: count }, (_, index) => {
    const { key, name } = elements[(index * 7) % elements.length] as ElementView;
    return account(`${430000 + index}`, `${name} ${index + 1}`, key);
  });
}

/** Makes a connection of the workspace `ACME`. */
export function hostedRow(...[product, part]: Parameters<typeof connectionRow>): ConnectionView {
  return connectionRow(product, { workspace: ACME.name, revocation: { way: "stays" }, ...part });
}

/** Four connections of `ACME`: one is switched off, one needs a new sign-in. */
export function hostedConnections(now: number): ConnectionView[] {
  const row = (id: string, instance: string, name: string, key: string, part = {}): ConnectionView =>
    hostedRow(find(key), { id, instance, name, created_at: now - 40 * DAY, ...part });
  return [
    row("h1", "429221", "Alder support", "alderdesk", { tags: ["support"] }),
    row("h2", "429230", "Sales", "cedarcrm"),
    row("h3", "429888", "Billing", "elmbooks", { status: "needs_sign_in", last_code: "sign_in_expired" }),
    row("h4", "430012", "Newsletter of last year", "hazelmail", { disabled: true }),
  ];
}
