//! awsJson 1.0 and 1.1, and Smithy's RPC v2 in CBOR, which has the same words.

use crate::{
    Fault,
    codec::{
        Answer, Body, Codec, Malformed, cbor, error,
        json::{self, Names},
    },
    constraints::{self, Violation},
    node::{Slot, Struct, View},
    schema::{OperationSchema, ServiceSchema},
};

pub struct Json {
    pub minor: u8,
    /// What members of inputs are called.
    pub names: Names,
}

/// For inputs that somebody wrote down for later, of whatever service: the target of a schedule.
pub const WRITTEN_DOWN: Json = Json {
    minor: 1,
    names: Names::Spelled,
};

impl Codec for Json {
    fn content_type(&self) -> &'static str {
        match self.minor {
            0 => "application/x-amz-json-1.0",
            _ => "application/x-amz-json-1.1",
        }
    }

    fn decode(
        &self,
        schema: &'static ServiceSchema,
        operation: &OperationSchema,
        body: &Body,
        input: &mut dyn Struct,
    ) -> Result<(), Malformed> {
        let Body::Json(body) = body else {
            return Err(Malformed::misread());
        };
        let Some(shape) = operation.input else {
            return Ok(());
        };
        json::decode_slot(schema, self.names, shape, body, Slot::Struct(input))
    }

    fn encode(
        &self,
        schema: &'static ServiceSchema,
        operation: &OperationSchema,
        output: &dyn Struct,
        _: &str,
    ) -> Answer {
        let body = json::encode(schema, operation.output, output);
        Answer::new(operation.status, self.content_type(), body)
    }

    fn fault(&self, schema: &'static ServiceSchema, fault: &Fault, _: &str) -> Answer {
        let body = json::encode_fault(fault);
        let mut answer = Answer::new(fault.status, self.content_type(), body);
        answer.headers.extend(error::query_error(schema, fault));
        answer
    }

    fn unknown_operation(&self, schema: &ServiceSchema, name: &str) -> Fault {
        unknown_operation(schema, name)
    }

    fn malformed(&self, malformed: &Malformed) -> Fault {
        Fault::sender("SerializationException", 400, malformed.to_string())
    }

    fn violations(&self, violations: &[Violation]) -> Fault {
        Fault::sender("ValidationException", 400, constraints::summary(violations))
    }

    fn access_denied(&self, text: String) -> Fault {
        Fault::sender("AccessDeniedException", 400, text)
    }

    fn throttled(&self, _: &ServiceSchema) -> Fault {
        Fault::sender("ThrottlingException", 400, "Rate exceeded")
    }
}

/// AWS says nothing here; a client newer than this version should learn what it lacks.
fn unknown_operation(schema: &ServiceSchema, operation: &str) -> Fault {
    let plain = |b: u8| b.is_ascii_alphanumeric();
    let is_name = !operation.is_empty() && operation.len() <= 64 && operation.bytes().all(plain);
    let service = schema.signing_name;
    let text = match is_name {
        true => format!("{service}:{operation} is not supported by this version of wharf."),
        false => format!("{service} has no operation of that name."),
    };
    Fault::sender("UnknownOperationException", 400, text)
}

pub struct Cbor;

/// Whose words CBOR has.
const WORDS: Json = Json {
    minor: 1,
    names: Names::Model,
};

impl Cbor {
    fn answer(status: u16, body: Vec<u8>) -> Answer {
        let mut answer = Answer::new(status, cbor::CONTENT_TYPE, body);
        let protocol = ("smithy-protocol".into(), cbor::PROTOCOL.to_owned());
        answer.headers.push(protocol);
        answer
    }
}

impl Codec for Cbor {
    fn content_type(&self) -> &'static str {
        cbor::CONTENT_TYPE
    }

    fn decode(
        &self,
        schema: &'static ServiceSchema,
        operation: &OperationSchema,
        body: &Body,
        input: &mut dyn Struct,
    ) -> Result<(), Malformed> {
        let Body::Cbor(body) = body else {
            return Err(Malformed::misread());
        };
        cbor::decode(schema, operation.input, body, input)
    }

    fn encode(
        &self,
        schema: &'static ServiceSchema,
        operation: &OperationSchema,
        output: &dyn Struct,
        _: &str,
    ) -> Answer {
        let view = View::Struct(output);
        let body = operation
            .output
            .map(|shape| cbor::encode_view(schema, shape, &view));
        Self::answer(operation.status, body.unwrap_or_default())
    }

    fn fault(&self, schema: &'static ServiceSchema, fault: &Fault, _: &str) -> Answer {
        let mut answer = Self::answer(fault.status, cbor::encode_fault_of(schema, fault));
        answer.headers.extend(error::query_error(schema, fault));
        answer
    }

    fn unknown_operation(&self, schema: &ServiceSchema, name: &str) -> Fault {
        WORDS.unknown_operation(schema, name)
    }

    fn malformed(&self, malformed: &Malformed) -> Fault {
        WORDS.malformed(malformed)
    }

    fn violations(&self, violations: &[Violation]) -> Fault {
        WORDS.violations(violations)
    }

    fn access_denied(&self, text: String) -> Fault {
        WORDS.access_denied(text)
    }

    fn throttled(&self, schema: &ServiceSchema) -> Fault {
        WORDS.throttled(schema)
    }
}
