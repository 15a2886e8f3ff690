//! Events about a pod, for people, with upstream's reasons and texts. What is said of what happened is pure.

use std::{sync::Arc, time::Duration};

use serde_json::Value;
use wharf_base::Timestamp;
use wharf_kube_client::{Ref, kind};
use wharf_kube_model::duration;

use crate::{
    machine::Took,
    plan::Action,
    pod::Pod,
    state::{Condemns, ContainerState, Event, PodState},
    status,
    worker::Context,
};

/// One event.
#[derive(Debug, PartialEq)]
struct Told {
    is_warning: bool,
    reason: String,
    message: String,
    /// Of which container; empty where it is of the whole pod.
    container: String,
}

impl Told {
    fn normal(reason: &str, message: String) -> Self {
        Self {
            is_warning: false,
            reason: reason.to_owned(),
            message,
            container: String::new(),
        }
    }

    fn warning(reason: &str, message: String) -> Self {
        Self {
            is_warning: true,
            ..Self::normal(reason, message)
        }
    }

    fn of(self, container: &str) -> Self {
        let container = container.to_owned();
        Self { container, ..self }
    }
}

/// Something happened.
pub fn record(context: &Context, object: &Arc<Value>, pod: &Pod, event: &Event) {
    write(context, object, pod, happened(pod, event));
}

/// Something is begun; `state` is that of before.
pub fn record_begin(
    context: &Context,
    object: &Arc<Value>,
    pod: &Pod,
    state: &PodState,
    action: &Action,
) {
    write(context, object, pod, begun(state, action));
}

/// A registry is asked for a container's image.
pub fn record_pulling(context: &Context, object: &Arc<Value>, pod: &Pod, container: &str) {
    write(context, object, pod, [pulling(pod, container)]);
}

/// A container is made, and not started yet.
pub fn record_created(context: &Context, object: &Arc<Value>, pod: &Pod, container: &str) {
    write(context, object, pod, [created(container)]);
}

/// A container ended; `state` says so.
pub fn record_pause(
    context: &Context,
    object: &Arc<Value>,
    pod: &Pod,
    (state, container): (&PodState, &str),
    now: Timestamp,
) {
    write(context, object, pod, paused(pod, state, container, now));
}

fn write(context: &Context, object: &Arc<Value>, pod: &Pod, told: impl IntoIterator<Item = Told>) {
    let recorder = &context.node.recorder;
    for it in told {
        let about = match it.container.as_str() {
            "" => Ref::of(&kind::POD, object),
            name => Ref::of(&kind::POD, object).part(pod.path_of(name)),
        };
        match it.is_warning {
            true => recorder.warning(about, &it.reason, &it.message),
            false => recorder.normal(about, &it.reason, &it.message),
        }
    }
}

fn image<'a>(pod: &'a Pod, container: &str) -> &'a str {
    pod.container(container).map_or("", |it| it.image.as_str())
}

fn pulling(pod: &Pod, container: &str) -> Told {
    let text = format!("Pulling image \"{}\"", image(pod, container));
    Told::normal("Pulling", text).of(container)
}

fn created(container: &str) -> Told {
    Told::normal("Created", "Container created".to_owned()).of(container)
}

fn pulled(image: &str, took: Option<Took>) -> String {
    let Some(Took {
        time,
        waited,
        bytes,
    }) = took
    else {
        return format!("Container image \"{image}\" already present on machine");
    };
    // As Go tells lengths of time, in whole milliseconds.
    let shown = |it: Duration| {
        let millis = i64::try_from(it.as_millis()).unwrap_or_default();
        duration::text(millis.saturating_mul(1_000_000))
    };
    let (time, waited) = (shown(time), shown(waited));
    let size = bytes.map(|it| format!(" Image size: {it} bytes."));
    let size = size.unwrap_or_default();
    format!("Successfully pulled image \"{image}\" in {time} ({waited} including waiting).{size}")
}

