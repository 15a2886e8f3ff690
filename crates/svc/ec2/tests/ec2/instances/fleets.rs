//! What fleets are asked for, and what becomes of those whose launches were cut off.

use wharf_api_ec2::Input;
use wharf_store::Range;
use wharf_wire::Check;

use super::*;

const TYPE: &str = "t3.micro";
const ROLE: &str = "ecsInstanceRole";

fn profile() -> Option<IamInstanceProfileSpecification> {
    Some(IamInstanceProfileSpecification {
        name: Some(ROLE.to_owned()),
        arn: None,
    })
}

/// What launches are asked for, of rows: instances by their markets, subnets, roles that are passed.
#[derive(Debug, Default, PartialEq, Eq)]
struct Asked {
    markets: BTreeSet<String>,
    subnets: BTreeSet<String>,
    roles: BTreeSet<String>,
}

impl Asked {
    fn of(rows: &[Check]) -> Self {
        let mut asked = Self::default();
        for row in rows {
            let resource = row.resource.rsplit(':').next().unwrap();
            match (row.action.as_str(), resource.split_once('/')) {
                ("ec2:RunInstances", Some(("instance", _))) => asked
                    .markets
                    .extend(row.context["ec2:InstanceMarketType"].iter().cloned()),
                ("ec2:RunInstances", Some(("subnet", id))) => {
                    asked.subnets.insert(id.to_owned());
                }
                ("iam:PassRole", Some(("role", name))) => {
                    asked.roles.insert(name.to_owned());
                }
                _ => {}
            }
        }
        // That of the fleet itself.
        asked.roles.remove("fleets");
        // Who must be one who may use any is asked for each default subnet too.
        if asked.subnets.contains("*") {
            asked.subnets.retain(|it| it == "*");
        }
        asked
    }

    fn with(markets: &[&str], subnets: &[&str]) -> Self {
        let all = |all: &[&str]| all.iter().map(|it| (*it).to_owned()).collect();
        Self {
            markets: all(markets),
            subnets: all(subnets),
            roles: all(&[ROLE]),
        }
    }
}

fn specified(subnets: Option<&str>, target: (i32, i32)) -> RequestSpotFleetRequest {
    of_config(
        SpotFleetRequestConfigData {
            launch_specifications: Some(vec![SpotFleetLaunchSpecification {
                image_id: Some(PublicImage::for_ecs(REGION).id),
                instance_type: Some(TYPE.to_owned()),
                iam_instance_profile: profile(),
                subnet_id: subnets.map(str::to_owned),
                ..Default::default()
            }]),
            ..Default::default()
        },
        target,
    )
}

fn of_config(
    config: SpotFleetRequestConfigData,
    (total, on_demand): (i32, i32),
) -> RequestSpotFleetRequest {
    RequestSpotFleetRequest {
        spot_fleet_request_config: Some(SpotFleetRequestConfigData {
            iam_fleet_role: Some("arn:aws:iam::000000000000:role/fleets".to_owned()),
            target_capacity: Some(total),
            on_demand_target_capacity: Some(on_demand),
            ..config
        }),
        ..Default::default()
    }
}

impl Cloud {
    async fn template(&self) -> String {
        let input = CreateLaunchTemplateRequest {
            launch_template_name: Some("of-fleets".to_owned()),
            launch_template_data: Some(RequestLaunchTemplateData {
                image_id: Some(self.image()),
                instance_type: Some(TYPE.to_owned()),
                iam_instance_profile: Some(LaunchTemplateIamInstanceProfileSpecificationRequest {
                    name: Some(ROLE.to_owned()),
                    arn: None,
                }),
                ..Default::default()
            }),
            ..Default::default()
        };
        let made = self.ec2.create_launch_template(&self.call(), input).await;
        let made = made.unwrap().launch_template.unwrap();
        made.launch_template_id.unwrap()
    }

