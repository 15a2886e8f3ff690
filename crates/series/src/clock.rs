//! The time by which points are over. A clock that is wrong for a while, as before the first answer of a time server,
//! must not be what removes them.

use std::time::{Duration, Instant};

/// A clock that goes ahead by more than this between two looks has jumped.
const JUMP: i64 = 86_400;

/// What the clock showed when it was believed, and how long it has shown something far ahead of that.
#[derive(Debug)]
pub struct Believed {
    shown: i64,
    at: Instant,
    ahead_since: Option<Instant>,
}

impl Believed {
    /// `shown` is what the clock showed before; `None` if there was no before.
    pub fn new(shown: Option<i64>, clock: i64, at: Instant) -> Self {
        Self {
            shown: shown.unwrap_or(clock),
            at,
            ahead_since: None,
        }
    }

    /// Seconds since 1970. A jump ahead is believed once it has lasted, a clock that was set back at once.
    pub fn now(&mut self, clock: i64, at: Instant, lasting: Duration) -> i64 {
        let elapsed = at.saturating_duration_since(self.at).as_secs();
        let expected = self.shown.saturating_add_unsigned(elapsed);
        if clock > expected.saturating_add(JUMP) {
            let since = *self.ahead_since.get_or_insert(at);
            if at.saturating_duration_since(since) < lasting {
                return expected;
            }
        }
        (self.shown, self.at, self.ahead_since) = (clock, at, None);
        clock
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jump_is_believed_when_it_has_lasted() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let hour = Duration::from_secs(3600);
        let mut believed = Believed::new(None, 1000, start);
        assert_eq!(believed.now(1010, after(10), hour), 1010);
        // Ten years for a minute.
        let years = 315_360_000;
        assert_eq!(believed.now(years, after(20), hour), 1020);
        assert_eq!(believed.now(years + 50, after(70), hour), 1070);
        assert_eq!(believed.now(1080, after(80), hour), 1080);
        // And for good.
        assert_eq!(believed.now(years, after(100), hour), 1100);
        assert_eq!(believed.now(years + 3599, after(3699), hour), 4699);
        assert_eq!(believed.now(years + 3600, after(3700), hour), years + 3600);
        // Back at once.
        assert_eq!(believed.now(5000, after(3710), hour), 5000);
        // Over a restart.
        let mut next = Believed::new(Some(5000), years, after(3710));
        assert_eq!(next.now(years, after(3711), hour), 5001);
        assert_eq!(next.now(5000 + JUMP, after(3712), hour), 5000 + JUMP);
    }
}
