use wharf_api_iam::{Iam, types::*};
use wharf_svc_iam::{CloseError, CreateError, Credentials, IdentifyError, Member, NewMember};
use wharf_wire::{Call, Caller, Context};

use crate::world::*;

const MEMBER: &str = "111122223333";

/// A call of the member's root.
fn member(caller: Caller) -> Call {
    let mut context = Context::internal(MEMBER, "us-east-1", "test", NOW);
    context.caller = caller;
    Call::by_controller(context, PERMIT)
}

fn new<'a>(name: &'a str, id: Option<&'a str>) -> NewMember<'a> {
    NewMember {
        name,
        id,
        token: None,
    }
}

async fn made(w: &World) -> (Member, Credentials) {
    let made = w
        .directory
        .create_member(&PERMIT, new("team", Some(MEMBER)), NOW)
        .await;
    made.unwrap()
}

#[tokio::test]
async fn an_account_has_a_root_and_names_of_its_own() {
    let w = world();
    w.user("anna").await;
    let (created, key) = made(&w).await;
    assert_eq!(
        (created.id.as_str(), created.name.as_str()),
        (MEMBER, "team")
    );
    let found = w.directory.identify(&key.access_key_id, None, NOW).await;
    let found = found.unwrap();
    assert_eq!(found.caller.arn, "arn:aws:iam::111122223333:root");
    assert_eq!(found.secret.expose(), key.secret.expose());
    let call = member(found.caller);
    let users = w.iam.list_users(&call, Default::default()).await.unwrap();
    assert_eq!(users.users, Some(Vec::new()));

    let again = w
        .directory
        .create_member(&PERMIT, new("x", Some(MEMBER)), NOW)
        .await;
    assert!(matches!(again, Err(CreateError::Exists(_))));
    let (other, _) = w
        .directory
        .create_member(&PERMIT, new("x", None), NOW)
        .await
        .unwrap();
    assert!(other.id.len() == 12 && other.id.bytes().all(|b| b.is_ascii_digit()));
    let all = w.directory.members().await.unwrap();
    assert_eq!(all.len(), 2);
    assert!(all.contains(&created));
}

#[tokio::test]
async fn a_request_with_a_token_gives_the_same_account_and_key_again() {
    let w = world();
    let hour = std::time::Duration::from_secs(3600);
    let asked = NewMember {
        token: Some("once"),
        ..new("team", None)
    };
    let (created, key) = w
        .directory
        .create_member(&PERMIT, asked, NOW)
        .await
        .unwrap();
    let (again, same) = w
        .directory
        .create_member(&PERMIT, asked, NOW + hour)
        .await
        .unwrap();
    assert_eq!(again, created);
    assert_eq!(same.access_key_id, key.access_key_id);
    assert_eq!(same.secret.expose(), key.secret.expose());
    let other = NewMember {
        token: Some("twice"),
        ..asked
    };
    let (other, _) = w
        .directory
        .create_member(&PERMIT, other, NOW)
        .await
        .unwrap();
    assert_ne!(other.id, created.id);

    let changed = NewMember {
        name: "another",
        ..asked
    };
    let changed = w.directory.create_member(&PERMIT, changed, NOW).await;
    assert!(matches!(changed, Err(CreateError::TokenReused)));
    let late = w
        .directory
        .create_member(&PERMIT, asked, NOW + hour * 24)
        .await;
    assert!(matches!(late, Err(CreateError::TokenOld(id)) if id == created.id));
    let rotated = w.directory.rotate_root(&PERMIT, &created.id, NOW).await;
    assert_ne!(rotated.unwrap().access_key_id, key.access_key_id);
    let gone = w.directory.create_member(&PERMIT, asked, NOW).await;
    assert!(matches!(gone, Err(CreateError::KeyGone(_))));
    assert_eq!(w.directory.members().await.unwrap().len(), 2);
}

#[tokio::test]
async fn nobody_signs_in_to_a_closed_account() {
    let w = world();
    assert!(!w.directory.has_open_member().await.unwrap());
    let (_, key) = made(&w).await;
    assert!(w.directory.has_open_member().await.unwrap());
    let identify = || w.directory.identify(&key.access_key_id, None, NOW);
    let before = identify().await.unwrap().caller;
    assert!(!w.directory.is_closed(MEMBER).await.unwrap());
    let closed = w
        .directory
        .close_member(&PERMIT, MEMBER, NOW)
        .await
        .unwrap();
    assert_eq!((closed.closed, closed.emptied), (Some(NOW), None));
    assert!(!w.directory.has_open_member().await.unwrap());

    assert!(matches!(identify().await, Err(IdentifyError::Closed)));
    // A caller from before is refused at its next decision.
    let listed = w.iam.list_users(&member(before), Default::default()).await;
    refused(
        listed,
        "AccessDenied",
        "User: arn:aws:iam::111122223333:root is not authorized to perform: iam:ListUsers on \
         resource: arn:aws:iam::111122223333:user/ because account 111122223333 is closed",
    );
    // It stays closed, and its number is taken.
    let later = NOW + std::time::Duration::from_secs(1);
    let again = w
        .directory
        .close_member(&PERMIT, MEMBER, later)
        .await
        .unwrap();
    assert_eq!(again.closed, Some(NOW));
    let anew = w
        .directory
        .create_member(&PERMIT, new("x", Some(MEMBER)), NOW)
        .await;
    assert!(matches!(anew, Err(CreateError::Closed(_))));
    w.directory
        .note_emptied(&PERMIT, MEMBER, later)
        .await
        .unwrap();
    let all = w.directory.members().await.unwrap();
    assert_eq!(all[0].emptied, Some(later));
    let missing = w.directory.close_member(&PERMIT, "999999999999", NOW).await;
    assert!(matches!(missing, Err(CloseError::NoSuchAccount(_))));
}

#[tokio::test]
async fn a_trust_policy_tells_nothing_of_other_accounts() {
    let w = world();
    let (_, key) = made(&w).await;
    let root = w.directory.identify(&key.access_key_id, None, NOW).await;
    let root = member(root.unwrap().caller);
    w.user("anna").await;
    let shown = async |name: &str| {
        let trust = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{ACCOUNT}:user/{name}"}},"Action":"sts:AssumeRole"}}]}}"#
        );
        let input = CreateRoleRequest {
            role_name: text(name),
            assume_role_policy_document: text(&trust),
            ..Default::default()
        };
        w.iam.create_role(&root, input).await.unwrap();
    };
    shown("anna").await;
    shown("nobody").await;
    let delete = DeleteUserRequest {
        user_name: text("anna"),
    };
    w.iam
        .delete_user(&crate::world::root(), delete)
        .await
        .unwrap();
    for name in ["anna", "nobody"] {
        let get = GetRoleRequest {
            role_name: text(name),
        };
        let role = w.iam.get_role(&root, get).await.unwrap().role.unwrap();
        let document = role.assume_role_policy_document.unwrap();
        assert!(document.contains(&format!("user%2F{name}")), "{document}");
    }
}
