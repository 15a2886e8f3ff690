//! Lines written into Logs, by its own operations. What Logs does not take is dropped.

use std::collections::BTreeMap;

use wharf_api_logs::{
    CreateLogGroupRequest, CreateLogStreamRequest, InputLogEvent, ListTagsLogGroupRequest, Logs,
    PutLogEventsRequest, PutRetentionPolicyRequest, UntagLogGroupRequest,
};
use wharf_service::Place;
use wharf_wire::{Call, Context, Fault};

use crate::{Line, Writer};

/// Tag of a group that is made and does not know yet how long it keeps events. It is there for a moment only, unless
/// the process is killed in it.
const UNFINISHED: &str = "wharf:retention-follows";
/// Of one put, within what Logs takes.
const MOST_EVENTS: usize = 5000;
const MOST_BYTES: usize = 900 << 10;
/// What an event counts for beside its text.
const OVERHEAD: usize = 26;

impl Writer {
    /// Writes lines of an account in a region.
    pub(crate) async fn write(&self, place: Place, lines: Vec<Line>) {
        let mut streams: BTreeMap<(String, String), Vec<InputLogEvent>> = BTreeMap::new();
        for line in lines {
            let of_stream = streams.entry((line.group, line.stream)).or_default();
            of_stream.push(InputLogEvent {
                timestamp: Some(line.at),
                message: Some(line.text),
            });
        }
        for ((group, stream), mut events) in streams {
            // Streams take events in the order of their times alone.
            events.sort_by_key(|it| it.timestamp);
            for some in parts(events) {
                let call = || {
                    let now = self.clock.now();
                    let principal = self.kind.principal;
                    let cx = Context::internal(&place.account, &place.region, principal, now);
                    Call::by_controller(cx, self.kind.permit.clone())
                };
                let retention = self.kind.retention;
                let done = put(&*self.logs, call, (&group, &stream), retention, some).await;
                if let Err(fault) = done {
                    tracing::warn!(
                        kind = self.kind.name,
                        account = place.account,
                        region = place.region,
                        group,
                        stream,
                        error = %fault,
                        "failed to write lines into Logs; they are dropped"
                    );
                    break;
                }
            }
        }
    }
}

/// Puts events; the group and the stream are made if they are not there.
async fn put(
    logs: &dyn Logs,
    call: impl Fn() -> Call,
    (group, stream): (&str, &str),
    retention: Option<i32>,
    events: Vec<InputLogEvent>,
) -> Result<(), Fault> {
    let named = || Some(group.to_owned());
    let input = PutLogEventsRequest {
        log_group_name: named(),
        log_stream_name: Some(stream.to_owned()),
        log_events: Some(events),
        ..PutLogEventsRequest::default()
    };
    match logs.put_log_events(&call(), input.clone()).await {
        Err(fault) if fault.code == "ResourceNotFoundException" => {}
        answer => return answer.map(|_| ()),
    }
    let unfinished = retention.map(|_| BTreeMap::from([(UNFINISHED.to_owned(), String::new())]));
    let made = CreateLogGroupRequest {
        log_group_name: named(),
        tags: unfinished,
        ..CreateLogGroupRequest::default()
    };
    let is_new = made_now(logs.create_log_group(&call(), made).await)?;
    if let Some(days) = retention
        && (is_new || is_unfinished(logs, &call(), group).await?)
    {
        // Of a group that was there, somebody else says how long it keeps them.
        let retention = PutRetentionPolicyRequest {
            log_group_name: named(),
            retention_in_days: Some(days),
        };
        logs.put_retention_policy(&call(), retention).await?;
        let finished = UntagLogGroupRequest {
            log_group_name: named(),
            tags: Some(vec![UNFINISHED.to_owned()]),
        };
        logs.untag_log_group(&call(), finished).await?;
    }
    let made = CreateLogStreamRequest {
        log_group_name: named(),
        log_stream_name: Some(stream.to_owned()),
    };
    made_now(logs.create_log_stream(&call(), made).await)?;
    logs.put_log_events(&call(), input).await?;
    Ok(())
}

async fn is_unfinished(logs: &dyn Logs, call: &Call, group: &str) -> Result<bool, Fault> {
    let asked = ListTagsLogGroupRequest {
        log_group_name: Some(group.to_owned()),
    };
    let tags = logs.list_tags_log_group(call, asked).await?.tags;
    Ok(tags.is_some_and(|it| it.contains_key(UNFINISHED)))
}

/// Whether it was made now.
fn made_now(made: Result<(), Fault>) -> Result<bool, Fault> {
    match made {
        Ok(()) => Ok(true),
        Err(fault) if fault.code == "ResourceAlreadyExistsException" => Ok(false),
        Err(fault) => Err(fault),
    }
}

