//! The dispatcher: a decoded request goes through the model's checks, the operation's
//! authorisation row and IAM before the operation runs. Calls from outside and calls between
//! services pass the same gate.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use async_trait::async_trait;

use crate::{
    Call, CallerKind, Context, Fault,
    audit::{self, Alike, Auditor, Decided, Event, Queue, Sender},
    codec::{Codec, WRITTEN_DOWN, json},
    constraints::{self, Violation},
    events::{EventAnswer, Output},
    node::{Payload, Slot, Struct, View},
    schema::{OperationSchema, ServiceSchema},
    streaming::{self, ByteStream, Reader},
    understood::{self, Understood},
};

pub use crate::codec::{Answer, Body};

/// One question to IAM: may the caller do `action` to `resource`?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// `ecs:RunTask`
    pub action: String,
    /// An ARN, or `*` for actions that have no resource.
    pub resource: String,
    /// Whose the resource is, where its ARN does not say it: buckets of S3.
    pub resource_account: Option<String>,
    /// Condition keys beyond the global ones, with their values: `ecs:cluster`, `iam:PassedToService`.
    pub context: BTreeMap<String, Vec<String>>,
    /// The resource's own policy as JSON, where the resource has one.
    pub resource_policy: Option<String>,
    /// Nobody gets past that policy, whatever their own policies say: keys of KMS.
    pub requires_resource_policy: bool,
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
            resource_account: None,
            context: BTreeMap::new(),
            resource_policy: None,
            requires_resource_policy: false,
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

    /// What a role is passed for: the resource that will use it.
    #[must_use]
    pub fn associated_with(self, resource: impl Into<String>) -> Self {
        self.with("iam:AssociatedResourceArn", resource)
    }

    /// Adds a value of a condition key.
    pub fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.context
            .entry(key.to_owned())
            .or_default()
            .push(value.into());
        self
    }

    /// Adds one, if a request says it.
    pub fn with_some(self, key: &str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// Adds all of these values of a condition key.
    pub fn with_all(self, key: &str, values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let values = values.into_iter();
        values.fold(self, |check, value| check.with(key, value))
    }

    /// On a resource of this account, whose ARN names none.
    pub fn of_account(mut self, account: &str) -> Self {
        self.resource_account = Some(account.to_owned());
        self
    }

    pub fn with_resource_policy(mut self, policy: Option<String>) -> Self {
        self.resource_policy = policy;
        self
    }

    /// With a policy that must allow it, whatever else does.
    pub fn with_required_policy(mut self, policy: String) -> Self {
        self.resource_policy = Some(policy);
        self.requires_resource_policy = true;
        self
    }
}

/// What IAM does not let pass: the text of the refusal, as the caller is told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Denied(pub String);

/// The checks that policies decide; an operation without any row is refused, so that a forgotten one
/// opens nothing.
fn asked_of_policies<'a>(cx: &Context, checks: &'a [Check]) -> Result<Cow<'a, [Check]>, Denied> {
    if checks.is_empty() {
        tracing::error!(caller = %cx.caller.arn, "a request without an authorisation row was refused");
        let text = "This operation has no authorisation row, so nobody may call it.";
        return Err(Denied(text.to_owned()));
    }
    // The policy of a VPC endpoint counts for what is open to all, too.
    let through = cx.origin.as_ref().is_some_and(|it| it.endpoint.is_some());
    let is_asked = |check: &Check| match check.asked_of {
        AskedOf::Policies => true,
        AskedOf::Nobody => through,
        AskedOf::Operation => false,
    };
    Ok(match checks.iter().all(is_asked) {
        true => Cow::Borrowed(checks),
        false => checks.iter().filter(|it| is_asked(it)).cloned().collect(),
    })
}

