//! IAM above a store in memory.

use std::ops::Deref;

use wharf_api_iam::{Client, Iam, types::*};
use wharf_base::Timestamp;
use wharf_svc_iam::Mode;
pub use wharf_testkit::{ACCOUNT, PERMIT, refused};
use wharf_wire::{Call, Caller, Context, Fault};

pub const NOW: Timestamp = Timestamp::from_millis(1_767_312_000_000);
pub const ALLOW_ALL: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
pub const TRUST_ECS: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

/// The testkit's world, and IAM behind its own gate.
pub struct World {
    kit: wharf_testkit::World,
    pub iam: Client,
}

impl Deref for World {
    type Target = wharf_testkit::World;

    fn deref(&self) -> &wharf_testkit::World {
        &self.kit
    }
}

pub fn world() -> World {
    world_with(Mode::Enforce)
}

pub fn world_with(mode: Mode) -> World {
    let kit = wharf_testkit::World::with_mode(mode);
    let iam = Client::new(kit.iam(), kit.dispatcher.clone());
    World { kit, iam }
}

/// A call by root.
pub fn root() -> Call {
    by(Caller::root(ACCOUNT))
}

pub fn by(caller: Caller) -> Call {
    let mut context = Context::internal(ACCOUNT, "us-east-1", "test", NOW);
    context.caller = caller;
    Call::by_controller(context, PERMIT)
}

pub fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// An allow statement for an action.
pub fn allow(action: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"{action}","Resource":"*"}}]}}"#
    )
}

impl World {
    pub async fn user(&self, name: &str) -> User {
        let input = CreateUserRequest {
            user_name: text(name),
            ..Default::default()
        };
        self.iam
            .create_user(&root(), input)
            .await
            .unwrap()
            .user
            .unwrap()
    }

    /// A user with one inline policy, and a call by that user.
    pub async fn user_with(&self, name: &str, document: &str) -> Call {
        self.user(name).await;
        self.inline(name, "p", document).await;
        self.call_of(name).await
    }

    pub async fn inline(&self, user: &str, policy: &str, document: &str) {
        let input = PutUserPolicyRequest {
            user_name: text(user),
            policy_name: text(policy),
            policy_document: text(document),
        };
        self.iam.put_user_policy(&root(), input).await.unwrap();
    }

    pub async fn key(&self, user: &str) -> AccessKey {
        let input = CreateAccessKeyRequest {
            user_name: text(user),
        };
        self.iam
            .create_access_key(&root(), input)
            .await
            .unwrap()
            .access_key
            .unwrap()
    }

    /// A call signed with a key of the user.
    pub async fn call_of(&self, user: &str) -> Call {
        let id = self.key(user).await.access_key_id.unwrap();
        by(self
            .directory
            .identify(&id, None, NOW)
            .await
            .unwrap()
            .caller)
    }

    pub async fn role(&self, name: &str, trust: &str) -> Result<Role, Fault> {
        let input = CreateRoleRequest {
            role_name: text(name),
            assume_role_policy_document: text(trust),
            ..Default::default()
        };
        Ok(self.iam.create_role(&root(), input).await?.role.unwrap())
    }

    pub async fn policy(&self, name: &str, document: &str) -> String {
        let input = CreatePolicyRequest {
            policy_name: text(name),
            policy_document: text(document),
            ..Default::default()
        };
        let answer = self.iam.create_policy(&root(), input).await.unwrap();
        answer.policy.unwrap().arn.unwrap()
    }

    pub async fn attach_user(&self, user: &str, arn: &str) -> Result<(), Fault> {
        let input = AttachUserPolicyRequest {
            user_name: text(user),
            policy_arn: text(arn),
        };
        self.iam.attach_user_policy(&root(), input).await
    }
}
