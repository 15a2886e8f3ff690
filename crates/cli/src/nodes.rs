//! `wharf node list`, `wharf node dedicate`, `wharf node retire` and `wharf node remove`: the nodes of an installation, on the machine of its
//! control plane.

use std::process::ExitCode;

use wharf_api_wharf::types::{
    DedicateNodeRequest, DedicateNodeResponse, Dedicated, Grant, ListNodesRequest,
    ListNodesResponse, Node, NodeInstance, RemoveNodeRequest, RemoveNodeResponse,
    RetireNodeRequest, RetireNodeResponse,
};

use crate::{
    args::{NodeDedicateArgs, NodeRetireArgs, OutputArgs},
    call,
    layout::Layout,
    problem::Problem,
    style::Style,
};

/// A year.
const MOST_NOTICE_S: i32 = 365 * 86_400;

pub fn list(args: &OutputArgs) -> Result<ExitCode, Problem> {
    let layout = Layout::new(&args.data.data)?;
    let settings = layout.settings()?;
    let nothing = ListNodesRequest::default();
    let asked = call::wharf(&layout, &settings, "ListNodes", &nothing);
    let found: ListNodesResponse = call::block_on(asked)?;
    if args.json {
        println!("{:#}", call::document("ListNodesResponse", &found));
        return Ok(ExitCode::SUCCESS);
    }
    let head = [
        "NAME", "CLUSTER", "ZONE", "INSTANCE", "AGENT", "GIVES", "TOKEN",
    ];
    let head = head.map(str::to_owned);
    let mut rows = vec![head];
    for node in found.nodes.iter().flatten() {
        rows.extend(rows_of(node));
    }
    print!("{}", columns(&rows));
    Ok(ExitCode::SUCCESS)
}

fn text(value: &Option<String>) -> &str {
    value.as_deref().unwrap_or_default()
}

/// To which cluster something was given.
fn owner(it: &Dedicated) -> String {
    format!("{} {}", text(&it.cluster), place(it))
}

fn place(it: &Dedicated) -> String {
    format!("({}, {})", text(&it.account), text(&it.region))
}

/// What a node gives, or is shown as.
fn gives(it: &Dedicated) -> String {
    let instance = text(&it.instance);
    match it.cluster {
        Some(_) => format!("{instance} to {}", owner(it)),
        None => format!("shown as {instance} {}", place(it)),
    }
}

fn rows_of(node: &Node) -> Vec<[String; 7]> {
    let cell = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    let token = node.granted.as_ref().map(allowed);
    let given = node.dedicated.iter().flatten();
    let given: Vec<String> = given.map(gives).collect();
    let given = (!given.is_empty()).then(|| given.join(", "));
    let row = |instance: &NodeInstance, agent: Option<&str>| {
        [
            cell(&node.name),
            cell(&instance.cluster),
            cell(&instance.zone),
            cell(&instance.ec2_instance),
            cell(&agent.map(str::to_owned)),
            cell(&given),
            cell(&token),
        ]
    };
    let agent = |it: &NodeInstance| match (it.connected, it.retired) {
        (Some(true), Some(true)) => "connected, retired",
        (Some(true), _) => "connected",
        (_, Some(true)) => "away, retired",
        _ => "away",
    };
    match node.instances.as_deref().unwrap_or_default() {
        [] => vec![row(&NodeInstance::default(), None)],
        all => all.iter().map(|it| row(it, Some(agent(it)))).collect(),
    }
}

/// What a token allows, in the flags of `wharf token`.
fn allowed(grant: &Grant) -> String {
    let given = |flag: &str, value: Option<String>| value.map(|value| format!("{flag} {value}"));
    let number = |flag: &str, value: Option<i32>| given(flag, value.map(|it| it.to_string()));
    let flag = |flag: &str, is: Option<bool>| (is == Some(true)).then(|| flag.to_owned());
    let parts = [
        given("--cluster", grant.cluster.clone()),
        given("--zone", grant.zone.clone()),
        flag("--fargate", grant.fargate),
        flag("--instances", grant.instances),
        number("--max-cpu", grant.max_cpu),
        number("--max-memory", grant.max_memory),
        given("--underlay", grant.underlay.clone()),
        flag("--lb", grant.load_balancer),
    ];
    let each = |flag: &str, all: &Option<Vec<String>>| -> Vec<String> {
        let all = all.iter().flatten();
        all.map(|one| format!("{flag} {one}")).collect()
    };
    let bound = [
        each("--account", &grant.accounts),
        each("--region", &grant.regions),
    ];
    let parts = parts
        .into_iter()
        .flatten()
        .chain(bound.into_iter().flatten());
    let parts: Vec<String> = parts.collect();
    parts.join(" ")
}

fn columns(rows: &[[String; 7]]) -> String {
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
    let asked = RemoveNodeRequest {
        name: Some(name.to_owned()),
    };
    let asked = call::wharf(layout, &settings, "RemoveNode", &asked);
    let done: RemoveNodeResponse = call::block_on(asked)?;
    let style = Style::of_stdout();
    println!(
        "{} {}",
        style.good("Removed"),
        done.removed.unwrap_or_default()
    );
    for instance in done.instances.unwrap_or_default() {
        println!("  deregistered {instance}");
    }
    println!(
        "{}",
        style.faint("Its credentials are worth nothing any more. On its machine: wharf down")
    );
    Ok(ExitCode::SUCCESS)
}

/// What is no notice of instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("give a number with s, m, h or d, such as 36h, a year at most")]
pub struct BadNotice;

