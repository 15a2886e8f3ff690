// Written by `cargo xtask generate` from models/. Do not edit.
//! Joins the functions of a service to the operations of its contract.
#[allow(unused_imports)]
use crate::types::*;

/// Implements [`Efs`](crate::Efs) for a type; see `wharf_wire::operations!`.
#[macro_export]
macro_rules! operations {
    ($($service:tt)*) => {
        $crate::wire::operations! { [$crate Efs] $($service)* }
    };
}

/// What each operation takes and returns, by the name of its function.
pub mod io {
    pub mod create_access_point {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateAccessPointRequest;
        pub type Output = AccessPointDescription;
    }

    pub mod create_file_system {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateFileSystemRequest;
        pub type Output = FileSystemDescription;
    }

    pub mod create_mount_target {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateMountTargetRequest;
        pub type Output = MountTargetDescription;
    }

    pub mod create_replication_configuration {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateReplicationConfigurationRequest;
        pub type Output = ReplicationConfigurationDescription;
    }

    pub mod create_tags {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateTagsRequest;
        pub type Output = ();
    }

    pub mod delete_access_point {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteAccessPointRequest;
        pub type Output = ();
    }

    pub mod delete_file_system {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteFileSystemRequest;
        pub type Output = ();
    }

    pub mod delete_file_system_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteFileSystemPolicyRequest;
        pub type Output = ();
    }

    pub mod delete_mount_target {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteMountTargetRequest;
        pub type Output = ();
    }

    pub mod delete_replication_configuration {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteReplicationConfigurationRequest;
        pub type Output = ();
    }

    pub mod delete_tags {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteTagsRequest;
        pub type Output = ();
    }

    pub mod describe_access_points {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeAccessPointsRequest;
        pub type Output = DescribeAccessPointsResponse;
    }

    pub mod describe_account_preferences {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeAccountPreferencesRequest;
        pub type Output = DescribeAccountPreferencesResponse;
    }

    pub mod describe_backup_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeBackupPolicyRequest;
        pub type Output = BackupPolicyDescription;
    }

    pub mod describe_file_system_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeFileSystemPolicyRequest;
        pub type Output = FileSystemPolicyDescription;
    }

    pub mod describe_file_systems {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeFileSystemsRequest;
        pub type Output = DescribeFileSystemsResponse;
    }

    pub mod describe_lifecycle_configuration {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeLifecycleConfigurationRequest;
        pub type Output = LifecycleConfigurationDescription;
    }

    pub mod describe_mount_target_security_groups {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeMountTargetSecurityGroupsRequest;
        pub type Output = DescribeMountTargetSecurityGroupsResponse;
    }

    pub mod describe_mount_targets {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeMountTargetsRequest;
        pub type Output = DescribeMountTargetsResponse;
    }

    pub mod describe_replication_configurations {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeReplicationConfigurationsRequest;
        pub type Output = DescribeReplicationConfigurationsResponse;
    }

    pub mod describe_tags {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeTagsRequest;
        pub type Output = DescribeTagsResponse;
    }

    pub mod list_tags_for_resource {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ListTagsForResourceRequest;
        pub type Output = ListTagsForResourceResponse;
    }

    pub mod modify_mount_target_security_groups {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ModifyMountTargetSecurityGroupsRequest;
        pub type Output = ();
    }

    pub mod put_account_preferences {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutAccountPreferencesRequest;
        pub type Output = PutAccountPreferencesResponse;
    }

    pub mod put_backup_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutBackupPolicyRequest;
        pub type Output = BackupPolicyDescription;
    }

    pub mod put_file_system_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutFileSystemPolicyRequest;
        pub type Output = FileSystemPolicyDescription;
    }

    pub mod put_lifecycle_configuration {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutLifecycleConfigurationRequest;
        pub type Output = LifecycleConfigurationDescription;
    }

    pub mod tag_resource {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = TagResourceRequest;
        pub type Output = ();
    }

    pub mod untag_resource {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UntagResourceRequest;
        pub type Output = ();
    }

    pub mod update_file_system {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateFileSystemRequest;
        pub type Output = FileSystemDescription;
    }

    pub mod update_file_system_protection {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateFileSystemProtectionRequest;
        pub type Output = FileSystemProtectionDescription;
    }
}