/// What users and roles there are could not be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read what users and roles there are")]
pub struct Unreadable(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// IAM as the dispatcher sees it.
#[async_trait]
pub trait Gate: Send + Sync {
    /// All checks must pass; the error is the refusal of the first that does not.
    async fn decide(&self, cx: &Context, checks: &[Check]) -> Result<(), Denied>;

    /// The same, with what decided each check, up to the first that was refused.
    async fn explain(&self, cx: &Context, checks: &[Check]) -> (Result<(), Denied>, Vec<Decided>) {
        (self.decide(cx, checks).await, Vec::new())
    }

    /// The unique ids (`AIDA…`, `AROA…`) of the users and roles of these ARNs; those that do not exist are not
    /// in it, nor is what is no ARN of either. `None` of a gate that does not know what exists.
    async fn unique_ids(
        &self,
        _arns: &[String],
    ) -> Result<Option<BTreeMap<String, String>>, Unreadable> {
        Ok(None)
    }

    /// The ARNs that users and roles of these unique ids have now; those that are gone are not in it.
    async fn arns(&self, _ids: &[String]) -> Result<BTreeMap<String, String>, Unreadable> {
        Ok(BTreeMap::new())
    }
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
    /// Which members of inputs operations understand; `None` where that is not looked at.
    fn understood(&self) -> Option<&'static Understood> {
        None
    }
    /// The functions of operations that this version has; `None` where nobody says.
    fn written(&self) -> Option<&'static [&'static str]> {
        None
    }
    /// Whether this version has the operation, or nobody says that it has not: all others are answered
    /// [`Fault::unsupported`].
    fn has(&self, operation: usize) -> bool {
        let name = self.schema().operations[operation].name;
        let written = self.written();
        written.is_none_or(|all| all.iter().any(|it| is_function_of(it, name)))
    }
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
    ) -> Result<Output, Fault>;
}

/// Whether a function is that of an operation: `run_task` of `RunTask`.
fn is_function_of(function: &str, operation: &str) -> bool {
    let lower = |it: u8| it.to_ascii_lowercase();
    let letters = function.bytes().filter(|it| *it != b'_').map(lower);
    letters.eq(operation.bytes().map(lower))
}

/// What a request from outside is answered.
pub enum Reply {
    Whole(Answer),
    /// A body that follows piece by piece, in place of the answer's.
    Stream(Answer, Reader),
    /// Goes on until the client or the operation ends it.
    Events(EventAnswer),
}

impl Reply {
    pub fn status(&self) -> u16 {
        match self {
            Self::Whole(answer) | Self::Stream(answer, _) => answer.status,
            Self::Events(_) => 200,
        }
    }

    /// Whether it tells of a limit that its caller has met.
    pub fn is_of_limit(&self) -> bool {
        matches!(self, Self::Whole(answer) if answer.is_of_limit)
    }

    /// `None` for one that goes on.
    pub fn whole(self) -> Option<Answer> {
        match self {
            Self::Whole(answer) => Some(answer),
            Self::Stream(..) | Self::Events(_) => None,
        }
    }
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        Self::Whole(answer)
    }
}

/// Runs requests through check, gate and operation.
#[derive(Clone)]
pub struct Dispatcher {
    gate: Arc<dyn Gate>,
    auditor: Option<Arc<dyn Auditor>>,
}

/// A request as it is to be read.
struct Asked<'a> {
    codec: &'a dyn Codec,
    body: Body,
    /// The body that passes piece by piece, where it is not in the request itself.
    stream: Option<ByteStream>,
}

/// What the audit log wants to know of an operation while it runs.
#[derive(Default)]
struct Trail {
    wanted: bool,
    /// The gate did not let it in, which is told of what is not wanted, too.
    denied: bool,
    context: Option<Arc<Context>>,
    parameters: Option<String>,
    response: Option<String>,
    decided: Vec<Decided>,
    /// Whose what is asked for is, where the caller is of no account.
    owner: Option<String>,
}

impl Trail {
    /// The event of an operation that is over.
    fn event(
        &mut self,
        schema: &ServiceSchema,
        operation: &str,
        refused: Option<&Fault>,
    ) -> Option<Event> {
        let mut context = self.context.take()?;
        if let Some(owner) = self.owner.take() {
            Arc::make_mut(&mut context).account = owner;
        }
        Some(Event {
            context,
            service: schema.signing_name.to_owned(),
            name: operation.to_owned(),
            is_api_call: true,
            read_only: audit::is_read_only(operation),
            parameters: self.parameters.take(),
            response: self.response.take(),
            details: None,
            error: refused.map(|fault| {
                let code = audit::error_code(schema, &fault.code, fault.status);
                (code, fault.message.clone())
            }),
            decided: std::mem::take(&mut self.decided),
            repeats: None,
        })
    }
}

