// Written by `cargo xtask generate` from models/. Do not edit.
//! Joins the functions of a service to the operations of its contract.
#[allow(unused_imports)]
use crate::types::*;

/// Implements [`Autoscaling`](crate::Autoscaling) for a type; see `wharf_wire::operations!`.
#[macro_export]
macro_rules! operations {
    ($($service:tt)*) => {
        $crate::wire::operations! { [$crate Autoscaling] $($service)* }
    };
}

/// What each operation takes and returns, by the name of its function.
pub mod io {
    pub mod attach_instances {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AttachInstancesQuery;
        pub type Output = ();
    }

    pub mod attach_load_balancer_target_groups {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AttachLoadBalancerTargetGroupsType;
        pub type Output = AttachLoadBalancerTargetGroupsResultType;
    }

    pub mod attach_load_balancers {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AttachLoadBalancersType;
        pub type Output = AttachLoadBalancersResultType;
    }

    pub mod attach_traffic_sources {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AttachTrafficSourcesType;
        pub type Output = AttachTrafficSourcesResultType;
    }

    pub mod batch_delete_scheduled_action {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = BatchDeleteScheduledActionType;
        pub type Output = BatchDeleteScheduledActionAnswer;
    }

    pub mod batch_put_scheduled_update_group_action {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = BatchPutScheduledUpdateGroupActionType;
        pub type Output = BatchPutScheduledUpdateGroupActionAnswer;
    }

    pub mod cancel_instance_refresh {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CancelInstanceRefreshType;
        pub type Output = CancelInstanceRefreshAnswer;
    }

    pub mod complete_lifecycle_action {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CompleteLifecycleActionType;
        pub type Output = CompleteLifecycleActionAnswer;
    }

    pub mod create_auto_scaling_group {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateAutoScalingGroupType;
        pub type Output = ();
    }

    pub mod create_launch_configuration {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateLaunchConfigurationType;
        pub type Output = ();
    }

    pub mod create_or_update_tags {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = CreateOrUpdateTagsType;
        pub type Output = ();
    }

    pub mod delete_auto_scaling_group {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteAutoScalingGroupType;
        pub type Output = ();
    }

    pub mod delete_launch_configuration {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = LaunchConfigurationNameType;
        pub type Output = ();
    }

    pub mod delete_lifecycle_hook {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteLifecycleHookType;
        pub type Output = DeleteLifecycleHookAnswer;
    }

    pub mod delete_notification_configuration {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteNotificationConfigurationType;
        pub type Output = ();
    }

