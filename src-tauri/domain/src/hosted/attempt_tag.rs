//! The tag that marks an instance as made by an attempt, until its connection is saved.

const PREFIX: &str = "keyrack:";

/// The tag by which an attempt finds its instance if the answer was lost.
pub fn attempt_tag(attempt: &str) -> String {
    format!("{PREFIX}{attempt}")
}

/// The tags of the user.
pub fn without_attempt_tags(tags: &[String]) -> Vec<String> {
    tags.iter().filter(|tag| !tag.starts_with(PREFIX)).cloned().collect()
}