/// A request that is being answered. With its client it may be dropped at any await, after it had effect: then that is told of.
struct Telling<'a> {
    auditor: Option<&'a dyn Auditor>,
    schema: &'a ServiceSchema,
    operation: &'a str,
    trail: Trail,
    is_over: bool,
}

impl Drop for Telling<'_> {
    fn drop(&mut self) {
        let wanted = self.trail.wanted && !self.is_over;
        let Some(auditor) = self.auditor.filter(|_| wanted) else {
            return;
        };
        let Some(event) = self.trail.event(self.schema, self.operation, None) else {
            return;
        };
        let text = "The client closed its connection before there was an answer; the request may have had effect.";
        let error = Some(("ClientClosedConnection".to_owned(), text.to_owned()));
        // Nobody is here to wait for room; the event is taken all the same.
        let _taken = auditor.record(&Event { error, ..event });
    }
}

impl Dispatcher {
    pub fn new(gate: Arc<dyn Gate>) -> Self {
        Self {
            gate,
            auditor: None,
        }
    }

    /// Tells of every request from outside.
    pub fn audited(self, auditor: Arc<dyn Auditor>) -> Self {
        Self {
            auditor: Some(auditor),
            ..self
        }
    }

    /// One request from outside, from body to answer; every failure is an answer too.
    pub async fn dispatch(
        &self,
        service: &dyn Service,
        cx: impl Into<Arc<Context>>,
        operation: &str,
        body: Body,
    ) -> Reply {
        let cx = cx.into();
        let schema = service.schema();
        let request_id = cx.request_id.clone();
        let codec = body.protocol(schema).codec();
        let asked = Asked {
            codec,
            body,
            stream: None,
        };
        let ran = self.told(service, cx, operation, asked).await;
        match ran {
            Ok((operation, Output::Whole(output))) => {
                let operation = &schema.operations[operation];
                let output = output.as_struct();
                let answer = codec.encode(schema, operation, output, &request_id);
                match stream_of(schema, operation, output) {
                    Some(stream) => Reply::Stream(answer, stream.reader()),
                    None => answer.into(),
                }
            }
            Ok((operation, Output::Events(events))) => {
                let output = schema.operations[operation].output;
                Reply::Events(EventAnswer::new(
                    schema,
                    codec.content_type(),
                    output,
                    events,
                ))
            }
            Err(fault) => {
                let answer = codec.fault(schema, &fault, &request_id);
                answer.telling(&fault).into()
            }
        }
    }

    /// One call of an operation by its name, with an input that somebody wrote down: members are called
    /// as in the model or as SDKs spell them. It is let in and told of like a request from outside;
    /// the answer is the output as JSON.
    ///
    /// # Errors
    /// Those of the operation; a body or an answer that passes piece by piece.
    pub async fn call(
        &self,
        service: &dyn Service,
        cx: Context,
        operation: &str,
        input: Vec<u8>,
    ) -> Result<Vec<u8>, Fault> {
        self.call_written_down(service, cx, operation, input, None)
            .await
    }

    /// The same for an operation whose input has a body that passes piece by piece.
    ///
    /// # Errors
    /// Those of the operation and of the body; an operation without such a body; an answer that passes piece by piece.
    pub async fn call_with_body(
        &self,
        service: &dyn Service,
        cx: Context,
        operation: &str,
        input: Vec<u8>,
        stream: ByteStream,
    ) -> Result<Vec<u8>, Fault> {
        self.call_written_down(service, cx, operation, input, Some(stream))
            .await
    }

