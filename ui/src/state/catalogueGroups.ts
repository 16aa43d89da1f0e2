// Divides the catalogue into the groups that show without a filter.
import type { ConnectionView, ElementView, WorkspaceView } from "../ipc/types";

/** What many people connect first; of the keys in one row, the first that exists. */
const START: string[][] = [
  ["gmail", "google"],
  ["microsoftgraph", "outlookemail"],
  ["slack"],
  ["github"],
  ["notion"],
  ["openai"],
  ["stripe"],
  ["zendesk"],
  ["sfdc"],
];

export const START_KEYS: ReadonlySet<string> = new Set(START.flat());

const MOST_RECENT = 4;
const MOST_START = 8;
/** Fewer are no help. */
const LEAST_START = 3;

export interface CatalogueGroup {
  title: string;
  members: ElementView[];
}

type Kind = WorkspaceView["kind"];

/** Whether an element can only be practised: here its sign-in is not known, or its maker closed it. */
export function isPracticeOnly({ historical, retired }: ElementView, kind: Kind | undefined): boolean {
  return kind === "local" && (historical || retired);
}

/** Lists the products of connections, the newest connection first. */
function listRecent(elements: Map<string, ElementView>, connections: ConnectionView[]): ElementView[] {
  const newest = [...connections].sort((a, b) => b.created_at - a.created_at);
  const keys = [...new Set(newest.map(({ element }) => element))];
  return keys.flatMap((key) => elements.get(key) ?? []).slice(0, MOST_RECENT);
}

/** Orders the category for everything else after the others, and generic forms after that. */
function rankCategory({ generic, category }: ElementView): number {
  return generic ? 2 : category === "Other" ? 1 : 0;
}

function groupByCategory(elements: ElementView[]): CatalogueGroup[] {
  const sorted = [...elements].sort(
    (a, b) => rankCategory(a) - rankCategory(b) || a.category.localeCompare(b.category, "en"),
  );
  const groups = new Map<string, ElementView[]>();
  for (const element of sorted) {
    const members = groups.get(element.category);
    if (members) members.push(element);
    else groups.set(element.category, [element]);
  }
  return [...groups].map(([title, members]) => ({ title, members }));
}

export function groupCatalogue(
  elements: ElementView[],
  connections: ConnectionView[],
  kind: Kind | undefined,
): CatalogueGroup[] {
  const open = elements.filter((element) => !element.retired && !isPracticeOnly(element, kind));
  const byKey = new Map(open.map((element) => [element.key, element]));
  const recent = listRecent(byKey, connections);
  const start = START.flatMap((keys) => byKey.get(keys.find((key) => byKey.has(key)) ?? "") ?? [])
    .filter((element) => !recent.includes(element))
    .slice(0, MOST_START);
  const groups = [
    { title: "Recently used", members: recent },
    { title: "Start here", members: start.length < LEAST_START ? [] : start },
    ...groupByCategory(open),
    {
      title: "Practice only",
      members: elements.filter((element) => !element.retired && isPracticeOnly(element, kind)),
    },
    { title: "Closed", members: elements.filter(({ retired }) => retired) },
  ];
  return groups.filter(({ members }) => members.length > 0);
}

/** Returns the groups with their first rows only. */
export function takeRows(groups: CatalogueGroup[], rows: number): CatalogueGroup[] {
  let left = rows;
  return groups.flatMap(({ title, members }) => {
    const taken = members.slice(0, left);
    left -= taken.length;
    return taken.length > 0 ? [{ title, members: taken }] : [];
  });
}
