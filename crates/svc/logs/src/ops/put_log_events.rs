//! PutLogEvents: checked as a whole, durable when answered.

use std::time::Instant;

use wharf_api_logs::types::{
    InputLogEvent, PutLogEventsRequest, PutLogEventsResponse, RejectedLogEventsInfo,
};
use wharf_journal::Moved;
use wharf_wire::{Call, Context, Fault};

use crate::{
    LogsService,
    event::OVERHEAD,
    fault, metered,
    records::{Group, Stream},
};

const MAX_BATCH_BYTES: usize = 1_048_576;
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// How far ahead of our clock an event may be.
const MAX_AHEAD_MS: i64 = 2 * HOUR_MS;
/// How old an event may be, whatever the group's retention.
const MAX_AGE_MS: i64 = 14 * DAY_MS;

pub async fn put_log_events(
    service: &LogsService,
    call: &Call,
    input: PutLogEventsRequest,
) -> Result<PutLogEventsResponse, Fault> {
    let group = service
        .settled_group(call, input.log_group_name.as_deref().unwrap_or_default())
        .await?;
    let stream = service
        .stream(
            call,
            &group,
            input.log_stream_name.as_deref().unwrap_or_default(),
        )
        .await?;
    let events = input.log_events.unwrap_or_default();
    throttle(service, call, &stream.id, check(&events)?)
        .inspect_err(|_| metered::throttled(&service.counters, call))?;
    let now = call.now.millis();
    let scope = LogsService::scope(call);
    let kept_from = service.keeps_from(&scope, &group, call.now).await?;
    let sorting = sort_out(&events, now, kept_from);
    let taken: Vec<(i64, &str)> = events[sorting.taken.clone()]
        .iter()
        .map(|event| {
            (
                event.timestamp.unwrap_or_default(),
                event.message.as_deref().unwrap_or_default(),
            )
        })
        .collect();
    let journal = stream.journal_name();
    let end = match taken.is_empty() {
        true => service.events.journal().end(&journal),
        false => {
            let of = (&*group, &stream);
            service.take_in(call, of, &taken, None).await?
        }
    };
    Ok(PutLogEventsResponse {
        next_sequence_token: Some(format!("{end:056}")),
        rejected_log_events_info: sorting.rejected(events.len()),
        rejected_entity_info: None,
    })
}

impl LogsService {
    /// Appends events to a stream, durable when this returns, and tells all who follow it. The offset behind them. What is moved
    /// here is gone from where it was by the same write.
    pub(crate) async fn take_in(
        &self,
        cx: &Context,
        (group, stream): (&Group, &Stream),
        events: &[(i64, &str)],
        moved: Option<Moved>,
    ) -> Result<u64, Fault> {
        let (journal, now) = (stream.journal_name(), cx.now.millis());
        let key = self.sealing(cx, group).await?;
        let (key, account) = (key.as_deref(), cx.account.as_str());
        let end = (self.events).append(&journal, (now, events), key, account, moved);
        let end = end.await.map_err(fault::append)?;
        let first = end.saturating_sub(events.len() as u64);
        let bytes = events.iter().map(|(_, text)| text.len() + OVERHEAD).sum();
        metered::came_in(&self.counters, cx, &group.name, events.len(), bytes);
        let scope = Self::scope(cx);
        // After the events: those that came in under a rule are never seen without it.
        let rules = self.rules(&scope, group).await;
        let known = rules.as_ref().ok().map(|it| &**it);
        self.live.came(&group.id, stream, first..end);
        // Before those who come behind puts, so that they find what transformers made here.
        let looked = self.look(cx, (group, stream), (first, events), rules.as_ref());
        let looked = looked.await;
        self.follow((&scope, group, stream), now, known).await;
        self.index_later(&scope, group, stream, (first, end), known);
        if let Some(looked) = looked {
            self.count(cx, group, events, looked).await;
        }
        Ok(end)
    }
}

/// Refuses a put when its stream or its account has sent more than its rate allows.
pub(crate) fn throttle(
    service: &LogsService,
    cx: &Context,
    stream: &str,
    bytes: usize,
) -> Result<(), Fault> {
    let (now, bytes) = (Instant::now(), bytes as u64);
    let account = format!("{}/{}", cx.account, cx.region);
    let limits = &service.limits;
    let allowed = service
        .rates
        .draw(stream, limits.stream_bytes_a_second, bytes, now)
        && service
            .rates
            .draw(&account, limits.account_bytes_a_second, bytes, now);
    if allowed {
        Ok(())
    } else {
        Err(fault::throttled())
    }
}

