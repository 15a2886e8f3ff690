//! Groups over a cloud that does what it is asked: from requests to instances and back.

mod configurations;
mod home;
mod joining;
mod launches;
mod maintenance;
mod notifications;
mod policies;
mod refreshes;
mod scheduled;

use std::time::Duration;

use wharf_api_autoscaling::{
    AttachInstancesQuery, AttachLoadBalancerTargetGroupsType, Autoscaling as _,
    CompleteLifecycleActionType, CreateAutoScalingGroupType, CreateLaunchConfigurationType,
    DeleteAutoScalingGroupType, EnterStandbyQuery, ExitStandbyQuery, Input, InstancesDistribution,
    LaunchConfigurationNameType, LaunchTemplate, LaunchTemplateOverrides,
    LaunchTemplateSpecification, MixedInstancesPolicy, PutLifecycleHookType, ScalingProcessQuery,
    SetDesiredCapacityType, SetInstanceHealthQuery, SetInstanceProtectionQuery, Tag,
    TerminateInstanceInAutoScalingGroupType, UpdateAutoScalingGroupType,
};
use wharf_testkit::{call, refused, until};
use wharf_wire::Fault;

use home::{Home, group};

fn name() -> Option<String> {
    Some("g".to_owned())
}

async fn set(home: &Home, desired: i32) -> Result<(), Fault> {
    let input = SetDesiredCapacityType {
        auto_scaling_group_name: name(),
        desired_capacity: Some(desired),
        ..SetDesiredCapacityType::default()
    };
    home.service.set_desired_capacity(&call(), input).await
}

#[tokio::test]
async fn a_group_grows_and_shrinks() {
    let home = Home::new();
    home.create(1, 3, 5).await;
    let ids = home.are(3, "InService").await;
    let runs = home.cloud.runs.lock().clone();
    assert_eq!(runs.len(), 3);
    let subnets: Vec<&str> = runs
        .iter()
        .filter_map(|it| it.subnet_id.as_deref())
        .collect();
    assert_eq!(subnets.iter().filter(|it| **it == "subnet-a").count(), 2);
    let template = runs[0].launch_template.clone().unwrap();
    assert_eq!(
        template.version.as_deref(),
        Some("3"),
        "the number of $Latest"
    );
    let tags = runs[0]
        .tag_specifications
        .clone()
        .unwrap()
        .remove(0)
        .tags
        .unwrap();
    assert_eq!(tags[0].key.as_deref(), Some("aws:autoscaling:groupName"));
    let activities = home.activities().await;
    assert_eq!(activities.len(), 3);
    for it in &activities {
        assert_eq!(it.status_code.as_deref(), Some("Successful"));
        assert_eq!(it.progress, Some(100));
        assert!(
            it.description
                .as_ref()
                .unwrap()
                .starts_with("Launching a new EC2 instance: i-")
        );
        assert!(it.cause.as_ref().unwrap().starts_with(
            "At 2026-11-22T10:00:00Z a user request created an AutoScalingGroup changing the desired capacity from 0 to 3.  At 2026-11-22T10:00:00Z an instance was started"
        ));
    }
    refused(
        set(&home, 6).await,
        "ValidationError",
        "New SetDesiredCapacity value 6 is above max value 5 for the AutoScalingGroup.",
    );
    refused(
        set(&home, 0).await,
        "ValidationError",
        "New SetDesiredCapacity value 0 is below min value 1 for the AutoScalingGroup.",
    );
    set(&home, 1).await.unwrap();
    let left = home.are(1, "InService").await;
    let ended = ids.iter().filter(|it| home.cloud.state(it) == "terminated");
    assert_eq!(ended.count(), 2);
    assert_eq!(home.cloud.state(&left[0]), "running");
}

#[tokio::test]
async fn what_ec2_refuses_is_told_and_tried_again() {
    let home = Home::new();
    let text = "We currently do not have sufficient t3.small capacity.";
    let refusal = Fault::sender("InsufficientInstanceCapacity", 400, text);
    home.cloud.refusals.lock().push_back(refusal);
    home.create(0, 1, 1).await;
    home.are(1, "InService").await;
    let activities = home.activities().await;
    let failed = activities.last().unwrap();
    assert_eq!(failed.status_code.as_deref(), Some("Failed"));
    let message = failed.status_message.as_deref().unwrap();
    assert_eq!(message, format!("{text} Launching EC2 instance failed."));
}

