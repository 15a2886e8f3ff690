//! Protocols of the AWS APIs, and their signatures.

use wharf_base::Timestamp;
use wharf_wire::{
    Fault, audit,
    codec::{form, json},
    constraints,
    dynamic::Dynamic,
    schema::{Checksums, OperationSchema, Protocol, ServiceSchema, ShapeIndex},
    sigv4::{self, RequestParts},
    streaming::{Algorithm, Inbound, Promise},
};

use crate::{input, models::SCHEMAS};

/// What `ecs.RunTask` names.
fn operation(name: &str) -> Option<(&'static ServiceSchema, &'static OperationSchema)> {
    let (service, operation) = name.split_once('.')?;
    let schema = SCHEMAS.get(service).copied()?;
    let operation = schema.find_operation(operation)?;
    Some((schema, &schema.operations[operation]))
}

/// A line `service.Operation`, then the body of a request.
pub fn aws_json(bytes: &[u8]) {
    decode(bytes, |protocol| protocol.is_json());
}

/// The same for services that speak awsQuery.
pub fn aws_query(bytes: &[u8]) {
    decode(bytes, |protocol| protocol == Protocol::Query);
}

/// The same for EC2.
pub fn ec2_query(bytes: &[u8]) {
    decode(bytes, |protocol| protocol == Protocol::Ec2);
}

/// As the dispatcher: decoded, checked, shown in the audit log.
fn decode(bytes: &[u8], wanted: impl Fn(Protocol) -> bool) {
    let Some((name, body)) = input::line(bytes) else {
        return;
    };
    let found = operation(name).filter(|it| wanted(it.0.protocol));
    let Some((schema, Some(shape))) = found.map(|(schema, it)| (schema, it.input)) else {
        return;
    };
    let mut read = Dynamic::new(schema, shape);
    let decoded = if schema.protocol.is_json() {
        json::decode(schema, Some(shape), body, &mut read)
    } else {
        form::Form::parse(body).and_then(|parsed| {
            let _ = (parsed.get("Action"), parsed.get("Version"));
            form::decode(schema, Some(shape), &parsed, &mut read)
        })
    };
    if decoded.is_ok() {
        examine(schema, shape, &read);
    }
}

fn examine(schema: &'static ServiceSchema, shape: ShapeIndex, read: &Dynamic) {
    let violations = constraints::check(schema, shape, read);
    if !violations.is_empty() {
        let _ = constraints::summary(&violations);
    }
    let _ = audit::without_secrets(schema, Some(shape), read);
    let shown = json::encode(schema, Some(shape), read);
    let mut again = Dynamic::new(schema, shape);
    json::decode(schema, Some(shape), &shown, &mut again)
        .expect("what was read once can be written and read again");
}

/// A line `service.Operation`, then its answer as JSON, which is to be written as XML.
pub fn xml_answer(bytes: &[u8]) {
    let Some((name, body)) = input::line(bytes) else {
        return;
    };
    let Some((schema, operation)) = operation(name) else {
        return;
    };
    let Some(shape) = operation.output.filter(|_| !schema.protocol.is_json()) else {
        return;
    };
    let mut output = Dynamic::new(schema, shape);
    if json::decode(schema, Some(shape), body, &mut output).is_ok() {
        let codec = schema.protocol.codec();
        let answer = codec.encode(schema, operation, &output, "request-id");
        let text = String::from_utf8(answer.body).expect("answers are text");
        assert!(!text.contains('\0'), "no reader takes a zero in XML");
    }
}

/// The head of a request, and its body as it came: what is read of it does not depend on how it is cut.
pub fn aws_chunked(bytes: &[u8]) {
    let Some((method, path, headers, body)) = input::head(bytes) else {
        return;
    };
    let parts = RequestParts {
        method,
        path,
        query: "",
        headers: &headers,
    };
    let payload = parts.header(sigv4::PAYLOAD_HEADER).unwrap_or_default();
    let Ok(promise) = Promise::read(&parts, payload, &Checksums::default(), true) else {
        return;
    };
    let signer = sigv4::parse(&parts).ok();
    let signer = signer.map(|it| it.chunks("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"));
    let whole = received(
        Inbound::new(promise.clone(), signer.clone()),
        body,
        body.len(),
    );
    let cut = received(Inbound::new(promise.clone(), signer), body, 1);
    assert_eq!(whole, cut, "the same, however it is cut");
    if let Ok((read, _)) = whole {
        assert_eq!(read.len() as u64, promise.length);
    }
}

type Received = Result<(Vec<u8>, Vec<(Algorithm, String)>), String>;

fn received(mut inbound: Inbound, body: &[u8], size: usize) -> Received {
    let (mut read, code) = (Vec::new(), |fault: Fault| fault.code.into_owned());
    for piece in body.chunks(size.max(1)) {
        let mut piece = bytes::Bytes::copy_from_slice(piece);
        while let Some(data) = inbound.next(&mut piece).map_err(code)? {
            assert!(!data.is_empty(), "a piece has bytes");
            read.extend_from_slice(&data);
        }
    }
    Ok((read, inbound.finish().map_err(code)?))
}

/// The head of a request, and its body.
pub fn sigv4(bytes: &[u8]) {
    let Some((method, target, headers, rest)) = input::head(bytes) else {
        return;
    };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let parts = RequestParts {
        method,
        path,
        query,
        headers: &headers,
    };
    let Ok(signature) = sigv4::parse(&parts) else {
        return;
    };
    let _ = signature.check_time(Timestamp::from_millis(1_440_938_160_000));
    let _ = signature.promised_payload(&parts);
    let digest = sigv4::sha256_hex(rest);
    let _ = signature.check(&parts, &digest, "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
}
