// The elements of the fake, from the files that the program compiles in, with their forms as the program makes them.
import { parse, stringify } from "smol-toml";
import { FILES } from "virtual:elements";
import { CALLBACK, GRANT, KEY, plainField, SECRET } from "../../state/form";
import type { AuthView, ElementView, FieldKind, FieldView, Reach, WayView } from "../types";
import { standardFields, type FileAuth, type FileField } from "./standardFields";

interface FileWay {
  key: string;
  label?: string;
  /** A field chooses this way, and no name. */
  when?: unknown;
  setup_page?: string;
  auth: FileAuth;
  fields?: FileField[];
}

/** An element file, as far as the window shows it. */
interface ElementFile {
  key: string;
  name: string;
  initials?: string;
  category: string;
  gives: string;
  access?: string[];
  note?: string;
  formerly?: string[];
  mark?: string;
  setup_page?: string;
  replaced_by?: string;
  provider?: string;
  historical?: boolean;
  generic?: boolean;
  retired?: boolean;
  auth?: FileAuth;
  ways?: FileWay[];
  fields?: FileField[];
}

/** The name of the way that the element itself is, beside others. */
const OWN_WAY = "app";

const BY_KEY = new Map(
  (FILES as ElementFile[])
    .sort((a, b) => a.category.localeCompare(b.category, "en") || a.name.localeCompare(b.name, "en"))
    .map((file) => [file.key, file]),
);

function initialsOf(name: string): string {
  const [first = "?", second] = name.split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  return (second === undefined ? first.slice(0, 2) : first.charAt(0) + second.charAt(0)).toUpperCase();
}

/** Fills in a field as the program does: in practice with examples, and with any free port as the callback. */
function fieldView(file: ElementFile, field: FileField, port: number, practice: boolean): FieldView {
  const { type: kind = "text", default: start = "", required = true, max_length = 1000 } = field;
  const { key, label, help, example, options, secret, advanced, prefix, suffix, problem, visible_when } =
    field;
  const given = { help, example, options, secret, advanced, prefix, suffix, problem, visible_when };
  const known = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const view = plainField({
    key,
    label,
    ...known,
    kind: kind as FieldKind,
    required,
    max_length,
    value: start,
  });
  if (key === CALLBACK) {
    const address = `http://localhost:${port}/callback/${file.provider ?? file.key}`;
    return practice ? { ...view, required: false } : { ...view, value: address };
  }
  const filled = required || [KEY, SECRET].includes(key) || (file.generic && !view.advanced);
  return practice && filled ? { ...view, value: view.example } : view;
}

/** One way of an element; the names are those of a `WayView`. */
interface Narrowed {
  key: string | undefined;
  label?: string | undefined;
  auth: FileAuth;
  setup_page?: string | undefined;
  fields: FileField[];
}

/** Lists the ways of an element, the easiest first. */
function eachWay(file: ElementFile): Narrowed[] {
  const { ways = [], auth, fields = [], setup_page } = file;
  const named = ways.map((way): Narrowed => ({
    key: way.when === undefined ? way.key : undefined,
    label: way.label,
    auth: way.auth,
    setup_page: way.setup_page ?? setup_page,
    fields: [...fields, ...(way.fields ?? [])],
  }));
  if (ways.length > 0 && !auth) return named;
  const isNamed = named.some(({ key }) => key !== undefined);
  return [...named, { key: isNamed ? OWN_WAY : undefined, auth: auth ?? { custom: {} }, setup_page, fields }];
}

const authOf = (auth: FileAuth) => Object.keys(auth)[0] as AuthView;

function reachOf(auth: FileAuth): Reach {
  const { oauth2, oauth1 } = auth;
  if (oauth2?.client_id !== undefined || oauth2?.registration_endpoint !== undefined) return "sign_in";
  const grant = oauth2?.grants?.[0];
  if (grant === "client_credentials" || grant === "password") return "key";
  return oauth2 || (oauth1 && oauth1.token_field === undefined) ? "app" : "key";
}

const wayView = ({ key, label, auth }: Narrowed): WayView[] =>
  key === undefined
    ? []
    : [{ key, ...(label === undefined ? {} : { label }), auth: authOf(auth), reach: reachOf(auth) }];

