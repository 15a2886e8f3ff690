//! What security groups and the overlay cost at size, on two hosts made for it (run as root):
//! `cargo run --release -p wharf-network --example groups_scale [interfaces, 1000] [groups, 1000] [all|apply|traffic]`.
//! `nft` must be there: it takes the rules away for the comparison. `bench/run networks` reads the lines, `WHAT: FIGURES`.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, setns, unshare};
use nix::time::{ClockId, clock_gettime};
use wharf_base::InstallationId;
use wharf_network::*;
use wharf_planeproto::network::{Host, Interface, Peer, Permission, SecurityGroup, Vpc};
use wharf_planeproto::{Change, Resource};

const ROUNDS: u16 = 200;
const SPAN: Duration = Duration::from_secs(2);
const VPC: &str = "vpc-1";
const HERE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const THERE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 2);

fn main() {
    // Before any thread: the namespaces are this process's own and end with it.
    unshare(CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWNS).expect("run as root");
    let private = MsFlags::MS_PRIVATE | MsFlags::MS_REC;
    mount(None::<&str>, "/", None::<&str>, private, None::<&str>).expect("private mounts");
    let number = |n, or: u16| {
        std::env::args()
            .nth(n)
            .map_or(or, |a| a.parse().expect("a number"))
    };
    let (interfaces, groups) = (number(1, 1000), number(2, 1000));
    let part = std::env::args().nth(3).unwrap_or_else(|| "all".to_owned());
    let dir = tempfile::tempdir().expect("a temporary folder");
    let there = wire_hosts(dir.path());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    runtime.block_on(measure(dir.path(), &there, interfaces, groups, &part));
}

/// A second host on a wire; the file that holds its namespace.
fn wire_hosts(dir: &Path) -> PathBuf {
    let place = dir.join("there");
    std::fs::File::create(&place).expect("a file");
    let at = place.clone();
    thread::spawn(move || {
        unshare(CloneFlags::CLONE_NEWNET).expect("a namespace");
        let own = Some("/proc/thread-self/ns/net");
        mount(own, &at, None::<&str>, MsFlags::MS_BIND, None::<&str>).expect("a mount");
    })
    .join()
    .expect("no panic");
    let end = format!(
        "link add ext0 type veth peer name ext0 netns {}",
        place.display()
    );
    ip(&end);
    for (address, own) in [(HERE, true), (THERE, false)] {
        let set_up = || {
            ip("link set lo up");
            ip(&format!("addr add {address}/24 dev ext0"));
            ip("link set ext0 up");
        };
        if own {
            set_up()
        } else {
            inside(&place, set_up)
        }
    }
    place
}

fn ip(args: &str) {
    run("ip", args);
}

fn run(program: &str, args: &str) {
    let done = Command::new(program).args(args.split(' ')).status();
    assert!(
        done.expect("the program is there").success(),
        "{program} {args}"
    );
}

fn inside<T: Send>(path: &Path, work: impl FnOnce() -> T + Send) -> T {
    let file = std::fs::File::open(path).expect("a namespace");
    thread::scope(|scope| {
        let visit = scope.spawn(move || {
            setns(file, CloneFlags::CLONE_NEWNET).expect("a namespace");
            work()
        });
        visit.join().expect("no panic")
    })
}

fn config(dir: &Path, id: &str) -> NetworkConfig {
    let id = InstallationId::try_from(id.to_owned()).expect("an id");
    let mut config = NetworkConfig::new(id.clone(), dir.join(id.as_str()));
    config.shared_dir = dir.join("shared");
    config
}

