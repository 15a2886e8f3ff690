//! What became of a request, for the audit log: who asked for what, and which statement decided.
//!
//! Secrets never get here. A member that its model calls sensitive is replaced as CloudTrail does
//! it, so are those in [`SECRET`] whose models forgot to; blobs are left out.

use std::{borrow::Cow, io, sync::Arc};

use serde::{
    Serialize, Serializer,
    ser::{SerializeMap, SerializeSeq},
};

use wharf_base::Timestamp;

use crate::{
    Context, async_trait,
    node::{Struct, View},
    schema::{Kind, Protocol, ServiceSchema, Shape, ShapeIndex},
};

/// CloudTrail's own words in place of a secret.
pub const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";
/// Members that carry credentials though their models do not say so, in any case; and lines of logs, which may be
/// masked for who reads the audit log, and lookup tables, which may be under a key.
const SECRET: [&str; 8] = [
    "authorizationtoken",
    "clientsecret",
    "logeventmessages",
    "password",
    "privatekey",
    "secretaccesskey",
    "sessiontoken",
    "tablebody",
];
/// Bytes of a request's parameters, or of a response. What is longer is left out whole.
pub const MOST_BYTES: usize = 16 << 10;

/// Operations that move data rather than manage something, by service; CloudTrail leaves them out too,
/// unless a trail asks for them.
const DATA: [(&str, &[&str]); 6] = [
    (
        "aps",
        &[
            "GetLabels",
            "GetMetricMetadata",
            "GetSeries",
            "QueryMetrics",
            "RemoteWrite",
        ],
    ),
    ("events", &["PutEvents"]),
    ("logs", &["PutLogEvents"]),
    (
        "s3",
        &[
            "AbortMultipartUpload",
            "CompleteMultipartUpload",
            "CopyObject",
            "CreateMultipartUpload",
            "DeleteObject",
            "DeleteObjectTagging",
            "DeleteObjects",
            "GetObject",
            "GetObjectAcl",
            "GetObjectAttributes",
            "GetObjectTagging",
            "HeadBucket",
            "HeadObject",
            "ListMultipartUploads",
            "ListObjectVersions",
            "ListObjects",
            "ListObjectsV2",
            "ListParts",
            "PutObject",
            "PutObjectAcl",
            "PutObjectTagging",
            "UploadPart",
            "UploadPartCopy",
        ],
    ),
    ("sns", &["Publish", "PublishBatch"]),
    (
        "sqs",
        &[
            "ChangeMessageVisibility",
            "ChangeMessageVisibilityBatch",
            "DeleteMessage",
            "DeleteMessageBatch",
            "ReceiveMessage",
            "SendMessage",
            "SendMessageBatch",
        ],
    ),
];

/// How one check was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Decided {
    pub action: String,
    pub resource: String,
    pub allowed: bool,
    /// The statement that decided, or why none did, in words.
    pub by: String,
}

/// A request that was answered.
#[derive(Debug)]
pub struct Event {
    pub context: Arc<Context>,
    /// `ecs`: the service as IAM's actions name it.
    pub service: String,
    /// `RunTask`
    pub name: String,
    /// An operation of an API; else a decision on its own, such as a websocket.
    pub is_api_call: bool,
    pub read_only: bool,
    /// JSON, without secrets.
    pub parameters: Option<String>,
    /// JSON, without secrets; of what changes something.
    pub response: Option<String>,
    /// JSON: what a service did in its own name.
    pub details: Option<String>,
    /// Code and text.
    pub error: Option<(String, String)>,
    pub decided: Vec<Decided>,
    /// It stands for so many more like it.
    pub repeats: Option<Repeats>,
}

impl Event {
    /// A decision of `service` that is no operation of an API.
    pub fn of_service(context: impl Into<Arc<Context>>, service: &str, name: &str) -> Self {
        Self {
            context: context.into(),
            service: service.to_owned(),
            name: name.to_owned(),
            is_api_call: false,
            read_only: is_read_only(name),
            parameters: None,
            response: None,
            details: None,
            error: None,
            decided: Vec::new(),
            repeats: None,
        }
    }

