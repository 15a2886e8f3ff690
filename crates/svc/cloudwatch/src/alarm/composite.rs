//! Rules of composite alarms: `ALARM("a") AND NOT (OK(b) OR INSUFFICIENT_DATA(c))`, `AT_LEAST(60%, NOT OK, (a, b, c))`.
//! Pure.

use std::collections::BTreeSet;

use crate::{
    math::Bad,
    records::StateValue,
    words::{Token, Words, one_or},
};

/// Brackets within each other.
const DEPTH: usize = 48;
/// Alarms that a rule names, as in AWS.
pub const MOST_NAMED: usize = 100;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    Constant(bool),
    /// Whether an alarm, by its name or ARN, is in a state.
    Is(StateValue, String),
    /// Whether so many of some alarms are in a state, or are `not`.
    AtLeast {
        least: usize,
        not: bool,
        state: StateValue,
        names: Vec<String>,
    },
    Not(Box<Rule>),
    /// As many as there are, so that a long rule is not a deep one.
    And(Vec<Rule>),
    Or(Vec<Rule>),
}

impl Rule {
    /// # Errors
    /// It is none, or names too many alarms.
    pub fn parse(text: &str) -> Result<Self, Bad> {
        let mut parser = Parser {
            words: Words::read(text, &['(', ')'], &[], "A name has no end")?,
            depth: 0,
        };
        let rule = parser.either()?;
        if let Some(token) = parser.words.peek() {
            return Err(Bad(format!("Unexpected '{}'", token.text())));
        }
        let named = rule.named().len();
        match named {
            1..=MOST_NAMED => Ok(rule),
            // A rule of constants alone.
            0 => Ok(rule),
            _ => Err(Bad(format!(
                "The rule names {named} alarms, at most {MOST_NAMED} are allowed"
            ))),
        }
    }

    /// The alarms that it names.
    pub fn named(&self) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        self.walk(&mut |name| {
            found.insert(name);
        });
        found
    }

    fn walk<'a>(&'a self, see: &mut impl FnMut(&'a str)) {
        match self {
            Self::Constant(_) => {}
            Self::Is(_, name) => see(name),
            Self::AtLeast { names, .. } => names.iter().for_each(|it| see(it)),
            Self::Not(of) => of.walk(see),
            Self::And(all) | Self::Or(all) => all.iter().for_each(|it| it.walk(see)),
        }
    }

    /// An alarm that is not there is in no state.
    pub fn holds(&self, state: &impl Fn(&str) -> Option<StateValue>) -> bool {
        match self {
            Self::Constant(it) => *it,
            Self::Is(wanted, name) => state(name) == Some(*wanted),
            Self::AtLeast {
                least,
                not,
                state: wanted,
                names,
            } => {
                let counts = |name: &&String| (state(name) == Some(*wanted)) != *not;
                names.iter().filter(counts).count() >= *least
            }
            Self::Not(of) => !of.holds(state),
            Self::And(all) => all.iter().all(|it| it.holds(state)),
            Self::Or(all) => all.iter().any(|it| it.holds(state)),
        }
    }
}

struct Parser {
    words: Words,
    depth: usize,
}

impl Parser {
    fn either(&mut self) -> Result<Rule, Bad> {
        let mut rules = vec![self.both()?];
        while self.words.takes("OR") {
            rules.push(self.both()?);
        }
        Ok(one_or(rules, Rule::Or))
    }

    fn both(&mut self) -> Result<Rule, Bad> {
        let mut rules = vec![self.one()?];
        while self.words.takes("AND") {
            rules.push(self.one()?);
        }
        Ok(one_or(rules, Rule::And))
    }

