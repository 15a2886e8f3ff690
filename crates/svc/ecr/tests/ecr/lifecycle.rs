//! Lifecycle policies: set, previewed, carried out; and settings that are only kept.

use std::time::Duration;

use serde_json::{Value, json};
use wharf_api_ecr::{Ecr, types::*};
use wharf_base::Timestamp;
use wharf_store::Range;
use wharf_wire::Fault;

use crate::support::{
    ACCOUNT, Home, NOW, OCI_INDEX, PERMIT, by_tag, call_at, digest_of, said, text,
};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Keeps so many images of a status.
fn keep(number: u32, status: &str) -> String {
    let selection =
        json!({"tagStatus": status, "countType": "imageCountMoreThan", "countNumber": number});
    policy(&json!([selection]))
}

fn policy(selections: &Value) -> String {
    let rules: Vec<Value> = selections
        .as_array()
        .unwrap()
        .iter()
        .zip(1..)
        .map(|(selection, priority)| {
            json!({"rulePriority": priority, "description": "of a test", "selection": selection,
                "action": {"type": "expire"}})
        })
        .collect();
    json!({ "rules": rules }).to_string()
}

async fn set(home: &Home, policy: &str) -> Result<PutLifecyclePolicyResponse, Fault> {
    let input = PutLifecyclePolicyRequest {
        repository_name: text("app"),
        lifecycle_policy_text: text(policy),
        ..Default::default()
    };
    home.ecr.put_lifecycle_policy(&home.call(), input).await
}

async fn got(home: &Home) -> Result<GetLifecyclePolicyResponse, Fault> {
    let input = GetLifecyclePolicyRequest {
        repository_name: text("app"),
        ..Default::default()
    };
    home.ecr.get_lifecycle_policy(&home.call(), input).await
}

async fn tags(home: &Home) -> Vec<String> {
    let mut tags: Vec<String> = home
        .list("app", 100, None)
        .await
        .into_iter()
        .map(|id| id.image_tag.unwrap_or_else(|| "-".to_owned()))
        .collect();
    tags.sort();
    tags
}

/// Images `v1`, `v2`, … in this order.
async fn push(home: &Home, number: usize) {
    for n in 1..=number {
        let manifest = home.manifest("app", &format!("layer {n}")).await;
        let tag = format!("v{n}");
        home.put("app", Some(&tag), &manifest).await.unwrap();
    }
}

#[tokio::test]
async fn a_policy_is_set_shown_and_taken_away() {
    let home = Home::with_app().await;
    let missing = || {
        let text = format!(
            "Lifecycle policy does not exist for the repository with name 'app' in the registry with id '{ACCOUNT}'"
        );
        ("LifecyclePolicyNotFoundException".to_owned(), text)
    };
    assert_eq!(said(got(&home).await.unwrap_err()), missing());
    let text_of = keep(3, "any");
    set(&home, &text_of).await.unwrap();
    let shown = got(&home).await.unwrap();
    assert_eq!(shown.lifecycle_policy_text, Some(text_of.clone()));
    assert_eq!(shown.last_evaluated_at, None);
    home.catalog
        .expire_images(&PERMIT, NOW + DAY)
        .await
        .unwrap();
    let shown = got(&home).await.unwrap();
    assert_eq!(shown.last_evaluated_at, Some(NOW + DAY));
    let input = DeleteLifecyclePolicyRequest {
        repository_name: text("app"),
        ..Default::default()
    };
    let taken = home
        .ecr
        .delete_lifecycle_policy(&home.call(), input.clone())
        .await
        .unwrap();
    assert_eq!(taken.lifecycle_policy_text, Some(text_of));
    let again = home.ecr.delete_lifecycle_policy(&home.call(), input).await;
    assert_eq!(said(again.unwrap_err()), missing());
}

#[tokio::test]
async fn a_policy_that_is_wrong_is_refused_as_ecr_does() {
    let home = Home::with_app().await;
    let (code, text) = said(set(&home, &keep(0, "any")).await.unwrap_err());
    assert_eq!(code, "InvalidParameterException");
    assert_eq!(
        text,
        "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy validation failure: rule 1: countNumber must be at least 1'"
    );
    assert!(got(&home).await.is_err());
}

