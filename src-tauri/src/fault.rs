//! Faults on demand, for tests of the real programs. In release builds every function here does nothing.

/// Stops the program at a named point if `KEYRACK_FAULT` names it, after a line on standard error. The test then kills
/// it with signal 9, or changes something and lets it continue by opening the named pipe `KEYRACK_FAULT_UNTIL`.
pub fn point(name: &str) {
    if cfg!(debug_assertions) && std::env::var("KEYRACK_FAULT").is_ok_and(|wanted| wanted == name) {
        eprintln!("fault: {name}");
        match std::env::var_os("KEYRACK_FAULT_UNTIL") {
            // Opening a named pipe for reading blocks until it is opened for writing.
            Some(pipe) => drop(std::fs::File::open(pipe)),
            None => loop {
                std::thread::park();
            },
        }
    }
}

/// [`point`] without blocking the rest of the program.
pub async fn slow_point(name: &'static str) {
    if cfg!(debug_assertions) {
        let _ = tokio::task::spawn_blocking(move || point(name)).await;
    }
}

/// A number that a test sets, such as a lifetime in seconds; `None` in release builds.
pub fn number(variable: &str) -> Option<i64> {
    if cfg!(debug_assertions) { std::env::var(variable).ok()?.parse().ok() } else { None }
}
