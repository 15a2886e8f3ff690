//! What is counted of requests, connections and targets, as the control plane gets it.

use http::Request;
use http_body_util::Full;
use wharf_planeproto::{
    Resource,
    balancer::{Action, Condition, Protocol},
    measured::{BalancerRow, GroupRow, Row},
    report::TargetState,
};

use crate::setup::*;

/// The rows of a load balancer and of a group, if there is anything to tell of them.
fn taken(lb: &Running) -> (Option<BalancerRow>, Option<GroupRow>) {
    let (mut balancer, mut group) = (None, None);
    for row in lb.metrics.take() {
        match row {
            Row::Balancer(it) if it.arn == BALANCER => balancer = Some(it),
            Row::Group(it) if it.group == GROUP => group = Some(it),
            other => panic!("{other:?}"),
        }
    }
    (balancer, group)
}

fn path(path: &str) -> Vec<Condition> {
    vec![Condition::PathPattern {
        values: vec![path.to_owned()],
        regexes: vec![],
    }]
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_told_once_with_the_times_of_their_answers() {
    let lb = Running::start();
    let (one, ill) = (Server::start("a").await, Server::start("b").await);
    lb.serve(&[&one, &ill]).await;
    ill.health.store(500, std::sync::atomic::Ordering::SeqCst);
    lb.wait_for(ill.address, TargetState::Unhealthy).await;
    lb.put(vec![Resource::Rule(rule(
        1,
        path("/closed"),
        fixed(503, "no"),
    ))])
    .await;
    // What it took until here.
    taken(&lb);
    let client = lb.client();
    for _ in 0..20 {
        assert_eq!(client.get("/").await.0.status, 200);
    }
    assert_eq!(client.get("/closed").await.0.status, 503);
    until("the last connection's end", async || {
        let counts = &lb.metrics.balancers()[BALANCER];
        (counts.active_connection_count == 0).then_some(())
    })
    .await;
    let (balancer, group) = taken(&lb);
    let (balancer, group) = (balancer.unwrap(), group.unwrap());
    assert_eq!(group.balancer, BALANCER);
    assert_eq!((group.requests, group.hundreds), (20, [20, 0, 0, 0]));
    assert_eq!(
        (group.registered, group.healthy, group.unhealthy),
        (2, 1, 1)
    );
    let times = group.times.unwrap();
    assert_eq!(times.buckets.iter().map(|it| it.1).sum::<u32>(), 20);
    assert!(times.least_us <= times.most_us && times.sum_us <= 20 * times.most_us);
    assert_eq!(balancer.new_connections, 21);
    assert_eq!(
        (balancer.fixed_responses, balancer.hundreds),
        (1, [0, 0, 1])
    );
    assert_eq!(balancer.failures, [0, 0, 1, 0]);
    // 21 requests and answers, whose heads alone have so much.
    assert!(balancer.processed_bytes > 21 * 100, "{balancer:?}");

    let (balancer, group) = taken(&lb);
    assert_eq!(balancer, None);
    let targets_alone = GroupRow {
        balancer: BALANCER.to_owned(),
        group: GROUP.to_owned(),
        registered: 2,
        healthy: 1,
        unhealthy: 1,
        serves: Some(true),
        ..GroupRow::default()
    };
    assert_eq!(group, Some(targets_alone));
    lb.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_counted_by_what_became_of_them() {
    let lb = Running::start();
    let server = Server::start("a").await;
    let sticky = [
        ("stickiness.enabled", "true"),
        ("stickiness.type", "lb_cookie"),
    ];
    let sticky = sticky.map(|(key, value)| (key.to_owned(), value.to_owned()));
    lb.serve_with(&[&server], |it| it.attributes.extend(sticky))
        .await;
    let long = Action::Redirect {
        protocol: "HTTP".to_owned(),
        host: "#{host}".to_owned(),
        port: "80".to_owned(),
        path: "/#{path}/#{path}".to_owned(),
        query: "#{query}".to_owned(),
        status: 302,
    };
    lb.put(vec![
        Resource::Rule(rule(1, path("/closed"), fixed(503, "no"))),
        Resource::Rule(rule(2, path("/twice/*"), long)),
    ])
    .await;
    taken(&lb);
    let client = lb.client();
    let ask = async |path: &str, name: &str, value: &str| {
        let request = Request::get(path).header("host", DNS_NAME);
        let request = request.header(name, value).body(Full::default());
        client.send(request.unwrap()).await.0
    };
    // The first rule alone, both, and both.
    assert_eq!(client.get("/closed").await.0.status, 503);
    assert_eq!(client.get("/twice/a").await.0.status, 302);
    let long = format!("/twice/{}", "a".repeat(5000));
    assert_eq!(client.get(&long).await.0.status, 414);
    let first = ask("/", "x_odd", "1").await;
    let cookie = first.headers["set-cookie"].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    ask("/", "cookie", &cookie).await;
    ask("/", "cookie", "AWSALB=of-nobody").await;
    let (balancer, group) = taken(&lb);
    let (balancer, group) = (balancer.unwrap(), group.unwrap());
    assert_eq!(balancer.rule_evaluations, 1 + 2 + 2 + 3 * 2);
    assert_eq!((balancer.redirects, balancer.long_redirects), (1, 1));
    assert_eq!(balancer.non_sticky, 2);
    assert_eq!(
        (balancer.headers_forwarded, balancer.headers_dropped),
        (1, 0)
    );
    assert_eq!((balancer.ipv6_requests, balancer.ipv6_bytes), (0, 0));
    assert_eq!((group.requests, group.unhealthy_routing), (3, 0));

    // With nobody healthy all get requests; names that are not valid can be left out.
    let drop = "routing.http.drop_invalid_header_fields.enabled";
    let mut dropping = crate::setup::balancer();
    dropping
        .attributes
        .insert(drop.to_owned(), "true".to_owned());
    lb.put(vec![Resource::LoadBalancer(dropping)]).await;
    server
        .health
        .store(500, std::sync::atomic::Ordering::SeqCst);
    lb.wait_for(server.address, TargetState::Unhealthy).await;
    taken(&lb);
    ask("/", "x_odd", "1").await;
    let (balancer, group) = taken(&lb);
    let (balancer, group) = (balancer.unwrap(), group.unwrap());
    assert_eq!(
        (balancer.headers_forwarded, balancer.headers_dropped),
        (0, 1)
    );
    assert_eq!((group.requests, group.unhealthy_routing), (1, 1));
    assert_eq!(group.serves, Some(false));
    lb.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_without_tls_counts_as_such() {
    let lb = Running::start();
    // Its health check does not speak TLS either.
    let server = Server::start("a").await;
    lb.serve_with(&[&server], |it| it.protocol = Protocol::Https)
        .await;
    taken(&lb);
    assert_eq!(lb.client().get("/").await.0.status, 502);
    let (_, group) = taken(&lb);
    let group = group.unwrap();
    assert_eq!((group.tls_errors, group.connection_errors), (1, 0));
    lb.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_to_a_shared_port_counts_for_whom_it_asks() {
    let lb = Running::start();
    let mut other = balancer();
    other.arn = "arn:lb/other".to_owned();
    other.dns_name = "other-1.us-east-1.elb.localhost".to_owned();
    let mut others = listener(lb.port);
    others.arn = "arn:listener/other".to_owned();
    others.load_balancer = other.arn.clone();
    others.default_actions = vec![fixed(200, "other")];
    let mut mine = listener(lb.port);
    mine.default_actions = vec![fixed(200, "mine")];
    lb.snapshot(vec![
        Resource::LoadBalancer(balancer()),
        Resource::LoadBalancer(other),
        Resource::Listener(mine),
        Resource::Listener(others),
    ])
    .await;
    lb.listening().await;
    let mut session = lb.client().connect().await;
    for _ in 0..2 {
        assert_eq!(&session.get("/").await.unwrap().1[..], b"mine");
    }
    let counts = lb.metrics.balancers();
    let connections = |arn: &str| {
        let of = &counts[arn];
        (of.new_connection_count, of.active_connection_count)
    };
    assert_eq!(connections(BALANCER), (1, 1));
    assert_eq!(connections("arn:lb/other"), (0, 0));
    lb.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_is_taken_away_is_told_once_more() {
    let lb = Running::start();
    let server = Server::start("a").await;
    lb.serve(&[&server]).await;
    taken(&lb);
    lb.client().get("/").await;
    let mut listener = listener(lb.port);
    listener.default_actions = vec![fixed(200, "no group")];
    lb.put(vec![Resource::Listener(listener)]).await;
    lb.delete(wharf_planeproto::Kind::TargetGroup, GROUP).await;
    let (_, group) = taken(&lb);
    let group = group.unwrap();
    assert_eq!((group.requests, group.registered), (1, 0));
    lb.stop().await;
}
