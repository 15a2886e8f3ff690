use std::time::Duration;

use serde_json::{Value, json};
use wharf_kube_client::{Kind, Selection, fake::Fake};

use super::*;
use crate::attached::{ATTACHMENT, CSI_NODE};

struct Cluster {
    client: Client,
    stop: CancellationToken,
}

impl Cluster {
    fn start() -> Self {
        let cluster = Self::without_scheduler();
        cluster.begin();
        cluster
    }

    fn without_scheduler() -> Self {
        let client = Fake::new().client();
        let stop = CancellationToken::new();
        Self { client, stop }
    }

    /// What there is by then, the scheduler knows from the first.
    fn begin(&self) {
        let (client, stop) = (self.client.clone(), self.stop.clone());
        let informers = Informers::new(client.clone(), crate::indexes(), stop.clone());
        tokio::spawn(run(client, informers, stop));
    }

    async fn node(&self, name: &str, cpu: &str) {
        let node = json!({
            "metadata": {"name": name},
            "status": {"allocatable": {"cpu": cpu, "memory": "8Gi", "pods": "110"}},
        });
        self.client.create(&kind::NODE, "", &node).await.unwrap();
    }

    async fn pod(&self, name: &str, cpu: &str, priority: i64) {
        let pod = json!({
            "metadata": {"name": name},
            "spec": {"priority": priority, "containers": [{"resources": {"requests": {"cpu": cpu}}}]},
        });
        self.client.create(&kind::POD, "a", &pod).await.unwrap();
    }

    async fn make(&self, kind: &Kind, namespace: &str, object: Value) {
        let made = self.client.create(kind, namespace, &object);
        made.await.unwrap();
    }

    /// What a node says of a pod that it has ended.
    async fn end(&self, pod: &str) {
        let now = Delete {
            grace_seconds: Some(0),
            ..Delete::default()
        };
        let kind = kind::POD;
        let deleted = self.client.delete(&kind, "a", pod, &now);
        deleted.await.unwrap();
    }

