//! Parsing a template.

use std::str::FromStr;

use thiserror::Error;

use super::parts::{Piece, Start, Template};
use crate::host;

/// Long enough for any endpoint with a few parameters.
const MAX_LENGTH: usize = 1000;

/// Why a text is not a template. The messages are shown as faults of element files.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TemplateProblem {
    #[error("an address has only printable ASCII characters, and none of @ # \\ \" < > ^ ` |")]
    Character,
    #[error("an address has at most {} characters", MAX_LENGTH)]
    TooLong,
    #[error("a hole is written {{key}}, with the key of a field")]
    Hole,
    #[error("an address begins with https:// (http:// only on this computer)")]
    Scheme,
    #[error("the host is written in lower case, and its last two labels have no hole")]
    Host,
    #[error("a path has no . or .. segment")]
    DotSegment,
    #[error("in the query a hole stands only in a value, as in name={{key}}")]
    QueryName,
}

impl FromStr for Template {
    type Err = TemplateProblem;

    fn from_str(text: &str) -> Result<Self, TemplateProblem> {
        if text.len() > MAX_LENGTH {
            return Err(TemplateProblem::TooLong);
        }
        // An @ would turn the text before it into user information; some parsers read \ as /; a # begins a fragment,
        // which RFC 6749 §3.1 forbids in endpoints. The others are illegal in RFC 3986.
        if !text.bytes().all(|b| b.is_ascii_graphic() && !b"@#\\\"<>^`|".contains(&b)) {
            return Err(TemplateProblem::Character);
        }
        let pieces = pieces(text).ok_or(TemplateProblem::Hole)?;
        if pieces.windows(2).any(|pair| matches!(pair, [Piece::Hole(_), Piece::Hole(_)])) {
            return Err(TemplateProblem::Hole);
        }
        let (start, rest) = match pieces.split_first() {
            Some((Piece::Hole(hole), [])) => (Start::Whole(hole.clone()), Vec::new()),
            Some((Piece::Hole(hole), rest)) => {
                if !matches!(rest.first(), Some(Piece::Text(t)) if t.starts_with(['/', '?'])) {
                    return Err(TemplateProblem::Host);
                }
                (Start::Origin(hole.clone()), rest.to_vec())
            }
            _ => written_out(pieces)?,
        };
        let (path, query) = split(&rest, &['?']);
        let query = query.map(without_mark);
        check_path(&path)?;
        if let Some(query) = &query {
            check_query(query)?;
        }
        Ok(Self { text: text.to_owned(), start, path, query })
    }
}

/// Splits a template into text and placeholders. `None` for an unclosed brace or an invalid name.
pub(crate) fn pieces(text: &str) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, after) = rest.split_at(at);
        if !before.is_empty() {
            pieces.push(Piece::Text(before.to_owned()));
        }
        let (hole, after) = after.strip_prefix('{')?.split_once('}')?;
        if hole.is_empty() || !hole.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)) {
            return None;
        }
        pieces.push(Piece::Hole(hole.to_owned()));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.to_owned()));
    }
    Some(pieces)
}

/// A template that begins with its scheme.
fn written_out(mut pieces: Vec<Piece>) -> Result<(Start, Vec<Piece>), TemplateProblem> {
    let Some(Piece::Text(first)) = pieces.first_mut() else { return Err(TemplateProblem::Scheme) };
    let after = |scheme| Some((scheme, first.strip_prefix(scheme)?.strip_prefix("://")?.to_owned()));
    let (scheme, after) = ["https", "http"].into_iter().find_map(after).ok_or(TemplateProblem::Scheme)?;
    *first = after;
    pieces.retain(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()));
    let (mut host, rest) = split(&pieces, &['/', '?']);
    let port = take_port(&mut host)?;
    let start = match host.as_slice() {
        [Piece::Hole(hole)] if scheme == "https" => Start::Host { hole: hole.clone(), port },
        [Piece::Text(name)] if host::is_loopback(name) || (scheme == "https" && host::is_name(name)) => {
            Start::Labels { scheme, host, port }
        }
        [.., Piece::Hole(_), Piece::Text(tail)] if scheme == "https" => {
            // The last 2 labels decide whose server is called, so they are never a hole.
            let literal =
                tail.split_once('.').is_some_and(|(_, domain)| host::is_suffix(&format!(".{domain}")));
            // Labels are tested with a digit in each hole, which is valid at any place of a label.
            let tried: String = host.iter().map(|p| if let Piece::Text(t) = p { t } else { "0" }).collect();
            if !literal || !host::is_name(&tried) {
                return Err(TemplateProblem::Host);
            }
            Start::Labels { scheme, host, port }
        }
        _ if scheme == "http" => return Err(TemplateProblem::Scheme),
        _ => return Err(TemplateProblem::Host),
    };
    Ok((start, rest.unwrap_or_default()))
}

/// Cuts `:8443` off the end of a host. A port is never a hole: another port is another server.
fn take_port(host: &mut Vec<Piece>) -> Result<String, TemplateProblem> {
    let Some(Piece::Text(last)) = host.last_mut() else { return Ok(String::new()) };
    let Some(at) = last.rfind(':').filter(|at| !last[*at..].ends_with(']')) else { return Ok(String::new()) };
    let port = last.split_off(at);
    if port[1..].parse::<u16>().is_err() {
        return Err(TemplateProblem::Host);
    }
    if last.is_empty() {
        host.pop();
    }
    Ok(port)
}

/// Splits before the first of `marks` in a text.
fn split(pieces: &[Piece], marks: &[char]) -> (Vec<Piece>, Option<Vec<Piece>>) {
    let found = pieces.iter().enumerate().find_map(|(index, piece)| match piece {
        Piece::Text(text) => text.find(marks).map(|at| (index, text.split_at(at))),
        Piece::Hole(_) => None,
    });
    let Some((index, (before, after))) = found else { return (pieces.to_vec(), None) };
    let mut head = pieces[..index].to_vec();
    if !before.is_empty() {
        head.push(Piece::Text(before.to_owned()));
    }
    let mut tail = vec![Piece::Text(after.to_owned())];
    tail.extend_from_slice(&pieces[index + 1..]);
    (head, Some(tail))
}

fn without_mark(mut query: Vec<Piece>) -> Vec<Piece> {
    if let Some(Piece::Text(first)) = query.first_mut() {
        first.remove(0);
    }
    query
}

fn check_path(path: &[Piece]) -> Result<(), TemplateProblem> {
    let text: String = path.iter().map(Piece::source).collect();
    // Url reads %2e as a dot here.
    let dots =
        |segment: &str| matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..");
    if text.split('/').any(dots) { Err(TemplateProblem::DotSegment) } else { Ok(()) }
}

fn check_query(query: &[Piece]) -> Result<(), TemplateProblem> {
    let text: String = query.iter().map(Piece::source).collect();
    let named = |pair: &str| match pair.split_once('=') {
        Some((name, _)) => !name.contains('{'),
        None => !pair.contains('{'),
    };
    if text.split('&').all(named) { Ok(()) } else { Err(TemplateProblem::QueryName) }
}
