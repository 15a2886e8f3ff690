//! Why there are no credentials, in AWS's words.

use wharf_iam::DocumentError;

use crate::{
    directory::DirectoryError,
    oidc::{keys::NoKey, token::TokenError},
    saml::SamlError,
};

/// Why there are no credentials.
#[derive(Debug, thiserror::Error)]
pub enum AssumeError {
    #[error("Roles may not be assumed by root accounts.")]
    Root,
    #[error("{0}")]
    Denied(String),
    #[error("The credentials of a node give no further credentials.")]
    Node,
    #[error("Not authorized to perform {0}")]
    NotAuthorized(&'static str),
    #[error(transparent)]
    WebIdentity(#[from] TokenError),
    #[error(transparent)]
    Saml(#[from] SamlError),
    #[error(transparent)]
    NoKey(#[from] NoKey),
    #[error("The user with name {0} cannot be found.")]
    NoSuchUser(String),
    #[error("Cannot call GetSessionToken with session credentials")]
    SessionCaller,
    #[error("MultiFactorAuthentication failed with invalid MFA one time pass code. ")]
    WrongCode,
    #[error(
        "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA \
         serial number is valid and associated with this user."
    )]
    NoDevice,
    #[error(
        "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass \
         code."
    )]
    HalfAFactor,
    #[error("Cannot call GetFederationToken with session credentials")]
    SessionFederates,
    #[error("Cannot call AssumeRole with the credentials of a federated user")]
    FederatedAssumes,
    #[error("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")]
    TooLongForRole,
    #[error(
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role \
         chaining."
    )]
    TooLongForChain,
    #[error("The requested DurationSeconds is out of range.")]
    Duration,
    #[error(transparent)]
    Policy(#[from] DocumentError),
    #[error("Policy {0} does not exist or is not attachable.")]
    NoSuchPolicy(String),
    #[error("Tag {0} is passed on by the calling session and cannot be set again.")]
    TransitiveTag(String),
    #[error("At most 50 session tags can be given, with those that the calling session passes on.")]
    TooManyTags,
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    #[error("the session token cannot be written")]
    Token(#[from] serde_json::Error),
}
