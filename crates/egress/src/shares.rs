//! A way out for each of many, so that what one names that never answers keeps nothing from the others.

use std::{collections::HashMap, fmt, sync::Arc};

use parking_lot::Mutex;

use crate::Egress;

/// Parts kept; beyond it those that nobody uses go.
const MOST_KEPT: usize = 1024;

/// Requests and look-ups of names at once.
type Most = (usize, usize);

/// Parts of a part of the way out, by whose they are.
pub struct Shares {
    whole: Egress,
    each: Most,
    parts: Mutex<HashMap<String, Arc<Egress>>>,
}

impl fmt::Debug for Shares {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Shares").finish_non_exhaustive()
    }
}

impl Shares {
    /// All together have so many requests under way and names looked up at once, and each of them so many.
    pub fn new(of: &Egress, all: Most, each: Most) -> Self {
        Self {
            whole: of.part(all.0, all.1),
            each,
            parts: Mutex::default(),
        }
    }

    /// The part of somebody.
    pub fn of(&self, whose: &str) -> Arc<Egress> {
        let mut parts = self.parts.lock();
        if let Some(part) = parts.get(whose) {
            return Arc::clone(part);
        }
        if parts.len() >= MOST_KEPT {
            parts.retain(|_, it| Arc::strong_count(it) > 1);
        }
        let part = Arc::new(self.whole.part(self.each.0, self.each.1));
        parts.insert(whose.to_owned(), Arc::clone(&part));
        part
    }
}
