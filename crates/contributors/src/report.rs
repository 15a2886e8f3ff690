//! What a tally comes to.

use std::collections::BTreeMap;

use crate::Tally;

/// What is told of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    UniqueContributors,
    MaxContributorValue,
    SampleCount,
    Sum,
    Minimum,
    Maximum,
    Average,
}

/// What contributors are ranked by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// All that they gave.
    Sum,
    /// The most that they gave in a period.
    Maximum,
}

/// A period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// When it begins, in seconds since 1970.
    pub at: i64,
    unique: u64,
    most: f64,
    count: u64,
    sum: f64,
    min: f64,
    max: f64,
}

/// One contributor with what it gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Contributor {
    pub keys: Vec<String>,
    /// The sum of its periods, whatever it was ranked by.
    pub value: f64,
    /// By when periods begin, ascending.
    pub points: Vec<(i64, f64)>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Of all contributors together.
    pub value: f64,
    /// How many there are.
    pub unique: usize,
    /// The first of them.
    pub contributors: Vec<Contributor>,
}

impl Metric {
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "UniqueContributors" => Self::UniqueContributors,
            "MaxContributorValue" => Self::MaxContributorValue,
            "SampleCount" => Self::SampleCount,
            "Sum" => Self::Sum,
            "Minimum" => Self::Minimum,
            "Maximum" => Self::Maximum,
            "Average" => Self::Average,
            _ => return None,
        })
    }

    pub fn of(self, point: &Point) -> f64 {
        match self {
            Self::UniqueContributors => point.unique as f64,
            Self::MaxContributorValue => point.most,
            Self::SampleCount => point.count as f64,
            Self::Sum => point.sum,
            Self::Minimum => point.min,
            Self::Maximum => point.max,
            Self::Average => point.sum / point.count as f64,
        }
    }
}

impl Order {
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "Sum" => Some(Self::Sum),
            "Maximum" => Some(Self::Maximum),
            _ => None,
        }
    }

    fn of(self, points: &BTreeMap<i64, f64>) -> f64 {
        match self {
            Self::Sum => points.values().sum(),
            Self::Maximum => points.values().copied().fold(f64::NEG_INFINITY, f64::max),
        }
    }
}

impl Tally {
    /// The periods in which something was counted, ascending.
    pub fn points(&self) -> Vec<Point> {
        let mut points: BTreeMap<i64, Point> = BTreeMap::new();
        for (at, total) in &self.totals {
            let point = Point {
                at: *at,
                unique: 0,
                most: f64::NEG_INFINITY,
                count: total.count,
                sum: total.sum,
                min: total.min,
                max: total.max,
            };
            points.insert(*at, point);
        }
        for (at, value) in self.contributors.values().flatten() {
            if let Some(point) = points.get_mut(at) {
                point.unique += 1;
                point.most = point.most.max(*value);
            }
        }
        points.into_values().collect()
    }

