//! Rules of Contributor Insights: when they were enabled, and what their contributors come to.
//!
//! What is counted is not kept here: CloudWatch Logs counts the events of the time that is asked about, those that came
//! in while the rule was enabled.

use std::{ops::Range as Span, sync::Arc};

use wharf_base::Timestamp;
use wharf_contributors::{Question, Rule, Tally, Untold};
use wharf_service::{Faults as _, Place};
use wharf_wire::Fault;

use crate::{
    core::Core,
    fault::{CloudwatchFaults, expression, invalid, validation},
    fetch::Range,
    math::Bad,
    names,
    records::{Enabled, InsightRule},
};

/// Times in which a rule was enabled that are remembered.
const MOST_SPANS: usize = 100;
/// Seconds of log events that one question may be about.
pub const LONGEST: i64 = 15 * 86_400;

impl InsightRule {
    pub fn is_enabled(&self) -> bool {
        self.enabled.last().is_some_and(|it| it.until.is_none())
    }

    pub fn enable(&mut self, now: Timestamp) {
        if self.is_enabled() {
            return;
        }
        if self.enabled.len() == MOST_SPANS {
            self.enabled.remove(0);
        }
        self.enabled.push(Enabled {
            since: now,
            until: None,
        });
    }

    pub fn disable(&mut self, now: Timestamp) {
        if let Some(last) = self.enabled.last_mut() {
            last.until.get_or_insert(now);
        }
    }

    /// In milliseconds since 1970.
    fn spans(&self) -> Vec<Span<i64>> {
        let until = |it: &Enabled| it.until.map_or(i64::MAX, Timestamp::millis);
        let each = self.enabled.iter();
        each.map(|it| it.since.millis()..until(it)).collect()
    }
}

/// Why a rule was not counted by.
#[derive(Debug)]
pub enum Uncounted {
    /// In words, for who asked.
    Bad(String),
    Fault(Fault),
}

impl Uncounted {
    pub fn in_request(self) -> Fault {
        match self {
            Self::Bad(text) => invalid(text),
            Self::Fault(fault) => fault,
        }
    }

    pub fn in_expression(self, id: &str) -> Fault {
        match self {
            Self::Bad(text) => expression(id, &Bad(text)),
            Self::Fault(fault) => fault,
        }
    }
}

/// Counts by a rule that is there, over whole seconds and in periods of the clock; the first is whole, as that of a metric is.
///
/// # Errors
/// There is too much to count; the store's, and those of CloudWatch Logs.
pub async fn tally(
    core: &Core,
    place: &Place,
    (name, range, period): (&str, Range, i64),
) -> Result<Option<Tally>, Uncounted> {
    let at = names::insight_rule_key(place, name);
    let found = core.table.read::<InsightRule>(&at).await;
    let found = found.map_err(|error| Uncounted::Fault(error.into()))?;
    let Some(record) = found.map(|it| it.record) else {
        return Ok(None);
    };
    if range.to.saturating_sub(range.from) > LONGEST {
        return Err(Uncounted::Bad(format!(
            "A Contributor Insights rule tells of at most {} days at once.",
            LONGEST / 86_400
        )));
    }
    let rule = Rule::parse(&record.definition).map_err(|_| {
        Uncounted::Fault(validation("The rule's definition is of another version."))
    })?;
    let from = range.from.saturating_sub(range.from.rem_euclid(period));
    let question = Question {
        place: place.clone(),
        rule: Arc::new(rule),
        transformed: record.transformed,
        enabled: record.spans(),
        times: from.saturating_mul(1000)..range.to.saturating_mul(1000),
        period,
        now: core.parts.clock.now(),
    };
    let tally = core.parts.log_events.tally(question).await;
    tally.map(Some).map_err(|why| match why {
        Untold::TooMany(_) | Untold::TooLong => Uncounted::Bad(format!(
            "The rule {name} cannot be counted by: {why}. Ask for a shorter time."
        )),
        // A key of KMS that does not open, say.
        Untold::Fault(fault) if fault.sender => Uncounted::Bad(format!(
            "The log events of the rule {name} cannot be read: {}",
            fault.message
        )),
        Untold::Fault(_) => Uncounted::Fault(CloudwatchFaults::internal(&why)),
    })
}

#[cfg(test)]
mod tests {
    use wharf_records::Unknown;

    use super::*;

    #[test]
    fn times_of_being_enabled_are_remembered() {
        let mut rule = InsightRule {
            definition: String::new(),
            transformed: false,
            enabled: Vec::new(),
            tags: Default::default(),
            unknown: Unknown::new(),
        };
        rule.disable(Timestamp(1));
        assert!(rule.spans().is_empty() && !rule.is_enabled());
        rule.enable(Timestamp(5));
        rule.enable(Timestamp(6));
        assert!(rule.is_enabled());
        rule.disable(Timestamp(9));
        rule.disable(Timestamp(10));
        rule.enable(Timestamp(20));
        let spans = rule.spans();
        assert_eq!(spans.len(), 2);
        assert!(spans[0].contains(&Timestamp(5).millis()) && spans[1].end == i64::MAX);
        for number in 30..1000 {
            rule.disable(Timestamp(number));
            rule.enable(Timestamp(number));
        }
        assert_eq!(rule.enabled.len(), MOST_SPANS);
        assert!(rule.is_enabled());
    }
}
