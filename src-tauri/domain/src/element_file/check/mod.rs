//! Checks whether the parts of an element file fit together, and whether its addresses are safe with any value of a
//! form. What one template alone shows is checked when it is parsed.

mod addresses;
mod auth;
mod calls;
mod fields;
mod findings;
mod label_pattern;
mod parameters;
mod product;
mod ways;

use super::problem::Problem;
use crate::element::Element;
use findings::Findings;

impl Element {
    /// Checks whether the parts of the file fit together and every address in it is safe, in each way to connect.
    pub fn check(&self) -> Result<(), Vec<Problem>> {
        let mut findings = Findings::default();
        product::check(self, &mut findings);
        ways::check(self, check_way, &mut findings);
        if findings.0.is_empty() { Ok(()) } else { Err(findings.0) }
    }
}

/// Checks what one way to connect has.
fn check_way(element: &Element, findings: &mut Findings) {
    fields::check(element, findings);
    auth::check(element, findings);
    addresses::check(element, findings);
    calls::check(element, findings);
}
