//! A subscription beside a control plane that says and hears what a test wants.

use std::{convert::Infallible, path::Path, sync::Arc, time::Duration};

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::{Request, Response, body::Incoming, server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    net::TcpListener,
    sync::{mpsc, watch},
    time::{sleep, timeout},
};
use wharf_base::SystemClock;
use wharf_planeproto::{
    Change, Messages, Outgoing, Plane, Resource,
    machine::Console,
    measured::{BalancerRow, Minute, Row},
    network::Host,
    report::UnboundEndpoint,
    wire::{self, Commit, Position, ToPlane, ToServer},
};
use wharf_wire::sigv4::SigningKeys;

use super::reports::{Reports, SentConsoles};
use crate::{
    Delivery, Dialer, Endpoint, LinkConfig, LinkState, Subscription, Update, disk, known::Known,
};

const PATIENCE: Duration = Duration::from_secs(20);

/// A control plane that says hello in a version, and hears.
struct Server {
    heard: mpsc::Receiver<ToServer>,
    said: mpsc::Sender<Bytes>,
    /// From where the subscription wants to go on.
    resume: Option<Position>,
}

impl Server {
    /// The next subscription.
    async fn accept(listener: &TcpListener, version: u32) -> Self {
        let (stream, _) = timeout(PATIENCE, listener.accept()).await.unwrap().unwrap();
        let (heard, hears) = mpsc::channel(100);
        let (said, body) = Outgoing::channel();
        let body = Arc::new(parking_lot::Mutex::new(Some(body)));
        let answer = service_fn(move |request: Request<Incoming>| {
            let (heard, body) = (heard.clone(), body.lock().take().unwrap());
            tokio::spawn(async move {
                let mut messages = Messages::new(request.into_body());
                while let Ok(message) = messages.next().await {
                    if heard.send(message).await.is_err() {
                        return;
                    }
                }
            });
            async { Ok::<_, Infallible>(Response::new(body.boxed())) }
        });
        tokio::spawn(
            http2::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(stream), answer),
        );
        let mut server = Self {
            heard: hears,
            said,
            resume: None,
        };
        let Some(ToServer::Subscribe { resume, .. }) = server.next().await else {
            panic!("it subscribes first");
        };
        server.resume = resume;
        let resumed = false;
        server.say(&ToPlane::Hello { version, resumed }).await;
        server
    }

    async fn say(&self, message: &ToPlane) {
        self.said
            .send(wire::encode(message).unwrap())
            .await
            .unwrap();
    }

    /// What is heard next but heartbeats.
    async fn next(&mut self) -> Option<ToServer> {
        loop {
            match timeout(PATIENCE, self.heard.recv()).await.unwrap() {
                Some(ToServer::Heartbeat) => {}
                heard => return heard,
            }
        }
    }
}

fn minute(start: i64) -> Minute {
    let row = BalancerRow {
        arn: "b".to_owned(),
        new_connections: 1,
        ..BalancerRow::default()
    };
    Minute {
        run: 1,
        start,
        part: 0,
        rows: vec![Row::Balancer(row)],
    }
}

fn unbound(port: u16) -> Vec<UnboundEndpoint> {
    vec![UnboundEndpoint {
        address: ([127, 0, 0, 1], port).into(),
        reason: "taken".to_owned(),
    }]
}

/// Of `plane` on the host `instance`, which keeps its state in `folder` and finds a control plane at `listener`.
fn config(
    listener: &TcpListener,
    folder: &Path,
    plane: Plane,
    instance: &watch::Receiver<Option<String>>,
) -> LinkConfig {
    let port = listener.local_addr().unwrap().port();
    let keys = SigningKeys {
        access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
        secret_access_key: "secret".to_owned(),
        session_token: None,
    };
    LinkConfig {
        endpoint: Endpoint::parse(&format!("http://127.0.0.1:{port}")).unwrap(),
        dialer: Dialer::new(None).unwrap(),
        keys: keys.into(),
        region: "us-east-1".to_owned(),
        plane,
        state_file: folder.join("state.json"),
        keyring: None,
        instance: instance.clone(),
        underlay: None,
        clock: Arc::new(SystemClock),
    }
}

