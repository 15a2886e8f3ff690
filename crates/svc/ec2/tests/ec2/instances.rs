//! Instances, from their launch to their end, on hosts that this test plays.

mod addresses;
mod aliases;
mod asked;
mod cloud;
mod conditions;
mod cut_off;
mod devices;
mod existing;
mod fleets;
mod images;
mod ipv6;
mod limits;
mod machine_makers;
mod machines;
mod moves;
mod operated;
mod placement;
mod pods;
mod reports;
mod retired;
mod sealed;
mod shown_machines;
mod spot;
mod storm;
mod templates;
mod user_data;
mod virtual_machines;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use tokio_util::sync::{CancellationToken, DropGuard};
use wharf_api_ec2::{Ec2, types::*};
use wharf_base::{Clock, TestClock, Timestamp, public_images::PublicImage};
use wharf_blobs::Blobs;
use wharf_hosts::{Hosts, Registration};
use wharf_planeproto::{
    Resource,
    machine::{self, InstanceReport, InstanceState as Reported, Wanted},
    measured::InstanceRow,
};
use wharf_reconcile::Takeover;
use wharf_records::{
    Unknown, encode,
    hosts::{Capacity, Claim, Host, Ledger, PlaneHost},
};
use wharf_series::{Metric, Options, Series, Span};
use wharf_store::{Compare, Txn};
use wharf_svc_ec2::{
    Ec2Service,
    instances::{FoundProfile, MakerParts, Part, Parts, Profiles, Told},
    plane,
};
use wharf_testkit::{ACCOUNT, PERMIT, call, refused, until};
use wharf_vended::Vended;
use wharf_wanted::Wants;
use wharf_wire::{Call, Context, Fault, async_trait};

use self::cloud::{Cloud, VOLUMES, id};
use crate::world::{World, world, world_of};

const REGION: &str = "us-east-1";

#[tokio::test]
async fn tags_of_instances_are_described() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let mut asked = cloud.asked();
    asked.tag_specifications = Some(vec![TagSpecification {
        resource_type: Some("instance".to_owned()),
        tags: Some(vec![Tag {
            key: Some("Name".to_owned()),
            value: Some("one".to_owned()),
        }]),
    }]);
    let made = cloud.ec2.run_instances(&cloud.call(), asked).await.unwrap();
    let asked = DescribeTagsRequest {
        filters: Some(vec![Filter {
            name: Some("resource-id".to_owned()),
            values: Some(vec![id(&made)]),
        }]),
        ..Default::default()
    };
    let found = cloud.ec2.describe_tags(&cloud.call(), asked).await.unwrap();
    let expected = TagDescription {
        key: Some("Name".to_owned()),
        value: Some("one".to_owned()),
        resource_id: Some(id(&made)),
        resource_type: Some("instance".to_owned()),
    };
    assert_eq!(found.tags, Some(vec![expected]));
}

