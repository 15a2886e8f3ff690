//! EC2, asked in the name of EKS for one cluster.

use std::sync::Arc;

use async_trait::async_trait;
use wharf_api_ec2::{
    AttachVolumeRequest, CreateSnapshotRequest, CreateVolumeRequest, DeleteSnapshotRequest,
    DeleteVolumeRequest, DescribeSnapshotsRequest, DescribeVolumesRequest, DetachVolumeRequest,
    Ec2, Filter, ModifyVolumeRequest, Tag, TagSpecification, Volume,
};
use wharf_base::{Clock, Permit};
use wharf_service::Cluster;
use wharf_wire::{Call, Fault};

use crate::provision::Asked;

const PERMIT: Permit = Permit::for_controller("eks-volumes");
/// By which a volume is found that was made and not told of yet.
pub const VOLUME_TAG: &str = "CSIVolumeName";
/// The same of a snapshot; the driver's role may delete those that have it.
pub const SNAPSHOT_TAG: &str = "CSIVolumeSnapshotName";
/// Of one cluster alone: its name is another's once it is gone.
pub const CLUSTER_ID_TAG: &str = "ebs.csi.aws.com/cluster-id";

/// What volumes are made with.
#[derive(Clone)]
pub struct Cloud {
    pub ec2: Arc<dyn Ec2>,
    pub clock: Arc<dyn Clock>,
    pub cluster: Cluster,
}

/// A volume of EC2's.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Disk {
    pub id: String,
    pub zone: String,
    pub gib: i64,
    /// The PersistentVolume of this cluster that it was made for, if it was made for one.
    pub made_for: Option<String>,
    /// The instance that has it, and whether it is there by now: `attached`, `attaching`, `detaching`.
    pub attachment: Option<(String, String)>,
}

impl Disk {
    /// As a cluster sees it, by its id.
    fn of(it: Volume, cluster: &str) -> Self {
        let attachment = it.attachments.into_iter().flatten().next();
        let tags = it.tags.unwrap_or_default();
        let tagged = |key: &str| {
            let mut with = tags.iter().filter(|it| it.key.as_deref() == Some(key));
            with.next().and_then(|it| it.value.clone())
        };
        let is_its = tagged(CLUSTER_ID_TAG).is_some_and(|it| it == cluster);
        Self {
            made_for: tagged(VOLUME_TAG).filter(|_| is_its),
            id: it.volume_id.unwrap_or_default(),
            zone: it.availability_zone.unwrap_or_default(),
            gib: it.size.unwrap_or_default().into(),
            attachment: attachment.map(|it| {
                (
                    it.instance_id.unwrap_or_default(),
                    it.state.unwrap_or_default(),
                )
            }),
        }
    }
}

/// How far the snapshot is that a disk is to be made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Copied {
    Pending,
    /// By its id.
    Complete(String),
    Failed,
}

/// What the controller needs of EC2; [`Cloud`], or a simulation.
#[async_trait]
pub trait Disks: Send + Sync + 'static {
    /// The one that was made under this name.
    async fn made(&self, name: &str) -> Result<Option<Disk>, Fault>;
    /// `snapshot`: what it begins with.
    async fn make(
        &self,
        name: &str,
        asked: &Asked,
        zone: &str,
        snapshot: Option<&str>,
    ) -> Result<Disk, Fault>;
    /// The snapshot that the disk of this name is to be made of, if one was begun.
    async fn copied(&self, name: &str) -> Result<Option<Copied>, Fault>;
    /// Begins one, of a disk.
    async fn copy(&self, name: &str, disk: &str) -> Result<(), Fault>;
    /// That snapshot is not needed any more.
    async fn forget_copy(&self, name: &str) -> Result<(), Fault>;
    /// `None` if it is not there.
    async fn see(&self, id: &str) -> Result<Option<Disk>, Fault>;
    async fn attach(&self, id: &str, instance: &str) -> Result<(), Fault>;
    async fn detach(&self, id: &str, instance: &str) -> Result<(), Fault>;
    async fn grow(&self, id: &str, gib: i64) -> Result<(), Fault>;
    /// One that is not there is deleted already.
    async fn delete(&self, id: &str) -> Result<(), Fault>;
}

