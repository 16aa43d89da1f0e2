// Sentences that more than one screen says, and those that screen readers hear. Words for failures are in errors.ts.
import type { ConnectionView, KeychainView, Status } from "../ipc/types";

/** `{keychain}` in a sentence: what the system itself calls the place. */
export function keychainWord(keychain: KeychainView | undefined): string {
  return keychain?.name ?? "keyring";
}

/** The badge of a row. Healthy rows carry none: a word on every row would be noise. */
export const BADGES: Record<Status, string | null> = {
  ok: null,
  retrying: "Trying again",
  needs_sign_in: "Sign in again",
  needs_settings: "Check settings",
};

/** The status on the screen of one connection, where a word is always wanted. */
export const STATUS: Record<Status, string> = {
  ok: "Works",
  retrying: "Trying again",
  needs_sign_in: "Sign in again",
  needs_settings: "Check settings",
};

/** The second line of a row: who is signed in, and where. */
export function identityLine(connection: ConnectionView): string {
  const { identity, host, product, name } = connection;
  if (identity && host) return `${identity} on ${host}`;
  return identity ?? host ?? (name === product ? "" : product);
}

export const ANNOUNCE = {
  waiting: (product: string) => `Finish signing in to ${product} in the browser.`,
  connected: (name: string) => `${name} is connected.`,
  unsaved: (product: string) => `The sign-in at ${product} is not saved yet.`,
  removed: (name: string) => `${name} was removed.`,
  renamed: (name: string) => `Renamed to ${name}.`,
  tokenCopied: "Token copied. The clipboard is cleared after 30 seconds.",
  copied: "Copied.",
  linkCopied: "Link copied.",
};
