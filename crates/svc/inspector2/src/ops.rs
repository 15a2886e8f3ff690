//! The operations, by what they are about.

pub(crate) mod accounts;
pub(crate) mod aggregations;
pub(crate) mod clusters;
pub(crate) mod configuration;
pub(crate) mod details;
pub(crate) mod filters;
pub(crate) mod keys;
pub(crate) mod lists;
pub(crate) mod reports;
pub(crate) mod sboms;
pub(crate) mod tags;
pub(crate) mod usage;
pub(crate) mod vulnerabilities;
