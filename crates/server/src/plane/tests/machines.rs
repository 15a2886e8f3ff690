//! EC2 instances and the hosts that keep them.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use async_trait::async_trait;
use wharf_api_ec2::{
    Ec2,
    types::{
        AttachVolumeRequest, CreateVolumeRequest, DescribeVolumesRequest, RunInstancesRequest,
    },
};
use wharf_base::{Timestamp, public_images::PublicImage};
use wharf_hosts::Registration;
use wharf_planeproto::{
    Kind as Resources, Plane as Kind, Resource,
    file_system::FileSystemReport,
    machine::{Console, InstanceReport, InstanceState},
    measured::InstanceRow,
    volume::{VolumeReport, VolumeState},
};
use wharf_svc_ec2::{
    instances::{Part, Told},
    volumes::ToldVolume,
};
use wharf_svc_efs::ToldFileSystem;
use wharf_wire::{Caller, Context};

use super::live::{ACCOUNT, Node, PATIENCE, Plain, REGION, Server, TASKS_ONLY};
use crate::plane::Instances;

/// Instances and volumes of a server that could not write when it first heard of each.
pub(super) struct Forgetful {
    instances: Arc<dyn Instances>,
    forgets_instances: AtomicBool,
    forgets_volumes: AtomicBool,
}

impl Forgetful {
    pub fn new(instances: Arc<dyn Instances>) -> Self {
        Self {
            instances,
            forgets_instances: AtomicBool::new(true),
            forgets_volumes: AtomicBool::new(true),
        }
    }
}

#[async_trait]
impl Instances for Forgetful {
    async fn reported(&self, host: &str, reports: Vec<(Told, InstanceReport)>) -> bool {
        !self.forgets_instances.swap(false, Ordering::SeqCst)
            && self.instances.reported(host, reports).await
    }

    async fn console(&self, host: &str, told: Told, console: Console) {
        self.instances.console(host, told, console).await;
    }

    async fn measured(&self, host: &str, part: Part, rows: Vec<(Told, InstanceRow)>) -> bool {
        self.instances.measured(host, part, rows).await
    }

    async fn volumes(&self, host: &str, reports: Vec<(ToldVolume, VolumeReport)>) -> bool {
        !self.forgets_volumes.swap(false, Ordering::SeqCst)
            && self.instances.volumes(host, reports).await
    }

    async fn file_systems(
        &self,
        host: &str,
        reports: Vec<(ToldFileSystem, FileSystemReport)>,
    ) -> bool {
        self.instances.file_systems(host, reports).await
    }
}

/// Its agent is connected and offers to keep instances.
fn offers(server: &Server, node: &Node) {
    server.plane.hosts.write(|machines| {
        let hosts = machines.hosts().values();
        let host = hosts.map(|it| (it.id.clone(), it.instance.clone()));
        let (host, name) = host.into_iter().find(|(_, it)| *it == node.arn).unwrap();
        let value = Some("own-image".to_owned());
        let registration = Registration {
            host,
            account: ACCOUNT.to_owned(),
            region: REGION.to_owned(),
            cluster_arn: String::new(),
            provider: None,
            of_provider_alone: false,
            of_installation: true,
            of_other_machine: false,
            active: true,
            agent_connected: true,
            disconnected_at: None,
            agent_version: String::new(),
            ec2_instance: node.instance.clone(),
            registered_at: Timestamp(0),
            attributes: BTreeMap::from([("wharf.instances".to_owned(), value)]),
        };
        machines.register(&name, Some(registration));
    });
}

fn context(caller: &Caller) -> Context {
    let mut cx = Context::internal(ACCOUNT, REGION, "test", Timestamp(0));
    cx.caller = caller.clone();
    cx
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_is_told_of_its_instances_and_of_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), 0).await;
    let (ec2, stop) = (server.plane.ec2.clone(), server.stop.clone());
    tokio::spawn(async move { ec2.run(stop).await });
    let (one, two) = (
        server.node("one", TASKS_ONLY).await,
        server.node("two", TASKS_ONLY).await,
    );
    let plane = Kind::Machines;
    let subscribe = |node: &Node, name: &str| {
        let folder = folder.path().join(name);
        Plain::subscribe(server.port, &node.keys, &node.instance, plane, &folder)
    };
    let mut first = subscribe(&one, "1");
    let mut second = subscribe(&two, "2");
    assert_eq!(first.outcome().await, "");
    assert_eq!(second.outcome().await, "");
    server.plane.hosts.up_to_date().await;
    offers(&server, &one);
    let id = launched(&server).await;
    first.until(|it| it.has(&id)).await;
    assert!(!second.has(&id));

    // Nobody but the node of that host asks for what is the instance's.
    let planes = &server.planes;
    let found = planes.instance(&context(&one.caller), &id).await;
    let (host, told) = found.unwrap();
    assert_eq!(host, one.instance);
    assert!(planes.instance(&context(&two.caller), &id).await.is_none());
    let boot = planes.shared.read(|view| {
        let (_, held) = view.now().find(Resources::Instance, &id).unwrap();
        match &held.resource {
            Resource::Instance(it) => it.boot,
            other => panic!("no instance: {other:?}"),
        }
    });

    // What the other host says of it counts for nothing.
    let says = |state| {
        let reason = None;
        let id = id.clone();
        vec![(
            told.clone(),
            InstanceReport {
                id,
                boot,
                state,
                reason,
                kubelet: None,
            },
        )]
    };
    let instances = Arc::clone(&planes.instances);
    instances
        .reported(&two.instance, says(InstanceState::Failed))
        .await;
    instances
        .reported(&one.instance, says(InstanceState::Running))
        .await;
    assert_eq!(state(&server, &id).await, "running");
    let tail = |text: &str| Console {
        id: id.clone(),
        tail: text.to_owned(),
    };
    instances
        .console(&two.instance, told.clone(), tail("bGll"))
        .await;
    assert_eq!(console(&server, &id).await, None);
    instances
        .console(&one.instance, told, tail("aGVsbG8="))
        .await;
    assert_eq!(console(&server, &id).await.as_deref(), Some("aGVsbG8="));
    server.end().await;
}

