//! The controller on an API server in memory and a load balancing that fails now and then.

use async_trait::async_trait;
use parking_lot::Mutex;
use serde_json::json;
use wharf_kube_client::{Delete, Selection, fake::Fake};
use wharf_wire::Fault;

use super::*;
use crate::plan::tests::World;

/// Outlives controllers, as load balancing outlives a server.
#[derive(Default)]
struct Sim {
    worlds: Mutex<BTreeMap<Key, World>>,
    /// One of so many calls fails; half of those are done all the same.
    fails_every: usize,
    calls: Mutex<usize>,
}

impl Sim {
    fn fails(&self) -> Option<CloudError> {
        let mut calls = self.calls.lock();
        *calls += 1;
        // Without a rhythm, or each try could end at the same call.
        let drawn = calls.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
        let is_due = self.fails_every > 0 && drawn.is_multiple_of(self.fails_every);
        is_due.then(|| CloudError::Fault {
            action: "do this",
            fault: Fault::sender("Throttling", 400, "not now"),
        })
    }

    fn left(&self) -> usize {
        let worlds = self.worlds.lock();
        worlds
            .values()
            .filter(|it| it.seen != plan::Seen::default())
            .count()
    }

    fn balancers(&self) -> usize {
        let worlds = self.worlds.lock();
        worlds.values().map(|it| it.seen.balancers.len()).sum()
    }
}

#[async_trait]
impl LoadBalancing for Sim {
    async fn all(&self) -> Result<BTreeMap<Key, Arns>, CloudError> {
        if let Some(error) = self.fails() {
            return Err(error);
        }
        let worlds = self.worlds.lock();
        let there = worlds
            .iter()
            .filter(|(_, it)| it.seen != plan::Seen::default());
        let arns = |it: &World| Arns {
            balancers: it.seen.balancers.keys().cloned().collect(),
            groups: it.seen.groups.keys().cloned().collect(),
            secrets: BTreeMap::new(),
        };
        Ok(there.map(|(key, it)| (key.clone(), arns(it))).collect())
    }

    async fn settle(&self, stack: &mut Stack) -> Result<(), CloudError> {
        stack.subnets = vec!["subnet-1".to_owned(), "subnet-2".to_owned()];
        Ok(())
    }

    async fn groups_of(
        &self,
        interfaces: &BTreeSet<String>,
        instances: &BTreeSet<String>,
    ) -> Result<BTreeSet<String>, CloudError> {
        let pods = interfaces.iter().map(|_| "sg-pods".to_owned());
        let nodes = instances.iter().map(|_| "sg-nodes".to_owned());
        Ok(pods.chain(nodes).collect())
    }

    /// Only what the controller knows of is seen: what it forgot would stay.
    async fn see(&self, key: &Key, arns: &mut Arns) -> Result<plan::Seen, CloudError> {
        if let Some(error) = self.fails() {
            return Err(error);
        }
        let mut seen = self
            .worlds
            .lock()
            .entry(key.clone())
            .or_default()
            .seen
            .clone();
        seen.balancers.retain(|arn, _| arns.balancers.contains(arn));
        seen.groups.retain(|arn, _| arns.groups.contains(arn));
        Ok(seen)
    }

    async fn act(
        &self,
        key: &Key,
        stack: Option<&Stack>,
        step: plan::Step,
        arns: &mut Arns,
    ) -> Result<(), CloudError> {
        let failed = self.fails();
        let is_done_all_the_same = self.calls.lock().is_multiple_of(2);
        if failed.is_none() || is_done_all_the_same {
            let mut worlds = self.worlds.lock();
            let world = worlds.entry(key.clone()).or_default();
            if let Err(why) = world.act(stack, step) {
                return Err(CloudError::Fault {
                    action: "do this",
                    fault: Fault::sender("DependencyViolation", 400, why),
                });
            }
            if failed.is_none() {
                arns.balancers = world.seen.balancers.keys().cloned().collect();
                arns.groups = world.seen.groups.keys().cloned().collect();
            }
        }
        failed.map_or(Ok(()), Err)
    }

    async fn dns_name(&self, arn: &str) -> Result<String, CloudError> {
        Ok(format!("{arn}.elb.localhost"))
    }
}

/// A controller, until it is dropped.
struct Running(CancellationToken);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

fn start(fake: &Fake, sim: &Arc<Sim>) -> Running {
    let stop = CancellationToken::new();
    let informers = Informers::new(fake.client(), indexes(), stop.clone());
    let controller = Controller::new(fake.client(), &informers, sim.clone(), "CLUSTER".to_owned());
    let ending = stop.clone();
    tokio::spawn(async move {
        controller.begin().await;
        controller.follow(ending).await;
    });
    Running(stop)
}

async fn until(what: &str, condition: impl AsyncFn() -> bool) {
    let looking = async {
        while !condition().await {
            sleep(Duration::from_millis(20)).await;
        }
    };
    let found = tokio::time::timeout(Duration::from_secs(3600), looking).await;
    found.unwrap_or_else(|_| panic!("{what} never happened"));
}

