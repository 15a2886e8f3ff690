//! Scheduled queries, among neighbours that note what is asked of them.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use wharf_api_logs::{Logs, types::*};
use wharf_base::{Clock as _, TestClock, Timestamp};
use wharf_delivery::{Actor, Operations, Request};
use wharf_reconcile::Takeover;
use wharf_svc_logs::{LogsService, Options};
use wharf_testkit::{ACCOUNT, call_at, refused, until};
use wharf_wire::{ByteStream, Check, Fault, async_trait};

use crate::support::{NOW, arn, call, journal, make, open_over, put};

const ASKS: &str = "arn:aws:iam::000000000000:role/asks";
const PUTS: &str = "arn:aws:iam::000000000000:role/puts";

/// The other services, and this one as they call it.
#[derive(Default)]
struct Neighbours {
    logs: Mutex<Option<LogsService>>,
    /// What the bucket was given: its keys as often as they came.
    objects: Mutex<Vec<(String, Value)>>,
    /// What the next calls are answered, by operation.
    refusals: Mutex<BTreeMap<String, Fault>>,
    /// Whether the bucket was asked for since the last look.
    tried: AtomicBool,
}

impl Neighbours {
    fn refused(&self, operation: &str) -> Result<(), Fault> {
        let refusals = self.refusals.lock();
        refusals.get(operation).cloned().map_or(Ok(()), Err)
    }

    fn refuse(&self, operation: &str, fault: Option<Fault>) {
        let mut refusals = self.refusals.lock();
        match fault {
            Some(fault) => refusals.insert(operation.to_owned(), fault),
            None => refusals.remove(operation),
        };
    }

    fn is(actor: &Actor, role: &str) {
        let expected = Actor::Role {
            arn: role.to_owned(),
            service: "logs.amazonaws.com".to_owned(),
            source_arn: format!("arn:aws:logs:us-east-1:{ACCOUNT}:scheduled-query:errors"),
        };
        assert_eq!(*actor, expected);
    }
}

#[async_trait]
impl Operations for Neighbours {
    async fn call(&self, actor: &Actor, request: &Request) -> Result<Value, Fault> {
        Self::is(actor, ASKS);
        self.refused(&request.operation)?;
        assert_eq!(
            (&*request.service, &*request.operation),
            ("logs", "StartQuery")
        );
        let input = &request.input;
        let groups = input["logGroupIdentifiers"].as_array();
        let text = |it: &Value| it.as_str().unwrap().to_owned();
        let input = StartQueryRequest {
            log_group_identifiers: groups.map(|all| all.iter().map(text).collect()),
            start_time: input["startTime"].as_i64(),
            end_time: input["endTime"].as_i64(),
            query_string: input["queryString"].as_str().map(str::to_owned),
            ..Default::default()
        };
        let logs = self
            .logs
            .lock()
            .clone()
            .expect("it is there while it works");
        let asked = logs.start_query(&call(), input).await?;
        Ok(json!({ "queryId": asked.query_id }))
    }

    async fn call_with_body(
        &self,
        actor: &Actor,
        request: &Request,
        body: ByteStream,
    ) -> Result<Value, Fault> {
        Self::is(actor, PUTS);
        self.tried.store(true, Ordering::Relaxed);
        self.refused(&request.operation)?;
        assert_eq!(request.input["Bucket"], "kept-here");
        let whole = body.reader().whole(usize::MAX).await.unwrap();
        let key = request.input["Key"].as_str().unwrap().to_owned();
        self.objects
            .lock()
            .push((key, serde_json::from_slice(&whole).unwrap()));
        Ok(json!({}))
    }

    async fn may(&self, actor: &Actor, _: &str, checks: &[Check]) -> Result<(), Fault> {
        Self::is(actor, ASKS);
        assert_eq!(checks[0].action, "logs:GetQueryResults");
        for check in &checks[1..] {
            assert_eq!(check.resource, format!("{}:*", arn("g")));
            self.refused(&check.action)?;
        }
        self.refused("may")
    }

    async fn may_assume(&self, role: &str, service: &str, _: &str) -> Result<(), Fault> {
        assert_eq!(service, "logs.amazonaws.com");
        match role == ASKS || role == PUTS {
            true => Ok(()),
            false => Err(Fault::sender("AccessDeniedException", 400, "no")),
        }
    }
}

struct Home {
    folder: tempfile::TempDir,
    clock: Arc<TestClock>,
    near: Arc<Neighbours>,
    /// `None` between a kill and a start.
    logs: Option<LogsService>,
    work: JoinHandle<()>,
}