fn happened(pod: &Pod, event: &Event) -> Vec<Told> {
    match event {
        Event::SandboxFailed { message } if message.starts_with("MountVolume") => {
            vec![Told::warning("FailedMount", message.clone())]
        }
        Event::SandboxFailed { message } => {
            let text = format!("Failed to create pod sandbox: {message}");
            vec![Told::warning("FailedCreatePodSandBox", text)]
        }
        Event::Pulled {
            container, took, ..
        } => {
            let text = pulled(image(pod, container), *took);
            vec![Told::normal("Pulled", text).of(container)]
        }
        Event::NotPulled {
            container,
            reason,
            message,
        } => not_pulled(image(pod, container), reason, message)
            .into_iter()
            .map(|it| it.of(container))
            .collect(),
        Event::Started { container, .. } => {
            vec![Told::normal("Started", "Container started".to_owned()).of(container)]
        }
        Event::NotStarted {
            container, message, ..
        } => vec![Told::warning("Failed", format!("Error: {message}")).of(container)],
        Event::Condemned { container, by } => {
            let text = match by {
                Condemns::LivenessProbe => {
                    format!("Container {container} failed liveness probe, will be restarted")
                }
                Condemns::StartupProbe => {
                    format!("Container {container} failed startup probe, will be restarted")
                }
                Condemns::PostStartHook => "FailedPostStartHook".to_owned(),
            };
            vec![Told::normal("Killing", text).of(container)]
        }
        Event::Evicted { message, .. } => vec![Told::warning("Evicted", message.clone())],
        Event::SandboxMade { .. }
        | Event::SandboxRemoved
        | Event::SandboxNotRemoved { .. }
        | Event::SandboxLost
        | Event::GivesBack
        | Event::Ended { .. }
        | Event::NotStopped { .. }
        | Event::Resized { .. }
        | Event::NotResized { .. }
        | Event::Ready { .. }
        | Event::StartupPassed { .. } => Vec::new(),
    }
}

/// Why there is no image, and that it is waited before it is asked for again.
fn not_pulled(image: &str, reason: &str, message: &str) -> Vec<Told> {
    let error = |reason: &str| Told::warning("Failed", format!("Error: {reason}"));
    if reason != "ErrImagePull" {
        let kind = match reason {
            "InvalidImageName" => "InspectFailed",
            other => other,
        };
        return vec![Told::warning(kind, message.to_owned()), error(reason)];
    }
    vec![
        Told::warning(
            "Failed",
            format!("Failed to pull image \"{image}\": {message}"),
        ),
        error(reason),
        Told::normal("BackOff", format!("Back-off pulling image \"{image}\"")),
        error("ImagePullBackOff"),
    ]
}

fn begun(state: &PodState, action: &Action) -> Option<Told> {
    match action {
        Action::Stop { container, .. } => {
            let known = state.container(container)?;
            // Of one that is condemned it was said why.
            let is_said = known.is_condemned || known.stopping.is_some();
            let text = || match &known.outdated {
                Some(_) => format!("Container {container} definition changed, will be restarted"),
                None => format!("Stopping container {container}"),
            };
            (!is_said).then(|| Told::normal("Killing", text()).of(container))
        }
        Action::MakeSandbox => {
            let mut all = state.containers.values();
            let text = "Pod sandbox changed, it will be killed and re-created.";
            all.any(ContainerState::has_begun)
                .then(|| Told::normal("SandboxChanged", text.to_owned()))
        }
        _ => None,
    }
}

