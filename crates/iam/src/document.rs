//! A policy document: parsed and validated, not yet made ready for evaluation.
//!
//! [`Document::parse`] reads the grammar of spec platform §3; `rules` then holds what depends on
//! where the document is to stand. Texts of refusals are those AWS prints.

mod grammar;
pub(crate) mod rules;

use serde::{Deserialize, Serialize};

/// No document of any kind is longer (characters, white space included), so nothing longer is
/// parsed. It is also the bound of the API models.
pub const MAX_TEXT: usize = 131_072;

/// Where a document stands, which decides what it may say and how long it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DocumentKind {
    /// A version of a managed policy; permissions boundaries are managed policies.
    Managed,
    InlineUser,
    InlineRole,
    InlineGroup,
    /// Who may assume a role.
    Trust,
    /// Attached to a resource such as a repository.
    Resource,
    /// Passed along when a role is assumed.
    Session,
}

impl DocumentKind {
    /// The longest document, in characters that are not white space. For inline policies the limit
    /// holds for all policies of the entity together, which the caller adds up. For documents on
    /// resources the service that owns the resource has a limit of its own.
    pub fn limit(self) -> usize {
        match self {
            Self::Managed => 6_144,
            Self::InlineUser | Self::Trust | Self::Session => 2_048,
            Self::InlineRole => 10_240,
            Self::InlineGroup => 5_120,
            Self::Resource => MAX_TEXT,
        }
    }

    fn has_principal(self) -> bool {
        matches!(self, Self::Trust | Self::Resource)
    }
}

/// The length that counts against [`DocumentKind::limit`].
pub fn counted_length(text: &str) -> usize {
    text.chars().filter(|c| !c.is_whitespace()).count()
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// Error code `MalformedPolicyDocument`.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// Error code `LimitExceeded` (of session policies `PackedPolicyTooLarge`).
    #[error("Cannot exceed quota for {quota}: {limit}")]
    TooLong { quota: &'static str, limit: usize },
}

/// What is wrong with a document, in AWS's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("Syntax errors in policy.")]
    Syntax,
    #[error("The policy failed legacy parsing")]
    LegacyParsing,
    #[error("Policy document must be version 2012-10-17 or greater.")]
    OldVersion,
    #[error("Policy statement must contain actions.")]
    NoActions,
    #[error("Policy statement must contain resources.")]
    NoResources,
    #[error("Policy document should not specify a principal.")]
    UnexpectedPrincipal,
    #[error("Missing required field Principal")]
    NoPrincipal,
    #[error("Has prohibited field Resource")]
    UnexpectedResource,
    #[error("AssumeRole policy may only specify STS AssumeRole actions.")]
    NotAnAssumeAction,
    #[error("Statement IDs (SID) in a single policy must be unique.")]
    DuplicateSid,
    #[error(
        "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular \
         expression [0-9A-Za-z]*"
    )]
    BadSid,
    #[error("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")]
    NoVendor,
    #[error("Actions/Conditions can contain only one colon.")]
    TwoColons,
    #[error("Vendor {0} is not valid")]
    BadVendor(String),
    #[error("Resource {0} must be in ARN format or \"*\".")]
    NotAnArn(String),
    #[error("Partition \"{partition}\" is not valid for resource \"{resource}\".")]
    BadPartition { partition: String, resource: String },
    #[error("IAM resource {0} cannot contain region information.")]
    IamWithRegion(String),
    #[error("Invalid principal in policy: \"{kind}\":\"{value}\"")]
    BadPrincipal { kind: &'static str, value: String },
}

/// The language level: variables exist from 2012-10-17 on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    V2008,
    V2012,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    Allow,
    Deny,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    pub version: Version,
    pub statements: Vec<Statement>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    pub sid: Option<String>,
    pub effect: Effect,
    pub principal: Option<PrincipalElement>,
    pub actions: Listed,
    /// None in trust policies and where a resource policy means the resource it is attached to.
    pub resources: Option<Listed>,
    pub conditions: Vec<ConditionElement>,
}

/// Action or NotAction, Resource or NotResource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub negated: bool,
    pub values: Vec<String>,
}

/// Principal or NotPrincipal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrincipalElement {
    pub negated: bool,
    pub entries: Vec<(PrincipalType, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrincipalType {
    /// `"Principal": "*"`
    Everyone,
    Aws,
    Service,
    Federated,
    CanonicalUser,
}

/// One key under one operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConditionElement {
    pub operator: String,
    pub key: String,
    pub values: Vec<String>,
}

impl Document {
    /// Reads and validates `text` as a document of `kind`, its length included.
    pub fn parse(text: &str, kind: DocumentKind) -> Result<Self, DocumentError> {
        let limit = kind.limit();
        if text.len() > 4 * MAX_TEXT || counted_length(text) > limit {
            let quota = match kind {
                DocumentKind::Trust => "ACLSizePerRole",
                _ => "PolicySize",
            };
            return Err(DocumentError::TooLong { quota, limit });
        }
        if text.len() > MAX_TEXT {
            return Err(Malformed::Syntax.into());
        }
        let value = crate::json::parse(text).map_err(|_| Malformed::Syntax)?;
        let document = grammar::document(&value)?;
        rules::check(&document, kind)?;
        Ok(document)
    }
}

#[cfg(test)]
mod tests;
