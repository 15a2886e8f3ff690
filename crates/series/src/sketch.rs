//! How values are spread: counts in buckets whose bounds grow by a constant factor, so that whatever is read
//! from it is off by a constant share of the value.

/// How far a value that is read may be from the one that was put, as a share of it.
pub const RELATIVE_ERROR: f64 = 0.01;
/// Buckets of one sketch. Beyond them the lowest are joined, which costs exactness there alone.
const MOST_BUCKETS: usize = 2048;
const GAMMA: f64 = (1.0 + RELATIVE_ERROR) / (1.0 - RELATIVE_ERROR);
/// Keeps the buckets of positive values above that of zero: the least positive number has about -37,000.
const OFFSET: i32 = 40_000;

/// Counts by bucket. Buckets are ordered as the values they are for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sketch {
    buckets: Vec<(i32, f64)>,
}

impl Sketch {
    /// One value, `count` times.
    pub fn of(value: f64, count: f64) -> Self {
        let mut sketch = Self::default();
        sketch.add(value, count);
        sketch
    }

    pub fn add(&mut self, value: f64, count: f64) {
        let bucket = bucket_of(value);
        match self.buckets.binary_search_by_key(&bucket, |it| it.0) {
            Ok(at) => self.buckets[at].1 += count,
            Err(at) => self.buckets.insert(at, (bucket, count)),
        }
        self.bound();
    }

    pub fn merge(&mut self, other: &Self) {
        let mut merged = Vec::with_capacity(self.buckets.len() + other.buckets.len());
        let (mut left, mut right) = (
            self.buckets.iter().peekable(),
            other.buckets.iter().peekable(),
        );
        loop {
            let next = match (left.peek(), right.peek()) {
                (Some(a), Some(b)) if a.0 == b.0 => {
                    let joined = (a.0, a.1 + b.1);
                    left.next();
                    right.next();
                    joined
                }
                (Some(a), Some(b)) if a.0 < b.0 => {
                    let a = **a;
                    left.next();
                    a
                }
                (_, Some(b)) => {
                    let b = **b;
                    right.next();
                    b
                }
                (Some(a), None) => {
                    let a = **a;
                    left.next();
                    a
                }
                (None, None) => break,
            };
            merged.push(next);
        }
        self.buckets = merged;
        self.bound();
    }

    /// Values and how often each was put, ascending.
    pub fn values(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.buckets
            .iter()
            .map(|(bucket, count)| (value_of(*bucket), *count))
    }

    /// What a value is read as.
    pub(crate) fn read(value: f64) -> f64 {
        value_of(bucket_of(value))
    }

    /// Buckets that have values.
    pub fn size(&self) -> usize {
        self.buckets.len()
    }

    /// Buckets and their counts, ascending.
    pub(crate) fn buckets(&self) -> &[(i32, f64)] {
        &self.buckets
    }

    /// From buckets in ascending order; `None` if they are not.
    pub(crate) fn from_buckets(buckets: Vec<(i32, f64)>) -> Option<Self> {
        let ascending = buckets.windows(2).all(|pair| pair[0].0 < pair[1].0);
        (ascending && buckets.len() <= MOST_BUCKETS).then_some(Self { buckets })
    }

    fn bound(&mut self) {
        let beyond = self.buckets.len().saturating_sub(MOST_BUCKETS);
        if beyond > 0 {
            let lowest: f64 = self.buckets.drain(..beyond).map(|it| it.1).sum();
            self.buckets[0].1 += lowest;
        }
    }
}

fn bucket_of(value: f64) -> i32 {
    if value == 0.0 || value.is_nan() {
        return 0;
    }
    // Finite, and far within the range.
    let index = (value.abs().min(f64::MAX).ln() / GAMMA.ln()).ceil() as i32;
    let bucket = OFFSET.saturating_add(index).max(1);
    if value < 0.0 { -bucket } else { bucket }
}

fn value_of(bucket: i32) -> f64 {
    if bucket == 0 {
        return 0.0;
    }
    let index = bucket.unsigned_abs() as f64 - f64::from(OFFSET);
    let middle = 2.0 * (index * GAMMA.ln()).exp() / (GAMMA + 1.0);
    if bucket < 0 { -middle } else { middle }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value() -> impl Strategy<Value = f64> {
        prop_oneof![
            -1e9..1e9f64,
            (-108.0..108.0f64, any::<bool>())
                .prop_map(|(e, negative)| 10f64.powf(e) * if negative { -1.0 } else { 1.0 }),
            Just(0.0),
        ]
    }

    proptest! {
        #[test]
        fn each_value_is_within_its_error(value in value()) {
            let read = Sketch::of(value, 1.0).values().next().unwrap().0;
            prop_assert!((read - value).abs() <= value.abs() * RELATIVE_ERROR * 1.000_001, "{read} for {value}");
        }

        /// The value at each rank, whatever order and however often it was merged.
        #[test]
        fn ranks_are_within_the_error(mut values in prop::collection::vec(value(), 1..200), cut in 0usize..200) {
            let cut = cut.min(values.len());
            let (mut left, mut right) = (Sketch::default(), Sketch::default());
            values[..cut].iter().for_each(|it| left.add(*it, 1.0));
            values[cut..].iter().for_each(|it| right.add(*it, 1.0));
            left.merge(&right);
            values.sort_by(f64::total_cmp);
            let read = left.values().flat_map(|(value, count)| std::iter::repeat_n(value, count as usize));
            for (read, value) in read.zip(&values) {
                prop_assert!((read - value).abs() <= value.abs() * RELATIVE_ERROR * 1.000_001);
            }
        }
    }

    #[test]
    fn the_number_of_buckets_is_bounded_and_high_values_stay_exact() {
        let mut sketch = Sketch::default();
        for step in 0..10_000 {
            sketch.add(1.01f64.powi(step - 5_000), 1.0);
        }
        assert_eq!(sketch.buckets().len(), MOST_BUCKETS);
        let total: f64 = sketch.values().map(|it| it.1).sum();
        assert_eq!(total, 10_000.0);
        let highest = sketch.values().last().unwrap().0;
        assert!((highest / 1.01f64.powi(4_999) - 1.0).abs() <= RELATIVE_ERROR);
    }
}
