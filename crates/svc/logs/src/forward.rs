//! Events of a subscription that go to another log group: into a stream there for each stream they come from, as they
//! are, with their own times. Such a stream is marked, and what it holds goes to no further group: groups that
//! subscribe to each other would fill the disk.

use std::sync::atomic::Ordering;

use wharf_base::{Arn, Permit, Timestamp, ids};
use wharf_delivery::{Actor, Failure};
use wharf_records::{Record as _, Unknown};
use wharf_service::transact;
use wharf_wire::{Check, Context, Fault};

use crate::{
    LogsService,
    event::OVERHEAD,
    fault,
    handover::Origin,
    names,
    ops::{put_log_events, resource_policies},
    records::{Group, Stream},
    service::stream_key,
    subscription::{PRINCIPAL, Sent},
};

const PERMIT: Permit = Permit::for_controller("logs-forward");
/// Characters of a stream's name.
const LONGEST_NAME: usize = 512;

/// The stream that gets the events of another one.
fn stream_name(origin: &Origin<'_>) -> String {
    let (account, group) = (&origin.scope.account, &origin.group.name);
    let region = &origin.scope.region;
    let mut name = format!("{account}/{region}/{group}/{}", origin.stream.name);
    if name.chars().count() > LONGEST_NAME {
        let mark = ids::uuid_of(name.as_bytes());
        let kept = name.chars().take(LONGEST_NAME - mark.len() - 1);
        name = format!("{}/{mark}", kept.collect::<String>());
    }
    name
}

impl LogsService {
    /// Whether events may be put into streams of a group; with the group.
    pub(crate) async fn may_forward(
        &self,
        actor: &Actor,
        target: (&Arn, &str),
        stream: &str,
        now: Timestamp,
    ) -> Result<(Context, Group), Failure> {
        let put = "logs:PutLogEvents";
        let cx = self.may_write(actor, put, target, stream, now).await?;
        let group = self.group(&cx, target.1).await?;
        Ok((cx, group))
    }

    /// Whether something may be done to a stream of a group, which may be another account's; with what it is done in.
    pub(crate) async fn may_write(
        &self,
        actor: &Actor,
        action: &str,
        (arn, name): (&Arn, &str),
        stream: &str,
        now: Timestamp,
    ) -> Result<Context, Failure> {
        let cx = Context::internal(&arn.account, &arn.region, PRINCIPAL, now);
        let operations = self.operations.get();
        let operations = operations.ok_or_else(|| {
            Failure::passing(
                "ServiceUnavailableException",
                "the operations are not ready",
            )
        })?;
        let policy = resource_policies::all_of(self, &Self::scope(&cx)).await?;
        let check = Check::new(action, names::stream_arn(&cx, name, stream));
        let check = check.with_resource_policy(policy);
        operations.may(actor, &arn.region, &[check]).await?;
        Ok(cx)
    }

    pub(crate) async fn forward(
        &self,
        actor: &Actor,
        target: (&Arn, &str),
        origin: &Origin<'_>,
        events: &[&Sent],
        now: Timestamp,
    ) -> Result<usize, Failure> {
        let name = stream_name(origin);
        let (cx, group) = self.may_forward(actor, target, &name, now).await?;
        let stream = self.stream_for(&cx, &group, name, true).await?;
        let kept_from = self.keeps_from(&Self::scope(&cx), &group, now).await?;
        let kept = events.iter().filter(|it| it.timestamp >= kept_from);
        let mut kept: Vec<(i64, &str)> = kept.map(|it| (it.timestamp, &*it.message)).collect();
        if kept.is_empty() {
            return Ok(0);
        }
        kept.sort_by_key(|(time, _)| *time);
        let bytes = kept.iter().map(|(_, it)| it.len() + OVERHEAD).sum();
        // Whoever fills the group of another account fills no more than its owner could.
        put_log_events::throttle(self, &cx, &stream.id, bytes)?;
        self.take_in(&cx, (&group, &stream), &kept, None).await?;
        Ok(bytes)
    }

    /// The stream of that name, marked if what it gets is forwarded; made if it is not there.
    pub(crate) async fn stream_for(
        &self,
        cx: &Context,
        group: &Group,
        name: String,
        is_forwarded: bool,
    ) -> Result<Stream, Fault> {
        let scope = Self::scope(cx);
        let key = scope.key(Stream::KIND, &stream_key(&group.id, &name));
        let group_key = scope.key(Group::KIND, &group.name);
        let (stream, is_new) = transact!(self.table, &PERMIT, |tx| {
            let found = tx.find::<Stream>(&key).await?;
            let is_new = found.is_none();
            let mut stream = found.unwrap_or_else(|| Stream {
                id: ids::hex32(),
                group_id: group.id.clone(),
                name: name.clone(),
                created_at: cx.now,
                forwarded: false,
                unknown: Unknown::new(),
            });
            if is_new || is_forwarded && !stream.forwarded {
                let known = tx.find::<Group>(&group_key).await?;
                if known.is_none_or(|it| it.id != group.id) {
                    return Err(fault::no_group());
                }
                stream.forwarded |= is_forwarded;
                tx.put(&key, &stream);
            }
            (stream, is_new)
        });
        if is_new {
            self.streams.fetch_add(1, Ordering::Relaxed);
        }
        Ok(stream)
    }
}

#[cfg(test)]
mod tests {
    use wharf_records::Scope;

    use super::*;

    #[test]
    fn streams_are_told_apart_by_where_events_come_from() {
        let scope = Scope::new("logs", "123456789012", "us-east-1");
        let name = |group: &str, stream: &str| {
            let group: Group = serde_json::from_value(serde_json::json!({
                "id": "1", "name": group, "created_at": 0, "class": "STANDARD",
                "deletion_protected": false, "tags": {},
            }))
            .unwrap();
            let stream = Stream {
                id: "2".to_owned(),
                group_id: "1".to_owned(),
                name: stream.to_owned(),
                created_at: Timestamp(0),
                forwarded: false,
                unknown: Unknown::new(),
            };
            stream_name(&Origin::new(&scope, &group, &stream))
        };
        assert_eq!(name("/a", "b/1"), "123456789012/us-east-1//a/b/1");
        let (group, stream) = ("g".repeat(512), "ü".repeat(512));
        let long = name(&group, &stream);
        assert_eq!(long.chars().count(), LONGEST_NAME);
        assert_ne!(long, name(&group, &"ü".repeat(511)));
    }
}
