//! Why a pod of a cluster is as it is, for `wharf explain`: what the scheduler says of each node, and what its node says of it. Reads.

mod ready;

use std::time::Duration;

use serde::Serialize;
use wharf_kube_auth::{UserInfo, user::MASTERS};
use wharf_kube_client::{Informers, Object, Selection, kind};
use wharf_service::Place;
use wharf_svc_eks::EksService;
use wharf_wire::{Check, Context, Fault};

pub use self::ready::ContainerExplained;
use super::{Clusters, users::SELF};
use crate::control::fault::{failed, invalid};

/// Whoever may look into a cluster's objects by way of AWS' APIs may do this on it.
const SEES_OBJECTS: &str = "eks:AccessKubernetesApi";
/// Events that are repeated.
const EVENTS: usize = 5;
/// Until what runs in this process for a cluster has read its objects.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PodExplained {
    pub namespace: String,
    pub name: String,
    pub cluster: String,
    pub phase: String,
    pub node: Option<String>,
    pub ready: bool,
    /// What it waits for, or why it is not ready.
    pub reasons: Vec<String>,
    pub containers: Vec<ContainerExplained>,
    /// Newest first.
    pub events: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeExplained {
    pub name: String,
    /// The pod is on it.
    pub here: bool,
    /// Why it takes no such pod; `None` if it could.
    pub refuses: Option<String>,
    /// It could not even if all others left it.
    pub never: bool,
}

impl Clusters {
    pub(crate) fn eks(&self) -> Result<EksService, Fault> {
        let eks = self.eks.lock().clone();
        eks.ok_or_else(|| invalid("EKS is not served any more."))
    }

    /// What IAM is asked before a pod is explained. Who names no cluster hears of all there are.
    ///
    /// # Errors
    /// The store's.
    pub async fn check_of_explained(
        &self,
        cx: &Context,
        cluster: Option<&str>,
    ) -> Result<Check, Fault> {
        let action = SEES_OBJECTS.to_owned();
        match cluster {
            Some(_) => self.eks()?.check_on_cluster(cx, action, cluster).await,
            None => Ok(Check::any(action)),
        }
    }

    /// Why a pod, `NAMESPACE/NAME`, is as it is, and what each node says to it.
    ///
    /// # Errors
    /// There is none, or its cluster does not answer.
    pub async fn explain_pod(
        &self,
        place: &Place,
        cluster: Option<&str>,
        pod: &str,
    ) -> Result<(PodExplained, Vec<NodeExplained>), Fault> {
        let (namespace, name) = pod.split_once('/').unwrap_or(("default", pod));
        let (cluster, id) = self.the_cluster(place, cluster).await?;
        let followed = self.followed(&id);
        let explained = async {
            self.of_pod(&followed?, (&cluster, &id), (namespace, name))
                .await
        };
        match tokio::time::timeout(PATIENCE, explained).await {
            Ok(Some(explained)) => explained,
            Ok(None) | Err(_) => Err(invalid(format!(
                "The cluster {cluster} does not answer yet; try again."
            ))),
        }
    }

    /// Its name and id.
    async fn the_cluster(
        &self,
        place: &Place,
        named: Option<&str>,
    ) -> Result<(String, String), Fault> {
        let mut all = self.eks()?.clusters(place).await.map_err(failed)?;
        let region = &place.region;
        if let Some(named) = named {
            let found = all.into_iter().find(|(name, _)| name == named);
            return found.ok_or_else(|| {
                invalid(format!(
                    "There is no cluster {named} of EKS in {region}: --cluster and --region name others."
                ))
            });
        }
        match (all.pop(), all.is_empty()) {
            (Some(only), true) => Ok(only),
            (Some((last, _)), false) => {
                let others = all.iter().map(|(name, _)| name.as_str());
                let names: Vec<&str> = others.chain([last.as_str()]).collect();
                Err(invalid(format!(
                    "There are several clusters of EKS in {region}; --cluster names one: {}.",
                    names.join(", ")
                )))
            }
            (None, _) => Err(invalid(format!(
                "There is no cluster of EKS in {region}; --region names another."
            ))),
        }
    }

    async fn of_pod(
        &self,
        followed: &Informers,
        (cluster, id): (&str, &str),
        (namespace, name): (&str, &str),
    ) -> Option<Result<(PodExplained, Vec<NodeExplained>), Fault>> {
        let pods = followed.of(&kind::POD);
        pods.synced().await;
        let Some(pod) = pods.get(namespace, name) else {
            return Some(Err(invalid(format!(
                "There is no pod {name} in namespace {namespace} of cluster {cluster}."
            ))));
        };
        let placement = wharf_kube_scheduler::explain(&pod, followed).await;
        let user = UserInfo::authenticated(SELF, &[MASTERS]);
        let client = self.client(id, user, "wharf-explain");
        let about = Selection {
            namespace: namespace.to_owned(),
            fields: format!("involvedObject.uid={}", pod.uid()),
            ..Selection::default()
        };
        let events = match client.list(&kind::EVENT, &about).await {
            Ok(list) => ready::newest_first(list.items),
            Err(error) => return Some(Err(failed(error))),
        };
        let node = pod.text("/spec/nodeName");
        let found = followed.of(&kind::NODE).get("", node);
        let state = ready::of(&pod, found.as_deref(), &events);
        let explained = PodExplained {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            cluster: cluster.to_owned(),
            phase: pod.text("/status/phase").to_owned(),
            node: (!node.is_empty()).then(|| node.to_owned()),
            ready: pod.has_condition("Ready", "True"),
            reasons: [placement.waits_for, state.reasons].concat(),
            containers: state.containers,
            events: events.iter().take(EVENTS).map(ready::event).collect(),
        };
        let nodes = placement.nodes.into_iter().map(|it| NodeExplained {
            name: it.node,
            here: it.is_here,
            refuses: (!it.refuses.is_empty()).then(|| it.refuses.join("; ")),
            never: it.never,
        });
        Some(Ok((explained, nodes.collect())))
    }
}
