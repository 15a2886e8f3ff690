//! What one account may have looked at at once: it decides itself how long that takes.

use std::sync::{Arc, atomic::Ordering};

use tokio::sync::Semaphore;
use wharf_api_eks::{CreateClusterRequest, DescribeClusterRequest, Eks as _};
use wharf_testkit::{call, until};

use crate::Home;

const OF_ACCOUNT: usize = 4;

#[tokio::test]
async fn an_account_has_few_clusters_looked_at_at_once() {
    let home = Home::new().await;
    let held = Arc::new(Semaphore::new(0));
    *home.planes.held.lock() = Some(held.clone());
    let names: Vec<String> = (0..OF_ACCOUNT + 2).map(|it| format!("demo{it}")).collect();
    for name in &names {
        let input = CreateClusterRequest {
            name: Some(name.clone()),
            ..home.request("API")
        };
        home.eks.create_cluster(&call(), input).await.unwrap();
    }
    until("as many as may be are looked at", || async {
        home.planes.waiting.load(Ordering::Relaxed) == OF_ACCOUNT
    })
    .await;
    // They are looked at again as they change.
    held.add_permits(1000);
    for name in &names {
        until("a cluster is active", || async {
            let input = DescribeClusterRequest {
                name: Some(name.clone()),
            };
            let found = home.eks.describe_cluster(&call(), input).await.unwrap();
            found.cluster.unwrap().status.as_deref() == Some("ACTIVE")
        })
        .await;
    }
    assert_eq!(home.planes.most_waiting.load(Ordering::Relaxed), OF_ACCOUNT);
}
