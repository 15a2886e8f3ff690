//! `wharf explain`: which step a deployment, a task or a pod waits for, and why hosts take no more.

mod pod;

use std::process::ExitCode;

use serde_json::Value;
use wharf_api_wharf::types::{ExplainRequest, ExplainResponse};
use wharf_base::Timestamp;

use crate::{
    args::{ExplainArgs, ExplainWhat},
    call,
    layout::Layout,
    place,
    problem::Problem,
    style::{Style, table},
};

/// Digits of an id that tell tasks apart.
const SHORT_ID: usize = 8;

pub fn run(args: &ExplainArgs) -> Result<ExitCode, Problem> {
    let layout = Layout::new(&args.output.data.data)?;
    let settings = place::settings(layout.settings()?, &args.region, Some(&args.name))?;
    let name = Some(args.name.clone());
    let cluster = place::cluster(args.cluster.as_deref(), &args.name)?;
    let mut asked = ExplainRequest {
        cluster: cluster.map(str::to_owned),
        ..ExplainRequest::default()
    };
    match args.what {
        ExplainWhat::Service => asked.service = name,
        ExplainWhat::Task => asked.task = name,
        ExplainWhat::Pod => asked.pod = name,
    }
    let asked = call::wharf(&layout, &settings, "Explain", &asked);
    let explained: ExplainResponse = call::block_on(asked)?;
    let said = call::document("ExplainResponse", &explained);
    if args.output.json {
        println!("{said}");
    } else {
        let style = Style::of_stdout();
        match args.what {
            ExplainWhat::Service => print!("{}", service(&said["service"], style)),
            ExplainWhat::Task => print!("{}", task(&said, style)),
            ExplainWhat::Pod => print!("{}", pod::text(&said, style)),
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn service(said: &Value, style: Style) -> String {
    let mut text = format!(
        "{} {} in cluster {}: {}, desired {}\n",
        style.strong("service"),
        cell(&said["name"]),
        cell(&said["cluster"]),
        cell(&said["status"]),
        tasks_of(&said["desired"]),
    );
    for it in list(&said["deployments"]) {
        text.push_str(&deployment(it, style));
    }
    for advice in list(&said["advice"]) {
        text.push_str(&format!("  {}\n", cell(advice)));
    }
    text.push_str(&failures(list(&said["failures"])));
    text.push_str(&tasks(list(&said["tasks"])));
    text.push_str(&hosts(list(&said["hosts"])));
    let mut events = list(&said["events"]).peekable();
    if events.peek().is_some() {
        text.push_str("\nLAST EVENTS\n");
    }
    for event in events {
        text.push_str(&format!("  {}\n", cell(event)));
    }
    text
}

fn deployment(it: &Value, style: Style) -> String {
    let state = match (it["gaveUp"].as_str(), it["waitsFor"].as_str()) {
        (Some(why), _) => style.bad(&format!("gave up: {why}")),
        (None, Some(waits)) => style.doubtful(&format!("waits for {waits}")),
        (None, None) => style.good("has nothing left to do"),
    };
    let mut text = format!(
        "{} {} ({}, {}): {} running; it {state}\n",
        style.strong("deployment"),
        cell(&it["name"]),
        tail(&it["definition"]),
        cell(&it["rollout"]),
        cell(&it["running"]),
    );
    if let Some(last) = it["lastFailure"].as_str() {
        let count = tasks_of(&it["failedTasks"]);
        let line = format!("{count} of it failed, the last one: {last}");
        text.push_str(&format!("  {}\n", style.bad(&line)));
    }
    text
}

/// `1 task`, `3 tasks`
fn tasks_of(count: &Value) -> String {
    match count.as_u64() {
        Some(1) => "1 task".to_owned(),
        _ => format!("{} tasks", cell(count)),
    }
}

fn task(said: &Value, style: Style) -> String {
    let it = &said["task"];
    let mut text = format!(
        "{} {}: {} (desired: {})\n",
        style.strong("task"),
        cell(&it["id"]),
        cell(&it["status"]),
        cell(&it["desired"])
    );
    if let Some(waits) = it["waitsFor"].as_str() {
        text.push_str(&format!("It waits for {}.\n", style.doubtful(waits)));
    }
    if let Some(at) = clock(&it["stoppedAt"]) {
        text.push_str(&format!("It stopped at {at}:\n"));
    }
    for reason in list(&it["ended"]) {
        text.push_str(&format!("  {}\n", cell(reason)));
    }
    if let Some(cause) = it["cause"].as_str() {
        text.push_str(&format!("  {}\n", style.doubtful(cause)));
    }
    text.push_str(&hosts(list(&said["hosts"])));
    text
}

/// A time of the document (milliseconds) as `2026-11-21T03:40:00Z`.
fn clock(at: &Value) -> Option<String> {
    Some(Timestamp::from_millis(at.as_i64()?).iso8601_seconds())
}

fn failures<'a>(items: impl Iterator<Item = &'a Value>) -> String {
    let mut text = String::new();
    for it in items {
        if text.is_empty() {
            text.push_str("\nFAILURES\n");
        }
        let last = clock(&it["lastAt"]).unwrap_or_default();
        text.push_str(&format!(
            "  {} x {} (last at {last}, task {})\n",
            cell(&it["count"]),
            cell(&it["reason"]),
            cell(&it["task"]).chars().take(SHORT_ID).collect::<String>(),
        ));
        if let Some(cause) = it["cause"].as_str() {
            text.push_str(&format!("      {cause}\n"));
        }
    }
    text
}

fn tasks<'a>(items: impl Iterator<Item = &'a Value>) -> String {
    let heading = ["TASK", "DEPLOYMENT", "STATUS", "NODE", "WAITS FOR"];
    let rows = items.map(|it| {
        let ended = list(&it["ended"]).map(cell).collect::<Vec<_>>().join("; ");
        let waits = match it["waitsFor"].as_str() {
            Some(waits) => waits.to_owned(),
            None if ended.is_empty() => "-".to_owned(),
            None => ended,
        };
        vec![
            cell(&it["id"]),
            cell(&it["deployment"]),
            cell(&it["status"]),
            cell(&it["instance"]),
            waits,
        ]
    });
    section(&heading, rows)
}

fn hosts<'a>(items: impl Iterator<Item = &'a Value>) -> String {
    let heading = ["NODE", "INSTANCE", "ZONE", "CAN PLACE MORE"];
    let rows = items.map(|it| {
        vec![
            cell(&it["instance"]),
            cell(&it["ec2Instance"]),
            cell(&it["zone"]),
            verdict(it, " (the task runs here)"),
        ]
    });
    section(&heading, rows)
}

