//! The dispatcher: a decoded request goes through the model's checks, the operation's
//! authorisation row and IAM before the operation runs. Calls from outside and calls between
//! services pass the same gate.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;

use crate::{
    Call, Context, Fault,
    codec::{self, Malformed, form::Form},
    constraints::{self, Violation},
    node::Payload,
    schema::{Protocol, ServiceSchema},
};

/// One question to IAM: may the caller do `action` to `resource`?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// `ecs:RunTask`
    pub action: String,
    /// An ARN, or `*` for actions that have no resource.
    pub resource: String,
    /// Condition keys beyond the global ones, with their values: `ecs:cluster`, `iam:PassedToService`.
    pub context: BTreeMap<String, Vec<String>>,
    /// The resource's own policy as JSON, where the resource has one.
    pub resource_policy: Option<String>,
    /// Who answers it.
    pub asked_of: AskedOf,
}

/// Who answers a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskedOf {
    /// The caller's policies.
    Policies,
    /// Nobody: whoever has valid keys may do it, whatever policies say.
    Nobody,
    /// The operation itself, which weighs more than the caller's policies.
    Operation,
}

impl Check {
    pub fn new(action: impl Into<String>, resource: impl Into<String>) -> Self {
        Self {
            action: action.into(),
            resource: resource.into(),
            context: BTreeMap::new(),
            resource_policy: None,
            asked_of: AskedOf::Policies,
        }
    }

    /// An operation that is open to all who have valid keys, as AWS documents of a few.
    pub fn open_to_all(action: impl Into<String>) -> Self {
        Self {
            asked_of: AskedOf::Nobody,
            ..Self::any(action)
        }
    }

    /// An operation that asks the gate itself, once it knows what else decides (a role's trust
    /// policy).
    pub fn weighed_by_the_operation(action: impl Into<String>) -> Self {
        Self {
            asked_of: AskedOf::Operation,
            ..Self::any(action)
        }
    }

    /// An action without a resource.
    pub fn any(action: impl Into<String>) -> Self {
        Self::new(action, "*")
    }

    /// `iam:PassRole` on `role` for the service that will assume it (platform §3).
    pub fn pass_role(role: impl Into<String>, to_service: &str) -> Self {
        Self::new("iam:PassRole", role).with("iam:PassedToService", to_service)
    }

    /// Adds a value of a condition key.
    pub fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.context
            .entry(key.to_owned())
            .or_default()
            .push(value.into());
        self
    }

    pub fn with_resource_policy(mut self, policy: Option<String>) -> Self {
        self.resource_policy = policy;
        self
    }
}

/// IAM as the dispatcher sees it.
#[async_trait]
pub trait Gate: Send + Sync {
    /// All checks must pass; the error is the text of the refusal for the first that does not.
    async fn decide(&self, cx: &Context, checks: &[Check]) -> Result<(), String>;
}

/// A service with its types erased; implemented by the generated `Routes`.
#[async_trait]
pub trait Service: Send + Sync {
    fn schema(&self) -> &'static ServiceSchema;
    /// An empty input of the operation.
    fn input(&self, operation: usize) -> Box<dyn Payload>;
    /// An empty output of the operation, for those who decode answers.
    fn output(&self, operation: usize) -> Box<dyn Payload>;
    /// The operation's own way to refuse an input that breaks the model, if it has one.
    fn refuse(&self, operation: usize, violations: &[Violation]) -> Option<Fault>;
    /// The authorisation row of the operation.
    async fn checks(
        &self,
        cx: &Context,
        operation: usize,
        input: &dyn Payload,
    ) -> Result<Vec<Check>, Fault>;
    async fn invoke(
        &self,
        call: &Call,
        operation: usize,
        input: Box<dyn Payload>,
    ) -> Result<Box<dyn Payload>, Fault>;
}

/// An answer in the service's protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub content_type: &'static str,
    pub body: Vec<u8>,
}

/// What a request asks for, taken from its headers or form.
#[derive(Debug)]
pub enum Body {
    Json(Vec<u8>),
    Form(Form),
}

/// Runs requests through check, gate and operation.
#[derive(Clone)]
pub struct Dispatcher {
    gate: Arc<dyn Gate>,
}

impl Dispatcher {
    pub fn new(gate: Arc<dyn Gate>) -> Self {
        Self { gate }
    }

    /// One request from outside, from body to answer; every failure is an answer too.
    pub async fn dispatch(
        &self,
        service: &dyn Service,
        cx: Context,
        operation: &str,
        body: Body,
    ) -> Answer {
        let schema = service.schema();
        let request_id = cx.request_id.clone();
        match self.run(service, cx, operation, body).await {
            Ok((operation, output)) => success(schema, operation, &*output, &request_id),
            Err(fault) => failure(schema, &fault, &request_id),
        }
    }

    /// Asks the gate outside of an operation, for what is no API call: a websocket, a registry request.
    /// The error is the text of the refusal.
    pub async fn decide(&self, cx: &Context, checks: &[Check]) -> Result<(), String> {
        if checks.is_empty() {
            tracing::error!(caller = %cx.caller.arn, "a request without an authorisation row was refused");
            return Err(
                "This operation has no authorisation row, so nobody may call it.".to_owned(),
            );
        }
        let is_asked = |check: &Check| check.asked_of == AskedOf::Policies;
        if checks.iter().all(is_asked) {
            return self.gate.decide(cx, checks).await;
        }
        let asked: Vec<Check> = checks.iter().filter(|it| is_asked(it)).cloned().collect();
        if asked.is_empty() {
            return Ok(());
        }
        self.gate.decide(cx, &asked).await
    }

