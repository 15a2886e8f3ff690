//! What the collector removes and what it keeps, by the marks of blobs that were wanted.

use std::{sync::Arc, time::Duration};

use serde_json::Value;
use wharf_base::{Clock, TestClock, Timestamp};
use wharf_blobs::{Digest, Scrubbed, Scrubber};
use wharf_store::Range;
use wharf_svc_ecr::{GcReport, ImageRef, Registry};

use crate::support::{ACCOUNT, Home, NOW, PERMIT, by_digest, digest_of};

const MARKS: &str = "/w1/c0/blobs/wanted/";
const HOUR: Duration = Duration::from_secs(3600);

/// A home where bytes that nobody needs live for six hours.
struct Aging {
    home: Home,
    clock: Arc<TestClock>,
}

impl Aging {
    async fn new() -> Self {
        let clock = Arc::new(TestClock::at(NOW));
        let home = Home::with(NOW, |config| {
            config.clock = clock.clone();
            config.unused_life = 6 * HOUR;
        });
        home.create("app").await.unwrap();
        Self { home, clock }
    }

    async fn collect(&self) -> GcReport {
        let catalog = &self.home.catalog;
        catalog.collect_garbage(&PERMIT).await.unwrap()
    }

    /// As a client that asks before it pushes.
    async fn ask(&self, digest: &Digest) -> bool {
        let registry = Registry::new(ACCOUNT, "us-east-1");
        let found = self.home.catalog.layer(&registry, "app", digest).await;
        found.unwrap().is_some()
    }

    async fn marks(&self) -> Vec<(String, Value)> {
        let all = self
            .home
            .world
            .store
            .all(Range::prefix(MARKS))
            .await
            .unwrap();
        let read = |value: &[u8]| serde_json::from_slice(value).unwrap();
        all.entries
            .iter()
            .map(|entry| (entry.key.clone(), read(&entry.value)))
            .collect()
    }

    async fn mark_going(&self, digest: &Digest, at: Timestamp) {
        let key = format!("{MARKS}{}", digest.hex());
        let mark = serde_json::json!({
            "kind": "wanted", "format": 1, "body": {"at": at, "going": true},
        });
        let permit = PERMIT;
        let put = self.home.world.store.put(&permit, key, mark.to_string());
        put.await.unwrap();
    }

    async fn is_there(&self, digest: &Digest) -> bool {
        let found = self.home.catalog.blobs().stat(digest).await;
        found.unwrap().is_some()
    }
}

#[tokio::test]
async fn a_fresh_push_writes_no_mark() {
    let it = Aging::new().await;
    let manifest = it.home.manifest("app", "layer").await;
    it.home.put("app", Some("v1"), &manifest).await.unwrap();
    assert!(it.ask(&Digest::of(b"layer")).await);
    assert_eq!(it.marks().await, []);
}

#[tokio::test]
async fn what_is_found_there_is_kept_as_long_as_what_is_pushed() {
    let it = Aging::new().await;
    let digest = it.home.layer("app", b"layer").await;
    it.clock.advance(5 * HOUR);
    assert!(it.ask(&digest).await);
    it.clock.advance(Duration::from_secs(30));
    assert!(it.ask(&digest).await);
    assert_eq!(it.marks().await.len(), 1, "one write serves for a while");
    it.clock.advance(5 * HOUR);
    let report = it.collect().await;
    assert_eq!((report.layers, report.blobs), (0, 0));
    assert!(it.ask(&digest).await);
    it.clock.advance(7 * HOUR);
    let report = it.collect().await;
    assert_eq!((report.layers, report.blobs), (1, 1));
    assert!(!it.ask(&digest).await && !it.is_there(&digest).await);
    assert_eq!(it.marks().await, []);
}

#[tokio::test]
async fn a_mark_goes_when_it_is_old_and_the_blob_stays_with_its_owner() {
    let it = Aging::new().await;
    let manifest = it.home.manifest("app", "layer").await;
    it.home.put("app", Some("v1"), &manifest).await.unwrap();
    let digest = Digest::of(b"layer");
    it.clock.advance(HOUR);
    assert!(it.ask(&digest).await);
    assert_eq!(it.marks().await.len(), 1);
    it.clock.advance(7 * HOUR);
    assert_eq!(it.collect().await, GcReport::default());
    assert_eq!(it.marks().await, []);
    assert!(it.is_there(&digest).await);
    // Its last owner goes: its time runs from when that is seen.
    let gone = it
        .home
        .delete("app", vec![by_digest(&digest_of(&manifest))]);
    assert_eq!(gone.await.failures, Some(vec![]));
    let report = it.collect().await;
    assert_eq!((report.layers, report.blobs), (2, 0));
    let marks = it.marks().await;
    assert!(marks.iter().all(|(_, mark)| mark["body"]["found"] == true));
    assert_eq!(marks.len(), 3);
    it.clock.advance(HOUR / 4);
    assert_eq!(it.collect().await.blobs, 3);
    assert_eq!(it.marks().await, []);
}

#[tokio::test]
async fn what_was_found_unowned_and_is_wanted_again_stays() {
    let it = Aging::new().await;
    let (info, lease) = it.home.catalog.blobs().put("layer".into()).await.unwrap();
    drop(lease);
    assert_eq!(it.collect().await.blobs, 0);
    assert_eq!(it.home.layer("app", b"layer").await, info.digest);
    it.clock.advance(HOUR / 4);
    assert_eq!(it.collect().await.blobs, 0, "it has an owner");
    assert!(it.marks().await[0].1["body"].get("found").is_none());
    // Asked for again, it is kept as long as a push may take, though its owner goes.
    it.clock.advance(2 * HOUR);
    assert!(it.ask(&info.digest).await);
    it.clock.advance(5 * HOUR);
    let report = it.collect().await;
    assert_eq!((report.layers, report.blobs), (0, 0));
    it.clock.advance(HOUR);
    let report = it.collect().await;
    assert_eq!((report.layers, report.blobs), (1, 1));
}

