// How the list of connections is divided, filtered and ordered.
import type { AttemptView, Code, ConnectionView, State } from "../ipc/types";
import { identityLine } from "../copy/words";

export interface Groups {
  /** Connections whose owner has to act, and attempts that failed or could not be saved. */
  attention: ConnectionView[];
  ended: AttemptView[];
  waiting: AttemptView[];
  connected: ConnectionView[];
}

/** Below this a filter costs more attention than it saves. */
export const FILTER_FROM = 8;

export function matches(connection: ConnectionView, words: string[]): boolean {
  if (words.length === 0) return true;
  const text = [connection.name, connection.product, identityLine(connection), ...connection.tags]
    .join(" ")
    .toLowerCase();
  return words.every((word) => text.includes(word));
}

export function wordsOf(filter: string): string[] {
  return filter.toLowerCase().split(/\s+/).filter(Boolean);
}

/** Its owner has to act. What was switched off was switched off by somebody: it waits for nobody. */
export function needsOwner(connection: ConnectionView): boolean {
  return (
    !connection.disabled && (connection.status === "needs_sign_in" || connection.status === "needs_settings")
  );
}

/** Why its owner has to act. A sign-in that ended has one remedy, whatever was said last; what the settings lack is said
 *  by the code, because some of it is not mended by signing in again. */
export function whyNotUsable(connection: ConnectionView): Code | null {
  if (!needsOwner(connection)) return null;
  const { last_code, status } = connection;
  if (last_code === "instance_gone" || last_code === "workspace_secrets") return last_code;
  return status === "needs_settings" ? (last_code ?? "needs_settings") : "sign_in_expired";
}

/** It can be used now, or will be by itself. */
export function isUsable(connection: ConnectionView): boolean {
  return !connection.disabled && !needsOwner(connection);
}

export function groupsOf(state: State, filter: string): Groups {
  const words = wordsOf(filter);
  const shown = state.connections.filter((connection) => matches(connection, words));
  return {
    attention: shown.filter(needsOwner),
    ended: state.attempts.filter((attempt) => attempt.stage === "failed" || attempt.stage === "unsaved"),
    waiting: state.attempts.filter((attempt) => attempt.stage === "waiting" || attempt.stage === "finishing"),
    connected: shown.filter((connection) => !needsOwner(connection)),
  };
}

/** The row that takes focus when `removed` goes: the next one, else the one before. */
export function neighbour(state: State, removed: string): string | undefined {
  const groups = groupsOf(state, "");
  const order = [...groups.attention, ...groups.connected].map((connection) => connection.id);
  const at = order.indexOf(removed);
  return at === -1 ? undefined : (order[at + 1] ?? order[at - 1]);
}
