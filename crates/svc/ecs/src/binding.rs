//! What a node may say: the identity that joining gives it speaks for the container instance it
//! registered and for no other. Any other principal is judged by its policies alone.

use wharf_records::ecs::Instance;
use wharf_wire::{Caller, CallerKind, Fault};

use crate::view::Region;

/// Session tag that binds a session to one container instance.
pub const INSTANCE_TAG: &str = "wharf:container-instance";
/// In the ARNs of the users behind nodes.
const NODE_PATH: &str = ":user/wharf/";

/// Whether `caller` may speak for this instance.
pub fn may_speak_for(caller: &Caller, instance: &Instance) -> bool {
    let tag = caller
        .session
        .as_ref()
        .and_then(|session| session.tags.get(INSTANCE_TAG));
    let is_node = caller.kind == CallerKind::User && caller.arn.contains(NODE_PATH);
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

fn is_bound(caller: &Caller) -> bool {
    caller
        .session
        .as_ref()
        .is_some_and(|session| session.tags.contains_key(INSTANCE_TAG))
        || (caller.kind == CallerKind::User && caller.arn.contains(NODE_PATH))
}

/// What a node is told that speaks for another.
pub fn refusal() -> Fault {
    wharf_api_ecs::faults::access_denied_exception(
        "This node may not speak for the container instance.",
    )
}
