//! Flow logs: what hosts are told, and what is believed of their reports.

use std::net::Ipv4Addr;

use wharf_api_ec2::{Ec2, types::*};
use wharf_base::Timestamp;
use wharf_planeproto::{
    Resource,
    flows::{self, Flow, FlowsOf, Part, Report, Window},
};
use wharf_records::{Record as _, Scope, decode};
use wharf_store::Range;
use wharf_svc_ec2::flow_logs::{Flow as StoredFlow, FlowBatch, NotTaken};

use crate::world::{World, of_account, refusal, service, told, user, world};

const HOST: &str = "i-1";
const ROLE: &str = "arn:aws:iam::000000000000:role/flows";
/// When the reports of these tests come, in seconds.
const NOW_S: i64 = 1_000_000;

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn asked(kind: &str, id: &str) -> CreateFlowLogsRequest {
    CreateFlowLogsRequest {
        resource_type: text(kind),
        resource_ids: Some(vec![id.to_owned()]),
        traffic_type: text("ALL"),
        log_group_name: text("/flows"),
        deliver_logs_permission_arn: text(ROLE),
        ..Default::default()
    }
}

struct Recorded {
    world: World,
    vpc: String,
    interface: String,
    address: Ipv4Addr,
}

/// An interface on a host.
async fn recorded() -> Recorded {
    let world = world();
    let ec2 = &world.ec2;
    let subnets = ec2
        .describe_subnets(&user(), DescribeSubnetsRequest::default())
        .await;
    let subnet = subnets.unwrap().subnets.unwrap().remove(0);
    let input = CreateNetworkInterfaceRequest {
        subnet_id: subnet.subnet_id,
        ..Default::default()
    };
    let made = ec2.create_network_interface(&service(), input).await;
    let made = made.unwrap().network_interface.unwrap();
    let interface = made.network_interface_id.unwrap();
    let it = Recorded {
        vpc: subnet.vpc_id.unwrap(),
        address: made.private_ip_address.unwrap().parse().unwrap(),
        interface,
        world,
    };
    it.attach().await;
    it
}

impl Recorded {
    async fn attach(&self) {
        let attach = AttachNetworkInterfaceRequest {
            network_interface_id: text(&self.interface),
            instance_id: text(HOST),
            device_index: Some(1),
            ..Default::default()
        };
        let ec2 = &self.world.ec2;
        ec2.attach_network_interface(&service(), attach)
            .await
            .unwrap();
    }

    async fn detach(&self) {
        let ec2 = &self.world.ec2;
        let detach = DescribeNetworkInterfacesRequest {
            network_interface_ids: Some(vec![self.interface.clone()]),
            ..Default::default()
        };
        let shown = ec2.describe_network_interfaces(&service(), detach).await;
        let shown = shown.unwrap().network_interfaces.unwrap().remove(0);
        let detach = DetachNetworkInterfaceRequest {
            attachment_id: shown.attachment.unwrap().attachment_id,
            ..Default::default()
        };
        ec2.detach_network_interface(&service(), detach)
            .await
            .unwrap();
    }

    async fn take_away(&self) {
        self.detach().await;
        let delete = DeleteNetworkInterfaceRequest {
            network_interface_id: text(&self.interface),
            ..Default::default()
        };
        let ec2 = &self.world.ec2;
        ec2.delete_network_interface(&service(), delete)
            .await
            .unwrap();
    }

    async fn log(&self, input: CreateFlowLogsRequest) -> String {
        let made = self.world.ec2.create_flow_logs(&user(), input).await;
        let made = made.unwrap();
        assert_eq!(made.unsuccessful, Some(vec![]));
        made.flow_log_ids.unwrap().remove(0)
    }

    fn flow(&self, accepted: bool) -> Flow {
        Flow {
            source: self.address.into(),
            destination: [10, 9, 9, 9].into(),
            protocol: 6,
            source_port: 40000,
            destination_port: 80,
            tcp_flags: 2,
            ingress: false,
            accepted,
            packets: 3,
            bytes: 180,
            start: NOW_S - 60,
            end: NOW_S,
        }
    }

