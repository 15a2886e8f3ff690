//! Layers found, read, shared and collected.

use std::time::Duration;

use bytes::Bytes;
use wharf_blobs::Digest;

use crate::support::{ACCOUNT, Answer, Home, a_tick_later, random};

#[tokio::test]
async fn a_layer_is_found_and_read() {
    let home = Home::new().await;
    let content = random(1_500_000);
    let digest = home.push_layer("app", content.clone()).await;
    let path = format!("/v2/app/blobs/{digest}");
    let head = home.ask("HEAD", &path).send().await;
    assert_eq!(head.status, 200);
    assert_eq!(head.header("content-length"), "1500000");
    assert_eq!(head.header("docker-content-digest"), digest.to_string());
    let got = home.get(&path).await;
    assert_eq!((got.status.as_u16(), &got.body), (200, &content));
    assert_eq!(got.header("content-type"), "application/octet-stream");
}

#[tokio::test]
async fn what_is_damaged_is_sent_again() {
    let home = Home::new().await;
    let manifest = home.image("app", "content").await;
    assert_eq!(home.put("app", "one", &manifest).await.status, 201);
    let layer = manifest["layers"][0]["digest"].as_str().unwrap();
    let path = format!("/v2/app/blobs/{layer}");
    a_tick_later().await;
    for file in home.files("sha256") {
        let mut bytes = std::fs::read(&file).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(file, bytes).unwrap();
    }
    assert_eq!(home.get("/v2/app/manifests/one").await.status, 500);
    assert_eq!(home.get(&path).await.status, 500);
    // Clients ask which layers there are, and send the others.
    assert_eq!(home.ask("HEAD", &path).send().await.status, 404);
    assert_eq!(home.put("app", "one", &manifest).await.status, 400);
    home.image("app", "content").await;
    assert_eq!(home.put("app", "one", &manifest).await.status, 201);
    assert_eq!(home.ask("HEAD", &path).send().await.status, 200);
    assert_eq!(home.get(&path).await.body, "content");
    assert_eq!(home.get("/v2/app/manifests/one").await.status, 200);
}

#[tokio::test]
async fn ranges() {
    let home = Home::new().await;
    let content = random(1_000_000);
    let digest = home.push_layer("app", content.clone()).await;
    let path = format!("/v2/app/blobs/{digest}");
    let part = home
        .ask("GET", &path)
        .header("range", "bytes=10-599999")
        .send()
        .await;
    assert_eq!(
        (part.status.as_u16(), part.body),
        (206, content.slice(10..600_000))
    );
    assert_eq!(part.headers["content-range"], "bytes 10-599999/1000000");
    let end = home
        .ask("GET", &path)
        .header("range", "bytes=-5")
        .send()
        .await;
    assert_eq!(end.body, content.slice(999_995..));
    for none in ["bytes=1000000-", "bytes=500-0"] {
        let refused = home.ask("GET", &path).header("range", none).send().await;
        assert_eq!(refused.status, 416, "{none}");
        assert_eq!(refused.header("content-range"), "bytes */1000000");
    }
}

#[tokio::test]
async fn a_layer_is_visible_only_where_it_was_pushed() {
    let home = Home::new().await;
    home.create("other").await;
    let digest = home.push_layer("app", "secret").await;
    for method in ["GET", "HEAD"] {
        let answer = home
            .ask(method, format!("/v2/other/blobs/{digest}"))
            .send()
            .await;
        assert_eq!(answer.status, 404);
    }
    let answer = home.get(format!("/v2/other/blobs/{digest}")).await;
    assert_eq!(answer.error(), (404, "BLOB_UNKNOWN".to_owned()));
    assert_eq!(
        home.get("/v2/app/blobs/sha256:0").await.error(),
        (400, "DIGEST_INVALID".to_owned())
    );
}

/// Such a layer is kept in memory from its push on.
#[tokio::test]
async fn a_small_layer_is_given_to_those_alone_who_may_have_it_and_while_it_is_there() {
    let home = Home::new().await;
    home.create("other").await;
    let content = random(4000);
    let digest = home.push_layer("app", content.clone()).await;
    let path = format!("/v2/app/blobs/{digest}");
    for _ in 0..3 {
        let got = home.get(&path).await;
        assert_eq!((got.status.as_u16(), &got.body), (200, &content));
        assert_eq!(got.header("content-length"), "4000");
        let part = home.ask("GET", &path).header("range", "bytes=7-90");
        let part = part.send().await;
        assert_eq!(
            (part.status.as_u16(), part.body),
            (206, content.slice(7..91))
        );
        let head = home.ask("HEAD", &path).send().await;
        assert_eq!(
            (head.status.as_u16(), head.header("content-length")),
            (200, "4000")
        );
        let other = home.get(format!("/v2/other/blobs/{digest}")).await;
        assert_eq!(other.error(), (404, "BLOB_UNKNOWN".to_owned()));
        home.doorman.deny("ecr:GetDownloadUrlForLayer");
        assert_eq!(home.get(&path).await.status, 403);
        home.doorman.allow("ecr:GetDownloadUrlForLayer");
    }
    for file in home.files("sha256") {
        std::fs::remove_file(file).unwrap();
    }
    assert_eq!(home.get(&path).await.status, 404);
    assert_eq!(home.ask("HEAD", &path).send().await.status, 404);
}

