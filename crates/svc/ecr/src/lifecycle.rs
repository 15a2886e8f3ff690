//! Lifecycle policies: which images of a repository a policy takes (spec ecr.md §6). Pure.
//!
//! [`Policy::read`] takes a policy's text and says what is wrong with it; [`Policy::select`] says
//! which images it would have expire, or go into the archive, at a given time. Who runs it is `catalog::lifecycle`.

mod read;
mod select;

pub(crate) use select::{Candidate, Chosen};

/// A policy that holds to all rules of the format, its rules in the order of their priorities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Policy {
    rules: Vec<Rule>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    priority: i32,
    /// It is about images of this class alone.
    class: Class,
    tags: TagSelection,
    count: Count,
    action: Action,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Standard,
    Archive,
}

/// What becomes of the images that a rule takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Expire,
    /// They go into the archive.
    Archive,
}

/// Which images a rule is about.
#[derive(Debug, Clone, PartialEq, Eq)]
enum TagSelection {
    Any,
    Untagged,
    /// Images that have, for each of these, a tag that begins with it.
    Prefixes(Vec<String>),
    /// Images that have, for each of these, a tag that matches it; `*` stands for any characters.
    Patterns(Vec<String>),
}

/// Which of them it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Count {
    /// All but the newest ones, this many.
    MoreThan(u32),
    /// Those that were pushed more than so many days ago.
    OlderThanDays(u32),
    /// Those that were last pulled more than so many days ago, or came here and were never pulled.
    NotPulledForDays(u32),
    /// Those that went into the archive more than so many days ago.
    ArchivedForDays(u32),
}