    async fn fleet(&self, kind: &str, token: Option<&str>) -> CreateFleetResult {
        let input = CreateFleetRequest {
            type_: Some(kind.to_owned()),
            client_token: token.map(str::to_owned),
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
        self.ec2.create_fleet(&self.call(), input).await.unwrap()
    }

    /// Instances of a fleet that are not terminated.
    async fn of_fleet(&self, id: &str) -> Vec<Instance> {
        let input = DescribeInstancesRequest {
            filters: Some(vec![crate::world::filter("tag:aws:ec2:fleet-id", id)]),
            ..Default::default()
        };
        let shown = self.ec2.describe_instances(&self.call(), input).await;
        let reservations = shown.unwrap().reservations.unwrap().into_iter();
        let all = reservations.flat_map(|it| it.instances.unwrap());
        let is_over = |it: &Instance| {
            let name = it.state.as_ref().and_then(|it| it.name.clone());
            matches!(name.as_deref(), Some("shutting-down" | "terminated"))
        };
        all.filter(|it| !is_over(it)).collect()
    }

    /// As if whoever made the fleet had died before its launches.
    async fn cut_off(&self, id: &str) {
        let all = self.world.store.all(Range::prefix(plane::prefix())).await;
        let entry = all.unwrap().entries.into_iter();
        let mut found = entry.filter(|it| it.key.ends_with(&format!("/fleet/{id}")));
        let entry = found.next().unwrap();
        let mut value: serde_json::Value = serde_json::from_slice(&entry.value).unwrap();
        let body = value.pointer_mut("/body/body").unwrap();
        body["filling"] = true.into();
        body["launched"]["on_demand"] = 0.into();
        let txn = Txn::new().put(entry.key, serde_json::to_vec(&value).unwrap());
        assert!(self.world.store.txn(&PERMIT, txn).await.unwrap().succeeded);
    }
}

#[tokio::test]
async fn who_makes_a_fleet_is_asked_for_all_that_it_may_launch() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let template = cloud.template().await;
    let call = cloud.call();
    let of_template = |target| {
        let config = SpotFleetRequestConfigData {
            launch_template_configs: Some(vec![LaunchTemplateConfig {
                launch_template_specification: Some(FleetLaunchTemplateSpecification {
                    launch_template_id: Some(template.clone()),
                    version: Some("1".to_owned()),
                    ..Default::default()
                }),
                overrides: None,
            }]),
            ..Default::default()
        };
        of_config(config, target)
    };
    for (input, expected) in [
        // Each subnet is a pool.
        (
            specified(Some("subnet-1,subnet-2"), (2, 0)),
            Asked::with(&["spot"], &["subnet-1", "subnet-2"]),
        ),
        (
            specified(None, (2, 1)),
            Asked::with(&["spot", "on-demand"], &["*"]),
        ),
        (specified(None, (2, 2)), Asked::with(&["on-demand"], &["*"])),
        // There may be more of it later.
        (specified(None, (0, 0)), Asked::with(&["spot"], &["*"])),
        (of_template((0, 0)), Asked::with(&["spot"], &["*"])),
        (of_template((1, 1)), Asked::with(&["on-demand"], &["*"])),
    ] {
        let rows = cloud.ec2.authorize(&call, Input::RequestSpotFleet(&input));
        assert_eq!(Asked::of(&rows.await.unwrap()), expected, "{input:?}");
    }
    for input in [specified(None, (0, 0)), of_template((0, 0))] {
        let made = cloud.ec2.request_spot_fleet(&call, input).await.unwrap();
        let modify = |total, on_demand| ModifySpotFleetRequestRequest {
            spot_fleet_request_id: made.spot_fleet_request_id.clone(),
            target_capacity: total,
            on_demand_target_capacity: on_demand,
            ..Default::default()
        };
        for (input, expected) in [
            (modify(Some(9), None), Asked::with(&["spot"], &["*"])),
            (
                modify(Some(9), Some(1)),
                Asked::with(&["spot", "on-demand"], &["*"]),
            ),
            (
                modify(Some(9), Some(9)),
                Asked::with(&["on-demand"], &["*"]),
            ),
            (modify(Some(0), None), Asked::default()),
            (modify(None, None), Asked::default()),
        ] {
            let input = Input::ModifySpotFleetRequest(&input);
            let rows = cloud.ec2.authorize(&call, input).await.unwrap();
            assert_eq!(Asked::of(&rows), expected, "{input:?}");
        }
    }
}

/// Who may use one template is told what is wrong with a fleet of it.
#[tokio::test]
async fn a_fleet_that_is_refused_is_asked_for_its_template() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let template = cloud.template().await;
    let call = cloud.call();
    let of_version = CreateFleetRequest {
        launch_template_configs: Some(vec![FleetLaunchTemplateConfigRequest {
            launch_template_specification: Some(FleetLaunchTemplateSpecificationRequest {
                launch_template_name: Some("of-fleets".to_owned()),
                version: Some("9".to_owned()),
                ..Default::default()
            }),
            overrides: None,
        }]),
        target_capacity_specification: Some(TargetCapacitySpecificationRequest {
            total_target_capacity: Some(1),
            ..Default::default()
        }),
        ..Default::default()
    };
    let without_target = CreateFleetRequest {
        target_capacity_specification: None,
        ..of_version.clone()
    };
    for input in [of_version, without_target] {
        let rows = cloud.ec2.authorize(&call, Input::CreateFleet(&input));
        let rows = rows.await.unwrap();
        let of = rows
            .iter()
            .filter_map(|it| it.resource.split_once(":launch-template/"));
        let templates: Vec<&str> = of.map(|it| it.1).collect();
        assert_eq!(templates, [template.as_str()]);
    }
}

