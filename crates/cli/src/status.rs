//! `wharf status`: what an installation runs, from the describing operations that users have.

use std::{
    io::{IsTerminal, Write, stdout},
    process::ExitCode,
    time::Duration,
};

use serde_json::Value;
use wharf_base::{Clock, SystemClock, Timestamp};

use crate::{
    StatusArgs, call,
    exec::terminal,
    layout::{Layout, Settings},
    problem::Problem,
    style::{Style, table},
};

/// Between two looks of `--watch`.
const PAUSE: Duration = Duration::from_secs(1);

pub fn run(args: &StatusArgs) -> Result<ExitCode, Problem> {
    let layout = Layout::new(&args.output.data.data)?;
    let settings = layout.settings()?;
    call::block_on(async {
        loop {
            let text = call::ask(&layout, &settings, "GET", "/wharf/overview", "").await?;
            let mut seen: Value = serde_json::from_str(&text)
                .map_err(|cause| Problem::caused("the server's answer is no overview", cause))?;
            narrow(&mut seen, args.cluster.as_deref(), args.service.as_deref());
            if args.output.json {
                println!("{seen}");
                return Ok(ExitCode::SUCCESS);
            }
            let screen = as_text(&seen, &settings, Style::of_stdout(), SystemClock.now());
            if !args.watch {
                print!("{}", fitted(&screen, false));
                return Ok(ExitCode::SUCCESS);
            }
            show_again(&fitted(&screen, true))?;
            tokio::time::sleep(PAUSE).await;
        }
    })
}

/// Leaves what belongs to a cluster, or to a service.
fn narrow(seen: &mut Value, cluster: Option<&str>, service: Option<&str>) {
    let mut keep = |kind: &str, wanted: &dyn Fn(&Value) -> bool| {
        if let Some(all) = seen[kind].as_array_mut() {
            all.retain(|it| wanted(it));
        }
    };
    if let Some(cluster) = cluster {
        keep("clusters", &|it| it["clusterName"] == cluster);
        for kind in ["services", "tasks"] {
            keep(kind, &|it| name(it, "clusterArn") == cluster);
        }
        keep("containerInstances", &|it| {
            cluster_of(&cell(it, "containerInstanceArn")) == cluster
        });
    }
    if let Some(service) = service {
        let group = format!("service:{service}");
        keep("services", &|it| it["serviceName"] == service);
        keep("tasks", &|it| it["group"] == group.as_str());
        for kind in [
            "clusters",
            "containerInstances",
            "loadBalancers",
            "unopenedListeners",
        ] {
            keep(kind, &|_| false);
        }
    }
    if cluster.is_some() || service.is_some() {
        let groups: Vec<String> = list(seen, "services")
            .flat_map(|service| list(service, "loadBalancers"))
            .map(|it| cell(it, "targetGroupArn"))
            .collect();
        if let Some(all) = seen["targetGroups"].as_array_mut() {
            all.retain(|it| groups.contains(&cell(it, "TargetGroupArn")));
        }
    }
}

/// As much as a terminal shows: lines are cut at its edge, and with `whole_screen` at its foot. What
/// is written elsewhere stays whole.
fn fitted(text: &str, whole_screen: bool) -> String {
    if !stdout().is_terminal() {
        return text.to_owned();
    }
    let size = terminal::size();
    let rows = whole_screen.then(|| usize::from(size.rows));
    cut(text, usize::from(size.cols), rows)
}

/// Cuts to so many columns and rows; a painted line, which says what fails, is left whole.
fn cut(text: &str, columns: usize, rows: Option<usize>) -> String {
    let all: Vec<&str> = text.lines().collect();
    // The cursor stands below the last line.
    let room = rows.map_or(all.len(), |rows| rows.saturating_sub(1).max(1));
    let (shown, left) = match all.len() > room {
        true => (room - 1, all.len() - room + 1),
        false => (all.len(), 0),
    };
    let mut out = String::new();
    for line in &all[..shown] {
        let painted = line.contains('\u{1b}');
        match line.chars().count() > columns && !painted {
            true => {
                out.extend(line.chars().take(columns.saturating_sub(1)));
                out.push('…');
            }
            false => out.push_str(line),
        }
        out.push('\n');
    }
    if left > 0 {
        out.push_str(&format!(
            "… {left} more lines; --cluster or --service shows less\n"
        ));
    }
    out
}

/// On a terminal the new text takes the place of the old.
fn show_again(screen: &str) -> Result<(), Problem> {
    let clear = match stdout().is_terminal() {
        true => "\u{1b}[H\u{1b}[2J",
        false => "",
    };
    let mut out = stdout().lock();
    write!(out, "{clear}{screen}")
        .and_then(|()| out.flush())
        .map_err(|cause| Problem::caused("cannot print", cause))
}

