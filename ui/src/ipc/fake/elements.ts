// The calls about elements.
import { WAY } from "../../state/ways";
import type { ConnectRequest, ElementView, Failure, FieldProblem } from "../types";
import { catalogue, customElement, describeElement, describeText } from "./catalogue";
import { failureOf } from "./failures";
import { platformCatalogue, withForm } from "./platform";
import type { World } from "./world";

/** Lists the elements of the workspace without their forms. */
export function listElements({ state, customElements }: World): ElementView[] {
  const { kind } = state.workspace;
  if (kind === "hosted") return platformCatalogue();
  const custom = kind === "practice" ? [] : customElements;
  return [...catalogue(), ...custom.map((element) => ({ ...element, fields: [] }))];
}

export function findElement(world: World, key: string, way?: string): ElementView {
  const { workspace, settings } = world.state;
  if (workspace.kind === "hosted") {
    const element = platformCatalogue().find((element) => element.key === key);
    if (element) return withForm(element);
  }
  const practice = workspace.kind === "practice";
  const custom = practice ? undefined : world.customElements.find((element) => element.key === key);
  const text = custom && world.texts.get(key);
  const own = text === undefined ? custom : describeText(text, settings.callback_port, way);
  if (own) return own;
  const element = describeElement(key, way, settings.callback_port, practice);
  if (element) return element;
  if (way !== undefined && describeElement(key, undefined, settings.callback_port, practice))
    throw invalid(WAY, "not_an_option");
  throw { code: "element_unknown", name: key } satisfies Failure;
}

const invalid = (key: string, problem: FieldProblem["problem"]): Failure => ({
  code: "form_invalid",
  fields: [{ key, problem }],
});

export const elementCalls = (world: World) => ({
  elements: async () => listElements(world),

  element: async (key: string, way?: string) => findElement(world, key, way),

  async openSetupPage(key: string, way?: string) {
    if (findElement(world, key, way).setup_page === undefined)
      throw { code: "usage", detail: "no setup page" } satisfies Failure;
  },

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
    world.texts.delete(key);
  },
});