/// Whoever may add a version to a template makes nothing of it run by a fleet of another.
#[tokio::test]
async fn a_fleet_launches_the_version_that_it_was_made_of() {
    let mut cloud = Cloud::new(&["i-a1"]).await;
    let template = cloud.template().await;
    let fleet = cloud.fleet("maintain", None).await.fleet_id.unwrap();
    until("it has one", || async {
        cloud.of_fleet(&fleet).await.len() == 1
    })
    .await;
    let input = CreateLaunchTemplateVersionRequest {
        launch_template_id: Some(template.clone()),
        launch_template_data: Some(RequestLaunchTemplateData {
            image_id: Some(cloud.image()),
            instance_type: Some("t3.nano".to_owned()),
            ..Default::default()
        }),
        ..Default::default()
    };
    let call = cloud.call();
    let made = cloud.ec2.create_launch_template_version(&call, input);
    made.await.unwrap();
    let first = cloud.of_fleet(&fleet).await.remove(0).instance_id.unwrap();
    cloud.restart();
    cloud.terminate(&first).await.unwrap();
    until("it has another", || async {
        let now = cloud.of_fleet(&fleet).await;
        now.len() == 1 && now[0].instance_id.as_ref() != Some(&first)
    })
    .await;
    let second = cloud.of_fleet(&fleet).await.remove(0);
    assert_eq!(second.instance_type.as_deref(), Some(TYPE));
}

#[tokio::test]
async fn an_instant_fleet_is_finished_and_goes_with_its_instances() {
    let mut cloud = Cloud::new(&["i-a1", "i-b1"]).await;
    cloud.template().await;
    let made = cloud.fleet("instant", Some("once")).await;
    let fleet = made.fleet_id.clone().unwrap();
    assert_eq!(cloud.of_fleet(&fleet).await.len(), 1);
    // The same call again launches nothing more, unless the first was cut off.
    assert_eq!(cloud.fleet("instant", Some("once")).await, made);
    cloud.cut_off(&fleet).await;
    let again = cloud.fleet("instant", Some("once")).await;
    assert_eq!(again.fleet_id, made.fleet_id);
    assert_eq!(cloud.of_fleet(&fleet).await.len(), 2);
    // Nobody calls again.
    cloud.cut_off(&fleet).await;
    cloud.clock.advance(Duration::from_secs(60));
    cloud.restart();
    until("its launches are finished", || async {
        cloud.of_fleet(&fleet).await.len() == 3
    })
    .await;
    for it in cloud.of_fleet(&fleet).await {
        let id = it.instance_id.unwrap();
        let told = cloud.placed(&id).await;
        cloud.terminate(&id).await.unwrap();
        cloud.says(&told, Reported::Terminated).await;
    }
    let state = || async {
        let input = DescribeFleetsRequest {
            fleet_ids: Some(vec![fleet.clone()]),
            ..Default::default()
        };
        let shown = cloud.ec2.describe_fleets(&cloud.call(), input).await;
        shown.unwrap().fleets.unwrap().remove(0).fleet_state
    };
    until("it is deleted", || async {
        state().await.as_deref() == Some("deleted")
    })
    .await;
}

/// All that the store takes in one transaction, and no more.
#[tokio::test]
async fn launches_of_much_user_data_fit_into_the_store() {
    let cloud = Cloud::new(&["i-a1", "i-b1", "i-c1"]).await;
    // Nearly 16 KiB.
    let user_data = "AAAA".repeat(5461);
    let launch = |most, spot: bool| RunInstancesRequest {
        instance_type: Some("t3.nano".to_owned()),
        user_data: Some(user_data.clone()),
        max_count: Some(most),
        instance_market_options: spot.then(|| InstanceMarketOptionsRequest {
            market_type: Some("spot".to_owned()),
            spot_options: None,
        }),
        ..cloud.asked()
    };
    let count = |made: Reservation| made.instances.unwrap().len();
    let call = cloud.call();
    let made = cloud.ec2.run_instances(&call, launch(24, true)).await;
    let spot = count(made.unwrap());
    assert!((12..24).contains(&spot), "{spot}");
    let made = cloud.ec2.run_instances(&call, launch(30, false)).await;
    assert_eq!(count(made.unwrap()), 30);

    let of = |count| {
        let one = SpotFleetLaunchSpecification {
            image_id: Some(cloud.image()),
            instance_type: Some("t3.nano".to_owned()),
            user_data: Some(user_data.clone()),
            ..Default::default()
        };
        let config = SpotFleetRequestConfigData {
            launch_specifications: Some(vec![one; count]),
            ..Default::default()
        };
        of_config(config, (12, 12))
    };
    let made = cloud.ec2.request_spot_fleet(&cloud.call(), of(20)).await;
    let text = made.unwrap_err().to_string();
    assert!(text.contains("InvalidSpotFleetRequestConfig"), "{text}");
    let made = cloud.ec2.request_spot_fleet(&cloud.call(), of(16)).await;
    let id = made.unwrap().spot_fleet_request_id.unwrap();
    until("it has all", || async {
        let input = DescribeSpotFleetInstancesRequest {
            spot_fleet_request_id: Some(id.clone()),
            ..Default::default()
        };
        let shown = cloud
            .ec2
            .describe_spot_fleet_instances(&cloud.call(), input)
            .await;
        shown.unwrap().active_instances.unwrap().len() == 12
    })
    .await;
}

