// Written by `cargo xtask generate` from models/. Do not edit.
//! The service as a trait, for those who implement it and those who call it.
use std::sync::Arc;

use wharf_wire::{
    Call, Check, Context, Dispatcher, Fault, Service, async_trait,
    constraints::Violation,
    node::{Payload, Struct},
    schema::ServiceSchema,
    understood::{self, Understood},
};

#[allow(unused_imports)]
use crate::{schema::SERVICE, types::*};

/// The input of any operation, for authorisation rows.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    CreateAccessPoint(&'a CreateAccessPointRequest),
    CreateFileSystem(&'a CreateFileSystemRequest),
    CreateMountTarget(&'a CreateMountTargetRequest),
    CreateReplicationConfiguration(&'a CreateReplicationConfigurationRequest),
    CreateTags(&'a CreateTagsRequest),
    DeleteAccessPoint(&'a DeleteAccessPointRequest),
    DeleteFileSystem(&'a DeleteFileSystemRequest),
    DeleteFileSystemPolicy(&'a DeleteFileSystemPolicyRequest),
    DeleteMountTarget(&'a DeleteMountTargetRequest),
    DeleteReplicationConfiguration(&'a DeleteReplicationConfigurationRequest),
    DeleteTags(&'a DeleteTagsRequest),
    DescribeAccessPoints(&'a DescribeAccessPointsRequest),
    DescribeAccountPreferences(&'a DescribeAccountPreferencesRequest),
    DescribeBackupPolicy(&'a DescribeBackupPolicyRequest),
    DescribeFileSystemPolicy(&'a DescribeFileSystemPolicyRequest),
    DescribeFileSystems(&'a DescribeFileSystemsRequest),
    DescribeLifecycleConfiguration(&'a DescribeLifecycleConfigurationRequest),
    DescribeMountTargetSecurityGroups(&'a DescribeMountTargetSecurityGroupsRequest),
    DescribeMountTargets(&'a DescribeMountTargetsRequest),
    DescribeReplicationConfigurations(&'a DescribeReplicationConfigurationsRequest),
    DescribeTags(&'a DescribeTagsRequest),
    ListTagsForResource(&'a ListTagsForResourceRequest),
    ModifyMountTargetSecurityGroups(&'a ModifyMountTargetSecurityGroupsRequest),
    PutAccountPreferences(&'a PutAccountPreferencesRequest),
    PutBackupPolicy(&'a PutBackupPolicyRequest),
    PutFileSystemPolicy(&'a PutFileSystemPolicyRequest),
    PutLifecycleConfiguration(&'a PutLifecycleConfigurationRequest),
    TagResource(&'a TagResourceRequest),
    UntagResource(&'a UntagResourceRequest),
    UpdateFileSystem(&'a UpdateFileSystemRequest),
    UpdateFileSystemProtection(&'a UpdateFileSystemProtectionRequest),
}

impl Input<'_> {
    /// The operation's name.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::CreateAccessPoint(_) => "CreateAccessPoint",
            Self::CreateFileSystem(_) => "CreateFileSystem",
            Self::CreateMountTarget(_) => "CreateMountTarget",
            Self::CreateReplicationConfiguration(_) => "CreateReplicationConfiguration",
            Self::CreateTags(_) => "CreateTags",
            Self::DeleteAccessPoint(_) => "DeleteAccessPoint",
            Self::DeleteFileSystem(_) => "DeleteFileSystem",
            Self::DeleteFileSystemPolicy(_) => "DeleteFileSystemPolicy",
            Self::DeleteMountTarget(_) => "DeleteMountTarget",
            Self::DeleteReplicationConfiguration(_) => "DeleteReplicationConfiguration",
            Self::DeleteTags(_) => "DeleteTags",
            Self::DescribeAccessPoints(_) => "DescribeAccessPoints",
            Self::DescribeAccountPreferences(_) => "DescribeAccountPreferences",
            Self::DescribeBackupPolicy(_) => "DescribeBackupPolicy",
            Self::DescribeFileSystemPolicy(_) => "DescribeFileSystemPolicy",
            Self::DescribeFileSystems(_) => "DescribeFileSystems",
            Self::DescribeLifecycleConfiguration(_) => "DescribeLifecycleConfiguration",
            Self::DescribeMountTargetSecurityGroups(_) => "DescribeMountTargetSecurityGroups",
            Self::DescribeMountTargets(_) => "DescribeMountTargets",
            Self::DescribeReplicationConfigurations(_) => "DescribeReplicationConfigurations",
            Self::DescribeTags(_) => "DescribeTags",
            Self::ListTagsForResource(_) => "ListTagsForResource",
            Self::ModifyMountTargetSecurityGroups(_) => "ModifyMountTargetSecurityGroups",
            Self::PutAccountPreferences(_) => "PutAccountPreferences",
            Self::PutBackupPolicy(_) => "PutBackupPolicy",
            Self::PutFileSystemPolicy(_) => "PutFileSystemPolicy",
            Self::PutLifecycleConfiguration(_) => "PutLifecycleConfiguration",
            Self::TagResource(_) => "TagResource",
            Self::UntagResource(_) => "UntagResource",
            Self::UpdateFileSystem(_) => "UpdateFileSystem",
            Self::UpdateFileSystemProtection(_) => "UpdateFileSystemProtection",
        }
    }

    /// The IAM action of the same name.
    pub fn action(&self) -> String {
        format!("elasticfilesystem:{}", self.operation())
    }
}

#[async_trait]
pub trait Efs: Send + Sync + 'static {
    /// The authorisation row of each operation: what it does to which resource, evaluated by the
    /// dispatcher before the operation runs.
    async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault>;

    /// The service's own words for an input that breaks the model; `None` for the protocol's.
    fn refuse(&self, operation: &'static str, violations: &[Violation]) -> Option<Fault> {
        let _ = (operation, violations);
        None
    }

    /// Which members of inputs operations understand.
    fn understood(&self) -> Option<&'static Understood> {
        None
    }

    /// The functions of operations that this version has; `None` where nobody says.
    fn written(&self) -> Option<&'static [&'static str]> {
        None
    }

    async fn create_access_point(
        &self,
        call: &Call,
        input: CreateAccessPointRequest,
    ) -> Result<AccessPointDescription, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("efs", "CreateAccessPoint"))
    }

    async fn create_file_system(
        &self,
        call: &Call,
        input: CreateFileSystemRequest,
    ) -> Result<FileSystemDescription, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("efs", "CreateFileSystem"))
    }

    async fn create_mount_target(
        &self,
        call: &Call,
        input: CreateMountTargetRequest,
    ) -> Result<MountTargetDescription, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("efs", "CreateMountTarget"))
    }

    async fn create_replication_configuration(
        &self,
        call: &Call,
        input: CreateReplicationConfigurationRequest,
    ) -> Result<ReplicationConfigurationDescription, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("efs", "CreateReplicationConfiguration"))
    }

    async fn create_tags(&self, call: &Call, input: CreateTagsRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("efs", "CreateTags"))
    }

    async fn delete_access_point(
        &self,
        call: &Call,
        input: DeleteAccessPointRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("efs", "DeleteAccessPoint"))
    }

    async fn delete_file_system(
        &self,
        call: &Call,
        input: DeleteFileSystemRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("efs", "DeleteFileSystem"))
    }

    async fn delete_file_system_policy(
        &self,
        call: &Call,
        input: DeleteFileSystemPolicyRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("efs", "DeleteFileSystemPolicy"))
    }

    async fn delete_mount_target(
        &self,
        call: &Call,
        input: DeleteMountTargetRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("efs", "DeleteMountTarget"))
    }

    async fn delete_replication_configuration(
        &self,
        call: &Call,
        input: DeleteReplicationConfigurationRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("efs", "DeleteReplicationConfiguration"))
    }

    async fn delete_tags(&self, call: &Call, input: DeleteTagsRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("efs", "DeleteTags"))
    }

    async fn describe_access_points(
        &self,
        call: &Call,
        input: DescribeAccessPointsRequest,
    ) -> Result<DescribeAccessPointsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("efs", "DescribeAccessPoints"))
    }

    async fn describe_account_preferences(
        &self,
        call: &Call,
        input: DescribeAccountPreferencesRequest,
    ) -> Result<DescribeAccountPreferencesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("efs", "DescribeAccountPreferences"))
    }

    async fn describe_backup_policy(
        &self,
        call: &Call,
        input: DescribeBackupPolicyRequest,
    ) -> Result<BackupPolicyDescription, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("efs", "DescribeBackupPolicy"))
    }

    async fn describe_file_system_policy(
        &self,
        call: &Call,
        input: DescribeFileSystemPolicyRequest,
    ) -> Result<FileSystemPolicyDescription, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("efs", "DescribeFileSystemPolicy"))
    }

    async fn describe_file_systems(
        &self,
        call: &Call,
        input: DescribeFileSystemsRequest,
    ) -> Result<DescribeFileSystemsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("efs", "DescribeFileSystems"))
    }

    async fn describe_lifecycle_configuration(
        &self,
        call: &Call,
        input: DescribeLifecycleConfigurationRequest,
    ) -> Result<LifecycleConfigurationDescription, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("efs", "DescribeLifecycleConfiguration"))
    }

    async fn describe_mount_target_security_groups(
        &self,
        call: &Call,
        input: DescribeMountTargetSecurityGroupsRequest,
    ) -> Result<DescribeMountTargetSecurityGroupsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "efs",
            "DescribeMountTargetSecurityGroups",
        ))
    }

    async fn describe_mount_targets(
        &self,
        call: &Call,
        input: DescribeMountTargetsRequest,
    ) -> Result<DescribeMountTargetsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("efs", "DescribeMountTargets"))
    }

    async fn describe_replication_configurations(
        &self,
        call: &Call,
        input: DescribeReplicationConfigurationsRequest,
    ) -> Result<DescribeReplicationConfigurationsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "efs",
            "DescribeReplicationConfigurations",
        ))
    }

    async fn describe_tags(
        &self,
        call: &Call,
        input: DescribeTagsRequest,
    ) -> Result<DescribeTagsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("efs", "DescribeTags"))
    }

    async fn list_tags_for_resource(
        &self,
        call: &Call,
        input: ListTagsForResourceRequest,
    ) -> Result<ListTagsForResourceResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("efs", "ListTagsForResource"))
    }

    async fn modify_mount_target_security_groups(
        &self,
        call: &Call,
        input: ModifyMountTargetSecurityGroupsRequest,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("efs", "ModifyMountTargetSecurityGroups"))
    }

    async fn put_account_preferences(
        &self,
        call: &Call,
        input: PutAccountPreferencesRequest,
    ) -> Result<PutAccountPreferencesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("efs", "PutAccountPreferences"))
    }

    async fn put_backup_policy(
        &self,
        call: &Call,
        input: PutBackupPolicyRequest,
    ) -> Result<BackupPolicyDescription, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("efs", "PutBackupPolicy"))
    }

    async fn put_file_system_policy(
        &self,
        call: &Call,
        input: PutFileSystemPolicyRequest,
    ) -> Result<FileSystemPolicyDescription, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("efs", "PutFileSystemPolicy"))
    }

    async fn put_lifecycle_configuration(
        &self,
        call: &Call,
        input: PutLifecycleConfigurationRequest,
    ) -> Result<LifecycleConfigurationDescription, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("efs", "PutLifecycleConfiguration"))
    }

    async fn tag_resource(&self, call: &Call, input: TagResourceRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("efs", "TagResource"))
    }

    async fn untag_resource(&self, call: &Call, input: UntagResourceRequest) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("efs", "UntagResource"))
    }

    async fn update_file_system(
        &self,
        call: &Call,
        input: UpdateFileSystemRequest,
    ) -> Result<FileSystemDescription, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("efs", "UpdateFileSystem"))
    }

    async fn update_file_system_protection(
        &self,
        call: &Call,
        input: UpdateFileSystemProtectionRequest,
    ) -> Result<FileSystemProtectionDescription, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("efs", "UpdateFileSystemProtection"))
    }
}

