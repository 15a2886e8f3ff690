//! How a list of keys is cut: prefix, delimiter, where it begins and how much of it there may be. Pure; reading
//! is `walk`'s.

/// The first character of what may follow a key in another: keys have no NUL.
pub const FIRST: char = '\u{1}';

/// What a request chooses by.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    pub prefix: String,
    pub delimiter: Option<String>,
    /// Keys and common prefixes behind this one.
    pub after: Option<String>,
    pub max: usize,
}

/// What becomes of a key.
#[derive(Debug, PartialEq, Eq)]
pub enum Offer {
    /// It is in the list.
    Taken,
    /// It stands in the list by this common prefix, as all keys that begin so, which need not be looked at.
    Rolled(String),
    /// The list is full, and there is more.
    Full,
}

/// A list that keys are offered to in their order.
#[derive(Debug)]
pub struct Listing {
    choice: Choice,
    count: usize,
    pub prefixes: Vec<String>,
    /// What stands last in it.
    pub last: Option<String>,
    pub truncated: bool,
    /// Entries of the store that were read for it.
    pub looked: usize,
}

impl Listing {
    pub fn new(choice: Choice) -> Self {
        Self {
            choice,
            count: 0,
            prefixes: Vec::new(),
            last: None,
            truncated: false,
            looked: 0,
        }
    }

    /// Where it begins: the first text that a key of it may be. What stands in it is behind the marker, so a
    /// common prefix that the marker begins with is not in it, whatever follows the marker there.
    pub fn start(&self) -> String {
        let prefix = self.choice.prefix.clone();
        let Some(after) = &self.choice.after else {
            return prefix;
        };
        let next = match self.rolled(after) {
            Some(rolled) => behind(&rolled),
            None => format!("{after}{FIRST}"),
        };
        next.max(prefix)
    }

    pub fn count(&self) -> usize {
        self.count
    }

    pub fn room(&self) -> usize {
        self.choice.max.saturating_sub(self.count)
    }

    pub fn choice(&self) -> &Choice {
        &self.choice
    }

    /// The common prefix that a key stands in the list by.
    pub fn rolled(&self, key: &str) -> Option<String> {
        let Choice {
            prefix, delimiter, ..
        } = &self.choice;
        let delimiter = delimiter.as_deref().filter(|it| !it.is_empty())?;
        let end = key.strip_prefix(prefix)?.find(delimiter)? + prefix.len() + delimiter.len();
        Some(key[..end].to_owned())
    }

    /// Offers the next key; it has the prefix, and does not stand before [`Listing::start`].
    pub fn offer(&mut self, key: &str) -> Offer {
        let rolled = self.rolled(key);
        if rolled.is_some() && rolled == self.last {
            return rolled.map_or(Offer::Taken, Offer::Rolled);
        }
        if self.count >= self.choice.max {
            self.truncated = true;
            return Offer::Full;
        }
        self.count += 1;
        self.last = Some(rolled.clone().unwrap_or_else(|| key.to_owned()));
        match rolled {
            Some(rolled) => {
                self.prefixes.push(rolled.clone());
                Offer::Rolled(rolled)
            }
            None => Offer::Taken,
        }
    }

    /// Another item of the key that was taken last: a further version.
    pub fn offer_again(&mut self) -> Offer {
        if self.count >= self.choice.max {
            self.truncated = true;
            return Offer::Full;
        }
        self.count += 1;
        Offer::Taken
    }
}

/// How many entries to read next, where those that begin with the same common prefix are of no use but for the first:
/// one where that is so, and ever more where it is not.
#[derive(Debug)]
pub struct Stride(usize);

/// Entries that are read first where most may be superfluous.
const FEW: usize = 16;

impl Default for Stride {
    fn default() -> Self {
        Self(FEW)
    }
}

impl Stride {
    pub fn new(choice: &Choice) -> Self {
        match choice.delimiter {
            Some(_) => Self::default(),
            None => Self(usize::MAX),
        }
    }

    /// Some entries were read.
    pub fn grow(&mut self) {
        self.0 = self.0.saturating_mul(2);
    }

    /// What comes next stands beyond all that was read.
    pub fn shrink(&mut self) {
        self.0 = 1;
    }

    /// What is there is full once `room` are taken, and one more says that there are more.
    pub fn limit(&self, room: usize) -> usize {
        self.0.min(room.saturating_add(1))
    }
}

/// The first text that stands behind all that begin with `prefix`.
pub fn behind(prefix: &str) -> String {
    let mut text = prefix.to_owned();
    while let Some(last) = text.pop() {
        let next = u32::from(last) + 1;
        // There are no characters between these.
        let next = if next == 0xd800 { 0xe000 } else { next };
        if let Some(next) = char::from_u32(next) {
            text.push(next);
            return text;
        }
    }
    // Everything begins with nothing.
    "\u{10ffff}".repeat(300)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// All pages of a list of sorted keys, by the rules alone.
    fn pages(
        keys: &BTreeSet<String>,
        prefix: &str,
        delimiter: Option<&str>,
        max: usize,
    ) -> Vec<String> {
        let (mut all, mut after) = (Vec::new(), None::<String>);
        loop {
            let mut listing = Listing::new(Choice {
                prefix: prefix.to_owned(),
                delimiter: delimiter.map(str::to_owned),
                after: after.clone(),
                max,
            });
            let mut from = listing.start();
            while let Some(key) = keys.range(from.clone()..).next() {
                if !key.starts_with(prefix) {
                    break;
                }
                match listing.offer(key) {
                    Offer::Taken => from = format!("{key}\0"),
                    Offer::Rolled(rolled) => from = behind(&rolled),
                    Offer::Full => break,
                }
                if let Some(last) = listing.last.clone().filter(|it| all.last() != Some(it)) {
                    all.push(last);
                }
            }
            if !listing.truncated {
                return all;
            }
            after = listing.last;
        }
    }

    proptest! {
        #[test]
        fn a_list_is_what_a_sorted_set_says(
            keys in prop::collection::btree_set("[ab/\u{d7ff}\u{10ffff}]{1,4}", 0..30),
            prefix in "[ab/]{0,2}",
            delimiter in prop::option::of("[/b]"),
            max in 1_usize..5,
        ) {
            let mut expected = Vec::new();
            for key in keys.iter().filter(|it| it.starts_with(&prefix)) {
                let rest = &key[prefix.len()..];
                let shown = match delimiter.as_ref().and_then(|it| rest.find(it.as_str())) {
                    Some(at) => key[..prefix.len() + at + 1].to_owned(),
                    None => key.clone(),
                };
                if expected.last() != Some(&shown) {
                    expected.push(shown);
                }
            }
            prop_assert_eq!(pages(&keys, &prefix, delimiter.as_deref(), max), expected);
        }

        #[test]
        fn behind_is_right_behind(prefix in "[a\u{d7ff}\u{10ffff}]{1,3}", rest in ".{0,3}") {
            let key = prefix.clone() + &rest;
            prop_assert!(key < behind(&prefix));
        }
    }
}
