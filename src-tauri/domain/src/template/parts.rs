//! The parts of a template and the holes in them.

use std::fmt;

use schemars::JsonSchema;
use serde_with::{DeserializeFromStr, SerializeDisplay};

/// An address whose holes are filled with the values of a form.
#[derive(Clone, Debug, PartialEq, Eq, SerializeDisplay, DeserializeFromStr, JsonSchema)]
#[schemars(with = "String")]
pub struct Template {
    pub(super) text: String,
    pub(super) start: Start,
    pub(super) path: Vec<Piece>,
    pub(super) query: Option<Vec<Piece>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// The whole address comes from one field.
    Whole(String),
    /// Scheme, host and port come from one field.
    Origin(String),
    /// The host comes from one field; the scheme is https.
    Host { hole: String, port: String },
    /// The host is fixed, except for holes in labels before its last 2.
    Labels { scheme: &'static str, host: Vec<Piece>, port: String },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Text(String),
    Hole(String),
}

/// The place of a hole in an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    Whole,
    /// Scheme, host and port.
    Origin,
    /// The whole host.
    Host,
    /// A host label or a part of it.
    Label,
    /// A path segment or a part of it.
    Path,
    /// The value of a query parameter, or a part of it.
    Query,
}

impl Template {
    /// The holes with their places, in order.
    pub fn holes(&self) -> Vec<(&str, Place)> {
        fn of(pieces: &[Piece], place: Place) -> impl Iterator<Item = (&str, Place)> {
            pieces.iter().filter_map(move |piece| Some((piece.hole()?, place)))
        }
        let mut holes = match &self.start {
            Start::Whole(hole) => vec![(hole.as_str(), Place::Whole)],
            Start::Origin(hole) => vec![(hole.as_str(), Place::Origin)],
            Start::Host { hole, .. } => vec![(hole.as_str(), Place::Host)],
            Start::Labels { host, .. } => of(host, Place::Label).collect(),
        };
        holes.extend(of(&self.path, Place::Path));
        holes.extend(of(self.query.as_deref().unwrap_or_default(), Place::Query));
        holes
    }

    /// The host, with an unusual port. `name` writes what fills a hole in it, or the whole of it.
    pub fn describe_host(&self, name: impl Fn(&str) -> String) -> String {
        match &self.start {
            Start::Whole(hole) | Start::Origin(hole) => name(hole),
            Start::Host { hole, port } => format!("{}{}", name(hole), unusual_port("https", port)),
            Start::Labels { scheme, host, port } => {
                let write = |piece: &Piece| match piece {
                    Piece::Text(text) => text.clone(),
                    Piece::Hole(hole) => name(hole),
                };
                let host: String = host.iter().map(write).collect();
                format!("{host}{}", unusual_port(scheme, port))
            }
        }
    }

    /// The names of the query parameters.
    pub fn query_names(&self) -> Vec<String> {
        let text: String = self.query.iter().flatten().map(Piece::source).collect();
        text.split('&')
            .filter_map(|pair| pair.split('=').next())
            .filter(|n| !n.is_empty())
            .map(str::to_owned)
            .collect()
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// A port as it is written after a host; empty for the default of the scheme.
fn unusual_port<'p>(scheme: &str, port: &'p str) -> &'p str {
    let default = if scheme == "https" { 443 } else { 80 };
    let number = port.trim_start_matches(':').parse::<u16>().ok();
    if number == Some(default) { "" } else { port }
}

impl Piece {
    pub(crate) fn hole(&self) -> Option<&str> {
        match self {
            Self::Text(_) => None,
            Self::Hole(hole) => Some(hole),
        }
    }

    pub(super) fn source(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Hole(hole) => format!("{{{hole}}}"),
        }
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
