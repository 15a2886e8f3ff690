//! Events about a pod, for people.

use std::sync::Arc;

use serde_json::Value;
use wharf_kube_client::{Ref, kind};

use crate::{state::Event, worker::Context};

pub fn record(context: &Context, object: &Arc<Value>, event: &Event) {
    let recorder = &context.node.recorder;
    let about = || Ref::of(&kind::POD, object);
    match event {
        Event::SandboxFailed { message } if message.starts_with("MountVolume") => {
            recorder.warning(about(), "FailedMount", message);
        }
        Event::SandboxFailed { message } => {
            let text = format!("Failed to create pod sandbox: {message}");
            recorder.warning(about(), "FailedCreatePodSandBox", &text);
        }
        Event::Pulled {
            container,
            image_id,
        } => {
            let text = format!("Container image of \"{container}\" is here: {image_id}");
            recorder.normal(about(), "Pulled", &text);
        }
        Event::NotPulled { message, .. } => recorder.warning(about(), "Failed", message),
        Event::Started { container, .. } => {
            recorder.normal(
                about(),
                "Started",
                &format!("Container started: {container}"),
            );
        }
        Event::NotStarted { message, .. } => {
            recorder.warning(about(), "Failed", &format!("Error: {message}"));
        }
        Event::Condemned { container } => {
            let text = format!("Container {container} failed liveness probe, will be restarted");
            recorder.normal(about(), "Killing", &text);
        }
        Event::Evicted { message, .. } => recorder.warning(about(), "Evicted", message),
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
        | Event::StartupPassed { .. } => {}
    }
}
