//! Fargate for the clusters of this server: their profiles, as EKS has them, and machines for their pods, which EC2 keeps.

use std::io;

use async_trait::async_trait;
use wharf_kube_api::FargateProfiles;
use wharf_kube_model::fargate;
use wharf_records::pods::OfPod;
use wharf_service::Place;
use wharf_svc_ec2::{
    Ec2Service,
    instances::{PodMachine, PodMachineWish, life::State},
};
use wharf_svc_eks::EksService;
use wharf_svc_eks_fargate::{Failed, Machine, Machines, Profile, Profiles, Stage, Wish};
use wharf_wire::Fault;

/// Of a machine itself: what its pod writes is not kept there.
const DISK_GIB: u32 = 1;

/// The profiles of one cluster.
pub struct OfCluster {
    pub eks: EksService,
    pub place: Place,
    /// The cluster's.
    pub id: String,
}

#[async_trait]
impl FargateProfiles for OfCluster {
    async fn active(&self) -> io::Result<Vec<fargate::Profile>> {
        let found = self.eks.fargate_profiles(&self.place, &self.id).await;
        let found = found.map_err(io::Error::other)?;
        Ok(found.into_iter().map(|it| it.of).collect())
    }
}

#[async_trait]
impl Profiles for OfCluster {
    async fn active(&self) -> Result<Vec<Profile>, Failed> {
        let found = self.eks.fargate_profiles(&self.place, &self.id).await;
        let found = found.map_err(|error| Failed(wharf_base::Chain(&error).to_string()))?;
        let profiles = found.into_iter().map(|it| Profile {
            of: it.of,
            arn: it.arn,
            role: it.role,
            subnets: it.subnets,
        });
        Ok(profiles.collect())
    }
}

/// The machines of one cluster's pods.
pub struct PodMachines {
    pub ec2: Ec2Service,
    pub place: Place,
    /// Name and id of the cluster.
    pub cluster: String,
    pub id: String,
    /// Its own security group.
    pub group: Option<String>,
}

fn failed(fault: Fault) -> Failed {
    Failed(fault.message)
}

fn shown(machine: PodMachine) -> Machine {
    Machine {
        stage: match machine.state {
            State::Pending | State::Running => Stage::Lives,
            State::Terminated => Stage::Gone,
            _ => Stage::Ends,
        },
        since: machine.launched_at,
        id: machine.id,
        uid: machine.uid,
        node: machine.node,
        reason: machine.reason,
    }
}

#[async_trait]
impl Machines for PodMachines {
    async fn all(&self) -> Result<Vec<Machine>, Failed> {
        let found = self.ec2.pod_machines(&self.place, &self.id).await;
        Ok(found.map_err(failed)?.into_iter().map(shown).collect())
    }

    async fn run(&self, wish: &Wish) -> Result<Machine, Failed> {
        let wish = PodMachineWish {
            of: OfPod {
                cluster: self.cluster.clone(),
                cluster_id: self.id.clone(),
                profile: wish.profile.clone(),
                role: wish.role.clone(),
                namespace: wish.namespace.clone(),
                name: wish.name.clone(),
                uid: wish.uid.clone(),
                cpu: wish.size.cpu,
                memory_mib: wish.size.memory_mib,
                ephemeral_gib: wish.size.disk_gib,
                started_at: None,
                ended_at: None,
            },
            subnet: wish.subnet.clone(),
            groups: self.group.iter().cloned().collect(),
            disk_gib: DISK_GIB,
            user_data: wish.user_data.clone(),
        };
        let made = self.ec2.run_pod_machine(&self.place, &wish).await;
        made.map(shown).map_err(failed)
    }

    async fn serve(&self, id: &str) -> Result<(), Failed> {
        let served = self.ec2.serve_pod(&self.place, id).await;
        served.map_err(failed)
    }

    async fn end(&self, id: &str, why: Option<&str>) -> Result<(), Failed> {
        let ended = self.ec2.end_pod_machine(&self.place, id, why).await;
        ended.map_err(failed)
    }
}
