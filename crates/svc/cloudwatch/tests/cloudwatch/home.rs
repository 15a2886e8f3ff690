//! The service over folders of its own.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use parking_lot::Mutex;
use serde_json::{Value, json};
use wharf_api_cloudwatch::{
    Cloudwatch as _, Dimension, GetMetricDataInput, Metric, MetricDataQuery, MetricDataResult,
    MetricDatum, MetricStat, PutMetricDataInput,
};
use wharf_base::{TestClock, Timestamp};
use wharf_contributors::{LogEvents, Question, Tally, Untold};
use wharf_delivery::{Actor, ApiDestinations, Body, Failure, Invocation, Operations, Request};
use wharf_reconcile::Takeover;
use wharf_series::{Options, Series};
use wharf_svc_cloudwatch::{Alarmed, CloudwatchService, Parts, Scaling};
use wharf_testkit::{Running, World, call_at};
use wharf_wire::{Call, Check, Fault, async_trait};

/// Every operation there is: notes who called what, and all succeed.
#[derive(Default)]
pub struct Notes {
    /// What policies of scaling answer, if it is a refusal.
    pub refusal: Mutex<Option<Fault>>,
    pub calls: Mutex<Vec<(Actor, Request)>>,
    pub alarmed: Mutex<Vec<Alarmed>>,
    pub posts: Mutex<Vec<Post>>,
    /// What a log group `g` has: times, in milliseconds since 1970, and messages.
    pub events: Mutex<Vec<(i64, String)>>,
    /// What destinations answer next; then they take everything.
    pub answers: Mutex<VecDeque<Failure>>,
}

/// What an API destination was sent.
#[derive(Debug, Clone)]
pub struct Post {
    pub actor: Actor,
    pub destination: String,
    pub id: String,
    pub content_type: &'static str,
    pub body: Vec<u8>,
}

#[async_trait]
impl ApiDestinations for Notes {
    /// One whose ARN says so never answers.
    async fn invoke(&self, actor: &Actor, it: &Invocation<'_>) -> Result<(), Failure> {
        let Body::Bytes(body, content_type) = it.body else {
            panic!("no metric stream sends {:?}", it.body);
        };
        self.posts.lock().push(Post {
            actor: actor.clone(),
            destination: it.destination.to_owned(),
            id: it.id.to_owned(),
            content_type,
            body: body.to_vec(),
        });
        if it.destination.contains("/silent/") {
            std::future::pending::<()>().await;
        }
        match self.answers.lock().pop_front() {
            None => Ok(()),
            Some(failure) => Err(failure),
        }
    }
}

#[async_trait]
impl LogEvents for Notes {
    async fn tally(&self, question: Question) -> Result<Tally, Untold> {
        let mut tally = Tally::new(question.rule.clone(), question.period);
        let events = self.events.lock();
        let within = events.iter().filter(|it| question.times.contains(&it.0));
        // They came in when they happened.
        for (at, message) in within.filter(|it| question.takes(it.0)) {
            if question.rule.covers("g") {
                tally.add(*at, message)?;
            }
        }
        Ok(tally)
    }
}

#[async_trait]
impl Scaling for Notes {
    async fn alarmed(&self, alarmed: Alarmed) -> Result<(), Fault> {
        self.alarmed.lock().push(alarmed);
        self.refusal.lock().clone().map_or(Ok(()), Err)
    }
}

#[async_trait]
impl Operations for Notes {
    async fn call(&self, actor: &Actor, request: &Request) -> Result<Value, Fault> {
        self.calls.lock().push((actor.clone(), request.clone()));
        Ok(json!({}))
    }

    async fn may(&self, _: &Actor, _: &str, _: &[Check]) -> Result<(), Fault> {
        Ok(())
    }

    async fn may_assume(&self, role: &str, _: &str, _: &str) -> Result<(), Fault> {
        match role.ends_with("/closed") {
            false => Ok(()),
            true => Err(Fault::sender("AccessDeniedException", 403, "It may not.")),
        }
    }
}

/// When each of these tests begins.
pub const BEGIN: &str = "2026-11-22T10:00:00Z";

