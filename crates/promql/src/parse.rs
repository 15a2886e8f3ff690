//! From tokens to a tree whose types are checked. Depth and size are bounded, so that nothing that walks a tree can run
//! out of stack.

use crate::{
    Error, Matcher, NAME,
    aggregate::Aggregation,
    ast::{Aggregate, At, Binary, Expr, Kind, Selector, Subquery, When},
    binary::{Cardinality, Matching, Operator},
    functions,
    lex::{Token, tokens},
    matcher::Regexes,
};

const MOST_BYTES: usize = 64 << 10;
const MOST_DEPTH: usize = 100;
/// Each may read all series of an account.
const MOST_SELECTORS: usize = 100;
const MOST_MATCHERS: usize = 64;

/// A tree with the number of its selectors.
///
/// # Errors
/// The text is no query, or too large.
pub fn parse(text: &str) -> Result<(Expr, usize), Error> {
    let mut parser = Parser::of(text)?;
    let (expr, _) = parser.expression(0, 0)?;
    parser.end()?;
    Ok((expr, parser.selectors))
}

/// The matchers of texts each of which is a selector alone. Their regular expressions are bounded together.
///
/// # Errors
/// One is none.
pub fn selectors(texts: &[&str]) -> Result<Vec<Vec<Matcher>>, Error> {
    let (mut found, mut regexes) = (Vec::with_capacity(texts.len()), Regexes::default());
    for text in texts {
        let mut parser = Parser::of(text)?;
        parser.regexes = regexes;
        let (expr, _) = parser.expression(0, 0)?;
        parser.end()?;
        regexes = parser.regexes;
        match expr {
            Expr::Instant(it) if it.when == When::default() => found.push(it.matchers),
            _ => return Err(Error::parse("a series selector is expected")),
        }
    }
    Ok(found)
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    selectors: usize,
    regexes: Regexes,
}

/// An expression with the depth of its tree.
type Deep = (Expr, usize);

impl Parser {
    fn of(text: &str) -> Result<Self, Error> {
        if text.len() > MOST_BYTES {
            return Err(Error::parse(format_args!(
                "a query has {MOST_BYTES} bytes at most"
            )));
        }
        Ok(Self {
            tokens: tokens(text)?,
            at: 0,
            selectors: 0,
            regexes: Regexes::default(),
        })
    }

    fn peek(&self) -> &Token {
        self.tokens.get(self.at).unwrap_or(&Token::End)
    }

    fn next(&mut self) -> Token {
        let token = self.peek().clone();
        self.at += 1;
        token
    }

    fn is(&self, sign: &str) -> bool {
        matches!(self.peek(), Token::Sign(it) if *it == sign)
    }

    fn take(&mut self, sign: &str) -> bool {
        let taken = self.is(sign);
        self.at += usize::from(taken);
        taken
    }

