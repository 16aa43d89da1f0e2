//! Faults on demand, for tests through the real programs. In release builds every function here is empty.

/// Stops the program at a named point if `KEYRACK_FAULT` names it, after saying so on standard error. The test then
/// kills it with signal 9, as no cleanup could be written for; or it changes the world meanwhile and lets the program
/// go on by opening the pipe that `KEYRACK_FAULT_UNTIL` names.
#[cfg(debug_assertions)]
pub fn point(name: &str) {
    if std::env::var("KEYRACK_FAULT").is_ok_and(|wanted| wanted == name) {
        eprintln!("fault: {name}");
        match std::env::var_os("KEYRACK_FAULT_UNTIL") {
            // Opening a named pipe for reading waits until somebody opens it for writing.
            Some(pipe) => drop(std::fs::File::open(pipe)),
            None => loop {
                std::thread::park();
            },
        }
    }
}

/// Does nothing in a release build.
#[cfg(not(debug_assertions))]
pub fn point(_name: &str) {}

/// The same for a part that is slow while the rest of the program goes on.
pub async fn slow_point(name: &'static str) {
    if cfg!(debug_assertions) {
        let _ = tokio::task::spawn_blocking(move || point(name)).await;
    }
}

/// A number that a test sets, such as a life time in seconds.
#[cfg(debug_assertions)]
pub fn number(variable: &str) -> Option<i64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Always `None` in a release build.
#[cfg(not(debug_assertions))]
pub fn number(_variable: &str) -> Option<i64> {
    None
}