    /// Waits until all objects of a kind are as they should be.
    async fn until(&self, kind: &Kind, wanted: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let looking = async {
            loop {
                let list = self.client.list(kind, &Selection::default()).await.unwrap();
                if wanted(&list.items) {
                    return list.items;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let found = tokio::time::timeout(Duration::from_secs(600), looking).await;
        found.expect("it gets there")
    }

    async fn until_on(&self, pod: &str, node: &str) {
        self.until(&kind::POD, |pods| {
            let mut pods = pods.iter().filter(|it| it.name() == pod);
            pods.any(|it| it.text("/spec/nodeName") == node)
        })
        .await;
    }

    async fn until_event(&self, reason: &str, message: &str) {
        self.until(&kind::EVENT, |events| {
            let mut events = events.iter();
            events.any(|it| it.text("/reason") == reason && it.text("/message") == message)
        })
        .await;
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

#[tokio::test(start_paused = true)]
async fn a_pod_gets_a_node_when_there_is_one() {
    let cluster = Cluster::start();
    cluster.pod("p", "1", 0).await;
    cluster
        .until_event("FailedScheduling", "no nodes available to schedule pods")
        .await;
    let pods = cluster
        .until(&kind::POD, |pods| {
            pods[0].has_condition("PodScheduled", "False")
        })
        .await;
    let condition = pods[0].condition("PodScheduled").unwrap();
    assert_eq!(condition.text("/reason"), "Unschedulable");
    cluster.node("n", "2").await;
    cluster.until_on("p", "n").await;
    cluster
        .until_event("Scheduled", "Successfully assigned a/p to n")
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_pod_that_leaves_makes_room() {
    let cluster = Cluster::start();
    cluster.node("n", "2").await;
    cluster.pod("one", "2", 0).await;
    cluster.until_on("one", "n").await;
    cluster.pod("two", "2", 0).await;
    cluster
        .until_event(
            "FailedScheduling",
            "0/1 nodes are available: 1 Insufficient cpu. \
             preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.",
        )
        .await;
    cluster.end("one").await;
    cluster.until_on("two", "n").await;
}

#[tokio::test(start_paused = true)]
async fn no_node_gets_more_than_it_has() {
    let cluster = Cluster::start();
    for number in 0..4 {
        cluster.node(&format!("n{number}"), "10").await;
    }
    for number in 0..60 {
        cluster.pod(&format!("p{number}"), "1", 0).await;
    }
    let on = |pods: &[Value], node: &str| {
        pods.iter()
            .filter(|it| it.text("/spec/nodeName") == node)
            .count()
    };
    let pods = cluster.until(&kind::POD, |pods| on(pods, "") == 20).await;
    for number in 0..4 {
        assert_eq!(on(&pods, &format!("n{number}")), 10);
    }
}

#[tokio::test(start_paused = true)]
async fn a_more_important_pod_takes_the_room_of_others() {
    let cluster = Cluster::start();
    cluster.node("n", "2").await;
    cluster.pod("low", "2", 0).await;
    cluster.until_on("low", "n").await;
    cluster.pod("high", "2", 1000).await;
    let pods = cluster
        .until(&kind::POD, |pods| pods.iter().any(Object::is_deleting))
        .await;
    let high = pods.iter().find(|it| it.name() == "high").unwrap();
    assert_eq!(high.text("/spec/nodeName"), "", "the other is still there");
    // Another that would fit does not get the room that is being cleared.
    cluster.pod("late", "1", 0).await;
    cluster.end("low").await;
    cluster.until_on("high", "n").await;
    let pods = cluster
        .client
        .list(&kind::POD, &Selection::default())
        .await
        .unwrap();
    let late = pods.items.iter().find(|it| it.name() == "late").unwrap();
    assert_eq!(late.text("/spec/nodeName"), "");
}

#[tokio::test(start_paused = true)]
async fn a_claim_of_one_pod_is_waited_for_or_taken_by_a_more_important_one() {
    let cluster = Cluster::start();
    for name in ["n1", "n2"] {
        cluster.node(name, "4").await;
    }
    let volume = json!({"metadata": {"name": "v"}, "spec": {"capacity": {"storage": "1Gi"}}});
    cluster.make(&kind::PERSISTENT_VOLUME, "", volume).await;
    let claim = json!({
        "metadata": {"name": "c"},
        "spec": {"accessModes": ["ReadWriteOncePod"], "volumeName": "v"},
        "status": {"phase": "Bound"},
    });
    let claims = &kind::PERSISTENT_VOLUME_CLAIM;
    cluster.make(claims, "a", claim).await;
    let pod = |name: &str, priority: i64| {
        json!({
            "metadata": {"name": name},
            "spec": {
                "priority": priority, "containers": [{}],
                "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "c"}}],
            },
        })
    };
    let on = |pods: &[Value], name: &str| {
        let pod = pods.iter().find(|it| it.name() == name);
        pod.map(|it| it.text("/spec/nodeName").to_owned())
    };
    let has_node =
        |name: &'static str| move |pods: &[Value]| on(pods, name).is_some_and(|it| !it.is_empty());
    cluster.make(&kind::POD, "a", pod("first", 0)).await;
    cluster.until(&kind::POD, has_node("first")).await;
    cluster.make(&kind::POD, "a", pod("second", 0)).await;
    cluster
        .until_event(
            "FailedScheduling",
            "0/2 nodes are available: 2 node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode. \
             preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.",
        )
        .await;
    cluster.end("first").await;
    cluster.until(&kind::POD, has_node("second")).await;
    // Who is more important has it at once.
    cluster.make(&kind::POD, "a", pod("urgent", 1000)).await;
    let pods = cluster
        .until(&kind::POD, |pods| pods.iter().any(Object::is_deleting))
        .await;
    let leaves: Vec<&str> = pods
        .iter()
        .filter(|it| it.is_deleting())
        .map(Object::name)
        .collect();
    assert_eq!(leaves, ["second"]);
    cluster.end("second").await;
    cluster.until(&kind::POD, has_node("urgent")).await;
}

/// One with a node that takes one volume and has the `attached` ones, and with two claims that have theirs.
async fn of_few_volumes(attached: &[&str]) -> Cluster {
    let cluster = Cluster::without_scheduler();
    cluster.node("n", "4").await;
    let csi_node = json!({"metadata": {"name": "n"}, "spec": {"drivers": [
        {"name": "ebs.csi.aws.com", "nodeID": "i-1", "allocatable": {"count": 1}},
    ]}});
    cluster.make(&CSI_NODE, "", csi_node).await;
    for name in ["first", "second"] {
        let volume = json!({"metadata": {"name": name}, "spec": {
            "csi": {"driver": "ebs.csi.aws.com", "volumeHandle": format!("vol-{name}")},
        }});
        cluster.make(&kind::PERSISTENT_VOLUME, "", volume).await;
        let claim = json!({
            "metadata": {"name": name}, "spec": {"volumeName": name}, "status": {"phase": "Bound"},
        });
        let claims = &kind::PERSISTENT_VOLUME_CLAIM;
        cluster.make(claims, "a", claim).await;
    }
    for volume in attached {
        let attachment = json!({"metadata": {"name": volume}, "spec": {
            "attacher": "ebs.csi.aws.com", "nodeName": "n", "source": {"persistentVolumeName": volume},
        }});
        cluster.make(&ATTACHMENT, "", attachment).await;
    }
    cluster.begin();
    cluster
}

fn with_claim(name: &str) -> Value {
    json!({
        "metadata": {"name": name},
        "spec": {
            "containers": [{}],
            "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": name}}],
        },
    })
}

#[tokio::test(start_paused = true)]
async fn a_node_that_takes_no_more_volumes_gets_a_pod_with_one_when_another_leaves() {
    let cluster = of_few_volumes(&[]).await;
    cluster.make(&kind::POD, "a", with_claim("first")).await;
    cluster.until_on("first", "n").await;
    cluster.make(&kind::POD, "a", with_claim("second")).await;
    cluster
        .until_event(
            "FailedScheduling",
            "0/1 nodes are available: 1 node(s) exceed max volume count. \
             preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.",
        )
        .await;
    cluster.end("first").await;
    cluster.until_on("second", "n").await;
}

#[tokio::test(start_paused = true)]
async fn a_volume_that_pods_left_behind_takes_room_until_it_is_detached() {
    let cluster = of_few_volumes(&["first"]).await;
    cluster.make(&kind::POD, "a", with_claim("second")).await;
    cluster
        .until(&kind::EVENT, |events| {
            let mut all = events.iter();
            all.any(|it| {
                it.text("/reason") == "FailedScheduling"
                    && it.text("/message").contains("exceed max volume count")
            })
        })
        .await;
    let (kind, now) = (ATTACHMENT, Delete::default());
    let detached = cluster.client.delete(&kind, "", "first", &now);
    detached.await.unwrap();
    cluster.until_on("second", "n").await;
}
