//! Filling the holes of a template with values.

use thiserror::Error;
use url::Url;

use super::parts::{Piece, Place, Start, Template};
use crate::oauth::percent;
use crate::values::{FieldKind, Values};
use crate::{address, host};

/// Why a template could not be filled. Names the hole, never the value.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TemplateError {
    #[error("no value for {{{0}}}")]
    Missing(String),
    #[error("the value for {{{0}}} may not stand in an address at this place")]
    Refused(String),
    /// The result is not the address that the template describes.
    #[error("the filled template is not an address")]
    NotAnAddress,
}

impl Template {
    /// The address with all holes filled. Values are percent-encoded for their place; those that become part of a
    /// host are checked again.
    pub fn fill(&self, values: &Values) -> Result<Url, TemplateError> {
        let text = self.fill_text(values)?;
        Url::parse(&text).map_err(|_| TemplateError::NotAnAddress)
    }

    /// The same address byte for byte, for comparison as text: a [`Url`] would add a slash.
    pub fn fill_text(&self, values: &Values) -> Result<String, TemplateError> {
        let mut address = self.fill_start(values)?;
        if matches!(self.start, Start::Whole(_)) {
            return Ok(address);
        }
        let origin = checked_origin(&address)?;
        let origin_end = address.len();
        fill_encoded(&self.path, values, &mut address)?;
        if address[origin_end..].split('/').any(|segment| segment == "." || segment == "..") {
            // RFC 3986 §5.2.4: such a segment would be removed together with the one before it.
            let hole = self.holes().into_iter().find(|(_, place)| *place == Place::Path);
            return Err(
                hole.map_or(TemplateError::NotAnAddress, |(h, _)| TemplateError::Refused(h.to_owned()))
            );
        }
        if let Some(query) = &self.query {
            address.push('?');
            fill_encoded(query, values, &mut address)?;
        }
        let url = Url::parse(&address).map_err(|_| TemplateError::NotAnAddress)?;
        if url.origin() == origin.origin() { Ok(address) } else { Err(TemplateError::NotAnAddress) }
    }

    /// Scheme, host and port of the address, which need no values for holes in its path and query.
    pub fn origin(&self, values: &Values) -> Result<Url, TemplateError> {
        let start = self.fill_start(values)?;
        match self.start {
            Start::Whole(_) => Url::parse(&start).map_err(|_| TemplateError::NotAnAddress),
            _ => checked_origin(&start),
        }
    }

    fn fill_start(&self, values: &Values) -> Result<String, TemplateError> {
        match &self.start {
            Start::Whole(hole) | Start::Origin(hole) if values.kind(hole) == Some(FieldKind::Base) => {
                let base = value(hole, FieldKind::Base, values)?;
                let refused = || TemplateError::Refused(hole.clone());
                let url = Url::parse(base).map_err(|_| refused())?;
                // The canonical form has nothing but scheme, host, port and path.
                let path = url.path().trim_end_matches('/');
                let is_bare = url.query().is_none() && url.fragment().is_none();
                let canonical = format!("{}{path}", url.origin().ascii_serialization());
                if url.scheme() != "https" || !is_bare || canonical != base {
                    return Err(refused());
                }
                Ok(canonical)
            }
            Start::Whole(hole) => {
                let text = value(hole, FieldKind::Address, values)?;
                address::parse(text).ok_or_else(|| TemplateError::Refused(hole.clone()))?;
                Ok(text.to_owned())
            }
            Start::Origin(hole) => {
                let origin = value(hole, FieldKind::Origin, values)?;
                let url = Url::parse(origin).map_err(|_| TemplateError::Refused(hole.clone()))?;
                // The canonical form has nothing but scheme, host and port.
                if url.scheme() != "https" || url.origin().ascii_serialization() != origin {
                    return Err(TemplateError::Refused(hole.clone()));
                }
                Ok(origin.to_owned())
            }
            Start::Host { hole, port } => {
                let name = value(hole, FieldKind::Host, values)?;
                if !values.host_suffix(hole).is_some_and(|suffix| host::is_below(name, suffix)) {
                    return Err(TemplateError::Refused(hole.clone()));
                }
                Ok(format!("https://{name}{port}"))
            }
            Start::Labels { scheme, host, port } => {
                Ok(format!("{scheme}://{}{port}", fill_host(host, values)?))
            }
        }
    }
}

/// Parses an origin, perhaps with a path that a base has. The WHATWG rules of `Url` change some hosts (numbers into IPv4 addresses), but the host that was
/// checked must be the one that is called.
fn checked_origin(origin: &str) -> Result<Url, TemplateError> {
    let url = Url::parse(origin).map_err(|_| TemplateError::NotAnAddress)?;
    let host = url.host_str().ok_or(TemplateError::NotAnAddress)?;
    let unchanged = origin.split_once("://").is_some_and(|(_, authority)| {
        let rest = authority.strip_prefix(host);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
    });
    if unchanged { Ok(url) } else { Err(TemplateError::NotAnAddress) }
}

fn find<'v>(hole: &str, values: &'v Values) -> Result<&'v str, TemplateError> {
    values.meaning(hole).ok_or_else(|| TemplateError::Missing(hole.to_owned()))
}

/// The value for a hole that is a host or more; only a field of the right type may fill it.
fn value<'v>(hole: &str, kind: FieldKind, values: &'v Values) -> Result<&'v str, TemplateError> {
    let text = find(hole, values)?;
    if values.kind(hole) == Some(kind) { Ok(text) } else { Err(TemplateError::Refused(hole.to_owned())) }
}

fn fill_host(pieces: &[Piece], values: &Values) -> Result<String, TemplateError> {
    let mut name = String::new();
    fill_pieces(pieces, values, &mut name, |text| host::is_label(text).then(|| text.to_owned()))?;
    match pieces.iter().rev().find_map(Piece::hole) {
        // Together the labels may have become too long.
        Some(hole) if !host::is_name(&name) => Err(TemplateError::Refused(hole.to_owned())),
        _ => Ok(name),
    }
}

fn fill_encoded(pieces: &[Piece], values: &Values, address: &mut String) -> Result<(), TemplateError> {
    fill_pieces(pieces, values, address, |text| Some(percent::encode(text)))
}

/// Appends the pieces. `convert` writes a value for its place, or refuses it.
fn fill_pieces(
    pieces: &[Piece],
    values: &Values,
    address: &mut String,
    convert: impl Fn(&str) -> Option<String>,
) -> Result<(), TemplateError> {
    for piece in pieces {
        match piece {
            Piece::Text(text) => address.push_str(text),
            Piece::Hole(hole) => {
                let converted = convert(find(hole, values)?);
                address.push_str(&converted.ok_or_else(|| TemplateError::Refused(hole.clone()))?);
            }
        }
    }
    Ok(())
}
