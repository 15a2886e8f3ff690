//! Machines that Fargate has for pods of EKS' clusters: instances of no type, as large as their pod, that services alone see.
//!
//! They go through the same life on the same hosts as other instances; what is theirs alone is that they are placed on capacity for
//! Fargate, that their role is the pod's execution role, and that they end with their pod. EKS asks for them beside the API, as
//! Fargate does in accounts of its own.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use wharf_base::{Timestamp, net::Cidr4};
use wharf_records::pods::OfPod;
use wharf_service::{Place, transact};
use wharf_wire::{Call, Context, Fault};

use super::{
    describe::host_name,
    life::{State, Step},
    placing::Wish,
    reconcile::PERMIT,
    size::Size,
    typeless::{Ground, written},
};
use crate::{
    Ec2Service, fault,
    records::{Instance, Interface, Metadata, Subnet, Vpc},
};

/// How long one is known after its end: nobody looks at it but its controller.
const RETENTION: Duration = Duration::from_secs(300);
/// What such a machine is of, where others have a type.
const KIND: &str = "fargate";
/// In whose name its interface is.
const PRINCIPAL: &str = "eks-fargate.amazonaws.com";
const DESCRIPTION: &str = "Interface of a pod on Fargate";

/// A machine that is wanted for a pod.
#[derive(Debug, Clone)]
pub struct PodMachineWish {
    pub of: OfPod,
    pub subnet: String,
    pub groups: Vec<String>,
    pub disk_gib: u32,
    /// What it does at its start.
    pub user_data: String,
}

/// A machine as its controller needs to know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodMachine {
    /// `i-…`
    pub id: String,
    /// The pod's.
    pub uid: String,
    /// Of its node: `fargate-ip-10-0-1-2.ec2.internal`
    pub node: String,
    pub state: State,
    pub launched_at: Timestamp,
    /// Why it ended, if it did not end because it was to.
    pub reason: Option<String>,
}

impl PodMachine {
    /// Whether it does not end yet.
    pub fn lives(&self) -> bool {
        self.state.lives()
    }

    fn of(instance: &Instance, pod: &OfPod, region: &str) -> Self {
        let reason = instance.life.reason.as_ref();
        Self {
            id: instance.id.clone(),
            uid: pod.uid.clone(),
            node: host_name(region, instance),
            state: instance.life.state,
            launched_at: instance.life.launched_at,
            reason: reason.map(|it| it.message.clone()),
        }
    }
}

impl Ec2Service {
    /// Machines for pods of a cluster, by its id; those that have ended are among them for a while.
    ///
    /// # Errors
    /// The store's.
    pub async fn pod_machines(
        &self,
        place: &Place,
        cluster: &str,
    ) -> Result<Vec<PodMachine>, Fault> {
        let all: Vec<Instance> = self.all(&self.for_pods(place)).await?;
        let of = |it: &Instance| {
            let pod = it.pod.as_ref().filter(|it| it.cluster_id == cluster)?;
            Some(PodMachine::of(it, pod, &place.region))
        };
        Ok(all.iter().filter_map(of).collect())
    }

    /// Where the kubelet of an instance listens by the word of the machine that keeps it, and under which id that takes part in planes:
    /// if the instance runs in that VPC, under that name.
    ///
    /// # Errors
    /// The store's.
    pub async fn kubelet_of_node(
        &self,
        place: &Place,
        vpc: &str,
        (instance, name): (&str, &str),
    ) -> Result<Option<(String, SocketAddr)>, Fault> {
        let found: Option<Instance> = self.find(&self.for_pods(place), instance).await?;
        let found = found.filter(|it| {
            it.vpc_id == vpc && it.life.state.lives() && host_name(&place.region, it) == name
        });
        Ok(found.and_then(|it| Some((it.life.host?.machine, it.kubelet?))))
    }

    /// The ranges of a VPC; none if there is none of that id.
    ///
    /// # Errors
    /// The store's.
    pub async fn ranges_of_vpc(&self, place: &Place, vpc: &str) -> Result<Vec<Cidr4>, Fault> {
        let found: Option<Vpc> = self.find(&self.for_pods(place), vpc).await?;
        Ok(found.iter().flat_map(Vpc::cidrs).collect())
    }

