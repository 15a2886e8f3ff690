//! Tags, repositories and referrers, page by page.

use serde_json::json;
use wharf_blobs::Digest;

use crate::support::{Answer, Home, OCI_INDEX, OCI_MANIFEST};

/// The path of the next page.
fn next(answer: &Answer) -> Option<String> {
    let link = answer.headers.get("link")?.to_str().unwrap();
    let path = link.strip_prefix('<')?.strip_suffix(">; rel=\"next\"")?;
    Some(path.to_owned())
}

#[tokio::test]
async fn tags_in_lexical_order() {
    let home = Home::new().await;
    let image = home.image("app", "layer").await;
    for tag in ["b", "a.1", "a", "Z", "_x"] {
        assert_eq!(home.put("app", tag, &image).await.status, 201);
    }
    let all = home.get("/v2/app/tags/list").await;
    assert_eq!(
        all.json(),
        json!({"name": "app", "tags": ["Z", "_x", "a", "a.1", "b"]})
    );
    assert_eq!(next(&all), None);

    let mut found = Vec::new();
    let mut path = Some("/v2/app/tags/list?n=2".to_owned());
    while let Some(at) = path {
        let page = home.get(at).await;
        found.extend(page.json()["tags"].as_array().unwrap().clone());
        path = next(&page);
    }
    assert_eq!(json!(found), json!(["Z", "_x", "a", "a.1", "b"]));
    assert_eq!(
        home.get("/v2/app/tags/list?last=a").await.json()["tags"],
        json!(["a.1", "b"])
    );
    assert_eq!(
        home.get("/v2/app/tags/list?n=0").await.json()["tags"],
        json!([])
    );
    for bad in ["-1", "x", ""] {
        let answer = home.get(format!("/v2/app/tags/list?n={bad}")).await;
        assert_eq!(
            answer.error(),
            (400, "PAGINATION_NUMBER_INVALID".to_owned())
        );
    }
}

#[tokio::test]
async fn repositories_in_order() {
    let home = Home::new().await;
    for name in ["team/app", "zoo"] {
        home.create(name).await;
    }
    let page = home.get("/v2/_catalog?n=2").await;
    assert_eq!(page.json(), json!({"repositories": ["app", "team/app"]}));
    let last = home.get(next(&page).unwrap()).await;
    assert_eq!(last.json(), json!({"repositories": ["zoo"]}));
    assert_eq!(next(&last), None);
}

#[tokio::test]
async fn referrers_of_a_subject() {
    let home = Home::new().await;
    let image = home.image("app", "layer").await;
    home.put("app", "v1", &image).await;
    let subject = Digest::of(image.to_string().as_bytes());
    let path = format!("/v2/app/referrers/{subject}");
    let none = home.get(&path).await;
    assert_eq!(
        (none.status.as_u16(), none.header("content-type")),
        (200, OCI_INDEX)
    );
    assert_eq!(none.json()["manifests"], json!([]));

    let mut sizes = Vec::new();
    for kind in ["application/sbom", "application/signature"] {
        let mut artifact = image.clone();
        artifact["artifactType"] = json!(kind);
        artifact["subject"] = json!({"mediaType": OCI_MANIFEST, "digest": subject, "size": 1});
        artifact["annotations"] = json!({"kind": kind});
        let digest = Digest::of(artifact.to_string().as_bytes());
        let put = home.put("app", &digest.to_string(), &artifact).await;
        assert_eq!(
            (put.status.as_u16(), put.header("oci-subject")),
            (201, &*subject.to_string())
        );
        sizes.push(artifact.to_string().len());
    }
    assert_eq!(
        home.get(&path).await.json()["manifests"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let filtered = home
        .get(format!("{path}?artifactType=application/sbom"))
        .await;
    assert_eq!(filtered.header("oci-filters-applied"), "artifactType");
    let found = &filtered.json()["manifests"];
    assert_eq!(found.as_array().unwrap().len(), 1);
    assert_eq!(found[0]["artifactType"], "application/sbom");
    assert_eq!(found[0]["annotations"], json!({"kind": "application/sbom"}));
    assert_eq!(found[0]["size"], sizes[0]);

    let digest = found[0]["digest"].as_str().unwrap();
    home.ask("DELETE", format!("/v2/app/manifests/{digest}"))
        .send()
        .await;
    assert_eq!(
        home.get(&path).await.json()["manifests"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        home.get("/v2/app/referrers/x").await.error(),
        (400, "DIGEST_INVALID".to_owned())
    );
}

#[tokio::test]
async fn large_referrers_come_on_pages_of_their_own() {
    const LARGE: usize = 3 << 20;
    let home = Home::new().await;
    let image = home.image("app", "layer").await;
    home.put("app", "v1", &image).await;
    let subject = Digest::of(image.to_string().as_bytes());
    let mut pushed = Vec::new();
    for (number, bytes) in [(0, LARGE), (1, LARGE), (2, LARGE), (3, 10), (4, 10)] {
        let mut artifact = image.clone();
        artifact["artifactType"] = json!("application/sbom");
        artifact["subject"] = json!({"mediaType": OCI_MANIFEST, "digest": subject, "size": 1});
        artifact["annotations"] = json!({"number": number.to_string(), "x": "x".repeat(bytes)});
        let digest = Digest::of(artifact.to_string().as_bytes()).to_string();
        let put = home.put("app", &digest, &artifact).await;
        assert_eq!(put.status, 201);
        // What does not fit a list is left out of it.
        let shown = (bytes != LARGE).then(|| artifact["annotations"].clone());
        pushed.push((digest, shown));
    }
    pushed.sort_by(|one, other| one.0.cmp(&other.0));
    let mut found = Vec::new();
    let mut pages = 0;
    let mut path = Some(format!("/v2/app/referrers/{subject}"));
    while let Some(at) = path {
        let page = home.get(at).await;
        assert_eq!(page.status, 200);
        assert!(page.body.len() < LARGE, "{} bytes", page.body.len());
        for shown in page.json()["manifests"].as_array().unwrap() {
            let digest = shown["digest"].as_str().unwrap().to_owned();
            found.push((digest, shown.get("annotations").cloned()));
        }
        pages += 1;
        path = next(&page);
    }
    assert_eq!(found, pushed);
    assert_eq!(pages, 3);
}
