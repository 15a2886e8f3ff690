//! Tables, and walks in which everything that may happen does: whatever order it is in, plans come to rest and the pod to its end.

mod lost;
mod taken_over;

use proptest::prelude::*;
use serde_json::{Value, json};
use wharf_container::runtime::ProgramUser;

use super::*;
use crate::{
    pod::Pod,
    state::{Condemns, Event, PodState},
    status::{Place, phase, status, told_user},
};

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

fn pod(spec: Value) -> Pod {
    let pod = json!({"metadata": {"name": "p", "namespace": "n", "uid": "u"}, "spec": spec});
    Pod::read(&pod).unwrap()
}

fn after(seconds: u64) -> Timestamp {
    NOW + std::time::Duration::from_secs(seconds)
}

/// Plans and begins what there is to do.
fn act(pod: &Pod, state: &mut PodState, now: Timestamp) -> Vec<Action> {
    let actions = plan(pod, state, now).actions;
    for action in &actions {
        begin(state, action);
    }
    assert_eq!(
        plan(pod, state, now).actions,
        [],
        "what was begun is planned again"
    );
    actions
}

fn pulled(container: &str) -> Event {
    Event::Pulled {
        container: container.to_owned(),
        image_id: "i".to_owned(),
        took: None,
    }
}

fn started(container: &str, attempt: u32) -> Event {
    Event::Started {
        container: container.to_owned(),
        attempt,
        at: NOW,
        user: None,
    }
}

fn ended(container: &str, attempt: u32, code: i32, at: Timestamp) -> Event {
    Event::Ended {
        container: container.to_owned(),
        attempt,
        code,
        oom: false,
        at,
        message: String::new(),
    }
}

fn start(container: &str, attempt: u32) -> Action {
    Action::Start {
        container: container.to_owned(),
        attempt,
    }
}

fn pull(container: &str) -> Action {
    Action::Pull {
        container: container.to_owned(),
    }
}

/// A pod whose sandbox is there.
fn ready(pod: &Pod) -> PodState {
    let mut state = PodState::new(pod, NOW);
    assert_eq!(act(pod, &mut state, NOW), [Action::MakeSandbox]);
    state.take(pod, Event::SandboxMade { ip: None }, NOW);
    state
}

/// Pulls and starts `container`.
fn run(pod: &Pod, state: &mut PodState, container: &str, attempt: u32, now: Timestamp) {
    assert_eq!(act(pod, state, now), [pull(container)]);
    state.take(pod, pulled(container), now);
    assert_eq!(act(pod, state, now), [start(container, attempt)]);
    state.take(pod, started(container, attempt), now);
}

fn waiting(pod: &Pod, state: &PodState, now: Timestamp) -> Value {
    let place = Place {
        host_ip: "10.0.0.1".to_owned(),
    };
    status(pod, state, &place, now)["containerStatuses"][0]["state"]["waiting"].clone()
}

#[test]
fn a_crash_waits_longer_each_time() {
    let pod = pod(json!({"containers": [{"name": "a"}]}));
    let mut state = ready(&pod);
    run(&pod, &mut state, "a", 0, NOW);
    assert_eq!(phase(&pod, &state), "Running");
    state.take(&pod, ended("a", 0, 1, NOW), NOW);
    // The first comes at once.
    run(&pod, &mut state, "a", 1, NOW);
    state.take(&pod, ended("a", 1, 1, NOW), NOW);
    assert_eq!(plan(&pod, &state, NOW).wake_at, Some(after(10)));
    let told = waiting(&pod, &state, NOW);
    assert_eq!(told["reason"], "CrashLoopBackOff");
    assert_eq!(
        told["message"],
        "back-off 10s restarting failed container=a pod=p_n(u)"
    );
    assert_eq!(phase(&pod, &state), "Running");
    run(&pod, &mut state, "a", 2, after(10));
    state.take(&pod, ended("a", 2, 1, after(10)), after(10));
    assert_eq!(plan(&pod, &state, after(10)).wake_at, Some(after(30)));
    // Told again, it counts once.
    state.take(&pod, ended("a", 2, 1, after(10)), after(10));
    assert_eq!(plan(&pod, &state, after(10)).wake_at, Some(after(30)));
}

