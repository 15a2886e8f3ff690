//! Makes models of the points that there are: for the bands of a request, and for a detector that was put.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use wharf_base::ids;
use wharf_service::Place;
use wharf_wire::Fault;

use super::{
    Model,
    detector::{self, Plan},
    models::{REFRESHED, Training},
};
use crate::{
    core::Core,
    fault::{CloudwatchFaults, expression, validation},
    fetch::{Range, Wanted},
    math::{self, Bad, Expression, Value},
    query::{self, Query, Reading, What},
    records::{Detector, DetectorSource, StoredQuery},
    stat::Stat,
};

/// Bands of a request over different lines: each reads some ten thousand points unless its model is there.
const MOST_BANDS: usize = 20;
const DAY: i64 = 86_400;
/// Seconds of points that a model is made of: as many as are kept in steps that make up its period.
const OF_FIVE_MINUTES: i64 = 28 * DAY;
const OF_MINUTES: i64 = 14 * DAY;
const OF_SECONDS: i64 = 3 * 3600;
/// The period by which it is decided whether a metric has enough points.
const USUAL_PERIOD: i64 = 300;

/// A line whose model is wanted: queries that it takes, of which one is shown.
struct Learned {
    queries: Vec<Query>,
    id: String,
}

/// Models for the bands in queries, by the ids that they are over; none where too little is known.
///
/// # Errors
/// A band is over what has none; there are too many; the models would be made of too much; the disk's.
pub async fn of_queries(
    reading: &mut Reading<'_>,
    queries: &[Query],
) -> Result<BTreeMap<String, Arc<Model>>, Fault> {
    let wanted = wanted(queries)?;
    let mut models = BTreeMap::new();
    for id in wanted {
        let learned = Learned::of(queries, id)?;
        let plan = detector::plan(reading.core, reading.place, &learned.queries, id).await?;
        let model = made(reading, &learned, &plan).await?;
        models.extend(model.map(|it| (id.to_owned(), it)));
    }
    Ok(models)
}

/// Ids that bands are over.
fn wanted(queries: &[Query]) -> Result<BTreeSet<&str>, Fault> {
    let mut wanted = BTreeSet::new();
    for query in queries {
        for band in bands(query) {
            let (id, _) = band.map_err(|bad| expression(&query.id, &bad))?;
            wanted.insert(id);
        }
    }
    // One that is not there is refused where it is evaluated.
    wanted.retain(|id| queries.iter().any(|it| it.id == *id));
    match wanted.len() > MOST_BANDS {
        true => Err(validation(format!(
            "A request may have bands over at most {MOST_BANDS} metrics and expressions."
        ))),
        false => Ok(wanted),
    }
}

/// # Errors
/// A band is over what has none, or there are too many.
pub fn checked_bands(queries: &[Query]) -> Result<(), Fault> {
    for id in wanted(queries)? {
        Learned::of(queries, id)?;
    }
    Ok(())
}

fn bands(query: &Query) -> Vec<Result<(&str, f64), Bad>> {
    let mut found = Vec::new();
    if let What::Math(of) = &query.what {
        of.walk(&mut |part| found.extend(math::band_of(part)));
    }
    found
}

/// # Errors
/// They do not come to one line, or to what no model is made of.
pub fn checked(place: &Place, queries: &[StoredQuery]) -> Result<(), Fault> {
    let wire = queries.iter().map(StoredQuery::to_wire).collect();
    let read = query::read(place, wire)?;
    let mut shown = read.iter().filter(|it| it.shown);
    let (Some(one), None) = (shown.next(), shown.next()) else {
        return Err(validation(
            "Exactly one element of MetricDataQueries should return data.",
        ));
    };
    if read.iter().any(|it| it.what.searches()) {
        return Err(validation("SEARCH is not supported in anomaly detectors."));
    }
    if query::ask_rules(&read) {
        return Err(validation(
            "INSIGHT_RULE_METRIC is not supported in anomaly detectors.",
        ));
    }
    if read.iter().any(|it| !bands(it).is_empty()) {
        return Err(validation("An anomaly detector is not over a band."));
    }
    let range = Range { from: 0, to: DAY };
    match query::on_nothing(&read, range)?.get(&one.id) {
        Some(Value::Line(_)) => Ok(()),
        _ => {
            let bad = "The expression of an anomaly detector must return a single time series";
            Err(expression(&one.id, &Bad::new(bad)))
        }
    }
}

