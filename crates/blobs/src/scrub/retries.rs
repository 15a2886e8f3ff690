//! When what a disk did not give back is read once more: a fault may pass within minutes, and all is read again once a week.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use crate::Digest;

/// How soon at first. Where that is in vain, the next wait is twice as long.
const FIRST: Duration = Duration::from_secs(5 * 60);
/// The longest wait: what is lost for good is read for nothing.
const LAST: Duration = Duration::from_secs(24 * 3600);

/// Damaged blobs, and when each was last read. Not written down: after a restart they wait as at first.
#[derive(Debug, Default)]
pub(super) struct Retries(BTreeMap<Digest, Retry>);

#[derive(Debug, Clone, Copy)]
struct Retry {
    since: SystemTime,
    wait: Duration,
}

impl Retries {
    /// Those of the damaged blobs that are to be read now; what is damaged no more is forgotten.
    pub(super) fn due(&mut self, damaged: &[Digest], now: SystemTime) -> Vec<Digest> {
        let before = std::mem::take(&mut self.0);
        let mut due = Vec::new();
        for digest in damaged {
            let fresh = Retry {
                since: now,
                wait: FIRST,
            };
            let mut retry = before.get(digest).copied().unwrap_or(fresh);
            match now.duration_since(retry.since) {
                Ok(waited) if waited >= retry.wait => {
                    due.push(*digest);
                    retry.since = now;
                    retry.wait = (2 * retry.wait).min(LAST);
                }
                Ok(_) => {}
                // The clock was set back.
                Err(_) => retry.since = now,
            }
            self.0.insert(*digest, retry);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    const MINUTE: u64 = 60;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_700_000_000 + seconds)
    }

    /// When it is read within so many seconds, looked for each minute.
    fn times(retries: &mut Retries, damaged: &[Digest], until: u64) -> Vec<u64> {
        let minutes = (0..until).step_by(60);
        minutes
            .filter(|now| !retries.due(damaged, at(*now)).is_empty())
            .map(|now| now / MINUTE)
            .collect()
    }

    #[test]
    fn each_wait_is_twice_as_long_up_to_a_day() {
        let (mut retries, one) = (Retries::default(), Digest::of(b"one"));
        let found = times(&mut retries, &[one], 3600 * 5);
        assert_eq!(found, [5, 15, 35, 75, 155]);
        let found = times(&mut Retries::default(), &[one], 3600 * 24 * 9);
        let waits: Vec<u64> = found.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert_eq!(waits[..8], [10, 20, 40, 80, 160, 320, 640, 1280]);
        assert!(waits[8..].iter().all(|wait| *wait == 24 * 60), "{waits:?}");
        assert!(waits.len() > 12);
    }

    #[test]
    fn each_blob_has_its_own_time_and_begins_anew_when_it_is_damaged_again() {
        let mut retries = Retries::default();
        let (one, other) = (Digest::of(b"one"), Digest::of(b"other"));
        assert_eq!(retries.due(&[one], at(0)), []);
        assert_eq!(retries.due(&[one, other], at(4 * MINUTE)), []);
        assert_eq!(retries.due(&[one, other], at(5 * MINUTE)), [one]);
        assert_eq!(retries.due(&[other], at(9 * MINUTE)), [other]);
        assert_eq!(retries.due(&[one], at(16 * MINUTE)), []);
        assert_eq!(retries.due(&[one], at(21 * MINUTE)), [one]);
        assert_eq!(retries.due(&[], at(22 * MINUTE)), []);
        assert!(retries.0.is_empty());
    }

    #[test]
    fn a_clock_that_was_set_back_costs_one_wait() {
        let (mut retries, one) = (Retries::default(), Digest::of(b"one"));
        assert_eq!(retries.due(&[one], at(1000 * MINUTE)), []);
        assert_eq!(retries.due(&[one], at(0)), []);
        assert_eq!(retries.due(&[one], at(5 * MINUTE)), [one]);
    }
}
