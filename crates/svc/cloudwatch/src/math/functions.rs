//! The functions of metric math.

mod band;
mod choice;

use wharf_base::Timestamp;
use wharf_contributors::Metric;

pub use band::band_of;

use super::{Bad, Expression, Given, Line, Value, evaluate, value::unfit};

/// Points that filling may make of one line.
const MOST_POINTS: i64 = 100_800;

/// # Errors
/// There is no such function, or it does not take these.
pub fn call(name: &str, arguments: &[Expression], given: &Given<'_>) -> Result<Value, Bad> {
    let call = Call {
        name,
        arguments,
        given,
    };
    match name {
        "ABS" => call.number(f64::abs),
        "CEIL" => call.number(f64::ceil),
        "FLOOR" => call.number(f64::floor),
        "LOG" => call.number(f64::ln),
        "LOG10" => call.number(f64::log10),
        "AVG" => call.fold(mean),
        "SUM" => call.fold(|all| all.iter().sum()),
        "MIN" => call.fold(|all| all.iter().copied().fold(f64::INFINITY, f64::min)),
        "MAX" => call.fold(|all| all.iter().copied().fold(f64::NEG_INFINITY, f64::max)),
        "STDDEV" => call.fold(deviation),
        "DATAPOINT_COUNT" => call.fold(|all| all.len() as f64),
        "METRIC_COUNT" => Ok(Value::Number(call.one()?.lines(name)?.len() as f64)),
        "DIFF" => call.steps(|before, now| now.1 - before.1),
        "DIFF_TIME" => call.steps(|before, now| (now.0 - before.0) as f64),
        "RATE" => call.steps(|before, now| (now.1 - before.1) / (now.0 - before.0) as f64),
        "RUNNING_SUM" => call.one()?.each(running, name),
        "EPOCH" => call.times(|at| at as f64),
        "MINUTE" => call.times(|at| at.rem_euclid(3600).div_euclid(60) as f64),
        "HOUR" => call.times(|at| at.rem_euclid(86_400).div_euclid(3600) as f64),
        // Monday is 1; 1970 began on a Thursday.
        "DAY" => call.times(|at| (at.div_euclid(86_400) + 3).rem_euclid(7) as f64 + 1.0),
        "DATE" => call.times(|at| date(at).2),
        "MONTH" => call.times(|at| date(at).1),
        "YEAR" => call.times(|at| date(at).0),
        "PERIOD" => match call.one()? {
            Value::Line(line) => Ok(Value::Number(line.period as f64)),
            other => Err(unfit(name, &other)),
        },
        "FIRST" => call.pick(|lines| lines.into_iter().next()),
        "LAST" => call.pick(|lines| lines.into_iter().next_back()),
        "FILL" => call.fill(),
        "IF" => call.choose(),
        "METRICS" => call.metrics(),
        "REMOVE_EMPTY" => {
            let mut lines = call.one()?.lines(name)?;
            lines.retain(|it| !it.points.is_empty());
            Ok(Value::Lines(lines))
        }
        "SLICE" => call.slice(),
        "SORT" => call.sort(),
        "TIME_SERIES" => {
            let number = call.one()?.number(name)?;
            let label = number.to_string();
            let period = given.period;
            given.budget.spend(grid(given, period)?.count())?;
            let points = grid(given, period)?.map(|at| (at, number)).collect();
            Ok(Value::Line(Line {
                label,
                period,
                points,
                of: None,
            }))
        }
        "SEARCH" => call.search(),
        band::NAME => call.band(),
        RULE => call.rule(),
        "SERVICE_QUOTA" => call.quota(),
        "LAMBDA" => call.not_here("there are no functions"),
        "DB_PERF_INSIGHTS" => call.not_here("there are no databases"),
        _ => Err(Bad(format!("Unknown function '{name}'"))),
    }
}

/// The function that tells of a rule of Contributor Insights.
const RULE: &str = "INSIGHT_RULE_METRIC";

/// The rule and what is asked of it, if that is what a part of an expression is.
pub fn rule_of(part: &Expression) -> Option<(&str, Metric)> {
    let Expression::Call(name, arguments) = part else {
        return None;
    };
    match arguments.as_slice() {
        [
            Expression::Text(rule) | Expression::Name(rule),
            Expression::Text(metric) | Expression::Name(metric),
        ] if name == RULE => Some((rule, Metric::parse(metric)?)),
        _ => None,
    }
}

/// The text, statistic and period of a search.
pub fn search_of(arguments: &[Expression]) -> Option<(String, String, Option<i64>)> {
    match arguments {
        [Expression::Text(text), Expression::Text(stat)] => {
            Some((text.clone(), stat.clone(), None))
        }
        [
            Expression::Text(text),
            Expression::Text(stat),
            Expression::Number(period),
        ] => {
            let whole = period.fract() == 0.0 && (1.0..=86_400.0 * 30.0).contains(period);
            whole.then(|| (text.clone(), stat.clone(), Some(*period as i64)))
        }
        _ => None,
    }
}

