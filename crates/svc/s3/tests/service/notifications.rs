//! Notifications, to queues and topics that only count what they get, and to EventBridge's ears.

use parking_lot::Mutex;
use serde_json::{Value, json};
use wharf_api_s3::*;
use wharf_delivery::{Actor, Operations, Request};
use wharf_testkit::{Running, call, refused, until};
use wharf_wire::{Check, Fault, async_trait};

use super::{BUCKET, HOUR, It};

const QUEUE: &str = "arn:aws:sqs:us-east-1:000000000000:jobs";

/// Takes what is sent, except to queues whose names begin with `shut` or `gone`, and nothing while it is busy.
#[derive(Default)]
pub struct Told {
    pub sent: Mutex<Vec<(Actor, Request)>>,
    busy: Mutex<bool>,
}

#[async_trait]
impl Operations for Told {
    async fn call(&self, actor: &Actor, request: &Request) -> Result<Value, Fault> {
        let url = request.input["QueueUrl"].as_str().unwrap_or_default();
        if url.contains("/shut") {
            return Err(Fault::sender("AccessDenied", 403, "no"));
        }
        if url.contains("/gone") {
            return Err(Fault::sender(
                "AWS.SimpleQueueService.NonExistentQueue",
                400,
                "no",
            ));
        }
        if *self.busy.lock() {
            return Err(Fault::sender("ThrottlingException", 400, "later"));
        }
        let mut sent = self.sent.lock();
        match request.input["Entries"].as_array() {
            Some(entries) => sent.extend(entries.iter().map(|entry| {
                let one = Request::new("sqs", "SendMessage", &request.region, entry.clone());
                (actor.clone(), one)
            })),
            None => sent.push((actor.clone(), request.clone())),
        }
        Ok(json!({}))
    }

    async fn may(&self, _: &Actor, _: &str, _: &[Check]) -> Result<(), Fault> {
        Err(Fault::sender("AccessDenied", 403, "no"))
    }

    async fn may_assume(&self, _: &str, _: &str, _: &str) -> Result<(), Fault> {
        Err(Fault::sender("AccessDenied", 403, "no"))
    }
}

impl Told {
    /// The messages that came, without that of a test.
    fn records(&self) -> Vec<Value> {
        let sent = self.sent.lock();
        let bodies = sent.iter().map(|(_, request)| {
            let body = request.input["MessageBody"].as_str();
            let body = body.or(request.input["Message"].as_str()).unwrap();
            serde_json::from_str::<Value>(body).unwrap()
        });
        bodies
            .filter_map(|it| it["Records"].as_array()?.first().cloned())
            .collect()
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = (self.records().iter())
            .map(|it| {
                format!(
                    "{} {}",
                    it["eventName"].as_str().unwrap(),
                    it["s3"]["object"]["key"].as_str().unwrap()
                )
            })
            .collect();
        names.sort();
        names
    }
}

fn to_queue(arn: &str, events: &[&str]) -> NotificationConfiguration {
    NotificationConfiguration {
        queue_configurations: Some(vec![QueueConfiguration {
            id: Some("jobs".to_owned()),
            queue_arn: Some(arn.to_owned()),
            events: Some(events.iter().map(|it| (*it).to_owned()).collect()),
            filter: None,
        }]),
        ..NotificationConfiguration::default()
    }
}

impl It {
    async fn notify(&self, wanted: NotificationConfiguration) -> Result<(), Fault> {
        let input = PutBucketNotificationConfigurationRequest {
            bucket: Some(BUCKET.to_owned()),
            notification_configuration: Some(wanted),
            ..PutBucketNotificationConfigurationRequest::default()
        };
        self.s3
            .put_bucket_notification_configuration(&call(), input)
            .await
    }

    fn running(&self) -> Running<wharf_svc_s3::S3Service> {
        let s3 = self.s3.clone();
        Running::start(move || {
            let running = s3.clone();
            (
                s3.clone(),
                move |stop| async move { running.run(stop).await },
            )
        })
    }

    async fn tag(&self, key: &str) {
        let input = PutObjectTaggingRequest {
            bucket: Some(BUCKET.to_owned()),
            key: Some(key.to_owned()),
            tagging: Some(Tagging {
                tag_set: Some(vec![Tag {
                    key: Some("a".to_owned()),
                    value: Some("b".to_owned()),
                }]),
            }),
            ..PutObjectTaggingRequest::default()
        };
        self.s3.put_object_tagging(&call(), input).await.unwrap();
    }
}

const ALL: [&str; 4] = [
    "s3:ObjectCreated:*",
    "s3:ObjectRemoved:*",
    "s3:ObjectTagging:*",
    "s3:LifecycleExpiration:*",
];