    /// The contributors that gave most, `most` of them; of equal ones those whose keys come first.
    pub fn report(&self, most: usize, order: Order) -> Report {
        let mut ranked: Vec<(f64, &Vec<String>)> = self
            .contributors
            .iter()
            .map(|(keys, points)| (order.of(points), keys))
            .collect();
        ranked.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
        let shown = ranked.into_iter().take(most).map(|(_, keys)| {
            let points = &self.contributors[keys];
            Contributor {
                keys: keys.clone(),
                value: Order::Sum.of(points),
                points: points.iter().map(|(at, value)| (*at, *value)).collect(),
            }
        });
        Report {
            // The sum of nothing is 0, not the -0 that `sum` makes of it.
            value: self.totals.values().fold(0.0, |all, it| all + it.sum),
            unique: self.contributors.len(),
            contributors: shown.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tally::tests::rule;

    const MINUTE: i64 = 60_000;

    fn tally(aggregate: &str, events: &[(i64, &str, f64)]) -> Tally {
        let mut tally = Tally::new(rule(aggregate), 60);
        for (time, ip, n) in events {
            let event = format!(r#"{{"ip":"{ip}","n":{n}}}"#);
            tally.add(*time, &event).unwrap();
        }
        tally
    }

    const EVENTS: [(i64, &str, f64); 6] = [
        (0, "a", 5.0),
        (1, "a", 1.0),
        (MINUTE - 1, "b", 2.0),
        (MINUTE, "c", 10.0),
        (MINUTE, "b", 2.0),
        (2 * MINUTE + 5, "b", 3.0),
    ];

    #[test]
    fn periods_are_counted() {
        let metrics = [
            "UniqueContributors",
            "MaxContributorValue",
            "SampleCount",
            "Sum",
            "Minimum",
            "Maximum",
            "Average",
        ];
        for (aggregate, wanted) in [
            (
                "Count",
                [
                    [2.0, 2.0, 3.0, 3.0, 1.0, 1.0, 1.0],
                    [2.0, 1.0, 2.0, 2.0, 1.0, 1.0, 1.0],
                    [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0],
                ],
            ),
            (
                "Sum",
                [
                    [2.0, 6.0, 3.0, 8.0, 1.0, 5.0, 8.0 / 3.0],
                    [2.0, 10.0, 2.0, 12.0, 2.0, 10.0, 6.0],
                    [1.0, 3.0, 1.0, 3.0, 3.0, 3.0, 3.0],
                ],
            ),
        ] {
            let points = tally(aggregate, &EVENTS).points();
            assert_eq!(
                points.iter().map(|it| it.at).collect::<Vec<_>>(),
                [0, 60, 120]
            );
            for (point, wanted) in points.iter().zip(wanted) {
                let values = metrics.map(|it| Metric::parse(it).unwrap().of(point));
                assert_eq!(values, wanted, "{aggregate} {}", point.at);
            }
        }
        assert_eq!(Metric::parse("Median"), None);
    }

    #[test]
    fn contributors_are_ranked() {
        let ranked = |aggregate: &str, order: &str, most: usize| {
            let report = tally(aggregate, &EVENTS).report(most, Order::parse(order).unwrap());
            let shown = report.contributors.iter();
            let shown = shown.map(|it| format!("{}={}", it.keys[0], it.value));
            (
                report.value,
                report.unique,
                shown.collect::<Vec<_>>().join(" "),
            )
        };
        assert_eq!(
            ranked("Count", "Sum", 9),
            (6.0, 3, "b=3 a=2 c=1".to_owned())
        );
        assert_eq!(
            ranked("Count", "Maximum", 9),
            (6.0, 3, "a=2 b=3 c=1".to_owned())
        );
        assert_eq!(ranked("Sum", "Sum", 2), (23.0, 3, "c=10 b=7".to_owned()));
        assert_eq!(
            ranked("Sum", "Maximum", 9),
            (23.0, 3, "c=10 a=6 b=7".to_owned())
        );
        let first = &tally("Sum", &EVENTS).report(9, Order::Sum).contributors[1];
        assert_eq!(first.points, [(0, 2.0), (60, 2.0), (120, 3.0)]);
    }

    proptest! {
        /// Whatever order events come in, the report is the same, and its parts add up.
        #[test]
        fn order_does_not_matter(events in prop::collection::vec((0i64..300_000, 0u8..5, 0u8..9), 0..60)) {
            let names = ["a", "b", "c", "d", "e"];
            let events: Vec<(i64, &str, f64)> =
                events.into_iter().map(|(at, ip, n)| (at, names[ip as usize], f64::from(n))).collect();
            let mut turned = events.clone();
            turned.reverse();
            let (one, other) = (tally("Sum", &events), tally("Sum", &turned));
            prop_assert_eq!(one.points(), other.points());
            let report = one.report(9, Order::Sum);
            prop_assert_eq!(&report, &other.report(9, Order::Sum));
            prop_assert_eq!(report.value, report.contributors.iter().map(|it| it.value).sum::<f64>());
        }
    }
}
