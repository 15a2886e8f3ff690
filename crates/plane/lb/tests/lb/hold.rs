//! One load balancer process after the other, with sockets that somebody holds meanwhile. Needs
//! root: to whom a socket belongs is asked of the kernel.

use std::{
    collections::BTreeMap,
    io,
    net::TcpListener as StdListener,
    os::fd::{BorrowedFd, OwnedFd},
    sync::{Arc, Mutex, atomic::Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use wharf_lb::{Hold, LbConfig, Spot};
use wharf_planeproto::{
    Kind, Resource,
    balancer::BalancerInterface,
    report::{TargetHealth, TargetState},
};

use crate::{namespace::Namespace, setup::*};

/// A supervisor, as far as sockets go. `true` stands for those handed over since the last start.
#[derive(Default)]
struct HeldSockets(Mutex<BTreeMap<String, (OwnedFd, bool)>>);

impl HeldSockets {
    fn names(&self) -> Vec<String> {
        self.0.lock().unwrap().keys().cloned().collect()
    }
}

impl Hold for HeldSockets {
    fn inherited(&self) -> Vec<OwnedFd> {
        let mut held = self.0.lock().unwrap();
        let sockets = held.values_mut().map(|(socket, current)| {
            *current = false;
            socket.try_clone().unwrap()
        });
        sockets.collect()
    }

    fn hold(&self, spot: &Spot, socket: BorrowedFd<'_>) -> io::Result<()> {
        let socket = socket.try_clone_to_owned()?;
        self.0
            .lock()
            .unwrap()
            .insert(spot.to_string(), (socket, true));
        Ok(())
    }

    fn let_go(&self, spot: &Spot) -> io::Result<()> {
        self.0.lock().unwrap().remove(&spot.to_string());
        Ok(())
    }

    fn settle(&self) -> io::Result<()> {
        self.0.lock().unwrap().retain(|_, (_, current)| *current);
        Ok(())
    }
}

fn held_by(held: &Arc<HeldSockets>) -> impl FnOnce(&mut LbConfig) {
    let holder = held.clone();
    move |config| config.holder = holder
}

/// The next process, at the same port.
fn successor(held: &Arc<HeldSockets>, port: u16, known: Vec<TargetHealth>) -> Running {
    let holder = held.clone();
    let mut lb = Running::start_with(move |config| {
        config.holder = holder;
        config.last_known.send_replace(known);
    });
    lb.port = port;
    lb
}

fn resources(port: u16, servers: &[&Server]) -> Vec<Resource> {
    let mut group = group(GROUP);
    // So that nothing but the very first check changes anything while a test runs.
    group.health_check.interval_seconds = 300;
    group.health_check.unhealthy_threshold = 2;
    let mut all = vec![
        Resource::LoadBalancer(balancer()),
        Resource::Listener(listener(port)),
        Resource::TargetGroup(group),
    ];
    let targets = servers
        .iter()
        .map(|it| Resource::Target(target(GROUP, it.address)));
    all.extend(targets);
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_wait_for_the_next_process() {
    let held = Arc::new(HeldSockets::default());
    let server = Server::start("a").await;
    let first = Running::start_with(held_by(&held));
    first.serve(&[&server]).await;
    let (port, address) = (first.port, first.address());
    until("the socket to be held", async || {
        (!held.names().is_empty()).then_some(())
    })
    .await;
    first.stop().await;
    let mut waiting = TcpStream::connect(address)
        .await
        .expect("nobody is refused");
    waiting
        .write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    let second = successor(&held, port, vec![]);
    second.snapshot(resources(port, &[&server])).await;
    let mut answer = String::new();
    within(waiting.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.ends_with('a'), "{answer}");
    assert_eq!(held.names().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_configured_no_more_is_let_go() {
    let held = Arc::new(HeldSockets::default());
    let server = Server::start("a").await;
    let first = Running::start_with(held_by(&held));
    first.serve(&[&server]).await;
    let (port, address) = (first.port, first.address());
    first.delete(Kind::Listener, LISTENER).await;
    until("a free port", async || StdListener::bind(address).ok()).await;
    assert_eq!(held.names(), [""; 0]);
    // The same, but while there is no process.
    first.put(vec![Resource::Listener(listener(port))]).await;
    first.listening().await;
    first.stop().await;
    StdListener::bind(address).unwrap_err();
    let second = successor(&held, port, vec![]);
    second
        .snapshot(vec![Resource::LoadBalancer(balancer())])
        .await;
    until("a free port", async || StdListener::bind(address).ok()).await;
    assert_eq!(held.names(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_known_health_holds_until_the_checks_say_more() {
    let held = Arc::new(HeldSockets::default());
    let (healthy, sick) = (Server::start("healthy").await, Server::start("sick").await);
    sick.health.store(500, Ordering::SeqCst);
    let known = |server: &Server, state| TargetHealth {
        target: target(GROUP, server.address).target,
        state,
        reason: None,
        description: None,
    };
    let port = free_port();
    let known = vec![
        known(&healthy, TargetState::Healthy),
        known(&sick, TargetState::Unhealthy),
    ];
    let lb = successor(&held, port, known);
    lb.snapshot(resources(port, &[&healthy, &sick])).await;
    lb.listening().await;
    for _ in 0..20 {
        assert_eq!(lb.client().get("/").await.1, "healthy");
    }
    // Reported as it was, without a detour over "initial".
    lb.wait_for(healthy.address, TargetState::Healthy).await;
    lb.wait_for(sick.address, TargetState::Unhealthy).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_died_meanwhile_leaves_rotation_soon() {
    let held = Arc::new(HeldSockets::default());
    let (stays, dies) = (Server::start("stays").await, Server::start("dies").await);
    let port = free_port();
    let known = [&stays, &dies].map(|server| TargetHealth {
        target: target(GROUP, server.address).target,
        state: TargetState::Healthy,
        reason: None,
        description: None,
    });
    dies.health.store(500, Ordering::SeqCst);
    let lb = successor(&held, port, known.to_vec());
    lb.snapshot(resources(port, &[&stays, &dies])).await;
    // Long before the interval of five minutes is over.
    lb.wait_for(dies.address, TargetState::Unhealthy).await;
    lb.wait_for(stays.address, TargetState::Healthy).await;
}

/// A path that names one namespace after the other.
struct Renamed {
    _folder: tempfile::TempDir,
    path: std::path::PathBuf,
}

impl Renamed {
    fn to(namespace: &Namespace) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("net");
        std::os::unix::fs::symlink(&namespace.path, &path).unwrap();
        Self {
            _folder: folder,
            path,
        }
    }

    fn change(&self, namespace: &Namespace) {
        let next = self.path.with_extension("next");
        std::os::unix::fs::symlink(&namespace.path, &next).unwrap();
        std::fs::rename(&next, &self.path).unwrap();
    }
}

fn inside(config: &mut LbConfig, held: &Arc<HeldSockets>, path: &Renamed) {
    config.holder = held.clone();
    config.addresses.send_replace(listening_at(&[]));
    let path = path.path.clone();
    config.netns = Arc::new(move |_| path.clone());
}

fn balancer_inside(port: u16) -> Vec<Resource> {
    let mut balancer = balancer();
    balancer.interfaces = vec![BalancerInterface {
        id: "eni-1".to_owned(),
        ipv6: None,
        address: [127, 0, 0, 1].into(),
        zone: "us-east-1a".to_owned(),
        host: "i-1".to_owned(),
    }];
    vec![
        Resource::LoadBalancer(balancer),
        Resource::Listener(listener(port)),
    ]
}

async fn answers(namespace: &Namespace, port: u16) -> bool {
    let connected = move || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
    namespace.inside(connected).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_namespace_made_anew_gets_sockets_of_its_own() {
    let held = Arc::new(HeldSockets::default());
    let (old, new) = (Namespace::new().await, Namespace::new().await);
    let path = Renamed::to(&old);
    let first = Running::start_with(|config| inside(config, &held, &path));
    let port = first.port;
    first.snapshot(balancer_inside(port)).await;
    until("the endpoint", async || {
        answers(&old, port).await.then_some(())
    })
    .await;
    let before = held.names();
    // While it runs …
    path.change(&new);
    until("the new endpoint", async || {
        answers(&new, port).await.then_some(())
    })
    .await;
    until("the end of the old", async || {
        (!answers(&old, port).await).then_some(())
    })
    .await;
    let after = held.names();
    assert_eq!((before.len(), after.len()), (1, 1));
    assert_ne!(before, after);
    // … and while no process does.
    first.stop().await;
    path.change(&old);
    let second = Running::start_with(|config| inside(config, &held, &path));
    second.snapshot(balancer_inside(port)).await;
    until("the endpoint", async || {
        answers(&old, port).await.then_some(())
    })
    .await;
    until("the other to be let go", async || {
        (held.names() == before).then_some(())
    })
    .await;
    assert!(!answers(&new, port).await);
}