    /// What was asked for. The caller has taken secrets out.
    pub fn with_parameters(self, parameters: &serde_json::Map<String, serde_json::Value>) -> Self {
        Self {
            parameters: bounded(parameters),
            ..self
        }
    }

    /// What came of it. The caller has taken secrets out.
    pub fn with_response(self, response: &serde_json::Map<String, serde_json::Value>) -> Self {
        Self {
            response: bounded(response),
            ..self
        }
    }

    /// What a service did in its own name.
    pub fn with_details(self, details: &serde_json::Map<String, serde_json::Value>) -> Self {
        Self {
            details: bounded(details),
            ..self
        }
    }

    /// It was refused, or failed.
    pub fn with_error(self, code: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            error: Some((code.into(), text.into())),
            ..self
        }
    }
}

/// How many events one stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repeats {
    /// Those that are not recorded themselves, the one that says so among them.
    pub count: u64,
    /// After this moment they came.
    pub since: Timestamp,
}

/// Which events are alike. A sender can cause some as often as it likes, such as refusals of wrong
/// signatures: the first of those that are alike is recorded, the others are counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Alike {
    pub sender: Sender,
    /// What they have in common.
    pub by: String,
}

/// What a sender showed of itself. Those who proved nothing have little room in the log, and those who
/// named nobody take none from those who did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sender {
    /// It proved who it is.
    Proven,
    /// It named a key, a password or a token, and did not prove it.
    Unproven,
    /// It named nobody.
    Unnamed,
}

/// Whether an operation moves data rather than manages something.
pub fn moves_data(service: &str, operation: &str) -> bool {
    let data = DATA.iter().find(|(name, _)| *name == service);
    data.is_some_and(|(_, operations)| operations.contains(&operation))
}

/// Keeps events.
#[async_trait]
pub trait Auditor: Send + Sync {
    /// Whether anybody wants to know of an operation.
    fn wants(&self, service: &str, operation: &str) -> bool;

    /// Takes an event over.
    fn record(&self, event: &Event) -> Queue;

    /// Takes an event over that may come very often.
    fn record_often(&self, event: Event, alike: Alike) -> Queue;

    /// Waits while more come than can be kept.
    async fn room(&self);
}

/// What who brought an event does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Queue {
    HasRoom,
    /// Waits for [`Auditor::room`].
    Full,
}

/// Whether an operation only reads, going by its name as CloudTrail does.
pub fn is_read_only(operation: &str) -> bool {
    const READS: [&str; 24] = [
        "AssumeRole",
        "BatchCheck",
        "BatchGet",
        "Check",
        "Decrypt",
        "Describe",
        "Discover",
        "Encrypt",
        "Explain",
        "Filter",
        "GenerateDataKey",
        "GenerateMac",
        "GenerateRandom",
        "Get",
        "Head",
        "List",
        "Lookup",
        "Overview",
        "Poll",
        "ReEncrypt",
        "Search",
        "Simulate",
        "Test",
        "Verify",
    ];
    // Other operations begin like KMS's Sign, and write.
    operation == "Sign" || READS.iter().any(|verb| operation.starts_with(verb))
}

/// A code as CloudTrail has it: EC2's say whose fault it is.
pub(crate) fn error_code(schema: &ServiceSchema, code: &str, status: u16) -> String {
    match schema.protocol {
        Protocol::Ec2 if status < 500 => format!("Client.{code}"),
        Protocol::Ec2 => format!("Server.{code}"),
        _ => code.to_owned(),
    }
}

