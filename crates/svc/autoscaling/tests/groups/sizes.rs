//! Groups that grow and shrink, and come to their size whatever fails.

use std::time::Duration;

use wharf_api_autoscaling::{
    Autoscaling as _, ScalingProcessQuery, SetInstanceHealthQuery, SetInstanceProtectionQuery,
    TerminateInstanceInAutoScalingGroupType, UpdateAutoScalingGroupType,
};
use wharf_base::Clock as _;
use wharf_testkit::{call, refused, until};
use wharf_wire::Fault;

use crate::{home::Home, name, set};

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

/// Agents come back one after the other when the server was away, and the checks of their instances fail meanwhile.
#[tokio::test]
async fn an_outage_of_the_server_replaces_nothing() {
    let mut home = Home::new();
    home.create(0, 2, 3).await;
    let ids = home.are(2, "InService").await;
    home.service.end().await;
    let since = home.clock.now();
    let failing = ids.iter().map(|id| (id.clone(), since));
    home.cloud.failing.lock().extend(failing);
    home.clock.advance(Duration::from_secs(3600));
    home.service.restart();
    home.clock.advance(Duration::from_secs(149));
    // The group is looked at, and the instances of before are among those that it has.
    set(&home, 3).await.unwrap();
    let three = home.are(3, "InService").await;
    assert!(ids.iter().all(|it| three.contains(it)), "{ids:?} {three:?}");
    // One host is back in time; the other is lost.
    home.cloud.failing.lock().remove(&ids[0]);
    home.clock.advance(Duration::from_secs(1));
    until("the other one is replaced", || async {
        home.cloud.boot();
        let input = UpdateAutoScalingGroupType {
            auto_scaling_group_name: name(),
            default_cooldown: Some(300),
            ..UpdateAutoScalingGroupType::default()
        };
        // A change wakes the group, whose own time does not pass.
        let woken = home.service.update_auto_scaling_group(&call(), input).await;
        woken.unwrap();
        home.cloud.state(&ids[1]) == "terminated"
    })
    .await;
    let three = home.are(3, "InService").await;
    assert!(three.contains(&ids[0]) && !three.contains(&ids[1]));
}

/// The clock of a machine that was off is set right after the server began there: agents had no time to come back all the same.
#[tokio::test]
async fn a_clock_that_is_set_replaces_nothing() {
    let mut home = Home::new();
    home.create(0, 2, 3).await;
    let ids = home.are(2, "InService").await;
    home.service.end().await;
    let since = home.clock.now();
    let failing = ids.iter().map(|id| (id.clone(), since));
    home.cloud.failing.lock().extend(failing);
    home.service.restart();
    home.clock.set(since + Duration::from_secs(24 * 3600));
    home.clock.advance(Duration::from_secs(149));
    set(&home, 3).await.unwrap();
    let three = home.are(3, "InService").await;
    assert!(ids.iter().all(|it| three.contains(it)), "{ids:?} {three:?}");
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
