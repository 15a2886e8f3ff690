//! Expressions, and what they give for one event.

use std::{cell::OnceCell, cmp::Ordering};

use regex::Regex;

use crate::{
    cost::Cost, discover, event::Event, function::Function, order, period::Period, plan::System,
    value::Value,
};

#[derive(Debug, Clone)]
pub(crate) enum Expr {
    Const(Value<'static>),
    /// A value that an earlier command computed.
    Slot(usize),
    System(System),
    /// A field of an event's JSON, by its number among those of the query.
    Json(usize),
    /// A member of a map or list, by its path.
    Member(Box<Expr>, String),
    Not(Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Compare(Comparison, Box<Expr>, Box<Expr>),
    Contains(Box<Expr>, String),
    Matches(Box<Expr>, Regex),
    In(Box<Expr>, Vec<Expr>),
    Arithmetic(Operator, Box<Expr>, Box<Expr>),
    Call(Function, Vec<Expr>),
    Floor(Box<Expr>, Period),
    Ceil(Box<Expr>, Period),
    /// So many milliseconds later than a time.
    After(Box<Expr>, i64),
    /// Whether the event has the field.
    IsPresent(Box<Expr>),
    /// The message without masks; a field of its JSON.
    UnmaskedMessage,
    UnmaskedJson(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
}

/// What an expression may see.
pub(crate) struct Scene<'e> {
    pub event: Option<&'e Event<'e>>,
    /// Paths of JSON fields that the query names.
    pub wanted: &'e [String],
    json: OnceCell<Vec<Value<'e>>>,
    /// The same of an event without masks.
    unmasked: OnceCell<Vec<Value<'e>>>,
    /// When the query began, in milliseconds.
    pub now: i64,
    pub cost: Cost,
}

impl<'e> Scene<'e> {
    pub fn new(event: Option<&'e Event<'e>>, wanted: &'e [String], now: i64) -> Self {
        Self {
            event,
            wanted,
            json: OnceCell::new(),
            unmasked: OnceCell::new(),
            now,
            cost: Cost::default(),
        }
    }

    fn json(&self, index: usize) -> Value<'e> {
        let Some(event) = self.event else {
            return Value::Null;
        };
        let found = self.json.get_or_init(|| {
            discover::lookup(
                event.fields.unwrap_or(event.message),
                self.wanted,
                &self.cost,
            )
        });
        found.get(index).cloned().unwrap_or(Value::Null)
    }

    fn unmasked_json(&self, index: usize) -> Value<'e> {
        let Some(unmasked) = self.event.and_then(|it| it.unmasked) else {
            return self.json(index);
        };
        let found = self.unmasked.get_or_init(|| {
            let json = unmasked.fields.unwrap_or(unmasked.message);
            discover::lookup(json, self.wanted, &self.cost)
        });
        found.get(index).cloned().unwrap_or(Value::Null)
    }
}

impl Expr {
    /// What divides the times that it gives, and by how much they are later than that.
    pub fn bins(&self) -> Option<(Period, i64)> {
        match self {
            Self::Floor(_, period) | Self::Ceil(_, period) => Some((*period, 0)),
            Self::After(of, more) => {
                let (period, later) = of.bins()?;
                Some((period, later.checked_add(*more)?))
            }
            _ => None,
        }
    }

