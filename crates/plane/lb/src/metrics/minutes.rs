//! Minute by minute what was counted, as the control plane gets it.
//!
//! A minute is told after it has ended, under the time at which it began. A clock that was set back begins
//! another run, so that no two reports have the same name.

use std::time::Duration;

use tokio::time::sleep;
use wharf_planeproto::measured::{MINUTE, MOST_PARTS, MOST_ROWS, Minute, Row};

use crate::{Metrics, clock};

/// The reports of a running load balancer process.
#[derive(Debug)]
pub struct Minutes {
    metrics: Metrics,
    run: u64,
    /// The minute that is being counted.
    start: i64,
}

impl Minutes {
    pub fn new(metrics: Metrics) -> Self {
        let (run, start) = metrics
            .counting()
            .unwrap_or_else(|| (rand::random(), minute_of(now())));
        Self {
            metrics,
            run,
            start,
        }
    }

    #[cfg(test)]
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// What the process before this one left untold, or may not have told: to be sent before all else.
    pub fn left(&self) -> Vec<Minute> {
        self.metrics.waiting()
    }

    /// What was counted in a minute, once it has ended. `waiting` are those that were told and may not be kept yet.
    pub async fn next(&mut self, waiting: impl Fn() -> Vec<Minute>) -> Vec<Minute> {
        loop {
            let into = clock::unix_ms().rem_euclid(MINUTE * 1000);
            sleep(Duration::from_millis((MINUTE * 1000 - into).unsigned_abs())).await;
            let run = self.run;
            if let Some(start) = self.turn(now()) {
                return self.take((run, start), waiting());
            }
        }
    }

    /// What was counted since the last minute ended, for a process that ends.
    pub fn rest(&mut self, waiting: Vec<Minute>) -> Vec<Minute> {
        let told = (self.run, self.start);
        self.run = self.run.wrapping_add(1);
        self.take(told, waiting)
    }

    /// The minute that has ended, if one has.
    fn turn(&mut self, now: i64) -> Option<i64> {
        let minute = minute_of(now);
        let ended = (minute != self.start).then_some(self.start);
        if minute < self.start {
            self.run = self.run.wrapping_add(1);
        }
        self.start = minute;
        ended
    }

    fn take(&self, (run, start): (u64, i64), waiting: Vec<Minute>) -> Vec<Minute> {
        let reports = |rows: &[Row]| parts(run, start, rows);
        self.metrics.tell(reports, (self.run, self.start), waiting)
    }
}

/// The reports of a minute.
pub fn parts(run: u64, start: i64, rows: &[Row]) -> Vec<Minute> {
    let most = MOST_PARTS as usize * MOST_ROWS;
    if rows.len() > most {
        tracing::warn!(
            rows = rows.len(),
            most,
            "dropped a part of what load balancers measured in a minute: there are too many"
        );
    }
    let parts = rows.chunks(MOST_ROWS).zip(0..MOST_PARTS);
    let minute = |(rows, part): (&[Row], u32)| Minute {
        run,
        start,
        part,
        rows: rows.to_vec(),
    };
    parts.map(minute).collect()
}

pub fn now() -> i64 {
    clock::unix_ms().div_euclid(1000)
}

pub fn minute_of(now: i64) -> i64 {
    now - now.rem_euclid(MINUTE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_is_told_once_it_has_ended() {
        let mut minutes = Minutes::new(Metrics::default());
        minutes.start = 600;
        assert_eq!(minutes.turn(659), None);
        assert_eq!(minutes.turn(660), Some(600));
        assert_eq!(minutes.turn(1000), Some(660), "the machine slept");
        assert_eq!(minutes.turn(1019), None);
    }

    #[test]
    fn a_clock_that_was_set_back_begins_another_run() {
        let mut minutes = Minutes::new(Metrics::default());
        (minutes.start, minutes.run) = (600, 7);
        assert_eq!(minutes.turn(660), Some(600));
        assert_eq!(minutes.run, 7);
        assert_eq!(minutes.turn(540), Some(660));
        assert_ne!(minutes.run, 7);
    }
}
