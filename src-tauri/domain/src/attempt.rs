//! The stages of a sign-in and the legal moves between them. The engine makes the moves.

use serde::Serialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "AttemptStage"))]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The browser has the address; nothing came back yet.
    Waiting,
    /// The callback came; the code is being exchanged and saved.
    Finishing,
    /// The provider issued a token that the vault could not take yet. It is kept in memory.
    Unsaved,
    Connected,
    /// Ended without a connection.
    Failed,
    /// Ended by the user.
    Cancelled,
}

/// What came to the callback address of a waiting sign-in and did not end it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Stray {
    /// It carries nothing that binds it to the sign-in.
    Foreign,
    /// Its head is longer than is read, because of the cookies of other programs of `localhost`.
    HeadTooLong,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an attempt cannot go from {from:?} to {to:?}")]
pub struct IllegalMove {
    pub from: Stage,
    pub to: Stage,
}

impl Stage {
    /// Whether nothing can follow.
    pub fn has_ended(self) -> bool {
        matches!(self, Self::Connected | Self::Failed | Self::Cancelled)
    }

    /// Returns the next stage, if the move is legal. Late work for an ended attempt is refused here.
    pub fn to(self, to: Self) -> Result<Self, IllegalMove> {
        use Stage::{Cancelled, Connected, Failed, Finishing, Unsaved, Waiting};
        let legal = matches!(
            (self, to),
            // A callback that was believed, a time-out or a refusal, and the Cancel button.
            (Waiting, Finishing | Failed | Cancelled)
            // Once a code is being exchanged there is no Cancel: a token may exist that must not be lost.
            | (Finishing, Connected | Failed | Unsaved)
            | (Unsaved, Connected | Failed | Unsaved)
        );
        if legal { Ok(to) } else { Err(IllegalMove { from: self, to }) }
    }
}

#[cfg(test)]
mod tests {
    use super::Stage::{self, Cancelled, Connected, Failed, Finishing, Unsaved, Waiting};

    const ALL: [Stage; 6] = [Waiting, Finishing, Unsaved, Connected, Failed, Cancelled];

    #[test]
    fn an_ended_attempt_never_moves_again() {
        for from in ALL.into_iter().filter(|s| s.has_ended()) {
            for to in ALL {
                assert!(from.to(to).is_err(), "{from:?} to {to:?}");
            }
        }
    }

    #[test]
    fn these_are_the_only_moves() {
        let legal = [
            (Waiting, Finishing),
            (Waiting, Failed),
            (Waiting, Cancelled),
            (Finishing, Connected),
            (Finishing, Failed),
            (Finishing, Unsaved),
            (Unsaved, Connected),
            (Unsaved, Failed),
            (Unsaved, Unsaved),
        ];
        for from in ALL {
            for to in ALL {
                assert_eq!(from.to(to).is_ok(), legal.contains(&(from, to)), "{from:?} to {to:?}");
            }
        }
    }
}