/// Joins an implementation to the dispatcher.
pub struct Routes(pub Arc<dyn Efs>);

/// The payload as the type that the operation's number stands for.
fn typed<T: 'static>(input: Box<dyn Payload>) -> T {
    *input
        .into_any()
        .downcast()
        .expect("the input was made for this operation")
}

fn borrowed<T: 'static>(input: &dyn Payload) -> &T {
    input
        .as_any()
        .downcast_ref()
        .expect("the input was made for this operation")
}

#[async_trait]
impl Service for Routes {
    fn schema(&self) -> &'static ServiceSchema {
        &SERVICE
    }

    fn input(&self, operation: usize) -> Box<dyn Payload> {
        match operation {
            0 => Box::new(CreateAccessPointRequest::default()),
            1 => Box::new(CreateFileSystemRequest::default()),
            2 => Box::new(CreateMountTargetRequest::default()),
            3 => Box::new(CreateReplicationConfigurationRequest::default()),
            4 => Box::new(CreateTagsRequest::default()),
            5 => Box::new(DeleteAccessPointRequest::default()),
            6 => Box::new(DeleteFileSystemRequest::default()),
            7 => Box::new(DeleteFileSystemPolicyRequest::default()),
            8 => Box::new(DeleteMountTargetRequest::default()),
            9 => Box::new(DeleteReplicationConfigurationRequest::default()),
            10 => Box::new(DeleteTagsRequest::default()),
            11 => Box::new(DescribeAccessPointsRequest::default()),
            12 => Box::new(DescribeAccountPreferencesRequest::default()),
            13 => Box::new(DescribeBackupPolicyRequest::default()),
            14 => Box::new(DescribeFileSystemPolicyRequest::default()),
            15 => Box::new(DescribeFileSystemsRequest::default()),
            16 => Box::new(DescribeLifecycleConfigurationRequest::default()),
            17 => Box::new(DescribeMountTargetSecurityGroupsRequest::default()),
            18 => Box::new(DescribeMountTargetsRequest::default()),
            19 => Box::new(DescribeReplicationConfigurationsRequest::default()),
            20 => Box::new(DescribeTagsRequest::default()),
            21 => Box::new(ListTagsForResourceRequest::default()),
            22 => Box::new(ModifyMountTargetSecurityGroupsRequest::default()),
            23 => Box::new(PutAccountPreferencesRequest::default()),
            24 => Box::new(PutBackupPolicyRequest::default()),
            25 => Box::new(PutFileSystemPolicyRequest::default()),
            26 => Box::new(PutLifecycleConfigurationRequest::default()),
            27 => Box::new(TagResourceRequest::default()),
            28 => Box::new(UntagResourceRequest::default()),
            29 => Box::new(UpdateFileSystemRequest::default()),
            30 => Box::new(UpdateFileSystemProtectionRequest::default()),
            _ => Box::new(()),
        }
    }

    fn output(&self, operation: usize) -> Box<dyn Payload> {
        match operation {
            0 => Box::new(AccessPointDescription::default()),
            1 => Box::new(FileSystemDescription::default()),
            2 => Box::new(MountTargetDescription::default()),
            3 => Box::new(ReplicationConfigurationDescription::default()),
            11 => Box::new(DescribeAccessPointsResponse::default()),
            12 => Box::new(DescribeAccountPreferencesResponse::default()),
            13 => Box::new(BackupPolicyDescription::default()),
            14 => Box::new(FileSystemPolicyDescription::default()),
            15 => Box::new(DescribeFileSystemsResponse::default()),
            16 => Box::new(LifecycleConfigurationDescription::default()),
            17 => Box::new(DescribeMountTargetSecurityGroupsResponse::default()),
            18 => Box::new(DescribeMountTargetsResponse::default()),
            19 => Box::new(DescribeReplicationConfigurationsResponse::default()),
            20 => Box::new(DescribeTagsResponse::default()),
            21 => Box::new(ListTagsForResourceResponse::default()),
            23 => Box::new(PutAccountPreferencesResponse::default()),
            24 => Box::new(BackupPolicyDescription::default()),
            25 => Box::new(FileSystemPolicyDescription::default()),
            26 => Box::new(LifecycleConfigurationDescription::default()),
            29 => Box::new(FileSystemDescription::default()),
            30 => Box::new(FileSystemProtectionDescription::default()),
            _ => Box::new(()),
        }
    }

    fn refuse(&self, operation: usize, violations: &[Violation]) -> Option<Fault> {
        self.0
            .refuse(SERVICE.operations[operation].name, violations)
    }

    fn understood(&self) -> Option<&'static Understood> {
        self.0.understood()
    }

    fn written(&self) -> Option<&'static [&'static str]> {
        self.0.written()
    }

    async fn checks(
        &self,
        cx: &Context,
        operation: usize,
        input: &dyn Payload,
    ) -> Result<Vec<Check>, Fault> {
        let input = match operation {
            0 => Input::CreateAccessPoint(borrowed(input)),
            1 => Input::CreateFileSystem(borrowed(input)),
            2 => Input::CreateMountTarget(borrowed(input)),
            3 => Input::CreateReplicationConfiguration(borrowed(input)),
            4 => Input::CreateTags(borrowed(input)),
            5 => Input::DeleteAccessPoint(borrowed(input)),
            6 => Input::DeleteFileSystem(borrowed(input)),
            7 => Input::DeleteFileSystemPolicy(borrowed(input)),
            8 => Input::DeleteMountTarget(borrowed(input)),
            9 => Input::DeleteReplicationConfiguration(borrowed(input)),
            10 => Input::DeleteTags(borrowed(input)),
            11 => Input::DescribeAccessPoints(borrowed(input)),
            12 => Input::DescribeAccountPreferences(borrowed(input)),
            13 => Input::DescribeBackupPolicy(borrowed(input)),
            14 => Input::DescribeFileSystemPolicy(borrowed(input)),
            15 => Input::DescribeFileSystems(borrowed(input)),
            16 => Input::DescribeLifecycleConfiguration(borrowed(input)),
            17 => Input::DescribeMountTargetSecurityGroups(borrowed(input)),
            18 => Input::DescribeMountTargets(borrowed(input)),
            19 => Input::DescribeReplicationConfigurations(borrowed(input)),
            20 => Input::DescribeTags(borrowed(input)),
            21 => Input::ListTagsForResource(borrowed(input)),
            22 => Input::ModifyMountTargetSecurityGroups(borrowed(input)),
            23 => Input::PutAccountPreferences(borrowed(input)),
            24 => Input::PutBackupPolicy(borrowed(input)),
            25 => Input::PutFileSystemPolicy(borrowed(input)),
            26 => Input::PutLifecycleConfiguration(borrowed(input)),
            27 => Input::TagResource(borrowed(input)),
            28 => Input::UntagResource(borrowed(input)),
            29 => Input::UpdateFileSystem(borrowed(input)),
            30 => Input::UpdateFileSystemProtection(borrowed(input)),
            _ => unreachable!("operations are numbered by the schema"),
        };
        self.0.authorize(cx, input).await
    }

    async fn invoke(
        &self,
        call: &Call,
        operation: usize,
        input: Box<dyn Payload>,
    ) -> Result<wharf_wire::Output, Fault> {
        Ok(wharf_wire::Output::Whole(match operation {
            0 => Box::new(self.0.create_access_point(call, typed(input)).await?),
            1 => Box::new(self.0.create_file_system(call, typed(input)).await?),
            2 => Box::new(self.0.create_mount_target(call, typed(input)).await?),
            3 => Box::new(
                self.0
                    .create_replication_configuration(call, typed(input))
                    .await?,
            ),
            4 => Box::new(self.0.create_tags(call, typed(input)).await?),
            5 => Box::new(self.0.delete_access_point(call, typed(input)).await?),
            6 => Box::new(self.0.delete_file_system(call, typed(input)).await?),
            7 => Box::new(self.0.delete_file_system_policy(call, typed(input)).await?),
            8 => Box::new(self.0.delete_mount_target(call, typed(input)).await?),
            9 => Box::new(
                self.0
                    .delete_replication_configuration(call, typed(input))
                    .await?,
            ),
            10 => Box::new(self.0.delete_tags(call, typed(input)).await?),
            11 => Box::new(self.0.describe_access_points(call, typed(input)).await?),
            12 => Box::new(
                self.0
                    .describe_account_preferences(call, typed(input))
                    .await?,
            ),
            13 => Box::new(self.0.describe_backup_policy(call, typed(input)).await?),
            14 => Box::new(
                self.0
                    .describe_file_system_policy(call, typed(input))
                    .await?,
            ),
            15 => Box::new(self.0.describe_file_systems(call, typed(input)).await?),
            16 => Box::new(
                self.0
                    .describe_lifecycle_configuration(call, typed(input))
                    .await?,
            ),
            17 => Box::new(
                self.0
                    .describe_mount_target_security_groups(call, typed(input))
                    .await?,
            ),
            18 => Box::new(self.0.describe_mount_targets(call, typed(input)).await?),
            19 => Box::new(
                self.0
                    .describe_replication_configurations(call, typed(input))
                    .await?,
            ),
            20 => Box::new(self.0.describe_tags(call, typed(input)).await?),
            21 => Box::new(self.0.list_tags_for_resource(call, typed(input)).await?),
            22 => Box::new(
                self.0
                    .modify_mount_target_security_groups(call, typed(input))
                    .await?,
            ),
            23 => Box::new(self.0.put_account_preferences(call, typed(input)).await?),
            24 => Box::new(self.0.put_backup_policy(call, typed(input)).await?),
            25 => Box::new(self.0.put_file_system_policy(call, typed(input)).await?),
            26 => Box::new(
                self.0
                    .put_lifecycle_configuration(call, typed(input))
                    .await?,
            ),
            27 => Box::new(self.0.tag_resource(call, typed(input)).await?),
            28 => Box::new(self.0.untag_resource(call, typed(input)).await?),
            29 => Box::new(self.0.update_file_system(call, typed(input)).await?),
            30 => Box::new(
                self.0
                    .update_file_system_protection(call, typed(input))
                    .await?,
            ),
            _ => unreachable!("operations are numbered by the schema"),
        }))
    }
}