#[tokio::test]
async fn a_queue_is_tried_and_then_told() {
    let it = It::new().await;
    it.notify(to_queue(QUEUE, &ALL)).await.unwrap();
    let (actor, tested) = it.told.sent.lock()[0].clone();
    let Actor::Service {
        name,
        account,
        source_arn,
    } = actor
    else {
        panic!("{actor:?}")
    };
    assert_eq!(
        (name.as_str(), account.as_str()),
        ("s3.amazonaws.com", "000000000000")
    );
    assert_eq!(source_arn, format!("arn:aws:s3:::{BUCKET}"));
    let body: Value = serde_json::from_str(tested.input["MessageBody"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&body["Event"], &body["Bucket"]),
        (&json!("s3:TestEvent"), &json!(BUCKET))
    );
    // What is owed is written down, whether or not anybody carries it now.
    *it.told.busy.lock() = true;
    it.put("a b/\u{e9}+", b"12345").await;
    it.tag("a b/\u{e9}+").await;
    it.delete("a b/\u{e9}+", None).await;
    it.delete("never there", None).await;
    *it.told.busy.lock() = false;
    let running = it.running();
    until("three messages came", || async {
        it.told.records().len() == 3
    })
    .await;
    let expected = [
        "ObjectCreated:Put a+b/%C3%A9%2B",
        "ObjectRemoved:Delete a+b/%C3%A9%2B",
        "ObjectTagging:Put a+b/%C3%A9%2B",
    ];
    assert_eq!(it.told.names(), expected);
    let records = it.told.records();
    let of = |name: &str| records.iter().find(|it| it["eventName"] == name).unwrap();
    let put = of("ObjectCreated:Put");
    assert_eq!(put["eventVersion"], "2.1");
    assert_eq!(put["s3"]["configurationId"], "jobs");
    assert_eq!(put["s3"]["bucket"]["name"], BUCKET);
    assert_eq!(put["s3"]["object"]["size"], 5);
    assert_eq!(
        put["s3"]["object"]["eTag"],
        "827ccb0eea8a706c4c34a16891f84e7b"
    );
    assert_eq!(of("ObjectTagging:Put")["eventVersion"], "2.3");
    let sequencer = |name| {
        of(name)["s3"]["object"]["sequencer"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert!(sequencer("ObjectCreated:Put") < sequencer("ObjectRemoved:Delete"));
    drop(running);
}

#[tokio::test]
async fn versions_markers_and_what_rules_let_expire() {
    let it = It::new().await;
    it.versioning("Enabled").await;
    it.notify(to_queue(QUEUE, &ALL)).await.unwrap();
    let version = it.put("k", b"1").await.version_id.unwrap();
    let marker = it.delete("k", None).await.version_id.unwrap();
    it.delete("k", Some(&version)).await;
    it.put("old", b"1").await;
    it.lifecycle(LifecycleRule {
        expiration: Some(LifecycleExpiration {
            days: Some(1),
            ..LifecycleExpiration::default()
        }),
        ..LifecycleRule::default()
    })
    .await;
    it.clock.advance(72 * HOUR);
    it.s3.keep_up().await.unwrap();
    let _running = it.running();
    until("five messages came", || async {
        it.told.records().len() >= 5
    })
    .await;
    let names = it.told.names();
    let expected = [
        "LifecycleExpiration:DeleteMarkerCreated old",
        "ObjectCreated:Put k",
        "ObjectCreated:Put old",
        "ObjectRemoved:Delete k",
        "ObjectRemoved:DeleteMarkerCreated k",
    ];
    for name in expected {
        assert!(names.iter().any(|it| it == name), "{name} of {names:?}");
    }
    let records = it.told.records();
    let of = |name: &str| {
        records.iter().find(|it| it["eventName"] == name).unwrap()["s3"]["object"].clone()
    };
    assert_eq!(of("ObjectRemoved:DeleteMarkerCreated")["versionId"], marker);
    assert_eq!(of("ObjectRemoved:Delete")["versionId"], version);
}

#[tokio::test]
async fn event_bridge_hears_what_is_written_down() {
    let it = It::new().await;
    let announcing = wharf_svc_s3::ANNOUNCING;
    let prefix = wharf_records::Scope::service_prefix(announcing.service);
    let since = it.world.store.revision().await.unwrap();
    it.notify(NotificationConfiguration {
        event_bridge_configuration: Some(EventBridgeConfiguration {}),
        ..NotificationConfiguration::default()
    })
    .await
    .unwrap();
    it.put("a b", b"12345").await;
    it.delete("a b", None).await;
    let mut watch = it.world.store.watch(prefix, since + 1);
    let mut said = Vec::new();
    while said.len() < 2 {
        let batch = watch.next().await.unwrap();
        let events: Vec<&wharf_store::Event> = batch.events.iter().collect();
        said.extend((announcing.of)(&events, wharf_base::Timestamp(0)));
    }
    assert_eq!(
        (said[0].source, said[0].detail_type),
        ("aws.s3", "Object Created")
    );
    assert_eq!(said[0].resources, [format!("arn:aws:s3:::{BUCKET}")]);
    assert_eq!(said[0].detail["object"]["key"], "a b");
    assert_eq!(said[0].detail["object"]["size"], 5);
    assert_eq!(said[0].detail["reason"], "PutObject");
    assert_eq!(said[1].detail_type, "Object Deleted");
    assert_eq!(said[1].detail["deletion-type"], "Permanently Deleted");
    let _running = it.running();
    let parcels = || async { it.world.stored("/w1/c0/s3-notices/000000000000/").await };
    until("nothing is owed", || async { parcels().await.is_empty() }).await;
    assert!(it.told.sent.lock().is_empty());
}

#[tokio::test]
async fn who_does_not_take_the_test_is_not_taken() {
    let it = It::new().await;
    for (name, why) in [
        (
            "shut",
            "Permissions on the destination queue do not allow S3 to publish notifications from this bucket",
        ),
        ("gone", "The destination queue does not exist"),
    ] {
        let arn = format!("arn:aws:sqs:us-east-1:000000000000:{name}");
        let answer = it.notify(to_queue(&arn, &ALL)).await;
        let members = format!("{:?}", answer.as_ref().unwrap_err().members);
        assert!(members.contains(why), "{members}");
        let text = "Unable to validate the following destination configurations";
        refused(answer, "InvalidArgument", text);
    }
    let input = GetBucketNotificationConfigurationRequest {
        bucket: Some(BUCKET.to_owned()),
        ..GetBucketNotificationConfigurationRequest::default()
    };
    let shown = it
        .s3
        .get_bucket_notification_configuration(&call(), input)
        .await;
    assert_eq!(shown.unwrap(), NotificationConfiguration::default());
}
