//! What excludes each other, and what takes room.

use wharf_records::{Record, decode, encode};
use wharf_svc_ec2::{
    endpoint_services::{self, Connection},
    endpoints,
};

use super::*;

#[tokio::test]
async fn a_service_and_the_end_of_its_load_balancer_exclude_each_other() {
    let it = Private::new().await;
    let (me, ec2) = (user(), &it.world.ec2);
    let permit = Permit::for_controller("test");
    let arn = balancer("one");
    let key = Scope::new("elbv2", "000000000000", "us-east-1").key("load-balancer", "late");
    let (used, unchanged) = endpoint_services::have(ec2, &arn).await.unwrap();
    assert!(!used);
    let service = it.serve(true).await;
    // Whoever looked before does not delete it.
    let late = Txn::new().when(unchanged.unwrap()).put(&key, "x");
    assert!(!it.world.store.txn(&permit, late).await.unwrap().succeeded);
    let (used, unchanged) = endpoint_services::have(ec2, &arn).await.unwrap();
    assert!(used);
    it.balancers.is_on("two", &[]);
    let add = ModifyVpcEndpointServiceConfigurationRequest {
        service_id: text(&service),
        add_network_load_balancer_arns: one(&balancer("two")),
        ..Default::default()
    };
    let added = ec2.modify_vpc_endpoint_service_configuration(&me, add);
    added.await.unwrap();
    let late = Txn::new().when(unchanged.unwrap()).put(&key, "x");
    assert!(!it.world.store.txn(&permit, late).await.unwrap().succeeded);

    // One that goes while a service is given it is not given.
    it.balancers.is_on("three", &[]);
    it.balancers.goes("three");
    let create = CreateVpcEndpointServiceConfigurationRequest {
        network_load_balancer_arns: one(&balancer("three")),
        ..Default::default()
    };
    let made = ec2.create_vpc_endpoint_service_configuration(&me, create);
    assert!(refusal(made.await).contains("does not exist in this account and region"));
    it.balancers.is_on("three", &[]);
    it.balancers.goes("three");
    let add = ModifyVpcEndpointServiceConfigurationRequest {
        service_id: text(&service),
        add_network_load_balancer_arns: one(&balancer("three")),
        ..Default::default()
    };
    let added = ec2.modify_vpc_endpoint_service_configuration(&me, add);
    assert!(refusal(added.await).contains("does not exist in this account and region"));
}

/// As many endpoints of a stranger's, as that one is.
async fn copy(it: &Private, (service, endpoint): (&str, &str), count: usize) {
    let scope = |account: &str| Scope::new("ec2", account, "us-east-1");
    let connection = |endpoint: &str| {
        let id = format!("{service}:{endpoint}");
        scope("000000000000").key(Connection::KIND, &id)
    };
    let store = &it.world.store;
    let at = scope(CONSUMER).key(endpoints::VpcEndpoint::KIND, endpoint);
    let one = store.get(&at).await.unwrap().unwrap();
    let one: endpoints::VpcEndpoint = decode(&one.value).unwrap();
    let known = store.get(&connection(endpoint)).await.unwrap().unwrap();
    let known: Connection = decode(&known.value).unwrap();
    let permit = Permit::for_controller("test");
    let numbers: Vec<usize> = (0..count).collect();
    for numbers in numbers.chunks(50) {
        let mut txn = Txn::new();
        for number in numbers {
            let id = format!("vpce-{number}");
            let copied = endpoints::VpcEndpoint {
                id: id.clone(),
                ..one.clone()
            };
            let at = scope(STRANGER).key(endpoints::VpcEndpoint::KIND, &id);
            txn = txn.put(at, encode(&copied));
            let copied = Connection {
                endpoint: id.clone(),
                account: STRANGER.to_owned(),
                ..known.clone()
            };
            txn = txn.put(connection(&id), encode(&copied));
        }
        assert!(store.txn(&permit, txn).await.unwrap().succeeded);
    }
}

#[tokio::test]
async fn rejected_endpoints_take_no_room_of_a_service() {
    let it = Private::new().await;
    let (me, consumer) = (user(), of_account(CONSUMER));
    let made = it.serve(true).await;
    let service = made.as_str();
    it.admit(service, "*").await;
    let first = it.connect(&consumer, service, &["us-east-1a"]).await;
    let first = first.unwrap().vpc_endpoint_id.unwrap();
    copy(&it, (service, first.as_str()), 999).await;
    let full = "VpcEndpointLimitExceeded: At most 1000 endpoints can lead to one endpoint service.";
    let more = it.connect(&consumer, service, &["us-east-1a"]).await;
    assert_eq!(refusal(more), full);
    assert!(it.reject((service, "vpce-7")).await.is_empty());
    let more = it.connect(&consumer, service, &["us-east-1a"]).await;
    more.unwrap();
    // Nor is one accepted after all where there is no room.
    let refused = it.accept(&me, (service, "vpce-7")).await.unwrap();
    assert_eq!(refused, ["VpcEndpointLimitExceeded"]);
    assert!(it.reject((service, "vpce-8")).await.is_empty());
    let accepted = it.accept(&me, (service, "vpce-7")).await.unwrap();
    assert!(accepted.is_empty());
}
