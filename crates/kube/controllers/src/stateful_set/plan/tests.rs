use super::*;
use crate::history::data;

const NOW: Timestamp = Timestamp(1_767_225_600_000);

struct World {
    set: Value,
    pods: Vec<Value>,
    current: Value,
    update: Value,
    made: usize,
}

fn revision(set: &Value, name: &str) -> Value {
    json!({"metadata": {"name": name}, "data": data(set)})
}

impl World {
    fn of(policy: &str) -> Self {
        let set = json!({
            "metadata": {"name": "s", "namespace": "a", "uid": "s", "generation": 1},
            "spec": {
                "replicas": 3, "serviceName": "svc", "podManagementPolicy": policy,
                "selector": {"matchLabels": {"app": "x"}},
                "updateStrategy": {"type": "RollingUpdate"},
                "template": {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": [{"image": "1"}]}},
                "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {"x": 1}}],
            },
            "status": {},
        });
        let first = revision(&set, "s-1");
        Self {
            set,
            pods: Vec::new(),
            current: first.clone(),
            update: first,
            made: 0,
        }
    }

    fn plan(&self) -> Plan {
        let pods: Vec<Arc<Value>> = self.pods.iter().cloned().map(Arc::new).collect();
        let observed = Observed {
            set: &self.set,
            pods: &pods,
            current: &self.current,
            update: &self.update,
        };
        plan(&observed, NOW)
    }

    /// One round; says what was done.
    fn step(&mut self) -> Vec<String> {
        let plan = self.plan();
        if plan.status["currentRevision"] == self.update["metadata"]["name"] {
            self.current = self.update.clone();
        }
        self.set["status"] = plan.status;
        let mut done = Vec::new();
        for action in plan.actions {
            match action {
                Action::Create(mut pod) => {
                    done.push(format!("+{}", pod.name()));
                    assert!(self.pods.iter().all(|it| it.name() != pod.name()), "twice");
                    self.made += 1;
                    pod["metadata"]["uid"] = format!("p{}", self.made).into();
                    pod["status"] = json!({"phase": "Pending"});
                    self.pods.push(pod);
                }
                Action::Delete(pod) => {
                    done.push(format!("-{}", pod.name()));
                    for it in self.pods.iter_mut().filter(|it| it.uid() == pod.uid()) {
                        it["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
                    }
                }
            }
        }
        done
    }

    /// All that begins is up, all that ends is gone.
    fn nodes_work(&mut self) {
        self.pods.retain(|it| !it.is_deleting());
        for pod in &mut self.pods {
            pod["status"] =
                json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]});
        }
    }

    fn run(&mut self) -> Vec<String> {
        let mut done = Vec::new();
        for _ in 0..30 {
            done.extend(self.step());
            self.nodes_work();
        }
        done
    }
}

#[test]
fn in_order_up_and_down() {
    let mut world = World::of("OrderedReady");
    assert_eq!(world.step(), ["+s-0"]);
    assert!(world.step().is_empty(), "the next waits for the first");
    world.nodes_work();
    assert_eq!(world.run(), ["+s-1", "+s-2"]);
    assert_eq!(world.set["status"]["readyReplicas"], 3);
    world.set["spec"]["replicas"] = 1.into();
    assert_eq!(world.step(), ["-s-2"]);
    assert!(
        world.step().is_empty(),
        "the next waits until the last is gone"
    );
    world.nodes_work();
    assert_eq!(world.run(), ["-s-1"]);
}

#[test]
fn numbers_begin_where_the_set_says() {
    let mut world = World::of("OrderedReady");
    world.set["spec"]["ordinals"] = json!({"start": 5});
    assert_eq!(world.run(), ["+s-5", "+s-6", "+s-7"]);
    world.set["spec"]["ordinals"] = json!({"start": 6});
    assert_eq!(world.run(), ["+s-8", "-s-5"]);
    assert_eq!(world.set["status"]["replicas"], 3);
}

