// Where a long text is divided so that its middle may give way: the end of an address or identity tells it from
// others as well as its beginning does.

/** Long enough for the end of most domains, short enough to leave room for the beginning at 320 pixels. */
const TAIL = 12;
/** Below this a text fits anywhere and is left whole. */
const SHORT = 24;

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** The two halves; together they are the text. Characters made of several code points stay whole. */
export function splitForMiddle(text: string, tail = TAIL): [head: string, tail: string] {
  // Most texts are short; segmenting a thousand of them is what a list must not pay for.
  if (text.length <= SHORT) return [text, ""];
  const characters = [...graphemes.segment(text)].map((segment) => segment.segment);
  if (characters.length <= SHORT) return [text, ""];
  return [characters.slice(0, -tail).join(""), characters.slice(-tail).join("")];
}