    fn window(&self, number: u64, log: &str, flows: Vec<Flow>) -> Window {
        Window {
            number,
            account: "000000000000".to_owned(),
            region: "us-east-1".to_owned(),
            interface: self.interface.clone(),
            logs: vec![log.to_owned()],
            part: Part::Go,
            start: NOW_S - 60,
            end: NOW_S,
            skipped: false,
            flows,
        }
    }

    async fn take(&self, host: &str, windows: Vec<Window>) -> Result<(), NotTaken> {
        let report = Report {
            instance: host.to_owned(),
            run: 7,
            windows,
        };
        let now = Timestamp::from_millis(NOW_S * 1000);
        self.world.ec2.take_flows(&report, now).await
    }

    /// What waits to be delivered.
    async fn waiting(&self) -> Vec<FlowBatch> {
        let scope = Scope::new("ec2", "000000000000", "us-east-1");
        let range = Range::prefix(scope.prefix(FlowBatch::KIND));
        let all = self.world.store.all(range).await.unwrap().entries;
        let read = |entry: &wharf_store::Entry| decode(&entry.value).unwrap();
        all.iter().map(read).collect()
    }
}

#[tokio::test]
async fn hosts_are_told_of_them() {
    let it = recorded().await;
    let vpc = it.log(asked("VPC", &it.vpc)).await;
    let one = CreateFlowLogsRequest {
        traffic_type: text("REJECT"),
        log_format: text("${version} ${tcp-flags}"),
        ..asked("NetworkInterface", &it.interface)
    };
    let one = it.log(one).await;
    let of = |all: &[Resource], id: &str| -> flows::FlowLog {
        let mut all = all.iter().filter_map(|it| match it {
            Resource::FlowLog(log) if log.id == id => Some(log.clone()),
            _ => None,
        });
        all.next().unwrap()
    };
    let all = told(&it.world).await;
    let (vpc_log, one_log) = (of(&all, &vpc), of(&all, &one));
    assert_eq!(
        (
            vpc_log.of,
            vpc_log.accepted,
            vpc_log.rejected,
            vpc_log.tcp_flags
        ),
        (FlowsOf::Vpc, true, true, false)
    );
    assert_eq!(one_log.of, FlowsOf::Interface(it.interface.clone()));
    assert!(!one_log.accepted && one_log.rejected && one_log.tcp_flags && one_log.vpc == it.vpc);
    let delete = DeleteFlowLogsRequest {
        flow_log_ids: Some(vec![vpc.clone()]),
        ..Default::default()
    };
    let stranger = of_account("111111111111");
    let foreign = it
        .world
        .ec2
        .delete_flow_logs(&stranger, delete.clone())
        .await;
    assert!(refusal(foreign).contains("These flow log ids in the input list are not found"));
    it.world
        .ec2
        .delete_flow_logs(&user(), delete)
        .await
        .unwrap();
    let left = told(&it.world).await.into_iter();
    assert_eq!(
        left.filter(|it| matches!(it, Resource::FlowLog(_))).count(),
        1
    );
}

#[tokio::test]
async fn a_token_makes_one_and_a_resource_has_two() {
    let it = recorded().await;
    let tokened = CreateFlowLogsRequest {
        client_token: text("t"),
        ..asked("VPC", &it.vpc)
    };
    let first = it.log(tokened.clone()).await;
    assert_eq!(it.log(tokened.clone()).await, first);
    let other = CreateFlowLogsRequest {
        traffic_type: text("ACCEPT"),
        ..tokened
    };
    let reused = it.world.ec2.create_flow_logs(&user(), other).await;
    assert!(refusal(reused).starts_with("IdempotentParameterMismatch"));
    let failed = |made: CreateFlowLogsResult| {
        let item = made.unsuccessful.unwrap().remove(0);
        item.error.unwrap().code.unwrap()
    };
    for (traffic, code) in [
        ("ALL", "FlowLogAlreadyExists"),
        ("ACCEPT", ""),
        ("REJECT", "FlowLogsLimitExceeded"),
    ] {
        let input = CreateFlowLogsRequest {
            traffic_type: text(traffic),
            ..asked("VPC", &it.vpc)
        };
        let made = it.world.ec2.create_flow_logs(&user(), input).await.unwrap();
        match code {
            "" => assert_eq!(made.flow_log_ids.unwrap().len(), 1),
            code => assert_eq!(failed(made), code),
        }
    }
}

