// The rows of the fake's lists: one function fills in a connection, the others combine its rows.
import type { ConnectionView, ElementView } from "../types";
import { builtIn } from "./catalogue";

export const MINUTE = 60_000;
export const DAY = 24 * 60 * MINUTE;

type Product = Pick<ElementView, "key" | "name" | "initials"> & Partial<Pick<ElementView, "access">>;

/** Makes a connection that works, but for what `part` says otherwise. */
export function connectionRow(
  { key, name, initials, access = [] }: Product,
  part: Partial<ConnectionView> & Pick<ConnectionView, "id">,
): ConnectionView {
  return {
    name,
    element: key,
    product: name,
    initials,
    workspace: "local",
    tags: [],
    disabled: false,
    status: "ok",
    created_at: Date.now(),
    scopes: [],
    access,
    missing: [],
    revocation: { way: "ends" },
    ...part,
  };
}

function localRow(key: string, now: number, part: Partial<ConnectionView> & { id: string }): ConnectionView {
  return connectionRow(builtIn(key), {
    created_at: now - 9 * DAY,
    renewed_at: now - 7 * MINUTE,
    expires_at: now + 18 * MINUTE,
    scopes: ["read", "write"],
    ...part,
  });
}

/** Four connections, of which one needs a new sign-in. */
export function connections(now: number): ConnectionView[] {
  return [
    localRow("zendesk", now, {
      id: "c1",
      name: "Zendesk · support",
      identity: "maria@acme.example",
      host: "acme.zendesk.com",
      tags: ["support"],
    }),
    localRow("desk", now, { id: "c2", identity: "maria@acme.example", host: "acme.desk.com" }),
    localRow("sfdc", now, {
      id: "c3",
      identity: "ops@acme.example",
      status: "needs_sign_in",
      last_code: "sign_in_expired",
    }),
    localRow("actessentialsoauth", now, {
      id: "c4",
      name: "Act! Essentials, the long-named regional office of Acme Holdings",
      identity: "sales-operations-team@regional.acme.example",
      tags: ["sales", "north"],
    }),
  ];
}

/** Connections that were made with a key: one works, one is no longer accepted, and one of GitHub's two ways. */
export function keyConnections(now: number): ConnectionView[] {
  const key = {
    renewed_at: undefined,
    expires_at: undefined,
    scopes: [] as string[],
    revocation: { way: "stays" as const },
  };
  return [
    localRow("stripe", now, { ...key, id: "k1", identity: "billing@acme.example", host: "api.stripe.com" }),
    localRow("openai", now, {
      ...key,
      id: "k2",
      host: "api.openai.com",
      status: "needs_sign_in",
      last_code: "provider_rejected",
    }),
    localRow("anthropic", now, {
      ...key,
      id: "k4",
      name: "Anthropic · evaluation",
      host: "api.anthropic.com",
      expires_at: now + 5 * DAY,
      key_end: "week",
    }),
    localRow("notion", now, {
      ...key,
      id: "k5",
      way: "key",
      name: "Notion · handbook",
      identity: "Handbook reader",
      host: "api.notion.com",
      expires_at: now - 2 * DAY,
      key_end: "over",
    }),
    localRow("github", now, { id: "k3", way: "own-app", identity: "maria", host: "api.github.com" }),
  ];
}

/** Changes each row of `connections` as `parts` says, in order; rows without a part are left out. */
function changeRows(now: number, parts: Partial<ConnectionView>[]): ConnectionView[] {
  return connections(now)
    .slice(0, parts.length)
    .map((row, index) => ({ ...row, ...parts[index] }));
}

/** One connection of each status that is neither fine nor final. */
export function troubledConnections(now: number): ConnectionView[] {
  const retrying = { status: "retrying", last_code: "provider_unreachable" } as const;
  const rows = changeRows(now, [
    retrying,
    { revocation: { way: "stays" } },
    { status: "needs_settings", last_code: "provider_rejected" },
  ]);
  return [
    ...rows,
    localRow("ciscospark", now, {
      id: "c4",
      identity: "sales-operations-team@regional.acme.example",
      tags: ["sales", "north"],
      scopes: ["spark:people_read", "spark:rooms_read"],
      missing: ["spark:messages_read", "spark:messages_write"],
      revocation: { way: "page", url: "https://idbroker.webex.com/idb/profile#/tokens" },
    }),
    ...rows
      .slice(0, 1)
      .map((row) => ({ ...row, id: "c5", name: "Zendesk · sales", expires_at: now - 3 * MINUTE })),
  ];
}

export function manyConnections(now: number, count: number): ConnectionView[] {
  const rows = connections(now);
  return Array.from({ length: count }, (_, index) => {
    const row = rows[index % rows.length] as ConnectionView;
    const status = index % 97 === 2 ? ("needs_sign_in" as const) : ("ok" as const);
    return { ...row, id: `m${index}`, name: `${row.product} ${index + 1}`, status };
  });
}

/** Names that are too long for a row, that cannot be broken, or that are not Latin. */
export function longNamedConnections(now: number): ConnectionView[] {
  return changeRows(now, [
    {
      name: "Act! Essentials, the long-named regional office of Acme Holdings in Greater Manchester and the North West",
      identity: "sales-operations-and-customer-success-team@regional-north-west.holdings.acme.example",
      host: "regional-north-west-holdings.zendesk.com",
      tags: ["a-very-long-tag-that-goes-on", "sales"],
    },
    { name: "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" },
    { name: "サポート部門の共有アカウント 🗝️", identity: "支援@例え.example" },
  ]);
}
