//! When a window appears on the X server, and what it looks like.

use std::time::{Duration, Instant};

use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{ChangeWindowAttributesAux, ConnectionExt, EventMask, ImageFormat, Window};
use x11rb::rust_connection::RustConnection;

/// Toolkits map small windows of their own before the one that people see.
const SMALL: u16 = 300;
/// When a picture that never comes is given up; the figure is then this.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Screen {
    server: RustConnection,
}

impl Screen {
    /// From now on, windows that appear are seen.
    pub fn watch(display: &str) -> Self {
        let (server, number) = x11rb::connect(Some(display)).expect("the X server answers");
        let root = server.setup().roots[number].root;
        let events = ChangeWindowAttributesAux::new().event_mask(EventMask::SUBSTRUCTURE_NOTIFY);
        server.change_window_attributes(root, &events).expect("asked").check().expect("granted");
        Self { server }
    }

    /// Waits for a window of some size.
    pub fn mapped(&self) -> Window {
        loop {
            if let Event::MapNotify(event) = self.server.wait_for_event().expect("an event") {
                let size = self.server.get_geometry(event.window).ok().and_then(|asked| asked.reply().ok());
                if size.is_some_and(|s| s.width >= SMALL) {
                    return event.window;
                }
            }
        }
    }

    /// Waits until a window is gone.
    pub fn unmapped(&self, window: Window) {
        loop {
            match self.server.wait_for_event().expect("an event") {
                Event::UnmapNotify(event) if event.window == window => return,
                Event::DestroyNotify(event) if event.window == window => return,
                _ => {}
            }
        }
    }

    /// The part of a window where its list is.
    pub fn picture(&self, window: Window) -> Vec<u8> {
        let asked =
            self.server.get_image(ImageFormat::Z_PIXMAP, window, 40, 100, 560, 500, !0).expect("asked");
        asked.reply().map(|image| image.data).unwrap_or_default()
    }

    /// Waits until it looks like this.
    pub fn until(&self, window: Window, picture: &[u8]) {
        let give_up = Instant::now() + PATIENCE;
        while self.picture(window) != picture && Instant::now() < give_up {
            std::thread::sleep(Duration::from_millis(4));
        }
    }
}
