//! Prometheus's protocols over the store of metrics, as Amazon Managed Service for Prometheus offers them: remote write
//! in ([`write`]), queries and federation out.
//!
//! - Each account has one workspace in each region (`workspace`). What is written there are metrics of CloudWatch too, and
//!   metrics of CloudWatch are read as series (`labels`).
//! - [`Request::of`] says what a request asks for and which action of IAM that is; the server finds out who asks and
//!   whether policies allow it, then [`PrometheusApi::answer`] does it.
//! - Queries are evaluated by `wharf_promql` over series that `fetch` reads, within bounds of work and memory.
//!
//! Invariants: what was acknowledged is on disk; a body is looked at before anything is allocated for it; accounts take
//! turns.

#![forbid(unsafe_code)]

mod about;
mod answer;
mod apart;
mod api;
mod federate;
mod fetch;
#[doc(hidden)]
pub mod fuzz;
mod labels;
mod params;
mod rates;
mod request;
mod results;
mod workspace;
pub mod write;

pub use answer::{Answer, Failure};
pub use api::{Asked, PrometheusApi};
pub use rates::RATES;
pub use request::Request;
pub use workspace::{arn, id, split};
pub use write::MOST_PACKED;

/// As requests are signed for it, and as actions are named.
pub const SERVICE: &str = "aps";