#[tokio::test]
async fn a_fleet_finds_types_by_what_they_are_like() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let template = cloud.template().await;
    let me = cloud.call();
    let like =
        |requirements: InstanceRequirementsRequest, named: Option<&str>| CreateFleetRequest {
            type_: Some("instant".to_owned()),
            launch_template_configs: Some(vec![FleetLaunchTemplateConfigRequest {
                launch_template_specification: Some(FleetLaunchTemplateSpecificationRequest {
                    launch_template_id: Some(template.clone()),
                    version: Some("1".to_owned()),
                    ..Default::default()
                }),
                overrides: Some(vec![FleetLaunchTemplateOverridesRequest {
                    instance_type: named.map(str::to_owned),
                    instance_requirements: Some(requirements),
                    ..Default::default()
                }]),
            }]),
            target_capacity_specification: Some(TargetCapacitySpecificationRequest {
                total_target_capacity: Some(1),
                default_target_capacity_type: Some("on-demand".to_owned()),
                ..Default::default()
            }),
            ..Default::default()
        };
    let small = InstanceRequirementsRequest {
        v_cpu_count: Some(VCpuCountRangeRequest {
            min: Some(2),
            max: Some(2),
        }),
        memory_mi_b: Some(MemoryMiBRequest {
            min: Some(512),
            max: Some(1024),
        }),
        burstable_performance: Some("included".to_owned()),
        allowed_instance_types: Some(vec!["t3*".to_owned(), "t4g*".to_owned()]),
        ..Default::default()
    };
    // Who may launch it is asked for each type.
    let asked = like(small.clone(), None);
    let rows = cloud.ec2.authorize(&me, Input::CreateFleet(&asked));
    let rows = rows.await.unwrap();
    let types: BTreeSet<String> = rows
        .iter()
        .filter_map(|it| it.context.get("ec2:InstanceType"))
        .flat_map(|it| it.iter().cloned())
        .collect();
    // Of the architecture of the image, and not much dearer than the cheapest.
    let expected = ["t3.nano", "t3a.nano"].map(str::to_owned);
    assert_eq!(types, BTreeSet::from(expected));
    let made = cloud.ec2.create_fleet(&me, asked).await.unwrap();
    let launched = made.instances.unwrap().remove(0);
    assert_eq!(launched.instance_type.as_deref(), Some("t3a.nano"));
    let shown = DescribeFleetsRequest {
        fleet_ids: Some(vec![made.fleet_id.unwrap()]),
        ..Default::default()
    };
    let shown = cloud.ec2.describe_fleets(&me, shown).await.unwrap();
    let config = shown.fleets.unwrap().remove(0).launch_template_configs;
    let mut overrides = config.unwrap().remove(0).overrides.unwrap();
    assert_eq!(overrides.len(), 1, "as it was given: {overrides:?}");
    let shown = overrides.remove(0);
    assert_eq!(shown.instance_type, None);
    let shown = shown.instance_requirements.unwrap().v_cpu_count.unwrap();
    assert_eq!((shown.min, shown.max), (Some(2), Some(2)));

    let huge = InstanceRequirementsRequest {
        memory_mi_b: Some(MemoryMiBRequest {
            min: Some(i32::MAX),
            max: None,
        }),
        ..small.clone()
    };
    for input in [like(small, Some("t3.nano")), like(huge, None)] {
        let refused = cloud.ec2.create_fleet(&me, input).await.unwrap_err();
        assert_eq!(refused.code, "InvalidFleetConfig");
    }
}