#[test]
fn policies() {
    for (policy, code, goes_on, told) in [
        ("Always", 0, true, "Running"),
        ("OnFailure", 0, false, "Succeeded"),
        ("OnFailure", 1, true, "Running"),
        ("Never", 0, false, "Succeeded"),
        ("Never", 1, false, "Failed"),
    ] {
        let pod = pod(json!({"restartPolicy": policy, "containers": [{"name": "a"}]}));
        let mut state = ready(&pod);
        run(&pod, &mut state, "a", 0, NOW);
        state.take(&pod, ended("a", 0, code, NOW), NOW);
        assert_eq!(phase(&pod, &state), told, "{policy} {code}");
        assert_eq!(
            !act(&pod, &mut state, NOW).is_empty(),
            goes_on,
            "{policy} {code}"
        );
    }
}

#[test]
fn init_containers_come_first_and_sidecars_stay() {
    let pod = pod(json!({
        "initContainers": [{"name": "side", "restartPolicy": "Always"}, {"name": "init"}],
        "containers": [{"name": "a"}], "restartPolicy": "Never",
    }));
    let mut state = ready(&pod);
    run(&pod, &mut state, "side", 0, NOW);
    run(&pod, &mut state, "init", 0, NOW);
    assert_eq!(phase(&pod, &state), "Pending");
    assert_eq!(waiting(&pod, &state, NOW)["reason"], "PodInitializing");
    state.take(&pod, ended("init", 0, 0, NOW), NOW);
    run(&pod, &mut state, "a", 0, NOW);
    // A sidecar that ends is begun again, whatever the policy.
    state.take(&pod, ended("side", 0, 0, NOW), NOW);
    run(&pod, &mut state, "side", 1, NOW);
    // With the last of the others it is over.
    state.take(&pod, ended("a", 0, 0, NOW), NOW);
    let stop = Action::Stop {
        container: "side".to_owned(),
        grace_seconds: 30,
    };
    assert_eq!(act(&pod, &mut state, NOW), [stop]);
    // … which is told when the sidecar has ended too. Nobody sends it anything until then.
    assert_eq!(phase(&pod, &state), "Running");
    let place = Place {
        host_ip: String::new(),
    };
    let told = status(&pod, &state, &place, NOW);
    let ready = told["conditions"].as_array().unwrap().iter();
    let mut ready = ready.filter(|it| it["type"] == "Ready");
    assert_eq!(ready.next().unwrap()["reason"], "PodCompleted");
    state.take(&pod, ended("side", 1, 143, NOW), NOW);
    assert_eq!(phase(&pod, &state), "Succeeded");
    // The sidecar does not wait to begin again.
    let told = status(&pod, &state, &place, NOW);
    let side = &told["initContainerStatuses"][0]["state"];
    assert_eq!(side["terminated"]["exitCode"], 143, "{side}");
}

#[test]
fn a_failed_init_container_fails_the_pod() {
    let pod = pod(
        json!({"initContainers": [{"name": "i"}], "containers": [{"name": "a"}], "restartPolicy": "Never"}),
    );
    let mut state = ready(&pod);
    run(&pod, &mut state, "i", 0, NOW);
    state.take(&pod, ended("i", 0, 3, NOW), NOW);
    assert_eq!(phase(&pod, &state), "Failed");
    assert_eq!(act(&pod, &mut state, after(1000)), []);
}

