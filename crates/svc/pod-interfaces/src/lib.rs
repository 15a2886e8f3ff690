//! Pods have addresses of their VPC: each that is bound to a node gets a network interface in the node's subnet, with the node's security
//! groups, attached to the node's instance, as the VPC resource controller of AWS gives branch interfaces.
//!
//! The controller is a client of the Kubernetes API and of EC2, and keeps nothing: which interface is whose stands in the pod's annotation
//! [`POD_ENI`], which the node waits for, and in the interface's tags. A repeated creation returns the same interface (its client token is
//! the pod's uid), so whatever ends in between, a pod has one. An interface is given back when its pod is gone; the node has let go of it
//! by then.
//!
//! Nodes whose instances have ended are deleted here too, since nobody else knows both.

#![forbid(unsafe_code)]

mod controller;
mod interfaces;
mod nodes;
mod plan;

pub use self::{
    controller::{indexes, run},
    interfaces::Interfaces,
    nodes::forget_ended,
};

/// `[{"eniId": …, "ifAddress": …, "privateIp": …, "subnetCidr": …}]`
pub const POD_ENI: &str = "vpc.amazonaws.com/pod-eni";
