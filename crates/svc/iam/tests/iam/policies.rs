use wharf_api_iam::{Iam, types::*};

use crate::world::*;

const PLATFORM: &str = "arn:aws:iam::aws:policy/AmazonECS_FullAccess";

fn arn(arn: &str) -> GetPolicyRequest {
    GetPolicyRequest {
        policy_arn: text(arn),
    }
}

async fn version(w: &World, policy: &str, default: bool) -> Result<String, wharf_wire::Fault> {
    let input = CreatePolicyVersionRequest {
        policy_arn: text(policy),
        policy_document: text(&allow("s3:*")),
        set_as_default: Some(default),
    };
    let made = w.iam.create_policy_version(&root(), input).await?;
    Ok(made.policy_version.unwrap().version_id.unwrap())
}

#[tokio::test]
async fn versions() {
    let w = world();
    let policy = w.policy("p", ALLOW_ALL).await;
    for number in 2..=5 {
        assert_eq!(
            version(&w, &policy, number == 3).await.unwrap(),
            format!("v{number}")
        );
    }
    refused(
        version(&w, &policy, false).await,
        "LimitExceeded",
        "A managed policy can have up to 5 versions. Before you create a new version, you must \
         delete an existing version.",
    );
    let shown = w
        .iam
        .get_policy(&root(), arn(&policy))
        .await
        .unwrap()
        .policy
        .unwrap();
    assert_eq!(shown.default_version_id.as_deref(), Some("v3"));

    let delete = |version: &str| DeletePolicyVersionRequest {
        policy_arn: text(&policy),
        version_id: text(version),
    };
    refused(
        w.iam.delete_policy_version(&root(), delete("v3")).await,
        "DeleteConflict",
        "Cannot delete the default version of a policy.",
    );
    w.iam
        .delete_policy_version(&root(), delete("v5"))
        .await
        .unwrap();
    assert_eq!(
        version(&w, &policy, false).await.unwrap(),
        "v6",
        "numbers are never used again"
    );
    let list = ListPolicyVersionsRequest {
        policy_arn: text(&policy),
        ..Default::default()
    };
    let listed = w
        .iam
        .list_policy_versions(&root(), list)
        .await
        .unwrap()
        .versions
        .unwrap();
    let ids: Vec<_> = listed
        .iter()
        .filter_map(|it| it.version_id.as_deref())
        .collect();
    assert_eq!(ids, ["v6", "v4", "v3", "v2", "v1"]);

    let get = GetPolicyVersionRequest {
        policy_arn: text(&policy),
        version_id: text("v5"),
    };
    refused(
        w.iam.get_policy_version(&root(), get).await,
        "NoSuchEntity",
        &format!("Policy {policy} version v5 does not exist or is not attachable."),
    );
}