    async fn call_written_down(
        &self,
        service: &dyn Service,
        cx: Context,
        operation: &str,
        input: Vec<u8>,
        stream: Option<ByteStream>,
    ) -> Result<Vec<u8>, Fault> {
        let schema = service.schema();
        let fits = |it: &OperationSchema| {
            schema.stream(it.input).is_some() == stream.is_some()
                && schema.stream(it.output).is_none()
        };
        let found = schema.find_operation(operation);
        if found.is_some_and(|it| !fits(&schema.operations[it])) {
            return Err(WRITTEN_DOWN.unknown_operation(schema, operation));
        }
        let request = Asked {
            codec: &WRITTEN_DOWN,
            body: Body::Json(input.into()),
            stream,
        };
        match self.told(service, Arc::new(cx), operation, request).await? {
            (operation, Output::Whole(output)) => {
                let shape = schema.operations[operation].output;
                Ok(json::encode(schema, shape, output.as_struct()))
            }
            (_, Output::Events(_)) => Err(WRITTEN_DOWN.unknown_operation(schema, operation)),
        }
    }

    /// Runs a request and tells the audit log what became of it.
    async fn told(
        &self,
        service: &dyn Service,
        cx: Arc<Context>,
        operation: &str,
        request: Asked<'_>,
    ) -> Result<(usize, Output), Fault> {
        let schema = service.schema();
        let auditor = self.auditor.as_deref();
        let mut telling = Telling {
            auditor,
            schema,
            operation,
            trail: Trail {
                wanted: auditor.is_some_and(|it| it.wants(schema.signing_name, operation)),
                ..Trail::default()
            },
            is_over: false,
        };
        let trail = &mut telling.trail;
        let ran = self.run(service, cx, operation, request, trail).await;
        telling.is_over = true;
        let trail = &mut telling.trail;
        if let Some(auditor) = auditor
            && (trail.wanted || trail.denied)
            && let Some(event) = trail.event(schema, operation, ran.as_ref().err())
        {
            let told = match alike(&event, trail.wanted) {
                Some(alike) => auditor.record_often(event, alike),
                None => auditor.record(&event),
            };
            if told == Queue::Full {
                auditor.room().await;
            }
        }
        ran
    }

    /// Asks the gate what policies are asked of.
    async fn ask(&self, cx: &Context, checks: &[Check]) -> Result<(), Denied> {
        let asked = asked_of_policies(cx, checks)?;
        match asked.is_empty() {
            true => Ok(()),
            false => self.gate.decide(cx, &asked).await,
        }
    }

    /// The same, with what decided each check.
    async fn explain(&self, cx: &Context, checks: &[Check]) -> (Result<(), Denied>, Vec<Decided>) {
        match asked_of_policies(cx, checks) {
            Ok(asked) if asked.is_empty() => (Ok(()), Vec::new()),
            Ok(asked) => self.gate.explain(cx, &asked).await,
            Err(denied) => (Err(denied), Vec::new()),
        }
    }

    /// A decision about what is no operation of an API. Its event is named after the first check.
    async fn decide_and_tell(&self, cx: &Arc<Context>, checks: &[Check]) -> Result<(), Denied> {
        let action = checks.first().map_or("", |check| check.action.as_str());
        let (service, name) = action.split_once(':').unwrap_or(("wharf", action));
        let auditor = self.auditor.as_deref();
        // Why it was decided so is worked out for the event alone.
        if name.is_empty() || !auditor.is_some_and(|it| it.wants(service, name)) {
            return self.ask(cx, checks).await;
        }
        let (outcome, decided) = self.explain(cx, checks).await;
        let refused = outcome.as_ref().err();
        let event = Event::of_service(cx.clone(), service, name);
        self.tell(Event {
            error: refused.map(|it| ("AccessDenied".to_owned(), it.0.clone())),
            decided,
            ..event
        })
        .await;
        outcome
    }

    /// Tells the audit log of what was decided by others than the gate.
    pub async fn tell(&self, event: Event) {
        if let Some(auditor) = self.auditor_of(&event)
            && auditor.record(&event) == Queue::Full
        {
            auditor.room().await;
        }
    }

