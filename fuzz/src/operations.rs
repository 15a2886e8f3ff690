//! Requests past the codecs: what operations do with any input that their models allow, and whether
//! their answers can be written.
//!
//! The services are the real ones over a store and a journal in a temporary folder, with something to
//! ask about in them. Everything of an input runs in one world, and what changed it is dropped with it,
//! so that an input does the same each time.

use std::{cell::RefCell, collections::BTreeMap, sync::Arc, time::Duration};

use serde_json::Value;
use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;
use wharf_api_ec2::Ec2;
use wharf_base::{Clock, Permit, SystemClock};
use wharf_blobs::{Blobs, Limits};
use wharf_journal::{Journal, JournalOptions};
use wharf_seal::Keyring;
use wharf_store::{Store, StoreOptions};
use wharf_svc_acm::AcmService;
use wharf_svc_cloudtrail::CloudtrailService;
use wharf_svc_ec2::Ec2Service;
use wharf_svc_ecr::{Catalog, Config, EcrService};
use wharf_svc_ecs::{EcsService, RoleError, RoleKeys, TaskCredentials};
use wharf_svc_elbv2::Elbv2Service;
use wharf_svc_iam::{Directory, IamService};
use wharf_svc_logs::LogsService;
use wharf_svc_sts::StsService;
use wharf_wire::{
    Call, Caller, Context, Output, Service, async_trait, audit, codec::json, constraints,
};

use crate::input;

const ACCOUNT: &str = "000000000000";
const REGION: &str = "us-east-1";
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
    ("ecs.CreateCluster", r#"{"clusterName": "default"}"#, &[]),
    (
        "ecs.RegisterTaskDefinition",
        r#"{"family": "web", "containerDefinitions": [{"name": "main", "image": "app", "memory": 128}]}"#,
        &[],
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
    services: Vec<Box<dyn Service>>,
    /// What stands for what in the bodies of requests.
    names: BTreeMap<&'static str, String>,
    stop: CancellationToken,
    runtime: Runtime,
    _folder: tempfile::TempDir,
}

/// No role gives keys.
struct NoRoles;

#[async_trait]
impl TaskCredentials for NoRoles {
    async fn usable(&self, _: &wharf_svc_ecs::Place, _: &str) -> Result<(), RoleError> {
        Ok(())
    }

    async fn assume(&self, _: &str, role: &str, _: &str) -> Result<RoleKeys, RoleError> {
        Err(RoleError::Unusable(role.to_owned()))
    }
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
        let services = runtime.block_on(async { services(folder.path(), &stop).await });
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
            let text = codec
                .encode(schema, operation, output.as_struct(), "request-id")
                .body;
            String::from_utf8(text).expect("answers are text");
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

/// All services; of their controllers only those of ECS run, which keep what its reads look at.
async fn services(folder: &std::path::Path, stop: &CancellationToken) -> Vec<Box<dyn Service>> {
    let store = StoreOptions {
        segment_bytes: 256 << 10,
        reserve_bytes: 0,
        ..StoreOptions::default()
    };
    let store = Store::open(&folder.join("store"), store).expect("a store");
    let journal = JournalOptions {
        segment_bytes: 256 << 10,
        reserve_bytes: 0,
        ..JournalOptions::default()
    };
    let journal = Journal::open(&folder.join("journal"), journal).expect("a journal");
    let keyring = Keyring::in_memory();
    let limits = Limits {
        free_bytes: 0,
        ..Limits::default()
    };
    let blobs =
        Blobs::open(&folder.join("blobs"), keyring.clone(), limits).expect("a store of blobs");

    let ec2 = Arc::new(Ec2Service::new(store.clone(), keyring.clone()));
    let (permit, cx) = (Permit::for_controller("fuzz"), context());
    let made = ec2.ensure_default_vpc(&permit, &cx).await;
    made.expect("a default VPC");
    let elbv2 = wharf_svc_elbv2::Parts::new(store.clone(), keyring.clone(), ec2.clone());
    let elbv2 = Arc::new(Elbv2Service::new(elbv2));
    let directory = Arc::new(Directory::new(store.clone(), keyring.clone()));
    let ecs = wharf_svc_ecs::Parts {
        elbv2: Some(elbv2.clone()),
        ..wharf_svc_ecs::Parts::new(
            store.clone(),
            Arc::new(keyring.clone()),
            ec2.clone() as Arc<dyn Ec2>,
            Arc::new(NoRoles),
        )
    };
    let ecs = EcsService::new(ecs);
    let (running, until) = (ecs.clone(), stop.clone());
    tokio::spawn(async move { running.run(until).await });
    let acm = wharf_svc_acm::Parts::new(store.clone(), keyring.clone());
    let catalog = Catalog::new(
        store.clone(),
        blobs,
        keyring.clone(),
        Config::new("localhost:4566"),
    );
    let trails = Some(folder.join("trails"));
    let cloudtrail = CloudtrailService::new(
        store.clone(),
        keyring.clone(),
        journal.clone(),
        trails,
        Arc::new(SystemClock),
    );
    vec![
        Box::new(wharf_api_acm::Routes(Arc::new(AcmService::new(acm)))),
        Box::new(wharf_api_cloudtrail::Routes(Arc::new(cloudtrail))),
        Box::new(wharf_api_ec2::Routes(ec2)),
        Box::new(wharf_api_ecr::Routes(Arc::new(EcrService::new(catalog)))),
        Box::new(wharf_api_ecs::Routes(Arc::new(ecs))),
        Box::new(wharf_api_elbv2::Routes(elbv2)),
        Box::new(wharf_api_iam::Routes(Arc::new(IamService::new(
            directory.clone(),
        )))),
        Box::new(wharf_api_logs::Routes(Arc::new(LogsService::new(
            store, keyring, journal,
        )))),
        Box::new(wharf_api_sts::Routes(Arc::new(StsService::new(directory)))),
    ]
}
