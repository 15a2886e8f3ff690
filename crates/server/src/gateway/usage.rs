//! How often each operation is called, as metrics under `AWS/Usage`, for the account that calls. Logs has what becomes of
//! its operations under `AWS/Logs` too, and EventBridge calls of PutEvents that it never saw under `AWS/Events`.
//!
//! Each name under which something counts is kept for over a year, so clients choose none of them: operations are
//! those of the schema, and regions those of AWS and the installation's own.

use std::sync::Arc;

use wharf_base::regions::REGIONS;
use wharf_vended::{Counters, Subject, Together};
use wharf_wire::{Context, schema::ServiceSchema};

use super::throttle::Throttle;
use crate::services::SERVICES;

/// The model that has metrics of its operations besides.
const LOGS: &str = "logs";

/// Counts a request whose signature holds. One that came too fast counts as throttled besides. `home` is the
/// installation's region.
pub(super) fn called(
    counters: &Counters,
    cx: &Context,
    home: &str,
    (schema, operation): (&'static ServiceSchema, &str),
    throttled: bool,
) {
    if let Some(of) = subject(&cx.account, (&cx.region, home), schema, operation) {
        count(counters, schema, of, throttled);
    }
}

fn count(counters: &Counters, schema: &ServiceSchema, of: Subject, throttled: bool) {
    let is_put = of.dimensions.iter().any(|it| it.1 == "PutEvents");
    counters.together(|counts| {
        call(counts, &of, throttled);
        if schema.name == LOGS {
            under_logs(of, |of| {
                call(counts, of, throttled);
                if throttled {
                    error(counts, of);
                }
            });
        } else if schema.name == "events" && is_put && throttled {
            let of = Subject {
                namespace: "AWS/Events",
                dimensions: Vec::new(),
                ..of
            };
            counts.one(&of, "PutEventsApproximateCallCount");
            counts.one(&of, "PutEventsApproximateThrottledCount");
        }
    });
}

fn call(counts: &mut Together<'_>, of: &Subject, throttled: bool) {
    counts.add(of, "CallCount", "None", 1.0);
    if throttled {
        counts.add(of, "ThrottleCount", "None", 1.0);
    }
}

fn error(counts: &mut Together<'_>, of: &Subject) {
    counts.add(of, "ErrorCount", "None", 1.0);
}

/// What Logs tells of its own: the operation, and all of the account together.
fn under_logs(of: Subject, mut each: impl FnMut(&Subject)) {
    let mut of = Subject {
        namespace: "AWS/Logs",
        ..of
    };
    each(&of);
    of.dimensions.clear();
    each(&of);
}

/// A call whose errors count, until it is known how it ends. Every call comes by here and few fail, so it allocates nothing.
pub(super) struct Pending<'a> {
    schema: &'static ServiceSchema,
    operation: &'static str,
    context: Arc<Context>,
    region: &'a str,
}

/// `None` for other services than Logs: of their errors nothing is told.
pub(super) fn pending<'a>(
    cx: &Arc<Context>,
    home: &'a str,
    (schema, operation): (&'static ServiceSchema, &str),
) -> Option<Pending<'a>> {
    if schema.name != LOGS {
        return None;
    }
    Some(Pending {
        schema,
        operation: schema.operations[schema.find_operation(operation)?].name,
        region: known(&cx.region, home)?,
        context: cx.clone(),
    })
}

impl Pending<'_> {
    /// Counts that it came to an error.
    pub(super) fn failed(&self, counters: &Counters) {
        let account = &self.context.account;
        let regions = (self.region, self.region);
        if let Some(of) = subject(account, regions, self.schema, self.operation) {
            counters.together(|counts| under_logs(of, |of| error(counts, of)));
        }
    }
}

/// A region that metrics may be of, which clients do not name as they like.
fn known<'a>(region: &str, home: &'a str) -> Option<&'a str> {
    if region == home {
        return Some(home);
    }
    let found = REGIONS.binary_search_by_key(&region, |(it, _)| it);
    found.ok().map(|at| REGIONS[at].0)
}

