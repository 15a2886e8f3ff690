//! What the API, and not a pull, brings from another registry.

use serde_json::Value;
use wharf_api_ecr::{
    BatchGetImageRequest, BatchGetImageResponse, Ecr, GetDownloadUrlForLayerRequest,
    ImageIdentifier, Input,
};
use wharf_api_kms::{DisableKeyRequest, Kms};
use wharf_blobs::Digest;
use wharf_wire::Fault;

use crate::{
    scripted::{say, scripted},
    support::Home,
    through::{cache, digests, pair, recorded},
    through_faults::manifest,
    through_meanwhile::slow,
};

const NAME: &str = "up/app";

fn tags(tags: &[&str]) -> BatchGetImageRequest {
    let id = |tag: &&str| ImageIdentifier {
        image_tag: Some((*tag).to_owned()),
        image_digest: None,
    };
    BatchGetImageRequest {
        repository_name: Some(NAME.to_owned()),
        image_ids: Some(tags.iter().map(id).collect()),
        ..BatchGetImageRequest::default()
    }
}

fn layer(digest: &str) -> GetDownloadUrlForLayerRequest {
    GetDownloadUrlForLayerRequest {
        repository_name: Some(NAME.to_owned()),
        layer_digest: Some(digest.to_owned()),
        registry_id: None,
    }
}

async fn images(home: &Home, input: BatchGetImageRequest) -> Result<BatchGetImageResponse, Fault> {
    home.ecr().batch_get_image(&home.call(), input).await
}

/// The content behind an address that needs no password.
async fn download(home: &Home, digest: &str) -> Result<Digest, Fault> {
    let (ecr, call) = (home.ecr(), home.call());
    let given = ecr.get_download_url_for_layer(&call, layer(digest));
    let url = given.await?.download_url.unwrap();
    let path = url.strip_prefix("http://localhost:4566").unwrap();
    let got = home.ask("GET", path).anonymous().send().await;
    assert_eq!(got.status, 200);
    Ok(Digest::of(&got.body))
}

/// What IAM is asked of a request.
async fn row(home: &Home, input: Input<'_>) -> Vec<String> {
    let (ecr, call) = (home.ecr(), home.call());
    let checks = ecr.authorize(call.context(), input).await.unwrap();
    let arn = "arn:aws:ecr:us-east-1:000000000000:repository/up/app";
    assert!(checks.iter().all(|it| it.resource == arn));
    checks.into_iter().map(|it| it.action).collect()
}

fn manifests(answer: &BatchGetImageResponse) -> Vec<&str> {
    let images = answer.images.iter().flatten();
    images
        .filter_map(|it| it.image_manifest.as_deref())
        .collect()
}

fn failures(answer: &BatchGetImageResponse) -> Vec<&str> {
    let failures = answer.failures.iter().flatten();
    failures
        .filter_map(|it| it.failure_code.as_deref())
        .collect()
}

async fn brings_all(home: &Home, wanted: &Value) {
    let got = images(home, tags(&["1", "none"])).await.unwrap();
    assert_eq!(manifests(&got), [wanted.to_string()]);
    assert_eq!(failures(&got), ["ImageNotFound"]);
    for digest in digests(wanted) {
        let content = download(home, &digest).await.unwrap();
        assert_eq!(content.to_string(), digest);
    }
    recorded(home, NAME, 1).await;
    let there = images(home, tags(&["1"])).await.unwrap();
    assert_eq!(manifests(&there), [wanted.to_string()]);
}

#[tokio::test]
async fn images_and_their_layers_are_brought() {
    let (_upstream, home, manifest) = pair().await;
    brings_all(&home, &manifest).await;
}

#[tokio::test]
async fn they_are_brought_under_the_key_of_the_repository() {
    let (upstream, home, manifest) = pair().await;
    let key = home.sealed_by(NAME).await;
    brings_all(&home, &manifest).await;
    let other = upstream.image("app", "another").await;
    assert_eq!(upstream.put("app", "2", &other).await.status, 201);
    let input = DisableKeyRequest { key_id: Some(key) };
    home.kms.disable_key(&home.call(), input).await.unwrap();
    let shut = images(&home, tags(&["1"])).await.unwrap();
    assert_eq!(failures(&shut), ["KmsError"]);
    // What comes from elsewhere can be shown, and not be kept.
    let shown = images(&home, tags(&["2"])).await.unwrap();
    assert_eq!(manifests(&shown), [other.to_string()]);
    let coming = digests(&other).remove(0);
    let refused = download(&home, &coming).await.unwrap_err();
    assert_eq!(refused.code, "KmsException");
}

