//! What a node may say: the identity that joining gives it speaks for the container instance it
//! registered and for no other. Any other principal is judged by its policies alone.

use wharf_records::{
    ecs::{Instance, InstanceStatus, Task},
    node,
};
use wharf_wire::{Caller, CallerKind, Context, Fault};

use crate::{
    Agents,
    names::{self, Place},
    view::Region,
};

/// Session tag that binds a session to one container instance.
pub const INSTANCE_TAG: &str = "wharf:container-instance";

/// Whether `caller` may speak for this instance.
pub fn may_speak_for(caller: &Caller, instance: &Instance) -> bool {
    let tag = caller
        .session
        .as_ref()
        .and_then(|session| session.tags.get(INSTANCE_TAG));
    let is_node = node_name(caller).is_some();
    tag.is_none_or(|bound| *bound == instance.arn)
        && (!is_node || instance.registered_by == caller.arn)
}

/// The same for an instance by its ARN; nobody who is bound speaks for one that is not there.
pub fn may_speak_for_arn(caller: &Caller, region: &Region, arn: &str) -> bool {
    match region.instance_by_arn(arn) {
        Some(instance) => may_speak_for(caller, instance),
        None => !is_bound(caller),
    }
}

/// Whether a caller may report what becomes of a task. What IAM allows ends at the caller's account:
/// of tasks of others only the node reports that runs them.
pub fn may_report_of(cx: &Context, region: &Region, task: &Task) -> bool {
    let own = region.place.account == cx.account;
    match region.instance_by_arn(&task.instance) {
        Some(instance) if own => may_speak_for(&cx.caller, instance),
        Some(instance) => instance.registered_by == cx.caller.arn,
        None => own && !is_bound(&cx.caller),
    }
}

fn is_bound(caller: &Caller) -> bool {
    caller
        .session
        .as_ref()
        .is_some_and(|session| session.tags.contains_key(INSTANCE_TAG))
        || node_name(caller).is_some()
}

/// Name of the user behind a node.
pub fn node_name(caller: &Caller) -> Option<&str> {
    let name = node::user_of(&caller.arn)?;
    (caller.kind == CallerKind::User).then_some(name)
}

/// The same for a node of another machine, which a join token bound.
pub fn joined_node(caller: &Caller) -> Option<&str> {
    node_name(caller).filter(|name| *name != node::OWN_USER)
}

/// The zone of the host with the instance id `i-…`, if `cx`'s caller may speak for every container
/// instance that is registered under that id.
pub async fn zone_of(agents: &Agents, cx: &Context, ec2_instance: &str) -> Result<String, Fault> {
    agents.state.up_to_date().await;
    agents.state.view.read(&Place::of(cx), |region| {
        let mut zone = None;
        for instance in registered(region, ec2_instance) {
            if !may_speak_for(&cx.caller, instance) {
                return Err(refusal());
            }
            zone = region.hosts.get(&instance.host);
        }
        zone.map(|host| host.availability_zone.clone())
            .ok_or_else(refusal)
    })
}

/// Whether a container instance is registered under that instance id.
pub async fn is_registered(agents: &Agents, place: &Place, ec2_instance: &str) -> bool {
    agents.state.up_to_date().await;
    agents.state.view.read(place, |region| {
        registered(region, ec2_instance).next().is_some()
    })
}

/// Whether a caller would take the instance id of another's machine by registering under it: planes
/// know hosts by that id, whatever account and region they are of.
pub fn takes_anothers(caller: &Caller, region: &Region, ec2_instance: &str) -> bool {
    let own = |instance: &Instance| {
        let home = names::place_of(&instance.arn);
        home.is_some_and(|home| home.account == region.place.account)
    };
    let mut registered = region.registered(ec2_instance);
    registered
        .any(|instance| !own(instance) || is_bound(caller) && !may_speak_for(caller, instance))
}

fn registered<'a>(region: &'a Region, ec2_instance: &'a str) -> impl Iterator<Item = &'a Instance> {
    let known = region.instances_on(ec2_instance).map(|held| &*held.record);
    known.filter(|instance| instance.status != InstanceStatus::Inactive)
}

/// What a node is told that speaks for another.
pub fn refusal() -> Fault {
    wharf_api_ecs::faults::access_denied_exception(
        "This node may not speak for the container instance.",
    )
}
