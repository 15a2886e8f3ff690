//! Fleets of Spot instances, which take the place of those that go.

use super::*;

/// A template of that type, by its id.
async fn template(cloud: &Cloud) -> String {
    let input = CreateLaunchTemplateRequest {
        launch_template_name: Some("of-fleets".to_owned()),
        launch_template_data: Some(RequestLaunchTemplateData {
            image_id: Some(cloud.image()),
            instance_type: Some(HALF.to_owned()),
            ..Default::default()
        }),
        ..Default::default()
    };
    let made = cloud
        .ec2
        .create_launch_template(&cloud.call(), input)
        .await
        .unwrap();
    made.launch_template.unwrap().launch_template_id.unwrap()
}

fn fleet(template: &str, kind: &str, (on_demand, spot): (i32, i32)) -> CreateFleetRequest {
    let of_type = |name: &str| FleetLaunchTemplateOverridesRequest {
        instance_type: Some(name.to_owned()),
        ..Default::default()
    };
    CreateFleetRequest {
        type_: Some(kind.to_owned()),
        launch_template_configs: Some(vec![FleetLaunchTemplateConfigRequest {
            launch_template_specification: Some(FleetLaunchTemplateSpecificationRequest {
                launch_template_id: Some(template.to_owned()),
                version: Some("$Latest".to_owned()),
                ..Default::default()
            }),
            overrides: Some(vec![of_type(HALF), of_type("t3.medium")]),
        }]),
        target_capacity_specification: Some(TargetCapacitySpecificationRequest {
            total_target_capacity: Some(on_demand + spot),
            on_demand_target_capacity: Some(on_demand),
            spot_target_capacity: Some(spot),
            ..Default::default()
        }),
        ..Default::default()
    }
}

impl Cloud {
    async fn shown_fleet(&self, id: &str) -> FleetData {
        let input = DescribeFleetsRequest {
            fleet_ids: Some(vec![id.to_owned()]),
            ..Default::default()
        };
        let shown = self.ec2.describe_fleets(&self.call(), input).await.unwrap();
        shown.fleets.unwrap().remove(0)
    }

    async fn members(&self, id: &str) -> Vec<String> {
        let input = DescribeFleetInstancesRequest {
            fleet_id: Some(id.to_owned()),
            ..Default::default()
        };
        let shown = self
            .ec2
            .describe_fleet_instances(&self.call(), input)
            .await
            .unwrap();
        let shown = shown.active_instances.unwrap().into_iter();
        shown.map(|it| it.instance_id.unwrap()).collect()
    }
}

#[tokio::test]
async fn an_instant_fleet_launches_what_there_is_room_for() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let template = template(&cloud).await;
    let mut asked = fleet(&template, "instant", (1, 3));
    asked.client_token = Some("once".to_owned());
    let made = cloud
        .ec2
        .create_fleet(&cloud.call(), asked.clone())
        .await
        .unwrap();
    let mut launched: Vec<(String, usize)> = made
        .instances
        .clone()
        .unwrap()
        .into_iter()
        .map(|it| (it.lifecycle.unwrap(), it.instance_ids.unwrap().len()))
        .collect();
    launched.sort();
    assert_eq!(
        launched,
        [("on-demand".to_owned(), 1), ("spot".to_owned(), 1)]
    );
    let errors = made.errors.clone().unwrap();
    assert_eq!(
        errors[0].error_code.as_deref(),
        Some("InsufficientInstanceCapacity")
    );
    assert_eq!(errors[0].lifecycle.as_deref(), Some("spot"));
    // The same call again launches nothing.
    let again = cloud
        .ec2
        .create_fleet(&cloud.call(), asked.clone())
        .await
        .unwrap();
    assert_eq!(again.fleet_id, made.fleet_id);
    assert_eq!(again.instances, made.instances);
    asked.type_ = Some("request".to_owned());
    let other = cloud.ec2.create_fleet(&cloud.call(), asked).await;
    refused(other, "IdempotentParameterMismatch", "");
    let id = made.fleet_id.unwrap();
    let delete = |ends| DeleteFleetsRequest {
        fleet_ids: Some(vec![id.clone(), "fleet-no".to_owned()]),
        terminate_instances: Some(ends),
        ..Default::default()
    };
    let kept = cloud
        .ec2
        .delete_fleets(&cloud.call(), delete(false))
        .await
        .unwrap();
    let refusals = kept.unsuccessful_fleet_deletions.unwrap();
    let codes: Vec<_> = refusals
        .iter()
        .map(|it| it.error.as_ref()?.code.clone())
        .collect();
    let code = |text: &str| Some(text.to_owned());
    assert_eq!(codes, [code("unexpectedError"), code("fleetIdMalformed")]);
    let deleted = cloud
        .ec2
        .delete_fleets(&cloud.call(), delete(true))
        .await
        .unwrap();
    let deleted = deleted.successful_fleet_deletions.unwrap();
    assert_eq!(
        deleted[0].current_fleet_state.as_deref(),
        Some("deleted_terminating")
    );
    until("nothing runs any more", || async {
        let shown = cloud.shown_fleet(&id).await;
        shown.fulfilled_capacity == Some(0.0)
    })
    .await;
}

