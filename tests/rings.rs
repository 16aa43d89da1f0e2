//! The table of rings in docs/architecture.md and the absence of import circles, read from the source. That the domain
//! uses no runtime, socket, file or keychain crate is kept by its Cargo.toml.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const PROGRAM: &str = "src-tauri/src";
const DOMAIN: &str = "src-tauri/domain/src";

type ModulePath = Vec<String>;

/// One source file.
#[derive(Default)]
struct Module {
    file: PathBuf,
    /// Absolute paths within the crate.
    imports: BTreeSet<ModulePath>,
    /// Names that it re-exports, with where they come from.
    reexports: BTreeMap<String, ModulePath>,
    /// Whether it defines something, beside declaring modules and re-exporting.
    defines: bool,
    /// Every path that it names, as written.
    paths: BTreeSet<String>,
    has_async: bool,
}

/// Reads the paths of one file. Items under `#[cfg(test)]` may use what they like.
struct Reader<'m> {
    module: &'m mut Module,
    /// The module that is being read, with the inline ones inside the file.
    at: ModulePath,
}

impl Reader<'_> {
    /// The absolute path within the crate. One without a prefix begins at a module inside this one, or at another crate
    /// or an item of this file, which both resolve to this module itself.
    fn absolute(&self, segments: &[String]) -> ModulePath {
        let mut at = self.at.clone();
        let mut rest = segments;
        if rest.first().is_some_and(|first| first == "crate") {
            at.clear();
        }
        while let Some(first) = rest.first() {
            match first.as_str() {
                "super" => drop(at.pop()),
                "crate" | "self" => {}
                _ => break,
            }
            rest = &rest[1..];
        }
        at.into_iter().chain(rest.iter().cloned()).collect()
    }

    fn record(&mut self, segments: &[String]) {
        self.module.paths.insert(segments.join("::"));
        let absolute = self.absolute(segments);
        self.module.imports.insert(absolute);
    }

    fn read_use(&mut self, tree: &syn::UseTree, before: &[String], public: bool) {
        match tree {
            syn::UseTree::Path(path) => {
                let before = [before, &[path.ident.to_string()]].concat();
                self.read_use(&path.tree, &before, public);
            }
            syn::UseTree::Group(group) => {
                group.items.iter().for_each(|tree| self.read_use(tree, before, public));
            }
            syn::UseTree::Name(syn::UseName { ident })
            | syn::UseTree::Rename(syn::UseRename { ident, .. }) => {
                let segments = match ident == "self" {
                    true => before.to_vec(),
                    false => [before, &[ident.to_string()]].concat(),
                };
                if !public {
                    return self.record(&segments);
                }
                let absolute = self.absolute(&segments);
                self.module.reexports.insert(ident.to_string(), absolute);
            }
            syn::UseTree::Glob(_) => self.record(before),
        }
    }
}

fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Ident>().is_ok_and(|condition| condition == "test")
    })
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        match item {
            syn::Item::Use(item) if !is_test(&item.attrs) => {
                self.read_use(&item.tree, &[], !matches!(item.vis, syn::Visibility::Inherited));
            }
            syn::Item::Mod(item) => {
                if let Some((_, items)) = item.content.as_ref().filter(|_| !is_test(&item.attrs)) {
                    self.at.push(item.ident.to_string());
                    items.iter().for_each(|item| self.visit_item(item));
                    self.at.pop();
                }
            }
            syn::Item::Use(_) => {}
            other => {
                self.module.defines = true;
                visit::visit_item(self, other);
            }
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if segments.len() > 1 {
            self.record(&segments);
        }
        visit::visit_path(self, path);
    }

    fn visit_signature(&mut self, signature: &'ast syn::Signature) {
        self.module.has_async |= signature.asyncness.is_some();
        visit::visit_signature(self, signature);
    }
}

fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).expect("a folder of the source") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    files
}

