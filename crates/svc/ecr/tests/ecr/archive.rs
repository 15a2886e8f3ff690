//! Images in the archive: not pulled, kept with what belongs to them, and back again.

use std::time::Duration;

use serde_json::{Value, json};
use wharf_api_ecr::{Ecr, types::*};
use wharf_base::Timestamp;
use wharf_wire::{
    Call, Context, Fault,
    call::{Caller, CallerKind},
};

use crate::support::{
    ACCOUNT, Home, NOW, OCI_INDEX, OCI_MANIFEST, PERMIT, by_digest, by_tag, call_at, digest_of,
    said, text,
};

const DAY: Duration = Duration::from_secs(24 * 3600);

async fn moved(home: &Home, id: ImageIdentifier, to: &str) -> Result<String, Fault> {
    let input = UpdateImageStorageClassRequest {
        repository_name: text("app"),
        image_id: Some(id),
        target_storage_class: text(to),
        ..Default::default()
    };
    let call = home.call();
    let moved = home.ecr.update_image_storage_class(&call, input).await?;
    Ok(moved.image_status.unwrap())
}

async fn pull(home: &Home, call: &Call, id: ImageIdentifier) -> Result<(), ImageFailure> {
    let input = BatchGetImageRequest {
        repository_name: text("app"),
        image_ids: Some(vec![id]),
        ..Default::default()
    };
    let mut got = home.ecr.batch_get_image(call, input).await.unwrap();
    match got.failures.take().unwrap_or_default().pop() {
        Some(failure) => Err(failure),
        None => Ok(()),
    }
}

async fn details(home: &Home, status: &str) -> Vec<ImageDetail> {
    let input = DescribeImagesRequest {
        repository_name: text("app"),
        filter: Some(DescribeImagesFilter {
            image_status: text(status),
            ..Default::default()
        }),
        ..Default::default()
    };
    let described = home.ecr.describe_images(&home.call(), input).await.unwrap();
    described.image_details.unwrap()
}

async fn one(home: &Home, id: ImageIdentifier) -> ImageDetail {
    let input = DescribeImagesRequest {
        repository_name: text("app"),
        image_ids: Some(vec![id]),
        ..Default::default()
    };
    let described = home.ecr.describe_images(&home.call(), input).await.unwrap();
    described.image_details.unwrap().remove(0)
}

async fn status(home: &Home, manifest: &Value) -> String {
    let detail = one(home, by_digest(&digest_of(manifest))).await;
    detail.image_status.unwrap()
}

fn listed(image: &Value) -> Value {
    json!({"mediaType": OCI_MANIFEST, "digest": digest_of(image), "size": image.to_string().len()})
}

fn index(images: &[&Value]) -> Value {
    let manifests: Vec<Value> = images.iter().map(|it| listed(it)).collect();
    json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests})
}

async fn set_policy(home: &Home, rule: Value) {
    let input = PutLifecyclePolicyRequest {
        repository_name: text("app"),
        lifecycle_policy_text: Some(json!({ "rules": [rule] }).to_string()),
        ..Default::default()
    };
    home.ecr
        .put_lifecycle_policy(&home.call(), input)
        .await
        .unwrap();
}

