//! A map that drops its oldest entry when it is full, so that callers cannot fill the memory.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

/// More than the sign-ins that run at the same time. An entry has some hundred bytes.
const CAPACITY: usize = 4096;

pub(super) struct Recent<V>(Mutex<Entries<V>>);

struct Entries<V> {
    values: HashMap<String, V>,
    /// In order of arrival. May still hold names of removed entries.
    names: VecDeque<String>,
}

impl<V> Default for Recent<V> {
    fn default() -> Self {
        Self(Mutex::new(Entries { values: HashMap::new(), names: VecDeque::new() }))
    }
}

impl<V> Recent<V> {
    pub(super) fn insert(&self, name: &str, value: V) {
        self.with(|entries| {
            if entries.values.insert(name.to_owned(), value).is_none() {
                entries.names.push_back(name.to_owned());
            }
            while entries.names.len() > CAPACITY {
                let oldest = entries.names.pop_front().unwrap_or_default();
                entries.values.remove(&oldest);
            }
        });
    }

    pub(super) fn remove(&self, name: &str) -> Option<V> {
        self.with(|entries| entries.values.remove(name))
    }

    pub(super) fn get_with<T>(&self, name: &str, read: impl FnOnce(&mut V) -> T) -> Option<T> {
        self.with(|entries| entries.values.get_mut(name).map(read))
    }

    fn with<T>(&self, work: impl FnOnce(&mut Entries<V>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_map_drops_its_oldest_entry() {
        let recent = Recent::default();
        for number in 0..=CAPACITY {
            recent.insert(&number.to_string(), number);
            recent.insert(&number.to_string(), number);
        }
        assert_eq!(recent.remove("0"), None);
        assert_eq!(recent.get_with("1", |number| *number), Some(1));
        assert_eq!(recent.remove(&CAPACITY.to_string()), Some(CAPACITY));
        assert_eq!(recent.remove(&CAPACITY.to_string()), None);
    }
}