async fn measure(dir: &Path, there: &Path, interfaces: u16, groups: u16, part: &str) {
    let (network, _endpoints) = Network::start(config(dir, "aaaa")).await.expect("start");
    let (other, _more) = inside(there, || {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let started = Network::start(config(dir, "bbbb"));
        runtime
            .expect("a runtime")
            .block_on(started)
            .expect("start")
    });
    let said = world(interfaces, groups);
    for (network, id, underlay) in [(&network, "i-here", HERE), (&other, "i-there", THERE)] {
        let own = HostIdentity {
            instance_id: id.to_owned(),
            underlay: Some(IpAddr::V4(underlay)),
        };
        network.set_host(own).await.expect("set_host");
    }
    let begin = Instant::now();
    network.attach("a0", attachment(0)).await.expect("attach");
    println!("attach, first in its VPC: {:?}", begin.elapsed());
    let begin = Instant::now();
    for n in 1..interfaces {
        network
            .attach(&format!("a{n}"), attachment(n))
            .await
            .expect("attach");
    }
    println!(
        "{} more attached, unknown yet: {:?}",
        interfaces - 1,
        begin.elapsed()
    );
    let remote = interfaces;
    other.attach("b", attachment(remote)).await.expect("attach");
    let begin = Instant::now();
    apply(&network, NetworkUpdate::Snapshot(said.clone())).await;
    println!(
        "first snapshot, {interfaces} interfaces here and there, {groups} groups: {:?}",
        begin.elapsed()
    );
    let begin = Instant::now();
    apply(&network, NetworkUpdate::Snapshot(said.clone())).await;
    println!("the same snapshot again: {:?}", begin.elapsed());
    let begin = Instant::now();
    apply(&other, NetworkUpdate::Snapshot(said.clone())).await;
    println!(
        "the same on a host with one interface: {:?}",
        begin.elapsed()
    );

    if part != "traffic" {
        changes(&network, interfaces, groups).await;
        attaches(&network).await;
    }
    if part != "apply" {
        forwarding(dir, &network, &other, remote).await;
    }
    let begin = Instant::now();
    network.teardown_all().await.expect("teardown");
    println!("teardown: {:?}", begin.elapsed());
    other.teardown_all().await.expect("teardown");
}

async fn attaches(network: &Network) {
    let mut times = Vec::new();
    for _ in 0..ROUNDS / 2 {
        network.detach("a1").await.expect("detach");
        let begin = Instant::now();
        network.attach("a1", attachment(1)).await.expect("attach");
        times.push(begin.elapsed());
    }
    println!("attach of an interface that is known: {}", spread(times));
}

/// The same traffic with the rules, without them, and without the kernel following connections.
async fn forwarding(dir: &Path, network: &Network, other: &Network, remote: u16) {
    let open = Change::Put(group(0, vec![all(Peer::Cidr("0.0.0.0/0".to_owned()))]));
    let others: Vec<Change> = [0, 2, remote]
        .map(|n| {
            Change::Put(interface(
                n,
                0,
                if n == remote { "i-there" } else { "i-here" },
            ))
        })
        .into();
    let open: Vec<Change> = others.into_iter().chain([open]).collect();
    apply(network, NetworkUpdate::Changes(open.clone())).await;
    apply(other, NetworkUpdate::Changes(open)).await;
    let path = |key| Network::netns_path(&config(dir, "aaaa").state_dir, key);
    let far = Network::netns_path(&config(dir, "bbbb").state_dir, "b");
    traffic(
        "another host, groups on",
        &path("a0"),
        &far,
        address(remote),
    );
    traffic("same host, groups on", &path("a0"), &path("a2"), address(2));
    let scope = dir.join("aaaa/netns").join(format!("vpc.{VPC}"));
    inside(&scope, || {
        for chain in ["senders", "receivers"] {
            run("nft", &format!("flush chain ip wharf_aaaa {chain}"));
        }
    });
    traffic(
        "same host, groups off",
        &path("a0"),
        &path("a2"),
        address(2),
    );
    inside(&scope, || run("nft", "flush ruleset"));
    traffic(
        "same host, no tracking",
        &path("a0"),
        &path("a2"),
        address(2),
    );
}

