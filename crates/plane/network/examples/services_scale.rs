//! What a change of a cluster's services costs a node at size, on a host made for it (run as root):
//! `cargo run --release -p wharf-network --example services_scale [services, 10000]`.
//! `bench/run kube-services` reads the lines, `WHAT: FIGURES`.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::{Duration, Instant};

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use wharf_base::InstallationId;
use wharf_network::*;

const ROUNDS: u32 = 200;
const NODE: &str = "i-0000000000000000a";
const TCP: u8 = 6;
/// Endpoints of a service.
const ENDPOINTS: u32 = 3;
/// Sticky services keep a client for this long, as upstream's do by default.
const STICKY: Duration = Duration::from_secs(10_800);

fn main() {
    // Before any thread: the namespaces are this process's own and end with it.
    unshare(CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWNS).expect("run as root");
    let private = MsFlags::MS_PRIVATE | MsFlags::MS_REC;
    mount(None::<&str>, "/", None::<&str>, private, None::<&str>).expect("private mounts");
    let services = std::env::args()
        .nth(1)
        .map_or(10_000, |arg| arg.parse().expect("a number of services"));
    let dir = tempfile::tempdir().expect("a temporary folder");
    let mut config = NetworkConfig::new(InstallationId::mint(), dir.path().join("network"));
    config.shared_dir = dir.path().join("shared");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    runtime.block_on(measure(config, services));
}

async fn measure(config: NetworkConfig, services: u32) {
    let (network, endpoints) = Network::start(config.clone()).await.expect("start");
    network.attach(NODE, eni()).await.expect("attach");
    let all = (0..services).map(|n| (cluster_address(n), to(n, ENDPOINTS, None)));
    let all: BTreeMap<FrontEnd, Lead> = all.collect();
    let begin = Instant::now();
    lead(&network, ServicesUpdate::Snapshot(all.clone())).await;
    println!("{services} services, all at once: {:?}", begin.elapsed());
    let begin = Instant::now();
    lead(&network, ServicesUpdate::Snapshot(all.clone())).await;
    println!("the same told again: {:?}", begin.elapsed());
    network.close().await.expect("close");
    drop(endpoints);
    let (network, _endpoints) = Network::start(config).await.expect("start again");
    let begin = Instant::now();
    lead(&network, ServicesUpdate::Snapshot(all)).await;
    println!(
        "the same after a restart, written anew: {:?}",
        begin.elapsed()
    );
    let some = move |round: u32| round * 7919 % services;
    type Next = Box<dyn Fn(u32) -> Vec<(FrontEnd, Option<Lead>)>>;
    let kinds: [(&str, Next); 6] = [
        (
            "an endpoint comes",
            Box::new(move |n| one(some(n), Some(to(some(n), ENDPOINTS + 1, None)))),
        ),
        (
            "all endpoints are others",
            Box::new(move |n| one(some(n), Some(to(some(n) + n + 1, ENDPOINTS, None)))),
        ),
        (
            "its clients stay from now on",
            Box::new(move |n| one(some(n), Some(to(some(n), ENDPOINTS, Some(STICKY))))),
        ),
        (
            "a service comes",
            Box::new(move |n| one(services + n, Some(to(n, ENDPOINTS, None)))),
        ),
        (
            "a service with a port of the node comes",
            Box::new(move |n| {
                let lead = to(n, ENDPOINTS, None);
                let mut all = one(2 * services + n, Some(lead.clone()));
                let callers = [Caller::Member, Caller::Other, Caller::Own];
                all.extend(callers.map(|it| (node_port(it, n), Some(lead.clone()))));
                all
            }),
        ),
        ("a service goes", Box::new(move |n| one(services + n, None))),
    ];
    for (what, next) in kinds {
        let mut times = Vec::new();
        for n in 0..ROUNDS {
            let change = next(n).into_iter().collect();
            let begin = Instant::now();
            lead(&network, ServicesUpdate::Changes(change)).await;
            times.push(begin.elapsed());
        }
        println!("one change, {what}: {}", spread(times));
    }
    let begin = Instant::now();
    network.teardown_all().await.expect("teardown");
    println!("teardown: {:?}", begin.elapsed());
}

async fn lead(network: &Network, update: ServicesUpdate) {
    network.services(NODE, update).await.expect("services");
}

fn one(n: u32, lead: Option<Lead>) -> Vec<(FrontEnd, Option<Lead>)> {
    vec![(cluster_address(n), lead)]
}

fn cluster_address(n: u32) -> FrontEnd {
    FrontEnd {
        caller: Caller::Member,
        address: Ipv4Addr::from(u32::from(Ipv4Addr::new(10, 100, 0, 0)) + n),
        protocol: TCP,
        port: 80,
    }
}

fn node_port(caller: Caller, n: u32) -> FrontEnd {
    FrontEnd {
        caller,
        address: address(),
        protocol: TCP,
        port: 30_000 + u16::try_from(n).expect("few rounds"),
    }
}

/// To so many of some four thousand pods.
fn to(n: u32, count: u32, sticky: Option<Duration>) -> Lead {
    let first = u32::from(Ipv4Addr::new(172, 31, 20, 0));
    let pods = (0..count).map(|it| Ipv4Addr::from(first + (n * ENDPOINTS + it) % 4000));
    Lead::To {
        endpoints: pods.map(|it| SocketAddrV4::new(it, 8080)).collect(),
        sticky,
        by_node: false,
    }
}

fn address() -> Ipv4Addr {
    Ipv4Addr::new(172, 31, 17, 1)
}

fn eni() -> Mode {
    Mode::Awsvpc(Eni {
        vpc_id: "vpc-1".into(),
        eni_id: "eni-1".into(),
        mac: MacAddress::new([0x0a, 0, 0, 0, 0, 1]),
        address: address(),
        subnet: "172.31.16.0/20".parse().expect("a constant"),
        gateway: Ipv4Addr::new(172, 31, 16, 1),
        ipv6: Vec::new(),
    })
}

fn spread(mut times: Vec<Duration>) -> String {
    times.sort();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    format!("median {:?}, p99 {:?}, most {:?}", at(50), at(99), at(100))
}
