// The calls about the texts of element files. The program's checks are many more than these.
import { parse, TomlError } from "smol-toml";
import type { ElementProblem, ElementView, Failure } from "../types";
import { copyText, describeText } from "./catalogue";
import { findElement, listElements } from "./elements";
import type { World } from "./world";

/** The words that stand at the beginning of a line in files that need no more. */
const WORDS =
  "format key name initials mark category gives access access_page setup_page docs sources checked note formerly provider " +
  "endpoint at expires address headers query local label help example problem pattern secret prefix suffix type advanced " +
  "authorization_endpoint token_endpoint scopes client_authentication pkce style hub description signup_url unused " +
  "any_loopback_port options required default";
const KNOWN = new Set(WORDS.split(" "));

function findProblems(world: World, text: string, replaces: string | undefined): ElementProblem[] {
  let file;
  try {
    file = parse(text);
  } catch (thrown) {
    const { line, message } = thrown as TomlError;
    return [{ line, text: message.split("\n")[0] ?? "" }];
  }
  const lines = text.split("\n");
  const lineOf = (word: string) =>
    1 +
    Math.max(
      0,
      lines.findIndex((line) => line.startsWith(`${word} =`)),
    );
  const problems = lines.flatMap((line, at) => {
    const word = /^([a-z_]+) =/.exec(line)?.[1];
    return word === undefined || KNOWN.has(word)
      ? []
      : [{ line: at + 1, text: `${word}: this version does not know the word \`${word}\`` }];
  });
  for (const word of ["key", "name", "category", "gives"])
    if (typeof file[word] !== "string") problems.push({ line: 1, text: `${word} is missing` });
  const key = String(file.key);
  if (replaces !== undefined && key !== replaces)
    problems.push({
      line: lineOf("key"),
      text: `key: the file lies in the folder ${replaces}, so the key must be ${replaces}`,
    });
  if (replaces === undefined && listElements(world).some((element) => element.key === key))
    problems.push({
      line: lineOf("key"),
      text: `key: another element has the key ${key}; choose another key`,
    });
  return problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

export const elementTextCalls = (world: World) => ({
  async copyElement(key: string): Promise<string> {
    const { name } = findElement(world, key);
    const taken = new Set(listElements(world).map((element) => element.key));
    let mark = "own";
    for (let n = 2; taken.has(`${key}-${mark}`); n += 1) mark = `own-${n}`;
    const text = copyText(key, `${key}-${mark}`, `${name} (${mark.replace("-", " ")})`);
    if (text === undefined) throw { code: "element_unknown", name: key } satisfies Failure;
    return text;
  },

  async elementText(key: string): Promise<string> {
    const { name, own } = findElement(world, key);
    // An element that `describe` made has a file like that of its generic one.
    const text = world.texts.get(key) ?? copyText("oauth2", key, name);
    if (!own || text === undefined) throw { code: "element_unknown", name: key } satisfies Failure;
    return text;
  },

  checkElement: async (text: string, replaces?: string) => findProblems(world, text, replaces),

  async saveElement(text: string, replaces?: string): Promise<ElementView> {
    const [problem] = findProblems(world, text, replaces);
    if (problem) throw { code: "element_invalid", detail: problem.text } satisfies Failure;
    const saved = describeText(text, world.state.settings.callback_port);
    if (!saved) throw { code: "internal" } satisfies Failure;
    world.texts.set(saved.key, text);
    world.customElements = [...world.customElements.filter(({ key }) => key !== saved.key), saved];
    return saved;
  },
});
