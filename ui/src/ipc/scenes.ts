// What the fake shows of this computer: a small catalogue and some connections. The real catalogue is
// src-tauri/elements; what stands at a hosted platform is in platform.ts.
import { plainField as field } from "../state/form";
import type { CertificateView, ConnectionView, ElementView, FieldView, State } from "./types";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

export function emptyState(): State {
  const workspaces: State["workspaces"] = [
    { name: "local", label: "This computer", kind: "local", connections: 0 },
    { name: "practice", label: "Practice", kind: "practice", connections: 0 },
  ];
  return {
    workspace: { name: "local", label: "This computer", kind: "local", connections: 0 },
    workspaces,
    connections: [],
    attempts: [],
    keychain: { name: "keyring", state: "ready" },
    settings: {
      appearance: "system",
      callback_port: 14747,
      data_folder: "/home/maria/.local/share/keyrack",
      elements_folder: "/home/maria/.config/keyrack/elements",
      log_folder: "/home/maria/.local/state/keyrack/log",
      version: "0.1.0",
      certificates: [],
      proxy: "",
    },
  };
}

function client(where: string): FieldView[] {
  return [
    field({
      key: "oauth.api.key",
      label: "Identifier",
      help: `${where} The person who manages it can look it up.`,
      example: "keyrack",
      problem: "Copy the whole value again, without spaces.",
    }),
    field({
      key: "oauth.api.secret",
      label: "Secret",
      help: "Beside the identifier.",
      example: "practice-secret",
      secret: true,
    }),
  ];
}

function callback(provider: string, port: number): FieldView {
  return field({
    key: "oauth.callback.url",
    label: "Redirect URL",
    help: "Must be listed, letter for letter, where the product knows this app.",
    example: `http://localhost:${port}/callback/${provider}`,
    value: `http://localhost:${port}/callback/${provider}`,
    kind: "address",
    advanced: true,
  });
}

const address = (key: string, label: string, help: string): FieldView =>
  field({
    key,
    label,
    help,
    kind: "address",
    example: `https://accounts.example.com/${key.split("_")[0]}`,
    problem: "Enter a whole address that begins with https://.",
    required: false,
    advanced: true,
  });

/** The forms that themselves say which provider they are. */
function generic(port: number): ElementView[] {
  const access = [
    "What the product lists when signing in",
    "Staying connected as long as the product allows",
  ];
  const name = field({
    key: "provider.name",
    label: "What the product is called",
    help: "Shown in lists. Left empty, the address is shown.",
    example: "Acme",
    required: false,
  });
  const kind = { category: "Other", access, generic: true, retired: false, own: false };
  return [
    {
      ...kind,
      key: "oauth2",
      name: "Other (OAuth 2 / OpenID)",
      initials: "O2",
      gives: "Any product with OAuth 2 or OpenID Connect",
      auth: "oauth2",
      fields: [
        name,
        field({
          key: "issuer",
          label: "Sign-in address",
          help: "The product’s documentation calls it issuer or authority. Everything else is read from there. Without one, open the advanced settings and enter the addresses one by one.",
          example: "https://accounts.example.com",
          problem: "Enter a whole address that begins with https://, such as https://accounts.example.com.",
          kind: "address",
          required: false,
        }),
        ...client("Given when this app is registered there."),
        field({
          key: "scope",
          label: "Access to ask for",
          help: "The product’s own words (scopes), separated by spaces. Left empty, only what signing in itself needs.",
          example: "openid email",
          required: false,
        }),
        field({
          key: "oauth.grant",
          label: "Sign in with",
          help: "A code helps where the browser cannot come back to this computer. The application itself has access without any person.",
          kind: "select",
          value: "authorization_code",
          options: [
            { value: "authorization_code", label: "The browser" },
            { value: "device_code", label: "A code on another device" },
            { value: "client_credentials", label: "The application itself" },
          ],
        }),
        callback("oauth2", port),
        address("authorization_endpoint", "Authorization endpoint", "Where the browser is sent."),
        address("token_endpoint", "Token endpoint", "Where tokens come from."),
        address("userinfo_endpoint", "Userinfo endpoint", "Where the product tells who signed in."),
      ],
    },
    {
      ...kind,
      key: "oauth1",
      name: "Other (OAuth 1.0a)",
      initials: "O1",
      gives: "Any product with OAuth 1.0a",
      auth: "oauth1",
      fields: [
        name,
        ...["Request token address", "Sign-in address", "Access token address"].map((label, index) => ({
          ...address(
            ["request_token_endpoint", "authorization_endpoint", "token_endpoint"][index] ?? "",
            label,
            "",
          ),
          required: true,
          advanced: false,
        })),
        ...client("Given when this app is registered there."),
        callback("oauth1", port),
      ],
    },
  ];
}

