//! How many entries of the store a page needs: those it shows, and few more.

use wharf_base::{Permit, Timestamp};
use wharf_store::{StoreOptions, Txn};

use super::*;
use crate::{
    list::Choice,
    records::{self, Object},
};

const PERMIT: Permit = Permit::for_controller("s3-tests");
const BUCKET: &str = "0123456789abcdef";
const PAGE: usize = 1000;

/// A store with records under these keys.
pub async fn filled(keys: impl Iterator<Item = (String, Object)>) -> Store {
    let store = Store::in_memory(StoreOptions::default());
    let all: Vec<_> = keys.collect();
    for some in all.chunks(100) {
        let txn = some.iter().fold(Txn::new(), |txn, (key, object)| {
            txn.put(key, wharf_records::encode(object))
        });
        store.txn(&PERMIT, txn).await.unwrap();
    }
    store
}

pub fn an_object(seq: u64) -> Object {
    Object {
        seq,
        modified: Timestamp(1_700_000_000_000),
        null: true,
        ..Object::default()
    }
}

/// What a page shows of objects with these keys: keys, common prefixes, and how many entries were read for it.
async fn page(store: &Store, choice: Choice) -> (usize, usize, usize, Listing) {
    let mut listing = Listing::new(choice);
    let mut keys = 0;
    let shown = |it: &Object| !it.marker;
    walk(
        store,
        records::objects(BUCKET),
        &mut listing,
        shown,
        |_, _| keys += 1,
    )
    .await
    .unwrap();
    (keys, listing.prefixes.len(), listing.looked, listing)
}

async fn of(keys: impl Iterator<Item = String>) -> Store {
    filled(keys.map(|it| (records::object(BUCKET, &it), an_object(1)))).await
}

fn choice(prefix: &str, delimiter: Option<&str>, after: Option<&str>) -> Choice {
    Choice {
        prefix: prefix.to_owned(),
        delimiter: delimiter.map(str::to_owned),
        after: after.map(str::to_owned),
        max: PAGE,
    }
}

#[tokio::test]
async fn flat() {
    let store = of((0..5000).map(|it| format!("{it:06}"))).await;
    for delimiter in [None, Some("/")] {
        for after in [None, Some("001999"), Some("002")] {
            let (keys, prefixes, looked, listing) =
                page(&store, choice("", delimiter, after)).await;
            assert_eq!((keys, prefixes, looked), (PAGE, 0, PAGE + 1));
            assert!(listing.truncated);
        }
        let (keys, _, looked, listing) = page(&store, choice("0049", delimiter, None)).await;
        assert_eq!((keys, looked, listing.truncated), (100, 100, false));
    }
}

#[tokio::test]
async fn deep() {
    let store = of((0..5000).map(|it| format!("a/b/c/{}/{it}", it % 2))).await;
    for (prefix, found) in [
        ("", 1),
        ("a/", 1),
        ("a/b/", 1),
        ("a/b/c/", 2),
        ("a/b/c/1/", 0),
    ] {
        let (keys, prefixes, looked, _) = page(&store, choice(prefix, Some("/"), None)).await;
        assert_eq!(prefixes, found);
        assert_eq!(keys, if found == 0 { PAGE } else { 0 });
        assert!(looked <= 16 + found + keys, "{looked} for {prefix}");
    }
}

#[tokio::test]
async fn many_common_prefixes() {
    for each in [2, 5, 40] {
        let store = of((0..2200 * each).map(|it| format!("{:05}/{it}", it / each))).await;
        let (_, prefixes, looked, listing) = page(&store, choice("", Some("/"), None)).await;
        assert_eq!((prefixes, listing.truncated), (PAGE, true));
        assert!(looked <= PAGE + 17, "{looked} for {each} each");
        let after = listing.last.as_deref();
        let (_, prefixes, looked, _) = page(&store, choice("", Some("/"), after)).await;
        assert_eq!(prefixes, PAGE);
        assert!(looked <= PAGE + 17, "{looked} for {each} each");
    }
}

/// Keys beside common prefixes of a few keys each.
#[tokio::test]
async fn keys_and_common_prefixes() {
    let keys = (0..2000).flat_map(|it| {
        let more = (0..30).map(move |of| format!("{it:05}-{}/{of}", it % 7));
        std::iter::once(format!("{it:05}")).chain(more)
    });
    let store = of(keys).await;
    let (keys, prefixes, looked, _) = page(&store, choice("", Some("/"), None)).await;
    assert_eq!((keys, prefixes), (PAGE / 2, PAGE / 2));
    assert!(looked <= 2 * PAGE, "{looked}");
}

/// A marker inside a common prefix passes over all of it, as on S3.
#[tokio::test]
async fn a_marker_inside_a_common_prefix() {
    let keys = ["folder/a/1", "folder/a/2", "folder/b", "folder/c"];
    let store = of(keys.into_iter().map(str::to_owned)).await;
    for after in ["folder/a/", "folder/a/1", "folder/a/zzz"] {
        let (keys, prefixes, _, _) = page(&store, choice("folder/", Some("/"), Some(after))).await;
        assert_eq!((keys, prefixes), (2, 0), "{after}");
    }
    let (keys, prefixes, _, _) = page(&store, choice("folder/", Some("/"), Some("folder/a"))).await;
    assert_eq!((keys, prefixes), (2, 1));
}

/// Delete markers are not passed over one by one: they lie apart.
#[tokio::test]
async fn behind_many_delete_markers() {
    let records = (0..5000).map(|it| {
        let (key, mut object) = (format!("{it:05}"), an_object(1));
        object.marker = it < 4990;
        let place = match object.marker {
            true => records::marker(BUCKET, &key),
            false => records::object(BUCKET, &key),
        };
        (place, object)
    });
    let store = filled(records).await;
    for delimiter in [None, Some("/")] {
        let (keys, _, looked, _) = page(&store, choice("", delimiter, None)).await;
        assert_eq!((keys, looked), (10, 10));
    }
}

/// Those that versions before wrote among the objects are passed over.
#[tokio::test]
async fn markers_of_versions_before() {
    let records = (0..3000).map(|it| {
        let mut object = an_object(1);
        object.marker = it < 2990;
        (records::object(BUCKET, &format!("{it:05}")), object)
    });
    let store = filled(records).await;
    let (keys, _, looked, _) = page(&store, choice("", None, None)).await;
    assert_eq!((keys, looked), (10, 3000));
}
