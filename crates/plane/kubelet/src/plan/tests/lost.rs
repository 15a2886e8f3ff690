//! A pod loses its sandbox, with all that ran in it, while its node looks on.

use super::*;

/// With a sidecar, an init container and one that runs.
pub(super) fn initialized(policy: &str) -> Pod {
    pod(json!({
        "restartPolicy": policy,
        "initContainers": [{"name": "side", "restartPolicy": "Always"}, {"name": "i"}],
        "containers": [{"name": "a"}],
    }))
}

/// The sidecar runs, and the init container does.
fn initializing(pod: &Pod) -> PodState {
    let mut state = ready(pod);
    run(pod, &mut state, "side", 0, NOW);
    run(pod, &mut state, "i", 0, NOW);
    state
}

fn running(pod: &Pod) -> PodState {
    let mut state = initializing(pod);
    state.take(pod, ended("i", 0, 0, NOW), NOW);
    run(pod, &mut state, "a", 0, NOW);
    state
}

/// It loses its sandbox and has another.
fn moves(pod: &Pod, state: &mut PodState) {
    state.take(pod, Event::SandboxLost, NOW);
    remade(pod, state);
}

pub(super) fn remade(pod: &Pod, state: &mut PodState) {
    assert_eq!(act(pod, state, NOW), [Action::MakeSandbox]);
    state.take(pod, Event::SandboxMade { ip: None }, NOW);
}

pub(super) fn told(pod: &Pod, state: &PodState) -> Value {
    let place = Place {
        host_ip: "10.0.0.1".to_owned(),
    };
    status(pod, state, &place, NOW)
}

pub(super) fn condition(told: &Value, kind: &str) -> Value {
    let mut all = told["conditions"].as_array().unwrap().iter();
    all.find(|it| it["type"] == kind).unwrap().clone()
}

/// Nobody saw its end.
pub(super) fn is_unseen(state: &Value) {
    let how = &state["terminated"];
    assert_eq!(how["reason"], "ContainerStatusUnknown", "{state}");
    assert_eq!(how["exitCode"], 137, "{state}");
    let why = "The container could not be located when the pod was terminated";
    assert_eq!(how["message"], why, "{state}");
}

#[test]
fn init_containers_run_again_in_another_sandbox() {
    for policy in ["Always", "OnFailure"] {
        let pod = initialized(policy);
        let mut state = running(&pod);
        assert_eq!(
            condition(&told(&pod, &state), "Initialized")["status"],
            "True"
        );
        moves(&pod, &mut state);
        let now = told(&pod, &state);
        assert_eq!(now["phase"], "Pending", "{policy}");
        let initialized = condition(&now, "Initialized");
        assert_eq!(initialized["status"], "False", "{policy}");
        assert_eq!(initialized["reason"], "ContainersNotInitialized");
        assert_eq!(
            initialized["message"],
            "containers with incomplete status: [side i]"
        );
        let init = &now["initContainerStatuses"][1];
        assert_eq!(init["state"]["waiting"]["reason"], "PodInitializing");
        assert_eq!(init["lastState"]["terminated"]["exitCode"], 0);
        assert_eq!(
            (&init["ready"], &init["restartCount"]),
            (&json!(false), &json!(0))
        );
        let main = &now["containerStatuses"][0];
        assert_eq!(main["state"]["waiting"]["reason"], "PodInitializing");
        is_unseen(&main["lastState"]);
        run(&pod, &mut state, "side", 1, NOW);
        run(&pod, &mut state, "i", 1, NOW);
        assert_eq!(phase(&pod, &state), "Pending", "{policy}");
        state.take(&pod, ended("i", 1, 0, NOW), NOW);
        run(&pod, &mut state, "a", 1, NOW);
        assert_eq!(act(&pod, &mut state, NOW), []);
        let now = told(&pod, &state);
        assert_eq!(now["phase"], "Running", "{policy}");
        assert_eq!(condition(&now, "Initialized")["status"], "True", "{policy}");
        for (list, at) in [
            ("initContainerStatuses", 0),
            ("initContainerStatuses", 1),
            ("containerStatuses", 0),
        ] {
            let of = &now[list][at];
            assert_eq!(
                (&of["restartCount"], &of["ready"]),
                (&json!(1), &json!(true)),
                "{of}"
            );
        }
    }
}

