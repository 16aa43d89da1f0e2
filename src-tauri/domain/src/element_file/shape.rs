//! Checks an element file against the schema: all unknown words and wrong types at once, in plain words.

use serde_json::Value;
use toml::de::{DeTable, DeValue};

use super::problem::Problem;
use crate::element::Element;

/// At most so many letters of a mistyped word are wrong.
const MOST_TYPOS: usize = 2;

/// The faults of a file that is TOML and not an element.
pub(super) fn check(text: &str) -> Vec<Problem> {
    let Ok(root) = DeTable::parse(text) else { return Vec::new() };
    let schema = serde_json::to_value(schemars::schema_for!(Element)).unwrap_or_default();
    let mut shape = Shape { definitions: &schema["$defs"], problems: Vec::new() };
    shape.table(&[&schema], root.get_ref(), "");
    shape.problems
}

struct Shape<'s> {
    definitions: &'s Value,
    problems: Vec<Problem>,
}

impl<'s> Shape<'s> {
    fn add(&mut self, at: &str, what: String) {
        self.problems.push(Problem { line: None, at: at.to_owned(), what });
    }

    fn value(&mut self, schema: &'s Value, value: &DeValue<'_>, at: &str) {
        let forms = self.forms(schema);
        let takes = |kind: &str| forms.iter().any(|form| form["type"] == kind || has(&form["type"], kind));
        match value {
            DeValue::Table(table) if takes("object") => self.table(&forms, table, at),
            DeValue::Array(items) if takes("array") => {
                for (index, item) in items.iter().enumerate() {
                    forms.iter().for_each(|form| {
                        self.value(&form["items"], item.get_ref(), &format!("{at}.{index}"));
                    });
                }
            }
            DeValue::String(word) if takes("string") => {
                let words: Vec<&str> = forms.iter().filter_map(|form| form["const"].as_str()).collect();
                if !words.is_empty() && !words.contains(&word.as_ref()) {
                    self.add(at, unknown(word, words));
                }
            }
            DeValue::Boolean(_) if takes("boolean") => {}
            DeValue::Integer(_) if takes("integer") => {}
            _ => {
                let kinds = [
                    ("string", "a text in quotes is needed here"),
                    ("array", "a list in [ ] is needed here"),
                    ("boolean", "true or false is needed here"),
                    ("integer", "a whole number is needed here"),
                    ("object", "a table is needed here"),
                ];
                if let Some((_, what)) = kinds.into_iter().find(|(kind, _)| takes(kind)) {
                    self.add(at, what.to_owned());
                }
            }
        }
    }

    /// Several forms are the kinds of one thing, each with a single member.
    fn table(&mut self, forms: &[&'s Value], table: &DeTable<'_>, at: &str) {
        let members = || forms.iter().filter_map(|form| form["properties"].as_object()).flatten();
        for (key, value) in table {
            let at =
                if at.is_empty() { key.get_ref().to_string() } else { format!("{at}.{}", key.get_ref()) };
            if let Some((_, schema)) = members().find(|(name, _)| *name == key.get_ref().as_ref()) {
                self.value(schema, value.get_ref(), &at);
            } else if let Some(any) =
                forms.iter().map(|form| &form["additionalProperties"]).find(|a| a.is_object())
            {
                self.value(any, value.get_ref(), &at);
            } else {
                let names = members().map(|(name, _)| name.as_str()).collect();
                self.add(&at, unknown(key.get_ref(), names));
            }
        }
        let needed = || {
            forms.iter().filter_map(|form| form["required"].as_array()).flatten().filter_map(Value::as_str)
        };
        match forms {
            [_] => needed().filter(|name| !table.contains_key(*name)).for_each(|name| {
                self.add(at, format!("{name} is missing"));
            }),
            _ if table.len() != 1 => {
                let names = needed().collect::<Vec<_>>().join(", ");
                self.add(at, format!("exactly one of these is needed here: {names}"));
            }
            _ => {}
        }
    }

    /// The schemas of which one must hold.
    fn forms(&self, schema: &'s Value) -> Vec<&'s Value> {
        if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
            return self.forms(&self.definitions[name]);
        }
        let either = schema["oneOf"].as_array().or(schema["anyOf"].as_array());
        match either {
            Some(forms) => {
                let forms = forms.iter().filter(|form| form["type"] != "null");
                forms.flat_map(|form| self.forms(form)).collect()
            }
            None => vec![schema],
        }
    }
}

fn has(list: &Value, kind: &str) -> bool {
    list.as_array().is_some_and(|kinds| kinds.iter().any(|known| known == kind))
}

fn unknown(word: &str, known: Vec<&str>) -> String {
    let typos = |name: &str| strsim::damerau_levenshtein(word, name);
    let near = known.into_iter().min_by_key(|name| typos(name)).filter(|name| typos(name) <= MOST_TYPOS);
    let hint =
        near.map_or_else(|| "a newer Keyrack may".to_owned(), |name| format!("did you mean `{name}`?"));
    format!("this version does not know the word `{word}`; {hint}")
}