#[tokio::test]
async fn a_fleet_that_is_maintained_replaces_its_instances() {
    let mut cloud = Cloud::new(&["i-a1"]).await;
    let template = template(&cloud).await;
    let asked = fleet(&template, "maintain", (0, 2));
    let made = cloud.ec2.create_fleet(&cloud.call(), asked).await.unwrap();
    let id = made.fleet_id.unwrap();
    until("it has two", || async {
        cloud.members(&id).await.len() == 2
    })
    .await;
    let first = cloud.members(&id).await;
    let told = cloud.comes_up(&first[0]).await;
    cloud.comes_up(&first[1]).await;
    let shown = cloud.shown_fleet(&id).await;
    assert_eq!(shown.activity_status.as_deref(), Some("fulfilled"));
    let tags = cloud.shown(&first[0]).await.tags.unwrap();
    assert!(
        tags.iter()
            .any(|it| it.key.as_deref() == Some("aws:ec2:fleet-id"))
    );
    cloud.restart();
    cloud.terminate(&first[0]).await.unwrap();
    cloud.says(&told, Reported::Terminated).await;
    until("it has two again", || async {
        let now = cloud.members(&id).await;
        now.len() == 2 && !now.contains(&first[0])
    })
    .await;
    // Another account sees nothing of it.
    let other = crate::world::of_account("111111111111");
    let input = DescribeFleetsRequest {
        fleet_ids: Some(vec![id.clone()]),
        ..Default::default()
    };
    let seen = cloud.ec2.describe_fleets(&other, input).await;
    refused(seen, "InvalidFleetId.NotFound", "does not exist");
}

#[tokio::test]
async fn a_spot_fleet_is_modified_and_cancelled() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let config = SpotFleetRequestConfigData {
        iam_fleet_role: Some("arn:aws:iam::000000000000:role/fleets".to_owned()),
        target_capacity: Some(2),
        allocation_strategy: Some("diversified".to_owned()),
        launch_specifications: Some(vec![SpotFleetLaunchSpecification {
            image_id: Some(cloud.image()),
            instance_type: Some(HALF.to_owned()),
            user_data: Some("c2VjcmV0".to_owned()),
            ..Default::default()
        }]),
        ..Default::default()
    };
    let input = RequestSpotFleetRequest {
        spot_fleet_request_config: Some(config),
        ..Default::default()
    };
    let made = cloud
        .ec2
        .request_spot_fleet(&cloud.call(), input)
        .await
        .unwrap();
    let id = made.spot_fleet_request_id.unwrap();
    let members = || async {
        let input = DescribeSpotFleetInstancesRequest {
            spot_fleet_request_id: Some(id.clone()),
            ..Default::default()
        };
        let shown = cloud
            .ec2
            .describe_spot_fleet_instances(&cloud.call(), input)
            .await;
        shown.unwrap().active_instances.unwrap()
    };
    until("it has two", || async { members().await.len() == 2 }).await;
    let first = members().await[0].instance_id.clone().unwrap();
    assert_eq!(
        cloud.placed(&first).await.user_data.as_deref(),
        Some("c2VjcmV0")
    );
    let input = ModifySpotFleetRequestRequest {
        spot_fleet_request_id: Some(id.clone()),
        target_capacity: Some(1),
        ..Default::default()
    };
    cloud
        .ec2
        .modify_spot_fleet_request(&cloud.call(), input)
        .await
        .unwrap();
    until("one is too much", || async { members().await.len() == 1 }).await;
    let input = CancelSpotFleetRequestsRequest {
        spot_fleet_request_ids: Some(vec![id.clone()]),
        terminate_instances: Some(true),
        ..Default::default()
    };
    let cancelled = cloud
        .ec2
        .cancel_spot_fleet_requests(&cloud.call(), input)
        .await
        .unwrap();
    let cancelled = cancelled.successful_fleet_requests.unwrap();
    let state = cancelled[0].current_spot_fleet_request_state.as_deref();
    assert_eq!(state, Some("cancelled_terminating"));
    until("none is left", || async { members().await.is_empty() }).await;
    let shown = cloud
        .ec2
        .describe_spot_fleet_requests(&cloud.call(), Default::default())
        .await;
    let shown = shown.unwrap().spot_fleet_request_configs.unwrap().remove(0);
    let config = shown.spot_fleet_request_config.unwrap();
    assert_eq!(config.allocation_strategy.as_deref(), Some("diversified"));
    assert!(
        !cloud
            .world
            .stored(&plane::prefix())
            .await
            .contains("c2VjcmV0")
    );
}
