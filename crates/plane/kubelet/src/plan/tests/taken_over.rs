//! What is done for a pod that another agent looked after before: its machine began anew, its sandbox died while nobody looked on, or the
//! agent alone did.

use wharf_container::{
    runtime::{ContainerState as Seen, ContainerStatus, ExitRecord},
    spec::ContainerName,
};

use super::{
    lost::{condition, initialized, is_unseen, remade, told},
    *,
};
use crate::{machine::Found, takeover::take_over};

/// When it was told that they ran.
const SINCE: &str = "2026-01-01T00:00:00Z";
const POLICIES: [&str; 3] = ["Always", "OnFailure", "Never"];

/// A container's status, after a run of that number.
fn of_run(name: &str, run: u32, state: &Value) -> Value {
    json!({
        "name": name, "restartCount": run, "containerID": format!("wharf://u/{name}~r{run}"), "imageID": "x@sha256:1",
        "image": "", "state": state, "lastState": {},
    })
}

fn runs() -> Value {
    json!({"running": {"startedAt": SINCE}})
}

fn exited(code: i32) -> Value {
    json!({"terminated": {"exitCode": code, "reason": "Told", "startedAt": SINCE, "finishedAt": SINCE}})
}

/// One that has never run.
fn waits(name: &str) -> Value {
    json!({"name": name, "restartCount": 0, "containerID": null, "state": {"waiting": {"reason": "PodInitializing"}}})
}

/// All of it was told to run, or to have ended well.
fn told_to_run(pod: &mut Pod) {
    pod.status = json!({
        "phase": "Running",
        "initContainerStatuses": [of_run("side", 0, &runs()), of_run("i", 0, &exited(0))],
        "containerStatuses": [of_run("a", 0, &runs())],
    });
}

/// A sandbox with runs: those that run have no exit.
fn sandbox(is_alive: bool, runs: &[(&str, Option<i32>)]) -> Found {
    let one = |(name, code): &(&str, Option<i32>)| {
        let (state, exit) = match code {
            None if is_alive => (Seen::Running, None),
            None => (Seen::Stopped, None),
            Some(code) => {
                let (code, oom, at) = (*code, false, NOW.millis());
                (Seen::Stopped, Some(ExitRecord { code, oom, at }))
            }
        };
        let status = ContainerStatus {
            state,
            pid: 1,
            started_at: is_alive.then(|| NOW.millis()),
            exit,
            user: None,
        };
        (ContainerName::try_from(*name).unwrap(), status)
    };
    Found {
        id: "pod-1".to_owned(),
        annotations: std::collections::BTreeMap::new(),
        address: None,
        containers: runs.iter().map(one).collect(),
        is_alive,
    }
}

fn taken_over(pod: &Pod, found: Option<&Found>) -> PodState {
    let mut state = PodState::new(pod, NOW);
    take_over(pod, &mut state, found);
    state
}

/// What is left of a sandbox with all of [`told_to_run`] once nothing runs in it.
fn remains() -> Vec<Option<Found>> {
    let all = [("side~r0", None), ("i~r0", Some(0)), ("a~r0", None)];
    // What each left may have gone with the machine.
    vec![None, Some(sandbox(false, &all)), Some(sandbox(false, &[]))]
}

#[test]
fn nothing_runs_again_for_another_agent() {
    for policy in POLICIES {
        let mut pod = initialized(policy);
        told_to_run(&mut pod);
        let all = [("side~r0", None), ("i~r0", Some(0)), ("a~r0", None)];
        let mut state = taken_over(&pod, Some(&sandbox(true, &all)));
        assert_eq!(act(&pod, &mut state, NOW), [], "{policy}");
        let now = told(&pod, &state);
        assert_eq!(now["phase"], "Running", "{policy}");
        assert_eq!(condition(&now, "Initialized")["status"], "True");
        assert_eq!(now["initContainerStatuses"][1]["ready"], true);
        assert_eq!(now["containerStatuses"][0]["restartCount"], 0);
        // Nor while it is initialized.
        pod.status = Value::Null;
        let all = [("side~r0", None), ("i~r0", None)];
        let mut state = taken_over(&pod, Some(&sandbox(true, &all)));
        assert_eq!(act(&pod, &mut state, NOW), [], "{policy}");
        state.take(&pod, ended("i", 0, 0, NOW), NOW);
        run(&pod, &mut state, "a", 0, NOW);
        // What ended meanwhile did.
        let all = [("side~r0", None), ("i~r0", Some(0))];
        let mut state = taken_over(&pod, Some(&sandbox(true, &all)));
        run(&pod, &mut state, "a", 0, NOW);
        let all = [("side~r0", None), ("i~r0", Some(1))];
        let mut state = taken_over(&pod, Some(&sandbox(true, &all)));
        match policy {
            // The pod is over once its sidecar is.
            "Never" => assert!(matches!(
                act(&pod, &mut state, NOW)[..],
                [Action::Stop { .. }]
            )),
            _ => run(&pod, &mut state, "i", 1, NOW),
        }
    }
}

