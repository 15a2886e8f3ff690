//! The way to the control plane: connections, signed calls, signed websockets.
//!
//! Plain `http` goes to loopback only. Beyond it there is only TLS, and only to a server whose
//! certificate the pinned authority signed (architecture §6).

pub mod api;
mod bytes;
mod objects;
mod patience;
mod pool;
mod rest;
pub mod websocket;

pub use self::bytes::sum;
pub use api::{Api, CallError};
pub use patience::{GaveUp, patiently};
pub use wharf_link::{BadEndpoint, ConnectError, CurrentKeys, Dialer, Endpoint, Stream};
