//! Rules of composite alarms: `ALARM("a") AND NOT (OK(b) OR INSUFFICIENT_DATA(c))`. Pure.

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
            words: Words::read(text, &['(', ')'], "A name has no end")?,
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
            Self::Not(of) => of.walk(see),
            Self::And(all) | Self::Or(all) => all.iter().for_each(|it| it.walk(see)),
        }
    }

    /// An alarm that is not there is in no state.
    pub fn holds(&self, state: &impl Fn(&str) -> Option<StateValue>) -> bool {
        match self {
            Self::Constant(it) => *it,
            Self::Is(wanted, name) => state(name) == Some(*wanted),
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
        ] {
            assert!(Rule::parse(text).is_err(), "{text}");
        }
        assert!(Rule::parse(&"NOT ".repeat(500)).is_err());
        let many: Vec<String> = (0..101).map(|n| format!("ALARM(a{n})")).collect();
        assert!(Rule::parse(&many.join(" OR ")).is_err());
        let named = Rule::parse("ALARM(a) OR (OK(b) AND NOT OK(a))").unwrap();
        assert_eq!(named.named().into_iter().collect::<Vec<_>>(), ["a", "b"]);
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
        fn any_text_is_read_or_refused(text in "[ALRMOKNTDF()\"' ab]{0,40}") {
            let _ = Rule::parse(&text);
        }
    }
}