    pub mod delete_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeletePolicyType;
        pub type Output = ();
    }

    pub mod delete_scheduled_action {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteScheduledActionType;
        pub type Output = ();
    }

    pub mod delete_tags {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteTagsType;
        pub type Output = ();
    }

    pub mod delete_warm_pool {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DeleteWarmPoolType;
        pub type Output = DeleteWarmPoolAnswer;
    }

    pub mod describe_account_limits {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ();
        pub type Output = DescribeAccountLimitsAnswer;
    }

    pub mod describe_account_settings {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeAccountSettingsType;
        pub type Output = DescribeAccountSettingsAnswer;
    }

    pub mod describe_adjustment_types {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ();
        pub type Output = DescribeAdjustmentTypesAnswer;
    }

    pub mod describe_auto_scaling_groups {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = AutoScalingGroupNamesType;
        pub type Output = AutoScalingGroupsType;
    }

    pub mod describe_auto_scaling_instances {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeAutoScalingInstancesType;
        pub type Output = AutoScalingInstancesType;
    }

    pub mod describe_auto_scaling_notification_types {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ();
        pub type Output = DescribeAutoScalingNotificationTypesAnswer;
    }

    pub mod describe_instance_refreshes {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeInstanceRefreshesType;
        pub type Output = DescribeInstanceRefreshesAnswer;
    }

    pub mod describe_launch_configurations {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = LaunchConfigurationNamesType;
        pub type Output = LaunchConfigurationsType;
    }

    pub mod describe_lifecycle_hook_types {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ();
        pub type Output = DescribeLifecycleHookTypesAnswer;
    }

    pub mod describe_lifecycle_hooks {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeLifecycleHooksType;
        pub type Output = DescribeLifecycleHooksAnswer;
    }

    pub mod describe_load_balancer_target_groups {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeLoadBalancerTargetGroupsRequest;
        pub type Output = DescribeLoadBalancerTargetGroupsResponse;
    }

    pub mod describe_load_balancers {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeLoadBalancersRequest;
        pub type Output = DescribeLoadBalancersResponse;
    }

    pub mod describe_metric_collection_types {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ();
        pub type Output = DescribeMetricCollectionTypesAnswer;
    }

    pub mod describe_notification_configurations {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeNotificationConfigurationsType;
        pub type Output = DescribeNotificationConfigurationsAnswer;
    }

    pub mod describe_policies {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribePoliciesType;
        pub type Output = PoliciesType;
    }

    pub mod describe_scaling_activities {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeScalingActivitiesType;
        pub type Output = ActivitiesType;
    }

    pub mod describe_scaling_process_types {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ();
        pub type Output = ProcessesType;
    }

    pub mod describe_scheduled_actions {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeScheduledActionsType;
        pub type Output = ScheduledActionsType;
    }

    pub mod describe_tags {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeTagsType;
        pub type Output = TagsType;
    }

    pub mod describe_termination_policy_types {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ();
        pub type Output = DescribeTerminationPolicyTypesAnswer;
    }

    pub mod describe_traffic_sources {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeTrafficSourcesRequest;
        pub type Output = DescribeTrafficSourcesResponse;
    }

    pub mod describe_warm_pool {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DescribeWarmPoolType;
        pub type Output = DescribeWarmPoolAnswer;
    }

    pub mod detach_instances {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DetachInstancesQuery;
        pub type Output = DetachInstancesAnswer;
    }

    pub mod detach_load_balancer_target_groups {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DetachLoadBalancerTargetGroupsType;
        pub type Output = DetachLoadBalancerTargetGroupsResultType;
    }

    pub mod detach_load_balancers {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DetachLoadBalancersType;
        pub type Output = DetachLoadBalancersResultType;
    }

    pub mod detach_traffic_sources {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DetachTrafficSourcesType;
        pub type Output = DetachTrafficSourcesResultType;
    }

    pub mod disable_metrics_collection {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = DisableMetricsCollectionQuery;
        pub type Output = ();
    }

    pub mod enable_metrics_collection {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = EnableMetricsCollectionQuery;
        pub type Output = ();
    }

    pub mod enter_standby {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = EnterStandbyQuery;
        pub type Output = EnterStandbyAnswer;
    }

    pub mod execute_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ExecutePolicyType;
        pub type Output = ();
    }

    pub mod exit_standby {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ExitStandbyQuery;
        pub type Output = ExitStandbyAnswer;
    }

    pub mod get_predictive_scaling_forecast {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = GetPredictiveScalingForecastType;
        pub type Output = GetPredictiveScalingForecastAnswer;
    }

    pub mod launch_instances {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = LaunchInstancesRequest;
        pub type Output = LaunchInstancesResult;
    }

    pub mod put_account_setting {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutAccountSettingType;
        pub type Output = PutAccountSettingAnswer;
    }

    pub mod put_lifecycle_hook {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutLifecycleHookType;
        pub type Output = PutLifecycleHookAnswer;
    }

    pub mod put_notification_configuration {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutNotificationConfigurationType;
        pub type Output = ();
    }

    pub mod put_scaling_policy {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutScalingPolicyType;
        pub type Output = PolicyARNType;
    }

    pub mod put_scheduled_update_group_action {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutScheduledUpdateGroupActionType;
        pub type Output = ();
    }

    pub mod put_warm_pool {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = PutWarmPoolType;
        pub type Output = PutWarmPoolAnswer;
    }

    pub mod record_lifecycle_action_heartbeat {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RecordLifecycleActionHeartbeatType;
        pub type Output = RecordLifecycleActionHeartbeatAnswer;
    }

    pub mod resume_processes {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ScalingProcessQuery;
        pub type Output = ();
    }

    pub mod rollback_instance_refresh {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = RollbackInstanceRefreshType;
        pub type Output = RollbackInstanceRefreshAnswer;
    }

    pub mod set_desired_capacity {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = SetDesiredCapacityType;
        pub type Output = ();
    }

    pub mod set_instance_health {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = SetInstanceHealthQuery;
        pub type Output = ();
    }

    pub mod set_instance_protection {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = SetInstanceProtectionQuery;
        pub type Output = SetInstanceProtectionAnswer;
    }

    pub mod start_instance_refresh {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = StartInstanceRefreshType;
        pub type Output = StartInstanceRefreshAnswer;
    }

    pub mod suspend_processes {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = ScalingProcessQuery;
        pub type Output = ();
    }

    pub mod terminate_instance_in_auto_scaling_group {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = TerminateInstanceInAutoScalingGroupType;
        pub type Output = ActivityType;
    }

    pub mod update_auto_scaling_group {
        #[allow(unused_imports)]
        use super::super::*;
        pub type Input = UpdateAutoScalingGroupType;
        pub type Output = ();
    }
}
