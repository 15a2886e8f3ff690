//! Layers and images through the API.

use serde_json::{Value, json};
use wharf_blobs::Digest;

use crate::support::{HOME, Home, OCI_MANIFEST, base64, refused};

#[tokio::test]
async fn an_image_is_put_and_described() {
    let home = Home::new();
    home.create("app").await;
    let digest = home.image("app", "1", "a layer").await;
    let found = home
        .ask("DescribeImages", json!({"repositoryName": "app"}))
        .await
        .unwrap();
    let mut image = found["imageDetails"][0].clone();
    assert!(image["imagePushedAt"].take().is_number());
    let expected = json!({
        "registryId": HOME, "repositoryName": "app", "imageDigest": digest, "imageTags": ["1"],
        "imageSizeInBytes": 9, "imagePushedAt": null, "imageManifestMediaType": OCI_MANIFEST,
        "artifactMediaType": "application/vnd.oci.image.config.v1+json",
    });
    assert_eq!(image, expected);
    let manifest = home.manifest("app", "a layer").await;
    let again = json!({"repositoryName": "app", "imageManifest": manifest, "imageTag": "1"});
    let text = format!(
        "Image with digest '{digest}' and tag '1' already exists in the repository with name 'app' in \
         registry with id '000000000000'"
    );
    let again = home.ask("PutImage", again).await;
    assert_eq!(again, refused("ImageAlreadyExistsException", &text));
    let wrong = json!({
        "repositoryName": "app", "imageManifest": manifest,
        "imageDigest": Digest::of(b"other").to_string(),
    });
    let (code, _) = home.ask("PutImage", wrong).await.unwrap_err();
    assert_eq!(code, "ImageDigestDoesNotMatchException");
    let unknown = json!({"repositoryName": "app", "imageIds": [{"imageTag": "2"}]});
    let text = "The image with imageId {imageDigest:'null', imageTag:'2'} does not exist within the \
                repository with name 'app' in the registry with id '000000000000'";
    let unknown = home.ask("DescribeImages", unknown).await;
    assert_eq!(unknown, refused("ImageNotFoundException", text));
}

#[tokio::test]
async fn images_and_tags_are_listed_page_by_page() {
    let home = Home::new();
    home.create("app").await;
    let mut digests = Vec::new();
    for n in 0..5 {
        digests.push(
            home.image("app", &format!("v{n}"), &format!("layer {n}"))
                .await,
        );
    }
    // A tag that moves is listed once, with what it names now.
    digests[0] = home.image("app", "v0", "layer anew").await;
    let all = |operation: &'static str, member: &'static str| {
        let home = &home;
        async move {
            let (mut all, mut token) = (Vec::new(), Value::Null);
            loop {
                let mut input = json!({"repositoryName": "app", "maxResults": 2});
                if token.is_string() {
                    input["nextToken"] = token;
                }
                let page = home.ask(operation, input).await.unwrap();
                let found = page[member].as_array().unwrap().clone();
                assert!(found.len() <= 2);
                all.extend(found);
                token = page["nextToken"].clone();
                if token.is_null() {
                    return all;
                }
            }
        }
    };
    let images = all("DescribeImages", "imageDetails").await;
    assert_eq!(images.len(), 6, "five with tags, and the one that v0 was");
    let tags = all("DescribeImageTags", "imageTagDetails").await;
    let named: Vec<_> = tags
        .iter()
        .map(|it| {
            assert!(it["createdAt"].is_number(), "{it}");
            let detail = &it["imageDetail"];
            assert_eq!(detail["imageManifestMediaType"], OCI_MANIFEST);
            let text = |it: &Value| it.as_str().unwrap().to_owned();
            (text(&it["imageTag"]), text(&detail["imageDigest"]))
        })
        .collect();
    let expected: Vec<_> = (0..5)
        .map(|n| (format!("v{n}"), digests[n].clone()))
        .collect();
    assert_eq!(named, expected);
}

#[tokio::test]
async fn images_are_deleted_each_for_itself() {
    let home = Home::new();
    home.create("app").await;
    let one = home.image("app", "1", "layer").await;
    let two = home.image("app", "2", "another").await;
    let ids = json!([{"imageTag": "1"}, {"imageTag": "none"}, {"imageDigest": "x"}, {},
        {"imageTag": "2", "imageDigest": one}]);
    let gone = home
        .ask(
            "BatchDeleteImage",
            json!({"repositoryName": "app", "imageIds": ids}),
        )
        .await;
    let gone = gone.unwrap();
    assert_eq!(
        gone["imageIds"],
        json!([{"imageDigest": one, "imageTag": "1"}])
    );
    let failures: Vec<_> = gone["failures"].as_array().unwrap().iter().collect();
    let codes: Vec<_> = failures
        .iter()
        .map(|it| it["failureCode"].as_str().unwrap())
        .collect();
    assert_eq!(
        codes,
        [
            "ImageNotFound",
            "InvalidImageDigest",
            "MissingDigestAndTag",
            "ImageTagDoesNotMatchDigest"
        ]
    );
    let left = home
        .ask("DescribeImages", json!({"repositoryName": "app"}))
        .await
        .unwrap();
    assert_eq!(left["imageDetails"].as_array().unwrap().len(), 1);
    assert_eq!(left["imageDetails"][0]["imageDigest"], two);
}

