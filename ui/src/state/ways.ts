// The ways to connect a product, and what a connection was made with.
import type { ConnectionView, ElementView, WayView } from "../ipc/types";

/** The value that names the way in a request. No field has this key. */
export const WAY = "keyrack.way";

export type Connects = Pick<WayView, "auth" | "reach">;

/** Finds the way with which a connection was made; undefined if the catalogue does not have it. */
export function wayOf(
  connection: Pick<ConnectionView, "way">,
  element: ElementView | undefined,
): Connects | undefined {
  const { way } = connection;
  if (!element || way === undefined || way === element.way) return element;
  return element.ways.find(({ key }) => key === way);
}

/** Whether a key or a password is entered, and nothing happens in a browser. */
export function isByKey(way: Connects | undefined): boolean {
  return way?.reach === "key";
}
