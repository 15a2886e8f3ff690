//! Deliveries of what services log: their three parts, who lets them in, and what arrives.

use std::{
    collections::BTreeMap,
    io::Read as _,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use parking_lot::Mutex;
use serde_json::{Value, json};
use wharf_api_logs::{Input, Logs, types::*};
use wharf_base::{TestClock, Timestamp};
use wharf_delivery::{Actor, LogDeliveries as _, LogRecord, Operations, Request};
use wharf_svc_logs::LogsService;
use wharf_testkit::{ACCOUNT, refused};
use wharf_wire::{ByteStream, Call, Check, Fault, async_trait};

use crate::support::{NOW, arn, call, make, open};

pub const BUS: &str = "arn:aws:events:us-east-1:000000000000:event-bus/shop";
/// Milliseconds that records gather for a file.
pub const GATHERED: i64 = 10_000;
pub const WRITER: &str = "delivery.logs.amazonaws.com";
const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"delivery.logs.amazonaws.com"},"Action":"s3:PutObject","Resource":"*"}]}"#;

/// Buses, but for one that is `gone`, a bucket that lets the service in, and what was written into it.
#[derive(Default)]
pub struct Around {
    /// Names and contents, as often as they were put.
    pub files: Mutex<Vec<(String, String)>>,
    /// What was asked about by a bucket's policy.
    folders: Mutex<Vec<String>>,
    /// As whom events were to be put.
    writers: Mutex<Vec<Actor>>,
    bucket_is_shut: AtomicBool,
    /// Objects are refused.
    pub takes_nothing: AtomicBool,
    /// Who puts an object hears nothing.
    pub is_silent: AtomicBool,
}

#[async_trait]
impl Operations for Around {
    async fn call(&self, _: &Actor, request: &Request) -> Result<Value, Fault> {
        match &*request.operation {
            "DescribeEventBus" if request.input["Name"] == "gone" => {
                let text = "Event bus gone does not exist.";
                Err(Fault::sender("ResourceNotFoundException", 400, text))
            }
            "DescribeEventBus" => Ok(json!({})),
            "ListTagsForResource" if request.input["ResourceARN"] == BUS => {
                Ok(json!({"Tags": [{"Key": "team", "Value": "shop"}]}))
            }
            "ListTagsForResource" => {
                let text = "There is no such event bus.";
                Err(Fault::sender("ResourceNotFoundException", 400, text))
            }
            "GetBucketPolicy" if !self.bucket_is_shut.load(Ordering::Relaxed) => {
                Ok(json!({ "Policy": POLICY }))
            }
            _ => Ok(json!({})),
        }
    }

    async fn call_with_body(
        &self,
        _: &Actor,
        request: &Request,
        body: ByteStream,
    ) -> Result<Value, Fault> {
        if self.takes_nothing.load(Ordering::Relaxed) {
            return Err(Fault::sender("AccessDenied", 403, "no"));
        }
        let packed = body.reader().whole(usize::MAX).await;
        let packed = packed.map_err(|fault| fault.expect("there is no bound"))?;
        let mut text = String::new();
        flate2::read::GzDecoder::new(packed.as_slice())
            .read_to_string(&mut text)
            .unwrap();
        let key = request.input["Key"].as_str().unwrap().to_owned();
        self.files.lock().push((key, text));
        if self.is_silent.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        Ok(json!({}))
    }

    /// As policies of resources say; there are no others for the service.
    async fn may(&self, actor: &Actor, _: &str, checks: &[Check]) -> Result<(), Fault> {
        assert!(matches!(actor, Actor::Service { name, .. } if name == WRITER));
        let into_buckets = checks.iter().filter(|it| it.action == "s3:PutObject");
        let into_buckets = into_buckets.map(|it| it.resource.clone());
        self.folders.lock().extend(into_buckets);
        if checks.iter().any(|it| it.action == "logs:PutLogEvents") {
            self.writers.lock().push(actor.clone());
        }
        let is_in = |it: &Check| {
            let policy = it.resource_policy.as_deref();
            policy.is_some_and(|it| it.contains(WRITER))
        };
        match checks.iter().all(is_in) {
            true => Ok(()),
            false => Err(Fault::sender("AccessDeniedException", 400, "no")),
        }
    }

