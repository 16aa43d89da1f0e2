//! Patterns of fields whose values become part of a host name.

/// Whether a regular expression can match only letters, digits and hyphens. Syntax beyond classes, groups and
/// repetitions, such as `.`, `\` and negated classes, is refused.
pub(super) fn is_label_pattern(pattern: &str) -> bool {
    let mut rest = pattern;
    while let Some(next) = rest.chars().next() {
        if next == '[' {
            let Some((class, after)) = rest[1..].split_once(']') else { return false };
            if !is_label_class(class) {
                return false;
            }
            rest = after;
        } else if next.is_ascii_alphanumeric() || "-()|?*+{},".contains(next) {
            rest = &rest[1..];
        } else {
            return false;
        }
    }
    !pattern.is_empty()
}

fn is_label_class(class: &str) -> bool {
    let same_kind = |a: u8, b: u8| {
        [u8::is_ascii_lowercase, u8::is_ascii_uppercase, u8::is_ascii_digit]
            .iter()
            .any(|kind| kind(&a) && kind(&b))
    };
    let mut rest = class.as_bytes();
    loop {
        rest = match rest {
            [] | [b'-'] => return !class.is_empty(),
            [from, b'-', to, after @ ..] if same_kind(*from, *to) => after,
            [one, after @ ..] if one.is_ascii_alphanumeric() && after.first() != Some(&b'-') => after,
            // A hyphen at the end of the class stands for itself.
            [one, b'-'] if one.is_ascii_alphanumeric() => return true,
            _ => return false,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_pattern_can_match_only_letters_digits_and_hyphens() {
        let good = ["[a-z0-9-]+", "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", "eu|us[0-9]", "[A-Za-z]{2}", "[a-]"];
        for pattern in good {
            assert!(is_label_pattern(pattern), "{pattern}");
        }
        let bad = [
            "",
            ".+",
            "[^/]+",
            r"\w+",
            r"\S+",
            "[a-z.]+",
            "[a-z0-9:]+",
            "[!-~]+",
            "[+-z]+",
            "[,-z]",
            "[0-z]",
            "[9-A]",
            "[Z-a]",
            "a@b",
            "a/b",
            "[a-z",
            "[]",
            "[]a]",
            "[[:print:]]",
            "[a-z&&[^b]]",
            "(?s:.)",
            "^a$",
            "[--z]",
            "[a--z]",
            "ä+",
            r"\x2f",
            "[a-z]+\n",
        ];
        for pattern in bad {
            assert!(!is_label_pattern(pattern), "{pattern}");
        }
    }
}