#[tokio::test]
async fn an_archived_image_is_shown_but_not_pulled_until_it_is_back() {
    let home = Home::with_app().await;
    let image = home.manifest("app", "1").await;
    home.put("app", Some("v1"), &image).await.unwrap();
    assert_eq!(
        moved(&home, by_tag("v1"), "STANDARD").await.unwrap(),
        "ACTIVE"
    );
    for _ in 0..2 {
        assert_eq!(
            moved(&home, by_tag("v1"), "ARCHIVE").await.unwrap(),
            "ARCHIVED"
        );
    }
    let failure = pull(&home, &home.call(), by_tag("v1")).await.unwrap_err();
    assert_eq!(failure.failure_code.as_deref(), Some("ImageInaccessible"));
    assert!(
        failure
            .failure_reason
            .unwrap()
            .ends_with("its status is ARCHIVED")
    );
    let input = GetDownloadUrlForLayerRequest {
        repository_name: text("app"),
        layer_digest: text(image["layers"][0]["digest"].as_str().unwrap()),
        ..Default::default()
    };
    let refused = home
        .ecr
        .get_download_url_for_layer(&home.call(), input)
        .await;
    assert_eq!(refused.unwrap_err().code, "LayerInaccessibleException");
    assert!(details(&home, "ACTIVE").await.is_empty());
    // Of those that are named a filter that is given chooses too.
    for (filter, shown) in [(None, 1), (Some("ACTIVE"), 0), (Some("ARCHIVED"), 1)] {
        let input = DescribeImagesRequest {
            repository_name: text("app"),
            image_ids: Some(vec![by_tag("v1")]),
            filter: filter.map(|status| DescribeImagesFilter {
                image_status: text(status),
                tag_status: None,
            }),
            ..DescribeImagesRequest::default()
        };
        let named = home.ecr.describe_images(&home.call(), input).await;
        let named = named.unwrap().image_details.unwrap();
        assert_eq!(named.len(), shown, "{filter:?}");
    }
    let archived = details(&home, "ARCHIVED").await;
    assert_eq!(archived[0].last_archived_at, Some(NOW));
    assert_eq!(home.list("app", 10, None).await, []);

    assert_eq!(
        moved(&home, by_tag("v1"), "STANDARD").await.unwrap(),
        "ACTIVATING"
    );
    let (code, why) = said(moved(&home, by_tag("v1"), "ARCHIVE").await.unwrap_err());
    assert_eq!(code, "ImageStorageClassUpdateNotSupportedException");
    assert!(why.ends_with("it is being restored"), "{why}");
    assert!(pull(&home, &home.call(), by_tag("v1")).await.is_err());
    let later = NOW + DAY;
    assert_eq!(
        home.catalog.activate_images(&PERMIT, later).await.unwrap(),
        1
    );
    assert_eq!(
        home.catalog.activate_images(&PERMIT, later).await.unwrap(),
        0
    );
    pull(&home, &home.call(), by_tag("v1")).await.unwrap();
    let back = one(&home, by_tag("v1")).await;
    assert_eq!(back.last_activated_at, Some(later));

    let missing = moved(&home, by_tag("v2"), "ARCHIVE").await.unwrap_err();
    assert_eq!(missing.code, "ImageNotFoundException");
}

#[tokio::test]
async fn a_push_brings_an_image_back() {
    let home = Home::with_app().await;
    let image = home.manifest("app", "1").await;
    home.put("app", Some("v1"), &image).await.unwrap();
    moved(&home, by_tag("v1"), "ARCHIVE").await.unwrap();
    home.put("app", Some("v1"), &image).await.unwrap();
    assert_eq!(status(&home, &image).await, "ACTIVE");
    let again = home.put("app", Some("v1"), &image).await.unwrap_err();
    assert_eq!(again.code, "ImageAlreadyExistsException");
    // On its way back, it is there at once as well, and stays so.
    moved(&home, by_tag("v1"), "ARCHIVE").await.unwrap();
    moved(&home, by_tag("v1"), "STANDARD").await.unwrap();
    home.put("app", None, &image).await.unwrap();
    assert_eq!(home.catalog.activate_images(&PERMIT, NOW).await.unwrap(), 0);
    assert_eq!(home.list("app", 10, None).await.len(), 1);
}

