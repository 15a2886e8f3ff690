//! Answers instances that mount what lies on their volumes: a task each, for as long as the instance runs.
//!
//! Calls wait while no agent is there. One that an agent heard of and was killed over is begun anew by the next. Those
//! that mount volumes wait for each other, and no other call waits for them: a check counts as its instance's and takes
//! as long as that lets it.

use std::{collections::BTreeMap, io, path::Path, sync::Arc};

use tokio::{
    io::{Interest, unix::AsyncFd},
    sync::mpsc,
    task::spawn_blocking,
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};
use wharf_container::runtime::{MountCall, MountCalls, Mountable, TaskHandle};

use super::{Volumes, devices::is_of, format};
use crate::instances::container;

/// Calls of one instance that wait for a check. With more, all of its calls do.
const WAITING: usize = 64;

/// The volumes that one instance has.
struct Given {
    volumes: Volumes,
    instance: String,
    handle: TaskHandle,
}

impl Mountable for Given {
    fn is_given(&self, device: u32) -> bool {
        let told = self.volumes.told.borrow().clone();
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
    /// Answers all instances that run until `shutdown`.
    pub(super) async fn answer_mounts(self, shutdown: CancellationToken) {
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

async fn answer(given: Given) {
    let instance = given.instance.clone();
    if let Err(error) = answer_until_its_end(given).await
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        tracing::error!(instance, %error, "failed to answer an instance that mounts its volumes");
    }
}

async fn answer_until_its_end(given: Given) -> io::Result<()> {
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
    let given = Arc::new(given);
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
    use std::time::Duration;
    const PATIENCE: u32 = 600;
    const LOOK: Duration = Duration::from_millis(100);
    for _ in 0..PATIENCE {
        match MountCalls::of(first, wharf_instance_init::LISTENER)? {
            Some(calls) => return Ok(Some(calls)),
            None => tokio::time::sleep(LOOK).await,
        }
    }
    Ok(None)
}