#[tokio::test]
async fn a_run_takes_what_the_preview_showed() {
    let home = Home::with_app().await;
    push(&home, 5).await;
    let text_of = policy(&json!([
        {"tagStatus": "tagged", "tagPatternList": ["v1", "*1"], "countType": "imageCountMoreThan", "countNumber": 1},
        {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 3},
    ]));
    let input = StartLifecyclePolicyPreviewRequest {
        repository_name: text("app"),
        lifecycle_policy_text: Some(text_of.clone()),
        ..Default::default()
    };
    let started = home
        .ecr
        .start_lifecycle_policy_preview(&home.call(), input)
        .await
        .unwrap();
    assert_eq!(started.status.as_deref(), Some("IN_PROGRESS"));
    let (mut shown, mut token) = (Vec::new(), None);
    loop {
        let input = GetLifecyclePolicyPreviewRequest {
            repository_name: text("app"),
            max_results: Some(1),
            next_token: token,
            ..Default::default()
        };
        let page = home
            .ecr
            .get_lifecycle_policy_preview(&home.call(), input)
            .await
            .unwrap();
        assert_eq!(page.status.as_deref(), Some("COMPLETE"));
        let summary = page.summary.unwrap();
        let results = page.preview_results.unwrap();
        assert!(results.len() <= 1);
        shown.extend(results);
        token = page.next_token;
        if token.is_none() {
            assert_eq!(
                summary.expiring_image_total_count,
                Some(i32::try_from(shown.len()).unwrap())
            );
            break;
        }
    }
    let mut expected: Vec<String> = shown
        .iter()
        .flat_map(|it| it.image_tags.clone().unwrap())
        .collect();
    assert!(shown.iter().all(|it| it.applied_rule_priority == Some(2)));
    assert_eq!(tags(&home).await, ["v1", "v2", "v3", "v4", "v5"]);

    set(&home, &text_of).await.unwrap();
    let gone = home.catalog.expire_images(&PERMIT, NOW).await;
    assert_eq!(gone.unwrap(), shown.len());
    expected.extend(tags(&home).await);
    expected.sort();
    assert_eq!(expected, ["v1", "v2", "v3", "v4", "v5"]);
    assert!(tags(&home).await.contains(&"v1".to_owned()));
    // Nothing is due right after, and then nothing is left to take.
    for later in [NOW, NOW + DAY] {
        let gone = home.catalog.expire_images(&PERMIT, later).await;
        assert_eq!(gone.unwrap(), 0);
    }
}

async fn start_preview(home: &Home, policy: &str, at: Timestamp) {
    let input = StartLifecyclePolicyPreviewRequest {
        repository_name: text("app"),
        lifecycle_policy_text: text(policy),
        ..Default::default()
    };
    let (ecr, call) = (&home.ecr, call_at(at));
    let started = ecr.start_lifecycle_policy_preview(&call, input).await;
    started.unwrap();
}

/// Tags of the images of a page of one, the total, and the next token.
async fn previewed(
    home: &Home,
    set: impl FnOnce(&mut GetLifecyclePolicyPreviewRequest),
) -> Result<(Vec<String>, i32, Option<String>), Fault> {
    let mut input = GetLifecyclePolicyPreviewRequest {
        repository_name: text("app"),
        max_results: Some(1),
        ..Default::default()
    };
    set(&mut input);
    let page = home
        .ecr
        .get_lifecycle_policy_preview(&home.call(), input)
        .await?;
    let results = page.preview_results.unwrap().into_iter();
    let tags = results.flat_map(|it| it.image_tags.unwrap()).collect();
    let total = page.summary.unwrap().expiring_image_total_count;
    Ok((tags, total.unwrap(), page.next_token))
}

