//! Fleets: so many units of capacity, of several pools, On-Demand and Spot.
//!
//! EC2 Fleet ([`create`], [`describe`], [`delete`]) and Spot Fleet ([`spot_fleet`]) are two ways to ask for the same ([`records::Body`]).
//! What a pool costs and has room for decides where its units come from ([`allocate`], pure); what is missing or too much follows from
//! the instances that say they are a fleet's ([`plan`], pure). An instant fleet launches in its own call; of others the
//! reconciler launches what is missing ([`reconcile`]), once or for as long as there is the fleet.
//!
//! Invariants: each launch compares the fleet's record and rewrites it, so no two decide by the same picture; what a fleet launches its
//! maker could launch.

mod allocate;
mod create;
mod delete;
mod describe;
mod fault;
mod fill;
mod pauses;
mod plan;
mod reconcile;
mod records;
mod requirements;
mod requirements_wire;
mod spot_fleet;
mod suitable;

pub use create::{configured, create};
pub use delete::delete;
pub use describe::{describe, instances};
pub use pauses::Pauses;
pub use reconcile::{key_of, reconcile};
pub use records::{Fleet, Member, SpotFleet, Template, user_data_purpose};
pub use spot_fleet::{
    cancel as cancel_spot_fleets, configured as configured_spot_fleet,
    describe as describe_spot_fleets, instances as spot_fleet_instances,
    modified as modified_spot_fleet, modify as modify_spot_fleet, request as request_spot_fleet,
};