#[tokio::test]
async fn a_new_default_version_counts_at_once() {
    let w = world();
    let policy = w.policy("p", &allow("iam:ListUsers")).await;
    w.user("anna").await;
    let anna = w.call_of("anna").await;
    w.attach_user("anna", &policy).await.unwrap();
    w.iam
        .list_users(&anna, ListUsersRequest::default())
        .await
        .unwrap();
    version(&w, &policy, true).await.unwrap();
    assert!(
        w.iam
            .list_users(&anna, ListUsersRequest::default())
            .await
            .is_err()
    );
    let back = SetDefaultPolicyVersionRequest {
        policy_arn: text(&policy),
        version_id: text("v1"),
    };
    w.iam
        .set_default_policy_version(&root(), back)
        .await
        .unwrap();
    w.iam
        .list_users(&anna, ListUsersRequest::default())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_policy_in_use_is_counted_and_stays() {
    let w = world();
    let policy = w.policy("p", ALLOW_ALL).await;
    w.user("anna").await;
    w.attach_user("anna", &policy).await.unwrap();
    w.attach_user("anna", &policy).await.unwrap();
    let bound = PutUserPermissionsBoundaryRequest {
        user_name: text("anna"),
        permissions_boundary: text(&policy),
    };
    w.iam
        .put_user_permissions_boundary(&root(), bound)
        .await
        .unwrap();
    let shown = w
        .iam
        .get_policy(&root(), arn(&policy))
        .await
        .unwrap()
        .policy
        .unwrap();
    assert_eq!(shown.attachment_count, Some(1));
    assert_eq!(shown.permissions_boundary_usage_count, Some(1));

    let delete = DeletePolicyRequest {
        policy_arn: text(&policy),
    };
    let in_use = "Cannot delete a policy attached to entities.";
    refused(
        w.iam.delete_policy(&root(), delete.clone()).await,
        "DeleteConflict",
        in_use,
    );
    let entities = ListEntitiesForPolicyRequest {
        policy_arn: text(&policy),
        ..Default::default()
    };
    let entities = w
        .iam
        .list_entities_for_policy(&root(), entities)
        .await
        .unwrap();
    assert_eq!(
        entities.policy_users.unwrap()[0].user_name.as_deref(),
        Some("anna")
    );
    assert_eq!(entities.policy_roles.unwrap(), []);

    let detach = DetachUserPolicyRequest {
        user_name: text("anna"),
        policy_arn: text(&policy),
    };
    w.iam.detach_user_policy(&root(), detach).await.unwrap();
    refused(
        w.iam.delete_policy(&root(), delete.clone()).await,
        "DeleteConflict",
        in_use,
    );
    let free = DeleteUserPermissionsBoundaryRequest {
        user_name: text("anna"),
    };
    w.iam
        .delete_user_permissions_boundary(&root(), free)
        .await
        .unwrap();
    w.iam.delete_policy(&root(), delete).await.unwrap();
    refused(
        w.iam.get_policy(&root(), arn(&policy)).await,
        "NoSuchEntity",
        &format!("Policy {policy} was not found."),
    );
    refused(
        w.attach_user("anna", &policy).await,
        "NoSuchEntity",
        &format!("Policy {policy} does not exist or is not attachable."),
    );
}

#[tokio::test]
async fn policies_of_the_platform_are_there_for_all_and_for_nobody_to_change() {
    let w = world();
    let shown = w
        .iam
        .get_policy(&root(), arn(PLATFORM))
        .await
        .unwrap()
        .policy
        .unwrap();
    assert_eq!(shown.policy_name.as_deref(), Some("AmazonECS_FullAccess"));
    assert_eq!(shown.policy_id.unwrap().len(), 21);
    let fault = version(&w, PLATFORM, true).await.unwrap_err();
    assert_eq!(fault.code, "AccessDenied");

    w.policy("AmazonECS_FullAccess", ALLOW_ALL).await;
    let list = |scope: &str| ListPoliciesRequest {
        scope: text(scope),
        max_items: Some(1000),
        ..Default::default()
    };
    let count = async |scope: &str| {
        let listed = w.iam.list_policies(&root(), list(scope)).await.unwrap();
        listed.policies.unwrap().len()
    };
    let platform = wharf_iam::managed::ALL.len();
    assert_eq!(count("Local").await, 1);
    assert_eq!(count("AWS").await, platform);
    assert_eq!(count("All").await, platform + 1);

    w.user("anna").await;
    w.attach_user("anna", PLATFORM).await.unwrap();
    let used = ListPoliciesRequest {
        only_attached: Some(true),
        ..Default::default()
    };
    let used = w
        .iam
        .list_policies(&root(), used)
        .await
        .unwrap()
        .policies
        .unwrap();
    let arns: Vec<_> = used
        .iter()
        .filter_map(|policy| policy.arn.as_deref())
        .collect();
    assert_eq!(arns, [PLATFORM]);
}

#[tokio::test]
async fn ten_policies_and_no_more() {
    let w = world();
    w.user("anna").await;
    for number in 0..10 {
        let policy = w.policy(&format!("p{number}"), ALLOW_ALL).await;
        w.attach_user("anna", &policy).await.unwrap();
    }
    refused(
        w.attach_user("anna", PLATFORM).await,
        "LimitExceeded",
        "Cannot exceed quota for PoliciesPerUser: 10",
    );
    let mut names = Vec::new();
    let mut marker = None;
    loop {
        let list = ListAttachedUserPoliciesRequest {
            user_name: text("anna"),
            max_items: Some(4),
            marker,
            ..Default::default()
        };
        let page = w
            .iam
            .list_attached_user_policies(&root(), list)
            .await
            .unwrap();
        names.extend(
            page.attached_policies
                .unwrap()
                .into_iter()
                .filter_map(|it| it.policy_name),
        );
        marker = page.marker;
        if marker.is_none() {
            break;
        }
    }
    assert_eq!(
        names,
        (0..10)
            .map(|number| format!("p{number}"))
            .collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn documents_are_checked() {
    let w = world();
    for (document, message) in [
        ("{", "Syntax errors in policy."),
        (
            r#"{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
            "Policy document must be version 2012-10-17 or greater.",
        ),
    ] {
        let input = CreatePolicyRequest {
            policy_name: text("p"),
            policy_document: text(document),
            ..Default::default()
        };
        refused(
            w.iam.create_policy(&root(), input).await,
            "MalformedPolicyDocument",
            message,
        );
    }
}