    fn expect(&mut self, sign: &'static str, context: &str) -> Result<(), Error> {
        match self.take(sign) {
            true => Ok(()),
            false => Err(self.unexpected(context)),
        }
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Token::Word(it) if it.eq_ignore_ascii_case(word))
    }

    fn take_word(&mut self, word: &str) -> bool {
        let taken = self.is_word(word);
        self.at += usize::from(taken);
        taken
    }

    fn unexpected(&self, context: &str) -> Error {
        let what = match self.peek() {
            Token::End => "end of input".to_owned(),
            Token::Word(it) => format!("identifier {it:?}"),
            Token::Number(it) => format!("number \"{it}\""),
            Token::Duration(_) => "duration".to_owned(),
            Token::Text(it) => format!("string {it:?}"),
            Token::Sign(it) => format!("{it:?}"),
        };
        Error::parse(format_args!("unexpected {what} in {context}"))
    }

    fn end(&self) -> Result<(), Error> {
        match self.peek() {
            Token::End => Ok(()),
            _ => Err(self.unexpected("query")),
        }
    }

    fn deeper(depth: usize) -> Result<usize, Error> {
        match depth < MOST_DEPTH {
            true => Ok(depth + 1),
            false => Err(Error::parse("the query is nested too deep")),
        }
    }

    /// Operators that bind at least so tightly, at a depth below the root.
    fn expression(&mut self, binds: u8, below: usize) -> Result<Deep, Error> {
        let below = Self::deeper(below)?;
        let (mut left, mut depth) = self.unary(below)?;
        while let Some(operator) = self.operator().filter(|it| it.binds() >= binds) {
            self.at += 1;
            let (returns_bool, matching) = self.modifiers(operator)?;
            // Powers group from the right.
            let next = operator.binds() + u8::from(operator != Operator::Power);
            let (right, right_depth) = self.expression(next, below)?;
            depth = Self::deeper(depth.max(right_depth))?;
            let binary = Binary {
                operator,
                left,
                right,
                returns_bool,
                matching,
            };
            check_binary(&binary)?;
            left = Expr::Binary(Box::new(binary));
        }
        Ok((left, depth))
    }

    fn operator(&self) -> Option<Operator> {
        match self.peek() {
            Token::Sign(sign) => Operator::of_sign(sign),
            Token::Word(word) => Operator::of_word(&word.to_ascii_lowercase()),
            _ => None,
        }
    }

    fn modifiers(&mut self, operator: Operator) -> Result<(bool, Matching), Error> {
        let returns_bool = self.take_word("bool");
        if returns_bool && !operator.is_comparison() {
            let text = "bool modifier can only be used on comparison operators";
            return Err(Error::parse(text));
        }
        let mut matching = Matching {
            cardinality: match operator.is_of_sets() {
                true => Cardinality::ManyToMany,
                false => Cardinality::OneToOne,
            },
            ..Matching::default()
        };
        let on = self.take_word("on");
        if !on && !self.take_word("ignoring") {
            return Ok((returns_bool, matching));
        }
        (matching.on, matching.labels) = (on, self.names()?);
        let left = self.take_word("group_left");
        if left || self.take_word("group_right") {
            if operator.is_of_sets() {
                let text = "no grouping allowed for set operations";
                return Err(Error::parse(text));
            }
            matching.cardinality = match left {
                true => Cardinality::ManyToOne,
                false => Cardinality::OneToMany,
            };
            if self.is("(") {
                matching.include = self.names()?;
            }
            let both = matching
                .include
                .iter()
                .find(|it| matching.labels.contains(it));
            if let Some(name) = both.filter(|_| on) {
                return Err(Error::parse(format_args!(
                    "label {name:?} must not occur in ON and GROUP clause at once"
                )));
            }
        }
        Ok((returns_bool, matching))
    }

    /// `(a, b)`
    fn names(&mut self) -> Result<Vec<String>, Error> {
        self.expect("(", "grouping opts")?;
        let mut names = Vec::new();
        while !self.take(")") {
            match self.next() {
                Token::Word(name) if !name.contains(':') => names.push(name),
                _ => {
                    self.at -= 1;
                    return Err(self.unexpected("grouping opts"));
                }
            }
            if !self.take(",") && !self.is(")") {
                return Err(self.unexpected("grouping opts"));
            }
        }
        Ok(names)
    }

    fn unary(&mut self, below: usize) -> Result<Deep, Error> {
        let negative = self.is("-");
        if !negative && !self.is("+") {
            let (expr, depth) = self.primary(below)?;
            return self.postfix(expr, depth);
        }
        self.at += 1;
        // A power binds tighter than its sign.
        let (inner, depth) = self.expression(Operator::Power.binds(), below)?;
        if !matches!(inner.kind(), Kind::Scalar | Kind::Vector) {
            return Err(Error::parse(format_args!(
                "unary expression only allowed on expressions of type scalar or instant vector, got {:?}",
                inner.kind().name()
            )));
        }
        Ok(match negative {
            true => (Expr::Negative(Box::new(inner)), Self::deeper(depth)?),
            false => (inner, depth),
        })
    }

    fn primary(&mut self, below: usize) -> Result<Deep, Error> {
        match self.next() {
            Token::Number(it) => Ok((Expr::Number(it), 1)),
            Token::Text(it) => Ok((Expr::Text(it), 1)),
            Token::Sign("(") => {
                let inner = self.expression(0, below)?;
                self.expect(")", "paren expression")?;
                Ok(inner)
            }
            Token::Sign("{") => {
                self.at -= 1;
                self.selector(None)
            }
            Token::Word(word) => self.word(word, below),
            _ => {
                self.at -= 1;
                Err(self.unexpected("query"))
            }
        }
    }

    fn word(&mut self, word: String, below: usize) -> Result<Deep, Error> {
        let lower = word.to_ascii_lowercase();
        let is_grouped = self.is("(") || self.is_word("by") || self.is_word("without");
        if let Some(how) = Aggregation::of(&lower).filter(|_| is_grouped) {
            return self.aggregate(how, below);
        }
        match lower.as_str() {
            "inf" => return Ok((Expr::Number(f64::INFINITY), 1)),
            "nan" => return Ok((Expr::Number(f64::NAN), 1)),
            _ => {}
        }
        if self.is("(") {
            return self.call(&word, below);
        }
        let is_keyword = [
            "by",
            "without",
            "on",
            "ignoring",
            "group_left",
            "group_right",
            "bool",
            "offset",
        ];
        if is_keyword.contains(&lower.as_str()) || Operator::of_word(&lower).is_some() {
            self.at -= 1;
            return Err(self.unexpected("query"));
        }
        self.selector(Some(word))
    }

    fn selector(&mut self, name: Option<String>) -> Result<Deep, Error> {
        let mut matchers = Vec::new();
        if self.take("{") {
            while !self.take("}") {
                if matchers.len() == MOST_MATCHERS {
                    return Err(Error::parse(format_args!(
                        "a selector has {MOST_MATCHERS} matchers at most"
                    )));
                }
                matchers.push(self.matcher()?);
                if !self.take(",") && !self.is("}") {
                    return Err(self.unexpected("label matching"));
                }
            }
        }
        if let Some(name) = name {
            if matchers.iter().any(|it: &Matcher| it.label() == NAME) {
                return Err(Error::parse("metric name must not be set twice"));
            }
            matchers.push(Matcher::Equal(NAME.to_owned(), name));
        }
        if matchers.iter().all(|it| it.fits_value("")) {
            let text = "vector selector must contain at least one non-empty matcher";
            return Err(Error::parse(text));
        }
        let id = self.selectors;
        if id == MOST_SELECTORS {
            return Err(Error::parse(format_args!(
                "a query has {MOST_SELECTORS} selectors at most"
            )));
        }
        self.selectors += 1;
        let when = When::default();
        Ok((Expr::Instant(Selector { id, matchers, when }), 1))
    }

    fn matcher(&mut self) -> Result<Matcher, Error> {
        let Token::Word(label) = self.next() else {
            self.at -= 1;
            return Err(self.unexpected("label matching"));
        };
        let sign = match self.next() {
            Token::Sign(sign @ ("=" | "!=" | "=~" | "!~")) => sign,
            _ => {
                self.at -= 1;
                return Err(self.unexpected("label matching"));
            }
        };
        let Token::Text(value) = self.next() else {
            self.at -= 1;
            return Err(self.unexpected("label matching"));
        };
        Ok(match sign {
            "=" => Matcher::Equal(label, value),
            "!=" => Matcher::NotEqual(label, value),
            "=~" => Matcher::Match(label, self.regexes.get(&value)?),
            _ => Matcher::NoMatch(label, self.regexes.get(&value)?),
        })
    }

    /// Ranges, offsets and moments behind an expression.
    fn postfix(&mut self, mut expr: Expr, mut depth: usize) -> Result<Deep, Error> {
        loop {
            if self.take("[") {
                (expr, depth) = (self.ranged(expr)?, Self::deeper(depth)?);
            } else if self.take_word("offset") {
                let back = self.take("-");
                let Token::Duration(ms) = self.next() else {
                    self.at -= 1;
                    return Err(self.unexpected("offset"));
                };
                let when = moved(&mut expr, "offset")?;
                if when.offset != 0 {
                    return Err(Error::parse("offset may not be set multiple times"));
                }
                when.offset = if back { -ms } else { ms };
            } else if self.take("@") {
                let at = self.moment()?;
                let when = moved(&mut expr, "@")?;
                if when.at != At::Now {
                    return Err(Error::parse("@ <timestamp> may not be set multiple times"));
                }
                when.at = at;
            } else {
                return Ok((expr, depth));
            }
        }
    }

    fn ranged(&mut self, expr: Expr) -> Result<Expr, Error> {
        let Token::Duration(range) = self.next() else {
            self.at -= 1;
            return Err(self.unexpected("range or subquery"));
        };
        if range == 0 {
            return Err(Error::parse("duration must be greater than 0"));
        }
        if self.take("]") {
            return match expr {
                Expr::Instant(it) if it.when == When::default() => Ok(Expr::Range(it, range)),
                Expr::Instant(_) => Err(Error::parse(
                    "no offset or @ modifiers allowed before range",
                )),
                _ => Err(Error::parse("ranges only allowed for vector selectors")),
            };
        }
        self.expect(":", "range or subquery")?;
        let step = match self.peek() {
            Token::Duration(step) => Some(*step),
            _ => None,
        };
        self.at += usize::from(step.is_some());
        self.expect("]", "range or subquery")?;
        if step == Some(0) {
            return Err(Error::parse("duration must be greater than 0"));
        }
        if expr.kind() != Kind::Vector {
            return Err(Error::parse(format_args!(
                "subquery is only allowed on instant vector, got {} instead",
                expr.kind().name()
            )));
        }
        Ok(Expr::Subquery(Box::new(Subquery {
            expr,
            range,
            step,
            when: When::default(),
        })))
    }

    fn moment(&mut self) -> Result<At, Error> {
        let negative = self.take("-");
        if !negative {
            self.take("+");
        }
        match self.next() {
            Token::Number(seconds) => {
                let ms = seconds * if negative { -1000.0 } else { 1000.0 };
                match ms.is_finite() && ms.abs() < 1e15 {
                    true => Ok(At::Time(ms.round() as i64)),
                    false => Err(Error::parse("timestamp out of bounds for @ modifier")),
                }
            }
            Token::Word(word) if !negative && ["start", "end"].contains(&word.as_str()) => {
                self.expect("(", "@ modifier")?;
                self.expect(")", "@ modifier")?;
                Ok(if word == "start" { At::Start } else { At::End })
            }
            _ => {
                self.at -= 1;
                Err(self.unexpected("@ modifier"))
            }
        }
    }

    fn arguments(&mut self, below: usize) -> Result<(Vec<Expr>, usize), Error> {
        self.expect("(", "function call")?;
        let (mut arguments, mut depth) = (Vec::new(), 0);
        while !self.take(")") {
            let (argument, its) = self.expression(0, below)?;
            arguments.push(argument);
            depth = its.max(depth);
            if !self.take(",") && !self.is(")") {
                return Err(self.unexpected("function call"));
            }
        }
        Ok((arguments, Self::deeper(depth)?))
    }

    fn call(&mut self, name: &str, below: usize) -> Result<Deep, Error> {
        let function = functions::find(name)
            .ok_or_else(|| Error::parse(format_args!("unknown function with name {name:?}")))?;
        let (arguments, depth) = self.arguments(below)?;
        let (least, most) = function.arity();
        if !(least..=most).contains(&arguments.len()) {
            let wanted = match (least == most, arguments.len() < least) {
                (true, _) => format!("{least}"),
                (false, true) => format!("at least {least}"),
                (false, false) => format!("at most {most}"),
            };
            return Err(Error::parse(format_args!(
                "expected {wanted} argument(s) in call to {name:?}, got {}",
                arguments.len()
            )));
        }
        for (at, argument) in arguments.iter().enumerate() {
            let wanted = function.parameter(at);
            expect_kind(argument, wanted, &format!("call to function {name:?}"))?;
        }
        Ok((Expr::Call(function, arguments), depth))
    }

    fn aggregate(&mut self, how: Aggregation, below: usize) -> Result<Deep, Error> {
        let mut grouping = self.grouping()?;
        let (mut arguments, depth) = self.arguments(below)?;
        if grouping.is_none() {
            grouping = self.grouping()?;
        }
        let (without, labels) = grouping.unwrap_or_default();
        let wanted = if how.parameter().is_some() { 2 } else { 1 };
        if arguments.len() != wanted {
            return Err(Error::parse(format_args!(
                "wrong number of arguments for aggregate expression provided, expected {wanted}, got {}",
                arguments.len()
            )));
        }
        let Some(expr) = arguments.pop() else {
            return Err(Error::parse(
                "no arguments for aggregate expression provided",
            ));
        };
        let parameter = arguments.pop();
        expect_kind(&expr, Kind::Vector, "aggregation expression")?;
        if let (Some(kind), Some(given)) = (how.parameter(), &parameter) {
            expect_kind(given, kind, "aggregation parameter")?;
        }
        let aggregate = Aggregate {
            how,
            parameter,
            expr,
            without,
            labels,
        };
        Ok((Expr::Aggregate(Box::new(aggregate)), depth))
    }

    fn grouping(&mut self) -> Result<Option<(bool, Vec<String>)>, Error> {
        let without = self.take_word("without");
        match without || self.take_word("by") {
            true => Ok(Some((without, self.names()?))),
            false => Ok(None),
        }
    }
}

