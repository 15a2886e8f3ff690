//! Images: put, read, listed, described, deleted.

use std::sync::Arc;

use serde_json::json;
use wharf_api_ecr::{Ecr, types::*};
use wharf_base::SystemClock;
use wharf_blobs::Digest;
use wharf_svc_ecr::{Catalog, EcrError, ImageRef, Images, NewImage, Precondition, Registry};
use wharf_testkit::Counted;

use crate::support::{
    ACCOUNT, Home, NOW, OCI_INDEX, OCI_MANIFEST, PERMIT, by_digest, by_tag, digest_of, said, text,
};

#[tokio::test]
async fn put_and_got_verbatim() {
    let home = Home::with_app().await;
    let manifest = home.manifest("app", "layer").await;
    let put = home.put("app", Some("v1"), &manifest).await.unwrap();
    let digest = digest_of(&manifest);
    let id = ImageIdentifier {
        image_digest: Some(digest.to_string()),
        image_tag: text("v1"),
    };
    assert_eq!(put.image_id, Some(id.clone()));
    let wrong_pair = ImageIdentifier {
        image_digest: Some(Digest::of(b"x").to_string()),
        ..id.clone()
    };
    let input = BatchGetImageRequest {
        repository_name: text("app"),
        image_ids: Some(vec![
            by_tag("v1"),
            by_digest(&digest),
            id,
            by_tag("v2"),
            by_digest(&Digest::of(b"x")),
            wrong_pair,
            ImageIdentifier::default(),
            by_tag("-"),
            ImageIdentifier {
                image_digest: text("x"),
                image_tag: None,
            },
        ]),
        ..BatchGetImageRequest::default()
    };
    let got = home.ecr.batch_get_image(&home.call(), input).await.unwrap();
    let images = got.images.unwrap();
    assert_eq!(images.len(), 3);
    for image in images {
        assert_eq!(image.image_manifest, Some(manifest.to_string()));
        assert_eq!(
            image.image_manifest_media_type.as_deref(),
            Some(OCI_MANIFEST)
        );
    }
    let codes: Vec<_> = got
        .failures
        .unwrap()
        .into_iter()
        .filter_map(|f| f.failure_code)
        .collect();
    assert_eq!(
        codes,
        [
            "ImageNotFound",
            "ImageNotFound",
            "ImageTagDoesNotMatchDigest",
            "MissingDigestAndTag",
            "InvalidImageTag",
            "InvalidImageDigest"
        ]
    );
}

#[tokio::test]
async fn the_same_again_is_an_error_of_the_api() {
    let home = Home::with_app().await;
    let manifest = home.manifest("app", "layer").await;
    let digest = digest_of(&manifest);
    home.put("app", Some("v1"), &manifest).await.unwrap();
    for (tag, shown) in [(Some("v1"), "v1"), (None, "null")] {
        let text = format!(
            "Image with digest '{digest}' and tag '{shown}' already exists in the repository with name 'app' in registry with id '{ACCOUNT}'"
        );
        let refused = said(home.put("app", tag, &manifest).await.unwrap_err());
        assert_eq!(refused, ("ImageAlreadyExistsException".to_owned(), text));
    }
    home.put("app", Some("v2"), &manifest).await.unwrap();
}

