//! The protocols in which method and path name the operation: restJson and restXml. Both bind members
//! to path, query and headers alike ([`bindings`]); they differ in the body and in their words.

mod bindings;
mod hoisted;
mod route;

use std::borrow::Cow;

pub use route::{Matched, match_route};

use super::{
    Answer, Body, Codec, Malformed, element, error, form::Form, json, json::Names, place_of, xml,
    xml_input,
};
use crate::{
    Fault,
    constraints::{self, Violation},
    node::{Slot, Struct, View},
    schema::{
        Kind, Location, Member, OperationSchema, ServiceSchema, Shape, ShapeIndex, TimestampFormat,
    },
    sigv4::{RequestParts, is_s3},
    streaming::ByteStream,
};

/// A request whose path has been matched. Names and values are decoded, names of headers in lower case.
#[derive(Debug, Default)]
pub struct RestRequest {
    pub labels: Vec<(String, String)>,
    pub query: Vec<(String, String)>,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// In its place, for an operation whose input takes it piece by piece.
    pub stream: Option<ByteStream>,
}

/// The operation that a request is for, by its number, and what the codec reads; `None` where the service
/// has none of that method and path. `label` is the first label of the path where the host's name has it in
/// the path's place: a bucket.
pub fn read(
    schema: &'static ServiceSchema,
    parts: &RequestParts<'_>,
    label: Option<&str>,
    body: Vec<u8>,
) -> Result<Option<(usize, RestRequest)>, Malformed> {
    let query = Form::parse(parts.query.as_bytes())?.into_pairs();
    let headers = match is_s3(schema.signing_name) {
        true => hoisted::with(parts.headers, &query),
        false => parts.headers.to_vec(),
    };
    let path = match label {
        Some(label) => Cow::Owned(format!("/{label}{}", parts.path)),
        None => Cow::Borrowed(parts.path),
    };
    let matched = match_route(schema, parts.method, &path, &query, &headers);
    Ok(matched.map(|it| {
        let request = RestRequest {
            labels: it.labels,
            query,
            headers,
            body,
            stream: None,
        };
        (it.operation, request)
    }))
}

fn rest_of(body: &Body) -> Result<&RestRequest, Malformed> {
    match body {
        Body::Rest(request) => Ok(request),
        _ => Err(Malformed::misread()),
    }
}

/// The member that is the body, with its number.
fn payload(schema: &'static ServiceSchema, shape: ShapeIndex) -> Option<(usize, &'static Member)> {
    let mut members = schema.members(shape).iter().enumerate();
    members.find(|(_, it)| it.location == Location::Payload)
}

