//! What hosts measured, over the real gateway into the store of samples.

use tokio::time::timeout;
use wharf_api_elbv2::{CreateLoadBalancerInput, Elbv2};
use wharf_base::{Clock, SystemClock};
use wharf_link::LinkState;
use wharf_planeproto::{
    Plane as Kind,
    measured::{BalancerRow, MINUTE, Minute, Row},
};
use wharf_series::{Metric, Span};
use wharf_wire::Caller;

use wharf_svc_ce::{Balanced as _, Traffic};

use crate::balanced::Measured;

use super::live::{ACCOUNT, PATIENCE, Plain, REGION, Server, WITH_BALANCERS};

/// Connections that a load balancer had in a minute.
fn connections(server: &Server, balancer: &str, at: i64) -> Option<f64> {
    let (_, name) = balancer.split_once(":loadbalancer/").unwrap();
    let metric = Metric {
        account: ACCOUNT.to_owned(),
        region: REGION.to_owned(),
        namespace: "AWS/ApplicationELB".to_owned(),
        name: "NewConnectionCount".to_owned(),
        dimensions: vec![("LoadBalancer".to_owned(), name.to_owned())],
    };
    let (_, number) = server.series.units(&metric).into_iter().next()?;
    let span = Span {
        from: at,
        to: at + MINUTE,
        period: MINUTE,
        spread: false,
    };
    let read = server.series.read_blocking(&[number], span).unwrap();
    Some(read[0].first()?.1.sum)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_reports_of_its_own_load_balancers_and_each_report_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path(), 0).await;
    let (elb, token) = (server.plane.elbv2.clone(), server.stop.clone());
    server.tasks.spawn(async move { elb.run(token).await });
    let node = server.node("one", WITH_BALANCERS).await;
    let subscribe = |name: &str| {
        let folder = folder.path().join(name);
        let plane = Kind::LoadBalancer;
        Plain::subscribe(server.port, &node.keys, &node.instance, plane, &folder)
    };
    let mut first = subscribe("a");
    assert_eq!(first.outcome().await, "");
    let input = CreateLoadBalancerInput {
        name: Some("web".to_owned()),
        subnets: Some(server.subnets().await),
        ..Default::default()
    };
    let call = server.call(Caller::root(ACCOUNT));
    let made = server.plane.elbv2.create_load_balancer(&call, input).await;
    let made = made.unwrap().load_balancers.unwrap().remove(0);
    let own = made.load_balancer_arn.unwrap();
    first.until(|it| it.has(&own)).await;

    let foreign = own.replace("/web/", "/other/");
    let now = SystemClock.now().millis() / 1000;
    let start = now - now % MINUTE - MINUTE;
    let row = |arn: &String| {
        Row::Balancer(BalancerRow {
            arn: arn.clone(),
            new_connections: 3,
            active_connections: 7,
            processed_bytes: 100,
            ..BalancerRow::default()
        })
    };
    let minute = Minute {
        run: 7,
        start,
        part: 0,
        rows: vec![row(&foreign), row(&own)],
    };
    let tell = async |plane: &Plain, minute: &Minute| {
        plane.subscription.measured(vec![minute.clone()]);
        let mut state = plane.subscription.state();
        let connected = state.wait_for(|now| *now == LinkState::Connected);
        timeout(PATIENCE, connected).await.unwrap().unwrap();
        let kept = timeout(PATIENCE, plane.subscription.all_kept());
        kept.await.expect("the report is kept");
    };
    tell(&first, &minute).await;
    assert_eq!(connections(&server, &own, start), Some(3.0));
    assert_eq!(connections(&server, &foreign, start), None);
    // As if the answer had been lost.
    drop(first);
    let mut again = subscribe("b");
    again.until(|it| it.has(&own)).await;
    tell(&again, &minute).await;
    assert_eq!(connections(&server, &own, start), Some(3.0));
    tell(&again, &Minute { part: 1, ..minute }).await;
    assert_eq!(connections(&server, &own, start), Some(6.0));
    // Those who bill the load balancer read the same.
    let (_, name) = own.split_once(":loadbalancer/").unwrap();
    let hour = start - start % 3_600;
    let read = Measured(server.series.clone());
    let traffic = read.traffic((ACCOUNT, REGION), name, hour).await.unwrap();
    let (new, active, bytes) = (6, 14, 200);
    assert_eq!(traffic, Traffic { new, active, bytes });
    let before = read.traffic((ACCOUNT, REGION), name, hour - 3_600).await;
    assert_eq!(before.unwrap(), Traffic::default());

    // A plane that carries none has nothing to say of them.
    let folder = folder.path().join("c");
    let network = Kind::Network;
    let network = Plain::subscribe(server.port, &node.keys, &node.instance, network, &folder);
    let minute = Minute {
        run: 8,
        start,
        part: 0,
        rows: vec![row(&own)],
    };
    tell(&network, &minute).await;
    assert_eq!(connections(&server, &own, start), Some(6.0));
    server.end().await;
}
