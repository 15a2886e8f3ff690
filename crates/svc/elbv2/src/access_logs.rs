//! Logs of load balancers: whether a bucket takes them, and files of entries that hosts hand over for it.
//!
//! Hosts make the entries (`wharf_lb`'s `access_log`) and hand them over packed. Nothing of them is kept here: a file is an object of the
//! bucket before its host hears yes, and the same file is the same object. A host is believed of load balancers that it carries alone, and
//! of buckets that these write to, or wrote to until a while ago. The policy of the bucket decides about each object.

use std::{collections::BTreeSet, time::Duration};

use bytes::Bytes;
use serde_json::json;
use wharf_base::{Arn, Timestamp};
use wharf_delivery::{Actor, Request};
use wharf_planeproto::access_logs::{Head, INTERVAL_S, LogKind, Place as LogPlace};
use wharf_records::{Record as _, Unknown};
use wharf_wire::{ByteStream, Fault};

use crate::{
    core::{ChangeError, Core},
    fault,
    names::{self, Kind, Names as _, Place},
    records::{Attributes, ClosedLog, FormerLog, LoadBalancer},
};

/// Who writes into buckets for application load balancers; policies may let it in as the account of its region, too
/// (`wharf_iam::regional`).
const WRITER: &str = "logdelivery.elasticloadbalancing.amazonaws.com";
/// And for network load balancers.
const NETWORK_WRITER: &str = "delivery.logs.amazonaws.com";
/// After a log has ended, hosts may hand over entries for so long: they keep trying for an hour.
const LATE: Duration = Duration::from_secs(75 * 60);
/// Logs that a load balancer ended not long ago.
const MOST_FORMER: usize = 8;
/// How far clocks of hosts may be ahead, beside the interval itself.
const AHEAD_S: i64 = 60;
/// How gzip begins.
const PACKED: &[u8] = &[0x1f, 0x8b];

/// Why a file was not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    #[error("{0}")]
    Malformed(&'static str),
    #[error("the load balancer does not write such logs there from that host")]
    Unwanted,
    #[error("the bucket does not take it: {0}")]
    Undeliverable(String),
    #[error("it could not be delivered now")]
    Failed(Fault),
}

/// The log that an attribute is about.
pub(crate) fn about(key: &str) -> Option<LogKind> {
    LogKind::ALL.into_iter().find(|kind| {
        let keys = kind.keys();
        [keys.enabled, keys.bucket, keys.prefix].contains(&key)
    })
}

/// Refuses attributes by which a log would go where it cannot be written; a test file says that it can.
pub(crate) async fn admit(
    core: &Core,
    place: &Place,
    (id, kind): (&str, LogKind),
    wanted: &Attributes,
) -> Result<(), Fault> {
    let Some(to) = LogPlace::of(kind, wanted) else {
        return Ok(());
    };
    let what = match kind {
        LogKind::Access => "AccessLog",
        LogKind::Connections => "ConnectionLog",
    };
    let key = below(&to, &format!("{}/ELB{what}TestFile", place.account));
    let text = format!("Enable {what} for ELB: {id} at {}", core.now().iso8601());
    match put(core, place, id, (&to.bucket, &key), text.into()).await {
        Err(fault) if fault.sender => Err(fault::shut_bucket(&to.bucket)),
        done => done,
    }
}

/// Takes note of logs that end with this change of the attributes.
pub(crate) fn leave(balancer: &mut LoadBalancer, wanted: &Attributes, now: Timestamp) {
    let former = &mut balancer.former_logs;
    former.retain(|it| now.since(it.ended_at) < LATE);
    for kind in LogKind::ALL {
        let before = LogPlace::of(kind, &balancer.attributes);
        if let Some(place) = before.filter(|it| LogPlace::of(kind, wanted).as_ref() != Some(it)) {
            former.retain(|it| !it.is(kind, &place));
            former.insert(0, FormerLog::new(kind, place, now));
        }
    }
    former.truncate(MOST_FORMER);
}

/// What stays of the logs of a load balancer that is deleted.
pub(crate) fn closed(balancer: &LoadBalancer, now: Timestamp) -> Option<ClosedLog> {
    let mut last = balancer.clone();
    leave(&mut last, &Attributes::new(), now);
    (!last.former_logs.is_empty()).then(|| ClosedLog {
        places: last.former_logs,
        hosts: hosts(balancer),
        unknown: Unknown::new(),
    })
}

