//! What an authorizer says.

/// Several authorizers are asked in turn, until one has an opinion; nobody's opinion is a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// With the reason, for the audit log and `SubjectAccessReview`s.
    Allow(String),
    /// Nobody after this one is asked.
    Deny(String),
    /// With what there is to say about it, which may be nothing.
    NoOpinion(String),
}

impl Decision {
    pub fn allows(&self) -> bool {
        matches!(self, Self::Allow(_))
    }

    pub fn reason(&self) -> &str {
        match self {
            Self::Allow(reason) | Self::Deny(reason) | Self::NoOpinion(reason) => reason,
        }
    }
}
