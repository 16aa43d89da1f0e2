// The elements of the fake, parsed from the files that the program compiles in.
import { parse } from "smol-toml";
import { CALLBACK, GRANT, KEY, plainField, SECRET } from "../../state/form";
import type { AuthView, ElementView, FieldKind, FieldView } from "../types";

type FileField = FieldView & { type?: FieldKind; default?: string };

/** An element file, as far as the window shows it. */
interface ElementFile extends Omit<ElementView, "auth" | "fields"> {
  provider?: string;
  auth: Partial<Record<AuthView, unknown>>;
  fields: FileField[];
}

const FILES = Object.values(
  import.meta.glob<string>("../../../../src-tauri/elements/*/element.toml", {
    query: "?raw",
    import: "default",
    eager: true,
  }),
)
  .map((text) => parse(text) as unknown as ElementFile)
  .sort((a, b) => a.category.localeCompare(b.category, "en") || a.name.localeCompare(b.name, "en"));

/** Fills in a field as the program does: in practice with examples, and with any free port as the callback. */
function fieldView(file: ElementFile, field: FileField, port: number, practice: boolean): FieldView {
  const { type: kind = "text", default: start = "", required = true, max_length = 1000, ...rest } = field;
  const view = plainField({ ...rest, kind, required, max_length, value: start });
  if (field.key === CALLBACK) {
    const address = `http://localhost:${port}/callback/${file.provider ?? file.key}`;
    return practice ? { ...view, required: false } : { ...view, value: address };
  }
  const example = required || [KEY, SECRET].includes(field.key) || (file.generic && !field.advanced);
  return practice && example ? { ...view, value: field.example } : view;
}

export function catalogue(port: number, practice: boolean): ElementView[] {
  return FILES.map((file) => ({
    ...file,
    auth: Object.keys(file.auth)[0] as AuthView,
    generic: file.generic ?? false,
    retired: file.retired ?? false,
    own: false,
    fields: file.fields.map((field) => fieldView(file, field, port, practice)),
  }));
}

/** Finds an element that the program compiles in. */
export function builtIn(key: string, port = 14747): ElementView {
  const element = catalogue(port, false).find((element) => element.key === key);
  if (!element) throw new Error(`no element file has the key ${key}`);
  return element;
}

/** Makes the element that `describe` answers with. A host that begins with “register” registers apps by itself. */
export function customElement(host: string, name: string, port: number, grant = ""): ElementView {
  const key = host.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  const generic = builtIn("oauth2", port);
  const fields = generic.fields.flatMap((field): FieldView[] => {
    if (field.key === KEY || field.key === SECRET)
      return [{ ...field, required: !host.startsWith("register") }];
    if (field.key === CALLBACK) return [{ ...field, value: `http://localhost:${port}/callback/${key}` }];
    const choice = field.key === GRANT && grant !== "" && grant !== field.value;
    return choice ? [{ ...field, value: grant, advanced: false }] : [];
  });
  return {
    ...generic,
    key,
    name,
    initials: name.slice(0, 2).toUpperCase(),
    gives: host,
    access: generic.access.slice(0, 1),
    generic: false,
    own: true,
    fields,
  };
}
