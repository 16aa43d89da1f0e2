// Which screen is shown, and the way back. Moving focus and the title is the screen's own work (parts/Screen.svelte).

import type { FieldProblem } from "../ipc/types";

export type Route =
  | { screen: "connections"; focus?: string }
  | { screen: "add" }
  | {
      screen: "connect";
      element: string;
      attempt?: string;
      /** The connection that is signed in to again. */
      again?: string;
      /** What the program needs to know for that and does not. */
      missing?: FieldProblem[];
    }
  | { screen: "connection"; id: string }
  | { screen: "import" }
  /** `focus` names the workspace that was looked at; `part` is what is looked for. */
  | { screen: "settings"; focus?: string; part?: "certificates" }
  | { screen: "add-workspace" }
  | { screen: "replace-secrets"; workspace: string };

const HOME: Route = { screen: "connections" };

export class Router {
  /** Counts screen changes: the same route entered again is a new screen. */
  visit = $state(0);
  #trail = $state.raw<Route[]>([HOME]);

  /** Asked before a screen is left; false keeps it. The screen that holds typed values sets it. */
  leaving: (() => Promise<boolean>) | null = null;

  get route(): Route {
    return this.#trail[this.#trail.length - 1] ?? HOME;
  }

  /** The screen that “back” leads to, or null at home. */
  get previous(): Route | null {
    return this.#trail[this.#trail.length - 2] ?? null;
  }

  async go(route: Route): Promise<void> {
    // Coming to a screen that is already on the way here goes back to it, so that “back” never runs in circles.
    const known = this.#trail.findIndex((step) => step.screen === route.screen);
    const trail = known === -1 ? this.#trail : this.#trail.slice(0, known);
    await this.#enter([...trail, route]);
  }

  async home(focus?: string): Promise<void> {
    await this.#enter([focus === undefined ? HOME : { screen: "connections", focus }]);
  }

  /** Goes back. `focus` names the row that should be focused if that leads to a list of such rows. */
  async back(focus?: string): Promise<void> {
    const previous = this.previous;
    if (!previous) return;
    if (previous.screen === "connections") await this.home(focus);
    else if (previous.screen === "settings" && focus !== undefined)
      await this.#enter([...this.#trail.slice(0, -2), { ...previous, focus }]);
    else await this.#enter(this.#trail.slice(0, -1));
  }

  async #enter(trail: Route[]): Promise<void> {
    if (this.leaving && !(await this.leaving())) return;
    this.leaving = null;
    this.#trail = trail;
    this.visit += 1;
  }
}
