//! The rival: a window of the same toolkit with nothing in it.
#![cfg_attr(windows, windows_subsystem = "windows")]

fn main() {
    tauri::Builder::default()
        .setup(|app| {
            tauri::WebviewWindowBuilder::new(app, "main", tauri::WebviewUrl::default())
                .title("Empty")
                .inner_size(760.0, 640.0)
                .build()?;
            Ok(())
        })
        .run(tauri::generate_context!("tests/figures/empty/tauri.conf.json"))
        .expect("the system shows windows");
}
