//! The Resource Groups Tagging API, its reading half: which resources have which tags, over all services.
//!
//! Nothing is stored here. Services name the kinds of their records that have tags
//! ([`wharf_service::Tagged`]); a request reads those of its account and region.

#![forbid(unsafe_code)]

mod authorize;
mod fault;
mod ops;
mod service;

pub use service::ResourcegroupstaggingapiService;
