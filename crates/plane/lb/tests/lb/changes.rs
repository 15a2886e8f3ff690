//! Changes of the configuration, under traffic too.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use tokio::{net::TcpStream, sync::Semaphore};
use wharf_lb::{UnboundEndpoints, Update};
use wharf_planeproto::{
    Change, Kind, Resource,
    balancer::{Condition, Target},
    report::{TargetState, UnboundEndpoint},
};

use crate::setup::*;

fn draining(server: &Server) -> Resource {
    Resource::Target(Target {
        draining_since_ms: Some(now_ms()),
        ..target(GROUP, server.address)
    })
}

/// Asks on kept-alive connections until told to stop; the number of requests, all of which must
/// have succeeded. Every other one is a POST, which must never be sent twice.
struct Load {
    stop: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
    clients: Vec<tokio::task::JoinHandle<()>>,
}

impl Load {
    fn start(lb: &Running, clients: usize) -> Self {
        let (stop, asked) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicUsize::new(0)),
        );
        let client = lb.client();
        let run = || {
            let (stop, asked) = (Arc::clone(&stop), Arc::clone(&asked));
            tokio::spawn(async move {
                let mut session = client.connect().await;
                while !stop.load(Ordering::SeqCst) {
                    let number = asked.fetch_add(1, Ordering::SeqCst);
                    let request = match number % 2 {
                        0 => Request::get("/"),
                        _ => Request::post("/"),
                    };
                    let body = if number % 2 == 0 { "" } else { "some body" };
                    let request = request
                        .header("host", DNS_NAME)
                        .body(Full::from(body))
                        .unwrap();
                    let (head, body) = session.send(request).await.expect("an answer");
                    assert_eq!(head.status, 200, "{body:?}");
                }
            })
        };
        let clients = (0..clients).map(|_| run()).collect();
        Self {
            stop,
            asked,
            clients,
        }
    }

    async fn more(&self, count: usize) {
        let wanted = self.asked.load(Ordering::SeqCst) + count;
        let enough = async || (self.asked.load(Ordering::SeqCst) >= wanted).then_some(());
        until("more requests", enough).await;
    }

    async fn stop(self) -> usize {
        self.stop.store(true, Ordering::SeqCst);
        for client in self.clients {
            client.await.unwrap();
        }
        self.asked.load(Ordering::SeqCst)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_update_under_load_fails_no_request() {
    let lb = Running::start();
    let mut old = vec![Server::start("1").await, Server::start("1").await];
    lb.serve(&old.iter().collect::<Vec<_>>()).await;
    let load = Load::start(&lb, 8);
    for _ in 0..6 {
        let new = Server::start("2").await;
        lb.put(vec![Resource::Target(target(GROUP, new.address))])
            .await;
        lb.wait_for(new.address, TargetState::Healthy).await;
        load.more(40).await;
        let gone = old.remove(0);
        lb.put(vec![draining(&gone)]).await;
        lb.wait_for(gone.address, TargetState::Drained).await;
        gone.kill();
        let key = Resource::Target(target(GROUP, gone.address)).key();
        lb.delete(Kind::Target, &key.id).await;
        old.push(new);
    }
    assert!(load.stop().await >= 240);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_changes_under_load_fail_no_request() {
    let lb = Running::start();
    let (one, two) = (Server::start("1").await, Server::start("2").await);
    lb.serve(&[&one, &two]).await;
    let load = Load::start(&lb, 8);
    for number in 0..100 {
        let path = Condition::PathPattern {
            values: vec![format!("/{number}")],
            regexes: vec![],
        };
        match number % 4 {
            0 => {
                lb.put(vec![Resource::Rule(rule(1, vec![path], fixed(404, "")))])
                    .await
            }
            1 => lb.delete(Kind::Rule, "arn:rule/1").await,
            2 => lb.put(vec![draining(&two)]).await,
            _ => {
                lb.put(vec![Resource::Target(target(GROUP, two.address))])
                    .await
            }
        }
        load.more(5).await;
    }
    load.stop().await;
    lb.wait_for(two.address, TargetState::Healthy).await;
}

/// A target that answers only when let.
async fn held() -> (Server, Arc<Semaphore>) {
    let gate = Arc::new(Semaphore::new(0));
    let held = Arc::clone(&gate);
    let server = Server::answering(move |_| {
        let held = Arc::clone(&held);
        async move {
            held.acquire().await.unwrap().forget();
            Response::new(Full::from("at last"))
        }
    })
    .await;
    (server, gate)
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_under_way_finish_while_their_target_drains() {
    let lb = Running::start();
    let ((slow, gate), other) = (held().await, Server::start("other").await);
    lb.serve(&[&slow]).await;
    let client = lb.client();
    let waiting = tokio::spawn(async move { client.get("/").await });
    until("the request", async || (slow.served() == 1).then_some(())).await;
    lb.put(vec![
        draining(&slow),
        Resource::Target(target(GROUP, other.address)),
    ])
    .await;
    let health = lb.wait_for(slow.address, TargetState::Draining).await;
    assert_eq!(
        health.reason.as_deref(),
        Some("Target.DeregistrationInProgress")
    );
    assert_eq!(lb.client().get("/").await.1, "other");
    assert_eq!(
        lb.health_of(slow.address).unwrap().state,
        TargetState::Draining
    );
    gate.add_permits(1);
    assert_eq!(waiting.await.unwrap().1, "at last");
    lb.wait_for(slow.address, TargetState::Drained).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_delay_connections_are_ended() {
    let lb = Running::start();
    let (slow, _gate) = held().await;
    lb.serve_with(&[&slow], |group| {
        let key = "deregistration_delay.timeout_seconds";
        group.attributes.insert(key.to_owned(), "1".to_owned());
    })
    .await;
    let client = lb.client();
    let waiting = tokio::spawn(async move { client.get("/").await.0.status });
    until("the request", async || (slow.served() == 1).then_some(())).await;
    lb.put(vec![draining(&slow)]).await;
    lb.wait_for(slow.address, TargetState::Drained).await;
    assert_eq!(waiting.await.unwrap(), 502);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_used_is_refused_alone() {
    let lb = Running::start();
    let server = Server::start("a").await;
    lb.serve(&[&server]).await;
    let path = |regex: &str| Condition::PathPattern {
        values: vec![],
        regexes: vec![regex.to_owned()],
    };
    let good = rule(1, vec![path("^/new$")], fixed(200, "new"));
    let bad = rule(2, vec![path("(")], fixed(200, "bad"));
    let changes = [good, bad].map(|it| Change::Put(Resource::Rule(it)));
    let why = lb
        .update(Update::Changes(changes.into()))
        .await
        .unwrap_err()
        .to_string();
    assert!(
        why.contains("arn:rule/2") && !why.contains("arn:rule/1"),
        "{why}"
    );
    assert_eq!(lb.client().get("/new").await.1, "new");
    assert_eq!(lb.client().get("/").await.1, "a");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_is_no_servers_is_taken_over_once_it_is_free() {
    let closed = UnboundEndpoints::default();
    let mut changes = closed.changes();
    let lb = Running::start_with(|config| config.closed = closed);
    // As the local end of a connection has it.
    let holder = tokio::net::TcpSocket::new_v4().unwrap();
    holder.bind(lb.address()).unwrap();
    let mut listener = listener(lb.port);
    listener.default_actions = vec![fixed(200, "ours")];
    lb.snapshot(vec![
        Resource::LoadBalancer(balancer()),
        Resource::Listener(listener),
    ])
    .await;
    let endpoint = UnboundEndpoint {
        address: lb.address(),
        reason: "the port is in use".to_owned(),
    };
    assert_eq!(within(changes.next()).await, [endpoint]);
    drop(holder);
    lb.listening().await;
    assert_eq!(lb.client().get("/").await.1, "ours");
    assert_eq!(within(changes.next()).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_that_nobody_wants_any_more_is_forgotten() {
    let closed = UnboundEndpoints::default();
    let mut changes = closed.changes();
    let lb = Running::start_with(|config| config.closed = closed);
    let _squatter = std::net::TcpListener::bind(lb.address()).unwrap();
    lb.snapshot(vec![
        Resource::LoadBalancer(balancer()),
        Resource::Listener(listener(lb.port)),
    ])
    .await;
    assert_eq!(within(changes.next()).await.len(), 1);
    lb.delete(Kind::Listener, LISTENER).await;
    assert_eq!(within(changes.next()).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn load_balancers_share_a_local_port_by_host() {
    let lb = Running::start();
    let mut resources = Vec::new();
    for name in ["one", "two"] {
        let mut balancer = balancer();
        balancer.arn = format!("arn:lb/{name}");
        balancer.dns_name = format!("{name}.elb.localhost");
        let mut listener = listener(lb.port);
        listener.arn = format!("arn:listener/{name}");
        listener.load_balancer = balancer.arn.clone();
        listener.default_actions = vec![fixed(200, name)];
        resources.extend([
            Resource::LoadBalancer(balancer),
            Resource::Listener(listener),
        ]);
    }
    lb.snapshot(resources).await;
    lb.listening().await;
    let mut session = lb.client().connect().await;
    let port = lb.port;
    for (host, status, body) in [
        ("one.elb.localhost".to_owned(), 200, "one"),
        (format!("TWO.elb.localhost:{port}"), 200, "two"),
        ("three.elb.localhost".to_owned(), 404, ""),
    ] {
        let request = Request::get("/")
            .header("host", host)
            .body(Full::default())
            .unwrap();
        let (head, answer) = session.send(request).await.unwrap();
        assert_eq!(head.status, status);
        assert!(status != 200 || answer == body);
    }
    // With one left, Host does not matter.
    lb.delete(Kind::LoadBalancer, "arn:lb/two").await;
    assert_eq!(lb.client().get("/").await.1, "one");
}

#[tokio::test(flavor = "multi_thread")]
async fn at_shutdown_requests_under_way_finish() {
    let lb = Running::start();
    let (slow, gate) = held().await;
    lb.serve(&[&slow]).await;
    let client = lb.client();
    let mut idle = client.connect().await;
    let waiting = tokio::spawn(async move { client.get("/").await.1 });
    until("the request", async || (slow.served() == 1).then_some(())).await;
    let stopping = tokio::spawn(lb.stop());
    until("idle connections to end", async || {
        idle.sender.ready().await.err().map(drop)
    })
    .await;
    assert!(!stopping.is_finished());
    gate.add_permits(1);
    assert_eq!(waiting.await.unwrap(), "at last");
    stopping.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn open_connections_outlive_a_new_address_of_the_host() {
    let lb = Running::start();
    let (slow, gate) = held().await;
    lb.serve(&[&slow]).await;
    let mut kept = lb.client().connect().await;
    gate.add_permits(1);
    assert_eq!(kept.get("/").await.unwrap().1, "at last");
    let client = lb.client();
    let waiting = tokio::spawn(async move { client.get("/").await.1 });
    until("the request", async || (slow.served() == 2).then_some(())).await;
    let new = lb.address_at(2);
    TcpStream::connect(new).await.unwrap_err();
    lb.addresses.send_replace(listening_at(&[1, 2]));
    until("the new address", async || {
        TcpStream::connect(new).await.ok()
    })
    .await;
    assert!(!waiting.is_finished());
    gate.add_permits(3);
    assert_eq!(waiting.await.unwrap(), "at last");
    // Over the connection of before.
    assert_eq!(kept.get("/").await.unwrap().1, "at last");
    assert_eq!(lb.client_at(2).get("/").await.1, "at last");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_under_way_finish_at_an_address_that_the_host_loses() {
    let lb = Running::start_with(|config| {
        config.addresses.send_replace(listening_at(&[1, 2]));
    });
    let (slow, gate) = held().await;
    lb.serve(&[&slow]).await;
    let lost = lb.address_at(2);
    until("the other address", async || {
        TcpStream::connect(lost).await.ok()
    })
    .await;
    let client = lb.client_at(2);
    let waiting = tokio::spawn(async move { client.get("/").await.1 });
    until("the request", async || (slow.served() == 1).then_some(())).await;
    lb.addresses.send_replace(listening_at(&[1]));
    until("its end", async || TcpStream::connect(lost).await.err()).await;
    assert!(!waiting.is_finished());
    gate.add_permits(2);
    assert_eq!(waiting.await.unwrap(), "at last");
    assert_eq!(lb.client().get("/").await.1, "at last");
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_that_come_before_the_configuration_are_listened_at() {
    let lb = Running::start();
    lb.addresses.send_replace(listening_at(&[2]));
    let server = Server::start("a").await;
    lb.snapshot(vec![
        Resource::LoadBalancer(balancer()),
        Resource::Listener(listener(lb.port)),
        Resource::TargetGroup(group(GROUP)),
        Resource::Target(target(GROUP, server.address)),
    ])
    .await;
    lb.wait_for(server.address, TargetState::Healthy).await;
    until("the address", async || {
        TcpStream::connect(lb.address_at(2)).await.ok()
    })
    .await;
    assert_eq!(lb.client_at(2).get("/").await.1, "a");
    until("the end of the former", async || {
        TcpStream::connect(lb.address()).await.err()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_source_of_updates_everything_goes_on() {
    let lb = Running::start();
    let (a, b) = (Server::start("a").await, Server::start("b").await);
    lb.serve(&[&a, &b]).await;
    // Dropping the sender is what a lost control plane looks like.
    let lb = lb.cut_off();
    b.health.store(500, Ordering::SeqCst);
    lb.wait_for(b.address, TargetState::Unhealthy).await;
    for _ in 0..4 {
        assert_eq!(lb.client().get("/").await.1, "a");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_stream_both_ways() {
    let lb = Running::start();
    let echo = Server::answering(|request| async {
        let body = request.into_body().collect().await.unwrap().to_bytes();
        Response::new(Full::from(body))
    })
    .await;
    lb.serve(&[&echo]).await;
    let sent: Vec<u8> = (0..5_000_000_u32).map(|it| (it % 251) as u8).collect();
    let request = Request::post("/")
        .header("host", DNS_NAME)
        .body(Full::from(sent.clone()))
        .unwrap();
    let (head, body) = lb.client().send(request).await;
    assert_eq!(head.status, 200);
    assert!(body == sent);
}
