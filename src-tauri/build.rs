//! Registers the commands of the window and grants each by name. A command is a function in `src/desktop/commands` with
//! the attribute `#[tauri::command]`; nothing else lists them.

fn main() {
    #[cfg(feature = "desktop")]
    window::declare_commands();
}

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
