//! Expressions, by what binds closer.

use regex::{Regex, RegexBuilder};

use super::{MAX_DEPTH, MAX_OPERATORS, Parser, Span, Token};
use crate::{
    aggregate::{Aggregate, Kind},
    error::Wrong,
    eval::{Comparison, Expr, Operator},
    function::Function,
    period::Period,
    plan::System,
    value::Value,
};

/// Bytes of a regular expression when compiled.
const REGEX_BYTES: usize = 1 << 20;
/// Regular expressions of a query, as each may be so large.
const MAX_REGEXES: usize = 20;
/// Ranges of `histogram`.
const MOST_BUCKETS: f64 = 100.0;

impl Parser<'_> {
    pub(super) fn expression(&mut self) -> Result<Expr, Wrong> {
        self.operators = 0;
        self.any_of(None)
    }

    /// A field, a value, or a call: what no operator is part of.
    pub(super) fn operand(&mut self) -> Result<Expr, Wrong> {
        self.operators = 0;
        self.primary(None)
    }

    /// An expression over what `stats` counts.
    pub(super) fn counted(&mut self, counts: &mut Vec<Aggregate>) -> Result<Expr, Wrong> {
        self.operators = 0;
        let (start, before) = (self.lexer.start()?, counts.len());
        let expr = self.any_of(Some(counts))?;
        match counts.len() > before {
            true => Ok(expr),
            false => Err(Wrong::at(
                (start, self.lexer.taken),
                "stats takes functions that count, such as count(*)",
            )),
        }
    }

    pub(super) fn compiled(&mut self, text: &str, span: Span) -> Result<Regex, Wrong> {
        self.regexes += 1;
        if self.regexes > MAX_REGEXES {
            let message = format!("a query has at most {MAX_REGEXES} regular expressions");
            return Err(Wrong::at(span, message));
        }
        let mut regex = RegexBuilder::new(text);
        let regex = regex
            .size_limit(REGEX_BYTES)
            .dfa_size_limit(REGEX_BYTES)
            .build();
        regex.map_err(|cause| Wrong::at(span, format!("invalid regular expression: {cause}")))
    }

    fn operator(&mut self) -> Result<(), Wrong> {
        self.operators += 1;
        match self.operators > MAX_OPERATORS {
            true => {
                let end = self.lexer.taken;
                Err(Wrong::at(
                    (end, end),
                    format!("an expression has at most {MAX_OPERATORS} operators"),
                ))
            }
            false => Ok(()),
        }
    }

    fn any_of(&mut self, mut counts: Option<&mut Vec<Aggregate>>) -> Result<Expr, Wrong> {
        let mut left = self.all_of(counts.as_deref_mut())?;
        while self.lexer.word("or")? {
            self.operator()?;
            let right = self.all_of(counts.as_deref_mut())?;
            left = Expr::Or(left.into(), right.into());
        }
        Ok(left)
    }

    fn all_of(&mut self, mut counts: Option<&mut Vec<Aggregate>>) -> Result<Expr, Wrong> {
        let mut left = self.negated(counts.as_deref_mut())?;
        while self.lexer.word("and")? {
            self.operator()?;
            let right = self.negated(counts.as_deref_mut())?;
            left = Expr::And(left.into(), right.into());
        }
        Ok(left)
    }

    fn negated(&mut self, counts: Option<&mut Vec<Aggregate>>) -> Result<Expr, Wrong> {
        if self.lexer.word("not")? {
            self.operator()?;
            return Ok(Expr::Not(self.negated(counts)?.into()));
        }
        self.compared(counts)
    }

    fn compared(&mut self, mut counts: Option<&mut Vec<Aggregate>>) -> Result<Expr, Wrong> {
        let mut left = self.sum(counts.as_deref_mut())?;
        loop {
            let negated = self.lexer.word("not")?;
            left = if self.lexer.word("like")? || !negated && self.lexer.sign("=~")? {
                self.operator()?;
                self.like(left)?
            } else if self.lexer.word("in")? {
                self.operator()?;
                Expr::In(left.into(), self.list()?)
            } else if negated {
                let (token, span) = self.lexer.next()?;
                return Err(Wrong::at(
                    span,
                    format!("unexpected symbol found {token}: like or in is expected"),
                ));
            } else {
                let how = match &self.lexer.peek()?.0 {
                    Token::Sign("=" | "==") => Comparison::Equal,
                    Token::Sign("!=") => Comparison::NotEqual,
                    Token::Sign("<") => Comparison::Less,
                    Token::Sign("<=") => Comparison::AtMost,
                    Token::Sign(">") => Comparison::Greater,
                    Token::Sign(">=") => Comparison::AtLeast,
                    _ => return Ok(left),
                };
                self.lexer.next()?;
                self.operator()?;
                Expr::Compare(how, left.into(), self.sum(counts.as_deref_mut())?.into())
            };
            if negated {
                left = Expr::Not(left.into());
            }
        }
    }

    fn like(&mut self, of: Expr) -> Result<Expr, Wrong> {
        if let Some((text, span)) = self.lexer.regex()? {
            return Ok(Expr::Matches(of.into(), self.compiled(&text, span)?));
        }
        match self.lexer.next()? {
            (Token::Text(text), _) => Ok(Expr::Contains(of.into(), text)),
            (token, span) => Err(Wrong::at(
                span,
                format!(
                    "unexpected symbol found {token}: like takes a text or a regular expression"
                ),
            )),
        }
    }

    /// `["a", "b"]`
    fn list(&mut self) -> Result<Vec<Expr>, Wrong> {
        let close = match self.lexer.sign("(")? {
            true => ")",
            false => {
                self.lexer.expect("[")?;
                "]"
            }
        };
        let mut all = Vec::new();
        loop {
            all.push(self.primary(None)?);
            if !self.lexer.sign(",")? {
                let (next, span) = self.lexer.peek()?;
                if close == ")" && matches!(next, Token::Name { .. }) {
                    let message = "Subqueries are not supported by this version of wharf: in takes a list of values";
                    return Err(Wrong::at(*span, message));
                }
                self.lexer.expect(close)?;
                return Ok(all);
            }
        }
    }

    fn sum(&mut self, mut counts: Option<&mut Vec<Aggregate>>) -> Result<Expr, Wrong> {
        let mut left = self.product(counts.as_deref_mut())?;
        loop {
            let how = match self.lexer.peek()?.0 {
                Token::Sign("+") => Operator::Add,
                Token::Sign("-") => Operator::Subtract,
                _ => return Ok(left),
            };
            self.lexer.next()?;
            self.operator()?;
            let right = self.product(counts.as_deref_mut())?;
            left = Expr::Arithmetic(how, left.into(), right.into());
        }
    }

    fn product(&mut self, mut counts: Option<&mut Vec<Aggregate>>) -> Result<Expr, Wrong> {
        let mut left = self.power(counts.as_deref_mut())?;
        loop {
            let how = match self.lexer.peek()?.0 {
                Token::Sign("*") => Operator::Multiply,
                Token::Sign("/") => Operator::Divide,
                Token::Sign("%") => Operator::Remainder,
                _ => return Ok(left),
            };
            self.lexer.next()?;
            self.operator()?;
            let right = self.power(counts.as_deref_mut())?;
            left = Expr::Arithmetic(how, left.into(), right.into());
        }
    }

    fn power(&mut self, mut counts: Option<&mut Vec<Aggregate>>) -> Result<Expr, Wrong> {
        if self.lexer.sign("-")? {
            self.operator()?;
            let of = self.power(counts)?;
            let zero = Expr::Const(Value::Number(0.0));
            return Ok(match of {
                Expr::Const(Value::Number(number)) => Expr::Const(Value::Number(-number)),
                of => Expr::Arithmetic(Operator::Subtract, zero.into(), of.into()),
            });
        }
        let base = self.primary(counts.as_deref_mut())?;
        if self.lexer.sign("^")? {
            self.operator()?;
            let exponent = self.power(counts)?;
            return Ok(Expr::Arithmetic(
                Operator::Power,
                base.into(),
                exponent.into(),
            ));
        }
        Ok(base)
    }

    fn primary(&mut self, counts: Option<&mut Vec<Aggregate>>) -> Result<Expr, Wrong> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let at = self.lexer.taken;
            return Err(Wrong::at(
                (at, at),
                format!("parentheses nest deeper than {MAX_DEPTH}"),
            ));
        }
        let expr = self.one(counts)?;
        self.depth -= 1;
        self.elements(expr)
    }

    fn one(&mut self, counts: Option<&mut Vec<Aggregate>>) -> Result<Expr, Wrong> {
        let (token, span) = self.lexer.next()?;
        match token {
            Token::Number(number) => Ok(Expr::Const(Value::Number(number))),
            Token::Text(text) => Ok(Expr::Const(Value::owned(text))),
            Token::Sign("(") => {
                let inside = self.any_of(counts)?;
                self.lexer.expect(")")?;
                Ok(inside)
            }
            Token::Name { name, quoted } => {
                let is_call = !quoted && matches!(self.lexer.peek()?.0, Token::Sign("("));
                if is_call {
                    return self.call(&name, span, counts);
                }
                if counts.is_some() {
                    return Err(Wrong::at(
                        span,
                        format!("{name} stands outside of a function that counts"),
                    ));
                }
                Ok(match name.to_ascii_lowercase().as_str() {
                    "true" if !quoted => Expr::Const(Value::Bool(true)),
                    "false" if !quoted => Expr::Const(Value::Bool(false)),
                    _ => self.scope.resolve(&name),
                })
            }
            token => Err(Wrong::at(span, format!("unexpected symbol found {token}"))),
        }
    }

    /// `list[0].name`
    fn elements(&mut self, mut of: Expr) -> Result<Expr, Wrong> {
        while matches!(
            of,
            Expr::Slot(_) | Expr::Member(..) | Expr::Json(_) | Expr::Call(Function::JsonParse, _)
        ) && self.lexer.sign("[")?
        {
            let (token, span) = self.lexer.next()?;
            let name = match token {
                Token::Number(number) if number.fract() == 0.0 => format!("{number}"),
                Token::Text(name) => name,
                token => {
                    return Err(Wrong::at(
                        span,
                        format!("unexpected symbol found {token}: a number is expected"),
                    ));
                }
            };
            self.lexer.expect("]")?;
            self.operator()?;
            of = Expr::Member(of.into(), name);
            if self.lexer.sign(".")? {
                match self.lexer.next()? {
                    (Token::Name { name, .. }, _) => {
                        of = Expr::Member(of.into(), name.into_owned())
                    }
                    (token, span) => {
                        return Err(Wrong::at(
                            span,
                            format!("unexpected symbol found {token}: a name is expected"),
                        ));
                    }
                }
            }
        }
        Ok(of)
    }

    fn call(
        &mut self,
        name: &str,
        span: Span,
        counts: Option<&mut Vec<Aggregate>>,
    ) -> Result<Expr, Wrong> {
        if counts.is_none()
            && let Some(column) = self.column_at(span.0)
        {
            return Ok(column);
        }
        if let Some(kind) = Kind::named(name) {
            return match counts {
                Some(counts) => self.aggregate(kind, span, counts),
                None => Err(Wrong::at(
                    span,
                    format!("the function {name} is for stats alone"),
                )),
            };
        }
        match name.to_ascii_lowercase().as_str() {
            "bin" => {
                self.lexer.expect("(")?;
                let period = self.period()?;
                self.lexer.expect(")")?;
                let time = self.scope.resolve("@timestamp");
                return Ok(Expr::Floor(time.into(), period));
            }
            it @ ("datefloor" | "dateceil") => {
                self.lexer.expect("(")?;
                let of = self.any_of(None)?;
                self.lexer.expect(",")?;
                let period = self.period()?;
                self.lexer.expect(")")?;
                return Ok(match it {
                    "datefloor" => Expr::Floor(of.into(), period),
                    _ => Expr::Ceil(of.into(), period),
                });
            }
            _ => {}
        }
        let given = self.given(counts)?;
        if name.eq_ignore_ascii_case("ispresent") {
            return match <[Expr; 1]>::try_from(given) {
                Ok([of]) => Ok(Expr::IsPresent(of.into())),
                Err(given) => Err(wrong_count(name, span, given.len())),
            };
        }
        if name.eq_ignore_ascii_case("unmask") {
            self.unmasks = true;
            return match <[Expr; 1]>::try_from(given) {
                Ok([Expr::System(System::Message)]) => Ok(Expr::UnmaskedMessage),
                Ok([Expr::Json(index)]) => Ok(Expr::UnmaskedJson(index)),
                // Nothing of these is masked.
                Ok([of @ Expr::System(_)]) => Ok(of),
                Ok(_) => Err(Wrong::at(
                    span,
                    "the function unmask takes a field of the event".to_owned(),
                )),
                Err(given) => Err(wrong_count(name, span, given.len())),
            };
        }
        let Some((function, least, most)) = Function::named(name) else {
            return Err(Wrong::at(span, format!("invalid function name {name}")));
        };
        match (least..=most).contains(&given.len()) {
            true => Ok(Expr::Call(function, given)),
            false => Err(wrong_count(name, span, given.len())),
        }
    }

    fn given(&mut self, mut counts: Option<&mut Vec<Aggregate>>) -> Result<Vec<Expr>, Wrong> {
        self.lexer.expect("(")?;
        let mut given = Vec::new();
        if self.lexer.sign(")")? {
            return Ok(given);
        }
        loop {
            given.push(self.any_of(counts.as_deref_mut())?);
            self.operator()?;
            if !self.lexer.sign(",")? {
                self.lexer.expect(")")?;
                return Ok(given);
            }
        }
    }

    /// Behind `stats`, a call that made a column is that column.
    fn column_at(&mut self, start: usize) -> Option<Expr> {
        let mut depth = 0usize;
        for (at, c) in self.text[start..].char_indices() {
            match c {
                '(' => depth += 1,
                ')' if depth == 1 => {
                    let end = start + at + 1;
                    let column = self.scope.column(&self.text[start..end])?;
                    self.lexer.skip_to(end);
                    return Some(column);
                }
                ')' => depth = depth.checked_sub(1)?,
                _ => {}
            }
        }
        None
    }

    fn aggregate(
        &mut self,
        kind: Kind,
        span: Span,
        counts: &mut Vec<Aggregate>,
    ) -> Result<Expr, Wrong> {
        self.lexer.expect("(")?;
        let of_all = kind == Kind::Count
            && (self.lexer.sign("*")? || matches!(self.lexer.peek()?.0, Token::Sign(")")));
        let of = match of_all {
            true => None,
            false => Some(self.any_of(None)?),
        };
        let kind = match kind {
            Kind::Percentile(_) => {
                self.lexer.expect(",")?;
                match self.lexer.next()? {
                    (Token::Number(percent), _) if (0.0..=100.0).contains(&percent) => {
                        Kind::Percentile(percent)
                    }
                    (token, span) => {
                        let message = format!(
                            "unexpected symbol found {token}: pct takes a number from 0 to 100"
                        );
                        return Err(Wrong::at(span, message));
                    }
                }
            }
            Kind::Rate(_) => {
                self.lexer.expect(",")?;
                Kind::Rate(self.duration()? as f64)
            }
            Kind::Histogram(_) => {
                self.lexer.expect(",")?;
                match self.lexer.next()? {
                    (Token::Number(count), _)
                        if count.fract() == 0.0 && (1.0..=MOST_BUCKETS).contains(&count) =>
                    {
                        Kind::Histogram(count as usize)
                    }
                    (token, span) => {
                        let message = format!(
                            "unexpected symbol found {token}: histogram takes a number from 1 to {MOST_BUCKETS}"
                        );
                        return Err(Wrong::at(span, message));
                    }
                }
            }
            kind => kind,
        };
        self.lexer.expect(")")?;
        if counts.len() >= MAX_OPERATORS {
            return Err(Wrong::at(
                span,
                format!("stats counts at most {MAX_OPERATORS} things"),
            ));
        }
        counts.push(Aggregate { kind, of });
        // What was counted stands in the slots of a group.
        Ok(Expr::Slot(counts.len() - 1))
    }

    /// A period that is as long whenever it is, in milliseconds.
    pub(super) fn duration(&mut self) -> Result<i64, Wrong> {
        let start = self.lexer.start()?;
        let period = self.period()?;
        period.millis().ok_or_else(|| {
            let span = (start, self.lexer.taken);
            Wrong::at(span, "a period of weeks at most is expected")
        })
    }

    fn period(&mut self) -> Result<Period, Wrong> {
        let (token, span) = self.lexer.next()?;
        if let Token::Number(count) = token {
            let (unit, end) = self.lexer.next()?;
            if let Token::Name { name, .. } = &unit
                && let Some(period) = Period::new(count, name)
            {
                return Ok(period);
            }
            return Err(Wrong::at(
                (span.0, end.1),
                "a period is a number and a unit, such as 5m",
            ));
        }
        Err(Wrong::at(
            span,
            format!("unexpected symbol found {token}: a period such as 5m is expected"),
        ))
    }
}

fn wrong_count(name: &str, span: Span, count: usize) -> Wrong {
    Wrong::at(
        span,
        format!("the function {name} does not take {count} values"),
    )
}
