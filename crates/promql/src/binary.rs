//! Operators between two operands.

use std::collections::{HashMap, HashSet, hash_map::Entry};

use crate::{
    Error, Labels,
    ast::Binary,
    budget::Left,
    eval::{Element, Value},
    signature,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Power,
    Atan2,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    And,
    Or,
    Unless,
}

const ALL: [(Operator, &str); 16] = [
    (Operator::Add, "+"),
    (Operator::Subtract, "-"),
    (Operator::Multiply, "*"),
    (Operator::Divide, "/"),
    (Operator::Modulo, "%"),
    (Operator::Power, "^"),
    (Operator::Atan2, "atan2"),
    (Operator::Equal, "=="),
    (Operator::NotEqual, "!="),
    (Operator::Less, "<"),
    (Operator::LessOrEqual, "<="),
    (Operator::Greater, ">"),
    (Operator::GreaterOrEqual, ">="),
    (Operator::And, "and"),
    (Operator::Or, "or"),
    (Operator::Unless, "unless"),
];

impl Operator {
    pub fn of_sign(sign: &str) -> Option<Self> {
        ALL.iter().find(|it| it.1 == sign).map(|it| it.0)
    }

    pub fn of_word(word: &str) -> Option<Self> {
        Self::of_sign(word)
    }

    pub fn name(self) -> &'static str {
        let found = ALL.iter().find(|it| it.0 == self);
        found.map_or("", |it| it.1)
    }

    /// How tightly; never 0.
    pub fn binds(self) -> u8 {
        match self {
            Self::Or => 1,
            Self::And | Self::Unless => 2,
            _ if self.is_comparison() => 3,
            Self::Add | Self::Subtract => 4,
            Self::Power => 6,
            _ => 5,
        }
    }

    pub fn is_comparison(self) -> bool {
        matches!(
            self,
            Self::Equal
                | Self::NotEqual
                | Self::Less
                | Self::LessOrEqual
                | Self::Greater
                | Self::GreaterOrEqual
        )
    }

    pub fn is_of_sets(self) -> bool {
        matches!(self, Self::And | Self::Or | Self::Unless)
    }

    fn calculate(self, left: f64, right: f64) -> f64 {
        match self {
            Self::Add => left + right,
            Self::Subtract => left - right,
            Self::Multiply => left * right,
            Self::Divide => left / right,
            Self::Modulo => left % right,
            Self::Power => left.powf(right),
            Self::Atan2 => left.atan2(right),
            _ => f64::from(u8::from(self.holds(left, right))),
        }
    }

    fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Equal => left == right,
            Self::NotEqual => left != right,
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
            _ => true,
        }
    }
}

/// How many elements of the sides belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cardinality {
    #[default]
    OneToOne,
    ManyToOne,
    OneToMany,
    ManyToMany,
}

#[derive(Debug, Clone, Default)]
pub struct Matching {
    pub cardinality: Cardinality,
    /// The labels are those that must agree; else all others must.
    pub on: bool,
    pub labels: Vec<String>,
    /// Labels that come from the one side.
    pub include: Vec<String>,
}

pub fn evaluate(it: &Binary, left: Value, right: Value, budget: &Left) -> Result<Value, Error> {
    match (left, right) {
        (Value::Scalar(left), Value::Scalar(right)) => {
            Ok(Value::Scalar(it.operator.calculate(left, right)))
        }
        (Value::Vector(vector), Value::Scalar(number)) => {
            Ok(Value::Vector(with_number(it, vector, |value| {
                (value, number)
            })))
        }
        (Value::Scalar(number), Value::Vector(vector)) => {
            Ok(Value::Vector(with_number(it, vector, |value| {
                (number, value)
            })))
        }
        (Value::Vector(left), Value::Vector(right)) => {
            let matching = &it.matching;
            let times = 2 + matching.labels.len() + matching.include.len();
            let all = left.iter().chain(&right).map(|it| &it.labels);
            budget.labels(all, times)?;
            let found = match it.operator {
                Operator::And => kept(it, left, &right, true),
                Operator::Unless => kept(it, left, &right, false),
                Operator::Or => joined(it, left, right),
                _ => matched(it, left, right)?,
            };
            Ok(Value::Vector(found))
        }
        _ => Err(Error::execution(
            "operands must be scalars or instant vectors",
        )),
    }
}

