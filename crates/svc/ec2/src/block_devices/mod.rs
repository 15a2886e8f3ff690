//! Block device mappings: what a launch, a launch template or an image says of the disks of instances.
//!
//! Mappings are kept as they were given ([`mapping`]). A launch lays the request's over those of its image and comes to
//! the size of the root file system and a list of volumes ([`layout`], pure). These are made in the transaction that makes the
//! instance, attached to it from the start ([`make`]).
//!
//! The root file system is no volume: it is a disk of the instance itself, and its mapping says how large, and how it is sealed.

pub mod layout;
pub mod make;
mod mapping;
mod settle;

pub use layout::{Layout, Lender, layout};
pub use make::{Disks, foreseen, prepare};
pub use mapping::{Ebs, Mapping, over, read, read_template};
pub use settle::MadeOf;
