//! Layers through the API: parts, ends, and what is refused.

use wharf_api_ecr::{Ecr, types::*};
use wharf_blobs::Digest;
use wharf_wire::{Call, Context};

use crate::support::{ACCOUNT, Home, PERMIT, said, text};

const PART: usize = 5 << 20;

#[tokio::test]
async fn parts_one_after_the_other() {
    let home = Home::with_app().await;
    let content: Vec<u8> = (0..PART + 100).map(|n| n as u8).collect();
    let id = home.begin("app").await;
    assert_eq!(
        home.part("app", &id, 0, &content[..PART]).await.unwrap(),
        PART as i64 - 1
    );
    let last = content.len() as i64 - 1;
    assert_eq!(
        home.part("app", &id, PART as i64, &content[PART..])
            .await
            .unwrap(),
        last
    );
    home.complete("app", &id, &Digest::of(&content))
        .await
        .unwrap();
    let input = BatchCheckLayerAvailabilityRequest {
        repository_name: text("app"),
        layer_digests: Some(vec![
            Digest::of(&content).to_string(),
            Digest::of(b"none").to_string(),
            "x".to_owned(),
            String::new(),
        ]),
        registry_id: None,
    };
    let checked = home
        .ecr
        .batch_check_layer_availability(&home.call(), input)
        .await
        .unwrap();
    let layers = checked.layers.unwrap();
    assert_eq!(layers[0].layer_availability.as_deref(), Some("AVAILABLE"));
    assert_eq!(layers[0].layer_size, Some(content.len() as i64));
    assert_eq!(layers[1].layer_availability.as_deref(), Some("UNAVAILABLE"));
    let codes: Vec<_> = checked
        .failures
        .unwrap()
        .into_iter()
        .filter_map(|f| f.failure_code)
        .collect();
    assert_eq!(codes, ["InvalidLayerDigest", "MissingLayerDigest"]);
}

#[tokio::test]
async fn a_part_out_of_order_is_refused_with_where_to_go_on() {
    let home = Home::with_app().await;
    let id = home.begin("app").await;
    home.part("app", &id, 0, b"0123").await.unwrap();
    let refused = home.part("app", &id, 5, b"5678").await.unwrap_err();
    assert_eq!(refused.code, "InvalidLayerPartException");
    let member = |name: &str| {
        refused
            .members
            .iter()
            .find(|(key, _)| *key == name)
            .unwrap()
            .1
            .clone()
    };
    assert_eq!(member("lastValidByteReceived"), 3);
    assert_eq!(member("registryId"), ACCOUNT);
    assert_eq!(member("repositoryName"), "app");
    assert_eq!(member("uploadId"), id.as_str());

    let lying = UploadLayerPartRequest {
        repository_name: text("app"),
        upload_id: text(&id),
        part_first_byte: Some(4),
        part_last_byte: Some(9),
        layer_part_blob: Some(b"45".to_vec()),
        ..UploadLayerPartRequest::default()
    };
    let refused = home
        .ecr
        .upload_layer_part(&home.call(), lying)
        .await
        .unwrap_err();
    assert_eq!(refused.code, "InvalidLayerPartException");
    home.part("app", &id, 4, b"45").await.unwrap();
}

#[tokio::test]
async fn ends_that_are_refused() {
    let home = Home::with_app().await;
    let id = home.begin("app").await;
    let empty = home
        .complete("app", &id, &Digest::of(b""))
        .await
        .unwrap_err();
    assert_eq!(empty.code, "EmptyUploadException");
    home.part("app", &id, 0, b"content").await.unwrap();
    let wrong = home
        .complete("app", &id, &Digest::of(b"other"))
        .await
        .unwrap_err();
    assert_eq!(wrong.code, "InvalidLayerException");
    let gone = said(
        home.complete("app", &id, &Digest::of(b"content"))
            .await
            .unwrap_err(),
    );
    let text = format!(
        "Upload with id '{id}' could not be found for the repository with name 'app' in the registry with id '{ACCOUNT}'"
    );
    assert_eq!(gone, ("UploadNotFoundException".to_owned(), text));

    let id = home.begin("app").await;
    home.part("app", &id, 0, b"small").await.unwrap();
    home.part("app", &id, 5, b"next").await.unwrap();
    let small = home
        .complete("app", &id, &Digest::of(b"smallnext"))
        .await
        .unwrap_err();
    assert_eq!(small.code, "LayerPartTooSmallException");

    home.layer("app", b"layer").await;
    let id = home.begin("app").await;
    home.part("app", &id, 0, b"layer").await.unwrap();
    let twice = home
        .complete("app", &id, &Digest::of(b"layer"))
        .await
        .unwrap_err();
    assert_eq!(twice.code, "LayerAlreadyExistsException");
}

#[tokio::test]
async fn a_download_address_is_for_layers_of_images() {
    let home = Home::with_app().await;
    let ask = |digest: &Digest| {
        let input = GetDownloadUrlForLayerRequest {
            repository_name: text("app"),
            layer_digest: Some(digest.to_string()),
            registry_id: None,
        };
        let (ecr, call) = (home.ecr.clone(), home.call());
        async move { ecr.get_download_url_for_layer(&call, input).await }
    };
    let digest = Digest::of(b"layer");
    assert_eq!(
        ask(&digest).await.unwrap_err().code,
        "LayersNotFoundException"
    );
    let manifest = home.manifest("app", "layer").await;
    assert_eq!(
        ask(&digest).await.unwrap_err().code,
        "LayerInaccessibleException"
    );
    home.put("app", None, &manifest).await.unwrap();
    let url = ask(&digest).await.unwrap().download_url.unwrap();
    assert!(
        url.starts_with(&format!("http://localhost:4566/v2/app/blobs/{digest}?")),
        "{url}"
    );
    // Whoever came over TLS from elsewhere fetches it from where it came to.
    let context = Context {
        endpoint: "https://registry.example.org:4566".to_owned(),
        ..home.call().context().clone()
    };
    let input = GetDownloadUrlForLayerRequest {
        repository_name: text("app"),
        layer_digest: Some(digest.to_string()),
        registry_id: None,
    };
    let call = Call::by_controller(context, PERMIT);
    let given = home.ecr.get_download_url_for_layer(&call, input).await;
    let url = given.unwrap().download_url.unwrap();
    let prefix = format!("https://registry.example.org:4566/v2/app/blobs/{digest}?");
    assert!(url.starts_with(&prefix), "{url}");
}
