use std::sync::atomic::AtomicBool;

use async_trait::async_trait;
use wharf_base::TestClock;
use wharf_kube_client::fake::Fake;
use wharf_kube_model::fargate::{COMPUTE_TYPE, FARGATE, Selector};

use super::*;

/// Machines that become nodes when a test says so.
#[derive(Debug, Default)]
struct Made {
    machines: Mutex<Vec<Machine>>,
    wishes: Mutex<Vec<Wish>>,
    /// Subnets that have no room.
    full: Mutex<Vec<String>>,
    /// Machines die as soon as they are there.
    dying: AtomicBool,
    launched: Mutex<Vec<Instant>>,
    /// Those that cost, by id.
    serving: Mutex<BTreeSet<String>>,
    clock: TestClock,
}

#[async_trait]
impl Machines for Made {
    async fn all(&self) -> Result<Vec<Machine>, Failed> {
        Ok(self.machines.lock().clone())
    }

    async fn run(&self, wish: &Wish) -> Result<Machine, Failed> {
        if self.full.lock().contains(&wish.subnet) {
            return Err(Failed("no room".to_owned()));
        }
        let mut machines = self.machines.lock();
        self.launched.lock().push(Instant::now());
        let dies = self.dying.load(Ordering::Relaxed);
        let machine = Machine {
            id: format!("i-{}", machines.len()),
            uid: wish.uid.clone(),
            node: format!("fargate-ip-{}", machines.len()),
            stage: Stage::Lives,
            since: self.clock.now(),
            reason: None,
        };
        machines.push(Machine {
            stage: if dies { Stage::Gone } else { Stage::Lives },
            reason: dies.then(|| "no power".to_owned()),
            ..machine.clone()
        });
        self.wishes.lock().push(wish.clone());
        Ok(machine)
    }

    async fn serve(&self, id: &str) -> Result<(), Failed> {
        self.serving.lock().insert(id.to_owned());
        Ok(())
    }