    async fn may_assume(&self, _: &str, _: &str, _: &str) -> Result<(), Fault> {
        Ok(())
    }
}

fn start() -> (tempfile::TempDir, LogsService, Arc<Around>) {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    let around = Arc::new(Around::default());
    logs.calling(around.clone());
    (folder, logs, around)
}

pub async fn source(
    logs: &LogsService,
    name: &str,
    resource: &str,
    log_type: &str,
) -> Result<DeliverySource, Fault> {
    let input = PutDeliverySourceRequest {
        name: Some(name.to_owned()),
        resource_arn: Some(resource.to_owned()),
        log_type: Some(log_type.to_owned()),
        ..Default::default()
    };
    let put = logs.put_delivery_source(&call(), input).await;
    put.map(|it| it.delivery_source.unwrap())
}

pub async fn destination(
    logs: &LogsService,
    name: &str,
    target: &str,
    format: Option<&str>,
) -> Result<DeliveryDestination, Fault> {
    let input = PutDeliveryDestinationRequest {
        name: Some(name.to_owned()),
        output_format: format.map(str::to_owned),
        delivery_destination_configuration: Some(DeliveryDestinationConfiguration {
            destination_resource_arn: Some(target.to_owned()),
        }),
        ..Default::default()
    };
    let put = logs.put_delivery_destination(&call(), input).await;
    put.map(|it| it.delivery_destination.unwrap())
}

fn destination_arn(name: &str) -> String {
    format!("arn:aws:logs:us-east-1:{ACCOUNT}:delivery-destination:{name}")
}

pub fn joining(source: &str, destination: &str) -> CreateDeliveryRequest {
    CreateDeliveryRequest {
        delivery_source_name: Some(source.to_owned()),
        delivery_destination_arn: Some(destination_arn(destination)),
        ..Default::default()
    }
}

pub async fn join(logs: &LogsService, input: CreateDeliveryRequest) -> Result<Delivery, Fault> {
    let made = logs.create_delivery(&call(), input).await;
    made.map(|it| it.delivery.unwrap())
}

/// Logs a record of the bus, so many milliseconds after [`NOW`].
pub async fn log(logs: &LogsService, log_type: &'static str, message_type: &str, at: i64) {
    let fields = json!({"resource_arn": BUS, "message_type": message_type, "details": {"a": 1}});
    let record = LogRecord {
        log_type,
        at: Timestamp(NOW + at),
        fields: fields.as_object().unwrap().clone(),
    };
    logs.log(BUS, vec![record], Timestamp(NOW + at)).await;
}

/// Delivers what is due so many milliseconds after [`NOW`].
pub async fn deliver_at(logs: &LogsService, at: i64) {
    let clock = TestClock::at(Timestamp(NOW + at));
    logs.deliver_records_once(&clock).await;
}

/// Delivers what waits, in files too.
async fn deliver(logs: &LogsService) {
    deliver_at(logs, GATHERED).await;
}

/// The events that were delivered to a group: their times and their texts.
pub async fn delivered(logs: &LogsService, call: &Call, group: &str) -> Vec<(i64, String)> {
    let input = GetLogEventsRequest {
        log_group_name: Some(group.to_owned()),
        log_stream_name: Some("EventBridgeEventBusLogs".to_owned()),
        start_from_head: Some(true),
        ..Default::default()
    };
    let found = logs.get_log_events(call, input).await.unwrap();
    let events = found.events.unwrap_or_default().into_iter();
    events
        .map(|it| (it.timestamp.unwrap(), it.message.unwrap()))
        .collect()
}

