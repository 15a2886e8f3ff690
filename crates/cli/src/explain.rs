//! `wharf explain`: which step a deployment or a task waits for, and why hosts take no more.

use std::process::ExitCode;

use serde_json::Value;

use crate::{
    ExplainArgs, ExplainWhat, call,
    layout::Layout,
    problem::Problem,
    style::{Style, table},
};

pub fn run(args: &ExplainArgs) -> Result<ExitCode, Problem> {
    let layout = Layout::new(&args.output.data.data)?;
    let settings = layout.settings()?;
    let kind = match args.what {
        ExplainWhat::Service => "service",
        ExplainWhat::Task => "task",
    };
    // In the order of their names, as a signature wants them.
    let mut query = form_urlencoded::Serializer::new(String::new());
    if let Some(cluster) = &args.cluster {
        query.append_pair("cluster", cluster);
    }
    let query = query.append_pair(kind, &args.name).finish();
    let text = call::block_on(call::ask(
        &layout,
        &settings,
        "GET",
        "/wharf/explain",
        &query,
    ))?;
    let said: Value = serde_json::from_str(&text)
        .map_err(|cause| Problem::caused("the server's answer is no explanation", cause))?;
    if args.output.json {
        println!("{said}");
    } else {
        let style = Style::of_stdout();
        match args.what {
            ExplainWhat::Service => print!("{}", service(&said["service"], style)),
            ExplainWhat::Task => print!("{}", task(&said, style)),
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn service(said: &Value, style: Style) -> String {
    let mut text = format!(
        "{} {} in cluster {}: {}, {} tasks wanted\n",
        style.strong("service"),
        cell(&said["name"]),
        cell(&said["cluster"]),
        cell(&said["status"]),
        cell(&said["desired"]),
    );
    for deployment in list(&said["deployments"]) {
        let waits = match deployment["waitsFor"].as_str() {
            Some(waits) => style.doubtful(&format!("waits for {waits}")),
            None => style.good("has nothing left to do"),
        };
        text.push_str(&format!(
            "\n{} {} ({}, {}): {} running; it {waits}\n",
            style.strong("deployment"),
            cell(&deployment["name"]),
            tail(&deployment["definition"]),
            cell(&deployment["rollout"]),
            cell(&deployment["running"]),
        ));
    }
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

fn task(said: &Value, style: Style) -> String {
    let it = &said["task"];
    let mut text = format!(
        "{} {}: {} (wanted: {})\n",
        style.strong("task"),
        cell(&it["id"]),
        cell(&it["status"]),
        cell(&it["desired"])
    );
    if let Some(waits) = it["waitsFor"].as_str() {
        text.push_str(&format!("It waits for {}.\n", style.doubtful(waits)));
    }
    for reason in list(&it["ended"]) {
        text.push_str(&format!("  {}\n", cell(reason)));
    }
    text.push_str(&hosts(list(&said["hosts"])));
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
    let heading = ["NODE", "INSTANCE", "ZONE", "ANOTHER TASK HERE"];
    let rows = items.map(|it| {
        let verdict = it["refuses"]
            .as_str()
            .map_or_else(|| "could be placed".to_owned(), |why| format!("no: {why}"));
        vec![
            cell(&it["instance"]),
            cell(&it["ec2Instance"]),
            cell(&it["zone"]),
            verdict,
        ]
    });
    section(&heading, rows)
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
                "running": 1, "waitsFor": "a host that can take 1 more of its tasks"}],
            "tasks": [],
            "hosts": [{"instance": "abc", "ec2Instance": "i-1", "zone": "us-east-1a", "refuses": "256 CPU units are wanted, 0 are free"}],
            "events": ["(service web) was unable to place a task."],
        });
        let text = service(&said, Style::of_stdout());
        for part in [
            "web:1",
            "waits for a host that can take 1 more",
            "no: 256 CPU units are wanted, 0 are free",
            "unable to place",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(!text.contains("WAITS FOR"), "{text}");
    }
}
