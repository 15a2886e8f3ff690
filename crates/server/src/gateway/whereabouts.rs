//! Whether what a node says of a connection that it passes on can be true ([`wharf_planeproto::forward`]).
//!
//! Policies ask for the address and the task that a call comes from, and only its node knows these. A node is believed of
//! what runs on it and of nothing else: the task that it names was placed on it (its record says so before it runs), or is
//! on an EC2 instance that it keeps; the address is one of the interface that the task or the instance was given. A
//! connection without a name has the address of an interface that is attached to the node's host.
//!
//! Only its host knows the addresses of containers in bridge mode. This machine's own node, which has the server's own
//! rights here, is believed; other nodes' containers have their node's address, as behind an instance of EC2.

use std::{net::IpAddr, sync::Arc, time::Duration};

use async_trait::async_trait;
use wharf_planeproto::forward::Forwarded;
use wharf_records::node::{self, OWN_USER};
use wharf_svc_ecs::{EcsService, PlacedTask};
use wharf_wire::{Context, Fault, fault::Chain};

use super::IamMode;
use crate::plane::{Addresses, Planes};

/// What runs was written down before it ran; reading that takes no longer.
const CATCH_UP: Duration = Duration::from_secs(1);

/// Why a node is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Disbelief {
    #[error("its node names a task and an instance")]
    TwoNames,
    #[error("the task or the instance that its node names is not on that node")]
    Elsewhere,
    #[error("the address that its node names is none of the task or the instance")]
    Address,
    #[error("the VPC that its node names is not the one of the address")]
    Vpc,
    #[error("what its node says of it cannot be checked now")]
    Unknown,
}

/// Checks what nodes say.
#[async_trait]
pub trait Whereabouts: Send + Sync {
    /// What `said` comes to; `node` is who signed it.
    async fn checked(&self, node: &Context, said: Forwarded) -> Result<Forwarded, Disbelief>;
}

/// By the records of tasks, instances and interfaces.
pub struct Recorded {
    /// With `--iam off` all nodes register as the account itself, which anybody may call as: there is nothing to hold them to.
    pub iam: IamMode,
    pub ecs: EcsService,
    pub planes: Arc<Planes>,
}

/// What is known of whom a node names.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Known {
    Nowhere,
    /// In the network of its host.
    InHost,
    /// At one of these interfaces.
    At(Vec<Addresses>),
}

impl Known {
    fn of_task(task: &PlacedTask) -> Self {
        task.interface.as_ref().map_or(Self::InHost, |it| {
            Self::At(vec![Addresses {
                vpc: it.vpc.clone(),
                addresses: it.addresses.clone(),
            }])
        })
    }
}

#[async_trait]
impl Whereabouts for Recorded {
    async fn checked(&self, node: &Context, said: Forwarded) -> Result<Forwarded, Disbelief> {
        if said == Forwarded::default() || self.iam == IamMode::Off {
            return Ok(said);
        }
        let known = self.known(node, &said).await.map_err(|fault| {
            tracing::error!(error = %Chain(&fault), "failed to read where a task is; its connection is closed");
            Disbelief::Unknown
        })?;
        believed(said, &known, is_own(node))
    }
}

impl Recorded {
    async fn known(&self, node: &Context, said: &Forwarded) -> Result<Known, Fault> {
        let task = match &said.task {
            Some(arn) => self.ecs.placed_task(node, arn).await?,
            None => None,
        };
        if let Some(task) = &task
            && task.is_on_the_callers
        {
            return Ok(Known::of_task(task));
        }
        let found = self.on_planes(node, said, task.as_ref()).await;
        if found != Known::Nowhere {
            return Ok(found);
        }
        // The planes' picture may be older than what was written last.
        let _ = tokio::time::timeout(CATCH_UP, self.planes.up_to_date()).await;
        Ok(self.on_planes(node, said, task.as_ref()).await)
    }

    /// What planes are told of: EC2 instances, `task` on one of these, and interfaces.
    async fn on_planes(
        &self,
        node: &Context,
        said: &Forwarded,
        task: Option<&PlacedTask>,
    ) -> Known {
        let place = (node.account.as_str(), node.region.as_str());
        let hosts = self.ecs.instances_of(place, &node.caller.arn).await;
        let hosts: Vec<String> = hosts.into_iter().map(|it| it.ec2_instance).collect();
        let at = |id: &str| self.planes.interface_of_instance(&hosts, id);
        if let Some(id) = &said.instance {
            return at(id).map_or(Known::Nowhere, |it| Known::At(vec![it]));
        }
        if said.task.is_some() {
            let task = task.filter(|task| at(&task.ec2_instance).is_some());
            return task.map_or(Known::Nowhere, Known::of_task);
        }
        let found = said.address.map(|it| self.planes.interfaces_at(&hosts, it));
        let found = found.filter(|found| !found.is_empty());
        found.map_or(Known::Nowhere, Known::At)
    }
}

fn is_own(node: &Context) -> bool {
    node::user_of(&node.caller.arn) == Some(OWN_USER)
}