    /// The same of what may come very often: those that are alike are counted.
    pub async fn tell_often(&self, event: Event, alike: Alike) {
        if let Some(auditor) = self.auditor_of(&event)
            && auditor.record_often(event, alike) == Queue::Full
        {
            auditor.room().await;
        }
    }

    fn auditor_of(&self, event: &Event) -> Option<&dyn Auditor> {
        let auditor = self.auditor.as_deref();
        auditor.filter(|it| it.wants(&event.service, &event.name))
    }

    /// Asks the gate outside of an operation, for what is no API call: a websocket, a plane.
    pub async fn decide(&self, cx: &Context, checks: &[Check]) -> Result<(), Denied> {
        self.decide_and_tell(&Arc::new(cx.clone()), checks).await
    }

    /// Authorises what is no API call but changes something all the same.
    pub async fn authorize(
        &self,
        cx: impl Into<Arc<Context>>,
        checks: &[Check],
    ) -> Result<Call, Denied> {
        let cx = cx.into();
        self.decide_and_tell(&cx, checks).await?;
        Ok(Call::authorized(cx, &self.gate))
    }

    /// The same for who tells the audit log itself, once it knows what came of it: with what decided
    /// each check.
    pub async fn weigh(
        &self,
        cx: Context,
        checks: &[Check],
    ) -> (Result<Call, Denied>, Vec<Decided>) {
        let (outcome, decided) = self.explain(&cx, checks).await;
        (outcome.map(|()| Call::authorized(cx, &self.gate)), decided)
    }

    /// Asks the gate for a request from outside that is served by other means than the service's API:
    /// the registry's protocol. A refusal is the fault that the service would answer.
    pub async fn admit_from_outside(
        &self,
        schema: &ServiceSchema,
        cx: impl Into<Arc<Context>>,
        checks: &[Check],
    ) -> Result<Call, Fault> {
        let authorized = self.authorize(cx, checks).await;
        authorized.map_err(|denied| schema.protocol.codec().access_denied(denied.0))
    }

    /// Asks the gate for a call to a service by another; generated clients use it. A refusal is the
    /// fault that the called service would answer.
    ///
    /// What a service does in its own name is told to the audit log if it changes something. What it
    /// reads, or looks up in the name of its caller, belongs to the request that it carries out.
    pub async fn admit(
        &self,
        schema: &ServiceSchema,
        call: &Call,
        checks: &[Check],
    ) -> Result<Call, Fault> {
        let cx = call.context();
        let action = checks.first().map_or("", |check| check.action.as_str());
        let changes = !audit::is_read_only(action.split_once(':').map_or("", |it| it.1));
        let outcome = if changes && cx.caller.kind == CallerKind::Service {
            self.decide_and_tell(call.shared_context(), checks).await
        } else {
            self.ask(cx, checks).await
        };
        outcome.map_err(|denied| schema.protocol.codec().access_denied(denied.0))?;
        Ok(call.let_in(&self.gate))
    }

    async fn run(
        &self,
        service: &dyn Service,
        cx: Arc<Context>,
        operation: &str,
        request: Asked<'_>,
        trail: &mut Trail,
    ) -> Result<(usize, Output), Fault> {
        trail.context = Some(cx.clone());
        let (index, input, stream) = self.let_in(service, &cx, operation, request, trail).await?;
        let call = Call::authorized(cx, &self.gate);
        let output = service.invoke(&call, index, input).await?;
        if stream.is_some_and(|it| !it.has_ended()) {
            tracing::error!(operation, "an operation succeeded without its body");
            return Err(streaming::fault::internal());
        }
        if let Output::Whole(output) = &output
            && trail.wanted
            && !audit::is_read_only(operation)
        {
            let schema = service.schema();
            let shape = schema.operations[index].output;
            trail.response = audit::without_secrets(schema, shape, output.as_struct());
        }
        Ok((index, output))
    }

