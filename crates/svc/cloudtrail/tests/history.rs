//! Events from the recorder to LookupEvents, over a real journal.

use std::{sync::Arc, time::Duration};

use wharf_api_cloudtrail::{Cloudtrail, types::*};
use wharf_base::{Clock, TestClock, Timestamp};
use wharf_journal::{Journal, JournalOptions};
use wharf_svc_cloudtrail::{CloudtrailService, Recorder};
use wharf_testkit::{ACCOUNT, REGION, World, call_at, context_of};
use wharf_wire::{
    Call, Caller, CallerKind, Context,
    audit::{Auditor, Decided, Event, Queue},
};

const START: Timestamp = Timestamp(1_790_000_000_000);

struct Trail {
    folder: tempfile::TempDir,
    clock: Arc<TestClock>,
    recorder: Recorder,
    service: CloudtrailService,
    call: Call,
}

impl Trail {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let journal =
            Journal::open(&folder.path().join("journal"), JournalOptions::default()).unwrap();
        let world = World::in_memory();
        let clock = Arc::new(TestClock::at(START));
        Self {
            recorder: Recorder::new(journal.clone(), clock.clone()),
            service: CloudtrailService::new(
                world.store,
                world.keyring,
                journal,
                Some(folder.path().join("trails")),
                clock.clone(),
            ),
            folder,
            clock,
            call: call_at(START),
        }
    }

    fn event(&self, name: &str, user: &str) -> Event {
        let caller = Caller {
            kind: CallerKind::User,
            arn: format!("arn:aws:iam::{ACCOUNT}:user/{user}"),
            access_key_id: format!("AKIA{user}"),
            ..Caller::root(ACCOUNT)
        };
        let context = Context {
            now: self.clock.now(),
            source_ip: Some([192, 0, 2, 7].into()),
            ..context_of(caller)
        };
        Event {
            context: Arc::new(context),
            service: "ecs".to_owned(),
            name: name.to_owned(),
            is_api_call: true,
            read_only: wharf_wire::audit::is_read_only(name),
            parameters: Some(r#"{"cluster":"web"}"#.to_owned()),
            response: None,
            details: None,
            error: None,
            decided: vec![Decided {
                action: format!("ecs:{name}"),
                resource: format!("arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/web:1"),
                allowed: true,
                by: "statement 1 of p".to_owned(),
            }],
            repeats: None,
        }
    }

    async fn record(&self, name: &str, user: &str) {
        self.take(self.event(name, user)).await;
        self.recorder.flush().await;
    }

    async fn take(&self, event: Event) {
        if self.recorder.record(&event) == Queue::Full {
            self.recorder.room().await;
        }
    }

    async fn look(&self, input: LookupEventsRequest) -> Vec<String> {
        let found = self.service.lookup_events(&self.call, input).await.unwrap();
        let events = found.events.unwrap().into_iter();
        events.map(|it| it.event_name.unwrap()).collect()
    }
}

fn by(key: &str, value: &str) -> LookupEventsRequest {
    LookupEventsRequest {
        lookup_attributes: Some(vec![LookupAttribute {
            attribute_key: Some(key.to_owned()),
            attribute_value: Some(value.to_owned()),
        }]),
        ..LookupEventsRequest::default()
    }
}

