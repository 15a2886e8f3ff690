//! Volumes whose keys the control plane is slow to give.

use std::slice::from_ref;

use tokio::task::JoinSet;
use wharf_planeproto::volume::{SealedFile, Volume};
use wharf_sealed_file::seal;

use super::super::{
    Volumes,
    snapshots::tests::{ONE, Server, TWO, image, told, until, volume},
};

/// Attached, and its file is there.
fn sealed(volumes: &Volumes, digits: &str) -> Volume {
    image(volumes, digits);
    let volume = Volume {
        sealed: Some(SealedFile::Kept),
        attached: true,
        ..volume(digits)
    };
    seal(&volumes.files.image(&volume.id)).unwrap();
    volume
}

#[tokio::test]
async fn one_does_not_wait_for_the_key_of_another() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start().await;
    server.open.send_replace(false);
    let volumes = Volumes::new(dir.path());
    let (one, two) = (sealed(&volumes, ONE), sealed(&volumes, TWO));
    let mut opening = JoinSet::new();
    let mut look = async || {
        let now = volumes.told();
        volumes.open_sealed(&server.api, &now, &mut opening).await
    };
    told(&volumes, from_ref(&one), &[]);
    assert!(look().await);
    server.sees(&format!("GET {}/key", one.id)).await;
    // Nobody answers, and what comes next is asked for all the same.
    told(&volumes, &[one.clone(), two.clone()], &[]);
    assert!(look().await);
    server.sees(&format!("GET {}/key", two.id)).await;
    assert!(volumes.sealed.is_under_way(&one.id) && volumes.sealed.is_under_way(&two.id));
    server.open.send_replace(true);
    until("both answers", || {
        !volumes.sealed.is_under_way(&one.id) && !volumes.sealed.is_under_way(&two.id)
    })
    .await;
    // The answers were no keys, which each says for itself.
    for id in [&one.id, &two.id] {
        let why = volumes.sealed.why_not(id).unwrap();
        assert!(why.starts_with("its key cannot be had"), "{why}");
    }
}