#[tokio::test]
async fn one_layer_in_two_repositories_is_one_file() {
    let home = Home::new().await;
    home.create("other").await;
    let digest = home.push_layer("app", "layer").await;
    assert_eq!(home.push_layer("other", "layer").await, digest);
    assert_eq!(home.files("sha256").len(), 1);
    home.create("third").await;
    let path = format!("/v2/third/blobs/uploads/?mount={digest}&from=app");
    let mounted = home.ask("POST", path).send().await;
    assert_eq!(mounted.status, 201);
    assert_eq!(
        mounted.header("location"),
        format!("/v2/third/blobs/{digest}")
    );
    assert_eq!(
        home.get(format!("/v2/third/blobs/{digest}")).await.body,
        "layer"
    );
    assert_eq!(home.files("sha256").len(), 1);
}

#[tokio::test]
async fn what_cannot_be_mounted_is_to_be_sent() {
    let home = Home::new().await;
    home.create("other").await;
    let digest = home.push_layer("app", "layer").await;
    let mount = |from: &str, digest: &str| {
        home.ask(
            "POST",
            format!("/v2/other/blobs/uploads/?mount={digest}&from={from}"),
        )
    };
    let unknown = Digest::of(b"unknown").to_string();
    for (from, digest) in [
        ("missing", digest.to_string()),
        ("app", unknown),
        ("app", "x".to_owned()),
    ] {
        let answer = mount(from, &digest).send().await;
        assert_eq!(answer.status, 202, "{from} {digest}");
    }
    home.doorman.deny("ecr:GetDownloadUrlForLayer");
    assert_eq!(mount("app", &digest.to_string()).send().await.status, 202);
}

#[tokio::test]
async fn bytes_nobody_needs_are_collected_and_no_others() {
    let home = Home::with(|config| config.unused_life = Duration::ZERO).await;
    home.create("other").await;
    let kept = home.image("app", "kept").await;
    assert_eq!(home.put("app", "v1", &kept).await.status, 201);
    let shared = home.push_layer("app", "shared").await;
    let shared_too = home.image("other", "shared").await;
    assert_eq!(home.put("other", "v1", &shared_too).await.status, 201);
    home.push_layer("app", "orphan").await;

    let report = home.collect().await;
    assert_eq!(
        (report.layers, report.blobs),
        (2, 1),
        "shared leaves app, orphan leaves the disk"
    );
    assert_eq!(
        home.get(format!("/v2/app/blobs/{shared}")).await.status,
        404
    );
    assert_eq!(
        home.get(format!("/v2/other/blobs/{shared}")).await.body,
        "shared"
    );
    assert_eq!(home.get("/v2/app/manifests/v1").await.status, 200);
    let layer = kept["layers"][0]["digest"].as_str().unwrap();
    assert_eq!(
        home.get(format!("/v2/app/blobs/{layer}")).await.body,
        "kept"
    );

    let digest = home
        .get("/v2/app/manifests/v1")
        .await
        .header("docker-content-digest")
        .to_owned();
    assert_eq!(
        home.ask("DELETE", format!("/v2/app/manifests/{digest}"))
            .send()
            .await
            .status,
        202
    );
    let report = home.collect().await;
    assert_eq!(
        (report.layers, report.blobs),
        (2, 2),
        "its layer and its manifest; the config is shared"
    );
}

#[tokio::test]
async fn young_bytes_are_not_collected() {
    let home = Home::new().await;
    let digest = home.push_layer("app", "just pushed").await;
    let report = home.collect().await;
    assert_eq!((report.layers, report.blobs, report.uploads), (0, 0, 0));
    assert_eq!(
        home.get(format!("/v2/app/blobs/{digest}")).await.status,
        200
    );
}

