//! The machines plane: what is said of volumes and of instances goes to those who keep them.

use tokio::{sync::mpsc, task::spawn_blocking};
use wharf_container::runtime::shims_group;
use wharf_link::Delivery;
use wharf_sealed_file::Program;

use crate::{
    config::NodeConfig,
    volumes::{self, Volumes},
};

/// `None` where this machine cannot keep any.
pub async fn volumes(config: &NodeConfig) -> Option<Volumes> {
    let folder = config.data_dir.join("ebs-probe");
    let probed = spawn_blocking(move || volumes::probe(&folder)).await;
    match probed.map_err(|error| error.to_string()).and_then(|it| it) {
        Ok(()) => {
            let program = Program {
                path: config.shim.clone(),
                group: Some(shims_group(&config.installation)),
            };
            Some(Volumes::new(&config.data_dir).opened_by(program))
        }
        Err(reason) => {
            tracing::warn!(reason, "this machine keeps no EBS volumes");
            None
        }
    }
}

/// Until nothing more is delivered, or nobody takes what is.
pub async fn share(
    mut deliveries: mpsc::Receiver<Delivery>,
    volumes: Option<Volumes>,
    instances: Option<mpsc::Sender<Delivery>>,
) {
    while let Some(delivery) = deliveries.recv().await {
        if let Some(volumes) = &volumes {
            volumes.take(&delivery.host, &delivery.update);
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
