// Divides and filters the list of connections.
import type { Code, ConnectionView, State } from "../ipc/types";
import { identityLine } from "../copy/words";

/** The least number of connections that shows a filter. */
export const FILTER_FROM = 8;

function matches(connection: ConnectionView, words: string[]): boolean {
  if (words.length === 0) return true;
  const text = [connection.name, connection.product, identityLine(connection), ...connection.tags]
    .join(" ")
    .toLowerCase();
  return words.every((word) => text.includes(word));
}

export function splitWords(filter: string): string[] {
  return filter.toLowerCase().split(/\s+/).filter(Boolean);
}

/** Whether the user has to act; never for a connection that is switched off. */
export function needsAttention({ disabled, status }: ConnectionView): boolean {
  return !disabled && (status === "needs_sign_in" || status === "needs_settings");
}

/** Whether it works, but its key ends soon or is said to have ended. */
function hasEndingKey(connection: ConnectionView): boolean {
  return isUsable(connection) && connection.key_end !== undefined;
}

/** Returns the code that tells what the user has to do. For `needs_sign_in` it is one code, whatever the last one was;
 *  for `needs_settings` it is the last code, because a new sign-in does not help in every case. */
export function attentionCode(connection: ConnectionView): Code | null {
  if (!needsAttention(connection)) return null;
  const { last_code, status } = connection;
  if (last_code === "instance_gone" || last_code === "workspace_secrets") return last_code;
  return status === "needs_settings" ? (last_code ?? "needs_settings") : "sign_in_expired";
}

/** Whether it works, or will without the user. */
export function isUsable(connection: ConnectionView): boolean {
  return !connection.disabled && !needsAttention(connection);
}

export function groupConnections(state: State, filter: string) {
  const words = splitWords(filter);
  const shown = state.connections.filter((connection) => matches(connection, words));
  return {
    /** Connections whose user has to act, now or soon. */
    attention: [...shown.filter(needsAttention), ...shown.filter(hasEndingKey)],
    /** Attempts that failed or could not be saved. */
    ended: state.attempts.filter((attempt) => attempt.stage === "failed" || attempt.stage === "unsaved"),
    waiting: state.attempts.filter((attempt) => attempt.stage === "waiting" || attempt.stage === "finishing"),
    connected: shown.filter((connection) => !needsAttention(connection) && !hasEndingKey(connection)),
  };
}

/** Finds the row that takes the focus when `removed` goes: the next one, else the one before. */
export function findNeighbour(state: State, removed: string): string | undefined {
  const { attention, connected } = groupConnections(state, "");
  const ids = [...attention, ...connected].map(({ id }) => id);
  const index = ids.indexOf(removed);
  return index === -1 ? undefined : (ids[index + 1] ?? ids[index - 1]);
}
