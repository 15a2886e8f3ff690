//! The machines plane: what is said of volumes and of instances goes to those who keep them.

use std::{io, path::PathBuf};

use tokio::{sync::mpsc, task::spawn_blocking};
use wharf_container::runtime::shims_group;
use wharf_link::Delivery;
use wharf_network::Network;
use wharf_sealed_file::Program;

use crate::{
    config::NodeConfig,
    file_systems::{self, FileSystems, Mounts},
    volumes::{self, Volumes},
};

/// `None` where this machine cannot keep any.
pub async fn volumes(config: &NodeConfig) -> Option<Volumes> {
    let folder = config.data_dir.join("ebs-probe");
    let probed = spawn_blocking(move || volumes::probe(&folder)).await;
    match probed.map_err(io::Error::other).flatten() {
        Ok(()) => {
            let program = Program {
                path: config.shim.clone(),
                group: Some(shims_group(&config.installation)),
            };
            Some(Volumes::new(&config.data_dir).opened_by(program))
        }
        Err(error) => {
            tracing::warn!(%error, "this machine keeps no EBS volumes");
            None
        }
    }
}

/// Those whose files lie here; `None` where this machine cannot keep any. `makes_disks`: they have disks of their own.
pub async fn file_systems(
    config: &NodeConfig,
    run: PathBuf,
    network: &Network,
    makes_disks: bool,
) -> Option<FileSystems> {
    let folder = config.data_dir.join(file_systems::FOLDER);
    let probed = spawn_blocking(move || match makes_disks {
        true => Ok(()),
        false => file_systems::keeps(&folder),
    });
    match probed.await.map_err(io::Error::other).flatten() {
        Ok(()) => Some(FileSystems::new(file_systems::Parts {
            node: config.data_dir.clone(),
            run,
            program: wharf_file_server::Program {
                path: config.shim.clone(),
                group: Some(shims_group(&config.installation)),
            },
            sealer: Program {
                path: config.shim.clone(),
                group: Some(shims_group(&config.installation)),
            },
            makes_disks,
            network: network.clone(),
            opening: Default::default(),
        })),
        Err(error) => {
            tracing::warn!(%error, "this machine keeps no file systems: its disk has no file handles");
            None
        }
    }
}

/// What tasks here mount file systems by; `None` where nothing can be mounted so.
pub fn mounts(config: &NodeConfig) -> Option<Mounts> {
    let program = wharf_shared_files::Program {
        path: config.shim.clone(),
        group: Some(shims_group(&config.installation)),
    };
    file_systems::can_mount().then(|| Mounts::new(&config.data_dir, program))
}

/// Until nothing more is delivered, or nobody takes what is.
pub async fn share(
    mut deliveries: mpsc::Receiver<Delivery>,
    volumes: Option<Volumes>,
    file_systems: Option<FileSystems>,
    instances: Option<mpsc::Sender<Delivery>>,
) {
    while let Some(delivery) = deliveries.recv().await {
        if let Some(volumes) = &volumes {
            volumes.take(&delivery.host, &delivery.update);
        }
        if let Some(file_systems) = &file_systems {
            file_systems.take(&delivery.host, &delivery.update);
        }
        match &instances {
            None => delivery.applied(),
            Some(instances) => {
                if instances.send(delivery).await.is_err() {
                    return;
                }
            }
        }
    }
}
