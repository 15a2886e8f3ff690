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
    AttachInstances(&'a AttachInstancesQuery),
    AttachLoadBalancerTargetGroups(&'a AttachLoadBalancerTargetGroupsType),
    AttachLoadBalancers(&'a AttachLoadBalancersType),
    AttachTrafficSources(&'a AttachTrafficSourcesType),
    BatchDeleteScheduledAction(&'a BatchDeleteScheduledActionType),
    BatchPutScheduledUpdateGroupAction(&'a BatchPutScheduledUpdateGroupActionType),
    CancelInstanceRefresh(&'a CancelInstanceRefreshType),
    CompleteLifecycleAction(&'a CompleteLifecycleActionType),
    CreateAutoScalingGroup(&'a CreateAutoScalingGroupType),
    CreateLaunchConfiguration(&'a CreateLaunchConfigurationType),
    CreateOrUpdateTags(&'a CreateOrUpdateTagsType),
    DeleteAutoScalingGroup(&'a DeleteAutoScalingGroupType),
    DeleteLaunchConfiguration(&'a LaunchConfigurationNameType),
    DeleteLifecycleHook(&'a DeleteLifecycleHookType),
    DeleteNotificationConfiguration(&'a DeleteNotificationConfigurationType),
    DeletePolicy(&'a DeletePolicyType),
    DeleteScheduledAction(&'a DeleteScheduledActionType),
    DeleteTags(&'a DeleteTagsType),
    DeleteWarmPool(&'a DeleteWarmPoolType),
    DescribeAccountLimits(&'a ()),
    DescribeAccountSettings(&'a DescribeAccountSettingsType),
    DescribeAdjustmentTypes(&'a ()),
    DescribeAutoScalingGroups(&'a AutoScalingGroupNamesType),
    DescribeAutoScalingInstances(&'a DescribeAutoScalingInstancesType),
    DescribeAutoScalingNotificationTypes(&'a ()),
    DescribeInstanceRefreshes(&'a DescribeInstanceRefreshesType),
    DescribeLaunchConfigurations(&'a LaunchConfigurationNamesType),
    DescribeLifecycleHookTypes(&'a ()),
    DescribeLifecycleHooks(&'a DescribeLifecycleHooksType),
    DescribeLoadBalancerTargetGroups(&'a DescribeLoadBalancerTargetGroupsRequest),
    DescribeLoadBalancers(&'a DescribeLoadBalancersRequest),
    DescribeMetricCollectionTypes(&'a ()),
    DescribeNotificationConfigurations(&'a DescribeNotificationConfigurationsType),
    DescribePolicies(&'a DescribePoliciesType),
    DescribeScalingActivities(&'a DescribeScalingActivitiesType),
    DescribeScalingProcessTypes(&'a ()),
    DescribeScheduledActions(&'a DescribeScheduledActionsType),
    DescribeTags(&'a DescribeTagsType),
    DescribeTerminationPolicyTypes(&'a ()),
    DescribeTrafficSources(&'a DescribeTrafficSourcesRequest),
    DescribeWarmPool(&'a DescribeWarmPoolType),
    DetachInstances(&'a DetachInstancesQuery),
    DetachLoadBalancerTargetGroups(&'a DetachLoadBalancerTargetGroupsType),
    DetachLoadBalancers(&'a DetachLoadBalancersType),
    DetachTrafficSources(&'a DetachTrafficSourcesType),
    DisableMetricsCollection(&'a DisableMetricsCollectionQuery),
    EnableMetricsCollection(&'a EnableMetricsCollectionQuery),
    EnterStandby(&'a EnterStandbyQuery),
    ExecutePolicy(&'a ExecutePolicyType),
    ExitStandby(&'a ExitStandbyQuery),
    GetPredictiveScalingForecast(&'a GetPredictiveScalingForecastType),
    LaunchInstances(&'a LaunchInstancesRequest),
    PutAccountSetting(&'a PutAccountSettingType),
    PutLifecycleHook(&'a PutLifecycleHookType),
    PutNotificationConfiguration(&'a PutNotificationConfigurationType),
    PutScalingPolicy(&'a PutScalingPolicyType),
    PutScheduledUpdateGroupAction(&'a PutScheduledUpdateGroupActionType),
    PutWarmPool(&'a PutWarmPoolType),
    RecordLifecycleActionHeartbeat(&'a RecordLifecycleActionHeartbeatType),
    ResumeProcesses(&'a ScalingProcessQuery),
    RollbackInstanceRefresh(&'a RollbackInstanceRefreshType),
    SetDesiredCapacity(&'a SetDesiredCapacityType),
    SetInstanceHealth(&'a SetInstanceHealthQuery),
    SetInstanceProtection(&'a SetInstanceProtectionQuery),
    StartInstanceRefresh(&'a StartInstanceRefreshType),
    SuspendProcesses(&'a ScalingProcessQuery),
    TerminateInstanceInAutoScalingGroup(&'a TerminateInstanceInAutoScalingGroupType),
    UpdateAutoScalingGroup(&'a UpdateAutoScalingGroupType),
}

impl Input<'_> {
    /// The operation's name.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::AttachInstances(_) => "AttachInstances",
            Self::AttachLoadBalancerTargetGroups(_) => "AttachLoadBalancerTargetGroups",
            Self::AttachLoadBalancers(_) => "AttachLoadBalancers",
            Self::AttachTrafficSources(_) => "AttachTrafficSources",
            Self::BatchDeleteScheduledAction(_) => "BatchDeleteScheduledAction",
            Self::BatchPutScheduledUpdateGroupAction(_) => "BatchPutScheduledUpdateGroupAction",
            Self::CancelInstanceRefresh(_) => "CancelInstanceRefresh",
            Self::CompleteLifecycleAction(_) => "CompleteLifecycleAction",
            Self::CreateAutoScalingGroup(_) => "CreateAutoScalingGroup",
            Self::CreateLaunchConfiguration(_) => "CreateLaunchConfiguration",
            Self::CreateOrUpdateTags(_) => "CreateOrUpdateTags",
            Self::DeleteAutoScalingGroup(_) => "DeleteAutoScalingGroup",
            Self::DeleteLaunchConfiguration(_) => "DeleteLaunchConfiguration",
            Self::DeleteLifecycleHook(_) => "DeleteLifecycleHook",
            Self::DeleteNotificationConfiguration(_) => "DeleteNotificationConfiguration",
            Self::DeletePolicy(_) => "DeletePolicy",
            Self::DeleteScheduledAction(_) => "DeleteScheduledAction",
            Self::DeleteTags(_) => "DeleteTags",
            Self::DeleteWarmPool(_) => "DeleteWarmPool",
            Self::DescribeAccountLimits(_) => "DescribeAccountLimits",
            Self::DescribeAccountSettings(_) => "DescribeAccountSettings",
            Self::DescribeAdjustmentTypes(_) => "DescribeAdjustmentTypes",
            Self::DescribeAutoScalingGroups(_) => "DescribeAutoScalingGroups",
            Self::DescribeAutoScalingInstances(_) => "DescribeAutoScalingInstances",
            Self::DescribeAutoScalingNotificationTypes(_) => "DescribeAutoScalingNotificationTypes",
            Self::DescribeInstanceRefreshes(_) => "DescribeInstanceRefreshes",
            Self::DescribeLaunchConfigurations(_) => "DescribeLaunchConfigurations",
            Self::DescribeLifecycleHookTypes(_) => "DescribeLifecycleHookTypes",
            Self::DescribeLifecycleHooks(_) => "DescribeLifecycleHooks",
            Self::DescribeLoadBalancerTargetGroups(_) => "DescribeLoadBalancerTargetGroups",
            Self::DescribeLoadBalancers(_) => "DescribeLoadBalancers",
            Self::DescribeMetricCollectionTypes(_) => "DescribeMetricCollectionTypes",
            Self::DescribeNotificationConfigurations(_) => "DescribeNotificationConfigurations",
            Self::DescribePolicies(_) => "DescribePolicies",
            Self::DescribeScalingActivities(_) => "DescribeScalingActivities",
            Self::DescribeScalingProcessTypes(_) => "DescribeScalingProcessTypes",
            Self::DescribeScheduledActions(_) => "DescribeScheduledActions",
            Self::DescribeTags(_) => "DescribeTags",
            Self::DescribeTerminationPolicyTypes(_) => "DescribeTerminationPolicyTypes",
            Self::DescribeTrafficSources(_) => "DescribeTrafficSources",
            Self::DescribeWarmPool(_) => "DescribeWarmPool",
            Self::DetachInstances(_) => "DetachInstances",
            Self::DetachLoadBalancerTargetGroups(_) => "DetachLoadBalancerTargetGroups",
            Self::DetachLoadBalancers(_) => "DetachLoadBalancers",
            Self::DetachTrafficSources(_) => "DetachTrafficSources",
            Self::DisableMetricsCollection(_) => "DisableMetricsCollection",
            Self::EnableMetricsCollection(_) => "EnableMetricsCollection",
            Self::EnterStandby(_) => "EnterStandby",
            Self::ExecutePolicy(_) => "ExecutePolicy",
            Self::ExitStandby(_) => "ExitStandby",
            Self::GetPredictiveScalingForecast(_) => "GetPredictiveScalingForecast",
            Self::LaunchInstances(_) => "LaunchInstances",
            Self::PutAccountSetting(_) => "PutAccountSetting",
            Self::PutLifecycleHook(_) => "PutLifecycleHook",
            Self::PutNotificationConfiguration(_) => "PutNotificationConfiguration",
            Self::PutScalingPolicy(_) => "PutScalingPolicy",
            Self::PutScheduledUpdateGroupAction(_) => "PutScheduledUpdateGroupAction",
            Self::PutWarmPool(_) => "PutWarmPool",
            Self::RecordLifecycleActionHeartbeat(_) => "RecordLifecycleActionHeartbeat",
            Self::ResumeProcesses(_) => "ResumeProcesses",
            Self::RollbackInstanceRefresh(_) => "RollbackInstanceRefresh",
            Self::SetDesiredCapacity(_) => "SetDesiredCapacity",
            Self::SetInstanceHealth(_) => "SetInstanceHealth",
            Self::SetInstanceProtection(_) => "SetInstanceProtection",
            Self::StartInstanceRefresh(_) => "StartInstanceRefresh",
            Self::SuspendProcesses(_) => "SuspendProcesses",
            Self::TerminateInstanceInAutoScalingGroup(_) => "TerminateInstanceInAutoScalingGroup",
            Self::UpdateAutoScalingGroup(_) => "UpdateAutoScalingGroup",
        }
    }

    /// The IAM action of the same name.
    pub fn action(&self) -> String {
        format!("autoscaling:{}", self.operation())
    }
}

#[async_trait]
pub trait Autoscaling: Send + Sync + 'static {
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

    async fn attach_instances(
        &self,
        call: &Call,
        input: AttachInstancesQuery,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("autoscaling", "AttachInstances"))
    }

    async fn attach_load_balancer_target_groups(
        &self,
        call: &Call,
        input: AttachLoadBalancerTargetGroupsType,
    ) -> Result<AttachLoadBalancerTargetGroupsResultType, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "autoscaling",
            "AttachLoadBalancerTargetGroups",
        ))
    }

    async fn attach_load_balancers(
        &self,
        call: &Call,
        input: AttachLoadBalancersType,
    ) -> Result<AttachLoadBalancersResultType, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("autoscaling", "AttachLoadBalancers"))
    }

    async fn attach_traffic_sources(
        &self,
        call: &Call,
        input: AttachTrafficSourcesType,
    ) -> Result<AttachTrafficSourcesResultType, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("autoscaling", "AttachTrafficSources"))
    }

    async fn batch_delete_scheduled_action(
        &self,
        call: &Call,
        input: BatchDeleteScheduledActionType,
    ) -> Result<BatchDeleteScheduledActionAnswer, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "autoscaling",
            "BatchDeleteScheduledAction",
        ))
    }

    async fn batch_put_scheduled_update_group_action(
        &self,
        call: &Call,
        input: BatchPutScheduledUpdateGroupActionType,
    ) -> Result<BatchPutScheduledUpdateGroupActionAnswer, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "autoscaling",
            "BatchPutScheduledUpdateGroupAction",
        ))
    }

    async fn cancel_instance_refresh(
        &self,
        call: &Call,
        input: CancelInstanceRefreshType,
    ) -> Result<CancelInstanceRefreshAnswer, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("autoscaling", "CancelInstanceRefresh"))
    }

    async fn complete_lifecycle_action(
        &self,
        call: &Call,
        input: CompleteLifecycleActionType,
    ) -> Result<CompleteLifecycleActionAnswer, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("autoscaling", "CompleteLifecycleAction"))
    }

    async fn create_auto_scaling_group(
        &self,
        call: &Call,
        input: CreateAutoScalingGroupType,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("autoscaling", "CreateAutoScalingGroup"))
    }

    async fn create_launch_configuration(
        &self,
        call: &Call,
        input: CreateLaunchConfigurationType,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "autoscaling",
            "CreateLaunchConfiguration",
        ))
    }

    async fn create_or_update_tags(
        &self,
        call: &Call,
        input: CreateOrUpdateTagsType,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("autoscaling", "CreateOrUpdateTags"))
    }

    async fn delete_auto_scaling_group(
        &self,
        call: &Call,
        input: DeleteAutoScalingGroupType,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("autoscaling", "DeleteAutoScalingGroup"))
    }

    async fn delete_launch_configuration(
        &self,
        call: &Call,
        input: LaunchConfigurationNameType,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "autoscaling",
            "DeleteLaunchConfiguration",
        ))
    }

    async fn delete_lifecycle_hook(
        &self,
        call: &Call,
        input: DeleteLifecycleHookType,
    ) -> Result<DeleteLifecycleHookAnswer, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("autoscaling", "DeleteLifecycleHook"))
    }

    async fn delete_notification_configuration(
        &self,
        call: &Call,
        input: DeleteNotificationConfigurationType,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "autoscaling",
            "DeleteNotificationConfiguration",
        ))
    }

    async fn delete_policy(&self, call: &Call, input: DeletePolicyType) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("autoscaling", "DeletePolicy"))
    }

    async fn delete_scheduled_action(
        &self,
        call: &Call,
        input: DeleteScheduledActionType,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("autoscaling", "DeleteScheduledAction"))
    }

    async fn delete_tags(&self, call: &Call, input: DeleteTagsType) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("autoscaling", "DeleteTags"))
    }

    async fn delete_warm_pool(
        &self,
        call: &Call,
        input: DeleteWarmPoolType,
    ) -> Result<DeleteWarmPoolAnswer, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("autoscaling", "DeleteWarmPool"))
    }

    async fn describe_account_limits(
        &self,
        call: &Call,
        input: (),
    ) -> Result<DescribeAccountLimitsAnswer, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("autoscaling", "DescribeAccountLimits"))
    }

    async fn describe_account_settings(
        &self,
        call: &Call,
        input: DescribeAccountSettingsType,
    ) -> Result<DescribeAccountSettingsAnswer, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("autoscaling", "DescribeAccountSettings"))
    }

    async fn describe_adjustment_types(
        &self,
        call: &Call,
        input: (),
    ) -> Result<DescribeAdjustmentTypesAnswer, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("autoscaling", "DescribeAdjustmentTypes"))
    }

    async fn describe_auto_scaling_groups(
        &self,
        call: &Call,
        input: AutoScalingGroupNamesType,
    ) -> Result<AutoScalingGroupsType, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "autoscaling",
            "DescribeAutoScalingGroups",
        ))
    }

    async fn describe_auto_scaling_instances(
        &self,
        call: &Call,
        input: DescribeAutoScalingInstancesType,
    ) -> Result<AutoScalingInstancesType, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "autoscaling",
            "DescribeAutoScalingInstances",
        ))
    }

    async fn describe_auto_scaling_notification_types(
        &self,
        call: &Call,
        input: (),
    ) -> Result<DescribeAutoScalingNotificationTypesAnswer, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "autoscaling",
            "DescribeAutoScalingNotificationTypes",
        ))
    }

    async fn describe_instance_refreshes(
        &self,
        call: &Call,
        input: DescribeInstanceRefreshesType,
    ) -> Result<DescribeInstanceRefreshesAnswer, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "autoscaling",
            "DescribeInstanceRefreshes",
        ))
    }

    async fn describe_launch_configurations(
        &self,
        call: &Call,
        input: LaunchConfigurationNamesType,
    ) -> Result<LaunchConfigurationsType, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "autoscaling",
            "DescribeLaunchConfigurations",
        ))
    }

    async fn describe_lifecycle_hook_types(
        &self,
        call: &Call,
        input: (),
    ) -> Result<DescribeLifecycleHookTypesAnswer, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "autoscaling",
            "DescribeLifecycleHookTypes",
        ))
    }

    async fn describe_lifecycle_hooks(
        &self,
        call: &Call,
        input: DescribeLifecycleHooksType,
    ) -> Result<DescribeLifecycleHooksAnswer, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("autoscaling", "DescribeLifecycleHooks"))
    }

    async fn describe_load_balancer_target_groups(
        &self,
        call: &Call,
        input: DescribeLoadBalancerTargetGroupsRequest,
    ) -> Result<DescribeLoadBalancerTargetGroupsResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "autoscaling",
            "DescribeLoadBalancerTargetGroups",
        ))
    }

    async fn describe_load_balancers(
        &self,
        call: &Call,
        input: DescribeLoadBalancersRequest,
    ) -> Result<DescribeLoadBalancersResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("autoscaling", "DescribeLoadBalancers"))
    }

    async fn describe_metric_collection_types(
        &self,
        call: &Call,
        input: (),
    ) -> Result<DescribeMetricCollectionTypesAnswer, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "autoscaling",
            "DescribeMetricCollectionTypes",
        ))
    }

    async fn describe_notification_configurations(
        &self,
        call: &Call,
        input: DescribeNotificationConfigurationsType,
    ) -> Result<DescribeNotificationConfigurationsAnswer, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "autoscaling",
            "DescribeNotificationConfigurations",
        ))
    }

    async fn describe_policies(
        &self,
        call: &Call,
        input: DescribePoliciesType,
    ) -> Result<PoliciesType, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("autoscaling", "DescribePolicies"))
    }

    async fn describe_scaling_activities(
        &self,
        call: &Call,
        input: DescribeScalingActivitiesType,
    ) -> Result<ActivitiesType, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "autoscaling",
            "DescribeScalingActivities",
        ))
    }

    async fn describe_scaling_process_types(
        &self,
        call: &Call,
        input: (),
    ) -> Result<ProcessesType, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "autoscaling",
            "DescribeScalingProcessTypes",
        ))
    }

    async fn describe_scheduled_actions(
        &self,
        call: &Call,
        input: DescribeScheduledActionsType,
    ) -> Result<ScheduledActionsType, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "autoscaling",
            "DescribeScheduledActions",
        ))
    }

    async fn describe_tags(&self, call: &Call, input: DescribeTagsType) -> Result<TagsType, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("autoscaling", "DescribeTags"))
    }

    async fn describe_termination_policy_types(
        &self,
        call: &Call,
        input: (),
    ) -> Result<DescribeTerminationPolicyTypesAnswer, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "autoscaling",
            "DescribeTerminationPolicyTypes",
        ))
    }

    async fn describe_traffic_sources(
        &self,
        call: &Call,
        input: DescribeTrafficSourcesRequest,
    ) -> Result<DescribeTrafficSourcesResponse, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("autoscaling", "DescribeTrafficSources"))
    }

    async fn describe_warm_pool(
        &self,
        call: &Call,
        input: DescribeWarmPoolType,
    ) -> Result<DescribeWarmPoolAnswer, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("autoscaling", "DescribeWarmPool"))
    }

    async fn detach_instances(
        &self,
        call: &Call,
        input: DetachInstancesQuery,
    ) -> Result<DetachInstancesAnswer, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("autoscaling", "DetachInstances"))
    }

    async fn detach_load_balancer_target_groups(
        &self,
        call: &Call,
        input: DetachLoadBalancerTargetGroupsType,
    ) -> Result<DetachLoadBalancerTargetGroupsResultType, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "autoscaling",
            "DetachLoadBalancerTargetGroups",
        ))
    }

    async fn detach_load_balancers(
        &self,
        call: &Call,
        input: DetachLoadBalancersType,
    ) -> Result<DetachLoadBalancersResultType, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("autoscaling", "DetachLoadBalancers"))
    }

    async fn detach_traffic_sources(
        &self,
        call: &Call,
        input: DetachTrafficSourcesType,
    ) -> Result<DetachTrafficSourcesResultType, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("autoscaling", "DetachTrafficSources"))
    }

    async fn disable_metrics_collection(
        &self,
        call: &Call,
        input: DisableMetricsCollectionQuery,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "autoscaling",
            "DisableMetricsCollection",
        ))
    }

    async fn enable_metrics_collection(
        &self,
        call: &Call,
        input: EnableMetricsCollectionQuery,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("autoscaling", "EnableMetricsCollection"))
    }

    async fn enter_standby(
        &self,
        call: &Call,
        input: EnterStandbyQuery,
    ) -> Result<EnterStandbyAnswer, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("autoscaling", "EnterStandby"))
    }

    async fn execute_policy(&self, call: &Call, input: ExecutePolicyType) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("autoscaling", "ExecutePolicy"))
    }

    async fn exit_standby(
        &self,
        call: &Call,
        input: ExitStandbyQuery,
    ) -> Result<ExitStandbyAnswer, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("autoscaling", "ExitStandby"))
    }

    async fn get_predictive_scaling_forecast(
        &self,
        call: &Call,
        input: GetPredictiveScalingForecastType,
    ) -> Result<GetPredictiveScalingForecastAnswer, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "autoscaling",
            "GetPredictiveScalingForecast",
        ))
    }

    async fn launch_instances(
        &self,
        call: &Call,
        input: LaunchInstancesRequest,
    ) -> Result<LaunchInstancesResult, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("autoscaling", "LaunchInstances"))
    }

    async fn put_account_setting(
        &self,
        call: &Call,
        input: PutAccountSettingType,
    ) -> Result<PutAccountSettingAnswer, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("autoscaling", "PutAccountSetting"))
    }

    async fn put_lifecycle_hook(
        &self,
        call: &Call,
        input: PutLifecycleHookType,
    ) -> Result<PutLifecycleHookAnswer, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("autoscaling", "PutLifecycleHook"))
    }

    async fn put_notification_configuration(
        &self,
        call: &Call,
        input: PutNotificationConfigurationType,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "autoscaling",
            "PutNotificationConfiguration",
        ))
    }

    async fn put_scaling_policy(
        &self,
        call: &Call,
        input: PutScalingPolicyType,
    ) -> Result<PolicyARNType, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("autoscaling", "PutScalingPolicy"))
    }

    async fn put_scheduled_update_group_action(
        &self,
        call: &Call,
        input: PutScheduledUpdateGroupActionType,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "autoscaling",
            "PutScheduledUpdateGroupAction",
        ))
    }

    async fn put_warm_pool(
        &self,
        call: &Call,
        input: PutWarmPoolType,
    ) -> Result<PutWarmPoolAnswer, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("autoscaling", "PutWarmPool"))
    }

    async fn record_lifecycle_action_heartbeat(
        &self,
        call: &Call,
        input: RecordLifecycleActionHeartbeatType,
    ) -> Result<RecordLifecycleActionHeartbeatAnswer, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "autoscaling",
            "RecordLifecycleActionHeartbeat",
        ))
    }

    async fn resume_processes(&self, call: &Call, input: ScalingProcessQuery) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("autoscaling", "ResumeProcesses"))
    }

    async fn rollback_instance_refresh(
        &self,
        call: &Call,
        input: RollbackInstanceRefreshType,
    ) -> Result<RollbackInstanceRefreshAnswer, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("autoscaling", "RollbackInstanceRefresh"))
    }

    async fn set_desired_capacity(
        &self,
        call: &Call,
        input: SetDesiredCapacityType,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("autoscaling", "SetDesiredCapacity"))
    }

    async fn set_instance_health(
        &self,
        call: &Call,
        input: SetInstanceHealthQuery,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("autoscaling", "SetInstanceHealth"))
    }

    async fn set_instance_protection(
        &self,
        call: &Call,
        input: SetInstanceProtectionQuery,
    ) -> Result<SetInstanceProtectionAnswer, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("autoscaling", "SetInstanceProtection"))
    }

    async fn start_instance_refresh(
        &self,
        call: &Call,
        input: StartInstanceRefreshType,
    ) -> Result<StartInstanceRefreshAnswer, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("autoscaling", "StartInstanceRefresh"))
    }

    async fn suspend_processes(
        &self,
        call: &Call,
        input: ScalingProcessQuery,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("autoscaling", "SuspendProcesses"))
    }

    async fn terminate_instance_in_auto_scaling_group(
        &self,
        call: &Call,
        input: TerminateInstanceInAutoScalingGroupType,
    ) -> Result<ActivityType, Fault> {
        let _ = (call, input);
        Err(Fault::unsupported(
            "autoscaling",
            "TerminateInstanceInAutoScalingGroup",
        ))
    }

    async fn update_auto_scaling_group(
        &self,
        call: &Call,
        input: UpdateAutoScalingGroupType,
    ) -> Result<(), Fault> {
        let _ = (call, input);
        Err(Fault::unsupported("autoscaling", "UpdateAutoScalingGroup"))
    }
}