#[tokio::test]
async fn an_instance_lives_and_leaves_nothing() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let mut asked = cloud.asked();
    asked.user_data = Some("c2VjcmV0".to_owned());
    asked.iam_instance_profile = Some(IamInstanceProfileSpecification {
        name: Some("ecsInstanceRole".to_owned()),
        arn: None,
    });
    let made = cloud.ec2.run_instances(&cloud.call(), asked).await.unwrap();
    let id = id(&made);
    let told = cloud.placed(&id).await;
    assert_eq!(
        (told.host.as_str(), told.boot, told.wanted),
        ("i-a1", 1, Wanted::Running)
    );
    assert_eq!(told.user_data.as_deref(), Some("c2VjcmV0"));
    assert!(
        !cloud
            .world
            .stored(&plane::prefix())
            .await
            .contains("c2VjcmV0")
    );
    assert!(cloud.claims(&id).await);
    assert_eq!(cloud.state(&id).await, "pending");
    // The network of that machine wires it.
    let wired = crate::world::told(&cloud.world).await;
    let wired = wired.iter().find_map(|it| match it {
        Resource::Interface(it) if it.id == told.interface.id => it.host.clone(),
        _ => None,
    });
    assert_eq!(wired.as_deref(), Some("i-a1"));
    let role = cloud.ec2.role_on("i-a1", &Told::of(&told)).await.unwrap();
    assert_eq!(
        role.unwrap().role,
        "arn:aws:iam::000000000000:role/ecsInstanceRole"
    );
    assert_eq!(
        cloud
            .ec2
            .role_on("i-other", &Told::of(&told))
            .await
            .unwrap(),
        None
    );

    cloud.says(&told, Reported::Running).await;
    assert_eq!(cloud.state(&id).await, "running");
    cloud.stop(&id).await.unwrap();
    cloud.says(&told, Reported::Stopped).await;
    cloud.becomes(&id, "stopped").await;
    let claim = cloud.claim(&id).await.unwrap();
    assert!(
        claim.is_of_disk_alone(),
        "its room but for its disk is free"
    );
    cloud.start(&id).await.unwrap();
    until("it is to boot again", || async {
        cloud.told_of(&id).await.is_some_and(|it| it.boot == 2)
    })
    .await;
    let told = cloud.placed(&id).await;
    cloud.says(&told, Reported::Running).await;
    assert_eq!(cloud.state(&id).await, "running");

    cloud.terminate(&id).await.unwrap();
    assert_eq!(cloud.state(&id).await, "shutting-down");
    assert!(
        cloud.claims(&id).await,
        "the host has not said that it ended"
    );
    cloud.says(&told, Reported::Terminated).await;
    cloud.becomes(&id, "terminated").await;
    assert_eq!(
        (cloud.claimants().await, cloud.addresses().await),
        (vec![], 0)
    );
    assert_eq!(cloud.told().await, []);
    refused(
        cloud.start(&id).await,
        "IncorrectInstanceState",
        &format!(
            "The instance '{id}' is not in a state from which it can be started. It is in the state 'terminated'."
        ),
    );
}

#[tokio::test]
async fn nothing_is_launched_where_no_host_is() {
    let cloud = Cloud::new(&[]).await;
    let launched = cloud.ec2.run_instances(&cloud.call(), cloud.asked()).await;
    let fault = launched.unwrap_err();
    assert_eq!(fault.code, "InsufficientInstanceCapacity");
    let capacity = "We currently do not have sufficient t3.micro capacity in the Availability Zone you requested (us-east-1a).";
    assert!(fault.message.starts_with(capacity), "{}", fault.message);
    assert_eq!(cloud.addresses().await, 0);
}

/// On one machine all zones are that machine.
#[tokio::test]
async fn a_zone_without_a_host_of_its_own_is_served_by_others() {
    let cloud = Cloud::new(&["i-a1"]).await;
    cloud.stranger("i-b1", "us-east-1b").await;
    let mut asked = cloud.asked();
    asked.placement = Some(Placement {
        availability_zone: Some("us-east-1b".to_owned()),
        ..Default::default()
    });
    let made = cloud.ec2.run_instances(&cloud.call(), asked).await.unwrap();
    let told = cloud.placed(&id(&made)).await;
    assert_eq!(
        (told.host.as_str(), told.zone.as_str()),
        ("i-a1", "us-east-1b")
    );
}

#[tokio::test]
async fn what_finds_no_room_in_time_is_terminated() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let mut asked = cloud.asked();
    asked.instance_type = Some("m5.large".to_owned());
    let made = cloud.ec2.run_instances(&cloud.call(), asked).await.unwrap();
    let id = id(&made);
    cloud.clock.advance(Duration::from_secs(31));
    cloud.becomes(&id, "terminated").await;
    let reason = cloud.shown(&id).await.state_reason.unwrap();
    assert_eq!(
        reason.code.as_deref(),
        Some("Server.InsufficientInstanceCapacity")
    );
    assert_eq!(
        (cloud.claimants().await, cloud.addresses().await),
        (vec![], 0)
    );
}

