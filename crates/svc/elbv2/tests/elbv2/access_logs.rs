//! Logs of load balancers: which attributes are taken, and which files of which hosts go into which buckets.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use wharf_api_elbv2::{self as api, Elbv2 as _};
use wharf_delivery::{Actor, Operations, Request};
use wharf_planeproto::{
    access_logs::{Head, LogKind, Place, end_of},
    wire::VERSION,
};
use wharf_svc_elbv2::access_logs::NotTaken;
use wharf_wire::{ByteStream, Check, Fault, async_trait};

use crate::harness::{Harness, call, wait};

/// The only bucket that lets logs in.
const OPEN: &str = "logs";
const PACKED: &[u8] = b"\x1f\x8b entries";

/// Buckets, and what is put into them.
#[derive(Default)]
struct Buckets {
    files: Mutex<Vec<(String, String)>>,
    failing: Mutex<bool>,
}

impl Buckets {
    fn keys(&self) -> Vec<String> {
        let files = self.files.lock().unwrap();
        files
            .iter()
            .map(|it| format!("{}/{}", it.0, it.1))
            .collect()
    }
}

#[async_trait]
impl Operations for Buckets {
    async fn call(&self, _: &Actor, request: &Request) -> Result<Value, Fault> {
        panic!("{request:?}")
    }

    async fn call_with_body(
        &self,
        actor: &Actor,
        request: &Request,
        body: ByteStream,
    ) -> Result<Value, Fault> {
        let Actor::Service {
            name,
            account,
            source_arn,
        } = actor
        else {
            panic!("{actor:?}")
        };
        match &**name {
            "logdelivery.elasticloadbalancing.amazonaws.com" => assert!(
                source_arn.contains(":loadbalancer/app/web/"),
                "{source_arn}"
            ),
            "delivery.logs.amazonaws.com" => {
                assert_eq!(source_arn, "arn:aws:logs:us-east-1:000000000000:*");
            }
            other => panic!("{other}"),
        }
        assert_eq!(account, "000000000000");
        assert_eq!(request.input["ACL"], "bucket-owner-full-control");
        assert_eq!(
            (&*request.service, &*request.operation, &*request.region),
            ("s3", "PutObject", "us-east-1")
        );
        body.reader().whole(1 << 20).await.unwrap();
        let text = |name: &str| request.input[name].as_str().unwrap().to_owned();
        if *self.failing.lock().unwrap() {
            let cause = std::io::Error::other("no disk");
            return Err(Fault::receiver("InternalError", 500, "We failed.", &cause));
        }
        if !text("Bucket").starts_with(OPEN) {
            return Err(Fault::sender("AccessDenied", 403, "Access Denied"));
        }
        let file = (text("Bucket"), text("Key"));
        self.files.lock().unwrap().push(file);
        Ok(json!({}))
    }

    async fn may(&self, _: &Actor, _: &str, _: &[Check]) -> Result<(), Fault> {
        panic!("nobody asks")
    }

    async fn may_assume(&self, _: &str, _: &str, _: &str) -> Result<(), Fault> {
        panic!("nobody asks")
    }
}

struct Home {
    harness: Harness,
    buckets: Arc<Buckets>,
    balancer: String,
}

impl Home {
    /// A load balancer on the host `i-1`.
    async fn start() -> Self {
        Self::of("application").await
    }

    async fn of(kind: &str) -> Self {
        let (harness, buckets) = (Harness::start().await, Arc::<Buckets>::default());
        harness.elb.calling(buckets.clone());
        let made = harness.create_balancer("web", |it| it.type_ = Some(kind.to_owned()));
        let balancer = made.await.unwrap().load_balancer_arn.unwrap();
        let host = harness.elb.lb_host_connected("i-1", "us-east-1a", VERSION);
        host.await.unwrap();
        wait("it is attached", async || {
            !harness.attached().await.is_empty()
        })
        .await;
        Self {
            harness,
            buckets,
            balancer,
        }
    }

    async fn set(&self, pairs: &[(&str, &str)]) -> Result<(), Fault> {
        self.set_of("access_logs", pairs).await
    }

    async fn set_of(&self, log: &str, pairs: &[(&str, &str)]) -> Result<(), Fault> {
        let attribute = |(key, value): &(&str, &str)| api::LoadBalancerAttribute {
            key: Some(format!("{log}.s3.{key}")),
            value: Some((*value).to_owned()),
        };
        let input = api::ModifyLoadBalancerAttributesInput {
            load_balancer_arn: Some(self.balancer.clone()),
            attributes: Some(pairs.iter().map(attribute).collect()),
        };
        let elb = &self.harness.elb;
        elb.modify_load_balancer_attributes(&call(), input)
            .await
            .map(drop)
    }

