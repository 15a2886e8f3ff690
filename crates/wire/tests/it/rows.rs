//! Authorisation rows as the dispatcher reads them: an empty one lets nobody in, and what is open
//! says so.

use std::sync::Arc;

use wharf_base::Timestamp;
use wharf_wire::{Check, Context, Denied, Dispatcher, Gate, async_trait};

/// Answers every check alike.
struct Always(Result<(), &'static str>);

#[async_trait]
impl Gate for Always {
    async fn decide(&self, _: &Context, checks: &[Check]) -> Result<(), Denied> {
        assert!(!checks.is_empty(), "the gate is asked about something");
        self.0.map_err(|text| Denied(text.to_owned()))
    }
}

async fn decided(gate: Result<(), &'static str>, checks: &[Check]) -> Result<(), Denied> {
    let cx = Context::internal("000000000000", "us-east-1", "test", Timestamp(0));
    let dispatcher = Dispatcher::new(Arc::new(Always(gate)));
    let decided = dispatcher.decide(&cx, checks).await;
    let authorized = dispatcher.authorize(cx, checks).await.map(|_| ());
    assert_eq!(decided, authorized);
    decided
}

#[tokio::test]
async fn an_empty_row_lets_nobody_in() {
    let refused = decided(Ok(()), &[]).await.unwrap_err();
    assert!(refused.0.contains("no authorisation row"), "{refused}");
}

#[tokio::test]
async fn what_is_open_is_asked_of_nobody() {
    let open = Check::open_to_all("sts:GetCallerIdentity");
    let weighed = Check::weighed_by_the_operation("sts:AssumeRole");
    for row in [
        vec![open.clone()],
        vec![weighed.clone()],
        vec![open.clone(), weighed],
    ] {
        assert_eq!(decided(Err("no"), &row).await, Ok(()));
    }
    // It opens nothing else.
    let mixed = [open, Check::any("ecs:RunTask")];
    assert_eq!(
        decided(Err("no"), &mixed).await,
        Err(Denied("no".to_owned()))
    );
    assert_eq!(decided(Ok(()), &mixed).await, Ok(()));
}
