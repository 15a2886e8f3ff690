//! The protocols that post everything to one path: awsJson, CBOR, awsQuery and EC2's; and calls that are
//! made here, by name.

mod by_name;
mod query;
mod rpc;

pub(crate) use by_name::ByName;

pub use query::{Ec2, Query};
pub use rpc::{Cbor, Json};
