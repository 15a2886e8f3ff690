//! The commands.

use super::{Lexer, MAX_STATS, Parser, Span, Token};
use crate::{
    MAX_ROWS,
    aggregate::{Aggregate, Kind},
    error::Wrong,
    eval::Expr,
    extract::{Extract, Glob},
    indexed,
    plan::{Shift, Stage, Stats, Step, Whole},
    value::Value,
};

/// The columns of `pattern`, and those that `diff` adds.
const PATTERN: [&str; 4] = ["@pattern", "@ratio", "@sampleCount", "@severityLabel"];
const DIFFERENCE: [&str; 2] = ["@difference", "@differenceDescription"];
/// What `countFrequent` calls what it counts.
const COUNT: &str = "_approxcount";
/// Told of each row by itself.
const POINTER: &str = "@ptr";

impl Parser<'_> {
    pub(super) fn fields(&mut self) -> Result<(), Wrong> {
        for (name, expr) in self.named_list()? {
            if name != POINTER {
                self.scope.shows(name, expr);
            }
        }
        Ok(())
    }

    pub(super) fn display(&mut self) -> Result<(), Wrong> {
        let mut columns = self.named_list()?;
        columns.retain(|(name, _)| name != POINTER);
        self.scope.displays(columns);
        Ok(())
    }

    /// Expressions with their names, computed here.
    fn named_list(&mut self) -> Result<Vec<(String, Expr)>, Wrong> {
        let mut all = Vec::new();
        loop {
            let start = self.lexer.start()?;
            let expr = self.expression()?;
            let end = self.lexer.taken;
            let name = match self.alias()? {
                Some(name) => name,
                None => self.written(start, end),
            };
            let is_plain = matches!(
                expr,
                Expr::System(_) | Expr::Json(_) | Expr::Const(Value::Null)
            );
            let known = self.text[start..end].trim_matches('`') == name;
            let expr = match is_plain && known {
                true => expr,
                false => self.assign(&name, expr),
            };
            all.push((name, expr));
            if !self.lexer.sign(",")? {
                return Ok(all);
            }
        }
    }

    /// The text of an expression, which is its name if it has no other.
    pub(super) fn written(&self, start: usize, end: usize) -> String {
        let text = &self.text[start..end];
        let is_one_name =
            text.starts_with('`') && text.ends_with('`') && text.matches('`').count() == 2;
        match is_one_name {
            true => text.trim_matches('`').to_owned(),
            false => text.to_owned(),
        }
    }

    /// `as name`
    pub(super) fn alias(&mut self) -> Result<Option<String>, Wrong> {
        match self.lexer.word("as")? {
            true => name(&mut self.lexer).map(Some),
            false => Ok(None),
        }
    }

    pub(super) fn filter(&mut self) -> Result<(), Wrong> {
        let expr = self.expression()?;
        self.step(Step::Filter(expr));
        Ok(())
    }

    pub(super) fn filter_index(&mut self, span: Span) -> Result<(), Wrong> {
        if !self.tail.is_empty() {
            let message = "filterIndex must come before commands that look at all events together";
            return Err(Wrong::at(span, message));
        }
        let start = self.lexer.start()?;
        let expr = self.expression()?;
        let Some(fields) = indexed::fields(&expr) else {
            let message = "filterIndex takes field = value and field in [values], joined by and, of fields that events have in their JSON";
            return Err(Wrong::at((start, self.lexer.taken), message));
        };
        for field in fields {
            if !self.needed_indexes.contains(&field) {
                self.needed_indexes.push(field);
            }
        }
        self.step(Step::Filter(expr));
        Ok(())
    }

    pub(super) fn extract(&mut self) -> Result<(), Wrong> {
        let is_text = |it: &Token<'_>| matches!(it, Token::Text(_) | Token::Sign("/"));
        let of = match is_text(&self.lexer.peek()?.0) {
            true => self.scope.resolve("@message"),
            false => self.operand()?,
        };
        let (extract, mut names) = match self.lexer.regex()? {
            Some((text, span)) => {
                let regex = self.compiled(&text, span)?;
                let groups = regex.capture_names().enumerate();
                let (groups, names): (Vec<usize>, Vec<String>) = groups
                    .filter_map(|(number, name)| Some((number, name?.to_owned())))
                    .unzip();
                if groups.is_empty() {
                    let message = "the regular expression of parse has no named groups, (?<name>…)";
                    return Err(Wrong::at(span, message));
                }
                (Extract::Groups { regex, groups }, Some(names))
            }
            None => match self.lexer.next()? {
                (Token::Text(text), span) => {
                    let glob = Glob::new(&text);
                    if glob.fields() == 0 {
                        return Err(Wrong::at(span, "the text of parse has no *"));
                    }
                    (Extract::Glob(glob.into()), None)
                }
                (token, span) => {
                    let message = format!(
                        "unexpected symbol found {token}: a text or a regular expression is expected"
                    );
                    return Err(Wrong::at(span, message));
                }
            },
        };
        let start = self.lexer.start()?;
        if self.lexer.word("as")? {
            let mut given = vec![name(&mut self.lexer)?];
            while self.lexer.sign(",")? {
                given.push(name(&mut self.lexer)?);
            }
            names = Some(given);
        }
        let names = names.unwrap_or_default();
        if names.len() != extract.fields() {
            let message = format!(
                "parse finds {} fields and names {}",
                extract.fields(),
                names.len()
            );
            return Err(Wrong::at((start, self.lexer.taken.max(start)), message));
        }
        self.step(Step::Extract(of, extract.into()));
        for name in names {
            let slot = Expr::Slot(self.scope.new_slot(&name));
            self.scope.takes_out(name, slot);
        }
        Ok(())
    }

    pub(super) fn unnest(&mut self) -> Result<(), Wrong> {
        let of = self.operand()?;
        if !self.lexer.word("into")? {
            let (token, span) = self.lexer.next()?;
            return Err(Wrong::at(
                span,
                format!("unexpected symbol found {token}: into is expected"),
            ));
        }
        let name = name(&mut self.lexer)?;
        self.step(Step::Unnest(of));
        let slot = Expr::Slot(self.scope.new_slot(&name));
        self.scope.takes_out(name, slot);
        Ok(())
    }

    /// `expand items`: as `unnest`, and the elements take the place of their list.
    pub(super) fn expand(&mut self) -> Result<(), Wrong> {
        let (name, of) = self.field()?;
        self.step(Step::Unnest(of));
        self.made(name);
        Ok(())
    }

    fn may_count(&self, span: Span) -> Result<(), Wrong> {
        let is_stats = |it: &&Stage| matches!(it, Stage::Whole(Whole::Stats(_)));
        match self.tail.iter().filter(is_stats).count() < MAX_STATS {
            true => Ok(()),
            false => Err(Wrong::at(
                span,
                format!("a query has at most {MAX_STATS} stats commands"),
            )),
        }
    }

    /// `countFrequent method, status`: how often each is there, the most frequent first. AWS's counts are about right; these
    /// are those of `stats`.
    pub(super) fn count_frequent(&mut self, span: Span) -> Result<(), Wrong> {
        self.may_count(span)?;
        let (mut by, mut columns) = (Vec::new(), Vec::new());
        loop {
            let (name, of) = self.field()?;
            by.push(of);
            columns.push(name);
            if !self.lexer.sign(",")? {
                break;
            }
        }
        let counted = by.len();
        columns.push(COUNT.to_owned());
        self.whole(Whole::Stats(Stats {
            by,
            counts: vec![Aggregate {
                kind: Kind::Count,
                of: None,
            }],
            out: vec![Expr::Slot(0)],
            times: None,
        }));
        self.scope.becomes(&columns);
        // Those that are as frequent come in the order of their values.
        let mut keys = vec![(Expr::Slot(counted), true)];
        keys.extend((0..counted).map(|it| (Expr::Slot(it), false)));
        self.whole(Whole::Sort(keys));
        Ok(())
    }

    pub(super) fn stats(&mut self, span: Span) -> Result<(), Wrong> {
        self.may_count(span)?;
        let mut counts: Vec<Aggregate> = Vec::new();
        let (mut out, mut names) = (Vec::new(), Vec::new());
        loop {
            let start = self.lexer.start()?;
            out.push(self.counted(&mut counts)?);
            let end = self.lexer.taken;
            names.push(match self.alias()? {
                Some(name) => name,
                None => self.written(start, end),
            });
            if !self.lexer.sign(",")? {
                break;
            }
        }
        let (mut by, mut columns, mut times) = (Vec::new(), Vec::new(), None);
        if self.lexer.word("by")? {
            loop {
                let start = self.lexer.start()?;
                let expr = self.expression()?;
                let end = self.lexer.taken;
                if times.is_none() && matches!(expr, Expr::Floor(..) | Expr::Ceil(..)) {
                    times = Some(by.len());
                }
                by.push(expr);
                columns.push(match self.alias()? {
                    Some(name) => name,
                    None => self.written(start, end),
                });
                if !self.lexer.sign(",")? {
                    break;
                }
            }
        }
        let start = self.lexer.start()?;
        if self.lexer.word("offset")? {
            let later = self.duration()?;
            let Some(at) = times else {
                let span = (start, self.lexer.taken);
                return Err(Wrong::at(span, "offset comes behind by bin(…)"));
            };
            let bins = std::mem::replace(&mut by[at], Expr::Const(Value::Null));
            by[at] = Expr::After(bins.into(), later);
        }
        columns.extend(names);
        self.whole(Whole::Stats(Stats {
            by,
            counts,
            out,
            times,
        }));
        self.scope.becomes(&columns);
        Ok(())
    }

    pub(super) fn sort(&mut self) -> Result<(), Wrong> {
        let mut keys = Vec::new();
        loop {
            let key = self.expression()?;
            let descending = self.lexer.word("desc")?;
            if !descending {
                self.lexer.word("asc")?;
            }
            keys.push((key, descending));
            if !self.lexer.sign(",")? {
                self.whole(Whole::Sort(keys));
                return Ok(());
            }
        }
    }

    pub(super) fn limit(&mut self) -> Result<(), Wrong> {
        match self.lexer.next()? {
            (Token::Number(most), _)
                if most.fract() == 0.0 && (1.0..=MAX_ROWS as f64).contains(&most) =>
            {
                self.whole(Whole::Limit(most as usize));
                Ok(())
            }
            (token, span) => {
                let message = format!(
                    "unexpected symbol found {token}: limit takes a number from 1 to {MAX_ROWS}"
                );
                Err(Wrong::at(span, message))
            }
        }
    }

    pub(super) fn dedup(&mut self) -> Result<(), Wrong> {
        let mut of = vec![self.expression()?];
        while self.lexer.sign(",")? {
            of.push(self.expression()?);
        }
        self.whole(Whole::Dedup(of));
        Ok(())
    }

    pub(super) fn pattern(&mut self) -> Result<(), Wrong> {
        let of = self.expression()?;
        self.whole(Whole::Pattern(of, None));
        self.scope.becomes(&PATTERN.map(str::to_owned));
        Ok(())
    }

    pub(super) fn diff(&mut self, span: Span) -> Result<(), Wrong> {
        let [Stage::Whole(Whole::Pattern(_, shift @ None))] = self.tail.as_mut_slice() else {
            return Err(Wrong::at(
                span,
                "diff compares the patterns of a pattern command right before it",
            ));
        };
        let mut found = Shift::Period;
        if let Token::Name { name, .. } = &self.lexer.peek()?.0 {
            found = match name.to_ascii_lowercase().as_str() {
                "previousday" => Shift::Day,
                "previousweek" => Shift::Week,
                "previousmonth" => Shift::Month,
                _ => {
                    let (token, span) = self.lexer.next()?;
                    let message = format!(
                        "unexpected symbol found {token}: diff takes previousDay, previousWeek or previousMonth"
                    );
                    return Err(Wrong::at(span, message));
                }
            };
            self.lexer.next()?;
        }
        *shift = Some(found);
        self.shift = Some(found);
        let columns = PATTERN.iter().chain(&DIFFERENCE).map(|it| (*it).to_owned());
        self.scope.becomes(&columns.collect::<Vec<_>>());
        Ok(())
    }
}

/// A name that a command gives.
pub(super) fn name(lexer: &mut Lexer<'_>) -> Result<String, Wrong> {
    match lexer.next()? {
        (Token::Name { name, .. }, _) if !name.is_empty() => Ok(name.into_owned()),
        (Token::Text(name), _) if !name.is_empty() => Ok(name),
        (token, span) => Err(Wrong::at(
            span,
            format!("unexpected symbol found {token}: a name is expected"),
        )),
    }
}
