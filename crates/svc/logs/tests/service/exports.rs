//! Export tasks, into a bucket that notes what it gets.

use std::{
    collections::BTreeMap,
    io::Read as _,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::{sync::Semaphore, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use wharf_api_logs::{Logs, types::*};
use wharf_base::{TestClock, Timestamp};
use wharf_delivery::{Actor, Operations, Request};
use wharf_reconcile::Takeover;
use wharf_svc_logs::{Limits, LogsService, Options};
use wharf_testkit::{ACCOUNT, call_at, refused, until};
use wharf_wire::{ByteStream, Check, Fault, async_trait};

use crate::support::{NOW, arn, call, journal, make, make_stream, open_over, put};

const NO_PUT: &str = "PutObject call on the given bucket failed. Please check if CloudWatch Logs has been granted permission to perform this operation.";
const NO_ACL: &str = "GetBucketAcl call on the given bucket failed. Please check if CloudWatch Logs has been granted permission to perform this operation.";

/// A bucket called `b`.
pub struct Bucket {
    objects: Mutex<BTreeMap<String, Vec<u8>>>,
    /// Whom its policy names.
    lets_in: Mutex<Vec<String>>,
    /// What the next file is answered.
    refusals: Mutex<Vec<Fault>>,
    /// Files that it takes before others wait.
    room: Semaphore,
    /// Files that came, those that wait too.
    came: AtomicUsize,
}

impl Bucket {
    pub fn new(lets_in: &[&str]) -> Arc<Self> {
        Arc::new(Self {
            objects: Mutex::default(),
            lets_in: Mutex::new(lets_in.iter().map(|it| (*it).to_owned()).collect()),
            refusals: Mutex::default(),
            room: Semaphore::new(1000),
            came: AtomicUsize::new(0),
        })
    }

    fn keys(&self) -> Vec<String> {
        self.objects.lock().keys().cloned().collect()
    }

    fn files(&self) -> usize {
        let objects = self.objects.lock();
        objects.keys().filter(|it| it.ends_with(".gz")).count()
    }

    /// What is in the files of a folder, one behind the other.
    pub fn text(&self, folder: &str) -> String {
        let objects = self.objects.lock();
        let mut text = String::new();
        for (_, packed) in objects.iter().filter(|(key, _)| key.starts_with(folder)) {
            flate2::read::GzDecoder::new(packed.as_slice())
                .read_to_string(&mut text)
                .unwrap();
        }
        text
    }

    fn lets(&self, actor: &Actor) -> Result<(), Fault> {
        let Actor::Service {
            name,
            account,
            source_arn,
        } = actor
        else {
            panic!("an export is nobody's but the service's: {actor:?}");
        };
        assert_eq!(
            (&**account, &**source_arn),
            (ACCOUNT, &*format!("{}:*", arn("g")))
        );
        match self.lets_in.lock().contains(name) {
            true => Ok(()),
            false => Err(Fault::sender("AccessDenied", 403, "Access Denied")),
        }
    }
}

#[async_trait]
impl Operations for Bucket {
    async fn call(&self, actor: &Actor, request: &Request) -> Result<Value, Fault> {
        assert_eq!(
            (&*request.service, &*request.operation),
            ("s3", "GetBucketAcl")
        );
        match request.input["Bucket"] == "b" {
            true => self.lets(actor).map(|()| json!({})),
            false => Err(Fault::sender(
                "NoSuchBucket",
                404,
                "The specified bucket does not exist",
            )),
        }
    }

    async fn call_with_body(
        &self,
        actor: &Actor,
        request: &Request,
        body: ByteStream,
    ) -> Result<Value, Fault> {
        assert_eq!(
            (&*request.service, &*request.operation),
            ("s3", "PutObject")
        );
        self.lets(actor)?;
        let key = request.input["Key"].as_str().unwrap().to_owned();
        if key.ends_with(".gz") {
            self.came.fetch_add(1, Ordering::Relaxed);
            self.room.acquire().await.unwrap().forget();
            if let Some(fault) = self.refusals.lock().pop() {
                return Err(fault);
            }
        }
        let whole = body.reader().whole(usize::MAX).await;
        let whole = whole.map_err(|fault| fault.expect("there is no bound"))?;
        self.objects.lock().insert(key, whole);
        Ok(json!({}))
    }

    async fn may(&self, _: &Actor, _: &str, _: &[Check]) -> Result<(), Fault> {
        Ok(())
    }

    async fn may_assume(&self, _: &str, _: &str, _: &str) -> Result<(), Fault> {
        Ok(())
    }
}

fn open(folder: &Path, bucket: &Arc<Bucket>) -> LogsService {
    let limits = Limits {
        export_bytes: 300,
        ..Limits::default()
    };
    let options = Options {
        limits,
        ..Options::default()
    };
    let logs = open_over(folder, journal(folder), options);
    logs.calling(bucket.clone());
    logs
}

/// What the service does behind requests, until it is aborted as by a kill.
fn work(logs: &LogsService) -> JoinHandle<()> {
    work_at(logs, Arc::new(TestClock::at(Timestamp(NOW))))
}

pub fn work_at(logs: &LogsService, clock: Arc<TestClock>) -> JoinHandle<()> {
    let (logs, stop) = (logs.clone(), CancellationToken::new());
    tokio::spawn(logs.work(clock, Takeover::Replace, stop))
}

pub fn wanted() -> CreateExportTaskRequest {
    CreateExportTaskRequest {
        task_name: Some("mine".into()),
        log_group_name: Some("g".into()),
        from: Some(NOW - 1_000_000),
        to: Some(NOW),
        destination: Some("b".into()),
        ..Default::default()
    }
}

pub async fn begin(logs: &LogsService, input: CreateExportTaskRequest) -> String {
    let made = logs.create_export_task(&call(), input).await.unwrap();
    made.task_id.unwrap()
}

async fn task(logs: &LogsService, id: &str) -> ExportTask {
    let input = DescribeExportTasksRequest {
        task_id: Some(id.into()),
        ..Default::default()
    };
    let found = logs.describe_export_tasks(&call(), input).await.unwrap();
    found.export_tasks.unwrap().remove(0)
}

pub async fn ended(logs: &LogsService, id: &str, code: &str) -> ExportTask {
    until(&format!("the task is {code}"), || async {
        task(logs, id).await.status.unwrap().code.unwrap() == code
    })
    .await;
    task(logs, id).await
}

async fn lines(logs: &LogsService, stream: &str, count: i64) {
    for n in 0..count {
        let text = format!("{stream} {n} {}", "x".repeat(40));
        let event = [(NOW - 1000 + n, &*text)];
        put(logs, &call(), ("g", stream), &event).await.unwrap();
    }
}

pub const ANYBODY: [&str; 1] = ["logs.amazonaws.com"];

#[tokio::test]
async fn files_lie_where_aws_puts_them_and_hold_what_was_asked_for() {
    let (folder, bucket) = (tempfile::tempdir().unwrap(), Bucket::new(&ANYBODY));
    let logs = open(folder.path(), &bucket);
    make(&logs, "g", &["app/web/1", "other", "silent"]).await;
    let events = [
        (NOW - 3000, "too early"),
        (NOW - 2000, "first"),
        (NOW - 1000, "last"),
        (NOW - 999, "late"),
    ];
    put(&logs, &call(), ("g", "app/web/1"), &events)
        .await
        .unwrap();
    put(
        &logs,
        &call(),
        ("g", "other"),
        &[(NOW - 1500, "of another")],
    )
    .await
    .unwrap();
    let _work = work(&logs);
    let input = CreateExportTaskRequest {
        from: Some(NOW - 2000),
        to: Some(NOW - 1000),
        destination_prefix: Some("kept/here".into()),
        ..wanted()
    };
    let id = begin(&logs, input).await;
    let done = ended(&logs, &id, "COMPLETED").await;
    assert_eq!(
        done.status.unwrap().message.unwrap(),
        "Completed successfully"
    );
    assert_eq!(done.execution_info.unwrap().completion_time, Some(NOW));
    assert_eq!(
        (done.task_name.as_deref(), done.destination.as_deref()),
        (Some("mine"), Some("b"))
    );
    let web = format!("kept/here/{id}/app-web-1/000000.gz");
    let other = format!("kept/here/{id}/other/000000.gz");
    let mut keys = [
        web.clone(),
        other.clone(),
        "kept/here/aws-logs-write-test".to_owned(),
    ];
    keys.sort();
    assert_eq!(bucket.keys(), keys);
    assert_eq!(
        bucket.objects.lock()["kept/here/aws-logs-write-test"],
        b"Permission Check Successful"
    );
    assert_eq!(
        bucket.text(&web),
        "2026-01-01T23:59:58.000Z first\n2026-01-01T23:59:59.000Z last\n"
    );
    assert_eq!(bucket.text(&other), "2026-01-01T23:59:58.500Z of another\n");
    // Streams by their names, and none that has the prefix.
    for (prefix, files) in [("oth", 1), ("nothing", 0)] {
        bucket.objects.lock().clear();
        let input = CreateExportTaskRequest {
            log_stream_name_prefix: Some(prefix.into()),
            ..wanted()
        };
        let id = begin(&logs, input).await;
        ended(&logs, &id, "COMPLETED").await;
        assert_eq!(bucket.files(), files, "{prefix}");
        assert!(
            bucket
                .keys()
                .contains(&"exportedlogs/aws-logs-write-test".to_owned())
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_in_the_middle_leads_to_a_task_that_ends_with_each_event_once() {
    let (folder, bucket) = (tempfile::tempdir().unwrap(), Bucket::new(&ANYBODY));
    let logs = open(folder.path(), &bucket);
    make(&logs, "g", &["a/b", "a-b"]).await;
    for stream in ["a/b", "a-b"] {
        lines(&logs, stream, 30).await;
    }
    let id = begin(&logs, wanted()).await;
    bucket.room.forget_permits(1000);
    bucket.room.add_permits(4);
    let first = work(&logs);
    until("some files are written", || async { bucket.files() == 4 }).await;
    first.abort();
    let _ = first.await;
    drop(logs);
    bucket.room.add_permits(1000);
    let logs = open(folder.path(), &bucket);
    let _work = work(&logs);
    ended(&logs, &id, "COMPLETED").await;
    assert!(bucket.files() > 8, "files are cut where they are large");
    let text = bucket.text(&format!("exportedlogs/{id}/a-b/"));
    for stream in ["a/b", "a-b"] {
        let own = format!("Z {stream} ");
        let found: Vec<&str> = text.lines().filter(|it| it.contains(&own)).collect();
        let numbers = found
            .iter()
            .map(|it| it.split(' ').nth(2).unwrap().parse().unwrap());
        assert_eq!(
            numbers.collect::<Vec<i64>>(),
            (0..30).collect::<Vec<i64>>(),
            "{stream}"
        );
    }
}

#[tokio::test]
async fn a_bucket_says_whom_it_lets_in() {
    let (folder, bucket) = (tempfile::tempdir().unwrap(), Bucket::new(&[]));
    let logs = open(folder.path(), &bucket);
    make(&logs, "g", &["s"]).await;
    lines(&logs, "s", 1).await;
    let ask = |input| {
        let logs = logs.clone();
        async move { logs.create_export_task(&call(), input).await }
    };
    let code = "InvalidParameterException";
    refused(ask(wanted()).await, code, NO_ACL);
    let nowhere = CreateExportTaskRequest {
        destination: Some("nowhere".into()),
        ..wanted()
    };
    refused(
        ask(nowhere).await,
        code,
        "The specified bucket does not exist.",
    );
    let backwards = CreateExportTaskRequest {
        from: Some(2),
        to: Some(1),
        ..wanted()
    };
    let text = "The specified to time must not be before the specified from time.";
    refused(ask(backwards).await, code, text);
    let unknown = CreateExportTaskRequest {
        log_group_name: Some("unknown".into()),
        ..wanted()
    };
    refused(
        ask(unknown).await,
        "ResourceNotFoundException",
        "The specified log group does not exist.",
    );
    // As AWS's documentation writes the policy.
    bucket
        .lets_in
        .lock()
        .push("logs.us-east-1.amazonaws.com".to_owned());
    let _work = work(&logs);
    let id = begin(&logs, wanted()).await;
    ended(&logs, &id, "COMPLETED").await;
    assert_eq!(bucket.files(), 1);
    // It is no longer let in once the task runs.
    bucket.room.forget_permits(1000);
    let id = begin(&logs, wanted()).await;
    ended(&logs, &id, "RUNNING").await;
    bucket
        .refusals
        .lock()
        .push(Fault::sender("AccessDenied", 403, "Access Denied"));
    bucket.room.add_permits(1000);
    let failed = ended(&logs, &id, "FAILED").await;
    assert_eq!(failed.status.unwrap().message.as_deref(), Some(NO_PUT));
    // What passes is tried again.
    let cause = std::io::Error::other("busy");
    bucket.refusals.lock().push(Fault::receiver(
        "SlowDown",
        503,
        "Please reduce your request rate.",
        &cause,
    ));
    let id = begin(&logs, wanted()).await;
    ended(&logs, &id, "COMPLETED").await;
}

#[tokio::test]
async fn one_task_at_a_time_until_it_is_cancelled() {
    let (folder, bucket) = (tempfile::tempdir().unwrap(), Bucket::new(&ANYBODY));
    let logs = open(folder.path(), &bucket);
    make(&logs, "g", &["s"]).await;
    lines(&logs, "s", 30).await;
    let cancel = |id: String| {
        let logs = logs.clone();
        async move {
            let input = CancelExportTaskRequest { task_id: Some(id) };
            logs.cancel_export_task(&call(), input).await
        }
    };
    // Nothing works yet.
    let waiting = begin(&logs, wanted()).await;
    let (limit, text) = ("LimitExceededException", "Resource limit exceeded.");
    refused(
        logs.create_export_task(&call(), wanted()).await,
        limit,
        text,
    );
    cancel(waiting.clone()).await.unwrap();
    assert_eq!(
        task(&logs, &waiting).await.status.unwrap().code.unwrap(),
        "CANCELLED"
    );
    let over = "The specified export task has already ended.";
    refused(
        cancel(waiting.clone()).await,
        "InvalidOperationException",
        over,
    );
    let missing = "The specified export task does not exist.";
    refused(
        cancel("x".to_owned()).await,
        "ResourceNotFoundException",
        missing,
    );
    bucket.room.forget_permits(1000);
    bucket.room.add_permits(1);
    let _work = work(&logs);
    let id = begin(&logs, wanted()).await;
    until("one file is written and one on its way", || async {
        bucket.files() == 1 && bucket.came.load(Ordering::Relaxed) == 2
    })
    .await;
    cancel(id.clone()).await.unwrap();
    refused(
        logs.create_export_task(&call(), wanted()).await,
        limit,
        text,
    );
    bucket.room.add_permits(1);
    let done = ended(&logs, &id, "CANCELLED").await;
    assert_eq!(
        bucket.files(),
        2,
        "the file that was on its way is the last"
    );
    assert!(done.execution_info.unwrap().completion_time.is_some());
    let listed = |status: Option<&str>| {
        let (logs, status_code) = (logs.clone(), status.map(str::to_owned));
        async move {
            let input = DescribeExportTasksRequest {
                status_code,
                limit: Some(1),
                ..Default::default()
            };
            let page = logs.describe_export_tasks(&call(), input).await.unwrap();
            (page.export_tasks.unwrap().len(), page.next_token.is_some())
        }
    };
    assert_eq!(listed(Some("CANCELLED")).await, (1, true));
    assert_eq!(listed(Some("FAILED")).await, (0, false));
}

#[tokio::test]
async fn what_is_sensitive_is_masked() {
    let (folder, bucket) = (tempfile::tempdir().unwrap(), Bucket::new(&ANYBODY));
    let logs = open(folder.path(), &bucket);
    make(&logs, "g", &[]).await;
    make_stream(&logs, &call(), "g", "s").await;
    let identifier = ["arn:aws:dataprotection::aws:data-identifier/EmailAddress"];
    let policy = json!({ "Name": "p", "Version": "2021-06-01", "Statement": [
        { "DataIdentifier": identifier, "Operation": { "Audit": { "FindingsDestination": {} } } },
        { "DataIdentifier": identifier, "Operation": { "Deidentify": { "MaskConfig": {} } } },
    ] });
    let input = PutDataProtectionPolicyRequest {
        log_group_identifier: Some("g".into()),
        policy_document: Some(policy.to_string()),
    };
    logs.put_data_protection_policy(&call(), input)
        .await
        .unwrap();
    let later = call_at(Timestamp(NOW + 10));
    put(&logs, &later, ("g", "s"), &[(NOW, "mail of a@b.example")])
        .await
        .unwrap();
    let _work = work(&logs);
    let id = begin(&logs, wanted()).await;
    ended(&logs, &id, "COMPLETED").await;
    assert_eq!(
        bucket.text(&format!("exportedlogs/{id}")),
        "2026-01-02T00:00:00.000Z mail of ***********\n"
    );
}
