//! Requests past the codecs: what operations do with any input that their models allow, and whether
//! their answers can be written.
//!
//! The services are those of the server's table, over a store and a journal in a temporary folder, with
//! something to ask about in them. Everything of an input runs in one world, and what changed it is dropped with it,
//! so that an input does the same each time.

use std::{cell::RefCell, collections::BTreeMap, sync::Arc, time::Duration};

use serde_json::Value;
use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;
use wharf_base::{Clock, Permit, SystemClock};
use wharf_server::{ServerConfig, fuzz::services};
use wharf_wire::{
    Call, Caller, Context, Output, Service, audit, codec::json, constraints, schema::Protocol,
};

use crate::input;

const ACCOUNT: &str = "000000000000";
const REGION: &str = "us-east-1";
/// Nobody listens there.
const PORT: u16 = 4566;
/// Requests of one input.
const MOST: usize = 6;
/// Nothing here waits for anything but a disk.
const PATIENCE: Duration = Duration::from_secs(30);

/// A request: its operation, its input, and which names stand from then on for what of its answer.
type Prepared = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
);

/// What every world begins with; names begin with `$`.
const PREPARED: &[Prepared] = &[
    ("ec2.DescribeVpcs", "{}", &[("$vpc", "/Vpcs/0/VpcId")]),
    (
        "ec2.DescribeSubnets",
        "{}",
        &[
            ("$subnet-a", "/Subnets/0/SubnetId"),
            ("$subnet-b", "/Subnets/1/SubnetId"),
        ],
    ),
    (
        "ec2.DescribeSecurityGroups",
        "{}",
        &[("$group", "/SecurityGroups/0/GroupId")],
    ),
    (
        "elbv2.CreateLoadBalancer",
        r#"{"Name": "web", "Subnets": ["$subnet-a", "$subnet-b"]}"#,
        &[("$balancer", "/LoadBalancers/0/LoadBalancerArn")],
    ),
    (
        "elbv2.CreateTargetGroup",
        r#"{"Name": "web", "Protocol": "HTTP", "Port": 80, "VpcId": "$vpc", "TargetType": "ip"}"#,
        &[("$targets", "/TargetGroups/0/TargetGroupArn")],
    ),
    (
        "elbv2.CreateListener",
        r#"{"LoadBalancerArn": "$balancer", "Protocol": "HTTP", "Port": 80, "DefaultActions": [{"Type": "forward", "TargetGroupArn": "$targets"}]}"#,
        &[("$listener", "/Listeners/0/ListenerArn")],
    ),
    (
        "acm.RequestCertificate",
        r#"{"DomainName": "example.com", "ValidationMethod": "DNS", "KeyAlgorithm": "EC_prime256v1"}"#,
        &[("$certificate", "/CertificateArn")],
    ),
    (
        "iam.CreateRole",
        r#"{"RoleName": "task", "AssumeRolePolicyDocument": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"ecs-tasks.amazonaws.com\"},\"Action\":\"sts:AssumeRole\"}]}"}"#,
        &[],
    ),
    ("iam.CreateUser", r#"{"UserName": "anna"}"#, &[]),
    ("logs.CreateLogGroup", r#"{"logGroupName": "group"}"#, &[]),
    (
        "logs.CreateLogStream",
        r#"{"logGroupName": "group", "logStreamName": "stream"}"#,
        &[],
    ),
    ("ecr.CreateRepository", r#"{"repositoryName": "app"}"#, &[]),
    (
        "ecr-public.CreateRepository",
        r#"{"repositoryName": "app"}"#,
        &[],
    ),
    ("ecs.CreateCluster", r#"{"clusterName": "default"}"#, &[]),
    (
        "ecs.RegisterTaskDefinition",
        r#"{"family": "web", "containerDefinitions": [{"name": "main", "image": "app", "memory": 128}]}"#,
        &[],
    ),
    (
        "secretsmanager.CreateSecret",
        r#"{"Name": "db", "SecretString": "{\"password\": \"x\"}", "Tags": [{"Key": "a", "Value": "b"}]}"#,
        &[("$secret", "/ARN")],
    ),
    (
        "ecs.CreateService",
        r#"{"serviceName": "web", "taskDefinition": "web", "desiredCount": 0}"#,
        &[],
    ),
];

thread_local! {
    /// As good as a new one.
    static UNCHANGED: RefCell<Option<World>> = const { RefCell::new(None) };
}

/// Lines `service.Operation {…}`.
pub fn operations(bytes: &[u8]) {
    let Some(text) = input::text(bytes) else {
        return;
    };
    let requests: Vec<(&str, &str)> = text
        .lines()
        .filter_map(|line| line.split_once(' '))
        .take(MOST)
        .collect();
    if requests.is_empty() {
        return;
    }
    let world = UNCHANGED.take().unwrap_or_else(World::new);
    let mut changed = false;
    for (name, body) in requests {
        let asked = world.runtime.block_on(world.ask(name, body));
        changed |= asked.is_some() && !audit::is_read_only(name.rsplit('.').next().unwrap_or(""));
    }
    if !changed {
        UNCHANGED.set(Some(world));
    }
}

struct World {
    services: Vec<Arc<dyn Service>>,
    /// What stands for what in the bodies of requests.
    names: BTreeMap<&'static str, String>,
    stop: CancellationToken,
    runtime: Runtime,
    _folder: tempfile::TempDir,
}

fn context() -> Context {
    let mut context = Context::internal(ACCOUNT, REGION, "fuzz", SystemClock.now());
    context.caller = Caller::root(ACCOUNT);
    context
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("there is room for temporary files");
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime");
        let stop = CancellationToken::new();
        let config = ServerConfig {
            trails: Some(folder.path().join("trails")),
            ..ServerConfig::in_folder(folder.path(), PORT)
        };
        let (permit, cx) = (Permit::for_controller("fuzz"), context());
        let services = runtime.block_on(services(&config, &permit, &cx, &stop));
        let services = services.expect("the services are there");
        let mut world = Self {
            services,
            names: BTreeMap::new(),
            stop,
            runtime,
            _folder: folder,
        };
        for (name, body, names) in PREPARED {
            let answer = world.runtime.block_on(world.ask(name, body));
            let answer = answer.unwrap_or_else(|| panic!("{name} is refused"));
            for (name, place) in *names {
                let value = answer.pointer(place).and_then(Value::as_str);
                let value = value.unwrap_or_else(|| panic!("no {name} in {answer}"));
                world.names.insert(name, value.to_owned());
            }
        }
        world
    }

    /// The answer to a request that the dispatcher would let in and the service does not refuse.
    async fn ask(&self, name: &str, body: &str) -> Option<Value> {
        let (service, operation) = name.split_once('.')?;
        let mut services = self.services.iter();
        let service = services.find(|it| it.schema().name == service)?;
        let schema = service.schema();
        let index = schema.find_operation(operation)?;
        let operation = &schema.operations[index];
        let mut body = body.to_owned();
        for (name, value) in &self.names {
            body = body.replace(name, value);
        }
        let mut asked = service.input(index);
        json::decode(
            schema,
            operation.input,
            body.as_bytes(),
            asked.as_struct_mut(),
        )
        .ok()?;
        if let Some(shape) = operation.input
            && !constraints::check(schema, shape, asked.as_struct()).is_empty()
        {
            return None;
        }
        let call = Call::by_controller(context(), Permit::for_controller("fuzz"));
        let checks = service.checks(call.context(), index, &*asked).await.ok()?;
        assert!(!checks.is_empty(), "{name} has no authorisation row");
        let ran = tokio::time::timeout(PATIENCE, service.invoke(&call, index, asked)).await;
        let output = match ran.unwrap_or_else(|_| panic!("{name} does not end")) {
            Ok(Output::Whole(output)) => output,
            // Its events come as somebody reads them.
            Ok(Output::Events(_)) => return None,
            Err(fault) => {
                assert_ne!(fault.status, 500, "{name}: {fault}");
                return None;
            }
        };
        if !schema.protocol.is_json() {
            let codec = schema.protocol.codec();
            let body = codec
                .encode(schema, operation, output.as_struct(), "request-id")
                .body;
            let is_text = schema.protocol != Protocol::Cbor;
            assert!(
                !is_text || String::from_utf8(body).is_ok(),
                "answers are text"
            );
        }
        let shown = json::encode(schema, operation.output, output.as_struct());
        Some(serde_json::from_slice(&shown).expect("answers are JSON"))
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// A member of the ConfigMap `aws-auth`.
pub fn aws_auth(bytes: &[u8]) {
    if let Some(text) = input::text(bytes) {
        wharf_server::fuzz::aws_auth(text);
    }
}
