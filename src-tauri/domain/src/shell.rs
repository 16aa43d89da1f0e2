//! Values as words of a shell's command line.

/// A shell that runs what this program prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shell {
    Posix,
    PowerShell,
}

impl Shell {
    /// Quotes any value so that the shell takes it as it is.
    pub fn quote(self, text: &str) -> String {
        match self {
            Self::Posix => format!("'{}'", text.replace('\'', r"'\''")),
            Self::PowerShell => {
                let mut quoted = String::from("'");
                for c in text.chars() {
                    // PowerShell ends a string at these too.
                    if matches!(c, '\'' | '\u{2018}'..='\u{201b}') {
                        quoted.push(c);
                    }
                    quoted.push(c);
                }
                quoted + "'"
            }
        }
    }

    /// Sets a variable of the environment to a word, which is quoted already.
    pub fn assign(self, name: &str, word: &str) -> String {
        match self {
            Self::Posix => format!("export {name}={word}"),
            Self::PowerShell => format!("$env:{name} = {word}"),
        }
    }
}

/// Quotes a value for the command prompt and PowerShell at once; one that they read differently, for PowerShell.
pub fn quote_on_windows(text: &str) -> String {
    let differs = |c: char| matches!(c, '"' | '$' | '`' | '%' | '!' | '^' | '\\' | '\u{201c}'..='\u{201e}');
    if text.contains(differs) { Shell::PowerShell.quote(text) } else { format!("\"{text}\"") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_leave_its_quotes() {
        for (text, posix, powershell) in [
            ("plain", "'plain'", "'plain'"),
            ("", "''", "''"),
            ("a'b $(id)", r"'a'\''b $(id)'", "'a''b $(id)'"),
            ("a\"b`c\\", "'a\"b`c\\'", "'a\"b`c\\'"),
            ("a’b‘c‚d‛e", "'a’b‘c‚d‛e'", "'a’’b‘‘c‚‚d‛‛e'"),
            ("two\nlines", "'two\nlines'", "'two\nlines'"),
        ] {
            assert_eq!(Shell::Posix.quote(text), posix);
            assert_eq!(Shell::PowerShell.quote(text), powershell);
        }
    }

    #[test]
    fn a_variable_is_set_in_the_words_of_the_shell() {
        assert_eq!(Shell::Posix.assign("A", "'x'"), "export A='x'");
        assert_eq!(Shell::PowerShell.assign("A", "12"), "$env:A = 12");
    }

    #[test]
    fn a_name_is_quoted_for_both_shells_of_windows_where_they_agree() {
        for (text, quoted) in [
            ("My Anvils", "\"My Anvils\""),
            ("Jörg's", "\"Jörg's\""),
            ("100%", "'100%'"),
            ("a$b'c", "'a$b''c'"),
            ("say “x”", "'say “x”'"),
        ] {
            assert_eq!(quote_on_windows(text), quoted);
        }
    }
}
