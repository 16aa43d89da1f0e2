//! Whether a window can open in this session.

/// What a program says where it cannot.
pub const NO_DISPLAY: &str = "There is no display here; the command line works without one.";

/// Whether a display server answers. Toolkits end the program with a backtrace where none does.
#[cfg(all(unix, not(target_os = "macos")))]
pub fn is_available() -> bool {
    servers::any_answers(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
pub fn is_available() -> bool {
    true
}

#[cfg(all(unix, not(target_os = "macos")))]
mod servers {
    use std::net::{TcpStream, ToSocketAddrs};
    use std::os::unix::net::UnixStream;
    use std::path::Path;
    use std::time::Duration;

    /// A server behind `ssh -X` answers on loopback.
    const TIMEOUT: Duration = Duration::from_secs(5);

    /// The port of display 0 (X Window System Protocol, appendix B).
    const FIRST_PORT: u16 = 6000;

    pub(super) fn any_answers(variable: impl Fn(&str) -> Option<String>) -> bool {
        // A compositor may hand over the connection itself.
        variable("WAYLAND_SOCKET").is_some()
            || wayland_answers(variable("XDG_RUNTIME_DIR"), variable("WAYLAND_DISPLAY"))
            || variable("DISPLAY").is_some_and(|display| x11_answers(&display))
    }

    /// Without a name libwayland tries this one.
    fn wayland_answers(folder: Option<String>, name: Option<String>) -> bool {
        let (folder, name) = (folder.unwrap_or_default(), name.as_deref().unwrap_or("wayland-0"));
        UnixStream::connect(Path::new(&folder).join(name)).is_ok()
    }

    /// `[protocol/][host]:number[.screen]`, as in X(7). Without a host the server is on this computer.
    fn x11_answers(display: &str) -> bool {
        let Some((place, number)) = display.rsplit_once(':') else { return false };
        let Ok(number) = number.split('.').next().unwrap_or_default().parse::<u16>() else { return false };
        let (protocol, host) = place.split_once('/').unwrap_or(("", place));
        let is_local = host.is_empty() || host == "unix" || protocol == "unix";
        if is_local && x11_answers_here(number) {
            return true;
        }
        let host = if is_local { "localhost" } else { host.trim_matches(['[', ']']) };
        let Some(port) = FIRST_PORT.checked_add(number) else { return false };
        let addresses = (host, port).to_socket_addrs().into_iter().flatten();
        addresses.into_iter().any(|address| TcpStream::connect_timeout(&address, TIMEOUT).is_ok())
    }

    fn x11_answers_here(number: u16) -> bool {
        let path = format!("/tmp/.X11-unix/X{number}");
        UnixStream::connect(&path).is_ok() || abstract_answers(&path)
    }

    #[cfg(target_os = "linux")]
    fn abstract_answers(name: &str) -> bool {
        use std::os::linux::net::SocketAddrExt;
        use std::os::unix::net::SocketAddr;

        SocketAddr::from_abstract_name(name).is_ok_and(|address| UnixStream::connect_addr(&address).is_ok())
    }

    #[cfg(not(target_os = "linux"))]
    fn abstract_answers(_name: &str) -> bool {
        false
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::net::TcpListener;
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr, UnixListener};

    use super::servers::any_answers;

    fn answers(environment: &[(&str, &str)]) -> bool {
        any_answers(|name| environment.iter().find(|(known, _)| *known == name).map(|(_, v)| (*v).to_owned()))
    }

    #[test]
    fn a_display_is_one_that_answers() {
        let folder = tempfile::tempdir().expect("a folder");
        let runtime = folder.path().to_str().expect("plain");
        let wayland = folder.path().join("wayland-7");
        let path = wayland.to_str().expect("plain");
        let _compositor = UnixListener::bind(&wayland).expect("a socket");
        let tcp = TcpListener::bind("127.0.0.1:0").expect("a port");
        // Ports for outgoing connections lie above those of displays.
        let number = tcp.local_addr().expect("bound").port() - 6000;
        let name = format!("/tmp/.X11-unix/X{number}");
        let address = SocketAddr::from_abstract_name(&name).expect("a name");
        let forwarded = format!("127.0.0.1:{number}.0");
        assert!(answers(&[("DISPLAY", &forwarded)]));
        assert!(answers(&[("DISPLAY", &format!("tcp/127.0.0.1:{number}"))]));
        assert!(answers(&[("WAYLAND_DISPLAY", "wayland-7"), ("XDG_RUNTIME_DIR", runtime)]));
        assert!(answers(&[("WAYLAND_DISPLAY", path)]));
        assert!(answers(&[("WAYLAND_SOCKET", "3")]));

        drop(tcp);
        for display in
            ["", "x", ":", ":x", ":99999", &forwarded, &format!(":{number}"), "no-such-host.invalid:0"]
        {
            assert!(!answers(&[("DISPLAY", display)]), "{display}");
        }
        assert!(!answers(&[]));
        assert!(!answers(&[("XDG_RUNTIME_DIR", runtime)]));
        assert!(!answers(&[("WAYLAND_DISPLAY", "wayland-8"), ("XDG_RUNTIME_DIR", runtime)]));

        let _server = UnixListener::bind_addr(&address).expect("a socket");
        for display in [format!(":{number}"), format!(":{number}.0"), format!("unix:{number}")] {
            assert!(answers(&[("DISPLAY", &display)]), "{display}");
        }
        // A compositor that has ended does not hide the other server.
        assert!(answers(&[("WAYLAND_DISPLAY", "gone"), ("DISPLAY", &format!(":{number}"))]));
    }
}