#[tokio::test]
async fn what_put_refuses() {
    let home = Home::with_app().await;
    let manifest = home.manifest("app", "layer").await;
    let put = |change: &dyn Fn(&mut PutImageRequest)| {
        let mut input = PutImageRequest {
            repository_name: text("app"),
            image_manifest: Some(manifest.to_string()),
            ..PutImageRequest::default()
        };
        change(&mut input);
        let (ecr, call) = (home.ecr.clone(), home.call());
        async move {
            ecr.put_image(&call, input)
                .await
                .unwrap_err()
                .code
                .into_owned()
        }
    };
    let digest = Digest::of(b"other").to_string();
    assert_eq!(
        put(&|i| i.image_digest = Some(digest.clone())).await,
        "ImageDigestDoesNotMatchException"
    );
    assert_eq!(
        put(&|i| i.image_tag = text("a b")).await,
        "InvalidParameterException"
    );
    assert_eq!(
        put(&|i| i.image_manifest = text("{}")).await,
        "InvalidParameterException"
    );
    assert_eq!(
        put(&|i| i.image_manifest_media_type = text(OCI_INDEX)).await,
        "InvalidParameterException"
    );
    assert_eq!(
        put(&|i| i.repository_name = text("none")).await,
        "RepositoryNotFoundException"
    );
    let mut missing = manifest.clone();
    missing["layers"][0]["digest"] = json!(digest);
    assert_eq!(
        put(&|i| i.image_manifest = Some(missing.to_string())).await,
        "LayersNotFoundException"
    );
    let index =
        json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [{"digest": digest}]});
    assert_eq!(
        put(&|i| i.image_manifest = Some(index.to_string())).await,
        "ReferencedImagesNotFoundException"
    );
    assert_eq!(home.list("app", 10, None).await, []);
}

#[tokio::test]
async fn lists_one_entry_for_each_tag() {
    let home = Home::with_app().await;
    let mut expected = Vec::new();
    for n in 0..6 {
        let manifest = home.manifest("app", &n.to_string()).await;
        let digest = Some(digest_of(&manifest).to_string());
        if n % 2 == 0 {
            home.put("app", None, &manifest).await.unwrap();
            expected.push(ImageIdentifier {
                image_digest: digest.clone(),
                image_tag: None,
            });
            continue;
        }
        for tag in ["a", "b", "c"] {
            let tag = format!("{tag}{n}");
            home.put("app", Some(&tag), &manifest).await.unwrap();
            expected.push(ImageIdentifier {
                image_digest: digest.clone(),
                image_tag: Some(tag),
            });
        }
    }
    expected.sort_by(|a, b| (&a.image_digest, &a.image_tag).cmp(&(&b.image_digest, &b.image_tag)));
    for size in [1, 2, 5, 100] {
        assert_eq!(
            home.list("app", size, None).await,
            expected,
            "pages of {size}"
        );
    }
    assert_eq!(home.list("app", 4, Some("TAGGED")).await.len(), 9);
    assert_eq!(home.list("app", 2, Some("UNTAGGED")).await.len(), 3);
}

#[tokio::test]
async fn described_in_pages_or_by_name() {
    let home = Home::with_app().await;
    let mut digests = Vec::new();
    for n in 0..5 {
        let manifest = home.manifest("app", &"x".repeat(n + 1)).await;
        home.put("app", (n == 3).then_some("v1"), &manifest)
            .await
            .unwrap();
        digests.push(digest_of(&manifest));
    }
    let ask = |ids: Option<Vec<ImageIdentifier>>, token: Option<String>, status: Option<&str>| {
        let input = DescribeImagesRequest {
            repository_name: text("app"),
            max_results: ids.is_none().then_some(2),
            image_ids: ids,
            next_token: token,
            filter: Some(DescribeImagesFilter {
                tag_status: status.map(str::to_owned),
                ..DescribeImagesFilter::default()
            }),
            ..DescribeImagesRequest::default()
        };
        let (ecr, call) = (home.ecr.clone(), home.call());
        async move { ecr.describe_images(&call, input).await }
    };
    let named = ask(Some(vec![by_tag("v1"), by_digest(&digests[3])]), None, None)
        .await
        .unwrap();
    let details = named.image_details.unwrap();
    assert_eq!(details.len(), 1);
    assert_eq!(details[0].image_tags, Some(vec!["v1".to_owned()]));
    assert_eq!(
        details[0].image_size_in_bytes,
        Some(4 + 2),
        "layer and config"
    );
    assert_eq!(details[0].image_pushed_at, Some(NOW));
    assert_eq!(
        details[0].artifact_media_type.as_deref(),
        Some("application/vnd.oci.image.config.v1+json")
    );
    let text = format!(
        "The image with imageId {{imageDigest:'null', imageTag:'none'}} does not exist within the repository with name 'app' in the registry with id '{ACCOUNT}'"
    );
    let missing = said(
        ask(Some(vec![by_tag("none")]), None, None)
            .await
            .unwrap_err(),
    );
    assert_eq!(missing, ("ImageNotFoundException".to_owned(), text));

    for (status, expected) in [(None, 5), (Some("TAGGED"), 1), (Some("UNTAGGED"), 4)] {
        let (mut found, mut token) = (Vec::new(), None);
        loop {
            let page = ask(None, token, status).await.unwrap();
            found.extend(
                page.image_details
                    .unwrap()
                    .into_iter()
                    .filter_map(|d| d.image_digest),
            );
            token = page.next_token;
            if token.is_none() {
                break;
            }
        }
        found.dedup();
        assert_eq!(found.len(), expected, "{status:?}");
    }
}

