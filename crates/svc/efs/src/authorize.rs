//! One row per operation: what it does to which file system or access point, under which condition keys.

use wharf_api_efs::{Input, Tag};
use wharf_service::{
    Place,
    tags::{self, Tags},
};
use wharf_wire::{Check, Context, Fault};

use crate::{
    core::Core,
    names::{self, NAMESPACE},
    records::{AccessPoint, FileSystem, MountTarget},
};

pub async fn checks(core: &Core, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
    let place = Place::of(cx);
    let rows = Rows {
        core,
        place: &place,
        action: input.action(),
    };
    let check = match input {
        Input::CreateFileSystem(it) => {
            let check = rows.row(names::file_system_arn(&place, "*"));
            let encrypted = it.encrypted.unwrap_or(false).to_string();
            let check = check.with("elasticfilesystem:Encrypted", encrypted);
            with_tags(check, it.tags.as_deref())
        }
        Input::DescribeFileSystems(it) => rows.file_system(it.file_system_id.as_deref()).await?,
        Input::UpdateFileSystem(it) => rows.file_system(it.file_system_id.as_deref()).await?,
        Input::DeleteFileSystem(it) => rows.file_system(it.file_system_id.as_deref()).await?,
        Input::UpdateFileSystemProtection(it) => {
            rows.file_system(it.file_system_id.as_deref()).await?
        }
        Input::CreateMountTarget(it) => {
            let own = rows.file_system(it.file_system_id.as_deref()).await?;
            // What is made there for the caller is theirs.
            let ec2 = [
                "ec2:DescribeSubnets",
                "ec2:DescribeNetworkInterfaces",
                "ec2:CreateNetworkInterface",
            ];
            return Ok([own].into_iter().chain(ec2.map(Check::any)).collect());
        }
        Input::DeleteMountTarget(it) => {
            let own = rows.mount_target(it.mount_target_id.as_deref()).await?;
            return Ok(vec![own, Check::any("ec2:DeleteNetworkInterface")]);
        }
        Input::DescribeMountTargets(it) => match (&it.access_point_id, &it.mount_target_id) {
            (Some(id), _) => rows.access_point(Some(id)).await?,
            (None, Some(id)) => rows.mount_target(Some(id)).await?,
            (None, None) => rows.file_system(it.file_system_id.as_deref()).await?,
        },
        Input::DescribeMountTargetSecurityGroups(it) => {
            rows.mount_target(it.mount_target_id.as_deref()).await?
        }
        Input::ModifyMountTargetSecurityGroups(it) => {
            let own = rows.mount_target(it.mount_target_id.as_deref()).await?;
            let ec2 = Check::any("ec2:ModifyNetworkInterfaceAttribute");
            return Ok(vec![own, ec2]);
        }
        Input::CreateAccessPoint(it) => {
            let check = rows.file_system(it.file_system_id.as_deref()).await?;
            with_tags(check, it.tags.as_deref())
        }
        Input::DescribeAccessPoints(it) => match &it.access_point_id {
            Some(id) => rows.access_point(Some(id)).await?,
            None => rows.file_system(it.file_system_id.as_deref()).await?,
        },
        Input::DeleteAccessPoint(it) => rows.access_point(it.access_point_id.as_deref()).await?,
        Input::TagResource(it) => {
            let check = rows.either(it.resource_id.as_deref()).await?;
            with_tags(check, it.tags.as_deref())
        }
        Input::UntagResource(it) => {
            let check = rows.either(it.resource_id.as_deref()).await?;
            tags::removed(check, it.tag_keys.as_deref())
        }
        Input::ListTagsForResource(it) => rows.either(it.resource_id.as_deref()).await?,
        Input::CreateTags(it) => {
            let check = rows.file_system(it.file_system_id.as_deref()).await?;
            with_tags(check, it.tags.as_deref())
        }
        Input::DeleteTags(it) => {
            let check = rows.file_system(it.file_system_id.as_deref()).await?;
            tags::removed(check, it.tag_keys.as_deref())
        }
        Input::DescribeTags(it) => rows.file_system(it.file_system_id.as_deref()).await?,
        Input::PutFileSystemPolicy(it) => rows.file_system(it.file_system_id.as_deref()).await?,
        Input::DescribeFileSystemPolicy(it) => {
            rows.file_system(it.file_system_id.as_deref()).await?
        }
        Input::DeleteFileSystemPolicy(it) => rows.file_system(it.file_system_id.as_deref()).await?,
        Input::PutBackupPolicy(it) => rows.file_system(it.file_system_id.as_deref()).await?,
        Input::DescribeBackupPolicy(it) => rows.file_system(it.file_system_id.as_deref()).await?,
        Input::PutLifecycleConfiguration(it) => {
            rows.file_system(it.file_system_id.as_deref()).await?
        }
        Input::DescribeLifecycleConfiguration(it) => {
            rows.file_system(it.file_system_id.as_deref()).await?
        }
        Input::CreateReplicationConfiguration(it) => {
            rows.file_system(it.source_file_system_id.as_deref())
                .await?
        }
        Input::DeleteReplicationConfiguration(it) => {
            rows.file_system(it.source_file_system_id.as_deref())
                .await?
        }
        Input::DescribeReplicationConfigurations(it) => {
            rows.file_system(it.file_system_id.as_deref()).await?
        }
        Input::DescribeAccountPreferences(_) | Input::PutAccountPreferences(_) => {
            Check::any(rows.action)
        }
    };
    Ok(vec![check])
}

