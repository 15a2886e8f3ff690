//! How numbers are spread over ranges of the same width, from the least of them to the greatest. The ranges are known
//! once all numbers are, so each that differs is kept.

use std::{collections::HashMap, sync::Arc};

use serde_json::{Map, Value as Json};

use crate::value::{Value, number_text};

/// In memory, of a number that differs from others.
const ENTRY_BYTES: usize = 32;

#[derive(Debug)]
pub(crate) struct Histogram {
    buckets: usize,
    /// How often each number came, by its bits.
    counts: HashMap<u64, u64>,
}

impl Histogram {
    /// `buckets` is 1 or more.
    pub fn new(buckets: usize) -> Self {
        Self {
            buckets,
            counts: HashMap::new(),
        }
    }

    /// What is beyond all numbers, as `1e999` is, is in no range.
    pub fn add(&mut self, number: f64) {
        if number.is_finite() {
            // Both zeros are one.
            let bits = (number + 0.0).to_bits();
            *self.counts.entry(bits).or_default() += 1;
        }
    }

    pub fn join(&mut self, other: Self) {
        for (bits, more) in other.counts {
            *self.counts.entry(bits).or_default() += more;
        }
    }

    /// `{"[0,5)": 3, "[5,10]": 1}`; one range alone where all numbers are the same.
    pub fn result(&self) -> Value<'static> {
        let numbers = self.counts.keys().map(|it| f64::from_bits(*it));
        let ends = (f64::INFINITY, f64::NEG_INFINITY);
        let (low, high) = numbers.fold(ends, |(low, high), it| (low.min(it), high.max(it)));
        if low > high {
            return Value::Null;
        }
        let buckets = if low < high { self.buckets } else { 1 };
        // The greatest numbers are further apart than a number can say.
        let scale = if (high - low).is_finite() { 1.0 } else { 0.5 };
        let from = low * scale;
        let width = (high * scale - from) / buckets as f64;
        let mut found = vec![0u64; buckets];
        for (bits, count) in &self.counts {
            // Nothing by nothing, where all are the same, is the first.
            let at = (f64::from_bits(*bits) * scale - from) / width;
            found[(at as usize).min(buckets - 1)] += count;
        }
        let bound = |at: usize| match at == buckets {
            true => number_text(high),
            false => number_text((from + width * at as f64) / scale),
        };
        let mut ranges = Map::new();
        for (at, count) in found.into_iter().enumerate() {
            let close = if at + 1 == buckets { ']' } else { ')' };
            let range = format!("[{},{}{close}", bound(at), bound(at + 1));
            // Ranges that are too narrow for a number between them have the same name.
            let before = ranges.get(&range).and_then(Json::as_u64).unwrap_or(0);
            ranges.insert(range, (before + count).into());
        }
        Value::Tree(Arc::new(Json::Object(ranges)))
    }

    pub fn bytes(&self) -> usize {
        self.counts.len() * ENTRY_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(numbers: &[f64], buckets: usize) -> String {
        let mut whole = Histogram::new(buckets);
        let mut more = Histogram::new(buckets);
        for (at, number) in numbers.iter().enumerate() {
            let part = if at % 2 == 0 { &mut whole } else { &mut more };
            part.add(*number);
        }
        whole.join(more);
        let shown = whole.result();
        shown.shown().unwrap_or_default().into_owned()
    }

    #[test]
    fn numbers_may_be_further_apart_than_a_number_says() {
        let most = number_text(f64::MAX);
        let wanted = format!("{{\"[-{most},0)\":1,\"[0,{most}]\":2}}");
        assert_eq!(of(&[f64::MAX, -f64::MAX, 5.0], 2), wanted);
    }

    #[test]
    fn ranges_have_the_same_width() {
        for (numbers, buckets, wanted) in [
            (
                &[0.0, 1.0, 2.0, 5.0, 9.0, 10.0][..],
                2,
                r#"{"[0,5)":3,"[5,10]":3}"#,
            ),
            (&[-1.0, 1.0, 1.0], 1, r#"{"[-1,1]":3}"#),
            (
                &[0.0, -0.0, 4.0],
                4,
                r#"{"[0,1)":2,"[1,2)":0,"[2,3)":0,"[3,4]":1}"#,
            ),
            (&[7.0, 7.0], 3, r#"{"[7,7]":2}"#),
            // Their neighbours are 16 away: there are four ranges of three names.
            (
                &[1e17, 1e17 + 16.0],
                4,
                concat!(
                    r#"{"[100000000000000000,100000000000000000)":1,"#,
                    r#""[100000000000000000,100000000000000020)":0,"#,
                    r#""[100000000000000020,100000000000000020]":1}"#,
                ),
            ),
            (&[1.0, f64::INFINITY, 2.0], 1, r#"{"[1,2]":2}"#),
            (&[f64::NEG_INFINITY], 1, ""),
            (&[], 3, ""),
        ] {
            assert_eq!(of(numbers, buckets), wanted, "{numbers:?}");
        }
    }
}