fn paused(pod: &Pod, state: &PodState, container: &str, now: Timestamp) -> Option<Told> {
    if !status::backs_off(pod, state, container, now) {
        return None;
    }
    let of = &pod.metadata;
    let text = format!(
        "Back-off restarting failed container {container} in pod {}_{}({})",
        of.name, of.namespace, of.uid
    );
    Some(Told::warning("BackOff", text).of(container))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn pod() -> Pod {
        let object = json!({
            "metadata": {"name": "p", "namespace": "n", "uid": "u"},
            "spec": {
                "initContainers": [{"name": "i", "image": "there", "imagePullPolicy": "Never"}],
                "containers": [{"name": "a", "image": "x:1"}],
            },
        });
        Pod::read(&object).unwrap()
    }

    fn texts(told: impl IntoIterator<Item = Told>) -> Vec<String> {
        let told = told.into_iter();
        let one = |it: Told| {
            let kind = if it.is_warning { "Warning" } else { "Normal" };
            format!("{kind} {} {} {}", it.reason, it.container, it.message)
        };
        told.map(one).collect()
    }

    #[test]
    fn what_is_told_of_images() {
        let pod = pod();
        assert_eq!(
            texts([pulling(&pod, "a")]),
            ["Normal Pulling a Pulling image \"x:1\""]
        );
        let pulled = |container: &str, took| Event::Pulled {
            container: container.to_owned(),
            image_id: "x@sha256:1".to_owned(),
            took,
        };
        let mut took = Took {
            time: Duration::from_micros(1_234_567),
            waited: Duration::from_millis(61_500),
            bytes: Some(77),
        };
        assert_eq!(
            texts(happened(&pod, &pulled("a", Some(took)))),
            [
                "Normal Pulled a Successfully pulled image \"x:1\" in 1.234s (1m1.5s including waiting). Image size: 77 bytes."
            ]
        );
        took.bytes = None;
        assert_eq!(
            texts(happened(&pod, &pulled("a", Some(took)))),
            [
                "Normal Pulled a Successfully pulled image \"x:1\" in 1.234s (1m1.5s including waiting)."
            ]
        );
        assert_eq!(
            texts(happened(&pod, &pulled("i", None))),
            ["Normal Pulled i Container image \"there\" already present on machine"]
        );
        let not = |reason: &str| {
            let event = Event::NotPulled {
                container: "a".to_owned(),
                reason: reason.to_owned(),
                message: "no such tag".to_owned(),
            };
            texts(happened(&pod, &event))
        };
        assert_eq!(
            not("ErrImagePull"),
            [
                "Warning Failed a Failed to pull image \"x:1\": no such tag",
                "Warning Failed a Error: ErrImagePull",
                "Normal BackOff a Back-off pulling image \"x:1\"",
                "Warning Failed a Error: ImagePullBackOff",
            ]
        );
        assert_eq!(
            not("InvalidImageName"),
            [
                "Warning InspectFailed a no such tag",
                "Warning Failed a Error: InvalidImageName",
            ]
        );
        assert_eq!(
            not("ErrImageNeverPull"),
            [
                "Warning ErrImageNeverPull a no such tag",
                "Warning Failed a Error: ErrImageNeverPull",
            ]
        );
    }

    #[test]
    fn what_is_told_of_beginnings() {
        let pod = pod();
        assert_eq!(
            texts([created("i")]),
            ["Normal Created i Container created"]
        );
        let started = Event::Started {
            container: "a".to_owned(),
            attempt: 0,
            at: NOW,
            user: None,
        };
        assert_eq!(
            texts(happened(&pod, &started)),
            ["Normal Started a Container started"]
        );
    }

    #[test]
    fn what_is_told_of_another_sandbox() {
        let pod = pod();
        let mut state = PodState::new(&pod, NOW);
        assert_eq!(begun(&state, &Action::MakeSandbox), None, "it is the first");
        if let Some(it) = state.containers.get_mut("i") {
            it.next_run();
        }
        state.take(&pod, Event::SandboxLost, NOW);
        assert_eq!(
            texts(begun(&state, &Action::MakeSandbox)),
            ["Normal SandboxChanged  Pod sandbox changed, it will be killed and re-created."]
        );
    }

    #[test]
    fn what_is_told_of_ends() {
        let mut pod = pod();
        let mut state = PodState::new(&pod, NOW);
        let running = |state: &mut PodState| {
            if let Some(it) = state.containers.get_mut("a") {
                it.next_run();
                it.run = crate::state::Run::Running { since: NOW };
            }
        };
        running(&mut state);
        let stop = Action::Stop {
            container: "a".to_owned(),
            grace_seconds: 30,
        };
        assert_eq!(
            texts(begun(&state, &stop)),
            ["Normal Killing a Stopping container a"]
        );
        crate::plan::begin(&mut state, &stop);
        assert!(begun(&state, &stop).is_none(), "it was said before");
        let killing = |by| {
            let container = "a".to_owned();
            texts(happened(&pod, &Event::Condemned { container, by }))
        };
        assert_eq!(
            killing(Condemns::StartupProbe),
            ["Normal Killing a Container a failed startup probe, will be restarted"]
        );
        assert_eq!(
            killing(Condemns::LivenessProbe),
            ["Normal Killing a Container a failed liveness probe, will be restarted"]
        );
        // The first end is followed at once, the second is not.
        let end = |state: &mut PodState| {
            if let Some(it) = state.containers.get_mut("a") {
                it.end(1, false, NOW, String::new());
            }
        };
        end(&mut state);
        assert_eq!(paused(&pod, &state, "a", NOW), None);
        running(&mut state);
        end(&mut state);
        assert_eq!(
            texts(paused(&pod, &state, "a", NOW)),
            ["Warning BackOff a Back-off restarting failed container a in pod p_n(u)"]
        );
        pod.metadata.deletion_timestamp = Some("2026-01-01T00:00:00Z".to_owned());
        assert_eq!(
            paused(&pod, &state, "a", NOW),
            None,
            "it is not begun again"
        );
    }

    #[test]
    fn events_name_the_part_of_the_pod() {
        let pod = pod();
        assert_eq!(pod.path_of("a"), "spec.containers{a}");
        assert_eq!(pod.path_of("i"), "spec.initContainers{i}");
    }
}
