//! Load balancers of a cluster: a Service of type LoadBalancer has a network load balancer, and Ingresses of the class `alb` have an
//! application load balancer, as the AWS Load Balancer Controller makes them. A TargetGroupBinding gives a target group that a user made
//! its targets.
//!
//! The controller is a client of the Kubernetes API, of Elastic Load Balancing and of EC2. What objects ask for becomes a [`stack`], pure
//! (`ingress`, `service`); what is there is read, and [`plan`], pure, says what to do next, until nothing is left. Nothing is kept: what
//! was made says by its tags which cluster and which stack it is of, and objects wait by a finalizer until nothing of their stack is left.

#![forbid(unsafe_code)]

mod annotations;
mod binding;
mod bindings;
mod cloud;
mod controller;
mod endpoints;
#[doc(hidden)]
pub mod fuzz;
mod ingress;
mod names;
mod nodes;
mod objects;
mod plan;
mod remove;
mod service;
mod stack;

pub use self::{
    cloud::{Cloud, CloudError, Nodes},
    controller::{indexes, run},
    remove::remove_all,
};
