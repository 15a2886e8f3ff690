//! Does what a request asks for, once it is known who asks and that they may.

use std::{sync::Arc, time::Duration};

use serde_json::{Map, Value, json};
use wharf_base::Timestamp;
use wharf_promql::{Budget, Error, Times};
use wharf_series::Series;
use wharf_service::{Share, Shares};

use crate::{
    about::Abouts,
    answer::{Answer, Failure},
    federate,
    fetch::{self, Place},
    params::Params,
    request::Request,
    shown, write,
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
    pub body: Vec<u8>,
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
        let answered = answered.unwrap_or_else(|_| {
            let text = "query timed out in expression evaluation";
            Err(Failure::new(503, "timeout", text.to_owned()))
        });
        answered.unwrap_or_else(Answer::from)
    }

    async fn write(&self, asked: Asked<'_>) -> Result<Answer, Failure> {
        let version = write::version(asked.content_type, asked.content_encoding)?;
        let share = self.inner.writes.take(asked.account).await;
        let message = write::unpack(&asked.body)?;
        drop(asked.body);
        let place = (asked.account, asked.region);
        let read = write::read(&message, version, place, asked.now, &self.inner.abouts)?;
        drop((message, share));
        Ok(write::keep(&self.inner.series, asked.account, read, version).await)
    }

    async fn read(&self, request: Request, asked: Asked<'_>) -> Result<Answer, Failure> {
        let is_form = asked
            .content_type
            .starts_with("application/x-www-form-urlencoded");
        let form: &[u8] = if is_form { &asked.body } else { &[] };
        let params = Params::of(asked.query, form);
        let place = Place {
            account: asked.account.to_owned(),
            region: asked.region.to_owned(),
        };
        let now = asked.now.millis();
        let share = self.inner.queries.take(asked.account).await;
        match request {
            Request::Query => self.instant(&params, place, now, share).await,
            Request::QueryRange => self.range(&params, place, now, share).await,
            Request::Federate => self.federate(&params, &place, now).await,
            Request::Series => self.series(&params, &place, now).await,
            Request::Labels => self.words(&params, &place, now, None).await,
            Request::Values(label) => self.words(&params, &place, now, Some(&label)).await,
            Request::Metadata => self.metadata(&params, &place),
            // None are kept; remote write refuses them.
            Request::Exemplars => params.query().map(|_| Answer::success(&json!([]))),
            Request::BuildInfo => Ok(Answer::success(&json!({
                "application": "wharf",
                "version": env!("CARGO_PKG_VERSION"),
                "revision": "",
                "branch": "",
                "buildUser": "",
                "buildDate": "",
                "goVersion": "",
            }))),
            Request::RemoteWrite => Err(Failure::bad_data("remote write is no question")),
        }
    }

    async fn instant(
        &self,
        params: &Params,
        place: Place,
        now: i64,
        share: Share,
    ) -> Result<Answer, Failure> {
        let query = params.query()?;
        let at = params.moment("time")?.unwrap_or(now);
        let times = looking_back(Times::at(at), params)?;
        let series = &self.inner.series;
        let read = fetch::read(series, &place, query.selections(times), now).await?;
        evaluate(share, move || {
            let outcome = query.instant(times, &read, Budget::default())?;
            Ok(Answer::success(&shown::outcome(&outcome, at)))
        })
        .await
    }

    async fn range(
        &self,
        params: &Params,
        place: Place,
        now: i64,
        share: Share,
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
        let query = params.query()?;
        let times = looking_back(Times::between(start, end, step), params)?;
        let series = &self.inner.series;
        let read = fetch::read(series, &place, query.selections(times), now).await?;
        evaluate(share, move || {
            let found = query.range(times, &read, Budget::default())?;
            Ok(Answer::success(&shown::matrix(&found)))
        })
        .await
    }

    async fn federate(&self, params: &Params, place: &Place, now: i64) -> Result<Answer, Failure> {
        let selectors = params.selectors()?;
        let window = (now - Times::LOOKBACK + 1, now);
        let found = fetch::latest(&self.inner.series, place, selectors, window).await?;
        let text = federate::text(found);
        Ok(Answer::text(200, federate::CONTENT_TYPE, text))
    }

    async fn series(&self, params: &Params, place: &Place, now: i64) -> Result<Answer, Failure> {
        let selectors = params.selectors()?;
        if selectors.is_empty() {
            return Err(Failure::bad_data("no match[] parameter provided"));
        }
        let most = params.limit(fetch::MOST_SERIES)?;
        let since = params.moment("start")?.unwrap_or(now - RECENT_MS) / 1000;
        let mut found = std::collections::BTreeSet::new();
        for it in selectors {
            let chosen = fetch::choose(&self.inner.series, place, &it, since, fetch::MOST_SERIES);
            found.extend(chosen.await?);
        }
        let shown = found.iter().take(most).map(shown::labels);
        Ok(Answer::success(&Value::Array(shown.collect())))
    }

    async fn words(
        &self,
        params: &Params,
        place: &Place,
        now: i64,
        of: Option<&str>,
    ) -> Result<Answer, Failure> {
        let most = params.limit(MOST_SHOWN)?;
        let since = params.moment("start")?.unwrap_or(now - RECENT_MS) / 1000;
        let chosen = (params.selectors()?, since);
        let words = fetch::words(&self.inner.series, place, chosen, of, most).await?;
        Ok(Answer::success(&json!(words)))
    }

    fn metadata(&self, params: &Params, place: &Place) -> Result<Answer, Failure> {
        let most = params.limit(MOST_SHOWN)?;
        let place = (place.account.as_str(), place.region.as_str());
        let found = self.inner.abouts.list(place, params.get("metric"), most);
        let shown = found.into_iter().map(|(name, it)| {
            let about = json!([{ "type": it.kind, "help": it.help, "unit": it.unit }]);
            (name, about)
        });
        Ok(Answer::success(&Value::Object(
            shown.collect::<Map<_, _>>(),
        )))
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

/// Apart from the tasks that serve others; the share of the account ends with it, whoever still waits.
async fn evaluate(
    share: Share,
    work: impl FnOnce() -> Result<Answer, Error> + Send + 'static,
) -> Result<Answer, Failure> {
    let done = tokio::task::spawn_blocking(move || {
        let answer = work();
        drop(share);
        answer
    });
    match done.await {
        Ok(answer) => answer.map_err(Failure::from),
        Err(error) => {
            tracing::error!(%error, "a query panicked and is answered with an error");
            let text = "the query cannot be evaluated".to_owned();
            Err(Failure::new(500, "internal", text))
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Parse(text) => Self::bad_data(text),
            Error::Execution(text) => Self::new(422, "execution", text),
            it @ Error::Budget(_) => Self::new(422, "execution", it.to_string()),
        }
    }
}
