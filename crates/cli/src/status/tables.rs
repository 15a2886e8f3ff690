//! The tables of `wharf status`, pure: the overview's document goes in, rows come out. A table that
//! has nothing to say has no rows; ids are as long as other commands want them.

mod kubernetes;

use serde_json::Value;
use wharf_base::Timestamp;

pub use self::kubernetes::KUBERNETES;
use self::kubernetes::{is_ill, kubernetes};
use super::screen::{Row, Table, Tone};

/// Digits of an id that tell tasks and nodes apart; commands take the beginning of one.
const SHORT_ID: usize = 8;

/// In the order in which they matter.
pub fn all(seen: &Value, now: Timestamp) -> Vec<Table> {
    let mut tables = vec![
        services(seen),
        deployments(seen),
        unopened(seen),
        tasks(seen, now),
        nodes(seen),
        makers(seen, now),
        fargate_pool(seen),
        kubernetes(seen),
        targets(seen),
        balancers(seen),
    ];
    let is_alone = tables.iter().all(|table| table.rows.is_empty());
    if is_alone || list(seen, "clusters").count() > 1 {
        tables.push(clusters(seen));
    }
    tables
}

/// `2 services (1 failing), 5 tasks running, 1 node`
pub fn summary(seen: &Value) -> String {
    let count = |number: usize, what: &str| match number {
        1 => format!("1 {what}"),
        _ => format!("{number} {what}s"),
    };
    let of_them = |number: usize, how: &str| match number {
        0 => String::new(),
        _ => format!(" ({number} {how})"),
    };
    let running = |it: &&Value| it["lastStatus"] == "RUNNING";
    let failing = |it: &&Value| State::of(it) == State::Failing;
    let away = |it: &&Value| it["agentConnected"] != true;
    let kubernetes = match list(seen, KUBERNETES).count() {
        0 => String::new(),
        number => format!(
            ", {}{}",
            count(number, "Kubernetes cluster"),
            of_them(
                list(seen, KUBERNETES).filter(|it| is_ill(it)).count(),
                "ailing"
            )
        ),
    };
    format!(
        "{}{}, {} running, {}{}{kubernetes}",
        count(list(seen, "services").count(), "service"),
        of_them(list(seen, "services").filter(failing).count(), "failing"),
        count(list(seen, "tasks").filter(running).count(), "task"),
        count(list(seen, "containerInstances").count(), "node"),
        of_them(
            list(seen, "containerInstances").filter(away).count(),
            "away"
        ),
    )
}

/// How a service is, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Its tasks fail, and none has run for long enough since.
    Failing,
    /// It has fewer tasks than it should, and nothing is rolled out.
    Waiting,
    Deploying,
    Steady,
    /// It is being deleted.
    Ending,
}

impl State {
    pub fn of(service: &Value) -> Self {
        if service["status"] != "ACTIVE" {
            return Self::Ending;
        }
        let deployments: Vec<&Value> = list(service, "deployments").collect();
        let is_rolling = match deployments.as_slice() {
            [] => false,
            [one] => !is_completed(one),
            _ => true,
        };
        if deployments.iter().any(|it| is_failing(it)) {
            Self::Failing
        } else if is_rolling {
            Self::Deploying
        } else if number(service, "runningCount") < number(service, "desiredCount") {
            Self::Waiting
        } else {
            Self::Steady
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Failing => "failing",
            Self::Waiting => "waiting",
            Self::Deploying => "deploying",
            Self::Steady => "steady",
            Self::Ending => "ending",
        }
    }

    pub fn tone(self) -> Tone {
        match self {
            Self::Failing => Tone::Bad,
            Self::Waiting | Self::Deploying => Tone::Doubtful,
            Self::Steady | Self::Ending => Tone::Plain,
        }
    }
}

fn is_completed(deployment: &Value) -> bool {
    deployment["rolloutState"] == "COMPLETED"
}

