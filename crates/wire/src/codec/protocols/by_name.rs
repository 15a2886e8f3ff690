//! Calls made here for somebody who wrote the input down as JSON: the target of a schedule. Whatever the
//! service's protocol, the words are those of awsJson.

use super::Json;
use crate::{
    Fault,
    codec::{Answer, Body, Codec, Malformed, json},
    constraints::Violation,
    node::{Slot, Struct},
    schema::{OperationSchema, ServiceSchema},
};

pub(crate) struct ByName;

const WORDS: Json = Json { minor: 1 };

impl Codec for ByName {
    fn content_type(&self) -> &'static str {
        WORDS.content_type()
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
        match operation.input {
            Some(shape) => {
                let names = json::Names::Spelled;
                json::decode_slot(schema, names, shape, body, Slot::Struct(input))
            }
            None => Ok(()),
        }
    }

    fn encode(
        &self,
        schema: &'static ServiceSchema,
        operation: &OperationSchema,
        output: &dyn Struct,
        request_id: &str,
    ) -> Answer {
        WORDS.encode(schema, operation, output, request_id)
    }

    fn fault(&self, schema: &'static ServiceSchema, fault: &Fault, request_id: &str) -> Answer {
        WORDS.fault(schema, fault, request_id)
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
