// Removing a connection, with the questions before it.
import { ANNOUNCE, removalLine } from "../copy/words";
import type { Code, ConnectionView } from "../ipc/types";
import type { Action } from "./action.svelte";
import type { App } from "./app.svelte";
import { attentionCode, findNeighbour } from "./groups";

/** The failures of a removal after which a connection may be removed here without its platform. */
const PLATFORM_SILENT: Code[] = [
  "platform_unreachable",
  "platform_failed",
  "platform_uncertain",
  "workspace_secrets",
  "platform_bad_response",
];

export async function removeConnection(
  app: App,
  connection: ConnectionView,
  action: Pick<Action<"remove">, "run" | "failure">,
): Promise<void> {
  const { platform } = app;
  const { id, name, product, revocation } = connection;
  const gone = attentionCode(connection) === "instance_gone";
  const openPage = () => void action.run(null, () => app.api.openAccessPage(id));
  const sure = await app.askToRemove({
    title: `Remove ${name}?`,
    body: platform
      ? `It is removed from this computer.${gone ? "" : ` This also deletes it at ${platform}.`}`
      : removalLine(connection, app.isByKey(connection)),
    link:
      revocation.way === "page" && !platform
        ? { label: `Open the page of ${product}`, press: openPage }
        : undefined,
  });
  if (!sure) return;
  const next = app.store.state ? findNeighbour(app.store.state, id) : undefined;
  const remove = async (here: boolean) => {
    const { revoked, page } = await app.api.remove(id, here);
    if (revoked === "later") app.announcer.say(ANNOUNCE.removedLater(name, product));
    else if (page !== undefined) app.announcer.say(ANNOUNCE.removedByPage(name, product));
    else app.announcer.say(ANNOUNCE.removed(name));
    app.removed = revoked === "later" || page !== undefined ? { connection: id, name, product, page } : null;
    await app.router.home(next);
    await app.store.refresh();
  };
  await action.run("remove", () => remove(false));
  const { failure } = action;
  if (!platform || !failure || !PLATFORM_SILENT.includes(failure.code)) return;
  const here = await app.askToRemove({
    title: `Remove ${name} here only?`,
    body: `${platform} can’t be asked just now. What stands there stays there.`,
    go: "Remove here",
  });
  if (here) await action.run("remove", () => remove(true));
}
