//! Repositories under a key of KMS, as clients of the registry see them.

use bytes::Bytes;
use wharf_api_ecr::{
    CreateRepositoryRequest, Ecr, EncryptionConfiguration, GetDownloadUrlForLayerRequest,
};
use wharf_api_kms::{DisableKeyRequest, EnableKeyRequest, Kms};
use wharf_blobs::Digest;

use crate::support::{Home, random};

impl Home {
    async fn sealed(&self, name: &str) -> String {
        let input = CreateRepositoryRequest {
            repository_name: Some(name.to_owned()),
            encryption_configuration: Some(EncryptionConfiguration {
                encryption_type: Some("KMS".to_owned()),
                kms_key: None,
            }),
            ..CreateRepositoryRequest::default()
        };
        let made = self.ecr().create_repository(&self.call(), input).await;
        let made = made.unwrap().repository.unwrap();
        made.encryption_configuration.unwrap().kms_key.unwrap()
    }

    /// A repository under a key that can be disabled.
    pub async fn sealed_by(&self, name: &str) -> String {
        let made = self.kms.create_key(&self.call(), Default::default()).await;
        let key = made.unwrap().key_metadata.unwrap().arn.unwrap();
        let input = CreateRepositoryRequest {
            repository_name: Some(name.to_owned()),
            encryption_configuration: Some(EncryptionConfiguration {
                encryption_type: Some("KMS_DSSE".to_owned()),
                kms_key: Some(key.clone()),
            }),
            ..CreateRepositoryRequest::default()
        };
        self.ecr()
            .create_repository(&self.call(), input)
            .await
            .unwrap();
        key
    }
}

#[tokio::test]
async fn layers_and_ranges_of_them_come_as_they_were_sent() {
    let home = Home::new().await;
    home.sealed("sealed").await;
    let content = random(1_000_000);
    let digest = home.push_layer("sealed", content.clone()).await;
    let path = format!("/v2/sealed/blobs/{digest}");
    let got = home.get(&path).await;
    assert_eq!((got.status.as_u16(), &got.body), (200, &content));
    assert_eq!(got.header("docker-content-digest"), digest.to_string());
    assert_eq!(got.header("etag"), format!("\"{digest}\""));
    let head = home.ask("HEAD", &path).send().await;
    assert_eq!(head.header("content-length"), "1000000");
    for (range, from, to) in [
        ("bytes=10-599999", 10, 600_000),
        ("bytes=65536-65536", 65_536, 65_537),
        ("bytes=-3", 999_997, 1_000_000),
        ("bytes=131071-", 131_071, 1_000_000),
    ] {
        let part = home.ask("GET", &path).header("range", range).send().await;
        assert_eq!(part.status, 206, "{range}");
        assert_eq!(part.body, content.slice(from..to), "{range}");
    }
    // By an address that needs no password.
    let manifest = home.image("sealed", content.clone()).await;
    assert_eq!(home.put("sealed", "v1", &manifest).await.status, 201);
    let input = GetDownloadUrlForLayerRequest {
        repository_name: Some("sealed".to_owned()),
        layer_digest: Some(digest.to_string()),
        registry_id: None,
    };
    let url = home
        .ecr()
        .get_download_url_for_layer(&home.call(), input)
        .await;
    let url = url.unwrap().download_url.unwrap();
    let path = url.strip_prefix("http://localhost:4566").unwrap();
    let got = home.ask("GET", path).anonymous().send().await;
    assert_eq!((got.status.as_u16(), got.body), (200, content));
    let elsewhere = path.replace("/sealed/", "/app/");
    let got = home.ask("GET", elsewhere).anonymous().send().await;
    assert_eq!(got.error(), (404, "BLOB_UNKNOWN".to_owned()));
}

#[tokio::test]
async fn an_upload_in_parts_goes_on() {
    let home = Home::new().await;
    home.sealed("sealed").await;
    let content = random(300_000);
    let digest = Digest::of(&content);
    let begun = home.ask("POST", "/v2/sealed/blobs/uploads/").send().await;
    let location = begun.header("location").to_owned();
    for (from, to) in [(0, 1), (1, 65_537), (65_537, 200_000), (200_000, 300_000)] {
        let status = home.get(&location).await;
        assert_eq!(status.header("range"), format!("0-{}", from.max(1) - 1));
        let part = home
            .ask("PATCH", &location)
            .header("content-range", format!("{from}-{}", to - 1))
            .body(content.slice(from..to));
        assert_eq!(part.send().await.status, 202, "{from}");
    }
    let wrong = Digest::of(b"wrong");
    let put = home
        .ask("PUT", format!("{location}?digest={digest}"))
        .send()
        .await;
    assert_eq!(put.status, 201);
    assert_eq!(put.header("docker-content-digest"), digest.to_string());
    let got = home.get(format!("/v2/sealed/blobs/{digest}")).await;
    assert_eq!(got.body, content);
    let path = format!("/v2/sealed/blobs/uploads/?digest={wrong}");
    for body in [content, Bytes::from_static(b"x")] {
        let refused = home.ask("POST", &path).body(body).send().await;
        assert_eq!(refused.error(), (400, "DIGEST_INVALID".to_owned()));
    }
    home.without_uploads().await;
}

