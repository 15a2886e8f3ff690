use wharf_kube_client::{Ref, fake::Fake, kind};

use super::*;
use crate::runtime::tests::Cluster;

fn cluster() -> Cluster {
    Cluster::start(|context| tokio::spawn(run(context.clone(), context.stop.clone())))
}

async fn create(cluster: &Cluster, kind: &Kind, name: &str, owners: &[(&Kind, &Value)]) -> Value {
    let owners: Vec<Value> = owners
        .iter()
        .map(|(kind, owner)| Ref::of(kind, owner).as_controller())
        .collect();
    let object = json!({"metadata": {"name": name, "ownerReferences": owners}});
    cluster.client.create(kind, "a", &object).await.unwrap()
}

async fn delete(cluster: &Cluster, kind: &Kind, name: &str, how: Propagation) {
    let options = Delete {
        propagation: Some(how),
        ..Delete::default()
    };
    cluster
        .client
        .delete(kind, "a", name, &options)
        .await
        .unwrap();
}

async fn chain(cluster: &Cluster) {
    let deployment = create(cluster, &kind::DEPLOYMENT, "d", &[]).await;
    let set = create(
        cluster,
        &kind::REPLICA_SET,
        "s",
        &[(&kind::DEPLOYMENT, &deployment)],
    )
    .await;
    create(cluster, &kind::POD, "p", &[(&kind::REPLICA_SET, &set)]).await;
    create(cluster, &kind::POD, "q", &[(&kind::REPLICA_SET, &set)]).await;
    create(cluster, &kind::POD, "free", &[]).await;
}

#[tokio::test(start_paused = true)]
async fn in_the_background_all_below_goes() {
    let cluster = cluster();
    chain(&cluster).await;
    delete(&cluster, &kind::DEPLOYMENT, "d", Propagation::Background).await;
    let pods = cluster.until(&kind::POD, |all| all.len() == 1).await;
    assert_eq!(pods[0].name(), "free");
    cluster.until(&kind::REPLICA_SET, <[_]>::is_empty).await;
}

#[tokio::test(start_paused = true)]
async fn in_the_foreground_the_owner_goes_last() {
    let cluster = cluster();
    chain(&cluster).await;
    // One that runs holds all above it.
    let mut pod = cluster.client.get(&kind::POD, "a", "p").await.unwrap();
    pod["spec"]["nodeName"] = "n".into();
    cluster.client.update(&kind::POD, &pod).await.unwrap();
    delete(&cluster, &kind::DEPLOYMENT, "d", Propagation::Foreground).await;
    cluster
        .until(&kind::POD, |all| {
            all.iter().any(|it| it.name() == "p" && it.is_deleting())
        })
        .await;
    cluster.until(&kind::POD, |all| all.len() == 2).await;
    for kind in [&kind::DEPLOYMENT, &kind::REPLICA_SET] {
        let left = cluster.list(kind).await;
        assert!(
            left.len() == 1 && left[0].is_deleting(),
            "{kind} waits: {left:?}"
        );
    }
    let now = Delete {
        grace_seconds: Some(0),
        ..Delete::default()
    };
    cluster
        .client
        .delete(&kind::POD, "a", "p", &now)
        .await
        .unwrap();
    for kind in [&kind::REPLICA_SET, &kind::DEPLOYMENT] {
        cluster.until(kind, <[_]>::is_empty).await;
    }
}

#[tokio::test(start_paused = true)]
async fn orphans_lose_their_owner_and_stay() {
    let cluster = cluster();
    chain(&cluster).await;
    delete(&cluster, &kind::REPLICA_SET, "s", Propagation::Orphan).await;
    cluster.until(&kind::REPLICA_SET, <[_]>::is_empty).await;
    let pods = cluster.list(&kind::POD).await;
    assert_eq!(pods.len(), 3);
    assert!(pods.iter().all(|it| it.owners().is_empty()), "{pods:?}");
}

#[tokio::test(start_paused = true)]
async fn one_of_two_owners_is_enough() {
    let cluster = cluster();
    let (one, other) = (
        create(&cluster, &kind::REPLICA_SET, "one", &[]).await,
        create(&cluster, &kind::REPLICA_SET, "other", &[]).await,
    );
    let owners = [(&kind::REPLICA_SET, &one), (&kind::REPLICA_SET, &other)];
    create(&cluster, &kind::POD, "p", &owners).await;
    delete(&cluster, &kind::REPLICA_SET, "one", Propagation::Background).await;
    let pods = cluster
        .until(&kind::POD, |all| all[0].owners().len() == 1)
        .await;
    assert_eq!(pods[0].owners()[0].uid(), other.uid());
    delete(
        &cluster,
        &kind::REPLICA_SET,
        "other",
        Propagation::Background,
    )
    .await;
    cluster.until(&kind::POD, <[_]>::is_empty).await;
}

#[tokio::test(start_paused = true)]
async fn an_owner_that_never_was_is_none() {
    let cluster = cluster();
    let ghost = json!({"metadata": {"name": "ghost", "uid": "ghost"}});
    create(&cluster, &kind::POD, "p", &[(&kind::REPLICA_SET, &ghost)]).await;
    cluster.until(&kind::POD, <[_]>::is_empty).await;
}

