//! EFS, asked in the name of EKS for one cluster.

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use wharf_api_efs::{
    AccessPointDescription, CreateAccessPointRequest, CreationInfo, DeleteAccessPointRequest,
    DescribeAccessPointsRequest, Efs, PosixUser, RootDirectory, Tag,
};
use wharf_base::{Clock, Permit};
use wharf_service::Cluster;
use wharf_wire::{Call, Fault};

use crate::provision::Asked;

const PERMIT: Permit = Permit::for_controller("eks-files");
/// What the driver's role may make and delete.
const OURS: (&str, &str) = ("efs.csi.aws.com/cluster", "true");
/// Of one cluster alone: its name is another's once it is gone.
const CLUSTER_ID_TAG: &str = "efs.csi.aws.com/cluster-id";
/// Of the service.
const PAGE: i32 = 1000;
/// A file system has less.
const MOST_PAGES: usize = 16;

/// What access points are made with.
#[derive(Clone)]
pub struct Cloud {
    pub efs: Arc<dyn Efs>,
    pub clock: Arc<dyn Clock>,
    pub cluster: Cluster,
}

/// An access point of EFS's.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Point {
    /// `fsap-…`
    pub id: String,
    pub file_system: String,
    /// The PersistentVolume of this cluster that it was made for, if it was made for one.
    pub made_for: Option<String>,
    /// Everybody is of this one there.
    pub group: Option<u32>,
}

impl Point {
    /// As a cluster sees it, by its id.
    fn of(it: AccessPointDescription, cluster: &str) -> Self {
        let tags = it.tags.unwrap_or_default();
        let is_its = tags.iter().any(|tag| {
            tag.key.as_deref() == Some(CLUSTER_ID_TAG) && tag.value.as_deref() == Some(cluster)
        });
        let group = it.posix_user.and_then(|it| it.gid);
        Self {
            id: it.access_point_id.unwrap_or_default(),
            file_system: it.file_system_id.unwrap_or_default(),
            made_for: it.client_token.filter(|_| is_its),
            group: group.and_then(|it| u32::try_from(it).ok()),
        }
    }
}

/// What the controller needs of EFS; [`Cloud`], or a simulation.
#[async_trait]
pub trait Files: Send + Sync + 'static {
    /// All of a file system.
    async fn points(&self, file_system: &str) -> Result<Vec<Point>, Fault>;
    /// `numbers`: who everybody is there.
    async fn make(&self, name: &str, asked: &Asked, numbers: (u32, u32)) -> Result<Point, Fault>;
    /// `None` if it is not there.
    async fn see(&self, id: &str) -> Result<Option<Point>, Fault>;
    /// One that is not there is deleted already.
    async fn delete(&self, id: &str) -> Result<(), Fault>;
}

/// Groups that are somebody's.
pub fn taken(points: &[Point]) -> BTreeSet<u32> {
    points.iter().filter_map(|it| it.group).collect()
}

impl Cloud {
    fn call(&self) -> Call {
        self.cluster.call(PERMIT, self.clock.now())
    }
}

fn is_missing(fault: &Fault) -> bool {
    fault.code == "AccessPointNotFound"
}

#[async_trait]
impl Files for Cloud {
    async fn points(&self, file_system: &str) -> Result<Vec<Point>, Fault> {
        let mut all = Vec::new();
        let mut next_token = None;
        for _ in 0..MOST_PAGES {
            let request = DescribeAccessPointsRequest {
                file_system_id: Some(file_system.to_owned()),
                max_results: Some(PAGE),
                next_token,
                ..DescribeAccessPointsRequest::default()
            };
            let found = self
                .efs
                .describe_access_points(&self.call(), request)
                .await?;
            let found_points = found.access_points.into_iter().flatten();
            all.extend(found_points.map(|it| Point::of(it, &self.cluster.id)));
            next_token = found.next_token;
            if next_token.is_none() {
                break;
            }
        }
        Ok(all)
    }

    async fn make(
        &self,
        name: &str,
        asked: &Asked,
        (user, group): (u32, u32),
    ) -> Result<Point, Fault> {
        let tag = |key: &str, value: &str| Tag {
            key: Some(key.to_owned()),
            value: Some(value.to_owned()),
        };
        let request = CreateAccessPointRequest {
            client_token: Some(name.to_owned()),
            file_system_id: Some(asked.file_system.clone()),
            posix_user: Some(PosixUser {
                uid: Some(user.into()),
                gid: Some(group.into()),
                secondary_gids: None,
            }),
            root_directory: Some(RootDirectory {
                path: Some(asked.path.clone()),
                creation_info: Some(CreationInfo {
                    owner_uid: Some(user.into()),
                    owner_gid: Some(group.into()),
                    permissions: Some(asked.permissions.clone()),
                }),
            }),
            tags: Some(vec![
                tag(OURS.0, OURS.1),
                tag(CLUSTER_ID_TAG, &self.cluster.id),
            ]),
        };
        let made = self.efs.create_access_point(&self.call(), request).await?;
        Ok(Point::of(made, &self.cluster.id))
    }

    async fn see(&self, id: &str) -> Result<Option<Point>, Fault> {
        let request = DescribeAccessPointsRequest {
            access_point_id: Some(id.to_owned()),
            ..DescribeAccessPointsRequest::default()
        };
        match self.efs.describe_access_points(&self.call(), request).await {
            Err(fault) if is_missing(&fault) => Ok(None),
            found => {
                let mut found = found?.access_points.into_iter().flatten();
                Ok(found.next().map(|it| Point::of(it, &self.cluster.id)))
            }
        }
    }

    async fn delete(&self, id: &str) -> Result<(), Fault> {
        let request = DeleteAccessPointRequest {
            access_point_id: Some(id.to_owned()),
        };
        match self.efs.delete_access_point(&self.call(), request).await {
            Err(fault) if !is_missing(&fault) => Err(fault),
            _ => Ok(()),
        }
    }
}
