//! Health checks and what follows from them.

use std::sync::atomic::Ordering;

use wharf_planeproto::report::TargetState;

use crate::setup::*;

#[tokio::test(flavor = "multi_thread")]
async fn an_unhealthy_target_leaves_rotation_and_returns() {
    let lb = Running::start();
    let (good, bad) = (Server::start("good").await, Server::start("bad").await);
    lb.serve(&[&good, &bad]).await;
    bad.health.store(502, Ordering::SeqCst);
    let health = lb.wait_for(bad.address, TargetState::Unhealthy).await;
    assert_eq!(
        health.reason.as_deref(),
        Some("Target.ResponseCodeMismatch")
    );
    assert_eq!(
        health.description.as_deref(),
        Some("Health checks failed with these codes: [502]")
    );
    for _ in 0..10 {
        assert_eq!(lb.client().get("/").await.1, "good");
    }
    bad.health.store(200, Ordering::SeqCst);
    lb.wait_for(bad.address, TargetState::Healthy).await;
    let client = lb.client();
    until("its return", async || {
        (client.get("/").await.1 == "bad").then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_all_unhealthy_all_get_requests() {
    let lb = Running::start();
    let server = Server::start("a").await;
    lb.serve(&[&server]).await;
    server.health.store(500, Ordering::SeqCst);
    lb.wait_for(server.address, TargetState::Unhealthy).await;
    assert_eq!(lb.client().get("/").await.1, "a");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_target_costs_no_request_that_did_not_reach_it() {
    let lb = Running::start();
    let (stays, dies) = (Server::start("stays").await, Server::start("dies").await);
    lb.serve(&[&stays, &dies]).await;
    let mut session = lb.client().connect().await;
    for _ in 0..10 {
        session.get("/").await.unwrap();
    }
    dies.kill();
    for _ in 0..50 {
        assert_eq!(session.get("/").await.unwrap().0.status, 200);
    }
    let health = lb.wait_for(dies.address, TargetState::Unhealthy).await;
    assert_eq!(health.reason.as_deref(), Some("Target.FailedHealthChecks"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_target_is_healthy_with_its_first_success() {
    let lb = Running::start();
    let server = Server::start("a").await;
    server.health.store(503, Ordering::SeqCst);
    let begun = std::time::Instant::now();
    lb.snapshot(vec![
        wharf_planeproto::Resource::LoadBalancer(balancer()),
        wharf_planeproto::Resource::Listener(listener(lb.port)),
        wharf_planeproto::Resource::TargetGroup({
            let mut group = group(GROUP);
            group.health_check.interval_seconds = 30;
            group
        }),
        wharf_planeproto::Resource::Target(target(GROUP, server.address)),
    ])
    .await;
    let initial = lb.wait_for(server.address, TargetState::Initial).await;
    assert_eq!(initial.reason.as_deref(), Some("Elb.InitialHealthChecking"));
    server.health.store(200, Ordering::SeqCst);
    lb.wait_for(server.address, TargetState::Healthy).await;
    assert!(begun.elapsed().as_secs() < 5, "long before the interval");
}

#[tokio::test(flavor = "multi_thread")]
async fn unchecked_targets_are_unavailable_and_serve() {
    let lb = Running::start();
    let server = Server::start("a").await;
    lb.snapshot(vec![
        wharf_planeproto::Resource::LoadBalancer(balancer()),
        wharf_planeproto::Resource::Listener(listener(lb.port)),
        wharf_planeproto::Resource::TargetGroup({
            let mut group = group(GROUP);
            group.health_check.enabled = false;
            group
        }),
        wharf_planeproto::Resource::Target(target(GROUP, server.address)),
    ])
    .await;
    lb.wait_for(server.address, TargetState::Unavailable).await;
    lb.listening().await;
    assert_eq!(lb.client().get("/").await.1, "a");
}

/// A host that answers no connection attempt: its queue is full and nobody accepts.
struct Silent {
    listener: std::os::fd::OwnedFd,
    address: std::net::SocketAddr,
    _queued: Vec<std::net::TcpStream>,
}

impl Silent {
    fn start() -> Self {
        use nix::sys::socket::{
            AddressFamily, Backlog, SockFlag, SockType, SockaddrIn, bind, getsockname, listen,
            socket,
        };
        use std::os::fd::AsRawFd;
        let listener = socket(
            AddressFamily::Inet,
            SockType::Stream,
            SockFlag::SOCK_NONBLOCK,
            None,
        )
        .unwrap();
        bind(listener.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, 0)).unwrap();
        listen(&listener, Backlog::new(0).unwrap()).unwrap();
        let name: SockaddrIn = getsockname(listener.as_raw_fd()).unwrap();
        let address = std::net::SocketAddr::V4(name.into());
        let soon = std::time::Duration::from_millis(50);
        let queued =
            std::iter::from_fn(|| std::net::TcpStream::connect_timeout(&address, soon).ok());
        Self {
            _queued: queued.collect(),
            listener,
            address,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_target_costs_a_request_a_quarter_of_a_second() {
    let lb = Running::start();
    let (alive, silent) = (Server::start("alive").await, Silent::start());
    let mut unchecked = group(GROUP);
    unchecked.health_check.enabled = false;
    lb.snapshot(vec![
        wharf_planeproto::Resource::LoadBalancer(balancer()),
        wharf_planeproto::Resource::Listener(listener(lb.port)),
        wharf_planeproto::Resource::TargetGroup(unchecked),
        wharf_planeproto::Resource::Target(target(GROUP, alive.address)),
        wharf_planeproto::Resource::Target(target(GROUP, silent.address)),
    ])
    .await;
    lb.listening().await;
    let begun = std::time::Instant::now();
    for _ in 0..6 {
        assert_eq!(lb.client().get("/").await.1, "alive");
    }
    // Three of them went to the silent one first; it used to cost three seconds each.
    assert!(begun.elapsed() < std::time::Duration::from_secs(3));
    assert_eq!(alive.served(), 6);
    drop(silent.listener);
}
