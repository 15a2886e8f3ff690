//! Instances in their groups: held by hooks, attached, on standby, terminated.

use std::time::Duration;

use wharf_api_autoscaling::{
    AttachInstancesQuery, AttachLoadBalancerTargetGroupsType, Autoscaling as _,
    CompleteLifecycleActionType, EnterStandbyQuery, ExitStandbyQuery, PutLifecycleHookType,
    TerminateInstanceInAutoScalingGroupType,
};
use wharf_testkit::{call, refused, until};

use crate::{home::Home, name, set};

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
