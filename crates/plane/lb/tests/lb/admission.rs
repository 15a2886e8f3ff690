//! Who gets a connection on addresses of the host, and how many.

use std::{net::IpAddr, time::Duration};

use http::Request;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::sleep,
};
use wharf_lb::{Pace, PortMemory, PortRules, Ports};
use wharf_planeproto::{
    Kind, Resource,
    balancer::{Listener, LoadBalancer},
};

use crate::setup::*;

/// Asks from an address of this machine; `None` if the connection is refused or reset.
async fn ask_from(lb: &Running, source: &str, host: &str) -> Option<String> {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(format!("{source}:0").parse().unwrap()).unwrap();
    let mut stream = socket.connect(lb.address()).await.ok()?;
    let text = format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(text.as_bytes()).await.ok()?;
    let mut answer = String::new();
    within(stream.read_to_string(&mut answer)).await.ok()?;
    Some(answer).filter(|it| !it.is_empty())
}

/// A load balancer that answers with its name, behind a security group of its own.
fn named(name: &str, port: u16) -> (LoadBalancer, Listener) {
    let mut balancer = balancer();
    balancer.arn = format!("arn:lb/{name}");
    balancer.dns_name = format!("{name}.elb.localhost");
    balancer.security_groups = vec![format!("sg-{name}")];
    let mut listener = listener(port);
    listener.arn = format!("arn:listener/{name}");
    listener.load_balancer = balancer.arn.clone();
    listener.default_actions = vec![fixed(200, name)];
    (balancer, listener)
}