#[tokio::test]
async fn an_old_control_plane_is_not_told_and_a_new_one_until_it_keeps() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (_instance, instance) = watch::channel(Some("i-1".to_owned()));
    let config = config(&listener, folder.path(), Plane::LoadBalancer, &instance);
    let (link, _deliveries) = Subscription::start(config);
    link.measured(vec![minute(60), minute(120)]);
    let mut old = Server::accept(&listener, 3).await;
    for port in [1, 2] {
        link.closed(unbound(port));
        let heard = old.next().await;
        assert!(matches!(heard, Some(ToServer::Unbound { .. })), "{heard:?}");
    }
    drop(old);
    let mut first = Server::accept(&listener, wire::VERSION).await;
    let measured = |heard: Option<ToServer>| match heard {
        Some(ToServer::Measured { number, minute }) => Some((number, minute.start)),
        _ => None,
    };
    let unbound = first.next().await;
    assert!(matches!(unbound, Some(ToServer::Unbound { .. })));
    // Its answer is lost with the connection.
    assert_eq!(measured(first.next().await), Some((1, 60)));
    drop(first);
    let mut second = Server::accept(&listener, wire::VERSION).await;
    second.next().await;
    for report in [(1, 60), (2, 120)] {
        assert_eq!(measured(second.next().await), Some(report));
        second.say(&ToPlane::Kept { number: report.0 }).await;
    }
    timeout(PATIENCE, link.all_kept()).await.unwrap();
    assert_eq!(*link.state().borrow(), LinkState::Connected);
}

fn host(id: &str) -> Resource {
    Resource::Host(Host {
        id: id.to_owned(),
        underlay: None,
    })
}

fn commit(number: u64) -> Commit {
    Commit {
        nonce: number,
        position: Position {
            epoch: 1,
            revision: number,
            version: wire::VERSION,
        },
    }
}

async fn delivered(deliveries: &mut mpsc::Receiver<Delivery>) -> Delivery {
    let next = timeout(PATIENCE, deliveries.recv()).await;
    next.unwrap().expect("the subscription runs")
}

#[tokio::test]
async fn an_update_that_was_refused_is_part_of_what_the_next_start_begins_with() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (_instance, instance) = watch::channel(Some("i-1".to_owned()));
    let start = || {
        let config = config(&listener, folder.path(), Plane::Network, &instance);
        Subscription::start(config)
    };
    let (link, mut deliveries) = start();
    let mut server = Server::accept(&listener, wire::VERSION).await;
    let resources = vec![host("gone"), host("stays")];
    server.say(&ToPlane::Snapshot { resources }).await;
    let whole = commit(1);
    server
        .say(&ToPlane::SnapshotComplete { commit: whole })
        .await;
    delivered(&mut deliveries).await.applied();
    assert_eq!(server.next().await, Some(ToServer::Ack { nonce: 1 }));
    let changes = vec![Change::Delete(host("gone").key()), Change::Put(host("new"))];
    let commit = Some(commit(2));
    server.say(&ToPlane::Changes { changes, commit }).await;
    delivered(&mut deliveries).await.refused("not now");
    let reason = "not now".to_owned();
    assert_eq!(
        server.next().await,
        Some(ToServer::Nack { nonce: 2, reason })
    );
    let now = vec![host("new"), host("stays")];
    let expected = ("i-1".to_owned(), Known::new(now.clone(), None));
    let path = folder.path().join("state.json");
    let is_saved = || {
        let saved = disk::load(&path, Plane::Network, None);
        saved.is_ok_and(|it| it.as_ref() == Some(&expected))
    };
    let saved = timeout(PATIENCE, async {
        while !is_saved() {
            sleep(Duration::from_millis(10)).await;
        }
    });
    saved.await.expect("what was refused is saved");
    drop((link, deliveries, server));

    let (_link, mut deliveries) = start();
    let first = delivered(&mut deliveries).await;
    assert_eq!(first.update, Update::Snapshot(now));
    first.applied();
    let again = Server::accept(&listener, wire::VERSION).await;
    assert_eq!(again.resume, None, "everything is to be told anew");
}

#[test]
fn consoles_are_told_one_after_the_other() {
    let (reports, mut sent) = (Reports::default(), SentConsoles::default());
    let write = |id: &str, tail: &str| {
        let console = Console {
            id: id.to_owned(),
            tail: tail.to_owned(),
        };
        reports
            .consoles
            .lock()
            .insert(id.to_owned(), Arc::new(console));
    };
    let next = |sent: &mut SentConsoles| {
        let console = reports.unsent_console(sent)?;
        Some(format!("{}{}", console.id, console.tail))
    };
    for id in ["a", "b", "c"] {
        write(id, "1");
    }
    assert_eq!(next(&mut sent).as_deref(), Some("a1"));
    // One that writes all the time waits for its turn.
    write("a", "2");
    assert_eq!(next(&mut sent).as_deref(), Some("b1"));
    write("a", "3");
    assert_eq!(next(&mut sent).as_deref(), Some("c1"));
    assert_eq!(next(&mut sent).as_deref(), Some("a3"));
    assert_eq!(next(&mut sent), None);
    reports.consoles.lock().remove("b");
    assert_eq!(next(&mut sent), None);
    write("b", "1");
    assert_eq!(next(&mut sent).as_deref(), Some("b1"));
}