    /// Authorises what is no API call but changes something all the same. The error is the text of
    /// the refusal.
    pub async fn authorize(&self, cx: Context, checks: &[Check]) -> Result<Call, String> {
        self.decide(&cx, checks).await?;
        Ok(Call::authorized(cx))
    }

    /// Asks the gate for a call to a service by another; generated clients use it. A refusal is the
    /// fault that the called service would answer.
    pub async fn admit(
        &self,
        schema: &ServiceSchema,
        call: &Call,
        checks: &[Check],
    ) -> Result<Call, Fault> {
        self.decide(call.context(), checks)
            .await
            .map_err(|text| access_denied(schema, text))?;
        Ok(Call::authorized(call.context().clone()))
    }

    async fn run(
        &self,
        service: &dyn Service,
        cx: Context,
        operation: &str,
        body: Body,
    ) -> Result<(usize, Box<dyn Payload>), Fault> {
        let schema = service.schema();
        let index = schema
            .find_operation(operation)
            .ok_or_else(|| unknown_operation(schema, operation))?;
        let shape = schema.operations[index].input;
        let mut input = service.input(index);
        let decoded = match &body {
            Body::Json(body) => codec::json::decode(schema, shape, body, input.as_struct_mut()),
            Body::Form(form) => codec::form::decode(schema, shape, form, input.as_struct_mut()),
        };
        decoded.map_err(|malformed| refuse_malformed(schema, &malformed))?;
        if let Some(shape) = shape {
            let violations = constraints::check(schema, shape, input.as_struct());
            if !violations.is_empty() {
                let own = service.refuse(index, &violations);
                return Err(own.unwrap_or_else(|| refuse_violations(schema, &violations)));
            }
        }
        let checks = service.checks(&cx, index, &*input).await?;
        self.decide(&cx, &checks)
            .await
            .map_err(|text| access_denied(schema, text))?;
        let call = Call::authorized(cx);
        Ok((index, service.invoke(&call, index, input).await?))
    }
}

fn success(
    schema: &'static ServiceSchema,
    operation: usize,
    output: &dyn Payload,
    request_id: &str,
) -> Answer {
    let operation = &schema.operations[operation];
    let body = match schema.protocol {
        Protocol::Json { .. } => codec::json::encode(schema, operation.output, output.as_struct()),
        Protocol::Query | Protocol::Ec2 => {
            codec::xml::encode(schema, operation, output.as_struct(), request_id)
        }
    };
    Answer {
        status: 200,
        content_type: content_type(schema.protocol),
        body,
    }
}

/// A fault in the service's protocol.
pub fn failure(schema: &'static ServiceSchema, fault: &Fault, request_id: &str) -> Answer {
    let body = match schema.protocol {
        Protocol::Json { .. } => codec::json::encode_fault(fault),
        Protocol::Query | Protocol::Ec2 => codec::xml::encode_fault(schema, fault, request_id),
    };
    Answer {
        status: fault.status,
        content_type: content_type(schema.protocol),
        body,
    }
}

fn content_type(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Json { minor: 0 } => "application/x-amz-json-1.0",
        Protocol::Json { .. } => "application/x-amz-json-1.1",
        Protocol::Query => "text/xml",
        Protocol::Ec2 => "text/xml;charset=UTF-8",
    }
}

fn unknown_operation(schema: &ServiceSchema, operation: &str) -> Fault {
    match schema.protocol {
        Protocol::Json { .. } => Fault::sender("UnknownOperationException", 400, ""),
        Protocol::Query => Fault::sender(
            "InvalidAction",
            400,
            format!(
                "Could not find operation {operation} for version {}",
                schema.api_version
            ),
        ),
        Protocol::Ec2 => Fault::sender(
            "InvalidAction",
            400,
            format!("The action {operation} is not valid for this web service."),
        ),
    }
}

fn refuse_malformed(schema: &ServiceSchema, malformed: &Malformed) -> Fault {
    match schema.protocol {
        Protocol::Json { .. } => {
            Fault::sender("SerializationException", 400, malformed.to_string())
        }
        Protocol::Query => Fault::sender("MalformedInput", 400, malformed.to_string()),
        Protocol::Ec2 => Fault::sender("InvalidParameterValue", 400, malformed.to_string()),
    }
}

fn refuse_violations(schema: &ServiceSchema, violations: &[Violation]) -> Fault {
    match schema.protocol {
        Protocol::Json { .. } => {
            Fault::sender("ValidationException", 400, constraints::summary(violations))
        }
        Protocol::Query => Fault::sender("ValidationError", 400, constraints::summary(violations)),
        Protocol::Ec2 => ec2_violation(&violations[0]),
    }
}

fn ec2_violation(first: &Violation) -> Fault {
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
                first.value,
                first.member,
                first.constraint()
            ),
        ),
    }
}

fn access_denied(schema: &ServiceSchema, text: String) -> Fault {
    match schema.protocol {
        Protocol::Json { .. } => Fault::sender("AccessDeniedException", 400, text),
        Protocol::Query => Fault::sender("AccessDenied", 403, text),
        Protocol::Ec2 => Fault::sender(
            "UnauthorizedOperation",
            403,
            format!("You are not authorized to perform this operation. {text}"),
        ),
    }
}