#[tokio::test]
async fn a_collector_beside_pushes_breaks_none() {
    let home = std::sync::Arc::new(Home::with(|config| config.unused_life = Duration::ZERO).await);
    let pushing = tokio::spawn({
        let home = home.clone();
        async move {
            let mut held = 0;
            for n in 0..40 {
                let image = home.image("app", format!("layer {n}")).await;
                let put = home.put("app", &format!("v{n}"), &image).await;
                // With no time to live a layer may go before its manifest comes: then the push is
                // refused. What is accepted must be whole.
                if put.status == 201 {
                    held += 1;
                } else {
                    assert_eq!(put.error(), (400, "MANIFEST_BLOB_UNKNOWN".to_owned()));
                }
            }
            held
        }
    });
    while !pushing.is_finished() {
        home.collect().await;
    }
    let held = pushing.await.unwrap();
    home.collect().await;
    let tags = home.get("/v2/app/tags/list").await.json()["tags"]
        .as_array()
        .unwrap()
        .clone();
    assert_eq!(tags.len(), held);
    for tag in tags {
        let manifest = home
            .get(format!("/v2/app/manifests/{}", tag.as_str().unwrap()))
            .await
            .json();
        for blob in [&manifest["layers"][0], &manifest["config"]] {
            let path = format!("/v2/app/blobs/{}", blob["digest"].as_str().unwrap());
            assert_eq!(home.get(path).await.status, 200, "{tag}");
        }
    }
}

#[tokio::test]
async fn a_repository_holds_what_it_may_and_others_have_their_own() {
    let home = Home::with(|config| config.repository_bytes = 1000).await;
    let image = home.image("app", vec![1; 600]).await;
    assert_eq!(home.put("app", "v1", &image).await.status, 201);
    let put = async |name: &str, content: &Bytes| {
        let digest = Digest::of(content);
        let path = format!("/v2/{name}/blobs/uploads/?digest={digest}");
        home.ask("POST", path).body(content.clone()).send().await
    };
    let files = home.files("sha256").len();
    let large = random(300);
    let refused = put("app", &large).await;
    assert_eq!(refused.error(), (403, "DENIED".to_owned()));
    assert_eq!(
        refused.message(),
        format!(
            "The repository with name 'app' in registry with id '{ACCOUNT}' would exceed the maximum \
             allowed size which is '1000' bytes"
        )
    );
    home.without_uploads().await;
    assert_eq!(home.files("sha256").len(), files, "nothing of it is kept");
    // What is there is no second time, neither are other repositories full.
    assert_eq!(put("app", &vec![1; 600].into()).await.status, 201);
    home.create("other").await;
    assert_eq!(put("other", &large).await.status, 201);
    let digest = Digest::of(&large);
    let path = format!("/v2/app/blobs/uploads/?mount={digest}&from=other");
    let mounted = home.ask("POST", path).send().await;
    assert_eq!(mounted.error(), (403, "DENIED".to_owned()));
    // Manifests count as well.
    let mut manifest = image.clone();
    manifest["annotations"] = serde_json::json!({"a": "x".repeat(200)});
    let refused = home.put("app", "v2", &manifest).await;
    assert_eq!(refused.error(), (403, "DENIED".to_owned()));
    assert_eq!(home.put("app", "v3", &image).await.status, 201);
}

#[tokio::test]
async fn many_at_once_do_not_share_the_last_room() {
    let home = std::sync::Arc::new(Home::with(|config| config.repository_bytes = 50_000).await);
    let mut pushes = tokio::task::JoinSet::new();
    for _ in 0..12 {
        let home = home.clone();
        pushes.spawn(async move {
            let content = random(10_000);
            let digest = Digest::of(&content);
            let path = format!("/v2/app/blobs/uploads/?digest={digest}");
            home.ask("POST", path).body(content).send().await.status
        });
    }
    let taken = pushes.join_all().await;
    let taken = taken.iter().filter(|status| status.as_u16() == 201).count();
    assert!(
        (1..=5).contains(&taken),
        "{taken} of 10,000 bytes in 50,000"
    );
    // What was only reserved is free again.
    let mut more = 0;
    for _ in 0..6 {
        let content = random(10_000);
        let path = format!("/v2/app/blobs/uploads/?digest={}", Digest::of(&content));
        let put = home.ask("POST", path).body(content).send().await;
        more += usize::from(put.status == 201);
    }
    assert_eq!(taken + more, 5);
}

/// A push of a layer, in one request.
async fn push(home: &Home, name: &str, content: &Bytes) -> Answer {
    let path = format!("/v2/{name}/blobs/uploads/?digest={}", Digest::of(content));
    home.ask("POST", path).body(content.clone()).send().await
}