/// Joins an implementation to the dispatcher.
pub struct Routes(pub Arc<dyn Autoscaling>);

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
            0 => Box::new(AttachInstancesQuery::default()),
            1 => Box::new(AttachLoadBalancerTargetGroupsType::default()),
            2 => Box::new(AttachLoadBalancersType::default()),
            3 => Box::new(AttachTrafficSourcesType::default()),
            4 => Box::new(BatchDeleteScheduledActionType::default()),
            5 => Box::new(BatchPutScheduledUpdateGroupActionType::default()),
            6 => Box::new(CancelInstanceRefreshType::default()),
            7 => Box::new(CompleteLifecycleActionType::default()),
            8 => Box::new(CreateAutoScalingGroupType::default()),
            9 => Box::new(CreateLaunchConfigurationType::default()),
            10 => Box::new(CreateOrUpdateTagsType::default()),
            11 => Box::new(DeleteAutoScalingGroupType::default()),
            12 => Box::new(LaunchConfigurationNameType::default()),
            13 => Box::new(DeleteLifecycleHookType::default()),
            14 => Box::new(DeleteNotificationConfigurationType::default()),
            15 => Box::new(DeletePolicyType::default()),
            16 => Box::new(DeleteScheduledActionType::default()),
            17 => Box::new(DeleteTagsType::default()),
            18 => Box::new(DeleteWarmPoolType::default()),
            20 => Box::new(DescribeAccountSettingsType::default()),
            22 => Box::new(AutoScalingGroupNamesType::default()),
            23 => Box::new(DescribeAutoScalingInstancesType::default()),
            25 => Box::new(DescribeInstanceRefreshesType::default()),
            26 => Box::new(LaunchConfigurationNamesType::default()),
            28 => Box::new(DescribeLifecycleHooksType::default()),
            29 => Box::new(DescribeLoadBalancerTargetGroupsRequest::default()),
            30 => Box::new(DescribeLoadBalancersRequest::default()),
            32 => Box::new(DescribeNotificationConfigurationsType::default()),
            33 => Box::new(DescribePoliciesType::default()),
            34 => Box::new(DescribeScalingActivitiesType::default()),
            36 => Box::new(DescribeScheduledActionsType::default()),
            37 => Box::new(DescribeTagsType::default()),
            39 => Box::new(DescribeTrafficSourcesRequest::default()),
            40 => Box::new(DescribeWarmPoolType::default()),
            41 => Box::new(DetachInstancesQuery::default()),
            42 => Box::new(DetachLoadBalancerTargetGroupsType::default()),
            43 => Box::new(DetachLoadBalancersType::default()),
            44 => Box::new(DetachTrafficSourcesType::default()),
            45 => Box::new(DisableMetricsCollectionQuery::default()),
            46 => Box::new(EnableMetricsCollectionQuery::default()),
            47 => Box::new(EnterStandbyQuery::default()),
            48 => Box::new(ExecutePolicyType::default()),
            49 => Box::new(ExitStandbyQuery::default()),
            50 => Box::new(GetPredictiveScalingForecastType::default()),
            51 => Box::new(LaunchInstancesRequest::default()),
            52 => Box::new(PutAccountSettingType::default()),
            53 => Box::new(PutLifecycleHookType::default()),
            54 => Box::new(PutNotificationConfigurationType::default()),
            55 => Box::new(PutScalingPolicyType::default()),
            56 => Box::new(PutScheduledUpdateGroupActionType::default()),
            57 => Box::new(PutWarmPoolType::default()),
            58 => Box::new(RecordLifecycleActionHeartbeatType::default()),
            59 => Box::new(ScalingProcessQuery::default()),
            60 => Box::new(RollbackInstanceRefreshType::default()),
            61 => Box::new(SetDesiredCapacityType::default()),
            62 => Box::new(SetInstanceHealthQuery::default()),
            63 => Box::new(SetInstanceProtectionQuery::default()),
            64 => Box::new(StartInstanceRefreshType::default()),
            65 => Box::new(ScalingProcessQuery::default()),
            66 => Box::new(TerminateInstanceInAutoScalingGroupType::default()),
            67 => Box::new(UpdateAutoScalingGroupType::default()),
            _ => Box::new(()),
        }
    }

    fn output(&self, operation: usize) -> Box<dyn Payload> {
        match operation {
            1 => Box::new(AttachLoadBalancerTargetGroupsResultType::default()),
            2 => Box::new(AttachLoadBalancersResultType::default()),
            3 => Box::new(AttachTrafficSourcesResultType::default()),
            4 => Box::new(BatchDeleteScheduledActionAnswer::default()),
            5 => Box::new(BatchPutScheduledUpdateGroupActionAnswer::default()),
            6 => Box::new(CancelInstanceRefreshAnswer::default()),
            7 => Box::new(CompleteLifecycleActionAnswer::default()),
            13 => Box::new(DeleteLifecycleHookAnswer::default()),
            18 => Box::new(DeleteWarmPoolAnswer::default()),
            19 => Box::new(DescribeAccountLimitsAnswer::default()),
            20 => Box::new(DescribeAccountSettingsAnswer::default()),
            21 => Box::new(DescribeAdjustmentTypesAnswer::default()),
            22 => Box::new(AutoScalingGroupsType::default()),
            23 => Box::new(AutoScalingInstancesType::default()),
            24 => Box::new(DescribeAutoScalingNotificationTypesAnswer::default()),
            25 => Box::new(DescribeInstanceRefreshesAnswer::default()),
            26 => Box::new(LaunchConfigurationsType::default()),
            27 => Box::new(DescribeLifecycleHookTypesAnswer::default()),
            28 => Box::new(DescribeLifecycleHooksAnswer::default()),
            29 => Box::new(DescribeLoadBalancerTargetGroupsResponse::default()),
            30 => Box::new(DescribeLoadBalancersResponse::default()),
            31 => Box::new(DescribeMetricCollectionTypesAnswer::default()),
            32 => Box::new(DescribeNotificationConfigurationsAnswer::default()),
            33 => Box::new(PoliciesType::default()),
            34 => Box::new(ActivitiesType::default()),
            35 => Box::new(ProcessesType::default()),
            36 => Box::new(ScheduledActionsType::default()),
            37 => Box::new(TagsType::default()),
            38 => Box::new(DescribeTerminationPolicyTypesAnswer::default()),
            39 => Box::new(DescribeTrafficSourcesResponse::default()),
            40 => Box::new(DescribeWarmPoolAnswer::default()),
            41 => Box::new(DetachInstancesAnswer::default()),
            42 => Box::new(DetachLoadBalancerTargetGroupsResultType::default()),
            43 => Box::new(DetachLoadBalancersResultType::default()),
            44 => Box::new(DetachTrafficSourcesResultType::default()),
            47 => Box::new(EnterStandbyAnswer::default()),
            49 => Box::new(ExitStandbyAnswer::default()),
            50 => Box::new(GetPredictiveScalingForecastAnswer::default()),
            51 => Box::new(LaunchInstancesResult::default()),
            52 => Box::new(PutAccountSettingAnswer::default()),
            53 => Box::new(PutLifecycleHookAnswer::default()),
            55 => Box::new(PolicyARNType::default()),
            57 => Box::new(PutWarmPoolAnswer::default()),
            58 => Box::new(RecordLifecycleActionHeartbeatAnswer::default()),
            60 => Box::new(RollbackInstanceRefreshAnswer::default()),
            63 => Box::new(SetInstanceProtectionAnswer::default()),
            64 => Box::new(StartInstanceRefreshAnswer::default()),
            66 => Box::new(ActivityType::default()),
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
            0 => Input::AttachInstances(borrowed(input)),
            1 => Input::AttachLoadBalancerTargetGroups(borrowed(input)),
            2 => Input::AttachLoadBalancers(borrowed(input)),
            3 => Input::AttachTrafficSources(borrowed(input)),
            4 => Input::BatchDeleteScheduledAction(borrowed(input)),
            5 => Input::BatchPutScheduledUpdateGroupAction(borrowed(input)),
            6 => Input::CancelInstanceRefresh(borrowed(input)),
            7 => Input::CompleteLifecycleAction(borrowed(input)),
            8 => Input::CreateAutoScalingGroup(borrowed(input)),
            9 => Input::CreateLaunchConfiguration(borrowed(input)),
            10 => Input::CreateOrUpdateTags(borrowed(input)),
            11 => Input::DeleteAutoScalingGroup(borrowed(input)),
            12 => Input::DeleteLaunchConfiguration(borrowed(input)),
            13 => Input::DeleteLifecycleHook(borrowed(input)),
            14 => Input::DeleteNotificationConfiguration(borrowed(input)),
            15 => Input::DeletePolicy(borrowed(input)),
            16 => Input::DeleteScheduledAction(borrowed(input)),
            17 => Input::DeleteTags(borrowed(input)),
            18 => Input::DeleteWarmPool(borrowed(input)),
            19 => Input::DescribeAccountLimits(borrowed(input)),
            20 => Input::DescribeAccountSettings(borrowed(input)),
            21 => Input::DescribeAdjustmentTypes(borrowed(input)),
            22 => Input::DescribeAutoScalingGroups(borrowed(input)),
            23 => Input::DescribeAutoScalingInstances(borrowed(input)),
            24 => Input::DescribeAutoScalingNotificationTypes(borrowed(input)),
            25 => Input::DescribeInstanceRefreshes(borrowed(input)),
            26 => Input::DescribeLaunchConfigurations(borrowed(input)),
            27 => Input::DescribeLifecycleHookTypes(borrowed(input)),
            28 => Input::DescribeLifecycleHooks(borrowed(input)),
            29 => Input::DescribeLoadBalancerTargetGroups(borrowed(input)),
            30 => Input::DescribeLoadBalancers(borrowed(input)),
            31 => Input::DescribeMetricCollectionTypes(borrowed(input)),
            32 => Input::DescribeNotificationConfigurations(borrowed(input)),
            33 => Input::DescribePolicies(borrowed(input)),
            34 => Input::DescribeScalingActivities(borrowed(input)),
            35 => Input::DescribeScalingProcessTypes(borrowed(input)),
            36 => Input::DescribeScheduledActions(borrowed(input)),
            37 => Input::DescribeTags(borrowed(input)),
            38 => Input::DescribeTerminationPolicyTypes(borrowed(input)),
            39 => Input::DescribeTrafficSources(borrowed(input)),
            40 => Input::DescribeWarmPool(borrowed(input)),
            41 => Input::DetachInstances(borrowed(input)),
            42 => Input::DetachLoadBalancerTargetGroups(borrowed(input)),
            43 => Input::DetachLoadBalancers(borrowed(input)),
            44 => Input::DetachTrafficSources(borrowed(input)),
            45 => Input::DisableMetricsCollection(borrowed(input)),
            46 => Input::EnableMetricsCollection(borrowed(input)),
            47 => Input::EnterStandby(borrowed(input)),
            48 => Input::ExecutePolicy(borrowed(input)),
            49 => Input::ExitStandby(borrowed(input)),
            50 => Input::GetPredictiveScalingForecast(borrowed(input)),
            51 => Input::LaunchInstances(borrowed(input)),
            52 => Input::PutAccountSetting(borrowed(input)),
            53 => Input::PutLifecycleHook(borrowed(input)),
            54 => Input::PutNotificationConfiguration(borrowed(input)),
            55 => Input::PutScalingPolicy(borrowed(input)),
            56 => Input::PutScheduledUpdateGroupAction(borrowed(input)),
            57 => Input::PutWarmPool(borrowed(input)),
            58 => Input::RecordLifecycleActionHeartbeat(borrowed(input)),
            59 => Input::ResumeProcesses(borrowed(input)),
            60 => Input::RollbackInstanceRefresh(borrowed(input)),
            61 => Input::SetDesiredCapacity(borrowed(input)),
            62 => Input::SetInstanceHealth(borrowed(input)),
            63 => Input::SetInstanceProtection(borrowed(input)),
            64 => Input::StartInstanceRefresh(borrowed(input)),
            65 => Input::SuspendProcesses(borrowed(input)),
            66 => Input::TerminateInstanceInAutoScalingGroup(borrowed(input)),
            67 => Input::UpdateAutoScalingGroup(borrowed(input)),
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
            0 => Box::new(self.0.attach_instances(call, typed(input)).await?),
            1 => Box::new(
                self.0
                    .attach_load_balancer_target_groups(call, typed(input))
                    .await?,
            ),
            2 => Box::new(self.0.attach_load_balancers(call, typed(input)).await?),
            3 => Box::new(self.0.attach_traffic_sources(call, typed(input)).await?),
            4 => Box::new(
                self.0
                    .batch_delete_scheduled_action(call, typed(input))
                    .await?,
            ),
            5 => Box::new(
                self.0
                    .batch_put_scheduled_update_group_action(call, typed(input))
                    .await?,
            ),
            6 => Box::new(self.0.cancel_instance_refresh(call, typed(input)).await?),
            7 => Box::new(self.0.complete_lifecycle_action(call, typed(input)).await?),
            8 => Box::new(self.0.create_auto_scaling_group(call, typed(input)).await?),
            9 => Box::new(
                self.0
                    .create_launch_configuration(call, typed(input))
                    .await?,
            ),
            10 => Box::new(self.0.create_or_update_tags(call, typed(input)).await?),
            11 => Box::new(self.0.delete_auto_scaling_group(call, typed(input)).await?),
            12 => Box::new(
                self.0
                    .delete_launch_configuration(call, typed(input))
                    .await?,
            ),
            13 => Box::new(self.0.delete_lifecycle_hook(call, typed(input)).await?),
            14 => Box::new(
                self.0
                    .delete_notification_configuration(call, typed(input))
                    .await?,
            ),
            15 => Box::new(self.0.delete_policy(call, typed(input)).await?),
            16 => Box::new(self.0.delete_scheduled_action(call, typed(input)).await?),
            17 => Box::new(self.0.delete_tags(call, typed(input)).await?),
            18 => Box::new(self.0.delete_warm_pool(call, typed(input)).await?),
            19 => Box::new(self.0.describe_account_limits(call, typed(input)).await?),
            20 => Box::new(self.0.describe_account_settings(call, typed(input)).await?),
            21 => Box::new(self.0.describe_adjustment_types(call, typed(input)).await?),
            22 => Box::new(
                self.0
                    .describe_auto_scaling_groups(call, typed(input))
                    .await?,
            ),
            23 => Box::new(
                self.0
                    .describe_auto_scaling_instances(call, typed(input))
                    .await?,
            ),
            24 => Box::new(
                self.0
                    .describe_auto_scaling_notification_types(call, typed(input))
                    .await?,
            ),
            25 => Box::new(
                self.0
                    .describe_instance_refreshes(call, typed(input))
                    .await?,
            ),
            26 => Box::new(
                self.0
                    .describe_launch_configurations(call, typed(input))
                    .await?,
            ),
            27 => Box::new(
                self.0
                    .describe_lifecycle_hook_types(call, typed(input))
                    .await?,
            ),
            28 => Box::new(self.0.describe_lifecycle_hooks(call, typed(input)).await?),
            29 => Box::new(
                self.0
                    .describe_load_balancer_target_groups(call, typed(input))
                    .await?,
            ),
            30 => Box::new(self.0.describe_load_balancers(call, typed(input)).await?),
            31 => Box::new(
                self.0
                    .describe_metric_collection_types(call, typed(input))
                    .await?,
            ),
            32 => Box::new(
                self.0
                    .describe_notification_configurations(call, typed(input))
                    .await?,
            ),
            33 => Box::new(self.0.describe_policies(call, typed(input)).await?),
            34 => Box::new(
                self.0
                    .describe_scaling_activities(call, typed(input))
                    .await?,
            ),
            35 => Box::new(
                self.0
                    .describe_scaling_process_types(call, typed(input))
                    .await?,
            ),
            36 => Box::new(
                self.0
                    .describe_scheduled_actions(call, typed(input))
                    .await?,
            ),
            37 => Box::new(self.0.describe_tags(call, typed(input)).await?),
            38 => Box::new(
                self.0
                    .describe_termination_policy_types(call, typed(input))
                    .await?,
            ),
            39 => Box::new(self.0.describe_traffic_sources(call, typed(input)).await?),
            40 => Box::new(self.0.describe_warm_pool(call, typed(input)).await?),
            41 => Box::new(self.0.detach_instances(call, typed(input)).await?),
            42 => Box::new(
                self.0
                    .detach_load_balancer_target_groups(call, typed(input))
                    .await?,
            ),
            43 => Box::new(self.0.detach_load_balancers(call, typed(input)).await?),
            44 => Box::new(self.0.detach_traffic_sources(call, typed(input)).await?),
            45 => Box::new(
                self.0
                    .disable_metrics_collection(call, typed(input))
                    .await?,
            ),
            46 => Box::new(self.0.enable_metrics_collection(call, typed(input)).await?),
            47 => Box::new(self.0.enter_standby(call, typed(input)).await?),
            48 => Box::new(self.0.execute_policy(call, typed(input)).await?),
            49 => Box::new(self.0.exit_standby(call, typed(input)).await?),
            50 => Box::new(
                self.0
                    .get_predictive_scaling_forecast(call, typed(input))
                    .await?,
            ),
            51 => Box::new(self.0.launch_instances(call, typed(input)).await?),
            52 => Box::new(self.0.put_account_setting(call, typed(input)).await?),
            53 => Box::new(self.0.put_lifecycle_hook(call, typed(input)).await?),
            54 => Box::new(
                self.0
                    .put_notification_configuration(call, typed(input))
                    .await?,
            ),
            55 => Box::new(self.0.put_scaling_policy(call, typed(input)).await?),
            56 => Box::new(
                self.0
                    .put_scheduled_update_group_action(call, typed(input))
                    .await?,
            ),
            57 => Box::new(self.0.put_warm_pool(call, typed(input)).await?),
            58 => Box::new(
                self.0
                    .record_lifecycle_action_heartbeat(call, typed(input))
                    .await?,
            ),
            59 => Box::new(self.0.resume_processes(call, typed(input)).await?),
            60 => Box::new(self.0.rollback_instance_refresh(call, typed(input)).await?),
            61 => Box::new(self.0.set_desired_capacity(call, typed(input)).await?),
            62 => Box::new(self.0.set_instance_health(call, typed(input)).await?),
            63 => Box::new(self.0.set_instance_protection(call, typed(input)).await?),
            64 => Box::new(self.0.start_instance_refresh(call, typed(input)).await?),
            65 => Box::new(self.0.suspend_processes(call, typed(input)).await?),
            66 => Box::new(
                self.0
                    .terminate_instance_in_auto_scaling_group(call, typed(input))
                    .await?,
            ),
            67 => Box::new(self.0.update_auto_scaling_group(call, typed(input)).await?),
            _ => unreachable!("operations are numbered by the schema"),
        }))
    }
}

