//! Layers, images and references under sha512 digests, beside those under sha256.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use wharf_blobs::{Algorithm, Digest};

use crate::{
    support::{Answer, Home, OCI_INDEX, OCI_MANIFEST, random},
    through::{cache, recorded},
};

fn sha512(content: impl AsRef<[u8]>) -> Digest {
    Digest::by(Algorithm::Sha512, content.as_ref())
}

impl Home {
    async fn push_as(&self, name: &str, digest: &Digest, content: impl Into<Bytes>) -> Answer {
        let path = format!("/v2/{name}/blobs/uploads/?digest={digest}");
        self.ask("POST", path).body(content).send().await
    }

    /// The manifest of an image all of whose descriptors are sha512.
    async fn image_512(&self, name: &str, layer: impl Into<Bytes>) -> Value {
        let layer = layer.into();
        for content in [layer.clone(), Bytes::from_static(b"{}")] {
            let pushed = self.push_as(name, &sha512(&content), content).await;
            assert_eq!(pushed.status, 201);
        }
        json!({
            "schemaVersion": 2, "mediaType": OCI_MANIFEST,
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json",
                "digest": sha512("{}"), "size": 2},
            "layers": [{"mediaType": "application/octet-stream",
                "digest": sha512(&layer), "size": layer.len()}],
        })
    }

    /// Whether the image and all its blobs come as they were sent.
    async fn serves(&self, name: &str, manifest: &Value) -> bool {
        let text = manifest.to_string();
        let got = self
            .get(format!("/v2/{name}/manifests/{}", sha512(&text)))
            .await;
        let mut fits = got.body == text;
        for blob in [&manifest["config"], &manifest["layers"][0]] {
            let digest: Digest = blob["digest"].as_str().unwrap().parse().unwrap();
            let got = self.get(format!("/v2/{name}/blobs/{digest}")).await;
            fits &= digest.names(&got.body);
        }
        fits
    }
}

#[tokio::test]
async fn a_layer_in_one_piece_in_a_stream_and_in_parts() {
    let home = Home::new().await;
    let contents = [random(300_000), random(200_001), random(100_002), random(7)];
    let digests = contents.each_ref().map(sha512);
    let pushed = home.push_as("app", &digests[0], contents[0].clone()).await;
    assert_eq!(pushed.status, 201);
    assert_eq!(
        pushed.header("docker-content-digest"),
        digests[0].to_string()
    );
    assert_eq!(
        pushed.header("location"),
        format!("/v2/app/blobs/{}", digests[0])
    );
    for (n, cuts) in [
        (1, vec![200_001]),
        (2, vec![1, 65_535, 30_000]),
        (3, vec![]),
    ] {
        let begun = home.ask("POST", "/v2/app/blobs/uploads/").send().await;
        let location = begun.header("location").to_owned();
        let mut at = 0;
        for cut in cuts {
            let part = contents[n].slice(at..at + cut);
            let ask = home.ask("PATCH", &location).body(part);
            let range = format!("{at}-{}", at + cut - 1);
            assert_eq!(ask.header("content-range", range).send().await.status, 202);
            at += cut;
        }
        let ask = home.ask("PUT", format!("{location}?digest={}", digests[n]));
        assert_eq!(ask.body(contents[n].slice(at..)).send().await.status, 201);
    }
    for (digest, content) in digests.iter().zip(&contents) {
        let path = format!("/v2/app/blobs/{digest}");
        let head = home.ask("HEAD", &path).send().await;
        assert_eq!(head.header("content-length"), content.len().to_string());
        let got = home.get(&path).await;
        assert_eq!((got.status.as_u16(), &got.body), (200, content));
        assert_eq!(got.header("docker-content-digest"), digest.to_string());
        let part = home
            .ask("GET", &path)
            .header("range", "bytes=2-4")
            .send()
            .await;
        assert_eq!(
            (part.status.as_u16(), part.body),
            (206, content.slice(2..5))
        );
        let again = home
            .ask("GET", &path)
            .header("if-none-match", format!("\"{digest}\""));
        assert_eq!(again.send().await.status, 304);
        // Under the other digest nobody pushed it.
        let other = format!("/v2/app/blobs/{}", Digest::of(content));
        assert_eq!(home.ask("HEAD", other).send().await.status, 404);
    }
    home.without_uploads().await;
}

