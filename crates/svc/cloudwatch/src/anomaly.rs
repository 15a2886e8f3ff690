//! Anomaly detection: what is usual of a metric, or of math over several, learned from its own points.
//!
//! - A detector is a record that says how a metric's model is made ([`detector::settings`]). A metric without one has a band too,
//!   as the default settings make it.
//! - A band in an expression is evaluated with a [`Model`]. Those are made of the points that are there when one is wanted
//!   ([`of_queries`]), and kept in memory until the next quarter of an hour ([`Models`]): nothing of them is on disk.

mod detector;
mod models;
mod train;

pub use detector::identity;
pub use models::{Models, Training};
pub use train::{checked, checked_bands, of_detector, of_queries};
pub use wharf_seasonal::{Model, Settings};
