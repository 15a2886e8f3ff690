//! The protocols that post everything to one path: awsJson, CBOR, awsQuery and EC2's.

mod query;
mod rpc;

pub use query::{Ec2, Query};
pub use rpc::{Cbor, Json, WRITTEN_DOWN};