async fn launched(server: &Server) -> String {
    let asked = RunInstancesRequest {
        image_id: Some(PublicImage::for_ecs(REGION).id),
        instance_type: Some("t3.nano".to_owned()),
        min_count: Some(1),
        max_count: Some(1),
        ..Default::default()
    };
    let call = server.call(Caller::root(ACCOUNT));
    let launched = server.plane.ec2.run_instances(&call, asked).await.unwrap();
    let instance = launched.instances.unwrap().remove(0);
    instance.instance_id.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_of_instances_that_was_not_taken_over_is_not_lost() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), 0).await;
    let (ec2, stop) = (server.plane.ec2.clone(), server.stop.clone());
    tokio::spawn(async move { ec2.run(stop).await });
    let node = server.node("one", TASKS_ONLY).await;
    let plane = Kind::Machines;
    let mut host = Plain::subscribe(
        server.port,
        &node.keys,
        &node.instance,
        plane,
        folder.path(),
    );
    assert_eq!(host.outcome().await, "");
    server.plane.hosts.up_to_date().await;
    offers(&server, &node);
    let id = launched(&server).await;
    host.until(|it| it.has(&id)).await;
    // It says so once.
    host.subscription.instances(vec![InstanceReport {
        id: id.clone(),
        boot: 1,
        state: InstanceState::Running,
        reason: None,
        kubelet: None,
    }]);
    let runs = async {
        while state(&server, &id).await != "running" {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    let in_time = tokio::time::timeout(PATIENCE, runs).await;
    in_time.expect("its report was taken over");
    server.end().await;
}

async fn state(server: &Server, id: &str) -> String {
    let call = server.call(Caller::root(ACCOUNT));
    let asked = wharf_api_ec2::types::DescribeInstancesRequest {
        instance_ids: Some(vec![id.to_owned()]),
        ..Default::default()
    };
    let shown = server.plane.ec2.describe_instances(&call, asked).await;
    let mut reservations = shown.unwrap().reservations.unwrap();
    let instance = reservations.remove(0).instances.unwrap().remove(0);
    instance.state.unwrap().name.unwrap()
}

async fn console(server: &Server, id: &str) -> Option<String> {
    let call = server.call(Caller::root(ACCOUNT));
    let asked = wharf_api_ec2::types::GetConsoleOutputRequest {
        instance_id: Some(id.to_owned()),
        ..Default::default()
    };
    let shown = server.plane.ec2.get_console_output(&call, asked).await;
    shown.unwrap().output
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_of_volumes_that_was_not_taken_over_is_not_lost() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), 0).await;
    let node = server.node("one", TASKS_ONLY).await;
    let plane = Kind::Machines;
    let mut host = Plain::subscribe(
        server.port,
        &node.keys,
        &node.instance,
        plane,
        folder.path(),
    );
    assert_eq!(host.outcome().await, "");
    let ecs = server.call(Caller::service(ACCOUNT, "ecs.amazonaws.com"));
    let input = CreateVolumeRequest {
        availability_zone: Some("us-east-1a".to_owned()),
        size: Some(1),
        ..Default::default()
    };
    let made = server.plane.ec2.create_volume(&ecs, input).await.unwrap();
    let id = made.volume_id.unwrap();
    let input = AttachVolumeRequest {
        volume_id: Some(id.clone()),
        instance_id: Some(node.instance.clone()),
        ..Default::default()
    };
    server.plane.ec2.attach_volume(&ecs, input).await.unwrap();
    host.until(|it| it.has(&id)).await;
    // It says so once.
    host.subscription.volumes(vec![VolumeReport {
        id: id.clone(),
        state: VolumeState::Ready,
        reason: None,
        bytes: 1 << 30,
        placed: false,
        mounted: false,
        attached: true,
    }]);
    let attached = async {
        while attachment(&server, &id).await != "attached" {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    let in_time = tokio::time::timeout(PATIENCE, attached).await;
    in_time.expect("its report was taken over");
    server.end().await;
}

async fn attachment(server: &Server, id: &str) -> String {
    let call = server.call(Caller::root(ACCOUNT));
    let input = DescribeVolumesRequest {
        volume_ids: Some(vec![id.to_owned()]),
        ..Default::default()
    };
    let shown = server.plane.ec2.describe_volumes(&call, input).await;
    let volume = shown.unwrap().volumes.unwrap().remove(0);
    volume.attachments.unwrap().remove(0).state.unwrap()
}
