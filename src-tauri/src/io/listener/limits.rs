use std::time::Duration;

/// How much a server takes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Further clients wait.
    pub max_connections: usize,
    /// How long started responses may take to be sent once the server is being closed.
    pub flush_timeout: Duration,
    /// Close a connection whose peer reads nothing for this long.
    pub write_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // Enough for every tab of a browser.
            max_connections: 64,
            // A page is small: a browser that does not have it by then never will.
            flush_timeout: Duration::from_secs(2),
            // A client that works on each piece takes seconds.
            write_timeout: Duration::from_secs(60),
        }
    }
}
