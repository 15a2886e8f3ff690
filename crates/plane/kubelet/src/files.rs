//! File systems of EFS behind the claims of a pod: mounted in its sandbox by the node itself, which is nothing to anybody else.

use std::{path::Path, time::Duration};

use tokio::time::timeout;
use wharf_kube_client::Kind;
use wharf_kube_model::file_volume::{EFS, FileVolume};

use crate::{
    machine::MachineError,
    not_mounted::{NotMounted, Why},
    worker::Context,
};

const DRIVER: Kind = Kind::known("storage.k8s.io", "v1", "CSIDriver", "csidrivers", false);
/// To ask, and to reach the server.
const PATIENCE: Duration = Duration::from_secs(2 * 60);

/// Mounts one at `place`; what is mounted there stays. Its groups are its server's matter: without an `fsType`, which is refused, `fsGroup`
/// says nothing of it.
pub async fn mount(
    context: &Context,
    volume: &str,
    files: &FileVolume,
    place: &Path,
) -> Result<(), NotMounted> {
    let (machine, sandbox) = (&context.node.machine, context.sandbox.as_str());
    if machine.has_mount(sandbox, place) {
        return Ok(());
    }
    let failed = |why: Why| NotMounted::step("MountVolume.SetUp", volume, why);
    check_driver(context).await.map_err(failed)?;
    let work = machine.mount_files(sandbox, volume, files, place);
    let mounted = timeout(PATIENCE, work).await;
    let mounted = mounted.unwrap_or(Err(MachineError::NoAnswer));
    let mounted = mounted.map_err(|why| Why::FileSystem {
        file_system: files.file_system.clone(),
        root: files.root.clone(),
        source: Box::new(why),
    });
    mounted.map_err(failed)
}

/// The cluster may go without the driver.
async fn check_driver(context: &Context) -> Result<(), Why> {
    match context.node.client.get(&DRIVER, "", EFS).await {
        Ok(_) => Ok(()),
        Err(error) if error.is_not_found() => Err(Why::NoDriver),
        Err(error) => Err(error.into()),
    }
}