fn open(folder: &Path, near: &Arc<Neighbours>) -> LogsService {
    let logs = open_over(folder, journal(folder), Options::default());
    logs.calling(near.clone());
    *near.logs.lock() = Some(logs.clone());
    logs
}

fn work(logs: &LogsService, clock: &Arc<TestClock>) -> JoinHandle<()> {
    let stop = CancellationToken::new();
    tokio::spawn(logs.clone().work(clock.clone(), Takeover::Replace, stop))
}

impl Home {
    async fn start() -> Self {
        let (folder, near) = (
            tempfile::tempdir().unwrap(),
            Arc::new(Neighbours::default()),
        );
        let clock = Arc::new(TestClock::at(Timestamp(NOW)));
        let logs = open(folder.path(), &near);
        make(&logs, "g", &["s"]).await;
        let events = [
            (NOW - 2000, "an ERROR"),
            (NOW - 1000, "fine"),
            (NOW + 1000, "an ERROR"),
        ];
        put(&logs, &call(), ("g", "s"), &events).await.unwrap();
        let work = work(&logs, &clock);
        Self {
            folder,
            clock,
            near,
            logs: Some(logs),
            work,
        }
    }

    fn logs(&self) -> &LogsService {
        self.logs.as_ref().expect("it runs")
    }

    /// A kill, and a start after so long.
    async fn away(&mut self, time: Duration) {
        self.work.abort();
        let _ = (&mut self.work).await;
        self.near.logs.lock().take();
        self.clock.advance(time);
        self.logs = None;
        self.logs = Some(open(self.folder.path(), &self.near));
        self.work = work(self.logs(), &self.clock);
    }

    async fn create(&self, input: CreateScheduledQueryRequest) -> Result<String, Fault> {
        let made = self.logs().create_scheduled_query(&call(), input).await?;
        Ok(made.scheduled_query_arn.unwrap())
    }

    async fn history(&self) -> Vec<TriggerHistoryRecord> {
        let input = GetScheduledQueryHistoryRequest {
            identifier: Some("errors".into()),
            start_time: Some(0),
            end_time: Some(self.clock.now().millis()),
            ..Default::default()
        };
        let found = self
            .logs()
            .get_scheduled_query_history(&call(), input)
            .await;
        found.unwrap().trigger_history.unwrap()
    }

    /// Waits until there are so many runs and the latest has ended like that.
    async fn ended(&self, count: usize, status: &str) -> TriggerHistoryRecord {
        until(&format!("run {count} is {status}"), || async {
            let runs = self.history().await;
            runs.len() == count && runs[0].execution_status.as_deref() == Some(status)
        })
        .await;
        self.history().await.remove(0)
    }
}

