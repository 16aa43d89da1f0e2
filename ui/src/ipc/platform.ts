// The hosted platform of the fake: a catalogue of two hundred products and the accounts that exist there.
import { plainField } from "../state/form";
import type { AuthView, ConnectionView, ElementView, FieldView, InstanceView, WorkspaceView } from "./types";

export const PRESETS = [
  {
    name: "us",
    label: "Cloud Elements, United States",
    base_url: "https://api.cloud-elements.com/elements/api-v2",
  },
  {
    name: "eu",
    label: "Cloud Elements, Europe",
    base_url: "https://api.cloud-elements.co.uk/elements/api-v2",
  },
  {
    name: "staging",
    label: "Cloud Elements, staging",
    base_url: "https://staging.cloud-elements.com/elements/api-v2",
  },
];

export function hostedWorkspace(name: string, base_url: string, connections = 0): WorkspaceView {
  return { name, label: name, kind: "hosted", base_url, connections };
}

export const ACME = hostedWorkspace("Acme platform", "https://api.cloud-elements.com/elements/api-v2");

const MAKERS = ["Alder", "Birch", "Cedar", "Elm", "Fir", "Hazel", "Juniper", "Larch", "Maple", "Oak"];
const MORE_MAKERS = [
  "Olive",
  "Pine",
  "Poplar",
  "Quince",
  "Rowan",
  "Spruce",
  "Sycamore",
  "Tamarind",
  "Willow",
  "Yew",
];
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

/** Two hundred, none with a form: the platform tells that for one element at a time. */
export function platformCatalogue(): ElementView[] {
  return [...MAKERS, ...MORE_MAKERS].flatMap((maker) =>
    KINDS.map(([suffix, category, auth]) => ({
      key: `${maker}${suffix}`.toLowerCase(),
      name: `${maker} ${suffix}`,
      initials: `${maker[0]}${suffix[0]}`,
      category,
      gives: "",
      access: [],
      auth,
      generic: false,
      retired: false,
      own: false,
      fields: [],
    })),
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

/** With every kind of field that a platform may describe. */
const ENTERED: FieldView[] = [
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

/** The same element with its form. */
export function described(element: ElementView): ElementView {
  const inBrowser = element.auth === "oauth2" || element.auth === "oauth1";
  return { ...element, fields: inBrowser ? OAUTH : ENTERED };
}

function account(id: string, name: string, element: string, part: Partial<InstanceView> = {}): InstanceView {
  const found = platformCatalogue().find((one) => one.key === element);
  return {
    id,
    name,
    element,
    product: found?.name ?? element,
    initials: found?.initials ?? "?",
    tags: [],
    disabled: false,
    ...part,
  };
}

/** Five accounts, of which two are connections already. */
export function accountsThere(): InstanceView[] {
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

export function manyAccountsThere(count: number): InstanceView[] {
  const all = platformCatalogue();
  return Array.from({ length: count }, (_, index) => {
    const { key, name } = all[(index * 7) % all.length] as ElementView;
    return account(`${430000 + index}`, `${name} ${index + 1}`, key);
  });
}

/** The connections of the workspace; one is off, one needs its owner. */
export function hostedConnections(now: number): ConnectionView[] {
  const DAY = 24 * 60 * 60_000;
  const from = (id: string, instance: string, name: string, element: string): ConnectionView => {
    const found = platformCatalogue().find((one) => one.key === element);
    return {
      id,
      name,
      element,
      product: found?.name ?? element,
      initials: found?.initials ?? "?",
      workspace: ACME.name,
      tags: [],
      disabled: false,
      instance,
      status: "ok",
      created_at: now - 40 * DAY,
      scopes: [],
      access: [],
      missing: [],
      revocation: { way: "stays" },
    };
  };
  return [
    { ...from("h1", "429221", "Alder support", "alderdesk"), tags: ["support"] },
    from("h2", "429230", "Sales", "cedarcrm"),
    { ...from("h3", "429888", "Billing", "elmbooks"), status: "needs_sign_in", last_code: "sign_in_expired" },
    { ...from("h4", "430012", "Newsletter of last year", "hazelmail"), disabled: true },
  ];
}
