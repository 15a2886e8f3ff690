//! What a look at the pool came to, for its operator.

use std::fmt;

use wharf_base::Timestamp;

/// Why no machine is ordered although some are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// There are as many as there may be.
    Full(usize),
    /// Orders came to nothing.
    Paused(Timestamp),
    /// The maker has yet to take what was ordered.
    Wave,
    /// The maker had no room lately.
    NoRoom,
}

impl fmt::Display for Held {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full(most) => write!(
                out,
                "it has as many machines as it may have, {most} (--fargate-pool-most)"
            ),
            Self::Paused(until) => write!(
                out,
                "the last machine came to nothing; the next is ordered at {}",
                until.iso8601()
            ),
            Self::Wave => out.write_str("the machine maker has yet to take what was ordered"),
            Self::NoRoom => out.write_str("the machine maker had no room lately"),
        }
    }
}

/// What a look came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    pub machines: usize,
    /// Who waits for room of Fargate.
    pub waiting: usize,
    /// Those of them who lack a machine, beside those on their way.
    pub lacking: usize,
    /// Those whom no machine of the pool would take.
    pub unfit: usize,
    pub held: Option<Held>,
}
