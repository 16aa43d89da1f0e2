//! One operation on several connections: each is a line or a row, and the first failure decides the exit status.

use serde_json::{Value, json};

use super::context::Context;
use super::print;
use super::problem::Problem;
use super::sentence::sentence;
use crate::domain::connection::Connection;
use crate::domain::error::Failure;

pub(super) struct Success {
    /// The members of the JSON row after `id`, `name` and `ok`.
    pub(super) row: Value,
    pub(super) line: String,
}

pub(super) fn run_each(
    context: &Context,
    connections: Vec<Connection>,
    print_line: fn(&str),
    operation: impl Fn(&Connection) -> Result<Success, Failure>,
) -> Result<(), Problem> {
    let (mut rows, mut first_failure) = (Vec::new(), None);
    for connection in connections {
        let (id, name) = (&connection.id, &connection.name);
        let outcome = operation(&connection);
        if context.json {
            rows.push(match &outcome {
                Ok(success) => {
                    let mut row = json!({ "id": id, "name": name, "ok": true });
                    if let (Some(row), Some(more)) = (row.as_object_mut(), success.row.as_object()) {
                        row.extend(more.clone());
                    }
                    row
                }
                Err(failure) => json!({ "id": id, "name": name, "ok": false, "failure": failure }),
            });
        } else {
            print_line(&match &outcome {
                Ok(success) => success.line.clone(),
                Err(failure) => format!("{name}: {}", sentence(failure, None)),
            });
        }
        if let Err(failure) = outcome {
            first_failure.get_or_insert(failure);
        }
    }
    if context.json {
        print::json(&rows);
    }
    first_failure.map_or(Ok(()), |failure| Err(Problem::printed(failure)))
}
