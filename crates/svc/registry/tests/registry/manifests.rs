//! Manifests: verbatim, whole, tagged, deleted.

use serde_json::{Value, json};
use wharf_api_ecr::{Ecr, PutImageTagMutabilityRequest};
use wharf_blobs::Digest;

use crate::support::{Answer, Home, OCI_INDEX, OCI_MANIFEST};

fn digest_of(manifest: &Value) -> Digest {
    Digest::of(manifest.to_string().as_bytes())
}

#[tokio::test]
async fn comes_back_as_it_was_sent() {
    let home = Home::new().await;
    let image = home.image("app", "layer").await;
    // Odd white space must survive.
    let text = format!("  {}\n\n", serde_json::to_string_pretty(&image).unwrap());
    let digest = Digest::of(text.as_bytes());
    let put = home
        .ask("PUT", "/v2/app/manifests/v1")
        .header("content-type", OCI_MANIFEST)
        .body(text.clone())
        .send()
        .await;
    assert_eq!(put.status, 201);
    assert_eq!(
        put.header("location"),
        format!("/v2/app/manifests/{digest}")
    );
    assert_eq!(put.header("docker-content-digest"), digest.to_string());
    for reference in ["v1", &digest.to_string()] {
        let path = format!("/v2/app/manifests/{reference}");
        let got = home.get(&path).await;
        assert_eq!((got.status.as_u16(), &got.body[..]), (200, text.as_bytes()));
        assert_eq!(got.header("content-type"), OCI_MANIFEST);
        assert_eq!(got.header("docker-content-digest"), digest.to_string());
        let head = home.ask("HEAD", &path).send().await;
        assert_eq!(head.header("content-length"), text.len().to_string());
        assert_eq!(head.header("content-type"), OCI_MANIFEST);
    }
}

#[tokio::test]
async fn unknown_images() {
    let home = Home::new().await;
    for reference in ["v1", &Digest::of(b"").to_string()] {
        let got = home.get(format!("/v2/app/manifests/{reference}")).await;
        assert_eq!(got.error(), (404, "MANIFEST_UNKNOWN".to_owned()));
        assert_eq!(got.message(), "Requested image not found");
        let gone = home
            .ask("DELETE", format!("/v2/app/manifests/{reference}"))
            .send()
            .await;
        assert_eq!(gone.status, 404);
    }
    assert_eq!(
        home.get("/v2/app/manifests/sha256:x").await.error().1,
        "DIGEST_INVALID"
    );
}

#[tokio::test]
async fn missing_blobs_are_refused() {
    let home = Home::new().await;
    home.create("other").await;
    let image = home.image("other", "layer").await;
    let put = home.put("app", "v1", &image).await;
    assert_eq!(put.error(), (400, "MANIFEST_BLOB_UNKNOWN".to_owned()));
    assert_eq!(
        put.json()["errors"][0]["detail"]["digests"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX,
        "manifests": [{"mediaType": OCI_MANIFEST, "digest": Digest::of(b"none"), "size": 4}]});
    assert_eq!(
        home.put("app", "v1", &index).await.error(),
        (400, "MANIFEST_BLOB_UNKNOWN".to_owned())
    );
}

#[tokio::test]
async fn what_is_no_manifest_is_refused() {
    let home = Home::new().await;
    let put = |reference: &'static str, kind: &'static str, body: String| {
        home.ask("PUT", format!("/v2/app/manifests/{reference}"))
            .header("content-type", kind)
            .body(body)
            .send()
    };
    for body in ["", "{", "[]", "{\"schemaVersion\":2}"] {
        let answer = put("v1", OCI_MANIFEST, body.to_owned()).await;
        assert_eq!(
            answer.error(),
            (400, "MANIFEST_INVALID".to_owned()),
            "{body}"
        );
    }
    let image = home.image("app", "layer").await;
    let differs = put("v1", OCI_INDEX, image.to_string()).await;
    assert_eq!(differs.error(), (400, "MANIFEST_INVALID".to_owned()));
    let tag = put(".bad", OCI_MANIFEST, image.to_string()).await;
    assert_eq!(tag.error(), (400, "TAG_INVALID".to_owned()));
    let wrong = format!("/v2/app/manifests/{}", Digest::of(b"other"));
    let wrong = home
        .ask("PUT", wrong)
        .header("content-type", OCI_MANIFEST)
        .body(image.to_string())
        .send()
        .await;
    assert_eq!(wrong.error(), (400, "DIGEST_INVALID".to_owned()));
    let large = put("v1", OCI_MANIFEST, " ".repeat((4 << 20) + 1)).await;
    assert_eq!(large.error(), (413, "SIZE_INVALID".to_owned()));
}

