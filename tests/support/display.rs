//! A virtual screen, so that each test sees only its own windows.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{
    ClientMessageEvent, ConfigureWindowAux, ConnectionExt as _, EventMask, MapState,
};
use x11rb::rust_connection::RustConnection;

/// A virtual X server.
pub struct Display {
    server: Child,
    /// The value for `DISPLAY`.
    pub name: String,
}

impl Display {
    /// Starts a server with a free display number.
    pub fn start() -> Self {
        // Two servers that start at the same time can choose the same number.
        static STARTING: Mutex<()> = Mutex::new(());
        let _guard = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
        // `-noreset`: the server must not reset when the last client disconnects, such as a screenshot.
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp", "-noreset"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb is installed");
        let mut number = String::new();
        BufReader::new(server.stdout.take().expect("piped"))
            .read_line(&mut number)
            .expect("a display number");
        Self { server, name: format!(":{}", number.trim()) }
    }

    fn connect(&self) -> (RustConnection, u32) {
        let (server, number) = x11rb::connect(Some(&self.name)).expect("a connection to the X server");
        let root = server.setup().roots[number].root;
        (server, root)
    }

    /// The visible window, once there is one. Toolkits also have small hidden ones.
    pub fn window(&self) -> Option<u32> {
        let (server, root) = self.connect();
        let children = server.query_tree(root).ok()?.reply().ok()?.children;
        children.into_iter().find(|window| {
            let attributes =
                server.get_window_attributes(*window).ok().and_then(|cookie| cookie.reply().ok());
            attributes.is_some_and(|w| w.map_state == MapState::VIEWABLE)
                && self.size(*window).is_some_and(|(w, _)| w > 300)
        })
    }

    pub fn size(&self, window: u32) -> Option<(u16, u16)> {
        let geometry = self.connect().0.get_geometry(window).ok()?.reply().ok()?;
        Some((geometry.width, geometry.height))
    }

    pub fn resize(&self, window: u32, width: u32, height: u32) {
        let size = ConfigureWindowAux::new().width(width).height(height);
        let (server, _) = self.connect();
        server.configure_window(window, &size).expect("asked").check().expect("resized");
    }

    /// Presses the close button of a window.
    pub fn close(&self, window: u32) {
        let (server, _) = self.connect();
        let atom =
            |name: &[u8]| server.intern_atom(false, name).expect("asked").reply().expect("an atom").atom;
        let message = ClientMessageEvent::new(
            32,
            window,
            atom(b"WM_PROTOCOLS"),
            [atom(b"WM_DELETE_WINDOW"), 0, 0, 0, 0],
        );
        server.send_event(false, window, EventMask::NO_EVENT, message).expect("asked").check().expect("sent");
    }

    /// The content of the clipboard.
    pub fn clipboard(&self) -> String {
        let mut command = Command::new("xclip");
        command.args(["-selection", "clipboard", "-out"]).env("DISPLAY", &self.name).stderr(Stdio::null());
        String::from_utf8_lossy(&command.output().expect("xclip is installed").stdout).into_owned()
    }

    /// Writes a screenshot of the whole screen.
    pub fn screenshot(&self, file: &Path) {
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder).expect("a folder for screenshots");
        }
        let taken = Command::new("import")
            .args(["-window", "root"])
            .arg(file)
            .env("DISPLAY", &self.name)
            .status()
            .expect("imagemagick is installed");
        assert!(taken.success(), "no screenshot of {}", self.name);
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
