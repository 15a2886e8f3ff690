//! Reading many keys.

use crate::{Entry, Revision};

/// Which keys to read, and as of when.
///
/// ```
/// use wharf_store::Range;
/// let page = Range::prefix("/w1/c/ecs/").start_after("/w1/c/ecs/b").limit(100);
/// # let _ = page;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    pub span: Span,
    /// Only keys behind this one: where the page before ended.
    pub start_after: Option<String>,
    /// At most this many entries.
    pub limit: Option<usize>,
    /// As of this revision instead of now.
    pub at: Option<Revision>,
    /// Leaves values empty.
    pub keys_only: bool,
    /// Returns no entries, only their number.
    pub count_only: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Span {
    /// Keys that start so; empty: all.
    Prefix(String),
    /// `from` itself up to, without, `to`.
    Between { from: String, to: String },
}

impl Range {
    pub fn prefix(prefix: impl Into<String>) -> Self {
        Self::of(Span::Prefix(prefix.into()))
    }

    pub fn between(from: impl Into<String>, to: impl Into<String>) -> Self {
        Self::of(Span::Between {
            from: from.into(),
            to: to.into(),
        })
    }

    fn of(span: Span) -> Self {
        Self {
            span,
            start_after: None,
            limit: None,
            at: None,
            keys_only: false,
            count_only: false,
        }
    }

    pub fn start_after(mut self, key: impl Into<String>) -> Self {
        self.start_after = Some(key.into());
        self
    }

    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = Some(limit);
        self
    }

    pub fn at(mut self, revision: Revision) -> Self {
        self.at = Some(revision);
        self
    }

    pub fn keys_only(mut self) -> Self {
        self.keys_only = true;
        self
    }

    pub fn count_only(mut self) -> Self {
        self.count_only = true;
        self
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RangeReply {
    /// In the order of their keys.
    pub entries: Vec<Entry>,
    /// Whether `limit` left out further keys.
    pub more: bool,
    /// Number of entries; with `count_only` of all keys of the span, whatever `limit` says.
    pub count: usize,
    /// What the reply is a picture of: pass it as `at` for the next page, or watch from the one
    /// after it.
    pub revision: Revision,
}
