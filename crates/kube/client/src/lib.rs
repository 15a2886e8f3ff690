//! A client of the Kubernetes API for wharf's own nodes and controllers: requests, lists, watches that resume, and caches kept by
//! them, in process or over TLS.
//!
//! - [`Transport`] carries a request to an API server: [`Https`] over the network, [`transport::from_fn`] in process.
//! - [`Client`] speaks in [`Kind`]s and JSON values; a refusal is an [`Error`] with the server's Status.
//! - [`Informer`] lists and watches one kind into a cache with indexes and tells subscribers what changed; [`Informers`] shares one per
//!   kind among several readers.
//! - [`Recorder`] writes Events.
//!
//! Nothing here polls: a watch that ends is resumed where it ended, and what was missed is listed again.

#![forbid(unsafe_code)]

mod cache;
mod client;
mod discovery;
mod error;
#[cfg(any(test, feature = "fake"))]
pub mod fake;
mod finalizers;
mod https;
mod informer;
pub mod kind;
mod object;
mod recorder;
pub mod transport;
mod watch;

pub use cache::{BY_NAMESPACE, BY_OWNER, Index};
pub use client::{Client, Delete, List, Patch, Propagation, Selection};
pub use error::{Error, Refusal};
pub use finalizers::has_gone;
pub use https::{Credentials, Https, NoToken, Tokens};
pub use informer::{Change, Informer, Informers};
pub use kind::Kind;
pub use object::{Object, OwnerRef, Ref};
pub use recorder::{Journal, Recorder, Said};
pub use transport::{Body, Transport};
pub use watch::{Event, Watch};
