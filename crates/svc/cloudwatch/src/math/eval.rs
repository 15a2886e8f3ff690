//! What an expression comes to.

use std::{collections::BTreeMap, sync::Arc};

use wharf_contributors::Point;
use wharf_service::rates::Quotas;

use super::{Bad, Budget, Expression, Line, Value, functions, parse::Operator, value::joined};
use crate::anomaly::Model;

/// What expressions may refer to.
pub struct Given<'a> {
    /// By id.
    pub values: &'a BTreeMap<String, Value>,
    /// Ids of queries that are metrics, in the order of the request.
    pub metrics: &'a [String],
    /// What searches found, by their texts, statistics and periods.
    pub searches: &'a BTreeMap<(String, String, Option<i64>), Vec<Line>>,
    /// What was counted by rules of Contributor Insights, by their names and periods.
    pub rules: &'a BTreeMap<(String, i64), Vec<Point>>,
    /// What is usual of queries that bands are over, by id; none where too little is known.
    pub bands: &'a BTreeMap<String, Arc<Model>>,
    /// What requests are bounded by.
    pub quotas: &'a Quotas,
    /// Seconds since 1970.
    pub from: i64,
    pub to: i64,
    /// Of a line that has none of its own.
    pub period: i64,
    /// What all expressions of the request may make.
    pub budget: &'a Budget,
}

/// # Errors
/// It names what is not there, or does with something what cannot be done with it.
pub fn evaluate(of: &Expression, given: &Given<'_>) -> Result<Value, Bad> {
    Ok(match of {
        Expression::Number(number) => Value::Number(*number),
        Expression::Text(text) => Value::Text(text.clone()),
        Expression::Name(name) => match given.values.get(name) {
            Some(value) => given.budget.copied(value)?,
            None => return Err(Bad(format!("Undefined variable '{name}'"))),
        },
        Expression::Negative(of) => {
            let value = evaluate(of, given)?;
            given.budget.spend(value.weight())?;
            value.map(|it| -it)?
        }
        Expression::Chain(first, rest) => {
            let mut whole = evaluate(first, given)?;
            for (operator, right) in rest {
                let right = evaluate(right, given)?;
                let (name, of) = function(*operator);
                whole = match operator.compares() {
                    true => {
                        // A line of either side has the points of both.
                        let (left, other) = (whole.lines_of_it(), right.lines_of_it());
                        let both = whole.weight().saturating_mul(other);
                        let both = both.saturating_add(right.weight().saturating_mul(left));
                        given.budget.spend(both)?;
                        joined(whole, right, name, (of, Some(0.0)))?
                    }
                    false => {
                        given.budget.spend(whole.weight().max(right.weight()))?;
                        joined(whole, right, name, (of, None))?
                    }
                };
            }
            whole
        }
        Expression::List(all) => {
            let mut lines = Vec::new();
            for it in all {
                lines.extend(evaluate(it, given)?.lines("[]")?);
            }
            Value::Lines(lines)
        }
        Expression::Call(name, arguments) => {
            let value = functions::call(name, arguments, given)?;
            given.budget.spend(value.weight())?;
            value
        }
    })
}

fn function(operator: Operator) -> (&'static str, fn(f64, f64) -> f64) {
    match operator {
        Operator::Or => ("||", |a, b| truth(a != 0.0 || b != 0.0)),
        Operator::And => ("&&", |a, b| truth(a != 0.0 && b != 0.0)),
        Operator::Equal => ("==", |a, b| truth(a == b)),
        Operator::Unequal => ("!=", |a, b| truth(a != b)),
        Operator::LessOrEqual => ("<=", |a, b| truth(a <= b)),
        Operator::GreaterOrEqual => (">=", |a, b| truth(a >= b)),
        Operator::Less => ("<", |a, b| truth(a < b)),
        Operator::Greater => (">", |a, b| truth(a > b)),
        Operator::Plus => ("+", |a, b| a + b),
        Operator::Minus => ("-", |a, b| a - b),
        Operator::Times => ("*", |a, b| a * b),
        Operator::Divided => ("/", |a, b| a / b),
        Operator::Power => ("^", f64::powf),
    }
}

fn truth(it: bool) -> f64 {
    f64::from(u8::from(it))
}