/// The whole text: one table a kind, kinds of which there is nothing left out.
fn as_text(seen: &Value, settings: &Settings, style: Style, now: Timestamp) -> String {
    let mut text = format!(
        "{} {}: {}\n",
        style.strong("wharf"),
        settings.endpoint(),
        summary(seen)
    );
    for trouble in troubles(seen) {
        text.push_str(&format!("{}\n", style.bad(&trouble)));
    }
    let sections = [
        services(seen),
        deployments(seen),
        tasks(seen, now),
        nodes(seen),
        targets(seen),
        balancers(seen),
        closed(seen),
        clusters(seen),
    ];
    for rows in sections.iter().filter(|rows| rows.len() > 1) {
        text.push('\n');
        text.push_str(&table(rows));
    }
    text
}

/// `2 services, 5 tasks running, 1 node`
fn summary(seen: &Value) -> String {
    let count = |number: usize, what: &str| match number {
        1 => format!("1 {what}"),
        _ => format!("{number} {what}s"),
    };
    let running = |it: &&Value| it["lastStatus"] == "RUNNING";
    let running = list(seen, "tasks").filter(running).count();
    format!(
        "{}, {} running, {}",
        count(list(seen, "services").count(), "service"),
        count(running, "task"),
        count(list(seen, "containerInstances").count(), "node"),
    )
}

/// Why deployments do not succeed, one line each.
fn troubles(seen: &Value) -> Vec<String> {
    let of = |service: &Value| -> Vec<String> {
        let failing = list(service, "deployments").filter(|it| {
            it["rolloutState"] != "COMPLETED" && it["failedTasks"].as_i64().unwrap_or(0) > 0
        });
        let line = |it: &Value| {
            let reason = cell(it, "rolloutStateReason");
            format!("{}: {reason}", cell(service, "serviceName"))
        };
        failing.map(line).collect()
    };
    list(seen, "services").flat_map(of).collect()
}

type Rows = Vec<Vec<String>>;

/// A heading, and a row an item.
fn rows(heading: &[&str], items: impl Iterator<Item = Vec<String>>) -> Rows {
    let heading = heading.iter().map(|cell| (*cell).to_owned()).collect();
    std::iter::once(heading).chain(items).collect()
}

fn clusters(seen: &Value) -> Rows {
    let heading = [
        "CLUSTER", "STATUS", "NODES", "SERVICES", "RUNNING", "PENDING",
    ];
    let row = |it: &Value| {
        vec![
            cell(it, "clusterName"),
            cell(it, "status"),
            cell(it, "registeredContainerInstancesCount"),
            cell(it, "activeServicesCount"),
            cell(it, "runningTasksCount"),
            cell(it, "pendingTasksCount"),
        ]
    };
    rows(&heading, list(seen, "clusters").map(row))
}

fn services(seen: &Value) -> Rows {
    let heading = [
        "SERVICE",
        "CLUSTER",
        "STATUS",
        "DESIRED",
        "RUNNING",
        "PENDING",
        "DEFINITION",
        "LAST EVENT",
    ];
    let row = |it: &Value| {
        let event = list(it, "events").next().map(|it| cell(it, "message"));
        vec![
            cell(it, "serviceName"),
            name(it, "clusterArn"),
            cell(it, "status"),
            cell(it, "desiredCount"),
            cell(it, "runningCount"),
            cell(it, "pendingCount"),
            name(it, "taskDefinition"),
            event.unwrap_or_else(|| "-".to_owned()),
        ]
    };
    rows(&heading, list(seen, "services").map(row))
}

/// Those under way; what is completed shows as its service alone.
fn deployments(seen: &Value) -> Rows {
    let heading = [
        "DEPLOYMENT",
        "SERVICE",
        "STATUS",
        "ROLLOUT",
        "DESIRED",
        "RUNNING",
        "PENDING",
        "FAILED",
        "DEFINITION",
    ];
    let under_way = list(seen, "services").flat_map(|service| {
        let all: Vec<&Value> = list(service, "deployments").collect();
        let one_completed = matches!(all.as_slice(), [one] if one["rolloutState"] == "COMPLETED");
        let shown = if one_completed { Vec::new() } else { all };
        shown.into_iter().map(move |it| {
            vec![
                cell(it, "id"),
                cell(service, "serviceName"),
                cell(it, "status"),
                cell(it, "rolloutState"),
                cell(it, "desiredCount"),
                cell(it, "runningCount"),
                cell(it, "pendingCount"),
                cell(it, "failedTasks"),
                name(it, "taskDefinition"),
            ]
        })
    });
    rows(&heading, under_way)
}