#[tokio::test]
async fn deleting_the_last_tag_deletes_the_image() {
    let home = Home::with_app().await;
    let manifest = home.manifest("app", "layer").await;
    let digest = digest_of(&manifest);
    for tag in ["v1", "v2"] {
        home.put("app", Some(tag), &manifest).await.unwrap();
    }
    let tagged = |tag: &str| ImageIdentifier {
        image_digest: Some(digest.to_string()),
        image_tag: text(tag),
    };
    let gone = home
        .delete(
            "app",
            vec![by_tag("v1"), by_tag("v1"), by_digest(&Digest::of(b"x"))],
        )
        .await;
    assert_eq!(gone.image_ids, Some(vec![tagged("v1")]));
    let codes: Vec<_> = gone
        .failures
        .unwrap()
        .into_iter()
        .filter_map(|f| f.failure_code)
        .collect();
    assert_eq!(codes, ["ImageNotFound", "ImageNotFound"]);
    assert_eq!(home.list("app", 10, None).await, [tagged("v2")]);
    home.delete("app", vec![tagged("v2")]).await;
    assert_eq!(home.list("app", 10, None).await, []);
}

#[tokio::test]
async fn an_index_keeps_its_images_and_shows_the_largest() {
    let home = Home::with_app().await;
    let (small, large) = (
        home.manifest("app", "s").await,
        home.manifest("app", "large").await,
    );
    for manifest in [&small, &large] {
        home.put("app", None, manifest).await.unwrap();
    }
    let child = |manifest: &serde_json::Value| json!({"mediaType": OCI_MANIFEST, "digest": digest_of(manifest), "size": 1});
    let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [child(&small), child(&large)]});
    home.put("app", Some("all"), &index).await.unwrap();
    let input = DescribeImagesRequest {
        repository_name: text("app"),
        image_ids: Some(vec![by_tag("all")]),
        ..DescribeImagesRequest::default()
    };
    let described = home.ecr.describe_images(&home.call(), input).await.unwrap();
    assert_eq!(
        described.image_details.unwrap()[0].image_size_in_bytes,
        Some(5 + 2)
    );

    let held = home
        .delete("app", vec![by_digest(&digest_of(&small))])
        .await;
    let failure = &held.failures.unwrap()[0];
    assert_eq!(
        failure.failure_code.as_deref(),
        Some("ImageReferencedByManifestList")
    );
    let text = format!(
        "Requested image referenced by manifest list: [{}]",
        digest_of(&index)
    );
    assert_eq!(failure.failure_reason, Some(text));
    home.delete("app", vec![by_tag("all")]).await;
    let freed = home
        .delete("app", vec![by_digest(&digest_of(&small))])
        .await;
    assert_eq!(freed.failures, Some(vec![]));
}

