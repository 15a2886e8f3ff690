use wharf_kube_client::Object as _;
use wharf_kube_model::{Catalog, validate};

use super::{
    super::{indexes::INDEX, making::FIRST_WAIT},
    *,
};

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

/// What a server has against a status: no plan may break its rules.
fn refusals(job: &Value, before: &Value) -> Vec<String> {
    let catalog = Catalog::built_in();
    let jobs = catalog.resource("batch", "v1", "jobs").unwrap();
    let faults = validate::update(jobs, job, before, "status");
    let of_status = faults.iter().filter(|it| it.field.starts_with("status"));
    of_status.map(ToString::to_string).collect()
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
            if plan.status != self.job["status"]
                && (is_counting || plan.decides || plan.is_settled())
            {
                let before = self.job.clone();
                self.job["status"] = plan.status;
                assert_eq!(refusals(&self.job, &before), Vec::<String>::new());
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

    /// Of its active pods, in order.
    fn indexes_at_work(&self) -> Vec<&str> {
        let active = self.pods.iter().filter(|it| is_active(it));
        let mut all: Vec<&str> = active.filter_map(|it| it.annotation(INDEX)).collect();
        all.sort_unstable();
        all
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

/// What is suspended as it ends has begun, and stays so.
#[test]
fn a_job_that_ends_while_it_is_suspended_says_when_it_began() {
    let mut world = World::of(json!({"completions": 0, "parallelism": 1, "suspend": true}));
    world.settle(NOW);
    assert!(world.job.has_condition("Complete", "True"), "{}", world.job);
    assert_eq!(world.job.text("/status/startTime"), NOW.iso8601_seconds());
    let mut world = World::of(json!({"completions": 1, "parallelism": 1}));
    world.settle(NOW);
    world.end(1, "Succeeded");
    world.settle(NOW);
    world.job["spec"]["suspend"] = true.into();
    let before = world.job.clone();
    world.settle(NOW);
    assert_eq!(world.job["status"], before["status"]);
}

/// Somebody's pod of a job that ended, and one that is going, change nothing of what it has come to.
#[test]
fn nothing_is_told_of_pods_that_outlast_their_job() {
    let mut world = World::of(json!({"completions": 1, "parallelism": 1}));
    world.settle(NOW);
    let mut late = world.pods[0].clone();
    world.end(1, "Succeeded");
    world.settle(NOW);
    let before = world.job["status"].clone();
    late["metadata"]["uid"] = "late".into();
    world.pods.push(late.clone());
    let mut going = late;
    going["metadata"]["uid"] = "going".into();
    going["metadata"]["deletionTimestamp"] = NOW.iso8601_seconds().into();
    world.pods.push(going);
    assert_eq!(world.plan(NOW).status, before);
}

#[test]
fn pods_that_are_too_many_are_let_go_before_they_end() {
    for (name, value, left) in [("suspend", json!(true), 0), ("parallelism", json!(1), 1)] {
        let mut world = World::of(json!({"completions": 5, "parallelism": 3, "backoffLimit": 0}));
        world.settle(NOW);
        world.job["spec"][name] = value;
        let plan = world.plan(NOW);
        let uids = |pods: &[Arc<Value>]| -> BTreeSet<String> {
            pods.iter().map(|it| it.uid().to_owned()).collect()
        };
        assert_eq!(plan.delete.len(), 3 - left, "{name}");
        assert_eq!(uids(&plan.release), uids(&plan.delete), "{name}");
        world.settle(NOW);
        assert_eq!(
            (world.active(), world.status("failed"), world.failed_for()),
            (left, 0, ""),
            "{name}"
        );
    }
}

#[test]
fn a_pod_that_is_deleted_has_failed_and_the_end_waits_until_it_is_gone() {
    let mut world = World::of(json!({"completions": 1, "parallelism": 1, "backoffLimit": 0}));
    world.settle(NOW);
    world.pods[0]["spec"]["nodeName"] = "lost".into();
    world.pods[0]["metadata"]["deletionTimestamp"] = NOW.iso8601_seconds().into();
    world.settle(NOW);
    assert!(!world.pods[0].has_finalizer(TRACKING), "nothing holds it");
    assert_eq!(
        (world.status("failed"), world.status("terminating")),
        (1, 1)
    );
    assert!(world.job.has_condition("FailureTarget", "True"));
    assert!(!is_ended(&world.job));
    world.pods.clear();
    world.settle(NOW);
    assert_eq!(world.failed_for(), "BackoffLimitExceeded");
}

#[test]
fn where_failed_pods_alone_are_replaced_a_deleted_one_is_waited_for() {
    let mut world = World::of(json!({
        "completions": 1, "parallelism": 1, "podReplacementPolicy": "Failed",
    }));
    world.settle(NOW);
    world.pods[0]["metadata"]["deletionTimestamp"] = NOW.iso8601_seconds().into();
    world.settle(NOW);
    assert_eq!((world.made, world.status("failed")), (1, 0));
    world.pods[0]["status"]["phase"] = "Failed".into();
    world.settle(NOW);
    world.settle(NOW + FIRST_WAIT);
    assert_eq!((world.made, world.status("failed")), (2, 1));
}

#[test]
fn a_job_that_is_deleted_makes_no_pods_and_holds_none() {
    let mut world = World::of(json!({"completions": 2, "parallelism": 1}));
    world.settle(NOW);
    world.job["metadata"]["deletionTimestamp"] = NOW.iso8601_seconds().into();
    world.settle(NOW);
    let held = world.pods.iter().filter(|it| it.has_finalizer(TRACKING));
    assert_eq!(held.count(), 0);
    world.pods.clear();
    world.settle(NOW);
    assert_eq!(world.made, 1);
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

/// Else they would count again once it grows, and no server takes them where it ends before them.
#[test]
fn a_job_that_becomes_smaller_forgets_the_indexes_beyond_its_end() {
    let mut world =
        World::of(json!({"completions": 4, "parallelism": 4, "completionMode": "Indexed"}));
    world.settle(NOW);
    for pod in &mut world.pods {
        if pod.annotation(INDEX) == Some("3") {
            pod["status"]["phase"] = "Succeeded".into();
        }
    }
    world.settle(NOW);
    assert_eq!(world.job["status"]["completedIndexes"], "3");
    for name in ["completions", "parallelism"] {
        world.job["spec"][name] = 2.into();
    }
    world.settle(NOW);
    assert!(world.job.at("/status/completedIndexes").is_null());
    assert_eq!(world.status("succeeded"), 0);
    // Nor has it pods of them: those of others stay.
    assert_eq!(world.indexes_at_work(), ["0", "1"]);
}

#[test]
fn an_index_has_one_pod() {
    let mut world =
        World::of(json!({"completions": 2, "parallelism": 2, "completionMode": "Indexed"}));
    world.settle(NOW);
    world.pods.truncate(1);
    let mut again = world.pods[0].clone();
    again["metadata"]["uid"] = "again".into();
    world.pods.push(again);
    world.settle(NOW);
    assert_eq!(world.indexes_at_work(), ["0", "1"]);
}

#[test]
fn a_job_ends_though_somebody_said_that_it_is_not_to() {
    let mut world =
        World::of(json!({"completions": 1, "parallelism": 1, "activeDeadlineSeconds": 30}));
    world.settle(NOW);
    world.job["status"]["conditions"] = json!([{"type": "FailureTarget", "status": "False"}]);
    world.settle(NOW + Duration::from_secs(30));
    assert!(world.job.has_condition("FailureTarget", "True"));
    assert!(world.job.has_condition("Failed", "True"));
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

impl World {
    /// The pods that run fail, each by itself.
    fn fail(&mut self, code: i64, now: Timestamp) {
        for pod in &mut self.pods {
            if pod["status"]["phase"] == "Running" {
                let ended = json!({"exitCode": code, "finishedAt": now.iso8601_seconds()});
                let container = json!({"name": "c", "state": {"terminated": ended}});
                pod["status"] = json!({"phase": "Failed", "containerStatuses": [container]});
            }
        }
    }

    fn failed_for(&self) -> &str {
        let failed = self.job.condition("Failed");
        failed.map_or("", |it| it.text("/reason"))
    }
}

fn on_exit(action: &str, code: i64) -> Value {
    let codes = json!({"operator": "In", "values": [code]});
    json!({"action": action, "onExitCodes": codes})
}

#[test]
fn what_a_policy_ignores_does_not_count() {
    let rules = json!({"rules": [on_exit("Ignore", 42), on_exit("FailJob", 7)]});
    let mut world = World::of(json!({
        "completions": 1, "parallelism": 1, "backoffLimit": 0, "podFailurePolicy": rules,
    }));
    world.settle(NOW);
    for made in 1..4 {
        world.fail(42, NOW);
        world.settle(NOW);
        assert_eq!(
            (world.made, world.active(), world.status("failed")),
            (made + 1, 1, 0)
        );
    }
    let held = world.pods.iter().filter(|it| it.has_finalizer(TRACKING));
    assert_eq!(held.count(), 1);
    world.fail(7, NOW);
    world.settle(NOW);
    let failed = world.job.condition("Failed").unwrap();
    assert_eq!(failed.text("/reason"), "PodFailurePolicy");
    let message = failed.text("/message");
    assert!(
        message.ends_with("failed with exit code 7 matching FailJob rule at index 1"),
        "{message}"
    );
    assert_eq!(world.status("failed"), 1);
}

#[test]
fn each_index_has_limits_of_its_own() {
    let mut world = World::of(json!({
        "completions": 2, "parallelism": 2, "completionMode": "Indexed",
        "backoffLimitPerIndex": 1, "backoffLimit": i32::MAX,
    }));
    world.settle(NOW);
    let of_index = |world: &World, index: &str| -> Vec<Value> {
        let pods = world.pods.iter();
        let pods = pods.filter(|it| it.annotation(INDEX) == Some(index));
        pods.cloned().collect()
    };
    let at = |world: &World, index: &str| {
        let all = world.pods.iter();
        all.filter(|it| is_active(it))
            .any(|it| it.annotation(INDEX) == Some(index))
    };
    // Index 0 fails, index 1 goes on.
    let finished =
        json!([{"state": {"terminated": {"exitCode": 1, "finishedAt": NOW.iso8601_seconds()}}}]);
    for pod in &mut world.pods {
        if pod.annotation(INDEX) == Some("0") {
            pod["status"] = json!({"phase": "Failed", "containerStatuses": finished});
        }
    }
    world.settle(NOW);
    assert!(!at(&world, "0") && at(&world, "1"));
    assert_eq!(world.plan(NOW).look_after, Some(FIRST_WAIT));
    // Who would know of the failure otherwise stays.
    assert!(of_index(&world, "0")[0].has_finalizer(TRACKING));
    assert_eq!(world.status("failed"), 0);
    let later = NOW + FIRST_WAIT;
    world.settle(later);
    assert_eq!(world.status("failed"), 1);
    let second = of_index(&world, "0").pop().unwrap();
    let failures = "batch.kubernetes.io/job-index-failure-count";
    assert_eq!(second.annotation(failures), Some("1"));
    world.fail(1, later);
    world.settle(later);
    assert_eq!(world.job["status"]["failedIndexes"], "0");
    assert_eq!(world.failed_for(), "");
    world.settle(later + FIRST_WAIT);
    world.end(1, "Succeeded");
    world.settle(later + FIRST_WAIT);
    assert_eq!(world.failed_for(), "FailedIndexes");
    assert_eq!(world.job["status"]["completedIndexes"], "1");
}

#[test]
fn too_many_failed_indexes_or_a_failed_index_end_a_job() {
    let rules = json!({"rules": [on_exit("FailIndex", 3)]});
    let mut world = World::of(json!({
        "completions": 5, "parallelism": 2, "completionMode": "Indexed", "podFailurePolicy": rules,
        "backoffLimitPerIndex": 5, "backoffLimit": i32::MAX, "maxFailedIndexes": 2,
    }));
    world.settle(NOW);
    world.fail(3, NOW);
    world.settle(NOW);
    assert_eq!(world.job["status"]["failedIndexes"], "0,1");
    assert_eq!((world.made, world.failed_for()), (4, ""));
    world.fail(3, NOW);
    world.settle(NOW);
    assert_eq!(world.failed_for(), "MaxFailedIndexesExceeded");
    assert_eq!(world.made, 4);
    let held = world.pods.iter().filter(|it| it.has_finalizer(TRACKING));
    assert_eq!(held.count(), 0);
}

#[test]
fn enough_indexes_are_enough() {
    let mut world = World::of(json!({
        "completions": 5, "parallelism": 5, "completionMode": "Indexed",
        "successPolicy": {"rules": [{"succeededIndexes": "0", "succeededCount": 1}]},
    }));
    world.settle(NOW);
    world.end(1, "Succeeded");
    world.settle(NOW);
    let complete = world.job.condition("Complete").unwrap();
    assert_eq!(complete.text("/reason"), "SuccessPolicy");
    assert_eq!(complete.text("/message"), "Matched rules at index 0");
    assert_eq!((world.active(), world.made), (0, 5));
}

#[test]
fn containers_that_begin_again_count_towards_the_limit() {
    let mut spec = json!({"completions": 1, "parallelism": 1, "backoffLimit": 2});
    spec["template"] = json!({"metadata": {}, "spec": {
        "restartPolicy": "OnFailure", "containers": [{"name": "c"}],
    }});
    let mut world = World::of(spec);
    world.settle(NOW);
    for (restarts, reason) in [(1, ""), (2, "BackoffLimitExceeded")] {
        world.pods[0]["status"]["containerStatuses"] = json!([{"restartCount": restarts}]);
        world.settle(NOW);
        assert_eq!(world.failed_for(), reason);
    }
}

/// A job may want billions, which nobody lists.
#[test]
fn pods_are_made_some_at_a_time() {
    for spec in [
        json!({"parallelism": i32::MAX}),
        json!({"parallelism": 100_000, "completions": i32::MAX, "completionMode": "Indexed"}),
    ] {
        let plan = World::of(spec).plan(NOW);
        assert_eq!(plan.create.len(), 500);
        assert!(!plan.is_settled());
    }
}
