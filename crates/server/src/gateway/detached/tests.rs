use std::{
    future::{Future, pending, poll_fn},
    sync::{Arc, Weak},
    task::Poll,
};

use parking_lot::Mutex;
use tokio::sync::Notify;
use wharf_api_logs::{
    Input, Logs, Routes,
    types::{CreateLogGroupRequest, DescribeLogGroupsRequest, DescribeLogGroupsResponse},
};
use wharf_base::Timestamp;
use wharf_wire::{
    Call, Check, Denied, Fault, Gate, async_trait,
    audit::{Alike, Auditor, Event, Queue},
};

use super::*;

struct Open;

#[async_trait]
impl Gate for Open {
    async fn decide(&self, _: &Context, _: &[Check]) -> Result<(), Denied> {
        Ok(())
    }
}

/// Its operation ends when it is let go on, if ever.
#[derive(Default)]
struct Slow {
    go_on: Notify,
}

#[async_trait]
impl Logs for Slow {
    async fn authorize(&self, _: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
        Ok(vec![Check::any(input.action())])
    }

    async fn create_log_group(&self, _: &Call, _: CreateLogGroupRequest) -> Result<(), Fault> {
        self.go_on.notified().await;
        Ok(())
    }

    async fn describe_log_groups(
        &self,
        _: &Call,
        _: DescribeLogGroupsRequest,
    ) -> Result<DescribeLogGroupsResponse, Fault> {
        pending().await
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

struct Asked {
    heard: Arc<Heard>,
    slow: Arc<Slow>,
    held: Weak<()>,
}

/// A request whose client goes away once it has begun.
async fn given_up(operation: &str, body: &[u8]) -> Asked {
    let (heard, slow, held) = (
        Arc::<Heard>::default(),
        Arc::<Slow>::default(),
        Arc::new(()),
    );
    let asked = Asked {
        heard: heard.clone(),
        slow: slow.clone(),
        held: Arc::downgrade(&held),
    };
    let dispatcher = Dispatcher::new(Arc::new(Open)).audited(heard);
    let routes: Arc<dyn Service> = Arc::new(Routes(slow));
    let cx = Context::internal("000000000000", "us-east-1", "test", Timestamp(0));
    let body = Body::Json(body.to_vec().into());
    let operation = operation.to_owned();
    let mut work = Box::pin(dispatch(&dispatcher, &routes, cx, operation, body, held));
    let mut turns = 0;
    poll_fn(|cx| {
        assert!(work.as_mut().poll(cx).is_pending());
        turns += 1;
        // A task of its own needs a turn to begin.
        cx.waker().wake_by_ref();
        if turns > 3 {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
    asked
}

#[tokio::test]
async fn what_changes_something_comes_to_its_end() {
    let asked = given_up("CreateLogGroup", br#"{"logGroupName":"g"}"#).await;
    tokio::task::yield_now().await;
    assert!(asked.heard.0.lock().is_empty());
    assert!(
        asked.held.upgrade().is_some(),
        "what it holds counts while it runs"
    );
    asked.slow.go_on.notify_one();
    while asked.held.upgrade().is_some() {
        tokio::task::yield_now().await;
    }
    let told = std::mem::take(&mut *asked.heard.0.lock());
    assert_eq!(told.len(), 1);
    assert_eq!(
        (told[0].name.as_str(), &told[0].code),
        ("CreateLogGroup", &None)
    );
    let parameters = told[0].parameters.as_deref().unwrap_or_default();
    assert!(parameters.contains("\"g\""), "{parameters}");
}

#[tokio::test]
async fn what_only_reads_is_given_up_and_told_of_once() {
    let asked = given_up("DescribeLogGroups", b"{}").await;
    assert!(asked.held.upgrade().is_none());
    let told = std::mem::take(&mut *asked.heard.0.lock());
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].name, "DescribeLogGroups");
    assert_eq!(told[0].code.as_deref(), Some("ClientClosedConnection"));
}

#[test]
fn who_waits_for_something_ends_with_its_client() {
    let of = |schema, operation| ends_with_its_client(schema, operation);
    let (logs, sqs) = (
        &wharf_api_logs::schema::SERVICE,
        &wharf_api_sqs::schema::SERVICE,
    );
    assert!(of(logs, "StartLiveTail"));
    assert!(of(sqs, "ReceiveMessage"));
    assert!(of(sqs, "ListQueues"));
    assert!(!of(sqs, "SendMessage"));
    assert!(!of(logs, "PutLogEvents"));
    // An answer in pieces is for whoever reads it; a body in pieces may have come whole.
    let s3 = &wharf_api_s3::schema::SERVICE;
    assert!(of(s3, "GetObject"));
    assert!(!of(s3, "PutObject"));
}
