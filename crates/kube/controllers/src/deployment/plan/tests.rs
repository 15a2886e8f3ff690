use serde_json::json;

use super::*;
use crate::deployment::{condition, sets::hash};

const NOW: Timestamp = Timestamp(1_767_225_600_000);

fn deployment(image: &str) -> Value {
    json!({
        "metadata": {"name": "d", "namespace": "a", "uid": "d", "generation": 1, "annotations": {"note": "x"}},
        "spec": {
            "replicas": 4, "revisionHistoryLimit": 1, "progressDeadlineSeconds": 600,
            "selector": {"matchLabels": {"app": "x"}},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 1}},
            "template": {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": [{"image": image}]}},
        },
        "status": {},
    })
}

/// What a deployment's actions make of its sets; `done` sets all there is to available.
struct World {
    deployment: Value,
    sets: Vec<Arc<Value>>,
    made: usize,
}

impl World {
    fn of(deployment: Value) -> Self {
        Self {
            deployment,
            sets: Vec::new(),
            made: 0,
        }
    }

    fn plan(&self) -> Plan {
        plan(&self.deployment, &self.sets, &|_| false, NOW)
    }

    fn put(&mut self, set: Value) {
        self.sets.retain(|it| it.uid() != set.uid());
        self.sets.push(set.into());
    }

    /// Carries plans out until there is nothing to do.
    fn settle(&mut self) {
        for _ in 0..20 {
            let plan = self.plan();
            if plan.actions.is_empty() {
                self.deployment["status"] = plan.status;
                return;
            }
            for action in plan.actions {
                match action {
                    Action::Create(mut set) => {
                        self.made += 1;
                        set["metadata"]["uid"] = format!("s{}", self.made).into();
                        set["metadata"]["creationTimestamp"] =
                            format!("2026-01-01T00:00:{:02}Z", self.made).into();
                        self.put(set);
                    }
                    Action::Update(set) | Action::Scale { set, .. } => self.put(set),
                    Action::Delete(set) => self.sets.retain(|it| it.uid() != set.uid()),
                    Action::Annotate(deployment) => self.deployment = deployment,
                }
            }
        }
        panic!("it never settles: {:#?}", self.plan().actions);
    }

    /// All pods of all sets are ready.
    fn pods_come_up(&mut self) {
        for set in &mut self.sets {
            let mut up = Value::clone(set);
            let size = replicas(&up);
            up["status"] = json!({
                "replicas": size, "readyReplicas": size, "availableReplicas": size, "observedGeneration": 1,
            });
            *set = up.into();
        }
    }

    fn finish(&mut self) {
        for _ in 0..20 {
            self.settle();
            self.pods_come_up();
        }
        self.settle();
    }

    fn sizes(&self) -> Vec<i64> {
        let mut sets = self.sets.clone();
        sets.sort_by(|a, b| sets::by_age(a, b));
        sets.iter().map(|it| replicas(it)).collect()
    }

    fn progress(&self) -> (String, String) {
        let condition = condition::get(&self.deployment["status"], "Progressing");
        let condition = condition.cloned().unwrap_or_default();
        (
            condition.text("/status").to_owned(),
            condition.text("/reason").to_owned(),
        )
    }
}

#[test]
fn the_first_set() {
    let mut world = World::of(deployment("one"));
    world.settle();
    let set = &world.sets[0];
    let hash = hash(world.deployment.at("/spec/template"), 0);
    assert_eq!(set.name(), format!("d-{hash}"));
    assert_eq!(set.label("pod-template-hash"), Some(hash.as_str()));
    assert_eq!(
        set.text("/spec/selector/matchLabels/pod-template-hash"),
        hash
    );
    assert_eq!(set.text("/spec/template/metadata/labels/app"), "x");
    assert_eq!(set.annotation("note"), Some("x"));
    for (name, value) in [(REVISION, "1"), (DESIRED, "4"), (MAX, "5")] {
        assert_eq!(set.annotation(name), Some(value));
    }
    assert!(set.is_controlled_by("d"));
    assert_eq!(world.deployment.annotation(REVISION), Some("1"));
    assert_eq!(
        world.progress(),
        ("True".to_owned(), "NewReplicaSetCreated".to_owned())
    );
    world.finish();
    assert_eq!(
        world.progress(),
        ("True".to_owned(), "NewReplicaSetAvailable".to_owned())
    );
    assert!(world.deployment.has_condition("Available", "True"));
    assert_eq!(world.deployment["status"]["updatedReplicas"], 4);
}

