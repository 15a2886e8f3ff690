//! Joined machines that are shown as instances.

use std::net::{IpAddr, Ipv4Addr};

use wharf_service::Place;
use wharf_svc_ec2::instances::ShownMachineWish;

use super::*;

fn place() -> Place {
    Place::new(ACCOUNT, REGION)
}

fn wish(machine: &str) -> ShownMachineWish {
    ShownMachineWish {
        host: format!("host-of-{machine}"),
        node: "wharf-node-1".to_owned(),
        name: "the-machine".to_owned(),
    }
}

impl Cloud {
    /// Where other hosts reach the machine.
    async fn is_at(&self, machine: &str, address: Ipv4Addr) {
        let plane = PlaneHost {
            id: machine.to_owned(),
            account: ACCOUNT.to_owned(),
            region: REGION.to_owned(),
            underlay: Some(IpAddr::V4(address)),
            zone: "us-east-1a".to_owned(),
            balancers: false,
            unknown: Unknown::new(),
        };
        let txn = Txn::new().put(PlaneHost::key(machine), encode(&plane));
        assert!(self.world.store.txn(&PERMIT, txn).await.unwrap().succeeded);
    }

    async fn filtered(&self, name: &str, value: &str) -> Vec<String> {
        let asked = DescribeInstancesRequest {
            filters: Some(vec![Filter {
                name: Some(name.to_owned()),
                values: Some(vec![value.to_owned()]),
            }]),
            ..Default::default()
        };
        let found = self.ec2.describe_instances(&self.call(), asked).await;
        let found = found.unwrap().reservations.unwrap().into_iter();
        let instances = found.flat_map(|it| it.instances.unwrap_or_default());
        instances.filter_map(|it| it.instance_id).collect()
    }
}

#[tokio::test]
async fn a_machine_is_an_instance_while_it_is_connected_and_until_it_is_let_go_of() {
    let mut cloud = Cloud::new(&["i-a1"]).await;
    cloud.is_at("i-a1", Ipv4Addr::new(10, 0, 0, 7)).await;
    let shown = cloud.ec2.show_machine(&place(), &wish("i-a1")).await;
    let shown = shown.unwrap();
    assert_eq!((shown.id.as_str(), shown.made), ("i-a1", true));
    cloud.becomes("i-a1", "running").await;
    let it = cloud.shown("i-a1").await;
    assert_eq!(it.private_ip_address.as_deref(), Some("10.0.0.7"));
    assert_eq!(
        it.private_dns_name.as_deref(),
        Some("ip-10-0-0-7.ec2.internal")
    );
    assert_eq!(it.instance_type.as_deref(), Some("wharf.machine"));
    let zone = it.placement.and_then(|it| it.availability_zone);
    assert_eq!(zone.as_deref(), Some("us-east-1a"));
    assert_eq!((it.vpc_id, it.subnet_id, it.image_id), (None, None, None));
    // No host is told to make it.
    assert!(cloud.told_of("i-a1").await.is_none());
    for (name, value) in [
        ("private-ip-address", "10.0.0.7"),
        ("tag:Name", "the-machine"),
        ("instance-type", "wharf.machine"),
        ("instance-state-name", "running"),
    ] {
        assert_eq!(cloud.filtered(name, value).await, ["i-a1"], "{name}");
    }

    // Its operator's server begins anew, and it is the same one.
    cloud.restart();
    let again = cloud.ec2.show_machine(&place(), &wish("i-a1")).await;
    assert!(!again.unwrap().made);

    cloud.connected("i-a1", false);
    until("its checks fail", || async {
        let call = cloud.call();
        let asked = DescribeInstanceStatusRequest::default();
        let all = cloud.ec2.describe_instance_status(&call, asked);
        let all = all.await.unwrap().instance_statuses.unwrap();
        let status = all.into_iter().find_map(|it| it.system_status?.status);
        status.as_deref() == Some("impaired")
    })
    .await;
    cloud.clock.advance(Duration::from_secs(21));
    cloud.becomes("i-a1", "stopped").await;
    cloud.connected("i-a1", true);
    cloud.becomes("i-a1", "running").await;

    cloud.terminate("i-a1").await.unwrap();
    cloud.becomes("i-a1", "terminated").await;
    // It is still a node, and may be shown again at once.
    let anew = cloud.ec2.show_machine(&place(), &wish("i-a1")).await;
    assert!(anew.unwrap().made);
    cloud.becomes("i-a1", "running").await;
    let hidden = cloud.ec2.hide_machines(&["host-of-i-a1"]).await.unwrap();
    assert_eq!(hidden.len(), 1);
    cloud.becomes("i-a1", "terminated").await;
    let hidden = cloud.ec2.hide_machines(&["host-of-i-a1"]).await.unwrap();
    assert_eq!(hidden, []);
}

#[tokio::test]
async fn one_that_is_deregistered_ends() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let shown = cloud.ec2.show_machine(&place(), &wish("i-a1")).await;
    shown.unwrap();
    cloud.becomes("i-a1", "running").await;
    cloud.leave("i-a1").await;
    cloud.becomes("i-a1", "terminated").await;
}

#[tokio::test]
async fn what_a_machine_cannot_do_is_refused() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let unknown = cloud.ec2.show_machine(&place(), &wish("i-b2")).await;
    let unknown = unknown.unwrap_err();
    assert!(unknown.message.contains("not known"), "{unknown}");
    let shown = cloud.ec2.show_machine(&place(), &wish("i-a1")).await;
    shown.unwrap();
    cloud.becomes("i-a1", "running").await;
    let elsewhere = Place::new(ACCOUNT, "eu-west-1");
    let elsewhere = cloud.ec2.show_machine(&elsewhere, &wish("i-a1")).await;
    let elsewhere = elsewhere.unwrap_err();
    assert!(elsewhere.message.contains(REGION), "{elsewhere}");

    let check = |fault: Fault, words: &str| {
        assert_eq!(fault.code, "UnsupportedOperation", "{fault}");
        assert!(fault.message.contains(words), "{fault}");
    };
    check(cloud.stop("i-a1").await.unwrap_err(), "is not stopped here");
    check(
        cloud.start("i-a1").await.unwrap_err(),
        "is not started here",
    );
    let asked = GetConsoleOutputRequest {
        instance_id: Some("i-a1".to_owned()),
        ..Default::default()
    };
    let console = cloud.ec2.get_console_output(&cloud.call(), asked).await;
    check(console.unwrap_err(), "has no console here");
    let asked = ModifyInstanceMetadataOptionsRequest {
        instance_id: Some("i-a1".to_owned()),
        http_tokens: Some("required".to_owned()),
        ..Default::default()
    };
    let call = cloud.call();
    let options = cloud.ec2.modify_instance_metadata_options(&call, asked);
    check(options.await.unwrap_err(), "has no metadata service");
    let asked = ModifyInstanceAttributeRequest {
        instance_id: Some("i-a1".to_owned()),
        groups: Some(vec!["sg-1".to_owned()]),
        ..Default::default()
    };
    let groups = cloud.ec2.modify_instance_attribute(&call, asked);
    check(groups.await.unwrap_err(), "has no network interfaces");

    // What protects it from its users does.
    let asked = ModifyInstanceAttributeRequest {
        instance_id: Some("i-a1".to_owned()),
        disable_api_termination: Some(AttributeBooleanValue { value: Some(true) }),
        ..Default::default()
    };
    let protected = cloud.ec2.modify_instance_attribute(&call, asked);
    protected.await.unwrap();
    let refused = cloud.terminate("i-a1").await.unwrap_err();
    assert_eq!(refused.code, "OperationNotPermitted");
}