#[test]
fn pods_that_are_down_hold_up_the_end_of_those_after_them() {
    let mut world = World::of("OrderedReady");
    world.run();
    let ready = |world: &mut World, place: usize, is_ready: &str| {
        world.pods[place]["status"]["conditions"][0]["status"] = is_ready.into();
    };
    ready(&mut world, 1, "False");
    ready(&mut world, 2, "False");
    world.set["spec"]["replicas"] = 0.into();
    assert!(world.step().is_empty(), "two are down");
    ready(&mut world, 1, "True");
    assert_eq!(world.step(), ["-s-2"], "the only one that is down");
    world.pods.retain(|it| !it.is_deleting());
    ready(&mut world, 0, "False");
    assert_eq!(world.step(), ["-s-1"], "it is up itself");
}

#[test]
fn in_parallel_all_at_once() {
    let mut world = World::of("Parallel");
    assert_eq!(world.step(), ["+s-0", "+s-1", "+s-2"]);
    world.set["spec"]["replicas"] = 0.into();
    assert_eq!(
        world.step(),
        ["-s-0", "-s-1", "-s-2"]
            .iter()
            .rev()
            .copied()
            .collect::<Vec<_>>()
    );
}

#[test]
fn updates_go_from_the_last_to_the_first() {
    let mut world = World::of("OrderedReady");
    world.run();
    world.set["spec"]["template"]["spec"]["containers"][0]["image"] = "2".into();
    world.update = revision(&world.set, "s-2");
    assert_eq!(
        world.run(),
        ["-s-2", "+s-2", "-s-1", "+s-1", "-s-0", "+s-0"]
    );
    assert_eq!(world.set["status"]["currentRevision"], "s-2");
    assert_eq!(world.set["status"]["updatedReplicas"], 3);
}

#[test]
fn as_many_are_replaced_at_once_as_may_be_missing() {
    let rolling = |policy: &str, most: Value| {
        let mut world = World::of(policy);
        world.set["spec"]["replicas"] = 5.into();
        world.run();
        world.set["spec"]["updateStrategy"]["rollingUpdate"] = json!({"maxUnavailable": most});
        world.set["spec"]["template"]["spec"]["containers"][0]["image"] = "2".into();
        world.update = revision(&world.set, "s-2");
        world
    };
    for most in [json!(2), json!("30%")] {
        let mut world = rolling("Parallel", most);
        assert_eq!(world.step(), ["-s-4", "-s-3"]);
        assert!(world.step().is_empty(), "no more may be missing");
        world.nodes_work();
        assert_eq!(world.step(), ["+s-3", "+s-4"]);
        assert!(world.step().is_empty(), "the new ones are not up");
        world.nodes_work();
        assert_eq!(
            world.run(),
            ["-s-2", "-s-1", "+s-1", "+s-2", "-s-0", "+s-0"]
        );
        assert_eq!(world.set["status"]["currentRevision"], "s-2");
    }
    // In order the new ones still begin one after the other.
    let mut world = rolling("OrderedReady", json!(2));
    assert_eq!(world.step(), ["-s-4", "-s-3"]);
    world.nodes_work();
    assert_eq!(world.step(), ["+s-3"]);
    assert!(world.step().is_empty());
}

#[test]
fn pods_that_are_down_count_as_missing_and_go_for_nothing() {
    let mut world = World::of("Parallel");
    world.run();
    world.set["spec"]["template"]["spec"]["containers"][0]["image"] = "2".into();
    world.update = revision(&world.set, "s-2");
    world.pods[0]["status"]["conditions"][0]["status"] = "False".into();
    assert_eq!(world.step(), ["-s-0"], "the others stay up meanwhile");
    world.nodes_work();
    assert_eq!(world.run(), ["+s-0", "-s-2", "+s-2", "-s-1", "+s-1"]);
    // A template that never comes up takes no more than one away.
    world.set["spec"]["template"]["spec"]["containers"][0]["image"] = "3".into();
    world.update = revision(&world.set, "s-3");
    assert_eq!(world.step(), ["-s-2"]);
    world.pods.retain(|it| !it.is_deleting());
    assert_eq!(world.step(), ["+s-2"]);
    assert!(world.step().is_empty());
}

