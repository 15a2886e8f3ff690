//! Points that are in no block yet, in the order of their times.

use crate::{Summary, by_number::ByNumber, chunk::Point, tier::Tier};

/// What a point takes, about.
const POINT_BYTES: usize = 24;
/// What a series takes that has points.
const SERIES_BYTES: usize = 160;

/// A value that was seen once, as most are, in few bytes.
#[derive(Debug, Clone)]
enum Held {
    One(f64),
    Many(Box<Summary>),
}

impl Held {
    fn of(summary: Summary) -> Self {
        match summary.is_one() {
            true => Self::One(summary.min),
            false => Self::Many(Box::new(summary)),
        }
    }

    /// In its place, so that large ones are not copied.
    fn merge(&mut self, other: &Summary) {
        match self {
            Self::Many(summary) => summary.merge(other, true),
            Self::One(value) => {
                let mut whole = Summary::one(*value);
                whole.merge(other, true);
                *self = Self::of(whole);
            }
        }
    }

    /// What it takes beyond the point itself.
    fn bytes(&self) -> usize {
        match self {
            Self::One(_) => 0,
            Self::Many(summary) => grown(summary),
        }
    }

    fn summary(&self) -> Summary {
        match self {
            Self::One(value) => Summary::one(*value),
            Self::Many(summary) => (**summary).clone(),
        }
    }
}

/// Late points that lie apart: each costs as many moves, and so many of them one of all.
const LATE: usize = 1024;

/// Points of a series. Most come in the order of their times; those that are late would move all behind them.
#[derive(Debug, Default)]
struct Points {
    ordered: Vec<(i64, Held)>,
    /// Before the last of those, in their order too; none of the same moment.
    late: Vec<(i64, Held)>,
}

impl Points {
    fn get_mut(&mut self, at: i64) -> Option<&mut Held> {
        if self.ordered.last().is_none_or(|it| it.0 < at) {
            return None;
        }
        if let Ok(place) = self.ordered.binary_search_by_key(&at, |it| it.0) {
            return Some(&mut self.ordered[place].1);
        }
        let place = self.late.binary_search_by_key(&at, |it| it.0).ok()?;
        Some(&mut self.late[place].1)
    }

    /// Of a moment that has none.
    fn insert(&mut self, at: i64, held: Held) {
        if self.ordered.last().is_none_or(|it| it.0 < at) {
            self.ordered.push((at, held));
            return;
        }
        let place = self.late.partition_point(|it| it.0 < at);
        self.late.insert(place, (at, held));
        if self.late.len() >= LATE {
            self.ordered.append(&mut self.late);
            // Two runs, which this finds and merges.
            self.ordered.sort_by_key(|it| it.0);
        }
    }

    /// Those from `from` until before `to`, in their order.
    fn each(&self, from: i64, to: i64, mut see: impl FnMut(i64, &Held)) {
        let within = |points: &'_ [(i64, Held)]| {
            let first = points.partition_point(|it| it.0 < from);
            let behind = points.partition_point(|it| it.0 < to);
            first..behind.max(first)
        };
        let mut late = self.late[within(&self.late)].iter().peekable();
        for (at, held) in &self.ordered[within(&self.ordered)] {
            while let Some((earlier, held)) = late.next_if(|it| it.0 < *at) {
                see(*earlier, held);
            }
            see(*at, held);
        }
        late.for_each(|(at, held)| see(*at, held));
    }
}

/// Points by series, in the two resolutions that samples come in.
#[derive(Debug, Default)]
pub struct Head {
    seconds: ByNumber<Points>,
    minutes: ByNumber<Points>,
    /// What it takes in memory, about.
    pub bytes: usize,
}

impl Head {
    pub fn is_empty(&self) -> bool {
        self.seconds.is_empty() && self.minutes.is_empty()
    }

    /// Adds a sample; what is there of the same moment is merged with it.
    pub fn add(&mut self, series: u32, tier: Tier, at: i64, summary: Summary) {
        let (of_tier, at) = match tier {
            Tier::Second => (&mut self.seconds, at),
            _ => (&mut self.minutes, Tier::Minute.floor(at)),
        };
        let points = of_tier.entry(series).or_insert_with(|| {
            self.bytes += SERIES_BYTES;
            Points::default()
        });
        match points.get_mut(at) {
            Some(held) => {
                let before = held.bytes();
                held.merge(&summary);
                self.bytes += held.bytes().saturating_sub(before);
            }
            None => {
                let held = Held::of(summary);
                self.bytes += POINT_BYTES + held.bytes();
                points.insert(at, held);
            }
        }
    }

