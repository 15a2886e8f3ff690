//! A request whose client goes away before its answer is told of to the audit log all the same.

use std::{
    future::{Future, pending, poll_fn},
    sync::Arc,
    task::Poll,
};

use parking_lot::Mutex;
use wharf_api_logs::{Input, Logs, Routes, types::CreateLogGroupRequest};
use wharf_base::Timestamp;
use wharf_wire::{
    Call, Check, Context, Denied, Dispatcher, Fault, Gate, async_trait,
    audit::{Alike, Auditor, Event, Queue},
    service::Body,
};

struct Open;

#[async_trait]
impl Gate for Open {
    async fn decide(&self, _: &Context, _: &[Check]) -> Result<(), Denied> {
        Ok(())
    }
}

/// Its operation has no end, or one at once.
struct Slow {
    ends: bool,
}

#[async_trait]
impl Logs for Slow {
    async fn authorize(&self, _: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
        Ok(vec![Check::any(input.action())])
    }

    async fn create_log_group(&self, _: &Call, _: CreateLogGroupRequest) -> Result<(), Fault> {
        match self.ends {
            true => Ok(()),
            false => pending().await,
        }
    }
}

struct Told {
    name: String,
    parameters: Option<String>,
    code: Option<String>,
}

#[derive(Default)]
struct Heard(Mutex<Vec<Told>>);

#[async_trait]
impl Auditor for Heard {
    fn wants(&self, _: &str, _: &str) -> bool {
        true
    }

    fn record(&self, event: &Event) -> Queue {
        self.0.lock().push(Told {
            name: event.name.clone(),
            parameters: event.parameters.clone(),
            code: event.error.as_ref().map(|it| it.0.clone()),
        });
        Queue::HasRoom
    }

    fn record_often(&self, event: Event, _: Alike) -> Queue {
        self.record(&event)
    }

    async fn room(&self) {}
}

async fn heard(ends: bool) -> Vec<Told> {
    let heard = Arc::new(Heard::default());
    let dispatcher = Dispatcher::new(Arc::new(Open)).audited(heard.clone());
    let routes = Routes(Arc::new(Slow { ends }));
    let cx = Context::internal("000000000000", "us-east-1", "test", Timestamp(0));
    let body = Body::Json(r#"{"logGroupName":"g"}"#.into());
    {
        let mut asked = Box::pin(dispatcher.dispatch(&routes, cx, "CreateLogGroup", body));
        poll_fn(|cx| {
            assert_eq!(asked.as_mut().poll(cx).is_ready(), ends);
            Poll::Ready(())
        })
        .await;
    }
    std::mem::take(&mut *heard.0.lock())
}

#[tokio::test]
async fn a_request_that_was_given_up_is_told_of_once() {
    let told = heard(false).await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].name, "CreateLogGroup");
    let parameters = told[0].parameters.as_deref().unwrap_or_default();
    assert!(parameters.contains("\"g\""), "{parameters}");
    assert_eq!(told[0].code.as_deref(), Some("ClientClosedConnection"));
}

#[tokio::test]
async fn one_that_ended_is_told_of_once_as_it_ended() {
    let told = heard(true).await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].code, None);
}