#[tokio::test]
async fn a_preview_is_worked_out_once() {
    let home = Home::with_app().await;
    push(&home, 3).await;
    let policy = keep(1, "any");
    start_preview(&home, &policy, NOW).await;
    let (first, total, token) = previewed(&home, |_| {}).await.unwrap();
    assert_eq!((first.len(), total), (1, 2));
    let token = token.expect("there is another page");
    // What comes now is of no account, and what goes is not shown.
    for tag in ["v4", "v5"] {
        let manifest = home.manifest("app", tag).await;
        home.put("app", Some(tag), &manifest).await.unwrap();
    }
    let with = |token: &str| {
        let token = text(token);
        move |input: &mut GetLifecyclePolicyPreviewRequest| input.next_token = token
    };
    let (second, total, end) = previewed(&home, with(&token)).await.unwrap();
    assert_eq!((second.len(), total, end), (1, 2, None));
    assert_ne!(first, second);
    home.delete("app", vec![by_tag(&second[0])]).await;
    let (none, total, end) = previewed(&home, with(&token)).await.unwrap();
    assert_eq!((none.len(), total, end), (0, 2, None));
    // By what a request names.
    for (tag, shown) in [(first[0].as_str(), 1), ("v5", 0), ("none", 0)] {
        let named = |input: &mut GetLifecyclePolicyPreviewRequest| {
            input.image_ids = Some(vec![by_tag(tag)]);
        };
        let (found, ..) = previewed(&home, named).await.unwrap();
        assert_eq!(found.len(), shown, "{tag}");
    }
    // Another preview has pages of its own.
    start_preview(&home, &policy, NOW + Duration::from_secs(1)).await;
    let (_, total, _) = previewed(&home, |_| {}).await.unwrap();
    assert_eq!(total, 3);
    let refused = previewed(&home, with(&token)).await.unwrap_err();
    assert_eq!(refused.code, "InvalidParameterException");
}

