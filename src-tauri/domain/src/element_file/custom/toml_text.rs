//! The text of a custom element's file.

use crate::element::Element;

/// The element as a file with comments, which [`Element::parse`] reads back.
pub fn to_toml(element: &Element) -> String {
    let plain = toml::to_string(element).expect("an element is TOML");
    let head = "# Written by Keyrack when this product was connected. It may be edited; `keyrack elements check FILE` says what\n\
         # is wrong. Connections stay with the hosts they were made with: naming others here needs a new sign-in.\n";
    let text = with_comments(&plain);
    // A text of several lines may hold a line like the head of a table.
    let read = |text: &str| toml::from_str::<toml::Table>(text).ok();
    format!("{head}{}", if read(&text) == read(&plain) { text } else { plain })
}

/// Says before each table what it is for.
fn with_comments(plain: &str) -> String {
    let mut text = String::new();
    for line in plain.lines() {
        let comment = match line {
            "[auth.oauth2]" | "[auth.oauth1]" => "How the product lets this application in.",
            "[auth.oauth2.revocation]" => "Where access is given back when the connection is removed.",
            "[auth.oauth2.authorize_parameters]" => "Added to the address that the browser opens.",
            "[identity]" => "The call that tells who signed in; it is also the test of the connection.",
            "[callback]" => "How the browser comes back.",
            "[[fields]]" if !text.contains("[[fields]]") => "What is asked for before signing in.",
            _ => "",
        };
        if !comment.is_empty() {
            text.push_str(&format!("# {comment}\n"));
        }
        text.push_str(line);
        text.push('\n');
    }
    text
}
