//! The tree at one moment.

use std::collections::HashSet;

use crate::{
    Error, Labels, Series, aggregate,
    ast::{At, Expr, Selector, Subquery, When},
    binary,
    budget::Left,
    functions::{self, Function},
    labels::NAME,
    matcher::Matcher,
    over_time::{self, Window},
    query::Times,
    series::is_stale,
};

/// Labels of a series, and its sample at a time.
type Sampled = (Labels, (i64, f64));

#[derive(Debug, Clone, PartialEq)]
pub struct Element {
    pub labels: Labels,
    pub value: f64,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Scalar(f64),
    Text(String),
    Vector(Vec<Element>),
    Matrix(Matrix),
}

/// Samples of series, with the ends of the range that they were asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    pub series: Vec<Series>,
    pub from: i64,
    pub to: i64,
}

/// What does not change from step to step.
pub struct Eval<'a> {
    /// By the numbers of selectors.
    pub series: &'a [Vec<Series>],
    pub times: Times,
    pub budget: &'a Left,
}

impl When {
    /// The moment that is meant at a moment.
    pub fn of(self, now: i64, times: Times) -> i64 {
        let at = match self.at {
            At::Now => now,
            At::Time(at) => at,
            At::Start => times.start,
            At::End => times.end,
        };
        at.saturating_sub(self.offset)
    }
}