#[test]
fn a_sandbox_that_cannot_be_made_at_once_is_initialized_all_the_same() {
    let pod = initialized("Always");
    let mut state = running(&pod);
    state.take(&pod, Event::SandboxLost, NOW);
    assert_eq!(act(&pod, &mut state, NOW), [Action::MakeSandbox]);
    let message = "no".to_owned();
    state.take(&pod, Event::SandboxFailed { message }, NOW);
    assert_eq!(act(&pod, &mut state, after(20)), [Action::MakeSandbox]);
    state.take(&pod, Event::SandboxMade { ip: None }, after(20));
    run(&pod, &mut state, "side", 1, after(20));
    run(&pod, &mut state, "i", 1, after(20));
}

#[test]
fn one_that_is_lost_amid_initialization_is_initialized_from_the_first() {
    let pod = pod(json!({
        "initContainers": [{"name": "i"}, {"name": "j"}], "containers": [{"name": "a"}],
    }));
    let mut state = ready(&pod);
    run(&pod, &mut state, "i", 0, NOW);
    state.take(&pod, ended("i", 0, 0, NOW), NOW);
    run(&pod, &mut state, "j", 0, NOW);
    // It failed, and would be begun again.
    state.take(&pod, ended("j", 0, 1, NOW), NOW);
    moves(&pod, &mut state);
    run(&pod, &mut state, "i", 1, NOW);
    // So does another loss while it runs, after a pause by now.
    moves(&pod, &mut state);
    assert_eq!(act(&pod, &mut state, NOW), []);
    run(&pod, &mut state, "i", 2, after(10));
    state.take(&pod, ended("i", 2, 0, after(10)), after(10));
    run(&pod, &mut state, "j", 1, after(10));
    state.take(&pod, ended("j", 1, 0, after(10)), after(10));
    run(&pod, &mut state, "a", 0, after(10));
    assert_eq!(phase(&pod, &state), "Running");
}

#[test]
fn a_pod_that_runs_once_gets_no_other_sandbox() {
    let pod = initialized("Never");
    let mut state = running(&pod);
    state.take(&pod, Event::SandboxLost, NOW);
    assert_eq!(act(&pod, &mut state, after(1000)), []);
    let now = told(&pod, &state);
    assert_eq!(now["phase"], "Failed");
    is_unseen(&now["containerStatuses"][0]["state"]);
    is_unseen(&now["initContainerStatuses"][0]["state"]);
    let init = &now["initContainerStatuses"][1];
    assert_eq!(init["state"]["terminated"]["exitCode"], 0);
    assert_eq!(
        (&init["ready"], &init["restartCount"]),
        (&json!(true), &json!(0))
    );
    assert_eq!(now["containerStatuses"][0]["restartCount"], 0);
    assert_eq!(condition(&now, "Ready")["reason"], "PodFailed");
    // What was under way when it was lost changes nothing.
    let mut state = initializing(&pod);
    state.take(&pod, ended("i", 0, 0, NOW), NOW);
    assert_eq!(act(&pod, &mut state, NOW), [pull("a")]);
    state.take(&pod, pulled("a"), NOW);
    assert_eq!(act(&pod, &mut state, NOW), [start("a", 0)]);
    state.take(&pod, Event::SandboxLost, NOW);
    state.take(&pod, not_started("a", 0), NOW);
    assert_eq!(act(&pod, &mut state, after(1000)), []);
    assert_eq!(phase(&pod, &state), "Failed");
}

#[test]
fn one_that_runs_once_and_is_initializing_fails_with_its_init_container() {
    let pod = initialized("Never");
    let mut state = initializing(&pod);
    state.take(&pod, Event::SandboxLost, NOW);
    assert_eq!(act(&pod, &mut state, after(1000)), []);
    let now = told(&pod, &state);
    assert_eq!(now["phase"], "Failed");
    is_unseen(&now["initContainerStatuses"][1]["state"]);
    assert_eq!(condition(&now, "Initialized")["status"], "False");
}

#[test]
fn one_that_runs_once_fails_by_name_where_no_container_says_why() {
    let pod = initialized("Never");
    let mut state = initializing(&pod);
    state.take(&pod, ended("i", 0, 0, NOW), NOW);
    assert_eq!(act(&pod, &mut state, NOW), [pull("a")]);
    state.take(&pod, Event::SandboxLost, NOW);
    assert!(matches!(
        act(&pod, &mut state, NOW)[..],
        [Action::Fail {
            reason: "SandboxLost",
            ..
        }]
    ));
    state.take(&pod, pulled("a"), NOW);
    assert_eq!(act(&pod, &mut state, after(1000)), []);
    let now = told(&pod, &state);
    assert_eq!(
        (&now["phase"], &now["reason"]),
        (&json!("Failed"), &json!("SandboxLost"))
    );
}

