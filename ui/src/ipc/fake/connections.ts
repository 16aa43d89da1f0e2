// The calls about connections.
import type { Failure, RemovedView, TestView } from "../types";
import { MINUTE } from "./rows";
import type { World } from "./world";

export const connectionCalls = (world: World) => ({
  async copyToken(id: string) {
    world.requireKeychain();
    world.clipboard = `token of ${world.connection(id).id}`;
  },

  async rename(id: string, name: string) {
    const other = world.findByName(name);
    if (other && other.id !== id) throw { code: "name_taken", name } satisfies Failure;
    world.changeConnection(id, { name });
  },

  async test(id: string): Promise<TestView> {
    return { took_ms: 182, identity: world.connection(id).identity };
  },

  async renew(id: string) {
    const renewed_at = Date.now();
    const expires_at = renewed_at + 30 * MINUTE;
    world.changeConnection(id, { status: "ok", last_code: undefined, renewed_at, expires_at });
  },

  async remove(id: string): Promise<RemovedView> {
    const { revocation } = world.connection(id);
    world.change(({ connections }) => ({ connections: connections.filter((row) => row.id !== id) }));
    if (revocation.way === "page") return { revoked: "no", page: revocation.url };
    if (revocation.way === "stays") return { revoked: "no" };
    return { revoked: world.revocationFails ? "later" : "yes" };
  },

  openAccessPage: async () => {},

  setTags: async (id: string, tags: string[]) => world.changeConnection(id, { tags }),

  setNote: async (id: string, note: string) => world.changeConnection(id, { note: note.trim() || undefined }),

  setEnabled: async (id: string, enabled: boolean) => world.changeConnection(id, { disabled: !enabled }),
});