#[tokio::test]
async fn a_token_launches_once() {
    let mut cloud = Cloud::new(&["i-a1"]).await;
    let mut asked = cloud.asked();
    asked.client_token = Some("once".to_owned());
    let call = cloud.call();
    let first = cloud.ec2.run_instances(&call, asked.clone()).await.unwrap();
    cloud.restart();
    let second = cloud.ec2.run_instances(&call, asked.clone()).await.unwrap();
    assert_eq!(id(&first), id(&second));
    assert_eq!(cloud.addresses().await, 1);
    let mut other = asked.clone();
    other.instance_type = Some("t3.nano".to_owned());
    refused(
        cloud.ec2.run_instances(&call, other).await,
        "IdempotentParameterMismatch",
        "The client token was already used with other parameters.",
    );
    let told = cloud.placed(&id(&first)).await;
    cloud.terminate(&told.id).await.unwrap();
    cloud.says(&told, Reported::Terminated).await;
    cloud.becomes(&told.id, "terminated").await;
    let again = cloud.ec2.run_instances(&call, asked).await;
    assert_eq!(again.unwrap_err().code, "IdempotentInstanceTerminated");
}

#[tokio::test]
async fn protected_instances_stay() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let mut asked = cloud.asked();
    asked.disable_api_termination = Some(true);
    let made = cloud.ec2.run_instances(&cloud.call(), asked).await.unwrap();
    let id = id(&made);
    refused(
        cloud.terminate(&id).await,
        "OperationNotPermitted",
        &format!(
            "The instance '{id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again."
        ),
    );
    let change = ModifyInstanceAttributeRequest {
        instance_id: Some(id.clone()),
        disable_api_termination: Some(AttributeBooleanValue { value: Some(false) }),
        ..Default::default()
    };
    let call = cloud.call();
    let changed = cloud.ec2.modify_instance_attribute(&call, change);
    changed.await.unwrap();
    cloud.terminate(&id).await.unwrap();
}

#[tokio::test]
async fn groups_end_what_is_protected() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let mut asked = cloud.asked();
    asked.disable_api_termination = Some(true);
    let made = cloud.ec2.run_instances(&cloud.call(), asked).await.unwrap();
    let now = cloud.clock.now();
    let by_group = Context::internal(ACCOUNT, REGION, "autoscaling.amazonaws.com", now);
    let by_group = Call::by_controller(by_group, PERMIT);
    let end = TerminateInstancesRequest {
        instance_ids: Some(vec![id(&made)]),
        ..Default::default()
    };
    cloud.ec2.terminate_instances(&by_group, end).await.unwrap();
}

#[tokio::test]
async fn a_host_that_left_takes_its_instances_along() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let id = cloud.run().await;
    let told = cloud.placed(&id).await;
    cloud.says(&told, Reported::Running).await;
    cloud.connected("i-a1", false);
    cloud.terminate(&id).await.unwrap();
    assert_eq!(cloud.state(&id).await, "shutting-down");
    cloud.leave("i-a1").await;
    // Looked at within seconds anyway; a write wakes the reconciler at once.
    let tag = CreateTagsRequest {
        resources: Some(vec![id.clone()]),
        tags: Some(vec![Tag {
            key: Some("k".to_owned()),
            value: Some("v".to_owned()),
        }]),
        ..Default::default()
    };
    cloud.ec2.create_tags(&cloud.call(), tag).await.unwrap();
    cloud.becomes(&id, "terminated").await;
    assert_eq!(
        (cloud.claimants().await, cloud.addresses().await),
        (vec![], 0)
    );
}

