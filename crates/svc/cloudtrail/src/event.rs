//! An event as CloudTrail writes it (record contents, version 1.11).

mod known;

use std::ops::Range;

use serde::{Serialize, Serializer};
use wharf_base::{Timestamp, ids};
use wharf_wire::{
    Caller, CallerKind,
    audit::{Decided, Event},
};

use self::known::Known;
use crate::packed::{Holes, Like};

const VERSION: &str = "1.11";

/// What CloudTrail has no member for: which statements decided.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Additional<'a> {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    authorization: &'a [Decided],
    #[serde(skip_serializing_if = "Option::is_none")]
    repeats: Option<Repeats>,
}

/// So many more like it came.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Repeats {
    count: u64,
    since: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Identity<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    arn: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    access_key_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_context: Option<SessionContext<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    invoked_by: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SessionContext<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    session_issuer: Option<Issuer<'a>>,
    attributes: Attributes,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_identity: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Issuer<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    principal_id: &'a str,
    arn: &'a str,
    account_id: &'a str,
    user_name: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Attributes {
    creation_date: String,
    mfa_authenticated: &'static str,
}

#[derive(Serialize)]
struct Resource<'a> {
    #[serde(rename = "ARN")]
    arn: &'a str,
    #[serde(rename = "accountId", skip_serializing_if = "str::is_empty")]
    account: &'a str,
    #[serde(rename = "type")]
    kind: String,
}

/// Renders events, and keeps of each what the next most often has as well: who asked, and the second;
/// and of those that come again and again, all but what each has of its own ([`Known`]).
#[derive(Default)]
pub struct Renderer {
    identity: Option<(Caller, Vec<u8>)>,
    time: Option<(i64, String)>,
    known: Known,
}

impl Renderer {
    /// Adds the event as one line of JSON; of one that is known, only what it has of its own, and says what
    /// it is like.
    ///
    /// # Errors
    /// A value that cannot be JSON.
    pub fn render(
        &mut self,
        event: &Event,
        json: &mut Vec<u8>,
    ) -> serde_json::Result<Option<Like<'_>>> {
        let Some(place) = self.known.find(event) else {
            let begin = json.len();
            let holes = self.write(event, json)?;
            self.known.see(event, &json[begin..], holes);
            return Ok(None);
        };
        serde_json::to_writer(&mut *json, second(&mut self.time, event.context.now))?;
        json.push(b'\t');
        serde_json::to_writer(&mut *json, &event.context.request_id)?;
        json.push(b'\t');
        serde_json::to_writer(&mut *json, &ids::uuid())?;
        Ok(Some(self.known.like(place)))
    }

    /// Adds the event whatever came before. The holes count from where it begins.
    fn write(&mut self, event: &Event, json: &mut Vec<u8>) -> serde_json::Result<Holes> {
        let (cx, first) = (&event.context, json.len());
        json.extend_from_slice(b"{\"eventVersion\":\"");
        json.extend_from_slice(VERSION.as_bytes());
        json.extend_from_slice(b"\",\"userIdentity\":");
        json.extend_from_slice(self.identity(&cx.caller)?);
        let time = hole(json, "eventTime", second(&mut self.time, cx.now))?;
        member(json, "eventSource", &SourceOf(&event.service))?;
        member(json, "eventName", &event.name)?;
        member(json, "awsRegion", &cx.region)?;
        match cx.source_ip {
            Some(address) => member(json, "sourceIPAddress", &address.to_canonical())?,
            None => member(json, "sourceIPAddress", &cx.caller.arn)?,
        }
        member(json, "userAgent", beginning(&cx.user_agent))?;
        if let Some((code, text)) = &event.error {
            member(json, "errorCode", code)?;
            if !text.is_empty() {
                member(json, "errorMessage", text)?;
            }
        }
        as_it_is(json, "requestParameters", event.parameters.as_deref());
        as_it_is(json, "responseElements", event.response.as_deref());
        if event.details.is_some() {
            as_it_is(json, "serviceEventDetails", event.details.as_deref());
        }
        if let Some(additional) = additional(event) {
            member(json, "additionalEventData", &additional)?;
        }
        let request = hole(json, "requestID", &cx.request_id)?;
        let own = hole(json, "eventID", &ids::uuid())?;
        member(json, "readOnly", &event.read_only)?;
        let resources = resources(&event.decided);
        if !resources.is_empty() {
            member(json, "resources", &resources)?;
        }
        let kind = match event.is_api_call {
            true => "AwsApiCall",
            false => "AwsServiceEvent",
        };
        member(json, "eventType", kind)?;
        member(json, "managementEvent", &true)?;
        member(json, "recipientAccountId", &cx.account)?;
        member(json, "eventCategory", "Management")?;
        json.push(b'}');
        let from_first = |hole: Range<usize>| hole.start - first..hole.end - first;
        Ok([time, request, own].map(from_first))
    }

    fn identity(&mut self, caller: &Caller) -> serde_json::Result<&[u8]> {
        if self.identity.as_ref().is_none_or(|(of, _)| of != caller) {
            let json = serde_json::to_vec(&identity(caller))?;
            self.identity = Some((caller.clone(), json));
        }
        Ok(self.identity.as_ref().map_or(b"null", |(_, json)| json))
    }
}