#[tokio::test]
async fn images_of_an_index_stay_and_signatures_go_with_their_image() {
    let home = Home::with_app().await;
    let child = home.manifest("app", "child").await;
    home.put("app", None, &child).await.unwrap();
    let index = json!({
        "schemaVersion": 2, "mediaType": OCI_INDEX,
        "manifests": [{"mediaType": child["mediaType"], "digest": digest_of(&child), "size": child.to_string().len()}],
    });
    home.put("app", Some("index"), &index).await.unwrap();
    let signed = home.manifest("app", "signed").await;
    home.put("app", Some("signed"), &signed).await.unwrap();
    let mut signature = home.manifest("app", "signature").await;
    signature["subject"] = json!({"mediaType": signed["mediaType"], "digest": digest_of(&signed), "size": signed.to_string().len()});
    home.put("app", None, &signature).await.unwrap();
    assert_eq!(tags(&home).await, ["-", "-", "index", "signed"]);

    let by_age = json!({"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 1});
    set(&home, &policy(&json!([by_age]))).await.unwrap();
    let later = NOW + 2 * DAY;
    let gone = home.catalog.expire_images(&PERMIT, later).await;
    assert_eq!(gone.unwrap(), 0, "both are held");

    let signed_ones = json!({"tagStatus": "tagged", "tagPrefixList": ["signed"], "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 1});
    set(&home, &policy(&json!([signed_ones]))).await.unwrap();
    let gone = home.catalog.expire_images(&PERMIT, later).await;
    assert_eq!(gone.unwrap(), 1);
    assert_eq!(tags(&home).await, ["-", "index"]);
    // The index frees its image.
    home.delete("app", vec![by_tag("index")]).await;
    let by_count = keep(1, "untagged");
    set(&home, &by_count).await.unwrap();
    home.catalog.expire_images(&PERMIT, later).await.unwrap();
    assert_eq!(tags(&home).await, ["-"]);
}

/// An artifact about another manifest.
async fn about(home: &Home, subject: &Value, content: &str) -> Value {
    let mut artifact = home.manifest("app", content).await;
    artifact["subject"] = json!({"mediaType": subject["mediaType"], "digest": digest_of(subject), "size": subject.to_string().len()});
    home.put("app", None, &artifact).await.unwrap();
    artifact
}

#[tokio::test]
async fn what_is_about_a_signature_goes_with_it() {
    let home = Home::with_app().await;
    let image = home.manifest("app", "image").await;
    home.put("app", Some("old"), &image).await.unwrap();
    let bill = about(&home, &image, "bill of materials").await;
    about(&home, &bill, "its signature").await;
    let old = json!({"tagStatus": "tagged", "tagPrefixList": ["old"], "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 1});
    set(&home, &policy(&json!([old]))).await.unwrap();
    let gone = home.catalog.expire_images(&PERMIT, NOW + 2 * DAY).await;
    assert_eq!(gone.unwrap(), 1);
    assert_eq!(tags(&home).await, Vec::<String>::new());
    let keys = home.world.store.all_keys(Range::prefix("/w1/")).await;
    let left = keys.unwrap().entries;
    assert!(left.iter().all(|it| !it.key.contains("/expired/")));
}

/// A run that was killed after it took an image left what is about it, and a mark that says so.
#[tokio::test]
async fn what_a_run_left_that_was_cut_short_goes_with_the_next() {
    let home = Home::with_app().await;
    let (gone, back) = (
        home.manifest("app", "gone").await,
        home.manifest("app", "back").await,
    );
    for (image, tag) in [(&gone, "gone"), (&back, "back")] {
        home.put("app", Some(tag), image).await.unwrap();
        about(&home, image, &format!("about {tag}")).await;
    }
    let store = &home.world.store;
    let all = store.all(Range::prefix("/w1/")).await.unwrap().entries;
    let mark = all.iter().find(|it| it.key.contains("/referrer/")).unwrap();
    for image in [&gone, &back] {
        let hex = digest_of(image).hex();
        let of_image = |key: &str| key.contains("/image/") && key.ends_with(&hex);
        let key = &all.iter().find(|it| of_image(&it.key)).unwrap().key;
        let key = key.replace("/image/", "/expired/");
        store.put(&PERMIT, &key, mark.value.clone()).await.unwrap();
    }
    home.delete("app", vec![by_tag("gone")]).await;
    assert_eq!(tags(&home).await, ["-", "-", "back"]);
    set(&home, &keep(100, "any")).await.unwrap();
    home.catalog.expire_images(&PERMIT, NOW).await.unwrap();
    assert_eq!(tags(&home).await, ["-", "back"]);
    let left = store.all_keys(Range::prefix("/w1/")).await.unwrap().entries;
    assert!(left.iter().all(|it| !it.key.contains("/expired/")));
}

#[tokio::test]
async fn a_preview_ends_and_needs_a_policy() {
    let home = Home::with_app().await;
    let input = GetLifecyclePolicyPreviewRequest {
        repository_name: text("app"),
        ..Default::default()
    };
    let none = home
        .ecr
        .get_lifecycle_policy_preview(&home.call(), input.clone())
        .await;
    assert_eq!(
        said(none.unwrap_err()).0,
        "LifecyclePolicyPreviewNotFoundException"
    );
    let start = StartLifecyclePolicyPreviewRequest {
        repository_name: text("app"),
        ..Default::default()
    };
    let none = home
        .ecr
        .start_lifecycle_policy_preview(&home.call(), start.clone())
        .await;
    assert_eq!(
        said(none.unwrap_err()).0,
        "LifecyclePolicyNotFoundException"
    );
    set(&home, &keep(1, "any")).await.unwrap();
    home.ecr
        .start_lifecycle_policy_preview(&home.call(), start)
        .await
        .unwrap();
    let later = call_at(NOW + 2 * DAY);
    let over = home.ecr.get_lifecycle_policy_preview(&later, input).await;
    assert_eq!(over.unwrap().status.as_deref(), Some("EXPIRED"));
}

#[tokio::test]
async fn the_setting_of_scans_is_kept() {
    let home = Home::with_app().await;
    for on in [true, false] {
        let input = PutImageScanningConfigurationRequest {
            repository_name: text("app"),
            image_scanning_configuration: Some(ImageScanningConfiguration {
                scan_on_push: Some(on),
            }),
            ..Default::default()
        };
        let put = home
            .ecr
            .put_image_scanning_configuration(&home.call(), input)
            .await;
        let put = put.unwrap().image_scanning_configuration.unwrap();
        assert_eq!(put.scan_on_push, Some(on));
        let all = home
            .ecr
            .describe_repositories(&home.call(), Default::default())
            .await;
        let shown = all.unwrap().repositories.unwrap().remove(0);
        let shown = shown.image_scanning_configuration.unwrap();
        assert_eq!(shown.scan_on_push, Some(on));
    }
}