struct Rows<'a> {
    core: &'a Core,
    place: &'a Place,
    action: String,
}

impl Rows<'_> {
    fn row(&self, arn: String) -> Check {
        Check::new(self.action.clone(), arn)
    }

    fn tagged(&self, arn: String, tags: &Tags) -> Check {
        tags::of_resource(self.row(arn), Some(NAMESPACE), tags)
    }

    /// With its tags, if it is there; all of them, if none is named. Its own policy is about those who mount it alone.
    async fn file_system(&self, given: Option<&str>) -> Result<Check, Fault> {
        if given.is_none() {
            return Ok(self.row(names::file_system_arn(self.place, "*")));
        }
        let id = names::id(self.place, given);
        let key = names::file_system_key(self.place, &id);
        let found = self.core.table.read::<FileSystem>(&key).await?;
        let held = found.map_or_else(Tags::new, |it| it.record.tags);
        Ok(self.tagged(names::file_system_arn(self.place, &id), &held))
    }

    async fn access_point(&self, given: Option<&str>) -> Result<Check, Fault> {
        let id = names::id(self.place, given);
        let key = names::access_point_key(self.place, &id);
        let found = self.core.table.read::<AccessPoint>(&key).await?;
        let held = found.map_or_else(Tags::new, |it| it.record.tags);
        Ok(self.tagged(names::access_point_arn(self.place, &id), &held))
    }

    /// The file system of a mount target.
    async fn mount_target(&self, id: Option<&str>) -> Result<Check, Fault> {
        let key = names::mount_target_key(self.place, id.unwrap_or_default());
        let found = self.core.table.read::<MountTarget>(&key).await?;
        match found {
            Some(found) => self.file_system(Some(&found.record.file_system)).await,
            None => Ok(self.row(names::file_system_arn(self.place, "*"))),
        }
    }

    async fn either(&self, given: Option<&str>) -> Result<Check, Fault> {
        match names::id(self.place, given).starts_with("fsap-") {
            true => self.access_point(given).await,
            false => self.file_system(Some(given.unwrap_or_default())).await,
        }
    }
}

/// With the tags that a request sets.
fn with_tags(check: Check, given: Option<&[Tag]>) -> Check {
    let given = given.unwrap_or_default().iter();
    tags::requested(
        check,
        given.map(|tag| (tag.key.as_deref(), tag.value.as_deref())),
    )
}
