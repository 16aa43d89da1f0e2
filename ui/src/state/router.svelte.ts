// The screen that is shown, and the way back. parts/Screen.svelte moves the focus and sets the title.
import type { Route } from "../screens/screens";

const HOME: Route = { screen: "connections" };

export class Router {
  /** Counts screen changes: entering the same route again makes a new screen. */
  visit = $state(0);
  #trail = $state.raw<Route[]>([HOME]);

  /** Asked before a screen is left; false keeps it. Set by screens that hold typed values. */
  leaving: (() => Promise<boolean>) | null = null;

  get route(): Route {
    return this.#trail[this.#trail.length - 1] ?? HOME;
  }

  /** Where `back` leads; null at home. */
  get previous(): Route | null {
    return this.#trail[this.#trail.length - 2] ?? null;
  }

  async go(route: Route): Promise<void> {
    // A screen that is on the trail already is gone back to, so that the way back never runs in circles.
    const known = this.#trail.findIndex((step) => step.screen === route.screen);
    const trail = known === -1 ? this.#trail : this.#trail.slice(0, known);
    await this.#enter([...trail, route]);
  }

  async home(focus?: string): Promise<void> {
    await this.#enter([focus === undefined ? HOME : { screen: "connections", focus }]);
  }

  /** Goes back. `focus` names the row to focus if that leads to a list of such rows. */
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
