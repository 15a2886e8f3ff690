//! Aggregations: many elements of a group to one, or to some of them.

use std::{cmp::Ordering, collections::HashMap};

use crate::{
    Error, Labels, NAME,
    ast::{Aggregate, Kind},
    budget::Left,
    eval::{Element, Value},
    over_time::{quantile, variance},
    signature,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aggregation {
    Sum,
    Avg,
    Min,
    Max,
    Count,
    Group,
    Stddev,
    Stdvar,
    Topk,
    Bottomk,
    Quantile,
    CountValues,
}

impl Aggregation {
    /// By its name in small letters.
    pub fn of(name: &str) -> Option<Self> {
        Some(match name {
            "sum" => Self::Sum,
            "avg" => Self::Avg,
            "min" => Self::Min,
            "max" => Self::Max,
            "count" => Self::Count,
            "group" => Self::Group,
            "stddev" => Self::Stddev,
            "stdvar" => Self::Stdvar,
            "topk" => Self::Topk,
            "bottomk" => Self::Bottomk,
            "quantile" => Self::Quantile,
            "count_values" => Self::CountValues,
            _ => return None,
        })
    }

    /// What stands before the expression.
    pub fn parameter(self) -> Option<Kind> {
        match self {
            Self::Topk | Self::Bottomk | Self::Quantile => Some(Kind::Scalar),
            Self::CountValues => Some(Kind::Text),
            _ => None,
        }
    }
}

pub fn evaluate(
    it: &Aggregate,
    parameter: Option<Value>,
    elements: Vec<Element>,
    budget: &Left,
) -> Result<Vec<Element>, Error> {
    let times = 1 + it.labels.len();
    budget.labels(elements.iter().map(|it| &it.labels), times)?;
    let mut order: Vec<Labels> = Vec::new();
    let mut groups: HashMap<Labels, Vec<Element>> = HashMap::new();
    for element in elements {
        let key = signature::of(&element.labels, !it.without, &it.labels);
        let group = groups.entry(key).or_insert_with_key(|key| {
            order.push(key.clone());
            Vec::new()
        });
        group.push(element);
    }
    let number = match &parameter {
        Some(Value::Scalar(number)) => *number,
        _ => f64::NAN,
    };
    let mut found = Vec::new();
    for labels in order {
        let group = groups.remove(&labels).unwrap_or_default();
        match it.how {
            Aggregation::Topk | Aggregation::Bottomk => {
                found.extend(extreme(group, number, it.how == Aggregation::Topk)?);
            }
            Aggregation::CountValues => {
                let Some(Value::Text(name)) = &parameter else {
                    return Err(Error::execution("count_values takes the name of a label"));
                };
                found.extend(counted(&labels, &group, name)?);
            }
            how => {
                let mut values: Vec<f64> = group.iter().map(|it| it.value).collect();
                let value = one(how, &mut values, number);
                found.push(Element { labels, value });
            }
        }
    }
    Ok(found)
}

fn one(how: Aggregation, values: &mut [f64], parameter: f64) -> f64 {
    let count = values.len() as f64;
    match how {
        Aggregation::Sum => sum(values),
        Aggregation::Avg => average(values),
        Aggregation::Min => least(values),
        Aggregation::Max => greatest(values),
        Aggregation::Count => count,
        Aggregation::Group => 1.0,
        Aggregation::Stddev => variance(values).sqrt(),
        Aggregation::Stdvar => variance(values),
        Aggregation::Quantile => quantile(parameter, values),
        Aggregation::Topk | Aggregation::Bottomk | Aggregation::CountValues => f64::NAN,
    }
}

/// With what is lost to rounding added at the end (Kahan's, as Neumaier has it).
pub fn sum(values: &[f64]) -> f64 {
    let (mut sum, mut lost) = (0.0f64, 0.0f64);
    for value in values {
        let next = sum + value;
        lost += match sum.abs() >= value.abs() {
            true => (sum - next) + value,
            false => (value - next) + sum,
        };
        sum = next;
    }
    if sum.is_finite() { sum + lost } else { sum }
}

/// Of values whose sum would have no bounds, that of shares of them.
pub fn average(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let whole = sum(values);
    if whole.is_infinite() && values.iter().all(|it| it.is_finite()) {
        return values.iter().map(|it| it / count).sum();
    }
    whole / count
}

/// What is no number gives way to any that is.
pub fn least(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NAN, f64::min)
}

pub fn greatest(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NAN, f64::max)
}

fn extreme(mut group: Vec<Element>, many: f64, top: bool) -> Result<Vec<Element>, Error> {
    if many.is_nan() || !(-9.2e18..9.2e18).contains(&many) {
        let text = format!("Scalar value {many} overflows int64");
        return Err(Error::execution(text));
    }
    if many < 1.0 {
        return Ok(Vec::new());
    }
    // What is no number is the last either way.
    group.sort_by(|a, b| match (a.value.is_nan(), b.value.is_nan()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) if top => b.value.total_cmp(&a.value),
        (false, false) => a.value.total_cmp(&b.value),
    });
    group.truncate(many as usize);
    Ok(group)
}

fn counted(labels: &Labels, group: &[Element], name: &str) -> Result<Vec<Element>, Error> {
    let mut letters = name.chars();
    let begins = letters
        .next()
        .is_some_and(|it| it.is_ascii_alphabetic() || it == '_');
    if !begins || !letters.all(|it| it.is_ascii_alphanumeric() || it == '_') {
        return Err(Error::execution(format!("invalid label name {name:?}")));
    }
    let mut counts: Vec<(String, f64)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for element in group {
        let shown = crate::query::shown(element.value);
        let place = *places.entry(shown).or_insert_with_key(|shown| {
            counts.push((shown.clone(), 0.0));
            counts.len() - 1
        });
        counts[place].1 += 1.0;
    }
    let element = |(shown, value): (String, f64)| Element {
        labels: labels
            .with(name, &shown)
            .filtered(|it| it != NAME || name == NAME),
        value,
    };
    Ok(counts.into_iter().map(element).collect())
}