/// One change of each kind, over and over.
async fn changes(network: &Network, interfaces: u16, groups: u16) {
    type Next = Box<dyn Fn(u16) -> Resource>;
    let kinds: [(&str, Next); 4] = [
        (
            "a rule of a group",
            Box::new(move |n| {
                group(
                    n % groups,
                    vec![tcp(10_000 + n, Peer::Cidr("10.0.0.0/8".into()))],
                )
            }),
        ),
        (
            "an interface's groups",
            Box::new(move |n| interface(n % interfaces, (n + 7) % groups, "i-here")),
        ),
        (
            "an interface on another host comes",
            Box::new(move |n| interface(2 * interfaces + n, n % groups, "i-there")),
        ),
        (
            "an interface on another host comes home",
            Box::new(move |n| interface(2 * interfaces + n, n % groups, "i-here")),
        ),
    ];
    for (what, next) in kinds {
        let mut times = Vec::new();
        for n in 0..ROUNDS {
            let change = Change::Put(next(n));
            let begin = Instant::now();
            apply(network, NetworkUpdate::Changes(vec![change])).await;
            times.push(begin.elapsed());
        }
        println!("one change, {what}: {}", spread(times));
    }
}

async fn apply(network: &Network, update: NetworkUpdate) {
    network.apply(update).await.expect("apply");
}

/// Half of the interfaces here, half there, each with one group; each group with three rules.
fn world(interfaces: u16, groups: u16) -> Vec<Resource> {
    let mut all = vec![
        Resource::Vpc(Vpc {
            id: VPC.to_owned(),
            region: "us-east-1".to_owned(),
            cidrs: vec!["172.16.0.0/12".to_owned()],
            vni: 4711,
            main_route_table: None,
            gateway: None,
            egress_only: None,
            ipv6_cidr: None,
            dns: true,
            network_acl: None,
        }),
        host("i-here", HERE),
        host("i-there", THERE),
    ];
    all.extend((0..interfaces).map(|n| interface(n, n % groups, "i-here")));
    let there = interfaces..2 * interfaces;
    all.extend(there.map(|n| interface(n, n % groups, "i-there")));
    all.extend((0..groups).map(|n| group(n, Vec::new())));
    all
}

fn host(id: &str, underlay: Ipv4Addr) -> Resource {
    Resource::Host(Host {
        id: id.to_owned(),
        underlay: Some(underlay.into()),
    })
}

fn interface(n: u16, of: u16, on: &str) -> Resource {
    Resource::Interface(Interface {
        id: format!("eni-{n:017x}"),
        vpc: VPC.to_owned(),
        subnet_cidr: "172.16.0.0/12".to_owned(),
        address: address(n),
        mac: "0a:00:00:00:00:01".to_owned(),
        groups: vec![group_id(of)],
        host: Some(on.to_owned()),
        load_balancer: None,
        public: None,
        secondary: Vec::new(),
        ipv6: Vec::new(),
        resource_name: None,
    })
}

fn group_id(n: u16) -> String {
    format!("sg-{n:017x}")
}

fn group(n: u16, more: Vec<Permission>) -> Resource {
    let mut ingress = vec![
        tcp(80, Peer::Group(group_id(n))),
        tcp(443, Peer::Cidr("10.0.0.0/8".to_owned())),
    ];
    ingress.extend(more);
    Resource::SecurityGroup(SecurityGroup {
        id: group_id(n),
        vpc: VPC.to_owned(),
        ingress,
        egress: vec![all(Peer::Cidr("0.0.0.0/0".to_owned()))],
    })
}

fn tcp(port: u16, peer: Peer) -> Permission {
    Permission {
        protocol: Some(6),
        ports: Some((port, port)),
        ..all(peer)
    }
}

fn all(peer: Peer) -> Permission {
    Permission {
        protocol: None,
        ports: None,
        icmp: None,
        peer,
    }
}

fn address(n: u16) -> Ipv4Addr {
    let [high, low] = n.to_be_bytes();
    Ipv4Addr::new(172, 20, high, low)
}

fn attachment(n: u16) -> Mode {
    let [high, low] = n.to_be_bytes();
    Mode::Awsvpc(Eni {
        vpc_id: VPC.to_owned(),
        eni_id: format!("eni-{n:017x}"),
        mac: MacAddress::new([0x0a, 0, 0, 0, high, low]),
        address: address(n),
        subnet: "172.16.0.0/12".parse().expect("a constant"),
        gateway: Ipv4Addr::new(172, 16, 0, 1),
        ipv6: Vec::new(),
    })
}

