//! Rules made ready to use, the last few of them: regular expressions take time to compile and memory to keep, and
//! an account may have thousands of rules, most of which no event that is read is under.

use std::{collections::VecDeque, sync::Arc};

use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};
use wharf_transform::Transformer;

use crate::protection::Protection;

/// Rules of a sort that are kept; each may take some megabytes.
const MOST: usize = 32;

/// By its hash, so that equal ones are one.
#[derive(Debug, Clone)]
pub struct Document {
    text: Arc<str>,
    mark: [u8; 32],
}

impl Document {
    pub fn mark(&self) -> &[u8; 32] {
        &self.mark
    }

    pub fn new(text: &str) -> Self {
        Self {
            text: text.into(),
            mark: Sha256::digest(text).into(),
        }
    }
}

/// The rules of all accounts that were used last.
#[derive(Debug, Default)]
pub struct RuleCache {
    transformers: Row<Transformer>,
    protections: Row<Protection>,
}

impl RuleCache {
    /// `None` if the document is no transformer: what was stored was checked before.
    pub fn transformer(&self, of: &Document) -> Option<Arc<Transformer>> {
        self.transformers.get(of, |text| {
            let read = serde_json::from_str(text).ok()?;
            Transformer::parse(&read).ok()
        })
    }

    /// `None` if the document is no policy: nobody reads what it was to mask.
    pub fn protection(&self, of: &Document) -> Option<Arc<Protection>> {
        self.protections
            .get(of, |text| Protection::parse(text).ok())
    }
}

/// The one that was used last is at the end.
#[derive(Debug)]
struct Row<T>(Mutex<VecDeque<([u8; 32], Arc<T>)>>);

impl<T> Default for Row<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Row<T> {
    fn get(&self, of: &Document, make: impl FnOnce(&str) -> Option<T>) -> Option<Arc<T>> {
        if let Some(found) = self.find(&of.mark) {
            return Some(found);
        }
        // Not under the lock: others go on meanwhile.
        let made = Arc::new(make(&of.text)?);
        let mut kept = self.0.lock();
        if kept.len() >= MOST {
            kept.pop_front();
        }
        kept.push_back((of.mark, made.clone()));
        Some(made)
    }

    fn find(&self, mark: &[u8; 32]) -> Option<Arc<T>> {
        let mut kept = self.0.lock();
        let at = kept.iter().position(|it| it.0 == *mark)?;
        let found = kept.remove(at)?;
        kept.push_back(found.clone());
        Some(found.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_that_were_used_are_kept_and_no_more() {
        let row = Row::<usize>::default();
        let made = Mutex::new(0);
        let get = |number: usize| {
            let of = Document::new(&number.to_string());
            let make = |text: &str| {
                *made.lock() += 1;
                text.parse().ok()
            };
            *row.get(&of, make).unwrap()
        };
        for number in 0..MOST {
            assert_eq!(get(number), number);
            assert_eq!(get(0), 0, "it is used all the time");
        }
        assert_eq!(*made.lock(), MOST);
        get(MOST);
        get(0);
        assert_eq!(*made.lock(), MOST + 1);
        get(1);
        assert_eq!(
            *made.lock(),
            MOST + 2,
            "it was not used for the longest time"
        );
        assert_eq!(row.0.lock().len(), MOST);
        assert!(
            row.get(&Document::new("no number"), |text| text.parse().ok())
                .is_none()
        );
    }
}