    async fn enabled(&self) -> bool {
        let input = api::DescribeLoadBalancerAttributesInput {
            load_balancer_arn: Some(self.balancer.clone()),
        };
        let elb = &self.harness.elb;
        let shown = elb.describe_load_balancer_attributes(&call(), input).await;
        let shown = shown.unwrap().attributes.unwrap();
        let is = |it: &api::LoadBalancerAttribute| {
            it.key.as_deref() == Some("access_logs.s3.enabled")
                && it.value.as_deref() == Some("true")
        };
        shown.iter().any(is)
    }

    fn head(&self, bucket: &str) -> Head {
        Head {
            instance: "i-1".to_owned(),
            balancer: self.balancer.clone(),
            kind: LogKind::Access,
            place: Place {
                bucket: bucket.to_owned(),
                prefix: String::new(),
            },
            end: end_of(call().now.millis() / 1000),
            node: [10, 0, 0, 5].into(),
            unique: 7,
            entries: 1,
        }
    }

    async fn give(&self, head: &Head) -> Result<(), NotTaken> {
        let elb = &self.harness.elb;
        elb.take_access_log(head, PACKED.into()).await
    }
}

#[tokio::test]
async fn a_bucket_has_to_take_a_test_file() {
    let home = Home::start().await;
    for (pairs, message) in [
        (
            &[("enabled", "true"), ("bucket", "shut")][..],
            "Access Denied for bucket: shut. Please check S3bucket permission",
        ),
        (
            &[("enabled", "true")],
            "The attribute 'access_logs.s3.bucket' must name a bucket when 'access_logs.s3.enabled' is 'true'",
        ),
        (
            &[("prefix", "a/AWSLogs")],
            "The value of the attribute 'access_logs.s3.prefix' cannot include 'AWSLogs'",
        ),
    ] {
        let fault = home.set(pairs).await.unwrap_err();
        let expected = ("InvalidConfigurationRequest", message);
        assert_eq!((fault.code.as_ref(), &*fault.message), expected);
        assert!(!home.enabled().await, "{pairs:?}");
    }
    *home.buckets.failing.lock().unwrap() = true;
    let on = [("enabled", "true"), ("bucket", OPEN), ("prefix", "p")];
    let fault = home.set(&on).await.unwrap_err();
    assert!(!fault.sender, "{fault:?}");
    *home.buckets.failing.lock().unwrap() = false;
    home.set(&[("bucket", "shut")]).await.expect("not in use");
    home.set(&[("bucket", OPEN), ("prefix", "p")])
        .await
        .unwrap();
    assert_eq!(home.buckets.keys(), Vec::<String>::new());
    home.set(&[("enabled", "true")]).await.unwrap();
    assert!(home.enabled().await);
    let test_file = "logs/p/AWSLogs/000000000000/ELBAccessLogTestFile";
    assert_eq!(home.buckets.keys(), [test_file]);
    // As those say who want none.
    home.set(&[("enabled", "false"), ("bucket", ""), ("prefix", "")])
        .await
        .unwrap();
}

