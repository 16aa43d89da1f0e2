// The calls about workspaces and about the accounts at their platforms.
import type { Failure, ImportView, WorkspaceRequest, WorkspaceView } from "../types";
import { failureOf } from "./failures";
import { hostedRow, hostedWorkspace, PRESETS } from "./platform";
import type { World } from "./world";

export function workspaceCalls(world: World) {
  function hosted(name: string): WorkspaceView {
    const workspace = world.state.workspaces.find((workspace) => workspace.name === name);
    if (workspace?.kind !== "hosted") throw failureOf("workspace_unknown");
    return workspace;
  }

  function findByLabel(label: string): WorkspaceView | undefined {
    return world.state.workspaces.find((workspace) => workspace.label.toLowerCase() === label.toLowerCase());
  }

  async function useWorkspace(name: string) {
    const { workspace: before, workspaces, connections } = world.state;
    const workspace = workspaces.find((workspace) => workspace.name === name);
    if (!workspace) throw failureOf("workspace_unknown");
    if (before.name === name) return;
    world.stored.set(before.name, connections);
    world.change(() => ({ workspace, connections: world.stored.get(name) ?? [], attempts: [] }));
  }

  return {
    useWorkspace,

    presets: async () => PRESETS,

    async addWorkspace({ name, base_url }: WorkspaceRequest) {
      world.requireKeychain();
      if (findByLabel(name)) throw { code: "workspace_taken", name } satisfies Failure;
      if (!URL.canParse(base_url) || !base_url.startsWith("https://"))
        throw { code: "form_invalid", fields: [{ key: "base_url", problem: "malformed" }] } satisfies Failure;
      const workspace = hostedWorkspace(name, base_url);
      world.change(({ workspaces }) => ({ workspaces: [...workspaces, workspace] }));
      return workspace;
    },

    async replaceSecrets(name: string, user_secret: string, organization_secret: string) {
      world.requireKeychain();
      hosted(name);
      const fields = Object.entries({ user_secret, organization_secret }).flatMap(([key, value]) =>
        value.trim() === "" ? [{ key, problem: "required" as const }] : [],
      );
      if (fields.length > 0) throw { code: "form_invalid", fields } satisfies Failure;
      for (const row of world.state.connections)
        if (row.workspace === name && row.last_code === "workspace_secrets")
          world.changeConnection(row.id, { status: "ok", last_code: undefined });
    },

    async renameWorkspace(name: string, label: string) {
      const before = hosted(name);
      const other = findByLabel(label);
      if (other && other.name !== name) throw { code: "workspace_taken", name: label } satisfies Failure;
      const after = { ...before, name: label, label };
      const stored = world.stored.get(name);
      if (stored) world.stored.set(label, stored);
      world.change(({ workspace, workspaces }) => ({
        workspace: workspace.name === name ? after : workspace,
        workspaces: workspaces.map((workspace) => (workspace.name === name ? after : workspace)),
      }));
    },

    async removeWorkspace(name: string) {
      hosted(name);
      if (world.state.workspace.name === name) await useWorkspace("local");
      world.stored.delete(name);
      world.change(({ workspaces }) => ({
        workspaces: workspaces.filter((workspace) => workspace.name !== name),
      }));
    },

    instances: async () => structuredClone(world.accounts),

    async importInstances(ids: string[]): Promise<ImportView> {
      world.requireKeychain();
      const result: ImportView = { added: [], failed: [] };
      for (const account of world.accounts.filter(({ id }) => ids.includes(id))) {
        const { id, name, element: key, product, initials, tags, disabled } = account;
        const failure = world.importFailures.get(id);
        if (failure) {
          result.failed.push({ instance: id, failure });
          continue;
        }
        const part = { id: `i${id}`, instance: id, name, tags, disabled };
        result.added.push(hostedRow({ key, name: product, initials }, part));
        account.connection = part.id;
      }
      world.change(({ connections }) => ({ connections: [...connections, ...result.added] }));
      return result;
    },
  };
}