/// A notice of instances in seconds: `0s`, `36h`, `14d`.
pub fn parse_notice(text: &str) -> Result<i32, BadNotice> {
    let digits = text.trim_end_matches(['s', 'm', 'h', 'd']);
    let unit = match &text[digits.len()..] {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(BadNotice),
    };
    let number: u32 = digits.parse().map_err(|_| BadNotice)?;
    let seconds = number.checked_mul(unit).and_then(|it| it.try_into().ok());
    seconds.filter(|it| *it <= MOST_NOTICE_S).ok_or(BadNotice)
}

pub fn retire(layout: &Layout, args: &NodeRetireArgs) -> Result<ExitCode, Problem> {
    let (name, cancel) = (&args.name, args.cancel);
    let settings = layout.settings()?;
    let asked = RetireNodeRequest {
        name: Some(name.clone()),
        cancel: Some(cancel),
        notice_seconds: args.notice,
    };
    let asked = call::wharf(layout, &settings, "RetireNode", &asked);
    let done: RetireNodeResponse = call::block_on(asked)?;
    let style = Style::of_stdout();
    let name = done.name.unwrap_or_default();
    match cancel {
        false => println!(
            "{} {name}\n{}",
            style.good("Retired"),
            style.faint(
                "Its Fargate tasks leave when fargateTaskRetirementWaitPeriod of their accounts is over; \
                 its instances end as describe-instance-status says."
            )
        ),
        true => println!(
            "{} {name} takes Fargate tasks and instances again.",
            style.good("Kept:")
        ),
    }
    Ok(ExitCode::SUCCESS)
}

pub fn dedicate(layout: &Layout, args: &NodeDedicateArgs) -> Result<ExitCode, Problem> {
    let settings = layout.settings()?;
    let asked = DedicateNodeRequest {
        name: Some(args.name.clone()),
        cluster: args.cluster.clone(),
        account: args.account.clone(),
        region: args.region.clone(),
        profile: args.profile.clone(),
        subnet: args.subnet.clone(),
        cpus: args.cpus,
        memory_mib: args.memory,
        disk_gib: args.disk,
        cancel: Some(args.cancel),
        as_instance: args.as_instance.then_some(true),
    };
    let asked = call::wharf(layout, &settings, "DedicateNode", &asked);
    let done: DedicateNodeResponse = call::block_on(asked)?;
    let style = Style::of_stdout();
    let (instance, node) = (
        done.instance.unwrap_or_default(),
        done.node.unwrap_or_default(),
    );
    if args.as_instance {
        for it in done.ended.iter().flatten() {
            let instance = text(&it.instance);
            println!("{} {instance} {}", style.good("Let go:"), place(it));
        }
        if !args.cancel {
            let word = match done.made {
                Some(true) => "Shown as",
                _ => "Shown already as",
            };
            println!("{} {instance}", style.good(word));
        }
        return Ok(ExitCode::SUCCESS);
    }
    if args.cancel {
        for it in done.ended.iter().flatten() {
            let (node, instance) = (text(&it.node), text(&it.instance));
            println!(
                "{} {node} ({instance}) of {}",
                style.good("Ends:"),
                owner(it)
            );
        }
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "{} {node} ({instance}) with {} cores and {} MiB",
        style.good(match done.made {
            Some(true) => "Joins:",
            _ => "There already:",
        }),
        done.cpus.unwrap_or_default(),
        done.memory_mib.unwrap_or_default(),
    );
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_have_a_unit() {
        assert_eq!(parse_notice("0s"), Ok(0));
        assert_eq!(parse_notice("36h"), Ok(129_600));
        assert_eq!(parse_notice("365d"), Ok(31_536_000));
        for bad in ["", "10", "m", "-1h", "1hm", "366d", "4294967295d", "1é"] {
            assert!(parse_notice(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_a_node_gives_says_to_whom() {
        let given = |cluster: &str, instance: &str| Dedicated {
            account: Some("222222222222".to_owned()),
            region: Some("us-east-1".to_owned()),
            cluster: Some(cluster.to_owned()),
            instance: Some(instance.to_owned()),
            ..Dedicated::default()
        };
        let node = Node {
            instances: Some(vec![NodeInstance::default()]),
            dedicated: Some(vec![given("shop", "i-1"), given("test", "i-2")]),
            ..Node::default()
        };
        assert_eq!(
            rows_of(&node)[0][5],
            "i-1 to shop (222222222222, us-east-1), i-2 to test (222222222222, us-east-1)"
        );
    }

    #[test]
    fn a_node_that_is_shown_as_an_instance_says_where() {
        let shown = Dedicated {
            account: Some("222222222222".to_owned()),
            region: Some("us-east-1".to_owned()),
            instance: Some("i-1".to_owned()),
            ..Dedicated::default()
        };
        let node = Node {
            instances: Some(vec![NodeInstance::default()]),
            dedicated: Some(vec![shown]),
            ..Node::default()
        };
        let row = &rows_of(&node)[0];
        assert_eq!(row[5], "shown as i-1 (222222222222, us-east-1)");
    }

    #[test]
    fn a_node_without_an_instance_has_a_row() {
        let node = Node {
            name: Some("wharf-node-1".to_owned()),
            granted: Some(Grant {
                cluster: Some("default".to_owned()),
                fargate: Some(true),
                instances: Some(true),
                max_cpu: Some(4),
                ..Grant::default()
            }),
            ..Node::default()
        };
        let rows = rows_of(&node);
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0][3].as_str(), rows[0][5].as_str()), ("-", "-"));
        assert_eq!(
            rows[0][6],
            "--cluster default --fargate --instances --max-cpu 4"
        );
        assert_eq!(
            columns(&[["a"; 7].map(str::to_owned)]),
            "a  a  a  a  a  a  a\n"
        );
    }
}