#[tokio::test]
async fn launches_that_fail_hold_up_no_terminations() {
    let home = Home::new();
    home.create(0, 1, 9).await;
    let ids = home.are(1, "InService").await;
    let unknown = Fault {
        sender: false,
        ..Fault::sender("InternalError", 500, "An internal error has occurred.")
    };
    home.cloud.refusals.lock().extend(vec![unknown; 10_000]);
    set(&home, 9).await.unwrap();
    let input = TerminateInstanceInAutoScalingGroupType {
        instance_id: Some(ids[0].clone()),
        should_decrement_desired_capacity: Some(true),
        ..TerminateInstanceInAutoScalingGroupType::default()
    };
    let ended = home
        .service
        .terminate_instance_in_auto_scaling_group(&call(), input)
        .await;
    ended.unwrap();
    until("it has ended", || async {
        home.cloud.state(&ids[0]) == "terminated"
    })
    .await;
    home.cloud.refusals.lock().clear();
    home.are(8, "InService").await;
}

#[tokio::test]
async fn a_server_that_ends_launches_nothing_twice() {
    let mut home = Home::new();
    home.create(0, 4, 4).await;
    for _ in 0..4 {
        home.service.restart();
        until("something was launched", || async {
            !home.cloud.ids().is_empty()
        })
        .await;
    }
    home.are(4, "InService").await;
    assert_eq!(home.cloud.ids().len(), 4);
}

#[tokio::test]
async fn who_could_not_launch_an_instance_gets_no_group() {
    let home = Home::new();
    let text = "You are not authorized to perform this operation.";
    *home.cloud.would.lock() = Some(Fault::sender("UnauthorizedOperation", 403, text));
    let made = home
        .service
        .create_auto_scaling_group(&call(), group(0, 1))
        .await;
    refused(
        made,
        "AccessDenied",
        &format!("You are not authorized to use launch template: {text}"),
    );
    let configuration = CreateLaunchConfigurationType {
        launch_configuration_name: Some("c".to_owned()),
        image_id: Some("ami-1".to_owned()),
        instance_type: Some("t3.small".to_owned()),
        ..CreateLaunchConfigurationType::default()
    };
    let made = home
        .service
        .create_launch_configuration(&call(), configuration)
        .await;
    assert_eq!(made.unwrap_err().code, "AccessDenied");
}

#[tokio::test]
async fn what_is_no_group_is_refused() {
    let home = Home::new();
    for (bad, message) in [
        (
            CreateAutoScalingGroupType {
                launch_template: None,
                ..group(0, 1)
            },
            "Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or MixedInstancesPolicy parameter.",
        ),
        (
            CreateAutoScalingGroupType {
                vpc_zone_identifier: None,
                ..group(0, 1)
            },
            "At least one Availability Zone or VPC Subnet is required.",
        ),
        (
            CreateAutoScalingGroupType {
                vpc_zone_identifier: Some("nothing".to_owned()),
                ..group(0, 1)
            },
            "The subnet ID 'nothing' does not exist",
        ),
        (
            CreateAutoScalingGroupType {
                desired_capacity: Some(2),
                ..group(0, 1)
            },
            "Desired capacity:2 must be between the specified min size:0 and max size:1",
        ),
        (
            CreateAutoScalingGroupType {
                launch_template: Some(LaunchTemplateSpecification {
                    launch_template_name: Some("none".to_owned()),
                    ..LaunchTemplateSpecification::default()
                }),
                ..group(0, 1)
            },
            "You must use a valid fully-formed launch template. There is no such template.",
        ),
    ] {
        let made = home.service.create_auto_scaling_group(&call(), bad).await;
        refused(made, "ValidationError", message);
    }
    home.create(0, 0, 1).await;
    let again = home
        .service
        .create_auto_scaling_group(&call(), group(0, 1))
        .await;
    refused(
        again,
        "AlreadyExists",
        "AutoScalingGroup by this name already exists - A group with the name g already exists",
    );
}

