//! STS through its authorising client, with IAM and a real store beneath.

mod pods;
mod saml;
mod second_factor;
mod sessions;
mod web_identity;

use std::{collections::BTreeMap, ops::Deref, sync::Arc, time::Duration};

use wharf_api_iam::{Client as IamClient, Iam, types as iam};
use wharf_api_sts::{Client, Sts, types::*};
use wharf_base::{Timestamp, ids};
use wharf_svc_iam::{IdentifyError, IssuerKeys, NewMember};
use wharf_svc_sts::StsService;
use wharf_testkit::{ACCOUNT, PERMIT, refused};
use wharf_wire::{Call, Caller, CallerKind, Context, Fault};

const NOW: Timestamp = Timestamp::from_millis(1_767_312_000_000);
const ROLE: &str = "arn:aws:iam::000000000000:role/deploy";
const ANNA: &str = "arn:aws:iam::000000000000:user/anna";

struct World {
    kit: wharf_testkit::World,
    provider: Arc<web_identity::Provider>,
    iam: IamClient,
    sts: Client,
}

impl Deref for World {
    type Target = wharf_testkit::World;

    fn deref(&self) -> &wharf_testkit::World {
        &self.kit
    }
}

fn world() -> World {
    let kit = wharf_testkit::World::new();
    let provider = Arc::new(web_identity::Provider::new());
    let keys = Arc::new(IssuerKeys::new(provider.clone()));
    let sts = Arc::new(StsService::new(kit.directory.clone(), keys));
    World {
        provider,
        iam: IamClient::new(kit.iam(), kit.dispatcher.clone()),
        sts: Client::new(sts, kit.dispatcher.clone()),
        kit,
    }
}

fn by_at(caller: Caller, now: Timestamp) -> Call {
    let mut context = Context::internal(ACCOUNT, "us-east-1", "test", now);
    context.caller = caller;
    Call::by_controller(context, PERMIT)
}

fn by(caller: Caller) -> Call {
    by_at(caller, NOW)
}

fn root() -> Call {
    by(Caller::root(ACCOUNT))
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn statement(effect: &str, action: &str, rest: &str) -> String {
    format!(r#"{{"Effect":"{effect}","Action":"{action}"{rest}}}"#)
}

fn document(statements: &[String]) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{}]}}"#,
        statements.join(",")
    )
}

