use proptest::prelude::*;
use serde_json::json;

use super::*;

const NOW: Timestamp = Timestamp(1_767_225_600_000);

fn ago(seconds: i64) -> Timestamp {
    Timestamp(NOW.0 - seconds * 1000)
}

/// Long since ready; it asks for 100m.
fn pod(name: &str) -> Value {
    json!({
        "metadata": {"name": name},
        "spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": "100m", "memory": "1Mi"}}}]},
        "status": {
            "phase": "Running", "startTime": ago(3600).iso8601_seconds(),
            "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": ago(3590).iso8601_seconds()}],
        },
    })
}

fn unready(name: &str) -> Value {
    let mut pod = pod(name);
    pod["status"]["startTime"] = ago(20).iso8601_seconds().into();
    pod["status"]["conditions"][0]["status"] = "False".into();
    pod["status"]["conditions"][0]["lastTransitionTime"] = ago(20).iso8601_seconds().into();
    pod
}

struct Case {
    current: i64,
    pods: Vec<Value>,
    used: Vec<(&'static str, i64)>,
    target: Target,
    resource: &'static str,
}

impl Case {
    /// Pods `a`, `b` … that use so many thousandths.
    fn of(used: &[i64], target: Target) -> Self {
        const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];
        Self {
            current: used.len() as i64,
            pods: NAMES[..used.len()].iter().map(|it| pod(it)).collect(),
            used: NAMES.into_iter().zip(used.iter().copied()).collect(),
            target,
            resource: "cpu",
        }
    }

    fn and(mut self, pod: Value) -> Self {
        self.current += 1;
        self.pods.push(pod);
        self
    }

    fn propose(&self) -> Result<Proposal, NoProposal> {
        let pods: Vec<Arc<Value>> = self.pods.iter().cloned().map(Arc::new).collect();
        let used = |amount| Used {
            at: NOW,
            window: Duration::from_secs(10),
            amount,
        };
        propose(&Input {
            current: self.current,
            resource: self.resource,
            container: None,
            target: self.target,
            pods: &pods,
            used: self
                .used
                .iter()
                .map(|(name, it)| ((*name).to_owned(), used(*it)))
                .collect(),
            tolerance: Tolerance::of(&Value::Null),
            now: NOW,
        })
    }

    #[track_caller]
    fn check(&self, replicas: i64) {
        assert_eq!(self.propose().unwrap().replicas, replicas);
    }
}

#[test]
fn in_proportion_to_the_target() {
    let half = Target::Utilization(50);
    Case::of(&[100, 100], half).check(4);
    Case::of(&[51, 52], half).check(2);
    Case::of(&[55, 55], half).check(2);
    Case::of(&[56, 56], half).check(3);
    Case::of(&[10, 10, 10], half).check(1);
    Case::of(&[0, 0], half).check(0);
    let said = Case::of(&[30, 71], half).propose().unwrap();
    assert_eq!((said.utilization, said.average), (Some(50), 50));
    Case::of(&[100, 300], Target::Average(100)).check(4);
    Case::of(&[10, 10, 10], Target::Average(100)).check(1);
    let said = Case::of(&[100, 301], Target::Average(100))
        .propose()
        .unwrap();
    assert_eq!((said.utilization, said.average), (None, 200));
}

#[test]
fn pods_that_were_not_measured() {
    let half = Target::Utilization(50);
    // They are idle when it would grow …
    Case::of(&[100, 100], half).and(pod("x")).check(4);
    // … which must not turn it,
    Case::of(&[60], half).and(pod("x")).and(pod("y")).check(3);
    // busy when it would shrink,
    Case::of(&[10, 10], half).and(pod("x")).check(3);
    Case::of(&[1, 1, 1, 1], half).and(pod("x")).check(2);
    // and as busy as the target where that is an average.
    Case::of(&[10, 10], Target::Average(50))
        .and(pod("x"))
        .check(2);
}