/// The reason of a completed one names the last failure for as long as failures are counted.
fn is_failing(deployment: &Value) -> bool {
    let is_counted = !is_completed(deployment)
        || last_failure(&cell(deployment, "rolloutStateReason")).is_some();
    number(deployment, "failedTasks") > 0 && is_counted || deployment["rolloutState"] == "FAILED"
}

/// What the reason of a rollout says of the last task that failed.
fn last_failure(reason: &str) -> Option<&str> {
    ["the last one: ", "task failed: "]
        .iter()
        .find_map(|mark| reason.split_once(mark))
        .map(|(_, last)| last)
}

fn services(seen: &Value) -> Table {
    let clusters: std::collections::BTreeSet<String> = list(seen, "services")
        .map(|it| name(it, "clusterArn"))
        .collect();
    let row = |it: &Value| {
        let state = State::of(it);
        let mut cells = vec![
            cell(it, "serviceName"),
            out_of(it, "runningCount", "desiredCount"),
            state.word().to_owned(),
            name(it, "taskDefinition"),
            why(it, state),
        ];
        if clusters.len() > 1 {
            cells.insert(1, name(it, "clusterArn"));
        }
        Row {
            tone: state.tone(),
            cells,
        }
    };
    let mut heading = vec!["SERVICE", "TASKS", "STATE", "DEFINITION", "WHY"];
    if clusters.len() > 1 {
        heading.insert(1, "CLUSTER");
    }
    Table::new(&heading, list(seen, "services").map(row))
}

/// Why a service is not as it should be: its last failure, or what ECS said last.
pub fn why(service: &Value, state: State) -> String {
    let said = || {
        let event = list(service, "events").next();
        let event = event.map(|it| cell(it, "message")).unwrap_or_default();
        let subject = format!("(service {}) ", cell(service, "serviceName"));
        match event.trim_start_matches(&subject) {
            // That is what it does, not why it waits.
            said if said.starts_with("has started ") => starting(service),
            said => said.to_owned(),
        }
    };
    match state {
        State::Failing => {
            let failing = list(service, "deployments").find(|it| is_failing(it));
            let said = failing.map(failure).unwrap_or_default();
            with_cause(service["cause"].as_str(), said)
        }
        State::Waiting | State::Deploying => lack(&said()),
        State::Steady | State::Ending => String::new(),
    }
}

/// `1 task is starting`: RUNNING or not, they do not count yet.
fn starting(service: &Value) -> String {
    match number(service, "pendingCount") {
        0 => String::new(),
        1 => "1 task is starting".to_owned(),
        count => format!("{count} tasks are starting"),
    }
}

/// The cause in words, then the reason as agents, registries and APIs give it: on a terminal only the
/// beginning is seen. A mere exit code is short, and says what its cause does not.
fn with_cause(cause: Option<&str>, said: String) -> String {
    match cause {
        None => said,
        Some(cause) if said.starts_with("exit code ") && !cause.contains("(code ") => {
            match said.contains(", ") {
                true => format!("{cause} ({said})"),
                false => said,
            }
        }
        Some(cause) => format!("{cause} ({said})"),
    }
}

/// What ECS said, without the words before a host's lack that all such events have: `has insufficient
/// memory available (…)`.
fn lack(said: &str) -> String {
    const CLOSEST: &str = "The closest matching (container-instance ";
    const STARTS: [&str; 2] = [
        "Please try again later or in a different availability zone. ",
        "no container instance met all of its requirements. Reason: ",
    ];
    if !said.starts_with("was unable to place a task") {
        return said.to_owned();
    }
    let of_host = said.split_once(CLOSEST);
    let of_host = of_host.and_then(|(_, rest)| Some(rest.split_once(") ")?.1));
    let of_all = || {
        STARTS
            .iter()
            .find_map(|start| Some(said.split_once(start)?.1))
    };
    match of_host.or_else(of_all).filter(|lack| !lack.is_empty()) {
        Some(lack) => lack.to_owned(),
        None => said.to_owned(),
    }
}

