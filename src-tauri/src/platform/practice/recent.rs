//! A map that forgets its oldest entry when it is full: whoever may ask for something may not fill the memory with it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

/// More than sign-ins that anybody makes at the same time; an entry has some hundred bytes.
const MOST: usize = 4096;

/// Entries by name.
pub(super) struct Recent<V>(Mutex<Entries<V>>);

struct Entries<V> {
    values: HashMap<String, V>,
    /// The names in the order in which they came; of those that were taken out, some are still here.
    names: VecDeque<String>,
}

impl<V> Default for Recent<V> {
    fn default() -> Self {
        Self(Mutex::new(Entries { values: HashMap::new(), names: VecDeque::new() }))
    }
}

impl<V> Recent<V> {
    /// Adds an entry, or changes one.
    pub(super) fn insert(&self, name: &str, value: V) {
        self.with(|entries| {
            if entries.values.insert(name.to_owned(), value).is_none() {
                entries.names.push_back(name.to_owned());
            }
            while entries.names.len() > MOST {
                let oldest = entries.names.pop_front().unwrap_or_default();
                entries.values.remove(&oldest);
            }
        });
    }

    /// Takes an entry out.
    pub(super) fn remove(&self, name: &str) -> Option<V> {
        self.with(|entries| entries.values.remove(name))
    }

    /// Looks at an entry, and may change it.
    pub(super) fn look<T>(&self, name: &str, look: impl FnOnce(&mut V) -> T) -> Option<T> {
        self.with(|entries| entries.values.get_mut(name).map(look))
    }

    fn with<T>(&self, work: impl FnOnce(&mut Entries<V>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_makes_room() {
        let recent = Recent::default();
        for number in 0..=MOST {
            recent.insert(&number.to_string(), number);
            recent.insert(&number.to_string(), number);
        }
        assert_eq!(recent.remove("0"), None);
        assert_eq!(recent.look("1", |number| *number), Some(1));
        assert_eq!(recent.remove(&MOST.to_string()), Some(MOST));
        assert_eq!(recent.remove(&MOST.to_string()), None);
    }
}