struct Call<'a> {
    name: &'a str,
    arguments: &'a [Expression],
    given: &'a Given<'a>,
}

impl Call<'_> {
    fn not_here(&self, why: &str) -> Result<Value, Bad> {
        Err(Bad(format!(
            "The function {} is not supported by this version of wharf: {why}",
            self.name
        )))
    }

    fn argument(&self, at: usize) -> Result<Value, Bad> {
        match self.arguments.get(at) {
            Some(of) => evaluate(of, self.given),
            None => Err(self.count()),
        }
    }

    fn count(&self) -> Bad {
        Bad(format!(
            "The function {} does not take {} arguments",
            self.name,
            self.arguments.len()
        ))
    }

    fn one(&self) -> Result<Value, Bad> {
        match self.arguments {
            [_] => self.argument(0),
            _ => Err(self.count()),
        }
    }

    /// A word that is no value.
    fn word(&self, at: usize) -> Option<&str> {
        match self.arguments.get(at) {
            Some(Expression::Name(word) | Expression::Text(word)) => Some(word),
            _ => None,
        }
    }

    fn number(&self, of: impl Fn(f64) -> f64 + Copy) -> Result<Value, Bad> {
        match self.one()? {
            text @ Value::Text(_) => Err(unfit(self.name, &text)),
            other => other.map(of),
        }
    }

    /// A line to a number, several lines to one.
    fn fold(&self, of: impl Fn(&[f64]) -> f64) -> Result<Value, Bad> {
        match self.one()? {
            Value::Line(line) => {
                let values: Vec<f64> = line.values().collect();
                // Of no values there is a count alone.
                let whole = of(&values);
                Ok(Value::Number(if values.is_empty() && !whole.is_finite() {
                    f64::NAN
                } else {
                    whole
                }))
            }
            Value::Lines(lines) => {
                let mut all: std::collections::BTreeMap<i64, Vec<f64>> = Default::default();
                for line in &lines {
                    line.points
                        .iter()
                        .for_each(|(at, value)| all.entry(*at).or_default().push(*value));
                }
                let mut whole = Line {
                    label: self.name.to_owned(),
                    period: lines
                        .iter()
                        .map(|it| it.period)
                        .max()
                        .unwrap_or(self.given.period),
                    ..Line::default()
                };
                whole.points = all
                    .into_iter()
                    .map(|(at, values)| (at, of(&values)))
                    .collect();
                Ok(Value::Line(whole))
            }
            other => Err(unfit(self.name, &other)),
        }
    }

    fn steps(&self, of: impl Fn((i64, f64), (i64, f64)) -> f64) -> Result<Value, Bad> {
        let step = |line: &Line| {
            let pairs = line.points.windows(2);
            line.with(pairs.map(|it| (it[1].0, of(it[0], it[1]))))
        };
        self.one()?.each(step, self.name)
    }

    /// At each moment, also where nothing was measured.
    fn times(&self, of: impl Fn(i64) -> f64) -> Result<Value, Bad> {
        let each = |line: &Line| -> Result<Line, Bad> {
            let moments: Vec<i64> = grid(self.given, self.period_of(line))?.collect();
            self.given.budget.spend(moments.len())?;
            Ok(line.with(moments.into_iter().map(|at| (at, of(at)))))
        };
        match self.one()? {
            Value::Line(line) => each(&line).map(Value::Line),
            Value::Lines(lines) => {
                let made: Result<_, Bad> = lines.iter().map(each).collect();
                made.map(Value::Lines)
            }
            other => Err(unfit(self.name, &other)),
        }
    }

    /// Seconds between the points of a line, of one that does not say it those of the expression.
    fn period_of(&self, line: &Line) -> i64 {
        match line.period > 0 {
            true => line.period,
            false => self.given.period,
        }
    }

    fn pick(&self, of: impl Fn(Vec<Line>) -> Option<Line>) -> Result<Value, Bad> {
        let lines = self.one()?.lines(self.name)?;
        Ok(Value::Line(of(lines).unwrap_or_default()))
    }

    fn fill(&self) -> Result<Value, Bad> {
        if self.arguments.len() != 2 {
            return Err(self.count());
        }
        let how = self.word(1).map(str::to_ascii_uppercase);
        let with = match how.as_deref() {
            Some("REPEAT") => Fill::Repeat,
            Some("LINEAR") => Fill::Linear,
            _ => match self.argument(1)? {
                Value::Number(number) => Fill::With(number),
                Value::Line(line) => Fill::From(line),
                other => return Err(unfit(self.name, &other)),
            },
        };
        let mut filled = Vec::new();
        let value = self.argument(0)?;
        let single = matches!(value, Value::Line(_));
        for line in value.lines(self.name)? {
            let moments: Vec<i64> = grid(self.given, self.period_of(&line))?.collect();
            self.given.budget.spend(moments.len())?;
            filled.push(with.fill(&line, &moments));
        }
        Ok(match (single, filled.pop()) {
            (true, Some(line)) => Value::Line(line),
            (_, last) => {
                filled.extend(last);
                Value::Lines(filled)
            }
        })
    }

    fn metrics(&self) -> Result<Value, Bad> {
        let filter = match self.arguments {
            [] => "",
            [Expression::Text(text)] => text,
            _ => return Err(self.count()),
        };
        let ids = self.given.metrics.iter().filter(|id| id.contains(filter));
        let mut lines = Vec::new();
        for value in ids.filter_map(|id| self.given.values.get(id)) {
            lines.extend(self.given.budget.copied(value)?.lines(self.name)?);
        }
        Ok(Value::Lines(lines))
    }

    fn slice(&self) -> Result<Value, Bad> {
        let lines = self.argument(0)?.lines(self.name)?;
        let bound = |at: usize| -> Result<usize, Bad> {
            let number = self.argument(at)?.number(self.name)?;
            match number >= 0.0 && number.fract() == 0.0 {
                true => Ok((number as usize).min(lines.len())),
                false => Err(Bad(format!("{number} is no place in an array"))),
            }
        };
        let (from, to) = match self.arguments.len() {
            2 => (bound(1)?, lines.len()),
            3 => (bound(1)?, bound(2)?),
            _ => return Err(self.count()),
        };
        Ok(Value::Lines(
            lines.get(from..to).unwrap_or_default().to_vec(),
        ))
    }

    fn sort(&self) -> Result<Value, Bad> {
        let mut lines = self.argument(0)?.lines(self.name)?;
        let by = self.word(1).unwrap_or_default().to_ascii_uppercase();
        let by: fn(&[f64]) -> f64 = match by.as_str() {
            "AVG" => mean,
            "SUM" => |all| all.iter().sum(),
            "MIN" => |all| all.iter().copied().fold(f64::INFINITY, f64::min),
            "MAX" => |all| all.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            other => return Err(Bad(format!("SORT does not know the function '{other}'"))),
        };
        let order = self.word(2).unwrap_or_default().to_ascii_uppercase();
        let descending = match order.as_str() {
            "ASC" => false,
            "DESC" => true,
            other => return Err(Bad(format!("SORT does not know the order '{other}'"))),
        };
        let mut keyed: Vec<(f64, Line)> = lines
            .drain(..)
            .map(|it| (by(&it.values().collect::<Vec<_>>()), it))
            .collect();
        // Lines without values come last.
        keyed.sort_by(|(a, x), (b, y)| {
            let ordered = if descending {
                b.total_cmp(a)
            } else {
                a.total_cmp(b)
            };
            x.points.is_empty().cmp(&y.points.is_empty()).then(ordered)
        });
        if self.arguments.len() == 4 {
            let most = self.argument(3)?.number(self.name)?;
            keyed.truncate(most.max(0.0) as usize);
        } else if self.arguments.len() != 3 {
            return Err(self.count());
        }
        Ok(Value::Lines(keyed.into_iter().map(|it| it.1).collect()))
    }

    fn search(&self) -> Result<Value, Bad> {
        let named = search_of(self.arguments)
            .ok_or_else(|| Bad::new("SEARCH takes a search, a statistic and a period"))?;
        let found = self.given.searches.get(&named).map_or(&[][..], |it| it);
        let weight = found.iter().map(Line::weight).sum();
        self.given.budget.spend(weight)?;
        Ok(Value::Lines(found.to_vec()))
    }
}