#[tokio::test]
async fn events_are_found_by_what_they_are_about() {
    let trail = Trail::new();
    trail.record("RunTask", "anna").await;
    trail.record("ListTasks", "bert").await;
    trail.record("StopTask", "anna").await;
    assert_eq!(
        trail.look(LookupEventsRequest::default()).await,
        ["StopTask", "ListTasks", "RunTask"],
        "newest first"
    );
    for (key, value, expected) in [
        ("EventName", "RunTask", &["RunTask"][..]),
        ("Username", "anna", &["StopTask", "RunTask"]),
        ("AccessKeyId", "AKIAbert", &["ListTasks"]),
        ("ReadOnly", "true", &["ListTasks"]),
        ("ReadOnly", "false", &["StopTask", "RunTask"]),
        (
            "EventSource",
            "ecs.amazonaws.com",
            &["StopTask", "ListTasks", "RunTask"],
        ),
        ("EventSource", "iam.amazonaws.com", &[]),
        (
            "ResourceType",
            "AWS::ECS::TaskDefinition",
            &["StopTask", "ListTasks", "RunTask"],
        ),
        ("ResourceName", "nothing", &[]),
    ] {
        assert_eq!(trail.look(by(key, value)).await, expected, "{key} {value}");
    }
    let found = trail
        .service
        .lookup_events(&trail.call, by("EventName", "RunTask"));
    let event = found.await.unwrap().events.unwrap().remove(0);
    assert_eq!(event.username.as_deref(), Some("anna"));
    assert_eq!(event.event_time, Some(START));
    let json = event.cloud_trail_event.unwrap();
    for part in [
        r#""eventVersion":"1.11""#,
        r#""type":"IAMUser""#,
        r#""sourceIPAddress":"192.0.2.7""#,
        r#""requestParameters":{"cluster":"web"}"#,
        r#""responseElements":null"#,
        r#""by":"statement 1 of p""#,
    ] {
        assert!(json.contains(part), "{part} in {json}");
    }
    let request = json
        .split(r#""requestID":""#)
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let of_request = trail
        .service
        .of_request(&trail.call, request)
        .await
        .unwrap();
    assert_eq!(of_request, std::slice::from_ref(&json));
    assert!(
        trail
            .service
            .of_request(&trail.call, "other")
            .await
            .unwrap()
            .is_empty()
    );
    let id = event.event_id.unwrap();
    assert_eq!(trail.look(by("EventId", &id)).await, ["RunTask"]);
}

#[tokio::test]
async fn pages_and_times() {
    let trail = Trail::new();
    for number in 0..700 {
        trail
            .take(trail.event(&format!("Do{number}"), "anna"))
            .await;
        trail.clock.advance(Duration::from_secs(60));
        if number % 100 == 0 {
            trail.recorder.flush().await;
        }
    }
    trail.recorder.flush().await;
    let (mut names, mut token) = (Vec::new(), None);
    loop {
        let input = LookupEventsRequest {
            max_results: Some(33),
            next_token: token.take(),
            ..LookupEventsRequest::default()
        };
        let page = trail
            .service
            .lookup_events(&trail.call, input)
            .await
            .unwrap();
        names.extend(
            page.events
                .unwrap()
                .into_iter()
                .map(|it| it.event_name.unwrap()),
        );
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    let expected: Vec<String> = (0..700).rev().map(|it| format!("Do{it}")).collect();
    assert_eq!(names, expected);
    let minute = |number: u64| START + Duration::from_secs(60 * number);
    let between = |start, end| LookupEventsRequest {
        start_time: start,
        end_time: end,
        ..LookupEventsRequest::default()
    };
    assert_eq!(
        trail
            .look(between(Some(minute(10)), Some(minute(12))))
            .await,
        ["Do12", "Do11", "Do10"]
    );
    assert_eq!(
        trail.look(between(Some(minute(698)), None)).await,
        ["Do699", "Do698"]
    );
    assert_eq!(trail.look(between(None, Some(minute(0)))).await, ["Do0"]);
    let refused = trail
        .service
        .lookup_events(&trail.call, between(Some(minute(2)), Some(minute(1))));
    assert_eq!(refused.await.unwrap_err().code, "InvalidTimeRangeException");
    let mut wrong = LookupEventsRequest {
        next_token: Some("x".to_owned()),
        ..LookupEventsRequest::default()
    };
    let refused = trail.service.lookup_events(&trail.call, wrong.clone());
    assert_eq!(refused.await.unwrap_err().code, "InvalidNextTokenException");
    wrong.next_token = Some("99999999".to_owned());
    trail
        .service
        .lookup_events(&trail.call, wrong)
        .await
        .unwrap_err();
}

#[tokio::test]
async fn accounts_and_regions_are_apart() {
    let trail = Trail::new();
    trail.record("RunTask", "anna").await;
    let mut other = trail.event("CreateService", "anna");
    Arc::make_mut(&mut other.context).region = "eu-west-1".to_owned();
    trail.take(other).await;
    let mut foreign = trail.event("DeleteCluster", "anna");
    Arc::make_mut(&mut foreign.context).account = "111111111111".to_owned();
    trail.take(foreign).await;
    trail.recorder.flush().await;
    assert_eq!(
        trail.look(LookupEventsRequest::default()).await,
        ["RunTask"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_faster_than_it_is_written_waits_and_stays_in_order() {
    let trail = Arc::new(Trail::new());
    let writing = trail.clone();
    let writer = tokio::spawn(async move { writing.recorder.run().await });
    let written = async |count: u64| {
        while trail.recorder.counts().0 < count {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    for number in 0..6000 {
        let event = trail.event(&format!("Do{number}"), "anna");
        trail.take(event).await;
        if number == 0 {
            // Nobody waits for a writer that is not there.
            written(1).await;
        }
    }
    written(6000).await;
    writer.abort();
    assert_eq!(trail.recorder.counts(), (6000, 0));
    let newest = trail.look(LookupEventsRequest::default()).await;
    let expected: Vec<String> = (5950..6000).rev().map(|it| format!("Do{it}")).collect();
    assert_eq!(newest, expected);
}

#[tokio::test]
async fn data_events_are_nobodys_wish() {
    let trail = Trail::new();
    assert!(!trail.recorder.wants("logs", "PutLogEvents"));
    assert!(trail.recorder.wants("logs", "CreateLogGroup"));
}

fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found.sort();
    found
}

/// Names of the events in a delivered file.
fn delivered(path: &std::path::Path) -> Vec<String> {
    let file = std::fs::File::open(path).unwrap();
    let json: serde_json::Value =
        serde_json::from_reader(flate2::read::GzDecoder::new(file)).unwrap();
    let records = json["Records"].as_array().unwrap().iter();
    records
        .map(|it| it["eventName"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_trail_delivers_what_happens_while_it_logs() {
    let trail = Trail::new();
    let (service, call) = (&trail.service, &trail.call);
    let create = |name: &str, bucket: &str| CreateTrailRequest {
        name: Some(name.to_owned()),
        s3_bucket_name: Some(bucket.to_owned()),
        s3_key_prefix: Some("all".to_owned()),
        ..CreateTrailRequest::default()
    };
    let named = |name: &str| Some(name.to_owned());
    let made = service
        .create_trail(call, create("main", "audit"))
        .await
        .unwrap();
    let arn = made.trail_arn.unwrap();
    assert_eq!(
        arn,
        format!("arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/main")
    );
    let again = service
        .create_trail(call, create("main", "audit"))
        .await
        .unwrap_err();
    assert_eq!(again.code, "TrailAlreadyExistsException");
    trail.record("Before", "anna").await;
    service.deliver_once().await;
    let folder = trail.folder.path().join("trails");
    assert!(files(&folder).is_empty(), "it does not log yet");
    let start = StartLoggingRequest { name: named(&arn) };
    service.start_logging(call, start).await.unwrap();
    trail.record("RunTask", "anna").await;
    trail.record("ListTasks", "anna").await;
    service.deliver_once().await;
    service.deliver_once().await;
    let first = files(&folder);
    let name = format!(
        "audit/all/AWSLogs/{ACCOUNT}/CloudTrail/{REGION}/2026/09/21/{ACCOUNT}_CloudTrail_{REGION}_20260921T1413Z_0000000000000001.json.gz"
    );
    assert_eq!(first, [folder.join(name)]);
    assert_eq!(delivered(&first[0]), ["RunTask", "ListTasks"]);
    let selectors = PutEventSelectorsRequest {
        trail_name: named("main"),
        event_selectors: Some(vec![EventSelector {
            read_write_type: Some("WriteOnly".to_owned()),
            ..EventSelector::default()
        }]),
        ..PutEventSelectorsRequest::default()
    };
    service.put_event_selectors(call, selectors).await.unwrap();
    trail.record("ListTasks", "anna").await;
    trail.record("StopTask", "anna").await;
    service.deliver_once().await;
    let both = files(&folder);
    assert_eq!(delivered(&both[1]), ["StopTask"]);
    let status = GetTrailStatusRequest {
        name: named("main"),
    };
    let status = service.get_trail_status(call, status).await.unwrap();
    assert_eq!(
        (status.is_logging, status.latest_delivery_time),
        (Some(true), Some(START))
    );
    let stop = StopLoggingRequest {
        name: named("main"),
    };
    service.stop_logging(call, stop).await.unwrap();
    trail.record("RunTask", "anna").await;
    service.deliver_once().await;
    assert_eq!(files(&folder).len(), 2);
    let delete = DeleteTrailRequest {
        name: named("main"),
    };
    service.delete_trail(call, delete.clone()).await.unwrap();
    let gone = service.delete_trail(call, delete).await.unwrap_err();
    assert_eq!(gone.code, "TrailNotFoundException");
}

#[tokio::test]
async fn trails_stay_in_their_folder() {
    let trail = Trail::new();
    for (bucket, prefix, code) in [
        ("..", None, "InvalidS3BucketNameException"),
        ("/etc", None, "InvalidS3BucketNameException"),
        ("audit", Some("../../etc"), "InvalidS3PrefixException"),
        ("audit", Some("/etc"), "InvalidS3PrefixException"),
    ] {
        let input = CreateTrailRequest {
            name: Some("main".to_owned()),
            s3_bucket_name: Some(bucket.to_owned()),
            s3_key_prefix: prefix.map(str::to_owned),
            ..CreateTrailRequest::default()
        };
        let refused = trail
            .service
            .create_trail(&trail.call, input)
            .await
            .unwrap_err();
        assert_eq!(refused.code, code, "{bucket} {prefix:?}");
    }
}