#[tokio::test(start_paused = true)]
async fn an_owner_in_another_namespace_is_none() {
    let cluster = cluster();
    let owner = create(&cluster, &kind::REPLICA_SET, "s", &[]).await;
    let reference = Ref::of(&kind::REPLICA_SET, &owner).as_controller();
    let pod = json!({"metadata": {"name": "p", "ownerReferences": [reference]}});
    let client = &cluster.client;
    client.create(&kind::POD, "b", &pod).await.unwrap();
    let own = create(&cluster, &kind::POD, "q", &[(&kind::REPLICA_SET, &owner)]).await;
    let left = cluster.until(&kind::POD, |all| all.len() == 1).await;
    assert_eq!(left[0].uid(), own.uid());
}

/// What cannot be said to be gone takes nothing along.
#[tokio::test(start_paused = true)]
async fn owners_that_cannot_be_looked_for_are_not_taken_for_gone() {
    let cluster = cluster();
    let owner = create(&cluster, &kind::REPLICA_SET, "s", &[]).await;
    let mut reference = Ref::of(&kind::REPLICA_SET, &owner).as_controller();
    let of_none = json!({"metadata": {"name": "n", "ownerReferences": [reference.clone()]}});
    let of_none = cluster.client.create(&kind::NODE, "", &of_none).await;
    of_none.unwrap();
    reference["apiVersion"] = "apps/v1beta1".into();
    let of_before = json!({"metadata": {"name": "p", "ownerReferences": [reference]}});
    let of_before = cluster.client.create(&kind::POD, "a", &of_before).await;
    of_before.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    assert_eq!(cluster.list(&kind::POD).await.len(), 1);
    assert_eq!(cluster.list(&kind::NODE).await.len(), 1);
    delete(&cluster, &kind::REPLICA_SET, "s", Propagation::Background).await;
    cluster.until(&kind::POD, <[_]>::is_empty).await;
    assert_eq!(cluster.list(&kind::NODE).await.len(), 1);
}

/// A definition is told of before its kind is served, so the collector may have looked for kinds too early.
#[tokio::test(start_paused = true)]
async fn an_owner_of_a_kind_that_is_served_late_is_found_to_be_gone() {
    let fake = wharf_kube_client::fake::Fake::new();
    fake.hide(Some("apps"));
    let cluster = Cluster::on(&fake);
    let context = cluster.context.clone();
    tokio::spawn(run(context.clone(), context.stop.clone()));
    let ghost = json!({"metadata": {"name": "ghost", "uid": "ghost"}});
    create(&cluster, &kind::POD, "p", &[(&kind::REPLICA_SET, &ghost)]).await;
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    assert_eq!(cluster.list(&kind::POD).await.len(), 1);
    fake.hide(None);
    cluster.until(&kind::POD, <[_]>::is_empty).await;
}

/// Pods in a circle, each owned by the one before.
async fn circle(cluster: &Cluster) {
    let (of_pods, mut made) = (kind::POD, Vec::new());
    for name in ["p", "q", "r"] {
        let owners: Vec<_> = made.last().map(|it| (&of_pods, it)).into_iter().collect();
        let pod = create(cluster, &kind::POD, name, &owners).await;
        made.push(pod);
    }
    let mut first = made[0].clone();
    let last = Ref::of(&kind::POD, &made[2]).as_controller();
    first["metadata"]["ownerReferences"] = json!([last]);
    cluster.client.update(&kind::POD, &first).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_circle_goes_in_the_foreground_and_in_the_background() {
    for how in [Propagation::Foreground, Propagation::Background] {
        let cluster = cluster();
        circle(&cluster).await;
        delete(&cluster, &kind::POD, "p", how).await;
        cluster.until(&kind::POD, <[_]>::is_empty).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_circle_goes_that_was_deleted_all_at_once() {
    let cluster = cluster();
    circle(&cluster).await;
    for name in ["p", "q", "r"] {
        delete(&cluster, &kind::POD, name, Propagation::Foreground).await;
    }
    cluster.until(&kind::POD, <[_]>::is_empty).await;
}

#[tokio::test(start_paused = true)]
async fn secrets_that_are_shut_are_waited_for_only_where_they_are_to_stay() {
    let fake = Fake::new();
    let cluster = Cluster::on(&fake);
    chain(&cluster).await;
    let owner = create(&cluster, &kind::REPLICA_SET, "o", &[]).await;
    create(
        &cluster,
        &kind::SECRET,
        "s",
        &[(&kind::REPLICA_SET, &owner)],
    )
    .await;
    fake.shut(Some("secrets"));
    let context = &cluster.context;
    tokio::spawn(run(context.clone(), context.stop.clone()));
    delete(&cluster, &kind::DEPLOYMENT, "d", Propagation::Foreground).await;
    delete(&cluster, &kind::REPLICA_SET, "o", Propagation::Orphan).await;
    cluster.until(&kind::DEPLOYMENT, <[_]>::is_empty).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    let left = cluster.list(&kind::REPLICA_SET).await;
    assert!(left.len() == 1 && left[0].is_deleting(), "{left:?}");
    fake.shut(None);
    cluster.until(&kind::REPLICA_SET, <[_]>::is_empty).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    let secrets = cluster.list(&kind::SECRET).await;
    assert!(
        secrets.len() == 1 && secrets[0].owners().is_empty(),
        "{secrets:?}"
    );
}
