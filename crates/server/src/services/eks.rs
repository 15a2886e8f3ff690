//! EKS, with the clusters that this process serves.

use std::sync::Arc;

use wharf_reconcile::Takeover;
use wharf_svc_eks::{EksService, Parts as EksParts};

use super::{Served, Wiring};
use crate::{
    kube::{self, Clusters, Settings as ClusterSettings},
    names,
    overview::Kubernetes,
    principals::Principals,
};

pub(super) fn serve(it: &Wiring<'_>) -> Served {
    let ec2: Arc<dyn wharf_api_ec2::Ec2> = Arc::new(wharf_api_ec2::Client::new(
        Arc::new(it.plane.ec2.clone()),
        it.plane.dispatcher.clone(),
    ));
    let dispatcher = &it.plane.dispatcher;
    let elb = Arc::new(it.plane.elbv2.clone());
    let acm = Arc::new(it.plane.acm.clone());
    let logs = Arc::new(it.plane.logs.clone());
    let logs = Arc::new(wharf_api_logs::Client::new(logs, dispatcher.clone()));
    let logs = wharf_log_writer::Writer::new(kube::logs::KIND, logs, it.clock.clone());
    let autoscaling = Arc::new(it.plane.groups.clone());
    let iam = Arc::new(it.plane.iam.clone());
    let group_changes = it.plane.group_changes.listen();
    let clusters = Clusters::new(ClusterSettings {
        store: it.data.store.clone(),
        ec2: ec2.clone(),
        machines: it.plane.ec2.clone(),
        dispatcher: dispatcher.clone(),
        elb: Arc::new(wharf_api_elbv2::Client::new(elb, dispatcher.clone())),
        acm: Arc::new(wharf_api_acm::Client::new(acm, dispatcher.clone())),
        efs: it.plane.efs.clone(),
        directory: it.plane.directory.clone(),
        clock: it.clock.clone(),
        listen: it.config.listen.clone(),
        host: names::of_clusters(it.config),
        reached: names::for_nodes(it.config),
        names: names::of_certificate(it.config),
        connections: it.plane.connections.clone(),
        logs: logs.clone(),
        keys: it.plane.issuer_keys.clone(),
        issuers: it.plane.issuers.clone(),
        images: it.plane.task_images.clone(),
        egress: it.plane.egress.clone(),
    });
    let eks = EksService::new(EksParts {
        store: it.data.store.clone(),
        keyring: it.data.keyring.clone(),
        ec2,
        autoscaling: Arc::new(wharf_api_autoscaling::Client::new(
            autoscaling,
            dispatcher.clone(),
        )),
        iam: Arc::new(wharf_api_iam::Client::new(iam, dispatcher.clone())),
        kms: it.kms(),
        principals: Arc::new(Principals {
            directory: it.plane.directory.clone(),
            clock: it.clock.clone(),
        }),
        control_planes: clusters.clone(),
        clock: it.clock.clone(),
        takeover: Takeover::Replace,
    });
    clusters.entered_by(eks.clone());
    let _ = it.control.0.explain.clusters.set(Arc::downgrade(&clusters));
    let _ = it.control.0.overview.kubernetes.set(Kubernetes {
        eks: Arc::new(wharf_api_eks::Client::new(
            Arc::new(eks.clone()),
            dispatcher.clone(),
        )),
        clusters: Arc::downgrade(&clusters),
        dispatcher: dispatcher.clone(),
    });
    let _ = it.eks.set(eks.clone());
    let followed = eks.clone();
    Served::by(wharf_api_eks::Routes(Arc::new(eks.clone())))
        .tagged(wharf_svc_eks::TAGGED)
        .sealing(wharf_svc_eks::SEALING)
        .running(
            "logs of clusters",
            |stop| async move { logs.run(stop).await },
        )
        .running("groups of nodes", |stop| async move {
            let place_of = |it: wharf_svc_ecs::Place| wharf_service::Place {
                account: it.account,
                region: it.region,
            };
            followed.follow_groups(group_changes, place_of, stop).await;
        })
        .running("clusters of Kubernetes", |stop| async move {
            eks.run(stop).await;
            clusters.end().await;
        })
}
