//! Changes at the same time, and a store opened again.

use std::sync::Arc;

use wharf_api_iam::{Iam, types::*};
use wharf_seal::Keyring;
use wharf_store::{Store, StoreOptions};
use wharf_svc_iam::Directory;

use crate::world::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn counts_hold_when_many_attach_and_detach_at_once() {
    let w = Arc::new(world());
    let policy = w.policy("p", ALLOW_ALL).await;
    let users: Vec<String> = (0..8).map(|number| format!("u{number}")).collect();
    for user in &users {
        w.user(user).await;
    }
    let mut running = tokio::task::JoinSet::new();
    for user in users {
        let (w, policy) = (Arc::clone(&w), policy.clone());
        running.spawn(async move {
            let detach = DetachUserPolicyRequest {
                user_name: Some(user.clone()),
                policy_arn: Some(policy.clone()),
            };
            for _ in 0..10 {
                while !done(w.attach_user(&user, &policy).await) {}
                while !done(w.iam.detach_user_policy(&root(), detach.clone()).await) {}
            }
            while !done(w.attach_user(&user, &policy).await) {}
        });
    }
    while let Some(ended) = running.join_next().await {
        ended.unwrap();
    }
    let get = GetPolicyRequest {
        policy_arn: Some(policy),
    };
    let shown = w
        .iam
        .get_policy(&root(), get)
        .await
        .unwrap()
        .policy
        .unwrap();
    assert_eq!(shown.attachment_count, Some(8));
}

/// Whether it happened; clients try again when others were changing the same thing.
fn done(answer: Result<(), wharf_wire::Fault>) -> bool {
    match answer {
        Err(fault) if fault.code == "ConcurrentModification" => false,
        answer => {
            answer.unwrap();
            true
        }
    }
}

#[tokio::test]
async fn keys_survive_being_closed_and_opened() {
    let dir = tempfile::tempdir().unwrap();
    let ring = dir.path().join("keyring");
    let mut known = Vec::new();
    for _ in 0..2 {
        let store = Store::open(&dir.path().join("store"), StoreOptions::default()).unwrap();
        let directory = Directory::new(store, Keyring::open_or_create(&ring).unwrap());
        let key = directory
            .root_credentials(&PERMIT, ACCOUNT, NOW)
            .await
            .unwrap()
            .unwrap();
        known.push((key.access_key_id, key.secret.expose().to_owned()));
    }
    assert_eq!(known[0], known[1]);
}
