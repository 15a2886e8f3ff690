//! The service in process, over a real store.

use wharf_api_sns::Sns as _;
use wharf_svc_sns::SnsService;
use wharf_testkit::{World, call};

#[tokio::test]
async fn what_is_not_written_says_so() {
    let world = World::new();
    let service = SnsService::new(world.store.clone(), world.keyring.clone());
    let answer = service.add_permission(&call(), Default::default()).await;
    assert_eq!(answer.unwrap_err().code, "UnsupportedOperation");
}