#[tokio::test]
async fn an_account_holds_what_it_may_in_all_its_repositories() {
    let home = Home::with(|config| {
        config.account_bytes = 1000;
        config.unused_life = Duration::ZERO;
    })
    .await;
    home.create("other").await;
    let (large, small) = (random(600), random(300));
    assert_eq!(push(&home, "app", &large).await.status, 201);
    assert_eq!(push(&home, "other", &small).await.status, 201);
    // What the account has already is stored once and counts once, sent again or mounted.
    assert_eq!(push(&home, "other", &large).await.status, 201);
    let path = format!(
        "/v2/app/blobs/uploads/?mount={}&from=other",
        Digest::of(&small)
    );
    assert_eq!(home.ask("POST", path).send().await.status, 201);
    let files = home.files("sha256").len();
    let refused = push(&home, "app", &random(150)).await;
    assert_eq!(refused.error(), (403, "DENIED".to_owned()));
    assert_eq!(
        refused.message(),
        format!(
            "The registry with id '{ACCOUNT}' would exceed the maximum allowed size which is '1000' bytes"
        )
    );
    home.without_uploads().await;
    assert_eq!(home.files("sha256").len(), files, "nothing of it is kept");
    assert!(home.catalog.refused_for_room() > 0);
    assert_eq!(
        home.catalog.fullest_accounts(3),
        [(ACCOUNT.to_owned(), 900)]
    );
    // The name of what is there lets nobody send more than that.
    let path = format!("/v2/app/blobs/uploads/?digest={}", Digest::of(&small));
    let lie = home.ask("POST", path).body(random(700)).send().await;
    assert_eq!(lie.error(), (403, "DENIED".to_owned()));
    // Once nobody needs them, and the collector has been there, there is room again at once.
    home.collect().await;
    assert_eq!(push(&home, "app", &random(900)).await.status, 201);
}

#[tokio::test]
async fn manifests_count_for_the_account() {
    let home = Home::with(|config| config.account_bytes = 1000).await;
    let mut image = home.image("app", random(400)).await;
    image["annotations"] = serde_json::json!({"a": "x".repeat(300)});
    let refused = home.put("app", "v1", &image).await;
    assert_eq!(refused.error(), (403, "DENIED".to_owned()));
    assert!(refused.message().starts_with("The registry with id"));
    image["annotations"] = serde_json::json!({});
    assert!((298..598).contains(&image.to_string().len()), "{image}");
    assert_eq!(home.put("app", "v1", &image).await.status, 201);
}

#[tokio::test]
async fn uploads_that_are_not_ended_count_for_the_account() {
    let home = Home::with(|config| config.account_bytes = 1000).await;
    home.create("other").await;
    let begin = async |name: &str| {
        let path = format!("/v2/{name}/blobs/uploads/");
        let begun = home.ask("POST", path).send().await;
        assert_eq!(begun.status, 202);
        begun.header("location").to_owned()
    };
    let send = async |at: &str, bytes: usize| {
        let range = format!("0-{}", bytes - 1);
        let part = home.ask("PATCH", at).header("content-range", &range);
        part.body(random(bytes)).send().await
    };
    let (first, second) = (begin("app").await, begin("other").await);
    assert_eq!(send(&first, 800).await.status, 202);
    let refused = send(&second, 300).await;
    assert_eq!(refused.error(), (403, "DENIED".to_owned()));
    assert_eq!(home.ask("GET", &second).send().await.status, 204);
    assert_eq!(home.ask("DELETE", &first).send().await.status, 204);
    assert_eq!(send(&second, 300).await.status, 202);
}

#[tokio::test]
async fn many_at_once_do_not_share_the_last_room_of_an_account() {
    let home = std::sync::Arc::new(Home::with(|config| config.account_bytes = 50_000).await);
    home.create("other").await;
    let mut pushes = tokio::task::JoinSet::new();
    for n in 0..12 {
        let home = home.clone();
        let name = ["app", "other"][n % 2];
        pushes.spawn(async move { push(&home, name, &random(10_000)).await.status });
    }
    let taken = pushes.join_all().await;
    let taken = taken.iter().filter(|status| status.as_u16() == 201).count();
    assert!(taken <= 5, "{taken} of 10,000 bytes in 50,000");
    home.without_uploads().await;
    for _ in taken..5 {
        assert_eq!(push(&home, "app", &random(10_000)).await.status, 201);
    }
    let refused = push(&home, "other", &random(10_000)).await;
    assert_eq!(refused.error(), (403, "DENIED".to_owned()));
}