pub fn at(text: &str) -> Timestamp {
    Timestamp::parse_iso8601(text).unwrap()
}

/// A minute of that hour.
pub fn minute(number: u32) -> Timestamp {
    at(&format!("2026-11-22T10:{number:02}:00Z"))
}

pub struct Home {
    pub service: Running<CloudwatchService>,
    pub notes: Arc<Notes>,
    clock: Arc<TestClock>,
    pub world: World,
    _folder: tempfile::TempDir,
}

impl Home {
    pub fn start() -> Self {
        let world = World::in_memory();
        let folder = tempfile::tempdir().unwrap();
        let options = Options {
            now: || 1_795_341_600,
            ..Options::default()
        };
        let notes = Arc::new(Notes::default());
        let clock = Arc::new(TestClock::at(at(BEGIN)));
        let parts = Parts {
            store: world.store.clone(),
            keyring: world.keyring.clone(),
            series: Series::open(&folder.path().join("series"), options).unwrap(),
            operations: notes.clone(),
            scaling: notes.clone(),
            log_events: notes.clone(),
            destinations: notes.clone(),
            quotas: Default::default(),
            clock: clock.clone(),
            takeover: Takeover::Replace,
        };
        let service = Running::start(move || {
            let service = CloudwatchService::new(parts.clone());
            let running = service.clone();
            (service, move |stop| async move { running.run(stop).await })
        });
        Self {
            service,
            notes,
            clock,
            world,
            _folder: folder,
        }
    }

    /// Time passes, and the server is another.
    pub fn wait(&mut self, time: Duration) {
        self.clock.advance(time);
        self.service.restart();
    }

    /// Time passes, and nobody is told.
    pub fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }

    /// The server is another.
    pub fn restart(&mut self) {
        self.service.restart();
    }

    /// A call by root, now by that clock.
    pub fn call(&self) -> Call {
        call_at(wharf_base::Clock::now(&*self.clock))
    }

    pub async fn put(&self, namespace: &str, data: Vec<MetricDatum>) -> Result<(), Fault> {
        let input = PutMetricDataInput {
            namespace: Some(namespace.to_owned()),
            metric_data: Some(data),
            ..PutMetricDataInput::default()
        };
        self.service.put_metric_data(&now(), input).await
    }

    /// From ten to eleven, ascending.
    pub async fn ask(&self, queries: Vec<MetricDataQuery>) -> Result<Vec<MetricDataResult>, Fault> {
        let input = GetMetricDataInput {
            metric_data_queries: Some(queries),
            start_time: Some(minute(0)),
            end_time: Some(at("2026-11-22T11:00:00Z")),
            scan_by: Some("TimestampAscending".to_owned()),
            ..GetMetricDataInput::default()
        };
        let answer = self.service.get_metric_data(&now(), input).await?;
        Ok(answer.metric_data_results.unwrap_or_default())
    }
}

pub fn now() -> Call {
    call_at(minute(30))
}

pub fn datum(name: &str, host: &str, value: f64, at: Timestamp) -> MetricDatum {
    MetricDatum {
        metric_name: Some(name.to_owned()),
        dimensions: Some(vec![dimension(host)]),
        value: Some(value),
        timestamp: Some(at),
        ..MetricDatum::default()
    }
}

pub fn dimension(host: &str) -> Dimension {
    Dimension {
        name: Some("Host".to_owned()),
        value: Some(host.to_owned()),
    }
}

pub fn metric(id: &str, name: &str, host: &str, stat: &str) -> MetricDataQuery {
    MetricDataQuery {
        id: Some(id.to_owned()),
        metric_stat: Some(MetricStat {
            metric: Some(Metric {
                namespace: Some("App".to_owned()),
                metric_name: Some(name.to_owned()),
                dimensions: Some(vec![dimension(host)]),
            }),
            period: Some(60),
            stat: Some(stat.to_owned()),
            unit: None,
        }),
        ..MetricDataQuery::default()
    }
}

pub fn expression(id: &str, text: &str) -> MetricDataQuery {
    MetricDataQuery {
        id: Some(id.to_owned()),
        expression: Some(text.to_owned()),
        ..MetricDataQuery::default()
    }
}