/// Calls the service in process, past the same gate as calls from outside.
#[derive(Clone)]
pub struct Client {
    inner: Arc<dyn Autoscaling>,
    dispatcher: Dispatcher,
}

impl Client {
    pub fn new(inner: Arc<dyn Autoscaling>, dispatcher: Dispatcher) -> Self {
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
impl Autoscaling for Client {
    async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
        self.inner.authorize(cx, input).await
    }

    async fn attach_instances(
        &self,
        call: &Call,
        input: AttachInstancesQuery,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::AttachInstances(&input), 0, &input)
            .await?;
        self.inner.attach_instances(&call, input).await
    }

    async fn attach_load_balancer_target_groups(
        &self,
        call: &Call,
        input: AttachLoadBalancerTargetGroupsType,
    ) -> Result<AttachLoadBalancerTargetGroupsResultType, Fault> {
        let call = self
            .admit(
                call,
                Input::AttachLoadBalancerTargetGroups(&input),
                1,
                &input,
            )
            .await?;
        self.inner
            .attach_load_balancer_target_groups(&call, input)
            .await
    }

    async fn attach_load_balancers(
        &self,
        call: &Call,
        input: AttachLoadBalancersType,
    ) -> Result<AttachLoadBalancersResultType, Fault> {
        let call = self
            .admit(call, Input::AttachLoadBalancers(&input), 2, &input)
            .await?;
        self.inner.attach_load_balancers(&call, input).await
    }