#[test]
fn below_the_partition_nothing_changes() {
    let mut world = World::of("OrderedReady");
    world.run();
    world.set["spec"]["updateStrategy"]["rollingUpdate"] = json!({"partition": 2});
    world.set["spec"]["template"]["spec"]["containers"][0]["image"] = "2".into();
    world.update = revision(&world.set, "s-2");
    assert_eq!(world.run(), ["-s-2", "+s-2"]);
    // One that is lost comes back as it was.
    world.pods.retain(|it| it.name() != "s-0");
    world.run();
    let first = world.pods.iter().find(|it| it.name() == "s-0").unwrap();
    assert_eq!(first.text("/spec/containers/0/image"), "1");
    assert_eq!(world.set["status"]["currentRevision"], "s-1");
}

#[test]
fn on_delete_waits_for_somebody_to_delete() {
    let mut world = World::of("OrderedReady");
    world.set["spec"]["updateStrategy"]["type"] = "OnDelete".into();
    world.run();
    world.update = revision(&world.set, "s-2");
    assert!(world.run().is_empty());
}

#[test]
fn a_pod_that_failed_is_replaced_when_it_is_gone() {
    let mut world = World::of("OrderedReady");
    world.run();
    world.pods[1]["status"]["phase"] = "Failed".into();
    assert_eq!(world.step(), ["-s-1"]);
    assert!(world.step().is_empty(), "never two of a name");
    world.pods.retain(|it| !it.is_deleting());
    assert_eq!(world.step(), ["+s-1"]);
}

#[test]
fn a_pod_has_its_name_and_volumes() {
    let world = World::of("OrderedReady");
    let pod = pod(&world.set, 1, &world.update);
    assert_eq!((pod.name(), pod.text("/spec/hostname")), ("s-1", "s-1"));
    assert_eq!(pod.text("/spec/subdomain"), "svc");
    assert_eq!(
        pod.text("/spec/volumes/0/persistentVolumeClaim/claimName"),
        "data-s-1"
    );
    assert_eq!(pod.label(POD_INDEX), Some("1"));
    assert!(pod.at("/metadata/generateName").is_null());
    let claim = &claims(&world.set, &pod)[0];
    assert_eq!((claim.name(), claim.label("app")), ("data-s-1", Some("x")));
}

#[test]
fn claims_are_owned_as_the_policy_says() {
    let mut world = World::of("OrderedReady");
    let (claim, last) = (json!({}), json!({"metadata": {"name": "s-2", "uid": "p"}}));
    let owner = |set: &Value| -> Vec<String> {
        let owners = claim_owners(set, &last, &claim);
        owners
            .iter()
            .map(|it| it.text("/kind").to_owned())
            .collect()
    };
    assert!(owner(&world.set).is_empty());
    world.set["spec"]["persistentVolumeClaimRetentionPolicy"] =
        json!({"whenDeleted": "Delete", "whenScaled": "Delete"});
    assert_eq!(owner(&world.set), ["StatefulSet"]);
    world.set["spec"]["replicas"] = 2.into();
    assert_eq!(owner(&world.set), ["Pod"]);
}

/// A set may want billions, which nobody lists.
#[test]
fn pods_are_made_some_at_a_time() {
    for (policy, at_once) in [("Parallel", BURST), ("OrderedReady", 1)] {
        let mut world = World::of(policy);
        world.set["spec"]["replicas"] = i32::MAX.into();
        assert_eq!(world.plan().actions.len(), at_once, "{policy}");
    }
}
