//! What volumes of a pod hold is written, and written anew when it changes.

use std::{path::PathBuf, sync::Arc, time::Duration};

use tokio::time::{sleep, timeout};
use wharf_base::{Chain, Timestamp};

use super::{MACHINE_PATIENCE, WRITE_AGAIN, facts, folder};
use crate::{
    disks, empty_dir, host_paths, machine::MachineError, not_mounted::NotMounted, pod::Pod, spec,
    volume_files, worker::Context,
};

/// As upstream calls it.
const SET_UP: &str = "MountVolume.SetUp";

/// What is mounted in the sandbox itself; what is there stays.
pub(super) async fn mount_volumes(context: &Arc<Context>, pod: &Pod) -> Result<(), NotMounted> {
    disks::mount(context, pod, &volumes_of(context)).await?;
    for (name, path) in host_paths::of(pod) {
        let place = volumes_of(context).join(name);
        let machine = &context.node.machine;
        let work = machine.mount_host_path(&context.sandbox, path, &place);
        let mounted = timeout(MACHINE_PATIENCE, work).await;
        let mounted = mounted.unwrap_or(Err(MachineError::NoAnswer));
        mounted.map_err(|why| NotMounted::step(SET_UP, name, why))?;
    }
    Ok(())
}

pub(super) fn volumes_of(context: &Context) -> PathBuf {
    folder(context).join("volumes")
}

/// Brings the folders of a pod's volumes to what they are to hold; when a token in them is to be renewed.
pub(super) async fn write_volumes(
    context: &Arc<Context>,
    pod: &Pod,
) -> Result<Option<Timestamp>, NotMounted> {
    context.followed.read().await?;
    let node = &context.node;
    let mut tokens = context.tokens.lock().await;
    let now = node.clock.now();
    let renewed = tokens.renew(&node.client, pod, now, WRITE_AGAIN).await;
    let renew_at = renewed.map_err(NotMounted::Token)?;
    let facts = facts(context, pod, None);
    let mut all = Vec::new();
    // A path of the node is mounted over a folder or a file, as it is one.
    let volumes = pod.spec.volumes.iter();
    for volume in volumes.filter(|it| it.host_path.is_none()) {
        let files = volume_files::files(pod, volume, &context.followed, &*tokens, &facts);
        let failed = |why| NotMounted::step(SET_UP, &volume.name, why);
        let empty = empty_dir::wish(pod, volume.empty_dir.as_ref(), node.allocatable.1);
        all.push((
            volume.name.clone(),
            files.transpose().map_err(failed)?,
            empty,
        ));
    }
    drop(tokens);
    wharf_durable::private_folder(folder(context))?;
    let dir = volumes_of(context);
    let group = pod.spec.security_context.fs_group;
    let version = format!("{:x}", node.clock.now().millis());
    let write = move || -> Result<(), NotMounted> {
        for (name, files, empty) in all {
            let place = dir.join(&name);
            let written = match files {
                Some(files) => volume_files::write(&place, &files, group, &version).map(|_| ()),
                None => empty_dir::make(&place, &empty),
            };
            written.map_err(|why| NotMounted::step(SET_UP, &name, why))?;
        }
        Ok(())
    };
    tokio::task::spawn_blocking(write).await??;
    Ok(renew_at)
}

/// How often the time of a token is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Writes volumes anew whenever something they are made of changed, or a token is old.
pub async fn keep_volumes(context: Arc<Context>) {
    let pod = || context.pod.lock().clone();
    let kept = pod().spec.volumes.iter().any(spec::is_written_by_node);
    if !kept {
        return;
    }
    let clock = context.node.clock.clone();
    // The tokens that the sandbox was made with, if this process made it.
    let mut renew_at = Some(clock.now());
    loop {
        // The machine may be asleep in between, which no sleep of ours counts.
        let is_due = async {
            while renew_at.is_none_or(|at| clock.now() < at) {
                let left = renew_at.map_or(LOOK_EVERY, |at| at.since(clock.now()));
                sleep(left.min(LOOK_EVERY)).await;
            }
        };
        tokio::select! {
            () = context.changed.notified() => {}
            () = is_due => {}
        }
        let pod = pod();
        renew_at = match write_volumes(&context, &pod).await {
            Ok(at) => at,
            Err(error) => {
                tracing::warn!(
                    pod = pod.full_name(),
                    error = %Chain(&error),
                    "failed to update the volumes of a pod; will retry"
                );
                Some(clock.now() + WRITE_AGAIN)
            }
        };
    }
}
