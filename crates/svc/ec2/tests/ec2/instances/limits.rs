//! How much of what launches make an account has: calls at once do not pass its limits together.

use wharf_records::Scope;

use super::*;

impl Cloud {
    /// With a host, and nobody who works.
    async fn idle() -> Self {
        let mut cloud = Self::new(&["i-a1"]).await;
        cloud.running = None;
        cloud
    }

    /// Writes so many copies of what is stored of something, under ids of their own.
    async fn copies(&self, kind: &str, id: &str, count: usize) {
        let scope = Scope::new("ec2", ACCOUNT, REGION);
        let entry = self.world.store.get(&scope.key(kind, id)).await;
        let entry = entry.unwrap().unwrap();
        let record = std::str::from_utf8(&entry.value).unwrap();
        let (stem, _) = id.split_at(id.len() - 4);
        let ids = (0..=count).map(|it| format!("{stem}{it:04x}"));
        let others: Vec<String> = ids.filter(|it| it != id).take(count).collect();
        for some in others.chunks(100) {
            let mut txn = Txn::new();
            for other in some {
                txn = txn.put(scope.key(kind, other), record.replace(id, other));
            }
            assert!(self.world.store.txn(&PERMIT, txn).await.unwrap().succeeded);
        }
    }
}

#[track_caller]
fn one_is_refused<T: std::fmt::Debug>(
    (one, other): (Result<T, Fault>, Result<T, Fault>),
    code: &str,
) {
    assert_ne!(one.is_ok(), other.is_ok(), "{one:?} {other:?}");
    let fault = one.err().or(other.err()).unwrap();
    assert_eq!(fault.code, code, "{fault}");
}

#[tokio::test]
async fn instances_that_are_launched_at_once_are_no_more_than_an_account_has() {
    let cloud = Cloud::idle().await;
    let me = cloud.call();
    // With addresses of their own, so that these do not keep the launches apart.
    let launch = |address: &str| {
        let input = RunInstancesRequest {
            private_ip_address: Some(address.to_owned()),
            ..cloud.asked()
        };
        cloud.ec2.run_instances(&me, input)
    };
    let first = id(&launch("172.31.0.50").await.unwrap());
    cloud.copies("instance", &first, 998).await;
    let made = tokio::join!(launch("172.31.0.51"), launch("172.31.0.52"));
    one_is_refused(made, "InstanceLimitExceeded");
}

#[tokio::test]
async fn spot_requests_at_once_are_no_more_than_an_account_has() {
    let cloud = Cloud::idle().await;
    let me = cloud.call();
    let request = || {
        let input = RequestSpotInstancesRequest {
            launch_specification: Some(RequestSpotLaunchSpecification {
                image_id: Some(cloud.image()),
                instance_type: Some("t3.micro".to_owned()),
                ..Default::default()
            }),
            ..Default::default()
        };
        cloud.ec2.request_spot_instances(&me, input)
    };
    let made = request().await.unwrap().spot_instance_requests.unwrap();
    let first = made[0].spot_instance_request_id.as_deref().unwrap();
    cloud.copies("spot-instances-request", first, 998).await;
    let made = tokio::join!(request(), request());
    one_is_refused(made, "MaxSpotInstanceCountExceeded");
}

#[tokio::test]
async fn fleets_that_are_made_at_once_are_no_more_than_an_account_has() {
    let cloud = Cloud::idle().await;
    let me = cloud.call();
    let template = CreateLaunchTemplateRequest {
        launch_template_name: Some("of-fleets".to_owned()),
        launch_template_data: Some(RequestLaunchTemplateData {
            image_id: Some(cloud.image()),
            instance_type: Some("t3.micro".to_owned()),
            ..Default::default()
        }),
        ..Default::default()
    };
    let template = cloud.ec2.create_launch_template(&me, template).await;
    template.unwrap();
    let make = || {
        let input = CreateFleetRequest {
            type_: Some("maintain".to_owned()),
            launch_template_configs: Some(vec![FleetLaunchTemplateConfigRequest {
                launch_template_specification: Some(FleetLaunchTemplateSpecificationRequest {
                    launch_template_name: Some("of-fleets".to_owned()),
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
        cloud.ec2.create_fleet(&me, input)
    };
    let first = make().await.unwrap().fleet_id.unwrap();
    cloud.copies("fleet", &first, 498).await;
    let made = tokio::join!(make(), make());
    one_is_refused(made, "FleetLimitExceeded");
}
