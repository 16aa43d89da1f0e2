// Writes what the bundles carry beside the programs, to target/packaging:
//
//   third-party-licences.txt   every crate, npm package and font in the programs, with its licence texts
//   changelog.gz               CHANGELOG.md of this version, as Debian wants it
//
// Reads the sources that Cargo and npm already fetched; fails if a component brings no licence that is known.
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const OUT = join(ROOT, "target/packaging");
const MAINTAINER = "Keyrack maintainers <maintainers@keyrack.app>";
const LICENCE_FILE = /^(un)?licen[cs]e|^copying|^copyright|^notice/i;
const RULE = "=".repeat(80);

const run = (program, ...args) =>
  execFileSync(program, args, { cwd: ROOT, encoding: "utf8", maxBuffer: 1 << 28 }).trim();
const read = (...path) => readFileSync(join(...path), "utf8");

/** The licence texts in a package's folder. */
function licenceTexts(folder) {
  const files = readdirSync(folder).filter((name) => LICENCE_FILE.test(name));
  return files
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => read(path));
}

/** The crates that are linked into the programs on this system, or that wrote code in them. */
function crates(metadata) {
  const host = /host: (.*)/.exec(run("rustc", "-vV"))[1];
  const tree = run(
    "cargo",
    "tree",
    "--locked",
    "--workspace",
    "--edges",
    "normal",
    "--target",
    host,
    "--prefix",
    "none",
    "--format",
    "{p}",
  );
  const linked = new Set(
    [...tree.matchAll(/^(\S+) v(\S+)/gm)].map(([, name, version]) => `${name} ${version}`),
  );
  return metadata.packages
    .filter((crate) => crate.source && linked.has(`${crate.name} ${crate.version}`))
    .map((crate) => ({
      name: `${crate.name} ${crate.version}`,
      licence: crate.license ?? "",
      authors: crate.authors,
      source: `https://crates.io/crates/${crate.name}/${crate.version}`,
      texts: licenceTexts(dirname(crate.manifest_path)),
    }));
}

/** The npm packages of which a line or a file (the font) is in the page. */
async function npmPackages() {
  const ui = join(ROOT, "ui");
  const vite = createRequire(join(ui, "package.json")).resolve("vite");
  const { build } = await import(pathToFileURL(vite));
  const { output } = await build({ root: ui, logLevel: "warn", build: { write: false } });
  const files = output.flatMap((part) => (part.type === "chunk" ? part.moduleIds : part.originalFileNames));
  const folders = files.map(
    (file) => /node_modules\/((@[^/]+\/)?[^/]+)/.exec(file.replaceAll("\\", "/"))?.[1],
  );
  return [...new Set(folders.filter(Boolean))].map((name) => {
    const folder = join(ui, "node_modules", name);
    const { version, license } = JSON.parse(read(folder, "package.json"));
    const source = `https://www.npmjs.com/package/${name}/v/${version}`;
    return { name: `${name} ${version}`, licence: license, authors: [], source, texts: licenceTexts(folder) };
  });
}

/** The standard library, whose licence lies beside the compiler. */
function standardLibrary() {
  const version = run("rustc", "--version").split(" ")[1];
  const authors = ["The Rust Project Contributors"];
  const source = `https://github.com/rust-lang/rust/tree/${version}`;
  return { name: `rust-std ${version}`, licence: "MIT OR Apache-2.0", authors, source, texts: [] };
}

/** Gives packages without a text of their own the text of their licence. */
function fillIn(components) {
  const known = {
    "Apache-2.0": read(ROOT, "LICENSE-APACHE"),
    MIT: read(ROOT, "LICENSE-MIT").replace(/^Copyright.*\n/m, ""),
  };
  for (const component of components.filter((c) => c.texts.length === 0)) {
    const names = component.licence.split(/ OR | AND |\//);
    const name = names.find((name) => known[name]) ?? names[0];
    const text = known[name] ?? components.find((c) => c.licence === name && c.texts.length === 1)?.texts[0];
    if (!text) throw new Error(`${component.name} (${component.licence}) brings no licence text`);
    component.texts = [text];
  }
}

function thirdPartyLicences(components) {
  fillIn(components);
  components.sort((a, b) => (a.name < b.name ? -1 : 1));
  const users = new Map();
  for (const { name, texts } of components) {
    for (const text of texts) {
      const key = text.replace(/\s+/g, " ").trim();
      const entry = users.get(key) ?? { text: text.replaceAll("\r\n", "\n").trim(), names: [] };
      entry.names.push(name);
      users.set(key, entry);
    }
  }
  const list = components.map(({ name, licence, authors, source }) =>
    [name, `  ${licence}`, ...(authors.length ? [`  by ${authors.join(", ")}`] : []), `  ${source}`].join(
      "\n",
    ),
  );
  const texts = [...users.values()].map(
    ({ text, names }) => `${RULE}\n${[...new Set(names)].join("\n")}\n${RULE}\n\n${text}\n`,
  );
  return `Keyrack contains the following components. Their licence texts are below.\n\n${list.join("\n")}\n\n${texts.join("\n")}`;
}

function wrap(text, width) {
  const lines = [""];
  for (const word of text.trim().split(/\s+/)) {
    if (lines.at(-1).length + word.length < width) lines[lines.length - 1] += ` ${word}`;
    else lines.push(word);
  }
  return lines.map((line) => line.trim());
}

/** The entry of this version in CHANGELOG.md. */
function debianChangelog(version) {
  const section = read(ROOT, "CHANGELOG.md")
    .split(/^## /m)
    .find((part) => part.startsWith(version));
  if (!section) throw new Error(`CHANGELOG.md has no entry for ${version}`);
  const items = section.split(/^- /m).slice(1);
  const text = items.map((item) => `  * ${wrap(item, 75).join("\n    ")}`).join("\n");
  const date = new Date(Number(process.env.SOURCE_DATE_EPOCH ?? Date.now() / 1000) * 1000);
  const stamp = date.toUTCString().replace("GMT", "+0000");
  return `keyrack (${version}) unstable; urgency=medium\n\n${text}\n\n -- ${MAINTAINER}  ${stamp}\n`;
}

const metadata = JSON.parse(run("cargo", "metadata", "--format-version", "1", "--locked"));
const components = [...crates(metadata), ...(await npmPackages()), standardLibrary()];
mkdirSync(OUT, { recursive: true });
writeFileSync(join(OUT, "third-party-licences.txt"), thirdPartyLicences(components));
const version = metadata.packages.find((crate) => crate.name === "keyrack").version;
writeFileSync(join(OUT, "changelog.gz"), gzipSync(debianChangelog(version), { level: 9 }));
console.log(`${components.length} components: target/packaging/third-party-licences.txt`);
