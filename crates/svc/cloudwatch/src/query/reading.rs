//! What the queries of a request refer to is read, within bounds.

use std::collections::{BTreeMap, BTreeSet};

use wharf_series::{Metric, Tier};
use wharf_service::Place;
use wharf_wire::Fault;

use super::{Counted, Query, Read, Refused, What, named_in, usual_period};
use crate::{
    core::{self, Core},
    fault::validation,
    fetch::{self, Range, Wanted},
    insights,
    math::{self, Bad, Expression, Line, Value},
    search::Search,
    stat::Stat,
};

/// Lines that the searches of a request find.
const MOST_FOUND: usize = 500;
/// Metrics that a query of Metrics Insights is over, as in AWS.
const MOST_ASKED: usize = 10_000;
/// Points that a request reads.
const MOST_POINTS: i64 = 4_000_000;
/// And points as they are kept, of which those are made.
const MOST_DECODED: i64 = 40_000_000;
/// Searches of a request, as in AWS.
const MOST_SEARCHES: usize = 100;
/// How long ago the last sample of a metric is that a search finds.
const ACTIVE: i64 = 14 * 86_400;

/// What a request reads, within its bounds.
pub struct Reading<'a> {
    pub core: &'a Core,
    pub place: &'a Place,
    pub range: Range,
    /// Read so far.
    points: i64,
    /// Points that those were made of.
    decoded: i64,
    /// Lines that searches found.
    found: usize,
}

impl<'a> Reading<'a> {
    pub fn new(core: &'a Core, place: &'a Place, range: Range) -> Self {
        Self {
            core,
            place,
            range,
            points: 0,
            decoded: 0,
            found: 0,
        }
    }

    /// Reads what queries refer to.
    ///
    /// # Errors
    /// They would read too much; the disk's.
    pub async fn gather(&mut self, queries: &[Query]) -> Result<Read, Fault> {
        let period = usual_period(queries);
        let (ids, wanted): (Vec<String>, Vec<Wanted>) = queries
            .iter()
            .filter_map(|it| match &it.what {
                What::Metric(wanted) => Some((it.id.clone(), (**wanted).clone())),
                _ => None,
            })
            .unzip();
        let lines = self.lines(&wanted).await?;
        let mut values: BTreeMap<String, Value> = ids
            .iter()
            .cloned()
            .zip(lines.into_iter().map(Value::Line))
            .collect();
        let (mut searches, mut searched) = (BTreeMap::new(), BTreeSet::new());
        for query in queries {
            let mut named = Vec::new();
            match &query.what {
                What::Math(of) => of.walk(&mut |part| {
                    if let Expression::Call(name, arguments) = part
                        && name == "SEARCH"
                    {
                        named.extend(math::search_of(arguments));
                    }
                }),
                What::Insights(asked) => {
                    let lines = self.insights(asked, query.period.unwrap_or(period)).await?;
                    values.insert(query.id.clone(), Value::Lines(lines));
                }
                What::Metric(_) => {}
            }
            for key in named {
                let step = key.2.or(query.period).unwrap_or(period);
                // The same is looked for once.
                if !searched.insert((key.clone(), step)) {
                    continue;
                }
                if searched.len() > MOST_SEARCHES {
                    return Err(validation(format!(
                        "A request may have at most {MOST_SEARCHES} SEARCH expressions."
                    )));
                }
                let lines = self.search(&key.0, &key.1, step).await;
                searches.insert(key, lines.map_err(|bad| named_in(&query.id, bad))?);
            }
        }
        Ok(Read {
            values,
            metrics: ids,
            searches,
            rules: Counted::new(),
            bands: BTreeMap::new(),
            quotas: self.core.parts.quotas.clone(),
            range: self.range,
            period,
        })
    }

    fn may_read(&mut self, lines: usize, period: i64) -> Result<(), Fault> {
        let each = (self.range.to - self.range.from).max(0) / period + 1;
        self.points = self
            .points
            .saturating_add(each.saturating_mul(lines as i64));
        let decoded = decoded(self.range.to - self.range.from);
        self.decoded = self
            .decoded
            .saturating_add(decoded.saturating_mul(lines as i64));
        match self.points > MOST_POINTS || self.decoded > MOST_DECODED {
            true => Err(validation(format!(
                "The request would read more than {MOST_POINTS} datapoints: ask for a longer period, a shorter time or fewer metrics."
            ))),
            false => Ok(()),
        }
    }

