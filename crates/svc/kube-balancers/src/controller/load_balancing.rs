//! What the controller needs of load balancing.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;

use crate::{
    cloud::{Arns, Cloud, CloudError},
    plan,
    stack::{Key, Stack},
};

/// What the controller needs of load balancing; [`Cloud`], or a simulation.
#[async_trait]
pub trait LoadBalancing: Send + Sync + 'static {
    async fn all(&self) -> Result<BTreeMap<Key, Arns>, CloudError>;
    async fn settle(&self, stack: &mut Stack) -> Result<(), CloudError>;
    async fn groups_of(
        &self,
        interfaces: &BTreeSet<String>,
        instances: &BTreeSet<String>,
    ) -> Result<BTreeSet<String>, CloudError>;
    async fn see(&self, key: &Key, arns: &mut Arns) -> Result<plan::Seen, CloudError>;
    async fn act(
        &self,
        key: &Key,
        stack: Option<&Stack>,
        step: plan::Step,
        arns: &mut Arns,
    ) -> Result<(), CloudError>;
    async fn dns_name(&self, arn: &str) -> Result<String, CloudError>;
}

#[async_trait]
impl LoadBalancing for Cloud {
    async fn all(&self) -> Result<BTreeMap<Key, Arns>, CloudError> {
        Cloud::all(self).await
    }

    async fn settle(&self, stack: &mut Stack) -> Result<(), CloudError> {
        Cloud::settle(self, stack).await
    }

    async fn groups_of(
        &self,
        interfaces: &BTreeSet<String>,
        instances: &BTreeSet<String>,
    ) -> Result<BTreeSet<String>, CloudError> {
        Cloud::groups_of(self, interfaces, instances).await
    }

    async fn see(&self, key: &Key, arns: &mut Arns) -> Result<plan::Seen, CloudError> {
        Cloud::see(self, key, arns).await
    }

    async fn act(
        &self,
        key: &Key,
        stack: Option<&Stack>,
        step: plan::Step,
        arns: &mut Arns,
    ) -> Result<(), CloudError> {
        Cloud::act(self, key, stack, step, arns).await
    }

    async fn dns_name(&self, arn: &str) -> Result<String, CloudError> {
        Cloud::dns_name(self, arn).await
    }
}