fn tag(key: impl Into<String>, value: impl Into<String>) -> Tag {
    Tag {
        key: Some(key.into()),
        value: Some(value.into()),
    }
}

fn is_missing(fault: &Fault) -> bool {
    fault.code == "InvalidVolume.NotFound"
}

impl Cloud {
    fn call(&self) -> Call {
        self.cluster.call(PERMIT, self.clock.now())
    }

    async fn found(&self, request: DescribeVolumesRequest) -> Result<Option<Disk>, Fault> {
        let found = self.ec2.describe_volumes(&self.call(), request).await?;
        let mut found = found.volumes.into_iter().flatten();
        let is_there = |it: &Volume| it.state.as_deref() != Some("deleting");
        let seen = found.find(is_there);
        Ok(seen.map(|it| Disk::of(it, &self.cluster.id)))
    }
}

impl Cloud {
    /// Snapshots that were made for the disk of this name, and how far they are.
    async fn copies(&self, name: &str) -> Result<Vec<(String, String)>, Fault> {
        let request = DescribeSnapshotsRequest {
            filters: Some(vec![
                tagged(SNAPSHOT_TAG, name),
                tagged(CLUSTER_ID_TAG, &self.cluster.id),
            ]),
            owner_ids: Some(vec!["self".to_owned()]),
            ..DescribeSnapshotsRequest::default()
        };
        let found = self.ec2.describe_snapshots(&self.call(), request).await?;
        let found = found.snapshots.into_iter().flatten();
        let found = found.map(|it| {
            (
                it.snapshot_id.unwrap_or_default(),
                it.state.unwrap_or_default(),
            )
        });
        Ok(found.collect())
    }
}

fn tagged(tag: &str, value: &str) -> Filter {
    Filter {
        name: Some(format!("tag:{tag}")),
        values: Some(vec![value.to_owned()]),
    }
}

#[async_trait]
impl Disks for Cloud {
    async fn made(&self, name: &str) -> Result<Option<Disk>, Fault> {
        let request = DescribeVolumesRequest {
            filters: Some(vec![
                tagged(VOLUME_TAG, name),
                tagged(CLUSTER_ID_TAG, &self.cluster.id),
            ]),
            ..DescribeVolumesRequest::default()
        };
        self.found(request).await
    }

    async fn make(
        &self,
        name: &str,
        asked: &Asked,
        zone: &str,
        snapshot: Option<&str>,
    ) -> Result<Disk, Fault> {
        let cluster = &self.cluster;
        let mut tags = vec![
            tag(VOLUME_TAG, name),
            tag(CLUSTER_ID_TAG, &cluster.id),
            tag("ebs.csi.aws.com/cluster", "true"),
            tag(format!("kubernetes.io/cluster/{}", cluster.name), "owned"),
            tag("KubernetesCluster", &cluster.name),
            tag("Name", format!("{}-dynamic-{name}", cluster.name)),
            tag("kubernetes.io/created-for/pv/name", name),
            tag("kubernetes.io/created-for/pvc/name", &asked.claim.1),
            tag("kubernetes.io/created-for/pvc/namespace", &asked.claim.0),
        ];
        tags.extend(asked.tags.iter().map(|(key, value)| tag(key, value)));
        let request = CreateVolumeRequest {
            availability_zone: Some(zone.to_owned()),
            size: Some(asked.gib),
            snapshot_id: snapshot.map(str::to_owned),
            volume_type: Some(asked.kind.clone()),
            iops: asked.iops,
            throughput: asked.throughput,
            encrypted: asked.encrypted.then_some(true),
            kms_key_id: asked.key.clone(),
            client_token: Some(format!("{name}-{zone}")),
            tag_specifications: Some(vec![TagSpecification {
                resource_type: Some("volume".to_owned()),
                tags: Some(tags),
            }]),
            ..CreateVolumeRequest::default()
        };
        let made = self.ec2.create_volume(&self.call(), request).await?;
        Ok(Disk::of(made, &self.cluster.id))
    }