/// As many at a time as Logs takes.
fn parts(events: Vec<InputLogEvent>) -> Vec<Vec<InputLogEvent>> {
    let mut parts: Vec<Vec<InputLogEvent>> = Vec::new();
    let mut bytes = 0;
    for event in events {
        let size = event.message.as_ref().map_or(0, String::len) + OVERHEAD;
        match parts.last_mut() {
            Some(part) if part.len() < MOST_EVENTS && bytes + size <= MOST_BYTES => {
                bytes += size;
                part.push(event);
            }
            _ => {
                bytes = size;
                parts.push(vec![event]);
            }
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use parking_lot::Mutex;
    use wharf_api_logs::{Input, ListTagsLogGroupResponse, PutLogEventsResponse, faults};
    use wharf_base::{Permit, Timestamp};
    use wharf_wire::{Check, async_trait};

    use super::*;

    /// Groups and streams that are there, and what was done.
    #[derive(Default)]
    struct Kept {
        there: Mutex<Vec<String>>,
        done: Mutex<Vec<String>>,
        tags: Mutex<BTreeMap<String, String>>,
        /// No retention can be put: the process is killed before.
        killed: Mutex<bool>,
    }

    impl Kept {
        fn make(&self, name: Option<String>) -> Result<(), Fault> {
            let (name, mut there) = (name.unwrap_or_default(), self.there.lock());
            if there.contains(&name) {
                return Err(faults::resource_already_exists_exception("it is there"));
            }
            self.done.lock().push(format!("make {name}"));
            there.push(name);
            Ok(())
        }
    }

    #[async_trait]
    impl Logs for Kept {
        async fn authorize(&self, _: &Context, _: Input<'_>) -> Result<Vec<Check>, Fault> {
            Ok(Vec::new())
        }

        async fn put_log_events(
            &self,
            _: &Call,
            input: PutLogEventsRequest,
        ) -> Result<PutLogEventsResponse, Fault> {
            let stream = input.log_stream_name.unwrap_or_default();
            if !self.there.lock().contains(&stream) {
                return Err(faults::resource_not_found_exception("there is none"));
            }
            let count = input.log_events.unwrap_or_default().len();
            self.done.lock().push(format!("put {count}"));
            Ok(PutLogEventsResponse::default())
        }

        async fn create_log_group(
            &self,
            _: &Call,
            input: CreateLogGroupRequest,
        ) -> Result<(), Fault> {
            self.make(input.log_group_name)?;
            *self.tags.lock() = input.tags.unwrap_or_default();
            Ok(())
        }

        async fn list_tags_log_group(
            &self,
            _: &Call,
            _: ListTagsLogGroupRequest,
        ) -> Result<ListTagsLogGroupResponse, Fault> {
            let tags = Some(self.tags.lock().clone());
            Ok(ListTagsLogGroupResponse { tags })
        }

        async fn untag_log_group(
            &self,
            _: &Call,
            input: UntagLogGroupRequest,
        ) -> Result<(), Fault> {
            for tag in input.tags.unwrap_or_default() {
                self.tags.lock().remove(&tag);
            }
            Ok(())
        }

        async fn create_log_stream(
            &self,
            _: &Call,
            input: CreateLogStreamRequest,
        ) -> Result<(), Fault> {
            self.make(input.log_stream_name)
        }

        async fn put_retention_policy(
            &self,
            _: &Call,
            input: PutRetentionPolicyRequest,
        ) -> Result<(), Fault> {
            if *self.killed.lock() {
                return Err(Fault::sender("Gone", 503, "it is gone"));
            }
            let days = input.retention_in_days.unwrap_or_default();
            self.done.lock().push(format!("keep {days}"));
            Ok(())
        }
    }

    fn call() -> Call {
        let now = Timestamp::from_millis(0);
        let cx = Context::internal("1", "r", "ecs.amazonaws.com", now);
        Call::by_controller(cx, Permit::for_controller("test"))
    }

    fn event(bytes: usize) -> InputLogEvent {
        InputLogEvent {
            timestamp: Some(0),
            message: Some("x".repeat(bytes)),
        }
    }

    #[tokio::test]
    async fn a_group_is_made_once_and_keeps_what_somebody_else_says() {
        let logs = Kept::default();
        for stream in ["s", "s", "t"] {
            put(&logs, call, ("g", stream), Some(1), vec![event(1)])
                .await
                .unwrap();
        }
        let done = logs.done.lock().clone();
        let expected = [
            "make g", "keep 1", "make s", "put 1", "put 1", "make t", "put 1",
        ];
        assert_eq!(done, expected);
        assert!(logs.tags.lock().is_empty());
    }

    #[tokio::test]
    async fn a_group_whose_retention_was_never_said_has_it_said_by_the_next() {
        let logs = Kept::default();
        *logs.killed.lock() = true;
        let first = put(&logs, call, ("g", "s"), Some(1), vec![event(1)]).await;
        first.unwrap_err();
        *logs.killed.lock() = false;
        for stream in ["s", "t"] {
            put(&logs, call, ("g", stream), Some(1), vec![event(1)])
                .await
                .unwrap();
        }
        let done = logs.done.lock().clone();
        let expected = ["make g", "keep 1", "make s", "put 1", "make t", "put 1"];
        assert_eq!(done, expected);
    }

    #[tokio::test]
    async fn a_group_without_a_retention_keeps_events_for_ever() {
        let logs = Kept::default();
        put(&logs, call, ("g", "s"), None, vec![event(1)])
            .await
            .unwrap();
        assert_eq!(*logs.done.lock(), ["make g", "make s", "put 1"]);
        assert!(logs.tags.lock().is_empty());
    }

    #[tokio::test]
    async fn a_group_that_somebody_made_keeps_events_as_long_as_he_says() {
        let logs = Kept::default();
        logs.make(Some("g".to_owned())).unwrap();
        put(&logs, call, ("g", "s"), Some(1), vec![event(1)])
            .await
            .unwrap();
        assert_eq!(*logs.done.lock(), ["make g", "make s", "put 1"]);
    }

    #[test]
    fn puts_are_no_larger_than_logs_takes() {
        let of = |events: Vec<InputLogEvent>| -> Vec<usize> {
            parts(events).iter().map(Vec::len).collect()
        };
        assert_eq!(of(vec![event(1); MOST_EVENTS + 1]), [MOST_EVENTS, 1]);
        assert_eq!(of(vec![event(400 << 10); 3]), [2, 1]);
        assert_eq!(of(Vec::new()), [0; 0]);
    }
}
