use serde_json::{Value, json};
use wharf_kube_client::{Delete, Object, Patch, kind};

use crate::{cluster::Cluster, node};

fn template(image: &str) -> Value {
    json!({
        "metadata": {"labels": {"app": "x"}},
        "spec": {"containers": [{"name": "c", "image": image}]},
    })
}

fn deployment(replicas: i64, image: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"},
        "spec": {
            "replicas": replicas, "selector": {"matchLabels": {"app": "x"}}, "template": template(image),
        },
    })
}

fn run(pods: &[Value], image: &str) -> usize {
    let runs = |it: &&Value| {
        it.text("/spec/containers/0/image") == image && it.has_condition("Ready", "True")
    };
    pods.iter().filter(runs).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_behind_a_service_rolls_and_goes() {
    let cluster = Cluster::start().await;
    let _nodes = [
        node::join(&cluster, "n1").await,
        node::join(&cluster, "n2").await,
    ];
    let service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"},
        "spec": {"selector": {"app": "x"}, "ports": [{"port": 80}]},
    });
    cluster.create(&kind::SERVICE, service).await;
    cluster
        .create(&kind::DEPLOYMENT, deployment(4, "one"))
        .await;
    cluster
        .until(&kind::POD, |pods| run(pods, "one") == 4)
        .await;
    let is_done = |all: &[Value]| {
        let it = &all[0]["status"];
        all[0].has_condition("Available", "True")
            && it["availableReplicas"] == 4
            && it["updatedReplicas"] == 4
            && it["observedGeneration"] == all[0]["metadata"]["generation"]
            && it["replicas"] == 4
    };
    let deployments = cluster.until(&kind::DEPLOYMENT, is_done).await;
    assert!(deployments[0].has_condition("Progressing", "True"));
    cluster
        .until(&kind::ENDPOINT_SLICE, |all| {
            let mut of_service = all
                .iter()
                .filter(|it| it.text("/metadata/generateName") == "s-");
            of_service.any(|it| it.list("/endpoints").len() == 4)
        })
        .await;
    let pods = cluster.list(&kind::POD).await;
    let on = |node: &str| {
        pods.iter()
            .filter(|it| it.text("/spec/nodeName") == node)
            .count()
    };
    assert_eq!((on("n1"), on("n2")), (2, 2));

    let patch = Patch::Strategic(json!({"spec": {"template": template("two")}}));
    cluster
        .client
        .patch(&kind::DEPLOYMENT, "default", "d", &patch)
        .await
        .unwrap();
    cluster
        .until(&kind::POD, |pods| pods.len() == 4 && run(pods, "two") == 4)
        .await;
    let deployments = cluster.until(&kind::DEPLOYMENT, is_done).await;
    assert_eq!(
        deployments[0].annotation("deployment.kubernetes.io/revision"),
        Some("2")
    );
    cluster
        .client
        .delete(&kind::DEPLOYMENT, "default", "d", &Delete::default())
        .await
        .unwrap();
    cluster.until(&kind::REPLICA_SET, <[_]>::is_empty).await;
    cluster.until(&kind::POD, <[_]>::is_empty).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_namespace_with_a_deployment_goes() {
    let cluster = Cluster::start().await;
    let _node = node::join(&cluster, "n1").await;
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "gone"}});
    cluster
        .client
        .create(&kind::NAMESPACE, "", &namespace)
        .await
        .unwrap();
    cluster
        .until(&kind::SERVICE_ACCOUNT, |all| {
            all.iter().any(|it| it.namespace() == "gone")
        })
        .await;
    cluster
        .client
        .create(&kind::DEPLOYMENT, "gone", &deployment(3, "one"))
        .await
        .unwrap();
    cluster
        .until(&kind::POD, |pods| run(pods, "one") == 3)
        .await;
    cluster
        .client
        .delete(&kind::NAMESPACE, "", "gone", &Delete::default())
        .await
        .unwrap();
    cluster
        .until(&kind::NAMESPACE, |all| {
            all.iter().all(|it| it.name() != "gone")
        })
        .await;
    assert!(cluster.list(&kind::POD).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_counts_its_pods_and_takes_them_along() {
    let cluster = Cluster::start().await;
    let _node = node::join(&cluster, "n1").await;
    let mut template = json!({"spec": {"restartPolicy": "Never"}});
    template["spec"]["containers"] = json!([{"name": "c", "image": "true"}]);
    let job = |name: &str, template: &Value, spec: Value| {
        let mut job = json!({
            "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "spec": {"template": template},
        });
        for (member, value) in spec.as_object().unwrap() {
            job["spec"][member] = value.clone();
        }
        job
    };
    let counted = json!({"completions": 6, "parallelism": 3});
    cluster
        .create(&kind::JOB, job("plain", &template, counted))
        .await;
    let indexed =
        json!({"completions": 3, "completionMode": "Indexed", "ttlSecondsAfterFinished": 3600});
    cluster
        .create(&kind::JOB, job("indexed", &template, indexed))
        .await;
    let jobs = cluster
        .until(&kind::JOB, |all| {
            all.iter().all(|it| it.has_condition("Complete", "True"))
        })
        .await;
    let of = |name: &str| jobs.iter().find(|it| it.name() == name).unwrap();
    assert_eq!(of("plain")["status"]["succeeded"], 6);
    assert_eq!(of("indexed").text("/status/completedIndexes"), "0-2");
    template["spec"]["containers"][0]["image"] = "false".into();
    let failing = json!({"backoffLimit": 0});
    cluster
        .create(&kind::JOB, job("failing", &template, failing))
        .await;
    cluster
        .until(&kind::JOB, |all| {
            all.iter().any(|it| it.has_condition("Failed", "True"))
        })
        .await;
    for name in ["plain", "indexed", "failing"] {
        let options = Delete {
            propagation: Some(wharf_kube_client::Propagation::Background),
            ..Delete::default()
        };
        let client = &cluster.client;
        client
            .delete(&kind::JOB, "default", name, &options)
            .await
            .unwrap();
    }
    cluster.until(&kind::POD, <[_]>::is_empty).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stateful_set_has_its_names_and_a_daemon_set_its_nodes() {
    let cluster = Cluster::start().await;
    let _nodes = [
        node::join(&cluster, "n1").await,
        node::join(&cluster, "n2").await,
    ];
    let set = |kind: &str, name: &str, spec: Value| {
        let mut template = template("one");
        template["metadata"]["labels"] = json!({"app": name});
        let mut set = json!({
            "apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name},
            "spec": {"selector": {"matchLabels": {"app": name}}, "template": template},
        });
        for (member, value) in spec.as_object().unwrap() {
            set["spec"][member] = value.clone();
        }
        set
    };
    let spec = json!({"serviceName": "db", "replicas": 3});
    cluster
        .create(&kind::STATEFUL_SET, set("StatefulSet", "db", spec))
        .await;
    cluster
        .create(&kind::DAEMON_SET, set("DaemonSet", "agent", json!({})))
        .await;
    let budget = json!({
        "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "b"},
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "db"}}},
    });
    cluster.create(&kind::POD_DISRUPTION_BUDGET, budget).await;
    cluster
        .until(&kind::POD, |pods| run(pods, "one") == 5)
        .await;
    cluster
        .until(&kind::POD_DISRUPTION_BUDGET, |all| {
            all[0]["status"]["disruptionsAllowed"] == 1 && all[0]["status"]["expectedPods"] == 3
        })
        .await;
    for (kind, name) in [(&kind::STATEFUL_SET, "db"), (&kind::DAEMON_SET, "agent")] {
        let mut template = template("two");
        template["metadata"]["labels"] = json!({"app": name});
        let patch = Patch::Strategic(json!({"spec": {"template": template}}));
        let client = &cluster.client;
        client.patch(kind, "default", name, &patch).await.unwrap();
    }
    let pods = cluster
        .until(&kind::POD, |pods| pods.len() == 5 && run(pods, "two") == 5)
        .await;
    let mut names: Vec<&str> = pods.iter().map(|it| it.name()).collect();
    names.retain(|it| it.starts_with("db-"));
    names.sort_unstable();
    assert_eq!(names, ["db-0", "db-1", "db-2"]);
    let is_done = |all: &[Value]| {
        let it = &all[0]["status"];
        it["currentRevision"] == it["updateRevision"] && it["updatedReplicas"] == 3
    };
    cluster.until(&kind::STATEFUL_SET, is_done).await;
    cluster
        .until(&kind::DAEMON_SET, |all| {
            let it = &all[0]["status"];
            it["numberAvailable"] == 2
                && it["updatedNumberScheduled"] == 2
                && it["numberMisscheduled"] == 0
        })
        .await;
}