#[tokio::test]
async fn an_unhealthy_instance_is_replaced() {
    let home = Home::new();
    home.create(0, 2, 2).await;
    let ids = home.are(2, "InService").await;
    home.cloud.set(&ids[0], "terminated");
    let input = SetInstanceHealthQuery {
        instance_id: Some(ids[1].clone()),
        health_status: Some("Unhealthy".to_owned()),
        ..SetInstanceHealthQuery::default()
    };
    home.service
        .set_instance_health(&call(), input)
        .await
        .unwrap();
    until("both are others", || async {
        home.cloud.boot();
        let now: Vec<_> = home.instances().await;
        let is_new = |it: &wharf_api_autoscaling::Instance| {
            it.lifecycle_state.as_deref() == Some("InService")
                && !ids.contains(it.instance_id.as_ref().unwrap())
        };
        now.len() == 2 && now.iter().all(is_new)
    })
    .await;
    assert_eq!(home.cloud.state(&ids[1]), "terminated");
}

#[tokio::test]
async fn protected_instances_outlast_a_shrinking_group() {
    let home = Home::new();
    home.create(0, 3, 3).await;
    let ids = home.are(3, "InService").await;
    let input = SetInstanceProtectionQuery {
        instance_ids: Some(vec![ids[1].clone()]),
        auto_scaling_group_name: name(),
        protected_from_scale_in: Some(true),
    };
    home.service
        .set_instance_protection(&call(), input)
        .await
        .unwrap();
    set(&home, 0).await.unwrap();
    assert_eq!(home.are(1, "InService").await, [ids[1].clone()]);
}

#[tokio::test]
async fn a_hook_holds_an_instance_until_it_is_completed() {
    let home = Home::new();
    home.create(0, 0, 1).await;
    let input = PutLifecycleHookType {
        lifecycle_hook_name: Some("h".to_owned()),
        auto_scaling_group_name: name(),
        lifecycle_transition: Some("autoscaling:EC2_INSTANCE_LAUNCHING".to_owned()),
        notification_target_arn: Some("arn:aws:sqs:us-east-1:000000000000:q".to_owned()),
        role_arn: Some("arn:aws:iam::000000000000:role/teller".to_owned()),
        ..PutLifecycleHookType::default()
    };
    home.service
        .put_lifecycle_hook(&call(), input)
        .await
        .unwrap();
    set(&home, 1).await.unwrap();
    let ids = home.are(1, "Pending:Wait").await;
    until("the queue has heard", || async {
        home.cloud.messages.lock().len() == 2
    })
    .await;
    let messages = home.cloud.messages.lock().clone();
    assert_eq!(messages[0]["Event"], "autoscaling:TEST_NOTIFICATION");
    assert_eq!(messages[1]["EC2InstanceId"], ids[0]);
    let token = messages[1]["LifecycleActionToken"].as_str().unwrap();
    let complete = |token: &str| CompleteLifecycleActionType {
        lifecycle_hook_name: Some("h".to_owned()),
        auto_scaling_group_name: name(),
        lifecycle_action_token: Some(token.to_owned()),
        lifecycle_action_result: Some("CONTINUE".to_owned()),
        instance_id: None,
    };
    let wrong = complete("00000000-0000-0000-0000-000000000000");
    let done = home.service.complete_lifecycle_action(&call(), wrong).await;
    assert_eq!(done.unwrap_err().code, "ValidationError");
    let done = home
        .service
        .complete_lifecycle_action(&call(), complete(token))
        .await;
    done.unwrap();
    assert_eq!(home.are(1, "InService").await, ids);
    // The role was passed for this queue alone.
    let elsewhere = PutLifecycleHookType {
        lifecycle_hook_name: Some("h".to_owned()),
        auto_scaling_group_name: name(),
        notification_target_arn: Some("arn:aws:sqs:us-east-1:000000000000:other".to_owned()),
        ..PutLifecycleHookType::default()
    };
    refused(
        home.service.put_lifecycle_hook(&call(), elsewhere).await,
        "ValidationError",
        "Another NotificationTargetARN needs the RoleARN of a role that may send there.",
    );
}

#[tokio::test]
async fn who_attaches_instances_waits_for_nobody_but_others() {
    let home = Home::new();
    // Of so many names some share a lock with all who attach.
    for number in 0..300 {
        let input = AttachInstancesQuery {
            auto_scaling_group_name: Some(format!("g{number}")),
            instance_ids: Some(vec!["i-1".to_owned()]),
        };
        let call = call();
        let attached = home.service.attach_instances(&call, input);
        let attached = tokio::time::timeout(Duration::from_secs(60), attached).await;
        let attached = attached.expect("nobody else has a turn");
        // There is no such group.
        assert_eq!(attached.unwrap_err().code, "ValidationError");
    }
}

