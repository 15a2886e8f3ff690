//! What expressions are about: numbers, texts, lines over time, and lists of lines.

use std::sync::Arc;

use super::Bad;

/// Values over time, ascending, with what the line is called.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Line {
    pub label: String,
    /// Seconds between its points.
    pub period: i64,
    pub points: Vec<(i64, f64)>,
    /// What it was read from, for its label.
    pub of: Option<Arc<Source>>,
}

/// What a line takes beside its label and points.
const LINE: usize = 16;

/// The metric and statistic of a line.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    pub metric: wharf_series::Metric,
    pub stat: String,
}

impl Line {
    /// The same line with other points. A value that is no number is none.
    #[must_use]
    pub fn with(&self, points: impl IntoIterator<Item = (i64, f64)>) -> Self {
        Self {
            label: self.label.clone(),
            period: self.period,
            points: points.into_iter().filter(|it| it.1.is_finite()).collect(),
            of: self.of.clone(),
        }
    }

    #[must_use]
    pub fn map(&self, of: impl Fn(f64) -> f64) -> Self {
        self.with(self.points.iter().map(|(at, value)| (*at, of(*value))))
    }

    /// What it takes in memory, in points, about.
    pub fn weight(&self) -> usize {
        LINE + self.label.len() / 16 + self.points.len()
    }

    pub fn at(&self, moment: i64) -> Option<f64> {
        let found = self.points.binary_search_by_key(&moment, |it| it.0);
        found.ok().map(|at| self.points[at].1)
    }

    pub fn values(&self) -> impl Iterator<Item = f64> + '_ {
        self.points.iter().map(|it| it.1)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Number(f64),
    Text(String),
    Line(Line),
    Lines(Vec<Line>),
}

impl Value {
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Number(_) => "Scalar",
            Self::Text(_) => "String",
            Self::Line(_) => "Time Series",
            Self::Lines(_) => "Array of Time Series",
        }
    }

    /// What it takes in memory, in points, about.
    pub fn weight(&self) -> usize {
        match self {
            Self::Number(_) => 1,
            Self::Text(text) => 1 + text.len() / 16,
            Self::Line(line) => line.weight(),
            Self::Lines(lines) => lines.iter().map(Line::weight).sum(),
        }
    }

    /// How many lines it is, one at least.
    pub fn lines_of_it(&self) -> usize {
        match self {
            Self::Lines(lines) => lines.len().max(1),
            _ => 1,
        }
    }

    /// Each number of it changed.
    pub fn map(self, of: impl Fn(f64) -> f64 + Copy) -> Result<Self, Bad> {
        Ok(match self {
            Self::Number(number) => Self::Number(of(number)),
            Self::Line(line) => Self::Line(line.map(of)),
            Self::Lines(lines) => Self::Lines(lines.iter().map(|it| it.map(of)).collect()),
            Self::Text(_) => return Err(Bad::new("A text is no number")),
        })
    }

    /// Each line of it changed.
    pub fn each(self, of: impl Fn(&Line) -> Line, function: &str) -> Result<Self, Bad> {
        match self {
            Self::Line(line) => Ok(Self::Line(of(&line))),
            Self::Lines(lines) => Ok(Self::Lines(lines.iter().map(of).collect())),
            other => Err(unfit(function, &other)),
        }
    }

    pub fn lines(self, function: &str) -> Result<Vec<Line>, Bad> {
        match self {
            Self::Line(line) => Ok(vec![line]),
            Self::Lines(lines) => Ok(lines),
            other => Err(unfit(function, &other)),
        }
    }

    pub fn number(&self, function: &str) -> Result<f64, Bad> {
        match self {
            Self::Number(number) => Ok(*number),
            other => Err(unfit(function, other)),
        }
    }
}

pub fn unfit(function: &str, value: &Value) -> Bad {
    Bad(format!(
        "Unsupported operand type(s) for {function}: '{}'",
        value.kind()
    ))
}

/// Two values as one, moment by moment. `absent` stands for what only one of two lines has a point of; without it there
/// is none where either has none.
pub fn joined(
    left: Value,
    right: Value,
    name: &str,
    (of, absent): (impl Fn(f64, f64) -> f64 + Copy, Option<f64>),
) -> Result<Value, Bad> {
    use Value::{Line as L, Lines as All, Number as N};
    let two = |a: &Line, b: &Line| {
        let mut moments: Vec<i64> = a.points.iter().map(|it| it.0).collect();
        if absent.is_some() {
            moments.extend(b.points.iter().map(|it| it.0));
            moments.sort_unstable();
            moments.dedup();
        }
        let value = |line: &Line, at| line.at(at).or(absent);
        let points = moments
            .into_iter()
            .filter_map(|at| Some((at, of(value(a, at)?, value(b, at)?))));
        let mut whole = a.with(points);
        whole.period = a.period.max(b.period);
        whole
    };
    Ok(match (left, right) {
        (N(a), N(b)) => N(of(a, b)),
        (L(a), N(b)) => L(a.map(|it| of(it, b))),
        (N(a), L(b)) => L(b.map(|it| of(a, it))),
        (L(a), L(b)) => L(two(&a, &b)),
        (All(all), N(b)) => All(all.iter().map(|it| it.map(|it| of(it, b))).collect()),
        (N(a), All(all)) => All(all.iter().map(|it| it.map(|it| of(a, it))).collect()),
        (All(all), L(b)) => All(all.iter().map(|it| two(it, &b)).collect()),
        (L(a), All(all)) => All(all
            .iter()
            .map(|it| Line {
                label: it.label.clone(),
                ..two(&a, it)
            })
            .collect()),
        (a, b) => {
            return Err(Bad(format!(
                "Unsupported operand type(s) for {name}: '{}' and '{}'",
                a.kind(),
                b.kind()
            )));
        }
    })
}
