//! What a node may say: the identity that joining gives it speaks for the container instance it
//! registered and for no other. So does the session of an instance's role: whoever got hold of it in the
//! instance is told of the tasks there, and of no others. Any other principal is judged by its policies
//! alone.

use wharf_base::image_index;
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
    let session = instance_session(caller);
    session.is_none_or(|id| id == instance.ec2_instance)
        && tag.is_none_or(|bound| *bound == instance.arn)
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

/// Whether a caller registered the container instance that a task is on.
pub fn runs(caller: &Caller, region: &Region, task: &Task) -> bool {
    let instance = region.instance_by_arn(&task.instance);
    instance.is_some_and(|it| it.registered_by == caller.arn)
}

fn is_bound(caller: &Caller) -> bool {
    caller
        .session
        .as_ref()
        .is_some_and(|session| session.tags.contains_key(INSTANCE_TAG))
        || node_name(caller).is_some()
        || instance_session(caller).is_some()
}

/// Digits of the ids of instances.
const ID_DIGITS: [usize; 2] = [8, 17];

/// The instance of EC2 whose role's session this is: EC2 names sessions by their instances.
pub fn instance_session(caller: &Caller) -> Option<&str> {
    if caller.kind != CallerKind::AssumedRole {
        return None;
    }
    let (_, name) = caller.arn.rsplit_once('/')?;
    let is_digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    let digits = name.strip_prefix("i-")?;
    let fits = ID_DIGITS.contains(&digits.len()) && digits.bytes().all(is_digit);
    fits.then_some(name)
}

/// Attributes of wharf's own that the node of an instance says; `wharf.allow.…` is not among them.
const SAID_BY_INSTANCES: [&str; 6] = [
    "wharf.allow",
    "wharf.execute-command",
    "wharf.execute-command-logging",
    "wharf.images-ahead",
    "wharf.no-bridge-network",
    image_index::LEVEL,
];

/// Whether it is an attribute by which machines say what they are and offer.
pub fn is_of_hosts(name: &str) -> bool {
    name.starts_with("wharf.") && !SAID_BY_INSTANCES.contains(&name)
}

/// What an instance is refused that registers as another, or as what none is.
///
/// # Errors
/// See there.
pub fn check_session<'a>(
    session: &str,
    said: Option<&str>,
    mut attributes: impl Iterator<Item = &'a String>,
) -> Result<(), Fault> {
    let foreign = attributes.find(|name| is_of_hosts(name));
    let refuse = |text: String| Err(wharf_api_ecs::faults::access_denied_exception(text));
    match said {
        Some(other) if other != session => refuse(format!(
            "The role of the instance {session} may not register the instance {other}."
        )),
        // Its owner would be handed what is not meant to be anywhere near, or be believed about its machine.
        _ => match foreign {
            Some(name) => refuse(format!(
                "The role of the instance {session} may not register the attribute {name}."
            )),
            None => Ok(()),
        },
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_say_nothing_that_hosts_say() {
        let id = "i-0123456789abcdef0";
        let check = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|it| (*it).to_owned()).collect();
            check_session(id, Some(id), names.iter())
        };
        let own = ["rack", "ecs.os-type"];
        assert!(check(&[&own[..], &SAID_BY_INSTANCES].concat()).is_ok());
        for name in [
            "wharf.instances",
            "wharf.fargate-capacity",
            "wharf.allow.privileged",
            "wharf.eni-slots",
        ] {
            let refused = check(&["rack", name]).unwrap_err();
            assert!(refused.message.contains(name), "{name}");
        }
        assert!(check_session(id, Some("i-01234567"), [].iter()).is_err());
    }

    #[test]
    fn sessions_of_instances_are_told_by_their_names() {
        let session = |kind, name: &str| {
            let arn = format!("arn:aws:sts::000000000000:assumed-role/ecsInstanceRole/{name}");
            let caller = Caller {
                kind,
                arn,
                ..Caller::root("000000000000")
            };
            instance_session(&caller).map(str::to_owned)
        };
        let id = "i-0123456789abcdef0";
        assert_eq!(session(CallerKind::AssumedRole, id).as_deref(), Some(id));
        assert_eq!(
            session(CallerKind::AssumedRole, "i-01234567").as_deref(),
            Some("i-01234567")
        );
        assert_eq!(session(CallerKind::User, id), None);
        for other in [
            "alice",
            "i-alice",
            "i-0123456789abcdef",
            "mi-0123456789abcdef0",
            "",
        ] {
            assert_eq!(session(CallerKind::AssumedRole, other), None, "{other}");
        }
    }
}