#[tokio::test]
async fn a_disabled_key_refuses_pushes_and_pulls() {
    let home = Home::new().await;
    let key = home.sealed_by("sealed").await;
    let manifest = home.image("sealed", "content").await;
    assert_eq!(home.put("sealed", "v1", &manifest).await.status, 201);
    let layer = manifest["layers"][0]["digest"].as_str().unwrap();
    let begun = home.ask("POST", "/v2/sealed/blobs/uploads/").send().await;
    let location = begun.header("location").to_owned();
    // Of another repository, which has it without a key, the same layer may be kept in memory; of this one nothing is.
    home.push_layer("app", "content").await;
    for repository in ["app", "sealed", "sealed", "app"] {
        let pulled = home.get(format!("/v2/{repository}/blobs/{layer}")).await;
        assert_eq!(
            (pulled.status.as_u16(), &*pulled.body),
            (200, &b"content"[..])
        );
        let pulled = home.get("/v2/sealed/manifests/v1").await;
        assert_eq!(pulled.status, 200);
    }
    let input = DisableKeyRequest {
        key_id: Some(key.clone()),
    };
    home.kms.disable_key(&home.call(), input).await.unwrap();
    let pulls = [
        home.get("/v2/sealed/manifests/v1").await,
        home.get(format!("/v2/sealed/blobs/{layer}")).await,
        home.ask("POST", "/v2/sealed/blobs/uploads/").send().await,
        home.ask("PATCH", &location).body("more").send().await,
        home.put("sealed", "v2", &manifest).await,
    ];
    for refused in pulls {
        assert_eq!(refused.error(), (403, "DENIED".to_owned()));
        assert_eq!(
            refused.message(),
            format!(
                "The operation failed due to a KMS exception: DisabledException: {key} is disabled."
            )
        );
    }
    // What says nothing of the content needs no key.
    let cancelled = home.ask("DELETE", &location).send().await;
    assert_eq!(cancelled.status, 204);
    home.without_uploads().await;
    let head = home.ask("HEAD", "/v2/sealed/manifests/v1").send().await;
    assert_eq!(head.status, 200);
    assert_eq!(
        home.get("/v2/sealed/tags/list").await.json()["tags"][0],
        "v1"
    );
    let input = EnableKeyRequest { key_id: Some(key) };
    home.kms.enable_key(&home.call(), input).await.unwrap();
    assert_eq!(
        home.get("/v2/sealed/manifests/v1").await.body,
        manifest.to_string()
    );
    assert_eq!(
        home.get(format!("/v2/sealed/blobs/{layer}")).await.body,
        "content"
    );
    assert_eq!(home.put("sealed", "v2", &manifest).await.status, 201);
}

#[tokio::test]
async fn nothing_is_mounted_across_keys() {
    let home = Home::new().await;
    for name in ["one", "two"] {
        home.sealed(name).await;
    }
    home.push_layer("app", "of app").await;
    home.push_layer("one", "of one").await;
    for (into, from, content) in [
        ("one", "app", "of app"),
        ("app", "one", "of one"),
        ("two", "one", "of one"),
    ] {
        let digest = Digest::of(content.as_bytes());
        let path = format!("/v2/{into}/blobs/uploads/?mount={digest}&from={from}");
        let answer = home.ask("POST", path).send().await;
        assert_eq!(answer.status, 202, "{into} {from}");
        let head = format!("/v2/{into}/blobs/{digest}");
        assert_eq!(home.ask("HEAD", head).send().await.status, 404);
    }
}

#[tokio::test]
async fn whoever_may_pull_needs_no_right_to_the_key() {
    let home = Home::new().await;
    home.sealed("sealed").await;
    let manifest = home.image("sealed", "content").await;
    assert_eq!(home.put("sealed", "v1", &manifest).await.status, 201);
    home.doorman.take_asked();
    assert_eq!(home.get("/v2/sealed/manifests/v1").await.status, 200);
    let asked = home.doorman.take_asked();
    let kms: Vec<_> = asked.iter().filter(|it| it.1.starts_with("kms:")).collect();
    assert_eq!(kms.len(), 1, "{asked:?}");
    assert_eq!(
        (&*kms[0].0, &*kms[0].1),
        ("ecr.us-east-1.amazonaws.com", "kms:Decrypt")
    );
}
