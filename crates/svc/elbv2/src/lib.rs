//! Elastic Load Balancing v2: load balancers, listeners, rules and target groups as records, and
//! what follows from them.
//!
//! Operations write what is wanted. Load balancer hosts are told of it over the plane stream
//! ([`plane`]) and report how they see targets; the reconcilers give every load balancer an
//! interface on each host and let deregistered targets go. Whether a request reaches a target is
//! never decided here: hosts keep working while this service is away.

#![forbid(unsafe_code)]

pub mod access_logs;
mod address;
mod authorize;
mod carried;
mod certificates;
mod check;
mod config;
mod core;
mod counted;
mod describe;
mod fault;
mod feed;
#[doc(hidden)]
pub mod fuzz;
mod health;
mod login;
mod measured;
mod names;
mod network;
mod ops;
mod orphans;
mod page;
mod plan;
pub mod plane;
mod rates;
mod reconcile;
mod records;
mod reports;
mod sealed;
mod service;
mod ssl;
mod tagged;
mod tree;

pub use carried::{Carried, CarriedChange, carried_change};
pub use certificates::users as certificate_users;
pub use config::{
    CertificateLookup, Certificates, Config, EndpointServices, FoundCertificate, InstanceLookup,
    Instances, LookupError, Parts,
};
pub use core::ChangeError;
pub use counted::COUNTED;
pub use names::Place;
pub use rates::RATES;
pub use sealed::SEALING;
pub use service::{Elbv2Service, WeakElbv2Service};
pub use tagged::TAGGED;
