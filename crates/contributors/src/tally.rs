//! Counting: what each contributor gave in each period.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use crate::Rule;

/// Bytes that the contributors of one tally may take: some hundred thousand of them.
const BUDGET: usize = 32 << 20;
/// What a contributor, and a period of one, take beside the texts of its keys.
const PER_CONTRIBUTOR: usize = 160;
const PER_KEY: usize = 24;
const PER_PERIOD: usize = 48;

/// There are more contributors than are counted exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there are too many contributors to count")]
pub struct TooMany;

/// All observations of a period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Total {
    pub count: u64,
    pub sum: f64,
    pub min: f64,
    pub max: f64,
}

/// What was counted by a rule.
#[derive(Debug)]
pub struct Tally {
    rule: Arc<Rule>,
    /// Seconds.
    period: i64,
    /// By the values of their keys: what they gave, by when periods begin, in seconds since 1970.
    pub(crate) contributors: HashMap<Vec<String>, BTreeMap<i64, f64>>,
    pub(crate) totals: BTreeMap<i64, Total>,
    bytes: usize,
    budget: usize,
}

impl Tally {
    /// Periods are those of the clock, `period` seconds long.
    pub fn new(rule: Arc<Rule>, period: i64) -> Self {
        Self {
            rule,
            period: period.max(1),
            contributors: HashMap::new(),
            totals: BTreeMap::new(),
            bytes: 0,
            budget: BUDGET,
        }
    }

    pub fn rule(&self) -> &Rule {
        &self.rule
    }

    /// Counts an event, whose time is in milliseconds since 1970.
    ///
    /// # Errors
    /// Its contributor is one too many.
    pub fn add(&mut self, time: i64, message: &str) -> Result<(), TooMany> {
        let Some((keys, value)) = self.rule.contribution(message) else {
            return Ok(());
        };
        let seconds = time.div_euclid(1000);
        let at = seconds - seconds.rem_euclid(self.period);
        let mut more = 0;
        let periods = match self.contributors.get_mut(&keys) {
            Some(known) => known,
            None => {
                let texts = keys.iter().map(|it| it.len() + PER_KEY);
                more += PER_CONTRIBUTOR + texts.sum::<usize>();
                self.contributors.entry(keys).or_default()
            }
        };
        let given = periods.entry(at).or_insert_with(|| {
            more += PER_PERIOD;
            0.0
        });
        *given += value;
        let total = self.totals.entry(at).or_insert(Total {
            count: 0,
            sum: 0.0,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
        });
        total.count += 1;
        total.sum += value;
        total.min = total.min.min(value);
        total.max = total.max.max(value);
        self.bytes += more;
        match self.bytes > self.budget {
            true => Err(TooMany),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub fn rule(aggregate: &str) -> Arc<Rule> {
        let text = format!(
            r#"{{"Schema":{{"Name":"CloudWatchLogRule","Version":1}},"LogGroupNames":["g"],"LogFormat":"JSON",
            "Contribution":{{"Keys":["$.ip"]{}}},"AggregateOn":"{aggregate}"}}"#,
            if aggregate == "Sum" {
                r#","ValueOf":"$.n""#
            } else {
                ""
            }
        );
        Arc::new(Rule::parse(&text).unwrap())
    }

    #[test]
    fn too_many_contributors_are_not_counted() {
        let mut tally = Tally {
            budget: 10_000,
            ..Tally::new(rule("Count"), 60)
        };
        let event = |number: u32| format!(r#"{{"ip":"{number}"}}"#);
        let refused = (0..100)
            .find(|it| tally.add(0, &event(*it)).is_err())
            .unwrap();
        assert!((20..80).contains(&refused), "{refused}");
        // Those that are known already go on.
        let mut tally = Tally::new(rule("Count"), 60);
        for _ in 0..1000 {
            tally.add(0, &event(1)).unwrap();
        }
        assert_eq!(tally.contributors.len(), 1);
    }
}
