//! Tables over a store on disk.

use std::error::Error;

use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use wharf_store::{Compare, StoreOptions};
use wharf_wire::Fault;

use super::*;
use crate::{Look, Outcome, Reach, feed, transact};

/// A service without sentences of its own.
#[derive(Debug)]
pub(crate) enum Plain {}

impl Faults for Plain {
    fn internal(cause: &dyn Error) -> Fault {
        Fault::receiver("Internal", 500, "", cause)
    }

    fn bad_token() -> Fault {
        Fault::sender("BadToken", 400, "")
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Lamp {
    watts: u32,
}

impl Record for Lamp {
    const KIND: &'static str = "lamp";
    const FORMAT: u32 = 1;
}

const PERMIT: Permit = Permit::for_controller("test");

fn lamp(id: usize) -> String {
    scope().key(Lamp::KIND, &format!("{id:05}"))
}

fn scope() -> Scope {
    Scope::new("test", "1", "here")
}

/// A table with so many lamps, each of as many watts as its number.
async fn table(lamps: usize) -> (TempDir, Table<Plain>) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), StoreOptions::default()).unwrap();
    let table = Table::new(store);
    for first in (0..lamps).step_by(100) {
        let some = first..lamps.min(first + 100);
        let txn = some.fold(Txn::new(), |txn, id| {
            let watts = u32::try_from(id).unwrap();
            txn.put(lamp(id), encode(&Lamp { watts }))
        });
        assert!(table.commit(&PERMIT, txn).await.unwrap());
    }
    (dir, table)
}

#[tokio::test]
async fn lists_longer_than_a_chunk_are_whole() {
    let (_dir, table) = table(CHUNK + 20).await;
    let prefix = scope().prefix(Lamp::KIND);
    let all = table.all::<Lamp>(&scope(), "").await.unwrap();
    let watts: Vec<u32> = all.iter().map(|(_, lamp)| lamp.record.watts).collect();
    assert!(watts.iter().copied().eq(0..520));
    assert_eq!(table.keys(&prefix).await.unwrap().len(), 520);
    assert_eq!(table.count(&prefix).await.unwrap(), 520);
    let some = table.all::<Lamp>(&scope(), "0051").await.unwrap();
    assert_eq!(some.len(), 10);
}

#[tokio::test]
async fn pages_hold_what_fits_and_say_whether_others_follow() {
    let (_dir, table) = table(CHUNK + 20).await;
    let prefix = scope().prefix(Lamp::KIND);
    let even = |lamp: &Stored<Lamp>| lamp.record.watts.is_multiple_of(2);
    let page = table.page(&prefix, Some(lamp(9)), 255, even).await.unwrap();
    let watts: Vec<u32> = page.records.iter().map(|it| it.record.watts).collect();
    assert!(watts.iter().copied().eq((10..520).step_by(2)));
    assert!(!page.more, "519 is odd");
    let page = table.page(&prefix, Some(lamp(9)), 254, even).await.unwrap();
    assert!(page.more);
}

/// Takes the watts of one lamp for another, and meanwhile somebody changes the first `disturbed`
/// times.
async fn copy(table: &Table<Plain>, disturbed: usize) -> Result<u32, ChangeError<Plain>> {
    let mut tries = 0;
    Ok(transact!(table, &PERMIT, |tx| {
        let from: Option<Lamp> = tx.find(&lamp(1)).await?;
        let watts = from.map_or(0, |lamp| lamp.watts);
        if tries < disturbed {
            tries += 1;
            let put = Txn::new().put(lamp(1), encode(&Lamp { watts: watts + 1 }));
            table.commit(&PERMIT, put).await?;
        }
        // What was read first is what the change is decided by.
        tx.find::<Lamp>(&lamp(1)).await?;
        tx.put(lamp(2), &Lamp { watts });
        watts
    }))
}

#[tokio::test]
async fn what_was_read_must_still_stand() {
    let (_dir, table) = table(3).await;
    assert_eq!(copy(&table, 2).await.unwrap(), 3);
    let copied = table.read::<Lamp>(&lamp(2)).await.unwrap().unwrap();
    assert_eq!(copied.record.watts, 3);
    let error = copy(&table, MAX_TRIES).await.unwrap_err();
    let fault = Fault::from(error);
    assert_eq!(fault.code, "Internal");
    let copied = table.read::<Lamp>(&lamp(2)).await.unwrap().unwrap();
    assert_eq!(copied.record.watts, 3, "nothing was written");
}

#[tokio::test]
async fn absence_is_read_too() {
    let (_dir, table) = table(1).await;
    let mut change = table.begin();
    assert_eq!(change.find::<Lamp>(&lamp(7)).await.unwrap(), None);
    change.delete(lamp(0));
    let put = Txn::new().put(lamp(7), encode(&Lamp { watts: 1 }));
    assert!(table.commit(&PERMIT, put).await.unwrap());
    let lost = Outcome::Lost(lamp(7));
    assert_eq!(change.commit(&PERMIT).await.unwrap(), lost);
}

#[tokio::test]
async fn a_fence_that_fell_ends_the_change() {
    let (_dir, table) = table(1).await;
    let mut change = table.begin();
    change.put(lamp(0), &Lamp { watts: 9 });
    change.fence(Compare::present("/shard"));
    let error = change.commit(&PERMIT).await.unwrap_err();
    assert!(error.is_fenced());
    let mut change = table.begin();
    change.put(lamp(0), &Lamp { watts: 9 });
    change.when(Compare::present("/neighbour"));
    let lost = Outcome::Lost("/neighbour".to_owned());
    assert_eq!(change.commit(&PERMIT).await.unwrap(), lost);
}

#[tokio::test]
async fn a_feed_shows_what_is_there_and_what_changes() {
    let (_dir, table) = table(CHUNK + 1).await;
    let (seen, mut looks) = tokio::sync::mpsc::unbounded_channel();
    let stop = CancellationToken::new();
    let changed = move |key: &str, look| {
        seen.send((key.to_owned(), look)).unwrap();
        match key == lamp(0) {
            true => Reach::All,
            false => Reach::One,
        }
    };
    let feed = tokio::spawn(feed(table.store().clone(), "test", stop.clone(), changed));
    for id in 0..=CHUNK {
        assert_eq!(looks.recv().await, Some((lamp(id), Look::Own)));
    }
    for (id, concerned) in [(5, 0), (0, CHUNK + 1)] {
        let put = Txn::new().put(lamp(id), encode(&Lamp { watts: 1 }));
        assert!(table.commit(&PERMIT, put).await.unwrap());
        assert_eq!(looks.recv().await, Some((lamp(id), Look::Own)));
        for id in 0..concerned {
            assert_eq!(looks.recv().await, Some((lamp(id), Look::All)));
        }
    }
    stop.cancel();
    feed.await.unwrap();
}