#[tokio::test]
async fn instances_come_to_target_groups_and_leave_them_first() {
    let home = Home::new();
    home.create(0, 1, 1).await;
    let ids = home.are(1, "InService").await;
    let input = AttachLoadBalancerTargetGroupsType {
        auto_scaling_group_name: name(),
        target_group_arns: Some(vec!["arn:tg".to_owned()]),
    };
    let done = home
        .service
        .attach_load_balancer_target_groups(&call(), input)
        .await;
    done.unwrap();
    let targets = || {
        let all = home.cloud.targets.lock();
        all.get("arn:tg")
            .into_iter()
            .flatten()
            .cloned()
            .collect::<Vec<_>>()
    };
    until("it is registered", || async { targets() == ids }).await;
    set(&home, 0).await.unwrap();
    home.are(0, "").await;
    assert!(targets().is_empty());
}

#[tokio::test]
async fn standby_is_out_of_service_and_comes_back() {
    let home = Home::new();
    home.create(0, 1, 1).await;
    let ids = home.are(1, "InService").await;
    let input = EnterStandbyQuery {
        instance_ids: Some(ids.clone()),
        auto_scaling_group_name: name(),
        should_decrement_desired_capacity: Some(true),
    };
    home.service.enter_standby(&call(), input).await.unwrap();
    assert_eq!(home.are(1, "Standby").await, ids);
    let input = ExitStandbyQuery {
        instance_ids: Some(ids.clone()),
        auto_scaling_group_name: name(),
    };
    home.service.exit_standby(&call(), input).await.unwrap();
    assert_eq!(home.are(1, "InService").await, ids);
    assert_eq!(home.cloud.ids(), ids, "nothing else was launched");
}

/// Which instances is not said.
fn terminate_none() -> TerminateInstanceInAutoScalingGroupType {
    TerminateInstanceInAutoScalingGroupType {
        auto_scaling_group_name: name(),
        should_decrement_desired_capacity: Some(false),
        ..TerminateInstanceInAutoScalingGroupType::default()
    }
}

#[tokio::test]
async fn an_instance_is_terminated_with_its_place_or_without() {
    let home = Home::new();
    home.create(0, 2, 2).await;
    let ids = home.are(2, "InService").await;
    let terminate = |id: &str, less| TerminateInstanceInAutoScalingGroupType {
        instance_id: Some(id.to_owned()),
        should_decrement_desired_capacity: Some(less),
        ..TerminateInstanceInAutoScalingGroupType::default()
    };
    let input = TerminateInstanceInAutoScalingGroupType {
        auto_scaling_group_name: Some("other".to_owned()),
        ..terminate(&ids[0], true)
    };
    let ended = home
        .service
        .terminate_instance_in_auto_scaling_group(&call(), input)
        .await;
    refused(
        ended,
        "ValidationError",
        &format!(
            "The instance {} is not part of Auto Scaling group other.",
            ids[0]
        ),
    );
    let input = TerminateInstanceInAutoScalingGroupType {
        auto_scaling_group_name: name(),
        ..terminate(&ids[0], true)
    };
    let ended = home
        .service
        .terminate_instance_in_auto_scaling_group(&call(), input)
        .await;
    let activity = ended.unwrap().activity.unwrap();
    assert_eq!(
        activity.description.unwrap(),
        format!("Terminating EC2 instance: {}", ids[0])
    );
    assert_eq!(home.are(1, "InService").await, [ids[1].clone()]);
    let input = terminate(&ids[1], false);
    let ended = home
        .service
        .terminate_instance_in_auto_scaling_group(&call(), input)
        .await;
    ended.unwrap();
    until("another has its place", || async {
        home.cloud.boot();
        let now = home.instances().await;
        now.len() == 1
            && now[0].lifecycle_state.as_deref() == Some("InService")
            && now[0].instance_id.as_ref() != Some(&ids[1])
    })
    .await;
    set(&home, 2).await.unwrap();
    let ids = home.are(2, "InService").await;
    let many = |group: Option<String>, ids: Vec<String>| TerminateInstanceInAutoScalingGroupType {
        auto_scaling_group_name: group,
        instance_ids: Some(ids),
        should_decrement_desired_capacity: Some(true),
        ..TerminateInstanceInAutoScalingGroupType::default()
    };
    for wrong in [
        many(None, ids.clone()),
        many(name(), vec!["i-00000000000000fff".to_owned()]),
        TerminateInstanceInAutoScalingGroupType {
            instance_id: Some(ids[0].clone()),
            ..many(name(), ids.clone())
        },
        terminate_none(),
    ] {
        let ended = home
            .service
            .terminate_instance_in_auto_scaling_group(&call(), wrong)
            .await;
        assert_eq!(ended.unwrap_err().code, "ValidationError");
    }
    let ended = home
        .service
        .terminate_instance_in_auto_scaling_group(&call(), many(name(), ids))
        .await;
    let ended = ended.unwrap();
    assert_eq!(ended.activity, None);
    assert_eq!(ended.activities.unwrap().len(), 2);
    home.are(0, "").await;
    let input = terminate("i-00000000000000fff", false);
    let ended = home
        .service
        .terminate_instance_in_auto_scaling_group(&call(), input)
        .await;
    refused(
        ended,
        "ValidationError",
        "Instance Id not found - No managed instance found for instance ID: i-00000000000000fff",
    );
}