    async fn attach_traffic_sources(
        &self,
        call: &Call,
        input: AttachTrafficSourcesType,
    ) -> Result<AttachTrafficSourcesResultType, Fault> {
        let call = self
            .admit(call, Input::AttachTrafficSources(&input), 3, &input)
            .await?;
        self.inner.attach_traffic_sources(&call, input).await
    }

    async fn batch_delete_scheduled_action(
        &self,
        call: &Call,
        input: BatchDeleteScheduledActionType,
    ) -> Result<BatchDeleteScheduledActionAnswer, Fault> {
        let call = self
            .admit(call, Input::BatchDeleteScheduledAction(&input), 4, &input)
            .await?;
        self.inner.batch_delete_scheduled_action(&call, input).await
    }

    async fn batch_put_scheduled_update_group_action(
        &self,
        call: &Call,
        input: BatchPutScheduledUpdateGroupActionType,
    ) -> Result<BatchPutScheduledUpdateGroupActionAnswer, Fault> {
        let call = self
            .admit(
                call,
                Input::BatchPutScheduledUpdateGroupAction(&input),
                5,
                &input,
            )
            .await?;
        self.inner
            .batch_put_scheduled_update_group_action(&call, input)
            .await
    }

    async fn cancel_instance_refresh(
        &self,
        call: &Call,
        input: CancelInstanceRefreshType,
    ) -> Result<CancelInstanceRefreshAnswer, Fault> {
        let call = self
            .admit(call, Input::CancelInstanceRefresh(&input), 6, &input)
            .await?;
        self.inner.cancel_instance_refresh(&call, input).await
    }

