//! Flow logs of the interfaces of endpoints.

use wharf_records::{Record as _, decode};
use wharf_svc_ec2::flow_logs::FlowSource;

use super::*;

async fn noted(it: &Private, interface: &str) -> FlowSource {
    let scope = Scope::new("ec2", "000000000000", "us-east-1");
    let key = scope.key(FlowSource::KIND, interface);
    let found = it.world.store.get(&key).await.unwrap().unwrap();
    decode(&found.value).unwrap()
}

#[tokio::test]
async fn an_interface_is_recorded_from_when_it_comes_to_its_host() {
    let it = Private::new().await;
    let me = user();
    let subnet = it.subnet(&me, "us-east-1a").await;
    let log = CreateFlowLogsRequest {
        resource_type: text("VPC"),
        resource_ids: one(&subnet.vpc_id.unwrap()),
        traffic_type: text("ALL"),
        log_group_name: text("/flows"),
        deliver_logs_permission_arn: text("arn:aws:iam::000000000000:role/flows"),
        ..Default::default()
    };
    let made = it.world.ec2.create_flow_logs(&me, log).await.unwrap();
    assert_eq!(made.unsuccessful, Some(vec![]));
    let service = it.serve(false).await;
    let made = it.connect(&me, &service, &["us-east-1a"]).await.unwrap();
    let id = made.vpc_endpoint_id.unwrap();
    let interface = made.network_interface_ids.unwrap().remove(0);
    until("it is available", || async {
        it.state(&me, &id).await == "available"
    })
    .await;
    // No host has reported yet.
    assert_eq!(noted(&it, &interface).await.host, "i-1");
    it.balancers.is_on("one", &[("i-2", 'a')]);
    it.changes("host", "i-1").await;
    until("another host takes over", || async {
        it.hosts(&id).await == ["i-2"]
    })
    .await;
    let moved = noted(&it, &interface).await;
    assert_eq!(moved.host, "i-2");
    assert_eq!(moved.former.map(|it| it.0).as_deref(), Some("i-1"));
}