fn balancers(seen: &Value) -> Rows {
    let heading = ["LOAD BALANCER", "STATE", "URL"];
    let row = |it: &Value| {
        let urls: Vec<String> = list(it, "Listeners")
            .map(|listener| url(&cell(it, "DNSName"), listener))
            .collect();
        vec![
            cell(it, "LoadBalancerName"),
            cell(&it["State"], "Code"),
            urls.join(" "),
        ]
    };
    rows(&heading, list(seen, "loadBalancers").map(row))
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
fn closed(seen: &Value) -> Rows {
    let heading = ["CLOSED", "NODE", "BECAUSE"];
    let row = |it: &Value| {
        let of_host = |node: &&Value| node["ec2InstanceId"] == it["host"];
        let node = list(seen, "containerInstances").find(of_host);
        vec![
            cell(it, "address"),
            node.map_or_else(
                || cell(it, "host"),
                |node| name(node, "containerInstanceArn"),
            ),
            cell(it, "reason"),
        ]
    };
    rows(&heading, list(seen, "unopenedListeners").map(row))
}

fn targets(seen: &Value) -> Rows {
    let heading = ["TARGET", "GROUP", "STATE", "REASON"];
    let all = list(seen, "targetGroups").flat_map(|group| {
        list(group, "Targets").map(move |it| {
            let target = &it["Target"];
            let health = &it["TargetHealth"];
            vec![
                format!("{}:{}", cell(target, "Id"), cell(target, "Port")),
                cell(group, "TargetGroupName"),
                cell(health, "State"),
                cell(health, "Description"),
            ]
        })
    });
    rows(&heading, all)
}

fn nodes(seen: &Value) -> Rows {
    let heading = [
        "NODE",
        "CLUSTER",
        "ZONE",
        "STATUS",
        "AGENT",
        "CPU FREE",
        "MEMORY FREE",
        "TASKS",
    ];
    let row = |it: &Value| {
        let connected = it["agentConnected"] == true;
        vec![
            name(it, "containerInstanceArn"),
            cluster_of(&cell(it, "containerInstanceArn")),
            zone(it),
            cell(it, "status"),
            if connected { "connected" } else { "away" }.to_owned(),
            resource(it, "CPU"),
            format!("{} MiB", resource(it, "MEMORY")),
            cell(it, "runningTasksCount"),
        ]
    };
    rows(&heading, list(seen, "containerInstances").map(row))
}

fn tasks(seen: &Value, now: Timestamp) -> Rows {
    let heading = [
        "TASK",
        "OF",
        "DEFINITION",
        "STATUS",
        "HEALTH",
        "LAUNCH TYPE",
        "ZONE",
        "ADDRESS",
        "AGE",
    ];
    let row = |it: &Value| {
        vec![
            name(it, "taskArn"),
            cell(it, "group"),
            name(it, "taskDefinitionArn"),
            cell(it, "lastStatus"),
            cell(it, "healthStatus"),
            cell(it, "launchType"),
            cell(it, "availabilityZone"),
            address(it).unwrap_or_else(|| "-".to_owned()),
            age(&it["createdAt"], now),
        ]
    };
    rows(&heading, list(seen, "tasks").map(row))
}

fn list<'a>(document: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    document[name].as_array().into_iter().flatten()
}

fn cell(document: &Value, name: &str) -> String {
    match &document[name] {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    }
}

/// The last part of an ARN.
fn name(document: &Value, member: &str) -> String {
    let arn = cell(document, member);
    arn.rsplit('/').next().unwrap_or_default().to_owned()
}

/// `…:container-instance/CLUSTER/ID`
fn cluster_of(arn: &str) -> String {
    arn.rsplit('/').nth(1).unwrap_or_default().to_owned()
}

