//! File systems of EFS behind the claims of a pod: mounted in its sandbox by the node itself, which is nothing to anybody else.

use std::{path::Path, time::Duration};

use tokio::time::timeout;
use wharf_kube_client::Kind;
use wharf_kube_model::file_volume::{EFS, FileVolume};

use crate::worker::Context;

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
) -> Result<(), String> {
    let (machine, sandbox) = (&context.node.machine, context.sandbox.as_str());
    if machine.has_mount(sandbox, place) {
        return Ok(());
    }
    let failed = |why: &str| format!("MountVolume.SetUp failed for volume \"{volume}\" : {why}");
    check_driver(context).await.map_err(|why| failed(&why))?;
    let work = machine.mount_files(sandbox, volume, files, place);
    let mounted = timeout(PATIENCE, work).await;
    let mounted = mounted.unwrap_or_else(|_| Err("the machine did not answer".to_owned()));
    mounted.map_err(|why| {
        failed(&format!(
            "Could not mount \"{}:{}\": {why}",
            files.file_system, files.root
        ))
    })
}

/// The cluster may go without the driver.
async fn check_driver(context: &Context) -> Result<(), String> {
    match context.node.client.get(&DRIVER, "", EFS).await {
        Ok(_) => Ok(()),
        Err(error) if error.is_not_found() => Err(format!(
            "kubernetes.io/csi: mounter.SetUpAt failed to get CSI client: driver name {EFS} not found in the list of registered CSI drivers"
        )),
        Err(error) => Err(error.to_string()),
    }
}
