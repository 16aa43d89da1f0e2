// Where and how two addresses differ that should be the same, letter for letter. copy/difference.ts has the words.

/** Splits two texts at their common start and end: `start + ours + end` is the first one. */
export function findDifference(ours: string, theirs: string) {
  // Code points, so that no character is cut in two.
  const [a, b] = [[...ours], [...theirs]];
  const shorter = Math.min(a.length, b.length);
  let start = 0;
  while (start < shorter && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < shorter - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  return {
    start: a.slice(0, start).join(""),
    ours: a.slice(start, a.length - end).join(""),
    theirs: b.slice(start, b.length - end).join(""),
    end: a.slice(a.length - end).join(""),
  };
}

/** A piece of an address. An empty one that differs marks a place where the other address has more. */
export interface Run {
  text: string;
  differs: boolean;
}

export type DifferenceKind =
  | { kind: "blank" | "host" | "path" | "rest" | "case" | "other" }
  | { kind: "scheme" | "loopback" | "port"; ours: string; theirs: string }
  | { kind: "slash"; ours: boolean };

/** The parts of an address. Not by `URL`, which normalizes what must be compared as written. */
const ADDRESS =
  /^(?<scheme>[a-z][a-z0-9+.-]*):\/\/(?<host>\[[^\]]*\]|[^/?#:]*)(?<port>(:[^/?#]*)?)(?<path>[^?#]*)(?<rest>.*)$/i;

type Parts = Record<"scheme" | "host" | "port" | "path" | "rest", string>;

function parse(address: string): Parts | undefined {
  return ADDRESS.exec(address)?.groups as Parts | undefined;
}

/** Splits both addresses into runs that differ or do not. Scheme, host, port and path are compared one by one, else a
 *  slash at the end would mark everything before it. */
export function splitRuns(ours: string, theirs: string): { ours: Run[]; theirs: Run[] } {
  const [a, b] = [parse(ours), parse(theirs)];
  const pieces = ({ scheme, host, port, path, rest }: Parts) => [scheme, "://", host, port, path, rest];
  const pairs = a && b ? pieces(a).map((piece, index) => [piece, pieces(b)[index] ?? ""]) : [[ours, theirs]];
  const runs = { ours: [] as Run[], theirs: [] as Run[] };
  const add = (to: Run[], text: string, differs: boolean) => {
    const last = to.at(-1);
    if (last && last.differs === differs) last.text += text;
    else if (text !== "" || differs) to.push({ text, differs });
  };
  for (const [left = "", right = ""] of pairs) {
    const middle = findDifference(left, right);
    for (const side of ["ours", "theirs"] as const) {
      add(runs[side], middle.start, false);
      if (left !== right) add(runs[side], middle[side], true);
      add(runs[side], middle.end, false);
    }
  }
  return runs;
}

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];
const SCHEMES = ["http", "https"];

const sameLetters = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
const withoutSlash = (path: string) => path.replace(/\/$/, "");

/** Lists how `theirs` differs from `ours`, in the order of an address. */
export function listDifferences(ours: string, theirs: string): DifferenceKind[] {
  if (ours === theirs) return [];
  const found: DifferenceKind[] = [];
  const bare = theirs.replace(/\s+/g, "");
  if (bare !== theirs) found.push({ kind: "blank" });
  if (bare === ours) return found;
  const [a, b] = [parse(ours), parse(bare)];
  if (!a || !b) return [...found, sameLetters(ours, bare) ? { kind: "case" } : { kind: "other" }];

  if (!sameLetters(a.scheme, b.scheme)) {
    const known = [a, b].every(({ scheme }) => SCHEMES.includes(scheme.toLowerCase()));
    found.push(known ? { kind: "scheme", ours: a.scheme, theirs: b.scheme } : { kind: "other" });
  }
  if (!sameLetters(a.host, b.host)) {
    const loopback = [a, b].every(({ host }) => LOOPBACK.includes(host.toLowerCase()));
    found.push(loopback ? { kind: "loopback", ours: a.host, theirs: b.host } : { kind: "host" });
  }
  if (a.port !== b.port) found.push({ kind: "port", ours: a.port, theirs: b.port });
  if (!sameLetters(withoutSlash(a.path), withoutSlash(b.path))) found.push({ kind: "path" });
  else if (a.path.endsWith("/") !== b.path.endsWith("/"))
    found.push({ kind: "slash", ours: a.path.endsWith("/") });
  if (!sameLetters(a.rest, b.rest)) found.push({ kind: "rest" });
  // Parts that are the same but for their case, whatever the other parts are.
  const pairs = [
    [a.scheme, b.scheme],
    [a.host, b.host],
    [withoutSlash(a.path), withoutSlash(b.path)],
    [a.rest, b.rest],
  ] as const;
  if (pairs.some(([left, right]) => left !== right && sameLetters(left, right))) found.push({ kind: "case" });
  return found;
}