fn zone(instance: &Value) -> String {
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
fn address(task: &Value) -> Option<String> {
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
fn age(since: &Value, now: Timestamp) -> String {
    let Some(since) = since.as_f64() else {
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
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_there_has_no_table() {
        let seen =
            json!({"clusters": [{"clusterName": "default", "status": "ACTIVE"}], "tasks": []});
        let settings = Settings {
            port: 4566,
            account: String::new(),
            region: String::new(),
            listen: None,
            keyring: None,
            keyring_given: false,
        };
        let style = Style::of_stdout();
        let text = as_text(&seen, &settings, style, SystemClock.now());
        assert!(text.contains("CLUSTER"), "{text}");
        assert!(!text.contains("TASK "), "{text}");
    }

    #[test]
    fn a_failing_deployment_stands_before_all_tables() {
        let deployment = |state: &str, failed: i64| json!({"rolloutState": state, "failedTasks": failed, "rolloutStateReason": "Why."});
        let seen = json!({"services": [
            {"serviceName": "web", "deployments": [deployment("IN_PROGRESS", 2), deployment("COMPLETED", 1)]},
            {"serviceName": "ok", "deployments": [deployment("IN_PROGRESS", 0)]},
        ], "tasks": [{"lastStatus": "RUNNING"}, {"lastStatus": "PENDING"}]});
        assert_eq!(troubles(&seen), ["web: Why."]);
        assert_eq!(summary(&seen), "2 services, 1 task running, 0 nodes");
    }

    #[test]
    fn a_screen_is_not_overrun() {
        let text = "one\nlonger line\nthree\nfour\n";
        assert_eq!(cut(text, 6, None), "one\nlonge…\nthree\nfour\n");
        let small = cut(text, 80, Some(4));
        assert_eq!(
            small,
            "one\nlonger line\n… 2 more lines; --cluster or --service shows less\n"
        );
        assert_eq!(cut(text, 80, Some(5)), text);
    }

    #[test]
    fn one_cluster_or_service_may_be_shown_alone() {
        let arn = |kind: &str, name: &str| format!("arn:aws:ecs:r:a:{kind}/{name}");
        let whole = json!({
            "clusters": [{"clusterName": "a"}, {"clusterName": "b"}],
            "services": [
                {"serviceName": "web", "clusterArn": arn("cluster", "a"), "loadBalancers": [{"targetGroupArn": "g"}]},
                {"serviceName": "api", "clusterArn": arn("cluster", "b")},
            ],
            "tasks": [
                {"group": "service:web", "clusterArn": arn("cluster", "a")},
                {"group": "family:x", "clusterArn": arn("cluster", "a")},
            ],
            "containerInstances": [{"containerInstanceArn": arn("container-instance", "b/1")}],
            "targetGroups": [{"TargetGroupArn": "g"}, {"TargetGroupArn": "h"}],
        });
        let count = |seen: &Value| {
            let kinds = [
                "clusters",
                "services",
                "tasks",
                "containerInstances",
                "targetGroups",
            ];
            kinds.map(|kind| list(seen, kind).count())
        };
        let mut seen = whole.clone();
        narrow(&mut seen, Some("a"), None);
        assert_eq!(count(&seen), [1, 1, 2, 0, 1]);
        let mut seen = whole.clone();
        narrow(&mut seen, None, Some("web"));
        assert_eq!(count(&seen), [0, 1, 1, 0, 1]);
    }

    #[test]
    fn a_deployment_shows_while_it_is_under_way() {
        let service = |state| json!({"services": [{"serviceName": "web", "deployments": [{"id": "ecs-svc/1", "rolloutState": state}]}]});
        assert_eq!(deployments(&service("COMPLETED")).len(), 1);
        assert_eq!(
            deployments(&service("IN_PROGRESS"))[1][..2],
            ["ecs-svc/1", "web"]
        );
    }

    #[test]
    fn a_port_that_another_program_has_shows_with_its_node() {
        let arn = "arn:aws:ecs:us-east-1:000000000000:container-instance/default/0a";
        let door = |host: &str| json!({"host": host, "address": "127.0.0.1:80", "reason": "why"});
        let seen = json!({
            "containerInstances": [{"ec2InstanceId": "i-1", "containerInstanceArn": arn}],
            "unopenedListeners": [door("i-1"), door("i-2")],
        });
        let rows = closed(&seen);
        assert_eq!(rows[1], ["127.0.0.1:80", "0a", "why"]);
        assert_eq!(rows[2], ["127.0.0.1:80", "i-2", "why"]);
    }

    #[test]
    fn urls_leave_out_the_usual_port() {
        let listener = |protocol, port| json!({"Protocol": protocol, "Port": port});
        assert_eq!(url("a", &listener("HTTP", 80)), "http://a/");
        assert_eq!(url("a", &listener("HTTPS", 443)), "https://a/");
        assert_eq!(url("a", &listener("HTTP", 8080)), "http://a:8080/");
    }

    #[test]
    fn a_node_shows_its_zone() {
        let attributes = json!([{"name": "ecs.availability-zone", "value": "us-east-1b"}]);
        assert_eq!(zone(&json!({ "attributes": attributes })), "us-east-1b");
        assert_eq!(zone(&json!({})), "-");
    }

    #[test]
    fn ages() {
        let now = Timestamp::from_millis(100_000_000);
        for (since, text) in [
            (100_000.0, "0s"),
            (99_940.5, "59s"),
            (99_000.0, "16m"),
            (13_600.0, "1d"),
        ] {
            assert_eq!(age(&json!(since), now), text);
        }
    }
}
