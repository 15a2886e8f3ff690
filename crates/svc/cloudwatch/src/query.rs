//! Queries of GetMetricData and of alarms: from the wire to what they come to.

mod reading;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use tokio::time::timeout;
use wharf_api_cloudwatch::{MetricDataQuery, MetricStat};
use wharf_contributors::{LONGEST_COUNTING, Point};
use wharf_series::Metric;
use wharf_service::{Place, rates::Quotas};
use wharf_wire::Fault;

pub use self::reading::Reading;
use crate::{
    anomaly::{self, Model},
    contributors,
    core::Core,
    datum,
    fault::{expression, validation},
    fetch::{Range, Wanted},
    insights,
    math::{self, Bad, Budget, Expression, Given, Line, Value},
    stat::Stat,
};

/// Queries of a request.
pub const MOST_QUERIES: usize = 500;
/// Rules of Contributor Insights that a request asks: each counts log events.
const MOST_RULES: usize = 10;
/// Seconds of a day: no period is longer.
const LONGEST_PERIOD: i64 = 86_400;

#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    pub id: String,
    pub what: What,
    pub label: Option<String>,
    pub shown: bool,
    pub period: Option<i64>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum What {
    Metric(Box<Wanted>),
    Math(Expression),
    Insights(Box<insights::Query>),
}

impl What {
    /// Whether it is an expression with a search in it.
    pub fn searches(&self) -> bool {
        let mut found = false;
        if let Self::Math(of) = self {
            of.walk(&mut |it| found |= matches!(it, Expression::Call(name, _) if name == "SEARCH"));
        }
        found
    }
}

impl Query {
    /// The rules of Contributor Insights that it asks.
    pub fn rules(&self) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        if let What::Math(of) = &self.what {
            of.walk(&mut |part| found.extend(math::rule_of(part).map(|it| it.0)));
        }
        found
    }
}

/// # Errors
/// The first that is wrong with them.
pub fn read(place: &Place, given: Vec<MetricDataQuery>) -> Result<Arc<[Query]>, Fault> {
    if given.is_empty() || given.len() > MOST_QUERIES {
        return Err(validation(format!(
            "The collection MetricDataQueries must have a size from 1 to {MOST_QUERIES}."
        )));
    }
    let mut ids = BTreeSet::new();
    let mut queries = Vec::with_capacity(given.len());
    for (at, it) in given.into_iter().enumerate() {
        let query = one(place, it, at)?;
        if !ids.insert(query.id.clone()) {
            let text = format!(
                "The values for parameter id in MetricDataQueries are not unique: {}.",
                query.id
            );
            return Err(validation(text));
        }
        queries.push(query);
    }
    if !queries.iter().any(|it| it.shown) {
        return Err(validation(
            "At least one of the elements in MetricDataQueries must return data.",
        ));
    }
    order(&queries)?;
    Ok(queries.into())
}

fn one(place: &Place, given: MetricDataQuery, at: usize) -> Result<Query, Fault> {
    let parameter = |member: &str| format!("MetricDataQueries.member.{}.{member}", at + 1);
    let id = given.id.unwrap_or_default();
    let fits = id.starts_with(|it: char| it.is_ascii_lowercase())
        && id
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || it == b'_');
    if !fits {
        return Err(validation(format!(
            "The value '{id}' for parameter {} is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.",
            parameter("Id")
        )));
    }
    let period = given
        .period
        .map(|it| period(it, &parameter("Period")))
        .transpose()?;
    let what = match (given.metric_stat, given.expression) {
        (Some(stat), None) => What::Metric(Box::new(metric_stat(
            place,
            stat,
            &parameter("MetricStat"),
        )?)),
        (None, Some(text)) if insights::is_query(&text) => {
            if period.is_none() {
                let text = "A query of Metrics Insights takes a Period.";
                return Err(validation(format!("Error in expression '{id}': {text}")));
            }
            let query = insights::Query::parse(&text).map_err(|bad| expression(&id, &bad))?;
            What::Insights(Box::new(query))
        }
        (None, Some(text)) => What::Math(math::parse(&text).map_err(|bad| expression(&id, &bad))?),
        (Some(_), Some(_)) => {
            return Err(validation(
                "The parameters MetricDataQuery Expression and MetricStat are mutually exclusive and you have specified both.",
            ));
        }
        (None, None) => {
            return Err(validation(format!(
                "Exactly one of the parameters {} and {} must be specified.",
                parameter("MetricStat"),
                parameter("Expression")
            )));
        }
    };
    Ok(Query {
        id,
        what,
        label: given.label.filter(|it| !it.is_empty()),
        shown: given.return_data.unwrap_or(true),
        period,
    })
}