#[tokio::test]
async fn what_is_something_else_or_of_another_algorithm_is_refused() {
    let home = Home::new().await;
    let wrong = home.push_as("app", &sha512("other"), "content").await;
    assert_eq!(wrong.error(), (400, "DIGEST_INVALID".to_owned()));
    let actual = sha512("content").to_string();
    assert!(wrong.message().contains(&actual), "{}", wrong.message());
    home.without_uploads().await;
    assert!(home.files("sha256").is_empty());

    let begun = home.ask("POST", "/v2/app/blobs/uploads/").send().await;
    let put = format!("{}?digest=sha384:00", begun.header("location"));
    for (method, path) in [
        ("POST", "/v2/app/blobs/uploads/?digest=sha384:00"),
        ("PUT", put.as_str()),
        ("GET", "/v2/app/blobs/md5:00"),
        ("GET", "/v2/app/manifests/blake3:00"),
        ("PUT", "/v2/app/manifests/sha1:00"),
        ("PUT", "/v2/app/manifests/v1?digest=sha1:00"),
        ("DELETE", "/v2/app/manifests/sha384:00"),
        ("GET", "/v2/app/referrers/sha384:00"),
    ] {
        let refused = home.ask(method, path).body("x").send().await;
        assert_eq!(
            refused.error(),
            (400, "DIGEST_INVALID".to_owned()),
            "{method} {path}"
        );
        assert_eq!(
            refused.message(),
            "unsupported digest algorithm",
            "{method} {path}"
        );
    }
    let short = home.get("/v2/app/blobs/sha512:00").await;
    assert_eq!(short.error(), (400, "DIGEST_INVALID".to_owned()));
    assert_ne!(short.message(), "unsupported digest algorithm");
}

#[tokio::test]
async fn an_image_by_digest_and_by_tag() {
    let home = Home::new().await;
    let manifest = home.image_512("app", "layer").await;
    let text = manifest.to_string();
    let digest = sha512(&text);
    let put = home.put("app", &digest.to_string(), &manifest).await;
    assert_eq!(put.status, 201);
    assert_eq!(put.header("docker-content-digest"), digest.to_string());
    assert_eq!(
        put.header("location"),
        format!("/v2/app/manifests/{digest}")
    );
    assert!(home.serves("app", &manifest).await);

    let tagged = home
        .put("app", &format!("v1?digest={digest}"), &manifest)
        .await;
    assert_eq!(tagged.header("docker-content-digest"), digest.to_string());
    let by_header = home
        .ask("PUT", "/v2/app/manifests/v2")
        .header("docker-content-digest", digest.to_string())
        .header("content-type", OCI_MANIFEST)
        .body(text.clone());
    assert_eq!(by_header.send().await.status, 201);
    for tag in ["v1", "v2"] {
        let path = format!("/v2/app/manifests/{tag}");
        let got = home.get(&path).await;
        assert_eq!(
            (&got.body[..], got.header("docker-content-digest")),
            (text.as_bytes(), &*digest.to_string())
        );
        let head = home.ask("HEAD", &path).send().await;
        assert_eq!(head.header("etag"), format!("\"{digest}\""));
    }
    let further = format!("{digest}?tag=v4&tag=v5");
    let further = home.put("app", &further, &manifest).await;
    assert_eq!(further.header("oci-tag"), "v4, v5");
    let details = home.describe("app").await;
    assert_eq!(details.len(), 1);
    assert_eq!(details[0].image_digest, Some(digest.to_string()));
    assert_eq!(details[0].image_tags.as_ref().unwrap().len(), 4);

    let wrong = home
        .put("app", &format!("v3?digest={}", sha512("x")), &manifest)
        .await;
    assert_eq!(wrong.error(), (400, "DIGEST_INVALID".to_owned()));
    // Without a word about it the digest is the sha256, of another image.
    let plain = home.put("app", "v3", &manifest).await;
    assert_eq!(
        plain.header("docker-content-digest"),
        Digest::of(text.as_bytes()).to_string()
    );
    assert_eq!(home.describe("app").await.len(), 2);

    let path = format!("/v2/app/manifests/{digest}");
    assert_eq!(home.ask("DELETE", &path).send().await.status, 202);
    assert_eq!(
        home.get(&path).await.error(),
        (404, "MANIFEST_UNKNOWN".to_owned())
    );
    assert_eq!(home.get("/v2/app/manifests/v3").await.body, text);
}

