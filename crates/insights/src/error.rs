//! Why a text is no query.

/// What is wrong, and where in the text, in characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QueryError {
    pub message: String,
    pub start: usize,
    pub end: usize,
}

/// The same while the text is read: its place is in bytes.
#[derive(Debug)]
pub(crate) struct Wrong {
    pub message: String,
    pub start: usize,
    pub end: usize,
}

impl Wrong {
    pub fn at((start, end): (usize, usize), message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            start,
            end,
        }
    }

    pub fn in_text(self, text: &str) -> QueryError {
        let chars = |bytes: usize| {
            let before = text.char_indices().take_while(|(at, _)| *at < bytes);
            before.count()
        };
        QueryError {
            start: chars(self.start),
            end: chars(self.end),
            message: self.message,
        }
    }
}