#[tokio::test]
async fn a_suspended_group_rests() {
    let home = Home::new();
    home.create(0, 0, 2).await;
    let processes = |named: Option<&str>| ScalingProcessQuery {
        auto_scaling_group_name: name(),
        scaling_processes: named.map(|it| vec![it.to_owned()]),
    };
    let wrong = home
        .service
        .suspend_processes(&call(), processes(Some("Everything")))
        .await;
    assert_eq!(wrong.unwrap_err().code, "ValidationError");
    home.service
        .suspend_processes(&call(), processes(Some("Launch")))
        .await
        .unwrap();
    set(&home, 1).await.unwrap();
    assert!(home.activities().await.is_empty());
    home.service
        .resume_processes(&call(), processes(None))
        .await
        .unwrap();
    home.are(1, "InService").await;
}

#[tokio::test]
async fn a_protected_group_is_not_deleted() {
    let home = Home::new();
    let protect = |it: &str| UpdateAutoScalingGroupType {
        auto_scaling_group_name: name(),
        deletion_protection: Some(it.to_owned()),
        ..UpdateAutoScalingGroupType::default()
    };
    let delete = |force| DeleteAutoScalingGroupType {
        auto_scaling_group_name: name(),
        force_delete: Some(force),
    };
    let input = CreateAutoScalingGroupType {
        deletion_protection: Some("prevent-all-deletion".to_owned()),
        ..group(0, 1)
    };
    let service = &home.service;
    service
        .create_auto_scaling_group(&call(), input)
        .await
        .unwrap();
    let found = service
        .describe_auto_scaling_groups(&call(), Default::default())
        .await;
    let shown = found.unwrap().auto_scaling_groups.unwrap().remove(0);
    let kept = "prevent-all-deletion";
    assert_eq!(shown.deletion_protection.as_deref(), Some(kept));
    for force in [false, true] {
        refused(
            service
                .delete_auto_scaling_group(&call(), delete(force))
                .await,
            "ValidationError",
            "You cannot delete the AutoScalingGroup g while its deletion protection is prevent-all-deletion.",
        );
    }
    let input = protect("prevent-force-deletion");
    service
        .update_auto_scaling_group(&call(), input)
        .await
        .unwrap();
    let gone = service
        .delete_auto_scaling_group(&call(), delete(true))
        .await;
    assert_eq!(gone.unwrap_err().code, "ValidationError");
    service
        .delete_auto_scaling_group(&call(), delete(false))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_group_goes_when_it_is_empty_or_by_force() {
    let home = Home::new();
    home.create(0, 1, 1).await;
    let ids = home.are(1, "InService").await;
    let delete = |force| DeleteAutoScalingGroupType {
        auto_scaling_group_name: name(),
        force_delete: force,
    };
    let gone = home
        .service
        .delete_auto_scaling_group(&call(), delete(None))
        .await;
    assert_eq!(gone.unwrap_err().code, "ResourceInUse");
    home.service
        .delete_auto_scaling_group(&call(), delete(Some(true)))
        .await
        .unwrap();
    until("it is gone", || async {
        let found = home
            .service
            .describe_auto_scaling_groups(&call(), Default::default())
            .await;
        found.unwrap().auto_scaling_groups.unwrap().is_empty()
    })
    .await;
    assert_eq!(home.cloud.state(&ids[0]), "terminated");
    let gone = home
        .service
        .delete_auto_scaling_group(&call(), delete(None))
        .await;
    refused(
        gone,
        "ValidationError",
        "AutoScalingGroup name not found - no such group: g",
    );
}

#[tokio::test]
async fn user_data_is_sealed_and_a_configuration_in_use_stays() {
    let home = Home::new();
    let configuration = CreateLaunchConfigurationType {
        launch_configuration_name: Some("c".to_owned()),
        image_id: Some("ami-1".to_owned()),
        instance_type: Some("t3.small".to_owned()),
        user_data: Some("c2VjcmV0".to_owned()),
        ..CreateLaunchConfigurationType::default()
    };
    let made = home
        .service
        .create_launch_configuration(&call(), configuration)
        .await;
    made.unwrap();
    let stored = home.world.stored("").await;
    assert!(!stored.contains("c2VjcmV0"));
    let found = home
        .service
        .describe_launch_configurations(&call(), Default::default())
        .await;
    let found = found.unwrap().launch_configurations.unwrap().remove(0);
    assert_eq!(found.user_data.as_deref(), Some("c2VjcmV0"));
    let of_group = CreateAutoScalingGroupType {
        launch_template: None,
        launch_configuration_name: Some("c".to_owned()),
        desired_capacity: Some(1),
        ..group(0, 1)
    };
    home.service
        .create_auto_scaling_group(&call(), of_group)
        .await
        .unwrap();
    home.are(1, "InService").await;
    let run = home.cloud.runs.lock()[0].clone();
    assert_eq!(run.user_data.as_deref(), Some("c2VjcmV0"));
    let input = LaunchConfigurationNameType {
        launch_configuration_name: Some("c".to_owned()),
    };
    let gone = home
        .service
        .delete_launch_configuration(&call(), input)
        .await;
    refused(
        gone,
        "ResourceInUse",
        "Cannot delete launch configuration c because it is attached to an AutoScalingGroup",
    );
}

#[tokio::test]
async fn no_group_has_a_configuration_that_is_deleted_meanwhile() {
    let home = Home::new();
    let of_group = CreateAutoScalingGroupType {
        launch_template: None,
        launch_configuration_name: Some("c".to_owned()),
        desired_capacity: Some(0),
        ..group(0, 1)
    };
    let configuration = CreateLaunchConfigurationType {
        launch_configuration_name: Some("c".to_owned()),
        image_id: Some("ami-1".to_owned()),
        instance_type: Some("t3.small".to_owned()),
        ..CreateLaunchConfigurationType::default()
    };
    let made = home
        .service
        .create_launch_configuration(&call(), configuration)
        .await;
    made.unwrap();
    let input = LaunchConfigurationNameType {
        launch_configuration_name: Some("c".to_owned()),
    };
    let (one, other) = (call(), call());
    let (made, deleted) = tokio::join!(
        home.service.create_auto_scaling_group(&one, of_group),
        home.service.delete_launch_configuration(&other, input),
    );
    assert_ne!(made.is_ok(), deleted.is_ok());
}

#[tokio::test]
async fn a_mixed_group_launches_the_next_type_where_there_is_no_room() {
    let home = Home::new();
    let template = home::group(0, 5).launch_template;
    let of = |name: &str| LaunchTemplateOverrides {
        instance_type: Some(name.to_owned()),
        ..LaunchTemplateOverrides::default()
    };
    let policy = |percentage| MixedInstancesPolicy {
        launch_template: Some(LaunchTemplate {
            launch_template_specification: template.clone(),
            overrides: Some(vec![of("t3.small"), of("m5.large")]),
        }),
        instances_distribution: Some(InstancesDistribution {
            on_demand_percentage_above_base_capacity: percentage,
            ..InstancesDistribution::default()
        }),
    };
    let input = |percentage| CreateAutoScalingGroupType {
        launch_template: None,
        desired_capacity: Some(1),
        mixed_instances_policy: Some(policy(percentage)),
        ..group(0, 5)
    };
    let call = call();
    let made = home
        .service
        .create_auto_scaling_group(&call, input(Some(101)));
    let text = "OnDemandPercentageAboveBaseCapacity must be between 0 and 100.";
    refused(made.await, "ValidationError", text);
    let full = Fault::sender("InsufficientInstanceCapacity", 500, "There is no room.");
    home.cloud.refusals.lock().push_back(full);
    let made = home.service.create_auto_scaling_group(&call, input(None));
    made.await.unwrap();
    home.are(1, "InService").await;
    let types: Vec<Option<String>> = home
        .cloud
        .runs
        .lock()
        .iter()
        .map(|it| it.instance_type.clone())
        .collect();
    assert_eq!(types, [Some("m5.large".to_owned())]);
}

/// Else its On-Demand instances would be Spot.
#[tokio::test]
async fn a_mixed_group_takes_no_template_of_spot_instances() {
    let home = Home::new();
    let policy = MixedInstancesPolicy {
        launch_template: Some(LaunchTemplate {
            launch_template_specification: Some(LaunchTemplateSpecification {
                launch_template_id: Some("lt-spot".to_owned()),
                ..LaunchTemplateSpecification::default()
            }),
            overrides: None,
        }),
        instances_distribution: None,
    };
    let input = CreateAutoScalingGroupType {
        launch_template: None,
        mixed_instances_policy: Some(policy),
        ..group(0, 5)
    };
    let call = call();
    let made = home.service.create_auto_scaling_group(&call, input);
    refused(
        made.await,
        "ValidationError",
        "Incompatible launch template: You cannot use a launch template that is set to request Spot Instances (InstanceMarketOptions) when you configure an Auto Scaling group with a mixed instances policy. Add a different launch template to the group and try again.",
    );
}

#[tokio::test]
async fn a_mixed_group_has_spot_instances() {
    let home = Home::new();
    let template = home::group(0, 5).launch_template;
    let of = |name: &str| LaunchTemplateOverrides {
        instance_type: Some(name.to_owned()),
        ..LaunchTemplateOverrides::default()
    };
    let policy = MixedInstancesPolicy {
        launch_template: Some(LaunchTemplate {
            launch_template_specification: template.clone(),
            overrides: Some(vec![of("m5.large"), of("t3.small")]),
        }),
        instances_distribution: Some(InstancesDistribution {
            on_demand_base_capacity: Some(1),
            on_demand_percentage_above_base_capacity: Some(0),
            spot_max_price: Some("0.05".to_owned()),
            ..InstancesDistribution::default()
        }),
    };
    let input = CreateAutoScalingGroupType {
        launch_template: None,
        desired_capacity: Some(3),
        mixed_instances_policy: Some(policy),
        ..group(0, 5)
    };
    let call = call();
    let made = home.service.create_auto_scaling_group(&call, input);
    made.await.unwrap();
    home.are(3, "InService").await;
    let mut launched: Vec<(Option<String>, Option<String>)> = home
        .cloud
        .runs
        .lock()
        .iter()
        .map(|it| {
            let market = it.instance_market_options.clone();
            let options = market.and_then(|it| it.spot_options);
            (
                it.instance_type.clone(),
                options.and_then(|it| it.max_price),
            )
        })
        .collect();
    launched.sort();
    let text = |text: &str| Some(text.to_owned());
    let spot = (text("t3.small"), text("0.05"));
    let expected = [(text("m5.large"), None), spot.clone(), spot];
    assert_eq!(launched, expected);
}

/// Who may not tag groups makes none with tags; what a group is to have is asked about.
#[tokio::test]
async fn sizes_and_tags_at_creation_are_asked_about() {
    let home = Home::new();
    let tag = Tag {
        key: Some("team".to_owned()),
        value: Some("web".to_owned()),
        ..Tag::default()
    };
    for (tags, actions) in [
        (None, vec!["autoscaling:CreateAutoScalingGroup"]),
        (
            Some(vec![tag]),
            vec![
                "autoscaling:CreateAutoScalingGroup",
                "autoscaling:CreateOrUpdateTags",
            ],
        ),
    ] {
        let create = CreateAutoScalingGroupType {
            auto_scaling_group_name: name(),
            max_size: Some(5),
            tags,
            ..CreateAutoScalingGroupType::default()
        };
        let asked = Input::CreateAutoScalingGroup(&create);
        let checks = home.service.authorize(&call(), asked).await.unwrap();
        let found: Vec<&str> = checks.iter().map(|it| it.action.as_str()).collect();
        assert_eq!(found, actions);
        assert_eq!(checks[0].context["autoscaling:MaxSize"], ["5"]);
    }
}
