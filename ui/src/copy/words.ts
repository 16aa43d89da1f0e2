// Sentences that more than one screen says, and those that screen readers hear. Words for failures are in errors.ts.
import type { ConnectionView, KeychainView, Status, TestView, WorkspaceView } from "../ipc/types";
import { relativeTime } from "./time";

/** `{keychain}` in a sentence: what the system itself calls the place. */
export function keychainWord(keychain: KeychainView | undefined): string {
  return keychain?.name ?? "keyring";
}

const BADGES: Record<Status, string | null> = {
  ok: null,
  retrying: "Trying again",
  needs_sign_in: "Sign in again",
  needs_settings: "Check settings",
};

/** The badge of a row. Healthy rows carry none: a word on every row would be noise. */
export function badgeOf(connection: ConnectionView): string | null {
  if (connection.disabled) return "Off";
  // Signing in again would mend neither of these.
  if (connection.last_code === "instance_gone") return "Deleted there";
  if (connection.last_code === "workspace_secrets") return "Check secrets";
  return BADGES[connection.status];
}

/** The status on the screen of one connection, where a word is always wanted. */
export function statusOf(connection: ConnectionView): string {
  return badgeOf(connection) ?? "Works";
}

/** “3 accounts”; it can stand at the beginning of a sentence. */
export function accounts(count: number): string {
  if (count === 0) return "No accounts";
  return count === 1 ? "1 account" : `${count.toLocaleString("en-GB")} accounts`;
}

/** The host of a hosted workspace; its whole address would be noise in a sentence. */
export function hostOf(workspace: WorkspaceView): string {
  return workspace.base_url ? new URL(workspace.base_url).host : "";
}

/** What a workspace is, for somebody who sees the word for the first time. */
export function workspaceLine(workspace: WorkspaceView): string {
  switch (workspace.kind) {
    case "local":
      return "Products are connected from this computer directly.";
    case "practice":
      return "For trying things out. Nothing there is real.";
    case "hosted":
      return "A platform that keeps the sign-ins.";
  }
}

/** Where a secret of a form ends up, for the line below its field. */
export function secretHelp(keychain: string, workspace: WorkspaceView | undefined): string {
  return workspace?.kind === "hosted"
    ? `Kept in the ${keychain} and at ${workspace.label}.`
    : `Kept in the ${keychain} only.`;
}

/** Why a connection is being tried again, and whether it works meanwhile. */
export function retryingLine(connection: ConnectionView, now: number): string {
  const { expires_at, renewed_at, created_at } = connection;
  const tries = "Keyrack keeps trying by itself.";
  if (expires_at === undefined) return tries;
  return expires_at > now
    ? `${tries} Meanwhile it works with the access from ${relativeTime(renewed_at ?? created_at, now)}.`
    : `${tries} It stopped working ${relativeTime(expires_at, now)}.`;
}

/** What becomes of the access when a connection is removed. */
export function removalLine({ product, revocation }: ConnectionView): string {
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
  const facts = [identity, `${took_ms.toLocaleString("en-GB")} ms`].filter(Boolean);
  return `Works. ${facts.join(" · ")}`;
}

/** The second line of a row: who is signed in, and where. */
export function identityLine(connection: ConnectionView): string {
  const { identity, host, product, name } = connection;
  if (identity && host) return `${identity} on ${host}`;
  return identity ?? host ?? (name === product ? "" : product);
}

export const ANNOUNCE = {
  waiting: (product: string) => `Finish signing in to ${product} in the browser.`,
  /** Letter by letter, because that is how it is typed. */
  waitingWithCode: (code: string, host: string) => `Enter the code ${[...code].join(" ")} at ${host}.`,
  connected: (name: string) => `${name} is connected.`,
  signedInAgain: (name: string) => `Signed in again to ${name}.`,
  unsaved: (product: string) => `The sign-in at ${product} is not saved yet.`,
  removed: (name: string) => `${name} was removed.`,
  removedLater: (name: string, product: string) =>
    `${name} was removed. ${product} did not answer. Keyrack tells it later.`,
  removedByPage: (name: string, product: string) =>
    `${name} was removed. Its access can be ended on a page of ${product}.`,
  described: (name: string) => `${name} is in the list now.`,
  takenOut: (name: string) => `${name} is out of the list.`,
  renewed: (name: string) => `${name} was renewed.`,
  certificateAdded: "The certificate was added.",
  certificateRemoved: (subject: string) => `The certificate of ${subject} was removed.`,
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
      ? `${accounts(added)} brought in.`
      : `${accounts(added)} brought in, ${failed === 1 ? "1 was" : `${failed} were`} not.`,
  tokenCopied: "Token copied. The clipboard is cleared after 30 seconds.",
  copied: "Copied.",
  linkCopied: "Link copied.",
};
