//! A query that was read, and what it comes to.

use crate::{
    Budget, Error, Labels, Matcher, Series,
    ast::{At, Expr, Kind},
    budget::{Left, Stop},
    eval::{Eval, Points, Value},
    parse,
    series::is_stale,
};

/// Moments, in milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    pub start: i64,
    pub end: i64,
    /// Not 0.
    pub step: i64,
    /// How old the latest sample of a series may be.
    pub lookback: i64,
    /// The step of subqueries that say none.
    pub default_step: i64,
}

impl Times {
    /// How old a sample may be where nothing else is said.
    pub const LOOKBACK: i64 = 300_000;
    const DEFAULT_STEP: i64 = 60_000;

    pub fn at(moment: i64) -> Self {
        Self::between(moment, moment, 1)
    }

    pub fn between(start: i64, end: i64, step: i64) -> Self {
        Self {
            start,
            end,
            step: step.max(1),
            lookback: Self::LOOKBACK,
            default_step: Self::DEFAULT_STEP,
        }
    }
}

/// Series that a query needs, and of when.
#[derive(Debug, Clone)]
pub struct Selection {
    pub matchers: Vec<Matcher>,
    /// Both included.
    pub from: i64,
    pub to: i64,
}

/// What a query comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    Scalar(f64),
    Text(String),
    Vector(Vec<(Labels, f64)>),
    Matrix(Vec<Series>),
}

#[derive(Debug, Clone)]
pub struct Query {
    expr: Expr,
    selectors: usize,
    stop: Stop,
}

impl Query {
    /// # Errors
    /// The text is no query.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let (expr, selectors) = parse::parse(text)?;
        let stop = Stop::default();
        Ok(Self {
            expr,
            selectors,
            stop,
        })
    }

    /// Whether it comes to series with one value each at a moment.
    pub fn is_vector(&self) -> bool {
        matches!(self.expr.kind(), Kind::Vector)
    }

    /// What ends its evaluation early, wherever that runs.
    pub fn stop(&self) -> Stop {
        self.stop.clone()
    }

    /// What is to be read, in the order in which it is handed in then.
    pub fn selections(&self, times: Times) -> Vec<Selection> {
        let mut found = vec![None; self.selectors];
        collect(&self.expr, times.start, times.end, times, &mut found);
        let nothing = || Selection {
            matchers: Vec::new(),
            from: 1,
            to: 0,
        };
        found
            .into_iter()
            .map(|it| it.unwrap_or_else(nothing))
            .collect()
    }

    /// At one moment.
    ///
    /// # Errors
    /// It has no answer, or takes more than it may.
    pub fn instant(
        &self,
        times: Times,
        series: &[Vec<Series>],
        budget: Budget,
    ) -> Result<Outcome, Error> {
        let left = Left::of(budget, self.stop.clone());
        let eval = Eval {
            series,
            times,
            budget: &left,
        };
        Ok(match eval.at(&self.expr, times.start)? {
            Value::Scalar(it) => Outcome::Scalar(it),
            Value::Text(it) => Outcome::Text(it),
            Value::Vector(all) => {
                left.points(all.len())?;
                Outcome::Vector(all.into_iter().map(|it| (it.labels, it.value)).collect())
            }
            Value::Matrix(it) => {
                left.points(it.series.iter().map(|it| it.samples.len()).sum())?;
                Outcome::Matrix(it.series)
            }
        })
    }

    /// At each step.
    ///
    /// # Errors
    /// It is of another kind, has no answer, or takes more than it may.
    pub fn range(
        &self,
        times: Times,
        series: &[Vec<Series>],
        budget: Budget,
    ) -> Result<Vec<Series>, Error> {
        let kind = self.expr.kind();
        if !matches!(kind, Kind::Scalar | Kind::Vector) {
            return Err(Error::Parse(format!(
                "invalid expression type {:?} for range query, must be Scalar or instant Vector",
                kind.name()
            )));
        }
        let left = Left::of(budget, self.stop.clone());
        let eval = Eval {
            series,
            times,
            budget: &left,
        };
        let (mut points, mut at) = (Points::default(), times.start);
        while at <= times.end {
            left.work(1)?;
            let elements = match eval.at(&self.expr, at)? {
                Value::Vector(elements) => elements,
                Value::Scalar(value) => vec![crate::eval::Element {
                    labels: Labels::default(),
                    value,
                }],
                Value::Text(_) | Value::Matrix(_) => Vec::new(),
            };
            left.points(elements.len())?;
            left.labels(elements.iter().map(|it| &it.labels), 1)?;
            points.add(at, elements);
            let Some(next) = at.checked_add(times.step) else {
                break;
            };
            at = next;
        }
        let mut found = points.series();
        found.sort_by(|a, b| a.labels.cmp(&b.labels));
        Ok(found)
    }
}

/// Where the selectors below an expression look that is evaluated from `from` to `to`.
fn collect(expr: &Expr, from: i64, to: i64, times: Times, found: &mut [Option<Selection>]) {
    let mut below = |expr: &Expr| collect(expr, from, to, times, found);
    match expr {
        Expr::Number(_) | Expr::Text(_) => {}
        Expr::Negative(inner) => below(inner),
        Expr::Call(_, arguments) => arguments.iter().for_each(below),
        Expr::Binary(it) => {
            below(&it.left);
            below(&it.right);
        }
        Expr::Aggregate(it) => {
            it.parameter.iter().for_each(&mut below);
            below(&it.expr);
        }
        Expr::Instant(it) | Expr::Range(it, _) => {
            let reach = match expr {
                Expr::Range(_, range) => *range,
                // The oldest that counts is not as old as that.
                _ => times.lookback.saturating_sub(1),
            };
            let (from, to) = (it.when.of(from, times), it.when.of(to, times));
            if let Some(place) = found.get_mut(it.id) {
                *place = Some(Selection {
                    matchers: it.matchers.clone(),
                    from: from.saturating_sub(reach),
                    to,
                });
            }
        }
        Expr::Subquery(it) => {
            let (from, to) = (it.when.of(from, times), it.when.of(to, times));
            // Within it `start()` and `end()` are those of the whole query.
            debug_assert!(it.when.at != At::Now || from <= to);
            collect(&it.expr, from.saturating_sub(it.range), to, times, found);
        }
    }
}

/// A value as Prometheus writes it.
pub(crate) fn shown(value: f64) -> String {
    match value {
        it if it.is_nan() || is_stale(it) => "NaN".to_owned(),
        f64::INFINITY => "+Inf".to_owned(),
        f64::NEG_INFINITY => "-Inf".to_owned(),
        it => it.to_string(),
    }
}

#[cfg(test)]
mod tests;
