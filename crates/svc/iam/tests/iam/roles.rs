use wharf_api_iam::{Iam, types::*};

use crate::world::*;

fn trust_of(who: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{who}"}},"Action":"sts:AssumeRole"}}]}}"#
    )
}

async fn shown_trust(w: &World, role: &str) -> String {
    let get = GetRoleRequest {
        role_name: text(role),
    };
    let role = w.iam.get_role(&root(), get).await.unwrap().role.unwrap();
    role.assume_role_policy_document.unwrap()
}

#[tokio::test]
async fn created_changed_and_deleted() {
    let w = world();
    let made = w.role("task", TRUST_ECS).await.unwrap();
    assert_eq!(
        made.arn.as_deref(),
        Some("arn:aws:iam::000000000000:role/task")
    );
    assert!(made.role_id.unwrap().starts_with("AROA"));
    assert_eq!(made.max_session_duration, Some(3600));
    refused(
        w.role("Task", TRUST_ECS).await,
        "EntityAlreadyExists",
        "Role with name Task already exists.",
    );
    let update = UpdateRoleRequest {
        role_name: text("task"),
        description: text("what tasks do"),
        max_session_duration: Some(7200),
    };
    w.iam.update_role(&root(), update).await.unwrap();
    let get = GetRoleRequest {
        role_name: text("task"),
    };
    let role = w
        .iam
        .get_role(&root(), get.clone())
        .await
        .unwrap()
        .role
        .unwrap();
    assert_eq!(role.max_session_duration, Some(7200));
    assert_eq!(role.description.as_deref(), Some("what tasks do"));
    // Either is changed without the other.
    let update = UpdateRoleRequest {
        role_name: text("task"),
        description: None,
        max_session_duration: Some(3900),
    };
    w.iam.update_role(&root(), update).await.unwrap();
    let update = UpdateRoleRequest {
        role_name: text("task"),
        description: text("what else they do"),
        max_session_duration: None,
    };
    w.iam.update_role(&root(), update).await.unwrap();
    let role = w.iam.get_role(&root(), get.clone()).await.unwrap().role;
    let role = role.unwrap();
    assert_eq!(role.max_session_duration, Some(3900));
    assert_eq!(role.description.as_deref(), Some("what else they do"));

    let delete = DeleteRoleRequest {
        role_name: text("task"),
    };
    w.iam.delete_role(&root(), delete).await.unwrap();
    refused(
        w.iam.get_role(&root(), get).await,
        "NoSuchEntity",
        "The role with name task cannot be found.",
    );
}

#[tokio::test]
async fn a_trust_policy_names_who_is_there() {
    let w = world();
    let anna = "arn:aws:iam::000000000000:user/anna";
    refused(
        w.role("r", &trust_of(anna)).await,
        "MalformedPolicyDocument",
        r#"Invalid principal in policy: "AWS":"arn:aws:iam::000000000000:user/anna""#,
    );
    let first = w.user("anna").await;
    w.role("r", &trust_of(anna)).await.unwrap();
    assert!(shown_trust(&w, "r").await.contains("user%2Fanna"));

    // Gone, and made anew under the same name: the text shows the id of the one that is meant.
    let delete = DeleteUserRequest {
        user_name: text("anna"),
    };
    w.iam.delete_user(&root(), delete).await.unwrap();
    let id = first.user_id.unwrap();
    assert!(shown_trust(&w, "r").await.contains(&id));
    w.user("anna").await;
    assert!(shown_trust(&w, "r").await.contains(&id));

    let update = UpdateAssumeRolePolicyRequest {
        role_name: text("r"),
        policy_document: text(&trust_of("arn:aws:iam::111111111111:user/elsewhere")),
    };
    w.iam
        .update_assume_role_policy(&root(), update)
        .await
        .unwrap();
    assert!(shown_trust(&w, "r").await.contains("elsewhere"));
}

#[tokio::test]
async fn roles_of_services_are_their_own() {
    let w = world();
    let create = CreateServiceLinkedRoleRequest {
        aws_service_name: text("ecs.amazonaws.com"),
        ..Default::default()
    };
    let made = w
        .iam
        .create_service_linked_role(&root(), create.clone())
        .await
        .unwrap();
    let arn = made.role.unwrap().arn.unwrap();
    assert_eq!(
        arn,
        "arn:aws:iam::000000000000:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"
    );
    let fault = w
        .iam
        .create_service_linked_role(&root(), create)
        .await
        .unwrap_err();
    assert_eq!(fault.code, "InvalidInput");
    let delete = DeleteRoleRequest {
        role_name: text("AWSServiceRoleForECS"),
    };
    let fault = w.iam.delete_role(&root(), delete).await.unwrap_err();
    assert_eq!(fault.code, "UnmodifiableEntity");

    let delete = DeleteServiceLinkedRoleRequest {
        role_name: text("AWSServiceRoleForECS"),
    };
    let task = w
        .iam
        .delete_service_linked_role(&root(), delete)
        .await
        .unwrap()
        .deletion_task_id;
    let ask = GetServiceLinkedRoleDeletionStatusRequest {
        deletion_task_id: task,
    };
    let status = w
        .iam
        .get_service_linked_role_deletion_status(&root(), ask)
        .await
        .unwrap();
    assert_eq!(status.status.as_deref(), Some("SUCCEEDED"));
}

#[tokio::test]
async fn instance_profiles_hold_a_role() {
    let w = world();
    w.role("host", TRUST_ECS).await.unwrap();
    let create = CreateInstanceProfileRequest {
        instance_profile_name: text("hosts"),
        ..Default::default()
    };
    w.iam
        .create_instance_profile(&root(), create)
        .await
        .unwrap();
    let add = AddRoleToInstanceProfileRequest {
        instance_profile_name: text("hosts"),
        role_name: text("host"),
    };
    w.iam
        .add_role_to_instance_profile(&root(), add)
        .await
        .unwrap();
    let delete = DeleteRoleRequest {
        role_name: text("host"),
    };
    refused(
        w.iam.delete_role(&root(), delete.clone()).await,
        "DeleteConflict",
        "Cannot delete entity, must remove roles from instance profile first.",
    );
    let get = GetInstanceProfileRequest {
        instance_profile_name: text("hosts"),
    };
    let profile = w
        .iam
        .get_instance_profile(&root(), get)
        .await
        .unwrap()
        .instance_profile;
    assert_eq!(
        profile.unwrap().roles.unwrap()[0].role_name.as_deref(),
        Some("host")
    );
    let remove = RemoveRoleFromInstanceProfileRequest {
        instance_profile_name: text("hosts"),
        role_name: text("host"),
    };
    w.iam
        .remove_role_from_instance_profile(&root(), remove)
        .await
        .unwrap();
    w.iam.delete_role(&root(), delete).await.unwrap();
    let delete = DeleteInstanceProfileRequest {
        instance_profile_name: text("hosts"),
    };
    w.iam
        .delete_instance_profile(&root(), delete)
        .await
        .unwrap();
}
