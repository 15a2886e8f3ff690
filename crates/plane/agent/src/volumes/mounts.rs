//! Answers instances that mount what lies on their volumes: a task each, for as long as the instance runs.
//!
//! Calls wait while no agent is there. One that an agent heard of and was killed over is begun anew by the next. Those
//! that mount volumes wait for each other, and no other call waits for them: a check counts as its instance's and takes
//! as long as that lets it.

use std::{collections::BTreeMap, io, path::Path, sync::Arc, time::Duration};

use tokio::{
    io::{Interest, unix::AsyncFd},
    sync::mpsc,
    task::spawn_blocking,
    time::sleep,
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};
use wharf_base::Backoff;
use wharf_container::runtime::{MountCall, MountCalls, Mountable, TaskHandle};

use super::{Volumes, devices::is_of, format, pause};
use crate::instances::{container, is_guest};

/// Calls of one instance that wait for a check. With more, all of its calls do.
const WAITING: usize = 64;
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// The volumes that one instance has.
struct Given {
    volumes: Volumes,
    instance: String,
    handle: TaskHandle,
}

impl Mountable for Given {
    fn is_given(&self, device: u32) -> bool {
        let told = self.volumes.told();
        is_of(self.volumes.files.dir(), &told, &self.instance, device)
    }

    fn check(&self, device: &Path) -> io::Result<()> {
        let of_instance = |process| {
            let moved = self.handle.take_in(&container(), process);
            moved.map_err(io::Error::other)
        };
        format::check(device, of_instance)
    }
}

impl Volumes {
    /// Answers all instances that run until `shutdown`. Until it is told which volume is whose, calls wait.
    pub(super) async fn answer_mounts(self, shutdown: CancellationToken) {
        let mut news = self.told.subscribe();
        tokio::select! {
            () = shutdown.cancelled() => return,
            told = news.wait_for(Option::is_some) => if told.is_err() { return },
        }
        let mut changes = self.guests().changes();
        let mut answered: BTreeMap<String, AbortOnDropHandle<()>> = BTreeMap::new();
        loop {
            let running = self.guests().running().unwrap_or_default();
            answered.retain(|id, it| running.contains_key(id) && !it.is_finished());
            for (id, handle) in running {
                let given = Given {
                    volumes: self.clone(),
                    instance: id.clone(),
                    handle,
                };
                answered
                    .entry(id)
                    .or_insert_with(|| AbortOnDropHandle::new(tokio::spawn(answer(given))));
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = changes.next() => {}
            }
        }
    }
}

/// Until the instance ends. The end at which the kernel asks is the instance's own, so whatever fails here begins anew,
/// also after an agent that was killed.
async fn answer(given: Given) {
    let given = Arc::new(given);
    if let Ok(Some(switch)) = given.handle.pause_switch(&container()) {
        pause::go_on(&given.instance, &switch);
    }
    // What a virtual machine mounts, its own kernel does.
    if is_guest(&given.handle) {
        return std::future::pending().await;
    }
    insist(&given.instance, || answer_until_its_end(given.clone())).await;
}

/// Calls it again, after pauses that grow, until it ends well or there is nobody left to answer.
async fn insist<T: Future<Output = io::Result<()>>>(instance: &str, mut once: impl FnMut() -> T) {
    let mut pauses = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE, 2.0);
    while let Err(error) = once().await {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return;
        }
        tracing::error!(instance, %error, "failed to answer an instance that mounts its volumes; will retry");
        sleep(pauses.wait()).await;
    }
}

async fn answer_until_its_end(given: Arc<Given>) -> io::Result<()> {
    let handle = &given.handle;
    let status = handle.status().await.map_err(io::Error::other)?;
    let first = status.containers.get(&container()).map_or(0, |it| it.pid);
    if first <= 0 {
        return Ok(());
    }
    let Some(calls) = wait_for(first).await? else {
        return Ok(());
    };
    // SAFETY: it owns its descriptor, and gives out the same one for as long as it lives.
    let calls = unsafe { AsyncFd::register_with_interest(Arc::new(calls), Interest::READABLE) }?;
    let processes = handle.processes(&container()).unwrap_or_default();
    spawn_blocking(move || MountCalls::begin_anew(&processes))
        .await
        .map_err(io::Error::other)?;
    let (later, waiting) = mpsc::channel(WAITING);
    let (hearing, mounting) = (hear(&calls, later), mount(&calls, waiting, &given));
    tokio::try_join!(hearing, mounting).map(drop)
}

async fn hear(calls: &AsyncFd<Arc<MountCalls>>, later: mpsc::Sender<MountCall>) -> io::Result<()> {
    loop {
        let mut ready = calls.readable().await?;
        loop {
            let calls = calls.get_ref().clone();
            let heard = spawn_blocking(move || calls.next_call()).await;
            let Some(call) = heard.map_err(io::Error::other)?? else {
                break;
            };
            later.send(call).await.map_err(io::Error::other)?;
        }
        ready.clear_ready();
    }
}

async fn mount(
    calls: &AsyncFd<Arc<MountCalls>>,
    mut waiting: mpsc::Receiver<MountCall>,
    given: &Arc<Given>,
) -> io::Result<()> {
    while let Some(call) = waiting.recv().await {
        let (calls, given) = (calls.get_ref().clone(), given.clone());
        let answered = spawn_blocking(move || calls.answer(&call, given.as_ref()));
        answered.await.map_err(io::Error::other)??;
    }
    Ok(())
}

/// The first process puts the filter there a moment after it began; one that an older program booted never does.
async fn wait_for(first: i32) -> io::Result<Option<MountCalls>> {
    const PATIENCE: u32 = 600;
    const LOOK: Duration = Duration::from_millis(100);
    for _ in 0..PATIENCE {
        match MountCalls::of(first, wharf_instance_init::LISTENER)? {
            Some(calls) => return Ok(Some(calls)),
            None => sleep(LOOK).await,
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, io::ErrorKind};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_fails_begins_anew_until_nobody_is_left() {
        for (ends, times) in [
            (
                &[Some(ErrorKind::Other), Some(ErrorKind::Interrupted), None][..],
                3,
            ),
            (
                &[Some(ErrorKind::Other), Some(ErrorKind::BrokenPipe), None],
                2,
            ),
            (&[None], 1),
        ] {
            let calls = Cell::new(0);
            insist("i-1", || async {
                calls.set(calls.get() + 1);
                ends[calls.get() - 1].map_or(Ok(()), |kind| Err(kind.into()))
            })
            .await;
            assert_eq!(calls.get(), times);
        }
    }
}
