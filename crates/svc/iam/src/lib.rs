//! IAM: users, groups, roles, policies, access keys; and the [`Directory`] that tells the gateway
//! who signs a request and what they may do.
//!
//! - `ops` has the operations, a file for each kind of thing; `service` names them for the trait.
//! - `actions` is the authorisation row of every operation.
//! - [`Directory`] reads; every answer is as fresh as the store, whatever it keeps in memory.
//! - [`IamGate`] is the dispatcher's question, answered by `wharf_iam::evaluate`.
//!
//! Invariants: a change reads what it depends on inside its transaction; a secret leaves its sealed
//! form only to check a signature or in the one answer of CreateAccessKey; denials say why.

#![forbid(unsafe_code)]

mod accesses;
mod actions;
mod certificate;
mod counted;
mod denial;
mod directory;
mod entity;
mod fault;
#[doc(hidden)]
pub mod fuzz;
mod gate;
mod names;
mod oidc;
mod ops;
mod partitions;
mod passwords;
pub mod records;
mod saml;
mod sealed;
mod service;
mod sessions;
mod ssh_key;
mod table;
mod totp;
mod trust;

pub use counted::COUNTED;
pub use directory::{
    CloseError, CreateError, Credentials, Directory, DirectoryError, Identified, IdentifyError,
    Member, NewMember, ServerCertificate,
};
pub use gate::{IamGate, Mode};
pub use names::entity_arn;
pub use oidc::{
    Documents, IssuerKeys, NoDocument, NotVouched,
    keys::{MAX_DOCUMENT, NoKey},
    token::TokenError,
};
pub use ops::last_accessed::KnownService;
pub use saml::SamlError;
pub use sealed::SEALING;
pub use service::IamService;
pub use sessions::{
    AssumeError, AssumeRole, Federation, Minted, PodSession, SamlSession, SecondFactor, WebIdentity,
};
pub use wharf_iam::DocumentError;
