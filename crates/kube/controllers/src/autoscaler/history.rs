//! What was recommended and done lately for one autoscaler. It is held in memory: who starts again begins with what runs.

use std::time::Duration;

use wharf_base::Timestamp;

/// The longest window that an autoscaler may ask for.
const LONGEST_WINDOW: Duration = Duration::from_secs(3600);
/// The longest period of a policy.
const LONGEST_PERIOD: Duration = Duration::from_secs(1800);
/// More than a look every fifteen seconds leaves in the longest window, and room for looks that changes of the object bring.
const MOST: usize = 4096;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    recommended: Vec<(Timestamp, i64)>,
    /// By how many it grew or shrank.
    grown: Vec<(Timestamp, i64)>,
    shrunk: Vec<(Timestamp, i64)>,
}

impl History {
    /// Nothing may be taken away before a whole window was observed, so the first recommendation is what is there.
    pub fn begin(&mut self, current: i64, now: Timestamp) {
        forget(&mut self.recommended, now, LONGEST_WINDOW);
        forget(&mut self.grown, now, LONGEST_PERIOD);
        forget(&mut self.shrunk, now, LONGEST_PERIOD);
        if self.recommended.is_empty() {
            self.recommended.push((now, current));
        }
    }

    pub fn recommend(&mut self, replicas: i64, now: Timestamp) {
        self.recommended.push((now, replicas));
    }

    pub fn scaled(&mut self, from: i64, to: i64, now: Timestamp) {
        let events = match to > from {
            true => &mut self.grown,
            false => &mut self.shrunk,
        };
        events.push((now, from.abs_diff(to).try_into().unwrap_or(i64::MAX)));
    }

    /// What was recommended in a window that ends now.
    pub fn recommended(&self, window: Duration, now: Timestamp) -> impl Iterator<Item = i64> {
        within(&self.recommended, window, now)
    }

    /// How many there were at the start of a period that ends now.
    pub fn at_start(&self, current: i64, period: Duration, now: Timestamp) -> i64 {
        let sum = |events| within(events, period, now).fold(0, i64::saturating_add);
        current
            .saturating_sub(sum(&self.grown))
            .saturating_add(sum(&self.shrunk))
    }
}

fn within(all: &[(Timestamp, i64)], window: Duration, now: Timestamp) -> impl Iterator<Item = i64> {
    let is_in = move |it: &&(Timestamp, i64)| now.since(it.0) < window;
    all.iter().filter(is_in).map(|it| it.1)
}

fn forget(all: &mut Vec<(Timestamp, i64)>, now: Timestamp, after: Duration) {
    all.retain(|it| now.since(it.0) < after);
    let surplus = all.len().saturating_sub(MOST);
    all.drain(..surplus);
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_767_225_600_000);

    #[test]
    fn it_begins_with_what_is_there_and_forgets() {
        let mut history = History::default();
        history.begin(5, NOW);
        history.begin(7, NOW);
        let in_window = |history: &History, now| {
            let all = history.recommended(Duration::from_secs(300), now);
            all.collect::<Vec<_>>()
        };
        assert_eq!(in_window(&history, NOW), [5]);
        let later = NOW + Duration::from_secs(300);
        history.recommend(2, later);
        assert_eq!(in_window(&history, later), [2]);
        let much_later = later + LONGEST_WINDOW;
        history.begin(9, much_later);
        assert_eq!(in_window(&history, much_later), [9]);
    }

    #[test]
    fn what_was_done_in_a_period() {
        let mut history = History::default();
        history.scaled(2, 6, NOW);
        history.scaled(6, 5, NOW + Duration::from_secs(10));
        let now = NOW + Duration::from_secs(20);
        let start = |seconds| history.at_start(5, Duration::from_secs(seconds), now);
        assert_eq!((start(60), start(15), start(5)), (2, 6, 5));
    }
}