    /// Shows the points of a series of one resolution, from `from` until before `to`.
    pub fn points(
        &self,
        series: u32,
        tier: Tier,
        from: i64,
        to: i64,
        mut see: impl FnMut(i64, Summary),
    ) {
        if let Some(points) = self.of(tier).and_then(|it| it.get(&series)) {
            points.each(from, to, |at, held| see(at, held.summary()));
        }
    }

    /// The stretches of a tier that have points, each with its series in their order.
    pub fn stretches(&self, tier: Tier) -> std::collections::BTreeMap<i64, Vec<u32>> {
        let mut found: std::collections::BTreeMap<i64, Vec<u32>> = Default::default();
        for (series, points) in self.of(tier).into_iter().flatten() {
            let mut before = None;
            points.each(i64::MIN, i64::MAX, |at, _| {
                let stretch = tier.stretch_of(at);
                if before != Some(stretch) {
                    found.entry(stretch).or_default().push(*series);
                    before = Some(stretch);
                }
            });
        }
        found.values_mut().for_each(|all| all.sort_unstable());
        found
    }

    /// The points of a series in a stretch.
    pub fn stretch(&self, series: u32, tier: Tier, from: i64) -> Vec<Point> {
        let mut points = Vec::new();
        self.points(series, tier, from, from + tier.stretch(), |at, it| {
            points.push((at, it))
        });
        points
    }

    fn of(&self, tier: Tier) -> Option<&ByNumber<Points>> {
        match tier {
            Tier::Second => Some(&self.seconds),
            Tier::Minute => Some(&self.minutes),
            _ => None,
        }
    }
}

/// What a summary takes beyond the point itself.
fn grown(summary: &Summary) -> usize {
    match (&summary.spread, summary.is_one()) {
        (_, true) => 0,
        (crate::Spread::Sketch(sketch), _) => 96 + 16 * sketch.buckets().len(),
        _ => 64,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// A day of seconds backwards, and again: the moves of each would be all that are there.
    #[test]
    fn late_points_do_not_move_all_others() {
        let mut head = Head::default();
        let began = std::time::Instant::now();
        for round in 0..2 {
            for at in (0..200_000).rev() {
                head.add(1, Tier::Second, at, Summary::one(1.0));
            }
            let mut count = 0;
            let mut before = -1;
            head.points(1, Tier::Second, 0, 200_000, |at, it| {
                assert!(before < at && it.count == f64::from(round + 1));
                (before, count) = (at, count + 1);
            });
            assert_eq!(count, 200_000);
        }
        // As one by one it would be 4 * 10^10 moves of 24 bytes, minutes.
        assert!(began.elapsed().as_secs() < 60, "{:?}", began.elapsed());
    }

    proptest! {
        #[test]
        fn points_are_as_in_a_map(
            adds in prop::collection::vec((0i64..3000, 1u32..4), 1..4000),
            from in 0i64..3000,
            long in 0i64..3000,
        ) {
            let (mut head, mut map) = (Head::default(), BTreeMap::<i64, f64>::new());
            for (at, value) in adds {
                head.add(1, Tier::Second, at, Summary::one(f64::from(value)));
                *map.entry(at).or_default() += f64::from(value);
            }
            let mut seen = Vec::new();
            head.points(1, Tier::Second, from, from + long, |at, it| seen.push((at, it.sum)));
            let wanted: Vec<(i64, f64)> = map.range(from..from + long).map(|it| (*it.0, *it.1)).collect();
            prop_assert_eq!(seen, wanted);
        }
    }

    #[test]
    fn samples_of_one_moment_are_one_point_whatever_their_order() {
        let mut head = Head::default();
        for (at, value) in [(120, 1.0), (60, 2.0), (119, 3.0), (86_400, 4.0)] {
            head.add(7, Tier::Minute, at, Summary::one(value));
        }
        head.add(7, Tier::Second, 61, Summary::one(9.0));
        let mut seen = Vec::new();
        head.points(7, Tier::Minute, 0, 200, |at, it| {
            seen.push((at, it.count, it.sum))
        });
        assert_eq!(seen, [(60, 2.0, 5.0), (120, 1.0, 1.0)]);
        let stretches: Vec<(i64, Vec<u32>)> = head.stretches(Tier::Minute).into_iter().collect();
        assert_eq!(stretches, [(0, vec![7]), (86_400, vec![7])]);
        assert_eq!(head.stretch(7, Tier::Second, 0).len(), 1);
        assert!(head.bytes >= 2 * SERIES_BYTES + 4 * POINT_BYTES);
    }
}
