//! What planes are told of the records.

use std::collections::BTreeSet;

use wharf_planeproto::{Key, Kind, Resource};

use crate::harness::{Harness, fixed, wait};

#[tokio::test]
async fn a_resource_has_the_key_of_its_record() {
    let harness = Harness::start().await;
    let (balancer, listener, group) = harness.serving().await;
    harness
        .rule(&listener, 1, "/a", fixed("404"))
        .await
        .unwrap();
    harness.register(&group, "172.31.0.9").await.unwrap();
    wait("it is provisioned", async || {
        let state = harness.describe(&balancer).await.unwrap().state.unwrap();
        state.code.as_deref() == Some("active")
    })
    .await;
    let told = harness.resources().await;
    let keys: BTreeSet<Key> = told.iter().map(Resource::key).collect();
    assert_eq!(keys, harness.keys().await.into_iter().collect());
    let kinds: BTreeSet<Kind> = keys.iter().map(|key| key.kind).collect();
    let expected = [
        Kind::LoadBalancer,
        Kind::Listener,
        Kind::Rule,
        Kind::TargetGroup,
        Kind::Target,
    ];
    assert_eq!(kinds, expected.into_iter().collect());
    for resource in told {
        match resource {
            Resource::LoadBalancer(it) => {
                assert_eq!(it.arn, balancer);
                assert!(
                    it.public_address
                        .unwrap()
                        .to_string()
                        .starts_with("127.64.")
                );
            }
            Resource::Listener(it) => {
                assert_eq!((it.load_balancer, it.port), (balancer.clone(), 80))
            }
            Resource::Rule(it) => assert_eq!((it.listener, it.priority), (listener.clone(), 1)),
            Resource::TargetGroup(it) => assert_eq!(it.health_check.matcher, "200"),
            Resource::Target(it) => {
                assert_eq!(it.target.to_string(), format!("{group} 172.31.0.9:80"))
            }
            other => panic!("{other:?}"),
        }
    }
}