    async fn lines(&mut self, wanted: &[Wanted]) -> Result<Vec<Line>, Fault> {
        for it in wanted {
            self.may_read(1, it.period)?;
        }
        fetch::lines(self.core, wanted, self.range).await
    }

    /// Metrics with samples of late. They are gone through apart from the tasks that serve others: a search is held against
    /// every name and value of each.
    async fn active(
        &self,
        namespace: Option<String>,
        name: Option<String>,
        most: usize,
        fits: impl Fn(&Metric) -> bool + Send + 'static,
    ) -> Result<Vec<Metric>, Fault> {
        if most == 0 {
            return Ok(Vec::new());
        }
        let since = self.range.from.min(self.range.to - ACTIVE);
        let (series, place) = (self.core.parts.series.clone(), self.place.clone());
        let listing = move || {
            let of = (namespace.as_deref(), name.as_deref());
            let selection = (None, since, most);
            let listed = series.list_blocking(core::at(&place), of.0, of.1, selection, fits);
            Ok(listed.0.into_iter().map(|it| it.metric).collect())
        };
        self.core.compute(&self.place.account, listing).await
    }

    async fn search(&mut self, text: &str, stat: &str, period: i64) -> Result<Vec<Line>, Refused> {
        let search = Search::parse(text)?;
        let parsed = Stat::parse(stat).ok_or_else(|| Bad(format!("Unknown statistic '{stat}'")))?;
        let namespace = search.namespace().map(str::to_owned);
        let fits = move |it: &Metric| search.fits(it);
        let most = MOST_FOUND - self.found.min(MOST_FOUND);
        let metrics = self.active(namespace, None, most, fits).await?;
        self.found += metrics.len();
        let wanted: Vec<Wanted> = metrics
            .into_iter()
            .map(|metric| Wanted {
                metric,
                unit: None,
                period,
                stat: parsed,
                stat_name: stat.to_owned(),
            })
            .collect();
        let mut lines = self.lines(&wanted).await?;
        for (line, it) in lines.iter_mut().zip(&wanted) {
            let values = it.metric.dimensions.iter().map(|it| it.1.as_str());
            let words: Vec<&str> = values.chain([it.metric.name.as_str()]).collect();
            line.label = words.join(" ");
        }
        Ok(lines)
    }

    async fn insights(&mut self, query: &insights::Query, period: i64) -> Result<Vec<Line>, Fault> {
        let lines = query
            .answer(self.measured(query, period).await?)
            .into_iter();
        Ok(lines
            .map(|(label, points)| Line {
                label,
                period,
                points,
                of: None,
            })
            .collect())
    }

    /// What a query of Metrics Insights is about: the metrics that it chooses, and their points.
    ///
    /// # Errors
    /// It would read too much; the disk's.
    pub async fn measured(
        &mut self,
        query: &insights::Query,
        period: i64,
    ) -> Result<Vec<(wharf_series::Metric, Vec<(i64, wharf_series::Summary)>)>, Fault> {
        let (namespace, name) = (query.namespace.clone(), query.metric.clone());
        let wanted = query.clone();
        let fits = move |it: &Metric| wanted.fits(it);
        let metrics = self
            .active(Some(namespace), Some(name), MOST_ASKED, fits)
            .await?;
        self.may_read(metrics.len(), period)?;
        let named: Vec<_> = metrics.iter().map(|it| (it, None)).collect();
        let read = fetch::summaries(self.core, &named, self.range.span(period, false)).await?;
        Ok(metrics.iter().cloned().zip(read).collect())
    }
}

/// Points that a line over so many seconds may be made of, however long its period is: those of a minute, and of
/// coarser steps as far back as they go.
fn decoded(mut seconds: i64) -> i64 {
    let mut points = 1;
    for tier in Tier::ALL.into_iter().skip(1) {
        let of_tier = seconds.clamp(0, tier.kept());
        points += of_tier / tier.step();
        seconds -= of_tier;
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_decoded_does_not_depend_on_the_period() {
        let day = 86_400;
        assert_eq!(decoded(-5), 1);
        assert_eq!(decoded(3600), 61);
        assert_eq!(decoded(15 * day), 21_601);
        assert_eq!(decoded(16 * day), 21_601 + 288);
        // 10,000 metrics over three hours are read, over two weeks they are not.
        assert!(10_000 * decoded(3 * 3600) < MOST_DECODED);
        assert!(10_000 * decoded(14 * day) > MOST_DECODED);
    }
}
