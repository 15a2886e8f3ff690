//! S3: buckets and the objects in them.
//!
//! Bytes lie in the folder of blobs that ECR keeps its layers in; who needs which of them is written down in the
//! transaction that makes or ends the need (`wharf_wanted`), and one collector removes what nobody needs. Bodies
//! pass piece by piece; memory stays flat. Small ones lie together in packs (`packs`). Objects are records whose keys sort as S3 lists (`records`); `list`
//! decides what of them a page shows, `commit` what becomes of the version before.

#![forbid(unsafe_code)]

mod acl;
mod actions;
mod announced;
mod at_work;
mod authorize;
mod body;
mod commit;
mod compact;
mod conditions;
mod config_records;
mod core;
pub mod cors;
mod counted;
mod courier;
mod crypt;
mod current;
mod expire;
mod fault;
pub mod form;
#[doc(hidden)]
pub mod fuzz;
mod lifecycle;
mod list;
mod names;
mod notices;
mod notification;
mod ops;
mod packs;
mod policy;
mod range;
mod rates;
mod recent;
mod records;
mod refuse;
mod sealed;
mod service;
mod settings;
mod sse;
mod sum;
mod summing;
mod tagged;
mod teardown;
mod upkeep;
mod walk;
pub mod website;

pub use announced::ANNOUNCING;
pub use config_records::{CorsRule, Website};
pub use core::Parts;
pub use counted::COUNTED;
pub use rates::RATES;
pub use sealed::SEALING;
pub use service::S3Service;
pub use tagged::TAGGED;
