//! Elastic Container Service over this world's EC2, and agents for it.

mod agent;
mod robot;

use std::sync::Arc;

use wharf_api_ecs as api;
use wharf_hosts::Hosts;
use wharf_svc_ecs::{EcsService, Parts, Place, RoleError, RoleKeys, TaskCredentials};
use wharf_wire::async_trait;

use crate::{Running, World};
pub use agent::{Agent, registration};
pub use robot::{Fate, Robot};

impl World {
    /// ECS with its loops and machines of its own, over this world's EC2. Every role works but those
    /// named `…/broken`.
    pub fn ecs(&self, change: impl FnOnce(&mut Parts)) -> Running<EcsService> {
        let (store, keyring) = (self.store.clone(), Arc::new(self.keyring.clone()));
        let hosts = Hosts::new(store.clone());
        let mut parts = Parts::new(store, hosts, keyring, self.ec2_client(), Arc::new(Roles));
        change(&mut parts);
        Running::start(move || {
            let hosts = Hosts::new(parts.store.clone());
            let ecs = EcsService::new(Parts {
                hosts: hosts.clone(),
                ..parts.clone()
            });
            let running = ecs.clone();
            let run = move |stop: tokio_util::sync::CancellationToken| async move {
                tokio::join!(hosts.feed(stop.clone()), running.run(stop));
            };
            (ecs, run)
        })
    }
}

/// An input from JSON, through the generated schema.
///
/// # Panics
/// If there is no such operation, or it is no such input.
pub fn decode<T: Default + wharf_wire::node::Struct>(
    operation: &str,
    document: serde_json::Value,
) -> T {
    let schema = &api::schema::SERVICE;
    let index = schema.find_operation(operation).expect("an operation");
    let mut input = T::default();
    let body = document.to_string();
    let shape = schema.operations[index].input;
    wharf_wire::codec::json::decode(schema, shape, body.as_bytes(), &mut input).expect("an input");
    input
}

/// Every role works but those named `…/broken`.
pub struct Roles;

impl Roles {
    fn check(role: &str) -> Result<(), RoleError> {
        match role.ends_with("/broken") {
            true => Err(RoleError::Unusable(role.to_owned())),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl TaskCredentials for Roles {
    async fn usable(&self, _: &Place, role: &str) -> Result<(), RoleError> {
        Self::check(role)
    }

    async fn usable_by_ecs(&self, _: &Place, role: &str) -> Result<(), RoleError> {
        Self::check(role)
    }

    async fn assume(&self, _: &str, role: &str, task: &str) -> Result<RoleKeys, RoleError> {
        Self::check(role)?;
        Ok(RoleKeys {
            access_key_id: "ASIAEXAMPLE".to_owned(),
            secret_access_key: "secret".to_owned(),
            session_token: format!("{role} {task}"),
            expiration: crate::context().now + std::time::Duration::from_secs(3600),
        })
    }
}