#[test]
fn pods_that_are_not_ready() {
    let half = Target::Utilization(50);
    let mut case = Case::of(&[100], half).and(unready("x"));
    case.used.push(("x", 900));
    case.check(2);
    // They do not hold up what shrinks.
    let mut case = Case::of(&[10, 10], half).and(unready("x"));
    case.used.push(("x", 900));
    case.check(1);
    // Memory is used before a pod is ready too: 1 and 3 MiB, of one each.
    let mut case = Case::of(&[1_048_576_000], half).and(unready("x"));
    case.resource = "memory";
    case.used.push(("x", 3 * 1_048_576_000));
    case.check(8);
    let mut pending = pod("x");
    pending["status"]["phase"] = "Pending".into();
    Case::of(&[100, 100], half).and(pending).check(4);
    let mut alone = Case::of(&[], half).and(unready("x"));
    alone.used.push(("x", 900));
    assert_eq!(
        alone.propose().unwrap_err().to_string(),
        "did not receive metrics for targeted pods (pods might be unready)"
    );
}

#[test]
fn pods_on_their_way_out_do_not_count() {
    let mut leaving = pod("x");
    leaving["metadata"]["deletionTimestamp"] = NOW.iso8601_seconds().into();
    let mut case = Case::of(&[100, 100], Target::Utilization(50)).and(leaving);
    case.used.push(("x", 1));
    case.check(4);
}

#[test]
fn the_first_minutes() {
    let used = |at| Used {
        at,
        window: Duration::from_secs(10),
        amount: 1,
    };
    let mut young = pod("a");
    young["status"]["startTime"] = ago(60).iso8601_seconds().into();
    young["status"]["conditions"][0]["lastTransitionTime"] = ago(30).iso8601_seconds().into();
    // Measured over a time of which it was ready only for a part.
    assert!(is_unready(&young, &used(ago(21)), NOW));
    assert!(!is_unready(&young, &used(ago(20)), NOW));
    let mut never = unready("a");
    never["status"]["startTime"] = ago(900).iso8601_seconds().into();
    never["status"]["conditions"][0]["lastTransitionTime"] = ago(890).iso8601_seconds().into();
    assert!(is_unready(&never, &used(NOW), NOW));
    // It was ready before.
    never["status"]["conditions"][0]["lastTransitionTime"] = ago(100).iso8601_seconds().into();
    assert!(!is_unready(&never, &used(NOW), NOW));
    assert!(is_unready(&json!({}), &used(NOW), NOW));
}

#[test]
fn requests_of_containers_and_pods() {
    let of = |pod: Value, container| {
        let pods = [Arc::new(pod)];
        let input = Input {
            current: 1,
            resource: "cpu",
            container,
            target: Target::Utilization(50),
            pods: &pods,
            used: BTreeMap::new(),
            tolerance: Tolerance::of(&Value::Null),
            now: NOW,
        };
        request(&input, &pods[0])
    };
    let asks =
        |name: &str, cpu: &str| json!({"name": name, "resources": {"requests": {"cpu": cpu}}});
    let mut sidecar = asks("s", "50m");
    sidecar["restartPolicy"] = "Always".into();
    let spec = json!({"containers": [asks("a", "1"), asks("b", "200m")], "initContainers": [sidecar, {"name": "i"}]});
    let pod = json!({"metadata": {"name": "p"}, "spec": spec});
    assert_eq!(of(pod.clone(), None), Ok(1250));
    assert_eq!(of(pod.clone(), Some("b")), Ok(200));
    let mut bounded = pod.clone();
    bounded["spec"]["resources"] = json!({"requests": {"cpu": "2"}});
    assert_eq!(of(bounded.clone(), None), Ok(2000));
    assert_eq!(of(bounded, Some("a")), Ok(1000));
    let mut without = pod;
    without["spec"]["containers"][1] = json!({"name": "b"});
    assert_eq!(
        of(without, None).unwrap_err().to_string(),
        "missing request for cpu in container b of Pod p"
    );
}

proptest! {
    /// Whatever is measured, it never goes the wrong way: it shrinks only when less than the target is used, and grows only when more is.
    #[test]
    fn the_direction_is_that_of_the_load(
        used in prop::collection::vec(0i64..1_000_000, 1..5), target in 1i64..1000, missing in 0usize..4,
    ) {
        let mut case = Case::of(&used, Target::Utilization(target));
        for _ in 0..missing {
            case = case.and(pod("x"));
        }
        let said = case.propose().unwrap();
        let utilization = said.utilization.unwrap();
        prop_assert!(said.replicas <= case.current || utilization > target);
        prop_assert!(said.replicas >= case.current || utilization < target);
    }
}
