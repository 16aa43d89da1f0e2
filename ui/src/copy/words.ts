// Sentences of more than one screen, and those for screen readers. errors.ts has the words for failures.
import type {
  AuthView,
  ConnectionView,
  ElementView,
  Reach,
  Status,
  Stray,
  TestView,
  WayView,
  WorkspaceView,
} from "../ipc/types";
import { formatDate, relativeTime } from "./time";

const BADGES: Record<Status, string | null> = {
  ok: null,
  retrying: "Trying again",
  needs_sign_in: "Sign in again",
  needs_settings: "Check settings",
};

/** Returns the badge of a row; none for a healthy one. `byKey`: nobody signs in to it. */
export function badgeWord(connection: ConnectionView, byKey = false): string | null {
  if (connection.disabled) return "Off";
  // A new sign-in helps in neither case.
  if (connection.last_code === "instance_gone") return "Deleted there";
  if (connection.last_code === "workspace_secrets") return "Check secrets";
  if (byKey && connection.status === "needs_sign_in") return "Replace key";
  return BADGES[connection.status] ?? keyEndBadge(connection);
}

function keyEndBadge({ key_end }: ConnectionView): string | null {
  if (key_end === undefined) return null;
  return key_end === "over" ? "Key ended" : "Key ends soon";
}

/** Warns of the end of a key; null while it is far. */
export function keyEndWarning({
  key_end,
  expires_at = 0,
  product,
}: ConnectionView): { title: string; body: string } | null {
  if (key_end === undefined) return null;
  if (key_end === "over")
    return {
      title: `The key ended on ${formatDate(expires_at)}`,
      body: `${product} may refuse it from now on. Make a new one there, then replace it here.`,
    };
  return {
    title: `The key ends on ${formatDate(expires_at)}`,
    body: `Make a new one at ${product} before, then replace it here. Name and tags stay as they are.`,
  };
}

const REACHES: Record<Reach, string> = {
  sign_in: "Sign in",
  key: "Paste a key",
  app: "Needs an app",
};

/** Says how a product connects, at the end of its row. On this computer some do not. */
export function reachWord(
  { reach, retired, historical }: ElementView,
  kind: WorkspaceView["kind"] | undefined,
): string {
  if (kind === "local" && retired) return "Closed";
  if (kind === "local" && historical) return "Practice only";
  return REACHES[reach];
}

/** Says what to know about a product first; undefined for most. */
export function noteLine({ name, note, retired, historical }: ElementView): string | undefined {
  if (note !== undefined) return note;
  if (retired) return `${name} was closed. It works in practice, and where a platform still supports it.`;
  return historical ? `${name} works in practice, and where a platform supports it.` : undefined;
}

/** By the kind of what is entered; the browser has its own words. */
const WAYS: Record<AuthView, string> = {
  oauth2: "Client ID and secret",
  oauth1: "Keys and tokens",
  basic: "User name and password",
  session: "User name and password",
  api_key: "Paste a key",
  custom: "Enter the values by hand",
};

/** Names a way to connect, for a list of other ways. */
export function wayWord({ label, auth, reach }: WayView): string {
  if (label !== undefined) return label;
  if (reach === "sign_in") return "Sign in in the browser";
  return reach === "app" ? "Sign in with an app of yours" : WAYS[auth];
}

/** Labels the link to the page from which the form is filled in. */
export function setupWord({ reach }: Pick<ElementView, "reach">): string {
  return reach === "key"
    ? "Open the page where the key is made"
    : "Open the page where the app is registered";
}

/** What is entered instead of a sign-in, for the middle of a sentence. */
export function enteredWord(auth: AuthView | undefined): string {
  return auth === "api_key" ? "the key" : "what was entered";
}

/** What came to the callback address while a sign-in waits, and does not end it. */
export const STRAYS: Record<Stray, { title: string; body: string }> = {
  foreign: {
    title: "Something else came back",
    body: "It does not belong to this sign-in and was ignored. Finish in the browser, or start again.",
  },
  head_too_long: {
    title: "The browser sent too much",
    body: "It sent more cookies for localhost than Keyrack reads (256 kB). Delete them in the browser and load the page again.",
  },
};

/** “3 accounts”, with a capital for the start of a sentence. */
export function countAccounts(count: number): string {
  if (count === 0) return "No accounts";
  return count === 1 ? "1 account" : `${count.toLocaleString("en-GB")} accounts`;
}

/** “2 mistakes”, for the text of an element file. */
export function countMistakes(count: number): string {
  if (count === 0) return "No mistakes";
  return count === 1 ? "1 mistake" : `${count} mistakes`;
}

/** Returns the host of a hosted workspace. */
export function hostOf(workspace: WorkspaceView): string {
  return workspace.base_url ? new URL(workspace.base_url).host : "";
}