impl Call<'_> {
    /// How many requests a second the account may send of the operation that a usage metric counts, or have of the resource;
    /// nothing where there is no bound.
    fn quota(&self) -> Result<Value, Bad> {
        let line = match self.one()? {
            Value::Line(line) => line,
            other => return Err(unfit(self.name, &other)),
        };
        let counted = line.of.as_ref().and_then(|it| counted(&it.metric));
        let counted = counted.ok_or_else(|| {
            Bad(format!(
                "The function {} takes a usage metric: CallCount of AWS/Usage with the dimensions Type=API, Resource, Service and Class=None, or ResourceCount with Type=Resource, Resource and Service",
                self.name
            ))
        })?;
        let quota = match counted {
            Used::Calls(service, operation) => self.given.quotas.of(service, operation),
            Used::Resource(service, resource) => self.given.quotas.of_resource(service, resource),
        };
        let Some(quota) = quota else {
            return Ok(Value::Line(line.with([])));
        };
        let moments: Vec<i64> = grid(self.given, line.period)?.collect();
        self.given.budget.spend(moments.len())?;
        Ok(Value::Line(
            line.with(moments.into_iter().map(|at| (at, quota))),
        ))
    }
}

/// What a usage metric counts, by the service and what of it.
enum Used<'a> {
    Calls(&'a str, &'a str),
    Resource(&'a str, &'a str),
}

