//! Answers of events through the dispatcher.

use std::{collections::VecDeque, sync::Arc};

use wharf_api_logs::{Input, Logs, Routes, types::*};
use wharf_base::Timestamp;
use wharf_wire::{
    Call, Check, Context, Denied, Dispatcher, EventStream, Events, Fault, Gate, async_trait,
    service::{Body, Reply},
};

struct Open;

#[async_trait]
impl Gate for Open {
    async fn decide(&self, _: &Context, _: &[Check]) -> Result<(), Denied> {
        Ok(())
    }
}

/// A service that streams what it is given.
struct Told(Vec<Result<StartLiveTailResponseStream, Fault>>);

struct Left(VecDeque<Result<StartLiveTailResponseStream, Fault>>);

#[async_trait]
impl Events<StartLiveTailResponseStream> for Left {
    async fn next(&mut self) -> Option<Result<StartLiveTailResponseStream, Fault>> {
        self.0.pop_front()
    }
}

#[async_trait]
impl Logs for Told {
    async fn authorize(&self, _: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
        Ok(vec![Check::any(input.action())])
    }

    async fn start_live_tail(
        &self,
        _: &Call,
        _: StartLiveTailRequest,
    ) -> Result<EventStream<StartLiveTailResponseStream>, Fault> {
        Ok(Box::new(Left(self.0.clone().into())))
    }
}

fn update(message: &str) -> StartLiveTailResponseStream {
    StartLiveTailResponseStream {
        session_update: Some(LiveTailSessionUpdate {
            session_results: Some(vec![LiveTailSessionLogEvent {
                message: Some(message.to_owned()),
                ..Default::default()
            }]),
            ..Default::default()
        }),
        ..Default::default()
    }
}

async fn answered(operation: &str, body: &str, told: Told) -> Reply {
    let cx = Context::internal("000000000000", "us-east-1", "test", Timestamp(0));
    let body = Body::Json(body.to_owned().into());
    let routes = Routes(Arc::new(told));
    let dispatcher = Dispatcher::new(Arc::new(Open));
    dispatcher.dispatch(&routes, cx, operation, body).await
}

/// The messages as texts; frames are what `codec::eventstream` tests.
async fn messages(told: Vec<Result<StartLiveTailResponseStream, Fault>>) -> Vec<String> {
    let body = r#"{"logGroupIdentifiers":["g"]}"#;
    let reply = answered("StartLiveTail", body, Told(told)).await;
    assert_eq!(reply.status(), 200);
    let Reply::Events(mut events) = reply else {
        panic!("the answer ends");
    };
    let mut messages = Vec::new();
    while let Some(message) = events.next().await {
        messages.push(String::from_utf8_lossy(&message).into_owned());
    }
    assert_eq!(events.next().await, None);
    messages
}

fn has(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "{part} in {message:?}");
    }
}

#[tokio::test]
async fn events_come_behind_the_initial_response_until_the_stream_ends() {
    let told = messages(vec![Ok(update("a")), Ok(update("b"))]).await;
    assert_eq!(told.len(), 3);
    has(
        &told[0],
        &["initial-response", "application/x-amz-json-1.1", "{}"],
    );
    let body = |text: &str| format!(r#"{{"sessionResults":[{{"message":"{text}"}}]}}"#);
    has(&told[1], &["sessionUpdate", &body("a")]);
    has(&told[2], &["sessionUpdate", &body("b")]);
}

#[tokio::test]
async fn a_fault_is_the_last_message() {
    let late = wharf_api_logs::faults::session_timeout_exception("late");
    let told = messages(vec![Err(late), Ok(update("a"))]).await;
    assert_eq!(told.len(), 2);
    has(
        &told[1],
        &[
            ":exception-type",
            "SessionTimeoutException",
            r#""message":"late""#,
        ],
    );
    // One that the stream's model does not have.
    let told = messages(vec![Err(Fault::sender("Odd", 400, "why")), Ok(update("a"))]).await;
    assert_eq!(told.len(), 2);
    has(&told[1], &[":error-code", "Odd", ":error-message", "why"]);
    assert!(!told[1].contains(":exception-type"));
}

#[tokio::test]
async fn an_event_of_no_kind_ends_the_stream() {
    let told = messages(vec![Ok(Default::default()), Ok(update("a"))]).await;
    assert_eq!(told.len(), 2);
    has(&told[1], &["InternalFailure"]);
}

#[tokio::test]
async fn what_is_refused_is_answered_whole() {
    let reply = answered("StartLiveTail", "{}", Told(vec![])).await;
    assert_eq!(reply.status(), 400);
    let answer = reply.whole().unwrap();
    has(
        &String::from_utf8(answer.body).unwrap(),
        &["logGroupIdentifiers"],
    );
}
