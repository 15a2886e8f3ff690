//! LaunchInstances: what is launched at once, what EC2 refuses, and who asks twice.

use std::time::Duration;

use wharf_api_autoscaling::{
    Autoscaling as _, LaunchInstancesRequest, LaunchInstancesResult, ScalingProcessQuery,
};
use wharf_testkit::{call, refused, until};
use wharf_wire::Fault;

use crate::{home::Home, name, set};

fn asked(count: i32, token: &str) -> LaunchInstancesRequest {
    LaunchInstancesRequest {
        auto_scaling_group_name: name(),
        requested_capacity: Some(count),
        client_token: Some(token.to_owned()),
        subnet_ids: Some(vec!["subnet-b".to_owned()]),
        ..LaunchInstancesRequest::default()
    }
}

fn no_room() -> Fault {
    let text = "We currently do not have sufficient t3.small capacity.";
    Fault::sender("InsufficientInstanceCapacity", 500, text)
}

impl Home {
    async fn launch(&self, input: LaunchInstancesRequest) -> Result<LaunchInstancesResult, Fault> {
        self.service.launch_instances(&call(), input).await
    }

    async fn desired(&self) -> Option<i32> {
        self.shown().await.desired_capacity
    }
}

#[tokio::test]
async fn instances_are_launched_with_the_answer_and_once() {
    let home = Home::new();
    home.create(0, 1, 4).await;
    home.are(1, "InService").await;
    let made = home.launch(asked(2, "one")).await.unwrap();
    assert_eq!(made.errors, Some(Vec::new()));
    let launched = made.instances.clone().unwrap();
    assert_eq!(launched.len(), 1);
    assert_eq!(launched[0].subnet_id.as_deref(), Some("subnet-b"));
    assert_eq!(launched[0].market_type.as_deref(), Some("on-demand"));
    assert_eq!(launched[0].instance_type.as_deref(), Some("t3.small"));
    let ids = launched[0].instance_ids.clone().unwrap();
    assert_eq!(ids.len(), 2);
    assert_eq!(home.desired().await, Some(3));
    let all = home.are(3, "InService").await;
    assert!(ids.iter().all(|it| all.contains(it)));
    let runs = home.cloud.runs.lock().len();
    // With the same token nothing else is launched.
    assert_eq!(home.launch(asked(2, "one")).await.unwrap(), made);
    assert_eq!(home.cloud.runs.lock().len(), runs);
    assert_eq!(home.desired().await, Some(3));
    refused(
        home.launch(asked(1, "one")).await,
        "IdempotentParameterMismatch",
        "The client token one was used with other parameters.",
    );
}

#[tokio::test]
async fn what_is_refused_leaves_the_group_as_it_was() {
    let home = Home::new();
    home.create(0, 0, 2).await;
    home.cloud.refusals.lock().push_back(no_room());
    let made = home.launch(asked(2, "one")).await.unwrap();
    let errors = made.errors.clone().unwrap();
    assert_eq!(errors.len(), 1);
    let code = "InsufficientInstanceCapacity";
    assert_eq!(errors[0].error_code.as_deref(), Some(code));
    assert_eq!(errors[0].subnet_id.as_deref(), Some("subnet-b"));
    let ids = made.instances.clone().unwrap().remove(0).instance_ids;
    assert_eq!(home.are(1, "InService").await, ids.unwrap());
    assert_eq!(home.desired().await, Some(1));
    let ended = home.activities().await;
    let failed = ended
        .iter()
        .filter(|it| it.status_code.as_deref() == Some("Failed"));
    assert_eq!(failed.count(), 1);
    // What was refused is not tried again by who asks again.
    assert_eq!(home.launch(asked(2, "one")).await.unwrap(), made);
    assert_eq!(home.desired().await, Some(1));
}

#[tokio::test]
async fn a_group_tries_on_if_it_is_to() {
    let home = Home::new();
    home.create(0, 0, 2).await;
    home.cloud.refusals.lock().push_back(no_room());
    let input = LaunchInstancesRequest {
        retry_strategy: Some("retry-with-group-configuration".to_owned()),
        ..asked(1, "one")
    };
    let made = home.launch(input).await.unwrap();
    assert_eq!(made.errors.unwrap().len(), 1);
    assert_eq!(made.instances, Some(Vec::new()));
    assert_eq!(home.desired().await, Some(1));
    home.are(1, "InService").await;
    let runs = home.cloud.runs.lock().clone();
    // Where it failed none is tried for a while.
    assert_eq!(runs[0].subnet_id.as_deref(), Some("subnet-a"));
}

