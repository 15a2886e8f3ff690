//! What instances wrote to their consoles last. In memory alone: hosts tell it again when they come back,
//! and it may hold secrets.

use std::collections::{BTreeMap, HashMap};

use parking_lot::Mutex;
use wharf_base::Timestamp;
use wharf_planeproto::machine::MAX_CONSOLE;

/// All consoles together; those that changed longest ago go first.
const MAX_BYTES: usize = 64 << 20;

/// A console's end.
#[derive(Clone)]
pub struct Tail {
    /// Base64.
    pub text: String,
    pub at: Timestamp,
}

#[derive(Default)]
pub struct Consoles(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    /// By instance, with the number of its last change.
    tails: HashMap<String, (u64, Tail)>,
    order: BTreeMap<u64, String>,
    bytes: usize,
    changes: u64,
}

impl Kept {
    fn remove(&mut self, instance: &str) {
        if let Some((number, tail)) = self.tails.remove(instance) {
            self.order.remove(&number);
            self.bytes -= tail.text.len();
        }
    }
}

impl Consoles {
    /// `instance`: its key. One that is longer than consoles are is not kept.
    pub fn put(&self, instance: &str, text: String, at: Timestamp) {
        if text.len() > MAX_CONSOLE.div_ceil(3) * 4 {
            return;
        }
        let mut kept = self.0.lock();
        kept.remove(instance);
        kept.changes += 1;
        let number = kept.changes;
        kept.bytes += text.len();
        kept.order.insert(number, instance.to_owned());
        kept.tails
            .insert(instance.to_owned(), (number, Tail { text, at }));
        while kept.bytes > MAX_BYTES {
            let Some((_, oldest)) = kept.order.pop_first() else {
                return;
            };
            kept.remove(&oldest);
        }
    }

    pub fn get(&self, instance: &str) -> Option<Tail> {
        let kept = self.0.lock();
        kept.tails.get(instance).map(|(_, tail)| tail.clone())
    }

    pub fn forget(&self, instance: &str) {
        self.0.lock().remove(instance);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_make_room() {
        let consoles = Consoles::default();
        let longest = "a".repeat(MAX_CONSOLE.div_ceil(3) * 4);
        let fit = MAX_BYTES / longest.len();
        for number in 0..=fit {
            consoles.put(&number.to_string(), longest.clone(), Timestamp(0));
        }
        assert!(consoles.get("0").is_none());
        assert!(consoles.get("1").is_some());
        consoles.put("1", "bmV3".to_owned(), Timestamp(1));
        consoles.put("another", longest.clone(), Timestamp(0));
        assert_eq!(consoles.get("1").unwrap().text, "bmV3");
        consoles.put("2", format!("{longest}a"), Timestamp(0));
        assert_eq!(consoles.get("2").unwrap().text, longest);
        consoles.forget("1");
        assert!(consoles.get("1").is_none());
    }
}