    pub fn eval<'e>(&'e self, scene: &Scene<'e>, slots: &[Value<'e>]) -> Value<'e> {
        // Nothing more is made of what is too much already.
        if scene.cost.is_spent() {
            return Value::Null;
        }
        let of = |it: &'e Expr| it.eval(scene, slots);
        match self {
            Self::Const(value) => value.borrowed(),
            Self::Slot(index) => slots.get(*index).cloned().unwrap_or(Value::Null),
            Self::System(which) => scene.event.map_or(Value::Null, |event| which.of(event)),
            Self::Json(index) => scene.json(*index),
            Self::Member(it, path) => match of(it) {
                Value::Tree(tree) => discover::member(&tree, path)
                    .map_or(Value::Null, |it| discover::taken(it, &scene.cost)),
                _ => Value::Null,
            },
            Self::Not(it) => match of(it) {
                Value::Bool(yes) => Value::Bool(!yes),
                Value::Null => Value::Bool(true),
                _ => Value::Null,
            },
            Self::And(a, b) => Value::Bool(of(a).is_true() && of(b).is_true()),
            Self::Or(a, b) => Value::Bool(of(a).is_true() || of(b).is_true()),
            Self::Compare(how, a, b) => compared(*how, &of(a), &of(b)),
            Self::Contains(it, text) => match of(it).shown() {
                Some(shown) => {
                    scene.cost.read(&shown);
                    Value::Bool(memchr::memmem::find(shown.as_bytes(), text.as_bytes()).is_some())
                }
                None => Value::Bool(false),
            },
            Self::Matches(it, regex) => Value::Bool(of(it).shown().is_some_and(|shown| {
                scene.cost.read(&shown);
                regex.is_match(&shown)
            })),
            Self::In(it, all) => {
                let value = of(it);
                let is_in = all.iter().any(|each| same(&value, &of(each)));
                Value::Bool(!value.is_null() && is_in)
            }
            Self::Arithmetic(how, a, b) => match (of(a).number(), of(b).number()) {
                (Some(a), Some(b)) => number(how.of(a, b)),
                _ => Value::Null,
            },
            Self::Call(function, given) => {
                let given: Vec<Value<'e>> = given.iter().map(of).collect();
                if function.is_costly() {
                    for it in &given {
                        if let Value::Text(text) = it {
                            scene.cost.read(text);
                        }
                    }
                }
                scene.cost.made(function.call(given, scene.now))
            }
            Self::Floor(it, period) => time(of(it).number().and_then(|it| period.floor(it as i64))),
            Self::Ceil(it, period) => time(of(it).number().and_then(|it| period.ceil(it as i64))),
            Self::After(it, millis) => match of(it) {
                Value::Time(at) => time(at.checked_add(*millis)),
                _ => Value::Null,
            },
            Self::IsPresent(it) => Value::Bool(!of(it).is_null()),
            Self::UnmaskedMessage => scene.event.map_or(Value::Null, |event| {
                let unmasked = event.unmasked.map(|it| it.message);
                Value::text(unmasked.unwrap_or(event.message))
            }),
            Self::UnmaskedJson(index) => scene.unmasked_json(*index),
        }
    }
}

fn time(millis: Option<i64>) -> Value<'static> {
    millis.map_or(Value::Null, Value::Time)
}

/// What is no number, such as the tenth part of nothing, is nothing.
pub(crate) fn number(number: f64) -> Value<'static> {
    match number.is_finite() {
        true => Value::Number(number),
        false => Value::Null,
    }
}

fn compared<'e>(how: Comparison, a: &Value<'e>, b: &Value<'e>) -> Value<'e> {
    if a.is_null() || b.is_null() {
        // An event without the field is none whose field has that value, and so it is unequal.
        return Value::Bool(how == Comparison::NotEqual && a.is_null() != b.is_null());
    }
    let order = || match (a.number(), b.number()) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        (None, None) => a.shown().cmp(&b.shown()),
        _ => order::compare(a, b),
    };
    Value::Bool(match how {
        Comparison::Equal => same(a, b),
        Comparison::NotEqual => !same(a, b),
        Comparison::Less => order() == Ordering::Less,
        Comparison::AtMost => order() != Ordering::Greater,
        Comparison::Greater => order() == Ordering::Greater,
        Comparison::AtLeast => order() != Ordering::Less,
    })
}

fn same(a: &Value<'_>, b: &Value<'_>) -> bool {
    match (a, b) {
        (Value::Null, _) | (_, Value::Null) => false,
        (Value::Bool(yes), other) | (other, Value::Bool(yes)) => match other {
            Value::Bool(too) => yes == too,
            Value::Text(text) if !yes && text.eq_ignore_ascii_case("false") => true,
            Value::Text(text) if *yes && text.eq_ignore_ascii_case("true") => true,
            other => other.number() == Some(f64::from(u8::from(*yes))),
        },
        // Long numbers, such as ids, are more than a float tells apart.
        (Value::Text(a), Value::Text(b)) if a == b => true,
        (Value::Text(a), Value::Text(b)) if is_long(a) && is_long(b) => false,
        _ => match (a.number(), b.number()) {
            (Some(a), Some(b)) => a == b,
            (None, None) => a.shown() == b.shown(),
            _ => false,
        },
    }
}

fn is_long(text: &str) -> bool {
    text.len() > 15 && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl Operator {
    fn of(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Add => a + b,
            Self::Subtract => a - b,
            Self::Multiply => a * b,
            Self::Divide => a / b,
            Self::Remainder => a % b,
            Self::Power => a.powf(b),
        }
    }
}
