//! Does what a request asks for, once it is known who asks and that they may.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use serde_json::{Map, Value, json};
use wharf_base::Timestamp;
use wharf_promql::{Budget, Error, Labels, Matcher, Outcome, Query, Times};
use wharf_series::Series;
use wharf_service::{Share, Shares};

use crate::{
    about::Abouts,
    answer::{Answer, Failure},
    apart::{Stops, apart},
    federate,
    fetch::{self, Place},
    params::Params,
    request::Request,
    results, write,
};

/// Queries that are read and evaluated, of all and of each account: each may take a hundred megabytes.
const QUERIES: usize = 6;
const QUERIES_OF_ACCOUNT: usize = 3;
/// Bodies of remote write that are unpacked.
const WRITES: usize = 8;
const WRITES_OF_ACCOUNT: usize = 2;
/// As long as Prometheus waits for a query.
const PATIENCE: Duration = Duration::from_secs(60);
/// Points of a series in an answer, as of Prometheus.
const MOST_STEPS: i64 = 11_000;
/// What a list shows at most.
const MOST_SHOWN: usize = 100_000;
/// How far back lists go where nothing is said: as ListMetrics.
const RECENT_MS: i64 = 14 * 86_400_000;

/// Cheap to clone.
#[derive(Clone)]
pub struct PrometheusApi {
    inner: Arc<Inner>,
}

struct Inner {
    series: Series,
    abouts: Abouts,
    queries: Shares,
    writes: Shares,
}

/// A request whose sender may ask it.
pub struct Asked<'a> {
    pub account: &'a str,
    pub region: &'a str,
    pub now: Timestamp,
    /// What stands behind the path.
    pub query: &'a str,
    pub content_type: &'a str,
    pub content_encoding: &'a str,
    pub body: Bytes,
}

impl PrometheusApi {
    pub fn new(series: Series) -> Self {
        Self {
            inner: Arc::new(Inner {
                series,
                abouts: Abouts::default(),
                queries: Shares::new(QUERIES, QUERIES_OF_ACCOUNT),
                writes: Shares::new(WRITES, WRITES_OF_ACCOUNT),
            }),
        }
    }

    pub async fn answer(&self, request: Request, asked: Asked<'_>) -> Answer {
        if request.is_write() {
            return self.write(asked).await.unwrap_or_else(Failure::plain);
        }
        let answered = tokio::time::timeout(PATIENCE, self.read(request, asked)).await;
        let answered = answered.unwrap_or_else(|_| Err(timed_out()));
        answered.unwrap_or_else(Answer::from)
    }

    /// The series that a query comes to at a moment, which is now, each with its value: for parts of wharf that ask on
    /// behalf of an account in a region.
    ///
    /// # Errors
    /// The text is no query that comes to a vector, or the query takes more than it may.
    pub async fn vector(
        &self,
        (account, region): (&str, &str),
        text: &str,
        now: Timestamp,
    ) -> Result<Vec<(Labels, f64)>, Failure> {
        let place = Place {
            account: account.to_owned(),
            region: region.to_owned(),
        };
        let share = Arc::new(self.inner.queries.take(account).await);
        let text = text.to_owned();
        let query = apart(&share, move || Query::parse(&text).map_err(Failure::from)).await?;
        let now = now.millis();
        let times = Times::at(now);
        let series = &self.inner.series;
        let read = fetch::read(series, &place, query.selections(times), now, &share).await?;
        let _stops = Stops(query.stop());
        apart(&share, move || {
            match query.instant(times, &read, Budget::default())? {
                Outcome::Vector(found) => Ok(found),
                _ => Err(Failure::bad_data("the query does not come to a vector")),
            }
        })
        .await
    }

    async fn write(&self, asked: Asked<'_>) -> Result<Answer, Failure> {
        let (account, region) = (asked.account.to_owned(), asked.region.to_owned());
        let version = write::version(asked.content_type, asked.content_encoding)?;
        let share = Arc::new(self.inner.writes.take(asked.account).await);
        let (inner, body, now) = (self.inner.clone(), asked.body, asked.now);
        let read = apart(&share, move || {
            let message = write::unpack(&body)?;
            drop(body);
            write::read(&message, version, (&account, &region), now, &inner.abouts)
        });
        let read = read.await?;
        // What was read takes memory until it is kept, so that the share is held as long.
        let answer = write::keep(&self.inner.series, asked.account, read, version).await;
        drop(share);
        Ok(answer)
    }

    async fn read(&self, request: Request, asked: Asked<'_>) -> Result<Answer, Failure> {
        let is_form = asked
            .content_type
            .starts_with("application/x-www-form-urlencoded");
        let form: &[u8] = if is_form { &asked.body } else { &[] };
        let params = Arc::new(Params::of(asked.query, form));
        let place = Place {
            account: asked.account.to_owned(),
            region: asked.region.to_owned(),
        };
        let now = asked.now.millis();
        let share = Arc::new(self.inner.queries.take(asked.account).await);
        match request {
            Request::Query => self.instant(&params, place, now, &share).await,
            Request::QueryRange => self.range(&params, place, now, &share).await,
            Request::Federate => self.federate(&params, &place, now, &share).await,
            Request::Series => self.series(&params, &place, now, &share).await,
            Request::Labels => self.words(&params, &place, (now, None), &share).await,
            Request::Values(label) => {
                self.words(&params, &place, (now, Some(&label)), &share)
                    .await
            }
            Request::Metadata => self.metadata(&params, &place),
            // None are kept; remote write refuses them.
            Request::Exemplars => parsed(&params, &share)
                .await
                .and_then(|_| Answer::success(json!([]))),
            Request::BuildInfo => Answer::success(json!({
                "application": "wharf",
                "version": env!("CARGO_PKG_VERSION"),
                "revision": "",
                "branch": "",
                "buildUser": "",
                "buildDate": "",
                "goVersion": "",
            })),
            Request::RemoteWrite => Err(Failure::bad_data("remote write is no question")),
        }
    }