#[test]
fn a_new_template_replaces_the_old_step_by_step() {
    let mut world = World::of(deployment("one"));
    world.finish();
    world.deployment["spec"]["template"]["spec"]["containers"][0]["image"] = "two".into();
    world.deployment["metadata"]["generation"] = 2.into();
    world.settle();
    assert_eq!(world.sizes(), [3, 2], "one less, and one more in all");
    assert_eq!(world.progress().1, "NewReplicaSetCreated");
    world.pods_come_up();
    world.settle();
    assert_eq!(world.sizes(), [1, 4]);
    world.finish();
    assert_eq!(world.sizes(), [0, 4]);
    assert_eq!(world.deployment.annotation(REVISION), Some("2"));
    // Back: the old set is the new one, at a revision of its own.
    world.deployment["spec"]["template"]["spec"]["containers"][0]["image"] = "one".into();
    world.finish();
    assert_eq!(world.sizes(), [4, 0]);
    let set = world.sets.iter().find(|it| it.uid() == "s1").unwrap();
    assert_eq!(set.annotation(REVISION), Some("3"));
    assert_eq!(set.annotation(sets::REVISION_HISTORY), Some("1"));
    // A third is one more than is kept.
    world.deployment["spec"]["template"]["spec"]["containers"][0]["image"] = "three".into();
    world.finish();
    assert_eq!(world.sizes(), [0, 4]);
    assert!(
        world.sets.iter().all(|it| it.uid() != "s2"),
        "the oldest revision went"
    );
}

#[test]
fn a_pause_holds_templates_but_not_sizes() {
    let mut world = World::of(deployment("one"));
    world.finish();
    world.deployment["spec"]["paused"] = true.into();
    world.deployment["spec"]["template"]["spec"]["containers"][0]["image"] = "two".into();
    world.deployment["spec"]["replicas"] = 6.into();
    world.finish();
    assert_eq!(world.sizes(), [6]);
    assert_eq!(
        world.progress(),
        ("Unknown".to_owned(), "DeploymentPaused".to_owned())
    );
    world.deployment["spec"]["paused"] = false.into();
    world.finish();
    assert_eq!(world.sizes(), [0, 6]);
    assert_eq!(world.progress().1, "NewReplicaSetAvailable");
}

#[test]
fn all_old_pods_are_gone_before_a_recreate() {
    let mut world = World::of(deployment("one"));
    world.deployment["spec"]["strategy"] = json!({"type": "Recreate"});
    world.finish();
    world.deployment["spec"]["template"]["spec"]["containers"][0]["image"] = "two".into();
    let down = world.plan();
    assert!(
        matches!(&down.actions[..], [Action::Scale { from: 4, to: 0, .. }]),
        "{down:?}"
    );
    let Action::Scale { set, .. } = down.actions.into_iter().next().unwrap() else {
        unreachable!();
    };
    world.put(set);
    let waiting = plan(&world.deployment, &world.sets, &|_| true, NOW);
    assert_eq!(waiting.actions, []);
    world.finish();
    assert_eq!(world.sizes(), [0, 4]);
}

#[test]
fn time_runs_out() {
    let mut world = World::of(deployment("one"));
    world.settle();
    let after = world.plan().look_after.unwrap();
    assert_eq!(after, Duration::from_secs(601));
    let late = plan(&world.deployment, &world.sets, &|_| false, NOW + after);
    let condition = condition::get(&late.status, "Progressing").unwrap();
    assert_eq!(condition.text("/reason"), "ProgressDeadlineExceeded");
    assert_eq!(late.look_after, None);
    world.deployment["status"] = late.status;
    world.finish();
    assert_eq!(
        world.progress(),
        ("True".to_owned(), "NewReplicaSetAvailable".to_owned())
    );
}

#[test]
fn one_on_its_way_out_only_tells() {
    let mut world = World::of(deployment("one"));
    world.deployment["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
    assert_eq!(world.plan().actions, []);
}

#[test]
fn the_hash_is_stable() {
    let one = json!({"a": 1, "b": [true, "x"]});
    let same = json!({"b": [true, "x"], "a": 1});
    assert_eq!(hash(&one, 0), hash(&same, 0));
    assert_ne!(hash(&one, 0), hash(&one, 1));
}
