//! One operation on several connections: each is a line or a row, and the first failure decides the exit status.

use serde::Serialize;
use serde_json::{Value, json};

use super::context::Context;
use super::print;
use super::problem::Problem;
use super::sentence::sentence;
use crate::domain::connection::Connection;
use crate::domain::error::Failure;

/// What the operation says about one connection.
pub(super) struct Outcome {
    /// The members of the JSON row after `id`, `name` and `ok`.
    pub(super) details: Value,
    pub(super) line: String,
}

#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    name: &'a str,
    ok: bool,
    #[serde(flatten)]
    details: Value,
}

pub(super) fn run_each(
    context: &Context,
    connections: &[Connection],
    print_line: fn(&str),
    operation: impl Fn(&Connection) -> Result<Outcome, Failure>,
) -> Result<(), Problem> {
    let (mut rows, mut first_failure) = (Vec::new(), None);
    for connection in connections {
        let (id, name) = (&connection.id, &connection.name);
        let outcome = operation(connection);
        let ok = outcome.is_ok();
        let Outcome { details, line } = outcome.unwrap_or_else(|failure| {
            let line = format!("{name}: {}", sentence(&failure, None));
            let details = json!({ "failure": failure });
            first_failure.get_or_insert(failure);
            Outcome { details, line }
        });
        if context.json {
            rows.push(Row { id, name, ok, details });
        } else {
            print_line(&line);
        }
    }
    if context.json {
        print::json(&rows);
    }
    first_failure.map_or(Ok(()), |failure| Err(Problem::printed(failure)))
}