#[tokio::test]
async fn a_removal_that_was_cut_short_is_finished() {
    let it = Aging::new().await;
    let permit = PERMIT;
    let catalog = &it.home.catalog;
    for at_start in [true, false] {
        let (info, lease) = catalog.blobs().put("nobody's".into()).await.unwrap();
        drop(lease);
        it.mark_going(&info.digest, it.clock.now()).await;
        if at_start {
            assert_eq!(catalog.finish_removals(&permit).await.unwrap(), 1);
        } else {
            assert_eq!(it.collect().await.blobs, 0, "somebody may be at it");
            it.clock.advance(Duration::from_secs(120));
            assert_eq!(it.collect().await.blobs, 1);
        }
        assert!(!it.is_there(&info.digest).await);
        assert_eq!(it.marks().await, []);
    }
    // The file went, the mark did not.
    let digest = Digest::of(b"gone");
    it.mark_going(&digest, it.clock.now()).await;
    catalog.finish_removals(&permit).await.unwrap();
    assert_eq!(it.marks().await, []);
}

#[tokio::test]
async fn an_owner_that_was_faster_keeps_its_blob() {
    let it = Aging::new().await;
    let digest = it.home.layer("app", b"layer").await;
    // Another process was killed before it looked for owners.
    it.mark_going(&digest, it.clock.now()).await;
    let finished = it.home.catalog.finish_removals(&PERMIT).await;
    assert_eq!(finished.unwrap(), 0);
    assert!(it.is_there(&digest).await);
    assert!(it.marks().await[0].1["body"].get("going").is_none());
    assert!(it.ask(&digest).await);
}

#[tokio::test]
async fn a_push_waits_for_the_removal_and_sends_its_bytes() {
    let it = Aging::new().await;
    let permit = PERMIT;
    let (info, lease) = it.home.catalog.blobs().put("layer".into()).await.unwrap();
    drop(lease);
    it.mark_going(&info.digest, it.clock.now()).await;
    let pushing = it.home.layer("app", b"layer");
    let finishing = async {
        // Until the push waits: it holds the digest then, so nothing is removed under it.
        let mut finished = 0;
        while finished == 0 && !it.marks().await.is_empty() {
            finished = it.home.catalog.finish_removals(&permit).await.unwrap();
            tokio::task::yield_now().await;
        }
    };
    let (digest, ()) = tokio::join!(pushing, finishing);
    assert!(it.is_there(&digest).await && it.ask(&digest).await);
}

/// Two for each fifty of them: that they are going, and that they are gone.
#[tokio::test]
async fn many_blobs_go_in_few_writes() {
    const BLOBS: u64 = 120;
    let it = Aging::new().await;
    let blobs = it.home.catalog.blobs();
    let mut last = None;
    for number in 0..BLOBS {
        let (info, lease) = blobs.put(format!("blob {number}").into()).await.unwrap();
        last = Some(info.digest);
        drop(lease);
    }
    assert_eq!(it.collect().await.blobs, 0);
    assert_eq!(it.marks().await.len() as u64, BLOBS);
    it.clock.advance(HOUR / 4);
    // One that somebody is at stays, and the others go.
    let wanted = last.unwrap();
    let lease = blobs.lease(&wanted).await;
    let before = it.home.world.store.revision().await.unwrap();
    assert_eq!(it.collect().await.blobs as u64, BLOBS - 1);
    let writes = it.home.world.store.revision().await.unwrap() - before;
    assert_eq!(writes, 2 * BLOBS.div_ceil(50));
    drop(lease);
    assert!(it.is_there(&wanted).await);
    assert_eq!(it.collect().await.blobs, 1);
    assert_eq!(it.marks().await, []);
}

/// A blob that the disk lost is not listed with the others, and goes when nobody needs it.
#[tokio::test]
async fn what_lies_aside_goes_with_the_last_who_needs_it() {
    let it = Aging::new().await;
    let manifest = it.home.manifest("app", "layer").await;
    it.home.put("app", Some("v1"), &manifest).await.unwrap();
    let blobs = it.home.catalog.blobs();
    let all = blobs.list(None, 10).await.unwrap();
    for blob in &all {
        let file = blobs.path(&blob.digest).unwrap().unwrap();
        let mut bytes = std::fs::read(&file).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(&file, bytes).unwrap();
    }
    let mut scrubber = Scrubber::new(blobs.clone());
    let now = std::time::SystemTime::now();
    assert!(scrubber.begin(now, Duration::ZERO).unwrap());
    while scrubber.step().await.unwrap() != Scrubbed::Ended {}
    assert_eq!(blobs.list(None, 10).await.unwrap(), []);
    it.clock.advance(7 * HOUR);
    it.collect().await;
    assert_eq!(blobs.quarantine().unwrap().0, all.len());

    let image = ImageRef::Digest(digest_of(&manifest));
    let (catalog, registry) = (&it.home.catalog, Registry::new(ACCOUNT, "us-east-1"));
    catalog
        .delete_image(&PERMIT, &registry, "app", &image, false)
        .await
        .unwrap();
    for _ in 0..3 {
        it.clock.advance(7 * HOUR);
        it.collect().await;
    }
    assert_eq!(blobs.quarantine().unwrap(), (0, 0));
    assert_eq!(blobs.damaged(10).unwrap(), []);
    assert_eq!(it.marks().await, []);
}
