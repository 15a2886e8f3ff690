//! What can be wrong with a query.

/// Told apart as Prometheus's answers tell it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The text is no query.
    #[error("{0}")]
    Parse(String),
    /// The query has no answer over these series.
    #[error("{0}")]
    Execution(String),
    /// It would take more than it may.
    #[error("the query takes more {0} than it may")]
    Budget(&'static str),
    /// It was told to end before it had an answer.
    #[error("the query was stopped")]
    Stopped,
}

impl Error {
    pub(crate) fn parse(text: impl std::fmt::Display) -> Self {
        Self::Parse(format!("parse error: {text}"))
    }

    pub(crate) fn execution(text: impl Into<String>) -> Self {
        Self::Execution(text.into())
    }
}
