//! Services as the planes speak to them, and their records as resources of the planes.

use async_trait::async_trait;
use wharf_planeproto::{
    self as planes, Resource,
    file_system::FileSystemReport,
    machine::{Console, InstanceReport},
    measured::{InstanceRow, Minute},
    report::TargetHealth,
    volume::VolumeReport,
};
use wharf_records::node::Grant;
use wharf_seal::Keyring;
use wharf_store::Entry;
use wharf_svc_ec2::{
    Ec2Service,
    instances::{Part, Told},
    volumes::ToldVolume,
};
use wharf_svc_ecs::EcsService;
use wharf_svc_efs::{EfsService, ToldFileSystem};
use wharf_svc_elbv2::Elbv2Service;
use wharf_wire::{Context, Fault, fault::Chain};

use crate::plane::{Balancers, Instances as PlaneInstances, Nodes, source::Source as Records};

/// Elastic Load Balancing as its hosts speak to it.
pub struct LoadBalancing(pub Elbv2Service);

#[async_trait]
impl Balancers for LoadBalancing {
    async fn host_connected(&self, instance: &str, zone: &str, version: u32) {
        let stored = self.0.lb_host_connected(instance, zone, version).await;
        if let Err(error) = stored {
            tracing::error!(host = instance, error = %Chain(&error), "failed to store a load balancer host record");
        }
    }

    async fn host_disconnected(&self, instance: &str) {
        self.0.lb_host_disconnected(instance);
    }

    async fn host_gone(&self, instance: &str) {
        if let Err(error) = self.0.lb_host_gone(instance).await {
            tracing::error!(host = instance, error = %Chain(&error), "failed to remove the record of a load balancer host that is gone");
        }
    }

    async fn measured(&self, instance: &str, zone: &str, minute: Minute) -> bool {
        self.0.measured(instance, zone, minute).await
    }

    async fn report(&self, instance: &str, health: Vec<TargetHealth>) {
        if let Err(error) = self.0.report(instance, health).await {
            tracing::error!(host = instance, error = %Chain(&error), "failed to deliver target reports");
        }
    }
}

/// EC2's instances and volumes, and file systems, as their hosts speak of them.
pub struct HostedInstances {
    pub ec2: Ec2Service,
    pub efs: EfsService,
}

#[async_trait]
impl PlaneInstances for HostedInstances {
    async fn reported(&self, host: &str, reports: Vec<(Told, InstanceReport)>) -> bool {
        match self.ec2.instances_reported(host, reports).await {
            Ok(()) => true,
            Err(error) => {
                tracing::error!(host, %error, "failed to take over a report of instances; will retry");
                false
            }
        }
    }

    async fn console(&self, host: &str, told: Told, console: Console) {
        if let Err(error) = self.ec2.console_reported(host, &told, console).await {
            tracing::error!(host, %error, "failed to take over the console of an instance");
        }
    }

    async fn measured(&self, host: &str, part: Part, rows: Vec<(Told, InstanceRow)>) -> bool {
        match self.ec2.instances_measured(host, part, rows).await {
            Ok(kept) => kept,
            Err(error) => {
                tracing::error!(host, %error, "failed to keep what instances measured, it comes again");
                false
            }
        }
    }

    async fn volumes(&self, host: &str, reports: Vec<(ToldVolume, VolumeReport)>) -> bool {
        match self.ec2.volumes_reported(host, reports).await {
            Ok(()) => true,
            Err(error) => {
                tracing::error!(host, %error, "failed to take over a report of volumes; will retry");
                false
            }
        }
    }

    async fn file_systems(
        &self,
        host: &str,
        reports: Vec<(ToldFileSystem, FileSystemReport)>,
    ) -> bool {
        match self.efs.reported(host, reports).await {
            Ok(()) => true,
            Err(error) => {
                tracing::error!(host, %error, "failed to take over a report of file systems; will retry");
                false
            }
        }
    }
}

/// ECS as the planes ask it about nodes.
pub struct EcsNodes(pub EcsService);

#[async_trait]
impl Nodes for EcsNodes {
    async fn zone_if_bound(&self, cx: &Context, instance: &str) -> Result<String, Fault> {
        self.0.zone_if_bound(cx, instance).await
    }

    async fn grant(&self, cx: &Context) -> Result<Option<Grant>, Fault> {
        self.0.node_grant(cx).await
    }

    async fn is_registered(&self, account: &str, region: &str, instance: &str) -> bool {
        self.0.is_registered(account, region, instance).await
    }
}

/// Elastic Load Balancing's records as resources of the load balancer plane.
pub struct Elbv2Records(pub Keyring);

impl Records for Elbv2Records {
    fn prefix(&self) -> String {
        wharf_svc_elbv2::plane::prefix()
    }

    fn resource(&self, entry: &Entry) -> Option<Resource> {
        wharf_svc_elbv2::plane::resource(entry, &self.0)
    }

    fn key(&self, store_key: &str) -> Option<planes::Key> {
        wharf_svc_elbv2::plane::key(store_key)
    }
}

/// EFS' records as resources of the machines plane and of the network's.
pub struct EfsRecords(pub Keyring);

impl Records for EfsRecords {
    fn prefix(&self) -> String {
        wharf_svc_efs::plane::prefix()
    }

    fn resource(&self, entry: &Entry) -> Option<Resource> {
        wharf_svc_efs::plane::resource(entry, &self.0)
    }

    fn key(&self, store_key: &str) -> Option<planes::Key> {
        wharf_svc_efs::plane::key(store_key)
    }
}

/// EC2's records as resources of the network plane and the machines'.
pub struct Ec2Records(pub Keyring);

impl Records for Ec2Records {
    fn prefix(&self) -> String {
        wharf_svc_ec2::plane::prefix()
    }

    fn resource(&self, entry: &Entry) -> Option<Resource> {
        wharf_svc_ec2::plane::resource(entry, &self.0)
    }

    fn key(&self, store_key: &str) -> Option<planes::Key> {
        wharf_svc_ec2::plane::key(store_key)
    }
}