#[tokio::test]
async fn a_layer_is_given_while_its_image_is_on_the_way() {
    let (home, open) = slow().await;
    let got = images(&home, tags(&["1"])).await.unwrap();
    assert_eq!(manifests(&got), [manifest()]);
    let digest = Digest::of(b"layer").to_string();
    let (content, ()) = tokio::join!(download(&home, &digest), async {
        open.send_replace(true);
    });
    assert_eq!(content.unwrap().to_string(), digest);
}

#[tokio::test]
async fn a_layer_whose_image_still_comes_can_be_had() {
    let (home, open) = slow().await;
    images(&home, tags(&["1"])).await.unwrap();
    // As one that is here already, of an image of which another layer is missing.
    home.push_layer(NAME, "layer").await;
    let digest = Digest::of(b"layer").to_string();
    let given = home
        .ecr()
        .get_download_url_for_layer(&home.call(), layer(&digest))
        .await;
    assert!(given.unwrap().download_url.is_some());
    home.push_layer(NAME, "of no image").await;
    let digest = Digest::of(b"of no image").to_string();
    let refused = download(&home, &digest).await.unwrap_err();
    assert_eq!(refused.code, "LayerInaccessibleException");
    open.send_replace(true);
}

#[tokio::test]
async fn who_has_something_brought_must_be_allowed_to() {
    let (_upstream, home, manifest) = pair().await;
    let one = tags(&["1"]);
    let import = "ecr:BatchImportUpstreamImage";
    assert_eq!(
        row(&home, Input::BatchGetImage(&one)).await,
        ["ecr:BatchGetImage", import, "ecr:CreateRepository"]
    );
    let digest = digests(&manifest).remove(0);
    let of_layer = layer(&digest);
    // There is no repository to have it.
    let get = "ecr:GetDownloadUrlForLayer";
    let asked = row(&home, Input::GetDownloadUrlForLayer(&of_layer)).await;
    assert_eq!(asked, [get]);
    home.create(NAME).await;
    let asked = row(&home, Input::BatchGetImage(&one)).await;
    assert_eq!(asked, ["ecr:BatchGetImage", import]);
    let asked = row(&home, Input::GetDownloadUrlForLayer(&of_layer)).await;
    assert_eq!(asked, [get, import]);
    images(&home, one.clone()).await.unwrap();
    recorded(&home, NAME, 1).await;
    // What is here needs no more than before, nor does what cannot be brought.
    let both = BatchGetImageRequest {
        image_ids: Some(vec![ImageIdentifier {
            image_digest: Some(Digest::of(b"x").to_string()),
            image_tag: Some("other".to_owned()),
        }]),
        ..one.clone()
    };
    for input in [&one, &tags(&["not a tag"]), &both] {
        let asked = row(&home, Input::BatchGetImage(input)).await;
        assert_eq!(asked, ["ecr:BatchGetImage"]);
    }
    for digest in [&digest, "no digest"] {
        let asked = row(&home, Input::GetDownloadUrlForLayer(&layer(digest))).await;
        assert_eq!(asked, [get]);
    }
}

#[tokio::test]
async fn what_cannot_be_brought_says_why() {
    for (status, code) in [
        (401, "UpstreamAccessDenied"),
        (403, "UpstreamAccessDenied"),
        (429, "UpstreamTooManyRequests"),
        (500, "UpstreamUnavailable"),
    ] {
        let (upstream, seen) = scripted(move |_, _| say(status, &[], "no")).await;
        let home = cache(&format!("http://{upstream}"), None).await;
        let many: Vec<String> = (0..50).map(|n| n.to_string()).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let got = images(&home, tags(&many)).await.unwrap();
        assert_eq!(failures(&got), [code; 50], "{status}");
        let asked = seen.lock().unwrap().len();
        assert!(asked <= 16, "it was asked {asked} times");
    }
}

#[tokio::test]
async fn where_nothing_is_to_be_had_there_is_no_repository() {
    let (_upstream, home, _) = pair().await;
    let absent = images(&home, tags(&["none"])).await.unwrap_err();
    assert_eq!(absent.code, "RepositoryNotFoundException");
    let digest = Digest::of(b"none").to_string();
    let absent = download(&home, &digest).await.unwrap_err();
    assert_eq!(absent.code, "RepositoryNotFoundException");
    home.create(NAME).await;
    let absent = download(&home, &digest).await.unwrap_err();
    assert_eq!(absent.code, "LayersNotFoundException");
}

#[tokio::test]
async fn a_layer_that_cannot_be_brought_says_why() {
    let (upstream, _) = scripted(|_, _| say(500, &[], "no")).await;
    let home = cache(&format!("http://{upstream}"), None).await;
    home.create(NAME).await;
    let digest = Digest::of(b"layer").to_string();
    let refused = download(&home, &digest).await.unwrap_err();
    assert_eq!(refused.code, "UnableToGetUpstreamLayerException");
}
