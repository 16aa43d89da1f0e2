// The table of screens: each with its component and its properties. A screen whose subject is gone has none.
import type { Component } from "svelte";
import type { State } from "../ipc/types";
import type { Route } from "../state/router.svelte";
import Add from "./Add.svelte";
import AddWorkspace from "./AddWorkspace.svelte";
import Connect from "./Connect.svelte";
import Connection from "./Connection.svelte";
import Connections from "./Connections.svelte";
import Import from "./Import.svelte";
import ReplaceSecrets from "./ReplaceSecrets.svelte";
import Settings from "./Settings.svelte";

interface View {
  component: Component;
  props: Record<string, unknown>;
}

/** Pairs a component with its properties. */
function view<Props extends Record<string, unknown>>(component: Component<Props>, props: Props): View {
  return { component: component as unknown as Component, props };
}

type Screen<Name> = (state: State | null, route: Extract<Route, { screen: Name }>) => View | null;

const SCREENS: { [Name in Route["screen"]]: Screen<Name> } = {
  connections: (_, { focus }) => view(Connections, { focus }),
  add: () => view(Add, {}),
  connect: (state, { element, attempt, again, missing }) => {
    const gone = again !== undefined && !state?.connections.some(({ id }) => id === again);
    return gone ? null : view(Connect, { element, attempt, again, missing });
  },
  connection: (state, route) => {
    const connection = state?.connections.find(({ id }) => id === route.id);
    return connection ? view(Connection, { connection }) : null;
  },
  import: (state) => (state?.workspace.kind === "hosted" ? view(Import, {}) : null),
  settings: (_, { focus, part }) => view(Settings, { focus, part }),
  "add-workspace": () => view(AddWorkspace, {}),
  "replace-secrets": (state, route) => {
    const workspace = state?.workspaces.find(({ name }) => name === route.workspace);
    return workspace?.kind === "hosted" ? view(ReplaceSecrets, { workspace }) : null;
  },
};

/** Finds the component of a route and its properties; null if its subject is gone. */
export function viewOf(state: State | null, route: Route): View | null {
  return (SCREENS[route.screen] as Screen<unknown>)(state, route as never);
}
