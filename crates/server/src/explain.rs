//! Why a service, a task or a pod is as it is, for `wharf explain`; what became of a request, for `wharf why`.

use std::sync::{Arc, OnceLock, Weak};

use serde::Serialize;
use wharf_api_wharf::types::{ExplainRequest, ExplainResponse};
use wharf_service::Place;
use wharf_svc_cloudtrail::CloudtrailService;
use wharf_svc_ecs::EcsService;
use wharf_wire::{Call, Document, Fault};

use crate::{
    control::fault::{failed, invalid},
    kube::Clusters,
};

/// Asks ECS's scheduler, that of a cluster of Kubernetes, and the audit log.
pub struct Explain {
    pub ecs: EcsService,
    pub cloudtrail: CloudtrailService,
    /// Once EKS is built.
    pub clusters: OnceLock<Weak<Clusters>>,
}

impl Explain {
    /// The clusters of Kubernetes, while they are served.
    pub fn clusters(&self) -> Result<Arc<Clusters>, Fault> {
        let clusters = self.clusters.get().and_then(Weak::upgrade);
        clusters.ok_or_else(|| invalid("EKS is not served."))
    }

    /// The explanation of one service, one task or one request.
    pub async fn explain(
        &self,
        call: &Call,
        input: ExplainRequest,
    ) -> Result<ExplainResponse, Fault> {
        let cluster = input.cluster.as_deref();
        let nothing = ExplainResponse::default();
        match (input.service, input.task, input.request, input.pod) {
            (Some(service), None, None, None) => {
                let explained = self.ecs.explain_service(call, cluster, &service).await?;
                Ok(ExplainResponse {
                    service: Some(document(&explained)?),
                    ..nothing
                })
            }
            (None, Some(task), None, None) => {
                let (task, hosts) = self.ecs.explain_task(call, cluster, &task).await?;
                let hosts = hosts.iter().map(document);
                Ok(ExplainResponse {
                    task: Some(document(&task)?),
                    hosts: Some(hosts.collect::<Result<_, _>>()?),
                    ..nothing
                })
            }
            (None, None, Some(request), None) if cluster.is_none() => {
                let events = self.cloudtrail.of_request(call, &request).await?;
                let events = events.iter().map(|it| serde_json::from_str(it));
                Ok(ExplainResponse {
                    events: Some(events.collect::<Result<_, _>>().map_err(failed)?),
                    ..nothing
                })
            }
            (None, None, None, Some(pod)) => {
                let (clusters, place) = (self.clusters()?, Place::of(call));
                let (pod, nodes) = clusters.explain_pod(&place, cluster, &pod).await?;
                let nodes = nodes.iter().map(document);
                Ok(ExplainResponse {
                    pod: Some(document(&pod)?),
                    nodes: Some(nodes.collect::<Result<_, _>>()?),
                    ..nothing
                })
            }
            _ => Err(invalid(
                "Name one of service, task, pod and request; a request is of no cluster.",
            )),
        }
    }
}

fn document(of: &impl Serialize) -> Result<Document, Fault> {
    serde_json::to_value(of).map_err(failed)
}
