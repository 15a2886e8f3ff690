//! Why a task has no image. The text is what ECS shows: `<Name>: <text>`.

use wharf_container::image::{BadReference, ImageError, PullError, Reference};

use super::{FARGATE, LoginError, fetch::FetchError};

#[derive(Debug, thiserror::Error)]
pub enum NotPulled {
    #[error("CannotPullContainerError: {0}")]
    Name(#[from] BadReference),
    #[error("CannotPullContainerError: {0}")]
    Store(#[from] ImageError),
    #[error(
        "ResourceInitializationError: unable to pull secrets or registry auth: no credentials of the \
         execution role"
    )]
    NoRole,
    /// The node may pull for all of its tasks; a Fargate task has no part in that.
    #[error(
        "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref \
         {0}: pull access denied, repository does not exist or may require authorization: authorization \
         failed: no basic auth credentials"
    )]
    NoLogin(Reference),
    #[error("CannotPullECRContainerError: {0}")]
    Login(#[from] LoginError),
    #[error(
        "{step}: service call has been retried {} time(s): asm fetching secret from the service for {id}: \
         {source}",
        .source.tries()
    )]
    Secret {
        step: &'static str,
        id: String,
        source: Box<FetchError>,
    },
    #[error("{step}: the secret {id} is no JSON object with a username and a password")]
    BadSecret { step: &'static str, id: String },
    #[error("{}", .source.reason())]
    Pull { source: Box<PullError> },
    /// As the agent of container instances says it.
    #[error("{}", .source.reason_manifest())]
    PullOnInstance { source: Box<PullError> },
    #[error("CannotPullContainerError: pulling {0} took too long")]
    TimedOut(String),
}

impl NotPulled {
    /// What the agents of the two launch types say (ecs.md §4).
    pub(super) fn pull(source: PullError, launch_type: &str) -> Self {
        let source = Box::new(source);
        match launch_type {
            FARGATE => Self::Pull { source },
            _ => Self::PullOnInstance { source },
        }
    }

    /// The registry did not answer, which says nothing of whether the task may have the image.
    pub(super) fn is_unreachable(&self) -> bool {
        match self {
            Self::Login(error) => error.is_unanswered(),
            Self::Secret { source, .. } => source.is_unanswered(),
            Self::Pull { source } | Self::PullOnInstance { source } => source.is_unreachable(),
            Self::TimedOut(_) => true,
            Self::Name(_)
            | Self::Store(_)
            | Self::NoRole
            | Self::NoLogin(_)
            | Self::BadSecret { .. } => false,
        }
    }
}
