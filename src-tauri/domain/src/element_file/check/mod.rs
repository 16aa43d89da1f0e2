//! Checks whether the parts of an element file fit together, and whether its addresses are safe with any value of a
//! form. What one template alone shows is checked when it is parsed.

mod addresses;
mod auth;
mod fields;
mod findings;
mod label_pattern;
mod parameters;
mod product;

use super::problem::Problem;
use crate::element::Element;
use findings::Findings;

pub(super) fn check(element: &Element) -> Result<(), Vec<Problem>> {
    let mut findings = Findings::default();
    product::check(element, &mut findings);
    fields::check(element, &mut findings);
    auth::check(element, &mut findings);
    addresses::check(element, &mut findings);
    if findings.0.is_empty() { Ok(()) } else { Err(findings.0) }
}