/// A moment as events have it; `last` is the second it was written for last.
fn second(last: &mut Option<(i64, String)>, now: Timestamp) -> &str {
    let second = now.millis().div_euclid(1000);
    if last.as_ref().is_none_or(|(of, _)| *of != second) {
        *last = Some((second, now.iso8601_seconds()));
    }
    last.as_ref().map_or("", |(_, text)| text)
}

/// A member, and where its value stands.
fn hole(
    json: &mut Vec<u8>,
    name: &'static str,
    value: &(impl Serialize + ?Sized),
) -> serde_json::Result<Range<usize>> {
    begin(json, name);
    let start = json.len();
    serde_json::to_writer(&mut *json, value)?;
    Ok(start..json.len())
}

/// `ecs.amazonaws.com`
struct SourceOf<'a>(&'a str);

impl Serialize for SourceOf<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{}.amazonaws.com", self.0))
    }
}

/// One more member of an object that has some; `name` has nothing that JSON escapes.
fn member(
    json: &mut Vec<u8>,
    name: &'static str,
    value: &(impl Serialize + ?Sized),
) -> serde_json::Result<()> {
    begin(json, name);
    serde_json::to_writer(json, value)
}

/// The same with a value that is JSON already.
fn as_it_is(json: &mut Vec<u8>, name: &'static str, value: Option<&str>) {
    begin(json, name);
    json.extend_from_slice(value.unwrap_or("null").as_bytes());
}

fn begin(json: &mut Vec<u8>, name: &'static str) {
    json.extend_from_slice(b",\"");
    json.extend_from_slice(name.as_bytes());
    json.extend_from_slice(b"\":");
}

fn additional(event: &Event) -> Option<Additional<'_>> {
    let repeats = event.repeats.map(|it| Repeats {
        count: it.count,
        since: it.since.iso8601_seconds(),
    });
    let some = repeats.is_some() || !event.decided.is_empty();
    some.then_some(Additional {
        authorization: &event.decided,
        repeats,
    })
}

fn identity(caller: &Caller) -> Identity<'_> {
    let plain = Identity {
        kind: "IAMUser",
        principal_id: Some(&caller.user_id),
        arn: Some(&caller.arn),
        account_id: Some(&caller.account),
        access_key_id: &caller.access_key_id,
        user_name: None,
        session_context: None,
        invoked_by: None,
    };
    match caller.kind {
        CallerKind::Account => Identity {
            kind: "Root",
            ..plain
        },
        CallerKind::User => Identity {
            user_name: Some(last(&caller.arn)),
            ..plain
        },
        CallerKind::AssumedRole => Identity {
            kind: "AssumedRole",
            session_context: session(caller),
            ..plain
        },
        CallerKind::FederatedUser => Identity {
            kind: "FederatedUser",
            session_context: session(caller),
            ..plain
        },
        CallerKind::Service => Identity {
            kind: "AWSService",
            principal_id: None,
            arn: None,
            account_id: None,
            invoked_by: Some(&caller.arn),
            ..plain
        },
        // Nothing is proven: the key is the one that was named.
        CallerKind::Anonymous => Identity {
            kind: "Unknown",
            principal_id: None,
            arn: None,
            account_id: None,
            ..plain
        },
    }
}

