//! Indexes keep what they list, however many images that are.

use serde_json::{Value, json};
use wharf_base::image_index::Machine;
use wharf_blobs::Digest;
use wharf_store::Range;
use wharf_svc_ecr::Registry;

use crate::support::{ACCOUNT, Home, OCI_INDEX, OCI_MANIFEST, PERMIT, by_digest, digest_of};

/// An index of these images, in the repository.
async fn index(home: &Home, images: &[Value]) -> Value {
    let listed = |it: &Value| json!({"mediaType": OCI_MANIFEST, "digest": digest_of(it), "size": it.to_string().len()});
    let manifests: Vec<Value> = images.iter().map(listed).collect();
    let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests});
    home.put("app", None, &index).await.unwrap();
    index
}

/// Whether the image could be deleted; else the codes and reasons why not.
async fn deleted(home: &Home, image: &Value) -> Result<(), String> {
    let id = by_digest(&digest_of(image));
    let answer = home.delete("app", vec![id]).await;
    match answer.failures.unwrap().pop() {
        Some(failure) => Err(failure.failure_reason.unwrap()),
        None => Ok(()),
    }
}

/// How many images an index lists says where that is noted.
#[tokio::test]
async fn indexes_of_any_length_keep_what_they_list() {
    let home = Home::with_app().await;
    let mut images = Vec::new();
    for n in 0..41 {
        let mut image = home.manifest("app", "layer").await;
        image["annotations"] = json!({"n": n.to_string()});
        home.put("app", None, &image).await.unwrap();
        images.push(image);
    }
    let short = index(&home, &images[..40]).await;
    let long = index(&home, &images).await;
    let why = |of: &[&Value]| -> Result<(), String> {
        let digests: Vec<String> = of.iter().map(|it| digest_of(it).to_string()).collect();
        let text = format!(
            "Requested image referenced by manifest list: [{}]",
            digests.join(", ")
        );
        Err(text)
    };
    assert_eq!(deleted(&home, &images[0]).await, why(&[&short, &long]));
    assert_eq!(deleted(&home, &images[40]).await, why(&[&long]));
    deleted(&home, &long).await.unwrap();
    deleted(&home, &images[40]).await.unwrap();
    assert_eq!(deleted(&home, &images[0]).await, why(&[&short]));
    deleted(&home, &short).await.unwrap();
    deleted(&home, &images[0]).await.unwrap();
    let keys = home.world.store.all_keys(Range::prefix("/w1/")).await;
    let left = keys.unwrap().entries;
    let noted = |key: &str| key.contains("/listed/") || key.contains("/index/");
    assert!(!left.iter().any(|it| noted(&it.key)));
}

/// One that an earlier version noted in the list of the repository's indexes.
#[tokio::test]
async fn an_index_of_an_earlier_version_keeps_what_it_lists() {
    let home = Home::with_app().await;
    let image = home.manifest("app", "layer").await;
    home.put("app", None, &image).await.unwrap();
    let index = index(&home, std::slice::from_ref(&image)).await;
    let store = &home.world.store;
    let all = store.all(Range::prefix("/w1/")).await.unwrap().entries;
    let mark = all.iter().find(|it| it.key.contains("/listed/")).unwrap();
    let id = home
        .catalog
        .repository(&Registry::new(ACCOUNT, "us-east-1"), "app")
        .await
        .unwrap()
        .id;
    let hex = digest_of(&index).hex();
    let key = format!("/w1/c0/ecr/{ACCOUNT}/us-east-1/index/{id}.{hex}");
    store.put(&PERMIT, key, mark.value.clone()).await.unwrap();
    store.delete(&PERMIT, &mark.key).await.unwrap();
    assert!(deleted(&home, &image).await.is_err());
    deleted(&home, &index).await.unwrap();
    deleted(&home, &image).await.unwrap();
    let left = store.all_keys(Range::prefix("/w1/")).await.unwrap().entries;
    assert!(!left.iter().any(|it| it.key.contains("/index/")));
}

#[tokio::test]
async fn an_index_says_which_image_a_machine_runs() {
    let home = Home::with_app().await;
    let mut images = Vec::new();
    for architecture in ["amd64", "arm64"] {
        let mut image = home.manifest("app", "layer").await;
        image["annotations"] = json!({"for": architecture});
        home.put("app", None, &image).await.unwrap();
        images.push((architecture, digest_of(&image)));
    }
    let entry = |(architecture, digest): &(&str, Digest)| {
        json!({"mediaType": OCI_MANIFEST, "digest": digest, "size": 1,
            "platform": {"os": "linux", "architecture": architecture}})
    };
    let manifests: Vec<Value> = images.iter().map(entry).collect();
    let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests});
    home.put("app", None, &index).await.unwrap();
    let registry = Registry::new(ACCOUNT, "us-east-1");
    let choices = async |name: &str, digest: Digest| {
        let found = home.catalog.choices(&registry, name, &digest).await;
        found.unwrap()
    };
    for (architecture, digest) in images {
        let choices = choices("app", digest_of(&index)).await.unwrap();
        let machine = Machine {
            architecture,
            level: None,
        };
        assert_eq!(choices.on(machine), [digest]);
        assert_eq!(
            home.catalog
                .choices(&registry, "app", &digest)
                .await
                .unwrap(),
            None
        );
    }
    assert_eq!(choices("app", Digest::of(b"none")).await, None);
    assert_eq!(choices("none", digest_of(&index)).await, None);
}