fn ingress_object() -> Value {
    json!({
        "metadata": {"namespace": "a", "name": "web"},
        "spec": {"ingressClassName": "alb", "rules": [
            {"http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "web", "port": {"number": 80}}}}]}},
        ]},
    })
}

async fn prepared(fake: &Fake) -> Client {
    let client = fake.client();
    let service = json!({"metadata": {"namespace": "a", "name": "web"},
        "spec": {"ports": [{"name": "http", "port": 80, "targetPort": 8080}]}});
    client.create(&kind::SERVICE, "a", &service).await.unwrap();
    client
        .create(&INGRESS, "a", &ingress_object())
        .await
        .unwrap();
    client
}

async fn hostname(client: &Client) -> String {
    let found = client.get(&INGRESS, "a", "web").await;
    found
        .map(|it| {
            it.text("/status/loadBalancer/ingress/0/hostname")
                .to_owned()
        })
        .unwrap_or_default()
}

async fn is_gone(client: &Client) -> bool {
    client
        .get(&INGRESS, "a", "web")
        .await
        .is_err_and(|it| it.is_not_found())
}

#[tokio::test(start_paused = true)]
async fn an_ingress_gets_its_load_balancer_and_leaves_nothing() {
    let (fake, sim) = (Fake::new(), Arc::new(Sim::default()));
    let client = prepared(&fake).await;
    let _running = start(&fake, &sim);
    until("a name", async || !hostname(&client).await.is_empty()).await;
    let shown = client.get(&INGRESS, "a", "web").await.unwrap();
    assert!(shown.has_finalizer("ingress.k8s.aws/resources"));
    client
        .delete(&INGRESS, "a", "web", &Delete::default())
        .await
        .unwrap();
    until("its end", async || is_gone(&client).await).await;
    assert_eq!(sim.left(), 0);
}

#[tokio::test(start_paused = true)]
async fn failing_calls_and_restarts_orphan_nothing() {
    for fails_every in 2..12 {
        let fake = Fake::new();
        let sim = Arc::new(Sim {
            fails_every,
            ..Sim::default()
        });
        let client = prepared(&fake).await;
        for pause in [10, 200, 900] {
            let _running = start(&fake, &sim);
            sleep(Duration::from_millis(pause)).await;
        }
        let running = start(&fake, &sim);
        until("a name", async || !hostname(&client).await.is_empty()).await;
        assert_eq!(sim.balancers(), 1, "where each {fails_every}. call fails");
        fake.cut();
        client
            .delete(&INGRESS, "a", "web", &Delete::default())
            .await
            .unwrap();
        drop(running);
        let _running = start(&fake, &sim);
        until("its end", async || is_gone(&client).await).await;
        assert_eq!(sim.left(), 0, "where each {fails_every}. call fails");
    }
}

#[tokio::test(start_paused = true)]
async fn another_class_takes_its_load_balancer_away() {
    let (fake, sim) = (Fake::new(), Arc::new(Sim::default()));
    let client = prepared(&fake).await;
    let _running = start(&fake, &sim);
    until("a name", async || !hostname(&client).await.is_empty()).await;
    let patch = Patch::Merge(json!({"spec": {"ingressClassName": "nginx"}}));
    client.patch(&INGRESS, "a", "web", &patch).await.unwrap();
    until("the end of its load balancer", async || {
        let shown = client.get(&INGRESS, "a", "web").await.unwrap();
        !shown.has_finalizer("ingress.k8s.aws/resources")
    })
    .await;
    assert_eq!((sim.left(), hostname(&client).await), (0, String::new()));
}

#[tokio::test(start_paused = true)]
async fn who_names_a_secret_alone_waits_while_secrets_are_shut() {
    let (fake, sim) = (Fake::new(), Arc::new(Sim::default()));
    let client = prepared(&fake).await;
    let mut with_secret = ingress_object();
    with_secret["metadata"] = json!({"namespace": "a", "name": "with-secret", "annotations": {
        "alb.ingress.kubernetes.io/auth-type": "oidc",
        "alb.ingress.kubernetes.io/auth-idp-oidc": r#"{"secretName": "s"}"#,
    }});
    client.create(&INGRESS, "a", &with_secret).await.unwrap();
    fake.shut(Some("secrets"));
    let _running = start(&fake, &sim);
    until("a name", async || !hostname(&client).await.is_empty()).await;
    sleep(Duration::from_secs(60)).await;
    let told = async || {
        let events = client.list(&kind::EVENT, &Selection::default()).await;
        let mut events = events.unwrap().items.into_iter();
        events.any(|it| it.text("/reason") == "FailedBuildModel")
    };
    assert!(!told().await);
    fake.shut(None);
    until("the word of a Secret that does not exist", told).await;
    assert_eq!(sim.balancers(), 1);
}
