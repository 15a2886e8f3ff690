//! What brings the objects of a cluster forward: clients of its API like any other, each a user of its own.

use std::{collections::BTreeMap, sync::Arc};

use tokio::{sync::watch, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use wharf_kube_auth::{UserInfo, account_token::Issuer};
use wharf_kube_client::{Client, Informers};
use wharf_kube_model::parts::Part;
use wharf_service::{Cluster, Place};
use wharf_svc_ec2::Ec2Service;
use wharf_svc_eks::{EksService, control_planes::Wanted};
use wharf_svc_eks_fargate::{Machines, Profiles};
use wharf_svc_kube_balancers::{Cloud, Nodes};
use wharf_svc_pod_interfaces::Interfaces;
use wharf_wire::{Fault, async_trait};

use super::{
    Clusters,
    fargate::{OfCluster, PodMachines},
    logs::{ClusterLogs, PartLog},
    part_roles::{Acting, InRole},
    signer::ClusterSigner,
    users::{ADDRESSES, BALANCERS, CONTROLLERS, FARGATE, SCHEDULER, VOLUMES},
};

/// Who is a node, by what EC2 hears of the machines.
struct MachinesWord(Ec2Service);

#[async_trait]
impl Nodes for MachinesWord {
    async fn among(
        &self,
        place: &Place,
        vpc: &str,
        nodes: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, Fault> {
        self.0.nodes_among(place, vpc, nodes).await
    }
}

/// What all that runs in this process for a cluster sees of it: each object comes by one watch and lies in memory once. `reader`
/// needs no role for it; each part writes as its own user.
pub(super) fn followed(reader: Client, stop: &CancellationToken) -> Informers {
    let indexes = [
        wharf_kube_controllers::indexes(),
        wharf_kube_scheduler::indexes(),
        wharf_svc_pod_interfaces::indexes(),
        wharf_svc_kube_balancers::indexes(),
        wharf_svc_kube_volumes::indexes(),
        wharf_svc_eks_fargate::indexes(),
    ];
    Informers::new(reader, indexes.concat(), stop.clone())
}

impl Clusters {
    /// What brings the objects of a cluster forward, as clients like any other.
    pub(super) fn start_controllers(
        &self,
        wanted: &Wanted,
        followed: &Informers,
        signer: ClusterSigner,
        (interfaces, gives): (Interfaces, watch::Receiver<bool>),
        logs: &Arc<ClusterLogs>,
        stop: &CancellationToken,
    ) -> [JoinHandle<()>; 2] {
        let id = &wanted.id;
        let client = |user: &str| {
            let client = self.client(id, UserInfo::authenticated(user, &[]), user);
            match PartLog::of(logs, user) {
                Some(log) => client.with_journal(log),
                None => client,
            }
        };
        let scheduler = client(SCHEDULER);
        let run = wharf_kube_scheduler::run(scheduler, followed.clone(), stop.clone());
        tokio::spawn(run);
        let controllers = client(CONTROLLERS);
        let options = wharf_kube_controllers::Options {
            authority: wanted.authority.clone(),
            signer: Arc::new(signer),
            server: self.own_names(wanted),
        };
        let run = wharf_kube_controllers::run(controllers, followed.clone(), options, stop.clone());
        tokio::spawn(run);
        tokio::spawn(wharf_svc_pod_interfaces::forget_ended(
            client(CONTROLLERS),
            followed.clone(),
            interfaces.clone(),
            stop.clone(),
        ));
        let of_interfaces = tokio::spawn(wharf_svc_pod_interfaces::run(
            client(ADDRESSES),
            followed.clone(),
            interfaces,
            gives,
            stop.clone(),
        ));
        let balancers = client(BALANCERS);
        let network = (wanted.vpc.clone(), wanted.subnets.clone());
        let cloud = self.load_balancing(wanted.cluster(), network);
        let run = wharf_svc_kube_balancers::run(balancers, followed.clone(), cloud, stop.clone());
        [of_interfaces, tokio::spawn(run)]
    }

    /// EC2 as a part of a cluster asks it.
    pub(super) fn acting(&self, wanted: &Wanted, of: (Part, &Arc<Issuer>, &EksService)) -> InRole {
        let settings = &self.settings;
        let (part, issuer, eks) = of;
        InRole {
            ec2: settings.ec2.clone(),
            within: settings.machines.clone(),
            dispatcher: settings.dispatcher.clone(),
            acting: Arc::new(Acting {
                eks: eks.clone(),
                directory: settings.directory.clone(),
                keys: settings.keys.clone(),
                issuer: issuer.clone(),
                clock: settings.clock.clone(),
                cluster: wanted.cluster(),
                part,
                kept: parking_lot::Mutex::default(),
            }),
        }
    }

    /// By which pods of a cluster have interfaces.
    pub(super) fn interfaces(&self, cluster: Cluster) -> Interfaces {
        Interfaces {
            ec2: self.settings.ec2.clone(),
            of_nodes: self.settings.ec2.clone(),
            clock: self.settings.clock.clone(),
            cluster,
        }
    }

    /// Who makes and attaches volumes, a client like the others.
    pub(super) fn start_volumes(
        &self,
        wanted: &Wanted,
        followed: Informers,
        ec2: Arc<dyn wharf_api_ec2::Ec2>,
        gives: watch::Receiver<bool>,
        stop: &CancellationToken,
    ) {
        let user = UserInfo::authenticated(VOLUMES, &[]);
        let client = self.client(&wanted.id, user, VOLUMES);
        let cloud = wharf_svc_kube_volumes::Cloud {
            ec2,
            clock: self.settings.clock.clone(),
            cluster: wanted.cluster(),
        };
        let run = wharf_svc_kube_volumes::run(client, followed, cloud, gives, stop.clone());
        tokio::spawn(run);
    }

    /// Fargate's scheduler, a client like the others.
    pub(super) fn start_fargate(
        &self,
        wanted: &Wanted,
        followed: Informers,
        port: u16,
        profiles: Arc<OfCluster>,
        stop: &CancellationToken,
    ) {
        let user = UserInfo::authenticated(FARGATE, &[]);
        let client = self.client(&wanted.id, user, FARGATE);
        let cluster = wharf_svc_eks_fargate::Cluster {
            name: wanted.name.clone(),
            endpoint: self.endpoint(port),
            authority: wanted.authority.clone(),
            service_cidr: wanted.service_cidr.clone(),
        };
        let machines: Arc<dyn Machines> = Arc::new(PodMachines {
            cluster: wanted.name.clone(),
            group: wanted.group.clone(),
            ..self.pod_machines(&wanted.place, &wanted.id)
        });
        let profiles: Arc<dyn Profiles> = profiles;
        let parts = (machines, profiles, self.settings.clock.clone());
        let run = wharf_svc_eks_fargate::run(client, followed, cluster, parts, stop.clone());
        tokio::spawn(run);
    }

    /// By which machines of a cluster are found and ended.
    pub(super) fn pod_machines(&self, place: &Place, id: &str) -> PodMachines {
        PodMachines {
            ec2: self.settings.machines.clone(),
            place: place.clone(),
            cluster: String::new(),
            id: id.to_owned(),
            group: None,
        }
    }

    pub(super) fn load_balancing(
        &self,
        cluster: Cluster,
        (vpc, subnets): (String, Vec<String>),
    ) -> Cloud {
        Cloud {
            elb: self.settings.elb.clone(),
            ec2: self.settings.ec2.clone(),
            nodes: Arc::new(MachinesWord(self.settings.machines.clone())),
            acm: self.settings.acm.clone(),
            clock: self.settings.clock.clone(),
            cluster,
            vpc,
            subnets,
        }
    }
}
