//! What alarms said last to policies. In memory: an alarm that stays in its state says it again at its next look.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use parking_lot::Mutex;
use wharf_base::Timestamp;

/// Which of the datapoints that an alarm was judged by counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aggregation {
    Average,
    Minimum,
    Maximum,
}

/// An alarm that calls a scaling policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Alarmed {
    /// The policy's ARN.
    pub policy: String,
    /// The alarm's name.
    pub alarm: String,
    /// `ALARM`
    pub state: String,
    pub threshold: f64,
    /// The datapoints that it was judged by, the oldest first.
    pub values: Vec<f64>,
    /// When the time began that the latest of them is about, as far as that is known.
    pub measured_from: Option<Timestamp>,
    pub at: Timestamp,
    /// When it says the same again if nothing changes.
    pub every: Duration,
}

/// The same, as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Of the policy.
    pub uuid: String,
    pub alarm: String,
    pub state: String,
    pub threshold: f64,
    pub values: Option<Values>,
    /// As it was said.
    measured_from: Option<Timestamp>,
    pub at: Timestamp,
    pub until: Timestamp,
    /// A decision was made by it.
    pub weighed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Values {
    pub latest: f64,
    mean: f64,
    least: f64,
    most: f64,
}

/// An alarm may be so much late before its last word counts no more.
const LATE: Duration = Duration::from_secs(15);

/// By the keys of targets, then by policy and alarm.
#[derive(Debug, Default)]
pub struct Readings(Mutex<HashMap<String, OfTarget>>);

type OfTarget = BTreeMap<(String, String), Reading>;

impl Values {
    fn of(values: &[f64]) -> Option<Self> {
        let latest = *values.last()?;
        let fold = |by: fn(f64, f64) -> f64| values.iter().copied().fold(latest, by);
        Some(Self {
            latest,
            mean: values.iter().sum::<f64>() / values.len() as f64,
            least: fold(f64::min),
            most: fold(f64::max),
        })
    }

    pub fn by(self, aggregation: Aggregation) -> f64 {
        match aggregation {
            Aggregation::Average => self.mean,
            Aggregation::Minimum => self.least,
            Aggregation::Maximum => self.most,
        }
    }
}

impl Reading {
    /// What tells it from the words of other alarms, and to other policies.
    pub fn name(&self) -> String {
        format!("{}/{}", self.uuid, self.alarm)
    }

    /// When the time began that its latest datapoint is about. Where nobody says that, it is taken for the latest that was over.
    pub fn measured_from(&self) -> Timestamp {
        if let Some(said) = self.measured_from {
            return said;
        }
        let every = self.until.since(self.at).saturating_sub(LATE).as_millis();
        let every = i64::try_from(every).unwrap_or(i64::MAX).max(1);
        let at = self.at.millis();
        let began = at - at.rem_euclid(every);
        Timestamp::from_millis(began.saturating_sub(every))
    }

    pub fn of(uuid: &str, alarmed: Alarmed) -> Self {
        Self {
            uuid: uuid.to_owned(),
            values: Values::of(&alarmed.values),
            measured_from: alarmed.measured_from,
            until: alarmed.at + alarmed.every + LATE,
            alarm: alarmed.alarm,
            state: alarmed.state,
            threshold: alarmed.threshold,
            at: alarmed.at,
            weighed: false,
        }
    }
}

impl Readings {
    /// Takes an alarm's word, unless a newer one was heard. What was said at a time to come, by a clock that was ahead,
    /// is not newer.
    pub fn hear(&self, target: &str, reading: Reading, now: Timestamp) {
        let mut all = self.0.lock();
        let of_target = all.entry(target.to_owned()).or_default();
        let key = (reading.uuid.clone(), reading.alarm.clone());
        let held = of_target.get(&key).filter(|it| it.at <= now);
        if held.is_none_or(|it| it.at < reading.at) {
            of_target.insert(key, reading);
        }
    }