/// What is stopped has its disk on the host still, so that a host takes no more instances than it has disks for.
#[tokio::test]
async fn disks_are_held_from_launch_to_termination() {
    let cloud = Cloud::new(&[]).await;
    cloud.join_with_disk("i-a1", Some(16 << 10)).await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        let id = cloud.run().await;
        let told = cloud.placed(&id).await;
        cloud.says(&told, Reported::Running).await;
        cloud.stop(&id).await.unwrap();
        cloud.says(&told, Reported::Stopped).await;
        ids.push(id);
    }
    until("cpu and memory are free", || async {
        let claims = [cloud.claim(&ids[0]).await, cloud.claim(&ids[1]).await];
        claims.iter().flatten().all(Claim::is_of_disk_alone)
    })
    .await;
    let third = cloud.run().await;
    cloud.clock.advance(Duration::from_secs(31));
    cloud.becomes(&third, "terminated").await;
    assert!(!cloud.claims(&third).await);

    // One that was there before finds its own.
    cloud.start(&ids[0]).await.unwrap();
    until("it is to boot again", || async {
        cloud.told_of(&ids[0]).await.is_some_and(|it| it.boot == 2)
    })
    .await;
    cloud.terminate(&ids[1]).await.unwrap();
    let told = cloud.told_of(&ids[1]).await.unwrap();
    cloud.says(&told, Reported::Terminated).await;
    cloud.becomes(&ids[1], "terminated").await;
    let fourth = cloud.run().await;
    cloud.placed(&fourth).await;
}

#[tokio::test]
async fn what_is_malformed_or_missing_is_refused() {
    let cloud = Cloud::new(&["i-a1"]).await;
    refused(
        cloud.terminate("i-0123456789abcdef0").await,
        "InvalidInstanceID.NotFound",
        "The instance ID 'i-0123456789abcdef0' does not exist",
    );
    refused(
        cloud.terminate("../x").await,
        "InvalidInstanceID.Malformed",
        "Invalid id: \"../x\" (expecting \"i-...\")",
    );
    let mut asked = cloud.asked();
    asked.image_id = Some("ami-0123456789abcdef0".to_owned());
    let launched = cloud.ec2.run_instances(&cloud.call(), asked).await;
    assert_eq!(launched.unwrap_err().code, "InvalidAMIID.NotFound");
    let mut asked = cloud.asked();
    (asked.min_count, asked.max_count) = (Some(5000), Some(5000));
    let launched = cloud.ec2.run_instances(&cloud.call(), asked).await;
    assert_eq!(launched.unwrap_err().code, "InstanceLimitExceeded");
    assert_eq!(cloud.addresses().await, 0);
}

/// Launches, stops, terminations, hosts that obey, whose reports are lost and that leave, and a service that
/// is killed now and then: an instance is on one host, and in the end nothing is left of any.
#[tokio::test]
async fn nothing_leaks_whatever_happens() {
    use rand::{Rng, SeedableRng, rngs::SmallRng, seq::IndexedRandom};
    let seed = rand::random();
    println!("seed {seed}");
    let mut rng = SmallRng::seed_from_u64(seed);
    let mut cloud = Cloud::new(&["i-a1", "i-a2"]).await;
    let mut launched: Vec<String> = Vec::new();
    let mut homes: BTreeMap<String, String> = BTreeMap::new();
    for _ in 0..150 {
        let one = launched.choose(&mut rng).cloned();
        match (rng.random_range(0..9), one) {
            (0 | 1, _) if launched.len() < 24 => {
                let mut asked = cloud.asked();
                asked.max_count = Some(rng.random_range(1..4));
                let made = cloud.ec2.run_instances(&cloud.call(), asked).await;
                let made = made.unwrap().instances.unwrap();
                launched.extend(made.into_iter().filter_map(|it| it.instance_id));
            }
            // Refused in some states.
            (2, Some(one)) => drop(cloud.stop(&one).await),
            (3, Some(one)) => drop(cloud.start(&one).await),
            (4, Some(one)) => drop(cloud.terminate(&one).await),
            (5, _) => cloud.restart(),
            (6, _) if rng.random_ratio(1, 8) => cloud.leave("i-a2").await,
            _ => {
                for told in cloud.told().await {
                    if rng.random_ratio(1, 2) {
                        obey(&cloud, &told).await;
                    }
                }
            }
        }
        tokio::task::yield_now().await;
        for told in cloud.told().await {
            let home = homes.entry(told.id.clone()).or_insert(told.host.clone());
            assert_eq!(*home, told.host, "{} moved", told.id);
        }
        let claimants = cloud.claimants().await;
        let distinct: BTreeSet<&String> = claimants.iter().collect();
        assert_eq!(
            distinct.len(),
            claimants.len(),
            "on two hosts: {claimants:?}"
        );
    }
    for id in &launched {
        cloud.terminate(id).await.unwrap();
    }
    until("all are terminated", || async {
        for told in cloud.told().await {
            obey(&cloud, &told).await;
        }
        cloud.claimants().await.is_empty() && cloud.addresses().await == 0
    })
    .await;
    for id in &launched {
        assert_eq!(cloud.state(id).await, "terminated");
    }
}