fn session(caller: &Caller) -> Option<SessionContext<'_>> {
    let session = caller.session.as_ref()?;
    let is_role = caller.kind == CallerKind::AssumedRole;
    Some(SessionContext {
        session_issuer: is_role.then(|| Issuer {
            kind: "Role",
            principal_id: caller.user_id.split(':').next().unwrap_or_default(),
            arn: &caller.role_arn,
            account_id: &caller.account,
            user_name: last(&caller.role_arn),
        }),
        attributes: Attributes {
            creation_date: session.issued_at.iso8601_seconds(),
            mfa_authenticated: match session.mfa_at {
                Some(_) => "true",
                None => "false",
            },
        },
        source_identity: session.source_identity.as_deref(),
    })
}

/// The resources that IAM was asked about.
fn resources(decided: &[Decided]) -> Vec<Resource<'_>> {
    let mut found: Vec<Resource<'_>> = Vec::new();
    for check in decided {
        if let Some(resource) = resource(&check.resource)
            && !found.iter().any(|it| it.arn == check.resource)
        {
            found.push(resource);
        }
    }
    found
}

/// What an ARN names: `arn:partition:service:region:account:resource`.
fn resource(arn: &str) -> Option<Resource<'_>> {
    let mut parts = arn.strip_prefix("arn:")?.splitn(5, ':').skip(1);
    let (service, _, account) = (parts.next()?, parts.next()?, parts.next()?);
    let kind = kind_of(service, parts.next()?);
    Some(Resource { arn, account, kind })
}

/// `AWS::ECS::TaskDefinition` for `ecs` and `task-definition/web:1`.
fn kind_of(service: &str, resource: &str) -> String {
    let mut kind = "AWS::".to_owned();
    match service {
        "elasticloadbalancing" => kind.push_str("ElasticLoadBalancingV2"),
        "acm" => kind.push_str("CertificateManager"),
        "logs" => kind.push_str("Logs"),
        other => kind.extend(other.chars().map(|it| it.to_ascii_uppercase())),
    }
    kind.push_str("::");
    let name = match service {
        "s3" if resource.contains('/') => "object",
        "s3" => "bucket",
        "sns" => "topic",
        "sqs" => "queue",
        _ => resource.split(['/', ':']).next().unwrap_or_default(),
    };
    for word in name.split(['-', '_']) {
        let mut letters = word.chars();
        kind.extend(letters.next().map(|it| it.to_ascii_uppercase()));
        kind.push_str(letters.as_str());
    }
    kind
}

/// At most as many bytes as CloudTrail keeps of a name.
fn beginning(agent: &str) -> &str {
    const MOST: usize = 1024;
    &agent[..agent.floor_char_boundary(MOST)]
}

