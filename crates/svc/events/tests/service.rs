//! The service in process, over a real store.

use wharf_api_events::Events as _;
use wharf_svc_events::EventsService;
use wharf_testkit::{World, call};

#[tokio::test]
async fn what_is_not_written_says_so() {
    let world = World::new();
    let service = EventsService::new(world.store.clone(), world.keyring.clone());
    let answer = service
        .activate_event_source(&call(), Default::default())
        .await;
    assert_eq!(answer.unwrap_err().code, "UnsupportedOperation");
}
