//! Who a Kubernetes request is from and what it may do: tokens of EKS and of service accounts, certificates, RBAC, the rules of nodes,
//! access policies. Decisions are pure; what they are about is read through the API.
//!
//! - [`user`] says who somebody is, [`attributes`] what is asked, [`decision`] what comes of it.
//! - [`seams`] holds the traits that the API server calls: [`Authenticator`], [`Authorizer`], [`Tokens`].
//! - Who somebody is: [`eks_token`] and [`mapping`] for principals of IAM, [`account_token`] for service accounts, [`certificate`],
//!   [`oidc`] for those whom an identity provider vouches for;
//!   [`impersonation`] for those who act as another.
//! - Certificates: [`signing_request`] is what is asked for, [`issuing`] what an authority gives for it.
//! - What they may do: [`rbac`], [`node`], [`access_policies`]; [`bootstrap`] is what a cluster begins with.

#![forbid(unsafe_code)]

pub mod access_policies;
pub mod account_token;
pub mod attributes;
pub mod bootstrap;
pub mod certificate;
pub mod decision;
pub mod eks_token;
#[doc(hidden)]
pub mod fuzz;
pub mod impersonation;
pub mod issuing;
pub mod mapping;
pub mod node;
pub mod oidc;
pub mod rbac;
pub mod rules;
pub mod seams;
pub mod signing_request;
pub mod user;

pub use attributes::Attributes;
pub use decision::Decision;
pub use rules::{PolicyRule, Rules};
pub use seams::{
    Authenticated, Authenticator, Authorizer, Bound, Credentials, IssuedToken, TokenRefused,
    TokenRequest, Tokens, UNKNOWN_TOKEN, Unauthenticated,
};
pub use user::UserInfo;
