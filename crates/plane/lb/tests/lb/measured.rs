//! What is counted of requests, connections and targets, as the control plane gets it.

use wharf_planeproto::{
    Resource,
    balancer::Condition,
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
        ..GroupRow::default()
    };
    assert_eq!(group, Some(targets_alone));
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
