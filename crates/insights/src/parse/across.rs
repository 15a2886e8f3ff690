//! The commands that look from row to row.

use super::{Parser, Span, Token, commands::name};
use crate::{
    across::{Across, Missing, Totals},
    error::Wrong,
    eval::Expr,
    plan::{Stage, Whole},
    value::Value,
};

/// Rows that `autoregress` looks back.
const MOST_LAGS: usize = 100;
/// Values that the commands of a query make of one row: a few letters of some of them make one of each column.
const MOST_MADE: usize = 1000;
/// What `addtotals` calls what it adds up of a row.
const TOTAL: &str = "Total";

impl Parser<'_> {
    /// `accum bytes as total`; without another name the field has its sum from here on.
    pub(super) fn accum(&mut self) -> Result<(), Wrong> {
        let (own, of) = self.field()?;
        let name = self.alias()?.unwrap_or(own);
        self.makes(1)?;
        self.whole(Whole::Across(Across::Accum(of)));
        self.made(name);
        Ok(())
    }

    /// `autoregress bytes as before p=1-4`
    pub(super) fn autoregress(&mut self) -> Result<(), Wrong> {
        let (own, of) = self.field()?;
        let alias = self.alias()?;
        let (mut first, mut last) = (1, 1);
        if self.option(&["p"])?.is_some() {
            first = self.lag()?;
            last = match self.lexer.sign("-")? {
                true => self.lag()?,
                false => first,
            };
        }
        if first > last {
            let at = self.lexer.taken;
            return Err(Wrong::at((at, at), "p goes from less to more: p=1-4"));
        }
        self.makes(last - first + 1)?;
        self.whole(Whole::Across(Across::Lags { of, first, last }));
        match alias {
            Some(alias) if first == last => self.made(alias),
            alias => {
                let name = alias.unwrap_or(own);
                (first..=last).for_each(|lag| self.made(format!("{name}_p{lag}")));
            }
        }
        Ok(())
    }

    fn lag(&mut self) -> Result<usize, Wrong> {
        match self.lexer.next()? {
            (Token::Number(lag), _)
                if lag.fract() == 0.0 && (1.0..=MOST_LAGS as f64).contains(&lag) =>
            {
                Ok(lag as usize)
            }
            (token, span) => {
                let message = format!(
                    "unexpected symbol found {token}: p takes numbers from 1 to {MOST_LAGS}"
                );
                Err(Wrong::at(span, message))
            }
        }
    }

    /// `filldown host cpu*`; without names all columns.
    pub(super) fn filldown(&mut self) -> Result<(), Wrong> {
        let shown = self.scope.shown();
        let mut fields: Vec<(String, Expr)> = Vec::new();
        if self.is_over()? {
            self.makes(shown.len())?;
            fields.clone_from(&shown);
        }
        while !self.is_over()? {
            let wanted = self.name_or_pattern()?;
            match wanted.contains('*') {
                true => {
                    let fitting = shown.iter().filter(|(name, _)| fits(&wanted, name));
                    self.makes(fitting.clone().count())?;
                    fields.extend(fitting.cloned());
                }
                false => {
                    self.makes(1)?;
                    let of = self.scope.resolve(&wanted);
                    fields.push((wanted, of));
                }
            }
            self.lexer.sign(",")?;
        }
        let (names, of): (Vec<String>, Vec<Expr>) = fields.into_iter().unzip();
        self.whole(Whole::Across(Across::FillDown(of)));
        names.iter().for_each(|name| self.changed(name));
        Ok(())
    }

    /// A name, with `*` in it or without.
    fn name_or_pattern(&mut self) -> Result<String, Wrong> {
        let mut whole = String::new();
        loop {
            match self.lexer.next()? {
                (Token::Name { name, .. }, _) => whole.push_str(&name),
                (Token::Sign("*"), _) => whole.push('*'),
                (token, span) => {
                    let message = format!("unexpected symbol found {token}: a name is expected");
                    return Err(Wrong::at(span, message));
                }
            }
            let end = self.lexer.taken;
            let (token, span) = self.lexer.peek()?;
            let goes_on = matches!(token, Token::Name { .. } | Token::Sign("*"));
            if !goes_on || span.0 != end {
                return Ok(whole);
            }
        }
    }

    /// `addtotals fieldname=All col=true price, tax`
    pub(super) fn addtotals(&mut self) -> Result<(), Wrong> {
        let (mut total, mut of_rows, mut of_fields) = (TOTAL.to_owned(), true, false);
        let mut fields = Vec::new();
        while !self.is_over()? {
            match self.option(&["fieldname", "row", "col"])? {
                Some("fieldname") => total = name(&mut self.lexer)?,
                Some("row") => of_rows = self.flag()?,
                Some(_) => of_fields = self.flag()?,
                None => fields.push(self.field()?),
            }
            self.lexer.sign(",")?;
        }
        if fields.is_empty() {
            fields = self.scope.shown();
        }
        let more = if of_fields { fields.len() } else { 0 };
        self.makes(more + usize::from(of_rows))?;
        let (names, of): (Vec<String>, Vec<Expr>) = fields.into_iter().unzip();
        self.whole(Whole::Across(Across::Totals(Totals {
            of,
            of_rows,
            of_fields,
        })));
        if of_fields {
            names.iter().for_each(|name| self.changed(name));
        }
        if of_rows {
            self.made(total);
        }
        Ok(())
    }

    fn flag(&mut self) -> Result<bool, Wrong> {
        if self.lexer.word("true")? {
            return Ok(true);
        }
        if self.lexer.word("false")? {
            return Ok(false);
        }
        let (token, span) = self.lexer.next()?;
        let message = format!("unexpected symbol found {token}: true or false is expected");
        Err(Wrong::at(span, message))
    }

    /// `fillmissing with 0 for mean, with "none" for worst`
    pub(super) fn fillmissing(&mut self, span: Span) -> Result<(), Wrong> {
        let stats = match self.tail.last() {
            Some(Stage::Whole(Whole::Stats(stats))) => Some(stats),
            _ => None,
        };
        let bins = stats.and_then(|stats| {
            let time = stats.times?;
            let (period, later_ms) = stats.by.get(time)?.bins()?;
            Some(Missing {
                by: stats.by.len(),
                time,
                period,
                later_ms,
                width: stats.by.len() + stats.out.len(),
                values: Vec::new(),
            })
        });
        let Some(mut missing) = bins else {
            let message = "fillmissing comes right behind stats … by bin(…)";
            return Err(Wrong::at(span, message));
        };
        while !self.is_over()? {
            self.keyword("with")?;
            loop {
                let value = self.constant()?;
                self.keyword("for")?;
                let start = self.lexer.start()?;
                match self.operand()? {
                    Expr::Slot(slot) if (missing.by..missing.width).contains(&slot) => {
                        missing.values.push((slot, value));
                    }
                    _ => {
                        let span = (start, self.lexer.taken);
                        let message = "fillmissing fills what stats counts";
                        return Err(Wrong::at(span, message));
                    }
                }
                if !self.lexer.sign(",")? || self.lexer.is_word("with")? {
                    break;
                }
            }
        }
        self.whole(Whole::Across(Across::FillMissing(missing)));
        Ok(())
    }

    fn constant(&mut self) -> Result<Value<'static>, Wrong> {
        let sign = match self.lexer.sign("-")? {
            true => -1.0,
            false => 1.0,
        };
        match self.lexer.next()? {
            (Token::Number(number), _) => Ok(Value::Number(sign * number)),
            (Token::Text(text), _) if sign > 0.0 => Ok(Value::owned(text)),
            (token, span) => Err(Wrong::at(
                span,
                format!("unexpected symbol found {token}: a number or a text is expected"),
            )),
        }
    }

    fn keyword(&mut self, word: &str) -> Result<(), Wrong> {
        if self.lexer.word(word)? {
            return Ok(());
        }
        let (token, span) = self.lexer.next()?;
        let message = format!("unexpected symbol found {token}: {word} is expected");
        Err(Wrong::at(span, message))
    }

    /// A field by its name.
    pub(super) fn field(&mut self) -> Result<(String, Expr), Wrong> {
        let start = self.lexer.start()?;
        let of = self.operand()?;
        Ok((self.written(start, self.lexer.taken), of))
    }

    /// Takes `name=` if one of these names is next, with what makes it an option.
    fn option(&mut self, names: &[&'static str]) -> Result<Option<&'static str>, Wrong> {
        let start = self.lexer.start()?;
        for name in names {
            if self.lexer.word(name)? {
                if self.lexer.sign("=")? {
                    return Ok(Some(*name));
                }
                self.lexer.skip_to(start);
                return Ok(None);
            }
        }
        Ok(None)
    }

    fn is_over(&mut self) -> Result<bool, Wrong> {
        let next = &self.lexer.peek()?.0;
        Ok(matches!(next, Token::End | Token::Sign("|")))
    }

    /// So many values more are made of each row.
    fn makes(&mut self, more: usize) -> Result<(), Wrong> {
        self.made += more;
        match self.made > MOST_MADE {
            true => {
                let at = self.lexer.taken;
                let message = format!(
                    "the commands of a query that look from row to row make at most {MOST_MADE} values"
                );
                Err(Wrong::at((at, at), message))
            }
            false => Ok(()),
        }
    }

    /// The next value that a command makes of each row, as a column.
    pub(super) fn made(&mut self, name: String) {
        let slot = Expr::Slot(self.scope.new_slot(&name));
        self.scope.adds(name, slot);
    }

    /// The same of one that takes the place of a field, which is a column or not.
    fn changed(&mut self, name: &str) {
        let slot = Expr::Slot(self.scope.new_slot(name));
        self.scope.replaces(name, &slot);
    }
}

/// Whether a name is as a pattern with at least one `*` says.
fn fits(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    let last = parts.next_back().unwrap_or_default();
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_patterns() {
        for (pattern, name, wanted) in [
            ("cpu*", "cpu_user", true),
            ("cpu*", "cpu", true),
            ("cpu*", "my_cpu", false),
            ("*cpu", "my_cpu", true),
            ("a*b*c", "a1b2c", true),
            ("a*b*c", "acb", false),
            ("a*a", "a", false),
            ("*", "", true),
        ] {
            assert_eq!(fits(pattern, name), wanted, "{pattern} {name}");
        }
    }
}
