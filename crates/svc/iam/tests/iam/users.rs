use wharf_api_iam::{Iam, types::*};

use crate::world::*;

fn delete(name: &str) -> DeleteUserRequest {
    DeleteUserRequest {
        user_name: text(name),
    }
}

#[tokio::test]
async fn created_shown_renamed_and_deleted() {
    let w = world();
    let input = CreateUserRequest {
        path: text("/dev/"),
        user_name: text("Anna"),
        tags: Some(vec![Tag {
            key: text("team"),
            value: text("blue"),
        }]),
        ..Default::default()
    };
    let made = w
        .iam
        .create_user(&root(), input)
        .await
        .unwrap()
        .user
        .unwrap();
    assert_eq!(
        made.arn.as_deref(),
        Some("arn:aws:iam::000000000000:user/dev/Anna")
    );
    assert_eq!(made.user_id.as_ref().map(String::len), Some(21));
    assert_eq!(made.create_date, Some(NOW));

    let get = GetUserRequest {
        user_name: text("anna"),
    };
    assert_eq!(
        w.iam.get_user(&root(), get).await.unwrap().user,
        Some(made.clone())
    );

    let rename = UpdateUserRequest {
        user_name: text("anna"),
        new_path: text("/"),
        new_user_name: text("berta"),
    };
    w.iam.update_user(&root(), rename).await.unwrap();
    let get = GetUserRequest {
        user_name: text("berta"),
    };
    let renamed = w.iam.get_user(&root(), get).await.unwrap().user.unwrap();
    assert_eq!(
        renamed.arn.as_deref(),
        Some("arn:aws:iam::000000000000:user/berta")
    );
    assert_eq!(renamed.user_id, made.user_id);

    w.iam.delete_user(&root(), delete("berta")).await.unwrap();
    let gone = w.iam.delete_user(&root(), delete("berta")).await;
    refused(
        gone,
        "NoSuchEntity",
        "The user with name berta cannot be found.",
    );
}

#[tokio::test]
async fn names_differ_by_more_than_case() {
    let w = world();
    w.user("anna").await;
    let again = CreateUserRequest {
        user_name: text("ANNA"),
        ..Default::default()
    };
    refused(
        w.iam.create_user(&root(), again).await,
        "EntityAlreadyExists",
        "User with name ANNA already exists.",
    );
    w.user("berta").await;
    let rename = UpdateUserRequest {
        user_name: text("berta"),
        new_user_name: text("Anna"),
        ..Default::default()
    };
    refused(
        w.iam.update_user(&root(), rename).await,
        "EntityAlreadyExists",
        "User with name Anna already exists.",
    );
}

#[tokio::test]
async fn what_still_hangs_on_a_user_keeps_it() {
    let w = world();
    w.user("anna").await;
    let refusal = |what: &str| format!("Cannot delete entity, {what}");

    w.inline("anna", "p", ALLOW_ALL).await;
    let answer = w.iam.delete_user(&root(), delete("anna")).await;
    refused(
        answer,
        "DeleteConflict",
        &refusal("must delete policies first."),
    );
    let policy = DeleteUserPolicyRequest {
        user_name: text("anna"),
        policy_name: text("p"),
    };
    w.iam.delete_user_policy(&root(), policy).await.unwrap();

    let arn = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    w.attach_user("anna", arn).await.unwrap();
    let answer = w.iam.delete_user(&root(), delete("anna")).await;
    refused(
        answer,
        "DeleteConflict",
        &refusal("must detach all policies first."),
    );
    let input = DetachUserPolicyRequest {
        user_name: text("anna"),
        policy_arn: text(arn),
    };
    w.iam
        .detach_user_policy(&root(), input.clone())
        .await
        .unwrap();
    let answer = w.iam.detach_user_policy(&root(), input).await;
    refused(
        answer,
        "NoSuchEntity",
        &format!("Policy {arn} was not found."),
    );

    let key = w.key("anna").await;
    let answer = w.iam.delete_user(&root(), delete("anna")).await;
    refused(
        answer,
        "DeleteConflict",
        &refusal("must delete access keys first."),
    );
    let input = DeleteAccessKeyRequest {
        user_name: text("anna"),
        access_key_id: key.access_key_id,
    };
    w.iam.delete_access_key(&root(), input).await.unwrap();
    w.iam.delete_user(&root(), delete("anna")).await.unwrap();
}