impl Eval<'_> {
    pub fn at(&self, expr: &Expr, now: i64) -> Result<Value, Error> {
        match expr {
            Expr::Number(it) => Ok(Value::Scalar(*it)),
            Expr::Text(it) => Ok(Value::Text(it.clone())),
            Expr::Instant(it) => {
                let found = self.instant(it, now)?;
                let elements = found
                    .into_iter()
                    .map(|(labels, (_, value))| Element { labels, value });
                Ok(Value::Vector(elements.collect()))
            }
            Expr::Range(it, range) => self.range(it, *range, now),
            Expr::Subquery(it) => self.subquery(it, now),
            Expr::Negative(inner) => match self.at(inner, now)? {
                Value::Scalar(it) => Ok(Value::Scalar(-it)),
                Value::Vector(all) => self.unique(all.into_iter().map(|it| Element {
                    labels: it.labels.without_name(),
                    value: -it.value,
                })),
                other => Ok(other),
            },
            Expr::Call(function, arguments) => self.call(function, arguments, now),
            Expr::Aggregate(it) => {
                let parameter = match &it.parameter {
                    Some(given) => Some(self.at(given, now)?),
                    None => None,
                };
                let elements = self.vector(&it.expr, now)?;
                let found = aggregate::evaluate(it, parameter, elements, self.budget)?;
                self.unique(found)
            }
            Expr::Binary(it) => {
                let (left, right) = (self.at(&it.left, now)?, self.at(&it.right, now)?);
                match binary::evaluate(it, left, right, self.budget)? {
                    Value::Vector(all) => self.unique(all),
                    other => Ok(other),
                }
            }
        }
    }

    fn vector(&self, expr: &Expr, now: i64) -> Result<Vec<Element>, Error> {
        match self.at(expr, now)? {
            Value::Vector(elements) => Ok(elements),
            _ => Err(Error::execution("an instant vector is expected")),
        }
    }

    fn scalar(&self, expr: &Expr, now: i64) -> Result<f64, Error> {
        match self.at(expr, now)? {
            Value::Scalar(it) => Ok(it),
            _ => Err(Error::execution("a scalar is expected")),
        }
    }

    fn of(&self, selector: &Selector) -> &[Series] {
        self.series.get(selector.id).map_or(&[], Vec::as_slice)
    }

    fn instant(&self, it: &Selector, now: i64) -> Result<Vec<Sampled>, Error> {
        let at = it.when.of(now, self.times);
        let since = at.saturating_sub(self.times.lookback);
        let all = self.of(it);
        self.budget.work(all.len() + 1)?;
        let found = all.iter().filter_map(|series| {
            let sample = series.latest(since, at)?;
            Some((series.labels.clone(), sample))
        });
        Ok(found.collect())
    }

    fn range(&self, it: &Selector, range: i64, now: i64) -> Result<Value, Error> {
        let to = it.when.of(now, self.times);
        let from = to.saturating_sub(range);
        let mut found = Vec::new();
        self.budget.work(1)?;
        for series in self.of(it) {
            let within = series.within(from, to);
            self.budget.work(within.len() + 1)?;
            let samples = within.iter().filter(|it| !is_stale(it.1));
            let samples: Vec<(i64, f64)> = samples.copied().collect();
            if !samples.is_empty() {
                let labels = series.labels.clone();
                found.push(Series { labels, samples });
            }
        }
        let series = found;
        Ok(Value::Matrix(Matrix { series, from, to }))
    }

    /// The expression at each step of the range, steps being whole multiples since 1970.
    fn subquery(&self, it: &Subquery, now: i64) -> Result<Value, Error> {
        let to = it.when.of(now, self.times);
        let from = to.saturating_sub(it.range);
        let step = it.step.unwrap_or(self.times.default_step).max(1);
        let mut at = from - from.rem_euclid(step);
        if at < from {
            at += step;
        }
        let mut points = Points::default();
        while at <= to {
            self.budget.work(1)?;
            if let Value::Vector(elements) = self.at(&it.expr, at)? {
                self.budget.points(elements.len())?;
                self.budget
                    .labels(elements.iter().map(|it| &it.labels), 1)?;
                points.add(at, elements);
            }
            at += step;
        }
        let series = points.series();
        Ok(Value::Matrix(Matrix { series, from, to }))
    }

    fn call(&self, function: &Function, arguments: &[Expr], now: i64) -> Result<Value, Error> {
        match (function.name, arguments) {
            ("time", _) => return Ok(Value::Scalar(now as f64 / 1000.0)),
            ("pi", _) => return Ok(Value::Scalar(std::f64::consts::PI)),
            ("vector", [given]) => {
                let value = self.scalar(given, now)?;
                let labels = Labels::default();
                return Ok(Value::Vector(vec![Element { labels, value }]));
            }
            ("scalar", [given]) => {
                let found = self.vector(given, now)?;
                return Ok(Value::Scalar(match found.as_slice() {
                    [one] => one.value,
                    _ => f64::NAN,
                }));
            }
            ("timestamp", [Expr::Instant(it)]) => {
                let found = self.instant(it, now)?.into_iter();
                return self.unique(found.map(|(labels, (at, _))| Element {
                    labels: labels.without_name(),
                    value: at as f64 / 1000.0,
                }));
            }
            ("absent", [given]) => {
                let is_there = !self.vector(given, now)?.is_empty();
                return Ok(Value::Vector(absent(given, is_there)));
            }
            _ => {}
        }
        if function.is_of_ranges() {
            return self.over_time(function, arguments, now);
        }
        self.of_vector(function, arguments, now)
    }

    fn over_time(&self, function: &Function, arguments: &[Expr], now: i64) -> Result<Value, Error> {
        let (mut matrix, mut numbers, mut of) = (None, Vec::new(), None);
        for argument in arguments {
            match self.at(argument, now)? {
                Value::Matrix(it) => (matrix, of) = (Some(it), Some(argument)),
                Value::Scalar(it) => numbers.push(it),
                _ => return Err(Error::execution("a range vector is expected")),
            }
        }
        let Some(Matrix { series, from, to }) = matrix else {
            return Err(Error::execution("a range vector is expected"));
        };
        if function.name == "absent_over_time" {
            let given = of.unwrap_or(&Expr::Number(0.0));
            return Ok(Value::Vector(absent(given, !series.is_empty())));
        }
        if function.name == "holt_winters"
            && let Some(bad) = numbers.iter().find(|it| !(**it > 0.0 && **it < 1.0))
        {
            let text =
                format!("invalid smoothing or trend factor. Expected: 0 < factor < 1, got: {bad}");
            return Err(Error::execution(text));
        }
        let mut found = Vec::with_capacity(series.len());
        for it in series {
            self.budget.work(it.samples.len())?;
            let window = Window {
                samples: &it.samples,
                from,
                to,
            };
            let Some(value) = over_time::call(function.name, window, &numbers, now) else {
                continue;
            };
            let labels = match function.name {
                "last_over_time" => it.labels,
                _ => it.labels.without_name(),
            };
            found.push(Element { labels, value });
        }
        self.unique(found)
    }

    fn of_vector(&self, function: &Function, arguments: &[Expr], now: i64) -> Result<Value, Error> {
        let (mut elements, mut numbers, mut texts) = (None, Vec::new(), Vec::new());
        for argument in arguments {
            match self.at(argument, now)? {
                Value::Vector(it) => elements = Some(it),
                Value::Scalar(it) => numbers.push(it),
                Value::Text(it) => texts.push(it),
                Value::Matrix(_) => {}
            }
        }
        // Parts of dates are of now, where nothing else is given.
        let mut elements = elements.unwrap_or_else(|| {
            vec![Element {
                labels: Labels::default(),
                value: now as f64 / 1000.0,
            }]
        });
        self.budget.work(elements.len())?;
        let found = match function.name {
            "histogram_quantile" => {
                self.budget
                    .labels(elements.iter().map(|it| &it.labels), 2)?;
                let q = numbers.first().copied().unwrap_or(f64::NAN);
                functions::histogram_quantile(q, &elements)
            }
            "label_replace" => functions::label_replace(elements, &texts, self.budget)?,
            "label_join" => functions::label_join(elements, &texts, self.budget)?,
            // What is no number is the last either way.
            "sort" => {
                elements.sort_by(|a, b| after_nan(a, b).then(a.value.total_cmp(&b.value)));
                elements
            }
            "sort_desc" => {
                elements.sort_by(|a, b| after_nan(a, b).then(b.value.total_cmp(&a.value)));
                elements
            }
            "clamp" if matches!(numbers.as_slice(), [least, most] if least > most) => Vec::new(),
            "timestamp" => {
                let value = now as f64 / 1000.0;
                let named = elements.into_iter().map(|it| it.labels.without_name());
                named.map(|labels| Element { labels, value }).collect()
            }
            name => {
                let mut found = Vec::with_capacity(elements.len());
                for it in elements {
                    let value = functions::of_number(name, it.value, &numbers);
                    let value = value.ok_or_else(|| {
                        Error::execution(format!("the function {name} is not supported"))
                    })?;
                    let labels = it.labels.without_name();
                    found.push(Element { labels, value });
                }
                found
            }
        };
        self.unique(found)
    }

    /// No two elements have the same labels.
    fn unique(&self, elements: impl IntoIterator<Item = Element>) -> Result<Value, Error> {
        let elements: Vec<Element> = elements.into_iter().collect();
        // Most were copied on their way here too.
        self.budget
            .labels(elements.iter().map(|it| &it.labels), 2)?;
        if elements.len() < 2 {
            return Ok(Value::Vector(elements));
        }
        let mut seen = HashSet::with_capacity(elements.len());
        match elements.iter().all(|it| seen.insert(&it.labels)) {
            true => Ok(Value::Vector(elements)),
            false => Err(Error::execution(
                "vector cannot contain metrics with the same labelset",
            )),
        }
    }
}

