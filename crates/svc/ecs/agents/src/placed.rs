//! Where a task is, for who believes its node no more than that: the record of a task says so before its agent is told of it.

use std::net::IpAddr;

use wharf_records::ecs::Task;
use wharf_wire::{Context, Fault};

use crate::{Agents, file_systems};

/// Where a task is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedTask {
    /// The calling node registered the container instance that it is on.
    pub is_on_the_callers: bool,
    /// The EC2 id of that container instance.
    pub ec2_instance: String,
    /// Its own interface, in network mode awsvpc.
    pub interface: Option<PlacedInterface>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedInterface {
    /// Empty in records of versions that knew one VPC.
    pub vpc: String,
    pub addresses: Vec<IpAddr>,
}

/// `None` if there is no such task.
///
/// # Errors
/// The store cannot be read.
pub async fn task(agents: &Agents, cx: &Context, arn: &str) -> Result<Option<PlacedTask>, Fault> {
    let Some(stored) = agents.state.task_by_arn(arn).await? else {
        return Ok(None);
    };
    let task = stored.record;
    Ok(Some(PlacedTask {
        is_on_the_callers: file_systems::is_on_the_callers(agents, cx, &task).await,
        interface: interface(&task),
        ec2_instance: task.ec2_instance,
    }))
}

fn interface(task: &Task) -> Option<PlacedInterface> {
    let it = task.interface.as_ref()?;
    let ipv4 = it.private_ipv4.parse::<IpAddr>().ok();
    let ipv6 = it.ipv6.map(IpAddr::V6);
    Some(PlacedInterface {
        vpc: it.vpc.clone(),
        addresses: ipv4.into_iter().chain(ipv6).collect(),
    })
}
