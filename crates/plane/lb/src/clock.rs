//! A clock that costs one load: milliseconds since the process began, renewed by each new connection and,
//! while there are any, by the workers' ticks. Idle limits need no better than [`TICK`].

use std::{
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// How often the coarse clock moves and idle connections are looked for.
pub const TICK: Duration = Duration::from_millis(100);

static START: LazyLock<Instant> = LazyLock::new(Instant::now);
static COARSE: AtomicU64 = AtomicU64::new(1);

/// Milliseconds since the process began, exact; never 0.
pub fn now_ms() -> u64 {
    u64::try_from(START.elapsed().as_millis()).unwrap_or(u64::MAX - 1) + 1
}

/// Moves the coarse clock to now.
pub fn tick() -> u64 {
    let now = now_ms();
    COARSE.fetch_max(now, Ordering::Relaxed);
    now
}

/// As of the last tick of any worker; of no meaning while nothing is open.
pub fn coarse_ms() -> u64 {
    COARSE.load(Ordering::Relaxed)
}

/// Seconds since 1970.
pub fn unix_seconds() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// Milliseconds since 1970.
pub fn unix_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        })
}
