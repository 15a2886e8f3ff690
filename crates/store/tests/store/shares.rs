//! What an account may have of the store, on each engine.

use wharf_base::ShareFull;
use wharf_store::{Store, StoreError, StoreOptions, Txn};

use super::support::{Bench, Engine, Folder, Memory, PERMIT};

const A: &str = "000000000001";
const B: &str = "000000000002";
const SHARE: u64 = 64 << 10;

fn key(account: &str, region: &str, id: &str) -> String {
    format!("/w1/c0/ssm/{account}/{region}/parameter/{id}")
}

fn object(bucket: &str, id: &str) -> String {
    format!("/w1/c0/s3/platform/aws-global/o/{bucket}/{id}")
}

fn options() -> StoreOptions {
    StoreOptions {
        account_bytes: Some(SHARE),
        ..StoreOptions::default()
    }
}

async fn put(store: &Store, key: impl Into<String>, bytes: usize) -> Result<(), StoreError> {
    let txn = Txn::new().put(key, vec![b'x'; bytes]);
    store.txn_within_shares(&PERMIT, txn).await.map(|_| ())
}

#[track_caller]
fn check_full(done: Result<(), StoreError>) {
    let full = ShareFull {
        account: A.to_owned(),
        what: "records",
        most_bytes: SHARE,
    };
    assert_eq!(done, Err(StoreError::ShareFull(full)));
}

async fn an_account_has_its_share<E: Engine>() {
    let mut bench: Bench = E::open(options()).await;
    let store = &bench.store;
    // Whatever region it names, it is one share.
    let mut made = 0;
    while put(store, key(A, &format!("eu-west-{made}"), "one"), 1000)
        .await
        .is_ok()
    {
        made += 1;
    }
    assert!(
        (50..60).contains(&made),
        "{made} records of some 1,180 bytes"
    );
    let held = store.held(A);
    assert_eq!(held.keys, made);
    assert!(held.bytes <= SHARE);
    check_full(put(store, key(A, "us-east-1", "more"), 1000).await);
    assert!(
        store
            .get(&key(A, "us-east-1", "more"))
            .await
            .unwrap()
            .is_none()
    );
    put(store, key(B, "us-east-1", "one"), 1000).await.unwrap();
    // Stopping something says a little more of it than was said.
    put(store, key(A, "eu-west-1", "one"), 2000).await.unwrap();
    check_full(put(store, key(A, "eu-west-1", "one"), 20_000).await);
    assert!(store.require_room(B).is_ok());
    // A part of wharf itself goes on.
    let txn = Txn::new().put(key(A, "us-east-1", "own"), vec![b'x'; 1000]);
    store.txn(&PERMIT, txn).await.unwrap();
    assert!(matches!(
        store.require_room(A),
        Err(StoreError::ShareFull(_))
    ));
    // It is known after a restart too, and what goes gives room.
    let before = store.held(A);
    bench = E::reopen(bench, options()).await;
    let store = &bench.store;
    assert_eq!(store.held(A), before);
    check_full(put(store, key(A, "us-east-1", "more"), 1000).await);
    let txn = Txn::new()
        .delete(key(A, "eu-west-1", "one"))
        .put(key(A, "us-east-1", "more"), vec![b'x'; 1000]);
    store.txn_within_shares(&PERMIT, txn).await.unwrap();
    for region in 2..10 {
        store
            .delete(&PERMIT, key(A, &format!("eu-west-{region}"), "one"))
            .await
            .unwrap();
    }
    put(store, key(A, "us-east-1", "yet more"), 1000)
        .await
        .unwrap();
}

/// What a call of A adds to give room back, as often as that goes.
async fn a_reserve_gives_room_back<E: Engine>() {
    let bench: Bench = E::open(options()).await;
    let store = &bench.store;
    let mut made = 0;
    while put(store, key(A, "r", &format!("{made}")), 1000)
        .await
        .is_ok()
    {
        made += 1;
    }
    let permit = PERMIT.giving_back();
    let mark =
        |number: u32| Txn::new().put(key(A, "r", &format!("mark-{number}")), vec![b'x'; 500]);
    let mut marks = 0;
    while store.txn_within_shares(&permit, mark(marks)).await.is_ok() {
        marks += 1;
    }
    assert!((8..20).contains(&marks), "{marks} marks");
    // What changes a little of what is there ends with the reserve too.
    check_full(put(store, key(A, "r", "1"), 3000).await);
    put(store, key(A, "r", "1"), 900).await.unwrap();
}

async fn one_account_may_have_anything<E: Engine>() {
    let options = StoreOptions {
        boundless_account: Some(B.to_owned()),
        ..options()
    };
    let bench: Bench = E::open(options).await;
    let big = usize::try_from(SHARE).unwrap() + 1;
    put(&bench.store, key(B, "r", "big"), big).await.unwrap();
    put(&bench.store, key(B, "r", "more"), 1000).await.unwrap();
    assert!(bench.store.require_room(B).is_ok());
    check_full(put(&bench.store, key(A, "r", "big"), big).await);
}

async fn a_folder_is_its_owners<E: Engine>() {
    let mut bench: Bench = E::open(options()).await;
    bench.store.assign("s3", "b1", A);
    put(&bench.store, object("b1", "k/l"), 40_000)
        .await
        .unwrap();
    check_full(put(&bench.store, object("b1", "m"), 40_000).await);
    put(&bench.store, object("b2", "m"), 40_000).await.unwrap();
    assert_eq!(bench.store.held_of_kind("s3", "o", A).keys, 1);
    // Whose it is is said anew.
    bench = E::reopen(bench, options()).await;
    bench.store.assign("s3", "b1", A);
    assert_eq!(bench.store.held_of("s3", A).keys, 1);
    check_full(put(&bench.store, key(A, "us-east-1", "m"), 40_000).await);
    bench
        .store
        .delete(&PERMIT, object("b1", "k/l"))
        .await
        .unwrap();
    assert_eq!(bench.store.held(A).keys, 0);
    put(&bench.store, key(A, "us-east-1", "m"), 40_000)
        .await
        .unwrap();
}

#[tokio::test]
async fn an_account_has_its_share_in_a_folder() {
    an_account_has_its_share::<Folder>().await;
}

#[tokio::test]
async fn an_account_has_its_share_in_memory() {
    an_account_has_its_share::<Memory>().await;
}

#[tokio::test]
async fn a_reserve_gives_room_back_in_a_folder() {
    a_reserve_gives_room_back::<Folder>().await;
}

#[tokio::test]
async fn a_reserve_gives_room_back_in_memory() {
    a_reserve_gives_room_back::<Memory>().await;
}

#[tokio::test]
async fn one_account_may_have_anything_in_memory() {
    one_account_may_have_anything::<Memory>().await;
}

#[tokio::test]
async fn a_folder_is_its_owners_in_a_folder() {
    a_folder_is_its_owners::<Folder>().await;
}

#[tokio::test]
async fn a_folder_is_its_owners_in_memory() {
    a_folder_is_its_owners::<Memory>().await;
}
