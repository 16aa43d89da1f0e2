// The stages of attempts, and what changed between two states.
import type { AttemptView, State } from "../ipc/types";

/** Lists the attempts that reached `stage` since the state before. */
export function arrivedAt(stage: AttemptView["stage"], before: State | null, after: State): AttemptView[] {
  const stages = new Map(before?.attempts.map((attempt) => [attempt.id, attempt.stage]));
  return after.attempts.filter((attempt) => attempt.stage === stage && stages.get(attempt.id) !== stage);
}

export function isOpen({ stage }: AttemptView): boolean {
  return stage === "waiting" || stage === "finishing" || stage === "unsaved";
}

/** Whether its end can be postponed: the product sets the end of a code. */
export function canWaitLonger(attempt: AttemptView): boolean {
  return attempt.user_code === undefined;
}

/** When to offer paste-back, in milliseconds after the start: most answers arrive earlier. */
export const PASTE_BACK_AFTER = 20_000;

/** When to offer to wait longer, in milliseconds before the end (WCAG 2.2.1 asks for at least 20 seconds). */
export const KEEP_WAITING_BEFORE = 60_000;
