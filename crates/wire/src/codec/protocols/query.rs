//! awsQuery and EC2's dialect of it: forms in, XML out.

use crate::{
    Fault,
    codec::{Answer, Body, Codec, Malformed, form, xml},
    constraints::{self, Violation},
    node::Struct,
    schema::{OperationSchema, ServiceSchema},
};

pub struct Query;

impl Codec for Query {
    fn content_type(&self) -> &'static str {
        "text/xml"
    }

    fn decode(
        &self,
        schema: &'static ServiceSchema,
        operation: &OperationSchema,
        body: &Body,
        input: &mut dyn Struct,
    ) -> Result<(), Malformed> {
        let Body::Form(form) = body else {
            return Err(Malformed::misread());
        };
        form::decode(schema, operation.input, form, input)
    }

    fn encode(
        &self,
        schema: &'static ServiceSchema,
        operation: &OperationSchema,
        output: &dyn Struct,
        request_id: &str,
    ) -> Answer {
        let body = xml::encode_query(schema, operation, output, request_id);
        Answer::new(operation.status, self.content_type(), body)
    }

    fn fault(&self, schema: &'static ServiceSchema, fault: &Fault, request_id: &str) -> Answer {
        let body = xml::encode_fault(schema, fault, request_id);
        Answer::new(fault.status, self.content_type(), body)
    }

    fn unknown_operation(&self, schema: &ServiceSchema, name: &str) -> Fault {
        let version = schema.api_version;
        Fault::sender(
            "InvalidAction",
            400,
            format!("Could not find operation {name} for version {version}"),
        )
    }

    fn malformed(&self, malformed: &Malformed) -> Fault {
        Fault::sender("MalformedInput", 400, malformed.to_string())
    }

    fn violations(&self, violations: &[Violation]) -> Fault {
        Fault::sender("ValidationError", 400, constraints::summary(violations))
    }

    fn access_denied(&self, text: String) -> Fault {
        Fault::sender("AccessDenied", 403, text)
    }

    fn throttled(&self, schema: &ServiceSchema) -> Fault {
        // Elastic Load Balancing uses JSON's code.
        let code = match schema.signing_name {
            "elasticloadbalancing" => "ThrottlingException",
            _ => "Throttling",
        };
        Fault::sender(code, 400, "Rate exceeded")
    }
}

pub struct Ec2;

impl Codec for Ec2 {
    fn content_type(&self) -> &'static str {
        "text/xml;charset=UTF-8"
    }

    fn decode(
        &self,
        schema: &'static ServiceSchema,
        operation: &OperationSchema,
        body: &Body,
        input: &mut dyn Struct,
    ) -> Result<(), Malformed> {
        Query.decode(schema, operation, body, input)
    }

    fn encode(
        &self,
        schema: &'static ServiceSchema,
        operation: &OperationSchema,
        output: &dyn Struct,
        request_id: &str,
    ) -> Answer {
        let body = xml::encode_ec2(schema, operation, output, request_id);
        Answer::new(operation.status, self.content_type(), body)
    }

    fn fault(&self, _: &'static ServiceSchema, fault: &Fault, request_id: &str) -> Answer {
        let body = xml::encode_ec2_fault(fault, request_id);
        Answer::new(fault.status, self.content_type(), body)
    }

    /// AWS's code for both, since clients forgive it what a region does not have.
    fn unknown_operation(&self, schema: &ServiceSchema, name: &str) -> Fault {
        let text = match schema.leaves_out(name) {
            true => format!(
                "{}:{name} is not supported by this version of wharf. docs/coverage.md lists the \
                 operations that are.",
                schema.signing_name
            ),
            false => format!("The action {name} is not valid for this web service."),
        };
        Fault::sender("InvalidAction", 400, text)
    }

    fn malformed(&self, malformed: &Malformed) -> Fault {
        Fault::sender("InvalidParameterValue", 400, malformed.to_string())
    }

    fn violations(&self, violations: &[Violation]) -> Fault {
        let first = &violations[0];
        match first.broken {
            constraints::Broken::Missing => Fault::sender(
                "MissingParameter",
                400,
                format!("The request must contain the parameter {}", first.member),
            ),
            _ => Fault::sender(
                "InvalidParameterValue",
                400,
                format!(
                    "Value ({}) for parameter {} is invalid. {}",
                    first.value.as_deref().unwrap_or("***"),
                    first.member,
                    first.constraint()
                ),
            ),
        }
    }

    fn access_denied(&self, text: String) -> Fault {
        let text = format!("You are not authorized to perform this operation. {text}");
        Fault::sender("UnauthorizedOperation", 403, text)
    }

    fn throttled(&self, _: &ServiceSchema) -> Fault {
        Fault::sender("RequestLimitExceeded", 503, "Request limit exceeded.")
    }
}
