//! What transformers make of events, counted for CloudWatch: how many, of how many bytes, and how many stay as they came.
//!
//! Inputs: what puts tell of, as for subscriptions, and a durable cursor in each stream. A put waits for none of it.
//! Events are counted once, also over a kill ([`Counted`]). What nobody could read for a day is passed over.

use std::collections::BTreeMap;

use wharf_base::Timestamp;
use wharf_records::Scope;
use wharf_wire::Fault;

use crate::{
    LogsService, batch,
    counted::Counted,
    fault,
    followed::Left,
    metered,
    opener::Opener,
    records::{Group, Stream},
    rules::{Level, Origin, Rules},
};

/// Up to where events are counted.
const COUNTED: &str = "transformed/counted";
/// Events and bytes of one batch.
const EVENTS: usize = 1000;
const BYTES: usize = 128 << 10;
const COUNTED_FOR_MS: i64 = 86_400_000;
/// Of a stream in which nothing was counted: a version that did not count may have left years of events.
const FIRST_COUNTED_MS: i64 = 3_600_000;

/// What transformers made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Made {
    pub events: usize,
    /// Of what became of them.
    pub bytes: usize,
    /// Events that stay as they came.
    pub errors: usize,
}

impl Made {
    /// An event became so many bytes, or stays.
    fn add(&mut self, became: Option<usize>) {
        match became {
            Some(bytes) => {
                self.events += 1;
                self.bytes += bytes;
            }
            None => self.errors += 1,
        }
    }
}

impl LogsService {
    /// Counts a batch of a stream. What cannot be read now waits, and holds up nobody else.
    pub(crate) async fn count_transformed(
        &self,
        of: (&Scope, &Group, &Stream),
        rules: &Rules,
        now: Timestamp,
    ) -> Left {
        // Most groups that somebody follows have no transformer.
        let is_any = rules.transforms_since(now.millis() - COUNTED_FOR_MS);
        if !is_any || !self.counters.are_kept() {
            return Left::Nothing;
        }
        let (_, group, stream) = of;
        let key = key(&group.id, &stream.id);
        if self.subscriptions.waits(&key) {
            return Left::Waits;
        }
        match self.count_transformed_batch(of, rules, now).await {
            Ok(left) => {
                self.subscriptions.took(&key);
                left
            }
            Err(error) => {
                let (group, stream) = (&group.name, &stream.name);
                tracing::warn!(group, stream, %error, "transformed log events are not counted; retrying");
                self.subscriptions.wait(key, None);
                Left::Waits
            }
        }
    }

    async fn count_transformed_batch(
        &self,
        (scope, group, stream): (&Scope, &Group, &Stream),
        rules: &Rules,
        now: Timestamp,
    ) -> Result<Left, Fault> {
        let times = rules.transforming();
        let (events, journal) = (self.events.journal(), stream.journal_name());
        let counted = Counted::new(self, &scope.account, (&journal, COUNTED));
        let at = counted.at();
        let since = match at {
            Some(_) => now.millis() - COUNTED_FOR_MS,
            None => now.millis() - FIRST_COUNTED_MS,
        };
        let summary = self.events.summary(&journal).await;
        let last = summary.map_err(fault::journal)?.last_ingestion;
        if last.is_none_or(|it| it < since) {
            return Ok(Left::Nothing);
        }
        let parts = self.events.parts(&journal).await.map_err(fault::journal)?;
        let within = at.unwrap_or(0)..events.end(&journal);
        let Some((from, until)) = batch::next_span(&times, &parts, within, since) else {
            return Ok(Left::Nothing);
        };
        let most = EVENTS.min(usize::try_from(until - from).unwrap_or(EVENTS));
        let read = events.read(&journal, from, most, BYTES).await;
        let read = read.map_err(fault::journal)?;
        if read.records.is_empty() {
            return Ok(Left::Nothing);
        }
        // After the events: those that came in under a rule are never seen without it.
        let rules = self.rules(scope, group).await?;
        let (keys, id) = (self.keys.clone(), group.id.clone());
        let mut opener = Opener::new(keys, scope.clone(), id, now, rules.clone());
        let found = opener.events(&journal, &read.records).await;
        let mut found = found.map_err(fault::read)?;
        found.retain(|it| it.ingestion >= since);
        let (of, group_name) = (scope.clone(), group.name.clone());
        let (stream_name, place) = (stream.name.clone(), journal.clone());
        let is_shared = group.filters_transformed() || rules.is_indexed();
        let made = self.desk.work(&scope.account, move || {
            let origin = Origin {
                scope: &of,
                group: &group_name,
                stream: &stream_name,
            };
            let mut made: BTreeMap<Level, Made> = BTreeMap::new();
            for event in &found {
                if let Some(level) = rules.level(event.ingestion) {
                    let (at, message) = (event.ingestion, &event.message);
                    let became = match is_shared {
                        true => rules
                            .transformed_for_all(
                                (place.as_str(), event.offset),
                                at,
                                message,
                                origin,
                            )
                            .map(|it| it.len()),
                        false => rules.transformed(at, message, origin).map(|it| it.len()),
                    };
                    made.entry(level).or_default().add(became);
                }
            }
            made
        });
        let made = made.await.map_err(|cause| fault::unreadable(&cause))?;
        if !made.is_empty() {
            counted.count(read.next, |counts| {
                for (level, made) in &made {
                    metered::transformed(counts, scope, &group.name, *level, *made);
                }
            });
        }
        counted.move_to(read.next).await?;
        // What comes in from now on is told of by its put.
        Ok(match read.next < events.end(&journal) {
            true => Left::More,
            false => Left::Nothing,
        })
    }
}

/// What a stream waits by: that one cannot be read holds up no other of its group.
fn key(group: &str, stream: &str) -> (String, String) {
    (group.to_owned(), format!("{COUNTED}/{stream}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subscriptions::Subscriptions;

    #[test]
    fn a_stream_that_cannot_be_read_holds_up_no_other() {
        let all = Subscriptions::default();
        all.wait(key("g", "bad"), None);
        assert!(all.waits(&key("g", "bad")));
        assert!(!all.waits(&key("g", "good")));
        // Nor does what another one does end its wait.
        all.took(&key("g", "good"));
        assert!(all.waits(&key("g", "bad")));
    }
}