    async fn copied(&self, name: &str) -> Result<Option<Copied>, Fault> {
        let copy = self.copies(name).await?.into_iter().next();
        Ok(copy.map(|(id, state)| match state.as_str() {
            "completed" => Copied::Complete(id),
            "error" => Copied::Failed,
            _ => Copied::Pending,
        }))
    }

    async fn copy(&self, name: &str, disk: &str) -> Result<(), Fault> {
        let cluster = &self.cluster;
        let tags = vec![
            tag(SNAPSHOT_TAG, name),
            tag(CLUSTER_ID_TAG, &cluster.id),
            tag("ebs.csi.aws.com/cluster", "true"),
            tag(format!("kubernetes.io/cluster/{}", cluster.name), "owned"),
        ];
        let request = CreateSnapshotRequest {
            volume_id: Some(disk.to_owned()),
            description: Some(format!("Created for the clone {name}")),
            tag_specifications: Some(vec![TagSpecification {
                resource_type: Some("snapshot".to_owned()),
                tags: Some(tags),
            }]),
            ..CreateSnapshotRequest::default()
        };
        self.ec2.create_snapshot(&self.call(), request).await?;
        Ok(())
    }

    async fn forget_copy(&self, name: &str) -> Result<(), Fault> {
        for (id, _) in self.copies(name).await? {
            let request = DeleteSnapshotRequest {
                snapshot_id: Some(id),
                ..DeleteSnapshotRequest::default()
            };
            match self.ec2.delete_snapshot(&self.call(), request).await {
                Err(fault) if fault.code != "InvalidSnapshot.NotFound" => return Err(fault),
                _ => {}
            }
        }
        Ok(())
    }

    async fn see(&self, id: &str) -> Result<Option<Disk>, Fault> {
        let request = DescribeVolumesRequest {
            volume_ids: Some(vec![id.to_owned()]),
            ..DescribeVolumesRequest::default()
        };
        match self.found(request).await {
            Err(fault) if is_missing(&fault) => Ok(None),
            other => other,
        }
    }

    async fn attach(&self, id: &str, instance: &str) -> Result<(), Fault> {
        let request = AttachVolumeRequest {
            volume_id: Some(id.to_owned()),
            instance_id: Some(instance.to_owned()),
            ..AttachVolumeRequest::default()
        };
        self.ec2.attach_volume(&self.call(), request).await?;
        Ok(())
    }

    async fn detach(&self, id: &str, instance: &str) -> Result<(), Fault> {
        let request = DetachVolumeRequest {
            volume_id: Some(id.to_owned()),
            instance_id: Some(instance.to_owned()),
            ..DetachVolumeRequest::default()
        };
        self.ec2.detach_volume(&self.call(), request).await?;
        Ok(())
    }

    async fn grow(&self, id: &str, gib: i64) -> Result<(), Fault> {
        let request = ModifyVolumeRequest {
            volume_id: Some(id.to_owned()),
            // Without a size nothing would be asked for, and more than all EC2 refuses by itself.
            size: Some(i32::try_from(gib).unwrap_or(i32::MAX)),
            ..ModifyVolumeRequest::default()
        };
        self.ec2.modify_volume(&self.call(), request).await?;
        Ok(())
    }

    async fn delete(&self, id: &str) -> Result<(), Fault> {
        let request = DeleteVolumeRequest {
            volume_id: Some(id.to_owned()),
            ..DeleteVolumeRequest::default()
        };
        match self.ec2.delete_volume(&self.call(), request).await {
            Err(fault) if !is_missing(&fault) => Err(fault),
            _ => Ok(()),
        }
    }
}
