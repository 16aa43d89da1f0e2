// Finds products in the catalogue: by name, former name, key, category and what they give, and with one wrong letter.
import type { ElementView } from "../ipc/types";
import { START_KEYS } from "./catalogueGroups";

/** How well an element matches, the best first. */
const enum Match {
  Whole,
  Beginning,
  WordBeginning,
  Inside,
  FormerBeginning,
  FormerInside,
  Subject,
  Typo,
  None,
}

/** A word with fewer letters is one wrong letter away from too many others. */
const SHORTEST_TYPO = 3;
const SHORTEST_TYPO_BEGINNING = 4;

interface Entry {
  element: ElementView;
  /** Name and key without spaces and signs. */
  wholes: string[];
  words: string[];
  formerWholes: string[];
  formerWords: string[];
  /** The words of its category and of what it gives. */
  subject: string[];
  /** Orders elements that match equally well. */
  order: number;
}

export type CatalogueIndex = Entry[];

export interface Found {
  element: ElementView;
  /** The former name by which it was found. */
  former?: string | undefined;
}

/** Splits a text into words of plain small letters: “Café & Co.” is “cafe” and “co”. */
export function foldWords(text: string): string[] {
  const plain = text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return plain.split(/[^\p{L}\p{N}]+/u).filter(Boolean);
}

const join = (words: string[]) => words.join("");

/** Makes the index once for all filters. `isLast` tells which elements stand behind others that match as well. */
export function indexCatalogue(
  elements: ElementView[],
  isLast: (element: ElementView) => boolean = () => false,
): CatalogueIndex {
  const rank = (element: ElementView) => (isLast(element) ? 2 : START_KEYS.has(element.key) ? 0 : 1);
  const sorted = [...elements].sort(
    (a, b) => rank(a) - rank(b) || a.name.length - b.name.length || (a.name < b.name ? -1 : 1),
  );
  return sorted.map((element, order) => {
    const words = foldWords(element.name);
    const key = foldWords(element.key);
    return {
      element,
      wholes: [...new Set([join(words), join(key)])],
      words: [...new Set([...words, ...key])],
      formerWholes: element.formerly.map((name) => join(foldWords(name))),
      formerWords: element.formerly.flatMap(foldWords),
      subject: foldWords(`${element.category} ${element.gives}`),
      order,
    };
  });
}

/** Lists what matches a filter, the best first; the whole catalogue if the filter has no words. */
export function searchCatalogue(index: CatalogueIndex, filter: string): Found[] {
  const words = foldWords(filter);
  const strict = rank(index, (entry) => matchEntry(entry, words, matchWord));
  // One wrong letter turns a word into too many others to show them beside what was meant.
  const isNamed = strict.some(({ match }) => match < Match.Subject);
  const ranked = isNamed ? strict : rank(index, (entry) => matchEntry(entry, words, matchTypo));
  return ranked
    .sort((a, b) => a.match - b.match || a.entry.order - b.entry.order)
    .map(({ entry, match }) => ({ element: entry.element, former: formerName(entry, match, words) }));
}

function rank(index: CatalogueIndex, match: (entry: Entry) => Match) {
  return index.map((entry) => ({ entry, match: match(entry) })).filter(({ match }) => match < Match.None);
}

function matchEntry(entry: Entry, words: string[], matchOne: (entry: Entry, word: string) => Match): Match {
  const typed = join(words);
  if (entry.wholes.includes(typed)) return Match.Whole;
  if (entry.wholes.some((whole) => whole.startsWith(typed))) return Match.Beginning;
  const former = entry.formerWholes.some((whole) => whole.startsWith(typed));
  // Each word has to match; the worst of them counts.
  const worst = Math.max(Match.Whole, ...words.map((word) => matchOne(entry, word))) as Match;
  return former ? (Math.min(worst, Match.FormerBeginning) as Match) : worst;
}

function matchWord(entry: Entry, word: string): Match {
  if (entry.words.some((own) => own.startsWith(word))) return Match.WordBeginning;
  if (entry.wholes.some((whole) => whole.includes(word))) return Match.Inside;
  if (entry.formerWords.some((own) => own.startsWith(word))) return Match.FormerBeginning;
  if (entry.formerWholes.some((whole) => whole.includes(word))) return Match.FormerInside;
  if (entry.subject.some((own) => own.startsWith(word))) return Match.Subject;
  return Match.None;
}

function matchTypo(entry: Entry, word: string): Match {
  const match = matchWord(entry, word);
  if (match !== Match.None) return match;
  const near = (own: string) => isNear(word, own);
  return [entry.words, entry.wholes, entry.formerWords].some((list) => list.some(near))
    ? Match.Typo
    : Match.None;
}

/** Whether a typed word is another word, or its beginning, but for one letter that is missing, too many, wrong or swapped
 *  with the next one. */
export function isNear(typed: string, word: string): boolean {
  if (typed.length < SHORTEST_TYPO) return false;
  let same = 0;
  while (same < typed.length && typed[same] === word[same]) same += 1;
  const fits = (typedFrom: number, wordFrom: number) => {
    const rest = typed.slice(typedFrom);
    return typed.length < SHORTEST_TYPO_BEGINNING
      ? word.slice(wordFrom) === rest
      : word.startsWith(rest, wordFrom);
  };
  const isSwapped = typed[same] === word[same + 1] && typed[same + 1] === word[same];
  return (
    fits(same, same + 1) ||
    fits(same + 1, same) ||
    fits(same + 1, same + 1) ||
    (isSwapped && fits(same + 2, same + 2))
  );
}

/** Returns the former name to show: without it nobody would see why the product was found. */
function formerName({ element }: Entry, match: Match, words: string[]): string | undefined {
  if (match < Match.FormerBeginning || match === Match.Subject) return undefined;
  const typed = join(words);
  return element.formerly.find((name) => {
    const own = foldWords(name);
    return (
      join(own).includes(typed) ||
      words.some((word) => own.some((one) => one.startsWith(word) || isNear(word, one)))
    );
  });
}
