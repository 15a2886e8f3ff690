//! Time as a value: milliseconds since 1970 and a clock that tests can hold still.

use std::{
    fmt,
    ops::{Add, Sub},
    sync::{
        LazyLock,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};
use time::{
    OffsetDateTime,
    format_description::{
        BorrowedFormatItem,
        well_known::{Rfc2822, Rfc3339},
    },
    macros::format_description,
};

type Form = &'static [BorrowedFormatItem<'static>];

const MILLISECONDS: Form =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
const SECONDS: Form = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
const BASIC: Form = format_description!("[year][month][day]T[hour][minute][second]Z");
const HTTP: Form = format_description!(
    "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
);

/// A moment: milliseconds since 1970-01-01T00:00:00Z, which is the precision of every AWS API here.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

/// 0000-01-01 and 9999-12-31 in milliseconds: what every text form can show.
const FIRST: i64 = -62_167_219_200_000;
const LAST: i64 = 253_402_300_799_999;

impl Timestamp {
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Seconds with a fraction, as JSON bodies carry times. NaN and what lies outside the range of
    /// years 0 to 9999 is refused.
    pub fn from_epoch_seconds(seconds: f64) -> Option<Self> {
        let millis = (seconds * 1000.0).round();
        (FIRST as f64..=LAST as f64)
            .contains(&millis)
            .then_some(Self(millis as i64))
    }

    pub fn epoch_seconds(self) -> f64 {
        self.0 as f64 / 1000.0
    }

    /// `2026-01-02T03:04:05.678Z`
    pub fn iso8601(self) -> String {
        self.render(MILLISECONDS)
    }

    /// `2026-01-02T03:04:05Z`, as IAM and STS print it.
    pub fn iso8601_seconds(self) -> String {
        self.render(SECONDS)
    }

    /// `20260102T030405Z`, as signatures carry it.
    pub fn iso8601_basic(self) -> String {
        self.render(BASIC)
    }

    /// Any RFC 3339 form of a time in the years 0 to 9999: with its offset it may lie outside.
    pub fn parse_iso8601(text: &str) -> Option<Self> {
        let parsed = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        i64::try_from(parsed.unix_timestamp_nanos().div_euclid(1_000_000))
            .ok()
            .filter(|millis| (FIRST..=LAST).contains(millis))
            .map(Self)
    }

    /// `20260102T030405Z`
    pub fn parse_iso8601_basic(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.len() != 16 || !text.is_ascii() || bytes[8] != b'T' || bytes[15] != b'Z' {
            return None;
        }
        let t = text;
        let long = format!(
            "{}-{}-{}T{}:{}:{}Z",
            &t[0..4],
            &t[4..6],
            &t[6..8],
            &t[9..11],
            &t[11..13],
            &t[13..15]
        );
        Self::parse_iso8601(&long)
    }

    /// `Sun, 06 Nov 1994 08:49:37 GMT`, as headers carry times.
    pub fn http_date(self) -> String {
        self.render(HTTP)
    }

    /// The same, read.
    pub fn parse_http_date(text: &str) -> Option<Self> {
        let parsed = OffsetDateTime::parse(text, &Rfc2822).ok()?;
        let millis = parsed.unix_timestamp().checked_mul(1000)?;
        (FIRST..=LAST).contains(&millis).then_some(Self(millis))
    }

    /// What has passed since `earlier`; zero if it lies ahead.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    fn render(self, form: Form) -> String {
        let nanos = i128::from(self.0) * 1_000_000;
        let at = OffsetDateTime::from_unix_timestamp_nanos(nanos);
        let at = at.unwrap_or(OffsetDateTime::UNIX_EPOCH);
        at.format(form).unwrap_or_default()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.iso8601())
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;
    fn add(self, more: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(more.as_millis()).unwrap_or(i64::MAX)),
        )
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;
    fn sub(self, less: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(i64::try_from(less.as_millis()).unwrap_or(i64::MAX)),
        )
    }
}

/// Where the time comes from. Code that decides takes a `Timestamp`; only shells ask a clock.
pub trait Clock: Send + Sync + fmt::Debug + 'static {
    fn now(&self) -> Timestamp;

    /// Since some moment in the past, the same for as long as the process runs. Goes on evenly when [`Clock::now`] is set; a
    /// clock that nobody sets need not say so.
    fn passed(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.now().0).unwrap_or_default())
    }
}

/// A moment of this process, such as its start, kept where the clock may be set later.
#[derive(Debug, Clone, Copy)]
pub struct Mark(Duration);

impl Mark {
    pub fn now(clock: &dyn Clock) -> Self {
        Self(clock.passed())
    }

