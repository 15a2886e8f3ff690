//! The services ECS would call for a task with an interface or a role; these tasks have neither.

use wharf_api_ec2::Ec2;
use wharf_svc_ecs::{RoleError, RoleKeys, TaskCredentials};
use wharf_wire::{Check, Context, Fault, async_trait};

pub struct NoEc2;

#[async_trait]
impl Ec2 for NoEc2 {
    async fn authorize(
        &self,
        _: &Context,
        _: wharf_api_ec2::Input<'_>,
    ) -> Result<Vec<Check>, Fault> {
        Ok(Vec::new())
    }
}

pub struct NoRoles;

#[async_trait]
impl TaskCredentials for NoRoles {
    async fn usable(&self, _: &wharf_svc_ecs::Place, role: &str) -> Result<(), RoleError> {
        Err(RoleError::Unusable(role.to_owned()))
    }

    async fn usable_by_ecs(&self, _: &wharf_svc_ecs::Place, role: &str) -> Result<(), RoleError> {
        Err(RoleError::Unusable(role.to_owned()))
    }

    async fn assume(&self, _: &str, role: &str, _: &str) -> Result<RoleKeys, RoleError> {
        Err(RoleError::Unusable(role.to_owned()))
    }
}