/// One stream, many small datagrams, one connection after the other.
fn traffic(what: &str, from: &Path, to: &Path, address: Ipv4Addr) {
    let stream = stream(from, to, address);
    let (datagrams, cost) = datagrams(from, to, address);
    let connections = connections(from, to, address);
    println!(
        "{what}: {stream:.1} Gbit/s, {datagrams:.0} datagrams/s at {cost:.0} ns of processor each, \
         {connections:.0} connections/s"
    );
}

fn stream(from: &Path, to: &Path, address: Ipv4Addr) -> f64 {
    let listener = inside(to, || TcpListener::bind((address, 5001)).expect("bind"));
    let reader = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("accept");
        let (mut buffer, mut total) = (vec![0; 256 << 10], 0_usize);
        let begin = Instant::now();
        while let Ok(len @ 1..) = stream.read(&mut buffer) {
            total += len;
        }
        total as f64 * 8.0 / begin.elapsed().as_secs_f64() / 1e9
    });
    let mut stream = inside(from, || {
        TcpStream::connect((address, 5001)).expect("connect")
    });
    let (chunk, end) = (vec![0; 256 << 10], Instant::now() + SPAN);
    while Instant::now() < end {
        stream.write_all(&chunk).expect("write");
    }
    drop(stream);
    reader.join().expect("no panic")
}

/// Rate, and what one costs the sender: the whole way to the receiver's queue is worked off in its
/// call, so this is little disturbed by what else the machine does.
fn datagrams(from: &Path, to: &Path, address: Ipv4Addr) -> (f64, f64) {
    let server = inside(to, || UdpSocket::bind((address, 5002)).expect("bind"));
    server
        .set_read_timeout(Some(Duration::from_millis(100)))
        .expect("a timeout");
    let client = inside(from, || UdpSocket::bind("0.0.0.0:0").expect("bind"));
    client.connect((address, 5002)).expect("connect");
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let (mut buffer, mut count) = ([0; 64], 0_u64);
            while !done.load(Ordering::Relaxed) {
                count += u64::from(server.recv(&mut buffer).is_ok());
            }
            count
        });
        let (begin, before, mut sent) = (Instant::now(), processor_time(), 0_u32);
        while begin.elapsed() < SPAN {
            for _ in 0..64 {
                let _ = client.send(&[0; 18]);
            }
            sent += 64;
        }
        let span = begin.elapsed();
        let cost = (processor_time() - before).as_nanos() as f64 / f64::from(sent);
        done.store(true, Ordering::Relaxed);
        let rate = reader.join().expect("no panic") as f64 / span.as_secs_f64();
        (rate, cost)
    })
}

fn processor_time() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID)
        .expect("a clock")
        .into()
}

/// Each round has a port of its own: the client's ports of the round before rest for a minute.
static NEXT_PORT: AtomicU16 = AtomicU16::new(5003);
/// Sent last, it ends the server.
const LAST: u8 = b'x';

/// Connections a second, one after the other, each with a byte there and back: the server has accepted
/// one before the next begins, so none waits for a place in its queue.
fn connections(from: &Path, to: &Path, address: Ipv4Addr) -> f64 {
    let port = NEXT_PORT.fetch_add(1, Ordering::Relaxed);
    let listener = inside(to, || TcpListener::bind((address, port)).expect("bind"));
    let server = thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, mut byte) = (stream.expect("accept"), [0]);
            stream.read_exact(&mut byte).expect("a byte");
            stream.write_all(&byte).expect("an answer");
            if byte[0] == LAST {
                return;
            }
        }
    });
    let connect = |byte: u8| {
        let mut stream = TcpStream::connect((address, port)).expect("connect");
        stream.write_all(&[byte]).expect("write");
        stream.read_exact(&mut [0]).expect("an answer");
    };
    let rate = inside(from, || {
        let (begin, mut count) = (Instant::now(), 0);
        while begin.elapsed() < SPAN {
            connect(b'a');
            count += 1;
        }
        let rate = f64::from(count) / begin.elapsed().as_secs_f64();
        connect(LAST);
        rate
    });
    server.join().expect("no panic");
    rate
}

fn spread(mut times: Vec<Duration>) -> String {
    times.sort();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    format!("median {:?}, p95 {:?}, most {:?}", at(50), at(95), at(100))
}