    /// The operation and its input, for whom the gate lets call it.
    async fn let_in(
        &self,
        service: &dyn Service,
        cx: &Context,
        operation: &str,
        request: Asked<'_>,
        trail: &mut Trail,
    ) -> Result<(usize, Box<dyn Payload>, Option<ByteStream>), Fault> {
        let schema = service.schema();
        let Asked {
            codec,
            body,
            stream,
        } = request;
        let index = schema
            .find_operation(operation)
            .ok_or_else(|| codec.unknown_operation(schema, operation))?;
        let operation = &schema.operations[index];
        let shape = operation.input;
        let mut input = service.input(index);
        codec
            .decode(schema, operation, &body, input.as_struct_mut())
            .map_err(|malformed| codec.malformed(&malformed))?;
        let stream = match (stream, body) {
            (Some(stream), _) => {
                put_stream(schema, operation, input.as_struct_mut(), &stream);
                Some(stream)
            }
            (None, Body::Rest(request)) => request.stream,
            (None, _) => None,
        };
        if trail.wanted {
            trail.parameters = audit::without_secrets(schema, shape, input.as_struct());
        }
        if let Some(shape) = shape {
            let violations = constraints::check(schema, shape, input.as_struct());
            if !violations.is_empty() {
                let own = service.refuse(index, &violations);
                return Err(own.unwrap_or_else(|| codec.violations(&violations)));
            }
        }
        let checks = service.checks(cx, index, &*input).await?;
        if cx.account.is_empty() {
            let mut owners = checks.iter().map(|it| &it.resource_account);
            trail.owner = owners.find_map(Clone::clone);
        }
        let outcome = if trail.wanted {
            let (outcome, decided) = self.explain(cx, &checks).await;
            trail.decided = decided;
            outcome
        } else {
            let outcome = self.ask(cx, &checks).await;
            if outcome.is_err() && self.auditor.is_some() {
                (_, trail.decided) = self.explain(cx, &checks).await;
                trail.denied = true;
            }
            outcome
        };
        outcome.map_err(|denied| codec.access_denied(denied.0))?;
        understood::check(service.understood(), schema, index, input.as_struct())?;
        Ok((index, input, stream))
    }
}

/// Whoever says nothing of themselves may be refused as often as they like, and so may who moves data;
/// those are counted.
fn alike(event: &Event, wanted: bool) -> Option<Alike> {
    let (code, _) = event.error.as_ref()?;
    let (cx, service, name) = (&event.context, &event.service, &event.name);
    if cx.caller.kind == CallerKind::Anonymous {
        Some(Alike {
            sender: Sender::Unnamed,
            by: format!("{:?} {service} {name} {code}", cx.source_ip),
        })
    } else if wanted {
        None
    } else {
        Some(Alike {
            sender: Sender::Proven,
            by: format!("{} {service} {name} {code}", cx.caller.arn),
        })
    }
}

/// Puts a body where an input has it.
fn put_stream(
    schema: &'static ServiceSchema,
    operation: &OperationSchema,
    input: &mut dyn Struct,
    stream: &ByteStream,
) {
    let member = schema.stream(operation.input).map(|(index, _)| index);
    if let Some(Slot::Stream(to)) = member.and_then(|index| input.member_mut(index)) {
        *to = stream.clone();
    }
}

/// What an output answers piece by piece.
fn stream_of<'a>(
    schema: &ServiceSchema,
    operation: &OperationSchema,
    output: &'a dyn Struct,
) -> Option<&'a ByteStream> {
    let (index, _) = schema.stream(operation.output)?;
    match output.member(index) {
        View::Stream(stream) => Some(stream),
        _ => None,
    }
}

/// A fault in the protocol that the service's clients prefer.
pub fn failure(schema: &'static ServiceSchema, fault: &Fault, request_id: &str) -> Answer {
    schema.protocol.codec().fault(schema, fault, request_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_have_the_names_of_their_operations() {
        for (function, operation, fits) in [
            ("run_task", "RunTask", true),
            ("list_objects_v2", "ListObjectsV2", true),
            (
                "create_open_id_connect_provider",
                "CreateOpenIDConnectProvider",
                true,
            ),
            ("run_task", "RunTasks", false),
            ("run_tasks", "RunTask", false),
        ] {
            assert_eq!(is_function_of(function, operation), fits, "{function}");
        }
    }
}