/// Whether a host or a node takes what is asked about; `here` is added where that is already.
fn verdict(it: &Value, here: &str) -> String {
    let verdict = match (it["refuses"].as_str(), it["never"] == true) {
        (None, _) => "yes".to_owned(),
        (Some(why), false) => format!("no: {why}"),
        (Some(why), true) => format!("never: {why}"),
    };
    match it["here"] == true {
        true => verdict + here,
        false => verdict,
    }
}

/// A table under its heading; nothing at all without rows.
fn section(heading: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let heading: Vec<String> = heading.iter().map(|cell| (*cell).to_owned()).collect();
    let rows: Vec<Vec<String>> = std::iter::once(heading).chain(rows).collect();
    match rows.len() {
        1 => String::new(),
        _ => format!("\n{}", table(&rows)),
    }
}

fn list(document: &Value) -> impl Iterator<Item = &Value> {
    document.as_array().into_iter().flatten()
}

fn cell(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    }
}

/// The last part of an ARN.
fn tail(value: &Value) -> String {
    cell(value)
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_service_says_what_it_waits_for_and_which_host_refuses() {
        let said = json!({
            "name": "web", "cluster": "default", "status": "ACTIVE", "desired": 2,
            "deployments": [{"name": "ecs-svc/1", "definition": "arn:x:task-definition/web:1", "rollout": "IN_PROGRESS",
                "running": 1, "failedTasks": 0, "waitsFor": "a host that can take 1 more of its tasks"}],
            "failures": [], "tasks": [], "advice": ["More capacity helps."],
            "hosts": [{"instance": "abc", "ec2Instance": "i-1", "zone": "us-east-1a", "refuses": "it is full"}],
            "events": ["(service web) was unable to place a task."],
        });
        let text = service(&said, Style::plain());
        for part in [
            "ACTIVE, desired 2 tasks\n",
            "web:1",
            "waits for a host that can take 1 more",
            "  More capacity helps.\n",
            "no: it is full",
            "unable to place",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(
            !text.contains("WAITS FOR") && !text.contains("FAILURES"),
            "{text}"
        );
    }

    #[test]
    fn failures_stand_in_the_first_lines_with_their_cause() {
        let said = json!({
            "name": "web", "cluster": "default", "status": "ACTIVE", "desired": 1,
            "deployments": [{"name": "ecs-svc/1", "definition": "d", "rollout": "FAILED", "running": 0,
                "failedTasks": 1, "lastFailure": "exit code 3", "gaveUp": "Nothing more is started."}],
            "failures": [{"reason": "exit code 3", "cause": "its program ended", "count": 3, "lastAt": 0,
                "task": "0123456789abcdef"}],
        });
        let text = service(&said, Style::plain());
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[0],
            "service web in cluster default: ACTIVE, desired 1 task"
        );
        assert_eq!(
            lines[1],
            "deployment ecs-svc/1 (d, FAILED): 0 running; it gave up: Nothing more is started."
        );
        assert_eq!(lines[2], "  1 task of it failed, the last one: exit code 3");
        assert_eq!(
            lines[4..7],
            [
                "FAILURES",
                "  3 x exit code 3 (last at 1970-01-01T00:00:00Z, task 01234567)",
                "      its program ended"
            ]
        );
    }

    #[test]
    fn a_stopped_task_says_why() {
        let said = json!({
            "task": {"id": "0a", "status": "STOPPED", "desired": "STOPPED", "stoppedAt": 0,
                "ended": ["Essential container in task exited"], "cause": "why"},
            "hosts": [],
        });
        let wanted = "task 0a: STOPPED (desired: STOPPED)\nIt stopped at 1970-01-01T00:00:00Z:\n  \
                      Essential container in task exited\n  why\n";
        assert_eq!(task(&said, Style::plain()), wanted);
    }
}