/// How long entries of logs that ended may still come.
pub(crate) fn left(places: &[FormerLog], now: Timestamp) -> Duration {
    let left = places
        .iter()
        .map(|it| LATE.saturating_sub(now.since(it.ended_at)));
    left.max().unwrap_or_default()
}

fn hosts(balancer: &LoadBalancer) -> BTreeSet<String> {
    balancer
        .interfaces
        .iter()
        .map(|it| it.host.clone())
        .collect()
}

/// Writes a file into its bucket.
pub(crate) async fn take(core: &Core, head: &Head, packed: Bytes) -> Result<(), NotTaken> {
    check(head, &packed, core.now())?;
    let Some((place, Kind::Balancer, id)) = names::parse(&head.balancer) else {
        return Err(NotTaken::Malformed("it is of no load balancer"));
    };
    let failed = |error: ChangeError| NotTaken::Failed(error.into());
    if !is_wanted(core, &place, &id, head).await.map_err(failed)? {
        return Err(NotTaken::Unwanted);
    }
    let key = object(&place, &id, head);
    let written = put(core, &place, &id, (&head.place.bucket, &key), packed).await;
    written.map_err(|fault| match fault.sender {
        true => NotTaken::Undeliverable(format!("{}: {}", fault.code, fault.message)),
        false => NotTaken::Failed(fault),
    })
}

fn check(head: &Head, packed: &[u8], now: Timestamp) -> Result<(), NotTaken> {
    let now_s = now.millis().div_euclid(1000);
    let late = i64::try_from(LATE.as_secs()).unwrap_or(i64::MAX);
    let oldest = now_s.saturating_sub(late);
    if head.end.rem_euclid(INTERVAL_S) != 0
        || !(oldest..=now_s + INTERVAL_S + AHEAD_S).contains(&head.end)
    {
        return Err(NotTaken::Malformed("it is of another time"));
    }
    match packed.starts_with(PACKED) {
        true => Ok(()),
        false => Err(NotTaken::Malformed("it is not packed")),
    }
}

/// Whether the load balancer is on that host and writes there, or did until a while ago.
async fn is_wanted(core: &Core, place: &Place, id: &str, head: &Head) -> Result<bool, ChangeError> {
    let (scope, now) = (place.scope(), core.now());
    let former = |places: &[FormerLog]| {
        let mut places = places.iter();
        places.any(|it| it.is(head.kind, &head.place) && now.since(it.ended_at) < LATE)
    };
    let key = scope.key(LoadBalancer::KIND, id);
    if let Some(stored) = core.table.read::<LoadBalancer>(&key).await? {
        let balancer = stored.record;
        let now_to = LogPlace::of(head.kind, &balancer.attributes);
        let writes = now_to.as_ref() == Some(&head.place);
        let is_there = hosts(&balancer).contains(&head.instance);
        return Ok(is_there && (writes || former(&balancer.former_logs)));
    }
    let key = scope.key(ClosedLog::KIND, id);
    let closed = core.table.read::<ClosedLog>(&key).await?;
    Ok(closed
        .is_some_and(|it| it.record.hosts.contains(&head.instance) && former(&it.record.places)))
}

async fn put(
    core: &Core,
    place: &Place,
    id: &str,
    (bucket, key): (&str, &str),
    body: Bytes,
) -> Result<(), Fault> {
    let Some(operations) = core.operations.get() else {
        return Err(fault::server(&std::io::Error::other(
            "the services are not all there yet",
        )));
    };
    let actor = writer(place, id);
    let input = json!({
        "Bucket": bucket,
        "Key": key,
        // AWS's policies for buckets make it a condition.
        "ACL": "bucket-owner-full-control",
        "ContentType": "application/octet-stream",
    });
    let request = Request::new("s3", "PutObject", &place.region, input);
    let body = ByteStream::from(body.to_vec());
    operations.call_with_body(&actor, &request, body).await?;
    Ok(())
}

/// As whom logs of a load balancer are written; those of network load balancers are delivered by CloudWatch Logs on AWS.
fn writer(place: &Place, id: &str) -> Actor {
    let (name, source_arn) = match names::is_network(id) {
        false => (WRITER, place.arn(Kind::Balancer, id)),
        true => (
            NETWORK_WRITER,
            Arn::new("logs", &place.region, &place.account, "*").to_string(),
        ),
    };
    Actor::Service {
        name: name.to_owned(),
        account: place.account.clone(),
        source_arn,
    }
}

