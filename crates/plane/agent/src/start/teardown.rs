//! Taking everything off the host.

use std::{io, path::Path};

use wharf_base::InstallationId;
use wharf_container::{
    image::unmount_all,
    runtime::{Runtime, RuntimeError, RuntimeOptions},
};
use wharf_network::{Network, NetworkConfig};

use super::{failed, run_folder};
use crate::{file_systems, instances, machine, node::NodeError, volumes};

/// Ends every task of the installation and takes its networks, mounts, cgroups and rules off the
/// host. What is stored stays, disks of instances among it. For `wharf down`, while no node runs; fine if nothing is there.
///
/// # Errors
/// Something could not be removed; everything else was tried nevertheless.
pub async fn teardown(
    data_dir: &Path,
    installation: InstallationId,
    shim: &Path,
) -> Result<(), NodeError> {
    let options = |dir, run| RuntimeOptions {
        dir,
        installation: installation.clone(),
        shim: shim.to_owned(),
        kept_cores: 0,
        run,
    };
    // Processes first: a namespace lives as long as anybody is in it.
    let containers = end_all(options(
        machine::runtime_dir(data_dir),
        Some(run_folder(&installation)),
    ))
    .await;
    let instances = match instances::runtime_dir(data_dir) {
        // Made by the first agent that offered any.
        dir if !dir.exists() => Ok(()),
        dir => end_all(options(dir, None)).await,
    };
    let instances = instances.map_err(failed("the instances"));
    let shut = instances::shut_all(data_dir);
    let layers = unmount_all(&data_dir.join("images"));
    let devices = volumes::let_go_all(data_dir);
    let ended = file_systems::end_all(&run_folder(&installation));
    // Keys and what is in the clear go, whoever does not end.
    let served = ended.and(file_systems::shut_all(data_dir));
    let config = NetworkConfig::new(installation.clone(), data_dir.join("network"));
    let network = Network::teardown(&config).await;
    let disks = match std::fs::remove_dir_all(data_dir.join("disks")) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    };
    containers.map_err(failed("the containers"))?;
    layers.map_err(failed("the layers that were read on demand"))?;
    instances?;
    shut.map_err(failed("disks of instances"))?;
    devices.map_err(failed("devices of volumes"))?;
    served.map_err(failed("file systems"))?;
    disks.map_err(failed("disks made ahead"))?;
    network.map_err(failed("the networks"))
}

async fn end_all(options: RuntimeOptions) -> Result<(), RuntimeError> {
    Runtime::open(options).await?.teardown_all().await
}
