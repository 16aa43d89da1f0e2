//! The text of a copy of an element file.

use toml::Value;
use toml::de::DeTable;

/// Where the schema lies beside the shipped files. Beside a copy there is none.
const SCHEMA: &str = "#:schema ";

/// The text with another key and name, and otherwise letter for letter. `None` if it has none to replace.
pub fn copy_text(text: &str, key: &str, name: &str) -> Option<String> {
    let root = DeTable::parse(text).ok()?.into_inner();
    let place = |member: &str| root.get(member).map(|value| value.span());
    let mut places = [(place("key")?, key), (place("name")?, name)];
    // From the end: a replacement shifts what follows it.
    places.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
    let mut copy = text.to_owned();
    for (span, value) in places {
        copy.replace_range(span, &Value::from(value).to_string());
    }
    if copy.starts_with(SCHEMA) {
        copy = copy.split_once('\n').map(|(_, rest)| rest.to_owned())?;
    }
    Some(copy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_another_key_and_name_and_is_otherwise_the_same() {
        let text = "#:schema ../schema.json\n# Facts.\nname = 'Acme' # as they write it\nkey = \"acme\"\n\n[[fields]]\nkey = \"site\"\n";
        let copy = copy_text(text, "acme-own", "Acme \"own\"").expect("a copy");
        let expected = "# Facts.\nname = 'Acme \"own\"' # as they write it\nkey = \"acme-own\"\n\n[[fields]]\nkey = \"site\"\n";
        assert_eq!(copy, expected);
        for no_element in ["", "key = \"acme\"", "name = ", "[key]\nname = 1"] {
            assert_eq!(copy_text(no_element, "acme-own", "Acme"), None, "{no_element}");
        }
    }
}