/// `prefix/AWSLogs/…`
fn below(place: &LogPlace, rest: &str) -> String {
    match place.prefix.trim_matches('/') {
        "" => format!("AWSLogs/{rest}"),
        prefix => format!("{prefix}/AWSLogs/{rest}"),
    }
}

/// `AWSLogs/<account>/elasticloadbalancing/<region>/<y>/<m>/<d>/<account>_elasticloadbalancing_<region>_app.<name>.<id>_<end>_<address>_<unique>.log.gz`,
/// after `conn_log.` for connections; those of network load balancers have no address.
fn object(place: &Place, id: &str, head: &Head) -> String {
    let Place { account, region } = place;
    let end = Timestamp::from_millis(head.end.saturating_mul(1000)).iso8601_basic();
    // `20261120T120000Z`
    let part = |from: usize, to: usize| end.get(from..to).unwrap_or_default();
    let (year, month, day, minute) = (part(0, 4), part(4, 6), part(6, 8), part(0, 13));
    let start = match head.kind {
        LogKind::Access => "",
        LogKind::Connections => "conn_log.",
    };
    let node = match names::is_network(id) {
        false => format!("_{}", head.node),
        true => String::new(),
    };
    let (name, unique) = (id.replace('/', "."), short(head.unique));
    let file = format!(
        "{start}{account}_elasticloadbalancing_{region}_{name}_{minute}Z{node}_{unique}.log.gz"
    );
    let folder = format!("{account}/elasticloadbalancing/{region}/{year}/{month}/{day}");
    below(&head.place, &format!("{folder}/{file}"))
}

/// Eight digits and letters.
fn short(mut number: u64) -> String {
    const SIGNS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut text = String::with_capacity(8);
    for _ in 0..8 {
        text.push(char::from(SIGNS[(number % 36) as usize]));
        number /= 36;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(prefix: &str) -> Head {
        Head {
            instance: "i-1".to_owned(),
            balancer: String::new(),
            kind: LogKind::Access,
            place: LogPlace {
                bucket: "logs".to_owned(),
                prefix: prefix.to_owned(),
            },
            end: 1_700_000_100,
            node: [10, 0, 0, 5].into(),
            unique: 36 * 36 + 35,
            entries: 1,
        }
    }

    #[test]
    fn objects_are_named_as_on_aws() {
        let place = Place::new("123456789012", "us-east-2");
        let file = "AWSLogs/123456789012/elasticloadbalancing/us-east-2/2023/11/14/\
                    123456789012_elasticloadbalancing_us-east-2_app.web.1234567890abcdef_20231114T2215Z_10.0.0.5_z0100000.log.gz";
        let name = |prefix| object(&place, "app/web/1234567890abcdef", &head(prefix));
        assert_eq!(name(""), file);
        assert_eq!(name("a/b"), format!("a/b/{file}"));
        assert_eq!(name("/a/"), format!("a/{file}"));
        let connections = Head {
            kind: LogKind::Connections,
            ..head("")
        };
        let named = object(&place, "app/web/1234567890abcdef", &connections);
        assert_eq!(
            named,
            file.replace("/123456789012_", "/conn_log.123456789012_")
        );
        let network = object(&place, "net/web/1234567890abcdef", &head(""));
        assert_eq!(
            network,
            file.replace("_app.", "_net.").replace("_10.0.0.5", "")
        );
    }

    #[test]
    fn only_packed_files_of_this_time_are_taken() {
        let end = head("").end;
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1000);
        let is_taken = |end: i64, now: i64, packed: &[u8]| {
            let head = Head { end, ..head("") };
            check(&head, packed, at(now)).is_ok()
        };
        for (now, expected) in [
            (end, true),
            (end - INTERVAL_S, true),
            (end - INTERVAL_S - AHEAD_S - 1, false),
            (end + 4500, true),
            (end + 4501, false),
        ] {
            assert_eq!(is_taken(end, now, PACKED), expected, "{now}");
        }
        assert!(!is_taken(end + 1, end, PACKED), "no end of an interval");
        assert!(!is_taken(end, end, b"plain"));
        assert!(!is_taken(i64::MIN, end, PACKED));
        assert!(!is_taken(i64::MAX, end, PACKED));
    }
}