fn counted(metric: &wharf_series::Metric) -> Option<Used<'_>> {
    let is_usage = metric.namespace == "AWS/Usage";
    let of = |name: &str| {
        let mut all = metric.dimensions.iter();
        all.find(|it| it.0 == name).map(|it| it.1.as_str())
    };
    let (service, resource) = (of("Service")?, of("Resource")?);
    let is_api = of("Type") == Some("API") && of("Class") == Some("None");
    let is_resource = of("Type").is_some_and(|it| it.eq_ignore_ascii_case("Resource"));
    match metric.name.as_str() {
        "CallCount" if is_usage && is_api => Some(Used::Calls(service, resource)),
        "ResourceCount" if is_usage && is_resource => Some(Used::Resource(service, resource)),
        _ => None,
    }
}

impl Call<'_> {
    /// What was counted of a rule's contributors; nothing of one that is not there.
    fn rule(&self) -> Result<Value, Bad> {
        let whole = Expression::Call(self.name.to_owned(), self.arguments.to_vec());
        let (rule, metric) = rule_of(&whole).ok_or_else(|| {
            Bad(format!(
                "{RULE} takes the name of a rule and UniqueContributors, MaxContributorValue, SampleCount, Sum, Minimum, Maximum or Average"
            ))
        })?;
        let period = self.given.period;
        let found = self.given.rules.get(&(rule.to_owned(), period));
        let points = found.map_or(&[][..], |it| it).iter();
        Ok(Value::Line(Line {
            label: format!("{rule} {}", self.word(1).unwrap_or_default()),
            period,
            points: points.map(|it| (it.at, metric.of(it))).collect(),
            of: None,
        }))
    }
}

/// What stands where a line has nothing.
enum Fill {
    Repeat,
    Linear,
    With(f64),
    From(Line),
}

impl Fill {
    fn fill(&self, line: &Line, moments: &[i64]) -> Line {
        let mut next = 0;
        line.with(moments.iter().filter_map(|at| {
            while line.points.get(next).is_some_and(|it| it.0 < *at) {
                next += 1;
            }
            let here = line.points.get(next).filter(|it| it.0 == *at);
            if let Some((_, value)) = here {
                return Some((*at, *value));
            }
            let before = next.checked_sub(1).and_then(|it| line.points.get(it));
            let value = match (self, before, line.points.get(next)) {
                (Self::With(number), ..) => *number,
                (Self::From(other), ..) => other.at(*at)?,
                (Self::Repeat, before, _) => before?.1,
                (Self::Linear, Some((t0, v0)), Some((t1, v1))) => {
                    v0 + (v1 - v0) * (at - t0) as f64 / (t1 - t0) as f64
                }
                (Self::Linear, ..) => return None,
            };
            Some((*at, value))
        }))
    }
}

/// The moments of a line without gaps.
fn grid(given: &Given<'_>, period: i64) -> Result<impl Iterator<Item = i64> + use<>, Bad> {
    let period = period.max(1);
    let first = given.from - given.from.rem_euclid(period);
    if (given.to - first) / period > MOST_POINTS {
        return Err(Bad::new("The expression would have too many datapoints"));
    }
    let (from, to) = (given.from, given.to);
    Ok((first..to)
        .step_by(period as usize)
        .filter(move |it| *it >= from))
}

fn running(line: &Line) -> Line {
    let mut sum = 0.0;
    line.with(line.points.iter().map(|(at, value)| {
        sum += value;
        (*at, sum)
    }))
}

fn mean(all: &[f64]) -> f64 {
    all.iter().sum::<f64>() / all.len() as f64
}

fn deviation(all: &[f64]) -> f64 {
    let mean = mean(all);
    let squares: f64 = all.iter().map(|it| (it - mean).powi(2)).sum();
    (squares / all.len() as f64).sqrt()
}

/// Year, month and day of the month.
fn date(at: i64) -> (f64, f64, f64) {
    let text = Timestamp::from_millis(at.saturating_mul(1000)).iso8601();
    let mut parts = text
        .split(['-', 'T'])
        .map(|it| it.parse().unwrap_or_default());
    let mut next = || parts.next().unwrap_or_default();
    (next(), next(), next())
}

#[cfg(test)]
#[path = "functions/tests.rs"]
mod tests;
