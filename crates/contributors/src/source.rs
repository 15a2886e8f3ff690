//! Who has the events that rules are about.

use std::{ops::Range, sync::Arc, time::Duration};

use wharf_base::Timestamp;
use wharf_service::Place;
use wharf_wire::{Fault, async_trait};

use crate::{Rule, Tally, TooMany};

/// How long counting may take, for all that one request asks: somebody waits for it, an alarm among others, which gives
/// up after half a minute.
pub const LONGEST_COUNTING: Duration = Duration::from_secs(25);

/// What is to be counted.
#[derive(Debug, Clone)]
pub struct Question {
    pub place: Place,
    pub rule: Arc<Rule>,
    /// Whether it looks at what transformers make of the events.
    pub transformed: bool,
    /// While the rule was enabled, in milliseconds since 1970: what came in then counts.
    pub enabled: Vec<Range<i64>>,
    /// When the events are that count, in milliseconds since 1970.
    pub times: Range<i64>,
    /// Seconds.
    pub period: i64,
    pub now: Timestamp,
}

impl Question {
    /// Whether what came in at a time counts.
    pub fn takes(&self, ingestion: i64) -> bool {
        self.enabled.iter().any(|it| it.contains(&ingestion))
    }
}

/// Why nothing was counted.
#[derive(Debug, thiserror::Error)]
pub enum Untold {
    #[error(transparent)]
    TooMany(#[from] TooMany),
    #[error("the log events are too many to be counted in time")]
    TooLong,
    #[error("{0}")]
    Fault(Fault),
}

#[async_trait]
pub trait LogEvents: Send + Sync {
    /// Counts the events of an account that a rule is about, as they are now.
    ///
    /// # Errors
    /// They are not read, or too many.
    async fn tally(&self, question: Question) -> Result<Tally, Untold>;
}
