//! What an image is made of, and what is known to be wrong with it. Pure: layers come as readers, data
//! about vulnerabilities as records, and findings go back.
//!
//! - [`Reading`] takes the layers of an image, the lowest first, and ends with its [`Inventory`].
//! - [`advisory`] and [`debian`] read what is published about vulnerabilities, [`matching`] says which of
//!   it is about the packages of an inventory.
//! - [`sbom`] writes an inventory down for other programs.
//! - [`version`] compares versions by the rules of their ecosystems.
//!
//! Invariants: all of it is bounded by [`Limits`], whatever is in an image; nothing panics; only files
//! that say which packages there are stay in memory.

#![forbid(unsafe_code)]

pub mod advisory;
pub mod debian;
mod gathering;
mod interest;
mod layers;
mod limits;
pub mod matching;
mod package;
mod packages;
pub mod sbom;
pub mod severity;
mod tarball;
pub mod version;

pub use advisory::{About, Advisory};
pub use layers::Reading;
pub use limits::{Budget, Limits, ScanError};
pub use matching::{Finding, Findings};
pub use package::{Inventory, Manager, Package, System};
pub use severity::Severity;
