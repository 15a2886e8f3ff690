//! Answers that go on: an operation whose output is an event stream returns its events one by one,
//! each made when the client is ready to take it.
//!
//! Nothing runs between two events: a client that reads slowly holds no more than the one it takes,
//! and one that goes away ends the stream, which is dropped with the answer's body.

use async_trait::async_trait;

use crate::{
    Fault,
    codec::{eventstream, json},
    node::{Payload, Struct, View},
    schema::{Member, ServiceSchema, ShapeIndex},
};

/// The events of one answer.
#[async_trait]
pub trait Events<T>: Send {
    /// The next event; `None` after the last. A fault is the last.
    async fn next(&mut self) -> Option<Result<T, Fault>>;
}

pub type EventStream<T> = Box<dyn Events<T>>;

/// What an operation that succeeded answers.
pub enum Output {
    Whole(Box<dyn Payload>),
    Events(EventStream<Box<dyn Payload>>),
}

impl Output {
    /// Events without their type, as the dispatcher takes them.
    pub fn events<T: Payload>(events: EventStream<T>) -> Self {
        Self::Events(Box::new(Untyped(events)))
    }
}

struct Untyped<T>(EventStream<T>);

#[async_trait]
impl<T: Payload> Events<Box<dyn Payload>> for Untyped<T> {
    async fn next(&mut self) -> Option<Result<Box<dyn Payload>, Fault>> {
        let event = self.0.next().await?;
        Some(event.map(|event| Box::new(event) as Box<dyn Payload>))
    }
}

/// An answer of events, in messages of `application/vnd.amazon.eventstream`.
pub struct EventAnswer {
    schema: &'static ServiceSchema,
    content_type: &'static str,
    /// The events that there are, by their names.
    kinds: &'static [Member],
    events: EventStream<Box<dyn Payload>>,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Begins,
    Runs,
    Over,
}

impl EventAnswer {
    /// `output` is the operation's, a structure whose only member is the stream.
    pub(crate) fn new(
        schema: &'static ServiceSchema,
        content_type: &'static str,
        output: Option<ShapeIndex>,
        events: EventStream<Box<dyn Payload>>,
    ) -> Self {
        let mut members = output.into_iter().flat_map(|it| schema.members(it));
        let stream = members.find(|it| it.events);
        Self {
            schema,
            content_type,
            kinds: stream.map_or(&[], |stream| schema.members(stream.shape)),
            events,
            stage: Stage::Begins,
        }
    }

    /// The next message; `None` after the last.
    pub async fn next(&mut self) -> Option<Vec<u8>> {
        match self.stage {
            // Clients of the JSON protocols wait for it before they return the stream.
            Stage::Begins => {
                self.stage = Stage::Runs;
                let kind = self.content_type;
                Some(self.made(eventstream::event("initial-response", kind, b"{}")))
            }
            Stage::Runs => {
                let Some(event) = self.events.next().await else {
                    self.stage = Stage::Over;
                    return None;
                };
                Some(match event {
                    Ok(event) => self.event(event.as_struct()),
                    Err(fault) => self.fault(&fault),
                })
            }
            Stage::Over => None,
        }
    }

    fn event(&mut self, event: &dyn Struct) -> Vec<u8> {
        let set =
            self.kinds
                .iter()
                .enumerate()
                .find_map(|(index, kind)| match event.member(index) {
                    View::Struct(value) => Some((kind, value)),
                    _ => None,
                });
        let Some((kind, value)) = set else {
            return self.fault(&internal("An event of no kind."));
        };
        let body = json::encode(self.schema, Some(kind.shape), value);
        self.made(eventstream::event(kind.name, self.content_type, &body))
    }

    fn made(&mut self, event: Result<Vec<u8>, eventstream::TooLarge>) -> Vec<u8> {
        event.unwrap_or_else(|cause| {
            tracing::error!(error = %cause, service = self.schema.name, "an event stream failed and is closed");
            self.fault(&internal("An event was too large."))
        })
    }

    /// The last message.
    fn fault(&mut self, fault: &Fault) -> Vec<u8> {
        self.stage = Stage::Over;
        if self.kinds.iter().any(|kind| kind.name == fault.code) {
            let body = json::encode_fault(fault);
            return eventstream::exception(fault, self.content_type, &body);
        }
        eventstream::error(fault)
    }
}

fn internal(text: &str) -> Fault {
    Fault {
        sender: false,
        ..Fault::sender("InternalFailure", 500, text)
    }
}
