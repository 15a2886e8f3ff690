use wharf_api_iam::{Iam, types::*};

use crate::world::*;

fn pair(group: &str, user: &str) -> AddUserToGroupRequest {
    AddUserToGroupRequest {
        group_name: text(group),
        user_name: text(user),
    }
}

async fn group(w: &World, name: &str) {
    let input = CreateGroupRequest {
        group_name: text(name),
        ..Default::default()
    };
    w.iam.create_group(&root(), input).await.unwrap();
}

#[tokio::test]
async fn members_may_what_their_groups_may_even_renamed() {
    let w = world();
    group(&w, "admins").await;
    w.user("anna").await;
    let anna = w.call_of("anna").await;
    let list = || ListUsersRequest::default();
    assert!(w.iam.list_users(&anna, list()).await.is_err());

    w.iam
        .add_user_to_group(&root(), pair("admins", "anna"))
        .await
        .unwrap();
    let put = PutGroupPolicyRequest {
        group_name: text("Admins"),
        policy_name: text("p"),
        policy_document: text(&allow("iam:List*")),
    };
    w.iam.put_group_policy(&root(), put).await.unwrap();
    w.iam.list_users(&anna, list()).await.unwrap();

    let rename = UpdateGroupRequest {
        group_name: text("admins"),
        new_group_name: text("chiefs"),
        ..Default::default()
    };
    w.iam.update_group(&root(), rename).await.unwrap();
    w.iam.list_users(&anna, list()).await.unwrap();
    let of = ListGroupsForUserRequest {
        user_name: text("anna"),
        ..Default::default()
    };
    let groups = w
        .iam
        .list_groups_for_user(&root(), of)
        .await
        .unwrap()
        .groups
        .unwrap();
    assert_eq!(groups[0].group_name.as_deref(), Some("chiefs"));

    let remove = RemoveUserFromGroupRequest {
        group_name: text("chiefs"),
        user_name: text("anna"),
    };
    w.iam.remove_user_from_group(&root(), remove).await.unwrap();
    assert!(w.iam.list_users(&anna, list()).await.is_err());
}

#[tokio::test]
async fn a_group_with_members_stays() {
    let w = world();
    group(&w, "admins").await;
    w.user("anna").await;
    w.iam
        .add_user_to_group(&root(), pair("admins", "anna"))
        .await
        .unwrap();
    w.iam
        .add_user_to_group(&root(), pair("admins", "anna"))
        .await
        .unwrap();
    let get = GetGroupRequest {
        group_name: text("admins"),
        ..Default::default()
    };
    let shown = w.iam.get_group(&root(), get).await.unwrap();
    assert_eq!(shown.users.unwrap().len(), 1);

    let delete = DeleteGroupRequest {
        group_name: text("admins"),
    };
    refused(
        w.iam.delete_group(&root(), delete.clone()).await,
        "DeleteConflict",
        "Cannot delete entity, must remove users from group first.",
    );
    let user = DeleteUserRequest {
        user_name: text("anna"),
    };
    refused(
        w.iam.delete_user(&root(), user).await,
        "DeleteConflict",
        "Cannot delete entity, must remove users from group first.",
    );
    let remove = RemoveUserFromGroupRequest {
        group_name: text("admins"),
        user_name: text("anna"),
    };
    w.iam.remove_user_from_group(&root(), remove).await.unwrap();
    w.iam.delete_group(&root(), delete).await.unwrap();
    let unknown = w
        .iam
        .add_user_to_group(&root(), pair("admins", "anna"))
        .await;
    refused(
        unknown,
        "NoSuchEntity",
        "The group with name admins cannot be found.",
    );
}
