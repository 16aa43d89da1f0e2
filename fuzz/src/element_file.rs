//! An element file.

use keyrack_domain::element::Element;
use keyrack_domain::element_file::to_toml;

use crate::assertions::{assert_plain, assert_visible};

pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Element::parse(text) {
        Ok(element) => check_element(&element),
        Err(problems) => {
            assert!(!problems.is_empty(), "refused without a reason");
            let last = text.bytes().filter(|byte| *byte == b'\n').count() + 1;
            for problem in problems {
                assert!(problem.line.is_some_and(|line| (1..=last).contains(&line)), "{problem:?}");
                assert!(!problem.what.is_empty());
            }
        }
    }
}

/// An accepted file shows plain text only, and is the same after it was written and read again.
fn check_element(element: &Element) {
    for text in [&element.name, &element.category, &element.gives] {
        assert_plain(text, 80);
    }
    assert_plain(&element.initials, 2);
    element.access.iter().for_each(|line| assert_plain(line, 120));
    assert_visible(element.note.as_deref().unwrap_or_default());
    for field in &element.fields {
        assert_plain(&field.label, 80);
        assert_plain(&field.key, 64);
        assert_visible(&field.help);
        assert_visible(&field.problem);
        field.options.iter().for_each(|option| assert_visible(&option.label));
    }
    let text = to_toml(element);
    let read = Element::parse(&text).unwrap_or_else(|problems| panic!("{problems:?}\n{text}"));
    assert_eq!(&read, element);
}
