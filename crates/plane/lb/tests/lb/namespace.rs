//! Load balancers in the network namespace of a VPC. Needs root.

use std::{net::TcpListener as StdListener, process::Command, thread};

use nix::sched::{CloneFlags, unshare};
use tokio::{net::TcpListener, sync::oneshot};
use wharf_planeproto::{
    Kind, Resource,
    balancer::{BalancerInterface, BalancerKind, Protocol},
    endpoint::{Endpoint, EndpointWay, Front},
    report::TargetState,
};

use crate::setup::*;

/// A network namespace with nothing but loopback, as long as its thread lives.
pub struct Namespace {
    pub path: String,
    asks: std::sync::mpsc::Sender<Box<dyn FnOnce() + Send>>,
}

impl Namespace {
    pub async fn new() -> Self {
        let (asks, work) = std::sync::mpsc::channel::<Box<dyn FnOnce() + Send>>();
        let (ready, path) = oneshot::channel();
        thread::spawn(move || {
            unshare(CloneFlags::CLONE_NEWNET).expect("namespaces need root");
            // A child is born into the namespace of its thread.
            let up = Command::new("ip")
                .args(["link", "set", "lo", "up"])
                .status();
            assert!(up.expect("the program ip").success());
            let path = format!(
                "/proc/{}/task/{}/ns/net",
                std::process::id(),
                nix::unistd::gettid()
            );
            ready.send(path).unwrap();
            for one in work {
                one();
            }
        });
        Self {
            path: path.await.unwrap(),
            asks,
        }
    }

    /// Runs it inside.
    pub async fn inside<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let (done, result) = oneshot::channel();
        self.asks
            .send(Box::new(move || drop(done.send(work()))))
            .unwrap();
        result.await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_listens_and_reaches_targets_inside_the_vpc() {
    let vpc = Namespace::new().await;
    let listener_inside = vpc
        .inside(|| StdListener::bind("127.0.0.1:0").unwrap())
        .await;
    listener_inside.set_nonblocking(true).unwrap();
    let server = Server::on(TcpListener::from_std(listener_inside).unwrap(), |_| async {
        http::Response::new(http_body_util::Full::from("inside"))
    });
    let path = vpc.path.clone();
    let lb = Running::start_with(|config| {
        config.netns = std::sync::Arc::new(move |eni| {
            assert_eq!(eni, "eni-1");
            path.clone().into()
        });
    });
    let mut balancer = balancer();
    balancer.interfaces = vec![BalancerInterface {
        id: "eni-1".to_owned(),
        ipv6: None,
        address: [127, 0, 0, 1].into(),
        zone: "us-east-1a".to_owned(),
        host: "i-1".to_owned(),
    }];
    lb.snapshot(vec![
        Resource::LoadBalancer(balancer),
        Resource::Listener(listener(lb.port)),
        Resource::TargetGroup(group(GROUP)),
        Resource::Target(target(GROUP, server.address)),
    ])
    .await;
    lb.wait_for(server.address, TargetState::Healthy).await;
    lb.listening().await;
    assert_eq!(lb.client().get("/").await.1, "inside");
    // And for callers inside the VPC, at the interface's address.
    let address = lb.address();
    let answer = until("the endpoint inside", async || {
        vpc.inside(move || {
            use std::io::{Read, Write};
            let mut stream = std::net::TcpStream::connect(address).ok()?;
            write!(
                stream,
                "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
            )
            .ok()?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).ok()?;
            Some(answer)
        })
        .await
    })
    .await;
    assert!(answer.ends_with("inside"), "{answer}");
}

/// A VPC endpoint on this host that leads to the load balancer.
fn endpoint() -> Endpoint {
    Endpoint {
        id: "vpce-1".to_owned(),
        arn: "arn:vpce-1".to_owned(),
        vpc: "vpc-2".to_owned(),
        way: EndpointWay::Interface {
            interfaces: Vec::new(),
            groups: Vec::new(),
        },
        names: Vec::new(),
        fronts: vec![Front {
            interface: "eni-2".to_owned(),
            address: [127, 0, 0, 1].into(),
            host: "i-1".to_owned(),
            load_balancer: balancer().arn,
        }],
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_load_balancer_answers_at_endpoints_in_other_vpcs() {
    let consumer = Namespace::new().await;
    let server = StdListener::bind("127.0.0.1:0").unwrap();
    let target_at = server.local_addr().unwrap();
    thread::spawn(move || {
        use std::io::{Read, Write};
        for stream in server.incoming() {
            // Says what names the endpoint in the header ahead; a health check sends none.
            let mut header = [0; 16 + 12 + 4 + 6];
            let _ = stream.and_then(|mut it| {
                it.read_exact(&mut header)?;
                it.write_all(&header[31..])
            });
        }
    });
    let path = consumer.path.clone();
    let lb = Running::start_with(|config| {
        config.netns = std::sync::Arc::new(move |eni| {
            assert_eq!(eni, "eni-2");
            path.clone().into()
        });
    });
    let mut network = balancer();
    network.kind = BalancerKind::Network;
    let mut listener = listener(lb.port);
    listener.protocol = Protocol::Tcp;
    let mut group = group(GROUP);
    group.protocol = Protocol::Tcp;
    group.health_check.protocol = Protocol::Tcp;
    let key = "proxy_protocol_v2.enabled".to_owned();
    group.attributes.insert(key, "true".to_owned());
    lb.snapshot(vec![
        Resource::LoadBalancer(network),
        Resource::Listener(listener),
        Resource::TargetGroup(group),
        Resource::Target(target(GROUP, target_at)),
        Resource::Endpoint(endpoint()),
    ])
    .await;
    lb.wait_for(target_at, TargetState::Healthy).await;
    let address = lb.address();
    let asks = async || {
        consumer
            .inside(move || {
                use std::io::Read;
                let mut stream = std::net::TcpStream::connect(address).ok()?;
                let mut answer = String::new();
                stream.read_to_string(&mut answer).ok()?;
                (!answer.is_empty()).then_some(answer)
            })
            .await
    };
    let answer = until("an answer at the endpoint", async || asks().await).await;
    assert_eq!(answer, "\u{1}vpce-1");
    // The rules of its own VPC are not in force there: its groups are asked by the load balancer.
    lb.put(vec![Resource::SecurityGroup(group_for(
        OPEN,
        &["192.0.2.0/24"],
    ))])
    .await;
    until("its groups let nobody in", async || {
        asks().await.is_none().then_some(())
    })
    .await;
    lb.put(vec![Resource::SecurityGroup(group_for(
        OPEN,
        &["127.0.0.0/8"],
    ))])
    .await;
    until("they do again", async || asks().await).await;
    lb.delete(Kind::Endpoint, "vpce-1").await;
    until("the end of the endpoint", async || {
        asks().await.is_none().then_some(())
    })
    .await;
    // At its own address it goes on.
    lb.listening().await;
}
