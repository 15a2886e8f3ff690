//! The kit of services: what each of them would otherwise bring of its own.
//!
//! - [`Table`] reads, lists and changes records; [`transact!`] writes on the condition that
//!   everything it read still stands.
//! - [`Pages`] makes page tokens that fit one list of one account and region only.
//! - [`feed`] wakes reconcilers by what changes in the store, [`Loops`] runs them; [`OneQueue`] is both for
//!   a service that has one reconciler.
//! - [`StepError`] is why a reconciler tries a key again, [`fence`] what its writes compare.
//! - [`announce`] is how a service tells EventBridge what changes of its records mean.
//! - [`KeptSecrets`] are those that a service keeps in Secrets Manager for its users.
//! - [`tags`] holds the rules of tags and their part in authorisation.
//! - [`Tagged`] names the resources of a service that have tags.
//! - [`Counted`] names those that CloudWatch tells the number of.
//! - [`Sealing`] names the secrets in records that a rotation of the keyring seals anew.
//! - [`rates`] says how many requests a service takes.
//! - [`Shares`] lets accounts take turns at what is costly, each with a share of it.
//! - [`Made`] keeps what was made of records while they stand.
//! - [`Turns`] queues writers of one thing.
//! - [`Place`] and [`platform`] say where records live.
//! - [`principals`] ties the policies of resources to the very users and roles that they name.
//!
//! A service supplies its sentences ([`Faults`]) and its limits, nothing else.
//!
//! Invariants: no range is read without a limit on its chunks; a write compares all that it was
//! decided by; a loop that panics ends the service.

#![forbid(unsafe_code)]

pub mod actions;
pub mod announce;
mod changes;
mod cluster;
mod counted;
mod error;
mod feed;
mod kept;
mod loops;
mod made;
pub mod metrics;
mod pages;
mod place;
pub mod platform;
pub mod principals;
pub mod rates;
mod sealing;
mod shares;
mod step;
mod table;
mod tagged;
pub mod tags;
mod turns;

pub use changes::{Changes, Outcome};
pub use cluster::Cluster;
pub use counted::{Belongings, Count, Counted, Counting, Tally};
pub use error::{Cause, ChangeError, Faults, Unspoken};
pub use feed::{Look, Reach, feed, follow, newest};
pub use kept::KeptSecrets;
pub use loops::{Loops, OneQueue, queue_of_accounts};
pub use made::Made;
pub use pages::{Page, Pages};
pub use place::Place;
pub use sealing::{Sealing, Secrets};
pub use shares::{Share, Shares};
pub use step::{StepError, fence, settled};
pub use table::{Found, Stored, Table};
pub use tagged::{Held, Kind, Tagged, TaggedResource};
pub use turns::Turns;

/// Tries of a change before the caller is told to come back. Each lost try means that another
/// writer got through.
pub const MAX_TRIES: usize = 64;