/// `exit code 3 (main); 2 failed`, from the reason of a rollout: what tells most comes first, for the
/// end of a long line is cut.
fn failure(deployment: &Value) -> String {
    let reason = cell(deployment, "rolloutStateReason");
    match last_failure(&reason) {
        Some(last) => format!(
            "{}; {} failed",
            plain(last),
            cell(deployment, "failedTasks")
        ),
        None => reason,
    }
}

/// Without the words that all such reasons begin with.
fn plain(reason: &str) -> String {
    let reason = reason.trim_end_matches('.');
    let inner = reason.strip_prefix("Essential container in task exited (container ");
    let inner = inner.and_then(|it| it.strip_suffix(')')?.split_once(": "));
    inner.map_or_else(
        || reason.to_owned(),
        |(container, end)| format!("{end} ({container})"),
    )
}

/// Those under way; what is completed shows as its service alone.
fn deployments(seen: &Value) -> Table {
    let under_way = list(seen, "services").flat_map(|service| {
        let all: Vec<&Value> = list(service, "deployments").collect();
        let shown = if all.len() > 1 { all } else { Vec::new() };
        shown.into_iter().map(move |it| Row {
            tone: match is_failing(it) {
                true => Tone::Bad,
                false => Tone::Plain,
            },
            cells: vec![
                name(it, "taskDefinition"),
                cell(service, "serviceName"),
                cell(it, "rolloutState"),
                out_of(it, "runningCount", "desiredCount"),
                cell(it, "failedTasks"),
            ],
        })
    });
    Table::new(
        &["DEPLOYMENT", "SERVICE", "ROLLOUT", "TASKS", "FAILED"],
        under_way,
    )
}

fn tasks(seen: &Value, now: Timestamp) -> Table {
    let row = |it: &Value| {
        let ill = it["healthStatus"] == "UNHEALTHY";
        let status = match ill {
            true => "UNHEALTHY".to_owned(),
            false => cell(it, "lastStatus"),
        };
        let group = cell(it, "group");
        Row {
            tone: match (ill, status.as_str()) {
                (true, _) => Tone::Bad,
                (_, "RUNNING") => Tone::Plain,
                _ => Tone::Doubtful,
            },
            cells: vec![
                short(&name(it, "taskArn")),
                group.strip_prefix("service:").unwrap_or(&group).to_owned(),
                name(it, "taskDefinitionArn"),
                status,
                cell(it, "availabilityZone"),
                address(it).unwrap_or_else(|| "-".to_owned()),
                age(it["createdAt"].as_f64(), now),
            ],
        }
    };
    Table::new(
        &[
            "TASK",
            "OF",
            "DEFINITION",
            "STATUS",
            "ZONE",
            "ADDRESS",
            "AGE",
        ],
        list(seen, "tasks").map(row),
    )
}

fn nodes(seen: &Value) -> Table {
    let row = |it: &Value| {
        let connected = it["agentConnected"] == true;
        let arn = cell(it, "containerInstanceArn");
        Row {
            tone: match connected {
                true => Tone::Plain,
                false => Tone::Bad,
            },
            cells: vec![
                short(&name(it, "containerInstanceArn")),
                cluster_of(&arn),
                zone(it),
                cell(it, "status"),
                if connected { "connected" } else { "away" }.to_owned(),
                resource(it, "CPU"),
                format!("{} MiB", resource(it, "MEMORY")),
                cell(it, "runningTasksCount"),
            ],
        }
    };
    Table::new(
        &[
            "NODE",
            "CLUSTER",
            "ZONE",
            "STATUS",
            "AGENT",
            "CPU FREE",
            "MEMORY FREE",
            "TASKS",
        ],
        list(seen, "containerInstances").map(row),
    )
}

