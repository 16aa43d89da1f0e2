// Splits long texts so that their middle can be shortened: the end of an address distinguishes it as well as its start.

/** Holds the end of most domains, and leaves room for the start at 320 pixels. */
const TAIL = 12;
/** A text of this length fits anywhere and stays whole. */
const SHORT = 24;

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Splits a text into two halves, without cutting characters made of several code points. */
export function splitAtTail(text: string, tail = TAIL): [head: string, tail: string] {
  // Segmenting is slow for a list of thousands, and most texts are short.
  if (text.length <= SHORT) return [text, ""];
  const characters = [...graphemes.segment(text)].map((segment) => segment.segment);
  if (characters.length <= SHORT) return [text, ""];
  return [characters.slice(0, -tail).join(""), characters.slice(-tail).join("")];
}
