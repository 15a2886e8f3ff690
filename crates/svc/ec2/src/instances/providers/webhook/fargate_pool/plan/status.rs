//! What a look at the pool came to, for its operator.

use std::{collections::BTreeMap, fmt};

use wharf_base::Timestamp;

/// Why no machine is ordered although some are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// There are as many as there may be.
    Full(usize),
    /// The maker has yet to take what was ordered.
    Wave,
    /// What those need who wait its maker did not make lately, or does not take; when it is asked for something again, where that is
    /// known.
    Refused(Option<Timestamp>),
}

impl fmt::Display for Held {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full(most) => write!(
                out,
                "it has as many machines as it may have, {most} (--fargate-pool-most)"
            ),
            Self::Wave => out.write_str("the machine maker has yet to take what was ordered"),
            Self::Refused(again) => {
                out.write_str("the machine maker did not make what is needed lately")?;
                match again {
                    Some(at) => write!(out, "; more is ordered at {}", at.iso8601()),
                    None => Ok(()),
                }
            }
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
    /// How many machines may be made for one account, if those are not all.
    pub most_per_account: Option<usize>,
    /// Those for whom no machine is made since their accounts have as many, by account.
    pub bounded: BTreeMap<String, usize>,
    /// Nothing is ordered for now, of whatever size and in whatever zone.
    pub closed: bool,
    pub held: Option<Held>,
}
