//! A value as the state holds it.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use bytes::Bytes;

use crate::pattern::{self, Pattern};

/// A shelf of fewer keys has no pattern, which takes more room than it spares.
const MANY_KEYS: usize = 64;
/// A value of fewer bytes is only told by one that it equals.
const LEAST_BYTES: usize = 64;

/// Bytes in one allocation of their own: [`Bytes`] takes a second one for good once it was shared, and
/// there are as many values as keys.
#[derive(Debug, Clone)]
pub(crate) struct Value {
    bytes: Arc<[u8]>,
    /// What the bytes are packed by; without any of them it is the pattern itself.
    pattern: Option<Arc<Pattern>>,
}

impl Value {
    /// A copy: the caller's buffer may be part of something large.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self {
            bytes: bytes.into(),
            pattern: None,
        }
    }

    pub(crate) fn len(&self) -> usize {
        match &self.pattern {
            None => self.bytes.len(),
            Some(pattern) if self.bytes.is_empty() => pattern.bytes().len(),
            Some(_) => pattern::length(&self.bytes),
        }
    }

    /// For readers, without a copy where nothing is packed.
    pub(crate) fn bytes(&self) -> Bytes {
        match &self.pattern {
            None => Bytes::from_owner(Arc::clone(&self.bytes)),
            Some(_) => self.get().into_owned().into(),
        }
    }

    pub(crate) fn get(&self) -> Cow<'_, [u8]> {
        match &self.pattern {
            None => Cow::Borrowed(&self.bytes),
            Some(pattern) if self.bytes.is_empty() => Cow::Borrowed(pattern.bytes()),
            Some(pattern) => Cow::Owned(pattern.unpack(&self.bytes)),
        }
    }
}

/// What values of each shelf with many keys are told by.
#[derive(Debug, Default)]
pub(crate) struct Patterns(HashMap<Box<str>, Kind>);

#[derive(Debug)]
struct Kind {
    pattern: Option<Arc<Pattern>>,
    /// Of the values since the pattern was chosen: how many, their bytes, and the bytes that they take.
    values: u64,
    bytes: u64,
    taken: u64,
    /// Another pattern is chosen after so many values, if this one spares too little.
    patience: u64,
    /// The pattern before spared next to nothing.
    was_vain: bool,
    /// So many values more are kept as they stand.
    rest: u64,
}

impl Patterns {
    /// The value, for a key by its shelf and the rest; `keys`: how many a shelf has.
    pub(crate) fn value(
        &mut self,
        key: Option<(&str, &str)>,
        keys: impl FnOnce(&str) -> usize,
        bytes: &[u8],
    ) -> Value {
        let Some((shelf, _)) = key else {
            return Value::of(bytes);
        };
        let kind = match self.0.get_mut(shelf) {
            Some(kind) => kind,
            None if keys(shelf) < MANY_KEYS => return Value::of(bytes),
            None => self.0.entry(shelf.into()).or_insert(Kind {
                pattern: None,
                values: 0,
                bytes: 0,
                taken: 0,
                patience: 1024,
                was_vain: false,
                rest: 0,
            }),
        };
        kind.value(bytes)
    }

    /// For a shelf that has no key any more.
    pub(crate) fn forget(&mut self, shelf: &str) {
        self.0.remove(shelf);
    }

    /// Forgets shelves that have few keys; `keys`: how many a shelf has.
    pub(crate) fn forget_few(&mut self, keys: impl Fn(&str) -> usize) {
        self.0.retain(|shelf, _| keys(shelf) >= MANY_KEYS);
    }
}

impl Kind {
    fn value(&mut self, bytes: &[u8]) -> Value {
        if bytes.is_empty() {
            return Value::of(bytes);
        }
        if self.rest > 0 {
            self.rest -= 1;
            return Value::of(bytes);
        }
        if self.values >= self.patience {
            if self.taken * 2 > self.bytes {
                self.pattern = None;
            }
            // What is sealed has nothing in common, and trying costs more than all else: of such one in 32 is tried.
            let is_vain = self.taken * 8 > self.bytes * 7;
            if is_vain && self.was_vain {
                self.rest = 31 * self.patience;
            }
            self.was_vain = is_vain;
            // Each is kept for as long as a value is told by it: there are few.
            self.patience *= 2;
            (self.values, self.bytes, self.taken) = (0, 0, 0);
        }
        let Some(pattern) = &self.pattern else {
            let chosen = Pattern::of(bytes).map(Arc::new);
            self.pattern.clone_from(&chosen);
            return match chosen {
                None => Value::of(bytes),
                pattern => Value {
                    bytes: Arc::default(),
                    pattern,
                },
            };
        };
        let packed = match bytes {
            same if same == pattern.bytes() => Some(Vec::new()),
            short if short.len() < LEAST_BYTES => None,
            bytes => pattern.pack(bytes),
        };
        let value = match packed {
            Some(packed) => Value {
                bytes: packed.into(),
                pattern: Some(Arc::clone(pattern)),
            },
            None => Value::of(bytes),
        };
        self.values += 1;
        self.bytes += bytes.len() as u64;
        self.taken += value.bytes.len() as u64;
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(patterns: &mut Patterns, bytes: &[u8]) -> usize {
        let value = patterns.value(Some(("/s/", "k")), |_| MANY_KEYS, bytes);
        assert_eq!(value.bytes(), bytes);
        assert_eq!(&*value.get(), bytes);
        assert_eq!(value.len(), bytes.len());
        value.bytes.len()
    }

    #[test]
    fn equal_values_take_no_room() {
        let mut patterns = Patterns::default();
        let few = patterns.value(Some(("/s/", "k")), |_| MANY_KEYS - 1, b"a marker");
        assert_eq!(few.bytes.len(), 8);
        for _ in 0..3 {
            assert_eq!(kept(&mut patterns, b"a marker"), 0);
        }
        assert_eq!(kept(&mut patterns, b"a master"), 8);
        assert_eq!(kept(&mut patterns, b""), 0);
    }

    #[test]
    fn values_without_likeness_are_seldom_tried() {
        let mut patterns = Patterns::default();
        let value = |it: u64| -> Vec<u8> {
            (0..32_u64)
                .flat_map(|at| {
                    (it * 32 + at)
                        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
                        .to_be_bytes()
                })
                .collect()
        };
        for it in 0..40_000 {
            kept(&mut patterns, &value(it));
        }
        let kind = patterns.0.get("/s/").unwrap();
        assert!(kind.rest > 0 && kind.patience <= 8192, "{kind:?}");
    }

    /// The first value may be the only one of its kind.
    #[test]
    fn a_pattern_that_spares_nothing_is_replaced() {
        let mut patterns = Patterns::default();
        kept(&mut patterns, b"something else");
        let record = |number: u32| {
            format!(
                "{{\"kind\":\"of many\",\"some\":\"words that come again and again\",\"number\":{number}}}"
            )
        };
        let taken: Vec<usize> = (0..3000)
            .map(|it| kept(&mut patterns, record(it).as_bytes()))
            .collect();
        assert!(
            taken[0] > 60 && taken[2999] < 20,
            "{} {}",
            taken[0],
            taken[2999]
        );
    }
}