#[test]
fn a_pull_that_fails_is_tried_again() {
    let pod = pod(json!({"containers": [{"name": "a", "image": "x"}]}));
    let mut state = ready(&pod);
    assert_eq!(act(&pod, &mut state, NOW), [pull("a")]);
    let no = Event::NotPulled {
        container: "a".to_owned(),
        reason: "ErrImagePull".to_owned(),
        message: "no".to_owned(),
    };
    state.take(&pod, no, NOW);
    assert_eq!(waiting(&pod, &state, NOW)["reason"], "ErrImagePull");
    assert_eq!(
        waiting(&pod, &state, after(6))["reason"],
        "ImagePullBackOff"
    );
    assert_eq!(act(&pod, &mut state, after(10)), [pull("a")]);
}

#[test]
fn the_end_of_a_deleted_pod() {
    let mut pod = pod(json!({"containers": [{"name": "a"}]}));
    let mut state = ready(&pod);
    run(&pod, &mut state, "a", 0, NOW);
    pod.metadata.deletion_timestamp = Some("2026-01-01T00:00:00Z".to_owned());
    pod.metadata.deletion_grace_period_seconds = Some(20);
    let stop = |grace_seconds| Action::Stop {
        container: "a".to_owned(),
        grace_seconds,
    };
    assert_eq!(act(&pod, &mut state, NOW), [stop(20)]);
    // Somebody lost patience.
    pod.metadata.deletion_grace_period_seconds = Some(1);
    assert_eq!(act(&pod, &mut state, NOW), [stop(1)]);
    state.take(&pod, ended("a", 0, 143, NOW), NOW);
    assert_eq!(act(&pod, &mut state, NOW), [Action::RemoveSandbox]);
    state.take(&pod, Event::SandboxRemoved, NOW);
    assert_eq!(act(&pod, &mut state, NOW), [Action::Delete]);
    assert_eq!(act(&pod, &mut state, NOW), []);
}

#[test]
fn whom_a_program_began_as_is_told_after_its_end_too() {
    let pod = pod(json!({"containers": [{"name": "a"}]}));
    let mut state = ready(&pod);
    let place = Place {
        host_ip: String::new(),
    };
    let told = |state: &PodState| status(&pod, state, &place, NOW)["containerStatuses"][0].clone();
    run(&pod, &mut state, "a", 0, NOW);
    // Of a shim that does not know.
    assert_eq!(told(&state)["user"], Value::Null);
    assert_eq!(told_user(&told(&state)), None);
    let user = |groups: &[u32]| ProgramUser {
        uid: 1000,
        gid: 3000,
        groups: groups.to_vec(),
    };
    let started = |groups: &[u32]| Event::Started {
        container: "a".to_owned(),
        attempt: 0,
        at: NOW,
        user: Some(user(groups)),
    };
    for (groups, shown) in [
        (&[50, 4000][..], json!([3000, 50, 4000])),
        (&[50, 3000][..], json!([50, 3000])),
        (&[][..], json!([3000])),
    ] {
        state.take(&pod, started(groups), NOW);
        let linux = json!({"uid": 1000, "gid": 3000, "supplementalGroups": shown});
        assert_eq!(told(&state)["user"], json!({ "linux": linux }));
    }
    state.take(&pod, ended("a", 0, 1, NOW), NOW);
    assert_eq!(told_user(&told(&state)), Some(user(&[3000])));
}

#[test]
fn what_a_probe_condemns_is_ended_and_begun_again() {
    let pod =
        pod(json!({"containers": [{"name": "a", "readinessProbe": {"tcpSocket": {"port": 1}}}]}));
    let mut state = ready(&pod);
    run(&pod, &mut state, "a", 0, NOW);
    assert!(!state.container("a").unwrap().is_ready);
    let is_ready = Event::Ready {
        container: "a".to_owned(),
        is_ready: true,
    };
    state.take(&pod, is_ready, NOW);
    let place = Place {
        host_ip: String::new(),
    };
    let told = status(&pod, &state, &place, NOW);
    assert_eq!(told["containerStatuses"][0]["ready"], true);
    let condemned = Event::Condemned {
        container: "a".to_owned(),
        by: Condemns::LivenessProbe,
    };
    state.take(&pod, condemned, NOW);
    assert!(matches!(
        act(&pod, &mut state, NOW)[..],
        [Action::Stop { .. }]
    ));
    state.take(&pod, ended("a", 0, 137, NOW), NOW);
    run(&pod, &mut state, "a", 1, NOW);
    assert!(!state.container("a").unwrap().is_ready);
}