#[tokio::test]
async fn what_belongs_to_an_image_moves_with_it() {
    let home = Home::with_app().await;
    let child = home.manifest("app", "child").await;
    let shared = home.manifest("app", "shared").await;
    for image in [&child, &shared] {
        home.put("app", None, image).await.unwrap();
    }
    let (one, two) = (index(&[&child, &shared]), index(&[&shared]));
    home.put("app", Some("one"), &one).await.unwrap();
    home.put("app", Some("two"), &two).await.unwrap();
    let mut signature = home.manifest("app", "signature").await;
    signature["subject"] = listed(&one);
    home.put("app", None, &signature).await.unwrap();

    let (code, why) = said(
        moved(&home, by_digest(&digest_of(&child)), "ARCHIVE")
            .await
            .unwrap_err(),
    );
    assert_eq!(code, "ImageStorageClassUpdateNotSupportedException");
    assert!(why.contains(&digest_of(&one).to_string()), "{why}");
    moved(&home, by_tag("one"), "ARCHIVE").await.unwrap();
    for (image, expected) in [
        (&one, "ARCHIVED"),
        (&child, "ARCHIVED"),
        (&signature, "ARCHIVED"),
        (&shared, "ACTIVE"),
        (&two, "ACTIVE"),
    ] {
        assert_eq!(status(&home, image).await, expected, "{image}");
    }
    // An index of what cannot be pulled is not taken.
    let three = index(&[&child]);
    let refused = home.put("app", Some("three"), &three).await.unwrap_err();
    assert_eq!(refused.code, "ReferencedImagesNotFoundException");
    moved(&home, by_tag("one"), "STANDARD").await.unwrap();
    assert_eq!(home.catalog.activate_images(&PERMIT, NOW).await.unwrap(), 3);
    for image in [&one, &child, &signature] {
        assert_eq!(status(&home, image).await, "ACTIVE");
    }
}

#[tokio::test]
async fn policies_archive_what_nobody_pulls_and_expire_what_is_archived_for_long() {
    let home = Home::with_app().await;
    let (used, unused) = (
        home.manifest("app", "1").await,
        home.manifest("app", "2").await,
    );
    home.put("app", Some("used"), &used).await.unwrap();
    home.put("app", Some("unused"), &unused).await.unwrap();
    pull(&home, &call_at(NOW + DAY * 8), by_tag("used"))
        .await
        .unwrap();
    let unpulled = json!({"tagStatus": "any", "countType": "sinceImagePulled", "countUnit": "days", "countNumber": 7});
    let transition = json!({"type": "transition", "targetStorageClass": "archive"});
    let rule = json!({"rulePriority": 1, "description": "of a test", "selection": unpulled, "action": transition});
    set_policy(&home, rule).await;
    let run = |at: Timestamp| {
        let (catalog, permit) = (home.catalog.clone(), PERMIT);
        async move { catalog.expire_images(&permit, at).await.unwrap() }
    };
    assert_eq!(run(NOW + DAY * 10).await, 1);
    assert_eq!(status(&home, &unused).await, "ARCHIVED");
    assert_eq!(status(&home, &used).await, "ACTIVE");

    let old = json!({"tagStatus": "any", "storageClass": "archive", "countType": "sinceImageTransitioned",
        "countUnit": "days", "countNumber": 90});
    set_policy(
        &home,
        json!({"rulePriority": 1, "selection": old, "action": {"type": "expire"}}),
    )
    .await;
    assert_eq!(run(NOW + DAY * 100).await, 0);
    assert_eq!(run(NOW + DAY * 101).await, 1);
    let left = details(&home, "ANY").await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].image_tags, Some(vec!["used".to_owned()]));
}

/// What an index lists may be the index's own subject.
#[tokio::test]
async fn images_that_follow_each_other_are_moved_once() {
    let home = Home::with_app().await;
    let image = home.manifest("app", "1").await;
    home.put("app", None, &image).await.unwrap();
    let mut circle = index(&[&image]);
    circle["subject"] = listed(&image);
    home.put("app", Some("circle"), &circle).await.unwrap();
    for (to, expected) in [("ARCHIVE", "ARCHIVED"), ("STANDARD", "ACTIVE")] {
        moved(&home, by_tag("circle"), to).await.unwrap();
        home.catalog.activate_images(&PERMIT, NOW).await.unwrap();
        for it in [&image, &circle] {
            assert_eq!(status(&home, it).await, expected);
        }
    }
}