#[tokio::test]
async fn a_host_is_believed_of_what_it_carries_and_of_where_that_writes() {
    let home = Home::start().await;
    let of = home.head(OPEN);
    let unwanted = |given: Result<(), NotTaken>| matches!(given, Err(NotTaken::Unwanted));
    assert!(unwanted(home.give(&of).await), "it keeps no log");
    home.set(&[("enabled", "true"), ("bucket", OPEN)])
        .await
        .unwrap();
    home.give(&of).await.unwrap();
    let written = home.buckets.keys().pop().unwrap();
    assert!(written.starts_with("logs/AWSLogs/000000000000/elasticloadbalancing/us-east-1/"));
    let id = home.balancer.rsplit('/').next().unwrap();
    let rest = "_10.0.0.5_70000000.log.gz";
    assert!(written.contains(&format!("_app.web.{id}_")) && written.ends_with(rest));
    home.give(&of).await.unwrap();
    assert_eq!(home.buckets.keys().pop(), Some(written), "the same object");

    let elsewhere = Head {
        instance: "i-2".to_owned(),
        ..of.clone()
    };
    assert!(unwanted(home.give(&elsewhere).await));
    assert!(unwanted(home.give(&home.head("logs-of-others")).await));
    let other = Head {
        balancer: format!("{}x", home.balancer),
        ..of.clone()
    };
    assert!(unwanted(home.give(&other).await));
    for strange in [
        "",
        "arn:aws:s3:::b",
        "arn:aws:elasticloadbalancing:us-east-1:1:listener/app/a/1/2",
    ] {
        let head = Head {
            balancer: strange.to_owned(),
            ..of.clone()
        };
        assert!(matches!(
            home.give(&head).await,
            Err(NotTaken::Malformed(_))
        ));
    }
    *home.buckets.failing.lock().unwrap() = true;
    assert!(matches!(home.give(&of).await, Err(NotTaken::Failed(_))));
    *home.buckets.failing.lock().unwrap() = false;

    // What is still under way when the log goes elsewhere, ends, or its load balancer is gone.
    home.set(&[("bucket", "logs-too")]).await.unwrap();
    home.give(&of).await.unwrap();
    home.give(&home.head("logs-too")).await.unwrap();
    home.set(&[("enabled", "false")]).await.unwrap();
    home.give(&home.head("logs-too")).await.unwrap();
    home.harness.delete_balancer(&home.balancer).await.unwrap();
    home.give(&of).await.unwrap();
    home.give(&home.head("logs-too")).await.unwrap();
    assert!(unwanted(home.give(&elsewhere).await));
    assert_eq!(home.harness.count("closed-log").await, 1);
}

#[tokio::test]
async fn connections_have_a_log_of_their_own() {
    let home = Home::start().await;
    let on = |bucket| [("enabled", "true"), ("bucket", bucket), ("prefix", "p")];
    let fault = home.set_of("connection_logs", &on("shut")).await;
    let message = "Access Denied for bucket: shut. Please check S3bucket permission";
    let fault = fault.unwrap_err();
    let expected = ("InvalidConfigurationRequest", message);
    assert_eq!((fault.code.as_ref(), &*fault.message), expected);
    home.set_of("connection_logs", &on(OPEN)).await.unwrap();
    let test_file = "logs/p/AWSLogs/000000000000/ELBConnectionLogTestFile";
    assert_eq!(home.buckets.keys(), [test_file]);

    let of_requests = Head {
        place: Place {
            bucket: OPEN.to_owned(),
            prefix: "p".to_owned(),
        },
        ..home.head(OPEN)
    };
    let of_connections = Head {
        kind: LogKind::Connections,
        ..of_requests.clone()
    };
    let refused = home.give(&of_requests).await;
    assert!(matches!(refused, Err(NotTaken::Unwanted)), "it keeps none");
    home.give(&of_connections).await.unwrap();
    let written = home.buckets.keys().pop().unwrap();
    let (_, file) = written.rsplit_once('/').unwrap();
    let start = "conn_log.000000000000_elasticloadbalancing_us-east-1_app.web.";
    assert!(file.starts_with(start) && file.ends_with("_10.0.0.5_70000000.log.gz"));

    // Both, one of them to its end.
    home.set(&[("enabled", "true"), ("bucket", OPEN), ("prefix", "p")])
        .await
        .unwrap();
    home.give(&of_requests).await.unwrap();
    home.set_of("connection_logs", &[("enabled", "false")])
        .await
        .unwrap();
    home.give(&of_connections).await.unwrap();
    home.harness.delete_balancer(&home.balancer).await.unwrap();
    for head in [of_requests, of_connections] {
        home.give(&head).await.unwrap();
    }
}

#[tokio::test]
async fn those_of_network_load_balancers_are_delivered_by_another() {
    let home = Home::of("network").await;
    home.set(&[("enabled", "true"), ("bucket", OPEN)])
        .await
        .unwrap();
    let test_file = "logs/AWSLogs/000000000000/ELBAccessLogTestFile";
    assert_eq!(home.buckets.keys(), [test_file]);
    home.give(&home.head(OPEN)).await.unwrap();
    let written = home.buckets.keys().pop().unwrap();
    let (_, file) = written.rsplit_once('/').unwrap();
    let start = "000000000000_elasticloadbalancing_us-east-1_net.web.";
    assert!(
        file.starts_with(start) && file.ends_with("Z_70000000.log.gz"),
        "{file}"
    );
    let of_connections = Head {
        kind: LogKind::Connections,
        ..home.head(OPEN)
    };
    let refused = home.give(&of_connections).await;
    assert!(matches!(refused, Err(NotTaken::Unwanted)));
    let fault = home
        .set_of("connection_logs", &[("enabled", "false")])
        .await;
    assert!(fault.unwrap_err().message.contains("not recognized"));
}