/// A server that begins knows of no machine for a moment: nobody replaces what runs there for that.
#[tokio::test]
async fn an_instance_is_not_impaired_before_its_host_is_known() {
    let mut cloud = Cloud::new(&["i-a1", "i-a2"]).await;
    let mut on = BTreeMap::new();
    while on.len() < 2 {
        let told = cloud.placed(&cloud.run().await).await;
        cloud.says(&told, Reported::Running).await;
        on.insert(told.host.clone(), told.id.clone());
    }
    let status = async |cloud: &Cloud, host: &str| {
        let asked = DescribeInstanceStatusRequest {
            instance_ids: Some(vec![on[host].clone()]),
            ..Default::default()
        };
        let call = cloud.call();
        let shown = cloud.ec2.describe_instance_status(&call, asked).await;
        let shown = shown.unwrap().instance_statuses.unwrap().remove(0);
        shown.system_status.unwrap().status.unwrap()
    };
    let unknown = |machines: &mut wharf_hosts::Machines| {
        machines.register("arn of i-a1", None);
    };
    cloud.hosts.write(unknown);
    for (connected, expected) in [(false, "impaired"), (true, "ok")] {
        cloud.connected("i-a2", connected);
        cloud.restart();
        until("the other is looked at", || async {
            status(&cloud, "i-a2").await == expected
        })
        .await;
        assert_eq!(status(&cloud, "i-a1").await, "ok");
    }
}

async fn obey(cloud: &Cloud, told: &machine::Instance) {
    let state = match told.wanted {
        Wanted::Running => Reported::Running,
        Wanted::Stopped => Reported::Stopped,
        Wanted::Terminated => Reported::Terminated,
    };
    cloud.says(told, state).await;
}

#[tokio::test]
async fn filters_and_pages_show_what_is_asked_for() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let (one, two) = (cloud.run().await, cloud.run().await);
    let told = cloud.placed(&one).await;
    cloud.says(&told, Reported::Running).await;
    // The subnet gives addresses outside of the VPC, too.
    let public = cloud.shown(&one).await.public_ip_address.unwrap();
    let ask = |name: &str, value: &str| DescribeInstancesRequest {
        filters: Some(vec![crate::world::filter(name, value)]),
        ..Default::default()
    };
    for (name, value, expected) in [
        ("instance-state-name", "running", vec![&one]),
        ("instance-state-code", "0", vec![&two]),
        (
            "private-ip-address",
            &told.interface.address.to_string(),
            vec![&one],
        ),
        (
            "network-interface.network-interface-id",
            &told.interface.id,
            vec![&one],
        ),
        ("ip-address", &public, vec![&one]),
        (
            "network-interface.association.public-ip",
            &public,
            vec![&one],
        ),
        (
            "network-interface.addresses.association.public-ip",
            &public,
            vec![&one],
        ),
        ("network-interface.group-name", "nobody", vec![]),
        ("ipv6-address", "*", vec![]),
        (
            "private-dns-name-options.enable-resource-name-dns-a-record",
            "true",
            vec![],
        ),
        ("tag:none", "x", vec![]),
    ] {
        let shown = cloud
            .ec2
            .describe_instances(&call(), ask(name, value))
            .await;
        let shown = shown.unwrap().reservations.unwrap();
        let ids: Vec<String> = shown.iter().map(id).collect();
        assert_eq!(ids.iter().collect::<Vec<_>>(), expected, "{name}");
    }
    // Five is the least that a page has.
    let mut all = BTreeSet::from([one, two]);
    while all.len() < 6 {
        all.insert(cloud.run().await);
    }
    let (mut seen, mut pages) = (BTreeSet::new(), 0);
    let mut token = None;
    loop {
        pages += 1;
        let asked = DescribeInstancesRequest {
            max_results: Some(5),
            next_token: token,
            ..Default::default()
        };
        let page = cloud.ec2.describe_instances(&call(), asked).await.unwrap();
        seen.extend(page.reservations.unwrap().iter().map(id));
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(seen, all);
    assert_eq!(pages, 2);
}

