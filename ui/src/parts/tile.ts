// Chooses the tint of a product's tile by the element's key.

/** The first small odd number that gives the five products of the first catalogue five tints. */
const MULTIPLIER = 99;

export function tileTint(element: string): 1 | 2 | 3 | 4 | 5 {
  let hash = 0;
  for (const character of element) hash = (hash * MULTIPLIER + character.charCodeAt(0)) >>> 0;
  return ((hash % 5) + 1) as 1 | 2 | 3 | 4 | 5;
}
