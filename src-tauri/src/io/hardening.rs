//! What a program with tokens in its memory asks of the operating system.

/// Keeps the memory of this program off the disk and from other programs of the user: no core dump, no debugger. A system
/// that refuses is used as it is.
#[cfg(unix)]
pub fn protect_memory() {
    use nix::sys::resource::{Resource, setrlimit};

    let _ = setrlimit(Resource::RLIMIT_CORE, 0, 0);
    // The limit does not hold back a handler of core dumps, such as systemd-coredump.
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_dumpable(false);
}

#[cfg(not(unix))]
pub fn protect_memory() {}