#[tokio::test]
async fn layers_come_in_parts() {
    let home = Home::new();
    home.create("app").await;
    let of = |more: Value| {
        let mut input = json!({"repositoryName": "app"});
        input
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        input
    };
    let begun = home
        .ask("InitiateLayerUpload", of(json!({})))
        .await
        .unwrap();
    assert_eq!(begun["partSize"], 20_971_520);
    let id = begun["uploadId"].clone();
    let part = |first: usize, last: usize, bytes: &[u8]| {
        of(json!({
            "uploadId": id, "partFirstByte": first, "partLastByte": last,
            "layerPartBlob": base64(bytes),
        }))
    };
    let end = |digest: &str| of(json!({"uploadId": id, "layerDigests": [digest]}));
    let digest = Digest::of(b"abcdef").to_string();
    let text = "The specified layer upload does not contain any layer parts.";
    let empty = home.ask("CompleteLayerUpload", end(&digest)).await;
    assert_eq!(empty, refused("EmptyUploadException", text));
    let sent = home
        .ask("UploadLayerPart", part(0, 5, b"abcdef"))
        .await
        .unwrap();
    assert_eq!(sent["lastByteReceived"], 5);
    for (first, last, bytes) in [(0, 2, &b"xyz"[..]), (7, 9, b"xyz"), (6, 9, b"xyz")] {
        let (code, _) = home
            .ask("UploadLayerPart", part(first, last, bytes))
            .await
            .unwrap_err();
        assert_eq!(code, "InvalidLayerPartException", "{first} to {last}");
    }
    let (code, _) = home
        .ask("CompleteLayerUpload", end("sha512:00"))
        .await
        .unwrap_err();
    assert_eq!(code, "InvalidParameterException");
    let ended = home.ask("CompleteLayerUpload", end(&digest)).await.unwrap();
    assert_eq!(ended["layerDigest"], digest);
    let text = format!(
        "Upload with id '{}' could not be found for the repository with name 'app' in the registry \
         with id '000000000000'",
        id.as_str().unwrap()
    );
    let ended = home.ask("CompleteLayerUpload", end(&digest)).await;
    assert_eq!(ended, refused("UploadNotFoundException", &text));

    let asked = of(json!({"layerDigests": [digest, "sha256:0", ""]}));
    let found = home
        .ask("BatchCheckLayerAvailability", asked)
        .await
        .unwrap();
    assert_eq!(found["layers"][0]["layerAvailability"], "AVAILABLE");
    assert_eq!(found["layers"][0]["layerSize"], 6);
    assert_eq!(found["failures"][0]["failureCode"], "InvalidLayerDigest");
    assert_eq!(found["failures"][1]["failureCode"], "MissingLayerDigest");
}

#[tokio::test]
async fn a_layer_has_a_thousand_parts_at_most() {
    let home = Home::new();
    home.create("app").await;
    let begun = home
        .ask("InitiateLayerUpload", json!({"repositoryName": "app"}))
        .await;
    let id = begun.unwrap()["uploadId"].clone();
    let part = |at: usize| {
        json!({
            "repositoryName": "app", "uploadId": id, "partFirstByte": at, "partLastByte": at,
            "layerPartBlob": base64(b"x"),
        })
    };
    for at in 0..1000 {
        home.ask("UploadLayerPart", part(at)).await.unwrap();
    }
    let more = home.ask("UploadLayerPart", part(1000)).await;
    let text = "A layer upload can have at most 1000 parts";
    assert_eq!(more, refused("LimitExceededException", text));
}

#[tokio::test]
async fn an_image_needs_what_it_names() {
    let home = Home::new();
    home.create("app").await;
    let missing = Digest::of(b"missing");
    let manifest = json!({
        "schemaVersion": 2, "mediaType": OCI_MANIFEST,
        "config": {"mediaType": "x", "digest": missing, "size": 7}, "layers": [],
    });
    let put = json!({"repositoryName": "app", "imageManifest": manifest.to_string()});
    let (code, text) = home.ask("PutImage", put).await.unwrap_err();
    assert_eq!(code, "LayersNotFoundException");
    assert!(text.contains(&missing.to_string()), "{text}");
    let index = json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [{"mediaType": OCI_MANIFEST, "digest": missing, "size": 7}],
    });
    let put = json!({"repositoryName": "app", "imageManifest": index.to_string()});
    let (code, _) = home.ask("PutImage", put).await.unwrap_err();
    assert_eq!(code, "ReferencedImagesNotFoundException");
    // An alias says whose the registry is, as its number does.
    let alias = home.alias(HOME).await;
    for id in [alias.as_str(), HOME] {
        let manifest = home.manifest("app", id).await;
        let put = json!({"registryId": id, "repositoryName": "app", "imageManifest": manifest});
        assert_eq!(
            home.ask("PutImage", put).await.unwrap()["image"]["registryId"],
            HOME
        );
    }
    let put = json!({"registryId": "nobody", "repositoryName": "app", "imageManifest": "{}"});
    let text = "The registry with id 'nobody' does not exist";
    assert_eq!(
        home.ask("PutImage", put).await,
        refused("RegistryNotFoundException", text)
    );
}
