//! Declares the commands of the window, so that each must be granted by name in `tauri.conf.json`.

fn main() {
    println!("cargo:rerun-if-changed=src-tauri/src/desktop/commands.txt");
    #[cfg(feature = "desktop")]
    {
        let text = include_str!("src/desktop/commands.txt");
        let commands: &'static [&'static str] = text.lines().collect::<Vec<_>>().leak();
        let manifest = tauri_build::AppManifest::new().commands(commands);
        tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest))
            .expect("tauri.conf.json and its capability fit the commands");
    }
}