#[tokio::test]
async fn what_belongs_to_an_image_comes_back_with_a_push() {
    let home = Home::with_app().await;
    let image = home.manifest("app", "1").await;
    home.put("app", Some("v1"), &image).await.unwrap();
    let mut signature = home.manifest("app", "signature").await;
    signature["subject"] = listed(&image);
    home.put("app", None, &signature).await.unwrap();
    moved(&home, by_tag("v1"), "ARCHIVE").await.unwrap();
    assert_eq!(status(&home, &signature).await, "ARCHIVED");
    home.put("app", Some("v1"), &image).await.unwrap();
    home.catalog.activate_images(&PERMIT, NOW).await.unwrap();
    assert_eq!(status(&home, &signature).await, "ACTIVE");
}

#[tokio::test]
async fn with_a_tag_and_a_digest_the_digest_is_moved() {
    let home = Home::with_app().await;
    let (old, new) = (
        home.manifest("app", "1").await,
        home.manifest("app", "2").await,
    );
    home.put("app", Some("v1"), &old).await.unwrap();
    let pair = |image: &Value| ImageIdentifier {
        image_digest: Some(digest_of(image).to_string()),
        ..by_tag("v1")
    };
    home.put("app", Some("v1"), &new).await.unwrap();
    let refused = moved(&home, pair(&old), "ARCHIVE").await.unwrap_err();
    assert_eq!(refused.code, "ImageNotFoundException");
    moved(&home, pair(&new), "ARCHIVE").await.unwrap();
    assert_eq!(status(&home, &old).await, "ACTIVE");
}

/// An index whose images are pulled is used, and an image with a tag of its own is judged by itself.
#[tokio::test]
async fn policies_leave_what_is_used_by_another_name() {
    let home = Home::with_app().await;
    let (arm, amd) = (
        home.manifest("app", "arm").await,
        home.manifest("app", "amd").await,
    );
    home.put("app", Some("v1-arm"), &arm).await.unwrap();
    home.put("app", None, &amd).await.unwrap();
    home.put("app", Some("v1"), &index(&[&arm, &amd]))
        .await
        .unwrap();
    let unpulled = json!({"tagStatus": "tagged", "tagPatternList": ["v1"], "countType": "sinceImagePulled",
        "countUnit": "days", "countNumber": 7});
    let transition = json!({"type": "transition", "targetStorageClass": "archive"});
    set_policy(
        &home,
        json!({"rulePriority": 1, "selection": unpulled, "action": transition}),
    )
    .await;
    pull(&home, &call_at(NOW + DAY * 8), by_tag("v1-arm"))
        .await
        .unwrap();
    assert_eq!(
        home.catalog
            .expire_images(&PERMIT, NOW + DAY * 10)
            .await
            .unwrap(),
        0
    );
    assert_eq!(
        home.catalog
            .expire_images(&PERMIT, NOW + DAY * 20)
            .await
            .unwrap(),
        1
    );
    assert_eq!(status(&home, &arm).await, "ACTIVE");
    assert_eq!(status(&home, &amd).await, "ARCHIVED");
}