#[tokio::test]
async fn a_push_sets_further_tags() {
    let home = Home::new().await;
    let image = home.image("app", "layer").await;
    let digest = digest_of(&image).to_string();
    let plain = home.put("app", &digest, &image).await;
    assert!(!plain.headers.contains_key("oci-tag"));

    let put = async |reference: String| home.put("app", &reference, &image).await;
    let by_digest = put(format!("{digest}?tag=1.2.3&tag=1.2&tag=1&tag=1.2")).await;
    assert_eq!(by_digest.status, 201);
    assert_eq!(by_digest.header("oci-tag"), "1.2.3, 1.2, 1");
    assert_eq!(by_digest.header("docker-content-digest"), digest);
    let by_tag = put("latest?tag=edge".to_owned()).await;
    assert_eq!(by_tag.header("oci-tag"), "edge");
    for tag in ["1.2.3", "1.2", "1", "latest", "edge"] {
        let got = home.get(format!("/v2/app/manifests/{tag}")).await;
        assert_eq!(got.header("docker-content-digest"), digest, "{tag}");
    }

    // Of a push with a tag that cannot be, nothing is done.
    let bad = put(format!("{digest}?tag=good&tag=.bad")).await;
    assert_eq!(bad.error(), (400, "TAG_INVALID".to_owned()));
    let many: String = (0..26).map(|n| format!("&tag=t{n}")).collect();
    let many = put(format!("{digest}?{many}")).await;
    assert_eq!(many.error(), (414, "TAG_INVALID".to_owned()));
    let details = home.describe("app").await;
    assert_eq!(details[0].image_tags.as_ref().unwrap().len(), 5);

    immutable(&home).await;
    let other = home.image("app", "other").await;
    let reference = format!("{}?tag=new&tag=1", digest_of(&other));
    let refused = home.put("app", &reference, &other).await;
    assert_eq!(refused.error(), (400, "TAG_INVALID".to_owned()));
    let kept = home.get("/v2/app/manifests/1").await;
    assert_eq!(kept.header("docker-content-digest"), digest);
}

/// Pushes on conditions.
async fn put_if(home: &Home, reference: &str, image: &Value, pairs: &[(&str, &str)]) -> Answer {
    let put = home.ask("PUT", format!("/v2/app/manifests/{reference}"));
    let put = put.header("content-type", OCI_MANIFEST);
    let put = pairs
        .iter()
        .fold(put, |put, (name, value)| put.header(name, value));
    put.body(image.to_string()).send().await
}

#[tokio::test]
async fn a_tag_is_set_while_it_names_what_is_meant() {
    let home = Home::new().await;
    let (one, two) = (home.image("app", "1").await, home.image("app", "2").await);
    let created = put_if(&home, "v1", &one, &[("if-none-match", "*")]).await;
    assert_eq!(created.status, 201);
    let tag = format!("\"{}\"", digest_of(&one));
    assert_eq!(created.header("etag"), tag);
    let other = format!("\"{}\"", digest_of(&two));
    let (weak, both) = (format!("W/{tag}"), format!("{other}, {tag}"));
    // Of what is refused nothing is stored.
    for pairs in [
        [("if-none-match", "*")],
        [("if-none-match", both.as_str())],
        [("if-none-match", weak.as_str())],
        [("if-match", other.as_str())],
        [("if-match", weak.as_str())],
        [("if-match", "")],
    ] {
        let refused = put_if(&home, "v1", &two, &pairs).await;
        assert_eq!(
            refused.error(),
            (412, "UNSUPPORTED".to_owned()),
            "{pairs:?}"
        );
        assert_eq!(home.describe("app").await.len(), 1);
    }
    let nothing = put_if(&home, "v2", &two, &[("if-match", "*")]).await;
    assert_eq!(nothing.status, 412);
    assert_eq!(home.get("/v2/app/manifests/v2").await.status, 404);
    // Putting what is there already is no exception.
    let again = put_if(&home, "v1", &one, &[("if-none-match", "*")]).await;
    assert_eq!(again.status, 412);

    let pairs = [
        ("if-match", both.as_str()),
        ("if-none-match", other.as_str()),
    ];
    let moved = put_if(&home, "v1", &two, &pairs).await;
    assert_eq!(
        (moved.status.as_u16(), moved.header("etag")),
        (201, &*other)
    );
    let late = put_if(&home, "v1", &one, &[("if-match", tag.as_str())]).await;
    assert_eq!(late.status, 412);
    let got = home.get("/v2/app/manifests/v1").await;
    assert_eq!(got.header("etag"), other);
}

