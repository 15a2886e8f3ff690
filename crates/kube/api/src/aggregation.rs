//! Aggregated API servers: programs of the cluster's users, in pods behind a Service, that answer for groups of their own below this
//! server's address.
//!
//! A request for one was authorised as any other before it is passed on (`forward`), by way of the pod's node, as webhooks are asked: an
//! APIService leads nowhere else. The far end learns who asks from headers, which it believes because of the certificate that it is shown
//! (`extension-apiserver-authentication` in `kube-system` has its authority). Whether one answers is looked at when what it stands on
//! changes and from time to time (`check`), and told in its condition; what it then tells of its kinds is part of discovery and of
//! OpenAPI. What this server answers for itself is never anybody else's.
//!
//! Far ends are anybody's programs: each has a number of requests, answers are passed on as they are read and end after a time unless
//! they are watches or sessions, redirects are refused, and what is kept of documents is bounded.

mod check;
pub(crate) mod discovered;
mod forward;
mod index;
mod service;

pub use check::follow;
pub use forward::{Length, pass};
pub use index::{Aggregation, after_write, before_write, load};
pub use service::{Aggregated, Snapshot};

const GROUP: &str = "apiregistration.k8s.io";
const PLURAL: &str = "apiservices";
/// Requests to one server at the same time, watches among them.
const AT_ONCE: usize = 400;
/// The name in the certificate that aggregated servers are shown.
pub const FRONT_PROXY: &str = "front-proxy-client";
pub const USER_HEADER: &str = "X-Remote-User";
pub const UID_HEADER: &str = "X-Remote-Uid";
pub const GROUP_HEADER: &str = "X-Remote-Group";
pub const EXTRA_HEADER: &str = "X-Remote-Extra-";