#[tokio::test]
async fn lists_come_in_pages_and_by_path() {
    let w = world();
    for name in ["carl", "anna", "berta"] {
        w.user(name).await;
    }
    let apart = CreateUserRequest {
        path: text("/apart/"),
        user_name: text("dora"),
        ..Default::default()
    };
    w.iam.create_user(&root(), apart).await.unwrap();

    let mut names = Vec::new();
    let mut marker = None;
    loop {
        let input = ListUsersRequest {
            marker,
            max_items: Some(2),
            ..Default::default()
        };
        let page = w.iam.list_users(&root(), input).await.unwrap();
        assert_eq!(page.is_truncated, Some(page.marker.is_some()));
        names.extend(
            page.users
                .unwrap()
                .into_iter()
                .map(|user| user.user_name.unwrap()),
        );
        marker = page.marker;
        if marker.is_none() {
            break;
        }
    }
    assert_eq!(names, ["anna", "berta", "carl", "dora"]);

    let input = ListUsersRequest {
        path_prefix: text("/apart/"),
        ..Default::default()
    };
    let users = w
        .iam
        .list_users(&root(), input)
        .await
        .unwrap()
        .users
        .unwrap();
    assert_eq!(users.len(), 1);
    let input = ListUsersRequest {
        marker: text("nonsense"),
        ..Default::default()
    };
    refused(
        w.iam.list_users(&root(), input).await,
        "ValidationError",
        "Invalid Marker.",
    );
}

#[tokio::test]
async fn names_and_paths_are_checked() {
    let w = world();
    for (name, path) in [
        ("a b", "/"),
        ("é", "/"),
        ("", "/"),
        ("ok", "no"),
        ("ok", "/a//b/"),
    ] {
        let input = CreateUserRequest {
            user_name: text(name),
            path: text(path),
            ..Default::default()
        };
        let fault = w.iam.create_user(&root(), input).await.unwrap_err();
        assert_eq!(fault.code, "ValidationError", "{name} {path}");
    }
}

#[tokio::test]
async fn tags_differ_by_more_than_case() {
    let w = world();
    w.user("anna").await;
    let tag = |key: &str, value: &str| Tag {
        key: text(key),
        value: text(value),
    };
    let put = |tags| TagUserRequest {
        user_name: text("anna"),
        tags: Some(tags),
    };
    w.iam
        .tag_user(&root(), put(vec![tag("Team", "blue"), tag("b", "")]))
        .await
        .unwrap();
    w.iam
        .tag_user(&root(), put(vec![tag("team", "red")]))
        .await
        .unwrap();
    let list = ListUserTagsRequest {
        user_name: text("anna"),
        ..Default::default()
    };
    let tags = w
        .iam
        .list_user_tags(&root(), list.clone())
        .await
        .unwrap()
        .tags
        .unwrap();
    assert_eq!(tags, [tag("b", ""), tag("team", "red")]);

    let twice = w
        .iam
        .tag_user(&root(), put(vec![tag("x", "1"), tag("X", "2")]))
        .await;
    refused(
        twice,
        "InvalidInput",
        "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
    );
    let many = (0..50).map(|n| tag(&format!("k{n}"), "v")).collect();
    let over = w.iam.tag_user(&root(), put(many)).await;
    refused(
        over,
        "LimitExceeded",
        "Cannot exceed quota for TagsPerResource: 50",
    );

    let untag = UntagUserRequest {
        user_name: text("anna"),
        tag_keys: Some(vec!["TEAM".to_owned(), "none".to_owned()]),
    };
    w.iam.untag_user(&root(), untag).await.unwrap();
    let tags = w
        .iam
        .list_user_tags(&root(), list)
        .await
        .unwrap()
        .tags
        .unwrap();
    assert_eq!(tags, [tag("b", "")]);
}

#[tokio::test]
async fn inline_policies_share_one_limit_and_leave_encoded() {
    let w = world();
    w.user("anna").await;
    w.inline("anna", "one", ALLOW_ALL).await;
    let get = GetUserPolicyRequest {
        user_name: text("anna"),
        policy_name: text("one"),
    };
    let got = w
        .iam
        .get_user_policy(&root(), get)
        .await
        .unwrap()
        .policy_document
        .unwrap();
    assert!(
        got.starts_with("%7B%22Version%22%3A%222012-10-17%22%2C"),
        "{got}"
    );

    let long = ALLOW_ALL.replace(
        r#""*"}]"#,
        &format!(r#""arn:aws:s3:::{}"}}]"#, "x".repeat(1_900)),
    );
    let put = PutUserPolicyRequest {
        user_name: text("anna"),
        policy_name: text("two"),
        policy_document: Some(long),
    };
    refused(
        w.iam.put_user_policy(&root(), put).await,
        "LimitExceeded",
        "Maximum policy size of 2048 bytes exceeded for user anna",
    );
    let put = PutUserPolicyRequest {
        user_name: text("anna"),
        policy_name: text("bad"),
        policy_document: text("{"),
    };
    refused(
        w.iam.put_user_policy(&root(), put).await,
        "MalformedPolicyDocument",
        "Syntax errors in policy.",
    );
    let list = ListUserPoliciesRequest {
        user_name: text("anna"),
        ..Default::default()
    };
    let names = w
        .iam
        .list_user_policies(&root(), list)
        .await
        .unwrap()
        .policy_names;
    assert_eq!(names, Some(vec!["one".to_owned()]));
    let get = GetUserPolicyRequest {
        user_name: text("anna"),
        policy_name: text("two"),
    };
    refused(
        w.iam.get_user_policy(&root(), get).await,
        "NoSuchEntity",
        "The user policy with name two cannot be found.",
    );
}
