// Sentences about how the address registered at a product differs from ours.
import type { DifferenceKind } from "../state/difference";

/** `:80` in words. */
const portWord = (port: string) => (port.length > 1 ? `port ${port.slice(1)}` : "no port");

function describeKind(found: DifferenceKind): string {
  switch (found.kind) {
    case "blank":
      return "The registered one has a blank in it.";
    case "scheme":
      return `Keyrack’s begins with ${found.ours}, the registered one with ${found.theirs}.`;
    case "loopback":
      return `Keyrack’s says ${found.ours}, the registered one ${found.theirs}. They lead to the same place, but are not the same letters.`;
    case "host":
      return "They lead to different hosts.";
    case "port":
      return `Keyrack’s has ${portWord(found.ours)}, the registered one ${portWord(found.theirs)}.`;
    case "slash":
      return found.ours
        ? "Keyrack’s has a slash at the end, the registered one has none."
        : "The registered one has a slash at the end, Keyrack’s has none.";
    case "path":
      return "What follows the host is not the same.";
    case "rest":
      return "What follows the question mark is not the same.";
    case "case":
      return "Upper and lower case are not the same.";
    case "other":
      return "They are not the same from the marked place on.";
  }
}

/** Describes all differences in one line. */
export function differenceWords(found: DifferenceKind[]): string {
  return found.length === 0
    ? "Both are the same, letter for letter. Something else is in the way."
    : found.map(describeKind).join(" ");
}
