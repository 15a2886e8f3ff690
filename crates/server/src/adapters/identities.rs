//! IAM's keys, roles and instance profiles, as the gateway, ECS and EC2 look them up.

use std::sync::Arc;

use async_trait::async_trait;
use wharf_api_iam::{Iam as _, types::GetInstanceProfileRequest};
use wharf_base::{Arn, Clock, Permit, Timestamp};
use wharf_svc_ec2::instances::{FoundProfile, Profiles};
use wharf_svc_ecs::{Place as TaskPlace, RoleError, RoleKeys, TaskCredentials};
use wharf_svc_iam::{
    AssumeError, Directory as IamDirectory, IamService, Identified, IdentifyError,
};
use wharf_wire::{Call, Context, Fault, fault::Chain};

use crate::gateway::{self, Key, KeyError};

/// IAM's directory as the gateway looks keys up in it.
pub struct Keys(pub Arc<IamDirectory>);

#[async_trait]
impl gateway::Directory for Keys {
    async fn key(
        &self,
        access_key_id: &str,
        session_token: Option<&str>,
        now: Timestamp,
    ) -> Result<Key, KeyError> {
        let found = self.0.identify(access_key_id, session_token, now).await;
        key(found)
    }

    async fn key_of_node(
        &self,
        access_key_id: &str,
        session_token: Option<&str>,
        now: Timestamp,
    ) -> Result<Key, KeyError> {
        let found = self.0.identify_node(access_key_id, session_token, now);
        key(found.await)
    }

    async fn is_closed(&self, account: &str) -> Result<bool, KeyError> {
        let found = self.0.is_closed(account).await;
        found.map_err(|error| {
            tracing::error!(error = %Chain(&error), "failed to look up an account");
            KeyError::Unavailable
        })
    }
}

fn key(found: Result<Identified, IdentifyError>) -> Result<Key, KeyError> {
    let found = found.map_err(|error| match error {
        IdentifyError::Unknown => KeyError::Unknown,
        IdentifyError::Expired => KeyError::Expired,
        IdentifyError::Closed => KeyError::Closed,
        IdentifyError::Directory(error) => {
            tracing::error!(error = %Chain(&error), "failed to look up an access key");
            KeyError::Unavailable
        }
    })?;
    Ok(Key {
        secret_access_key: found.secret.expose().to_owned(),
        caller: found.caller,
    })
}

/// Roles as ECS assumes them for tasks.
pub struct Roles {
    pub directory: Arc<IamDirectory>,
    pub clock: Arc<dyn Clock>,
}

const TASKS: &str = "ecs-tasks.amazonaws.com";
const ECS: &str = "ecs.amazonaws.com";

#[async_trait]
impl TaskCredentials for Roles {
    async fn usable(&self, place: &TaskPlace, role_arn: &str) -> Result<(), RoleError> {
        self.usable_for(TASKS, place, role_arn).await
    }

    async fn usable_by_ecs(&self, place: &TaskPlace, role_arn: &str) -> Result<(), RoleError> {
        self.usable_for(ECS, place, role_arn).await
    }

    async fn assume(
        &self,
        task_arn: &str,
        role_arn: &str,
        task_id: &str,
    ) -> Result<RoleKeys, RoleError> {
        self.assume_as(TASKS, task_arn, role_arn, task_id).await
    }
}

impl Roles {
    async fn usable_for(
        &self,
        principal: &str,
        place: &TaskPlace,
        role_arn: &str,
    ) -> Result<(), RoleError> {
        let some_task = place.task("default", "usable");
        let assumed = self.assume_as(principal, &some_task, role_arn, "usable");
        assumed.await.map(|_| ())
    }

    async fn assume_as(
        &self,
        principal: &str,
        task_arn: &str,
        role_arn: &str,
        task_id: &str,
    ) -> Result<RoleKeys, RoleError> {
        let now = self.clock.now();
        // Tasks have roles of their own account.
        let task: Option<Arn> = task_arn.parse().ok();
        let role: Option<Arn> = role_arn.parse().ok();
        let account = task.as_ref().map(|task| &task.account);
        let Some(task) = task
            .as_ref()
            .filter(|_| account == role.as_ref().map(|it| &it.account))
        else {
            return Err(RoleError::Unusable(role_arn.to_owned()));
        };
        // Trust policies written as AWS advises name the tasks they are for by `aws:SourceArn`.
        let task = Arn::new(
            "ecs",
            &task.region,
            &task.account,
            format!("task/{task_id}"),
        )
        .to_string();
        let minted = self
            .directory
            .assume_for_service(role_arn, principal, task_id, Some(&task), now)
            .await;
        let minted = minted.map_err(|error| match error {
            AssumeError::Directory(error) => RoleError::Unavailable(Box::new(error)),
            _ => RoleError::Unusable(role_arn.to_owned()),
        })?;
        Ok(RoleKeys {
            access_key_id: minted.access_key_id,
            secret_access_key: minted.secret.expose().to_owned(),
            session_token: minted.token,
            expiration: minted.expires,
        })
    }
}

/// IAM's instance profiles, as EC2 looks them up.
pub struct InstanceProfiles {
    pub iam: IamService,
    pub clock: Arc<dyn Clock>,
}

#[async_trait]
impl Profiles for InstanceProfiles {
    async fn find(&self, account: &str, name: &str) -> Result<Option<FoundProfile>, Fault> {
        const PERMIT: Permit = Permit::for_controller("instance-profiles");
        let cx = Context::internal(account, "us-east-1", "ec2.amazonaws.com", self.clock.now());
        let call = Call::by_controller(cx, PERMIT);
        let input = GetInstanceProfileRequest {
            instance_profile_name: Some(name.to_owned()),
        };
        let found = match self.iam.get_instance_profile(&call, input).await {
            Ok(found) => found.instance_profile.unwrap_or_default(),
            Err(fault) if matches!(&*fault.code, "NoSuchEntity" | "ValidationError") => {
                return Ok(None);
            }
            Err(fault) => return Err(fault),
        };
        let role = found.roles.into_iter().flatten().next();
        Ok(Some(FoundProfile {
            arn: found.arn.unwrap_or_default(),
            id: found.instance_profile_id.unwrap_or_default(),
            role: role.and_then(|role| role.arn),
        }))
    }
}