#[tokio::test]
async fn what_is_back_from_the_archive_is_as_new() {
    let home = Home::with_app().await;
    let image = home.manifest("app", "1").await;
    home.put("app", None, &image).await.unwrap();
    let id = by_digest(&digest_of(&image));
    moved(&home, id.clone(), "ARCHIVE").await.unwrap();
    moved(&home, id, "STANDARD").await.unwrap();
    home.catalog
        .activate_images(&PERMIT, NOW + DAY * 100)
        .await
        .unwrap();
    let old = json!({"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 14});
    set_policy(
        &home,
        json!({"rulePriority": 1, "selection": old, "action": {"type": "expire"}}),
    )
    .await;
    assert_eq!(
        home.catalog
            .expire_images(&PERMIT, NOW + DAY * 101)
            .await
            .unwrap(),
        0
    );
    assert_eq!(
        home.catalog
            .expire_images(&PERMIT, NOW + DAY * 115)
            .await
            .unwrap(),
        1
    );
}

#[tokio::test]
async fn a_preview_tells_transitions_from_deletions() {
    let home = Home::with_app().await;
    for n in 1..=3 {
        let image = home.manifest("app", &n.to_string()).await;
        home.put("app", Some(&format!("v{n}")), &image)
            .await
            .unwrap();
    }
    let selection =
        json!({"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 1});
    let action = json!({"type": "transition", "targetStorageClass": "archive"});
    let rule = json!({"rulePriority": 1, "selection": selection, "action": action});
    let input = StartLifecyclePolicyPreviewRequest {
        repository_name: text("app"),
        lifecycle_policy_text: Some(json!({ "rules": [rule] }).to_string()),
        ..Default::default()
    };
    home.ecr
        .start_lifecycle_policy_preview(&home.call(), input)
        .await
        .unwrap();
    let input = GetLifecyclePolicyPreviewRequest {
        repository_name: text("app"),
        ..Default::default()
    };
    let preview = home
        .ecr
        .get_lifecycle_policy_preview(&home.call(), input)
        .await
        .unwrap();
    for result in preview.preview_results.unwrap() {
        let action = result.action.unwrap();
        assert_eq!(action.type_.as_deref(), Some("TRANSITION"));
        assert_eq!(action.target_storage_class.as_deref(), Some("ARCHIVE"));
        assert_eq!(result.storage_class.as_deref(), Some("STANDARD"));
    }
    let summary = preview.summary.unwrap();
    assert_eq!(summary.expiring_image_total_count, Some(0));
    let moved = summary.transitioning_image_total_counts.unwrap();
    assert_eq!(moved[0].image_total_count, Some(2));
}

#[tokio::test]
async fn pulls_of_excluded_principals_leave_no_time() {
    let home = Home::with_app().await;
    let image = home.manifest("app", "1").await;
    home.put("app", Some("v1"), &image).await.unwrap();
    let user = format!("arn:aws:iam::{ACCOUNT}:user/scanner");
    let input = RegisterPullTimeUpdateExclusionRequest {
        principal_arn: text(&user),
    };
    let registered = home
        .ecr
        .register_pull_time_update_exclusion(&home.call(), input.clone())
        .await;
    assert_eq!(registered.unwrap().created_at, Some(NOW));
    let again = home
        .ecr
        .register_pull_time_update_exclusion(&home.call(), input)
        .await;
    assert_eq!(again.unwrap_err().code, "ExclusionAlreadyExistsException");
    let list = ListPullTimeUpdateExclusionsRequest::default();
    let listed = home
        .ecr
        .list_pull_time_update_exclusions(&home.call(), list)
        .await;
    assert_eq!(
        listed.unwrap().pull_time_update_exclusions,
        Some(vec![user.clone()])
    );

    let mut context = Context::internal(ACCOUNT, "us-east-1", "test", NOW);
    context.caller = Caller {
        kind: CallerKind::User,
        arn: user.clone(),
        ..context.caller
    };
    let call = Call::by_controller(context, PERMIT);
    pull(&home, &call, by_tag("v1")).await.unwrap();
    assert_eq!(one(&home, by_tag("v1")).await.last_recorded_pull_time, None);
    let input = DeregisterPullTimeUpdateExclusionRequest {
        principal_arn: text(&user),
    };
    let gone = home
        .ecr
        .deregister_pull_time_update_exclusion(&home.call(), input.clone())
        .await;
    assert_eq!(gone.unwrap().principal_arn, Some(user));
    let again = home
        .ecr
        .deregister_pull_time_update_exclusion(&home.call(), input)
        .await;
    assert_eq!(again.unwrap_err().code, "ExclusionNotFoundException");
    pull(&home, &call, by_tag("v1")).await.unwrap();
    assert_eq!(
        one(&home, by_tag("v1")).await.last_recorded_pull_time,
        Some(NOW)
    );
}
