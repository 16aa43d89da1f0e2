//! Renewal before it is needed, while the window is open: tokens are returned at once, and a sign-in that has ended is
//! noticed early. `domain/renewal` decides when a token is due.

use std::collections::HashMap;
use std::time::Duration;

use tokio::task::JoinSet;

use super::{Engine, Renewal, RenewalOutcome};
use crate::domain::connection::{Connection, Status};
use crate::domain::error::Failure;
use crate::domain::renewal::{self, LEAD, RenewalState, to_ms};
use crate::domain::view::KeychainState;
use crate::io::clock;

/// How many renewals run at once: after sleep all tokens are due.
const AT_ONCE: usize = 4;

/// The longest pause: timers stop while a computer sleeps, and clocks are set.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// The shortest pause, for a renewal that is due but not possible.
const SHORTEST_PAUSE: Duration = Duration::from_millis(250);

/// The state of a connection between two reads of the index.
struct Tracked {
    /// From the row. A new token starts a new state.
    seen: RenewalState,
    /// Drawn once for each try.
    jitter: f64,
}

impl Tracked {
    fn new(row: &Connection) -> Self {
        let seen = RenewalState {
            received_at: received_at(row),
            expires_at: row.expires_at,
            renewable: true,
            failures: 0,
            last_try: None,
            not_before: None,
        };
        Self { seen, jitter: jitter() }
    }

    fn is_of(&self, row: &Connection) -> bool {
        (self.seen.received_at, self.seen.expires_at) == (received_at(row), row.expires_at)
    }

    fn tried(&mut self, result: Result<Renewal, Failure>) {
        let now = clock::now_ms();
        self.seen.last_try = Some(now);
        self.jitter = jitter();
        let failure = match result.map(|renewal| renewal.outcome) {
            Ok(RenewalOutcome::NotRenewable) => {
                self.seen.renewable = false;
                return;
            }
            Ok(RenewalOutcome::Renewed | RenewalOutcome::NotNeeded) => {
                self.seen.failures = 0;
                return;
            }
            Ok(RenewalOutcome::Deferred(failure)) => *failure,
            Err(failure) => failure,
        };
        self.seen.failures = self.seen.failures.saturating_add(1);
        let wait = failure.retry_after.map(|s| to_ms(Duration::from_secs(s)));
        self.seen.not_before = wait.map(|wait| now.saturating_add(wait));
    }
}

fn received_at(row: &Connection) -> i64 {
    row.renewed_at.unwrap_or(row.created_at)
}

fn jitter() -> f64 {
    f64::from(u32::from_be_bytes(clock::random())) / f64::from(u32::MAX)
}

fn renews_by_itself(row: &Connection) -> bool {
    !row.workspace.is_hosted()
        && !row.disabled
        && row.expires_at.is_some()
        && matches!(row.status, Status::Ok | Status::Retrying)
}

impl Engine {
    /// Renews tokens as they become due. Calls `changed` after each renewal. Never returns.
    pub async fn renew_ahead(&self, changed: impl Fn()) {
        let mut tracked: HashMap<String, Tracked> = HashMap::new();
        let mut running: JoinSet<(String, Result<Renewal, Failure>)> = JoinSet::new();
        let mut busy: Vec<String> = Vec::new();
        loop {
            let pause = self.begin_due(&mut tracked, &mut running, &mut busy).await;
            tokio::select! {
                Some(ended) = running.join_next() => {
                    let Ok((id, result)) = ended else { continue };
                    busy.retain(|other| *other != id);
                    if let Some(known) = tracked.get_mut(&id) {
                        known.tried(result);
                    }
                    changed();
                }
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Starts the renewals that are due, up to [`AT_ONCE`]. Returns the time until the next one.
    async fn begin_due(
        &self,
        tracked: &mut HashMap<String, Tracked>,
        running: &mut JoinSet<(String, Result<Renewal, Failure>)>,
        busy: &mut Vec<String>,
    ) -> Duration {
        let Ok(rows) = self.index.connections(None) else { return LONGEST_PAUSE };
        let rows: Vec<_> = rows.into_iter().filter(renews_by_itself).collect();
        tracked.retain(|id, _| rows.iter().any(|row| row.id == *id));
        let now = clock::now_ms();
        let mut next = None::<i64>;
        let mut due = Vec::new();
        for row in rows {
            let known = tracked.entry(row.id.clone()).or_insert_with(|| Tracked::new(&row));
            if !known.is_of(&row) {
                let last_try = known.seen.last_try;
                *known = Tracked::new(&row);
                known.seen.last_try = last_try;
            }
            let seen = known.seen;
            let rested = seen.last_try.is_none_or(|at| now.saturating_sub(at) >= to_ms(LONGEST_PAUSE));
            let over = !seen.renewable && rested && row.expires_at.is_some_and(|at| at <= now);
            // A token that cannot be renewed is checked once more after it expires, to record the status.
            if over || renewal::is_due(&seen, known.jitter, now) {
                due.push(row);
            } else if let Some(at) = renewal::due_at(&seen, known.jitter) {
                next = Some(next.map_or(at, |earlier| earlier.min(at)));
            }
        }
        due.retain(|row| !busy.contains(&row.id));
        // The user did not ask for these: a locked keychain must not prompt for its password.
        if !due.is_empty() && self.keychain().await.state == KeychainState::Ready {
            for row in due.into_iter().take(AT_ONCE.saturating_sub(busy.len())) {
                busy.push(row.id.clone());
                let engine = self.clone();
                running.spawn(async move {
                    let result = engine.renew(&row, LEAD).await;
                    (row.facts.id, result)
                });
            }
        }
        let until = next.map_or(i64::MAX, |at| at.saturating_sub(now)).max(0);
        Duration::from_millis(until.unsigned_abs()).clamp(SHORTEST_PAUSE, LONGEST_PAUSE)
    }
}