#[tokio::test]
async fn a_window_counts_once_and_of_its_own_host_alone() {
    let it = recorded().await;
    let log = it.log(asked("VPC", &it.vpc)).await;
    let flow = it.flow(true);
    let stranger = Flow {
        source: [10, 1, 1, 1].into(),
        ..flow
    };
    it.take("i-2", vec![it.window(1, &log, vec![flow])])
        .await
        .unwrap();
    assert_eq!(it.waiting().await, [], "of a host that has it not");
    let window = it.window(1, &log, vec![flow, stranger]);
    for _ in 0..2 {
        it.take(HOST, vec![window.clone()]).await.unwrap();
        let waiting = it.waiting().await;
        assert_eq!(waiting.len(), 1);
        assert_eq!(
            waiting[0].flows,
            [StoredFlow::from(flow)],
            "nobody else's ends"
        );
    }
    // Its last windows come after it is gone.
    it.take_away().await;
    let last = Window {
        part: Part::End,
        ..it.window(2, &log, vec![flow])
    };
    it.take(HOST, vec![last]).await.unwrap();
    assert_eq!(it.waiting().await.len(), 2);
    it.take(HOST, vec![it.window(3, &log, vec![flow])])
        .await
        .unwrap();
    assert_eq!(it.waiting().await.len(), 2, "nothing follows the last");
}

#[tokio::test]
async fn one_that_is_gone_at_once_is_told_of() {
    let it = recorded().await;
    it.detach().await;
    let log = it.log(asked("VPC", &it.vpc)).await;
    it.attach().await;
    it.take_away().await;
    let window = it.window(1, &log, vec![it.flow(true)]);
    it.take("i-2", vec![window.clone()]).await.unwrap();
    assert_eq!(it.waiting().await, []);
    it.take(HOST, vec![window]).await.unwrap();
    assert_eq!(it.waiting().await.len(), 1);
}

#[tokio::test]
async fn each_flow_log_gets_what_it_is_about() {
    let it = recorded().await;
    let rejected = CreateFlowLogsRequest {
        traffic_type: text("REJECT"),
        ..asked("NetworkInterface", &it.interface)
    };
    let rejected = it.log(rejected).await;
    let other = it.world.vpc("10.7.0.0/16").await;
    let elsewhere = it.log(asked("VPC", &other)).await;
    let flows = vec![it.flow(true), it.flow(false)];
    let mut window = it.window(1, &rejected, flows);
    window.logs.push(elsewhere);
    window.logs.push("fl-none".to_owned());
    it.take(HOST, vec![window]).await.unwrap();
    let waiting = it.waiting().await;
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].flows, [StoredFlow::from(it.flow(false))]);
    // Silence is told of, the beginning is not; times are held to what may be.
    let begin = Window {
        part: Part::Begin,
        ..it.window(2, &rejected, vec![])
    };
    let silent = Window {
        start: 0,
        end: i64::MAX,
        ..it.window(3, &rejected, vec![])
    };
    it.take(HOST, vec![begin, silent]).await.unwrap();
    let waiting = it.waiting().await;
    assert_eq!(waiting.len(), 2);
    let silent = waiting.iter().find(|it| it.flows.is_empty()).unwrap();
    assert_eq!(
        (silent.start, silent.end),
        (0, NOW_S + 60),
        "what is late keeps its time"
    );
}

#[tokio::test]
async fn what_is_no_report() {
    let it = recorded().await;
    let good = it.window(1, "fl-1", vec![]);
    let many = vec![it.flow(true); flows::MOST_FLOWS + 1];
    for windows in [
        vec![good.clone(); 2],
        vec![it.window(1, "fl-1", many)],
        vec![Window {
            account: "1".to_owned(),
            ..good.clone()
        }],
        vec![Window {
            region: "a/b".to_owned(),
            ..good.clone()
        }],
        vec![Window {
            interface: "..%2f".to_owned(),
            ..good.clone()
        }],
        vec![Window {
            logs: (0..7).map(|it| format!("fl-{it}")).collect(),
            ..good.clone()
        }],
        vec![Window {
            logs: vec!["fl-1".to_owned(); 2],
            ..good
        }],
    ] {
        let refused = it.take(HOST, windows.clone()).await;
        assert!(
            matches!(refused, Err(NotTaken::Malformed(_))),
            "{windows:?}"
        );
    }
}