#[test]
fn a_container_begins_again_with_another_image_whatever_its_policy() {
    let of = |image: &str| {
        let container = json!({"name": "a", "image": image});
        pod(json!({"restartPolicy": "Never", "containers": [container]}))
    };
    let (first, second) = (of("x:1"), of("x:2"));
    let place = Place {
        host_ip: String::new(),
    };
    let image = |pod: &Pod, state: &PodState| {
        status(pod, state, &place, NOW)["containerStatuses"][0]["image"].clone()
    };
    let mut state = ready(&first);
    run(&first, &mut state, "a", 0, NOW);
    state.change_images(&first, &second);
    // One that it has again before it was ended is none.
    state.change_images(&second, &first);
    assert_eq!(act(&first, &mut state, NOW), []);
    state.change_images(&first, &second);
    assert!(matches!(
        act(&second, &mut state, NOW)[..],
        [Action::Stop { .. }]
    ));
    assert_eq!(image(&second, &state), "x:1");
    state.take(&second, ended("a", 0, 0, NOW), NOW);
    assert_eq!(phase(&second, &state), "Running");
    run(&second, &mut state, "a", 1, NOW);
    assert_eq!(image(&second, &state), "x:2");
    state.take(&second, ended("a", 1, 0, NOW), NOW);
    assert_eq!(phase(&second, &state), "Succeeded");
}

#[test]
fn another_image_is_pulled_at_once_in_the_place_of_one_that_is_not_there() {
    let of = |image: &str| pod(json!({"containers": [{"name": "a", "image": image}]}));
    let (first, second) = (of("x:1"), of("x:2"));
    let mut state = ready(&first);
    assert_eq!(act(&first, &mut state, NOW), [pull("a")]);
    // The one that is on its way is not begun with.
    state.change_images(&first, &second);
    state.take(&second, pulled("a"), NOW);
    assert_eq!(act(&second, &mut state, NOW), [pull("a")]);
    let missing = Event::NotPulled {
        container: "a".to_owned(),
        reason: "ErrImagePull".to_owned(),
        message: "not found".to_owned(),
    };
    state.take(&second, missing, NOW);
    assert_eq!(act(&second, &mut state, NOW), []);
    state.change_images(&second, &first);
    run(&first, &mut state, "a", 0, NOW);
}

#[test]
fn an_end_that_is_told_before_its_beginning_stays_one() {
    let pod = pod(json!({"restartPolicy": "Never", "containers": [{"name": "a"}]}));
    let mut state = ready(&pod);
    assert_eq!(act(&pod, &mut state, NOW), [pull("a")]);
    state.take(&pod, pulled("a"), NOW);
    assert_eq!(act(&pod, &mut state, NOW), [start("a", 0)]);
    state.take(&pod, ended("a", 0, 0, NOW), NOW);
    state.take(&pod, started("a", 0), NOW);
    assert_eq!(phase(&pod, &state), "Succeeded");
    assert_eq!(
        state.container("a").unwrap().ended().unwrap().started_at,
        Some(NOW)
    );
}