/// # Errors
/// It is none that points are kept for.
pub fn period(given: i32, parameter: &str) -> Result<i64, Fault> {
    let period = i64::from(given);
    let fits = [1, 5, 10, 20, 30].contains(&period)
        || period > 0 && period % 60 == 0 && period <= LONGEST_PERIOD;
    match fits {
        true => Ok(period),
        false => Err(validation(format!(
            "The parameter {parameter} must be 1, 5, 10, 20, 30 or a multiple of 60, and at most {LONGEST_PERIOD}: {given}."
        ))),
    }
}

fn metric_stat(place: &Place, given: MetricStat, parameter: &str) -> Result<Wanted, Fault> {
    let metric = given.metric.unwrap_or_default();
    let name = given.stat.unwrap_or_default();
    let stat = Stat::parse(&name).ok_or_else(|| {
        validation(format!(
            "The value {name} for parameter {parameter}.Stat is not a valid statistic."
        ))
    })?;
    // Without them it would be a metric that nobody has.
    let required = |given: Option<String>, member: &str| {
        given.filter(|it| !it.is_empty()).ok_or_else(|| {
            validation(format!(
                "The parameter {parameter}.Metric.{member} is required."
            ))
        })
    };
    let wanted = Wanted {
        metric: Metric {
            account: place.account.clone(),
            region: place.region.clone(),
            namespace: required(metric.namespace, "Namespace")?,
            name: required(metric.metric_name, "MetricName")?,
            dimensions: datum::dimensions(
                metric.dimensions,
                &format!("{parameter}.Metric.Dimensions"),
            )?,
        },
        unit: given.unit,
        period: period(
            given.period.unwrap_or_default(),
            &format!("{parameter}.Period"),
        )?,
        stat,
        stat_name: name,
    };
    let unit = wanted.unit.as_deref();
    if let Some(unit) = unit.filter(|it| !datum::UNITS.contains(it)) {
        return Err(datum::bad_value(unit, &format!("{parameter}.Unit")));
    }
    Ok(wanted)
}

/// Expressions, each after those that it refers to.
fn order(queries: &[Query]) -> Result<Vec<usize>, Fault> {
    let by_id: BTreeMap<&str, usize> = queries
        .iter()
        .enumerate()
        .map(|(at, it)| (it.id.as_str(), at))
        .collect();
    let mut after: Vec<BTreeSet<usize>> = Vec::with_capacity(queries.len());
    for query in queries {
        let mut refers = BTreeSet::new();
        if let What::Math(of) = &query.what {
            refers.extend(of.names().iter().filter_map(|it| by_id.get(it)));
        }
        after.push(refers);
    }
    let (mut done, mut order) = (vec![false; queries.len()], Vec::new());
    while order.len() < queries.len() {
        let ready: Vec<usize> = (0..queries.len())
            .filter(|at| !done[*at] && after[*at].iter().all(|it| done[*it]))
            .collect();
        if ready.is_empty() {
            let id = (0..queries.len())
                .find(|at| !done[*at])
                .map_or("", |at| &queries[at].id);
            return Err(expression(id, &Bad::new("it refers to itself")));
        }
        for at in ready {
            done[at] = true;
            order.push(at);
        }
    }
    Ok(order)
}

/// What queries come to, by their ids.
///
/// # Errors
/// An expression cannot be evaluated; they would read too much; the disk's.
pub async fn answer(
    core: &Core,
    place: &Place,
    queries: &Arc<[Query]>,
    range: Range,
) -> Result<BTreeMap<String, Value>, Fault> {
    let rules = counted(core, place, queries, range).await?;
    answer_with(core, place, queries, range, rules).await
}

/// The same with what rules have counted for them.
///
/// # Errors
/// Those of [`answer`].
pub async fn answer_with(
    core: &Core,
    place: &Place,
    queries: &Arc<[Query]>,
    range: Range,
    rules: Counted,
) -> Result<BTreeMap<String, Value>, Fault> {
    let _turn = core.reading.take(&place.account).await;
    let mut reading = Reading::new(core, place, range);
    let bands = anomaly::of_queries(&mut reading, queries).await?;
    let read = Read {
        bands,
        rules,
        ..reading.gather(queries).await?
    };
    apart(core, &place.account, queries.clone(), read).await
}

/// What queries come to, apart from the tasks that serve others.
pub async fn apart(
    core: &Core,
    account: &str,
    queries: Arc<[Query]>,
    read: Read,
) -> Result<BTreeMap<String, Value>, Fault> {
    core.compute(account, move || evaluated(&queries, read))
        .await
}

/// What was counted by the rules that expressions ask, by rule and period.
pub type Counted = BTreeMap<(String, i64), Vec<Point>>;

/// Whether log events are to be counted for them.
pub fn ask_rules(queries: &[Query]) -> bool {
    queries.iter().any(|it| !it.rules().is_empty())
}