/** What `describe` makes. A host that begins with “register” registers apps by itself. */
export function madeElement(host: string, name: string, port: number, grant?: string): ElementView {
  const key = host.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  const registers = host.startsWith("register");
  return {
    key,
    name,
    initials: name.slice(0, 2).toUpperCase(),
    category: "Other",
    gives: host,
    access: ["What the product lists when signing in"],
    auth: "oauth2",
    generic: false,
    retired: false,
    own: true,
    fields: [
      ...client("Given by the product when this app is registered there.").map((one) => ({
        ...one,
        required: !registers,
        label: one.secret ? "Client secret" : "Client ID",
      })),
      ...(grant === undefined || grant === "authorization_code"
        ? []
        : [
            field({
              key: "oauth.grant",
              label: "Sign in with",
              kind: "select",
              value: grant,
              options: [
                { value: "authorization_code", label: "The browser" },
                { value: grant, label: "A code on another device" },
              ],
            }),
          ]),
      callback(key, port),
    ],
  };
}

/** Certificate authorities that were added. */
export function certificate(index: number): CertificateView {
  const [subject = "", issuer = ""] =
    index === 0
      ? ["Acme Network Inspection CA", "Acme Network Inspection CA"]
      : ["Acme Holdings Regional Offices Issuing Authority 2", "Acme Root"];
  return {
    subject,
    issuer,
    expires_at: Date.UTC(2031, 4, 3),
    sha256: `${index}`.padStart(2, "0").repeat(32),
  };
}

const STAYING = "Staying connected until it is removed here";

/** The products of the fake; in practice every field is filled in. */
export function catalogue(port: number, practice: boolean): ElementView[] {
  const elements: ElementView[] = [
    {
      key: "zendesk",
      name: "Zendesk",
      initials: "ZD",
      category: "Help desk",
      gives: "Tickets, people and organizations",
      access: ["Reading and writing tickets, people and organizations", STAYING],
      auth: "oauth2",
      generic: false,
      retired: false,
      own: false,
      fields: [
        field({
          key: "zendesk.subdomain",
          label: "Zendesk address",
          help: "The first part of the address at which Zendesk is opened in the browser.",
          example: "acme",
          prefix: "https://",
          suffix: ".zendesk.com",
          problem: "Enter only the first part, such as acme for acme.zendesk.com.",
          max_length: 63,
        }),
        ...client("Admin Center › Apps and integrations › APIs."),
        callback("zendesk", port),
      ],
    },
    {
      key: "desk",
      name: "Desk.com",
      initials: "DE",
      category: "Help desk",
      gives: "Cases, customers and companies",
      access: ["Reading and writing cases, customers and companies", STAYING],
      note: "Desk.com closed in March 2020. This entry can be practised, and works with a hosted workspace that still answers for it.",
      auth: "oauth1",
      generic: false,
      retired: true,
      own: false,
      fields: [
        field({ key: "subdomain", label: "Desk.com address", example: "acme", suffix: ".desk.com" }),
        ...client("Settings › API."),
        callback("desk", port),
      ],
    },
    {
      key: "sfdc",
      name: "Salesforce",
      initials: "SF",
      category: "CRM",
      gives: "Accounts, contacts and opportunities",
      access: ["Reading and writing accounts, contacts and opportunities", STAYING],
      auth: "oauth2",
      generic: false,
      retired: false,
      own: false,
      fields: [
        field({
          key: "environment",
          label: "Environment",
          kind: "select",
          value: "production",
          options: [
            { value: "production", label: "Production" },
            { value: "sandbox", label: "Sandbox" },
            { value: "own", label: "Own address" },
          ],
        }),
        field({
          key: "site.address",
          label: "Address",
          kind: "host",
          suffix: ".my.salesforce.com",
          visible_when: { field: "environment", is: "own" },
        }),
        ...client("Setup › App Manager."),
        field({
          key: "bulk",
          label: "Ask for bulk access too",
          help: "Needed for exports of more than 2,000 records.",
          kind: "toggle",
          value: "false",
          required: false,
          advanced: true,
        }),
        callback("salesforce", port),
      ],
    },
    {
      key: "actessentialsoauth",
      name: "Act! Essentials",
      initials: "A!",
      category: "CRM",
      gives: "Contacts, activities and notes",
      access: ["Reading and writing contacts and activities", STAYING],
      note: "Act! Essentials is now Act! 365, which has another way to connect. This entry can be practised, and works with a hosted workspace that still answers for it.",
      auth: "oauth2",
      generic: false,
      retired: true,
      own: false,
      fields: [...client("Act! developer portal."), callback("actessentialsoauth", port)],
    },
    {
      key: "ciscospark",
      name: "Webex",
      initials: "WX",
      category: "Messaging",
      gives: "Messages, spaces and people",
      access: ["Reading spaces, teams and who is in them", "Reading and sending messages", STAYING],
      auth: "oauth2",
      generic: false,
      retired: false,
      own: false,
      fields: [...client("developer.webex.com › My Apps."), callback("ciscospark", port)],
    },
    ...generic(port),
  ];
  if (!practice) return elements;
  return elements.map((element) => ({
    ...element,
    fields: element.fields.map((one) => ({ ...one, value: one.value || one.example })),
  }));
}