#[tokio::test]
async fn records_arrive_in_a_group_and_in_a_bucket() {
    let (_folder, logs, around) = start();
    make(&logs, "/aws/vendedlogs/shop", &[]).await;
    assert!(!logs.are_any());
    let made = source(&logs, "info", BUS, "INFO_LOGS").await.unwrap();
    assert_eq!(made.service.as_deref(), Some("events"));
    let to = destination(&logs, "group", &arn("/aws/vendedlogs/shop"), None).await;
    assert_eq!(
        to.unwrap().delivery_destination_type.as_deref(),
        Some("CWL")
    );
    let to_group = join(&logs, joining("info", "group")).await.unwrap();
    let to = destination(&logs, "bucket", "arn:aws:s3:::kept/logs", Some("w3c")).await;
    assert_eq!(to.unwrap().delivery_destination_type.as_deref(), Some("S3"));
    let mut asked = joining("info", "bucket");
    asked.record_fields = Some(vec!["message_type".to_owned(), "error".to_owned()]);
    asked.s3_delivery_configuration = Some(S3DeliveryConfiguration {
        suffix_path: Some("{event-bus-name}/{yyyy}".to_owned()),
        enable_hive_compatible_path: Some(true),
    });
    join(&logs, asked).await.unwrap();
    assert!(logs.are_any() && logs.wants(BUS, "INFO_LOGS") && !logs.wants(BUS, "TRACE_LOGS"));

    log(&logs, "INFO_LOGS", "RULE_MATCH", 0).await;
    log(&logs, "TRACE_LOGS", "EVENT_RECEIPT", 0).await;
    around.writers.lock().clear();
    deliver(&logs).await;
    let expected = Actor::Service {
        name: WRITER.to_owned(),
        account: ACCOUNT.to_owned(),
        source_arn: format!("arn:aws:logs:us-east-1:{ACCOUNT}:delivery-source:info"),
    };
    assert_eq!(*around.writers.lock(), [expected]);
    let group = "/aws/vendedlogs/shop";
    let events = delivered(&logs, &call(), group).await;
    let [(time, message)] = &events[..] else {
        panic!("one event: {events:?}");
    };
    let record: Value = serde_json::from_str(message).unwrap();
    assert_eq!(record["message_type"], "RULE_MATCH");
    assert_eq!((*time, &record["details"]["a"]), (NOW, &json!(1)));
    let files = std::mem::take(&mut *around.files.lock());
    let (key, text) = &files[0];
    let folder = format!(
        "logs/AWSLogs/aws-account-id={ACCOUNT}/EventBusLogs/event-bus-name=shop/year=2026/"
    );
    assert!(key.starts_with(&folder), "{key}");
    assert_eq!(
        text,
        "#Version: 1.0\n#Fields: message_type error\nRULE_MATCH\t-\n"
    );

    // The service was let into the group by a policy that CreateDelivery put.
    let policies = logs
        .describe_resource_policies(&call(), Default::default())
        .await
        .unwrap();
    let policy = &policies.resource_policies.unwrap()[0];
    assert_eq!(
        policy.policy_name.as_deref(),
        Some("AWSLogDeliveryWrite20150319")
    );

    // Another form from now on; and nothing once it is gone.
    let id = to_group.id;
    let update = UpdateDeliveryConfigurationRequest {
        id: id.clone(),
        record_fields: Some(vec!["message_type".to_owned()]),
        ..Default::default()
    };
    logs.update_delivery_configuration(&call(), update)
        .await
        .unwrap();
    log(&logs, "INFO_LOGS", "RULE_MATCH", 1).await;
    deliver(&logs).await;
    let events = delivered(&logs, &call(), group).await;
    let short = (NOW + 1, r#"{"message_type":"RULE_MATCH"}"#.to_owned());
    assert_eq!(events[1..], [short]);
    logs.delete_delivery(&call(), DeleteDeliveryRequest { id })
        .await
        .unwrap();
    log(&logs, "INFO_LOGS", "RULE_MATCH", 2).await;
    deliver(&logs).await;
    assert_eq!(delivered(&logs, &call(), group).await.len(), 2);
    assert_eq!(logs.dropped_records(), 0);
}

#[tokio::test]
async fn the_next_process_knows_its_deliveries_before_it_works() {
    let (folder, logs, around) = start();
    logs.read_routes().await;
    assert!(!logs.are_any());
    make(&logs, "g", &[]).await;
    source(&logs, "info", BUS, "INFO_LOGS").await.unwrap();
    source(&logs, "trace", BUS, "TRACE_LOGS").await.unwrap();
    destination(&logs, "d", &arn("g"), None).await.unwrap();
    join(&logs, joining("info", "d")).await.unwrap();
    let gone = join(&logs, joining("trace", "d")).await.unwrap();
    let delete = DeleteDeliveryRequest { id: gone.id };
    logs.delete_delivery(&call(), delete).await.unwrap();
    drop(logs);
    let logs = open(folder.path());
    logs.calling(around.clone());
    assert!(!logs.are_any());
    logs.read_routes().await;
    assert!(logs.wants(BUS, "INFO_LOGS") && !logs.wants(BUS, "TRACE_LOGS"));
    log(&logs, "INFO_LOGS", "RULE_MATCH", 0).await;
    deliver(&logs).await;
    assert_eq!(delivered(&logs, &call(), "g").await.len(), 1);
}

#[tokio::test]
async fn what_is_no_source_or_no_destination_is_refused() {
    let (_folder, logs, _) = start();
    let (missing, invalid) = ("ResourceNotFoundException", "ValidationException");
    for (resource, log_type, code, text) in [
        ("x", "INFO_LOGS", invalid, "Invalid ARN provided."),
        (
            "arn:aws:cloudfront::000000000000:distribution/E1",
            "ACCESS_LOGS",
            missing,
            "Cannot access provided service.",
        ),
        (
            BUS,
            "ACCESS_LOGS",
            invalid,
            "This service is not allowed for this LogSource.",
        ),
        (
            "arn:aws:events:us-east-1:111122223333:event-bus/shop",
            "INFO_LOGS",
            invalid,
            "The resourceArn must be of the account and the region of the request.",
        ),
        (
            "arn:aws:events:us-east-1:000000000000:event-bus/gone",
            "INFO_LOGS",
            missing,
            "Event bus gone does not exist.",
        ),
    ] {
        refused(source(&logs, "s", resource, log_type).await, code, text);
    }
    let of = |target: &'static str, format| destination(&logs, "d", target, format);
    let firehose = "arn:aws:firehose:us-east-1:000000000000:deliverystream/a";
    let fault = of(firehose, None).await.unwrap_err();
    assert!(
        fault.message.contains("firehose are not supported"),
        "{fault}"
    );
    let group = "arn:aws:logs:us-east-1:000000000000:log-group:none";
    assert_eq!(of(group, None).await.unwrap_err().code, missing);
    let reserved = of("arn:aws:s3:::b/AWSLogs/x", None).await.unwrap_err();
    assert!(reserved.message.contains("reserved"), "{reserved}");
    make(&logs, "there", &[]).await;
    let there = "arn:aws:logs:us-east-1:000000000000:log-group:there:*";
    let fault = of(there, Some("w3c")).await.unwrap_err();
    assert!(fault.message.contains("outputFormat w3c"), "{fault}");
    of(there, Some("plain")).await.unwrap();
    refused(
        of(there, Some("json")).await,
        invalid,
        "Update to existing Delivery Destination with new Output Format is not allowed. Please create a new Delivery Destination instead.",
    );
}

#[tokio::test]
async fn tags_that_break_the_rules_are_refused_of_each_part() {
    let (_folder, logs, _) = start();
    make(&logs, "g", &[]).await;
    source(&logs, "s", BUS, "INFO_LOGS").await.unwrap();
    destination(&logs, "d", &arn("g"), None).await.unwrap();
    let reserved = BTreeMap::from([("aws:a".to_owned(), "b".to_owned())]);
    let many = (0..51).map(|it| (it.to_string(), String::new())).collect();
    for (tags, text) in [
        (
            reserved,
            "The tag key aws:a is reserved: keys may not start with aws:.",
        ),
        (many, "A resource can have at most 50 tags."),
    ] {
        let invalid = "ValidationException";
        let of_source = PutDeliverySourceRequest {
            name: Some("t".to_owned()),
            resource_arn: Some(BUS.to_owned()),
            log_type: Some("ERROR_LOGS".to_owned()),
            tags: Some(tags.clone()),
            ..Default::default()
        };
        let put = logs.put_delivery_source(&call(), of_source).await;
        refused(put, invalid, text);
        let of_destination = PutDeliveryDestinationRequest {
            name: Some("t".to_owned()),
            delivery_destination_configuration: Some(DeliveryDestinationConfiguration {
                destination_resource_arn: Some(arn("g")),
            }),
            tags: Some(tags.clone()),
            ..Default::default()
        };
        let put = logs.put_delivery_destination(&call(), of_destination).await;
        refused(put, invalid, text);
        let mut of_delivery = joining("s", "d");
        of_delivery.tags = Some(tags.clone());
        refused(join(&logs, of_delivery).await, invalid, text);
        // To tag them later is an operation that says it in the older way.
        let tag = TagResourceRequest {
            resource_arn: Some(destination_arn("d")),
            tags: Some(tags),
        };
        let fault = logs.tag_resource(&call(), tag).await.unwrap_err();
        assert_eq!(fault.message, text);
        assert_ne!(fault.code, invalid);
    }
}

#[tokio::test]
async fn each_part_is_there_once_and_stays_while_it_is_used() {
    let (_folder, logs, around) = start();
    make(&logs, "g", &[]).await;
    source(&logs, "one", BUS, "INFO_LOGS").await.unwrap();
    source(&logs, "one", BUS, "INFO_LOGS").await.unwrap();
    let conflict = "ConflictException";
    refused(
        source(&logs, "two", BUS, "INFO_LOGS").await,
        conflict,
        "This ResourceId has already been used in another Delivery Source in this account.",
    );
    let other = "arn:aws:events:us-east-1:000000000000:event-bus/other";
    refused(
        source(&logs, "one", other, "INFO_LOGS").await,
        conflict,
        "Update to existing Delivery Source with new ResourceId is not allowed. Please create a new Delivery Source instead.",
    );
    source(&logs, "two", BUS, "ERROR_LOGS").await.unwrap();
    for name in ["d", "e"] {
        destination(&logs, name, &arn("g"), None).await.unwrap();
    }
    let fault = join(&logs, joining("none", "d")).await.unwrap_err();
    assert_eq!(
        fault.message,
        "Requested Delivery Source does not exist in this account."
    );
    let fault = join(&logs, joining("one", "none")).await.unwrap_err();
    assert_eq!(
        fault.message,
        "Requested Delivery Destination does not exist in this account."
    );
    let changes: [fn(&mut CreateDeliveryRequest); 3] = [
        |it| it.record_fields = Some(vec!["none".to_owned()]),
        |it| it.field_delimiter = Some(",".to_owned()),
        |it| {
            it.s3_delivery_configuration = Some(S3DeliveryConfiguration::default());
        },
    ];
    for change in changes {
        let mut input = joining("one", "d");
        change(&mut input);
        let fault = join(&logs, input).await.unwrap_err();
        assert_eq!(fault.code, "ValidationException");
    }
    let made = join(&logs, joining("one", "d")).await.unwrap();
    let again = join(&logs, joining("one", "d")).await;
    refused(again, conflict, "The specified Delivery already exists");
    refused(
        join(&logs, joining("one", "e")).await,
        conflict,
        "Delivery already exists for this Delivery Source with the same Delivery Destination Type.",
    );
    let name = Some("one".to_owned());
    let delete = DeleteDeliverySourceRequest { name };
    let kept = logs.delete_delivery_source(&call(), delete.clone()).await;
    assert_eq!(kept.unwrap_err().code, conflict);
    let name = Some("d".to_owned());
    let delete_destination = DeleteDeliveryDestinationRequest { name };
    let kept = logs
        .delete_delivery_destination(&call(), delete_destination.clone())
        .await;
    assert_eq!(kept.unwrap_err().code, conflict);
    let listed = logs.describe_deliveries(&call(), Default::default()).await;
    assert_eq!(
        listed.unwrap().deliveries.unwrap(),
        std::slice::from_ref(&made)
    );
    let id = made.id;
    logs.delete_delivery(&call(), DeleteDeliveryRequest { id })
        .await
        .unwrap();
    logs.delete_delivery_source(&call(), delete).await.unwrap();
    logs.delete_delivery_destination(&call(), delete_destination)
        .await
        .unwrap();
    // Its resource may be another source's now.
    source(&logs, "three", BUS, "INFO_LOGS").await.unwrap();

    around.bucket_is_shut.store(true, Ordering::Relaxed);
    destination(&logs, "b", "arn:aws:s3:::shut", None)
        .await
        .unwrap();
    let fault = join(&logs, joining("three", "b")).await.unwrap_err();
    assert_eq!(fault.code, "AccessDeniedException");
}

#[tokio::test]
async fn a_bucket_is_asked_again_where_files_go_elsewhere() {
    let (_folder, logs, around) = start();
    source(&logs, "s", BUS, "INFO_LOGS").await.unwrap();
    let to = async |target: &str| destination(&logs, "b", target, None).await;
    to("arn:aws:s3:::kept/logs").await.unwrap();
    let mut asked = joining("s", "b");
    asked.s3_delivery_configuration = Some(S3DeliveryConfiguration {
        suffix_path: None,
        enable_hive_compatible_path: Some(true),
    });
    let made = join(&logs, asked).await.unwrap();
    let folders = || std::mem::take(&mut *around.folders.lock());
    let hive = format!("AWSLogs/aws-account-id={ACCOUNT}/logs");
    assert_eq!(folders(), [format!("arn:aws:s3:::kept/logs/{hive}")]);
    let update = async |hive: Option<bool>| {
        let s3 = |hive| S3DeliveryConfiguration {
            suffix_path: None,
            enable_hive_compatible_path: Some(hive),
        };
        let input = UpdateDeliveryConfigurationRequest {
            id: made.id.clone(),
            record_fields: Some(vec!["message_type".to_owned()]),
            s3_delivery_configuration: hive.map(s3),
            ..Default::default()
        };
        logs.update_delivery_configuration(&call(), input).await
    };
    update(Some(false)).await.unwrap();
    let plain = format!("AWSLogs/{ACCOUNT}/logs");
    assert_eq!(folders(), [format!("arn:aws:s3:::kept/logs/{plain}")]);
    to("arn:aws:s3:::other").await.unwrap();
    assert_eq!(folders(), [format!("arn:aws:s3:::other/{plain}")]);

    around.bucket_is_shut.store(true, Ordering::Relaxed);
    let text = format!(
        "Access Denied for Log Destination: the policy of the bucket other does not let delivery.logs.amazonaws.com put objects for arn:aws:logs:us-east-1:{ACCOUNT}:delivery-source:s."
    );
    refused(update(Some(true)).await, "AccessDeniedException", &text);
    // What stays where it is needs nobody's leave.
    update(None).await.unwrap();
    to("arn:aws:s3:::other").await.unwrap();
    let text = text.replace("bucket other", "bucket kept");
    refused(to("arn:aws:s3:::kept").await, "ValidationException", &text);
    let id = made.id.clone();
    let shown = logs.get_delivery(&call(), GetDeliveryRequest { id }).await;
    let s3 = shown.unwrap().delivery.unwrap().s3_delivery_configuration;
    assert_eq!(s3.unwrap().enable_hive_compatible_path, Some(false));
    let name = Some("b".to_owned());
    let get = GetDeliveryDestinationRequest { name };
    let shown = logs.get_delivery_destination(&call(), get).await.unwrap();
    let shown = shown.delivery_destination.unwrap();
    let target = shown.delivery_destination_configuration.unwrap();
    assert_eq!(
        target.destination_resource_arn.as_deref(),
        Some("arn:aws:s3:::other")
    );
    // Without deliveries there is nothing to ask about.
    let delete = DeleteDeliveryRequest { id: made.id };
    logs.delete_delivery(&call(), delete).await.unwrap();
    to("arn:aws:s3:::kept").await.unwrap();
}

#[tokio::test]
async fn an_account_with_ten_policies_gets_no_further_one_by_a_delivery() {
    let (_folder, logs, _) = start();
    make(&logs, "g", &[]).await;
    source(&logs, "s", BUS, "INFO_LOGS").await.unwrap();
    destination(&logs, "d", &arn("g"), None).await.unwrap();
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": {"Service": "route53.amazonaws.com"},
        "Action": "logs:PutLogEvents",
        "Resource": "*",
    }]});
    for number in 0..10 {
        let input = PutResourcePolicyRequest {
            policy_name: Some(format!("p{number}")),
            policy_document: Some(policy.to_string()),
            ..Default::default()
        };
        logs.put_resource_policy(&call(), input).await.unwrap();
    }
    refused(
        join(&logs, joining("s", "d")).await,
        "ServiceQuotaExceededException",
        "This request exceeds a service quota.",
    );
    assert!(!logs.are_any());
    let delete = DeleteDeliverySourceRequest {
        name: Some("s".to_owned()),
    };
    // Nothing of it is left at its source.
    logs.delete_delivery_source(&call(), delete).await.unwrap();
    source(&logs, "s", BUS, "INFO_LOGS").await.unwrap();
    let delete = DeleteResourcePolicyRequest {
        policy_name: Some("p0".to_owned()),
        ..Default::default()
    };
    logs.delete_resource_policy(&call(), delete).await.unwrap();
    join(&logs, joining("s", "d")).await.unwrap();
}