async fn delete_if(home: &Home, reference: &str, pairs: &[(&str, &str)]) -> Answer {
    let delete = home.ask("DELETE", format!("/v2/app/manifests/{reference}"));
    let delete = pairs
        .iter()
        .fold(delete, |delete, (name, value)| delete.header(name, value));
    delete.send().await
}

#[tokio::test]
async fn what_is_there_is_deleted_while_it_is_what_is_meant() {
    let home = Home::new().await;
    let (one, two) = (home.image("app", "1").await, home.image("app", "2").await);
    for image in [&one, &two] {
        assert_eq!(put_if(&home, "v1", image, &[]).await.status, 201);
    }
    let [tag, other] = [&two, &one].map(|it| format!("\"{}\"", digest_of(it)));
    let (weak, digest) = (format!("W/{tag}"), digest_of(&two).to_string());
    for reference in ["v1", digest.as_str()] {
        for pairs in [
            [("if-match", other.as_str())],
            [("if-match", weak.as_str())],
            [("if-match", "")],
            [("if-none-match", "*")],
            [("if-none-match", tag.as_str())],
        ] {
            let refused = delete_if(&home, reference, &pairs).await;
            let error = (412, "UNSUPPORTED".to_owned());
            assert_eq!(refused.error(), error, "{reference} {pairs:?}");
        }
    }
    let got = home.get("/v2/app/manifests/v1").await;
    assert_eq!(got.header("etag"), tag);
    // Where there is nothing, no condition is about it.
    for pairs in [[("if-match", "*")], [("if-none-match", "*")]] {
        assert_eq!(delete_if(&home, "v2", &pairs).await.status, 404);
    }
    let pairs = [
        ("if-match", tag.as_str()),
        ("if-none-match", other.as_str()),
    ];
    assert_eq!(delete_if(&home, "v1", &pairs).await.status, 202);
    assert_eq!(home.get("/v2/app/manifests/v1").await.status, 404);
    let deleted = delete_if(&home, &digest, &[("if-match", "*")]).await;
    assert_eq!(deleted.status, 202);
    assert_eq!(home.describe("app").await.len(), 1);
}

#[tokio::test]
async fn a_push_by_digest_is_on_conditions_about_the_image() {
    let home = Home::new().await;
    let image = home.image("app", "layer").await;
    let digest = digest_of(&image);
    let by = |tags: &str| format!("{digest}?{tags}");
    let absent = put_if(&home, &by("tag=a"), &image, &[("if-match", "*")]).await;
    assert_eq!(absent.status, 412);
    // It is about what was there before the first tag.
    let new = [("if-none-match", "*")];
    let created = put_if(&home, &by("tag=a&tag=b"), &image, &new).await;
    assert_eq!(created.status, 201);
    assert_eq!(created.header("oci-tag"), "a, b");
    let again = put_if(&home, &by("tag=c"), &image, &new).await;
    assert_eq!(again.status, 412);
    assert_eq!(home.get("/v2/app/manifests/c").await.status, 404);
    let there = put_if(&home, &by("tag=c"), &image, &[("if-match", "*")]).await;
    assert_eq!(there.status, 201);
    // That of the path decides, and not those that it has besides.
    let further = put_if(&home, "d?tag=a", &image, &new).await;
    assert_eq!(further.status, 201);
}

#[tokio::test]
async fn of_many_who_set_a_new_tag_one_does() {
    let home = Home::new().await;
    let mut images = Vec::new();
    for n in 0..6 {
        images.push(home.image("app", format!("layer {n}")).await);
    }
    let new = [("if-none-match", "*")];
    let puts = images.iter().map(|it| put_if(&home, "v1", it, &new));
    let answers = futures_util::future::join_all(puts).await;
    let mut statuses: Vec<u16> = answers.iter().map(|it| it.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 412, 412, 412, 412, 412]);
    assert_eq!(home.describe("app").await.len(), 1);
}

#[tokio::test]
async fn a_tag_moves_and_the_image_behind_stays() {
    let home = Home::new().await;
    let (one, two) = (home.image("app", "1").await, home.image("app", "2").await);
    for image in [&one, &two, &two] {
        assert_eq!(home.put("app", "latest", image).await.status, 201);
    }
    let got = home.get("/v2/app/manifests/latest").await;
    assert_eq!(
        got.header("docker-content-digest"),
        digest_of(&two).to_string()
    );
    assert_eq!(
        home.get(format!("/v2/app/manifests/{}", digest_of(&one)))
            .await
            .status,
        200
    );
    let details = home.describe("app").await;
    let tags = |manifest: &Value| {
        let digest = Some(digest_of(manifest).to_string());
        details
            .iter()
            .find(|d| d.image_digest == digest)
            .unwrap()
            .image_tags
            .clone()
    };
    assert_eq!(tags(&one), None);
    assert_eq!(tags(&two), Some(vec!["latest".to_owned()]));
}

