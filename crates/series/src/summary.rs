//! What is known of the values of one moment.

use crate::Sketch;

/// Count, sum, least and greatest value, and how the values are spread.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    pub count: f64,
    pub sum: f64,
    pub min: f64,
    pub max: f64,
    pub spread: Spread,
}

/// How values are spread between the least and the greatest.
#[derive(Debug, Clone, PartialEq)]
pub enum Spread {
    /// All are the same.
    Same,
    Sketch(Box<Sketch>),
    /// A set was put of which no more is known.
    Unknown,
}

impl Summary {
    pub fn one(value: f64) -> Self {
        // Not by a product, which would change the bits of a value that is no number.
        Self {
            count: 1.0,
            sum: value,
            min: value,
            max: value,
            spread: Spread::Same,
        }
    }

    /// A value that was seen `count` times.
    pub fn same(value: f64, count: f64) -> Self {
        Self {
            count,
            sum: value * count,
            min: value,
            max: value,
            spread: Spread::Same,
        }
    }

    /// A set of statistics. If all of its values are the same, how they are spread is known.
    pub fn set(count: f64, sum: f64, min: f64, max: f64) -> Self {
        let spread = match min == max || count == 1.0 {
            true => Spread::Same,
            false => Spread::Unknown,
        };
        Self {
            count,
            sum,
            min,
            max,
            spread,
        }
    }

    /// Values and how often each was seen; `None` of none.
    pub fn of(values: impl IntoIterator<Item = (f64, f64)>) -> Option<Self> {
        let mut all = values
            .into_iter()
            .map(|(value, count)| Self::same(value, count));
        let mut first = all.next()?;
        all.for_each(|it| first.merge(&it, true));
        Some(first)
    }

    pub fn average(&self) -> f64 {
        self.sum / self.count
    }

    /// Nothing was measured at this moment, and that is what was put: the value is no number. It is kept as it is until
    /// it is merged with one that is.
    pub fn is_no_number(&self) -> bool {
        self.min.is_nan()
    }

    /// Adds what was seen besides. Without `spread` how values are spread is not known afterwards.
    pub fn merge(&mut self, other: &Self, spread: bool) {
        if other.is_no_number() {
            return;
        }
        if self.is_no_number() {
            *self = other.clone();
            if !spread {
                self.spread = Spread::Unknown;
            }
            return;
        }
        self.spread = match spread {
            false => Spread::Unknown,
            true => self.joined(other),
        };
        self.count += other.count;
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    fn joined(&mut self, other: &Self) -> Spread {
        let (mine, yours) = (&mut self.spread, &other.spread);
        match (mine, yours) {
            (Spread::Unknown, _) | (_, Spread::Unknown) => Spread::Unknown,
            (Spread::Same, Spread::Same) if self.min == other.min => Spread::Same,
            (Spread::Same, Spread::Same) => {
                let mut sketch = Sketch::of(self.min, self.count);
                sketch.add(other.min, other.count);
                Spread::Sketch(Box::new(sketch))
            }
            (Spread::Sketch(mine), Spread::Same) => {
                mine.add(other.min, other.count);
                std::mem::replace(&mut self.spread, Spread::Unknown)
            }
            (Spread::Same, Spread::Sketch(yours)) => {
                let mut sketch = yours.clone();
                sketch.add(self.min, self.count);
                Spread::Sketch(sketch)
            }
            (Spread::Sketch(mine), Spread::Sketch(yours)) => {
                mine.merge(yours);
                std::mem::replace(&mut self.spread, Spread::Unknown)
            }
        }
    }

    /// Values and how often each was seen, ascending and within the least and the greatest; `None` if that
    /// is not known.
    pub fn values(&self) -> Option<Vec<(f64, f64)>> {
        match &self.spread {
            Spread::Unknown => None,
            Spread::Same => Some(vec![(self.min, self.count)]),
            Spread::Sketch(sketch) => Some(
                sketch
                    .values()
                    .map(|(value, count)| (value.clamp(self.min, self.max), count))
                    .collect(),
            ),
        }
    }

    /// A bound to compare with what [`Summary::values`] says: a value that equals the bound as it was put equals it
    /// there. So do those that are read as the same value.
    pub fn bound(&self, bound: f64) -> f64 {
        // The least and the greatest are exact, and so is what is beyond them.
        let is_beyond = bound < self.min || bound >= self.max;
        match &self.spread {
            Spread::Sketch(_) if !is_beyond => Sketch::read(bound).clamp(self.min, self.max),
            Spread::Sketch(_) | Spread::Same | Spread::Unknown => bound,
        }
    }

    /// Whether it is one value seen once, which most are.
    pub(crate) fn is_one(&self) -> bool {
        self.count == 1.0 && matches!(self.spread, Spread::Same) && self.sum == self.min
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// In whatever order and grouping.
        #[test]
        fn merging_is_what_one_would_have_seen_at_once(values in prop::collection::vec((-1000i32..1000, 1u8..5), 1..50), cut in 1usize..50) {
            let pairs: Vec<(f64, f64)> = values.iter().map(|(v, c)| (f64::from(*v), f64::from(*c))).collect();
            let whole = Summary::of(pairs.iter().copied()).unwrap();
            let cut = cut.min(pairs.len());
            let mut left = Summary::of(pairs[..cut].iter().copied()).unwrap();
            if let Some(right) = Summary::of(pairs[cut..].iter().copied()) {
                left.merge(&right, true);
            }
            prop_assert_eq!(&left, &whole);
            let count: f64 = whole.values().unwrap().iter().map(|it| it.1).sum();
            prop_assert_eq!(count, whole.count);
        }

        /// Whatever does not exceed a value does not exceed it either as it is read, and what does by more than
        /// values that are read as one differ exceeds it.
        #[test]
        fn values_are_on_their_side_of_a_bound(values in prop::collection::vec(-1000i32..1000, 1..50), bound in -1000i32..1000) {
            let bound = f64::from(bound);
            let whole = Summary::of(values.iter().map(|it| (f64::from(*it), 1.0))).unwrap();
            let read = whole.bound(bound);
            let within = whole.values().unwrap().into_iter().filter(|it| it.0 <= read);
            let within = within.map(|it| it.1).sum::<f64>() as usize;
            let exact = |bound: f64| values.iter().filter(|it| f64::from(**it) <= bound).count();
            let far = bound + bound.abs() * 2.1 * crate::RELATIVE_ERROR;
            prop_assert!((exact(bound)..=exact(far)).contains(&within), "{within}");
        }
    }

    #[test]
    fn no_number_gives_way_to_one_and_keeps_its_bits_until_then() {
        let stale = f64::from_bits(0x7ff0_0000_0000_0002);
        let mut none = Summary::one(stale);
        assert!(none.is_no_number());
        assert_eq!(none.min.to_bits(), stale.to_bits());
        none.merge(&Summary::one(f64::NAN), true);
        assert_eq!(none.min.to_bits(), stale.to_bits());
        none.merge(&Summary::one(3.0), true);
        assert_eq!(none, Summary::one(3.0));
        none.merge(&Summary::one(f64::NAN), true);
        assert_eq!(none, Summary::one(3.0));
    }

    #[test]
    fn a_set_hides_how_its_values_are_spread() {
        let mut set = Summary::set(3.0, 6.0, 1.0, 3.0);
        assert_eq!(set.values(), None);
        set.merge(&Summary::one(2.0), true);
        assert_eq!((set.count, set.sum, set.values()), (4.0, 8.0, None));
        let same = Summary::set(3.0, 6.0, 2.0, 2.0);
        assert_eq!(same.values(), Some(vec![(2.0, 3.0)]));
    }
}
