//! The service in process, over a real store.

use wharf_api_s3::S3 as _;
use wharf_svc_s3::S3Service;
use wharf_testkit::{World, call};

#[tokio::test]
async fn what_is_not_written_says_so() {
    let world = World::new();
    let service = S3Service::new(world.store.clone(), world.keyring.clone());
    let answer = service
        .abort_multipart_upload(&call(), Default::default())
        .await;
    assert_eq!(answer.unwrap_err().code, "UnsupportedOperation");
}