#[tokio::test]
async fn pages_have_their_sizes_and_names_none() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let ids = Some(vec![cloud.run().await]);
    let call = cloud.call();
    let together = "cannot be used with the parameter maxResults";
    for (ids, size, code, text) in [
        (
            &ids,
            5,
            "InvalidParameterCombination",
            format!("The parameter instancesSet {together}"),
        ),
        (
            &None,
            4,
            "InvalidParameterValue",
            "Value (4) for parameter MaxResults is invalid. Member must have value greater than or equal to 5".to_owned(),
        ),
        (
            &None,
            1001,
            "InvalidParameterValue",
            "Value (1001) for parameter MaxResults is invalid. Member must have value less than or equal to 1000".to_owned(),
        ),
    ] {
        let asked = DescribeInstancesRequest {
            instance_ids: ids.clone(),
            max_results: Some(size),
            ..Default::default()
        };
        let shown = cloud.ec2.describe_instances(&call, asked).await;
        refused(shown, code, &text);
        let asked = DescribeInstanceStatusRequest {
            instance_ids: ids.clone(),
            max_results: Some(size),
            ..Default::default()
        };
        let shown = cloud.ec2.describe_instance_status(&call, asked).await;
        refused(shown, code, &text);
    }
    // Who asks for more volumes than a page has gets a page.
    let volumes = |ids: Option<&str>, size| DescribeVolumesRequest {
        volume_ids: ids.map(|it| vec![it.to_owned()]),
        max_results: Some(size),
        ..Default::default()
    };
    let shown = cloud.ec2.describe_volumes(&call, volumes(None, 501)).await;
    shown.unwrap();
    let shown = cloud.ec2.describe_volumes(&call, volumes(None, 4)).await;
    assert_eq!(shown.unwrap_err().code, "InvalidParameterValue");
    let named = volumes(Some("vol-0123456789abcdef0"), 5);
    refused(
        cloud.ec2.describe_volumes(&call, named).await,
        "InvalidParameterCombination",
        &format!("The parameter volumeSet {together}"),
    );
}

#[tokio::test]
async fn a_template_says_what_a_request_leaves_out() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let template = CreateLaunchTemplateRequest {
        launch_template_name: Some("web".to_owned()),
        launch_template_data: Some(RequestLaunchTemplateData {
            image_id: Some(cloud.image()),
            instance_type: Some("t3.nano".to_owned()),
            user_data: Some("c2VjcmV0".to_owned()),
            ..Default::default()
        }),
        ..Default::default()
    };
    let call = cloud.call();
    let made = cloud.ec2.create_launch_template(&call, template).await;
    let template = made.unwrap().launch_template.unwrap();
    let asked = RunInstancesRequest {
        launch_template: Some(LaunchTemplateSpecification {
            launch_template_name: Some("web".to_owned()),
            ..Default::default()
        }),
        min_count: Some(1),
        max_count: Some(1),
        ..Default::default()
    };
    let launched = cloud.ec2.run_instances(&call, asked).await.unwrap();
    let told = cloud.placed(&id(&launched)).await;
    assert_eq!(told.instance_type, "t3.nano");
    assert_eq!(told.user_data.as_deref(), Some("c2VjcmV0"));
    let tags = cloud.shown(&told.id).await.tags.unwrap();
    let template = template.launch_template_id;
    assert!(tags.iter().any(|it| it.value == template), "{tags:?}");
}
