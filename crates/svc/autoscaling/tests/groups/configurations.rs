//! Launch configurations: disks, user data and Spot instances, and what has none of them.

use wharf_api_autoscaling::{
    Autoscaling as _, BlockDeviceMapping, CreateAutoScalingGroupType,
    CreateLaunchConfigurationType, Ebs, LaunchConfigurationNameType, LaunchTemplate,
    LaunchTemplateOverrides, MixedInstancesPolicy, UpdateAutoScalingGroupType,
};
use wharf_testkit::{call, refused, until};
use wharf_wire::Fault;

use crate::{
    home::{Home, NO_GROUP, NO_IMAGE, NO_KEY, NO_TYPE, group},
    name,
};

const ONE_SOURCE: &str = "Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or MixedInstancesPolicy parameter.";

fn mappings() -> Vec<BlockDeviceMapping> {
    vec![
        BlockDeviceMapping {
            device_name: Some("/dev/sdf".to_owned()),
            ebs: Some(Ebs {
                volume_size: Some(8),
                volume_type: Some("gp3".to_owned()),
                delete_on_termination: Some(false),
                encrypted: Some(true),
                ..Ebs::default()
            }),
            ..BlockDeviceMapping::default()
        },
        BlockDeviceMapping {
            device_name: Some("/dev/sdg".to_owned()),
            no_device: Some(true),
            ..BlockDeviceMapping::default()
        },
    ]
}

impl Home {
    async fn configured(&self, input: CreateLaunchConfigurationType) -> Result<(), Fault> {
        let input = CreateLaunchConfigurationType {
            launch_configuration_name: Some("c".to_owned()),
            image_id: Some("ami-1".to_owned()),
            instance_type: Some("t3.small".to_owned()),
            ..input
        };
        self.service
            .create_launch_configuration(&call(), input)
            .await
    }
}

fn of_configuration() -> CreateAutoScalingGroupType {
    CreateAutoScalingGroupType {
        launch_template: None,
        launch_configuration_name: Some("c".to_owned()),
        desired_capacity: Some(1),
        ..group(0, 1)
    }
}

#[tokio::test]
async fn its_instances_have_its_disks_and_are_spot_instances() {
    let home = Home::new();
    let input = CreateLaunchConfigurationType {
        block_device_mappings: Some(mappings()),
        spot_price: Some("0.05".to_owned()),
        ..CreateLaunchConfigurationType::default()
    };
    home.configured(input).await.unwrap();
    let found = home
        .service
        .describe_launch_configurations(&call(), Default::default())
        .await;
    let shown = found.unwrap().launch_configurations.unwrap().remove(0);
    assert_eq!(shown.block_device_mappings, Some(mappings()));
    assert_eq!(shown.spot_price.as_deref(), Some("0.05"));
    home.service
        .create_auto_scaling_group(&call(), of_configuration())
        .await
        .unwrap();
    home.are(1, "InService").await;
    let run = home.cloud.runs.lock()[0].clone();
    let market = run.instance_market_options.unwrap();
    assert_eq!(market.market_type.as_deref(), Some("spot"));
    let price = market.spot_options.unwrap().max_price;
    assert_eq!(price.as_deref(), Some("0.05"));
    let devices = run.block_device_mappings.unwrap();
    assert_eq!(devices.len(), 2);
    assert_eq!(devices[0].device_name.as_deref(), Some("/dev/sdf"));
    let disk = devices[0].ebs.clone().unwrap();
    assert_eq!(disk.volume_size, Some(8));
    assert_eq!(disk.volume_type.as_deref(), Some("gp3"));
    assert_eq!(disk.delete_on_termination, Some(false));
    assert_eq!(disk.encrypted, Some(true));
    assert_eq!(devices[1].no_device.as_deref(), Some(""));
    assert_eq!(devices[1].ebs, None);
}

#[tokio::test]
async fn all_that_it_names_is_there() {
    let (home, call) = (Home::new(), call());
    let named = CreateLaunchConfigurationType {
        launch_configuration_name: Some("c".to_owned()),
        image_id: Some("ami-1".to_owned()),
        instance_type: Some("t3.small".to_owned()),
        key_name: Some("ours".to_owned()),
        security_groups: Some(vec!["sg-1".to_owned(), "sg-2".to_owned()]),
        ..CreateLaunchConfigurationType::default()
    };
    let with = |change: fn(&mut CreateLaunchConfigurationType)| {
        let mut input = named.clone();
        change(&mut input);
        input
    };
    for (input, text) in [
        (
            with(|it| it.image_id = Some(NO_IMAGE.to_owned())),
            "AMI ami-0 is invalid: The image id '[ami-0]' does not exist",
        ),
        (
            with(|it| it.instance_type = Some(NO_TYPE.to_owned())),
            "The specified instance type t0.small is not valid",
        ),
        (
            with(|it| it.key_name = Some(NO_KEY.to_owned())),
            "The key pair 'lost' does not exist",
        ),
        (
            with(|it| it.security_groups = Some(vec!["sg-1".to_owned(), NO_GROUP.to_owned()])),
            "The security group 'sg-0' does not exist",
        ),
    ] {
        let made = home.service.create_launch_configuration(&call, input);
        refused(made.await, "ValidationError", text);
    }
    let made = home.service.create_launch_configuration(&call, named);
    made.await.unwrap();
}

