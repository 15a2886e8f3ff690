//! What a launch template means between the question whether a launch is allowed and the launch.

use wharf_api_ec2::Input;

use super::*;

const NAME: &str = "pinned";

fn data(cloud: &Cloud, instance_type: &str) -> Option<RequestLaunchTemplateData> {
    Some(RequestLaunchTemplateData {
        image_id: Some(cloud.image()),
        instance_type: Some(instance_type.to_owned()),
        ..Default::default()
    })
}

async fn template(cloud: &Cloud) {
    let input = CreateLaunchTemplateRequest {
        launch_template_name: Some(NAME.to_owned()),
        launch_template_data: data(cloud, "t3.micro"),
        ..Default::default()
    };
    let call = cloud.call();
    let made = cloud.ec2.create_launch_template(&call, input);
    made.await.unwrap();
}

async fn version(cloud: &Cloud) {
    let input = CreateLaunchTemplateVersionRequest {
        launch_template_name: Some(NAME.to_owned()),
        launch_template_data: data(cloud, "t3.nano"),
        ..Default::default()
    };
    let call = cloud.call();
    let made = cloud.ec2.create_launch_template_version(&call, input);
    made.await.unwrap();
}

fn launch() -> RunInstancesRequest {
    RunInstancesRequest {
        launch_template: Some(LaunchTemplateSpecification {
            launch_template_name: Some(NAME.to_owned()),
            version: Some("$Latest".to_owned()),
            launch_template_id: None,
        }),
        min_count: Some(1),
        max_count: Some(1),
        ..Default::default()
    }
}

fn type_of(made: Reservation) -> String {
    made.instances.unwrap().remove(0).instance_type.unwrap()
}

#[tokio::test]
async fn what_was_asked_for_is_launched() {
    let cloud = Cloud::new(&["i-a1"]).await;
    template(&cloud).await;
    let (first, second, launch) = (cloud.call(), cloud.call(), launch());
    for call in [&first, &second] {
        let asked = cloud.ec2.authorize(call, Input::RunInstances(&launch));
        asked.await.unwrap();
        version(&cloud).await;
    }
    let made = cloud.ec2.run_instances(&first, launch.clone()).await;
    assert_eq!(type_of(made.unwrap()), "t3.micro");
    let made = cloud.ec2.run_instances(&second, launch).await;
    assert_eq!(type_of(made.unwrap()), "t3.nano");
}

/// As in a request, options say that it is to be Spot capacity.
#[tokio::test]
async fn spot_options_of_a_template_count_without_a_market() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let data = RequestLaunchTemplateData {
        instance_market_options: Some(LaunchTemplateInstanceMarketOptionsRequest {
            market_type: None,
            spot_options: Some(LaunchTemplateSpotMarketOptionsRequest {
                max_price: Some("1".to_owned()),
                ..Default::default()
            }),
        }),
        ..data(&cloud, "t3.micro").unwrap()
    };
    let input = CreateLaunchTemplateRequest {
        launch_template_name: Some(NAME.to_owned()),
        launch_template_data: Some(data),
        ..Default::default()
    };
    let call = cloud.call();
    let made = cloud.ec2.create_launch_template(&call, input).await;
    made.unwrap();
    let made = cloud.ec2.run_instances(&call, launch()).await.unwrap();
    let made = made.instances.unwrap().remove(0);
    assert_eq!(made.instance_lifecycle.as_deref(), Some("spot"));
}

#[tokio::test]
async fn what_was_not_there_to_be_asked_for_is_not_launched() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let (call, launch) = (cloud.call(), launch());
    let asked = cloud.ec2.authorize(&call, Input::RunInstances(&launch));
    asked.await.unwrap();
    template(&cloud).await;
    let made = cloud.ec2.run_instances(&call, launch).await;
    let code = made.unwrap_err().code;
    assert_eq!(code, "InvalidLaunchTemplateName.NotFoundException");
}

