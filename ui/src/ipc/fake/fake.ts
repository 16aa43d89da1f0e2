// The program in memory, so that the window runs in a plain browser: for work on its looks, for the pictures and for
// tests. The bundle of the window holds no line of it (main.ts).
import type { Api } from "../api";
import type { State, WorkspaceView } from "../types";
import { attemptCalls } from "./attempts";
import { connectionCalls } from "./connections";
import { elementCalls } from "./elements";
import { elementTextCalls } from "./elementTexts";
import { settingCalls } from "./settings";
import { workspaceCalls } from "./workspaces";
import { World } from "./world";

export interface Fake extends Api {
  /** What the calls answer from; tests and scenes change it. */
  world: World;
}

function readState({ state, stored }: World): State {
  const { workspace: used, workspaces, ...rest } = structuredClone(state);
  const withCount = (workspace: WorkspaceView): WorkspaceView => {
    const rows = workspace.name === used.name ? rest.connections : stored.get(workspace.name);
    return { ...workspace, connections: rows?.length ?? workspace.connections };
  };
  return { ...rest, workspace: withCount(used), workspaces: workspaces.map(withCount) };
}

export function createFake(state: State, finish: number | null = 4000): Fake {
  const world = new World(state, finish);
  const calls: Api = {
    state: async () => readState(world),
    ...elementCalls(world),
    ...elementTextCalls(world),
    ...attemptCalls(world),
    ...connectionCalls(world),
    ...workspaceCalls(world),
    ...settingCalls(world),
    onChanged: async (listener) => {
      world.listener = listener;
    },
  };
  const refusable = Object.entries(calls).map(([name, call]) => [
    name,
    async (...args: unknown[]) => {
      await world.checkRefusal(name as keyof Api);
      return (call as (...args: unknown[]) => unknown)(...args);
    },
  ]);
  return { ...(Object.fromEntries(refusable) as Api), world };
}