#[tokio::test]
async fn its_price_is_one() {
    let home = Home::new();
    for price in ["abc", "-1", "0"] {
        let input = CreateLaunchConfigurationType {
            spot_price: Some(price.to_owned()),
            ..CreateLaunchConfigurationType::default()
        };
        let made = home.configured(input).await;
        assert_eq!(made.unwrap_err().code, "ValidationError", "{price}");
    }
}

#[tokio::test]
async fn without_them_nothing_is_said_of_disks() {
    let home = Home::new();
    home.configured(Default::default()).await.unwrap();
    let many = CreateLaunchConfigurationType {
        block_device_mappings: Some(vec![mappings().remove(0); 65]),
        ..CreateLaunchConfigurationType::default()
    };
    let many = home.configured(many).await;
    assert_eq!(many.unwrap_err().code, "ValidationError");
    home.service
        .create_auto_scaling_group(&call(), of_configuration())
        .await
        .unwrap();
    home.are(1, "InService").await;
    let run = home.cloud.runs.lock()[0].clone();
    assert_eq!(run.block_device_mappings, None);
    assert!(run.instance_market_options.is_none());
}

#[tokio::test]
async fn a_mixed_instances_policy_is_of_a_template() {
    let home = Home::new();
    home.configured(Default::default()).await.unwrap();
    let policy = MixedInstancesPolicy {
        launch_template: Some(LaunchTemplate {
            overrides: Some(vec![LaunchTemplateOverrides {
                instance_type: Some("t3.small".to_owned()),
                ..LaunchTemplateOverrides::default()
            }]),
            ..LaunchTemplate::default()
        }),
        ..MixedInstancesPolicy::default()
    };
    let both = CreateAutoScalingGroupType {
        mixed_instances_policy: Some(policy.clone()),
        ..of_configuration()
    };
    let made = home.service.create_auto_scaling_group(&call(), both).await;
    refused(made, "ValidationError", ONE_SOURCE);
    home.service
        .create_auto_scaling_group(&call(), of_configuration())
        .await
        .unwrap();
    let update = UpdateAutoScalingGroupType {
        auto_scaling_group_name: name(),
        mixed_instances_policy: Some(policy),
        ..UpdateAutoScalingGroupType::default()
    };
    let changed = home
        .service
        .update_auto_scaling_group(&call(), update)
        .await;
    refused(changed, "ValidationError", ONE_SOURCE);
}

#[tokio::test]
async fn a_spot_instance_has_a_successor_before_its_capacity_is_taken() {
    let home = Home::new();
    let input = CreateLaunchConfigurationType {
        spot_price: Some("0.05".to_owned()),
        ..CreateLaunchConfigurationType::default()
    };
    home.configured(input).await.unwrap();
    let rebalances = CreateAutoScalingGroupType {
        capacity_rebalance: Some(true),
        ..of_configuration()
    };
    home.service
        .create_auto_scaling_group(&call(), rebalances)
        .await
        .unwrap();
    let first = home.are(1, "InService").await.remove(0);
    home.cloud.recalled.lock().insert(first.clone());
    until("another is there in its place", || async {
        home.cloud.boot();
        // A change wakes the group.
        let input = UpdateAutoScalingGroupType {
            auto_scaling_group_name: name(),
            default_cooldown: Some(300),
            ..UpdateAutoScalingGroupType::default()
        };
        let woken = home.service.update_auto_scaling_group(&call(), input).await;
        woken.unwrap();
        let now = home.instances().await;
        now.len() == 1 && now[0].instance_id.as_ref() != Some(&first)
    })
    .await;
    let said = home.activities().await;
    let launched = said
        .iter()
        .filter_map(|it| it.cause.as_deref())
        .filter(|it| it.contains("an EC2 instance rebalance recommendation"));
    assert_eq!(launched.count(), 2);
}

#[tokio::test]
async fn user_data_is_sealed_and_a_configuration_in_use_stays() {
    let home = Home::new();
    let secret = CreateLaunchConfigurationType {
        user_data: Some("c2VjcmV0".to_owned()),
        ..CreateLaunchConfigurationType::default()
    };
    home.configured(secret).await.unwrap();
    let stored = home.world.stored("").await;
    assert!(!stored.contains("c2VjcmV0"));
    let found = home
        .service
        .describe_launch_configurations(&call(), Default::default())
        .await;
    let found = found.unwrap().launch_configurations.unwrap().remove(0);
    assert_eq!(found.user_data.as_deref(), Some("c2VjcmV0"));
    home.service
        .create_auto_scaling_group(&call(), of_configuration())
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
        desired_capacity: Some(0),
        ..of_configuration()
    };
    home.configured(Default::default()).await.unwrap();
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