#[tokio::test]
async fn a_fleet_is_made_of_what_was_asked_for() {
    let cloud = Cloud::new(&["i-a1"]).await;
    template(&cloud).await;
    let fleet = CreateFleetRequest {
        type_: Some("instant".to_owned()),
        launch_template_configs: Some(vec![FleetLaunchTemplateConfigRequest {
            launch_template_specification: Some(FleetLaunchTemplateSpecificationRequest {
                launch_template_name: Some(NAME.to_owned()),
                version: Some("$Latest".to_owned()),
                ..Default::default()
            }),
            overrides: None,
        }]),
        target_capacity_specification: Some(TargetCapacitySpecificationRequest {
            total_target_capacity: Some(1),
            default_target_capacity_type: Some("on-demand".to_owned()),
            ..Default::default()
        }),
        ..Default::default()
    };
    let call = cloud.call();
    let asked = cloud.ec2.authorize(&call, Input::CreateFleet(&fleet));
    let asked = asked.await.unwrap();
    assert!(
        asked
            .iter()
            .any(|it| it.resource.contains(":launch-template/lt-"))
    );
    version(&cloud).await;
    let made = cloud.ec2.create_fleet(&call, fleet).await.unwrap();
    let made = made.instances.unwrap().remove(0);
    assert_eq!(made.instance_type.as_deref(), Some("t3.micro"));
}

#[tokio::test]
async fn options_of_a_template_are_those_of_its_instances() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let me = cloud.call();
    let data = RequestLaunchTemplateData {
        ebs_optimized: Some(true),
        disable_api_stop: Some(true),
        credit_specification: Some(CreditSpecificationRequest {
            cpu_credits: Some("unlimited".to_owned()),
        }),
        private_dns_name_options: Some(LaunchTemplatePrivateDnsNameOptionsRequest {
            enable_resource_name_dns_a_record: Some(true),
            ..Default::default()
        }),
        ..data(&cloud, "t3.micro").unwrap()
    };
    let input = CreateLaunchTemplateRequest {
        launch_template_name: Some(NAME.to_owned()),
        launch_template_data: Some(data),
        ..Default::default()
    };
    cloud.ec2.create_launch_template(&me, input).await.unwrap();
    let versions = DescribeLaunchTemplateVersionsRequest {
        launch_template_name: Some(NAME.to_owned()),
        ..Default::default()
    };
    let shown = cloud.ec2.describe_launch_template_versions(&me, versions);
    let shown = shown.await.unwrap().launch_template_versions.unwrap();
    let shown = shown[0].launch_template_data.clone().unwrap();
    assert_eq!(
        (shown.ebs_optimized, shown.disable_api_stop),
        (Some(true), Some(true))
    );
    let credits = shown.credit_specification.unwrap();
    assert_eq!(credits.cpu_credits.as_deref(), Some("unlimited"));

    let made = cloud.ec2.run_instances(&me, launch()).await.unwrap();
    let id = id(&made);
    let told = cloud.placed(&id).await;
    cloud.says(&told, Reported::Running).await;
    let shown = cloud.shown(&id).await;
    assert_eq!(shown.ebs_optimized, Some(true));
    let names = shown.private_dns_name_options.unwrap();
    assert_eq!(names.enable_resource_name_dns_a_record, Some(true));
    let maintenance = shown.maintenance_options.unwrap();
    assert_eq!(maintenance.auto_recovery.as_deref(), Some("disabled"));
    assert_eq!(shown.enclave_options.unwrap().enabled, Some(false));
    let refused = cloud.stop(&id).await.unwrap_err();
    assert_eq!(refused.code, "OperationNotPermitted", "{}", refused.message);

    let own_processors = RunInstancesRequest {
        instance_type: Some("m5.large".to_owned()),
        ..launch()
    };
    let refused = cloud.ec2.run_instances(&me, own_processors).await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.code, "InvalidParameterCombination");
}