async fn serve(lb: &Running, names: &[(&str, &[&str])]) {
    let mut resources = Vec::new();
    for (name, blocks) in names {
        let (balancer, listener) = named(name, lb.port);
        resources.push(Resource::LoadBalancer(balancer));
        resources.push(Resource::Listener(listener));
        let group = group_for(&format!("sg-{name}"), blocks);
        resources.push(Resource::SecurityGroup(group));
    }
    lb.snapshot(resources).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn security_groups_hold_on_the_host_too() {
    let lb = Running::start();
    serve(&lb, &[("web", &["127.0.0.2/32"])]).await;
    let host = "web.elb.localhost";
    let answer = until("an answer", async || ask_from(&lb, "127.0.0.2", host).await).await;
    assert!(answer.ends_with("web"), "{answer}");
    assert_eq!(
        ask_from(&lb, "127.0.0.3", host).await,
        None,
        "reset before a byte was read"
    );
    // Opened for all, and closed for all.
    lb.put(vec![Resource::SecurityGroup(group_for(
        "sg-web",
        &["0.0.0.0/0"],
    ))])
    .await;
    assert!(ask_from(&lb, "127.0.0.3", host).await.is_some());
    let mut kept = lb.client().connect().await;
    kept.get("/").await.unwrap();
    lb.delete(Kind::SecurityGroup, "sg-web").await;
    assert_eq!(ask_from(&lb, "127.0.0.2", host).await, None);
    // A connection from before asks in vain.
    let (head, _) = kept.get("/").await.unwrap();
    assert_eq!(head.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_load_balancer_of_a_port_has_its_own_groups() {
    let lb = Running::start();
    let names: [(&str, &[&str]); 2] = [("open", &["127.0.0.0/8"]), ("shut", &["127.0.0.9/32"])];
    serve(&lb, &names).await;
    let open = until("an answer", async || {
        ask_from(&lb, "127.0.0.1", "open.elb.localhost").await
    })
    .await;
    assert!(open.ends_with("open"), "{open}");
    let shut = ask_from(&lb, "127.0.0.1", "shut.elb.localhost")
        .await
        .unwrap();
    assert!(shut.starts_with("HTTP/1.1 404"), "{shut}");
    let shut = ask_from(&lb, "127.0.0.9", "shut.elb.localhost")
        .await
        .unwrap();
    assert!(shut.ends_with("shut"), "{shut}");
}

#[tokio::test(flavor = "multi_thread")]
async fn internal_load_balancers_do_not_listen_on_the_host() {
    let lb = Running::start();
    let port = free_port();
    let (mut internal, listener) = named("internal", port);
    internal.internal = true;
    let (open, open_listener) = named("open", lb.port);
    lb.snapshot(vec![
        Resource::LoadBalancer(internal.clone()),
        Resource::Listener(listener),
        Resource::SecurityGroup(group_for("sg-internal", &["0.0.0.0/0"])),
        Resource::LoadBalancer(open),
        Resource::Listener(open_listener),
        Resource::SecurityGroup(group_for("sg-open", &["0.0.0.0/0"])),
    ])
    .await;
    lb.listening().await;
    TcpStream::connect(("127.0.0.1", port)).await.unwrap_err();
    // The same one facing the internet does: the port was not what kept it from listening.
    internal.internal = false;
    lb.put(vec![Resource::LoadBalancer(internal)]).await;
    until("its endpoint", async || {
        TcpStream::connect(("127.0.0.1", port)).await.ok()
    })
    .await;
}

/// The longest between attempts to listen, where a test waits for some.
const PAUSE: Duration = Duration::from_millis(50);

#[tokio::test(flavor = "multi_thread")]
async fn a_port_of_another_program_stays_its_own() {
    let squatter = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = squatter.local_addr().unwrap();
    let closed = wharf_lb::UnboundEndpoints::default();
    let mut changes = closed.changes();
    let start = |memory: PortMemory| {
        let closed = closed.clone();
        Running::start_with(move |config| {
            config.ports = Ports::new(PortRules::default(), &[[127, 0, 0, 1].into()], memory);
            config.closed = closed;
            config.listen_pause = PAUSE;
        })
    };
    let memory = PortMemory::default();
    let ports = Ports::new(PortRules::default(), &[[127, 0, 0, 1].into()], memory);
    let mut lb = Running::start_with(|config| {
        config.ports = ports.clone();
        config.closed = closed.clone();
        config.listen_pause = PAUSE;
    });
    lb.port = address.port();
    serve(&lb, &[("web", &["0.0.0.0/0"])]).await;
    let shown = within(async {
        loop {
            let endpoints = changes.next().await;
            if let Some(endpoint) = endpoints.into_iter().find(|it| it.address == address) {
                break endpoint;
            }
        }
    })
    .await;
    assert_eq!(shown.reason, "another program listens there, or did");
    // It ends, and is started again after a while, in which others would have tried many times.
    drop(squatter);
    sleep(20 * PAUSE).await;
    TcpStream::connect(address).await.unwrap_err();
    let again = std::net::TcpListener::bind(address).expect("its port is free");
    drop(again);
    lb.stop().await;
    // The next process knows, though nobody listens there now.
    let kept = ports.changes().borrow().clone();
    let mut next = start(kept);
    next.port = address.port();
    serve(&next, &[("web", &["0.0.0.0/0"])]).await;
    let served = free_port();
    let (balancer, mut listener) = named("web", served);
    listener.arn = "arn:listener/other".to_owned();
    next.put(vec![
        Resource::LoadBalancer(balancer),
        Resource::Listener(listener),
    ])
    .await;
    until("another port", async || {
        TcpStream::connect(("127.0.0.1", served)).await.ok()
    })
    .await;
    TcpStream::connect(address).await.unwrap_err();
}

#[tokio::test(flavor = "multi_thread")]
async fn reserved_ports_are_not_taken() {
    let closed = wharf_lb::UnboundEndpoints::default();
    let mut changes = closed.changes();
    let port = free_port();
    let lb = Running::start_with(|config| {
        let mut rules = PortRules::default();
        rules.reserved.insert(port);
        config.ports = Ports::new(rules, &[[127, 0, 0, 1].into()], PortMemory::default());
        config.closed = closed.clone();
    });
    let (balancer, listener) = named("web", port);
    lb.snapshot(vec![
        Resource::LoadBalancer(balancer),
        Resource::Listener(listener),
    ])
    .await;
    let endpoints = within(changes.next()).await;
    assert_eq!(endpoints[0].reason, "the port is reserved");
    assert_eq!(endpoints[0].address.port(), port);
    TcpStream::connect(("127.0.0.1", port)).await.unwrap_err();
}

/// Opens connections that say nothing until none is served any more; how many are open.
async fn flood(lb: &Running, source: IpAddr, most: usize) -> Vec<TcpStream> {
    let mut open = Vec::new();
    for _ in 0..most {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((source, 0).into()).unwrap();
        if let Ok(stream) = socket.connect(lb.address()).await {
            open.push(stream);
        }
    }
    open
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flooded_load_balancer_leaves_others_alone() {
    let lb = Running::start_with(|config| config.max_connections = 40);
    let (first, listener_of_first) = named("first", lb.port);
    let (second, mut listener_of_second) = named("second", free_port());
    let port = listener_of_second.port;
    listener_of_second.arn = "arn:listener/second".to_owned();
    lb.snapshot(vec![
        Resource::LoadBalancer(first),
        Resource::Listener(listener_of_first),
        Resource::SecurityGroup(group_for("sg-first", &["127.0.0.0/8"])),
        Resource::LoadBalancer(second),
        Resource::Listener(listener_of_second),
        Resource::SecurityGroup(group_for("sg-second", &["127.0.0.0/8"])),
    ])
    .await;
    lb.listening().await;
    let mut held = Vec::new();
    for last in 1..6 {
        held.extend(flood(&lb, [127, 0, 3, last].into(), 60).await);
    }
    let counts = until("the flood to be counted", async || {
        let counts = lb.metrics.balancers().remove("arn:lb/first")?;
        (counts.active_connection_count >= 30).then_some(counts)
    })
    .await;
    assert!(counts.active_connection_count <= 35, "{counts:?}");
    // Many are open in the flooded one; the other answers at once.
    for _ in 0..3 {
        let mut stream = within(TcpStream::connect(("127.0.0.1", port)))
            .await
            .unwrap();
        let text = b"GET / HTTP/1.1\r\nHost: second\r\nConnection: close\r\n\r\n";
        stream.write_all(text).await.unwrap();
        let mut answer = String::new();
        within(stream.read_to_string(&mut answer)).await.unwrap();
        assert!(answer.ends_with("second"), "{answer}");
    }
    // With the flood gone the first serves again.
    drop(held);
    until("an answer of the first", async || {
        ask_from(&lb, "127.0.0.1", "first").await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_beyond_its_share_is_refused_and_counted() {
    let lb = Running::start_with(|config| config.max_connections = 40);
    serve(&lb, &[("web", &["127.0.0.0/8"])]).await;
    lb.listening().await;
    // Loopback has half.
    let held = flood(&lb, [127, 0, 4, 1].into(), 30).await;
    until("a refusal", async || {
        let counts = lb.metrics.balancers().remove("arn:lb/web")?;
        (counts.rejected_connection_count >= 10).then_some(())
    })
    .await;
    let answer = ask_from(&lb, "127.0.4.2", "web").await;
    assert!(answer.unwrap().ends_with("web"), "another source is served");
    drop(held);
}

#[tokio::test(flavor = "multi_thread")]
async fn shares_of_the_operator_hold() {
    let lb = Running::start_with(|config| {
        config.max_connections = 40;
        config.source_connections = Some(4);
        config.balancer_connections = Some(10);
    });
    serve(&lb, &[("web", &["127.0.0.0/8"])]).await;
    lb.listening().await;
    let mut held = flood(&lb, [127, 0, 5, 1].into(), 6).await;
    until("refusals", async || {
        let counts = lb.metrics.balancers().remove("arn:lb/web")?;
        (counts.rejected_connection_count >= 2).then_some(())
    })
    .await;
    for last in 2..6 {
        held.extend(flood(&lb, [127, 0, 5, last].into(), 4).await);
    }
    let counts = || lb.metrics.balancers().remove("arn:lb/web").unwrap();
    until("its share to be full", async || {
        (counts().active_connection_count == 10).then_some(())
    })
    .await;
    // Others wait, and are served once there is room.
    let waiting = ask_from(&lb, "127.0.5.9", "web");
    tokio::pin!(waiting);
    let early = tokio::time::timeout(Duration::from_millis(200), &mut waiting).await;
    assert!(early.is_err(), "{early:?}");
    assert_eq!(counts().active_connection_count, 10);
    drop(held);
    let answer = waiting.await;
    assert!(answer.unwrap().ends_with("web"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_trickles_is_given_up() {
    let server = Server::answering(|request| async {
        use http_body_util::BodyExt;
        // A client that breaks off is nobody's fault here.
        let _ = request.into_body().collect().await;
        http::Response::new(http_body_util::Full::from("done"))
    })
    .await;
    let lb = Running::start_with(|config| {
        config.pace = Pace {
            bytes_per_s: 100,
            grace: Duration::from_millis(500),
        };
    });
    lb.serve(&[&server]).await;
    let mut stream = TcpStream::connect(lb.address()).await.unwrap();
    let head = format!("POST / HTTP/1.1\r\nHost: {DNS_NAME}\r\nContent-Length: 100000\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut read, mut write) = stream.into_split();
    let dripping = tokio::spawn(async move {
        // A byte each 50 ms: the idle timeout of a minute never comes.
        while write.write_all(b"x").await.is_ok() {
            sleep(Duration::from_millis(50)).await;
        }
    });
    let mut answer = [0; 12];
    within(read.read_exact(&mut answer)).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 408");
    dripping.abort();
    // One that keeps the pace is served, however long it takes.
    let request = Request::post("/").header("host", DNS_NAME);
    let body = http_body_util::Full::from(vec![b'x'; 100_000]);
    let (head, _) = lb.client().send(request.body(body).unwrap()).await;
    assert_eq!(head.status, 200);
}
