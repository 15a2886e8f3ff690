//! An event as CloudTrail writes it (record contents, version 1.11).

use serde::Serialize;
use wharf_base::{Arn, Timestamp, ids};
use wharf_wire::{
    Caller, CallerKind,
    audit::{Decided, Event},
};

const VERSION: &str = "1.11";

/// What stands before the parameters.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Head<'a> {
    event_version: &'static str,
    user_identity: Identity<'a>,
    event_time: String,
    event_source: String,
    event_name: &'a str,
    aws_region: &'a str,
    #[serde(rename = "sourceIPAddress")]
    source_ip_address: String,
    user_agent: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<&'a str>,
}

/// What stands after the answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Tail<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    additional_event_data: Option<Additional<'a>>,
    #[serde(rename = "requestID")]
    request_id: &'a str,
    #[serde(rename = "eventID")]
    event_id: String,
    read_only: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resources: Vec<Resource<'a>>,
    event_type: &'static str,
    management_event: bool,
    recipient_account_id: &'a str,
    event_category: &'static str,
}

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
    #[serde(rename = "accountId", skip_serializing_if = "String::is_empty")]
    account: String,
    #[serde(rename = "type")]
    kind: String,
}

/// Adds the event as one line of JSON.
pub fn render(event: &Event, json: &mut Vec<u8>) -> serde_json::Result<()> {
    let cx = &event.context;
    let error = event.error.as_ref();
    let head = Head {
        event_version: VERSION,
        user_identity: identity(&cx.caller),
        event_time: cx.now.iso8601_seconds(),
        event_source: format!("{}.amazonaws.com", event.service),
        event_name: &event.name,
        aws_region: &cx.region,
        source_ip_address: match cx.source_ip {
            Some(address) => address.to_canonical().to_string(),
            None => cx.caller.arn.clone(),
        },
        user_agent: beginning(&cx.user_agent),
        error_code: error.map(|(code, _)| code.as_str()),
        error_message: error
            .map(|(_, text)| text.as_str())
            .filter(|it| !it.is_empty()),
    };
    let tail = Tail {
        additional_event_data: additional(event),
        request_id: &cx.request_id,
        event_id: ids::uuid(),
        read_only: event.read_only,
        resources: resources(&event.decided),
        event_type: if event.is_api_call {
            "AwsApiCall"
        } else {
            "AwsServiceEvent"
        },
        management_event: true,
        recipient_account_id: &cx.account,
        event_category: "Management",
    };
    serde_json::to_writer(&mut *json, &head)?;
    // Both are objects with members, so what is between them goes in their middle.
    json.pop();
    for (name, value) in [
        ("requestParameters", &event.parameters),
        ("responseElements", &event.response),
    ] {
        json.extend_from_slice(b",\"");
        json.extend_from_slice(name.as_bytes());
        json.extend_from_slice(b"\":");
        json.extend_from_slice(value.as_deref().unwrap_or("null").as_bytes());
    }
    let opening = json.len();
    serde_json::to_writer(&mut *json, &tail)?;
    json[opening] = b',';
    Ok(())
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
        if check.resource.starts_with("arn:")
            && let Ok(arn) = check.resource.parse::<Arn>()
            && !found.iter().any(|it| it.arn == check.resource)
        {
            found.push(Resource {
                arn: &check.resource,
                kind: kind_of(&arn),
                account: arn.account,
            });
        }
    }
    found
}

/// `AWS::ECS::TaskDefinition` for `arn:aws:ecs:…:task-definition/web:1`.
fn kind_of(arn: &Arn) -> String {
    let service = match arn.service.as_str() {
        "elasticloadbalancing" => "ElasticLoadBalancingV2".to_owned(),
        "acm" => "CertificateManager".to_owned(),
        "logs" => "Logs".to_owned(),
        other => other.to_ascii_uppercase(),
    };
    let mut kind = String::new();
    for word in arn.resource_type().split(['-', '_']) {
        let mut letters = word.chars();
        kind.extend(letters.next().map(|it| it.to_ascii_uppercase()));
        kind.push_str(letters.as_str());
    }
    format!("AWS::{service}::{kind}")
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