/// The actions and resources that are asked about.
async fn asked(logs: &LogsService, call: &Call, input: Input<'_>) -> Vec<(String, String)> {
    let checks = logs.authorize(call, input).await.unwrap();
    let checks = checks.into_iter();
    checks.map(|it| (it.action, it.resource)).collect()
}

#[tokio::test]
async fn who_makes_them_is_asked_about_the_bus_and_both_ends() {
    let (_folder, logs, _) = start();
    make(&logs, "g", &[]).await;
    let put = PutDeliverySourceRequest {
        name: Some("one".to_owned()),
        resource_arn: Some(BUS.to_owned()),
        log_type: Some("INFO_LOGS".to_owned()),
        ..Default::default()
    };
    let of_source = format!("arn:aws:logs:us-east-1:{ACCOUNT}:delivery-source:one");
    let checks = asked(&logs, &call(), Input::PutDeliverySource(&put)).await;
    let expected = [
        ("logs:PutDeliverySource", of_source.as_str()),
        ("events:AllowVendedLogDeliveryForResource", BUS),
    ];
    let expected = expected.map(|it| (it.0.to_owned(), it.1.to_owned()));
    assert_eq!(checks, expected);
    let tags_of_bus = async |put: &PutDeliverySourceRequest| {
        let checks = logs.authorize(&call(), Input::PutDeliverySource(put)).await;
        checks.unwrap()[1].context.clone()
    };
    let team = ("aws:ResourceTag/team".to_owned(), vec!["shop".to_owned()]);
    assert_eq!(tags_of_bus(&put).await, BTreeMap::from([team]));
    // What is not there, or elsewhere, has none; the operation says so.
    for (account, name) in [(ACCOUNT, "gone"), ("111122223333", "shop")] {
        let other = PutDeliverySourceRequest {
            resource_arn: Some(format!(
                "arn:aws:events:us-east-1:{account}:event-bus/{name}"
            )),
            ..put.clone()
        };
        assert_eq!(tags_of_bus(&other).await, BTreeMap::new());
    }
    source(&logs, "one", BUS, "INFO_LOGS").await.unwrap();
    destination(&logs, "d", &arn("g"), None).await.unwrap();
    let create = joining("one", "d");
    let checks = asked(&logs, &call(), Input::CreateDelivery(&create)).await;
    let actions: Vec<&str> = checks.iter().map(|it| it.0.as_str()).collect();
    let own = "logs:CreateDelivery";
    // The group lets in nobody yet.
    assert_eq!(actions, [own, own, own, "logs:PutResourcePolicy"]);
    assert_eq!(checks[2].1, destination_arn("d"));
    join(&logs, create.clone()).await.unwrap();
    let checks = asked(&logs, &call(), Input::CreateDelivery(&create)).await;
    assert_eq!(checks.len(), 3);
}

