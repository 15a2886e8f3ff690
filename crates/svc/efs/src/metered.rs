//! What a file system is billed for: its size, as it is shown. Pure.
//!
//! Hosts tell of sizes whenever they change. So that a busy file system does not fill the bill with its sizes, one is billed
//! for an hour at least, unless it has doubled.

use std::time::Duration;

use wharf_base::Timestamp;
use wharf_billing::{Stored, Stretch};

use crate::records::FileSystem;

/// Of one that has no files, as in AWS.
const LEAST_BYTES: u64 = 6144;
const AT_MOST_EVERY: Duration = Duration::from_secs(3_600);

impl FileSystem {
    /// The size that is shown, and billed.
    pub fn shown_bytes(&self) -> u64 {
        self.reported.bytes.max(LEAST_BYTES)
    }

    /// Says from when on it is billed for what it is now, before a change of it is written; how long it takes until it is billed
    /// for what it is now, if that is later.
    pub fn meter(&mut self, now: Timestamp) -> Option<Duration> {
        let kib = (!self.deleting).then(|| self.shown_bytes().div_ceil(1024));
        follow(&mut self.metered, kib, now)
    }
}

fn follow(last: &mut Option<Stretch>, kib: Option<u64>, now: Timestamp) -> Option<Duration> {
    if let Some(Stretch {
        of: Stored::FileSystem { kib: before },
        since,
        until: None,
        ..
    }) = last
        && kib.is_some_and(|it| it != *before && it / 2 < *before)
    {
        let after = *since + AT_MOST_EVERY;
        if now < after {
            let millis = after.millis() - now.millis();
            return Some(Duration::from_millis(millis.unsigned_abs()));
        }
    }
    Stretch::follow(last, kib.map(|kib| Stored::FileSystem { kib }), now);
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_billed_for_an_hour_unless_they_double() {
        const HOUR: i64 = 3_600_000;
        let mut last = None;
        let mut told = |kib: u64, at: i64| {
            let later = follow(&mut last, Some(kib), Timestamp(at));
            let it = last.clone().unwrap();
            let Stored::FileSystem { kib } = it.of else {
                panic!("it is a file system");
            };
            (later.map(|it| it.as_millis()), it.number, kib, it.since.0)
        };
        assert_eq!(told(6, 0), (None, 1, 6, 0));
        assert_eq!(told(100, 5), (None, 2, 100, 5));
        assert_eq!(told(150, 10), (Some(3_599_995), 2, 100, 5));
        // As it was.
        assert_eq!(told(100, 15), (None, 2, 100, 5));
        assert_eq!(told(10, 20), (Some(3_599_985), 2, 100, 5));
        assert_eq!(told(10, 5 + HOUR), (None, 3, 10, 5 + HOUR));
        assert_eq!(told(20, 6 + HOUR), (None, 4, 20, 6 + HOUR));
        assert_eq!(follow(&mut last, None, Timestamp(7 + HOUR)), None);
        assert_eq!(last.unwrap().until, Some(Timestamp(7 + HOUR)));
    }
}