async fn immutable(home: &Home) {
    let input = PutImageTagMutabilityRequest {
        repository_name: Some("app".to_owned()),
        image_tag_mutability: Some("IMMUTABLE".to_owned()),
        ..PutImageTagMutabilityRequest::default()
    };
    home.ecr()
        .put_image_tag_mutability(&home.call(), input)
        .await
        .unwrap();
}

#[tokio::test]
async fn an_immutable_tag_stays() {
    let home = Home::new().await;
    immutable(&home).await;
    let (one, two) = (home.image("app", "1").await, home.image("app", "2").await);
    assert_eq!(home.put("app", "v1", &one).await.status, 201);
    assert_eq!(
        home.put("app", "v1", &one).await.status,
        201,
        "the same image again"
    );
    let moved = home.put("app", "v1", &two).await;
    assert_eq!(moved.error(), (400, "TAG_INVALID".to_owned()));
    let text = "The image tag 'v1' already exists in the 'app' repository and cannot be overwritten because the tag is immutable.";
    assert_eq!(moved.message(), text);
}

#[tokio::test]
async fn an_index_holds_its_images() {
    let home = Home::new().await;
    let image = home.image("app", "layer").await;
    home.put("app", &digest_of(&image).to_string(), &image)
        .await;
    let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [
        {"mediaType": OCI_MANIFEST, "digest": digest_of(&image), "size": image.to_string().len()}]});
    assert_eq!(home.put("app", "multi", &index).await.status, 201);
    let child = format!("/v2/app/manifests/{}", digest_of(&image));
    let refused = home.ask("DELETE", &child).send().await;
    assert_eq!(refused.error(), (405, "UNSUPPORTED".to_owned()));
    let text = format!(
        "Requested image referenced by manifest list: [{}]",
        digest_of(&index)
    );
    assert_eq!(refused.message(), text);
    let parent = format!("/v2/app/manifests/{}", digest_of(&index));
    assert_eq!(home.ask("DELETE", parent).send().await.status, 202);
    assert_eq!(home.ask("DELETE", child).send().await.status, 202);
    assert_eq!(home.describe("app").await.len(), 0);
}

#[tokio::test]
async fn deleting_by_tag_untags_and_by_digest_deletes() {
    let home = Home::new().await;
    let image = home.image("app", "layer").await;
    for tag in ["v1", "v2"] {
        home.put("app", tag, &image).await;
    }
    assert_eq!(
        home.ask("DELETE", "/v2/app/manifests/v1")
            .send()
            .await
            .status,
        202
    );
    assert_eq!(home.get("/v2/app/manifests/v1").await.status, 404);
    assert_eq!(home.get("/v2/app/manifests/v2").await.status, 200);
    let digest = digest_of(&image);
    assert_eq!(
        home.ask("DELETE", format!("/v2/app/manifests/{digest}"))
            .send()
            .await
            .status,
        202
    );
    assert_eq!(home.get("/v2/app/manifests/v2").await.status, 404);
    assert_eq!(
        home.get("/v2/app/tags/list").await.json()["tags"],
        json!([])
    );
}

#[tokio::test]
async fn a_pull_is_recorded_once_a_day() {
    let home = Home::new().await;
    let image = home.image("app", "layer").await;
    home.put("app", "v1", &image).await;
    assert_eq!(home.describe("app").await[0].last_recorded_pull_time, None);
    home.ask("HEAD", "/v2/app/manifests/v1").send().await;
    assert_eq!(
        home.describe("app").await[0].last_recorded_pull_time,
        None,
        "a look is no pull"
    );
    home.get("/v2/app/manifests/v1").await;
    let first = home.describe("app").await[0]
        .last_recorded_pull_time
        .unwrap();
    home.clock.advance(std::time::Duration::from_secs(3600));
    home.get("/v2/app/manifests/v1").await;
    assert_eq!(
        home.describe("app").await[0].last_recorded_pull_time,
        Some(first)
    );
}

#[tokio::test]
async fn a_repository_with_as_many_images_as_it_may_have_refuses_the_next() {
    let home = Home::with(|config| config.max_images = 1).await;
    let first = home.image("app", "one").await;
    assert_eq!(home.put("app", "1", &first).await.status, 201);
    let second = home.image("app", "two").await;
    let refused = home.put("app", "2", &second).await;
    assert_eq!(refused.error(), (403, "DENIED".to_owned()));
    assert!(
        refused
            .message()
            .contains("maximum allowed number of images which is '1'"),
        "{}",
        refused.message()
    );
}
