use super::*;

const NOW: Timestamp = Timestamp(1_767_225_600_000);

fn job(spec: Value) -> Value {
    let mut job = json!({
        "metadata": {"name": "j", "namespace": "a", "uid": "j"},
        "spec": {"template": {"metadata": {}, "spec": {"containers": [{"name": "c"}]}}},
        "status": {},
    });
    for (name, value) in spec.as_object().unwrap() {
        job["spec"][name] = value.clone();
    }
    job
}

/// A job's pods, and what its plans make of them.
struct World {
    job: Value,
    pods: Vec<Value>,
    made: usize,
}

impl World {
    fn of(spec: Value) -> Self {
        Self {
            job: job(spec),
            pods: Vec::new(),
            made: 0,
        }
    }

    fn plan(&self, now: Timestamp) -> Plan {
        let pods: Vec<Arc<Value>> = self.pods.iter().cloned().map(Arc::new).collect();
        plan(&self.job, &pods, now)
    }

    /// Carries plans out, in the order in which the executor does.
    fn settle(&mut self, now: Timestamp) {
        for _ in 0..50 {
            let plan = self.plan(now);
            let is_counting = plan.status["uncountedTerminatedPods"]
                != self.job["status"]["uncountedTerminatedPods"];
            if plan.status != self.job["status"] && (is_counting || plan.is_settled()) {
                self.job["status"] = plan.status;
                continue;
            }
            if plan.is_settled() {
                return;
            }
            for pod in plan.release {
                for it in self.pods.iter_mut().filter(|it| it.uid() == pod.uid()) {
                    it["metadata"]["finalizers"] = json!([]);
                }
            }
            for pod in plan.delete {
                self.pods.retain(|it| it.uid() != pod.uid());
            }
            for mut pod in plan.create {
                self.made += 1;
                pod["metadata"]["uid"] = format!("p{}", self.made).into();
                pod["metadata"]["creationTimestamp"] = now.iso8601_seconds().into();
                pod["status"] = json!({"phase": "Running"});
                self.pods.push(pod);
            }
        }
        panic!("it never settles");
    }

    fn end(&mut self, count: usize, phase: &str) {
        let running = self
            .pods
            .iter_mut()
            .filter(|it| it["status"]["phase"] == "Running");
        for pod in running.take(count) {
            pod["status"]["phase"] = phase.into();
        }
    }

    fn active(&self) -> usize {
        self.pods.iter().filter(|it| is_active(it)).count()
    }

    fn status(&self, name: &str) -> i64 {
        count(&self.job, name)
    }
}

#[test]
fn as_often_as_wanted_and_as_many_at_once() {
    let mut world = World::of(json!({"completions": 5, "parallelism": 2}));
    for round in 0..5 {
        world.settle(NOW);
        assert!(world.active() <= 2, "{round}");
        world.end(1, "Succeeded");
    }
    world.settle(NOW);
    assert_eq!((world.active(), world.made), (0, 5));
    assert_eq!(world.status("succeeded"), 5);
    assert!(world.job.has_condition("Complete", "True"), "{}", world.job);
    assert!(
        world
            .pods
            .iter()
            .all(|it| it.list("/metadata/finalizers").is_empty())
    );
    assert!(!world.job.text("/status/completionTime").is_empty());
}

#[test]
fn a_pod_that_ended_counts_once_though_it_is_gone() {
    let mut world = World::of(json!({"completions": 2, "parallelism": 1}));
    world.settle(NOW);
    world.end(1, "Succeeded");
    world.settle(NOW);
    world.pods.retain(is_active);
    world.settle(NOW);
    assert_eq!(world.status("succeeded"), 1);
    world.end(1, "Succeeded");
    world.settle(NOW);
    assert_eq!(world.made, 2);
}

#[test]
fn failures_wait_longer_each_time_and_have_an_end() {
    let mut world = World::of(json!({"completions": 1, "parallelism": 1, "backoffLimit": 1}));
    world.settle(NOW);
    world.end(1, "Failed");
    world.settle(NOW);
    assert_eq!(world.active(), 0);
    assert_eq!(world.plan(NOW).look_after, Some(FIRST_WAIT));
    let later = NOW + FIRST_WAIT;
    world.settle(later);
    assert_eq!(world.active(), 1);
    world.end(1, "Failed");
    world.settle(later);
    let failed = world.job.condition("Failed").unwrap();
    assert_eq!(failed.text("/reason"), "BackoffLimitExceeded");
    assert_eq!((world.status("failed"), world.made), (2, 2));
}

#[test]
fn a_deadline_ends_what_runs() {
    let mut world =
        World::of(json!({"completions": 1, "parallelism": 1, "activeDeadlineSeconds": 30}));
    world.settle(NOW);
    assert_eq!(world.plan(NOW).look_after, Some(Duration::from_secs(30)));
    let late = NOW + Duration::from_secs(30);
    world.settle(late);
    assert_eq!(world.active(), 0);
    assert_eq!(
        world.job.condition("Failed").unwrap().text("/reason"),
        "DeadlineExceeded"
    );
}

#[test]
fn suspended_jobs_have_no_pods() {
    let mut world = World::of(json!({"completions": 3, "parallelism": 2}));
    world.settle(NOW);
    world.job["spec"]["suspend"] = true.into();
    world.settle(NOW);
    assert_eq!(world.active(), 0);
    assert!(world.job.has_condition("Suspended", "True"));
    assert!(world.job.at("/status/startTime").is_null());
    world.job["spec"]["suspend"] = false.into();
    world.settle(NOW);
    assert_eq!(world.active(), 2);
    assert!(world.job.has_condition("Suspended", "False"));
}

#[test]
fn each_index_succeeds_once() {
    let mut world =
        World::of(json!({"completions": 4, "parallelism": 3, "completionMode": "Indexed"}));
    world.settle(NOW);
    let names: Vec<&str> = world
        .pods
        .iter()
        .map(|it| it.text("/metadata/generateName"))
        .collect();
    assert_eq!(names, ["j-0-", "j-1-", "j-2-"]);
    assert_eq!(world.pods[1].text("/spec/hostname"), "j-1");
    assert_eq!(
        world.pods[1].text("/spec/containers/0/env/0/name"),
        "JOB_COMPLETION_INDEX"
    );
    world.end(2, "Succeeded");
    world.settle(NOW);
    assert_eq!(world.job.text("/status/completedIndexes"), "0,1");
    world.end(2, "Succeeded");
    world.settle(NOW);
    assert_eq!(world.job.text("/status/completedIndexes"), "0-3");
    assert!(world.job.has_condition("Complete", "True"));
}

#[test]
fn a_queue_of_work_ends_with_its_last_pod() {
    let mut world = World::of(json!({"parallelism": 3}));
    world.settle(NOW);
    assert_eq!(world.active(), 3);
    world.end(1, "Succeeded");
    world.settle(NOW);
    assert_eq!(world.active(), 2, "nobody new begins");
    assert!(!is_ended(&world.job));
    world.end(2, "Succeeded");
    world.settle(NOW);
    assert!(world.job.has_condition("Complete", "True"));
}

#[test]
fn texts_of_indexes() {
    for text in ["", "0", "0,1", "1,3-5,7"] {
        assert_eq!(indexes_text(&indexes(text, 9)), text);
    }
    assert_eq!(indexes("x,1-,4", 9), [4].into());
    assert_eq!(indexes("3-9223372036854775807", 5), [3, 4].into());
}
