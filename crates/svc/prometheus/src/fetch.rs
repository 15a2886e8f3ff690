//! Which series fit a selector, and their samples.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use wharf_promql::{Labels, Matcher, NAME, Selection, Series as Found, Stop};
use wharf_series::{Metric, Series, Span, Summary};
use wharf_service::Share;

use crate::{
    answer::Failure,
    apart::{Stops, apart},
    labels::{self, NAMESPACE, Stat},
};

/// Series that a selector may be of.
pub const MOST_SERIES: usize = 20_000;
/// Bytes of the labels of all series of a query, or of the words of a list.
const MOST_BYTES: usize = 64 << 20;
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

/// The labels of series with samples since, in seconds, that fit all matchers of a selector.
pub async fn choose(
    series: &Series,
    place: &Place,
    selectors: Vec<Vec<Matcher>>,
    since: i64,
    share: &Arc<Share>,
) -> Result<BTreeSet<Labels>, Failure> {
    listed(series, place, share, move |lists| {
        let (mut found, mut left) = (BTreeSet::new(), MOST_BYTES);
        for matchers in selectors {
            let chosen = lists.chosen(&matchers, since, &mut left)?;
            found.extend(chosen.into_keys());
        }
        Ok(found)
    })
    .await
}

/// Goes through lists of series apart from the tasks that serve others, since expressions are held against every label. It
/// ends soon after whoever asked has gone.
async fn listed<T: Send + 'static>(
    series: &Series,
    place: &Place,
    share: &Arc<Share>,
    work: impl FnOnce(&Lists) -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let stop = Stop::default();
    let lists = Lists {
        series: series.clone(),
        place: place.clone(),
        stop: stop.clone(),
    };
    let _stops = Stops(stop);
    apart(share, move || work(&lists)).await
}

/// The series of an account and region.
struct Lists {
    series: Series,
    place: Place,
    stop: Stop,
}

impl Lists {
    /// The series that fit, of at most so many bytes, which are taken off.
    fn chosen(
        &self,
        matchers: &[Matcher],
        since: i64,
        left: &mut usize,
    ) -> Result<Chosen, Failure> {
        let (mut found, mut failed) = (Chosen::new(), None);
        self.each(matchers, since, |labels, source| {
            if found.contains_key(&labels) {
                return Going::On;
            }
            if found.len() == MOST_SERIES {
                failed = Some(too_many("series", MOST_SERIES));
                return Going::Enough;
            }
            let Some(rest) = left.checked_sub(bytes(&labels)) else {
                failed = Some(too_many("bytes of labels", MOST_BYTES));
                return Going::Enough;
            };
            *left = rest;
            found.insert(labels, source());
            Going::On
        });
        match failed {
            Some(failure) => Err(failure),
            None => Ok(found),
        }
    }

    /// Shows each series that fits with where it comes from, until there are enough.
    fn each(
        &self,
        matchers: &[Matcher],
        since: i64,
        see: impl FnMut(Labels, &dyn Fn() -> Source) -> Going,
    ) {
        let named = matchers.iter().find_map(|it| match it {
            Matcher::Equal(label, name) if label == NAME => Some(name.as_str()),
            _ => None,
        });
        let at = (self.place.account.as_str(), self.place.region.as_str());
        let state = RefCell::new((see, Going::On));
        let shown = |labels: Labels, source: &dyn Fn() -> Source| {
            if matchers.iter().all(|it| it.fits(&labels)) {
                let (see, going) = &mut *state.borrow_mut();
                *going = see(labels, source);
            }
        };
        let is_enough = || self.stop.is_stopped() || state.borrow().1 == Going::Enough;
        // What fits is shown while the list is gone through. That itself comes to nothing, and ends at the first metric that
        // it is told to keep.
        let own = |metric: &Metric| {
            let source = || Source::Series(metric.clone());
            shown(labels::of_series(metric), &source);
            is_enough()
        };
        let page = || (None, since, 1);
        let series = &self.series;
        series.list_blocking(at, Some(NAMESPACE), named, page(), own);
        for namespace in series.namespaces(at.0, at.1, MOST_NAMESPACES) {
            if is_enough() {
                return;
            }
            let may_be = named.is_none_or(|it| labels::may_be_of(&namespace, it));
            if namespace == NAMESPACE || !may_be {
                continue;
            }
            let other = |metric: &Metric| {
                for stat in Stat::ALL.into_iter().take_while(|_| !is_enough()) {
                    let source = || Source::Metric(metric.clone(), stat);
                    shown(labels::of_metric(metric, stat), &source);
                }
                is_enough()
            };
            series.list_blocking(at, Some(&namespace), None, page(), other);
        }
    }
}

