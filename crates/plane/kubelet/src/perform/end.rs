//! Containers are stopped, and what each leaves about its end is told.

use std::{fs, io, path::Path, sync::Arc, time::Duration};

use tokio::{
    sync::mpsc,
    time::{Instant, sleep, timeout},
};
use wharf_base::{Chain, Timestamp};
use wharf_container::{runtime::ExitRecord, spec::parse_signal};
use wharf_kube_client::{Ref, kind};

use super::{folder, hooks};
use crate::{
    machine::{Seen, of_run, run_name},
    pod::{Container, Pod},
    state::{Event, PodState},
    worker::Context,
};

/// SIGTERM, where the image names no other.
const DEFAULT_STOP_SIGNAL: i32 = 15;
/// Of what a container leaves about its end.
const MOST_MESSAGE: usize = 4096;
/// Lines of the log that stand for it, where the container wants that.
const MESSAGE_LINES: usize = 80;

pub(super) async fn stop(
    context: &Arc<Context>,
    pod: &Pod,
    state: &PodState,
    container: String,
    grace_seconds: u64,
) -> Vec<Event> {
    let (Some(of), Some(known)) = (pod.container(&container), state.container(&container)) else {
        return Vec::new();
    };
    let attempt = known.attempt;
    let Some(run) = run_name(&container, attempt) else {
        return Vec::new();
    };
    let began = Instant::now();
    let grace = Duration::from_secs(grace_seconds);
    let hook = of.lifecycle.as_ref().and_then(|it| it.pre_stop.as_ref());
    if let Some(hook) = hook.filter(|_| grace_seconds > 0) {
        let done = timeout(
            grace,
            hooks::run(context, pod, of, attempt, hook, state.ip, grace),
        )
        .await;
        if let Ok(Err(error)) = done {
            if let Some(object) = context.node.pod_of(&context.sandbox) {
                let about = Ref::of(&kind::POD, &object).part(pod.path_of(&container));
                let recorder = &context.node.recorder;
                recorder.warning(about, "FailedPreStopHook", "PreStopHook failed");
            }
            tracing::info!(
                pod = pod.full_name(),
                container,
                error = %Chain(&error),
                "a preStop hook failed"
            );
        }
    }
    // As upstream: never less than two seconds after a hook.
    let least = Duration::from_secs(if hook.is_some() { 2 } else { 0 });
    let left = grace.saturating_sub(began.elapsed()).max(least);
    let image = context.images.lock().get(&container).cloned();
    let own = of.lifecycle.as_ref().and_then(|it| it.stop_signal.clone());
    let signal = own
        .or_else(|| image?.config().stop_signal.clone())
        .and_then(|it| parse_signal(&it).ok())
        .unwrap_or(DEFAULT_STOP_SIGNAL);
    match context
        .node
        .machine
        .stop(&context.sandbox, &run, signal, left)
        .await
    {
        Ok(exit) => vec![ended(context, of, run.as_str(), attempt, exit)],
        Err(error) => {
            tracing::warn!(
                pod = pod.full_name(),
                container,
                error = %Chain(&error),
                "failed to stop a container; will retry"
            );
            sleep(Duration::from_secs(1)).await;
            vec![Event::NotStopped { container }]
        }
    }
}

/// Tells of the ends of containers, with what each left about its own.
pub async fn follow(context: Arc<Context>, tell: mpsc::Sender<Event>) {
    let mut seen = context.node.machine.follow(&context.sandbox).await;
    while let Some(next) = seen.recv().await {
        let event = match next {
            Seen::Gone => Event::SandboxLost,
            Seen::Exited(name, exit) => {
                let Some((container, attempt)) = of_run(&name) else {
                    continue;
                };
                // It may have been added since.
                let pod = context.pod.lock().clone();
                let Some(of) = pod.container(container) else {
                    continue;
                };
                ended(&context, of, name.as_str(), attempt, exit)
            }
        };
        if tell.send(event).await.is_err() {
            return;
        }
    }
}

fn ended(context: &Context, of: &Container, run: &str, attempt: u32, exit: ExitRecord) -> Event {
    Event::Ended {
        container: of.name.clone(),
        attempt,
        code: exit.code,
        oom: exit.oom,
        at: Timestamp::from_millis(exit.at),
        message: last_words(context, of, run, exit.code),
    }
}

fn last_words(context: &Context, of: &Container, run: &str, code: i32) -> String {
    let path = folder(context).join("ends").join(run);
    let text = read_end(&path, MOST_MESSAGE).unwrap_or_default();
    let by_log = of.termination_message_policy.as_deref() == Some("FallbackToLogsOnError");
    if !text.is_empty() || !by_log || code == 0 {
        return text;
    }
    let name = wharf_container::spec::ContainerName::try_from(run.to_owned());
    let reader = name
        .ok()
        .and_then(|it| context.node.machine.logs(&context.sandbox, &it).ok());
    let Some(mut reader) = reader else {
        return text;
    };
    let mut lines = std::collections::VecDeque::new();
    while let Ok(batch) = reader.read_now(1000) {
        if batch.records.is_empty() {
            break;
        }
        for record in batch.records {
            if lines.len() == MESSAGE_LINES {
                lines.pop_front();
            }
            lines.push_back(String::from_utf8_lossy(&record.line).into_owned());
        }
    }
    let all = Vec::from(lines).join("\n");
    let mut start = all.len().saturating_sub(MOST_MESSAGE / 2);
    while !all.is_char_boundary(start) {
        start += 1;
    }
    all[start..].to_owned()
}

/// The last bytes of a file that a container wrote: its path is the node's own.
fn read_end(path: &Path, most: usize) -> io::Result<String> {
    use std::io::{Read as _, Seek as _};
    let mut file = fs::File::open(path)?;
    let length = file.metadata()?.len();
    let most = u64::try_from(most).unwrap_or(u64::MAX);
    file.seek(io::SeekFrom::Start(length.saturating_sub(most)))?;
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
