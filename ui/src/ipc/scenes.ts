// What the fake shows of this computer: a small catalogue and some connections. The real catalogue is
// src-tauri/elements; what stands at a hosted platform is in platform.ts.
import { plainField as field } from "../state/form";
import type { ConnectionView, ElementView, FieldView, State } from "./types";

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
      auth: "oauth2",
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
      fields: [...client("developer.webex.com › My Apps."), callback("ciscospark", port)],
    },
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
