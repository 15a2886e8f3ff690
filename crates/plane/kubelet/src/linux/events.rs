//! What becomes of a sandbox, as its shim tells and as is found once that is gone.

use std::time::Duration;

use tokio::{sync::mpsc, time::sleep};
use wharf_base::{Backoff, Chain};
use wharf_container::runtime::{Event, Recovered, RecoveredState, Runtime, TaskHandle};

use crate::machine::Seen;

/// Between looks at a sandbox whose shim does not answer, or of which something cannot be ended.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
const LONGEST_LOOK_AGAIN: Duration = Duration::from_secs(10);

/// Until the sandbox is gone, or nobody listens. What a shim that died leaves behind is ended before it is said to be gone: of a pod that
/// is to run once nothing else would end it.
pub(super) async fn tell_all(
    runtime: &Runtime,
    id: &str,
    mut handle: Option<TaskHandle>,
    tell: &mpsc::Sender<Seen>,
) {
    let mut pause = Backoff::steady(LOOK_AGAIN, LONGEST_LOOK_AGAIN);
    loop {
        if let Some(handle) = handle.take() {
            tell_events(&handle, tell).await;
        }
        // Who removes a sandbox listens no more.
        if tell.is_closed() {
            return;
        }
        match runtime.recover_task(id).await {
            Ok(Some(Recovered {
                state: RecoveredState::Alive(again),
                ..
            })) => handle = Some(again),
            Ok(left) => {
                // What it wrote down and told nobody.
                for (name, status) in left.into_iter().flat_map(|it| it.containers) {
                    if let Some(exit) = status.exit
                        && tell.send(Seen::Exited(name, exit)).await.is_err()
                    {
                        return;
                    }
                }
                let _ = tell.send(Seen::Gone).await;
                return;
            }
            Err(error) => {
                tracing::error!(sandbox = id, error = %Chain(&error), "failed to end what a shim left behind; will retry");
            }
        }
        sleep(pause.wait()).await;
    }
}

/// Until the shim is gone, or nobody listens. A reader that fell behind is told all again.
async fn tell_events(handle: &TaskHandle, tell: &mpsc::Sender<Seen>) {
    loop {
        let Ok(mut events) = handle.events().await else {
            return;
        };
        while let Some(event) = events.next().await {
            if let Event::Exited { container, exit } = event
                && tell.send(Seen::Exited(container, exit)).await.is_err()
            {
                return;
            }
        }
        if tell.is_closed() {
            return;
        }
    }
}