/// The modules of a crate by their paths, without those of tests.
fn modules(source: &str) -> BTreeMap<ModulePath, Module> {
    let source = Path::new(ROOT).join(source);
    let mut modules = BTreeMap::new();
    for file in rust_files(&source) {
        let inside = file.strip_prefix(&source).expect("inside the source").with_extension("");
        let mut path: ModulePath = inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        if path.iter().any(|part| matches!(part.as_str(), "tests" | "vectors" | "scripted" | "types_ts")) {
            continue;
        }
        if matches!(path.last().map(String::as_str), Some("mod" | "lib")) {
            path.pop();
        }
        let text = fs::read_to_string(&file).expect("readable");
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let mut module = Module { file, ..Module::default() };
        Reader { module: &mut module, at: path.clone() }.visit_file(&parsed);
        modules.insert(path, module);
    }
    assert!(modules.len() > 20, "the source has modules");
    modules
}

/// The module that defines what a path names: re-exports are followed.
fn defining_module(modules: &BTreeMap<ModulePath, Module>, path: &[String]) -> ModulePath {
    for length in (0..=path.len()).rev() {
        let Some(module) = modules.get(&path[..length]) else { continue };
        if let Some(target) = path.get(length).and_then(|name| module.reexports.get(name))
            && target != path
        {
            return defining_module(modules, target);
        }
        return path[..length].to_vec();
    }
    Vec::new()
}

/// The modules that each module imports from, at any depth of the tree.
fn edges(modules: &BTreeMap<ModulePath, Module>) -> BTreeMap<ModulePath, BTreeSet<ModulePath>> {
    let mut edges = BTreeMap::new();
    for (path, module) in modules {
        // A module that only declares and re-exports is a door sign, no part of the way.
        let reexports = module.reexports.values().filter(|_| module.defines);
        let imports = module.imports.iter().chain(reexports);
        let mut targets: BTreeSet<_> = imports.map(|import| defining_module(modules, import)).collect();
        targets.remove(path);
        edges.insert(path.clone(), targets);
    }
    edges
}

/// Groups of modules that import each other.
fn circles(edges: &BTreeMap<ModulePath, BTreeSet<ModulePath>>) -> BTreeSet<BTreeSet<String>> {
    let reach = |start: &ModulePath| {
        let mut seen = BTreeSet::new();
        let mut next = vec![start];
        while let Some(module) = next.pop() {
            for target in edges.get(module).into_iter().flatten() {
                if seen.insert(target) {
                    next.push(target);
                }
            }
        }
        seen
    };
    let reached: BTreeMap<_, _> = edges.keys().map(|module| (module, reach(module))).collect();
    let mut circles = BTreeSet::new();
    for (module, targets) in &reached {
        let back = targets.iter().filter(|target| reached.get(*target).is_some_and(|r| r.contains(module)));
        let circle: BTreeSet<_> = back.map(|module| module.join("::")).collect();
        if circle.len() > 1 {
            circles.insert(circle);
        }
    }
    circles
}

#[test]
fn no_modules_import_each_other() {
    for source in [PROGRAM, DOMAIN] {
        let circles = circles(&edges(&modules(source)));
        assert!(circles.is_empty(), "{source}: {circles:#?}");
    }
}