fn allow(action: &str) -> String {
    document(&[statement("Allow", action, r#","Resource":"*""#)])
}

/// A trust policy for `who`, an object of a Principal element; `rest` are further members.
fn trust(who: &str, rest: &str) -> String {
    let rest = format!(r#","Principal":{who}{rest}"#);
    document(&[statement("Allow", "sts:*", &rest)])
}

fn aws(who: &str) -> String {
    format!(r#"{{"AWS":"{who}"}}"#)
}

fn wanted() -> AssumeRoleRequest {
    AssumeRoleRequest {
        role_arn: text(ROLE),
        role_session_name: text("run-1"),
        ..Default::default()
    }
}

fn denied_to(arn: &str) -> String {
    format!("User: {arn} is not authorized to perform: sts:AssumeRole on resource: {ROLE}")
}

impl World {
    /// The user anna, perhaps with a policy; a call signed by her.
    async fn anna(&self, policy: Option<&str>) -> Call {
        let user = iam::CreateUserRequest {
            user_name: text("anna"),
            ..Default::default()
        };
        self.iam.create_user(&root(), user).await.unwrap();
        if let Some(policy) = policy {
            let put = iam::PutUserPolicyRequest {
                user_name: text("anna"),
                policy_name: text("p"),
                policy_document: text(policy),
            };
            self.iam.put_user_policy(&root(), put).await.unwrap();
        }
        let key = iam::CreateAccessKeyRequest {
            user_name: text("anna"),
        };
        let key = self
            .iam
            .create_access_key(&root(), key)
            .await
            .unwrap()
            .access_key
            .unwrap();
        let id = key.access_key_id.unwrap();
        by(self
            .directory
            .identify(&id, None, NOW)
            .await
            .unwrap()
            .caller)
    }

    async fn role(&self, name: &str, trust: &str, policy: &str) {
        let role = iam::CreateRoleRequest {
            role_name: text(name),
            assume_role_policy_document: text(trust),
            ..Default::default()
        };
        self.iam.create_role(&root(), role).await.unwrap();
        let put = iam::PutRolePolicyRequest {
            role_name: text(name),
            policy_name: text("p"),
            policy_document: text(policy),
        };
        self.iam.put_role_policy(&root(), put).await.unwrap();
    }

    async fn assume(&self, call: &Call, wanted: AssumeRoleRequest) -> Result<Credentials, Fault> {
        Ok(self
            .sts
            .assume_role(call, wanted)
            .await?
            .credentials
            .unwrap())
    }

    async fn identify(&self, it: &Credentials, now: Timestamp) -> Result<Caller, IdentifyError> {
        let id = it.access_key_id.as_deref().unwrap();
        let found = self
            .directory
            .identify(id, it.session_token.as_deref(), now)
            .await?;
        assert_eq!(Some(found.secret.expose()), it.secret_access_key.as_deref());
        Ok(found.caller)
    }

    async fn call(&self, credentials: &Credentials) -> Call {
        by(self.identify(credentials, NOW).await.unwrap())
    }

    async fn may(&self, call: &Call, user: &str) -> bool {
        let get = iam::GetUserRequest {
            user_name: text(user),
        };
        self.iam.get_user(call, get).await.is_ok()
    }
}

#[tokio::test]
async fn everyone_may_ask_who_they_are() {
    let w = world();
    let ask = async |call: &Call| {
        let it = w
            .sts
            .get_caller_identity(call, Default::default())
            .await
            .unwrap();
        (it.user_id.unwrap(), it.account.unwrap(), it.arn.unwrap())
    };
    let (id, account, arn) = ask(&root()).await;
    assert_eq!(id, ACCOUNT);
    assert_eq!(
        (account.as_str(), arn.as_str()),
        (ACCOUNT, "arn:aws:iam::000000000000:root")
    );
    let deny = document(&[statement("Deny", "*", r#","Resource":"*""#)]);
    let (id, _, arn) = ask(&w.anna(Some(&deny)).await).await;
    assert!(id.starts_with("AIDA"));
    assert_eq!(arn, ANNA);
}

#[tokio::test]
async fn a_role_that_trusts_the_account_needs_the_callers_policy_too() {
    let w = world();
    let anna = w.anna(None).await;
    w.role("deploy", &trust(&aws(ACCOUNT), ""), &allow("iam:GetUser"))
        .await;
    refused(
        w.assume(&anna, wanted()).await,
        "AccessDenied",
        &denied_to(ANNA),
    );

    let put = iam::PutUserPolicyRequest {
        user_name: text("anna"),
        policy_name: text("p"),
        policy_document: text(&allow("sts:AssumeRole")),
    };
    w.iam.put_user_policy(&root(), put).await.unwrap();
    let answer = w.sts.assume_role(&anna, wanted()).await.unwrap();
    let who = answer.assumed_role_user.unwrap();
    let arn = "arn:aws:sts::000000000000:assumed-role/deploy/run-1";
    assert_eq!(who.arn.as_deref(), Some(arn));
    assert!(who.assumed_role_id.unwrap().ends_with(":run-1"));
    assert_eq!(answer.packed_policy_size, None);
    let credentials = answer.credentials.unwrap();
    assert_eq!(
        credentials.expiration,
        Some(NOW + Duration::from_secs(3600))
    );

    let session = w.call(&credentials).await;
    assert_eq!(session.caller.kind, CallerKind::AssumedRole);
    assert_eq!(session.caller.arn, arn);
    assert!(w.may(&session, "anna").await);
    assert!(!w.may(&anna, "anna").await);
    let deny = statement("Deny", "iam:GetUser", r#","Resource":"*""#);
    let allow = statement("Allow", "*", r#","Resource":"*""#);
    let put = iam::PutRolePolicyRequest {
        role_name: text("deploy"),
        policy_name: text("p"),
        policy_document: Some(document(&[allow, deny])),
    };
    w.iam.put_role_policy(&root(), put).await.unwrap();
    assert!(
        !w.may(&session, "anna").await,
        "a changed policy counts at once"
    );
}

/// Policies choose roles by their tags: by the caller's policy and by the role's own.
#[tokio::test]
async fn tags_of_a_role_decide_who_assumes_it() {
    let w = world();
    let may = r#","Resource":"*","Condition":{"StringEquals":{"iam:ResourceTag/open":"yes"}}"#;
    let anna = w
        .anna(Some(&document(&[statement(
            "Allow",
            "sts:AssumeRole",
            may,
        )])))
        .await;
    let not_shut = r#","Condition":{"StringNotEquals":{"aws:ResourceTag/shut":"yes"}}"#;
    w.role(
        "deploy",
        &trust(&aws(ACCOUNT), not_shut),
        &allow("iam:GetUser"),
    )
    .await;
    let tag = async |key: &str, value: &str| {
        let tag = iam::TagRoleRequest {
            role_name: text("deploy"),
            tags: Some(vec![iam::Tag {
                key: text(key),
                value: text(value),
            }]),
        };
        w.iam.tag_role(&root(), tag).await.unwrap();
    };
    refused(
        w.assume(&anna, wanted()).await,
        "AccessDenied",
        &denied_to(ANNA),
    );
    tag("open", "yes").await;
    w.assume(&anna, wanted()).await.unwrap();
    tag("shut", "yes").await;
    refused(
        w.assume(&anna, wanted()).await,
        "AccessDenied",
        &denied_to(ANNA),
    );
}

#[tokio::test]
async fn a_role_that_trusts_the_very_caller_needs_nothing_else() {
    let w = world();
    let anna = w.anna(None).await;
    w.role("deploy", &trust(&aws(ANNA), ""), &allow("iam:*"))
        .await;
    w.assume(&anna, wanted()).await.unwrap();

    // The same name made anew is somebody else.
    let key = iam::DeleteAccessKeyRequest {
        user_name: text("anna"),
        access_key_id: Some(anna.caller.access_key_id.clone()),
    };
    w.iam.delete_access_key(&root(), key).await.unwrap();
    let delete = iam::DeleteUserRequest {
        user_name: text("anna"),
    };
    w.iam.delete_user(&root(), delete).await.unwrap();
    let other = w.anna(None).await;
    refused(
        w.assume(&other, wanted()).await,
        "AccessDenied",
        &denied_to(ANNA),
    );
}

#[tokio::test]
async fn whoever_is_not_trusted_learns_nothing() {
    let w = world();
    let anna = w.anna(Some(&allow("*"))).await;
    refused(
        w.assume(&anna, wanted()).await,
        "AccessDenied",
        &denied_to(ANNA),
    );
    let service = r#"{"Service":"ecs-tasks.amazonaws.com"}"#;
    w.role("deploy", &trust(service, ""), &allow("*")).await;
    refused(
        w.assume(&anna, wanted()).await,
        "AccessDenied",
        &denied_to(ANNA),
    );
    refused(
        w.assume(&root(), wanted()).await,
        "AccessDenied",
        "Roles may not be assumed by root accounts.",
    );
}

#[tokio::test]
async fn an_external_id_must_be_the_agreed_one() {
    let w = world();
    let anna = w.anna(Some(&allow("sts:AssumeRole"))).await;
    let agreed = r#","Condition":{"StringEquals":{"sts:ExternalId":"42-blue"}}"#;
    w.role("deploy", &trust(&aws(ACCOUNT), agreed), &allow("*"))
        .await;
    for external_id in [None, text("42-red")] {
        let wanted = AssumeRoleRequest {
            external_id,
            ..wanted()
        };
        refused(
            w.assume(&anna, wanted).await,
            "AccessDenied",
            &denied_to(ANNA),
        );
    }
    let wanted = AssumeRoleRequest {
        external_id: text("42-blue"),
        ..wanted()
    };
    w.assume(&anna, wanted).await.unwrap();
}

#[tokio::test]
async fn services_assume_roles_that_trust_them() {
    let w = world();
    let anna = w.anna(None).await;
    let from =
        r#","Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:ecs:us-east-1:000000000000:*"}}"#;
    let tasks = "ecs-tasks.amazonaws.com";
    w.role(
        "deploy",
        &trust(r#"{"Service":"ecs-tasks.amazonaws.com"}"#, from),
        &allow("iam:*"),
    )
    .await;
    let source = "arn:aws:ecs:us-east-1:000000000000:task/default/1";
    let minted = w
        .directory
        .assume_for_service(ROLE, tasks, "1", Some(source), NOW)
        .await
        .unwrap();
    assert_eq!(
        minted.arn,
        "arn:aws:sts::000000000000:assumed-role/deploy/1"
    );
    let found = w
        .directory
        .identify(&minted.access_key_id, Some(&minted.token), NOW)
        .await
        .unwrap();
    assert_eq!(found.secret.expose(), minted.secret.expose());
    assert!(w.may(&by(found.caller), "anna").await);
    assert!(!w.may(&anna, "anna").await);

    for (service, source) in [(tasks, None), ("ecs.amazonaws.com", Some(source))] {
        let answer = w
            .directory
            .assume_for_service(ROLE, service, "1", source, NOW)
            .await;
        assert_eq!(answer.unwrap_err().to_string(), denied_to(service));
    }
}

#[tokio::test]
async fn keys_tell_their_account() {
    let w = world();
    let anna = w.anna(Some(&allow("sts:GetAccessKeyInfo"))).await;
    let ask = |id: &str| GetAccessKeyInfoRequest {
        access_key_id: text(id),
    };
    let own = anna.caller.access_key_id.clone();
    let answer = w.sts.get_access_key_info(&anna, ask(&own)).await.unwrap();
    assert_eq!(answer.account.as_deref(), Some(ACCOUNT));
    let unknown = w
        .sts
        .get_access_key_info(&anna, ask("AKIANOSUCHKEYAAAAAAA"))
        .await;
    assert_eq!(unknown.unwrap_err().code, "ValidationError");

    // A key of another account and one that nobody has are answered alike.
    let new = NewMember {
        name: "other",
        id: Some("111122223333"),
        token: None,
    };
    let made = w.directory.create_member(&PERMIT, new, NOW).await;
    let nobodys = ids::access_key_id("AKIA", "111122223333");
    for id in [made.unwrap().1.access_key_id, nobodys] {
        let answer = w.sts.get_access_key_info(&anna, ask(&id)).await.unwrap();
        assert_eq!(answer.account.as_deref(), Some("111122223333"));
    }
}

#[tokio::test]
async fn requests_are_checked() {
    let w = world();
    let anna = w.anna(Some(&allow("sts:*"))).await;
    w.role("deploy", &trust(&aws(ACCOUNT), ""), &allow("*"))
        .await;
    let tag = |key: &str| Tag {
        key: text(key),
        value: text("v"),
    };
    for wrong in [
        AssumeRoleRequest {
            role_session_name: text("x"),
            ..wanted()
        },
        AssumeRoleRequest {
            role_session_name: text("a/b"),
            ..wanted()
        },
        AssumeRoleRequest {
            role_session_name: None,
            ..wanted()
        },
        AssumeRoleRequest {
            source_identity: text("a b"),
            ..wanted()
        },
        AssumeRoleRequest {
            tags: Some(vec![tag("k"), tag("K")]),
            ..wanted()
        },
        AssumeRoleRequest {
            tags: Some(vec![tag("AWS:k")]),
            ..wanted()
        },
        AssumeRoleRequest {
            transitive_tag_keys: Some(vec!["k".to_owned()]),
            ..wanted()
        },
    ] {
        let fault = w.assume(&anna, wrong.clone()).await.unwrap_err();
        assert_eq!(fault.code, "ValidationError", "{wrong:?}");
    }
}