#[test]
fn a_pod_runs_no_longer_than_it_may() {
    let pod = pod(json!({"activeDeadlineSeconds": 20, "containers": [{"name": "a"}]}));
    let mut state = ready(&pod);
    run(&pod, &mut state, "a", 0, NOW);
    assert_eq!(plan(&pod, &state, NOW).wake_at, Some(after(20)));
    let actions = plan(&pod, &state, after(20)).actions;
    assert!(matches!(
        actions[..],
        [Action::Fail {
            reason: "DeadlineExceeded",
            ..
        }]
    ));
    begin(&mut state, &actions[0]);
    assert!(matches!(
        act(&pod, &mut state, after(20))[..],
        [Action::Stop { .. }]
    ));
    assert_eq!(phase(&pod, &state), "Running", "it still ends");
    state.take(&pod, ended("a", 0, 143, after(21)), after(21));
    assert_eq!(phase(&pod, &state), "Failed");
}

#[test]
fn a_lost_sandbox_is_made_again() {
    let pod = pod(json!({"containers": [{"name": "a"}]}));
    let mut state = ready(&pod);
    run(&pod, &mut state, "a", 0, NOW);
    state.take(&pod, Event::SandboxLost, NOW);
    assert_eq!(act(&pod, &mut state, NOW), [Action::MakeSandbox]);
    state.take(&pod, Event::SandboxMade { ip: None }, NOW);
    run(&pod, &mut state, "a", 1, NOW);
}

#[test]
fn a_sandbox_that_is_lost_while_it_is_removed_is_not_forgotten_before_its_removal_ends() {
    let mut pod = pod(json!({"containers": [{"name": "a"}]}));
    let mut state = ready(&pod);
    pod.metadata.deletion_timestamp = Some("2026-01-01T00:00:00Z".to_owned());
    assert_eq!(act(&pod, &mut state, NOW), [Action::RemoveSandbox]);
    state.take(&pod, Event::SandboxLost, NOW);
    assert_eq!(act(&pod, &mut state, NOW), []);
    state.take(&pod, Event::SandboxRemoved, NOW);
    assert_eq!(act(&pod, &mut state, NOW), [Action::Delete]);
}

#[test]
fn what_runs_is_given_other_bounds_or_begun_again() {
    let of = |cpu: &str, memory: &str| {
        pod(json!({"containers": [
            {"name": "a", "resources": {"limits": {"cpu": cpu, "memory": memory}},
                "resizePolicy": [{"resourceName": "cpu", "restartPolicy": "RestartContainer"}]},
        ]}))
    };
    let before = of("1", "1Gi");
    let mut state = ready(&before);
    run(&before, &mut state, "a", 0, NOW);
    state.give(&before.spec.containers[0]);
    let given = |pod: &Pod, state: &PodState| {
        let place = Place {
            host_ip: "10.0.0.1".to_owned(),
        };
        status(pod, state, &place, NOW)["containerStatuses"][0]["resources"]["limits"].clone()
    };
    let larger = of("1", "2Gi");
    state.resize(&before, &larger);
    assert_eq!(act(&larger, &mut state, NOW), [Action::Resize]);
    assert_eq!(given(&larger, &state), json!({"cpu": "1", "memory": "1Gi"}));
    let failed = Event::NotResized {
        containers: vec!["a".to_owned()],
    };
    state.take(&larger, failed, NOW);
    assert_eq!(act(&larger, &mut state, NOW), [Action::Resize]);
    let containers = vec![("a".to_owned(), larger.spec.containers[0].resources.clone())];
    state.take(&larger, Event::Resized { containers }, NOW);
    assert_eq!(given(&larger, &state), json!({"cpu": "1", "memory": "2Gi"}));
    let faster = of("2", "2Gi");
    state.resize(&larger, &faster);
    let stop = Action::Stop {
        container: "a".to_owned(),
        grace_seconds: 30,
    };
    assert_eq!(act(&faster, &mut state, NOW), [stop]);
    state.take(&faster, ended("a", 0, 143, NOW), NOW);
    run(&faster, &mut state, "a", 1, NOW);
    state.give(&faster.spec.containers[0]);
    assert_eq!(act(&faster, &mut state, NOW), []);
}

