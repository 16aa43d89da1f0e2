//! Splits a command that a user wrote into words.

/// Whose quotes count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quoting {
    /// Single and double quotes, and backslashes.
    Posix,
    /// Double quotes alone: backslashes separate folders, and an apostrophe may be part of a name.
    Windows,
}

/// Splits at unquoted white space. `None` if a quote is not closed.
pub fn split_words(text: &str, quoting: Quoting) -> Option<Vec<String>> {
    match quoting {
        Quoting::Posix => shlex::split(text),
        Quoting::Windows => split_windows(text),
    }
}

fn split_windows(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '"' => {
                quoted = !quoted;
                // Empty quotes are an empty word.
                word.get_or_insert_default();
            }
            c if c.is_whitespace() && !quoted => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    if quoted { None } else { Some(words) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(list: &[&str]) -> Option<Vec<String>> {
        Some(list.iter().map(|&word| word.to_owned()).collect())
    }

    #[test]
    fn posix_quotes_and_backslashes_keep_spaces() {
        for (text, wanted) in [
            ("firefox --new-window", words(&["firefox", "--new-window"])),
            ("'/opt/My Browser/run' --url=%s", words(&["/opt/My Browser/run", "--url=%s"])),
            (r#""/opt/My Browser/run" -a "b c""#, words(&["/opt/My Browser/run", "-a", "b c"])),
            (r"/opt/My\ Browser/run", words(&["/opt/My Browser/run"])),
            ("run ''", words(&["run", ""])),
            ("   ", words(&[])),
            ("'/opt/My Browser/run", None),
            ("\"x", None),
        ] {
            assert_eq!(split_words(text, Quoting::Posix), wanted, "{text}");
        }
    }

    #[test]
    fn windows_backslashes_are_part_of_a_path() {
        for (text, wanted) in [
            (
                r#""C:\Program Files\Mozilla Firefox\firefox.exe" -new-window"#,
                words(&[r"C:\Program Files\Mozilla Firefox\firefox.exe", "-new-window"]),
            ),
            (r"C:\Tools\ff.exe  --url=%s", words(&[r"C:\Tools\ff.exe", "--url=%s"])),
            (r#""C:\Users\O'Brien\ff.exe" a" "b """#, words(&[r"C:\Users\O'Brien\ff.exe", "a b", ""])),
            ("", words(&[])),
            (r#""C:\Program Files\ff.exe"#, None),
        ] {
            assert_eq!(split_words(text, Quoting::Windows), wanted, "{text}");
        }
    }
}