/// Fills a payload that is bytes or text as it came; `false` for one that has a form.
fn fill_raw(slot: &mut Slot<'_>, request: &RestRequest) -> Result<bool, Malformed> {
    let body = &request.body;
    match slot {
        Slot::Blob(to) => **to = body.clone(),
        Slot::Stream(to) => {
            **to = match &request.stream {
                Some(stream) => stream.clone(),
                None => body.clone().into(),
            };
        }
        Slot::Str(to) => {
            let text = std::str::from_utf8(body);
            text.map_err(|_| Malformed::new("the body is not UTF-8"))?
                .clone_into(to);
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// The parts of an answer that do not depend on the form of bodies.
fn begin(
    schema: &'static ServiceSchema,
    operation: &OperationSchema,
    output: &dyn Struct,
    content_type: &'static str,
) -> Answer {
    let mut answer = Answer::new(operation.status, content_type, Vec::new());
    if let Some(shape) = operation.output {
        bindings::encode(schema, shape, output, &mut answer);
    }
    answer
}

/// A payload that is bytes or text, with its type.
fn raw(view: &View<'_>) -> Option<(&'static str, Vec<u8>)> {
    match view {
        View::Blob(bytes) => Some(("application/octet-stream", bytes.to_vec())),
        // The dispatcher hands it on.
        View::Stream(_) => Some(("binary/octet-stream", Vec::new())),
        View::Str(text) => Some(("text/plain", text.as_bytes().to_vec())),
        _ => None,
    }
}

/// Says the request's id as clients of S3 look for it.
fn name_as_s3(answer: &mut Answer, request_id: &str) {
    let id = ("x-amz-request-id".into(), request_id.to_owned());
    answer.headers.push(id);
}

/// Whether answers of this status have no body.
fn is_bare(status: u16) -> bool {
    matches!(status, 204 | 205 | 304)
}

pub struct RestJson;

impl Codec for RestJson {
    fn content_type(&self) -> &'static str {
        "application/json"
    }

    fn decode(
        &self,
        schema: &'static ServiceSchema,
        operation: &OperationSchema,
        body: &Body,
        input: &mut dyn Struct,
    ) -> Result<(), Malformed> {
        let request = rest_of(body)?;
        let Some(shape) = operation.input else {
            return Ok(());
        };
        bindings::decode(schema, shape, request, input)?;
        let body = &request.body;
        let Some((index, member)) = payload(schema, shape) else {
            let slot = Slot::Struct(input);
            return json::decode_slot(schema, Names::Location, shape, body, slot);
        };
        if body.is_empty() && request.stream.is_none() {
            return Ok(());
        }
        let mut slot = place_of(input, index)?;
        match fill_raw(&mut slot, request)? {
            true => Ok(()),
            false => json::decode_slot(schema, Names::Location, member.shape, body, slot),
        }
    }

    fn encode(
        &self,
        schema: &'static ServiceSchema,
        operation: &OperationSchema,
        output: &dyn Struct,
        _: &str,
    ) -> Answer {
        let mut answer = begin(schema, operation, output, self.content_type());
        let shape = operation.output;
        match shape.and_then(|shape| payload(schema, shape)) {
            Some((index, member)) => {
                let view = output.member(index);
                if let Some((kind, bytes)) = raw(&view) {
                    (answer.content_type, answer.body) = (kind, bytes);
                } else if !matches!(view, View::Absent) {
                    answer.body = json::encode_view(schema, Names::Location, member.shape, view);
                }
            }
            None if is_bare(answer.status) => {}
            None => {
                let view = View::Struct(output);
                let body = shape.map(|it| json::encode_view(schema, Names::Location, it, view));
                answer.body = body.unwrap_or_else(|| b"{}".to_vec());
            }
        }
        answer
    }

    fn fault(&self, schema: &'static ServiceSchema, fault: &Fault, _: &str) -> Answer {
        let mut answer = Answer::new(fault.status, self.content_type(), Vec::new());
        let code = ("x-amzn-errortype".into(), fault.code.to_string());
        answer.headers.push(code);
        let mut body = serde_json::Map::new();
        body.insert("__type".to_owned(), fault.code.as_ref().into());
        body.insert("message".to_owned(), fault.message.as_str().into());
        if let Some((shape, added)) = error::members(schema, fault) {
            bindings::encode(schema, shape, &added, &mut answer);
            answer.status = fault.status;
            let view = View::Struct(&added);
            let added = json::encode_view(schema, Names::Location, shape, view);
            if let Ok(serde_json::Value::Object(added)) = serde_json::from_slice(&added) {
                body.extend(added);
            }
        }
        answer.body = serde_json::Value::Object(body).to_string().into_bytes();
        answer
    }

    fn unknown_operation(&self, schema: &ServiceSchema, _: &str) -> Fault {
        let service = schema.signing_name;
        let text = format!("{service} has no operation of that method and path.");
        Fault::sender("UnknownOperationException", 404, text)
    }

    fn malformed(&self, malformed: &Malformed) -> Fault {
        Fault::sender("SerializationException", 400, malformed.to_string())
    }

    fn violations(&self, violations: &[Violation]) -> Fault {
        Fault::sender("ValidationException", 400, constraints::summary(violations))
    }

    fn access_denied(&self, text: String) -> Fault {
        Fault::sender("AccessDeniedException", 403, text)
    }

    fn throttled(&self, _: &ServiceSchema) -> Fault {
        Fault::sender("ThrottlingException", 429, "Rate exceeded")
    }
}

pub struct RestXml;

impl Codec for RestXml {
    fn content_type(&self) -> &'static str {
        "application/xml"
    }

    fn decode(
        &self,
        schema: &'static ServiceSchema,
        operation: &OperationSchema,
        body: &Body,
        input: &mut dyn Struct,
    ) -> Result<(), Malformed> {
        let request = rest_of(body)?;
        let Some(shape) = operation.input else {
            return Ok(());
        };
        bindings::decode(schema, shape, request, input)?;
        if request.body.is_empty() && request.stream.is_none() {
            return Ok(());
        }
        let Some((index, member)) = payload(schema, shape) else {
            let members = schema.members(shape);
            if !members.iter().any(|it| it.location == Location::Body) {
                return Ok(());
            }
            return xml_input::decode(schema, members, &element::parse(&request.body)?, input);
        };
        let mut slot = place_of(input, index)?;
        if fill_raw(&mut slot, request)? {
            return Ok(());
        }
        let Slot::Struct(target) = slot else {
            return Err(Malformed::new("the schema does not fit"));
        };
        let root = element::parse(&request.body)?;
        xml_input::decode(schema, schema.members(member.shape), &root, target)
    }

    fn encode(
        &self,
        schema: &'static ServiceSchema,
        operation: &OperationSchema,
        output: &dyn Struct,
        request_id: &str,
    ) -> Answer {
        let mut answer = begin(schema, operation, output, self.content_type());
        if is_s3(schema.signing_name) {
            name_as_s3(&mut answer, request_id);
            let is_part = answer
                .headers
                .iter()
                .any(|(name, _)| name == "Content-Range");
            answer.status = if is_part { 206 } else { answer.status };
        }
        let Some(shape) = operation.output else {
            return answer;
        };
        if let Some((index, member)) = payload(schema, shape) {
            let view = output.member(index);
            if let Some((kind, bytes)) = raw(&view) {
                (answer.content_type, answer.body) = (kind, bytes);
            } else if let View::Struct(value) = view {
                answer.body = xml::encode_rest(schema, member.location_name, member.shape, value);
            }
        } else if schema
            .members(shape)
            .iter()
            .any(|it| it.location == Location::Body)
        {
            let root = match operation.result_wrapper {
                "" => schema.shape(shape).name,
                root => root,
            };
            answer.body = xml::encode_rest(schema, root, shape, output);
        }
        answer
    }

    fn fault(&self, schema: &'static ServiceSchema, fault: &Fault, request_id: &str) -> Answer {
        // S3 alone has no element around its errors.
        let body = match schema.name {
            _ if is_bare(fault.status) => Vec::new(),
            "s3" => xml::encode_bare_fault(fault, request_id),
            _ => xml::encode_fault(schema, fault, request_id),
        };
        let mut answer = Answer::new(fault.status, self.content_type(), body);
        if is_s3(schema.signing_name) {
            name_as_s3(&mut answer, request_id);
            for (name, value) in fault.headers() {
                answer.headers.push((name.into(), value.to_owned()));
            }
        }
        answer
    }

    fn unknown_operation(&self, _: &ServiceSchema, _: &str) -> Fault {
        let text = "The specified method is not allowed against this resource.";
        Fault::sender("MethodNotAllowed", 405, text)
    }

    fn malformed(&self, malformed: &Malformed) -> Fault {
        let text = malformed.to_string();
        match &malformed.argument {
            None => Fault::sender("MalformedXML", 400, text),
            Some((name, value)) => Fault::sender("InvalidArgument", 400, text)
                .with("ArgumentName", *name)
                .with("ArgumentValue", value.clone()),
        }
    }

    fn violations(&self, violations: &[Violation]) -> Fault {
        Fault::sender("InvalidArgument", 400, constraints::summary(violations))
    }

    fn access_denied(&self, text: String) -> Fault {
        Fault::sender("AccessDenied", 403, text)
    }

    fn throttled(&self, _: &ServiceSchema) -> Fault {
        Fault::sender("SlowDown", 503, "Please reduce your request rate.")
    }
}

/// A scalar of a header or label as text.
fn rendered(shape: &Shape, view: &View<'_>) -> Option<String> {
    super::text::render(shape, view, TimestampFormat::HttpDate)
}

/// The items of a list, or `None` for what is no list.
fn item_of(schema: &'static ServiceSchema, shape: &'static Shape) -> Option<&'static Shape> {
    match &shape.kind {
        Kind::List { member, .. } => Some(schema.shape(*member)),
        _ => None,
    }
}