/** A handful, one of each status. */
export function connections(now: number): ConnectionView[] {
  const all = catalogue(14747, false);
  const from = (element: string, part: Partial<ConnectionView>, index: number): ConnectionView => {
    const found = all.find((one) => one.key === element);
    return {
      id: `c${index}`,
      workspace: "local",
      element,
      product: found?.name ?? element,
      name: found?.name ?? element,
      initials: found?.initials ?? "??",
      tags: [],
      disabled: false,
      status: "ok",
      created_at: now - 9 * DAY,
      renewed_at: now - 7 * MINUTE,
      expires_at: now + 18 * MINUTE,
      scopes: ["read", "write"],
      access: found?.access ?? [],
      missing: [],
      revocation: { way: "ends" },
      ...part,
    };
  };
  return [
    from(
      "zendesk",
      {
        name: "Zendesk · support",
        identity: "maria@acme.example",
        host: "acme.zendesk.com",
        tags: ["support"],
      },
      1,
    ),
    from("desk", { identity: "maria@acme.example", host: "acme.desk.com" }, 2),
    from("sfdc", { identity: "ops@acme.example", status: "needs_sign_in", last_code: "sign_in_expired" }, 3),
    from(
      "actessentialsoauth",
      {
        name: "Act! Essentials, the long-named regional office of Acme Holdings",
        identity: "sales-operations-team@regional.acme.example",
        tags: ["sales", "north"],
      },
      4,
    ),
  ];
}

/** One of each state that is neither fine nor final. */
export function troubled(now: number): ConnectionView[] {
  const [zendesk, desk, sales, act] = connections(now) as [
    ConnectionView,
    ConnectionView,
    ConnectionView,
    ConnectionView,
  ];
  const webex = catalogue(14747, false).find((one) => one.key === "ciscospark");
  return [
    { ...zendesk, status: "retrying", last_code: "provider_unreachable" },
    { ...desk, revocation: { way: "stays" } },
    { ...sales, status: "needs_settings", last_code: "provider_rejected" },
    {
      ...act,
      id: "c4",
      element: "ciscospark",
      product: "Webex",
      name: "Webex",
      initials: "WX",
      access: webex?.access ?? [],
      scopes: ["spark:people_read", "spark:rooms_read"],
      missing: ["spark:messages_read", "spark:messages_write"],
      revocation: { way: "page", url: "https://idbroker.webex.com/idb/profile#/tokens" },
    },
    {
      ...zendesk,
      id: "c5",
      name: "Zendesk · sales",
      status: "retrying",
      last_code: "provider_unreachable",
      expires_at: now - 3 * MINUTE,
    },
  ];
}

export function manyConnections(now: number, count: number): ConnectionView[] {
  const base = connections(now);
  return Array.from({ length: count }, (_, index) => {
    const one = base[index % base.length] as ConnectionView;
    return {
      ...one,
      id: `m${index}`,
      name: `${one.product} ${index + 1}`,
      status: index % 97 === 2 ? ("needs_sign_in" as const) : ("ok" as const),
    };
  });
}
