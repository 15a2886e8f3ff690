//! How much may be put and kept, so that one talkative container takes neither the disk nor the
//! journal's throughput from the others.

use std::{collections::HashMap, time::Instant};

use parking_lot::Mutex;
use wharf_base::bucket::{Bucket, Rate};

/// Settings; the defaults suit a server of a few terabytes.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes a second that one stream takes: CloudWatch Logs' former five requests of 1 MiB.
    pub stream_bytes_a_second: u64,
    /// Bytes a second of all streams of an account in a region: a quarter of what an ordinary disk
    /// writes while the journal merges what came before.
    pub account_bytes_a_second: u64,
    /// Bytes that all logs together take on disk; beyond it the oldest events go.
    pub kept_bytes: u64,
    /// Streams of all groups together: each is about a kilobyte of memory. Beyond it those that
    /// were silent for the longest go.
    pub kept_streams: usize,
    /// Bytes of events in a file of an export, before they are packed.
    pub export_bytes: usize,
}

impl Limits {
    /// With another rate of an account, of which a stream has as large a part as before.
    #[must_use]
    pub fn at_rate(self, account_bytes_a_second: u64) -> Self {
        let parts = self.account_bytes_a_second / self.stream_bytes_a_second;
        Self {
            stream_bytes_a_second: (account_bytes_a_second / parts).max(1),
            account_bytes_a_second,
            ..self
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            stream_bytes_a_second: 5 << 20,
            account_bytes_a_second: 20 << 20,
            kept_bytes: 20 << 30,
            kept_streams: 200_000,
            export_bytes: 64 << 20,
        }
    }
}

/// Seconds of its rate that a bucket holds: a burst after a silence.
const BURST_SECONDS: f64 = 2.0;

/// Buckets by name. One that is full again is as good as none, and forgotten.
#[derive(Debug, Default)]
pub struct Buckets {
    known: Mutex<HashMap<String, Bucket<Instant>>>,
}

/// Looked through for full ones when it has grown beyond this.
const MANY: usize = 1024;

impl Buckets {
    pub fn draw(&self, name: &str, rate: u64, bytes: u64, now: Instant) -> bool {
        let mut known = self.known.lock();
        if known.len() >= MANY && !known.contains_key(name) {
            known.retain(|_, bucket| !bucket.is_full(now));
        }
        let per_second = rate as f64;
        let rate = Rate::new(per_second * BURST_SECONDS, per_second);
        known
            .entry(name.to_owned())
            .or_insert_with(|| Bucket::full(rate, now))
            .draw(bytes as f64, now)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_stream_keeps_its_part_of_another_rate() {
        let limits = Limits::default().at_rate(400 << 20);
        assert_eq!(limits.account_bytes_a_second, 400 << 20);
        assert_eq!(limits.stream_bytes_a_second, 100 << 20);
        assert_eq!(limits.at_rate(1).stream_bytes_a_second, 1);
        assert_eq!(limits.kept_bytes, Limits::default().kept_bytes);
    }

    #[test]
    fn buckets_do_not_pile_up() {
        let (buckets, begin) = (Buckets::default(), Instant::now());
        for n in 0..5000u64 {
            let now = begin + Duration::from_secs(n);
            assert!(buckets.draw(&n.to_string(), 100, 10, now));
        }
        assert!(buckets.known.lock().len() <= MANY);
    }
}