/// An input or output as JSON without secrets.
pub fn without_secrets(
    schema: &'static ServiceSchema,
    shape: Option<ShapeIndex>,
    value: &dyn Struct,
) -> Option<String> {
    let shape = schema.shape(shape?);
    let shown = Shown {
        schema,
        shape,
        view: View::Struct(value),
    };
    let mut to = Bounded(Vec::with_capacity(256));
    match serde_json::to_writer(&mut to, &shown) {
        Ok(()) if to.0 == b"{}" => None,
        Ok(()) => String::from_utf8(to.0).ok(),
        Err(_) => Some(omitted()),
    }
}

fn bounded(members: &serde_json::Map<String, serde_json::Value>) -> Option<String> {
    if members.is_empty() {
        return None;
    }
    let mut to = Bounded(Vec::with_capacity(256));
    match serde_json::to_writer(&mut to, members) {
        Ok(()) => String::from_utf8(to.0).ok(),
        Err(_) => Some(omitted()),
    }
}

fn omitted() -> String {
    format!("{{\"omitted\":true,\"reason\":\"more than {MOST_BYTES} bytes\"}}")
}

/// Refuses to grow beyond its bound, which ends a value that is too large early.
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MOST_BYTES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A value as it is shown.
struct Shown<'a> {
    schema: &'static ServiceSchema,
    shape: &'static Shape,
    view: View<'a>,
}

impl Shown<'_> {
    fn of<'a>(&self, shape: ShapeIndex, view: View<'a>) -> Shown<'a> {
        Shown {
            schema: self.schema,
            shape: self.schema.shape(shape),
            view,
        }
    }
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match (&self.view, &self.shape.kind) {
            (View::Str(text), _) => to.serialize_str(text),
            (View::Bool(value), _) => to.serialize_bool(*value),
            (View::Long(number), _) => to.serialize_i64(*number),
            (View::Double(number), _) => to.serialize_f64(*number),
            (View::Time(at), _) => to.serialize_str(&at.iso8601()),
            (View::Document(document), _) => document.serialize(to),
            (View::List(list), Kind::List { member, .. }) => {
                let mut all = to.serialize_seq(Some(list.len()))?;
                for index in 0..list.len() {
                    all.serialize_element(&self.of(*member, list.get(index)))?;
                }
                all.end()
            }
            (View::Map(map), Kind::Map { value, .. }) => {
                let mut all = to.serialize_map(Some(map.len()))?;
                for (key, view) in map.entries() {
                    all.serialize_entry(key, &self.of(*value, view))?;
                }
                all.end()
            }
            (View::Struct(value), Kind::Structure { members }) => {
                let mut all = to.serialize_map(None)?;
                for (index, member) in members.iter().enumerate() {
                    let name = lower_first(member.name);
                    let secret = || SECRET.iter().any(|it| it.eq_ignore_ascii_case(member.name));
                    match value.member(index) {
                        View::Absent | View::Blob(_) | View::Stream(_) => {}
                        _ if member.sensitive || secret() => all.serialize_entry(&name, HIDDEN)?,
                        view => all.serialize_entry(&name, &self.of(member.shape, view))?,
                    }
                }
                all.end()
            }
            _ => to.serialize_unit(),
        }
    }
}

/// CloudTrail's members all begin with a small letter.
fn lower_first(name: &str) -> Cow<'_, str> {
    match name.chars().next() {
        Some(first) if first.is_ascii_uppercase() => {
            let mut name = name.to_owned();
            name[..1].make_ascii_lowercase();
            Cow::Owned(name)
        }
        _ => Cow::Borrowed(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_goes_by_the_verb() {
        for reads in [
            "DescribeTasks",
            "ListClusters",
            "GetCallerIdentity",
            "BatchGetImage",
            "AssumeRole",
            "GenerateDataKey",
            "Sign",
        ] {
            assert!(is_read_only(reads), "{reads}");
        }
        for writes in [
            "RunTask",
            "CreateCluster",
            "BatchDeleteImage",
            "PutImage",
            "SubmitTaskStateChange",
            "GenerateCredentialReport",
            "SignalResource",
        ] {
            assert!(!is_read_only(writes), "{writes}");
        }
    }
}
