use async_trait::async_trait;
use wharf_kube_client::fake::Fake;
use wharf_kube_model::fargate::{COMPUTE_TYPE, FARGATE};

use super::*;

/// Machines that become nodes when a test says so.
#[derive(Default)]
struct Made {
    machines: Mutex<Vec<Machine>>,
    wishes: Mutex<Vec<Wish>>,
    /// Subnets that have no room.
    full: Mutex<Vec<String>>,
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
        let machine = Machine {
            id: format!("i-{}", machines.len()),
            uid: wish.uid.clone(),
            node: format!("fargate-ip-{}", machines.len()),
            stage: Stage::Lives,
            reason: None,
        };
        machines.push(machine.clone());
        self.wishes.lock().push(wish.clone());
        Ok(machine)
    }

    async fn end(&self, id: &str) -> Result<(), Failed> {
        for machine in self.machines.lock().iter_mut() {
            if machine.id == id {
                machine.stage = Stage::Gone;
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
                selectors: Vec::new(),
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
        let informers = Informers::new(client.clone(), Vec::new(), self.stop.clone());
        let cluster = Cluster {
            name: "demo".to_owned(),
            endpoint: "https://127.0.0.1:9".to_owned(),
            authority: "PEM".to_owned(),
            service_cidr: "10.100.0.0/16".to_owned(),
        };
        let parts = (
            self.made.clone() as Arc<dyn Machines>,
            self.made.clone() as _,
        );
        tokio::spawn(run(client, informers, cluster, parts, self.stop.clone()));
    }

    async fn pod(&self, name: &str, more: Value) {
        let mut spec = json!({"schedulerName": SCHEDULER, "containers": [{"name": "a"}]});
        for (key, value) in more.as_object().into_iter().flatten() {
            spec[key] = value.clone();
        }
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": "n", "labels": {PROFILE_LABEL: "web"}}, "spec": spec,
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
    assert!(
        wish.user_data
            .contains("--register-with-taints=eks.amazonaws.com/compute-type=fargate:NoSchedule")
    );
    home.joins(0).await;
    home.until("a node", async |it| it.node_of("a").await == "fargate-ip-0")
        .await;
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
async fn a_full_subnet_is_passed_over_and_what_cannot_run_waits() {
    let home = Home::new();
    home.made.full.lock().push("s-1".to_owned());
    home.pod("net", json!({"hostNetwork": true})).await;
    home.pod("a", json!({})).await;
    home.until("a machine", async |it| it.made.wishes.lock().len() == 1)
        .await;
    assert_eq!(home.made.wishes.lock()[0].subnet, "s-2");
    home.until("words", async |it| {
        let pod = it.client.get(&kind::POD, "n", "net").await.unwrap();
        let condition = pod.condition("PodScheduled");
        condition.is_some_and(|it| {
            it.text("/message") == "Pod not supported on Fargate: fields not supported: HostNetwork"
        })
    })
    .await;
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
