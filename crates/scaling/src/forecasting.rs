//! Making the forecast of a policy from what CloudWatch answers, and trying a policy when it is put.
//!
//! Forecasts have workers of their own, of which an account has a share: what takes long for the metrics of one holds up
//! nothing that is scaled.

use std::{fmt::Display, future::Future, time::Duration};

use serde_json::Value;
use tokio::time::timeout;
use wharf_base::Timestamp;

use crate::{
    forecast::{self, Forecast, History, Hour, NotMade, Relation},
    predictive::{ManyLines, Predictive, points, request},
};

/// Forecasts made at once, and those of an account.
pub const FORECASTS: usize = 8;
pub const FORECASTS_OF_ACCOUNT: usize = 2;
/// When there is another try where an account has its share.
pub const CROWDED: Duration = Duration::from_millis(500);
/// Seconds of points that a policy is tried on when it is put.
const TRIED_ON: i64 = 3 * forecast::HOUR;
/// How long the metrics of a forecast are waited for.
const LONGEST_LOOK: Duration = Duration::from_secs(30);
/// Pages of points that are read: two weeks are in the first.
const MOST_PAGES: usize = 10;

/// Values by the seconds at which they begin.
type Points = Vec<(i64, f64)>;

/// A policy of predictive scaling with its forecast, if one was tried.
#[derive(Debug, Clone)]
pub struct Forecaster {
    pub name: String,
    pub uuid: String,
    pub policy: Predictive,
    kept: Option<Forecast>,
}

impl Forecaster {
    /// `kept` is what is kept under the policy's name. It counts for nothing if it is that of a policy that is gone.
    pub fn new(name: &str, uuid: &str, policy: Predictive, kept: Option<Forecast>) -> Self {
        Self {
            name: name.to_owned(),
            uuid: uuid.to_owned(),
            policy,
            kept: kept.filter(|it| it.policy == uuid),
        }
    }

    /// Nothing where none was ever tried.
    pub fn hours(&self) -> Option<&[Hour]> {
        self.kept.as_ref().map(|it| it.hours.as_slice())
    }

    /// Whether a forecast is to be made.
    pub fn is_due(&self, now: Timestamp) -> bool {
        Forecast::is_due(self.kept.as_ref(), now)
    }

    /// When it may ask for something else.
    pub fn next_change(&self, now: Timestamp) -> Timestamp {
        forecast::next_change(now, self.policy.buffer)
    }

    /// Makes the next forecast; one that could not be made says why.
    pub async fn make(&self, metrics: &impl Metrics, now: Timestamp) -> Forecast {
        let made = made(metrics, &self.policy, now).await;
        if let Err(problem) = &made {
            let problem = problem.to_string();
            tracing::info!(
                policy = self.name,
                uuid = self.uuid,
                problem,
                "a forecast was not made, will retry"
            );
        }
        Forecast::after(self.kept.as_ref(), &self.uuid, made, now)
    }
}

/// CloudWatch, asked in the name of what is scaled.
pub trait Metrics: Sync {
    type Fault: Display;

    /// One call of GetMetricData.
    fn read(&self, input: Value) -> impl Future<Output = Result<Value, Self::Fault>> + Send;

    /// The refusal of queries that have more than one line.
    fn refused(many: ManyLines) -> Self::Fault;
}

/// Asks for the last hours, so that what CloudWatch refuses is refused when the policy is put.
///
/// # Errors
/// CloudWatch's.
pub async fn try_out<M: Metrics>(
    metrics: &M,
    policy: &Predictive,
    now: Timestamp,
) -> Result<(), M::Fault> {
    let to = forecast::hour_of(now);
    let read = history(metrics, policy, (to - TRIED_ON, to));
    read.await.map(drop)
}

async fn made(
    metrics: &impl Metrics,
    policy: &Predictive,
    now: Timestamp,
) -> Result<Vec<Hour>, NotMade> {
    let to = forecast::hour_of(now);
    let look = history(metrics, policy, (to - forecast::LOOKS_BACK, to));
    let looked = timeout(LONGEST_LOOK, look).await;
    let looked = looked.map_err(|_| NotMade::TooLong)?;
    let history = looked.map_err(|fault| NotMade::Refused(fault.to_string()))?;
    let made = forecast::forecast(&history, policy.relation, policy.target, now);
    Ok(made?)
}

async fn history<M: Metrics>(
    metrics: &M,
    policy: &Predictive,
    span: (i64, i64),
) -> Result<History, M::Fault> {
    let load = measured(metrics, &policy.load, span).await?;
    let (mut scaling, mut capacity) = (Points::new(), Points::new());
    if policy.relation == Relation::Learned {
        scaling = measured(metrics, &policy.scaling, span).await?;
        capacity = measured(metrics, &policy.capacity, span).await?;
    }
    Ok(History {
        load,
        scaling,
        capacity,
    })
}

async fn measured<M: Metrics>(
    metrics: &M,
    queries: &Value,
    span: (i64, i64),
) -> Result<Points, M::Fault> {
    let mut found = Points::new();
    let mut token: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let answer = metrics.read(request(queries, span, token.as_deref()));
        token = points(&answer.await?, &mut found).map_err(M::refused)?;
        if token.is_none() {
            break;
        }
    }
    Ok(found)
}
