//! Tasks whose images are read on demand: they are stopped when a layer turns out to be wrong, and lend their login to layers
//! that nobody has one for, after a start of the agent or when the former expired.

use std::{sync::Arc, time::Duration};

use tokio::{sync::broadcast::error::RecvError, time::sleep};
use wharf_base::Backoff;
use wharf_container::image::{OnDemandEvent, OnDemandUser};

use super::Shared;
use crate::engine::Event;

const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// How often a task's login is tried: for an hour or so. Its reads fail long before.
const TRIES: u32 = 60;

/// Until the agent ends; after tasks of an earlier one were found again.
pub(super) fn tend(shared: &Arc<Shared>) {
    let Some((waiting, mut events)) = shared.images.on_demand_events() else {
        return;
    };
    for user in waiting {
        lend(shared, user);
    }
    let (of, shutdown) = (shared.clone(), shared.shutdown.clone());
    shared.running.spawn(async move {
        loop {
            let event = tokio::select! {
                event = events.recv() => event,
                () = shutdown.cancelled() => return,
            };
            match event {
                Ok(OnDemandEvent::Broken { users, reason }) => {
                    for user in users.iter().filter(|user| is_own(&of, user)) {
                        let broken = Event::Broken {
                            digest: user.image.to_string(),
                            reason: reason.clone(),
                        };
                        of.observe(&user.task_id, broken).await;
                    }
                }
                Ok(OnDemandEvent::Unattended { users }) => {
                    for user in users {
                        lend(&of, user);
                    }
                }
                Err(RecvError::Lagged(missed)) => {
                    tracing::error!(missed, "failed to hear of layers that are read on demand");
                }
                Err(RecvError::Closed) => return,
            }
        }
    });
}

fn is_own(shared: &Shared, user: &OnDemandUser) -> bool {
    let live = shared.host.live(&user.task_id);
    live.is_some_and(|live| live.group.as_deref() == shared.tenancy.group())
}

/// Has the image asked for again, as the task.
fn lend(shared: &Arc<Shared>, user: OnDemandUser) {
    if !is_own(shared, &user) {
        return;
    }
    let (shared, running) = (shared.clone(), shared.running.clone());
    running.spawn(async move {
        let shutdown = shared.shutdown.clone();
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = ask(&shared, &user) => {}
        }
    });
}

async fn ask(shared: &Shared, user: &OnDemandUser) {
    let mut pause = Backoff::new(PAUSE, LONGEST_PAUSE, 2.0);
    for _ in 0..TRIES {
        let Some(live) = shared.host.live(&user.task_id) else {
            return;
        };
        let context = &live.context;
        let mut refused = None;
        // Which of its containers has it is not known; others' repositories have no such image.
        for at in 0..context.task.containers.len() {
            match shared.images.again(context, at, &user.image).await {
                Ok(()) => return,
                Err(error) => refused = Some(error.to_string()),
            }
        }
        tracing::warn!(
            task = user.task_id,
            image = %user.image,
            error = refused,
            "failed to log in for an image that is read on demand; will retry"
        );
        sleep(pause.wait()).await;
    }
}