#[test]
fn a_pod_whose_machine_began_anew_is_initialized_again() {
    for policy in ["Always", "OnFailure"] {
        for left in remains() {
            let mut pod = initialized(policy);
            told_to_run(&mut pod);
            let mut state = taken_over(&pod, left.as_ref());
            remade(&pod, &mut state);
            let now = told(&pod, &state);
            assert_eq!(now["phase"], "Pending", "{left:?}");
            assert_eq!(condition(&now, "Initialized")["status"], "False");
            is_unseen(&now["containerStatuses"][0]["lastState"]);
            run(&pod, &mut state, "side", 1, NOW);
            run(&pod, &mut state, "i", 1, NOW);
            state.take(&pod, ended("i", 1, 0, NOW), NOW);
            run(&pod, &mut state, "a", 1, NOW);
            assert_eq!(phase(&pod, &state), "Running", "{left:?}");
            assert_eq!(act(&pod, &mut state, NOW), [], "{left:?}");
        }
    }
}

#[test]
fn a_pod_that_runs_once_ends_with_its_machine() {
    for left in remains() {
        let mut pod = initialized("Never");
        told_to_run(&mut pod);
        let mut state = taken_over(&pod, left.as_ref());
        assert_eq!(act(&pod, &mut state, after(1000)), [], "{left:?}");
        let now = told(&pod, &state);
        assert_eq!(now["phase"], "Failed", "{left:?}");
        let main = &now["containerStatuses"][0];
        is_unseen(&main["state"]);
        assert_eq!(main["state"]["terminated"]["startedAt"], SINCE, "{left:?}");
        assert_eq!(main["restartCount"], 0);
        let init = &now["initContainerStatuses"][1]["state"]["terminated"];
        assert_eq!(init["exitCode"], 0, "{left:?}");
        assert_eq!(now["reason"], Value::Null);
    }
}

#[test]
fn a_pod_that_runs_once_and_all_of_which_succeeded_has_succeeded() {
    for left in remains() {
        let mut pod = initialized("Never");
        told_to_run(&mut pod);
        // Its sidecar had still to end.
        pod.status["containerStatuses"][0] = of_run("a", 0, &exited(0));
        let mut state = taken_over(&pod, left.as_ref());
        assert_eq!(act(&pod, &mut state, after(1000)), [], "{left:?}");
        let now = told(&pod, &state);
        assert_eq!(now["phase"], "Succeeded", "{left:?}");
        let main = &now["containerStatuses"][0]["state"]["terminated"];
        assert_eq!(
            (&main["reason"], &main["finishedAt"]),
            (&json!("Told"), &json!(SINCE))
        );
    }
}

#[test]
fn one_that_was_initializing_when_its_machine_began_anew() {
    let of = |policy: &str, init: Value| {
        let mut pod = initialized(policy);
        pod.status = json!({
            "phase": "Pending",
            "initContainerStatuses": [of_run("side", 0, &runs()), init],
            "containerStatuses": [waits("a")],
        });
        pod
    };
    for init in [of_run("i", 0, &runs()), of_run("i", 0, &exited(3))] {
        let pod = of("Never", init.clone());
        let mut state = taken_over(&pod, None);
        assert_eq!(act(&pod, &mut state, after(1000)), [], "{init}");
        assert_eq!(phase(&pod, &state), "Failed", "{init}");
        for policy in ["Always", "OnFailure"] {
            let pod = of(policy, init.clone());
            let mut state = taken_over(&pod, None);
            remade(&pod, &mut state);
            run(&pod, &mut state, "side", 1, NOW);
            run(&pod, &mut state, "i", 1, NOW);
            state.take(&pod, ended("i", 1, 0, NOW), NOW);
            run(&pod, &mut state, "a", 0, NOW);
        }
    }
    // No container says why it does not go on.
    for init in [of_run("i", 0, &exited(0)), waits("i")] {
        let pod = of("Never", init.clone());
        let mut state = taken_over(&pod, None);
        let actions = act(&pod, &mut state, NOW);
        assert!(matches!(actions[..], [Action::Fail { .. }]), "{init}");
        assert_eq!(told(&pod, &state)["reason"], "SandboxLost");
    }
    // Nothing of it had begun.
    let mut pod = of("Never", waits("i"));
    pod.status["initContainerStatuses"][0] = waits("side");
    let mut state = taken_over(&pod, None);
    remade(&pod, &mut state);
    run(&pod, &mut state, "side", 0, NOW);
}

