//! What a detector's record means.

use wharf_base::ids;
use wharf_schedule::Zone;
use wharf_service::Place;
use wharf_wire::Fault;

use super::{Model, Settings};
use crate::{
    core::Core,
    names,
    query::{self, Query, What},
    records::{Detector, DetectorSource, StoredQuery, WatchedMetric},
};

/// How a model is made, and of what not.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plan {
    pub settings: Settings,
    /// Seconds since 1970: from, to.
    pub excluded: Vec<(i64, i64)>,
}

impl Plan {
    pub fn fit(&self, mut points: Vec<(i64, f64)>, period: i64, end: i64) -> Option<Model> {
        points.retain(|(at, _)| {
            let within = |(from, to): &(i64, i64)| at < to && at + period > *from;
            !self.excluded.iter().any(within)
        });
        Model::fit(&points, period, end, self.settings)
    }
}

/// What a detector says of its model. What another version wrote and this one does not know is as usual.
pub fn settings(of: &Detector) -> Plan {
    let usual = Settings::default();
    let zone = of.timezone.as_deref().and_then(|it| it.parse().ok());
    let seconds = |it: wharf_base::Timestamp| it.millis().div_euclid(1000);
    Plan {
        settings: Settings {
            zone: zone.unwrap_or(Zone::UTC),
            outliers: match of.outlier_filtering.as_deref() {
                Some("MINIMAL") => 8.0,
                Some("STRICT") => 3.0,
                _ => usual.outliers,
            },
            adapts: match of.adaptation_speed.as_deref() {
                Some("FAST") => usual.adapts / 4,
                Some("SLOW") => usual.adapts * 7 / 2,
                _ => usual.adapts,
            },
            spikes: of.periodic_spikes.unwrap_or(usual.spikes),
        },
        excluded: of
            .excluded
            .iter()
            .map(|it| (seconds(it.0), seconds(it.1)))
            .collect(),
    }
}

/// The id of the detector of a source: there is one.
pub fn identity(of: &DetectorSource) -> String {
    let text = match of {
        DetectorSource::Metric(metric) => format!("{metric:?}"),
        DetectorSource::Queries(queries) => {
            let mut all: Vec<_> = queries.iter().map(essence).collect();
            all.sort();
            format!("{all:?}")
        }
    };
    ids::uuid_of(text.as_bytes())
}

/// A query without what changes nothing.
fn essence(of: &StoredQuery) -> (&str, String) {
    let shown = of.return_data.unwrap_or(true);
    let rest = (&of.metric, &of.expression, shown, of.period);
    (&of.id, format!("{rest:?}"))
}

/// What the detector of a line says, if there is one.
///
/// # Errors
/// The store's.
pub async fn plan(core: &Core, place: &Place, queries: &[Query], id: &str) -> Result<Plan, Fault> {
    let line = queries.iter().find(|it| it.id == id).map(|it| &it.what);
    let found = match line {
        Some(What::Metric(wanted)) => {
            let source = DetectorSource::Metric(Box::new(WatchedMetric {
                namespace: wanted.metric.namespace.clone(),
                name: wanted.metric.name.clone(),
                dimensions: wanted.metric.dimensions.clone(),
                statistic: wanted.stat_name.clone(),
            }));
            let key = names::detector_key(place, &identity(&source));
            core.table.read::<Detector>(&key).await?.map(|it| it.record)
        }
        Some(What::Math(_)) => {
            let all = core.table.all::<Detector>(&names::scope(place), "").await?;
            let mut all = all.into_iter().map(|it| it.1.record);
            all.find(|it| is_about(place, it, queries, id))
        }
        _ => None,
    };
    Ok(found.as_ref().map(settings).unwrap_or_default())
}

/// Whether a detector is about the same expression over the same metrics.
fn is_about(place: &Place, detector: &Detector, queries: &[Query], id: &str) -> bool {
    let DetectorSource::Queries(own) = &detector.source else {
        return false;
    };
    let wire = own.iter().map(StoredQuery::to_wire).collect();
    let Ok(own) = query::read(place, wire) else {
        return false;
    };
    let same = |it: &Query| {
        let other = queries.iter().find(|other| other.id == it.id);
        other.is_some_and(|other| other.what == it.what && other.period == it.period)
    };
    own.len() == queries.len()
        && own.iter().all(same)
        && own.iter().any(|it| it.shown && it.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_excluded_has_no_influence() {
        let usual: Vec<(i64, f64)> = (0..500).map(|it| (it * 60, (it % 7) as f64)).collect();
        let mut disturbed = usual.clone();
        // From the 100th minute to the 300th.
        disturbed[100..300].iter_mut().for_each(|it| it.1 = 1e6);
        let excluding = Plan {
            excluded: vec![(100 * 60 + 30, 300 * 60)],
            ..Plan::default()
        };
        let end = 500 * 60;
        let wanted = excluding.fit(usual, 60, end);
        assert!(wanted.is_some());
        assert_eq!(excluding.fit(disturbed.clone(), 60, end), wanted);
        assert_ne!(Plan::default().fit(disturbed, 60, end), wanted);
        let all = Plan {
            excluded: vec![(0, end)],
            ..Plan::default()
        };
        assert_eq!(all.fit(vec![(0, 1.0); 100], 60, end), None);
    }

    #[test]
    fn a_source_has_one_id_however_it_is_written() {
        let query = |id: &str, expression: &str, label: Option<&str>| StoredQuery {
            id: id.to_owned(),
            metric: None,
            expression: Some(expression.to_owned()),
            label: label.map(str::to_owned),
            return_data: Some(id == "a"),
            period: None,
        };
        let one = vec![
            query("a", "b * 2", None),
            query("b", "TIME_SERIES(1)", None),
        ];
        let mut other = vec![
            query("a", "b * 2", Some("twice")),
            query("b", "TIME_SERIES(1)", None),
        ];
        other.reverse();
        let id = |it: Vec<StoredQuery>| identity(&DetectorSource::Queries(it));
        assert_eq!(id(one.clone()), id(other));
        let third = vec![query("a", "b * 3", None), one[1].clone()];
        assert_ne!(id(one), id(third));
    }
}