    async fn instant(
        &self,
        params: &Arc<Params>,
        place: Place,
        now: i64,
        share: &Arc<Share>,
    ) -> Result<Answer, Failure> {
        let query = parsed(params, share).await?;
        let at = params.moment("time")?.unwrap_or(now);
        let times = looking_back(Times::at(at), params)?;
        let series = &self.inner.series;
        let read = fetch::read(series, &place, query.selections(times), now, share).await?;
        let _stops = Stops(query.stop());
        apart(share, move || {
            let outcome = query.instant(times, &read, Budget::default())?;
            Answer::success(results::outcome(&outcome, at))
        })
        .await
    }

    async fn range(
        &self,
        params: &Arc<Params>,
        place: Place,
        now: i64,
        share: &Arc<Share>,
    ) -> Result<Answer, Failure> {
        let (start, end) = (params.needed_moment("start")?, params.needed_moment("end")?);
        let bad = |text: &str| Err(Failure::bad_data(text));
        if end < start {
            return bad("invalid parameter \"end\": end timestamp must not be before start time");
        }
        let step = params.length("step")?.unwrap_or(0);
        if step <= 0 {
            return bad(
                "invalid parameter \"step\": zero or negative query resolution step widths are not accepted. Try a positive integer",
            );
        }
        if (end - start) / step > MOST_STEPS {
            return bad(
                "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)",
            );
        }
        let query = parsed(params, share).await?;
        let times = looking_back(Times::between(start, end, step), params)?;
        let series = &self.inner.series;
        let read = fetch::read(series, &place, query.selections(times), now, share).await?;
        let _stops = Stops(query.stop());
        apart(share, move || {
            let found = query.range(times, &read, Budget::default())?;
            Answer::success(results::matrix(&found))
        })
        .await
    }

    async fn federate(
        &self,
        params: &Arc<Params>,
        place: &Place,
        now: i64,
        share: &Arc<Share>,
    ) -> Result<Answer, Failure> {
        let selectors = chosen(params, share).await?;
        let window = (now - Times::LOOKBACK + 1, now);
        let found = fetch::latest(&self.inner.series, place, selectors, window, share).await?;
        apart(share, move || {
            let text = federate::text(found);
            Ok(Answer::text(200, federate::CONTENT_TYPE, text))
        })
        .await
    }

    async fn series(
        &self,
        params: &Arc<Params>,
        place: &Place,
        now: i64,
        share: &Arc<Share>,
    ) -> Result<Answer, Failure> {
        let selectors = chosen(params, share).await?;
        if selectors.is_empty() {
            return Err(Failure::bad_data("no match[] parameter provided"));
        }
        let most = params.limit(fetch::MOST_SERIES)?;
        let since = params.moment("start")?.unwrap_or(now - RECENT_MS) / 1000;
        let found = fetch::choose(&self.inner.series, place, selectors, since, share).await?;
        apart(share, move || {
            let shown = found.iter().take(most).map(results::labels);
            Answer::success(Value::Array(shown.collect()))
        })
        .await
    }

    async fn words(
        &self,
        params: &Arc<Params>,
        place: &Place,
        (now, of): (i64, Option<&str>),
        share: &Arc<Share>,
    ) -> Result<Answer, Failure> {
        let most = params.limit(MOST_SHOWN)?;
        let since = params.moment("start")?.unwrap_or(now - RECENT_MS) / 1000;
        let chosen = (chosen(params, share).await?, since);
        let words = fetch::words(&self.inner.series, place, chosen, of, most, share).await?;
        Answer::success(json!(words))
    }

    fn metadata(&self, params: &Params, place: &Place) -> Result<Answer, Failure> {
        let most = params.limit(MOST_SHOWN)?;
        let place = (place.account.as_str(), place.region.as_str());
        let found = self.inner.abouts.list(place, params.get("metric"), most);
        let shown = found.into_iter().map(|(name, it)| {
            let about = json!([{ "type": it.kind, "help": it.help, "unit": it.unit }]);
            (name, about)
        });
        Answer::success(Value::Object(shown.collect::<Map<_, _>>()))
    }
}

/// How old a sample may be.
fn looking_back(times: Times, params: &Params) -> Result<Times, Failure> {
    Ok(match params.length("lookback_delta")? {
        Some(ms) if ms > 0 => Times {
            lookback: ms,
            ..times
        },
        _ => times,
    })
}

/// Expressions of a text are compiled while it is read, which takes its time.
async fn parsed(params: &Arc<Params>, share: &Arc<Share>) -> Result<Query, Failure> {
    let params = params.clone();
    apart(share, move || params.query()).await
}

async fn chosen(params: &Arc<Params>, share: &Arc<Share>) -> Result<Vec<Vec<Matcher>>, Failure> {
    let params = params.clone();
    apart(share, move || params.selectors()).await
}

fn timed_out() -> Failure {
    let text = "query timed out in expression evaluation".to_owned();
    Failure::new(503, "timeout", text)
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Parse(text) => Self::bad_data(text),
            Error::Stopped => timed_out(),
            Error::Execution(text) => Self::new(422, "execution", text),
            it @ Error::Budget(_) => Self::new(422, "execution", it.to_string()),
        }
    }
}