/** Explains what a workspace is. */
export function workspaceLine({ kind }: WorkspaceView): string {
  return {
    local: "Products are connected from this computer directly.",
    practice: "For trying things out. Nothing there is real.",
    hosted: "A platform that keeps the sign-ins.",
  }[kind];
}

/** Names the places where a secret is stored, for the line below its field. */
export function secretHelp(keychain: string, workspace: WorkspaceView | undefined): string {
  return workspace?.kind === "hosted"
    ? `Kept in the ${keychain} and at ${workspace.label}.`
    : `Kept in the ${keychain} only.`;
}

/** Tells whether a connection works while it is being tried again. */
export function retryingLine(connection: ConnectionView, now: number): string {
  const { expires_at, renewed_at, created_at } = connection;
  const tries = "Keyrack keeps trying by itself.";
  if (expires_at === undefined) return tries;
  return expires_at > now
    ? `${tries} Meanwhile it works with the access from ${relativeTime(renewed_at ?? created_at, now)}.`
    : `${tries} It stopped working ${relativeTime(expires_at, now)}.`;
}

/** Tells what happens to the access when a connection is removed. `byKey`: no sign-in gave the access. */
export function removalLine({ product, revocation }: ConnectionView, byKey = false): string {
  if (byKey && revocation.way === "page")
    return `The key is deleted from this computer. It works until it is deleted at ${product} too: its page for that opens with the link.`;
  if (byKey && revocation.way === "stays")
    return `The key is deleted from this computer. It works until it is deleted at ${product} too.`;
  switch (revocation.way) {
    case "ends":
      return `The sign-in is deleted from this computer and ended at ${product}.`;
    case "page":
      return `The sign-in is deleted from this computer. ${product} offers no way to end it from here: its page for that opens with the link.`;
    case "stays":
      return `The sign-in is deleted from this computer. Its access ends by itself at ${product}.`;
  }
}

/** “Works. maria@acme.example · 182 ms”. */
export function testLine({ identity, took_ms }: TestView): string {
  if (took_ms === undefined) return "Not tested. The product offers no way to ask whose sign-in it is.";
  const facts = [identity, `${took_ms.toLocaleString("en-GB")} ms`].filter(Boolean);
  return `Works. ${facts.join(" · ")}`;
}

/** Returns the second line of a row: the account and its host. */
export function identityLine(connection: ConnectionView): string {
  const { identity, host, product, name } = connection;
  if (identity && host) return `${identity} on ${host}`;
  return identity ?? host ?? (name === product ? "" : product);
}

export const ANNOUNCE = {
  waiting: (product: string) => `Finish signing in to ${product} in the browser.`,
  /** Spelled, because it is typed letter by letter. */
  waitingWithCode: (code: string, host: string) => `Enter the code ${[...code].join(" ")} at ${host}.`,
  connected: (name: string) => `${name} is connected.`,
  keyAccepted: (name: string, product: string, entered: string) =>
    `${product} accepted ${entered}. ${name} is connected.`,
  keyReplaced: (name: string) => `The key of ${name} is replaced.`,
  signedInAgain: (name: string) => `Signed in again to ${name}.`,
  unsaved: (product: string) => `The sign-in at ${product} is not saved yet.`,
  removed: (name: string) => `${name} was removed.`,
  removedLater: (name: string, product: string) =>
    `${name} was removed. ${product} did not answer. Keyrack tells it later.`,
  removedByPage: (name: string, product: string) =>
    `${name} was removed. Its access can be ended on a page of ${product}.`,
  described: (name: string) => `${name} is in the list now.`,
  mistakes: (count: number) => `${countMistakes(count)}.`,
  fileSaved: (name: string) => `${name} is saved and in the list.`,
  takenOut: (name: string) => `${name} is out of the list.`,
  renewed: (name: string) => `${name} was renewed.`,
  certificateAdded: "The certificate was added.",
  certificateRemoved: (subject: string) => `The certificate of ${subject} was removed.`,
  repaired: "The list is there again.",
  renamed: (name: string) => `Renamed to ${name}.`,
  tagAdded: (tag: string) => `Tag ${tag} added.`,
  tagRemoved: (tag: string) => `Tag ${tag} removed.`,
  noteSaved: "The note is saved.",
  switchedOff: (name: string) => `${name} is switched off.`,
  switchedOn: (name: string) => `${name} is switched on.`,
  inUse: (label: string) => `${label} is in use.`,
  secretsReplaced: (label: string) => `The secrets of ${label} are replaced.`,
  workspaceAdded: (label: string) => `${label} is added and in use.`,
  broughtIn: (added: number, failed: number) =>
    failed === 0
      ? `${countAccounts(added)} brought in.`
      : `${countAccounts(added)} brought in, ${failed === 1 ? "1 was" : `${failed} were`} not.`,
  tokenCopied: "Token copied. The clipboard is cleared after 30 seconds.",
  keyCopied: "Key copied. The clipboard is cleared after 30 seconds.",
  copied: "Copied.",
  linkCopied: "Link copied.",
};
