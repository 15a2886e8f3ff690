//! Which series fit a selector, and their samples.

use std::{collections::BTreeMap, sync::Arc};

use parking_lot::Mutex;
use wharf_promql::{Labels, Matcher, NAME, Selection, Series as Found};
use wharf_series::{Metric, Series, Span, Summary};

use crate::{
    answer::Failure,
    labels::{self, NAMESPACE, Stat},
};

/// Series that a selector may be of.
pub const MOST_SERIES: usize = 20_000;
/// Samples that a query may read.
const MOST_SAMPLES: usize = 2_000_000;
/// Summaries that are in memory at once while they become samples.
const AT_ONCE: usize = 200_000;
/// Namespaces of metrics that are looked through.
const MOST_NAMESPACES: usize = 1_000;
const SECONDS_KEPT: i64 = 3 * 3600;
const DAY: i64 = 86_400;

/// Where a series comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    /// It was written as one.
    Series(Metric),
    /// A statistic of a metric.
    Metric(Metric, Stat),
}

/// Series by their labels.
type Chosen = BTreeMap<Labels, Source>;

#[derive(Debug, Clone)]
pub struct Place {
    pub account: String,
    pub region: String,
}

/// The labels of series with samples since, in seconds, that fit all matchers; more than `most` are an error.
pub async fn choose(
    series: &Series,
    place: &Place,
    matchers: &[Matcher],
    since: i64,
    most: usize,
) -> Result<Vec<Labels>, Failure> {
    let chosen = chosen(series, place, matchers, since, most).await?;
    Ok(chosen.into_keys().collect())
}

async fn chosen(
    series: &Series,
    place: &Place,
    matchers: &[Matcher],
    since: i64,
    most: usize,
) -> Result<Chosen, Failure> {
    let named = matchers.iter().find_map(|it| match it {
        Matcher::Equal(label, name) if label == NAME => Some(name.as_str()),
        _ => None,
    });
    let at = (place.account.as_str(), place.region.as_str());
    let found = Mutex::new(Chosen::new());
    let fits = |labels: &Labels| matchers.iter().all(|it| it.fits(labels));
    let add = |labels: Labels, source: Source| {
        let mut found = found.lock();
        // One more says that there are too many.
        if found.len() <= most {
            found.entry(labels).or_insert(source);
        }
    };
    // What fits is noted while the list is gone through, which itself comes to nothing.
    let own = |metric: &Metric| {
        let labels = labels::of_series(metric);
        if fits(&labels) {
            add(labels, Source::Series(metric.clone()));
        }
        false
    };
    let page = || (None, since, 1);
    series.list(at, Some(NAMESPACE), named, page(), own).await;
    for namespace in series.namespaces(at.0, at.1, MOST_NAMESPACES) {
        let may_be = named.is_none_or(|it| labels::may_be_of(&namespace, it));
        if namespace == NAMESPACE || !may_be {
            continue;
        }
        let other = |metric: &Metric| {
            for stat in Stat::ALL {
                let labels = labels::of_metric(metric, stat);
                if fits(&labels) {
                    add(labels, Source::Metric(metric.clone(), stat));
                }
            }
            false
        };
        series.list(at, Some(&namespace), None, page(), other).await;
    }
    let found = found.into_inner();
    match found.len() > most {
        true => Err(too_many("series", most)),
        false => Ok(found),
    }
}

fn too_many(what: &str, most: usize) -> Failure {
    let text = format!("the query is about more than {most} {what}");
    Failure::new(422, "execution", text)
}

/// The series of selections with their samples, in the order of the selections.
pub async fn read(
    series: &Series,
    place: &Place,
    selections: Vec<Selection>,
    now: i64,
) -> Result<Vec<Vec<Found>>, Failure> {
    let mut all = Vec::with_capacity(selections.len());
    let mut left = MOST_SAMPLES;
    for it in selections {
        if it.from > it.to {
            all.push(Vec::new());
            continue;
        }
        let (from, to) = (it.from.div_euclid(1000), it.to.div_euclid(1000) + 1);
        let chosen = chosen(series, place, &it.matchers, from, MOST_SERIES).await?;
        let reading = Reading {
            series: series.clone(),
            from,
            to,
            now: now / 1000,
        };
        let read = tokio::task::spawn_blocking(move || reading.all(chosen, left)).await;
        let read = read.unwrap_or_else(|error| {
            tracing::error!(%error, "reading series panicked, the query is answered with an error");
            Err(unreadable())
        })?;
        left -= read.iter().map(|it| it.samples.len()).sum::<usize>();
        all.push(read);
    }
    Ok(all)
}

fn unreadable() -> Failure {
    Failure::new(500, "internal", "the series cannot be read".to_owned())
}

/// A stretch of time to read, in seconds; its end is not included.
struct Reading {
    series: Series,
    from: i64,
    to: i64,
    now: i64,
}

