//! The service in process, over a real store.

use wharf_api_efs::Efs as _;
use wharf_svc_efs::EfsService;
use wharf_testkit::{World, call};

#[tokio::test]
async fn what_is_not_written_says_so() {
    let world = World::new();
    let service = EfsService::new(world.store.clone(), world.keyring.clone());
    let answer = service.create_access_point(&call(), Default::default()).await;
    assert_eq!(answer.unwrap_err().code, "UnsupportedOperation");
}