fn targets(seen: &Value) -> Table {
    let all = list(seen, "targetGroups").flat_map(|group| {
        list(group, "Targets").map(move |it| {
            let target = &it["Target"];
            let health = &it["TargetHealth"];
            let state = cell(health, "State");
            Row {
                tone: match state.as_str() {
                    "healthy" => Tone::Plain,
                    "unhealthy" => Tone::Bad,
                    _ => Tone::Doubtful,
                },
                cells: vec![
                    format!("{}:{}", cell(target, "Id"), cell(target, "Port")),
                    cell(group, "TargetGroupName"),
                    state,
                    cell(health, "Description"),
                ],
            }
        })
    });
    Table::new(&["TARGET", "GROUP", "STATE", "WHY"], all)
}

fn balancers(seen: &Value) -> Table {
    let row = |it: &Value| {
        let name = cell(it, "DNSName");
        let mut urls: Vec<String> = list(it, "Listeners")
            .map(|listener| url(&name, listener))
            .collect();
        if urls.is_empty() {
            urls.push(name);
        }
        let addresses: Vec<&str> = list(it, "Addresses").filter_map(Value::as_str).collect();
        let addresses = match addresses.is_empty() {
            true => "-".to_owned(),
            false => addresses.join(" "),
        };
        let state = cell(&it["State"], "Code");
        Row {
            tone: match state.as_str() {
                "failed" => Tone::Bad,
                _ => Tone::Plain,
            },
            cells: vec![
                cell(it, "LoadBalancerName"),
                state,
                addresses,
                urls.join(" "),
            ],
        }
    };
    Table::new(
        &["LOAD BALANCER", "STATE", "ADDRESS", "URL"],
        list(seen, "loadBalancers").map(row),
    )
    .with_whole_words()
}

/// `http://web-1.us-east-1.elb.localhost/`: without the port where a browser adds it.
fn url(host: &str, listener: &Value) -> String {
    let scheme = cell(listener, "Protocol").to_lowercase();
    match (scheme.as_str(), listener["Port"].as_i64()) {
        ("http", Some(80)) | ("https", Some(443)) => format!("{scheme}://{host}/"),
        (_, Some(port)) => format!("{scheme}://{host}:{port}/"),
        _ => format!("{scheme}://{host}/"),
    }
}

/// Addresses of load balancers at which nodes should listen and cannot.
fn unopened(seen: &Value) -> Table {
    let row = |it: &Value| {
        let of_host = |node: &&Value| node["ec2InstanceId"] == it["host"];
        let node = list(seen, "containerInstances").find(of_host);
        let node = node.map(|node| short(&name(node, "containerInstanceArn")));
        Row {
            tone: Tone::Bad,
            cells: vec![
                cell(it, "address"),
                node.unwrap_or_else(|| cell(it, "host")),
                cell(it, "reason"),
            ],
        }
    };
    Table::new(
        &["UNOPENED LISTENER", "NODE", "WHY"],
        list(seen, "unopenedListeners").map(row),
    )
}

/// What makes machines, with what it did not do last.
fn makers(seen: &Value, now: Timestamp) -> Table {
    let row = |it: &Value| {
        let lacks = number(it, "there") < number(it, "wanted");
        let failure = it["failure"].as_str();
        let age = age(it["failedAt"].as_f64(), now);
        let told = failure.map(|what| format!("{age} ago: {what}"));
        Row {
            tone: match (lacks, failure) {
                (true, Some(_)) => Tone::Bad,
                (true, None) => Tone::Doubtful,
                (false, _) => Tone::Plain,
            },
            cells: vec![
                cell(it, "name"),
                cell(it, "wanted"),
                cell(it, "there"),
                cell(it, "most"),
                told.unwrap_or_else(|| "-".to_owned()),
            ],
        }
    };
    Table::new(
        &["MACHINE MAKER", "WANTED", "THERE", "MOST", "LAST FAILURE"],
        list(seen, "machineMakers").map(row),
    )
}