impl Reading {
    fn all(&self, chosen: Chosen, most: usize) -> Result<Vec<Found>, Failure> {
        let (mut found, mut left) = (Vec::with_capacity(chosen.len()), most);
        let chosen: Vec<(Labels, Source)> = chosen.into_iter().collect();
        let span = usize::try_from(self.to - self.from).unwrap_or(usize::MAX);
        // As many as there may be of one: of seconds, and of minutes before.
        let each = span.min(SECONDS_KEPT as usize * 2) + span / 60 + 1;
        for some in chosen.chunks((AT_ONCE / each).clamp(1, 1000)) {
            let read = self.some(some)?;
            for (samples, (labels, _)) in read.into_iter().zip(some) {
                left = left
                    .checked_sub(samples.len())
                    .ok_or_else(|| too_many("samples", most))?;
                if !samples.is_empty() {
                    let labels = labels.clone();
                    found.push(Found { labels, samples });
                }
            }
        }
        Ok(found)
    }

    fn some(&self, some: &[(Labels, Source)]) -> Result<Vec<Vec<(i64, f64)>>, Failure> {
        let (mut stored, mut periodic) = ((Vec::new(), Vec::new()), (Vec::new(), Vec::new()));
        for (at, (_, source)) in some.iter().enumerate() {
            let (metric, into) = match source {
                Source::Series(metric) => (metric, &mut stored),
                Source::Metric(metric, _) => (metric, &mut periodic),
            };
            for (_, number) in self.series.units(metric) {
                into.0.push(number);
                into.1.push(at);
            }
        }
        let as_kept = self.series.stored_blocking(&stored.0, self.from, self.to);
        let in_periods = self.series.read_blocking(&periodic.0, self.span());
        let (Ok(as_kept), Ok(in_periods)) = (as_kept, in_periods) else {
            tracing::error!("series cannot be read, the query is answered with an error");
            return Err(unreadable());
        };
        let mut joined: Vec<BTreeMap<i64, Summary>> = vec![BTreeMap::new(); some.len()];
        let places = stored.1.into_iter().chain(periodic.1);
        for (at, points) in places.zip(as_kept.into_iter().chain(in_periods)) {
            for (when, summary) in points {
                match joined[at].get_mut(&when) {
                    Some(before) => before.merge(&summary, false),
                    None => drop(joined[at].insert(when, summary)),
                }
            }
        }
        let samples = joined
            .into_iter()
            .zip(some)
            .map(|(points, (labels, source))| {
                let rises = rises(labels.get(NAME));
                let value = |it: &Summary| match source {
                    Source::Series(_) => value(it, rises),
                    Source::Metric(_, stat) => stat.of(it),
                };
                points
                    .iter()
                    .map(|(at, it)| (at * 1000, value(it)))
                    .collect()
            });
        Ok(samples.collect())
    }

    /// Periods in which metrics are kept as far back as it is asked.
    fn span(&self) -> Span {
        let period = match self.now - self.from {
            age if age <= 15 * DAY => 60,
            age if age <= 63 * DAY => 300,
            _ => 3600,
        };
        Span {
            from: self.from - self.from.rem_euclid(period),
            to: self.to,
            period,
            spread: false,
        }
    }
}

/// What of several samples that are kept together stands for them: of counters the greatest, which is the last unless
/// they began anew, of others what they are on average.
fn value(it: &Summary, rises: bool) -> f64 {
    match it.is_no_number() || rises {
        true => it.max,
        false => it.average(),
    }
}

/// Whether it is a counter, as counters are named.
fn rises(name: &str) -> bool {
    ["_total", "_count", "_sum", "_bucket"]
        .iter()
        .any(|it| name.ends_with(it))
}

/// What the latest samples of selectors are at a moment.
pub async fn latest(
    series: &Series,
    place: &Place,
    selectors: Vec<Vec<Matcher>>,
    (since, at): (i64, i64),
) -> Result<Vec<(Labels, i64, f64)>, Failure> {
    let selections = selectors.into_iter().map(|matchers| Selection {
        matchers,
        from: since,
        to: at,
    });
    let read = read(series, place, selections.collect(), at).await?;
    let mut found: BTreeMap<Labels, (i64, f64)> = BTreeMap::new();
    for it in read.into_iter().flatten() {
        let last = it.samples.last().filter(|it| !wharf_promql::is_stale(it.1));
        if let Some((at, value)) = last {
            found.insert(it.labels, (*at, *value));
        }
    }
    let found = found
        .into_iter()
        .map(|(labels, (at, value))| (labels, at, value));
    Ok(found.collect())
}

/// Names of labels, or the values of one, of series that fit; at most so many, in order.
pub async fn words(
    series: &Series,
    place: &Place,
    (selectors, since): (Vec<Vec<Matcher>>, i64),
    of: Option<&str>,
    most: usize,
) -> Result<Vec<String>, Failure> {
    let everything = vec![Vec::new()];
    let selectors = if selectors.is_empty() {
        everything
    } else {
        selectors
    };
    let mut words: std::collections::BTreeSet<Arc<str>> = Default::default();
    for matchers in selectors {
        for labels in choose(series, place, &matchers, since, MOST_LISTED).await? {
            match of {
                Some(label) => {
                    let value = labels.get(label);
                    if !value.is_empty() && !words.contains(value) {
                        words.insert(value.into());
                    }
                }
                None => {
                    for (name, _) in labels.iter() {
                        if !words.contains(name) {
                            words.insert(name.into());
                        }
                    }
                }
            }
        }
    }
    Ok(words.iter().take(most).map(|it| it.to_string()).collect())
}

/// Series whose names are gone through for a list of words.
const MOST_LISTED: usize = 100_000;
