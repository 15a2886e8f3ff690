//! Protocols of the AWS APIs, and their signatures.

use std::sync::{Arc, LazyLock};

use wharf_base::Timestamp;
use wharf_wire::{
    Check, Context, Fault, Service, async_trait, audit,
    codec::{form, json},
    constraints,
    node::Payload,
    schema::{Checksums, Protocol, ServiceSchema, ShapeIndex},
    sigv4::{self, RequestParts},
    streaming::{Algorithm, Inbound, Promise},
};

use crate::input;

/// A service without operations: decoding needs only its schema and types.
struct Nothing;

macro_rules! nothing {
    ($($crate_name:ident :: $service:ident),* $(,)?) => {
        $(#[async_trait]
        impl $crate_name::$service for Nothing {
            async fn authorize(&self, _: &Context, input: $crate_name::Input<'_>) -> Result<Vec<Check>, Fault> {
                Ok(vec![Check::any(input.action())])
            }
        })*

        static SERVICES: LazyLock<Vec<Box<dyn Service>>> = LazyLock::new(|| {
            vec![$(Box::new($crate_name::Routes(Arc::new(Nothing)))),*]
        });
    };
}

nothing! {
    wharf_api_acm::Acm,
    wharf_api_cloudtrail::Cloudtrail,
    wharf_api_ec2::Ec2,
    wharf_api_ecr::Ecr,
    wharf_api_ecs::Ecs,
    wharf_api_elbv2::Elbv2,
    wharf_api_iam::Iam,
    wharf_api_logs::Logs,
    wharf_api_sts::Sts,
}

/// What `ecs.RunTask` names.
fn operation(name: &str) -> Option<(&'static dyn Service, usize)> {
    let (service, operation) = name.split_once('.')?;
    let service = SERVICES.iter().find(|it| it.schema().name == service)?;
    let operation = service.schema().find_operation(operation)?;
    Some((&**service, operation))
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
    let Some((service, operation)) = operation(name).filter(|it| wanted(it.0.schema().protocol))
    else {
        return;
    };
    let schema = service.schema();
    let shape = schema.operations[operation].input;
    let mut read = service.input(operation);
    let decoded = if schema.protocol.is_json() {
        json::decode(schema, shape, body, read.as_struct_mut())
    } else {
        form::Form::parse(body).and_then(|parsed| {
            let _ = (parsed.get("Action"), parsed.get("Version"));
            form::decode(schema, shape, &parsed, read.as_struct_mut())
        })
    };
    if decoded.is_ok() {
        examine(service, operation, shape, &*read);
    }
}

fn examine(service: &dyn Service, operation: usize, shape: Option<ShapeIndex>, read: &dyn Payload) {
    let schema = service.schema();
    let Some(index) = shape else { return };
    let violations = constraints::check(schema, index, read.as_struct());
    if !violations.is_empty() {
        let _ = constraints::summary(&violations);
        let _ = service.refuse(operation, &violations);
    }
    let _ = audit::without_secrets(schema, shape, read.as_struct());
    let shown = json::encode(schema, shape, read.as_struct());
    let mut again = service.input(operation);
    json::decode(schema, shape, &shown, again.as_struct_mut())
        .expect("what was read once can be written and read again");
}

/// A line `service.Operation`, then its answer as JSON, which is to be written as XML.
pub fn xml_answer(bytes: &[u8]) {
    let Some((name, body)) = input::line(bytes) else {
        return;
    };
    let Some((service, index)) = operation(name) else {
        return;
    };
    let schema: &'static ServiceSchema = service.schema();
    if schema.protocol.is_json() {
        return;
    }
    let operation = &schema.operations[index];
    let mut output = service.output(index);
    if json::decode(schema, operation.output, body, output.as_struct_mut()).is_ok() {
        let codec = schema.protocol.codec();
        let answer = codec.encode(schema, operation, output.as_struct(), "request-id");
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
    let Ok(promise) = Promise::read(&parts, payload, &Checksums::default()) else {
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