    async fn end(&self, id: &str, why: Option<&str>) -> Result<(), Failed> {
        for machine in self.machines.lock().iter_mut() {
            if machine.id == id {
                machine.stage = Stage::Gone;
                machine.reason = why.map(str::to_owned);
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Profiles for Made {
    async fn active(&self) -> Result<Vec<Profile>, Failed> {
        Ok(vec![Profile {
            of: wharf_kube_model::fargate::Profile {
                name: "web".to_owned(),
                selectors: vec![Selector {
                    namespace: "n".to_owned(),
                    labels: [("may".to_owned(), "*".to_owned())].into(),
                }],
            },
            arn: "arn".to_owned(),
            role: "role".to_owned(),
            subnets: vec!["s-1".to_owned(), "s-2".to_owned()],
        }])
    }
}

struct Home {
    kubernetes: Fake,
    client: Client,
    made: Arc<Made>,
    stop: CancellationToken,
}

impl Drop for Home {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// The test's hands on the clock of what it made.
#[derive(Debug)]
struct Hands(Arc<Made>);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        self.0.clock.now()
    }
}

impl Home {
    fn new() -> Self {
        let kubernetes = Fake::new();
        let home = Self {
            client: kubernetes.client(),
            kubernetes,
            made: Arc::default(),
            stop: CancellationToken::new(),
        };
        home.start();
        home
    }

    fn start(&self) {
        let client = self.kubernetes.client();
        let informers = Informers::new(client.clone(), indexes(), self.stop.clone());
        let cluster = Cluster {
            name: "demo".to_owned(),
            endpoint: "https://127.0.0.1:9".to_owned(),
            authority: "PEM".to_owned(),
            service_cidr: "10.100.0.0/16".to_owned(),
        };
        let parts = (
            self.made.clone() as Arc<dyn Machines>,
            self.made.clone() as _,
            Arc::new(Hands(self.made.clone())) as _,
        );
        tokio::spawn(run(client, informers, cluster, parts, self.stop.clone()));
    }

    async fn pod(&self, name: &str, more: Value) {
        let labels = json!({PROFILE_LABEL: "web", "may": "run"});
        self.labelled(name, labels, more).await;
    }

    async fn labelled(&self, name: &str, labels: Value, more: Value) {
        let mut spec = json!({"schedulerName": SCHEDULER, "containers": [{"name": "a"}]});
        for (key, value) in more.as_object().into_iter().flatten() {
            spec[key] = value.clone();
        }
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": "n", "labels": labels}, "spec": spec,
        });
        self.client.create(&kind::POD, "n", &pod).await.unwrap();
    }

    async fn joins(&self, number: usize) {
        let node = json!({
            "apiVersion": "v1", "kind": "Node",
            "metadata": {"name": format!("fargate-ip-{number}"), "labels": {COMPUTE_TYPE: FARGATE}},
            "spec": {"providerID": format!("aws:///z/i-{number}")},
        });
        self.client.create(&kind::NODE, "", &node).await.unwrap();
    }

    async fn until(&self, what: &str, holds: impl AsyncFn(&Self) -> bool) {
        let deadline = std::time::Instant::now() + Duration::from_secs(30);
        while !holds(self).await {
            assert!(std::time::Instant::now() < deadline, "{what}");
            sleep(Duration::from_millis(10)).await;
        }
    }

    async fn node_of(&self, pod: &str) -> String {
        let pod = self.client.get(&kind::POD, "n", pod).await;
        pod.map(|it| it.text("/spec/nodeName").to_owned())
            .unwrap_or_default()
    }
}

#[tokio::test]
async fn a_pod_has_a_machine_a_node_and_both_until_it_is_gone() {
    let home = Home::new();
    home.pod("a", json!({})).await;
    home.until("a machine", async |it| it.made.wishes.lock().len() == 1)
        .await;
    let wish = home.made.wishes.lock()[0].clone();
    assert_eq!((wish.size.cpu, wish.size.memory_mib), (256, 512));
    assert!(home.made.serving.lock().is_empty());
    assert!(
        wish.user_data
            .contains("--register-with-taints=eks.amazonaws.com/compute-type=fargate:NoSchedule")
    );
    home.joins(0).await;
    home.until("a node", async |it| it.node_of("a").await == "fargate-ip-0")
        .await;
    assert!(home.made.serving.lock().iter().eq(["i-0"]));
    let options = Delete {
        grace_seconds: Some(0),
        ..Delete::default()
    };
    home.client
        .delete(&kind::POD, "n", "a", &options)
        .await
        .unwrap();
    home.until("the end of its node", async |it| {
        it.client
            .get(&kind::NODE, "", "fargate-ip-0")
            .await
            .is_err()
    })
    .await;
    assert_eq!(home.made.machines.lock()[0].stage, Stage::Gone);
    assert_eq!(home.made.wishes.lock().len(), 1);
}

#[tokio::test]
async fn a_machine_that_never_joins_is_replaced_and_its_pod_says_so() {
    let home = Home::new();
    home.pod("a", json!({})).await;
    home.until("a machine", async |it| it.made.wishes.lock().len() == 1)
        .await;
    home.made.clock.advance(Duration::from_secs(300));
    home.until("another machine", async |it| {
        it.made.wishes.lock().len() == 2
    })
    .await;
    assert_eq!(home.made.machines.lock()[0].stage, Stage::Gone);
    let pod = home.client.get(&kind::POD, "n", "a").await.unwrap();
    let condition = pod.condition("PodScheduled").unwrap();
    let words = "Pod provisioning timed out (will retry) for pod: n/a: its machine did not join the cluster";
    assert!(condition.text("/message").starts_with(words), "{condition}");
    home.joins(1).await;
    home.until("a node", async |it| it.node_of("a").await == "fargate-ip-1")
        .await;
    assert!(home.made.serving.lock().iter().eq(["i-1"]));
}

#[tokio::test(start_paused = true)]
async fn machines_that_die_at_once_are_launched_ever_more_rarely() {
    let home = Home::new();
    home.made.dying.store(true, Ordering::Relaxed);
    home.pod("a", json!({})).await;
    home.until("five launches", async |it| {
        it.made.launched.lock().len() == 5
    })
    .await;
    home.made.dying.store(false, Ordering::Relaxed);
    home.until("one that lives", async |it| {
        let all = it.made.machines.lock();
        all.iter().any(|it| it.stage == Stage::Lives)
    })
    .await;
    let launched = home.made.launched.lock().clone();
    for (between, least) in launched.windows(2).zip([1, 2, 4, 8, 16]) {
        let pause = between[1] - between[0];
        assert!(pause >= Duration::from_secs(least), "{least} s: {pause:?}");
    }
    // What lives becomes a node at once all the same.
    let joined = Instant::now();
    home.joins(5).await;
    home.until("a node", async |it| it.node_of("a").await == "fargate-ip-5")
        .await;
    assert!(joined.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_full_subnet_is_passed_over_and_what_cannot_run_waits() {
    let home = Home::new();
    home.made.full.lock().push("s-1".to_owned());
    home.pod("net", json!({"hostNetwork": true})).await;
    home.labelled("stranger", json!({PROFILE_LABEL: "web"}), json!({}))
        .await;
    home.pod("a", json!({})).await;
    home.until("a machine", async |it| it.made.wishes.lock().len() == 1)
        .await;
    assert_eq!(home.made.wishes.lock()[0].subnet, "s-2");
    let not_chosen = "Misconfigured Fargate Profile: fargate profile web is not active, or does not choose the pod";
    let not_here = "Pod not supported on Fargate: fields not supported: HostNetwork";
    for (pod, words) in [("net", not_here), ("stranger", not_chosen)] {
        home.until(words, async |it| {
            let pod = it.client.get(&kind::POD, "n", pod).await.unwrap();
            let condition = pod.condition("PodScheduled");
            condition.is_some_and(|it| it.text("/message") == words)
        })
        .await;
    }
    assert_eq!(home.made.wishes.lock().len(), 1);
}

#[tokio::test]
async fn a_pod_whose_machine_is_lost_is_deleted() {
    let home = Home::new();
    home.pod("a", json!({})).await;
    home.until("a machine", async |it| it.made.wishes.lock().len() == 1)
        .await;
    home.joins(0).await;
    home.until("a node", async |it| !it.node_of("a").await.is_empty())
        .await;
    home.made.machines.lock()[0].stage = Stage::Gone;
    home.until("the end of the pod and its node", async |it| {
        it.client.get(&kind::POD, "n", "a").await.is_err()
            && it
                .client
                .get(&kind::NODE, "", "fargate-ip-0")
                .await
                .is_err()
    })
    .await;
}

#[test]
fn every_subnet_has_its_turn() {
    let subnets: Vec<String> = ["a", "b", "c"].map(str::to_owned).to_vec();
    let of = |uid: &str| in_turn(&subnets, uid).cloned().collect::<String>();
    for uid in ["1", "2", "3", "4"] {
        let mut letters: Vec<char> = of(uid).chars().collect();
        letters.sort_unstable();
        assert_eq!(letters, ['a', 'b', 'c']);
    }
    assert_ne!(of("1"), of("2"));
    assert_eq!(in_turn(&[], "1").count(), 0);
}
