//! What records say, for simulations that look at all of them again and again.

use std::collections::HashMap;

use wharf_store::{Entry, Revision};

/// By key, what was read of each record. One that nobody wrote since says the same: most of them rest, and to read them all
/// costs more than all else that is done at a look.
#[derive(Debug)]
pub struct Known<T>(HashMap<String, (Revision, T)>);

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T> Known<T> {
    /// As the records are now. `read`: what one says, by nothing else than itself.
    pub fn read(&mut self, entries: &[Entry], read: impl Fn(&Entry) -> T) {
        let mut before = std::mem::take(&mut self.0);
        self.0.reserve(entries.len());
        for entry in entries {
            let (key, said) = match before.remove_entry(&entry.key) {
                Some((key, said)) if said.0 == entry.mod_revision => (key, said),
                _ => (entry.key.clone(), (entry.mod_revision, read(entry))),
            };
            self.0.insert(key, said);
        }
    }

    /// What a record says that was read.
    pub fn said_by(&self, entry: &Entry) -> Option<&T> {
        let (_, said) = self.0.get(&entry.key)?;
        Some(said)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn what_changed_is_read_again_and_what_is_gone_forgotten() {
        let entry = |key: &str, revision| Entry {
            key: key.to_owned(),
            value: format!("{key}{revision}").into(),
            create_revision: 1,
            mod_revision: revision,
            version: 1,
            lease: None,
        };
        let times = Cell::new(0);
        let read = |entry: &Entry| {
            times.set(times.get() + 1);
            String::from_utf8(entry.value.to_vec()).unwrap()
        };
        let mut known = Known::default();
        let mut look = |entries: &[Entry]| {
            known.read(entries, read);
            let said = entries.iter().filter_map(|it| known.said_by(it).cloned());
            said.collect::<Vec<_>>()
        };
        let all = [entry("a", 1), entry("b", 2)];
        assert_eq!(look(&all), ["a1", "b2"]);
        assert_eq!(look(&all), ["a1", "b2"]);
        assert_eq!(times.get(), 2);
        assert_eq!(look(&[entry("a", 3)]), ["a3"]);
        assert_eq!(look(&all[1..]), ["b2"]);
        assert_eq!(times.get(), 4);
    }
}
