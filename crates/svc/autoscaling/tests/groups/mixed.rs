//! Groups with a mixed instances policy: types, markets and weights.

use wharf_api_autoscaling::{
    Autoscaling as _, CreateAutoScalingGroupType, InstancesDistribution, LaunchTemplate,
    LaunchTemplateOverrides, LaunchTemplateSpecification, MixedInstancesPolicy,
    TerminateInstanceInAutoScalingGroupType,
};
use wharf_testkit::{call, refused};
use wharf_wire::Fault;

use crate::{
    home::{Home, group},
    set,
};

fn of(name: &str) -> LaunchTemplateOverrides {
    LaunchTemplateOverrides {
        instance_type: Some(name.to_owned()),
        ..LaunchTemplateOverrides::default()
    }
}

/// A group of up to ten units whose policy names the types.
fn mixed(
    desired: i32,
    types: Vec<LaunchTemplateOverrides>,
    distribution: InstancesDistribution,
) -> CreateAutoScalingGroupType {
    let template = group(0, 10).launch_template;
    CreateAutoScalingGroupType {
        launch_template: None,
        desired_capacity: Some(desired),
        mixed_instances_policy: Some(MixedInstancesPolicy {
            launch_template: Some(LaunchTemplate {
                launch_template_specification: template,
                overrides: Some(types),
            }),
            instances_distribution: Some(distribution),
        }),
        ..group(0, 10)
    }
}