fn with_number(
    it: &Binary,
    vector: Vec<Element>,
    sides: impl Fn(f64) -> (f64, f64),
) -> Vec<Element> {
    let filters = it.operator.is_comparison() && !it.returns_bool;
    let elements = vector.into_iter().filter_map(|element| {
        let (left, right) = sides(element.value);
        if filters {
            return it.operator.holds(left, right).then_some(element);
        }
        Some(Element {
            labels: element.labels.without_name(),
            value: it.operator.calculate(left, right),
        })
    });
    elements.collect()
}

fn signature_of(it: &Binary, labels: &Labels) -> Labels {
    signature::of(labels, it.matching.on, &it.matching.labels)
}

fn kept(it: &Binary, left: Vec<Element>, right: &[Element], wanted: bool) -> Vec<Element> {
    let there: HashSet<Labels> = right.iter().map(|e| signature_of(it, &e.labels)).collect();
    let fits = |e: &Element| there.contains(&signature_of(it, &e.labels)) == wanted;
    left.into_iter().filter(fits).collect()
}

fn joined(it: &Binary, mut left: Vec<Element>, right: Vec<Element>) -> Vec<Element> {
    let there: HashSet<Labels> = left.iter().map(|e| signature_of(it, &e.labels)).collect();
    let is_new = |e: &Element| !there.contains(&signature_of(it, &e.labels));
    left.extend(right.into_iter().filter(is_new));
    left
}

fn matched(it: &Binary, left: Vec<Element>, right: Vec<Element>) -> Result<Vec<Element>, Error> {
    let matching = &it.matching;
    let swapped = matching.cardinality == Cardinality::OneToMany;
    let (many, one) = if swapped {
        (right, left)
    } else {
        (left, right)
    };
    let mut ones: HashMap<Labels, Element> = HashMap::with_capacity(one.len());
    for element in one {
        match ones.entry(signature_of(it, &element.labels)) {
            Entry::Vacant(place) => drop(place.insert(element)),
            Entry::Occupied(there) => {
                let side = if swapped { "left" } else { "right" };
                return Err(Error::execution(format!(
                    "found duplicate series for the match group {} on the {side} hand-side of the operation: \
                     [{}, {}];many-to-many matching not allowed: matching labels must be unique on one side",
                    there.key(),
                    element.labels,
                    there.get().labels
                )));
            }
        }
    }
    let is_single = matching.cardinality == Cardinality::OneToOne;
    let mut seen: HashSet<Labels> = HashSet::new();
    let mut found = Vec::new();
    for element in many {
        let signature = signature_of(it, &element.labels);
        let Some(other) = ones.get(&signature) else {
            continue;
        };
        let (left, right) = match swapped {
            true => (other.value, element.value),
            false => (element.value, other.value),
        };
        let filters = it.operator.is_comparison() && !it.returns_bool;
        if filters && !it.operator.holds(left, right) {
            continue;
        }
        let value = if filters {
            left
        } else {
            it.operator.calculate(left, right)
        };
        let labels = result(it, &element.labels, &other.labels, filters);
        let key = if is_single { signature } else { labels.clone() };
        if !seen.insert(key) {
            return Err(Error::execution(match is_single {
                true => {
                    "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
                }
                false => "multiple matches for labels: grouping labels must ensure unique matches",
            }));
        }
        found.push(Element { labels, value });
    }
    Ok(found)
}

/// The labels of what two elements come to.
fn result(it: &Binary, many: &Labels, one: &Labels, filters: bool) -> Labels {
    let matching = &it.matching;
    let named = if filters {
        many.clone()
    } else {
        many.without_name()
    };
    if matching.cardinality == Cardinality::OneToOne {
        let is_named = |name: &str| matching.labels.iter().any(|it| it == name);
        return named.filtered(|name| is_named(name) == matching.on);
    }
    let include = matching.include.iter();
    include.fold(named, |labels, name| labels.with(name, one.get(name)))
}
