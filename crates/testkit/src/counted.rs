//! What services counted for CloudWatch, added up over all minutes.

use std::{collections::BTreeMap, sync::Arc};

use parking_lot::Mutex;
use wharf_base::Clock;
use wharf_vended::Counters;

use crate::until;

/// Counters for services, which no store takes from.
#[derive(Debug)]
pub struct Counted {
    pub counters: Counters,
    sums: Mutex<BTreeMap<String, f64>>,
}

impl Counted {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            counters: Counters::new(clock),
            sums: Mutex::default(),
        }
    }

    /// The sum of each metric, by its name and the values of its dimensions: `Invocations rule`.
    pub fn sums(&self) -> BTreeMap<String, f64> {
        let mut sums = self.sums.lock();
        for (_, points) in self.counters.take(i64::MAX) {
            for (_, point) in points {
                let values = point.dimensions.iter().map(|it| it.1.as_str());
                let words: Vec<_> = [point.name].into_iter().chain(values).collect();
                *sums.entry(words.join(" ")).or_default() += point.summary.sum;
            }
        }
        sums.clone()
    }

    /// Waits until sums are as many as these and no others. More may come: [`Counted::stay`].
    ///
    /// # Panics
    /// If they never are.
    pub async fn are(&self, expected: &[(&str, f64)]) {
        let expected = all(expected);
        until("everything is counted", || async {
            let sums = self.sums();
            let over = |(name, sum): (&String, &f64)| {
                expected.get(name).is_none_or(|expected| sum > expected)
            };
            assert!(!sums.iter().any(over), "{sums:?}");
            sums == expected
        })
        .await;
    }

    /// Waits until sums are as many as these and no others, and once who counts has ended they still are.
    ///
    /// # Panics
    /// If they never are, or something was counted besides.
    pub async fn stay(&self, expected: &[(&str, f64)], end: impl Future<Output = ()>) {
        self.are(expected).await;
        end.await;
        assert_eq!(self.sums(), all(expected));
    }
}

fn all(sums: &[(&str, f64)]) -> BTreeMap<String, f64> {
    let owned = |(name, sum): &(&str, f64)| ((*name).to_owned(), *sum);
    sums.iter().map(owned).collect()
}