impl Learned {
    /// What a query of a request takes.
    fn of(queries: &[Query], id: &str) -> Result<Self, Fault> {
        let mut taken = BTreeSet::from([id]);
        loop {
            let before = taken.clone();
            for query in queries.iter().filter(|it| before.contains(&*it.id)) {
                let What::Math(of) = &query.what else {
                    continue;
                };
                taken.extend(of.names());
                let mut all = false;
                of.walk(&mut |it| {
                    all |= matches!(it, Expression::Call(name, _) if name == "METRICS")
                });
                let metrics = queries
                    .iter()
                    .filter(|it| matches!(it.what, What::Metric(_)));
                taken.extend(metrics.filter(|_| all).map(|it| it.id.as_str()));
            }
            if taken.len() == before.len() {
                break;
            }
        }
        let taken = queries.iter().filter(|it| taken.contains(&*it.id));
        let queries: Vec<Query> = taken.cloned().collect();
        if queries.iter().any(|it| !bands(it).is_empty()) {
            let bad = "ANOMALY_DETECTION_BAND cannot be over a band";
            return Err(expression(id, &Bad::new(bad)));
        }
        let id = id.to_owned();
        Ok(Self { queries, id })
    }

    /// What a detector is about, with the usual period where it says none.
    fn of_detector(place: &Place, detector: &Detector) -> Result<Option<Self>, Fault> {
        let metric = match &detector.source {
            DetectorSource::Queries(queries) => {
                let wire = queries.iter().map(StoredQuery::to_wire).collect();
                let queries = query::read(place, wire)?.to_vec();
                let shown = queries.iter().find(|it| it.shown);
                let id = shown.map(|it| it.id.clone());
                return Ok(id.map(|id| Self { queries, id }));
            }
            DetectorSource::Metric(metric) => metric,
        };
        let Some(stat) = Stat::parse(&metric.statistic) else {
            return Ok(None);
        };
        let wanted = Wanted {
            metric: wharf_series::Metric {
                account: place.account.clone(),
                region: place.region.clone(),
                namespace: metric.namespace.clone(),
                name: metric.name.clone(),
                dimensions: metric.dimensions.clone(),
            },
            unit: None,
            period: USUAL_PERIOD,
            stat,
            stat_name: metric.statistic.clone(),
        };
        let id = "m".to_owned();
        let query = Query {
            id: id.clone(),
            what: What::Metric(Box::new(wanted)),
            label: None,
            shown: true,
            period: None,
        };
        let queries = vec![query];
        Ok(Some(Self { queries, id }))
    }
}

/// Makes a detector's model, and says how far that went.
///
/// # Errors
/// Those of [`of_queries`].
pub async fn of_detector(
    core: &Core,
    place: &Place,
    detector: &Detector,
) -> Result<Training, Fault> {
    let Some(learned) = Learned::of_detector(place, detector)? else {
        return Ok(Training::Pending);
    };
    let _turn = core.reading.take(&place.account).await;
    let to = core.parts.clock.now().millis().div_euclid(1000);
    let mut reading = Reading::new(core, place, Range { from: to, to });
    let model = made(&mut reading, &learned, &detector::settings(detector)).await?;
    Ok(match model {
        Some(_) => Training::Trained,
        None => Training::TooFewPoints,
    })
}

/// The model of points up to the last quarter of an hour before the end of what is read.
async fn made(
    reading: &mut Reading<'_>,
    learned: &Learned,
    plan: &Plan,
) -> Result<Option<Arc<Model>>, Fault> {
    let Reading {
        core, place, range, ..
    } = *reading;
    let periods = learned.queries.iter().filter_map(query::own_period);
    let period = periods.max().unwrap_or(60);
    let now = core.parts.clock.now();
    let end = now.millis().div_euclid(1000).min(range.to);
    let end = end - end.rem_euclid(REFRESHED);
    // A period that is not over would count as a whole one.
    let end = end - end.rem_euclid(period);
    let id = format!(
        "{:?} {learned_by} {end} {plan:?} {:?}",
        place.region,
        learned.queries,
        learned_by = learned.id
    );
    let id = ids::uuid_of(id.as_bytes());
    if let Some(found) = core.models.find(&place.account, &id, now) {
        return Ok(found);
    }
    let window = match period {
        _ if period % 300 == 0 => OF_FIVE_MINUTES,
        _ if period % 60 == 0 => OF_MINUTES,
        _ => OF_SECONDS,
    };
    let of = Range {
        from: end - window,
        to: end,
    };
    reading.range = of;
    let read = reading.gather(&learned.queries).await;
    reading.range = range;
    let queries: Arc<[Query]> = learned.queries.clone().into();
    let mut values = query::apart(core, &place.account, queries, read?).await?;
    // Others are refused where the band is evaluated.
    let points = match values.remove(&learned.id) {
        Some(Value::Line(line)) => line.points,
        _ => Vec::new(),
    };
    let plan = plan.clone();
    let share = core.computing.take(&place.account).await;
    let fitting = tokio::task::spawn_blocking(move || {
        let _share = share;
        plan.fit(points, period, end)
    });
    let model = fitting
        .await
        .map_err(|error| <CloudwatchFaults as wharf_service::Faults>::internal(&error))?;
    let model = model.map(Arc::new);
    core.models.keep(&place.account, &id, model.clone(), now);
    Ok(model)
}