/// Servers wait for no turn of each other's: what keeps them apart is the transaction.
#[tokio::test]
async fn of_servers_that_push_on_a_condition_one_does() {
    let home = Home::with_app().await;
    let registry = Registry::new(ACCOUNT, "us-east-1");
    let mut before = None;
    for round in 0..3 {
        let only = Precondition {
            of: ImageRef::Tag("v1".to_owned()),
            is: before.map(|it| Images::Of(vec![it])),
            is_not: before.is_none().then_some(Images::Any),
        };
        let mut pushes = Vec::new();
        for server in 0..4 {
            let content = format!("{round} {server}");
            let manifest = home.manifest("app", &content).await;
            let of = &home.catalog;
            let (store, keyring) = (home.world.store.clone(), of.keyring().clone());
            let catalog = Catalog::new(store, of.blobs().clone(), keyring, of.config().clone());
            let new = NewImage {
                manifest: manifest.to_string().into(),
                media_type: None,
                tag: text("v1"),
                digest: None,
            };
            let (registry, only, call) = (&registry, &only, home.call());
            pushes.push(async move {
                let pushed = catalog.push_image(&call, registry, "app", new, Some(only));
                pushed.await
            });
        }
        let mut taken = Vec::new();
        for pushed in futures_util::future::join_all(pushes).await {
            match pushed {
                Ok(pushed) => taken.push(pushed.image.digest),
                Err(error) => assert!(matches!(error, EcrError::Precondition), "{error}"),
            }
        }
        assert_eq!(taken.len(), 1, "round {round}");
        before = taken.pop();
    }
    assert_eq!(home.list("app", 100, Some("TAGGED")).await.len(), 1);
    assert_eq!(home.list("app", 100, None).await.len(), 3);
}

#[tokio::test]
async fn many_pushing_at_once_lose_no_tag() {
    let home = std::sync::Arc::new(Home::with_app().await);
    let mut pushes = tokio::task::JoinSet::new();
    for n in 0..16 {
        let home = home.clone();
        pushes.spawn(async move {
            let manifest = home.manifest("app", &format!("layer {}", n % 4)).await;
            home.put("app", Some(&format!("v{n}")), &manifest)
                .await
                .unwrap();
            home.put("app", Some("latest"), &manifest).await.is_ok()
        });
    }
    pushes.join_all().await;
    let listed = home.list("app", 100, None).await;
    let mut tags: Vec<_> = listed
        .iter()
        .filter_map(|id| id.image_tag.clone())
        .collect();
    tags.sort_unstable();
    let mut expected: Vec<_> = (0..16)
        .map(|n| format!("v{n}"))
        .chain(["latest".to_owned()])
        .collect();
    expected.sort_unstable();
    assert_eq!(tags, expected, "each tag is on exactly one image");
}

#[tokio::test]
async fn referrers() {
    let home = Home::with_app().await;
    let subject = home.manifest("app", "layer").await;
    home.put("app", Some("v1"), &subject).await.unwrap();
    let mut artifact = subject.clone();
    artifact["subject"] =
        json!({"mediaType": OCI_MANIFEST, "digest": digest_of(&subject), "size": 1});
    artifact["artifactType"] = json!("application/sbom");
    home.put("app", None, &artifact).await.unwrap();
    let input = ListImageReferrersRequest {
        repository_name: text("app"),
        subject_id: Some(SubjectIdentifier {
            image_digest: Some(digest_of(&subject).to_string()),
        }),
        ..ListImageReferrersRequest::default()
    };
    let listed = home
        .ecr
        .list_image_referrers(&home.call(), input)
        .await
        .unwrap()
        .referrers
        .unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].digest, Some(digest_of(&artifact).to_string()));
    assert_eq!(listed[0].artifact_type.as_deref(), Some("application/sbom"));
}

#[tokio::test]
async fn a_referrer_that_the_disk_lost_does_not_hide_the_others() {
    let home = Home::with_app().await;
    let subject = home.manifest("app", "layer").await;
    let mut artifacts = Vec::new();
    for kind in ["application/lost", "application/sound"] {
        let mut artifact = subject.clone();
        artifact["subject"] =
            json!({"mediaType": OCI_MANIFEST, "digest": digest_of(&subject), "size": 1});
        artifact["artifactType"] = json!(kind);
        artifact["annotations"] = json!({"kind": kind});
        home.put("app", None, &artifact).await.unwrap();
        artifacts.push(digest_of(&artifact));
    }
    let lost = home.catalog.blobs().try_exclusive(&artifacts[0]);
    assert!(lost.expect("nobody reads it").remove().await.unwrap());
    let input = ListImageReferrersRequest {
        repository_name: text("app"),
        subject_id: Some(SubjectIdentifier {
            image_digest: Some(digest_of(&subject).to_string()),
        }),
        ..ListImageReferrersRequest::default()
    };
    let listed = home.ecr.list_image_referrers(&home.call(), input).await;
    let listed = listed.unwrap().referrers.unwrap();
    assert_eq!(listed.len(), 2);
    for referrer in listed {
        let kind = referrer.artifact_type.unwrap();
        let annotations = referrer.annotations.unwrap();
        assert_eq!(annotations.is_empty(), kind == "application/lost", "{kind}");
    }
}