fn wanted() -> CreateScheduledQueryRequest {
    CreateScheduledQueryRequest {
        name: Some("errors".into()),
        query_language: Some("CWLI".into()),
        query_string: Some("filter @message like 'ERROR' | stats count(*) as n".into()),
        log_group_identifiers: Some(vec!["g".into()]),
        schedule_expression: Some("cron(0/5 * * * ? *)".into()),
        start_time_offset: Some(3600),
        execution_role_arn: Some(ASKS.into()),
        destination_configuration: Some(DestinationConfiguration {
            s3_configuration: Some(S3Configuration {
                destination_identifier: Some("s3://kept-here/daily/".into()),
                role_arn: Some(PUTS.into()),
                ..Default::default()
            }),
            ..Default::default()
        }),
        ..Default::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moment_is_asked_once_and_its_result_is_put_in_the_bucket() {
    let mut home = Home::start().await;
    let arn = home.create(wanted()).await.unwrap();
    assert_eq!(home.history().await, []);
    home.away(Duration::from_secs(330)).await;
    let run = home.ended(1, "Complete").await;
    assert_eq!(run.triggered_timestamp, Some(NOW + 300_000));
    let destination = run.destinations.unwrap().remove(0);
    assert_eq!(destination.status.as_deref(), Some("COMPLETE"));
    let place = "daily/errors/20260102T000500Z.json";
    assert_eq!(
        destination.processed_identifier,
        Some(format!("s3://kept-here/{place}"))
    );
    let (key, document) = home.near.objects.lock()[0].clone();
    assert_eq!(key, place);
    assert_eq!(document["results"], json!([{ "n": "2" }]));
    assert_eq!(document["scheduledQueryArn"], arn);
    assert_eq!(document["queryId"], run.query_id.unwrap());
    // Nothing is asked twice, and of what was missed the last.
    home.away(Duration::ZERO).await;
    home.away(Duration::from_secs(7200)).await;
    let run = home.ended(2, "Complete").await;
    assert_eq!(run.triggered_timestamp, Some(NOW + 7_500_000));
    let count = |run: usize| home.near.objects.lock()[run].1["results"].clone();
    assert_eq!(
        count(1),
        json!([{ "n": "0" }]),
        "an hour back there is nothing"
    );
    let input = GetScheduledQueryRequest {
        identifier: Some(arn),
    };
    let shown = home
        .logs()
        .get_scheduled_query(&call(), input)
        .await
        .unwrap();
    assert_eq!(shown.last_triggered_time, run.triggered_timestamp);
    assert_eq!(shown.last_execution_status.as_deref(), Some("Complete"));
    assert_eq!(shown.timezone.as_deref(), Some("UTC"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_a_kill_cut_short_ends_after_the_start() {
    let mut home = Home::start().await;
    home.create(wanted()).await.unwrap();
    let cause = std::io::Error::other("busy");
    let busy = Fault::receiver("SlowDown", 503, "Please reduce your request rate.", &cause);
    home.near.refuse("PutObject", Some(busy));
    home.away(Duration::from_secs(330)).await;
    until("the query is asked", || async {
        home.history().await.iter().any(|it| it.query_id.is_some())
    })
    .await;
    let run = home.history().await.remove(0);
    assert_eq!(run.execution_status.as_deref(), Some("Running"));
    assert_eq!(
        run.destinations.unwrap()[0].status.as_deref(),
        Some("IN_PROGRESS")
    );
    home.near.refuse("PutObject", None);
    home.away(Duration::ZERO).await;
    let ended = home.ended(1, "Complete").await;
    assert_eq!(ended.query_id, run.query_id);
    assert_eq!(home.near.objects.lock().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_and_buckets_that_refuse_are_told_of() {
    let mut home = Home::start().await;
    home.create(wanted()).await.unwrap();
    let denied = || Some(Fault::sender("AccessDeniedException", 400, "not you"));
    home.near.refuse("StartQuery", denied());
    home.away(Duration::from_secs(330)).await;
    let run = home.ended(1, "Failed").await;
    assert_eq!(run.error_message.as_deref(), Some("not you"));
    home.near.refuse("StartQuery", None);
    home.near.refuse("may", denied());
    home.away(Duration::from_secs(300)).await;
    assert_eq!(
        home.ended(2, "Failed").await.error_message.as_deref(),
        Some("not you")
    );
    home.near.refuse("may", None);
    home.near.refuse("PutObject", denied());
    home.away(Duration::from_secs(300)).await;
    let destination = home
        .ended(3, "Complete")
        .await
        .destinations
        .unwrap()
        .remove(0);
    assert_eq!(destination.status.as_deref(), Some("CLIENT_ERROR"));
    assert_eq!(destination.error_message.as_deref(), Some("not you"));
    let gone = DeleteLogGroupRequest {
        log_group_name: Some("g".into()),
    };
    home.logs().delete_log_group(&call(), gone).await.unwrap();
    home.away(Duration::from_secs(300)).await;
    home.ended(4, "Failed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_may_not_see_what_is_masked_puts_nothing() {
    let mut home = Home::start().await;
    let mut input = wanted();
    input.query_string = Some("SOURCE logGroups() | fields unmask(@message)".into());
    input.log_group_identifiers = None;
    home.create(input).await.unwrap();
    let denied = Fault::sender("AccessDeniedException", 400, "not you");
    home.near.refuse("logs:Unmask", Some(denied));
    home.away(Duration::from_secs(330)).await;
    let run = home.ended(1, "Failed").await;
    assert_eq!(run.error_message.as_deref(), Some("not you"));
    assert!(home.near.objects.lock().is_empty());
    home.near.refuse("logs:Unmask", None);
    home.away(Duration::from_secs(300)).await;
    home.ended(2, "Complete").await;
    assert_eq!(home.near.objects.lock().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_run_follows_another() {
    let mut home = Home::start().await;
    home.create(wanted()).await.unwrap();
    let cause = std::io::Error::other("busy");
    let busy = Fault::receiver("SlowDown", 503, "Please reduce your request rate.", &cause);
    home.near.refuse("PutObject", Some(busy));
    home.away(Duration::from_secs(330)).await;
    for _ in 0..2 {
        until("the bucket is tried", || async {
            home.near.tried.swap(false, Ordering::Relaxed)
        })
        .await;
        home.away(Duration::from_secs(300)).await;
        assert_eq!(home.history().await.len(), 1, "it has not ended");
    }
    home.near.refuse("PutObject", None);
    let run = home.ended(2, "Complete").await;
    assert_eq!(
        run.triggered_timestamp,
        Some(NOW + 900_000),
        "the last that passed"
    );
    assert_eq!(home.near.objects.lock().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_asked_is_refused() {
    let home = Home::start().await;
    let code = "ValidationException";
    let with = |change: fn(&mut CreateScheduledQueryRequest)| {
        let mut input = wanted();
        change(&mut input);
        home.create(input)
    };
    let refusal = with(|it| it.schedule_expression = Some("at(2026-11-22T10:00:00)".into())).await;
    refused(
        refusal,
        code,
        "Invalid scheduleExpression at(2026-11-22T10:00:00).",
    );
    let refusal = with(|it| it.timezone = Some("Mars/Olympus".into())).await;
    refused(refusal, code, "Invalid timezone Mars/Olympus.");
    let refusal = with(|it| it.name = Some("two words".into())).await;
    refused(
        refusal,
        code,
        "name must have letters, digits and the characters . _ - / # alone.",
    );
    let refusal = with(|it| it.query_string = Some("wherever".into())).await;
    assert_eq!(refusal.unwrap_err().code, code);
    let refusal =
        with(|it| it.execution_role_arn = Some("arn:aws:iam::000000000000:role/other".into()))
            .await;
    let text =
        "The role arn:aws:iam::000000000000:role/other cannot be assumed by logs.amazonaws.com.";
    refused(refusal, code, text);
    let refusal = with(|it| it.log_group_identifiers = None).await;
    refused(
        refusal,
        code,
        "A log group must be named either by logGroupIdentifiers or by SOURCE.",
    );
    home.create(wanted()).await.unwrap();
    let text = "A scheduled query with the name errors already exists.";
    refused(home.create(wanted()).await, "ConflictException", text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_is_changed_stopped_listed_and_deleted_with_its_runs() {
    let mut home = Home::start().await;
    home.create(wanted()).await.unwrap();
    home.away(Duration::from_secs(330)).await;
    home.ended(1, "Complete").await;
    let update = |state: &str| UpdateScheduledQueryRequest {
        identifier: Some("errors".into()),
        query_language: Some("CWLI".into()),
        query_string: Some("stats count(*) as all".into()),
        log_group_identifiers: Some(vec!["g".into()]),
        schedule_expression: Some("rate(1 hour)".into()),
        execution_role_arn: Some(ASKS.into()),
        state: Some(state.into()),
        ..Default::default()
    };
    let later = call_at(home.clock.now());
    let changed = home
        .logs()
        .update_scheduled_query(&later, update("DISABLED"))
        .await
        .unwrap();
    assert_eq!(changed.state.as_deref(), Some("DISABLED"));
    assert_eq!(changed.creation_time, Some(NOW));
    assert_eq!(changed.destination_configuration, None);
    home.away(Duration::from_secs(7200)).await;
    let later = call_at(home.clock.now());
    home.logs()
        .update_scheduled_query(&later, update("ENABLED"))
        .await
        .unwrap();
    assert_eq!(
        home.history().await.len(),
        1,
        "nothing was asked while it was disabled"
    );
    home.away(Duration::from_secs(3600)).await;
    home.ended(2, "Complete").await;
    let listed = |state: &str| ListScheduledQueriesRequest {
        state: Some(state.into()),
        ..Default::default()
    };
    let found = home
        .logs()
        .list_scheduled_queries(&call(), listed("ENABLED"))
        .await
        .unwrap();
    assert_eq!(
        found.scheduled_queries.unwrap()[0].name.as_deref(),
        Some("errors")
    );
    let found = home
        .logs()
        .list_scheduled_queries(&call(), listed("DISABLED"))
        .await
        .unwrap();
    assert_eq!(found.scheduled_queries, Some(vec![]));
    let gone = DeleteScheduledQueryRequest {
        identifier: Some("errors".into()),
    };
    home.logs()
        .delete_scheduled_query(&call(), gone.clone())
        .await
        .unwrap();
    let missing = "The specified scheduled query does not exist.";
    let again = home.logs().delete_scheduled_query(&call(), gone).await;
    refused(again, "ResourceNotFoundException", missing);
    // Made now: one of long ago would have a moment to make up for.
    let later = call_at(home.clock.now());
    let made = home.logs().create_scheduled_query(&later, wanted());
    made.await.unwrap();
    assert_eq!(home.history().await, []);
}