    /// Those of these nodes, by the instances that they say they are, which run as one in that VPC under that name by the word of the
    /// machines that keep them. Machines of Fargate are none of the account's.
    ///
    /// # Errors
    /// The store's.
    pub async fn nodes_among(
        &self,
        place: &Place,
        vpc: &str,
        nodes: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, Fault> {
        let call = self.for_pods(place);
        let mut found = BTreeMap::new();
        for (id, name) in nodes {
            let instance: Option<Instance> = self.find(&call, id).await?;
            let is_this = |it: &Instance| {
                let is_named = host_name(&place.region, it) == *name;
                it.is_node() && it.pod.is_none() && it.vpc_id == vpc && is_named
            };
            if instance.as_ref().is_some_and(is_this) {
                found.insert(id.clone(), name.clone());
            }
        }
        Ok(found)
    }

    /// A machine for a pod. One that lives already is the answer.
    ///
    /// # Errors
    /// No host takes such a machine, its subnet is full or gone; the store's.
    pub async fn run_pod_machine(
        &self,
        place: &Place,
        wish: &PodMachineWish,
    ) -> Result<PodMachine, Fault> {
        let call = &self.for_pods(place);
        let subnet: Subnet = self.get(call, &wish.subnet).await?;
        let ground = Ground::find(self, call, subnet, &wish.groups).await?;
        let suits = Wish {
            fargate: true,
            ..ground.wish(call, Size::of_pod(&wish.of), wish.disk_gib)
        };
        let hosts = &self.instances.parts.hosts;
        hosts.up_to_date().await;
        let is_offered = hosts.read(|machines| suits.is_offered(machines));
        if !is_offered && suits.of_fargate(hosts).is_none() {
            return Err(fault::no_capacity(KIND, ground.zone()));
        }
        let made = transact!(self.table, &call.permit, |tx| {
            let all = self.pod_machines(place, &wish.of.cluster_id).await?;
            let mut all = all.into_iter();
            if let Some(there) = all.find(|it| it.lives() && it.uid == wish.of.uid) {
                return Ok(there);
            }
            let of = (KIND, wish.disk_gib, wish.user_data.as_str());
            let (instance, interface) = ground.make(self, call, of).await?;
            let instance = Instance {
                requester: Some(PRINCIPAL.to_owned()),
                // As on Fargate, nobody is told of the machine there.
                metadata: Metadata {
                    enabled: false,
                    ..Metadata::default()
                },
                ends_on_shutdown: true,
                pod: Some(wish.of.clone()),
                ..instance
            };
            let interface = Interface {
                description: DESCRIPTION.to_owned(),
                requester: Some(PRINCIPAL.to_owned()),
                operator: Some(PRINCIPAL.to_owned()),
                ..interface
            };
            tx.join(written(call, &instance, &interface));
            PodMachine::of(&instance, &wish.of, &call.region)
        });
        Ok(made)
    }

    /// The pod comes to its machine, which is metered from the first time on that this is said.
    ///
    /// # Errors
    /// There is no such machine; the store's.
    pub async fn serve_pod(&self, place: &Place, id: &str) -> Result<(), Fault> {
        let call = &self.for_pods(place);
        let serve = |it: &mut Instance| {
            it.keep_start(call.now);
            Ok(())
        };
        self.change(call, id, serve).await
    }

    /// Ends the machine of a pod, with a reason where it did not do what it is for; one that is gone is no failure.
    ///
    /// # Errors
    /// The store's.
    pub async fn end_pod_machine(
        &self,
        place: &Place,
        id: &str,
        why: Option<&str>,
    ) -> Result<(), Fault> {
        let call = &self.for_pods(place);
        let end = |it: &mut Instance| {
            match why {
                Some(why) => it.life.abandon(why, call.now),
                None => it.life.terminate(call.now),
            }
            it.keep_end(call.now);
            Ok(())
        };
        match self.change(call, id, end).await {
            Err(fault) if fault.code != "InvalidInstanceID.NotFound" => Err(fault),
            _ => Ok(()),
        }
    }
}

/// What is next for an instance whose life says `step`: the machine of a pod is kept for no other boot, since nobody could ask for one,
/// and is forgotten soon. Pure.
pub fn next(instance: &Instance, step: Step, now: Timestamp) -> Step {
    let life = &instance.life;
    match life.state {
        _ if instance.pod.is_none() => step,
        State::Stopping | State::Stopped => Step::End,
        State::Terminated => {
            let until = life.since + RETENTION;
            match now < until {
                true => Step::After(until.since(now)),
                false => Step::Forget,
            }
        }
        _ => step,
    }
}

impl Ec2Service {
    /// Fargate's own doing, which asks nobody.
    fn for_pods(&self, place: &Place) -> Call {
        let Place { account, region } = place;
        let context = Context::internal(account, region, PRINCIPAL, self.instances.now());
        Call::by_controller(context, PERMIT)
    }
}