#[test]
fn an_ephemeral_container_runs_once_and_ends_with_its_pod() {
    let mut pod = pod(
        json!({"containers": [{"name": "a"}], "ephemeralContainers": [{"name": "e"}, {"name": "r"}]}),
    );
    let mut state = ready(&pod);
    let refused = |_: usize, of: &Container| (of.name == "r").then(|| "no".to_owned());
    state.welcome(&pod, refused, NOW);
    assert_eq!(act(&pod, &mut state, NOW), [pull("e"), pull("a")]);
    for container in ["e", "a"] {
        state.take(&pod, pulled(container), NOW);
    }
    assert_eq!(act(&pod, &mut state, NOW), [start("e", 0), start("a", 0)]);
    for container in ["e", "a"] {
        state.take(&pod, started(container, 0), NOW);
    }
    assert_eq!(phase(&pod, &state), "Running");
    state.take(&pod, ended("e", 0, 1, NOW), NOW);
    assert_eq!(act(&pod, &mut state, after(1000)), []);
    assert_eq!(phase(&pod, &state), "Running");
    pod.spec.ephemeral_containers.push(Container {
        name: "f".to_owned(),
        ..Container::default()
    });
    state.welcome(&pod, refused, NOW);
    run(&pod, &mut state, "f", 0, NOW);
    pod.metadata.deletion_timestamp = Some(NOW.iso8601_seconds());
    let stopped = act(&pod, &mut state, NOW);
    let stops = |name: &str| {
        let of = |it: &Action| matches!(it, Action::Stop { container, .. } if container == name);
        stopped.iter().any(of)
    };
    assert!(stops("a") && stops("f") && !stops("e"), "{stopped:?}");
}

fn outcome(action: &Action, dice: u8, now: Timestamp, attempt: u32) -> Event {
    let fails = dice.is_multiple_of(4);
    let of = |container: &String| container.clone();
    match action {
        Action::MakeSandbox if fails => Event::SandboxFailed {
            message: "x".to_owned(),
        },
        Action::MakeSandbox => Event::SandboxMade { ip: None },
        Action::RemoveSandbox if fails => Event::SandboxNotRemoved {
            message: "x".to_owned(),
        },
        Action::RemoveSandbox => Event::SandboxRemoved,
        Action::Pull { container } if fails => Event::NotPulled {
            container: of(container),
            reason: "ErrImagePull".to_owned(),
            message: "x".to_owned(),
        },
        Action::Pull { container } => pulled(container),
        Action::Start { container, attempt } if fails => Event::NotStarted {
            container: of(container),
            attempt: *attempt,
            reason: "x".to_owned(),
            message: "x".to_owned(),
        },
        Action::Start { container, attempt } => started(container, *attempt),
        Action::Stop { container, .. } if fails => Event::NotStopped {
            container: of(container),
        },
        Action::Stop { container, .. } => ended(container, attempt, 143, now),
        Action::Resize => Event::Resized {
            containers: Vec::new(),
        },
        Action::Fail { .. } | Action::Delete => Event::SandboxRemoved,
    }
}

