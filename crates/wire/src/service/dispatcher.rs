//! A request's way: decoded, checked against the model, let in by the gate, run, and told to the audit log.

use std::sync::Arc;

use super::{
    Body, Check, Denied, Gate, Reply, Service,
    gate::asked_of_policies,
    trail::{Telling, Trail, alike},
};
use crate::{
    Call, CallerKind, Context, Fault,
    audit::{self, Alike, Auditor, Decided, Event, Queue},
    codec::{Codec, WRITTEN_DOWN, json},
    constraints,
    events::{EventAnswer, Output},
    node::{Payload, Slot, Struct, View},
    schema::{OperationSchema, ServiceSchema},
    streaming::{self, ByteStream},
    understood,
};

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