/// The bytes they count for.
fn check(events: &[InputLogEvent]) -> Result<usize, Fault> {
    let bytes: usize = events
        .iter()
        .map(|event| event.message.as_ref().map_or(0, String::len) + OVERHEAD)
        .sum();
    if bytes > MAX_BATCH_BYTES {
        return Err(fault::invalid(format!(
            "Upload too large: {bytes} bytes exceeds limit of {MAX_BATCH_BYTES}"
        )));
    }
    let times = || {
        events
            .iter()
            .map(|event| event.timestamp.unwrap_or_default())
    };
    if times()
        .zip(times().skip(1))
        .any(|(before, after)| after < before)
    {
        return Err(fault::invalid(
            "Log events in a single PutLogEvents request must be in chronological order.",
        ));
    }
    let span = times()
        .next_back()
        .unwrap_or(0)
        .saturating_sub(times().next().unwrap_or(0));
    if span > DAY_MS {
        return Err(fault::invalid(
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.",
        ));
    }
    Ok(bytes)
}

/// Which events are taken, by index; they are in the order of their times.
struct Sorting {
    taken: std::ops::Range<usize>,
    too_old: usize,
    expired: usize,
}

fn sort_out(events: &[InputLogEvent], now: i64, kept_from: i64) -> Sorting {
    let before =
        |limit: i64| events.partition_point(|event| event.timestamp.unwrap_or_default() < limit);
    let too_old = before(now - MAX_AGE_MS);
    let expired = before(kept_from);
    let too_new =
        events.partition_point(|event| event.timestamp.unwrap_or_default() <= now + MAX_AHEAD_MS);
    let first = too_old.max(expired);
    Sorting {
        taken: first..too_new.max(first),
        too_old,
        expired,
    }
}

impl Sorting {
    fn rejected(&self, count: usize) -> Option<RejectedLogEventsInfo> {
        let index = |value: usize| i32::try_from(value).ok();
        let info = RejectedLogEventsInfo {
            too_new_log_event_start_index: if self.taken.end < count {
                index(self.taken.end)
            } else {
                None
            },
            too_old_log_event_end_index: if self.too_old > 0 {
                index(self.too_old)
            } else {
                None
            },
            expired_log_event_end_index: if self.expired > 0 {
                index(self.expired)
            } else {
                None
            },
        };
        (info != RejectedLogEventsInfo::default()).then_some(info)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(times: &[i64]) -> Vec<InputLogEvent> {
        let event = |time: &i64| InputLogEvent {
            timestamp: Some(*time),
            message: Some("m".to_owned()),
        };
        times.iter().map(event).collect()
    }

    #[test]
    fn what_is_too_old_or_too_new_is_named() {
        let now = 100 * DAY_MS;
        let all = events(&[
            now - 15 * DAY_MS,
            now - 2 * DAY_MS,
            now,
            now + HOUR_MS,
            now + 3 * HOUR_MS,
        ]);
        let sorting = sort_out(&all, now, i64::MIN);
        assert_eq!(sorting.taken, 1..4);
        let info = sorting.rejected(5).unwrap();
        assert_eq!(info.too_old_log_event_end_index, Some(1));
        assert_eq!(info.too_new_log_event_start_index, Some(4));
        assert_eq!(info.expired_log_event_end_index, None);
        let sorting = sort_out(&all, now, now - DAY_MS);
        assert_eq!(sorting.taken, 2..4);
        assert_eq!(
            sorting.rejected(5).unwrap().expired_log_event_end_index,
            Some(2)
        );
        assert_eq!(sort_out(&all[1..4], now, i64::MIN).rejected(3), None);
    }

    #[test]
    fn batches_are_checked() {
        assert!(check(&events(&[1, 1, 2])).is_ok());
        let text = |times: &[i64]| check(&events(times)).unwrap_err().message;
        assert_eq!(
            text(&[2, 1]),
            "Log events in a single PutLogEvents request must be in chronological order."
        );
        assert!(text(&[0, DAY_MS + 1]).contains("24 hours"));
        let mut large = events(&[0]);
        large[0].message = Some("x".repeat(MAX_BATCH_BYTES));
        assert!(
            check(&large)
                .unwrap_err()
                .message
                .starts_with("Upload too large")
        );
    }
}