function view(file: ElementFile, wanted: Narrowed | undefined, all: Narrowed[]): ElementView {
  const shown = wanted ?? all[0];
  if (!shown) throw new Error(`${file.key} has no way to connect`);
  const { key, name, category, gives, note, mark, replaced_by } = file;
  const page = shown.setup_page?.includes("{") ? undefined : shown.setup_page;
  const optional = { note, mark, replaced_by, setup_page: page, way: shown.key, label: shown.label };
  return {
    key,
    name,
    initials: file.initials ?? initialsOf(name),
    category,
    gives,
    access: file.access ?? [],
    auth: authOf(shown.auth),
    reach: reachOf(shown.auth),
    formerly: file.formerly ?? [],
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
    historical: file.historical ?? false,
    ways: all.filter((way) => way !== shown).flatMap(wayView),
    generic: file.generic ?? false,
    retired: file.retired ?? false,
    own: false,
    fields: [],
  };
}

/** Lists the elements without their forms. */
export function catalogue(): ElementView[] {
  return [...BY_KEY.values()].map((file) => view(file, undefined, eachWay(file)));
}

/** Finds an element that the program compiles in, with the form of a way or of the easiest; undefined if there is none. */
export function describeElement(
  key: string,
  way: string | undefined,
  port: number,
  practice: boolean,
): ElementView | undefined {
  const file = BY_KEY.get(key);
  return file && describeFile(file, way, port, practice);
}

/** As above, of any file. */
function describeFile(
  file: ElementFile,
  way: string | undefined,
  port: number,
  practice: boolean,
): ElementView | undefined {
  const all = eachWay(file);
  const shown = way === undefined ? all[0] : all.find((one) => one.key === way);
  if (!shown) return undefined;
  const declared = new Set(shown.fields.map((field) => field.key));
  const added = standardFields(file.name, shown.auth).filter((field) => !declared.has(field.key));
  const fields = [...shown.fields, ...added].map((field) => fieldView(file, field, port, practice));
  return { ...view(file, shown, all), fields };
}

/** Writes the text of an element that the program compiles in, with another key and name. */
export function copyText(from: string, key: string, name: string): string | undefined {
  const file = BY_KEY.get(from);
  return file && stringify({ ...file, key, name });
}

/** Reads the text of an own element; undefined if it has no such way. */
export function describeText(text: string, port: number, way?: string): ElementView | undefined {
  const file = parse(text) as unknown as ElementFile;
  const element = describeFile(file, way, port, false);
  return element && { ...element, own: true, hosts: hostsOf(file) };
}

/** Lists the hosts of the addresses in a file. What a field fills in is written as its label. */
function hostsOf({
  fields = [],
  ways = [],
  ...file
}: ElementFile & { api?: unknown; identity?: unknown }): string[] {
  const label = (_: string, key: string) =>
    `‹${[...fields, ...ways.flatMap((way) => way.fields ?? [])].find((field) => field.key === key)?.label ?? key}›`;
  const parts = [file.auth, file.api, file.identity, file.setup_page, ways.map(({ auth }) => auth)];
  const found = JSON.stringify(parts).matchAll(/https?:\/\/([^/"?]+)/g);
  return [...new Set([...found].map(([, host = ""]) => host.replace(/\{([^}]+)\}/g, label)))].sort();
}

/** Finds an element that the program compiles in, with its form on this computer. */
export function builtIn(key: string, port = 14747): ElementView {
  const element = describeElement(key, undefined, port, false);
  if (!element) throw new Error(`no element file has the key ${key}`);
  return element;
}

/** Makes the element that `describe` answers with. A host that begins with “register” registers apps by itself. */
export function customElement(host: string, name: string, port: number, grant = ""): ElementView {
  const key = host.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  const generic = builtIn("oauth2", port);
  const registers = host.startsWith("register");
  const fields = generic.fields.flatMap((field): FieldView[] => {
    if (field.key === KEY || field.key === SECRET) return [{ ...field, required: !registers }];
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
    reach: registers ? "sign_in" : "app",
    generic: false,
    own: true,
    hosts: [host],
    fields,
  };
}
