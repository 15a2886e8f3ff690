//! Images that are neither pushed nor pulled for as long as a registry says are compared again no more.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use wharf_base::{Clock, Timestamp};
use wharf_svc_ecr::Registry;

use crate::{
    scans::{Scanned, bring, debian, known},
    scans_enhanced::{about_lodash, continuous, until},
    support::*,
};

const DAY: i64 = 24 * 3600 * 1000;

/// A clock that somebody moves.
#[derive(Debug)]
struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

async fn rescan(it: &Scanned, pushed: u32) {
    let registry = Registry::new("000000000000", "us-east-1");
    let catalog = &it.home.catalog;
    catalog
        .set_rescan(&PERMIT, &registry, Some(pushed), None, None, NOW)
        .await
        .unwrap();
    let kept = catalog.rescan(&registry).await.unwrap();
    assert_eq!((kept.pushed_days, kept.pulled_days), (Some(pushed), None));
}

#[tokio::test]
async fn an_image_is_compared_again_only_while_it_is_young() {
    let hand = Arc::new(Hand(AtomicI64::new(NOW.0)));
    let clock = hand.clone();
    let it = Scanned::with(move |config| config.clock = clock).await;
    known(it.data.path());
    continuous(&it).await;
    it.image("app", "v1", &[debian()]).await;
    let before = ["CVE-2024-1", "CVE-2024-2", "GHSA-1"];
    until(&it, "v1", "ACTIVE", &before).await;
    // It is too old for what is said then.
    hand.0.fetch_add(15 * DAY, Ordering::SeqCst);
    rescan(&it, 14).await;
    until(&it, "v1", "SCAN_ELIGIBILITY_EXPIRED", &[]).await;
    bring(it.data.path(), &about_lodash("GHSA-77"));
    // A younger one follows the data; by then the old one would have.
    it.image("app", "v2", &[debian(), debian()]).await;
    let after = ["CVE-2024-77", "CVE-2024-1", "CVE-2024-2", "GHSA-1"];
    until(&it, "v2", "ACTIVE", &after).await;
    until(&it, "v1", "SCAN_ELIGIBILITY_EXPIRED", &[]).await;
    // Old enough again, it is scanned anew, with what is known by now.
    rescan(&it, 30).await;
    until(&it, "v1", "ACTIVE", &after).await;
}
