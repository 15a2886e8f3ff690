//! Instance maintenance policies, from requests to what is replaced.

use std::time::Duration;

use wharf_api_autoscaling::{
    AutoScalingGroupNamesType, Autoscaling as _, CreateAutoScalingGroupType,
    InstanceMaintenancePolicy, SetInstanceHealthQuery, UpdateAutoScalingGroupType,
};
use wharf_testkit::{call, until};

use crate::{
    home::{Home, group},
    name,
};

fn policy(min: i32, max: i32) -> Option<InstanceMaintenancePolicy> {
    Some(InstanceMaintenancePolicy {
        min_healthy_percentage: Some(min),
        max_healthy_percentage: Some(max),
    })
}

async fn shown(home: &Home) -> Option<InstanceMaintenancePolicy> {
    let input = AutoScalingGroupNamesType::default();
    let found = home
        .service
        .describe_auto_scaling_groups(&call(), input)
        .await;
    let mut found = found.unwrap().auto_scaling_groups.unwrap();
    found.pop().unwrap().instance_maintenance_policy
}

#[tokio::test]
async fn a_warmup_is_a_time_or_taken_away() {
    let home = Home::new();
    let call = call();
    let of = |warmup| CreateAutoScalingGroupType {
        default_instance_warmup: Some(warmup),
        ..group(0, 1)
    };
    let made = home.service.create_auto_scaling_group(&call, of(-2)).await;
    assert_eq!(made.unwrap_err().code, "ValidationError");
    let made = home.service.create_auto_scaling_group(&call, of(30)).await;
    made.unwrap();
    for (warmup, refused, then) in [
        (-2, true, Some(30)),
        (0, false, Some(0)),
        (i32::MIN, true, Some(0)),
        (-1, false, None),
    ] {
        let input = UpdateAutoScalingGroupType {
            auto_scaling_group_name: Some("g".to_owned()),
            default_instance_warmup: Some(warmup),
            ..UpdateAutoScalingGroupType::default()
        };
        let changed = home.service.update_auto_scaling_group(&call, input).await;
        assert_eq!(changed.is_err(), refused, "{warmup}");
        let asked = AutoScalingGroupNamesType::default();
        let found = home.service.describe_auto_scaling_groups(&call, asked);
        let found = found.await.unwrap().auto_scaling_groups.unwrap().remove(0);
        assert_eq!(found.default_instance_warmup, then, "{warmup}");
    }
}

#[tokio::test]
async fn a_successor_comes_before_what_is_unhealthy_goes() {
    let home = Home::new();
    let input = CreateAutoScalingGroupType {
        instance_maintenance_policy: policy(100, 200),
        default_instance_warmup: Some(30),
        ..group(2, 4)
    };
    home.service
        .create_auto_scaling_group(&call(), input)
        .await
        .unwrap();
    assert_eq!(shown(&home).await, policy(100, 200));
    let ids = home.are(2, "InService").await;
    let input = SetInstanceHealthQuery {
        instance_id: Some(ids[0].clone()),
        health_status: Some("Unhealthy".to_owned()),
        ..SetInstanceHealthQuery::default()
    };
    home.service
        .set_instance_health(&call(), input)
        .await
        .unwrap();
    let three = home.are(3, "InService").await;
    assert!(three.contains(&ids[0]));
    home.clock.advance(Duration::from_secs(60));
    until("the unhealthy one is gone", || async {
        home.cloud.boot();
        let input = UpdateAutoScalingGroupType {
            auto_scaling_group_name: name(),
            default_cooldown: Some(300),
            ..UpdateAutoScalingGroupType::default()
        };
        // A change wakes the group, whose own time does not pass.
        let woken = home.service.update_auto_scaling_group(&call(), input).await;
        woken.unwrap();
        let now = home.instances().await;
        now.len() == 2
            && now
                .iter()
                .all(|it| it.instance_id.as_ref() != Some(&ids[0]))
    })
    .await;
}

#[tokio::test]
async fn a_policy_is_changed_taken_away_and_held_to_its_bounds() {
    let home = Home::new();
    home.create(0, 0, 1).await;
    assert_eq!(shown(&home).await, None);
    let update = |it| {
        let input = UpdateAutoScalingGroupType {
            auto_scaling_group_name: name(),
            instance_maintenance_policy: it,
            ..UpdateAutoScalingGroupType::default()
        };
        let home = &home;
        async move { home.service.update_auto_scaling_group(&call(), input).await }
    };
    update(policy(90, 120)).await.unwrap();
    assert_eq!(shown(&home).await, policy(90, 120));
    let wrong = update(policy(10, 200)).await.unwrap_err();
    assert_eq!(wrong.code, "ValidationError");
    // What an update does not say stays.
    update(None).await.unwrap();
    assert_eq!(shown(&home).await, policy(90, 120));
    update(policy(-1, -1)).await.unwrap();
    assert_eq!(shown(&home).await, None);
}
