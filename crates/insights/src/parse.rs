//! The text of a query: commands between `|`, read in one pass with the names that each of them may use.

mod across;
mod commands;
mod expressions;
mod lexer;
mod lookup;
mod scope;
mod source;

use self::{
    lexer::{Lexer, Token},
    scope::Scope,
};
use crate::{
    MAX_QUERY, Query,
    error::Wrong,
    eval::Expr,
    indexed,
    needles::{Fields, Needles},
    plan::{Selection, Shift, Stage, Step, Whole},
};

/// Parentheses may nest so deep.
const MAX_DEPTH: usize = 32;
/// Operators of one expression.
const MAX_OPERATORS: usize = 250;
/// `stats` of one query, as with AWS.
const MAX_STATS: usize = 2;

type Span = (usize, usize);

/// Commands that AWS has and that are not here.
const NOT_HERE: [&str; 10] = [
    "anomaly",
    "appendcols",
    "cidrlookup",
    "join",
    "logcompare",
    "outlier",
    "relevantfields",
    "sessionize",
    "subquery",
    "unmask",
];

pub(crate) fn parse(text: &str) -> Result<Query, Wrong> {
    if text.chars().count() > MAX_QUERY {
        let message = format!("A query has at most {MAX_QUERY} characters.");
        return Err(Wrong::at((0, text.len()), message));
    }
    let mut parser = Parser {
        lexer: Lexer::new(text),
        text,
        scope: Scope::default(),
        head: Vec::new(),
        tail: Vec::new(),
        shift: None,
        selection: None,
        operators: 0,
        regexes: 0,
        depth: 0,
        lookups: 0,
        made: 0,
        unmasks: false,
        needed_indexes: Vec::new(),
    };
    parser.query()?;
    Ok(parser.finish())
}

struct Parser<'t> {
    lexer: Lexer<'t>,
    text: &'t str,
    scope: Scope,
    head: Vec<Step>,
    tail: Vec<Stage>,
    shift: Option<Shift>,
    selection: Option<Selection>,
    /// Of the expression that is read.
    operators: usize,
    regexes: usize,
    depth: usize,
    lookups: usize,
    /// Values that commands which look from row to row make of each.
    made: usize,
    /// Whether it shows what is masked.
    unmasks: bool,
    /// Numbers of the fields of `filterIndex`.
    needed_indexes: Vec<usize>,
}

impl Parser<'_> {
    fn query(&mut self) -> Result<(), Wrong> {
        if self.lexer.is_at_end()? {
            return Ok(());
        }
        if self.lexer.word("source")? {
            self.selection = Some(self.source()?);
            match self.lexer.next()? {
                (Token::End, _) => return Ok(()),
                (Token::Sign("|"), _) => {}
                (token, span) => {
                    return Err(Wrong::at(span, format!("unexpected symbol found {token}")));
                }
            }
        }
        loop {
            self.command()?;
            match self.lexer.next()? {
                (Token::End, _) => return Ok(()),
                (Token::Sign("|"), _) => {}
                (token, span) => {
                    return Err(Wrong::at(span, format!("unexpected symbol found {token}")));
                }
            }
        }
    }

    fn command(&mut self) -> Result<(), Wrong> {
        let (token, span) = self.lexer.next()?;
        let Token::Name { name, .. } = &token else {
            return Err(Wrong::at(
                span,
                format!("unexpected symbol found {token}: a command is expected"),
            ));
        };
        match name.to_ascii_lowercase().as_str() {
            "fields" => self.fields(),
            "display" => self.display(),
            "filter" | "where" => self.filter(),
            "filterindex" => self.filter_index(span),
            "parse" => self.extract(),
            "unnest" => self.unnest(),
            "expand" => self.expand(),
            "stats" => self.stats(span),
            "countfrequent" | "count_frequent" => self.count_frequent(span),
            "sort" => self.sort(),
            "limit" => self.limit(),
            "dedup" => self.dedup(),
            "lookup" => self.lookup(span),
            "accum" => self.accum(),
            "addtotals" => self.addtotals(),
            "autoregress" => self.autoregress(),
            "filldown" => self.filldown(),
            "fillmissing" => self.fillmissing(span),
            "pattern" => self.pattern(),
            "diff" => self.diff(span),
            "source" => Err(Wrong::at(span, "SOURCE must be the first command")),
            known if NOT_HERE.contains(&known) => Err(Wrong::at(
                span,
                format!("The command {name} is not supported by this version of wharf."),
            )),
            _ => Err(Wrong::at(
                span,
                format!("unexpected symbol found {name}: it is no command"),
            )),
        }
    }

    fn step(&mut self, step: Step) {
        match self.tail.is_empty() {
            true => self.head.push(step),
            false => self.tail.push(Stage::Step(step)),
        }
    }

    fn whole(&mut self, whole: Whole) {
        self.tail.push(Stage::Whole(whole));
    }

    /// Computes a value under a name; its slot.
    fn assign(&mut self, name: &str, expr: Expr) -> Expr {
        // What is a slot already gets no second one.
        if let Expr::Slot(slot) = expr {
            self.scope.name(name, slot);
            return expr;
        }
        self.step(Step::Assign(expr));
        Expr::Slot(self.scope.new_slot(name))
    }

    fn finish(mut self) -> Query {
        let columns = self.scope.columns();
        let wanted = self.scope.wanted();
        let needed = self.needed_indexes.iter();
        let needed = needed.filter_map(|it| wanted.get(*it).cloned());
        Query {
            index_terms: indexed::clauses(&self.head, wanted),
            needed_indexes: needed.collect(),
            needles: Needles::of(&self.head, Fields::OfMessage),
            message_needles: Needles::of(&self.head, Fields::Apart),
            head: self.head,
            tail: self.tail,
            of_events: !self.scope.is_of_rows(),
            uses_messages: self.scope.uses_messages(),
            wanted: self.scope.into_wanted(),
            columns,
            shift: self.shift,
            unmasks: self.unmasks,
            selection: self.selection,
        }
    }
}

#[cfg(test)]
mod tests;
