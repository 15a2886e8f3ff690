//! The nodes of machines that are instances of EC2: their tokens, the hosts that they are, and their end.

use std::sync::Arc;

use async_trait::async_trait;
use wharf_records::node::Grant;
use wharf_service::Place;
use wharf_svc_ec2::instances::MachineNodes;
use wharf_wire::Fault;

use crate::{control::Control, tls::Authorities};

/// Machines join as nodes of the installation do.
pub struct JoinedMachines {
    pub control: Control,
    /// The account and the region that nodes are in.
    pub home: Place,
    pub authorities: Arc<Authorities>,
}

#[async_trait]
impl MachineNodes for JoinedMachines {
    async fn token(&self, grant: Grant) -> Result<String, Fault> {
        self.control.0.join.token_of_machine(grant).await
    }

    async fn host_of(&self, instance: &str) -> Result<Option<String>, Fault> {
        self.control.0.nodes.host_of(&self.home, instance).await
    }

    async fn remove(&self, instance: &str) -> Result<bool, Fault> {
        // In this order: whoever has spent a token is a node by then.
        let all = self.control.0.join.revoke(instance).await?;
        self.control.0.nodes.remove_of(&self.home, instance).await?;
        Ok(all)
    }

    fn authorities(&self) -> String {
        self.authorities.bundle()
    }
}
