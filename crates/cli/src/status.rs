//! `wharf status`: clusters, tasks and nodes, read through the same API that users have.

use std::{process::ExitCode, sync::Arc};

use serde_json::{Value, json};
use wharf_agent::client::{Api, Dialer, Endpoint};
use wharf_api_ecs::{schema::SERVICE, types::*};
use wharf_base::{SystemClock, Timestamp};
use wharf_wire::sigv4::SigningKeys;

use crate::{
    layout::{Layout, Settings},
    problem::Problem,
    style::{Style, table},
};

pub fn run(layout: &Layout, as_json: bool) -> Result<ExitCode, Problem> {
    let settings = layout.settings()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|cause| Problem::caused("cannot start", cause))?;
    let seen = runtime.block_on(look(layout, &settings))?;
    if as_json {
        println!("{}", seen.as_json(&settings));
    } else {
        print!("{}", seen.as_text(&settings, Style::of_stdout()));
    }
    Ok(ExitCode::SUCCESS)
}

/// What the API says.
#[derive(Default)]
struct Seen {
    clusters: Vec<Cluster>,
    nodes: Vec<ContainerInstance>,
    tasks: Vec<Task>,
}

async fn look(layout: &Layout, settings: &Settings) -> Result<Seen, Problem> {
    let api = api(layout, settings)?;
    let mut seen = Seen::default();
    let mut token = None;
    loop {
        let input = ListClustersRequest {
            next_token: token,
            ..Default::default()
        };
        let page: ListClustersResponse = call(&api, settings, "ListClusters", &input).await?;
        let clusters = page.cluster_arns.unwrap_or_default();
        if !clusters.is_empty() {
            let input = DescribeClustersRequest {
                clusters: Some(clusters),
                ..Default::default()
            };
            let described: DescribeClustersResponse =
                call(&api, settings, "DescribeClusters", &input).await?;
            seen.clusters.extend(described.clusters.unwrap_or_default());
        }
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    for cluster in seen.clusters.clone() {
        nodes(&api, settings, &cluster, &mut seen.nodes).await?;
        tasks(&api, settings, &cluster, &mut seen.tasks).await?;
    }
    Ok(seen)
}

async fn nodes(
    api: &Api,
    settings: &Settings,
    cluster: &Cluster,
    found: &mut Vec<ContainerInstance>,
) -> Result<(), Problem> {
    let mut token = None;
    loop {
        let input = ListContainerInstancesRequest {
            cluster: cluster.cluster_arn.clone(),
            next_token: token,
            ..Default::default()
        };
        let page: ListContainerInstancesResponse =
            call(api, settings, "ListContainerInstances", &input).await?;
        let arns = page.container_instance_arns.unwrap_or_default();
        if !arns.is_empty() {
            let input = DescribeContainerInstancesRequest {
                cluster: cluster.cluster_arn.clone(),
                container_instances: Some(arns),
                ..Default::default()
            };
            let described: DescribeContainerInstancesResponse =
                call(api, settings, "DescribeContainerInstances", &input).await?;
            found.extend(described.container_instances.unwrap_or_default());
        }
        token = page.next_token;
        if token.is_none() {
            return Ok(());
        }
    }
}

async fn tasks(
    api: &Api,
    settings: &Settings,
    cluster: &Cluster,
    found: &mut Vec<Task>,
) -> Result<(), Problem> {
    let mut token = None;
    loop {
        let input = ListTasksRequest {
            cluster: cluster.cluster_arn.clone(),
            next_token: token,
            ..Default::default()
        };
        let page: ListTasksResponse = call(api, settings, "ListTasks", &input).await?;
        let arns = page.task_arns.unwrap_or_default();
        if !arns.is_empty() {
            let input = DescribeTasksRequest {
                cluster: cluster.cluster_arn.clone(),
                tasks: Some(arns),
                ..Default::default()
            };
            let described: DescribeTasksResponse =
                call(api, settings, "DescribeTasks", &input).await?;
            found.extend(described.tasks.unwrap_or_default());
        }
        token = page.next_token;
        if token.is_none() {
            return Ok(());
        }
    }
}

pub fn api(layout: &Layout, settings: &Settings) -> Result<Api, Problem> {
    let root = wharf_server::root_credentials(&layout.server(), &layout.keyring())
        .map_err(|cause| Problem::caused("the root key cannot be read", cause))?;
    let endpoint = Endpoint::parse(&settings.endpoint())
        .map_err(|cause| Problem::caused("the settings name no usable endpoint", cause))?;
    let keys = SigningKeys {
        access_key_id: root.access_key_id,
        secret_access_key: root.secret_access_key,
        session_token: None,
    };
    let dialer = Dialer::new(None).map_err(|cause| Problem::caused("cannot connect", cause))?;
    Ok(Api::new(
        endpoint,
        dialer,
        keys,
        &settings.region,
        Arc::new(SystemClock),
    ))
}

pub async fn call<O: wharf_wire::node::Struct + Default>(
    api: &Api,
    settings: &Settings,
    operation: &'static str,
    input: &(dyn wharf_wire::node::Struct + Sync),
) -> Result<O, Problem> {
    use wharf_agent::client::CallError;
    api.call(&SERVICE, operation, input)
        .await
        .map_err(|error| match error {
            CallError::Transport { .. } => Problem::NotRunning {
                endpoint: settings.endpoint(),
            },
            other => Problem::caused(format!("{operation} failed"), other),
        })
}

impl Seen {
    fn as_json(&self, settings: &Settings) -> Value {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        json!({
            "endpoint": settings.endpoint(),
            "clusters": self.clusters.iter().map(|it| json!({
                "arn": text(&it.cluster_arn),
                "status": text(&it.status),
                "instances": it.registered_container_instances_count,
                "running": it.running_tasks_count,
                "pending": it.pending_tasks_count,
            })).collect::<Vec<_>>(),
            "nodes": self.nodes.iter().map(|it| json!({
                "arn": text(&it.container_instance_arn),
                "status": text(&it.status),
                "connected": it.agent_connected,
                "running": it.running_tasks_count,
            })).collect::<Vec<_>>(),
            "tasks": self.tasks.iter().map(|it| json!({
                "arn": text(&it.task_arn),
                "definition": text(&it.task_definition_arn),
                "status": text(&it.last_status),
                "desired": text(&it.desired_status),
                "launchType": text(&it.launch_type),
                "address": address(it),
            })).collect::<Vec<_>>(),
        })
    }

    fn as_text(&self, settings: &Settings, style: Style) -> String {
        let mut text = format!("{} {}\n", style.strong("wharf"), settings.endpoint());
        let heading = |cells: &[&str]| {
            cells
                .iter()
                .map(|cell| (*cell).to_owned())
                .collect::<Vec<_>>()
        };
        let count = |value: Option<i32>| value.unwrap_or(0).to_string();
        let mut rows = vec![heading(&[
            "CLUSTER", "STATUS", "NODES", "RUNNING", "PENDING",
        ])];
        rows.extend(self.clusters.iter().map(|it| {
            vec![
                tail(&it.cluster_name),
                it.status.clone().unwrap_or_default(),
                count(it.registered_container_instances_count),
                count(it.running_tasks_count),
                count(it.pending_tasks_count),
            ]
        }));
        text.push_str(&format!("\n{}", table(&rows)));
        let mut rows = vec![heading(&[
            "NODE",
            "STATUS",
            "AGENT",
            "CPU FREE",
            "MEMORY FREE",
            "TASKS",
        ])];
        rows.extend(self.nodes.iter().map(|it| {
            let connected = it.agent_connected.unwrap_or(false);
            vec![
                tail(&it.container_instance_arn),
                it.status.clone().unwrap_or_default(),
                if connected { "connected" } else { "away" }.to_owned(),
                resource(it, "CPU"),
                format!("{} MiB", resource(it, "MEMORY")),
                count(it.running_tasks_count),
            ]
        }));
        text.push_str(&format!("\n{}", table(&rows)));
        let mut rows = vec![heading(&[
            "TASK",
            "DEFINITION",
            "STATUS",
            "LAUNCH TYPE",
            "ADDRESS",
            "AGE",
        ])];
        rows.extend(self.tasks.iter().map(|it| {
            vec![
                tail(&it.task_arn),
                tail(&it.task_definition_arn),
                it.last_status.clone().unwrap_or_default(),
                it.launch_type.clone().unwrap_or_default(),
                address(it).unwrap_or_else(|| "-".to_owned()),
                age(it.created_at),
            ]
        }));
        text.push_str(&format!("\n{}", table(&rows)));
        text
    }
}

fn tail(arn: &Option<String>) -> String {
    let arn = arn.as_deref().unwrap_or_default();
    arn.rsplit('/').next().unwrap_or_default().to_owned()
}

fn resource(instance: &ContainerInstance, name: &str) -> String {
    let remaining = instance.remaining_resources.iter().flatten();
    let found = remaining
        .into_iter()
        .find(|resource| resource.name.as_deref() == Some(name));
    found
        .and_then(|resource| resource.integer_value)
        .map_or_else(|| "-".to_owned(), |value| value.to_string())
}

/// The private address, or where the first published port is.
fn address(task: &Task) -> Option<String> {
    let containers = || task.containers.iter().flatten();
    let private = containers()
        .flat_map(|container| container.network_interfaces.iter().flatten())
        .find_map(|interface| interface.private_ipv4_address.clone());
    private.or_else(|| {
        containers()
            .flat_map(|container| container.network_bindings.iter().flatten())
            .find_map(|binding| Some(format!("localhost:{}", binding.host_port?)))
    })
}

fn age(since: Option<Timestamp>) -> String {
    use wharf_base::Clock;
    let Some(since) = since else {
        return "-".to_owned();
    };
    let seconds = SystemClock.now().since(since).as_secs();
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86_400 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}