/// What moves an expression in time.
fn moved<'a>(expr: &'a mut Expr, what: &str) -> Result<&'a mut When, Error> {
    match expr {
        Expr::Instant(it) | Expr::Range(it, _) => Ok(&mut it.when),
        Expr::Subquery(it) => Ok(&mut it.when),
        _ => Err(Error::parse(format_args!(
            "{what} modifier must be preceded by an instant vector selector or range vector selector or a subquery"
        ))),
    }
}

fn expect_kind(expr: &Expr, wanted: Kind, context: &str) -> Result<(), Error> {
    match expr.kind() == wanted {
        true => Ok(()),
        false => Err(Error::parse(format_args!(
            "expected type {} in {context}, got {}",
            wanted.name(),
            expr.kind().name()
        ))),
    }
}

fn check_binary(it: &Binary) -> Result<(), Error> {
    let (left, right) = (it.left.kind(), it.right.kind());
    let is_operand = |kind| matches!(kind, Kind::Scalar | Kind::Vector);
    if !is_operand(left) || !is_operand(right) {
        let text = "binary expression must contain only scalar and instant vector types";
        return Err(Error::parse(text));
    }
    let has_scalar = left == Kind::Scalar || right == Kind::Scalar;
    if has_scalar && it.operator.is_of_sets() {
        return Err(Error::parse(format_args!(
            "set operator {:?} not allowed in binary scalar expression",
            it.operator.name()
        )));
    }
    if has_scalar && (it.matching.on || !it.matching.labels.is_empty()) {
        let text = "vector matching only allowed between instant vectors";
        return Err(Error::parse(text));
    }
    let scalars = left == Kind::Scalar && right == Kind::Scalar;
    if scalars && it.operator.is_comparison() && !it.returns_bool {
        let text = "comparisons between scalars must use BOOL modifier";
        return Err(Error::parse(text));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