/// The condition keys of the first check.
async fn said(logs: &LogsService, input: Input<'_>) -> BTreeMap<String, Vec<String>> {
    let checks = logs.authorize(&call(), input).await.unwrap();
    checks[0].context.clone()
}

#[tokio::test]
async fn policies_see_what_logs_and_where_to() {
    let (_folder, logs, _) = start();
    let one = |key: &str, value: &str| BTreeMap::from([(key.to_owned(), vec![value.to_owned()])]);
    let mut put = PutDeliverySourceRequest {
        name: Some("one".to_owned()),
        resource_arn: Some(BUS.to_owned()),
        ..Default::default()
    };
    assert_eq!(
        said(&logs, Input::PutDeliverySource(&put)).await,
        one("logs:LogGeneratingResourceArns", BUS)
    );
    put.resource_arn = None;
    assert_eq!(
        said(&logs, Input::PutDeliverySource(&put)).await,
        BTreeMap::new()
    );
    let mut put = PutDeliveryDestinationRequest {
        name: Some("d".to_owned()),
        delivery_destination_configuration: Some(DeliveryDestinationConfiguration {
            destination_resource_arn: Some(arn("g")),
        }),
        ..Default::default()
    };
    assert_eq!(
        said(&logs, Input::PutDeliveryDestination(&put)).await,
        one("logs:DeliveryDestinationResourceArn", &arn("g"))
    );
    put.delivery_destination_configuration = None;
    assert_eq!(
        said(&logs, Input::PutDeliveryDestination(&put)).await,
        BTreeMap::new()
    );
}

#[tokio::test]
async fn templates_tell_what_there_is() {
    let (_folder, logs, _) = start();
    let asked = DescribeConfigurationTemplatesRequest {
        log_types: Some(vec!["INFO_LOGS".to_owned()]),
        ..Default::default()
    };
    let told = logs
        .describe_configuration_templates(&call(), asked)
        .await
        .unwrap();
    let told = told.configuration_templates.unwrap();
    let of = |it: &ConfigurationTemplate| {
        let formats = it.allowed_output_formats.clone().unwrap().len();
        (it.delivery_destination_type.clone().unwrap(), formats)
    };
    let all: Vec<_> = told.iter().map(of).collect();
    assert_eq!(all, [("CWL".to_owned(), 2), ("S3".to_owned(), 4)]);
    let other = DescribeConfigurationTemplatesRequest {
        service: Some("cloudfront".to_owned()),
        ..Default::default()
    };
    let none = logs.describe_configuration_templates(&call(), other).await;
    assert_eq!(none.unwrap().configuration_templates.unwrap(), []);
}