    async fn complete_lifecycle_action(
        &self,
        call: &Call,
        input: CompleteLifecycleActionType,
    ) -> Result<CompleteLifecycleActionAnswer, Fault> {
        let call = self
            .admit(call, Input::CompleteLifecycleAction(&input), 7, &input)
            .await?;
        self.inner.complete_lifecycle_action(&call, input).await
    }

    async fn create_auto_scaling_group(
        &self,
        call: &Call,
        input: CreateAutoScalingGroupType,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::CreateAutoScalingGroup(&input), 8, &input)
            .await?;
        self.inner.create_auto_scaling_group(&call, input).await
    }

    async fn create_launch_configuration(
        &self,
        call: &Call,
        input: CreateLaunchConfigurationType,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::CreateLaunchConfiguration(&input), 9, &input)
            .await?;
        self.inner.create_launch_configuration(&call, input).await
    }

    async fn create_or_update_tags(
        &self,
        call: &Call,
        input: CreateOrUpdateTagsType,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::CreateOrUpdateTags(&input), 10, &input)
            .await?;
        self.inner.create_or_update_tags(&call, input).await
    }

    async fn delete_auto_scaling_group(
        &self,
        call: &Call,
        input: DeleteAutoScalingGroupType,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteAutoScalingGroup(&input), 11, &input)
            .await?;
        self.inner.delete_auto_scaling_group(&call, input).await
    }

    async fn delete_launch_configuration(
        &self,
        call: &Call,
        input: LaunchConfigurationNameType,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteLaunchConfiguration(&input), 12, &input)
            .await?;
        self.inner.delete_launch_configuration(&call, input).await
    }

    async fn delete_lifecycle_hook(
        &self,
        call: &Call,
        input: DeleteLifecycleHookType,
    ) -> Result<DeleteLifecycleHookAnswer, Fault> {
        let call = self
            .admit(call, Input::DeleteLifecycleHook(&input), 13, &input)
            .await?;
        self.inner.delete_lifecycle_hook(&call, input).await
    }

    async fn delete_notification_configuration(
        &self,
        call: &Call,
        input: DeleteNotificationConfigurationType,
    ) -> Result<(), Fault> {
        let call = self
            .admit(
                call,
                Input::DeleteNotificationConfiguration(&input),
                14,
                &input,
            )
            .await?;
        self.inner
            .delete_notification_configuration(&call, input)
            .await
    }

    async fn delete_policy(&self, call: &Call, input: DeletePolicyType) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeletePolicy(&input), 15, &input)
            .await?;
        self.inner.delete_policy(&call, input).await
    }

    async fn delete_scheduled_action(
        &self,
        call: &Call,
        input: DeleteScheduledActionType,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteScheduledAction(&input), 16, &input)
            .await?;
        self.inner.delete_scheduled_action(&call, input).await
    }

    async fn delete_tags(&self, call: &Call, input: DeleteTagsType) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DeleteTags(&input), 17, &input)
            .await?;
        self.inner.delete_tags(&call, input).await
    }

    async fn delete_warm_pool(
        &self,
        call: &Call,
        input: DeleteWarmPoolType,
    ) -> Result<DeleteWarmPoolAnswer, Fault> {
        let call = self
            .admit(call, Input::DeleteWarmPool(&input), 18, &input)
            .await?;
        self.inner.delete_warm_pool(&call, input).await
    }

    async fn describe_account_limits(
        &self,
        call: &Call,
        input: (),
    ) -> Result<DescribeAccountLimitsAnswer, Fault> {
        let call = self
            .admit(call, Input::DescribeAccountLimits(&input), 19, &input)
            .await?;
        self.inner.describe_account_limits(&call, input).await
    }

    async fn describe_account_settings(
        &self,
        call: &Call,
        input: DescribeAccountSettingsType,
    ) -> Result<DescribeAccountSettingsAnswer, Fault> {
        let call = self
            .admit(call, Input::DescribeAccountSettings(&input), 20, &input)
            .await?;
        self.inner.describe_account_settings(&call, input).await
    }

    async fn describe_adjustment_types(
        &self,
        call: &Call,
        input: (),
    ) -> Result<DescribeAdjustmentTypesAnswer, Fault> {
        let call = self
            .admit(call, Input::DescribeAdjustmentTypes(&input), 21, &input)
            .await?;
        self.inner.describe_adjustment_types(&call, input).await
    }

    async fn describe_auto_scaling_groups(
        &self,
        call: &Call,
        input: AutoScalingGroupNamesType,
    ) -> Result<AutoScalingGroupsType, Fault> {
        let call = self
            .admit(call, Input::DescribeAutoScalingGroups(&input), 22, &input)
            .await?;
        self.inner.describe_auto_scaling_groups(&call, input).await
    }

    async fn describe_auto_scaling_instances(
        &self,
        call: &Call,
        input: DescribeAutoScalingInstancesType,
    ) -> Result<AutoScalingInstancesType, Fault> {
        let call = self
            .admit(
                call,
                Input::DescribeAutoScalingInstances(&input),
                23,
                &input,
            )
            .await?;
        self.inner
            .describe_auto_scaling_instances(&call, input)
            .await
    }

    async fn describe_auto_scaling_notification_types(
        &self,
        call: &Call,
        input: (),
    ) -> Result<DescribeAutoScalingNotificationTypesAnswer, Fault> {
        let call = self
            .admit(
                call,
                Input::DescribeAutoScalingNotificationTypes(&input),
                24,
                &input,
            )
            .await?;
        self.inner
            .describe_auto_scaling_notification_types(&call, input)
            .await
    }

    async fn describe_instance_refreshes(
        &self,
        call: &Call,
        input: DescribeInstanceRefreshesType,
    ) -> Result<DescribeInstanceRefreshesAnswer, Fault> {
        let call = self
            .admit(call, Input::DescribeInstanceRefreshes(&input), 25, &input)
            .await?;
        self.inner.describe_instance_refreshes(&call, input).await
    }

    async fn describe_launch_configurations(
        &self,
        call: &Call,
        input: LaunchConfigurationNamesType,
    ) -> Result<LaunchConfigurationsType, Fault> {
        let call = self
            .admit(
                call,
                Input::DescribeLaunchConfigurations(&input),
                26,
                &input,
            )
            .await?;
        self.inner
            .describe_launch_configurations(&call, input)
            .await
    }

    async fn describe_lifecycle_hook_types(
        &self,
        call: &Call,
        input: (),
    ) -> Result<DescribeLifecycleHookTypesAnswer, Fault> {
        let call = self
            .admit(call, Input::DescribeLifecycleHookTypes(&input), 27, &input)
            .await?;
        self.inner.describe_lifecycle_hook_types(&call, input).await
    }

    async fn describe_lifecycle_hooks(
        &self,
        call: &Call,
        input: DescribeLifecycleHooksType,
    ) -> Result<DescribeLifecycleHooksAnswer, Fault> {
        let call = self
            .admit(call, Input::DescribeLifecycleHooks(&input), 28, &input)
            .await?;
        self.inner.describe_lifecycle_hooks(&call, input).await
    }

    async fn describe_load_balancer_target_groups(
        &self,
        call: &Call,
        input: DescribeLoadBalancerTargetGroupsRequest,
    ) -> Result<DescribeLoadBalancerTargetGroupsResponse, Fault> {
        let call = self
            .admit(
                call,
                Input::DescribeLoadBalancerTargetGroups(&input),
                29,
                &input,
            )
            .await?;
        self.inner
            .describe_load_balancer_target_groups(&call, input)
            .await
    }

    async fn describe_load_balancers(
        &self,
        call: &Call,
        input: DescribeLoadBalancersRequest,
    ) -> Result<DescribeLoadBalancersResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeLoadBalancers(&input), 30, &input)
            .await?;
        self.inner.describe_load_balancers(&call, input).await
    }

    async fn describe_metric_collection_types(
        &self,
        call: &Call,
        input: (),
    ) -> Result<DescribeMetricCollectionTypesAnswer, Fault> {
        let call = self
            .admit(
                call,
                Input::DescribeMetricCollectionTypes(&input),
                31,
                &input,
            )
            .await?;
        self.inner
            .describe_metric_collection_types(&call, input)
            .await
    }

    async fn describe_notification_configurations(
        &self,
        call: &Call,
        input: DescribeNotificationConfigurationsType,
    ) -> Result<DescribeNotificationConfigurationsAnswer, Fault> {
        let call = self
            .admit(
                call,
                Input::DescribeNotificationConfigurations(&input),
                32,
                &input,
            )
            .await?;
        self.inner
            .describe_notification_configurations(&call, input)
            .await
    }

    async fn describe_policies(
        &self,
        call: &Call,
        input: DescribePoliciesType,
    ) -> Result<PoliciesType, Fault> {
        let call = self
            .admit(call, Input::DescribePolicies(&input), 33, &input)
            .await?;
        self.inner.describe_policies(&call, input).await
    }

    async fn describe_scaling_activities(
        &self,
        call: &Call,
        input: DescribeScalingActivitiesType,
    ) -> Result<ActivitiesType, Fault> {
        let call = self
            .admit(call, Input::DescribeScalingActivities(&input), 34, &input)
            .await?;
        self.inner.describe_scaling_activities(&call, input).await
    }

    async fn describe_scaling_process_types(
        &self,
        call: &Call,
        input: (),
    ) -> Result<ProcessesType, Fault> {
        let call = self
            .admit(call, Input::DescribeScalingProcessTypes(&input), 35, &input)
            .await?;
        self.inner
            .describe_scaling_process_types(&call, input)
            .await
    }

    async fn describe_scheduled_actions(
        &self,
        call: &Call,
        input: DescribeScheduledActionsType,
    ) -> Result<ScheduledActionsType, Fault> {
        let call = self
            .admit(call, Input::DescribeScheduledActions(&input), 36, &input)
            .await?;
        self.inner.describe_scheduled_actions(&call, input).await
    }

    async fn describe_tags(&self, call: &Call, input: DescribeTagsType) -> Result<TagsType, Fault> {
        let call = self
            .admit(call, Input::DescribeTags(&input), 37, &input)
            .await?;
        self.inner.describe_tags(&call, input).await
    }

    async fn describe_termination_policy_types(
        &self,
        call: &Call,
        input: (),
    ) -> Result<DescribeTerminationPolicyTypesAnswer, Fault> {
        let call = self
            .admit(
                call,
                Input::DescribeTerminationPolicyTypes(&input),
                38,
                &input,
            )
            .await?;
        self.inner
            .describe_termination_policy_types(&call, input)
            .await
    }

    async fn describe_traffic_sources(
        &self,
        call: &Call,
        input: DescribeTrafficSourcesRequest,
    ) -> Result<DescribeTrafficSourcesResponse, Fault> {
        let call = self
            .admit(call, Input::DescribeTrafficSources(&input), 39, &input)
            .await?;
        self.inner.describe_traffic_sources(&call, input).await
    }

    async fn describe_warm_pool(
        &self,
        call: &Call,
        input: DescribeWarmPoolType,
    ) -> Result<DescribeWarmPoolAnswer, Fault> {
        let call = self
            .admit(call, Input::DescribeWarmPool(&input), 40, &input)
            .await?;
        self.inner.describe_warm_pool(&call, input).await
    }

    async fn detach_instances(
        &self,
        call: &Call,
        input: DetachInstancesQuery,
    ) -> Result<DetachInstancesAnswer, Fault> {
        let call = self
            .admit(call, Input::DetachInstances(&input), 41, &input)
            .await?;
        self.inner.detach_instances(&call, input).await
    }

    async fn detach_load_balancer_target_groups(
        &self,
        call: &Call,
        input: DetachLoadBalancerTargetGroupsType,
    ) -> Result<DetachLoadBalancerTargetGroupsResultType, Fault> {
        let call = self
            .admit(
                call,
                Input::DetachLoadBalancerTargetGroups(&input),
                42,
                &input,
            )
            .await?;
        self.inner
            .detach_load_balancer_target_groups(&call, input)
            .await
    }

    async fn detach_load_balancers(
        &self,
        call: &Call,
        input: DetachLoadBalancersType,
    ) -> Result<DetachLoadBalancersResultType, Fault> {
        let call = self
            .admit(call, Input::DetachLoadBalancers(&input), 43, &input)
            .await?;
        self.inner.detach_load_balancers(&call, input).await
    }

    async fn detach_traffic_sources(
        &self,
        call: &Call,
        input: DetachTrafficSourcesType,
    ) -> Result<DetachTrafficSourcesResultType, Fault> {
        let call = self
            .admit(call, Input::DetachTrafficSources(&input), 44, &input)
            .await?;
        self.inner.detach_traffic_sources(&call, input).await
    }

    async fn disable_metrics_collection(
        &self,
        call: &Call,
        input: DisableMetricsCollectionQuery,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::DisableMetricsCollection(&input), 45, &input)
            .await?;
        self.inner.disable_metrics_collection(&call, input).await
    }

    async fn enable_metrics_collection(
        &self,
        call: &Call,
        input: EnableMetricsCollectionQuery,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::EnableMetricsCollection(&input), 46, &input)
            .await?;
        self.inner.enable_metrics_collection(&call, input).await
    }

    async fn enter_standby(
        &self,
        call: &Call,
        input: EnterStandbyQuery,
    ) -> Result<EnterStandbyAnswer, Fault> {
        let call = self
            .admit(call, Input::EnterStandby(&input), 47, &input)
            .await?;
        self.inner.enter_standby(&call, input).await
    }

    async fn execute_policy(&self, call: &Call, input: ExecutePolicyType) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::ExecutePolicy(&input), 48, &input)
            .await?;
        self.inner.execute_policy(&call, input).await
    }

    async fn exit_standby(
        &self,
        call: &Call,
        input: ExitStandbyQuery,
    ) -> Result<ExitStandbyAnswer, Fault> {
        let call = self
            .admit(call, Input::ExitStandby(&input), 49, &input)
            .await?;
        self.inner.exit_standby(&call, input).await
    }

    async fn get_predictive_scaling_forecast(
        &self,
        call: &Call,
        input: GetPredictiveScalingForecastType,
    ) -> Result<GetPredictiveScalingForecastAnswer, Fault> {
        let call = self
            .admit(
                call,
                Input::GetPredictiveScalingForecast(&input),
                50,
                &input,
            )
            .await?;
        self.inner
            .get_predictive_scaling_forecast(&call, input)
            .await
    }

    async fn launch_instances(
        &self,
        call: &Call,
        input: LaunchInstancesRequest,
    ) -> Result<LaunchInstancesResult, Fault> {
        let call = self
            .admit(call, Input::LaunchInstances(&input), 51, &input)
            .await?;
        self.inner.launch_instances(&call, input).await
    }

    async fn put_account_setting(
        &self,
        call: &Call,
        input: PutAccountSettingType,
    ) -> Result<PutAccountSettingAnswer, Fault> {
        let call = self
            .admit(call, Input::PutAccountSetting(&input), 52, &input)
            .await?;
        self.inner.put_account_setting(&call, input).await
    }

    async fn put_lifecycle_hook(
        &self,
        call: &Call,
        input: PutLifecycleHookType,
    ) -> Result<PutLifecycleHookAnswer, Fault> {
        let call = self
            .admit(call, Input::PutLifecycleHook(&input), 53, &input)
            .await?;
        self.inner.put_lifecycle_hook(&call, input).await
    }

    async fn put_notification_configuration(
        &self,
        call: &Call,
        input: PutNotificationConfigurationType,
    ) -> Result<(), Fault> {
        let call = self
            .admit(
                call,
                Input::PutNotificationConfiguration(&input),
                54,
                &input,
            )
            .await?;
        self.inner
            .put_notification_configuration(&call, input)
            .await
    }

    async fn put_scaling_policy(
        &self,
        call: &Call,
        input: PutScalingPolicyType,
    ) -> Result<PolicyARNType, Fault> {
        let call = self
            .admit(call, Input::PutScalingPolicy(&input), 55, &input)
            .await?;
        self.inner.put_scaling_policy(&call, input).await
    }

    async fn put_scheduled_update_group_action(
        &self,
        call: &Call,
        input: PutScheduledUpdateGroupActionType,
    ) -> Result<(), Fault> {
        let call = self
            .admit(
                call,
                Input::PutScheduledUpdateGroupAction(&input),
                56,
                &input,
            )
            .await?;
        self.inner
            .put_scheduled_update_group_action(&call, input)
            .await
    }

    async fn put_warm_pool(
        &self,
        call: &Call,
        input: PutWarmPoolType,
    ) -> Result<PutWarmPoolAnswer, Fault> {
        let call = self
            .admit(call, Input::PutWarmPool(&input), 57, &input)
            .await?;
        self.inner.put_warm_pool(&call, input).await
    }

    async fn record_lifecycle_action_heartbeat(
        &self,
        call: &Call,
        input: RecordLifecycleActionHeartbeatType,
    ) -> Result<RecordLifecycleActionHeartbeatAnswer, Fault> {
        let call = self
            .admit(
                call,
                Input::RecordLifecycleActionHeartbeat(&input),
                58,
                &input,
            )
            .await?;
        self.inner
            .record_lifecycle_action_heartbeat(&call, input)
            .await
    }

    async fn resume_processes(&self, call: &Call, input: ScalingProcessQuery) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::ResumeProcesses(&input), 59, &input)
            .await?;
        self.inner.resume_processes(&call, input).await
    }

    async fn rollback_instance_refresh(
        &self,
        call: &Call,
        input: RollbackInstanceRefreshType,
    ) -> Result<RollbackInstanceRefreshAnswer, Fault> {
        let call = self
            .admit(call, Input::RollbackInstanceRefresh(&input), 60, &input)
            .await?;
        self.inner.rollback_instance_refresh(&call, input).await
    }

    async fn set_desired_capacity(
        &self,
        call: &Call,
        input: SetDesiredCapacityType,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::SetDesiredCapacity(&input), 61, &input)
            .await?;
        self.inner.set_desired_capacity(&call, input).await
    }

    async fn set_instance_health(
        &self,
        call: &Call,
        input: SetInstanceHealthQuery,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::SetInstanceHealth(&input), 62, &input)
            .await?;
        self.inner.set_instance_health(&call, input).await
    }

    async fn set_instance_protection(
        &self,
        call: &Call,
        input: SetInstanceProtectionQuery,
    ) -> Result<SetInstanceProtectionAnswer, Fault> {
        let call = self
            .admit(call, Input::SetInstanceProtection(&input), 63, &input)
            .await?;
        self.inner.set_instance_protection(&call, input).await
    }

    async fn start_instance_refresh(
        &self,
        call: &Call,
        input: StartInstanceRefreshType,
    ) -> Result<StartInstanceRefreshAnswer, Fault> {
        let call = self
            .admit(call, Input::StartInstanceRefresh(&input), 64, &input)
            .await?;
        self.inner.start_instance_refresh(&call, input).await
    }

    async fn suspend_processes(
        &self,
        call: &Call,
        input: ScalingProcessQuery,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::SuspendProcesses(&input), 65, &input)
            .await?;
        self.inner.suspend_processes(&call, input).await
    }

    async fn terminate_instance_in_auto_scaling_group(
        &self,
        call: &Call,
        input: TerminateInstanceInAutoScalingGroupType,
    ) -> Result<ActivityType, Fault> {
        let call = self
            .admit(
                call,
                Input::TerminateInstanceInAutoScalingGroup(&input),
                66,
                &input,
            )
            .await?;
        self.inner
            .terminate_instance_in_auto_scaling_group(&call, input)
            .await
    }

    async fn update_auto_scaling_group(
        &self,
        call: &Call,
        input: UpdateAutoScalingGroupType,
    ) -> Result<(), Fault> {
        let call = self
            .admit(call, Input::UpdateAutoScalingGroup(&input), 67, &input)
            .await?;
        self.inner.update_auto_scaling_group(&call, input).await
    }
}