/// Machines that are made for Fargate, and why there are no more of them where some are wanted.
fn fargate_pool(seen: &Value) -> Table {
    let pool = &seen["fargatePool"];
    let machine = |it: &Value| Row {
        tone: match it["state"].as_str() {
            Some("joined") => Tone::Plain,
            _ => Tone::Doubtful,
        },
        cells: ["id", "size", "zone", "state", "claims", "reason"]
            .map(|it_has| cell(it, it_has))
            .to_vec(),
    };
    let reasons = list(pool, "reasons").filter_map(Value::as_str);
    let reasons = reasons.map(|why| {
        let waiting = match number(pool, "waiting") {
            0 => "-".to_owned(),
            waiting => format!("{waiting} wait"),
        };
        let nothing = || "-".to_owned();
        let cells = vec![
            nothing(),
            nothing(),
            nothing(),
            waiting,
            nothing(),
            why.to_owned(),
        ];
        let tone = Tone::Bad;
        Row { tone, cells }
    });
    Table::new(
        &["FARGATE MACHINE", "SIZE", "ZONE", "STATE", "ON IT", "WHY"],
        list(pool, "machines").map(machine).chain(reasons),
    )
    .with_whole_words()
}

fn clusters(seen: &Value) -> Table {
    let row = |it: &Value| Row {
        tone: Tone::Plain,
        cells: vec![
            cell(it, "clusterName"),
            cell(it, "status"),
            cell(it, "registeredContainerInstancesCount"),
            cell(it, "activeServicesCount"),
            cell(it, "runningTasksCount"),
            cell(it, "pendingTasksCount"),
        ],
    };
    Table::new(
        &[
            "CLUSTER", "STATUS", "NODES", "SERVICES", "RUNNING", "PENDING",
        ],
        list(seen, "clusters").map(row),
    )
}

pub fn list<'a>(document: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    document[name]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default()
        .iter()
}

pub fn cell(document: &Value, name: &str) -> String {
    match &document[name] {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    }
}

pub fn number(document: &Value, name: &str) -> i64 {
    document[name].as_i64().unwrap_or(0)
}

/// `1/3`
fn out_of(document: &Value, part: &str, whole: &str) -> String {
    format!("{}/{}", cell(document, part), cell(document, whole))
}

/// The last part of an ARN.
pub fn name(document: &Value, member: &str) -> String {
    let arn = cell(document, member);
    arn.rsplit('/').next().unwrap_or_default().to_owned()
}

/// The beginning of an id; a name stays whole.
pub fn short(id: &str) -> String {
    let is_id = id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit());
    match is_id {
        true => id[..SHORT_ID].to_owned(),
        false => id.to_owned(),
    }
}

/// `…:container-instance/CLUSTER/ID`
pub fn cluster_of(arn: &str) -> String {
    arn.rsplit('/').nth(1).unwrap_or_default().to_owned()
}

pub fn zone(instance: &Value) -> String {
    list(instance, "attributes")
        .find(|attribute| attribute["name"] == "ecs.availability-zone")
        .map_or_else(|| "-".to_owned(), |found| cell(found, "value"))
}

fn resource(instance: &Value, name: &str) -> String {
    list(instance, "remainingResources")
        .find(|resource| resource["name"] == name)
        .map_or_else(|| "-".to_owned(), |found| cell(found, "integerValue"))
}

/// The private address, or where the first published port is.
pub fn address(task: &Value) -> Option<String> {
    let private = list(task, "containers")
        .flat_map(|container| list(container, "networkInterfaces"))
        .find_map(|interface| interface["privateIpv4Address"].as_str().map(str::to_owned));
    private.or_else(|| {
        list(task, "containers")
            .flat_map(|container| list(container, "networkBindings"))
            .find_map(|binding| Some(format!("localhost:{}", binding["hostPort"].as_i64()?)))
    })
}

/// Since a time in seconds, as the JSON of the API writes it.
pub fn age(since: Option<f64>, now: Timestamp) -> String {
    let Some(since) = since else {
        return "-".to_owned();
    };
    let seconds = (now.epoch_seconds() - since).max(0.0) as u64;
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86_400 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests;
