//! Names the commit for `keyrack version`, compiles the catalogue, and declares the commands of the window.

use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

fn main() {
    println!("cargo:rerun-if-changed=src-tauri/build.rs");
    describe_source();
    catalogue::compile();
    #[cfg(feature = "desktop")]
    window::declare_commands();
}

/// Sets `KEYRACK_COMMIT` and `KEYRACK_BUILD_EPOCH`. The date is that of the commit, so that two builds of one commit are
/// the same; packagers set `SOURCE_DATE_EPOCH` (reproducible-builds.org).
fn describe_source() {
    for variable in ["KEYRACK_COMMIT", "SOURCE_DATE_EPOCH"] {
        println!("cargo:rerun-if-env-changed={variable}");
    }
    // A source archive may lie in a repository that is not its own.
    let is_repository = run_git(&["rev-parse", "--show-prefix"]).is_some_and(|prefix| prefix.is_empty());
    let ask_git = |args: &[&str]| if is_repository { run_git(args) } else { None };
    // Written at each commit and checkout.
    if let Some(log) =
        ask_git(&["rev-parse", "--git-path", "logs/HEAD"]).filter(|log| Path::new(log).exists())
    {
        println!("cargo:rerun-if-changed={log}");
    }
    let commit = read_variable("KEYRACK_COMMIT").or_else(|| ask_git(&["rev-parse", "HEAD"]));
    println!("cargo:rustc-env=KEYRACK_COMMIT={}", commit.as_deref().unwrap_or("unknown"));
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs()).to_string();
    let epoch =
        read_variable("SOURCE_DATE_EPOCH").or_else(|| ask_git(&["show", "-s", "--format=%ct", "HEAD"]));
    println!("cargo:rustc-env=KEYRACK_BUILD_EPOCH={}", epoch.unwrap_or_else(now));
}

fn read_variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn run_git(args: &[&str]) -> Option<String> {
    let output = Command::new("git").args(args).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}

/// Checks every element file, and writes them all as JSON, which is read many times faster than TOML and one at a time.
/// The text of each file is kept too, for a user's own copy.
mod catalogue {
    use std::collections::BTreeMap;
    use std::fmt::Write as _;
    use std::fs;
    use std::path::{Path, PathBuf};

    use keyrack_domain::element::Element;

    const ELEMENTS: &str = "src-tauri/elements";

    pub fn compile() {
        println!("cargo:rerun-if-changed={ELEMENTS}");
        let texts = read_files();
        let mut faults = String::new();
        let mut elements = Vec::new();
        for (key, text) in &texts {
            match Element::parse_among(text, |key| texts.contains_key(key)) {
                Ok(element) => elements.push((key, element)),
                Err(problems) => problems.iter().for_each(|problem| {
                    let line = problem.line.unwrap_or(1);
                    let _ = writeln!(faults, "{ELEMENTS}/{key}/element.toml:{line}: {problem}");
                }),
            }
        }
        assert!(faults.is_empty(), "the catalogue has faults\n{faults}");
        let mut providers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (key, element) in &elements {
            providers.entry(element.provider()).or_default().push(key.as_str());
        }
        let mut source = String::from("pub(super) static SHIPPED: &[(&str, &str)] = &[\n");
        for (key, element) in &elements {
            let json = serde_json::to_string(element).expect("an element is JSON");
            let _ = writeln!(source, "    ({key:?}, {json:?}),");
        }
        // Apart from the others: a program that copies no element is linked without.
        source.push_str("];\n\npub(super) static TEXTS: &[&str] = &[\n");
        for (key, _) in &elements {
            let file = format!("/{ELEMENTS}/{key}/element.toml");
            let _ = writeln!(source, "    include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), {file:?})),");
        }
        source.push_str("];\n\npub(super) static PROVIDERS: &[(&str, &[&str])] = &[\n");
        for (provider, keys) in providers {
            let _ = writeln!(source, "    ({provider:?}, &{keys:?}),");
        }
        source.push_str("];\n");
        let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("set by cargo"));
        fs::write(out.join("catalogue.rs"), source).expect("the compiled catalogue can be written");
    }

    fn read_files() -> BTreeMap<String, String> {
        let folders = fs::read_dir(ELEMENTS).expect(ELEMENTS).map(|entry| entry.expect(ELEMENTS).path());
        let read = |folder: PathBuf| {
            let key = folder.file_name()?.to_str()?.to_owned();
            let text = fs::read_to_string(folder.join("element.toml")).expect("an element file");
            Some((key, text))
        };
        folders.filter(|path: &PathBuf| Path::is_dir(path)).filter_map(read).collect()
    }
}

/// Registers the commands of the window and grants each by name. A command is a function in `src/desktop/commands` with
/// the attribute `#[tauri::command]`; nothing else lists them.
#[cfg(feature = "desktop")]
mod window {
    use std::fs;
    use std::path::{Path, PathBuf};

    const COMMANDS: &str = "src-tauri/src/desktop/commands";

    pub fn declare_commands() {
        println!("cargo:rerun-if-changed={COMMANDS}");
        let mut files: Vec<PathBuf> =
            fs::read_dir(COMMANDS).expect(COMMANDS).map(|entry| entry.expect(COMMANDS).path()).collect();
        files.sort();
        let (mut names, mut paths) = (Vec::new(), Vec::new());
        for file in files {
            let module = file.file_stem().and_then(|stem| stem.to_str()).expect("a module").to_owned();
            for name in read_commands(&file) {
                paths.push(format!("commands::{module}::{name},\n"));
                names.push(name);
            }
        }
        let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("set by cargo"));
        write(&out.join("handler.rs"), &format!("tauri::generate_handler![\n{}]\n", paths.concat()));

        // Tauri makes a permission of each command. This set names them all, for the capability in tauri.conf.json.
        let granted: Vec<_> = names.iter().map(|name| format!("allow-{}", name.replace('_', "-"))).collect();
        let set = format!(
            "[[set]]\nidentifier = \"page-commands\"\ndescription = \"Every command of the page.\"\npermissions = {granted:?}\n"
        );
        fs::create_dir_all("permissions").expect("permissions");
        write(Path::new("permissions/page-commands.toml"), &set);
        let names: Vec<&'static str> = names.into_iter().map(|name| &*name.leak()).collect();
        let manifest = tauri_build::AppManifest::new().commands(names.leak());
        tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest))
            .expect("tauri.conf.json and its capability fit the commands");
    }

    /// The names of the functions that follow the attribute.
    fn read_commands(file: &Path) -> Vec<String> {
        let text = fs::read_to_string(file).expect("a source file");
        let name = |rest: &str| rest.split_once("fn ")?.1.split(['(', '<']).next().map(str::to_owned);
        text.split("#[tauri::command]").skip(1).map(|rest| name(rest).expect("a function")).collect()
    }

    /// Writes only changes: a new time stamp would run this script again.
    fn write(path: &Path, text: &str) {
        if fs::read_to_string(path).is_ok_and(|old| old == text) {
            return;
        }
        fs::write(path, text).expect("a writable folder");
    }
}