#[tokio::test]
async fn an_index_and_referrers() {
    let home = Home::new().await;
    let manifest = home.image_512("app", "layer").await;
    let image = sha512(manifest.to_string());
    let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [
        {"mediaType": OCI_MANIFEST, "digest": image, "size": manifest.to_string().len()}]});
    let early = home.put("app", "all", &index).await;
    assert_eq!(early.error(), (400, "MANIFEST_BLOB_UNKNOWN".to_owned()));
    assert_eq!(
        home.put("app", &image.to_string(), &manifest).await.status,
        201
    );
    assert_eq!(home.put("app", "all", &index).await.status, 201);

    let mut referrer = home.image("app", "signature").await;
    referrer["subject"] = json!({"mediaType": OCI_MANIFEST, "digest": image, "size": 2});
    referrer["artifactType"] = json!("a/b");
    let put = home.put("app", "signed", &referrer).await;
    assert_eq!(put.header("oci-subject"), image.to_string());
    let other = sha512(referrer.to_string());
    assert_eq!(
        home.put("app", &other.to_string(), &referrer).await.status,
        201
    );
    let found = home.get(format!("/v2/app/referrers/{image}")).await.json();
    let mut found: Vec<&str> = found["manifests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["digest"].as_str().unwrap())
        .collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [
            Digest::of(referrer.to_string().as_bytes()).to_string(),
            other.to_string()
        ]
    );
    // The tag of clients that know no referrers: digits beyond the 64th are cut off.
    let fallback = format!("sha512-{}", &image.hex()[..64]);
    assert_eq!(home.put("app", &fallback, &index).await.status, 201);
    assert_eq!(
        home.get(format!("/v2/app/manifests/{fallback}"))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn one_content_is_one_file_which_each_digest_keeps() {
    let home = Home::with(|config| config.unused_life = Duration::ZERO).await;
    home.create("other").await;
    let files = |home: &Home| home.files("sha256").len();
    let (long, short) = (
        home.image_512("app", "layer").await,
        home.image("app", "layer").await,
    );
    assert_eq!(files(&home), 2, "a layer and a configuration");
    let reference = sha512(long.to_string()).to_string();
    assert_eq!(home.put("app", &reference, &long).await.status, 201);
    assert_eq!(home.put("app", "v1", &short).await.status, 201);
    assert_eq!(files(&home), 4, "and two manifests");

    // Mounted without a byte.
    let layer = long["layers"][0]["digest"].as_str().unwrap();
    let mount = format!("/v2/other/blobs/uploads/?mount={layer}&from=app");
    let mounted = home.ask("POST", mount).send().await;
    assert_eq!(
        (
            mounted.status.as_u16(),
            mounted.header("docker-content-digest")
        ),
        (201, layer)
    );
    assert_eq!(
        home.get(format!("/v2/other/blobs/{layer}")).await.body,
        "layer"
    );

    let delete = format!("/v2/app/manifests/{reference}");
    assert_eq!(home.ask("DELETE", delete).send().await.status, 202);
    let report = home.collect().await;
    // Here its layer and its configuration, there what was mounted; but only its manifest is needed by nobody.
    assert_eq!((report.layers, report.blobs), (3, 1));
    let short_layer = short["layers"][0]["digest"].as_str().unwrap();
    assert_eq!(
        home.get(format!("/v2/app/blobs/{short_layer}")).await.body,
        "layer"
    );
    assert_eq!(home.get(format!("/v2/app/blobs/{layer}")).await.status, 404);
    let whole = Digest::of(short.to_string().as_bytes());
    let delete = format!("/v2/app/manifests/{whole}");
    assert_eq!(home.ask("DELETE", delete).send().await.status, 202);
    let report = home.collect().await;
    assert_eq!((report.layers, report.blobs), (2, 3));
    assert_eq!(files(&home), 0);
}

#[tokio::test]
async fn under_a_key_nothing_lies_in_the_clear() {
    let home = Home::new().await;
    home.sealed_by("sealed").await;
    let content = random(200_000);
    let manifest = home.image_512("sealed", content.clone()).await;
    let text = manifest.to_string();
    let digest = sha512(&text).to_string();
    assert_eq!(home.put("sealed", &digest, &manifest).await.status, 201);
    assert_eq!(home.put("sealed", &digest, &manifest).await.status, 201);
    assert!(home.serves("sealed", &manifest).await);
    let files = home.files("sha256");
    assert_eq!(files.len(), 3);
    let names = [&content[..], b"{}", text.as_bytes()].map(|it| Digest::of(it).hex());
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        assert!(!names.iter().any(|it| name.starts_with(it)), "{name}");
    }
    // Sent again, it is compared and not stored again.
    let layer = sha512(&content);
    assert_eq!(home.push_as("sealed", &layer, content).await.status, 201);
    let wrong = home.push_as("sealed", &layer, "something else").await;
    assert_eq!(wrong.error(), (400, "DIGEST_INVALID".to_owned()));
    home.without_uploads().await;
    assert_eq!(home.files("sha256").len(), 3);
}

#[tokio::test]
async fn pulled_through_by_tag_and_by_digest() {
    let upstream = Home::new().await;
    let manifest = upstream.image_512("app", random(100_000)).await;
    let digest = sha512(manifest.to_string()).to_string();
    let reference = format!("1?digest={digest}");
    assert_eq!(upstream.put("app", &reference, &manifest).await.status, 201);
    for asked in ["1", digest.as_str()] {
        let url = format!("http://{}", upstream.address);
        let home = cache(&url, Some(&upstream.password)).await;
        let got = home.get(format!("/v2/up/app/manifests/{asked}")).await;
        assert_eq!(got.header("docker-content-digest"), digest, "{asked}");
        recorded(&home, "up/app", 1).await;
        assert!(home.serves("up/app", &manifest).await, "{asked}");
        assert_eq!(
            home.describe("up/app").await[0].image_digest.as_deref(),
            Some(&*digest)
        );
    }
}
