//! Images and layers under sha512 digests, beside those under sha256.

use serde_json::{Value, json};
use wharf_api_ecr::{Ecr, types::*};
use wharf_blobs::{Algorithm, Digest};
use wharf_store::Range;
use wharf_svc_ecr::{ImageRef, Registry};

use crate::{
    replication::{configure, replicate, rule, to},
    support::{ACCOUNT, Home, OCI_INDEX, OCI_MANIFEST, PERMIT, by_digest, text},
};

fn sha512(content: impl AsRef<[u8]>) -> Digest {
    Digest::by(Algorithm::Sha512, content.as_ref())
}

impl Home {
    /// The manifest of an image whose config and one layer are there, all under sha512.
    async fn manifest_512(&self, name: &str, content: &str) -> Value {
        for bytes in [content.as_bytes(), b"{}"] {
            let id = self.begin(name).await;
            self.part(name, &id, 0, bytes).await.unwrap();
            match self.complete(name, &id, &sha512(bytes)).await {
                Err(fault) if fault.code == "LayerAlreadyExistsException" => {}
                ended => ended.unwrap(),
            }
        }
        json!({
            "schemaVersion": 2, "mediaType": OCI_MANIFEST,
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json",
                "digest": sha512("{}"), "size": 2},
            "layers": [{"mediaType": "x", "digest": sha512(content), "size": content.len()}],
        })
    }

    async fn put_512(&self, name: &str, tag: Option<&str>, manifest: &Value) -> Digest {
        let digest = sha512(manifest.to_string());
        let input = PutImageRequest {
            repository_name: text(name),
            image_manifest: Some(manifest.to_string()),
            image_tag: tag.map(str::to_owned),
            image_digest: Some(digest.to_string()),
            ..PutImageRequest::default()
        };
        let put = self.ecr.put_image(&self.call(), input).await.unwrap();
        let id = put.image.unwrap().image_id.unwrap();
        assert_eq!(id.image_digest, Some(digest.to_string()));
        digest
    }

    /// What the collector left of blobs, and of the records of who needs them.
    async fn left(&self) -> (usize, usize) {
        self.catalog.collect_garbage(&PERMIT).await.unwrap();
        let owners = Range::prefix("/w1/c0/ecr/platform/aws-global/owner/");
        let owners = self.world.store.all(owners).await.unwrap().entries.len();
        (
            self.catalog.blobs().list(None, 100).await.unwrap().len(),
            owners,
        )
    }
}

#[tokio::test]
async fn pages_hold_images_of_both_and_each_goes_alone() {
    let home = Home::with_app().await;
    let mut expected = Vec::new();
    for n in 0..4 {
        let manifest = home.manifest_512("app", &format!("layer {n}")).await;
        expected.push(
            home.put_512("app", Some(&format!("long-{n}")), &manifest)
                .await,
        );
        let manifest = home.manifest("app", &format!("layer {n}")).await;
        home.put("app", Some(&format!("short-{n}")), &manifest)
            .await
            .unwrap();
        expected.push(Digest::of(manifest.to_string().as_bytes()));
    }
    expected.sort_unstable();
    for size in [1, 3, 100] {
        let listed = home.list("app", size, None).await;
        let digests = listed.iter().map(|it| it.image_digest.clone().unwrap());
        let digests: Vec<Digest> = digests.map(|it| it.parse().unwrap()).collect();
        assert_eq!(digests, expected, "{size}");
    }
    // Four layers and a configuration, once for both names of each; and eight manifests.
    assert_eq!(home.left().await, (13, 18));
    let long = expected
        .iter()
        .filter(|it| it.algorithm() == Algorithm::Sha512);
    let ids = long.map(by_digest).collect();
    assert_eq!(home.delete("app", ids).await.failures, Some(Vec::new()));
    assert_eq!(home.left().await, (9, 9));
    let ids = home.list("app", 100, None).await;
    home.delete("app", ids).await;
    assert_eq!(home.left().await, (0, 0));
}

#[tokio::test]
async fn a_repository_that_goes_leaves_nothing() {
    let home = Home::with_app().await;
    let manifest = home.manifest_512("app", "layer").await;
    home.put_512("app", Some("1"), &manifest).await;
    let input = DeleteRepositoryRequest {
        repository_name: text("app"),
        force: Some(true),
        ..DeleteRepositoryRequest::default()
    };
    home.ecr
        .delete_repository(&home.call(), input)
        .await
        .unwrap();
    assert_eq!(home.left().await, (0, 0));
}

#[tokio::test]
async fn a_replica_has_the_digests_that_were_pushed() {
    let home = Home::with_app().await;
    let rules = vec![rule(vec![to(ACCOUNT, "eu-west-1")], &["app"], false)];
    configure(&home, rules).await.unwrap();
    let child = home.manifest_512("app", "layer").await;
    let listed = home.put_512("app", None, &child).await;
    let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [
        {"mediaType": OCI_MANIFEST, "digest": listed, "size": child.to_string().len()}]});
    let digest = home.put_512("app", Some("all"), &index).await;
    assert_eq!(replicate(&home).await, 2);
    let target = Registry::new(ACCOUNT, "eu-west-1");
    for reference in [ImageRef::Tag("all".to_owned()), ImageRef::Digest(digest)] {
        let found = home.catalog.manifest(&target, "app", &reference).await;
        let found = found.unwrap().unwrap();
        assert_eq!(
            (found.image.digest, found.manifest),
            (digest, index.to_string().into_bytes())
        );
    }
    let layer = home
        .catalog
        .read_layer(&target, "app", &sha512("layer"))
        .await;
    assert_eq!(layer.unwrap().unwrap().size(), 5);
    assert_eq!(replicate(&home).await, 0, "nothing is left");
}

#[tokio::test]
async fn what_is_no_such_digest_is_refused() {
    let home = Home::with_app().await;
    let manifest = home.manifest_512("app", "layer").await;
    for wrong in [sha512("other").to_string(), "sha384:00".to_owned()] {
        let input = PutImageRequest {
            repository_name: text("app"),
            image_manifest: Some(manifest.to_string()),
            image_digest: Some(wrong.clone()),
            ..PutImageRequest::default()
        };
        let refused = home.ecr.put_image(&home.call(), input).await.unwrap_err();
        assert_eq!(refused.code, "ImageDigestDoesNotMatchException", "{wrong}");
    }
    let id = home.begin("app").await;
    home.part("app", &id, 0, b"content").await.unwrap();
    let refused = home
        .complete("app", &id, &sha512("other"))
        .await
        .unwrap_err();
    assert_eq!(refused.code, "InvalidLayerException");
    let input = BatchCheckLayerAvailabilityRequest {
        repository_name: text("app"),
        layer_digests: Some(vec![sha512("layer").to_string(), "sha384:00".to_owned()]),
        registry_id: None,
    };
    let call = home.call();
    let checked = home.ecr.batch_check_layer_availability(&call, input);
    let checked = checked.await.unwrap();
    assert_eq!(checked.layers.unwrap()[0].layer_size, Some(5));
    let failures = checked.failures.unwrap();
    assert_eq!(
        failures[0].failure_code.as_deref(),
        Some("InvalidLayerDigest")
    );
}
