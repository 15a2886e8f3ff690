//! Machines that Fargate has for pods of EKS' clusters: instances of no type, as large as their pod, that services alone see.
//!
//! They go through the same life on the same hosts as other instances; what is theirs alone is that they are placed on capacity for
//! Fargate, that their role is the pod's execution role, and that they end with their pod. EKS asks for them beside the API, as
//! Fargate does in accounts of its own.

use std::{collections::HashSet, net::SocketAddr, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use wharf_base::{Timestamp, ids, public_images::PublicImage};
use wharf_records::{Unknown, encode, pods::OfPod};
use wharf_service::{Place, transact};
use wharf_store::Txn;
use wharf_wire::{Call, Context, Fault};

use super::{
    life::{Life, State, Step},
    placing::Wish,
    reconcile::PERMIT,
    shown::host_name,
    size::Size,
};
use crate::{
    Ec2Service, fault,
    ops::{
        create_network_interface::{claim, free_address},
        dhcp_options, instance_images,
        interfaces::groups,
    },
    placement_groups::Siblings,
    records::{
        Attachment, Group, Instance, Interface, Metadata, Primary, SecurityGroup, Subnet,
        user_data_purpose,
    },
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
        let image = PublicImage::for_ecs(&call.region).id;
        let image = instance_images::find(self, call, &image).await?;
        let suits = Wish {
            account: call.account.clone(),
            region: call.region.clone(),
            zone: subnet.zone.clone(),
            architecture: image.architecture.clone(),
            own_image: image.registry.is_none(),
            restored: false,
            sealed: false,
            volumes: false,
            fargate: true,
            claim: Size::of_pod(&wish.of).claim(wish.disk_gib),
            only: None,
            siblings: Siblings::default(),
        };
        let hosts = &self.instances.parts.hosts;
        hosts.up_to_date().await;
        if !hosts.read(|machines| suits.is_offered(machines)) {
            return Err(fault::no_capacity(KIND, &subnet.zone));
        }
        let groups = groups(self, call, &subnet.vpc_id, &wish.groups).await?;
        let mut named = Vec::with_capacity(groups.len());
        for id in &groups {
            let group: SecurityGroup = self.get(call, id).await?;
            let (id, name) = (id.clone(), group.name);
            named.push(Group { id, name });
        }
        let dhcp = dhcp_options::of_vpc(self, call, &subnet.vpc_id).await?;
        let made = transact!(self.table, &call.permit, |tx| {
            let all = self.pod_machines(place, &wish.of.cluster_id).await?;
            let mut all = all.into_iter();
            if let Some(there) = all.find(|it| it.lives() && it.uid == wish.of.uid) {
                return Ok(there);
            }
            let id = ids::ec2_id("i");
            let address = free_address(self, call, &subnet, &HashSet::new()).await?;
            let interface = interface(call, &id, &subnet, address, &groups);
            let purpose = user_data_purpose(&call.account, &call.region, &id);
            let user_data = BASE64.encode(wish.user_data.as_bytes());
            let instance = Instance {
                reservation: ids::ec2_id("r"),
                launch_index: 0,
                client_token: None,
                requester: Some(PRINCIPAL.to_owned()),
                image: image.clone(),
                instance_type: KIND.to_owned(),
                subnet_id: subnet.id.clone(),
                vpc_id: subnet.vpc_id.clone(),
                zone: subnet.zone.clone(),
                interface: Primary {
                    id: interface.id.clone(),
                    subnet_cidr: subnet.cidr,
                    address,
                    mac: interface.mac.clone(),
                    secondary: Vec::new(),
                    ipv6: Vec::new(),
                    groups: named.clone(),
                    delete_on_termination: true,
                },
                dhcp: dhcp.clone(),
                key: None,
                profile: None,
                user_data: Some(self.keyring.seal(user_data.as_bytes(), &purpose)),
                // As on Fargate, nobody is told of the machine there.
                metadata: Metadata {
                    enabled: false,
                    ..Metadata::default()
                },
                monitoring: false,
                disable_api_termination: false,
                disable_api_stop: false,
                ends_on_shutdown: true,
                ebs_optimized: false,
                disk_gib: wish.disk_gib,
                sealed_root: None,
                devices: Vec::new(),
                placement: None,
                pod: Some(wish.of.clone()),
                spot: None,
                fleet: None,
                events: Vec::new(),
                life: Life::new(call.now),
                kubelet: None,
                created_at: call.now,
                tags: Default::default(),
                unknown: Unknown::new(),
                id,
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

fn interface(
    call: &Call,
    instance: &str,
    subnet: &Subnet,
    address: std::net::Ipv4Addr,
    groups: &[String],
) -> Interface {
    Interface {
        groups: groups.to_vec(),
        description: DESCRIPTION.to_owned(),
        requester: Some(PRINCIPAL.to_owned()),
        operator: Some(PRINCIPAL.to_owned()),
        attachment: Some(Attachment::at_launch(instance, call.now, true)),
        ..Interface::new(subnet, address, call.now)
    }
}

fn written(call: &Call, instance: &Instance, interface: &Interface) -> Txn {
    claim(call, interface).put(
        Ec2Service::key::<Instance>(call, &instance.id),
        encode(instance),
    )
}
