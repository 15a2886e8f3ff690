//! What a scan puts beside its image, and the deletion of that image.

use std::collections::BTreeSet;

use wharf_api_ecr::{Ecr, types::*};
use wharf_records::Scope;
use wharf_store::{Range, Txn};

use crate::{
    scans::{Scanned, debian, known},
    scans_enhanced::{continuously, until},
    sealed::{REGION, registry},
    support::*,
};

/// A repository that keeps documents beside its images.
async fn documented(it: &Scanned, name: &str) {
    let made = it.home.create(name).await.unwrap();
    let input = TagResourceRequest {
        resource_arn: made.repository_arn,
        tags: Some(vec![Tag {
            key: text("wharf:sbom"),
            value: text("spdx cyclonedx"),
        }]),
    };
    it.home
        .ecr
        .tag_resource(&it.home.call(), input)
        .await
        .unwrap();
}

/// The digests of all that the repository holds.
async fn held(it: &Scanned, name: &str) -> BTreeSet<String> {
    let input = ListImagesRequest {
        repository_name: text(name),
        ..Default::default()
    };
    let listed = it.home.ecr.list_images(&it.home.call(), input).await;
    let ids = listed.unwrap().image_ids.unwrap().into_iter();
    ids.filter_map(|id| id.image_digest).collect()
}

/// A document is there before its image goes, or never.
#[tokio::test(flavor = "multi_thread")]
async fn no_document_comes_after_its_image_went() {
    let it = Scanned::new().await;
    known(it.data.path());
    continuously(&it, "*").await;
    let mut left = Vec::new();
    for round in 0..30_u32 {
        let name = format!("race{round}");
        documented(&it, &name).await;
        it.image(&name, "v1", &[debian()]).await;
        for _ in 0..round * 100 {
            tokio::task::yield_now().await;
        }
        let id = ImageIdentifier {
            image_tag: text("v1"),
            ..Default::default()
        };
        it.home.delete(&name, vec![id]).await;
        let there = held(&it, &name).await;
        left.push((name, there));
    }
    // Scans are taken in turn: those that still ran when their images went have ended before this one.
    it.image("app", "last", &[debian()]).await;
    let all = ["CVE-2024-1", "CVE-2024-2", "GHSA-1"];
    until(&it, "last", "ACTIVE", &all).await;
    for (name, there) in left {
        assert_eq!(held(&it, &name).await, there, "{name}");
    }
}

/// The deletion of a repository removes its images before their scans, and a kill may come between.
#[tokio::test]
async fn scans_whose_images_are_gone_keep_nobody_from_those_behind_them() {
    let it = Scanned::waiting().await;
    continuously(&it, "*").await;
    for tag in ["v1", "v2", "v3", "v4", "v5"] {
        it.image("app", tag, &[tag.as_bytes().to_vec()]).await;
    }
    let (all, more) = it
        .home
        .catalog
        .inspected(&registry(), None, 5)
        .await
        .unwrap();
    assert_eq!((all.len(), more), (5, false));
    let store = &it.home.world.store;
    let images = Scope::new("ecr", ACCOUNT, REGION).prefix("image");
    let records = store
        .range(Range::prefix(images).limit(100))
        .await
        .unwrap()
        .entries;
    let last = all[4].image.digest.hex();
    for record in records.iter().filter(|it| !it.key.ends_with(&last)) {
        store
            .txn(&PERMIT, Txn::new().delete(&record.key))
            .await
            .unwrap();
    }
    let found = it.home.catalog.inspected(&registry(), None, 2).await;
    assert_eq!(found.unwrap(), (all[4..].to_vec(), false));
}
