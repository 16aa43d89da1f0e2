// The table of screens. A row is the name of a screen in routes, what a route says besides, and its component.
import type { Component, ComponentProps } from "svelte";
import type { State } from "../ipc/types";
import Add from "./Add.svelte";
import AddWorkspace from "./AddWorkspace.svelte";
import Connect from "./Connect.svelte";
import Connection from "./Connection.svelte";
import Connections from "./Connections.svelte";
import EditElement from "./EditElement.svelte";
import Import from "./Import.svelte";
import ReplaceSecrets from "./ReplaceSecrets.svelte";
import Settings from "./Settings.svelte";

type Now = State | null;

interface View {
  component: Component;
  props: Record<string, unknown>;
}

/** Pairs a component with its properties. */
function view<Props extends Record<string, unknown>>(component: Component<Props>, props: Props): View {
  return { component: component as unknown as Component, props };
}

/** A row returns null if the subject of its screen is gone. */
const SCREENS = {
  connections: (route: ComponentProps<typeof Connections>) => view(Connections, { ...route }),
  add: () => view(Add, {}),
  connect: (route: ComponentProps<typeof Connect>, state: Now) => {
    const { again } = route;
    const gone = again !== undefined && !state?.connections.some(({ id }) => id === again);
    return gone ? null : view(Connect, { ...route });
  },
  "copy-element": ({ element }: { element: string }) => view(EditElement, { element, isNew: true }),
  "change-element": ({ element }: { element: string }) => view(EditElement, { element, isNew: false }),
  connection: (route: { id: string }, state: Now) => {
    const connection = state?.connections.find(({ id }) => id === route.id);
    return connection ? view(Connection, { connection }) : null;
  },
  import: (_: unknown, state: Now) => (state?.workspace.kind === "hosted" ? view(Import, {}) : null),
  settings: (route: ComponentProps<typeof Settings>) => view(Settings, { ...route }),
  "add-workspace": () => view(AddWorkspace, {}),
  "replace-secrets": (route: { workspace: string }, state: Now) => {
    const workspace = state?.workspaces.find(({ name }) => name === route.workspace);
    return workspace?.kind === "hosted" ? view(ReplaceSecrets, { workspace }) : null;
  },
};

type Name = keyof typeof SCREENS;
type ParametersOf<Row> = Row extends (route: infer Route, state: Now) => unknown ? Route : never;

/** A screen to show, with what its row asks for. */
export type Route = { [N in Name]: { screen: N } & ParametersOf<(typeof SCREENS)[N]> }[Name];

/** Finds the component of a route and its properties; null if its subject is gone. */
export function viewOf(state: Now, { screen, ...parameters }: Route): View | null {
  return SCREENS[screen](parameters as never, state);
}
