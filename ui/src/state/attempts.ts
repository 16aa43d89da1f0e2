// What happened to attempts between two answers of the program. Pure, so that the App only has to act on it.
import type { AttemptView, State } from "../ipc/types";

/** Attempts that reached `stage` since the answer before. */
export function arrived(before: State | null, after: State, stage: AttemptView["stage"]): AttemptView[] {
  const were = new Map(before?.attempts.map((attempt) => [attempt.id, attempt.stage]));
  return after.attempts.filter((attempt) => attempt.stage === stage && were.get(attempt.id) !== stage);
}

export function isOpen(attempt: AttemptView): boolean {
  return attempt.stage === "waiting" || attempt.stage === "finishing" || attempt.stage === "unsaved";
}

/** Whether its end can be put off: a code ends when the product says, however long anybody waits. */
export function mayWaitLonger(attempt: AttemptView): boolean {
  return attempt.user_code === undefined;
}

/** Paste-back is offered from then on: an answer usually takes less. */
export const PASTE_BACK_AFTER = 20_000;

/** How long before its end an attempt offers to go on (WCAG 2.2.1 asks for at least 20 seconds). */
export const KEEP_WAITING_BEFORE = 60_000;
