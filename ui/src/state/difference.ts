// Where two addresses differ that should be the same, letter for letter, and in what way. Pure; the words are in
// copy/difference.ts, parts/RedirectCheck.svelte shows both.

/** Two texts with what they share at both ends taken off: `start + ours + end` is the first one. */
export interface Difference {
  start: string;
  ours: string;
  theirs: string;
  end: string;
}

export function difference(ours: string, theirs: string): Difference {
  // By code points, so that no character is cut in two.
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

/** A piece of an address. An empty one that differs is a place where the other address has something. */
export interface Run {
  text: string;
  differs: boolean;
}

/** In what way two addresses differ. */
export type Way =
  | { kind: "blank" }
  | { kind: "scheme"; ours: string; theirs: string }
  | { kind: "loopback"; ours: string; theirs: string }
  | { kind: "host" }
  | { kind: "port"; ours: string; theirs: string }
  | { kind: "slash"; ours: boolean }
  | { kind: "path" }
  | { kind: "rest" }
  | { kind: "case" }
  | { kind: "other" };

interface Parts {
  scheme: string;
  host: string;
  port: string;
  path: string;
  rest: string;
}

// Read by hand: the platform's own reader would mend what must be compared as it is written.
function parts(address: string): Parts | null {
  const found = /^([a-z][a-z0-9+.-]*):\/\/(\[[^\]]*\]|[^/?#:]*)(?::([^/?#]*))?([^?#]*)(.*)$/is.exec(address);
  if (!found) return null;
  const [, scheme = "", host = "", port = "", path = "", rest = ""] = found;
  return { scheme, host, port, path, rest };
}

function pieces({ scheme, host, port, path, rest }: Parts): string[] {
  return [scheme, "://", host, port === "" ? "" : `:${port}`, path, rest];
}

/** Both addresses in pieces, so that each place in which they differ can be marked: scheme, host, port and path are
 *  compared one by one, else a slash at the end would mark all that stands before it. */
export function runsOf(ours: string, theirs: string): { ours: Run[]; theirs: Run[] } {
  const [a, b] = [parts(ours), parts(theirs)];
  const pairs = a && b ? pieces(a).map((piece, index) => [piece, pieces(b)[index] ?? ""]) : [[ours, theirs]];
  const runs = { ours: [] as Run[], theirs: [] as Run[] };
  const add = (to: Run[], text: string, differs: boolean) => {
    const last = to.at(-1);
    if (last && last.differs === differs) last.text += text;
    else if (text !== "" || differs) to.push({ text, differs });
  };
  for (const [one = "", other = ""] of pairs) {
    const { start, ours: mine, theirs: yours, end } = difference(one, other);
    for (const to of [runs.ours, runs.theirs]) add(to, start, false);
    if (one !== other) {
      add(runs.ours, mine, true);
      add(runs.theirs, yours, true);
    }
    for (const to of [runs.ours, runs.theirs]) add(to, end, false);
  }
  return runs;
}

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];
const SCHEMES = ["http", "https"];

const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
const unslashed = (path: string) => path.replace(/\/$/, "");

/** Every way in which `theirs` differs from `ours`, in the order of an address; none if they are the same. */
export function waysOf(ours: string, theirs: string): Way[] {
  if (ours === theirs) return [];
  const ways: Way[] = [];
  const bare = theirs.replace(/\s+/g, "");
  if (bare !== theirs) ways.push({ kind: "blank" });
  if (bare === ours) return ways;
  const [a, b] = [parts(ours), parts(bare)];
  if (!a || !b) return [...ways, same(ours, bare) ? { kind: "case" } : { kind: "other" }];

  if (!same(a.scheme, b.scheme)) {
    const known = SCHEMES.includes(a.scheme.toLowerCase()) && SCHEMES.includes(b.scheme.toLowerCase());
    ways.push(known ? { kind: "scheme", ours: a.scheme, theirs: b.scheme } : { kind: "other" });
  }
  if (!same(a.host, b.host)) {
    const both = LOOPBACK.includes(a.host.toLowerCase()) && LOOPBACK.includes(b.host.toLowerCase());
    ways.push(both ? { kind: "loopback", ours: a.host, theirs: b.host } : { kind: "host" });
  }
  if (a.port !== b.port) ways.push({ kind: "port", ours: a.port, theirs: b.port });
  if (!same(unslashed(a.path), unslashed(b.path))) ways.push({ kind: "path" });
  else if (a.path.endsWith("/") !== b.path.endsWith("/"))
    ways.push({ kind: "slash", ours: a.path.endsWith("/") });
  if (!same(a.rest, b.rest)) ways.push({ kind: "rest" });
  // What is the same but for its case in one part, whatever the other parts are.
  const pairs = [
    [a.scheme, b.scheme],
    [a.host, b.host],
    [unslashed(a.path), unslashed(b.path)],
    [a.rest, b.rest],
  ] as const;
  if (pairs.some(([one, other]) => one !== other && same(one, other))) ways.push({ kind: "case" });
  return ways;
}