fn after_nan(a: &Element, b: &Element) -> std::cmp::Ordering {
    a.value.is_nan().cmp(&b.value.is_nan())
}

/// One element with the labels that a selector says there must be, unless something is there.
fn absent(expr: &Expr, is_there: bool) -> Vec<Element> {
    if is_there {
        return Vec::new();
    }
    let matchers: &[Matcher] = match expr {
        Expr::Instant(it) | Expr::Range(it, _) => &it.matchers,
        _ => &[],
    };
    let named = matchers.iter().filter(|it| it.label() != NAME);
    let mut labels: Vec<(String, String)> = Vec::new();
    for it in named.clone() {
        let often = named.clone().filter(|other| other.label() == it.label());
        if let (Matcher::Equal(name, value), 1) = (it, often.count()) {
            labels.push((name.clone(), value.clone()));
        }
    }
    let labels = Labels::new(labels);
    vec![Element { labels, value: 1.0 }]
}

/// Points of series under way, step after step.
#[derive(Debug, Default)]
pub struct Points {
    places: std::collections::HashMap<Labels, usize>,
    series: Vec<Series>,
}

impl Points {
    pub fn add(&mut self, at: i64, elements: Vec<Element>) {
        for Element { labels, value } in elements {
            let series = &mut self.series;
            let place = *self.places.entry(labels).or_insert_with_key(|labels| {
                series.push(Series {
                    labels: labels.clone(),
                    samples: Vec::new(),
                });
                series.len() - 1
            });
            series[place].samples.push((at, value));
        }
    }

    /// In the order in which they were first seen.
    pub fn series(self) -> Vec<Series> {
        self.series
    }
}
