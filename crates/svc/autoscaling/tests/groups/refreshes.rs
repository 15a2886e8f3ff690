//! Instance refreshes, from requests to their end.

use serde_json::json;
use wharf_api_autoscaling::{
    AlarmSpecification, Autoscaling as _, CancelInstanceRefreshType, CreateAutoScalingGroupType,
    DescribeInstanceRefreshesType, DesiredConfiguration, InstanceMaintenancePolicy,
    InstanceRefresh, LaunchTemplateSpecification, RefreshPreferences, RollbackInstanceRefreshType,
    StartInstanceRefreshType, UpdateAutoScalingGroupType,
};
use wharf_testkit::{call, until};
use wharf_wire::Fault;

use crate::{
    home::{Home, group},
    name,
};

fn version(number: &str) -> Option<LaunchTemplateSpecification> {
    Some(LaunchTemplateSpecification {
        launch_template_name: Some("web".to_owned()),
        version: Some(number.to_owned()),
        ..LaunchTemplateSpecification::default()
    })
}

fn refresh() -> StartInstanceRefreshType {
    StartInstanceRefreshType {
        auto_scaling_group_name: name(),
        ..StartInstanceRefreshType::default()
    }
}

impl Home {
    async fn refresh(&self, input: StartInstanceRefreshType) -> Result<(), Fault> {
        let started = self.service.start_instance_refresh(&call(), input).await;
        started.map(drop)
    }

    async fn cancel(&self) -> Result<(), Fault> {
        let input = CancelInstanceRefreshType {
            auto_scaling_group_name: name(),
            wait_for_transitioning_instances: Some(false),
        };
        let cancelled = self.service.cancel_instance_refresh(&call(), input).await;
        cancelled.map(drop)
    }

    async fn roll_back(&self) -> Result<(), Fault> {
        let input = RollbackInstanceRefreshType {
            auto_scaling_group_name: name(),
        };
        let back = self.service.rollback_instance_refresh(&call(), input).await;
        back.map(drop)
    }

    /// The latest.
    async fn refreshed(&self) -> InstanceRefresh {
        let input = DescribeInstanceRefreshesType {
            auto_scaling_group_name: name(),
            ..DescribeInstanceRefreshesType::default()
        };
        let found = self
            .service
            .describe_instance_refreshes(&call(), input)
            .await;
        found.unwrap().instance_refreshes.unwrap().remove(0)
    }
}

#[tokio::test]
async fn a_refresh_goes_by_the_policy_of_its_group_until_it_is_cancelled() {
    let home = Home::new();
    let input = CreateAutoScalingGroupType {
        desired_capacity: Some(2),
        instance_maintenance_policy: Some(InstanceMaintenancePolicy {
            min_healthy_percentage: Some(80),
            max_healthy_percentage: Some(130),
        }),
        ..group(0, 4)
    };
    home.service
        .create_auto_scaling_group(&call(), input)
        .await
        .unwrap();
    home.are(2, "InService").await;
    home.refresh(refresh()).await.unwrap();
    let shown = home.refreshed().await.preferences.unwrap();
    let percentages =
        |it: &RefreshPreferences| (it.min_healthy_percentage, it.max_healthy_percentage);
    assert_eq!(percentages(&shown), (Some(80), Some(130)));
    // Nothing boots, so it stays under way.
    let again = home.refresh(refresh()).await.unwrap_err();
    assert_eq!(again.code, "InstanceRefreshInProgress");
    let back = home.roll_back().await.unwrap_err();
    assert_eq!(back.code, "IrreversibleInstanceRefresh");
    home.cancel().await.unwrap();
    assert_eq!(home.refreshed().await.status.as_deref(), Some("Cancelled"));
    let none = home.cancel().await.unwrap_err();
    assert_eq!(none.code, "ActiveInstanceRefreshNotFound");
    // What a request says comes before the policy.
    let input = StartInstanceRefreshType {
        preferences: Some(RefreshPreferences {
            min_healthy_percentage: Some(50),
            max_healthy_percentage: Some(100),
            ..RefreshPreferences::default()
        }),
        ..refresh()
    };
    home.refresh(input).await.unwrap();
    let shown = home.refreshed().await.preferences.unwrap();
    assert_eq!(percentages(&shown), (Some(50), Some(100)));
}

#[tokio::test]
async fn a_refresh_is_rolled_back() {
    let home = Home::new();
    let input = CreateAutoScalingGroupType {
        desired_capacity: Some(2),
        launch_template: version("3"),
        ..group(0, 4)
    };
    home.service
        .create_auto_scaling_group(&call(), input)
        .await
        .unwrap();
    home.are(2, "InService").await;
    let input = StartInstanceRefreshType {
        desired_configuration: Some(DesiredConfiguration {
            launch_template: version("4"),
            ..DesiredConfiguration::default()
        }),
        ..refresh()
    };
    home.refresh(input).await.unwrap();
    let launched = |number: &str| {
        let runs = home.cloud.runs.lock();
        let of = runs.iter().filter_map(|it| it.launch_template.as_ref());
        of.filter(|it| it.version.as_deref() == Some(number))
            .count()
    };
    until("one is replaced", || async { launched("4") > 0 }).await;
    home.roll_back().await.unwrap();
    until("it went back", || async {
        home.cloud.boot();
        home.refreshed().await.status.as_deref() == Some("RollbackSuccessful")
    })
    .await;
    let versions: Vec<_> = home
        .instances()
        .await
        .into_iter()
        .filter(|it| it.lifecycle_state.as_deref() == Some("InService"))
        .filter_map(|it| it.launch_template?.version)
        .collect();
    assert_eq!(versions, ["3", "3"]);
}

#[tokio::test]
async fn an_alarm_ends_a_refresh() {
    let home = Home::new();
    home.create(0, 2, 4).await;
    home.are(2, "InService").await;
    let start = || StartInstanceRefreshType {
        preferences: Some(RefreshPreferences {
            alarm_specification: Some(AlarmSpecification {
                alarms: Some(vec!["errors".to_owned()]),
            }),
            ..RefreshPreferences::default()
        }),
        ..refresh()
    };
    let unknown = home.refresh(start()).await.unwrap_err();
    assert_eq!(unknown.message, "There is no CloudWatch alarm errors.");
    let is = |state: &str| {
        let alarm = json!({ "AlarmName": "errors", "StateValue": state });
        home.cloud.alarms.lock().insert("errors".to_owned(), alarm);
    };
    is("OK");
    home.refresh(start()).await.unwrap();
    let shown = home.refreshed().await.preferences.unwrap();
    let alarms = shown.alarm_specification.unwrap().alarms;
    assert_eq!(alarms, Some(vec!["errors".to_owned()]));
    is("ALARM");
    until("the refresh has failed", || async {
        // A change wakes the group.
        let input = UpdateAutoScalingGroupType {
            auto_scaling_group_name: name(),
            default_cooldown: Some(300),
            ..UpdateAutoScalingGroupType::default()
        };
        let woken = home.service.update_auto_scaling_group(&call(), input).await;
        woken.unwrap();
        home.refreshed().await.status.as_deref() == Some("Failed")
    })
    .await;
    let reason = home.refreshed().await.status_reason;
    let expected = "The alarm errors went into the ALARM state.";
    assert_eq!(reason.as_deref(), Some(expected));
}