/// Calls the service in process, past the same gate as calls from outside.
#[derive(Clone)]
pub struct Client {
    inner: Arc<dyn Efs>,
    dispatcher: Dispatcher,
}

impl Client {
    pub fn new(inner: Arc<dyn Efs>, dispatcher: Dispatcher) -> Self {
        Self { inner, dispatcher }
    }

    async fn admit(
        &self,
        call: &Call,
        input: Input<'_>,
        operation: usize,
        given: &dyn Struct,
    ) -> Result<Call, Fault> {
        let checks = self.inner.authorize(call.context(), input).await?;
        let call = self.dispatcher.admit(&SERVICE, call, &checks).await?;
        understood::check(self.inner.understood(), &SERVICE, operation, given)?;
        Ok(call)
    }
}

#[async_trait]
impl Efs for Client {
    async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
        self.inner.authorize(cx, input).await
    }

    async fn create_access_point(
        &self,
        call: &Call,
        input: CreateAccessPointRequest,
    ) -> Result<AccessPointDescription, Fault> {
        let call = self
            .admit(call, Input::CreateAccessPoint(&input), 0, &input)
            .await?;
        self.inner.create_access_point(&call, input).await
    }

    async fn create_file_system(
        &self,
        call: &Call,
        input: CreateFileSystemRequest,
    ) -> Result<FileSystemDescription, Fault> {
        let call = self
            .admit(call, Input::CreateFileSystem(&input), 1, &input)
            .await?;
        self.inner.create_file_system(&call, input).await
    }

    async fn create_mount_target(
        &self,
        call: &Call,
        input: CreateMountTargetRequest,
    ) -> Result<MountTargetDescription, Fault> {
        let call = self
            .admit(call, Input::CreateMountTarget(&input), 2, &input)
            .await?;
        self.inner.create_mount_target(&call, input).await
    }

    async fn create_replication_configuration(
        &self,
        call: &Call,
        input: CreateReplicationConfigurationRequest,
    ) -> Result<ReplicationConfigurationDescription, Fault> {
        let call = self
            .admit(
                call,
                Input::CreateReplicationConfiguration(&input),
                3,
                &input,
            )
            .await?;
        self.inner
            .create_replication_configuration(&call, input)
            .await
    }

    async fn create_tags(&self, call: &Call, input: CreateTagsRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::CreateTags(&input), 4, &input)
            .await?;
        self.inner.create_tags(&call, input).await
    }

    async fn delete_access_point(
        &self,
        call: &Call,
        input: DeleteAccessPointRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteAccessPoint(&input), 5, &input)
            .await?;
        self.inner.delete_access_point(&call, input).await
    }

    async fn delete_file_system(
        &self,
        call: &Call,
        input: DeleteFileSystemRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteFileSystem(&input), 6, &input)
            .await?;
        self.inner.delete_file_system(&call, input).await
    }

    async fn delete_file_system_policy(
        &self,
        call: &Call,
        input: DeleteFileSystemPolicyRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteFileSystemPolicy(&input), 7, &input)
            .await?;
        self.inner.delete_file_system_policy(&call, input).await
    }

    async fn delete_mount_target(
        &self,
        call: &Call,
        input: DeleteMountTargetRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteMountTarget(&input), 8, &input)
            .await?;
        self.inner.delete_mount_target(&call, input).await
    }

    async fn delete_replication_configuration(
        &self,
        call: &Call,
        input: DeleteReplicationConfigurationRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(
                call,
                Input::DeleteReplicationConfiguration(&input),
                9,
                &input,
            )
            .await?;
        self.inner
            .delete_replication_configuration(&call, input)
            .await
    }

    async fn delete_tags(&self, call: &Call, input: DeleteTagsRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteTags(&input), 10, &input)
            .await?;
        self.inner.delete_tags(&call, input).await
    }

    async fn describe_access_points(
        &self,
        call: &Call,
        input: DescribeAccessPointsRequest,
    ) -> Result<DescribeAccessPointsResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeAccessPoints(&input), 11, &input)
            .await?;
        self.inner.describe_access_points(&call, input).await
    }

    async fn describe_account_preferences(
        &self,
        call: &Call,
        input: DescribeAccountPreferencesRequest,
    ) -> Result<DescribeAccountPreferencesResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeAccountPreferences(&input), 12, &input)
            .await?;
        self.inner.describe_account_preferences(&call, input).await
    }

    async fn describe_backup_policy(
        &self,
        call: &Call,
        input: DescribeBackupPolicyRequest,
    ) -> Result<BackupPolicyDescription, Fault> {
        let call = self
            .admit(call, Input::DescribeBackupPolicy(&input), 13, &input)
            .await?;
        self.inner.describe_backup_policy(&call, input).await
    }

    async fn describe_file_system_policy(
        &self,
        call: &Call,
        input: DescribeFileSystemPolicyRequest,
    ) -> Result<FileSystemPolicyDescription, Fault> {
        let call = self
            .admit(call, Input::DescribeFileSystemPolicy(&input), 14, &input)
            .await?;
        self.inner.describe_file_system_policy(&call, input).await
    }

    async fn describe_file_systems(
        &self,
        call: &Call,
        input: DescribeFileSystemsRequest,
    ) -> Result<DescribeFileSystemsResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeFileSystems(&input), 15, &input)
            .await?;
        self.inner.describe_file_systems(&call, input).await
    }

    async fn describe_lifecycle_configuration(
        &self,
        call: &Call,
        input: DescribeLifecycleConfigurationRequest,
    ) -> Result<LifecycleConfigurationDescription, Fault> {
        let call = self
            .admit(
                call,
                Input::DescribeLifecycleConfiguration(&input),
                16,
                &input,
            )
            .await?;
        self.inner
            .describe_lifecycle_configuration(&call, input)
            .await
    }

    async fn describe_mount_target_security_groups(
        &self,
        call: &Call,
        input: DescribeMountTargetSecurityGroupsRequest,
    ) -> Result<DescribeMountTargetSecurityGroupsResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::DescribeMountTargetSecurityGroups(&input),
                17,
                &input,
            )
            .await?;
        self.inner
            .describe_mount_target_security_groups(&call, input)
            .await
    }

    async fn describe_mount_targets(
        &self,
        call: &Call,
        input: DescribeMountTargetsRequest,
    ) -> Result<DescribeMountTargetsResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeMountTargets(&input), 18, &input)
            .await?;
        self.inner.describe_mount_targets(&call, input).await
    }

    async fn describe_replication_configurations(
        &self,
        call: &Call,
        input: DescribeReplicationConfigurationsRequest,
    ) -> Result<DescribeReplicationConfigurationsResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::DescribeReplicationConfigurations(&input),
                19,
                &input,
            )
            .await?;
        self.inner
            .describe_replication_configurations(&call, input)
            .await
    }

    async fn describe_tags(
        &self,
        call: &Call,
        input: DescribeTagsRequest,
    ) -> Result<DescribeTagsResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeTags(&input), 20, &input)
            .await?;
        self.inner.describe_tags(&call, input).await
    }

    async fn list_tags_for_resource(
        &self,
        call: &Call,
        input: ListTagsForResourceRequest,
    ) -> Result<ListTagsForResourceResponse, Fault> {
        let call = self
            .admit(call, Input::ListTagsForResource(&input), 21, &input)
            .await?;
        self.inner.list_tags_for_resource(&call, input).await
    }

    async fn modify_mount_target_security_groups(
        &self,
        call: &Call,
        input: ModifyMountTargetSecurityGroupsRequest,
    ) -> Result<(), Fault> {
        let call = self
            .admit(
                call,
                Input::ModifyMountTargetSecurityGroups(&input),
                22,
                &input,
            )
            .await?;
        self.inner
            .modify_mount_target_security_groups(&call, input)
            .await
    }

    async fn put_account_preferences(
        &self,
        call: &Call,
        input: PutAccountPreferencesRequest,
    ) -> Result<PutAccountPreferencesResponse, Fault> {
        let call = self
            .admit(call, Input::PutAccountPreferences(&input), 23, &input)
            .await?;
        self.inner.put_account_preferences(&call, input).await
    }

    async fn put_backup_policy(
        &self,
        call: &Call,
        input: PutBackupPolicyRequest,
    ) -> Result<BackupPolicyDescription, Fault> {
        let call = self
            .admit(call, Input::PutBackupPolicy(&input), 24, &input)
            .await?;
        self.inner.put_backup_policy(&call, input).await
    }

    async fn put_file_system_policy(
        &self,
        call: &Call,
        input: PutFileSystemPolicyRequest,
    ) -> Result<FileSystemPolicyDescription, Fault> {
        let call = self
            .admit(call, Input::PutFileSystemPolicy(&input), 25, &input)
            .await?;
        self.inner.put_file_system_policy(&call, input).await
    }

    async fn put_lifecycle_configuration(
        &self,
        call: &Call,
        input: PutLifecycleConfigurationRequest,
    ) -> Result<LifecycleConfigurationDescription, Fault> {
        let call = self
            .admit(call, Input::PutLifecycleConfiguration(&input), 26, &input)
            .await?;
        self.inner.put_lifecycle_configuration(&call, input).await
    }

    async fn tag_resource(&self, call: &Call, input: TagResourceRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::TagResource(&input), 27, &input)
            .await?;
        self.inner.tag_resource(&call, input).await
    }

    async fn untag_resource(&self, call: &Call, input: UntagResourceRequest) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::UntagResource(&input), 28, &input)
            .await?;
        self.inner.untag_resource(&call, input).await
    }

    async fn update_file_system(
        &self,
        call: &Call,
        input: UpdateFileSystemRequest,
    ) -> Result<FileSystemDescription, Fault> {
        let call = self
            .admit(call, Input::UpdateFileSystem(&input), 29, &input)
            .await?;
        self.inner.update_file_system(&call, input).await
    }

    async fn update_file_system_protection(
        &self,
        call: &Call,
        input: UpdateFileSystemProtectionRequest,
    ) -> Result<FileSystemProtectionDescription, Fault> {
        let call = self
            .admit(call, Input::UpdateFileSystemProtection(&input), 30, &input)
            .await?;
        self.inner.update_file_system_protection(&call, input).await
    }
}