/// What labels take in memory.
fn bytes(labels: &Labels) -> usize {
    const OF_TEXTS: usize = 48;
    let each = labels.iter().map(|it| OF_TEXTS + it.0.len() + it.1.len());
    each.sum()
}

/// Whether more is to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Going {
    On,
    Enough,
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
    share: &Arc<Share>,
) -> Result<Vec<Vec<Found>>, Failure> {
    let mut all: Vec<Vec<Found>> = Vec::with_capacity(selections.len());
    let (mut left, mut left_bytes) = (MOST_SAMPLES, MOST_BYTES);
    let mut places: HashMap<String, usize> = HashMap::new();
    for it in selections {
        if it.from > it.to {
            all.push(Vec::new());
            continue;
        }
        // The same again is not listed and read again, but its samples are there twice.
        let same = places.entry(format!("{it:?}")).or_insert(all.len());
        if let Some(before) = all.get(*same) {
            left = taken(left, before)?;
            all.push(before.clone());
            continue;
        }
        let (from, to) = (it.from.div_euclid(1000), it.to.div_euclid(1000) + 1);
        let (matchers, mut left_of) = (it.matchers, left_bytes);
        let (chosen, rest) = listed(series, place, share, move |lists| {
            let chosen = lists.chosen(&matchers, from, &mut left_of)?;
            Ok((chosen, left_of))
        })
        .await?;
        left_bytes = rest;
        let reading = Reading {
            series: series.clone(),
            from,
            to,
            now: now / 1000,
        };
        let read = apart(share, move || reading.all(chosen, left)).await?;
        left = taken(left, &read)?;
        all.push(read);
    }
    Ok(all)
}

fn taken(left: usize, read: &[Found]) -> Result<usize, Failure> {
    let samples = read.iter().map(|it| it.samples.len()).sum();
    left.checked_sub(samples)
        .ok_or_else(|| too_many("samples", MOST_SAMPLES))
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
                    .ok_or_else(|| too_many("samples", MOST_SAMPLES))?;
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
            tracing::error!("failed to read series, the query is answered with an error");
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
    share: &Arc<Share>,
) -> Result<Vec<(Labels, i64, f64)>, Failure> {
    let selections = selectors.into_iter().map(|matchers| Selection {
        matchers,
        from: since,
        to: at,
    });
    let read = read(series, place, selections.collect(), at, share).await?;
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
    share: &Arc<Share>,
) -> Result<Vec<String>, Failure> {
    let everything = vec![Vec::new()];
    let selectors = if selectors.is_empty() {
        everything
    } else {
        selectors
    };
    let of = of.map(str::to_owned);
    listed(series, place, share, move |lists| {
        let mut words: BTreeSet<Arc<str>> = BTreeSet::new();
        let mut left = MOST_BYTES;
        for matchers in selectors {
            lists.words(&matchers, since, of.as_deref(), (&mut words, &mut left))?;
        }
        Ok(words.iter().take(most).map(|it| it.to_string()).collect())
    })
    .await
}

impl Lists {
    /// Adds what one selector finds, of at most so many bytes, which are taken off.
    fn words(
        &self,
        matchers: &[Matcher],
        since: i64,
        of: Option<&str>,
        (words, left): (&mut BTreeSet<Arc<str>>, &mut usize),
    ) -> Result<(), Failure> {
        let (mut series_left, mut failed) = (MOST_LISTED, None);
        self.each(matchers, since, |labels, _| {
            if series_left == 0 {
                failed = Some(too_many("series", MOST_LISTED));
                return Going::Enough;
            }
            series_left -= 1;
            let its = labels.iter().filter_map(|(name, value)| match of {
                Some(label) => (label == name).then_some(value),
                None => Some(name),
            });
            for word in its {
                if words.contains(word) {
                    continue;
                }
                let Some(rest) = left.checked_sub(word.len() + 32) else {
                    failed = Some(too_many("bytes of words", MOST_BYTES));
                    return Going::Enough;
                };
                *left = rest;
                words.insert(word.into());
            }
            Going::On
        });
        match failed {
            Some(failure) => Err(failure),
            None => Ok(()),
        }
    }
}

/// Series whose names are gone through for a list of words.
const MOST_LISTED: usize = 100_000;