proptest! {
    /// Whatever happens, nothing is begun twice, and a pod that is deleted comes to its end.
    #[test]
    fn every_walk_ends(dice in proptest::collection::vec(any::<u8>(), 1..80), policy in 0..3usize) {
        let policy = ["Always", "OnFailure", "Never"][policy];
        let mut pod = pod(json!({
            "restartPolicy": policy,
            "initContainers": [{"name": "side", "restartPolicy": "Always"}, {"name": "i"}],
            "containers": [{"name": "a"}, {"name": "b"}],
            "ephemeralContainers": [{"name": "e"}],
        }));
        let mut state = PodState::new(&pod, NOW);
        state.welcome(&pod, |_, _| None, NOW);
        let mut now = NOW;
        let mut under_way: Vec<Action> = Vec::new();
        // Of sandboxes that were begun: how many, and the one in which the init container began last.
        let (mut sandboxes, mut initialized_in) = (0, 0);
        let mut runs_no_more = false;
        let mut rolls = dice.iter().copied().chain(std::iter::repeat_n(1, 400));
        for step in 0.. {
            let Some(roll) = rolls.next() else { break };
            if step == dice.len() {
                pod.metadata.deletion_timestamp = Some("x".to_owned());
            }
            let actions = act(&pod, &mut state, now);
            for action in &actions {
                match action {
                    Action::MakeSandbox => sandboxes += 1,
                    Action::Start { container, .. } if container == "i" => initialized_in = sandboxes,
                    Action::Start { container, .. } if container == "a" || container == "b" => {
                        prop_assert_eq!(initialized_in, sandboxes, "it is not initialized");
                    }
                    _ => {}
                }
                let begins = matches!(action, Action::MakeSandbox | Action::Start { .. });
                prop_assert!(!(runs_no_more && begins), "{:?}", action);
            }
            under_way.extend(actions);
            if state.is_deleted {
                break;
            }
            if roll.is_multiple_of(11) && state.sandbox == Sandbox::Ready {
                let begun = |it: &Container| state.container(&it.name).unwrap().has_begun();
                runs_no_more |= policy == "Never" && pod.all_containers().any(begun);
                state.take(&pod, Event::SandboxLost, now);
                continue;
            }
            if under_way.is_empty() || roll.is_multiple_of(7) {
                now = now + std::time::Duration::from_secs(u64::from(roll) + 1);
                // Something that runs ends by itself.
                let runs = state.containers.iter().find(|(_, it)| it.is_running());
                let event = runs.map(|(name, it)| ended(name, it.attempt, i32::from(roll % 2), now));
                if let Some(event) = event {
                    state.take(&pod, event, now);
                }
                continue;
            }
            let action = under_way.remove(usize::from(roll) % under_way.len());
            let attempt = match &action {
                Action::Stop { container, .. } => state.container(container).unwrap().attempt,
                _ => 0,
            };
            state.take(&pod, outcome(&action, roll, now, attempt), now);
        }
        prop_assert!(state.is_deleted, "{state:?}");
        prop_assert!(!state.containers.values().any(ContainerState::is_active));
    }
}

#[test]
fn a_pod_that_its_node_ends_has_little_time_and_leaves_nothing() {
    let spec = json!({"containers": [{"name": "a"}], "terminationGracePeriodSeconds": 50});
    let pod = pod(spec);
    let mut state = ready(&pod);
    run(&pod, &mut state, "a", 0, NOW);
    let message = "The node was low on resource: memory. ".to_owned();
    let for_node = true;
    state.take(&pod, Event::Evicted { message, for_node }, NOW);
    let stop = Action::Stop {
        container: "a".to_owned(),
        grace_seconds: 1,
    };
    assert_eq!(act(&pod, &mut state, NOW), [stop]);
    state.take(&pod, ended("a", 0, 137, NOW), NOW);
    assert_eq!(act(&pod, &mut state, NOW), [Action::RemoveSandbox]);
    state.take(&pod, Event::SandboxRemoved, NOW);
    assert_eq!(act(&pod, &mut state, NOW), []);
    let place = Place {
        host_ip: "10.0.0.1".to_owned(),
    };
    let told = status(&pod, &state, &place, NOW);
    assert_eq!(
        (&told["phase"], &told["reason"]),
        (&"Failed".into(), &"Evicted".into())
    );
    let conditions = told["conditions"].as_array().unwrap();
    let disrupted = conditions
        .iter()
        .find(|it| it["type"] == "DisruptionTarget")
        .unwrap();
    assert_eq!(disrupted["reason"], "TerminationByKubelet");
    assert_eq!(disrupted["message"], told["message"]);
    assert!(crate::status::is_ended_for_node(&told));
    // One that is deleted then has nothing left to remove.
    let mut deleted = pod.clone();
    deleted.metadata.deletion_timestamp = Some(NOW.iso8601_seconds());
    assert_eq!(act(&deleted, &mut state, NOW), [Action::Delete]);
}

