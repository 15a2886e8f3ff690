//! The first process of an EC2 instance that a host keeps: `wharf instance-init`.
//!
//! It runs as process 1 inside of the instance, as its root. It makes the places that programs expect, gives the
//! instance its name, runs what its user data says once in the instance's life, and then reaps what others leave
//! behind until it is told to end. All that it says goes to the instance's console.
//!
//! Reading user data is pure ([`user_data`], [`cloud_config`]); what it says is done by `apply`, in a process of its
//! own, so that nothing in it can end the first one.

mod apply;
mod boot;
mod budget;
mod cloud_config;
mod console;
mod devices;
mod init;
mod mime;
mod mount_filter;
mod node_config;
mod prepare;
mod user_data;
mod yaml;

pub use self::{
    boot::{Boot, VARIABLE},
    budget::Budget,
    cloud_config::CloudConfig,
    init::run,
    mount_filter::LISTENER,
    node_config::{BadClusterNode, ClusterNode, NODE_CONFIG},
    user_data::{Part, UserData},
};

/// Where the mark lies that user data ran to its end, inside of the instance.
pub const USER_DATA_DONE: &str = "run/wharf/user-data-done";

/// What fuzzing reaches of this crate: user data of any bytes.
#[doc(hidden)]
pub fn read_any(bytes: &[u8]) {
    let read = UserData::of_bytes(bytes);
    let mut budget = Budget::default();
    for part in &read.parts {
        if let Part::CloudConfig(text) = part {
            let _ = CloudConfig::read(text, &mut budget);
        }
        if let Part::NodeConfig(text) = part {
            let _ = ClusterNode::read(text);
        }
    }
}
