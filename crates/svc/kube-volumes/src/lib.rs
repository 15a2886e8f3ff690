//! EBS volumes of a cluster's claims, as the EBS CSI driver and its companions make, attach, grow and delete them.
//!
//! The controller is a client of the Kubernetes API and of EC2. [`provision`] says what a claim is to have, [`attach`] which
//! node a volume belongs to; both are pure. What is to be done at EC2 is written down first, as a finalizer of the claim or as a
//! VolumeAttachment, so whatever ends in between is taken up again and nothing is left over.
//!
//! Invariants: a volume is attached for one node at a time, and a VolumeAttachment goes only after EC2 said that its node has the
//! volume no more; a volume is deleted only by its PersistentVolume, or before it had one.

#![forbid(unsafe_code)]

mod attach;
mod claims;
mod clone;
mod cloud;
mod controller;
#[doc(hidden)]
pub mod fuzz;
mod grow;
mod provision;
mod volumes;

pub use self::{
    cloud::Cloud,
    controller::{indexes, run},
};
