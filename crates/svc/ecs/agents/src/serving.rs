//! Which log streams and images a node has to do with: those of the tasks that were placed on it.

use wharf_api_ecs::{ContainerDefinition, TaskDefinition};
use wharf_base::ecr_host;
use wharf_records::{
    Record,
    ecs::{Launch, Task},
};
use wharf_wire::Context;

use crate::{
    Agents,
    acs::{
        credentials::{RoleType, role},
        server_address::is_own_registry,
    },
    ahead, binding, document,
    grant::{self, NodeInstance},
    names::{self, Place},
    state::ChangeError,
};

/// What a node asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need<'a> {
    /// To make a log group, in the region of the call.
    NewLogGroup(&'a str),
    /// To make a stream in a group, in the region of the call.
    LogGroup(&'a str),
    /// To write into a stream, and to read it, in the region of the call.
    LogStream { group: &'a str, stream: &'a str },
    /// To pull from a repository with rights of its own: not for Fargate tasks, nor for tasks that have an
    /// execution role to pull with, or whoever may name a private image would get it through the node.
    Repository(&'a str),
}

/// Whether a task of the calling node needs that. The call may be for a region without the node: logs
/// go to the one that `awslogs-region` names.
pub async fn serves(agents: &Agents, cx: &Context, need: Need<'_>) -> Result<bool, ChangeError> {
    agents.state.up_to_date().await;
    for region in agents.state.view.regions_with_hosts(&cx.account) {
        let place = Place {
            account: cx.account.clone(),
            region,
        };
        for instance in grant::instances_of(agents, &place, &cx.caller.arn) {
            let wanted = Wanted {
                region: &cx.region,
                need,
            };
            if of_named_task(agents, &place, &instance, wanted).await?
                || of_any_task(agents, &cx.account, &instance, wanted).await?
                || of_next_task(agents, &cx.account, &instance, wanted).await?
            {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// What a node asks for, and in which region.
#[derive(Debug, Clone, Copy)]
struct Wanted<'a> {
    region: &'a str,
    need: Need<'a>,
}

/// Whether `cx` is a node's.
pub fn is_node(cx: &Context) -> bool {
    binding::node_name(&cx.caller).is_some()
}

/// Most streams name their task, which may have stopped a while ago: its last lines come late.
async fn of_named_task(
    agents: &Agents,
    place: &Place,
    instance: &NodeInstance,
    wanted: Wanted<'_>,
) -> Result<bool, ChangeError> {
    let Need::LogStream { stream, .. } = wanted.need else {
        return Ok(false);
    };
    let id = stream.rsplit('/').next().unwrap_or_default();
    let id = format!("{}:{id}", instance.cluster);
    let found = agents
        .state
        .table
        .read::<Task>(&place.scope().key(Task::KIND, &id))
        .await?;
    match found.filter(|task| task.record.host == instance.host) {
        Some(task) => needed(agents, place, &task.record, wanted).await,
        None => Ok(false),
    }
}

/// Of any region, and of the node's own account: those of others use roles of theirs.
async fn of_any_task(
    agents: &Agents,
    account: &str,
    instance: &NodeInstance,
    wanted: Wanted<'_>,
) -> Result<bool, ChangeError> {
    let tasks = agents.state.view.tasks_on(&instance.host);
    // Many tasks of a host have the same definition.
    let mut seen = std::collections::BTreeSet::new();
    let by_task = matches!(wanted.need, Need::LogStream { .. });
    for task in tasks {
        let pulls = (
            task.launch.as_str(),
            task.overrides["executionRoleArn"].to_string(),
        );
        if !by_task && !seen.insert((task.definition.clone(), pulls)) {
            continue;
        }
        let Some(place) = names::place_of(&task.arn).filter(|place| place.account == account)
        else {
            continue;
        };
        if needed(agents, &place, &task, wanted).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Images of tasks that are to follow those of the host, for as long as it is to fetch them.
async fn of_next_task(
    agents: &Agents,
    account: &str,
    instance: &NodeInstance,
    wanted: Wanted<'_>,
) -> Result<bool, ChangeError> {
    if !matches!(wanted.need, Need::Repository(_)) {
        return Ok(false);
    }
    for order in agents
        .state
        .ahead
        .orders(&instance.host, agents.state.now())
    {
        let next = ahead::next_of(agents, &instance.host, &order).await?;
        if let Some(next) = next.filter(|next| next.place.account == account)
            && needed(agents, &next.place, &next.task, wanted).await?
        {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn needed(
    agents: &Agents,
    place: &Place,
    task: &Task,
    wanted: Wanted<'_>,
) -> Result<bool, ChangeError> {
    let stored = agents.state.definition_of(place, &task.definition).await?;
    let definition = stored.and_then(|stored| document::definition(&stored.record.document).ok());
    let endpoint = &agents.config.endpoint;
    Ok(definition.is_some_and(|definition| {
        let allowed =
            !matches!(wanted.need, Need::Repository(_)) || pulls_as_node(task, &definition);
        allowed && is_needed(&definition, &task.id, &place.region, endpoint, wanted)
    }))
}

/// Whether the node pulls a task's images with its own rights, as AWS's agent does with the instance's.
fn pulls_as_node(task: &Task, definition: &TaskDefinition) -> bool {
    task.launch != Launch::Fargate && role(task, definition, RoleType::Execution).is_none()
}

/// `home`: the region of the task.
fn is_needed(
    definition: &TaskDefinition,
    task: &str,
    home: &str,
    endpoint: &str,
    wanted: Wanted<'_>,
) -> bool {
    let mut containers = definition.container_definitions.iter().flatten();
    containers.any(|container| {
        let logs_to = |group| {
            let region = option(container, "awslogs-region").filter(|given| !given.is_empty());
            logs_to(container, group) && region.unwrap_or(home) == wanted.region
        };
        match wanted.need {
            Need::NewLogGroup(group) => {
                logs_to(group) && option(container, "awslogs-create-group") == Some("true")
            }
            Need::LogGroup(group) => logs_to(group),
            Need::LogStream { group, stream } => {
                logs_to(group) && is_stream(container, task, stream)
            }
            Need::Repository(name) => {
                let image = container.image.as_deref().unwrap_or_default();
                home == wanted.region && repository(image, endpoint) == Some(name)
            }
        }
    })
}

fn option<'a>(container: &'a ContainerDefinition, name: &str) -> Option<&'a str> {
    let options = container.log_configuration.as_ref()?.options.as_ref()?;
    options.get(name).map(String::as_str)
}

fn logs_to(container: &ContainerDefinition, group: &str) -> bool {
    let log = container.log_configuration.as_ref();
    log.and_then(|log| log.log_driver.as_deref()) == Some("awslogs")
        && option(container, "awslogs-group") == Some(group)
}

/// Streams are `<prefix>/<container>/<task id>`; those without a prefix have the id that the node
/// gave the container, which nobody else knows before.
fn is_stream(container: &ContainerDefinition, task: &str, stream: &str) -> bool {
    let name = container.name.as_deref().unwrap_or_default();
    match option(container, "awslogs-stream-prefix") {
        Some(prefix) => stream == format!("{prefix}/{name}/{task}"),
        None => stream.len() == 64 && stream.bytes().all(|b| b.is_ascii_hexdigit()),
    }
}

/// The repository of an image of wharf's own registry.
fn repository<'a>(image: &'a str, endpoint: &str) -> Option<&'a str> {
    let (host, rest) = image.split_once('/')?;
    let rest = rest.split_once('@').map_or(rest, |(rest, _)| rest);
    let name = rest.rsplit_once(':').map_or(rest, |(name, _)| name);
    (is_own_registry(host, endpoint) || ecr_host::is_like_a_registry(host)).then_some(name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use wharf_api_ecs::LogConfiguration;

    use super::*;

    const ENDPOINT: &str = "http://127.0.0.1:4566";

    fn definition(image: &str, options: &[(&str, &str)]) -> TaskDefinition {
        let pairs = options
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        let container = ContainerDefinition {
            name: Some("web".to_owned()),
            image: Some(image.to_owned()),
            log_configuration: Some(LogConfiguration {
                log_driver: Some("awslogs".to_owned()),
                options: Some(pairs.collect::<BTreeMap<_, _>>().into_iter().collect()),
                ..Default::default()
            }),
            ..Default::default()
        };
        TaskDefinition {
            container_definitions: Some(vec![container]),
            ..Default::default()
        }
    }

    #[test]
    fn streams_of_a_task_are_its_own() {
        let options = [("awslogs-group", "/app"), ("awslogs-stream-prefix", "p")];
        let definition = definition("localhost:4566/app:1", &options);
        let id = "a".repeat(64);
        let in_region =
            |region, need| is_needed(&definition, "t1", "r", ENDPOINT, Wanted { region, need });
        let check = |need| in_region("r", need);
        let stream = |group, stream| check(Need::LogStream { group, stream });
        assert!(stream("/app", "p/web/t1"));
        assert!(!stream("/app", "p/web/t2"));
        assert!(!stream("/app", "p/other/t1"));
        assert!(!stream("/other", "p/web/t1"));
        assert!(!stream("/app", &id));
        assert!(check(Need::LogGroup("/app")));
        assert!(!check(Need::LogGroup("/other")));
        assert!(!check(Need::NewLogGroup("/app")));
        assert!(!in_region("other", Need::LogGroup("/app")));
    }

    #[test]
    fn the_region_of_the_option_is_the_one() {
        let options = [
            ("awslogs-group", "/app"),
            ("awslogs-stream-prefix", "p"),
            ("awslogs-region", "s"),
        ];
        let definition = definition("localhost:4566/app:1", &options);
        let check =
            |region, need| is_needed(&definition, "t1", "r", ENDPOINT, Wanted { region, need });
        let stream = Need::LogStream {
            group: "/app",
            stream: "p/web/t1",
        };
        assert!(check("s", Need::LogGroup("/app")) && check("s", stream));
        assert!(!check("r", Need::LogGroup("/app")) && !check("r", stream));
        assert!(check("r", Need::Repository("app")) && !check("s", Need::Repository("app")));
    }

    #[test]
    fn without_a_prefix_the_stream_is_a_container_id() {
        let options = [("awslogs-group", "/app"), ("awslogs-create-group", "true")];
        let definition = definition("localhost:4566/app:1", &options);
        let check = |need| {
            let wanted = Wanted { region: "r", need };
            is_needed(&definition, "t1", "r", ENDPOINT, wanted)
        };
        let (group, id) = ("/app", "a".repeat(64));
        assert!(check(Need::LogStream { group, stream: &id }));
        assert!(!check(Need::LogStream {
            group,
            stream: "p/web/t1"
        }));
        assert!(check(Need::NewLogGroup("/app")));
    }

    #[test]
    fn repositories_of_images() {
        for (image, name) in [
            ("localhost:4566/team/app:1", Some("team/app")),
            ("127.0.0.1:4566/app@sha256:00", Some("app")),
            (
                "000000000000.dkr.ecr.us-east-1.amazonaws.com/app:1",
                Some("app"),
            ),
            ("docker.io/app:1", None),
            ("localhost:5000/app", None),
            ("busybox", None),
        ] {
            assert_eq!(repository(image, ENDPOINT), name, "{image}");
        }
    }
}
