//! `wharf node list` and `wharf node remove`: the nodes of an installation, on the machine of its
//! control plane.

use std::process::ExitCode;

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_records::node::Grant;

use crate::{OutputArgs, call, layout::Layout, problem::Problem, style::Style};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Nodes {
    nodes: Vec<Node>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    name: String,
    /// None of the control plane's own.
    granted: Option<Grant>,
    joined_at: Option<Timestamp>,
    instances: Vec<Instance>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Instance {
    arn: String,
    ec2_instance: String,
    cluster: String,
    zone: String,
    connected: bool,
}

#[derive(Deserialize)]
struct Removed {
    removed: String,
    instances: Vec<String>,
}

pub fn list(args: &OutputArgs) -> Result<ExitCode, Problem> {
    let layout = Layout::new(&args.data.data)?;
    let settings = layout.settings()?;
    let asked = call::ask(&layout, &settings, "GET", "/wharf/nodes", "");
    let found: Nodes = parse(&call::block_on(asked)?)?;
    if args.json {
        let text = serde_json::to_string_pretty(&found)
            .map_err(|cause| Problem::caused("the nodes cannot be printed", cause))?;
        println!("{text}");
        return Ok(ExitCode::SUCCESS);
    }
    let head = ["NAME", "CLUSTER", "ZONE", "INSTANCE", "AGENT", "TOKEN"].map(str::to_owned);
    let mut rows = vec![head];
    for node in &found.nodes {
        rows.extend(rows_of(node));
    }
    print!("{}", columns(&rows));
    Ok(ExitCode::SUCCESS)
}

fn rows_of(node: &Node) -> Vec<[String; 6]> {
    let token = node.granted.as_ref().map_or("-".to_owned(), allowed);
    let row = |instance: Option<&Instance>| {
        let text = |of: fn(&Instance) -> String| instance.map_or("-".to_owned(), of);
        [
            node.name.clone(),
            text(|it| it.cluster.clone()),
            text(|it| it.zone.clone()),
            text(|it| it.ec2_instance.clone()),
            text(|it| if it.connected { "connected" } else { "away" }.to_owned()),
            token.clone(),
        ]
    };
    match node.instances.as_slice() {
        [] => vec![row(None)],
        all => all.iter().map(|instance| row(Some(instance))).collect(),
    }
}

/// What a token allows, in the flags of `wharf token`.
fn allowed(grant: &Grant) -> String {
    let given = |flag: &str, value: Option<String>| value.map(|value| format!("{flag} {value}"));
    let flag = |flag: &str, is: bool| is.then(|| flag.to_owned());
    let parts = [
        Some(format!("--cluster {}", grant.cluster)),
        given("--zone", grant.zone.clone()),
        flag("--fargate", grant.fargate),
        given(
            "--max-cpu",
            grant.max_cpu.map(|most| (most / 1024).to_string()),
        ),
        given(
            "--max-memory",
            grant.max_memory.map(|most| most.to_string()),
        ),
        given(
            "--underlay",
            grant.underlay.map(|address| address.to_string()),
        ),
        flag("--lb", grant.balancers),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    parts.join(" ")
}

fn columns(rows: &[[String; 6]]) -> String {
    let width = |at: usize| rows.iter().map(|row| row[at].chars().count()).max();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (at, cell) in row.iter().enumerate() {
            let width = width(at).unwrap_or(0) + 2;
            line.push_str(&format!("{cell:width$}"));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

pub fn remove(layout: &Layout, name: &str) -> Result<ExitCode, Problem> {
    let settings = layout.settings()?;
    let mut query = form_urlencoded::Serializer::new(String::new());
    let query = query.append_pair("name", name).finish();
    let asked = call::ask(layout, &settings, "POST", "/wharf/nodes/remove", &query);
    let done: Removed = parse(&call::block_on(asked)?)?;
    let style = Style::of_stdout();
    println!("{} {}", style.good("Removed"), done.removed);
    for instance in done.instances {
        println!("  deregistered {instance}");
    }
    println!(
        "{}",
        style.faint("Its credentials are worth nothing any more. On its machine: wharf down")
    );
    Ok(ExitCode::SUCCESS)
}

fn parse<'a, T: Deserialize<'a>>(answer: &'a str) -> Result<T, Problem> {
    serde_json::from_str(answer)
        .map_err(|cause| Problem::caused("the server's answer is not understood", cause))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_without_an_instance_has_a_row() {
        let node = Node {
            name: "wharf-node-1".to_owned(),
            granted: Some(Grant {
                fargate: true,
                max_cpu: Some(4096),
                ..Grant::default()
            }),
            joined_at: None,
            instances: Vec::new(),
        };
        let rows = rows_of(&node);
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0][3], "-");
        assert_eq!(rows[0][5], "--cluster default --fargate --max-cpu 4");
        assert_eq!(
            columns(&[["a"; 6].map(str::to_owned)]),
            "a  a  a  a  a  a\n"
        );
    }
}