#[tokio::test]
async fn a_page_of_referrers_that_are_all_gone_leads_to_the_next() {
    let home = Home::with_app().await;
    let subject = home.manifest("app", "layer").await;
    let mut artifact = subject.clone();
    artifact["subject"] =
        json!({"mediaType": OCI_MANIFEST, "digest": digest_of(&subject), "size": 1});
    home.put("app", None, &artifact).await.unwrap();
    // As they are seen by who read the list right before they were deleted.
    let registry = Registry::new(ACCOUNT, "us-east-1");
    let id = home.catalog.repository(&registry, "app").await.unwrap().id;
    for n in 0..5 {
        let (subject, gone) = (digest_of(&subject).hex(), format!("{n:064}"));
        let key = format!("/w1/c0/ecr/{ACCOUNT}/us-east-1/referrer/{id}.{subject}.{gone}");
        let marker = wharf_records::encode(&wharf_wanted::MARKER);
        let (store, permit) = (&home.world.store, PERMIT);
        store.put(&permit, key, marker).await.unwrap();
    }
    let (mut found, mut token, mut pages) = (Vec::new(), None, 0);
    loop {
        let input = ListImageReferrersRequest {
            repository_name: text("app"),
            subject_id: Some(SubjectIdentifier {
                image_digest: Some(digest_of(&subject).to_string()),
            }),
            max_results: Some(2),
            next_token: token,
            ..ListImageReferrersRequest::default()
        };
        let page = home.ecr.list_image_referrers(&home.call(), input).await;
        let page = page.unwrap();
        found.extend(
            page.referrers
                .unwrap()
                .into_iter()
                .map(|it| it.digest.unwrap()),
        );
        (token, pages) = (page.next_token, pages + 1);
        if token.is_none() {
            break;
        }
    }
    assert_eq!((found, pages), (vec![digest_of(&artifact).to_string()], 3));
}

#[tokio::test]
async fn each_pull_counts_for_its_repository() {
    let counted = Counted::new(Arc::new(SystemClock));
    let home = Home::with(NOW, |it| it.counters = counted.counters.clone());
    home.create("app").await.unwrap();
    let manifest = home.manifest("app", "layer").await;
    home.put("app", Some("v1"), &manifest).await.unwrap();
    for _ in 0..3 {
        let input = BatchGetImageRequest {
            repository_name: text("app"),
            image_ids: Some(vec![by_tag("v1"), by_tag("none")]),
            ..BatchGetImageRequest::default()
        };
        home.ecr.batch_get_image(&home.call(), input).await.unwrap();
    }
    counted.are(&[("RepositoryPullCount app", 3.0)]).await;
}

/// Who deletes a tag of one image does not delete the image that the tag was moved to meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn a_tag_that_moves_meanwhile_stays_where_it_went() {
    let home = Home::with_app().await;
    for round in 0..40 {
        let old = home.manifest("app", &format!("old {round}")).await;
        let new = home.manifest("app", &format!("new {round}")).await;
        home.put("app", Some("v1"), &old).await.unwrap();
        let id = ImageIdentifier {
            image_digest: Some(digest_of(&old).to_string()),
            image_tag: text("v1"),
        };
        let deleted = async {
            for _ in 0..round {
                tokio::task::yield_now().await;
            }
            home.delete("app", vec![id]).await
        };
        let (put, _) = tokio::join!(home.put("app", Some("v1"), &new), deleted);
        put.unwrap();
        let named = ImageIdentifier {
            image_digest: Some(digest_of(&new).to_string()),
            image_tag: text("v1"),
        };
        let listed = home.list("app", 1000, Some("TAGGED")).await;
        assert_eq!(listed, [named], "{round}");
    }
}