/// What `said` comes to. Pure.
fn believed(said: Forwarded, known: &Known, is_own: bool) -> Result<Forwarded, Disbelief> {
    if said.task.is_some() && said.instance.is_some() {
        return Err(Disbelief::TwoNames);
    }
    match known {
        Known::Nowhere => Err(match (&said.task, &said.instance) {
            (None, None) => Disbelief::Address,
            _ => Disbelief::Elsewhere,
        }),
        Known::InHost if said.vpc.is_some() || said.endpoint.is_some() => Err(Disbelief::Vpc),
        Known::InHost => Ok(Forwarded {
            address: said.address.filter(|_| is_own),
            ..said
        }),
        Known::At(interfaces) => at(said, interfaces),
    }
}

fn at(said: Forwarded, interfaces: &[Addresses]) -> Result<Forwarded, Disbelief> {
    let address = said.address.as_ref().map(IpAddr::to_canonical);
    let has_it = |it: &&Addresses| address.is_some_and(|own| it.addresses.contains(&own));
    let mut fitting = interfaces.iter().filter(has_it).peekable();
    if fitting.peek().is_none() {
        return Err(Disbelief::Address);
    }
    // Early records of tasks name no VPC: there was one.
    let is_in = |it: &&Addresses| {
        said.vpc.is_none() || it.vpc.is_empty() || said.vpc.as_deref() == Some(it.vpc.as_str())
    };
    let own = fitting.find(is_in).ok_or(Disbelief::Vpc)?;
    let vpc = Some(own.vpc.clone()).filter(|vpc| !vpc.is_empty());
    Ok(Forwarded {
        vpc: vpc.or(said.vpc),
        ..said
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TASK: &str = "arn:aws:ecs:us-east-1:000000000000:task/default/ab";

    fn interface(vpc: &str, addresses: &[&str]) -> Addresses {
        Addresses {
            vpc: vpc.to_owned(),
            addresses: addresses.iter().map(|it| it.parse().unwrap()).collect(),
        }
    }

    fn known() -> Known {
        Known::At(vec![interface(
            "vpc-1",
            &["10.0.0.7", "10.0.0.8", "fd00::7"],
        )])
    }

    fn from(address: &str) -> Forwarded {
        Forwarded {
            address: address.parse().ok(),
            vpc: Some("vpc-1".to_owned()),
            ..Forwarded::default()
        }
    }

    fn of_task(address: &str) -> Forwarded {
        Forwarded {
            task: Some(TASK.to_owned()),
            ..from(address)
        }
    }

    #[test]
    fn what_runs_there_is_believed() {
        let of_instance = Forwarded {
            instance: Some("i-1".to_owned()),
            ..from("10.0.0.7")
        };
        for said in [
            of_task("10.0.0.7"),
            of_task("10.0.0.8"),
            of_task("fd00::7"),
            of_instance,
            from("10.0.0.8"),
        ] {
            assert_eq!(believed(said.clone(), &known(), false), Ok(said));
        }
    }

    #[test]
    fn the_vpc_is_known_where_none_is_named() {
        let said = Forwarded {
            vpc: None,
            ..from("10.0.0.8")
        };
        assert_eq!(believed(said, &known(), false), Ok(from("10.0.0.8")));
        let early = Known::At(vec![interface("", &["10.0.0.8"])]);
        let said = of_task("10.0.0.8");
        assert_eq!(believed(said.clone(), &early, false), Ok(said));
    }

    #[test]
    fn the_same_address_in_another_vpc_is_another() {
        let both = Known::At(vec![
            interface("vpc-2", &["10.0.0.7"]),
            interface("vpc-1", &["10.0.0.7"]),
        ]);
        assert_eq!(
            believed(from("10.0.0.7"), &both, false),
            Ok(from("10.0.0.7"))
        );
        let elsewhere = Known::At(vec![interface("vpc-2", &["10.0.0.7"])]);
        let refused = believed(of_task("10.0.0.7"), &elsewhere, true);
        assert_eq!(refused, Err(Disbelief::Vpc));
    }

    #[test]
    fn lies_are_not() {
        let two = Forwarded {
            instance: Some("i-1".to_owned()),
            ..of_task("10.0.0.7")
        };
        let nowhere = Forwarded {
            address: None,
            ..of_task("10.0.0.7")
        };
        for (said, known, why) in [
            (two, known(), Disbelief::TwoNames),
            (of_task("10.0.0.9"), known(), Disbelief::Address),
            (of_task("127.0.0.1"), known(), Disbelief::Address),
            (nowhere, known(), Disbelief::Address),
            (of_task("10.0.0.7"), Known::Nowhere, Disbelief::Elsewhere),
            (from("10.0.0.7"), Known::Nowhere, Disbelief::Address),
            (of_task("10.0.0.7"), Known::InHost, Disbelief::Vpc),
        ] {
            // Not of the machine's own node either.
            for is_own in [false, true] {
                assert_eq!(believed(said.clone(), &known, is_own), Err(why), "{said:?}");
            }
        }
    }

    #[test]
    fn what_only_a_host_knows_only_the_own_one_says() {
        let said = Forwarded {
            vpc: None,
            ..of_task("10.213.0.7")
        };
        assert_eq!(
            believed(said.clone(), &Known::InHost, true),
            Ok(said.clone())
        );
        let of_node = Forwarded {
            address: None,
            ..said.clone()
        };
        assert_eq!(believed(said, &Known::InHost, false), Ok(of_node));
    }
}
