// What a product's tile shows: its mark, or initials, on a tint chosen by the element's key.
import { PATHS, SLUGS } from "virtual:marks";

/** The first small odd number that gives the five products of the first catalogue five tints. */
const MULTIPLIER = 99;

export function tileTint(element: string): 1 | 2 | 3 | 4 | 5 {
  let hash = 0;
  for (const character of element) hash = (hash * MULTIPLIER + character.charCodeAt(0)) >>> 0;
  return ((hash % 5) + 1) as 1 | 2 | 3 | 4 | 5;
}

/** A key may be the name of a property that every object has. */
function ownValue(record: Record<string, string>, key: string): string | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/** Returns the path of a product's mark on 24 × 24. A file of the user may name a mark that is in the bundle. */
export function markPath(element: string, slug = ownValue(SLUGS, element)): string | undefined {
  return slug === undefined ? undefined : ownValue(PATHS, slug);
}