/// `None`: it does not count. Requests that nobody signed have no account.
fn subject(
    account: &str,
    (region, home): (&str, &str),
    schema: &'static ServiceSchema,
    operation: &str,
) -> Option<Subject> {
    let operation = schema.operations[schema.find_operation(operation)?].name;
    let region = known(region, home)?;
    if account.is_empty() {
        return None;
    }
    Some(Subject {
        account: account.to_owned(),
        region: region.to_owned(),
        namespace: "AWS/Usage",
        dimensions: vec![
            ("Type", "API".to_owned()),
            ("Resource", operation.to_owned()),
            ("Service", name(schema.name)?.to_owned()),
            ("Class", "None".to_owned()),
        ],
    })
}

/// Calls a second of an operation, both as the dimensions name them.
pub fn quota(throttle: &Throttle, service: &str, operation: &str) -> Option<f64> {
    let mut schemas = SERVICES.iter().map(|it| it.schema);
    let schema = schemas.find(|it| name(it.name) == Some(service))?;
    schema.find_operation(operation)?;
    throttle.per_second(schema.name, operation)
}

/// What the dimension calls a service, by the name of its model; `None` for what is no service of AWS.
fn name(model: &str) -> Option<&'static str> {
    Some(match model {
        "acm" => "Certificate Manager",
        "application-autoscaling" => "Application Auto Scaling",
        "autoscaling" => "EC2 Auto Scaling",
        "ce" => "Cost Explorer",
        "cloudtrail" => "CloudTrail",
        "cloudwatch" => "CloudWatch",
        "ec2" => "EC2",
        "ecr" => "ECR",
        "ecr-public" => "ECR Public",
        "ecs" => "ECS",
        "efs" => "Elastic File System",
        "eks" => "EKS",
        "eks-auth" => "EKS Auth",
        "elbv2" => "Elastic Load Balancing",
        "events" => "EventBridge",
        "iam" => "IAM",
        "inspector2" => "Inspector",
        "kms" => "KMS",
        "logs" => "Logs",
        "resourcegroupstaggingapi" => "Resource Groups Tagging API",
        "s3" => "S3",
        "scheduler" => "Scheduler",
        "secretsmanager" => "Secrets Manager",
        "sns" => "SNS",
        "sqs" => "SQS",
        "ssm" => "Systems Manager",
        "sts" => "STS",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use wharf_base::{TestClock, Timestamp};

    use super::*;
    use crate::gateway::throttle::Throttling;

    #[test]
    fn each_service_of_aws_has_a_name() {
        for row in SERVICES {
            let model = row.schema.name;
            assert_eq!(name(model).is_some(), model != "wharf", "{model}");
        }
    }

    #[test]
    fn quotas_are_those_of_the_buckets() {
        let rates = [("cloudwatch", wharf_svc_cloudwatch::RATES)];
        let with = |throttling| Throttle::new(throttling, rates.into());
        let twice = with(Throttling::Scaled(2.0));
        let of = |operation| quota(&twice, "CloudWatch", operation);
        let (_, rate) = wharf_svc_cloudwatch::RATES.find("PutMetricData", true);
        assert_eq!(of("PutMetricData"), Some(2.0 * rate.per_second));
        assert_eq!(of("PutMetricDataOfMine"), None);
        assert_eq!(quota(&twice, "Clouds", "PutMetricData"), None);
        let off = with(Throttling::Off);
        assert_eq!(quota(&off, "CloudWatch", "PutMetricData"), None);
    }

    /// What is counted of a call: namespace, values of dimensions, name and sum, sorted.
    fn counted(service: &str, operation: &str, throttled: bool) -> Vec<String> {
        let mut schemas = SERVICES.iter().map(|it| it.schema);
        let schema = schemas.find(|it| it.name == service).unwrap();
        let of = subject("1", ("eu-west-1", "attic-1"), schema, operation).unwrap();
        let counters = Counters::new(Arc::new(TestClock::at(Timestamp(0))));
        count(&counters, schema, of, throttled);
        told(&counters)
    }

    fn told(counters: &Counters) -> Vec<String> {
        let points = counters.take(i64::MAX).into_iter().flat_map(|it| it.1);
        let points = points.map(|(_, it)| {
            let values: Vec<_> = it.dimensions.iter().map(|it| it.1.as_str()).collect();
            let (namespace, name, sum) = (it.namespace, it.name, it.summary.sum);
            format!("{namespace} [{}] {name} {sum}", values.join(" "))
        });
        let mut points: Vec<_> = points.collect();
        points.sort();
        points
    }

    #[test]
    fn a_call_counts_once_and_for_logs_under_its_own_namespace_too() {
        assert_eq!(
            counted("ecs", "ListClusters", false),
            ["AWS/Usage [API ListClusters ECS None] CallCount 1"]
        );
        assert_eq!(
            counted("logs", "PutLogEvents", false),
            [
                "AWS/Logs [API PutLogEvents Logs None] CallCount 1",
                "AWS/Logs [] CallCount 1",
                "AWS/Usage [API PutLogEvents Logs None] CallCount 1",
            ]
        );
    }

    #[test]
    fn errors_of_logs_count_and_those_of_others_do_not() {
        let of = |service: &str, region: &str, operation: &str| {
            let mut schemas = SERVICES.iter().map(|it| it.schema);
            let schema = schemas.find(|it| it.name == service).unwrap();
            let cx = Context::internal("000000000001", region, "test", Timestamp(0));
            let cx = Arc::new(cx);
            let counters = Counters::new(Arc::new(TestClock::at(Timestamp(0))));
            if let Some(it) = pending(&cx, "attic-1", (schema, operation)) {
                it.failed(&counters);
            }
            told(&counters)
        };
        let wanted = [
            "AWS/Logs [API PutLogEvents Logs None] ErrorCount 1",
            "AWS/Logs [] ErrorCount 1",
        ];
        assert_eq!(of("logs", "eu-west-1", "PutLogEvents"), wanted);
        assert_eq!(of("logs", "attic-1", "PutLogEvents"), wanted);
        for (service, region, operation) in [
            ("logs", "attic-2", "PutLogEvents"),
            ("logs", "eu-west-1", "PutLogEventsOfMine"),
            ("events", "eu-west-1", "PutEvents"),
        ] {
            assert_eq!(
                of(service, region, operation).len(),
                0,
                "{service} {region}"
            );
        }
    }

    #[test]
    fn what_came_too_fast_is_told_by_those_it_did_not_reach() {
        assert_eq!(
            counted("logs", "PutLogEvents", true),
            [
                "AWS/Logs [API PutLogEvents Logs None] CallCount 1",
                "AWS/Logs [API PutLogEvents Logs None] ErrorCount 1",
                "AWS/Logs [API PutLogEvents Logs None] ThrottleCount 1",
                "AWS/Logs [] CallCount 1",
                "AWS/Logs [] ErrorCount 1",
                "AWS/Logs [] ThrottleCount 1",
                "AWS/Usage [API PutLogEvents Logs None] CallCount 1",
                "AWS/Usage [API PutLogEvents Logs None] ThrottleCount 1",
            ]
        );
        assert_eq!(
            counted("events", "PutEvents", true),
            [
                "AWS/Events [] PutEventsApproximateCallCount 1",
                "AWS/Events [] PutEventsApproximateThrottledCount 1",
                "AWS/Usage [API PutEvents EventBridge None] CallCount 1",
                "AWS/Usage [API PutEvents EventBridge None] ThrottleCount 1",
            ]
        );
        assert_eq!(counted("events", "PutRule", true).len(), 2);
    }

    #[test]
    fn what_clients_name_as_they_like_does_not_count() {
        let mut schemas = SERVICES.iter().map(|it| it.schema);
        let schema = schemas.find(|it| it.name == "ecs").unwrap();
        let long = "x".repeat(1 << 20);
        let counts = |account, region, operation| {
            subject(account, (region, "attic-1"), schema, operation).is_some()
        };
        assert!(counts("1", "eu-west-1", "ListClusters"));
        assert!(counts("1", "attic-1", "ListClusters"));
        assert!(!counts("1", "attic-2", "ListClusters"));
        assert!(!counts("1", "eu-west-1", "ListClustersOfMine"));
        assert!(!counts("1", "eu-west-1", &long));
        assert!(!counts("", "eu-west-1", "ListClusters"), "unsigned");
    }
}
