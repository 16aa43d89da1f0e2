// The calls about elements.
import type { ConnectRequest, ElementView, Failure, FieldProblem } from "../types";
import { catalogue, customElement } from "./catalogue";
import { failureOf } from "./failures";
import { platformCatalogue, withForm } from "./platform";
import type { World } from "./world";

export function listElements({ state, customElements }: World): ElementView[] {
  const { workspace, settings } = state;
  if (workspace.kind === "hosted") return platformCatalogue();
  const practice = workspace.kind === "practice";
  return [...catalogue(settings.callback_port, practice), ...(practice ? [] : customElements)];
}

export function findElement(world: World, key: string): ElementView {
  const element = listElements(world).find((element) => element.key === key);
  if (!element) throw { code: "element_unknown", name: key } satisfies Failure;
  return world.state.workspace.kind === "hosted" ? withForm(element) : element;
}

const invalid = (key: string, problem: FieldProblem["problem"]): Failure => ({
  code: "form_invalid",
  fields: [{ key, problem }],
});

export const elementCalls = (world: World) => ({
  elements: async () => listElements(world),

  element: async (key: string) => findElement(world, key),

  /** Hosts that begin with “www.” publish nothing; those that begin with “known.” need a client. */
  async describe({ element, values }: ConnectRequest) {
    const address = values.issuer || values.authorization_endpoint || "";
    if (address === "") throw invalid(element === "oauth2" ? "issuer" : "authorization_endpoint", "required");
    if (!URL.canParse(address) || !address.startsWith("https://")) throw invalid("issuer", "malformed");
    const { host } = new URL(address);
    if (host.startsWith("www.") && !values.authorization_endpoint)
      throw { ...failureOf("issuer_unknown"), host };
    if (host.startsWith("known.") && !values["oauth.api.key"]) throw invalid("oauth.api.key", "required");
    const port = world.state.settings.callback_port;
    const made = customElement(host, values["provider.name"] || host, port, values["oauth.grant"]);
    world.customElements = [...world.customElements.filter(({ key }) => key !== made.key), made];
    return made;
  },

  async removeElement(key: string) {
    const user = world.state.connections.find((row) => row.element === key);
    if (user) throw { code: "element_in_use", name: user.name } satisfies Failure;
    world.customElements = world.customElements.filter((element) => element.key !== key);
  },
});
