// In words, how the address registered at a product differs from ours. The marks in the addresses say the same to the
// eye.
import type { Way } from "../state/difference";

const portWord = (port: string) => (port === "" ? "no port" : `port ${port}`);

export function wayWords(way: Way): string {
  switch (way.kind) {
    case "blank":
      return "The registered one has a blank in it.";
    case "scheme":
      return `Keyrack’s begins with ${way.ours}, the registered one with ${way.theirs}.`;
    case "loopback":
      return `Keyrack’s says ${way.ours}, the registered one ${way.theirs}. They lead to the same place, but are not the same letters.`;
    case "host":
      return "They lead to different hosts.";
    case "port":
      return `Keyrack’s has ${portWord(way.ours)}, the registered one ${portWord(way.theirs)}.`;
    case "slash":
      return way.ours
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

/** All ways in one line; “the same” is worth saying too, because then the cause is another one. */
export function differenceWords(ways: Way[]): string {
  return ways.length === 0
    ? "Both are the same, letter for letter. Something else is in the way."
    : ways.map(wayWords).join(" ");
}
