//! The executors: fetch, decide by the pure plans, do one thing, record it; again until nothing is
//! left to do.
//!
//! | loop | woken by | decides in |
//! | --- | --- | --- |
//! | load balancers | a change of one, or of a host; timers | [`crate::plan`] |
//! | remains of deleted ones | their coming; failures | here |
//! | target groups | a change of group, targets, health; timers | [`crate::health::fate`] |
//! | certificates | a new one under the same ARN | [`certificate`] |
//! | listeners' keys of sessions | a change of one; timers | [`crate::login`] |
//! | hosts | their streams; timers | [`host`] |
//! | instances | a change of one | [`instance`] |
//!
//! Every write compares the shard's lease; a server that lost it stops writing.

mod balancer;
mod certificate;
mod group;
mod host;
mod instance;
mod interfaces;
mod session_keys;

pub use balancer::balancer;
pub use certificate::certificate;
pub use group::group;
pub use host::host;
pub use instance::instance;
pub use interfaces::sweep;
pub use session_keys::session_keys;

use wharf_base::Permit;
use wharf_wire::{Call, Context};

use crate::{
    config::LookupError,
    core::{Core, PRINCIPAL},
    fault::Elbv2Faults,
    names::{Kind, Names as _, Place},
};

const PERMIT: Permit = Permit::for_controller("elbv2-reconciler");

type StepError = wharf_service::StepError<Elbv2Faults>;

impl From<LookupError> for StepError {
    fn from(error: LookupError) -> Self {
        Self::other(error)
    }
}

/// A call of another service in this one's name.
fn call(core: &Core, place: &Place) -> Call {
    Call::by_controller(context(core, place), PERMIT)
}

/// As [`call`], for a load balancer.
fn call_for(core: &Core, place: &Place, balancer: &str) -> Call {
    let arn = place.arn(Kind::Balancer, balancer);
    Call::by_controller(context(core, place).acting_for(arn), PERMIT)
}

fn context(core: &Core, place: &Place) -> Context {
    Context::internal(&place.account, &place.region, PRINCIPAL, core.now())
}
