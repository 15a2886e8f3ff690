//! One codec per protocol: bytes to a generated input, a generated output or a fault to an answer, and
//! the words in which the protocol refuses. Which one is used, each request says ([`Body::protocol`]).

pub mod cbor;
pub mod element;
mod error;
pub mod eventstream;
pub mod form;
pub mod json;
mod protocols;
pub mod rest;
mod text;
pub mod xml;
mod xml_input;

use std::borrow::Cow;

use bytes::Bytes;

use crate::{
    Fault,
    constraints::Violation,
    node::{Slot, Struct},
    schema::{OperationSchema, Protocol, ServiceSchema},
};
use form::Form;
pub(crate) use protocols::WRITTEN_DOWN;
use rest::RestRequest;

/// A request that cannot be understood. The text goes to the caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Malformed {
    text: String,
    /// The parameter of the path, the query or the headers, and its value, where the body is not to blame.
    argument: Option<(&'static str, String)>,
}

impl Malformed {
    fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            argument: None,
        }
    }

    /// Nothing that a caller could do: its body was taken for that of another protocol.
    fn misread() -> Self {
        Self::new("the request is in a protocol that the service does not speak")
    }
}

/// The place of a member, by its number in the schema.
pub(crate) fn place_of(target: &mut dyn Struct, member: usize) -> Result<Slot<'_>, Malformed> {
    let slot = target.member_mut(member);
    slot.ok_or_else(|| Malformed::new("the schema does not fit"))
}

/// Items of all lists and maps of one request: an empty item takes two bytes on the wire and hundreds
/// in memory. PutLogEvents brings 10,000.
pub(crate) const MAX_ITEMS: u32 = 20_000;

/// Lists and structures may nest so deep in a request; deeper ones come from no honest client.
pub(crate) const MAX_DEPTH: usize = 64;

/// A request as far as its codec reads it.
#[derive(Debug)]
pub enum Body {
    Json(Bytes),
    Cbor(Bytes),
    Form(Form),
    Rest(Box<RestRequest>),
}

impl Body {
    /// The protocol of the request, among those that the service speaks.
    pub fn protocol(&self, schema: &ServiceSchema) -> Protocol {
        let fits = |it: &&Protocol| match self {
            Self::Json(_) => it.is_json(),
            Self::Cbor(_) => **it == Protocol::Cbor,
            Self::Form(_) => it.is_query(),
            Self::Rest(_) => it.is_rest(),
        };
        let found = schema.protocols.iter().find(fits);
        found.copied().unwrap_or(schema.protocol)
    }

    /// Bytes that are read of it, about.
    pub fn size(&self) -> usize {
        match self {
            Self::Json(body) | Self::Cbor(body) => body.len(),
            Self::Form(form) => form.size(),
            Self::Rest(request) => request.body.len(),
        }
    }
}

/// An answer in the protocol of its request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// Unless the headers have one.
    pub content_type: &'static str,
    pub headers: Vec<(Cow<'static, str>, String)>,
    pub body: Vec<u8>,
    /// It tells of a fault that is one of a limit ([`Fault::is_of_limit`]).
    pub is_of_limit: bool,
}

impl Answer {
    /// One without headers of its own.
    pub fn new(status: u16, content_type: &'static str, body: Vec<u8>) -> Self {
        Self {
            status,
            content_type,
            headers: Vec::new(),
            body,
            is_of_limit: false,
        }
    }

    /// The same, of which it is known what fault it tells of.
    pub fn telling(self, fault: &Fault) -> Self {
        Self {
            is_of_limit: fault.is_of_limit(),
            ..self
        }
    }
}

/// A protocol.
pub trait Codec: Send + Sync {
    fn content_type(&self) -> &'static str;

    /// Fills `input`.
    fn decode(
        &self,
        schema: &'static ServiceSchema,
        operation: &OperationSchema,
        body: &Body,
        input: &mut dyn Struct,
    ) -> Result<(), Malformed>;

    /// The answer of an operation that succeeded.
    fn encode(
        &self,
        schema: &'static ServiceSchema,
        operation: &OperationSchema,
        output: &dyn Struct,
        request_id: &str,
    ) -> Answer;

    /// The answer of one that did not.
    fn fault(&self, schema: &'static ServiceSchema, fault: &Fault, request_id: &str) -> Answer;

    /// That the service has no such operation.
    fn unknown_operation(&self, schema: &ServiceSchema, name: &str) -> Fault;

    /// That the request cannot be read.
    fn malformed(&self, malformed: &Malformed) -> Fault;

    /// That its input breaks the model. There is at least one violation.
    fn violations(&self, violations: &[Violation]) -> Fault;

    /// That policies do not let the caller.
    fn access_denied(&self, text: String) -> Fault;

    /// That requests come too fast; SDKs wait and try again.
    fn throttled(&self, schema: &ServiceSchema) -> Fault;
}

impl Protocol {
    pub fn codec(self) -> &'static dyn Codec {
        match self {
            Self::Json { minor: 0 } => &protocols::Json {
                minor: 0,
                names: json::Names::Model,
            },
            Self::Json { .. } => &protocols::Json {
                minor: 1,
                names: json::Names::Model,
            },
            Self::Query => &protocols::Query,
            Self::Ec2 => &protocols::Ec2,
            Self::RestJson => &rest::RestJson,
            Self::RestXml => &rest::RestXml,
            Self::Cbor => &protocols::Cbor,
        }
    }
}