#[tokio::test]
async fn who_hears_nothing_of_a_launch_asks_again() {
    let mut home = Home::new();
    home.create(0, 0, 2).await;
    home.cloud.refusals.lock().push_back(unheard());
    // The group's own balance would move one of them to the other zone.
    let balance = ScalingProcessQuery {
        auto_scaling_group_name: name(),
        scaling_processes: Some(vec!["AZRebalance".to_owned()]),
    };
    let suspended = home.service.suspend_processes(&call(), balance).await;
    suspended.unwrap();
    let lost = home.launch(asked(2, "one")).await;
    assert_eq!(lost.unwrap_err().status, 500);
    home.service.restart();
    home.clock.advance(Duration::from_secs(1));
    let mut ids = home.are(2, "InService").await;
    let made = home.launch(asked(2, "one")).await.unwrap();
    let heard = made.instances.unwrap().into_iter();
    let mut heard: Vec<String> = heard
        .flat_map(|it| it.instance_ids.unwrap_or_default())
        .collect();
    heard.sort();
    ids.sort();
    assert_eq!(heard, ids);
    assert_eq!(home.cloud.ids().len(), 2);
}

/// Nobody hears what EC2 answers first.
fn unheard() -> Fault {
    let text = "An internal error has occurred.";
    Fault {
        sender: false,
        ..Fault::sender("InternalError", 500, text)
    }
}

#[tokio::test]
async fn what_ends_for_the_balance_of_zones_was_launched() {
    let mut home = Home::new();
    home.create(0, 0, 2).await;
    home.cloud.refusals.lock().push_back(unheard());
    let lost = home.launch(asked(2, "one")).await;
    assert_eq!(lost.unwrap_err().status, 500);
    home.service.restart();
    home.clock.advance(Duration::from_secs(1));
    // The group launches both where they were asked for, and then moves one of them to the other zone.
    until("one of the instances is in the other zone", || async {
        home.are(2, "InService").await;
        home.cloud.ids().len() == 3
    })
    .await;
    let staying = home.are(2, "InService").await;
    let made = home.launch(asked(2, "one")).await.unwrap();
    assert_eq!(made.errors, Some(Vec::new()));
    let heard = made.instances.unwrap().into_iter();
    let heard: Vec<String> = heard
        .flat_map(|it| it.instance_ids.unwrap_or_default())
        .collect();
    let subnet_of = |id: &String| {
        let all = home.cloud.instances.lock();
        let of = all.values().find(|it| it.instance_id.as_ref() == Some(id));
        of.unwrap().subnet_id.clone().unwrap()
    };
    assert_eq!(
        heard.iter().map(subnet_of).collect::<Vec<_>>(),
        ["subnet-b"; 2]
    );
    assert_eq!(heard.iter().filter(|it| staying.contains(it)).count(), 1);
}

#[tokio::test]
async fn what_the_group_refrained_from_was_not_launched() {
    let home = Home::new();
    home.create(0, 0, 2).await;
    // For longer than it takes to shrink the group again.
    home.cloud.refusals.lock().extend(vec![unheard(); 1000]);
    let lost = home.launch(asked(1, "one")).await;
    assert_eq!(lost.unwrap_err().status, 500);
    set(&home, 0).await.unwrap();
    home.clock.advance(Duration::from_secs(1));
    // As long as it is still to be launched EC2 is asked, and refuses.
    until("the group refrains from it", || async {
        home.launch(asked(1, "one")).await.is_ok()
    })
    .await;
    home.cloud.refusals.lock().clear();
    let made = home.launch(asked(1, "one")).await.unwrap();
    assert_eq!(made.instances, Some(Vec::new()));
    let errors = made.errors.unwrap();
    assert_eq!(errors[0].error_code.as_deref(), Some("LaunchFailed"));
    assert!(home.cloud.ids().is_empty());
}

#[tokio::test]
async fn what_cannot_be_launched_is_refused() {
    let home = Home::new();
    home.create(0, 1, 2).await;
    home.are(1, "InService").await;
    for input in [
        // More than the maximum, and than is launched at once.
        asked(2, "one"),
        asked(51, "one"),
        LaunchInstancesRequest {
            subnet_ids: Some(vec!["subnet-x".to_owned()]),
            ..asked(1, "one")
        },
        // The group has several zones.
        LaunchInstancesRequest {
            subnet_ids: None,
            ..asked(1, "one")
        },
        LaunchInstancesRequest {
            auto_scaling_group_name: Some("other".to_owned()),
            ..asked(1, "one")
        },
    ] {
        let wrong = home.launch(input.clone()).await.unwrap_err();
        assert_eq!(wrong.code, "ValidationError", "{input:?}");
    }
    let launch = ScalingProcessQuery {
        auto_scaling_group_name: name(),
        scaling_processes: Some(vec!["Launch".to_owned()]),
    };
    home.service
        .suspend_processes(&call(), launch)
        .await
        .unwrap();
    let suspended = home.launch(asked(1, "one")).await;
    assert_eq!(suspended.unwrap_err().code, "ValidationError");
    assert_eq!(home.desired().await, Some(1));
    assert_eq!(home.cloud.ids().len(), 1);
}