#[test]
fn one_that_runs_once_and_had_not_begun_begins_in_another_sandbox() {
    let pod = initialized("Never");
    let mut state = ready(&pod);
    assert_eq!(act(&pod, &mut state, NOW), [pull("side")]);
    moves(&pod, &mut state);
    assert_eq!(act(&pod, &mut state, NOW), []);
    state.take(&pod, pulled("side"), NOW);
    assert_eq!(act(&pod, &mut state, NOW), [start("side", 0)]);
}

#[test]
fn what_succeeded_is_not_run_again_for_another_that_is() {
    let pod = pod(json!({
        "restartPolicy": "OnFailure", "initContainers": [{"name": "i"}],
        "containers": [{"name": "a"}, {"name": "b"}],
    }));
    let mut state = ready(&pod);
    run(&pod, &mut state, "i", 0, NOW);
    state.take(&pod, ended("i", 0, 0, NOW), NOW);
    assert_eq!(act(&pod, &mut state, NOW), [pull("a"), pull("b")]);
    for name in ["a", "b"] {
        state.take(&pod, pulled(name), NOW);
    }
    assert_eq!(act(&pod, &mut state, NOW), [start("a", 0), start("b", 0)]);
    for name in ["a", "b"] {
        state.take(&pod, started(name, 0), NOW);
    }
    state.take(&pod, ended("a", 0, 0, NOW), NOW);
    moves(&pod, &mut state);
    run(&pod, &mut state, "i", 1, NOW);
    state.take(&pod, ended("i", 1, 0, NOW), NOW);
    run(&pod, &mut state, "b", 1, NOW);
    assert_eq!(act(&pod, &mut state, NOW), []);
    let now = told(&pod, &state);
    let done = &now["containerStatuses"][0];
    assert_eq!(done["state"]["terminated"]["exitCode"], 0, "{done}");
    state.take(&pod, ended("b", 1, 0, NOW), NOW);
    // Over, it gets no other, and is initialized for nothing no more.
    state.take(&pod, Event::SandboxLost, NOW);
    assert_eq!(act(&pod, &mut state, after(1000)), []);
    assert_eq!(phase(&pod, &state), "Succeeded");
}

#[test]
fn a_pod_whose_sidecar_ends_last_is_not_begun_again_for_that() {
    let pod = initialized("OnFailure");
    let mut state = running(&pod);
    state.take(&pod, ended("a", 0, 0, NOW), NOW);
    assert!(matches!(
        act(&pod, &mut state, NOW)[..],
        [Action::Stop { .. }]
    ));
    state.take(&pod, Event::SandboxLost, NOW);
    assert_eq!(act(&pod, &mut state, after(1000)), []);
    assert_eq!(phase(&pod, &state), "Succeeded");
}

#[test]
fn what_is_told_late_of_a_run_in_a_lost_sandbox_is_not_said_of_the_next() {
    let pod = pod(json!({"containers": [{"name": "a"}]}));
    let mut state = ready(&pod);
    assert_eq!(act(&pod, &mut state, NOW), [pull("a")]);
    state.take(&pod, pulled("a"), NOW);
    assert_eq!(act(&pod, &mut state, NOW), [start("a", 0)]);
    let planned = state.clone();
    moves(&pod, &mut state);
    // By this it is known to what was planned before, however late that comes to begin.
    assert_ne!(planned.losses, state.losses);
    state.take(&pod, not_started("a", 0), NOW);
    assert_eq!(act(&pod, &mut state, NOW), [pull("a")]);
    state.take(&pod, pulled("a"), NOW);
    assert_eq!(act(&pod, &mut state, NOW), [start("a", 1)]);
    state.take(&pod, not_started("a", 0), NOW);
    state.take(&pod, ended("a", 0, 1, NOW), NOW);
    assert_eq!(act(&pod, &mut state, NOW), []);
    state.take(&pod, started("a", 1), NOW);
    assert_eq!(phase(&pod, &state), "Running");
}

fn not_started(container: &str, attempt: u32) -> Event {
    Event::NotStarted {
        container: container.to_owned(),
        attempt,
        reason: "RunContainerError".to_owned(),
        message: "no".to_owned(),
    }
}
