//! Deployments and replica sets together, over a server in memory, with a node that takes its time, changes at random moments and
//! controllers that end and begin anew: all of it ends as wanted, and never are fewer up than allowed.

use std::time::Duration;

use rand::{Rng, SeedableRng, rngs::SmallRng};
use serde_json::json;
use wharf_kube_client::{Client, Patch, Selection, fake::Fake};

use super::*;
use crate::{
    deployment::rolling::{max_surge, max_unavailable},
    pods::{is_active, is_ready},
    replica_set::ReplicaSets,
    runtime::{drive, tests::Cluster},
};

fn start(fake: &Fake) -> Cluster {
    let cluster = Cluster::on(fake);
    let (context, stop) = (&cluster.context, &cluster.context.stop);
    tokio::spawn(drive(Deployments::new(context), stop.clone()));
    tokio::spawn(drive(ReplicaSets::new(context), stop.clone()));
    cluster
}

struct World {
    fake: Fake,
    client: Client,
    random: SmallRng,
}

impl World {
    async fn pods(&self) -> Vec<Value> {
        let list = self.client.list(&kind::POD, &Selection::default()).await;
        list.unwrap().items
    }

    async fn deployment(&self) -> Value {
        self.client.get(&kind::DEPLOYMENT, "a", "d").await.unwrap()
    }

    /// The node moves one pod on: it comes up, or ends.
    async fn step(&mut self) {
        let pods = self.pods().await;
        let waiting: Vec<&Value> = pods
            .iter()
            .filter(|it| it.is_deleting() || !is_ready(it))
            .collect();
        if waiting.is_empty() {
            return;
        }
        let pod = waiting[self.random.random_range(0..waiting.len())];
        if pod.is_deleting() {
            let now = Delete {
                grace_seconds: Some(0),
                ..Delete::default()
            };
            let _ = self.client.delete(&kind::POD, "a", pod.name(), &now).await;
            return;
        }
        let mut pod = pod.clone();
        pod["spec"]["nodeName"] = "n".into();
        if let Ok(mut pod) = self.client.update(&kind::POD, &pod).await {
            pod["status"] =
                json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]});
            let _ = self.client.update_status(&kind::POD, &pod).await;
        }
    }

    async fn change(&mut self, spec: Value) {
        let patch = Patch::Merge(json!({"spec": spec}));
        self.client
            .patch(&kind::DEPLOYMENT, "a", "d", &patch)
            .await
            .unwrap();
    }

    async fn is_done(&self) -> bool {
        let deployment = self.deployment().await;
        let pods = self.pods().await;
        let wanted = deployment.integer("/spec/replicas").unwrap();
        let image = deployment.text("/spec/template/spec/containers/0/image");
        let is_new = |it: &Value| it.text("/spec/containers/0/image") == image;
        pods.len() as i64 == wanted
            && pods.iter().all(|it| is_ready(it) && is_new(it))
            && status::is_complete(&deployment, &deployment["status"])
    }
}

async fn simulate(seed: u64) {
    let fake = Fake::new();
    let mut world = World {
        client: fake.client(),
        fake: fake.clone(),
        random: SmallRng::seed_from_u64(seed),
    };
    let (surge, unavailable) = [(1, 0), (2, 1), (0, 1), (3, 3)][world.random.random_range(0..4)];
    let deployment = json!({
        "metadata": {"name": "d"},
        "spec": {
            "replicas": 5, "revisionHistoryLimit": 2, "progressDeadlineSeconds": 600,
            "selector": {"matchLabels": {"app": "x"}},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {
                "maxSurge": surge, "maxUnavailable": unavailable,
            }},
            "template": {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": [{"image": "0"}]}},
        },
    });
    world
        .client
        .create(&kind::DEPLOYMENT, "a", &deployment)
        .await
        .unwrap();
    let mut controllers = start(&world.fake);
    let mut was_up = false;
    let mut changes = 0;
    for step in 0..4000 {
        let pause = world.random.random_range(0..300);
        tokio::time::sleep(Duration::from_millis(pause)).await;
        match world.random.random_range(0..60) {
            0 => {
                drop(controllers);
                controllers = start(&world.fake);
            }
            1 => world.fake.cut(),
            2 => {
                world.fake.cut();
                world.fake.compact();
            }
            3 if changes < 4 => {
                changes += 1;
                let image = changes.to_string();
                let template = json!({"template": {"spec": {"containers": [{"image": image}]}}});
                world.change(template).await;
            }
            _ => world.step().await,
        }
        let deployment = world.deployment().await;
        let pods = world.pods().await;
        let wanted = deployment.integer("/spec/replicas").unwrap();
        let up = pods
            .iter()
            .filter(|it| is_ready(it) && is_active(it))
            .count() as i64;
        let active = pods.iter().filter(|it| is_active(it)).count() as i64;
        was_up |= up >= wanted;
        if was_up {
            let least = wanted - max_unavailable(&deployment);
            assert!(up >= least, "seed {seed}, step {step}: {up} up of {least}");
        }
        let most = wanted + max_surge(&deployment);
        assert!(
            active <= most,
            "seed {seed}, step {step}: {active} of at most {most}"
        );
        if changes == 4 && world.is_done().await {
            let selection = Selection::default();
            let sets = world.client.list(&kind::REPLICA_SET, &selection).await;
            if sets.unwrap().items.len() <= 3 {
                return;
            }
        }
    }
    let deployment = world.deployment().await;
    panic!(
        "seed {seed} never ended: {deployment:#}\n{:#?}",
        world.pods().await
    );
}

#[tokio::test(start_paused = true)]
async fn whatever_happens_it_ends_as_wanted_and_enough_are_up() {
    for seed in 0..12 {
        simulate(seed).await;
    }
}
