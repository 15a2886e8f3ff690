//! The policy language of IAM and its evaluation, pure: no I/O, no clock, no randomness.
//!
//! A text becomes a [`Document`] (parsed and validated for one [`DocumentKind`]), a document becomes
//! a [`CompiledPolicy`], and [`evaluate`] turns a [`Request`] and the policies that apply to it into
//! a [`Decision`] that names the kind of policy that decided. Behaviour: spec platform §3.
//!
//! Invariants:
//! - Every text is hostile: its length is bounded before it is parsed, its depth while it is, and
//!   matching costs at most the product of pattern and value length, never more.
//! - A variable without a value never widens what a statement allows.
//! - Nothing here knows which action an operation stands for; the services' action tables do.

#![forbid(unsafe_code)]

mod compiled;
pub mod condition;
mod context;
pub mod document;
mod evaluate;
mod json;
pub mod managed;
pub mod outside;
mod principal;
pub mod provider;
pub mod regional;
pub mod session;
mod spans;
mod template;

pub use compiled::CompiledPolicy;
pub use context::{Ambient, Context};
pub use document::{Document, DocumentError, DocumentKind, Effect, Malformed};
pub use evaluate::{
    AllowedBy, Decision, Denial, Matched, PolicyKind, PolicySet, PrincipalPolicies, Request,
    ResourcePolicy, contributing, evaluate, limit,
};
pub use principal::{Principal, PrincipalKind};
pub use spans::{Position, Span};
