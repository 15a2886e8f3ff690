//! As many of the events that match as an update may bring, spread evenly over all.

/// Events of one update (CloudWatch Logs' own bound).
pub const MAX_EVENTS: usize = 500;
/// Bytes that they count for: even if JSON escapes each of them, clients take the message.
const MAX_BYTES: usize = 2 << 20;

/// Takes what matches, one after another.
#[derive(Debug)]
pub struct Sample<T> {
    kept: Vec<(T, usize)>,
    bytes: usize,
    seen: u64,
    /// One event in so many is kept.
    stride: u64,
}

impl<T> Sample<T> {
    pub fn new() -> Self {
        Self {
            kept: Vec::new(),
            bytes: 0,
            seen: 0,
            stride: 1,
        }
    }

    /// Takes an event of so many bytes.
    pub fn push(&mut self, event: T, bytes: usize) {
        if self.seen.is_multiple_of(self.stride) {
            self.bytes += bytes;
            self.kept.push((event, bytes));
        }
        self.seen += 1;
        while self.kept.len() > 1 && (self.kept.len() >= 2 * MAX_EVENTS || self.bytes > MAX_BYTES) {
            self.halve();
        }
    }

    /// Every second goes.
    fn halve(&mut self) {
        let mut stays = false;
        self.kept.retain(|_| {
            stays = !stays;
            stays
        });
        self.bytes = self.kept.iter().map(|(_, bytes)| bytes).sum();
        self.stride *= 2;
    }

    /// What is told, and whether anything was left out.
    pub fn finish(self) -> (Vec<T>, bool) {
        let kept = self.kept.len();
        let told = kept.min(MAX_EVENTS);
        let left_out = (told as u64) < self.seen;
        // The place-th of `told` that are spread over `kept`.
        let mut place = 0;
        let spread = self.kept.into_iter().enumerate().filter(|(index, _)| {
            let is_next = place < told && *index == place * kept / told;
            place += usize::from(is_next);
            is_next
        });
        (spread.map(|(_, (event, _))| event).collect(), left_out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampled(count: usize, bytes: usize) -> (Vec<usize>, bool) {
        let mut sample = Sample::new();
        (0..count).for_each(|n| sample.push(n, bytes));
        sample.finish()
    }

    #[test]
    fn what_fits_is_told_whole() {
        assert_eq!(sampled(0, 1), (vec![], false));
        assert_eq!(sampled(1, 1), (vec![0], false));
        assert_eq!(sampled(MAX_EVENTS, 1), ((0..MAX_EVENTS).collect(), false));
    }

    #[test]
    fn of_more_events_as_many_as_may_are_told_evenly_and_in_order() {
        for count in [MAX_EVENTS + 1, 999, 1000, 1001, 20_000] {
            let (told, left_out) = sampled(count, 1);
            assert!(left_out);
            assert_eq!(told.len(), MAX_EVENTS, "{count}");
            let gaps: Vec<usize> = told.windows(2).map(|two| two[1] - two[0]).collect();
            let (least, most) = (gaps.iter().min().unwrap(), gaps.iter().max().unwrap());
            // Each event stands for as many others, give or take a halving.
            assert!(
                *least >= 1 && *most <= 2 * least.max(&1),
                "{count}: {least} to {most}"
            );
            assert!(told[0] < count / 100 + 1 && told[MAX_EVENTS - 1] > count * 9 / 10);
        }
    }

    #[test]
    fn large_events_are_fewer() {
        let (told, left_out) = sampled(100, MAX_BYTES / 10);
        assert!(left_out);
        assert!((5..=10).contains(&told.len()), "{told:?}");
        assert_eq!(sampled(1, 2 * MAX_BYTES), (vec![0], false));
    }
}