    /// The moment by what the clock shows now: so long ago, whatever it showed then.
    pub fn shown_by(self, clock: &dyn Clock) -> Timestamp {
        clock.now() - clock.passed().saturating_sub(self.0)
    }
}

/// The host's wall clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn passed(&self) -> Duration {
        static ORIGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
        ORIGIN.elapsed()
    }
}

/// A clock that stands still until a test moves it.
#[derive(Debug, Default)]
pub struct TestClock {
    now: AtomicI64,
    /// How far it was moved, in milliseconds.
    passed: AtomicI64,
}

impl TestClock {
    pub fn at(start: Timestamp) -> Self {
        Self {
            now: AtomicI64::new(start.0),
            passed: AtomicI64::new(0),
        }
    }

    pub fn advance(&self, by: Duration) {
        let by = by.as_millis() as i64;
        self.now.fetch_add(by, Ordering::SeqCst);
        self.passed.fetch_add(by, Ordering::SeqCst);
    }

    /// As an operator does, or a time server: no time passes.
    pub fn set(&self, now: Timestamp) {
        self.now.store(now.0, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.now.load(Ordering::SeqCst))
    }

    fn passed(&self) -> Duration {
        let passed = self.passed.load(Ordering::SeqCst);
        Duration::from_millis(u64::try_from(passed).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_forms() {
        let at = Timestamp::parse_iso8601("2026-01-02T03:04:05.678Z").unwrap();
        assert_eq!(at.iso8601(), "2026-01-02T03:04:05.678Z");
        assert_eq!(at.iso8601_seconds(), "2026-01-02T03:04:05Z");
        assert_eq!(at.iso8601_basic(), "20260102T030405Z");
        assert_eq!(
            Timestamp::parse_iso8601_basic("20260102T030405Z"),
            Some(Timestamp(at.0 - 678))
        );
        assert_eq!(
            Timestamp::parse_iso8601("2026-01-02T05:04:05.678+02:00"),
            Some(at)
        );
    }

    #[test]
    fn a_moment_is_as_long_ago_whatever_the_clock_is_set_to() {
        let hour = Duration::from_secs(3600);
        let clock = TestClock::at(Timestamp(1_700_000_000_000));
        clock.advance(hour);
        let began = Mark::now(&clock);
        assert_eq!(began.shown_by(&clock), clock.now());
        clock.advance(Duration::from_secs(150));
        for now in [clock.now(), clock.now() - hour, clock.now() + hour * 24] {
            clock.set(now);
            let ago = now.since(began.shown_by(&clock));
            assert_eq!(ago, Duration::from_secs(150));
        }
    }

    #[test]
    fn dates_of_headers() {
        let at = Timestamp(784_111_777_000);
        assert_eq!(at.http_date(), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(Timestamp::parse_http_date(&at.http_date()), Some(at));
        for text in [
            "",
            "yesterday",
            "Sun, 06 Nov 1994",
            "Sun, 06 Nov 19940 08:49:37 GMT",
        ] {
            assert_eq!(Timestamp::parse_http_date(text), None, "{text}");
        }
    }

    #[test]
    fn refuses_nonsense() {
        for text in ["", "20260102T030405", "20261302T030405Z", "2026010éT03045Z"] {
            assert_eq!(Timestamp::parse_iso8601_basic(text), None, "{text}");
        }
        for text in ["9999-12-31T23:59:59-01:00", "0000-01-01T00:00:00+01:00"] {
            assert_eq!(Timestamp::parse_iso8601(text), None, "{text}");
        }
        assert_eq!(Timestamp::from_epoch_seconds(f64::NAN), None);
        assert_eq!(Timestamp::from_epoch_seconds(1e300), None);
        assert_eq!(Timestamp::from_epoch_seconds(1.5), Some(Timestamp(1500)));
    }

    #[test]
    fn before_1970_renders() {
        assert_eq!(Timestamp(-1).iso8601(), "1969-12-31T23:59:59.999Z");
        assert_eq!(Timestamp(-1).iso8601_basic(), "19691231T235959Z");
    }

    #[test]
    fn the_ends_of_what_can_be_shown_and_what_lies_beyond() {
        assert_eq!(Timestamp(FIRST).iso8601(), "0000-01-01T00:00:00.000Z");
        assert_eq!(Timestamp(LAST).iso8601(), "9999-12-31T23:59:59.999Z");
        assert_eq!(Timestamp(LAST).http_date(), "Fri, 31 Dec 9999 23:59:59 GMT");
        for beyond in [i64::MIN, i64::MAX] {
            assert_eq!(Timestamp(beyond).iso8601_seconds(), "1970-01-01T00:00:00Z");
        }
    }
}
