//! What metrics are about: their kinds, texts and units, as clients say them with what they write. Clients say it again
//! every minute, so that it is kept in memory alone, within bounds; what is beyond them is not shown.

use std::collections::{BTreeMap, HashMap};

use parking_lot::Mutex;

use crate::write::message::About;

/// Metrics of an account and region, and how many of those.
const MOST: usize = 8_000;
const MOST_PLACES: usize = 200;
/// Bytes of the texts of all.
const MOST_BYTES: usize = 32 << 20;
const LONGEST: usize = 1024;

/// What is said of a metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub kind: &'static str,
    pub help: String,
    pub unit: String,
}

impl Known {
    fn bytes(&self, family: &str) -> usize {
        family.len() + self.help.len() + self.unit.len() + 128
    }
}

#[derive(Debug, Default)]
struct All {
    places: HashMap<(String, String), BTreeMap<String, Known>>,
    bytes: usize,
}

/// Of all accounts and regions.
#[derive(Debug, Default)]
pub struct Abouts {
    all: Mutex<All>,
}

impl Abouts {
    pub fn note(&self, (account, region): (&str, &str), about: &About<'_>) {
        let long = about
            .family
            .len()
            .max(about.help.len())
            .max(about.unit.len());
        if about.family.is_empty() || long > LONGEST {
            return;
        }
        let known = Known {
            kind: about.kind,
            help: about.help.to_owned(),
            unit: about.unit.to_owned(),
        };
        let mut all = self.all.lock();
        let All { places, bytes } = &mut *all;
        let key = (account.to_owned(), region.to_owned());
        if places.len() >= MOST_PLACES && !places.contains_key(&key) {
            return;
        }
        let place = places.entry(key).or_default();
        let before = place
            .get(about.family)
            .map_or(0, |it| it.bytes(about.family));
        let after = *bytes - before + known.bytes(about.family);
        if after > MOST_BYTES || before == 0 && place.len() >= MOST {
            return;
        }
        *bytes = after;
        place.insert(about.family.to_owned(), known);
    }

    /// Those of an account and region, or the one that is named; at most so many.
    pub fn list(
        &self,
        (account, region): (&str, &str),
        metric: Option<&str>,
        most: usize,
    ) -> Vec<(String, Known)> {
        let all = self.all.lock();
        let place = all.places.get(&(account.to_owned(), region.to_owned()));
        let found = place.into_iter().flatten();
        let named = found.filter(|(name, _)| metric.is_none_or(|it| it == *name));
        let named = named.map(|(name, known)| (name.clone(), known.clone()));
        named.take(most).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_bounded_and_the_last_word_counts() {
        let abouts = Abouts::default();
        fn about<'a>(family: &'a str, help: &'a str) -> About<'a> {
            About {
                family,
                kind: "counter",
                help,
                unit: "",
            }
        }
        for number in 0..MOST + 10 {
            abouts.note(("1", "r"), &about(&format!("m{number}"), "a"));
        }
        abouts.note(("1", "r"), &about("m1", "b"));
        assert_eq!(abouts.list(("1", "r"), None, usize::MAX).len(), MOST);
        let [(name, known)] = &abouts.list(("1", "r"), Some("m1"), 10)[..] else {
            panic!("one is there");
        };
        assert_eq!((name.as_str(), known.help.as_str()), ("m1", "b"));
        assert_eq!(abouts.list(("2", "r"), None, 10), []);
        let bytes: usize = abouts
            .all
            .lock()
            .places
            .values()
            .flatten()
            .map(|(n, k)| k.bytes(n))
            .sum();
        assert_eq!(abouts.all.lock().bytes, bytes);
    }
}