#[test]
fn what_succeeded_stays_ended_when_its_machine_begins_anew() {
    let mut pod = pod(json!({
        "restartPolicy": "OnFailure", "initContainers": [{"name": "i"}],
        "containers": [{"name": "a"}, {"name": "b"}, {"name": "c"}],
    }));
    let again = json!({"waiting": {"reason": "CrashLoopBackOff"}});
    let mut crashed = of_run("c", 3, &again);
    crashed["lastState"] = exited(7);
    pod.status = json!({
        "phase": "Running",
        "initContainerStatuses": [of_run("i", 0, &exited(0))],
        "containerStatuses": [of_run("a", 0, &exited(0)), of_run("b", 2, &runs()), crashed],
    });
    let mut state = taken_over(&pod, None);
    remade(&pod, &mut state);
    let now = told(&pod, &state);
    let all = &now["containerStatuses"];
    assert_eq!(all[0]["state"]["terminated"]["reason"], "Told", "{all}");
    assert_eq!(all[0]["imageID"], "x@sha256:1");
    is_unseen(&all[1]["lastState"]);
    assert_eq!(all[2]["lastState"]["terminated"]["exitCode"], 7, "{all}");
    run(&pod, &mut state, "i", 1, NOW);
    state.take(&pod, ended("i", 1, 0, NOW), NOW);
    assert_eq!(act(&pod, &mut state, NOW), [pull("b"), pull("c")]);
    for name in ["b", "c"] {
        state.take(&pod, pulled(name), NOW);
    }
    assert_eq!(act(&pod, &mut state, NOW), [start("b", 3), start("c", 4)]);
}

#[test]
fn an_agent_that_comes_amid_another_initialization_goes_on_with_it() {
    let mut pod = initialized("Always");
    told_to_run(&mut pod);
    let again = json!({"waiting": {"reason": "PodInitializing"}});
    let mut main = of_run("a", 0, &again);
    main["lastState"] = exited(137);
    // Of the main container the last that was told is that it runs, or that it is to.
    for main in [of_run("a", 0, &runs()), main] {
        pod.status["containerStatuses"] = json!([main]);
        let mut state = taken_over(&pod, Some(&sandbox(true, &[("side~r1", None)])));
        run(&pod, &mut state, "i", 1, NOW);
        assert_eq!(phase(&pod, &state), "Pending");
        state.take(&pod, ended("i", 1, 0, NOW), NOW);
        run(&pod, &mut state, "a", 1, NOW);
        // That sandbox is lost too, and nobody looks on.
        let left = [("side~r1", None), ("i~r1", None)];
        let mut state = taken_over(&pod, Some(&sandbox(false, &left)));
        remade(&pod, &mut state);
        run(&pod, &mut state, "side", 2, NOW);
        run(&pod, &mut state, "i", 2, NOW);
        state.take(&pod, ended("i", 2, 0, NOW), NOW);
        run(&pod, &mut state, "a", 1, NOW);
    }
}

#[test]
fn an_end_that_left_nothing_is_as_it_was_told() {
    let mut pod = initialized("Never");
    told_to_run(&mut pod);
    pod.status["containerStatuses"][0] = of_run("a", 0, &exited(5));
    // What was told is not of the run that was found last.
    for (run, expected) in [("a~r0", 5), ("a~r1", 137)] {
        let left = sandbox(false, &[("i~r0", Some(0)), (run, None)]);
        let state = taken_over(&pod, Some(&left));
        let how = told(&pod, &state)["containerStatuses"][0]["state"]["terminated"].clone();
        assert_eq!(how["exitCode"], expected, "{how}");
    }
}
