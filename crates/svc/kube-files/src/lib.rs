//! File systems of EFS for a cluster's claims, as the controller of the EFS CSI driver has them: a claim gets an access point of its own
//! and a PersistentVolume that names it; nodes mount that themselves.
//!
//! The controller is a client of the Kubernetes API and of EFS. [`provision`] says what a claim is to have and is pure. Before EFS is
//! asked it is written down, as a finalizer of the claim beside the file system's name, so whatever ends in between is taken up again
//! and nothing is left over.
//!
//! Invariants: an access point is deleted only by the PersistentVolume that it was made for, or before there was one; what says so is
//! the access point's own token and tags, never an object of the cluster. Files are never deleted.

#![forbid(unsafe_code)]

mod claims;
mod cloud;
mod controller;
#[doc(hidden)]
pub mod fuzz;
mod provision;
mod volumes;

pub use self::{cloud::Cloud, controller::run};
