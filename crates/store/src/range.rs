//! Reading many keys.

use crate::{Entry, MAX_RANGE_KEYS, Revision};

/// Which keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Span {
    /// Keys that start so; empty: all.
    Prefix(String),
    /// `from` itself up to, without, `to`.
    Between { from: String, to: String },
}

/// Which keys to read, how many of them at most, and as of when.
///
/// A range is made of a [`Span`] and a limit; there is none without. Everything of a span is read
/// in pages: [`crate::Store::all`], [`crate::Store::pages`].
///
/// ```
/// use wharf_store::Range;
/// let page = Range::prefix("/w1/c/ecs/").limit(100).start_after("/w1/c/ecs/b");
/// # let _ = page;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    pub span: Span,
    /// Only keys behind this one: where the page before ended.
    pub start_after: Option<String>,
    /// At most this many entries.
    limit: usize,
    /// As of this revision instead of now.
    pub at: Option<Revision>,
    /// Leaves values empty.
    pub keys_only: bool,
    /// Returns no entries, only their number.
    count_only: bool,
}

impl Span {
    /// Reads at most `limit` entries, and never more than [`MAX_RANGE_KEYS`].
    pub fn limit(self, limit: usize) -> Range {
        Range {
            span: self,
            start_after: None,
            limit: limit.min(MAX_RANGE_KEYS),
            at: None,
            keys_only: false,
            count_only: false,
        }
    }

    /// Returns no entries, only the number of all there are.
    pub fn count_only(self) -> Range {
        Range {
            count_only: true,
            ..self.limit(0)
        }
    }
}

impl Range {
    /// Keys that start so. How many of them to read is to be said next: [`Span::limit`].
    pub fn prefix(prefix: impl Into<String>) -> Span {
        Span::Prefix(prefix.into())
    }

    /// Keys from `from` up to, without, `to`.
    pub fn between(from: impl Into<String>, to: impl Into<String>) -> Span {
        Span::Between {
            from: from.into(),
            to: to.into(),
        }
    }

    pub fn start_after(mut self, key: impl Into<String>) -> Self {
        self.start_after = Some(key.into());
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

    pub(crate) fn most(&self) -> usize {
        self.limit
    }

    pub(crate) fn only_counts(&self) -> bool {
        self.count_only
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RangeReply {
    /// In the order of their keys.
    pub entries: Vec<Entry>,
    /// Whether the limit left out further keys.
    pub more: bool,
    /// Number of entries; with [`Span::count_only`] of all keys of the span.
    pub count: usize,
    /// What the reply is a picture of: pass it as `at` for the next page, or watch from the one
    /// after it.
    pub revision: Revision,
}
