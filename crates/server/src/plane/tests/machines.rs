//! EC2 instances and the hosts that keep them.

use std::{collections::BTreeMap, sync::Arc};

use wharf_api_ec2::{Ec2, types::RunInstancesRequest};
use wharf_base::{Timestamp, public_images::PublicImage};
use wharf_hosts::Registration;
use wharf_planeproto::{
    Kind as Resources, Plane as Kind, Resource,
    machine::{Console, InstanceReport, InstanceState},
};
use wharf_wire::{Caller, Context};

use super::live::{ACCOUNT, Node, Plain, REGION, Server, TASKS_ONLY};

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
            of_installation: true,
            active: true,
            agent_connected: true,
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
    let asked = RunInstancesRequest {
        image_id: Some(PublicImage::for_ecs(REGION).id),
        instance_type: Some("t3.nano".to_owned()),
        min_count: Some(1),
        max_count: Some(1),
        ..Default::default()
    };
    let call = server.call(Caller::root(ACCOUNT));
    let launched = server.plane.ec2.run_instances(&call, asked).await.unwrap();
    let id = launched.instances.unwrap().remove(0).instance_id.unwrap();
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