/// What rules have counted. Nothing else waits for it, and it ends in time.
///
/// # Errors
/// The queries ask too many rules; a rule cannot count, or takes too long.
pub async fn counted(
    core: &Core,
    place: &Place,
    queries: &[Query],
    range: Range,
) -> Result<Counted, Fault> {
    // With the first query that asks each.
    let mut wanted: BTreeMap<(&str, i64), &str> = BTreeMap::new();
    let usual = usual_period(queries);
    for query in queries {
        let period = query.period.unwrap_or(usual);
        for rule in query.rules() {
            wanted.entry((rule, period)).or_insert(&query.id);
        }
    }
    if wanted.is_empty() {
        return Ok(Counted::new());
    }
    if wanted.len() > MOST_RULES {
        return Err(validation(format!(
            "A request may ask at most {MOST_RULES} Contributor Insights rules."
        )));
    }
    let _turn = core.counting.take(&place.account).await;
    let counting = async {
        let mut found = Counted::new();
        for ((rule, period), id) in wanted {
            let tally = contributors::tally(core, place, (rule, range, period)).await;
            let tally = tally.map_err(|why| why.in_expression(id))?;
            let points = core.compute(&place.account, || {
                Ok(tally.map_or(Vec::new(), |it| it.points()))
            });
            found.insert((rule.to_owned(), period), points.await?);
        }
        Ok(found)
    };
    timeout(LONGEST_COUNTING, counting).await.unwrap_or_else(|_| {
        Err(validation(
            "Counting by the request's Contributor Insights rules takes too long: ask for a shorter time.",
        ))
    })
}

/// Of expressions that do not say theirs.
fn usual_period(queries: &[Query]) -> i64 {
    queries.iter().filter_map(own_period).max().unwrap_or(60)
}

/// What expressions are evaluated on.
pub struct Read {
    values: BTreeMap<String, Value>,
    /// Ids of queries that are metrics, in the order of the request.
    metrics: Vec<String>,
    searches: BTreeMap<(String, String, Option<i64>), Vec<Line>>,
    rules: Counted,
    bands: BTreeMap<String, Arc<Model>>,
    quotas: Quotas,
    range: Range,
    period: i64,
}

/// What queries come to where nothing was measured: whether their expressions can be evaluated, and to what kind of
/// value.
///
/// # Errors
/// An expression cannot be evaluated.
pub fn on_nothing(queries: &[Query], range: Range) -> Result<BTreeMap<String, Value>, Fault> {
    let mut read = Read {
        values: BTreeMap::new(),
        metrics: Vec::new(),
        searches: BTreeMap::new(),
        rules: Counted::new(),
        bands: BTreeMap::new(),
        quotas: Quotas::default(),
        range,
        period: usual_period(queries),
    };
    for query in queries {
        let line = Line {
            period: own_period(query).unwrap_or(read.period),
            ..Line::default()
        };
        let value = match query.what {
            What::Metric(ref wanted) => {
                read.metrics.push(query.id.clone());
                let of = Some(wanted.source());
                Value::Line(Line { of, ..line })
            }
            // As many as there may be: one that is grouped by nothing is one line.
            What::Insights(ref of) if of.group_by.is_empty() => Value::Lines(vec![line]),
            What::Insights(_) => Value::Lines(vec![line; 2]),
            What::Math(_) => continue,
        };
        read.values.insert(query.id.clone(), value);
    }
    evaluated(queries, read)
}

/// The values of all queries, expressions with them.
fn evaluated(queries: &[Query], mut read: Read) -> Result<BTreeMap<String, Value>, Fault> {
    let budget = Budget::default();
    for at in order(queries)? {
        let query = &queries[at];
        let What::Math(of) = &query.what else {
            continue;
        };
        let given = Given {
            values: &read.values,
            metrics: &read.metrics,
            searches: &read.searches,
            rules: &read.rules,
            bands: &read.bands,
            quotas: &read.quotas,
            from: read.range.from,
            to: read.range.to,
            period: query.period.unwrap_or(read.period),
            budget: &budget,
        };
        let value = math::evaluate(of, &given).map_err(|bad| expression(&query.id, &bad))?;
        read.values.insert(query.id.clone(), value);
    }
    Ok(read.values)
}

/// A refusal of the request, or a search that is none.
enum Refused {
    Fault(Fault),
    Bad(Bad),
}

impl From<Bad> for Refused {
    fn from(bad: Bad) -> Self {
        Self::Bad(bad)
    }
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

fn named_in(id: &str, refused: Refused) -> Fault {
    match refused {
        Refused::Fault(fault) => fault,
        Refused::Bad(bad) => expression(id, &bad),
    }
}

pub fn own_period(query: &Query) -> Option<i64> {
    match &query.what {
        What::Metric(wanted) => Some(wanted.period),
        _ => query.period,
    }
}
