//! EKS Auth: credentials for pods by EKS Pod Identity.
//!
//! EKS' other API, over the same records: a node hands in the token of one of its pods, and gets credentials of the role that the pod's
//! service account is associated with. The cluster says which pod a token is of ([`EksService::pod_role`]); [`Roles`], which the server
//! fills with IAM's directory, makes the session. What is decided here is what the session says of itself ([`session`]), pure.
//!
//! Invariants: nothing is kept; a token proves one pod that is there, whoever hands it in, who needs `eks-auth:AssumeRoleForPodIdentity`
//! on the cluster besides.
//!
//! [`EksService::pod_role`]: wharf_svc_eks::EksService::pod_role

#![forbid(unsafe_code)]

mod fault;
mod service;
pub mod session;

pub use service::EksAuthService;
pub use session::{Credentials, NoCredentials, Roles, Session};
