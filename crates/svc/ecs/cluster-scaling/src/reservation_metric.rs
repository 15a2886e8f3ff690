//! The metric `CapacityProviderReservation`: each minute once, and once more when tasks begin to wait within it.

use wharf_base::Timestamp;
use wharf_records::ecs::CapacityProvider;
use wharf_svc_ecs_model::names::Place;
use wharf_vended::{Measured, Point, PutError, Report, Vended};

use crate::wanted::{METRIC, NAMESPACE, PROVIDER};

const MINUTE: i64 = 60;
/// What the metric says of a group that is as large as it should be.
const ENOUGH: f64 = 100.0;

/// What was published last, by this process.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Published {
    minute: i64,
    reservation: f64,
}

/// The second under which a value is to be published now, if it is; a minute's own value has the minute's first second.
fn due(published: Option<Published>, reservation: f64, now: i64) -> Option<i64> {
    let minute = now - now.rem_euclid(MINUTE);
    match published.filter(|it| it.minute == minute) {
        None => Some(minute),
        // The first second is the minute's own.
        Some(it) if it.reservation <= ENOUGH && reservation > ENOUGH => Some(now.max(minute + 1)),
        Some(_) => None,
    }
}

/// Milliseconds until the next minute begins.
pub fn next_minute(now: Timestamp) -> i64 {
    MINUTE * 1000 - now.millis().rem_euclid(MINUTE * 1000)
}

/// Publishes the metric of a provider if it is time. The store knows which minutes it has, so a restart neither
/// repeats nor leaves out one.
///
/// # Errors
/// The store of samples could not keep it.
pub async fn publish(
    metrics: &Vended,
    place: &Place,
    provider: &CapacityProvider,
    (published, reservation): (&mut Option<Published>, f64),
    now: Timestamp,
) -> Result<(), PutError> {
    let now = now.millis().div_euclid(1000);
    let Some(at) = due(*published, reservation, now) else {
        return Ok(());
    };
    let points = provider.clusters.iter().map(|cluster| {
        let point = Point {
            namespace: NAMESPACE,
            name: METRIC,
            dimensions: vec![
                (PROVIDER, provider.name.clone()),
                ("ClusterName", cluster.clone()),
            ],
            unit: "Percent",
            at,
            summary: Measured::one(reservation),
        };
        (place.region.clone(), point)
    });
    let by = format!("capacity-provider/{}/{}", place.region, provider.name);
    let report = Report { by: &by, at };
    metrics
        .put_once(&place.account, report, now, points.collect())
        .await?;
    *published = Some(Published {
        minute: now - now.rem_euclid(MINUTE),
        reservation,
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_is_published_once_and_again_when_tasks_begin_to_wait() {
        let published = |minute, reservation| {
            Some(Published {
                minute,
                reservation,
            })
        };
        assert_eq!(due(None, 100.0, 130), Some(120));
        assert_eq!(due(published(60, 100.0), 100.0, 130), Some(120));
        assert_eq!(due(published(120, 100.0), 100.0, 130), None);
        assert_eq!(due(published(120, 50.0), 200.0, 130), Some(130));
        assert_eq!(due(published(120, 50.0), 200.0, 120), Some(121));
        assert_eq!(due(published(120, 200.0), 300.0, 130), None);
        assert_eq!(next_minute(Timestamp::from_millis(61_500)), 58_500);
    }
}