    /// Those that still hold.
    pub fn of(&self, target: &str, now: Timestamp) -> Vec<Reading> {
        let mut all = self.0.lock();
        let Some(of_target) = all.get_mut(target) else {
            return Vec::new();
        };
        of_target.retain(|_, it| it.at <= now && now < it.until);
        let found = of_target.values().cloned().collect();
        if of_target.is_empty() {
            all.remove(target);
        }
        found
    }

    /// A decision was made by these.
    pub fn weighed(&self, target: &str, readings: &[Reading]) {
        let mut all = self.0.lock();
        let Some(of_target) = all.get_mut(target) else {
            return;
        };
        for reading in readings {
            let key = (reading.uuid.clone(), reading.alarm.clone());
            if let Some(held) = of_target.get_mut(&key)
                && held.at == reading.at
            {
                held.weighed = true;
            }
        }
    }

    pub fn forget(&self, target: &str) {
        self.0.lock().remove(target);
    }

    /// The policy is another now, or gone.
    pub fn forget_policy(&self, target: &str, uuid: &str) {
        if let Some(of_target) = self.0.lock().get_mut(target) {
            of_target.retain(|key, _| key.0 != uuid);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(at: i64, values: &[f64]) -> Reading {
        let alarmed = Alarmed {
            policy: String::new(),
            alarm: "hot".to_owned(),
            state: "ALARM".to_owned(),
            threshold: 1.0,
            values: values.to_vec(),
            measured_from: None,
            at: Timestamp::from_millis(at * 1000),
            every: Duration::from_secs(60),
        };
        Reading::of("7", alarmed)
    }

    fn second(at: i64) -> Timestamp {
        Timestamp::from_millis(at * 1000)
    }

    #[test]
    fn the_newest_word_counts_until_it_is_overdue() {
        let readings = Readings::default();
        readings.hear("t", said(100, &[1.0]), second(100));
        readings.hear("t", said(90, &[2.0]), second(101));
        let found = readings.of("t", second(174));
        assert_eq!(found, [said(100, &[1.0])]);
        readings.weighed("t", &found);
        // The same again, as after a lost answer.
        readings.hear("t", said(100, &[1.0]), second(105));
        assert!(readings.of("t", second(110))[0].weighed);
        readings.hear("t", said(160, &[3.0]), second(160));
        assert!(!readings.of("t", second(161))[0].weighed);
        assert_eq!(readings.of("t", second(235)), []);
        readings.hear("t", said(300, &[]), second(300));
        readings.forget_policy("t", "7");
        assert_eq!(readings.of("t", second(300)), []);
    }

    #[test]
    fn what_was_said_while_the_clock_was_ahead_is_over_when_it_is_set_right() {
        let readings = Readings::default();
        readings.hear("t", said(7300, &[1.0]), second(7300));
        assert_eq!(readings.of("t", second(7301)).len(), 1);
        assert_eq!(readings.of("t", second(100)), []);
        readings.hear("t", said(7300, &[1.0]), second(7300));
        readings.hear("t", said(160, &[2.0]), second(160));
        assert_eq!(readings.of("t", second(161)), [said(160, &[2.0])]);
    }

    #[test]
    fn what_is_not_said_to_be_older_was_measured_in_the_latest_time_that_was_over() {
        assert_eq!(said(181, &[1.0]).measured_from(), second(120));
        let older = Reading {
            measured_from: Some(second(0)),
            ..said(181, &[1.0])
        };
        assert_eq!(older.measured_from(), second(0));
    }

    #[test]
    fn datapoints_come_to_one() {
        let values = said(1, &[4.0, 1.0, 4.0]).values.unwrap();
        let by = [
            Aggregation::Average,
            Aggregation::Minimum,
            Aggregation::Maximum,
        ];
        assert_eq!(by.map(|it| values.by(it)), [3.0, 1.0, 4.0]);
        assert_eq!(values.latest, 4.0);
        assert_eq!(said(1, &[]).values, None);
    }
}