    fn one(&mut self) -> Result<Rule, Bad> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(Bad::new("The rule is nested too deeply"));
        }
        let rule = self.inner();
        self.depth -= 1;
        rule
    }

    fn inner(&mut self) -> Result<Rule, Bad> {
        if self.words.takes("NOT") {
            return Ok(Rule::Not(Box::new(self.one()?)));
        }
        match self.words.take() {
            Some(Token::Sign('(')) => {
                let rule = self.either()?;
                self.close()?;
                Ok(rule)
            }
            Some(Token::Word(word)) if word == "TRUE" => Ok(Rule::Constant(true)),
            Some(Token::Word(word)) if word == "FALSE" => Ok(Rule::Constant(false)),
            Some(Token::Word(word)) if word == "AT_LEAST" => self.at_least(),
            Some(Token::Word(word)) => {
                let state =
                    StateValue::parse(&word).ok_or_else(|| Bad(format!("Unexpected '{word}'")))?;
                if !self.words.takes_sign('(') {
                    return Err(Bad(format!("'(' is missing behind {word}")));
                }
                let name = match self.words.take() {
                    Some(Token::Word(name) | Token::Quoted(name)) if !name.is_empty() => name,
                    _ => return Err(Bad(format!("{word} names no alarm"))),
                };
                self.close()?;
                Ok(Rule::Is(state, name))
            }
            Some(other) => Err(Bad(format!("Unexpected '{}'", other.text()))),
            None => Err(Bad::new("The rule ends too early")),
        }
    }

    /// What stands behind `AT_LEAST`: `(2, NOT OK, (a, "b"))`.
    fn at_least(&mut self) -> Result<Rule, Bad> {
        let wrong = || {
            Bad::new(
                "AT_LEAST takes a number of its alarms or a percentage, a state, and the alarms in brackets",
            )
        };
        if !self.words.takes_sign('(') {
            return Err(wrong());
        }
        let head = self.parts('(')?;
        let head: Vec<Option<&str>> = head.iter().map(Option::as_deref).collect();
        let (least, not, state) = match head.as_slice() {
            [Some(least), None, Some(state), None] => (*least, false, *state),
            [Some(least), None, Some("NOT"), Some(state), None] => (*least, true, *state),
            _ => return Err(wrong()),
        };
        let state = StateValue::parse(state).ok_or_else(wrong)?;
        let (mut names, mut is_next) = (Vec::new(), true);
        for part in self.parts(')')? {
            match part {
                Some(name) if is_next && !name.is_empty() => names.push(name),
                None if !is_next => {}
                _ => return Err(wrong()),
            }
            is_next = !is_next;
        }
        self.close()?;
        let least = match least.strip_suffix('%') {
            Some(share) => {
                let share = share.parse::<usize>().ok();
                let share = share.filter(|it| (1..=100).contains(it));
                share.map(|it| (names.len() * it).div_ceil(100))
            }
            None => least.parse::<usize>().ok(),
        };
        let least = least.filter(|it| !is_next && (1..=names.len()).contains(it));
        Ok(Rule::AtLeast {
            least: least.ok_or_else(wrong)?,
            not,
            state,
            names,
        })
    }

    /// Words up to a sign, which is over then, and the commas between them as `None`.
    fn parts(&mut self, end: char) -> Result<Vec<Option<String>>, Bad> {
        let mut parts = Vec::new();
        loop {
            match self.words.take() {
                Some(Token::Sign(sign)) if sign == end => return Ok(parts),
                Some(Token::Quoted(name)) => parts.push(Some(name)),
                Some(Token::Word(word)) => {
                    for (at, piece) in word.split(',').enumerate() {
                        parts.extend((at > 0).then_some(None));
                        parts.extend((!piece.is_empty()).then(|| Some(piece.to_owned())));
                    }
                }
                Some(other) => return Err(Bad(format!("Unexpected '{}'", other.text()))),
                None => return Err(Bad::new("The rule ends too early")),
            }
        }
    }

    fn close(&mut self) -> Result<(), Bad> {
        match self.words.takes_sign(')') {
            true => Ok(()),
            false => Err(Bad::new("')' is missing")),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rules_hold_as_they_say() {
        let state = |name: &str| match name {
            "a" => Some(StateValue::Alarm),
            "b c" => Some(StateValue::Ok),
            "d" => Some(StateValue::InsufficientData),
            _ => None,
        };
        for (text, wanted) in [
            ("ALARM(a)", true),
            ("ALARM(\"a\") AND OK('b c')", true),
            ("OK(a) OR INSUFFICIENT_DATA(d)", true),
            ("ALARM(a) AND NOT OK(\"b c\")", false),
            ("ALARM(x) OR FALSE", false),
            ("NOT ALARM(x) AND TRUE", true),
            ("ALARM(a) OR ALARM(x) AND ALARM(x)", true),
            ("(ALARM(a) OR ALARM(x)) AND ALARM(x)", false),
            ("AT_LEAST(1, ALARM, (a, \"b c\", d))", true),
            ("AT_LEAST(2, ALARM, (a, \"b c\", d))", false),
            ("AT_LEAST(2,NOT ALARM,(a,'b c',d))", true),
            ("AT_LEAST(33%, OK, (a, \"b c\", d))", true),
            ("AT_LEAST(34%, OK, (a, \"b c\", d))", false),
            ("AT_LEAST(100%, NOT OK, (a, d))", true),
            ("NOT AT_LEAST(1, INSUFFICIENT_DATA, (a)) AND ALARM(a)", true),
        ] {
            assert_eq!(Rule::parse(text).unwrap().holds(&state), wanted, "{text}");
        }
        for text in [
            "",
            "ALARM",
            "ALARM(",
            "ALARM()",
            "ALARM(a",
            "FIRING(a)",
            "ALARM(a) ALARM(b)",
            "NOT",
            "ALARM(a) AND",
            "ALARM(\"a)",
            "AT_LEAST",
            "AT_LEAST(1, ALARM)",
            "AT_LEAST(1, ALARM, ())",
            "AT_LEAST(1, ALARM, (a,))",
            "AT_LEAST(1, ALARM, (a b))",
            "AT_LEAST(1, ALARM, (a), b)",
            "AT_LEAST(1, ALARM, (a)",
            "AT_LEAST(1 ALARM, (a))",
            "AT_LEAST(1, FIRING, (a))",
            "AT_LEAST(0, ALARM, (a))",
            "AT_LEAST(2, ALARM, (a))",
            "AT_LEAST(0%, ALARM, (a))",
            "AT_LEAST(101%, ALARM, (a))",
            "AT_LEAST(50.5%, ALARM, (a))",
            "AT_LEAST(99999999999999999999999%, ALARM, (a))",
        ] {
            assert!(Rule::parse(text).is_err(), "{text}");
        }
        assert!(Rule::parse(&"NOT ".repeat(500)).is_err());
        let many: Vec<String> = (0..101).map(|n| format!("ALARM(a{n})")).collect();
        assert!(Rule::parse(&many.join(" OR ")).is_err());
        let named = Rule::parse("ALARM(a) OR (OK(b) AND NOT OK(a))").unwrap();
        assert_eq!(named.named().into_iter().collect::<Vec<_>>(), ["a", "b"]);
        let named = Rule::parse("AT_LEAST(1, OK, (c, \"a\")) AND ALARM(b)").unwrap();
        let named: Vec<&str> = named.named().into_iter().collect();
        assert_eq!(named, ["a", "b", "c"]);
        let many: Vec<String> = (0..101).map(|n| format!("a{n}")).collect();
        assert!(Rule::parse(&format!("AT_LEAST(1, OK, ({}))", many.join(","))).is_err());
    }

    #[test]
    fn a_long_rule_takes_no_stack() {
        let work = || {
            let text = vec!["FALSE"; 1279].join(" OR ");
            Rule::parse(&text).unwrap().holds(&|_| None)
        };
        let thread = std::thread::Builder::new().stack_size(64 << 10);
        assert!(!thread.spawn(work).unwrap().join().unwrap());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(AT_LEAST\\()?[ALRMOKNTDF()\"' ab,1%]{0,40}") {
            let _ = Rule::parse(&text);
        }
    }
}
