//! EC2 instances, where the operator lets this machine keep any and it can.

use std::{collections::BTreeSet, net::SocketAddr, path::PathBuf, sync::Arc};

use async_trait::async_trait;
use wharf_base::Chain;
use wharf_instance_init::ClusterNode;
use wharf_network::Network;
use wharf_planeproto::machine::Instance;

use super::endpoints::{AWS_PORT, IN_TASK};
use crate::{
    client::Api,
    config::NodeConfig,
    instances::{
        DiskSnapshots, InstanceImages, Instances, Joins, JoinsError, Known, NoImages, Settings,
        Wish, keeps_any, metadata::Credentials,
    },
    kubernetes::{Kubelets, NoKubelets},
    machine::{DisksInUse, ImageSource},
    nodes::{InstanceNode, NoCredentials, Nodes, Noticed, RoleCredentials, SessionCredentials},
    volumes::{Roots, Volumes},
};

/// The program of instances, where any are offered or kept.
pub fn program(config: &NodeConfig) -> Option<PathBuf> {
    let program = config.instances.clone()?;
    let wanted = config.offers_instances || keeps_any(&config.data_dir);
    wanted.then_some(program)
}

/// `None` where none are offered or kept.
pub async fn open(
    config: &NodeConfig,
    network: Network,
    images: Arc<dyn ImageSource>,
    disks: DisksInUse,
    volumes: Option<&Volumes>,
    api: &Api,
) -> Option<Instances> {
    if config.emulator.is_some() && !config.offers_instances {
        tracing::warn!("--vm runs no new virtual machines: this node takes no EC2 instances");
    }
    let program = program(config)?;
    let settings = Settings {
        node: config.data_dir.clone(),
        counts: config.counts.clone(),
        installation: config.installation.clone(),
        shim: config.shim.clone(),
        program,
        pids: config.task_pids,
        endpoint: format!("{IN_TASK}:{AWS_PORT}"),
        disks,
        guests: volumes.map(|it| it.guests().clone()),
        emulator: (config.emulator.clone()).map(|it| (it, config.acceleration)),
        snapshots: volumes.map(|it| {
            let (volumes, api) = (it.clone(), api.clone());
            Arc::new(Roots { volumes, api }) as Arc<dyn DiskSnapshots>
        }),
    };
    let images = images.of_instances();
    let images = images.unwrap_or_else(|| Arc::new(NoImages) as Arc<dyn InstanceImages>);
    match Instances::open(settings, network, images).await {
        Ok(instances) => Some(instances),
        Err(error) => {
            tracing::warn!(error = %Chain(&error), "this machine offers no EC2 instances");
            None
        }
    }
}

/// The nodes of instances, with the credentials of their roles.
pub struct NodesOfInstances {
    pub nodes: Nodes,
    pub credentials: Arc<Credentials>,
    /// The instances, as they are told of.
    pub known: Known,
    /// Why this machine has no nodes of Kubernetes, if it has none.
    pub kubelets: Result<Kubelets, Arc<NoKubelets>>,
}

impl NodesOfInstances {
    fn noticed(&self, instance: &str) -> Noticed {
        let (known, id) = (self.known.clone(), instance.to_owned());
        Arc::new(move || {
            let it = known.get(&id);
            it.is_some_and(|it| {
                it.metadata
                    .spot
                    .as_ref()
                    .is_some_and(|it| it.notice.is_some())
            })
        })
    }

    fn credentials_of(&self, instance: &str) -> Arc<dyn RoleCredentials> {
        Arc::new(OfInstance {
            id: instance.to_owned(),
            credentials: self.credentials.clone(),
        })
    }
}

#[async_trait]
impl Joins for NodesOfInstances {
    async fn start(&self, it: &Instance, wish: Wish) -> Result<(), JoinsError> {
        let node = InstanceNode {
            instance: it.id.clone(),
            instance_type: it.instance_type.clone(),
            image: it.metadata.image_id.clone(),
            region: it.region.clone(),
            zone: it.zone.clone(),
            vpc: it.interface.vpc.clone(),
            subnet: it.interface.subnet.clone(),
            cluster: wish.cluster,
            cpu_units: it.cpu,
            cpu_guaranteed: it.cpu_guaranteed.unwrap_or(it.cpu),
            memory_mib: it.memory_mib,
            attributes: wish.attributes,
            credentials: self.credentials_of(&it.id),
            drains: wish.drains.then(|| self.noticed(&it.id)),
        };
        Ok(self.nodes.start(node).await?)
    }

    async fn start_kubelet(
        &self,
        it: &Instance,
        wish: &ClusterNode,
        first_process: i32,
    ) -> Result<SocketAddr, JoinsError> {
        let kubelets = self.kubelets.as_ref().map_err(Clone::clone)?;
        let credentials = self.credentials_of(&it.id);
        let started = kubelets.start(it, wish, first_process, credentials);
        Ok(started.await?)
    }

    async fn leave_kubernetes(&self, instance: &str) -> Result<(), JoinsError> {
        match &self.kubelets {
            Ok(kubelets) => Ok(kubelets.stop(instance).await?),
            Err(_) => Ok(()),
        }
    }

    async fn leave_ecs(&self, instance: &str) -> Result<(), JoinsError> {
        Ok(self.nodes.stop(instance, true).await?)
    }

    async fn stop(&self, instance: &str) -> Result<(), JoinsError> {
        self.leave_kubernetes(instance).await?;
        self.leave_ecs(instance).await
    }

    async fn forget(&self, instance: &str) -> Result<(), JoinsError> {
        if let Ok(kubelets) = &self.kubelets {
            kubelets.forget(instance).await?;
        }
        self.credentials.forget(instance);
        Ok(self.nodes.forget(instance).await?)
    }

    fn known(&self) -> BTreeSet<String> {
        self.nodes.known()
    }
}

/// The role of one instance.
struct OfInstance {
    id: String,
    credentials: Arc<Credentials>,
}

#[async_trait]
impl RoleCredentials for OfInstance {
    async fn current(&self) -> Result<SessionCredentials, NoCredentials> {
        let session = self.credentials.of(&self.id).await;
        let session = session.map_err(|error| NoCredentials(error.to_string()))?;
        Ok(SessionCredentials {
            access_key_id: session.access_key_id,
            secret_access_key: session.secret_access_key,
            session_token: session.session_token,
            expires_at: session.expires_at,
        })
    }
}