#[test]
fn each_ring_uses_only_the_rings_inside_it() {
    let table: [(&str, &[&str]); 6] = [
        ("io", &["platform", "engine", "desktop", "cli", "serve"]),
        ("platform", &["engine", "desktop", "cli", "serve"]),
        ("engine", &["desktop", "cli", "serve"]),
        ("serve", &["desktop", "cli"]),
        ("desktop", &["cli", "serve"]),
        ("fault", &["io", "platform", "engine", "desktop", "cli", "serve"]),
    ];
    let modules = modules(PROGRAM);
    let mut found = Vec::new();
    for (path, module) in &modules {
        let Some((_, forbidden)) = table.iter().find(|(ring, _)| path.first().is_some_and(|p| p == ring))
        else {
            continue;
        };
        let outside = module
            .imports
            .iter()
            .filter(|import| import.first().is_some_and(|ring| forbidden.contains(&ring.as_str())));
        found.extend(outside.map(|import| format!("{}: {}", module.file.display(), import.join("::"))));
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_domain_is_pure() {
    let outside = ["std::fs", "std::net", "std::env", "std::process", "std::thread::spawn"];
    let clocks = ["SystemTime", "Instant"];
    for module in modules(DOMAIN).values() {
        let file = module.file.display();
        for path in &module.paths {
            assert!(!outside.iter().any(|o| path.starts_with(o)), "{file}: {path}");
            assert!(!path.split("::").any(|part| clocks.contains(&part)), "{file}: {path}");
        }
        assert!(!module.has_async, "{file}: async");
    }
}

#[test]
fn only_the_window_knows_tauri() {
    for (path, module) in modules(PROGRAM) {
        let known = module.paths.iter().any(|path| path.starts_with("tauri"));
        let is_window = path.first().is_some_and(|ring| ring == "desktop");
        assert!(!known || is_window, "{}", module.file.display());
    }
}

/// Each test that docs/security.md names, with the file it should be in.
#[test]
fn each_test_that_the_security_notes_name_exists() {
    let root = Path::new(ROOT);
    let notes = fs::read_to_string(root.join("docs/security.md")).expect("readable");
    let mut names = 0;
    for name in notes.split('`').filter(|text| text.contains("::") && !text.contains('…')) {
        let (module, test) = name.rsplit_once("::").expect("a path");
        let folder = match module.split("::").next().expect("a word") {
            "cli" => root.join("tests/cli"),
            "window" => root.join("tests/window"),
            "domain" => root.join(DOMAIN),
            ring => root.join(PROGRAM).join(ring),
        };
        let file_of_module = module.split("::").filter(|word| *word != "tests").last().expect("a word");
        let found = rust_files(&folder).into_iter().any(|file| {
            let path = file.display().to_string().replace('\\', "/");
            let here = path.contains(&format!("/{file_of_module}"));
            here && fs::read_to_string(&file).expect("readable").contains(&format!("fn {test}("))
        });
        assert!(found, "{name} does not exist");
        names += 1;
    }
    let rows = notes.lines().filter(|line| line.starts_with("| ") && line.as_bytes()[2].is_ascii_digit());
    assert_eq!(rows.count(), 51);
    assert!(names > 80, "{names} tests are named");
}

#[test]
fn the_page_reaches_the_program_through_one_file() {
    let mut folders = vec![Path::new(ROOT).join("ui/src")];
    let mut importing = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder of the UI") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if fs::read_to_string(&path).is_ok_and(|text| text.contains("@tauri-apps/")) {
                importing.push(path.file_name().expect("a name").to_string_lossy().into_owned());
            }
        }
    }
    assert_eq!(importing, ["api.ts"]);
}

/// The reader itself: nested imports, `super`, and re-exports are seen.
#[test]
fn circles_are_found_behind_nested_imports_and_reexports() {
    let sources = [
        ("", "pub mod a; pub mod b; pub mod c;"),
        ("a", "mod inner; pub use inner::Thing;"),
        ("a::inner", "use crate::{b::Other, c}; pub struct Thing;"),
        ("b", "use super::a::Thing; pub struct Other;"),
        ("c", "pub struct Alone;"),
    ];
    let modules: BTreeMap<ModulePath, Module> = sources
        .iter()
        .map(|(path, text)| {
            let path: ModulePath = path.split("::").filter(|p| !p.is_empty()).map(str::to_owned).collect();
            let mut module = Module::default();
            let parsed = syn::parse_file(text).expect("Rust");
            Reader { module: &mut module, at: path.clone() }.visit_file(&parsed);
            (path, module)
        })
        .collect();
    let found = circles(&edges(&modules));
    assert_eq!(found, BTreeSet::from([BTreeSet::from(["a::inner".to_owned(), "b".to_owned()])]));
}