#[tokio::test]
async fn a_mixed_group_launches_the_next_type_where_there_is_no_room() {
    let home = Home::new();
    let input = |percentage| {
        let distribution = InstancesDistribution {
            on_demand_percentage_above_base_capacity: percentage,
            ..InstancesDistribution::default()
        };
        mixed(1, vec![of("t3.small"), of("m5.large")], distribution)
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
    let distribution = InstancesDistribution {
        on_demand_base_capacity: Some(1),
        on_demand_percentage_above_base_capacity: Some(0),
        spot_max_price: Some("0.05".to_owned()),
        ..InstancesDistribution::default()
    };
    let input = mixed(3, vec![of("m5.large"), of("t3.small")], distribution);
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

#[tokio::test]
async fn on_demand_instances_are_of_the_type_that_costs_least() {
    let home = Home::new();
    let distribution = InstancesDistribution {
        on_demand_allocation_strategy: Some("lowest-price".to_owned()),
        ..InstancesDistribution::default()
    };
    let input = mixed(1, vec![of("m5.large"), of("t3.small")], distribution);
    home.service
        .create_auto_scaling_group(&call(), input)
        .await
        .unwrap();
    home.are(1, "InService").await;
    let run = home.cloud.runs.lock()[0].clone();
    assert_eq!(run.instance_type.as_deref(), Some("t3.small"));
    assert!(run.instance_market_options.is_none());
    let shown = home.shown().await;
    let policy = shown.mixed_instances_policy.unwrap();
    // As they were given.
    let overrides = policy.launch_template.unwrap().overrides.unwrap();
    assert_eq!(overrides, [of("m5.large"), of("t3.small")]);
    let strategy = policy
        .instances_distribution
        .unwrap()
        .on_demand_allocation_strategy;
    assert_eq!(strategy.as_deref(), Some("lowest-price"));
}

#[tokio::test]
async fn capacity_is_in_units_where_types_have_weights() {
    let home = Home::new();
    let weighted = |name: &str, weight: &str| LaunchTemplateOverrides {
        weighted_capacity: Some(weight.to_owned()),
        ..of(name)
    };
    let types = vec![weighted("m5.large", "4"), weighted("t3.small", "1")];
    let input = mixed(6, types, InstancesDistribution::default());
    home.service
        .create_auto_scaling_group(&call(), input)
        .await
        .unwrap();
    let ids = home.are(2, "InService").await;
    let weights = home.instances().await.into_iter();
    let weights: Vec<_> = weights.filter_map(|it| it.weighted_capacity).collect();
    assert_eq!(weights, ["4", "4"]);
    let described = home
        .service
        .describe_auto_scaling_instances(&call(), Default::default())
        .await;
    let described = described.unwrap().auto_scaling_instances.unwrap();
    assert!(
        described
            .iter()
            .all(|it| it.weighted_capacity.as_deref() == Some("4"))
    );
    // None goes while what is left would be less than desired.
    set(&home, 5).await.unwrap();
    set(&home, 4).await.unwrap();
    let left = home.are(1, "InService").await;
    assert!(ids.contains(&left[0]));
    // One that is let go takes its units with it, and of what is desired no more than there is.
    set(&home, 3).await.unwrap();
    let input = TerminateInstanceInAutoScalingGroupType {
        instance_id: Some(left[0].clone()),
        should_decrement_desired_capacity: Some(true),
        ..TerminateInstanceInAutoScalingGroupType::default()
    };
    home.service
        .terminate_instance_in_auto_scaling_group(&call(), input)
        .await
        .unwrap();
    home.are(0, "InService").await;
    let shown = home.shown().await;
    assert_eq!(shown.desired_capacity, Some(0));
    assert_eq!(home.cloud.ids().len(), 2);
}

#[tokio::test]
async fn types_with_a_template_of_their_own_are_launched_of_that() {
    let home = Home::new();
    let named = |id: &str, name: Option<&str>| LaunchTemplateOverrides {
        launch_template_specification: Some(LaunchTemplateSpecification {
            launch_template_id: Some(id.to_owned()),
            launch_template_name: name.map(str::to_owned),
            version: Some("$Latest".to_owned()),
        }),
        ..of("m5.large")
    };
    let input = |own| {
        mixed(
            1,
            vec![own, of("t3.small")],
            InstancesDistribution::default(),
        )
    };
    let call = call();
    for (own, why) in [
        (
            named("lt-2", Some("web")),
            "either launchTemplateId or LaunchTemplateName",
        ),
        (named("lt-spot", None), "request Spot Instances"),
    ] {
        let made = home.service.create_auto_scaling_group(&call, input(own));
        let refused = made.await.unwrap_err();
        assert_eq!(refused.code, "ValidationError");
        assert!(refused.message.contains(why), "{refused}");
    }
    let made = home
        .service
        .create_auto_scaling_group(&call, input(named("lt-2", None)));
    made.await.unwrap();
    home.are(1, "InService").await;
    let run = home.cloud.runs.lock()[0].clone();
    assert_eq!(run.instance_type.as_deref(), Some("m5.large"));
    let template = run.launch_template.unwrap();
    assert_eq!(template.launch_template_id.as_deref(), Some("lt-2"));
    assert_eq!(template.version.as_deref(), Some("3"));
    let shown = home.shown().await.mixed_instances_policy.unwrap();
    let shown = shown.launch_template.unwrap();
    let of_group = shown.launch_template_specification.unwrap();
    assert_eq!(of_group.launch_template_id.as_deref(), Some("lt-1"));
    let overrides = shown.overrides.unwrap();
    let own = overrides[0].launch_template_specification.clone().unwrap();
    assert_eq!(own.launch_template_id.as_deref(), Some("lt-2"));
    assert_eq!(own.version.as_deref(), Some("$Latest"));
    assert_eq!(overrides[1].launch_template_specification, None);
    // What is launched next is of the group's where there is no room for the other.
    let full = Fault::sender("InsufficientInstanceCapacity", 500, "There is no room.");
    home.cloud.refusals.lock().push_back(full);
    set(&home, 2).await.unwrap();
    home.are(2, "InService").await;
    let last = home.cloud.runs.lock()[1].launch_template.clone().unwrap();
    assert_eq!(last.launch_template_id.as_deref(), Some("lt-1"));
}
