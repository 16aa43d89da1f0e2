//! Descriptions come as HTML; forms show plain text.

/// Longer descriptions are cut: forms show only a part, and endless markup must cost nothing.
const LONGEST: usize = 4000;

/// The text without markup and with its entities decoded. Broken markup is text.
pub fn to_text(html: &str) -> String {
    let mut rest = &html[..html.floor_char_boundary(LONGEST)];
    let mut out = String::with_capacity(rest.len());
    while let Some(at) = rest.find(['<', '&']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        if let Some(after) = tag(from) {
            // Tags separate blocks; they are rarely used within a word.
            out.push(' ');
            rest = after;
        } else if let Some((c, after)) = entity(from) {
            out.push(c);
            rest = after;
        } else {
            out.push_str(&from[..1]);
            rest = &from[1..];
        }
    }
    out.push_str(rest);
    let words: Vec<&str> = out.split_whitespace().collect();
    // Removes the space that a tag left before punctuation.
    [" .", " ,", " ;", " :", " )"].iter().fold(words.join(" "), |text, gap| text.replace(gap, &gap[1..]))
}

/// The rest after the tag or comment that `text` begins with.
fn tag(text: &str) -> Option<&str> {
    let inside = text.strip_prefix('<')?;
    if let Some(comment) = inside.strip_prefix("!--") {
        return comment.split_once("-->").map(|(_, after)| after);
    }
    let name = inside.strip_prefix('/').unwrap_or(inside);
    if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '!') {
        return None;
    }
    let after = after_tag(inside)?;
    let unseen = ["script", "style"].into_iter().find(|unseen| {
        let word: String = inside.chars().take_while(char::is_ascii_alphabetic).collect();
        word.eq_ignore_ascii_case(unseen)
    });
    match unseen {
        Some(unseen) => {
            let end = after.to_ascii_lowercase().find(&format!("</{unseen}"))?;
            tag(&after[end..])
        }
        None => Some(after),
    }
}

/// The rest after the `>` that ends a tag. Within quotes it is part of a value.
fn after_tag(inside: &str) -> Option<&str> {
    let mut quote = None;
    let end = inside.bytes().position(|b| {
        match (quote, b) {
            (None, b'"' | b'\'') => quote = Some(b),
            (Some(open), _) if open == b => quote = None,
            _ => {}
        }
        quote.is_none() && b == b'>'
    })?;
    Some(&inside[end + 1..])
}

/// The character of the entity that `text` begins with, and the rest.
fn entity(text: &str) -> Option<(char, &str)> {
    // The longest entity decoded here is `&#x10FFFF;`.
    let end = text.bytes().take(10).position(|b| b == b';')?;
    let (name, after) = (text.get(1..end)?, text.get(end + 1..)?);
    let decoded = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "ndash" => '–',
        "mdash" => '—',
        "lsquo" => '‘',
        "rsquo" => '’',
        "ldquo" => '“',
        "rdquo" => '”',
        "hellip" => '…',
        "reg" => '®',
        "copy" => '©',
        "trade" => '™',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?
        }
    };
    Some((decoded, after))
}

/// The first sentence, cut at a word if it has more than `longest` characters.
pub fn first_sentence(text: &str, longest: usize) -> String {
    // A full stop within a name (Desk.com) does not end a sentence.
    let sentence = text.split(". ").next().unwrap_or_default().trim_end_matches('.');
    if sentence.chars().count() <= longest {
        return sentence.to_owned();
    }
    let cut: String = sentence.chars().take(longest - 1).collect();
    let at = cut.rfind(' ').unwrap_or(cut.len());
    format!("{}…", cut[..at].trim_end_matches([',', ';', ':', ' ']))
}
