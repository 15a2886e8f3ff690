//! The services of a cluster and their endpoints, as the proxy and the name service of a node read them.
//!
//! - [`Service`] and [`Slice`] are the facts of the two objects that count here, read from JSON whose sender is not trusted: what makes
//!   no sense is left out.
//! - [`Book`] joins them by service; pure. [`Entry::endpoints`] are the endpoints of a port, [`Entry::choose`] those that traffic
//!   goes to. [`Written`] is a book as the next process opens it.
//! - [`Services`] keeps a book by two watches, and tells each [`Reader`] which services changed.

#![forbid(unsafe_code)]

mod book;
mod choose;
mod follow;
mod service;
mod slice;

pub use book::{Book, Entry, Written};
pub use choose::{Chosen, Origin, Place};
pub use wharf_kube_model::parts::{Part, Parts};

pub use follow::{Reader, Services};
pub use service::{Kind, Name, Policy, Protocol, Service, ServicePort};
pub use slice::{Endpoint, Slice, SlicePort};
