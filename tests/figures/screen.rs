//! Detects when a window appears on the X server, and takes screenshots of it.

use std::time::{Duration, Instant};

use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{ChangeWindowAttributesAux, ConnectionExt, EventMask, ImageFormat, Window};
use x11rb::rust_connection::RustConnection;

/// Toolkits map small helper windows before the visible one.
const SMALL: u16 = 300;
/// Time limit for a screenshot; the figure is then this.
const TIMEOUT: Duration = Duration::from_secs(20);

pub struct Screen {
    server: RustConnection,
}

impl Screen {
    /// Subscribes to new windows.
    pub fn watch(display: &str) -> Self {
        let (server, number) = x11rb::connect(Some(display)).expect("a connection to the X server");
        let root = server.setup().roots[number].root;
        let events = ChangeWindowAttributesAux::new().event_mask(EventMask::SUBSTRUCTURE_NOTIFY);
        server.change_window_attributes(root, &events).expect("asked").check().expect("granted");
        Self { server }
    }

    /// Waits for a window larger than a helper.
    pub fn mapped(&self) -> Window {
        loop {
            if let Event::MapNotify(event) = self.server.wait_for_event().expect("an event") {
                let size = self.server.get_geometry(event.window).ok().and_then(|cookie| cookie.reply().ok());
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

    /// The pixels of the part of a window that holds the list.
    pub fn screenshot(&self, window: Window) -> Vec<u8> {
        let cookie =
            self.server.get_image(ImageFormat::Z_PIXMAP, window, 40, 100, 560, 500, !0).expect("asked");
        cookie.reply().map(|image| image.data).unwrap_or_default()
    }

    /// Waits until a screenshot of the window equals this one.
    pub fn until(&self, window: Window, screenshot: &[u8]) {
        let deadline = Instant::now() + TIMEOUT;
        while self.screenshot(window) != screenshot && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(4));
        }
    }
}