#[test]
fn a_pod_that_takes_more_than_it_may_keeps_its_time_and_its_log() {
    let spec = json!({"containers": [{"name": "a"}], "terminationGracePeriodSeconds": 50});
    let pod = pod(spec);
    let mut state = ready(&pod);
    run(&pod, &mut state, "a", 0, NOW);
    let evicted = |for_node| Event::Evicted {
        message: "m".to_owned(),
        for_node,
    };
    state.take(&pod, evicted(false), NOW);
    // What was decided first stays.
    state.take(&pod, evicted(true), NOW);
    let stop = Action::Stop {
        container: "a".to_owned(),
        grace_seconds: 50,
    };
    assert_eq!(act(&pod, &mut state, NOW), [stop]);
    state.take(&pod, ended("a", 0, 137, NOW), NOW);
    assert_eq!(act(&pod, &mut state, NOW), []);
    // Until its node runs short of disk.
    state.take(&pod, Event::GivesBack, NOW);
    assert_eq!(act(&pod, &mut state, NOW), [Action::RemoveSandbox]);
}

#[test]
fn what_all_containers_left_about_their_ends_has_12_kib_together() {
    let names: Vec<String> = (0..7).map(|it| format!("c{it}")).collect();
    let containers: Vec<Value> = names.iter().map(|it| json!({ "name": it })).collect();
    let pod = pod(json!({"restartPolicy": "Never", "containers": containers}));
    let mut state = ready(&pod);
    let mut under_way = act(&pod, &mut state, NOW);
    while let Some(action) = under_way.pop() {
        let event = match action {
            Action::Pull { container } => pulled(&container),
            Action::Start { container, attempt } => started(&container, attempt),
            other => panic!("{other:?}"),
        };
        state.take(&pod, event, NOW);
        under_way.extend(act(&pod, &mut state, NOW));
    }
    for container in names {
        let left = Event::Ended {
            container,
            attempt: 0,
            code: 1,
            oom: false,
            at: NOW,
            message: "é".repeat(2048),
        };
        state.take(&pod, left, NOW);
    }
    let place = Place {
        host_ip: "10.0.0.1".to_owned(),
    };
    let told = status(&pod, &state, &place, NOW);
    for container in told["containerStatuses"].as_array().unwrap() {
        let message = container["state"]["terminated"]["message"].as_str();
        // A seventh is 1755 bytes, and no character is cut.
        assert_eq!(message.map(str::len), Some(1754));
    }
}

#[test]
fn conditions_keep_their_time_and_gates_open() {
    let spec =
        json!({"containers": [{"name": "a"}], "readinessGates": [{"conditionType": "open"}]});
    let mut pod = pod(spec);
    let mut state = ready(&pod);
    run(&pod, &mut state, "a", 0, NOW);
    let place = Place {
        host_ip: "10.0.0.1".to_owned(),
    };
    let of = |pod: &Pod, kind: &str, at: Timestamp| {
        let told = status(pod, &state, &place, at);
        let all = told["conditions"].as_array().unwrap().clone();
        all.into_iter().find(|it| it["type"] == kind).unwrap()
    };
    let closed = of(&pod, "Ready", NOW);
    assert_eq!(
        closed["message"],
        "corresponding condition of pod readiness gate \"open\" does not exist."
    );
    let gate = |status: &str| json!({"type": "open", "status": status});
    let before = of(&pod, "Initialized", NOW);
    pod.status = json!({"conditions": [before, closed, gate("False")]});
    assert_eq!(of(&pod, "Initialized", after(9)), before);
    assert_eq!(
        of(&pod, "Ready", after(9))["message"],
        "the status of pod readiness gate \"open\" is not \"True\", but False"
    );
    pod.status = json!({"conditions": [before, gate("True")]});
    assert_eq!(of(&pod, "Ready", after(9))["status"], "True");
}
