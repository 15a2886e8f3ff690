//! A query as it runs: commands on one event after another, then those that need all of them.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    QueryError, Table, across::Across, aggregate::Aggregate, eval::Expr, event::Event,
    extract::Extract, indexed::Term, lookup::Lookup, needles::Needles, parse, value::Value,
};

/// Fields that every event has, or may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum System {
    Timestamp,
    IngestionTime,
    Message,
    LogStream,
    Log,
    TransformationError,
}

impl System {
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "@timestamp" => Self::Timestamp,
            "@ingestionTime" => Self::IngestionTime,
            "@message" => Self::Message,
            "@logStream" => Self::LogStream,
            "@log" => Self::Log,
            "@transformationError" => Self::TransformationError,
            _ => return None,
        })
    }

    /// Whether it takes an event's message to know it.
    pub fn is_of_message(self) -> bool {
        matches!(self, Self::Message | Self::TransformationError)
    }

    pub fn of<'e>(self, event: &'e Event<'e>) -> Value<'e> {
        match self {
            Self::Timestamp => Value::Time(event.timestamp),
            Self::IngestionTime => Value::Time(event.ingestion),
            Self::Message => Value::text(event.message),
            Self::LogStream => Value::text(event.stream),
            Self::Log => Value::text(event.log),
            Self::TransformationError => {
                let error = event.transformation_error;
                error.map_or(Value::Null, Value::text)
            }
        }
    }
}

/// What is done with one event, or one row, alone. Values go behind those of earlier commands.
#[derive(Debug)]
pub(crate) enum Step {
    Assign(Expr),
    Filter(Expr),
    Extract(Expr, Box<Extract>),
    /// A row for each element of a list.
    Unnest(Expr),
    /// Values of a table.
    Lookup(Box<Lookup>),
}

/// What needs all rows.
#[derive(Debug)]
pub(crate) enum Whole {
    /// By what, and whether from the end.
    Sort(Vec<(Expr, bool)>),
    Limit(usize),
    Dedup(Vec<Expr>),
    Stats(Stats),
    Pattern(Expr, Option<Shift>),
    Across(Across),
}

#[derive(Debug)]
pub(crate) struct Stats {
    pub by: Vec<Expr>,
    pub counts: Vec<Aggregate>,
    /// Columns behind those of `by`, of what was counted.
    pub out: Vec<Expr>,
    /// Number of the first of `by` that is a time, by which rows come.
    pub times: Option<usize>,
}

#[derive(Debug)]
pub(crate) enum Stage {
    Step(Step),
    Whole(Whole),
}

/// How much earlier is what `diff` compares with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shift {
    /// As long as the query's own time.
    Period,
    Day,
    Week,
    Month,
}

/// Which log groups a query is about, where its text says so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// What their names start with, one of them; empty for all.
    pub prefixes: Vec<String>,
    /// Their classes; empty where the text says none.
    pub classes: Vec<String>,
}

/// A query, ready to run.
#[derive(Debug)]
pub struct Query {
    pub(crate) head: Vec<Step>,
    pub(crate) tail: Vec<Stage>,
    /// Paths of the JSON fields that it names.
    pub(crate) wanted: Vec<String>,
    /// The columns of the result.
    pub(crate) columns: Vec<(String, Expr)>,
    /// Its rows are events.
    pub(crate) of_events: bool,
    pub(crate) uses_messages: bool,
    pub(crate) needles: Needles,
    pub(crate) message_needles: Needles,
    pub(crate) shift: Option<Shift>,
    pub(crate) unmasks: bool,
    pub(crate) selection: Option<Selection>,
    pub(crate) index_terms: Vec<Vec<Term>>,
    pub(crate) needed_indexes: Vec<String>,
}

const DAY_MS: i64 = 86_400_000;

impl Query {
    /// # Errors
    /// The text is no query; says where and why.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        parse::parse(text).map_err(|wrong| wrong.in_text(text))
    }

    /// Whether events need their messages.
    pub fn needs_messages(&self) -> bool {
        self.uses_messages
    }

    /// Whether it shows what is masked.
    pub fn unmasks(&self) -> bool {
        self.unmasks
    }

    /// The groups that its `SOURCE` selects, if it has one.
    pub fn selection(&self) -> Option<&Selection> {
        self.selection.as_ref()
    }

    /// Clauses of which each event that passes has at least one term.
    pub fn index_terms(&self) -> &[Vec<Term>] {
        &self.index_terms
    }

    /// Fields of `filterIndex`: groups that have no index of them are not looked at.
    pub fn needed_indexes(&self) -> &[String] {
        &self.needed_indexes
    }

    /// Whether it looks for patterns, which not all groups have.
    pub fn has_patterns(&self) -> bool {
        let is_pattern = |it: &Stage| matches!(it, Stage::Whole(Whole::Pattern(..)));
        self.tail.iter().any(is_pattern)
    }

    /// Names of the tables that it looks values up in.
    pub fn tables(&self) -> BTreeSet<&str> {
        self.lookups().map(|it| it.table.as_str()).collect()
    }

    /// Whether it can look up what it does in a table with these columns; without any, there is none.
    ///
    /// # Errors
    /// It cannot; says where in the text.
    pub fn fits_table(&self, name: &str, columns: Option<&[String]>) -> Result<(), QueryError> {
        let mut all = self.lookups().filter(|it| it.table == name);
        all.try_for_each(|it| it.places(columns).map(drop))
    }

    /// A table that it looks values up in. Before it has all of them, it finds nothing in them.
    ///
    /// # Errors
    /// As [`Query::fits_table`].
    pub fn give_table(&mut self, name: &str, table: &Arc<Table>) -> Result<(), QueryError> {
        let head = self.head.iter_mut();
        let steps = head.chain(self.tail.iter_mut().filter_map(|it| match it {
            Stage::Step(step) => Some(step),
            Stage::Whole(_) => None,
        }));
        for step in steps {
            if let Step::Lookup(lookup) = step
                && lookup.table == name
            {
                lookup.give(table)?;
            }
        }
        Ok(())
    }

    fn lookups(&self) -> impl Iterator<Item = &Lookup> {
        let steps = self
            .head
            .iter()
            .chain(self.tail.iter().filter_map(|it| match it {
                Stage::Step(step) => Some(step),
                Stage::Whole(_) => None,
            }));
        steps.filter_map(|step| match step {
            Step::Lookup(lookup) => Some(&**lookup),
            _ => None,
        })
    }

    /// Texts without which no event passes.
    pub fn needles(&self) -> &Needles {
        &self.needles
    }

    /// The same of events whose fields are not members of their messages.
    pub fn message_needles(&self) -> &Needles {
        &self.message_needles
    }

    /// The earlier time that the query compares one with, if it does; both in milliseconds, ends not included.
    pub fn compares_with(&self, (start, end): (i64, i64)) -> Option<(i64, i64)> {
        let back = match self.shift? {
            Shift::Period => end.saturating_sub(start),
            Shift::Day => DAY_MS,
            Shift::Week => 7 * DAY_MS,
            // As the console has it.
            Shift::Month => 30 * DAY_MS,
        };
        Some((
            start.saturating_sub(back),
            end.saturating_sub(back).min(start),
        ))
    }
}