/// What follows the last slash.
fn last(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// Says that events were lost, in the place where they would have been.
pub fn gap(lost: u64, account: &str, region: &str, now: Timestamp) -> Vec<u8> {
    let record = serde_json::json!({
        "eventVersion": VERSION,
        "userIdentity": {"type": "AWSService", "invokedBy": "cloudtrail.amazonaws.com"},
        "eventTime": now.iso8601_seconds(),
        "eventSource": "cloudtrail.amazonaws.com",
        "eventName": "EventsLost",
        "awsRegion": region,
        "sourceIPAddress": "cloudtrail.amazonaws.com",
        "userAgent": "cloudtrail.amazonaws.com",
        "requestParameters": null,
        "responseElements": null,
        "additionalEventData": {"lostEvents": lost},
        "requestID": ids::uuid(),
        "eventID": ids::uuid(),
        "readOnly": false,
        "eventType": "AwsServiceEvent",
        "managementEvent": true,
        "recipientAccountId": account,
        "eventCategory": "Management",
    });
    record.to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, sync::Arc};

    use wharf_wire::Context;

    use super::*;

    fn event(name: &str, user: &str, number: u8) -> Event {
        let caller = Caller {
            kind: CallerKind::User,
            arn: format!("arn:aws:iam::1:user/{user}"),
            ..Caller::root("1")
        };
        let mut context = Context::internal("1", "r", "s", Timestamp(0));
        context.caller = caller;
        Event {
            parameters: match number % 3 {
                0 => None,
                one => Some(format!("{{\"n\":{one}}}")),
            },
            error: (number % 7 == 6).then(|| ("No".to_owned(), "no \"way\"".to_owned())),
            response: (number % 5 == 4).then(|| "{}".to_owned()),
            is_api_call: number != 9,
            decided: vec![Decided {
                action: format!("ecs:{name}"),
                resource: "arn:aws:ecs:r:1:cluster/c".to_owned(),
                allowed: true,
                by: format!("statement {} of p", number % 2),
            }],
            ..Event::of_service(context, "ecs", name)
        }
    }

    fn without_id(json: &[u8]) -> serde_json::Value {
        let mut value: serde_json::Value = serde_json::from_slice(json).unwrap();
        let id = value.as_object_mut().unwrap().remove("eventID").unwrap();
        assert_eq!(id.as_str().unwrap().len(), 36);
        value
    }

    /// Whatever was written before, an event is written as if it were the first.
    #[test]
    fn events_that_come_again_are_written_as_the_first_time() {
        let (mut renderer, mut known, mut ids) = (Renderer::default(), 0, HashSet::new());
        for round in 0..4_000_u32 {
            // Few that come often among many that do not.
            let of = |by: u32| round.wrapping_mul(2_654_435_761).rotate_left(by) >> 20;
            let name = ["ListTasks", "DescribeTasks", "Poll"][of(1) as usize % 3];
            let user = match of(5) % 4 {
                0 => format!("user{}", of(9) % 100),
                _ => "anna".to_owned(),
            };
            let number = (of(13) % 12) as u8;
            let mut event = event(name, &user, number);
            let context = Arc::make_mut(&mut event.context);
            context.now = Timestamp(i64::from(round) * 37);
            context.region = ["r", "q"][of(17) as usize % 2].to_owned();
            context.request_id = format!("request \"{round}\"");
            context.source_ip = (of(21) % 2 > 0).then(|| [192, 0, 2, 7].into());
            known += u32::from(renderer.known.find(&event).is_some());
            let (mut line, mut alone) = (Vec::new(), Vec::new());
            let like = renderer.render(&event, &mut line).unwrap();
            Renderer::default().write(&event, &mut alone).unwrap();
            let line = like.map_or(line.clone(), |like| like.filled(&line).unwrap());
            assert_eq!(without_id(&line), without_id(&alone));
            let text: serde_json::Value = serde_json::from_slice(&line).unwrap();
            assert!(
                ids.insert(text["eventID"].as_str().unwrap().to_owned()),
                "an id of its own"
            );
        }
        assert!(known > 50, "{known} of them were known");
    }

    #[test]
    fn resources_are_of_a_kind() {
        for (arn, kind) in [
            (
                "arn:aws:ecs:us-east-1:1:task-definition/web:1",
                "AWS::ECS::TaskDefinition",
            ),
            (
                "arn:aws:logs:us-east-1:1:log-group:/aws/x:*",
                "AWS::Logs::LogGroup",
            ),
            ("arn:aws:s3:::photos", "AWS::S3::Bucket"),
            ("arn:aws:s3:::photos/a/b", "AWS::S3::Object"),
            ("arn:aws:sqs:us-east-1:1:work", "AWS::SQS::Queue"),
            ("arn:aws:iam::1:role/a/b", "AWS::IAM::Role"),
        ] {
            assert_eq!(
                resource(arn).map(|it| it.kind).as_deref(),
                Some(kind),
                "{arn}"
            );
        }
        assert!(resource("*").is_none() && resource("arn:aws:s3").is_none());
    }
}
