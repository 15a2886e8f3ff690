//! How long attaching takes, on a host made for it (run as root):
//! `cargo run --release -p wharf-network --example attach_latency [tasks at once, 100]`.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use wharf_base::InstallationId;
use wharf_network::*;

const ROUNDS: usize = 200;

fn main() {
    // Before any thread: the namespaces are this process's own and end with it.
    unshare(CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWNS).expect("run as root");
    let private = MsFlags::MS_PRIVATE | MsFlags::MS_REC;
    mount(None::<&str>, "/", None::<&str>, private, None::<&str>).expect("private mounts");
    let dir = tempfile::tempdir().expect("a temporary folder");
    let mut config = NetworkConfig::new(InstallationId::mint(), dir.path().join("network"));
    config.shared_dir = dir.path().join("shared");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let crowd = std::env::args()
        .nth(1)
        .map_or(100, |arg| arg.parse().expect("a number of tasks"));
    runtime.block_on(measure(config, crowd));
}

async fn measure(config: NetworkConfig, crowd: u16) {
    let begin = Instant::now();
    let (network, endpoints) = Network::start(config.clone()).await.expect("start");
    println!("start, nothing there: {:?}", begin.elapsed());
    for (name, mode) in [
        ("awsvpc", eni as fn(u16) -> Mode),
        ("bridge", web),
        ("none", none),
    ] {
        let begin = Instant::now();
        network.attach("first", mode(1)).await.expect("attach");
        println!("{name}: first {:?}", begin.elapsed());
        network.detach("first").await.expect("detach");
        let (mut attach, mut detach) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let begin = Instant::now();
            network.attach("task", mode(2)).await.expect("attach");
            attach.push(begin.elapsed());
            let begin = Instant::now();
            network.detach("task").await.expect("detach");
            detach.push(begin.elapsed());
        }
        println!(
            "{name}: attach {}, detach {}",
            spread(attach),
            spread(detach)
        );
    }
    let begin = Instant::now();
    for last in 0..crowd {
        network
            .attach(&format!("t{last}"), eni(last + 10))
            .await
            .expect("attach");
    }
    println!("{crowd} awsvpc, one after the other: {:?}", begin.elapsed());
    network.close().await.expect("close");
    drop(endpoints);
    let begin = Instant::now();
    let (network, _endpoints) = Network::start(config).await.expect("start");
    println!("start, {crowd} tasks there: {:?}", begin.elapsed());
    let begin = Instant::now();
    let keys: Vec<_> = (0..crowd).map(|last| format!("t{last}")).collect();
    let mut detached = tokio::task::JoinSet::new();
    for key in keys {
        let network = network.clone();
        detached.spawn(async move { network.detach(&key).await });
    }
    tokio::task::yield_now().await;
    network.attach("meanwhile", eni(1)).await.expect("attach");
    println!(
        "1 attached behind {crowd} detachments: {:?}",
        begin.elapsed()
    );
    while let Some(done) = detached.join_next().await {
        done.expect("no panic").expect("detach");
    }
    println!("{crowd} detached together: {:?}", begin.elapsed());
    let begin = Instant::now();
    network.teardown_all().await.expect("teardown");
    println!("teardown: {:?}", begin.elapsed());
}

fn spread(mut times: Vec<Duration>) -> String {
    times.sort();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    format!("median {:?}, p95 {:?}, most {:?}", at(50), at(95), at(100))
}

fn eni(number: u16) -> Mode {
    let [high, low] = number.to_be_bytes();
    Mode::Awsvpc(Eni {
        vpc_id: "vpc-1".into(),
        eni_id: format!("eni-{number}"),
        mac: MacAddress::new([0x0a, 0, 0, 0, high, low]),
        address: Ipv4Addr::new(172, 31, 17 + high, low),
        subnet: "172.31.16.0/20".parse().expect("a constant"),
        gateway: Ipv4Addr::new(172, 31, 16, 1),
        ipv6: Vec::new(),
    })
}

fn web(_: u16) -> Mode {
    let container = PortRange::single(80);
    let mapping = PortMapping {
        container,
        host: HostPort::Dynamic,
        protocol: Protocol::Tcp,
    };
    Mode::Bridge {
        ports: vec![mapping],
    }
}

fn none(_: u16) -> Mode {
    Mode::None
}
