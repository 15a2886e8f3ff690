//! Which target gets a request.

use std::collections::BTreeMap;

use http::Request;
use http_body_util::Full;
use wharf_planeproto::{Resource, balancer::Action};

use crate::setup::*;

#[tokio::test(flavor = "multi_thread")]
async fn requests_go_round_all_targets_evenly() {
    let lb = Running::start();
    let servers = [
        Server::start("a").await,
        Server::start("b").await,
        Server::start("c").await,
    ];
    lb.serve(&servers.each_ref()).await;
    let client = lb.client();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..30 {
        let (head, body) = client.get("/").await;
        assert_eq!(head.status, 200);
        *seen
            .entry(String::from_utf8(body.to_vec()).unwrap())
            .or_default() += 1;
    }
    assert_eq!(
        seen.values().copied().collect::<Vec<_>>(),
        [10, 10, 10],
        "{seen:?}"
    );
    let counts = &lb.metrics.groups()[GROUP];
    assert_eq!((counts.request_count, counts.http_code_target[0]), (30, 30));
    assert_eq!(lb.metrics.balancers()[BALANCER].request_count, 30);
    lb.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_targets_the_answer_is_503() {
    let lb = Running::start();
    lb.serve(&[]).await;
    let (head, body) = lb.client().get("/").await;
    assert_eq!(head.status, 503);
    assert_eq!(head.headers["server"], "awselb/2.0");
    assert!(body.starts_with(b"<html>\r\n<head><title>503 Service Temporarily Unavailable"));
    assert_eq!(lb.metrics.balancers()[BALANCER].http_code_elb_5xx, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn weights_share_requests_between_groups() {
    let lb = Running::start();
    let (blue, green, none) = (
        Server::start("b").await,
        Server::start("g").await,
        Server::start("n").await,
    );
    let mut listener = listener(lb.port);
    listener.default_actions = vec![forward(&[
        ("arn:tg/b", 3),
        ("arn:tg/g", 1),
        ("arn:tg/n", 0),
    ])];
    let mut resources = vec![
        Resource::LoadBalancer(balancer()),
        Resource::Listener(listener),
    ];
    for (arn, server) in [
        ("arn:tg/b", &blue),
        ("arn:tg/g", &green),
        ("arn:tg/n", &none),
    ] {
        resources.push(Resource::TargetGroup(group(arn)));
        resources.push(Resource::Target(target(arn, server.address)));
    }
    lb.snapshot(resources).await;
    lb.listening().await;
    let mut session = lb.client().connect().await;
    for _ in 0..400 {
        assert_eq!(session.get("/").await.unwrap().0.status, 200);
    }
    assert!((240..360).contains(&blue.served()), "{}", blue.served());
    assert_eq!(blue.served() + green.served(), 400);
}

/// The cookies of an answer, as a client would send them back.
fn cookies(head: &http::response::Parts) -> String {
    let lines = head.headers.get_all("set-cookie").into_iter();
    let pairs = lines.map(|it| it.to_str().unwrap().split(';').next().unwrap());
    pairs.collect::<Vec<_>>().join("; ")
}

async fn get_with_cookies(client: Client, cookies: &str) -> (http::response::Parts, String) {
    let request = Request::get("/")
        .header("host", DNS_NAME)
        .header("cookie", cookies);
    let (head, body) = client.send(request.body(Full::default()).unwrap()).await;
    (head, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_keeps_a_client_with_its_target() {
    let lb = Running::start();
    let servers = [
        Server::start("a").await,
        Server::start("b").await,
        Server::start("c").await,
    ];
    let sticky = |group: &mut wharf_planeproto::balancer::TargetGroup| {
        group
            .attributes
            .insert("stickiness.enabled".to_owned(), "true".to_owned());
        group
            .attributes
            .insert("stickiness.type".to_owned(), "lb_cookie".to_owned());
    };
    lb.serve_with(&servers.each_ref(), sticky).await;
    let (head, first) = lb.client().get("/").await;
    let own = cookies(&head);
    assert!(
        own.contains("AWSALB=") && own.contains("AWSALBCORS="),
        "{own}"
    );
    for _ in 0..6 {
        let (_, body) = get_with_cookies(lb.client(), &own).await;
        assert_eq!(body.as_bytes(), first);
    }
    // Another process, as after a restart, understands it.
    let other = Running::start();
    other.serve_with(&servers.each_ref(), sticky).await;
    for _ in 0..3 {
        assert_eq!(
            get_with_cookies(other.client(), &own).await.1.as_bytes(),
            first
        );
    }
    let forged = get_with_cookies(other.client(), "AWSALB=AAAA").await;
    assert_eq!(forged.0.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_keeps_a_client_with_its_group() {
    let lb = Running::start();
    let (blue, green) = (Server::start("b").await, Server::start("g").await);
    let mut listener = listener(lb.port);
    let Action::Forward { groups, .. } = forward(&[("arn:tg/b", 1), ("arn:tg/g", 1)]) else {
        unreachable!()
    };
    listener.default_actions = vec![Action::Forward {
        groups,
        stickiness_seconds: Some(60),
    }];
    let mut resources = vec![
        Resource::LoadBalancer(balancer()),
        Resource::Listener(listener),
    ];
    for (arn, server) in [("arn:tg/b", &blue), ("arn:tg/g", &green)] {
        resources.push(Resource::TargetGroup(group(arn)));
        resources.push(Resource::Target(target(arn, server.address)));
    }
    lb.snapshot(resources).await;
    lb.listening().await;
    let (head, first) = lb.client().get("/").await;
    let own = cookies(&head);
    assert!(own.contains("AWSALBTG="), "{own}");
    for _ in 0..12 {
        assert_eq!(
            get_with_cookies(lb.client(), &own).await.1.as_bytes(),
            first
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_least_busy_target_gets_the_next_request() {
    use std::sync::Arc;
    let lb = Running::start();
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let held = Arc::clone(&gate);
    let slow = Server::answering(move |_| {
        let held = Arc::clone(&held);
        async move {
            drop(held.acquire().await);
            http::Response::new(Full::from("slow"))
        }
    })
    .await;
    let fast = Server::start("fast").await;
    lb.serve_with(&[&slow, &fast], |group| {
        let (key, value) = (
            "load_balancing.algorithm.type",
            "least_outstanding_requests",
        );
        group.attributes.insert(key.to_owned(), value.to_owned());
    })
    .await;
    let client = lb.client();
    let mut waiting = Vec::new();
    while slow.served() == 0 {
        waiting.push(tokio::spawn(async move { client.get("/").await.0.status }));
        until("a target to have it", async || {
            (slow.served() + fast.served() == waiting.len()).then_some(())
        })
        .await;
    }
    for _ in 0..10 {
        assert_eq!(client.get("/").await.1, "fast");
    }
    gate.add_permits(1000);
    for one in waiting {
        assert_eq!(one.await.unwrap(), 200);
    }
}
