//! The tables and details of `wharf top`, pure: rows of texts made of the model. No text of a user goes further
//! with characters that move a cursor.

use wharf_base::Timestamp;

use super::model::{Model, Reserved, Service, Use};
use super::usage::{Points, latest};
use crate::status::{
    screen::{Row, Table, Tone, one_line},
    tables::{age, short},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    Clusters,
    Services,
    Tasks,
    Nodes,
}

impl Tab {
    pub const ALL: [Self; 4] = [Self::Clusters, Self::Services, Self::Tasks, Self::Nodes];

    pub fn title(self) -> &'static str {
        match self {
            Self::Clusters => "Clusters",
            Self::Services => "Services",
            Self::Tasks => "Tasks",
            Self::Nodes => "Nodes",
        }
    }

    pub fn number(self) -> usize {
        self as usize
    }
}

/// A table whose rows are told apart from look to look.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    pub heading: &'static [&'static str],
    pub rows: Vec<Line>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub key: String,
    pub tone: Tone,
    pub cells: Vec<String>,
}

impl View {
    /// What fails first. Only rows in which the filter occurs, whatever its case.
    fn new(
        heading: &'static [&'static str],
        filter: &str,
        rows: impl Iterator<Item = Line>,
    ) -> Self {
        let filter = filter.to_lowercase();
        let is_shown = |line: &Line| {
            let in_cell = |it: &String| it.to_lowercase().contains(&filter);
            filter.is_empty() || line.cells.iter().any(in_cell)
        };
        let mut rows: Vec<Line> = rows
            .map(|mut line| {
                line.cells.iter_mut().for_each(|it| *it = one_line(it));
                line
            })
            .filter(is_shown)
            .collect();
        rows.sort_by_key(|it| it.tone);
        Self { heading, rows }
    }

    /// As `wharf status` prints tables.
    pub fn table(self) -> Table {
        let rows = self.rows.into_iter().map(|line| Row {
            tone: line.tone,
            cells: line.cells,
        });
        Table::new(self.heading, rows)
    }
}

pub fn view(model: &Model, tab: Tab, filter: &str) -> View {
    match tab {
        Tab::Clusters => clusters(model, filter),
        Tab::Services => services(model, filter),
        Tab::Tasks => tasks(model, filter),
        Tab::Nodes => nodes(model, filter),
    }
}

/// How many rows a tab has without a filter.
pub fn count(model: &Model, tab: Tab) -> usize {
    match tab {
        Tab::Clusters => model.clusters.len(),
        Tab::Services => model.services.len(),
        Tab::Tasks => model.tasks.len(),
        Tab::Nodes => model.nodes.len(),
    }
}

fn clusters(model: &Model, filter: &str) -> View {
    let row = |it: &super::model::Cluster| Line {
        key: it.name.clone(),
        tone: Tone::Plain,
        cells: vec![
            it.name.clone(),
            it.status.clone(),
            it.nodes.to_string(),
            it.services.to_string(),
            it.running.to_string(),
            it.pending.to_string(),
            percent(it.used.cpu_percent),
            percent(it.used.memory_percent),
        ],
    };
    let heading = &[
        "CLUSTER", "STATUS", "NODES", "SERVICES", "RUNNING", "PENDING", "CPU", "MEMORY",
    ];
    View::new(heading, filter, model.clusters.iter().map(row))
}

fn services(model: &Model, filter: &str) -> View {
    let row = |it: &Service| Line {
        key: service_key(it),
        tone: it.state.tone(),
        cells: vec![
            it.name.clone(),
            it.cluster.clone(),
            it.desired.to_string(),
            it.running.to_string(),
            it.pending.to_string(),
            it.state.word().to_owned(),
            percent(it.used.cpu_percent),
            percent(it.used.memory_percent),
            it.deployments.len().to_string(),
            it.why.clone(),
        ],
    };
    let heading = &[
        "SERVICE",
        "CLUSTER",
        "DESIRED",
        "RUNNING",
        "PENDING",
        "STATE",
        "CPU",
        "MEMORY",
        "DEPLOYMENTS",
        "WHY",
    ];
    View::new(heading, filter, model.services.iter().map(row))
}

fn service_key(it: &Service) -> String {
    format!("{}/{}", it.cluster, it.name)
}

fn tasks(model: &Model, filter: &str) -> View {
    let row = |it: &super::model::Task| {
        let ill = it.health == "UNHEALTHY";
        let status = if ill { &it.health } else { &it.status };
        Line {
            key: it.id.clone(),
            tone: match (ill, it.status.as_str()) {
                (true, _) => Tone::Bad,
                (_, "RUNNING") => Tone::Plain,
                _ => Tone::Doubtful,
            },
            cells: vec![
                short(&it.id),
                it.group.clone(),
                it.cluster.clone(),
                it.task_definition.clone(),
                status.clone(),
                percent(it.used.cpu_percent),
                percent(it.used.memory_percent),
                if it.node.is_empty() {
                    "-".to_owned()
                } else {
                    short(&it.node)
                },
                it.address.clone().unwrap_or_else(|| "-".to_owned()),
                age(it.created_at, model.at),
            ],
        }
    };
    let heading = &[
        "TASK",
        "OF",
        "CLUSTER",
        "DEFINITION",
        "STATUS",
        "CPU",
        "MEMORY",
        "NODE",
        "ADDRESS",
        "AGE",
    ];
    View::new(heading, filter, model.tasks.iter().map(row))
}

fn nodes(model: &Model, filter: &str) -> View {
    let row = |it: &super::model::Node| Line {
        key: it.id.clone(),
        tone: match (it.connected, it.status.as_str()) {
            (false, _) => Tone::Bad,
            (_, "ACTIVE") => Tone::Plain,
            _ => Tone::Doubtful,
        },
        cells: vec![
            short(&it.id),
            it.cluster.clone(),
            it.zone.clone(),
            it.status.clone(),
            if it.connected { "connected" } else { "away" }.to_owned(),
            it.running.to_string(),
            it.pending.to_string(),
            reserved(it.cpu, ""),
            reserved(it.memory_mib, " MiB"),
            percent(it.used.cpu_percent),
            percent(it.used.memory_percent),
        ],
    };
    let heading = &[
        "NODE",
        "CLUSTER",
        "ZONE",
        "STATUS",
        "AGENT",
        "RUNNING",
        "PENDING",
        "CPU RESERVED",
        "MEMORY RESERVED",
        "CPU",
        "MEMORY",
    ];
    View::new(heading, filter, model.nodes.iter().map(row))
}

/// What was said of services last.
pub fn events(model: &Model) -> View {
    let row = |it: &super::model::Event| Line {
        key: String::new(),
        tone: Tone::Plain,
        cells: vec![
            age(Some(it.at), model.at),
            it.service.clone(),
            it.message.clone(),
        ],
    };
    View::new(
        &["AGO", "SERVICE", "EVENT"],
        "",
        model.events.iter().map(row),
    )
}

/// What is close to a limit, in a line; empty if nothing is.
pub fn limits(model: &Model) -> String {
    let shown = model
        .limits
        .iter()
        .map(|it| format!("{} ({})", it.what, it.detail));
    one_line(&shown.collect::<Vec<String>>().join(", "))
}

/// All that is known of a row, line by line; `None` once it is gone.
pub fn details(model: &Model, tab: Tab, key: &str) -> Option<Vec<String>> {
    let lines = match tab {
        Tab::Clusters => cluster_details(model, key)?,
        Tab::Services => service_details(model, key)?,
        Tab::Tasks => task_details(model, key)?,
        Tab::Nodes => node_details(model, key)?,
    };
    Some(lines.iter().map(|it| one_line(it)).collect())
}

fn cluster_details(model: &Model, key: &str) -> Option<Vec<String>> {
    let it = model.clusters.iter().find(|it| it.name == key)?;
    let mut lines = vec![
        format!("cluster {}, {}", it.name, it.status),
        format!("nodes {}, services {}", it.nodes, it.services),
        format!("tasks: {} running, {} pending", it.running, it.pending),
    ];
    lines.extend(use_lines(&it.used, model.at));
    let of = model.services.iter().filter(|it| it.cluster == key);
    lines.push(String::new());
    lines.extend(of.map(|it| {
        format!(
            "service {}: {}, {} of {} tasks run",
            it.name,
            it.state.word(),
            it.running,
            it.desired
        )
    }));
    Some(lines)
}

fn service_details(model: &Model, key: &str) -> Option<Vec<String>> {
    let it = model.services.iter().find(|it| service_key(it) == key)?;
    let mut lines = vec![
        format!(
            "service {} of cluster {}: {}",
            it.name,
            it.cluster,
            it.state.word()
        ),
        format!(
            "tasks: {} desired, {} running, {} pending",
            it.desired, it.running, it.pending
        ),
        format!("definition {}", it.task_definition),
    ];
    if !it.why.is_empty() {
        lines.push(format!("why: {}", it.why));
    }
    lines.extend(use_lines(&it.used, model.at));
    for deployment in &it.deployments {
        lines.push(String::new());
        lines.push(format!(
            "deployment {} of {}: {}",
            deployment.status, deployment.task_definition, deployment.rollout
        ));
        lines.push(format!(
            "  tasks: {} desired, {} running, {} pending, {} failed",
            deployment.desired, deployment.running, deployment.pending, deployment.failed
        ));
        lines.push(format!("  {}", deployment.reason));
    }
    let tasks = model.tasks.iter();
    let tasks = tasks.filter(|task| task.group == it.name && task.cluster == it.cluster);
    lines.push(String::new());
    lines.extend(tasks.map(|it| format!("task {} {}", it.id, it.status)));
    let events = model.events.iter();
    let events = events.filter(|event| event.service == it.name && event.cluster == it.cluster);
    lines.push(String::new());
    lines.extend(events.map(|it| format!("{:>4} ago  {}", age(Some(it.at), model.at), it.message)));
    Some(lines)
}

fn task_details(model: &Model, key: &str) -> Option<Vec<String>> {
    let it = model.tasks.iter().find(|it| it.id == key)?;
    let or_none = |text: &str| {
        if text.is_empty() {
            "-".to_owned()
        } else {
            text.to_owned()
        }
    };
    let mut lines = vec![
        format!("task {} of cluster {}", it.id, it.cluster),
        format!("of {}, definition {}", it.group, it.task_definition),
        format!(
            "{}, desired {}, health {}",
            it.status, it.desired_status, it.health
        ),
        format!(
            "{} on node {}, zone {}",
            it.launch_type,
            or_none(&it.node),
            it.zone
        ),
        format!("address {}", it.address.as_deref().unwrap_or("-")),
    ];
    lines.extend(use_lines(&it.used, model.at));
    for container in &it.containers {
        lines.push(String::new());
        lines.push(format!(
            "container {}: {}",
            container.name, container.status
        ));
        lines.push(format!("  image {}", container.image));
        if let Some(code) = container.exit_code {
            lines.push(format!("  exit code {code}"));
        }
        if let Some(reason) = &container.reason {
            lines.push(format!("  {reason}"));
        }
    }
    Some(lines)
}

fn node_details(model: &Model, key: &str) -> Option<Vec<String>> {
    let it = model.nodes.iter().find(|it| it.id == key)?;
    let mut lines = vec![
        format!("node {} of cluster {}, zone {}", it.id, it.cluster, it.zone),
        format!(
            "{}, agent {}",
            it.status,
            if it.connected { "connected" } else { "away" }
        ),
        format!("tasks: {} running, {} pending", it.running, it.pending),
        format!("CPU reserved: {}", reserved(it.cpu, " units")),
        format!("memory reserved: {}", reserved(it.memory_mib, " MiB")),
    ];
    lines.extend(use_lines(&it.used, model.at));
    lines.push(String::new());
    let tasks = model.tasks.iter().filter(|task| task.node == it.id);
    lines.extend(tasks.map(|it| format!("task {} {} {}", it.id, it.group, it.status)));
    Some(lines)
}

fn use_lines(used: &Use, now: Timestamp) -> Vec<String> {
    let line = |what: &str, points: &Points| {
        let most = points.iter().map(|it| it.1).fold(0.0, f64::max);
        match points.is_empty() {
            true => format!("{what} -"),
            false => format!(
                "{what} {}  {} now, {} at most in 15 minutes",
                sparks(points),
                percent(latest(points, now)),
                percent(Some(most))
            ),
        }
    };
    vec![
        line("CPU   ", &used.past.cpu),
        line("memory", &used.past.memory),
    ]
}

/// A bar for each point, in eighths of 100 % or of the most there is.
fn sparks(points: &[(i64, f64)]) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let whole = points.iter().map(|it| it.1).fold(100.0, f64::max);
    let bar = |value: f64| {
        let eighth = (value / whole * 8.0).clamp(0.0, 7.0);
        BARS[eighth as usize]
    };
    points.iter().map(|it| bar(it.1)).collect()
}

fn percent(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |it| format!("{it:.0} %"))
}

/// `50 % of 2048`
fn reserved(of: Reserved, unit: &str) -> String {
    format!("{} of {}{unit}", percent(of.percent()), of.offered)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::top::{
        model::tests::{model_of, overview},
        usage::Usage,
    };

    fn keys(view: &View) -> Vec<&str> {
        view.rows.iter().map(|it| it.key.as_str()).collect()
    }

    #[test]
    fn what_fails_comes_first_and_filters_narrow() {
        let model = model_of(overview(), Usage::default());
        let all = view(&model, Tab::Services, "");
        assert_eq!(keys(&all), ["default/broken", "default/web"]);
        assert_eq!(all.rows[0].cells[9], "exit code 3; 4 failed");
        assert_eq!(keys(&view(&model, Tab::Services, "WEB")), ["default/web"]);
        assert_eq!(
            keys(&view(&model, Tab::Nodes, "no such")),
            Vec::<&str>::new()
        );
        let tasks = view(&model, Tab::Tasks, "");
        assert!(tasks.rows[0].cells.contains(&"PENDING".to_owned()));
    }

    #[test]
    fn a_hostile_text_moves_nothing() {
        let mut hostile = overview();
        let text = "a\u{1b}]0;x\u{7}\u{9b}2J\r\nb\u{202e}";
        hostile["services"][0]["serviceName"] = text.into();
        hostile["services"][0]["events"][0]["message"] = text.into();
        hostile["tasks"][0]["containers"][0]["reason"] = text.into();
        hostile["clusters"][0]["clusterName"] = text.into();
        let model = model_of(hostile, Usage::default());
        let mut texts: Vec<String> = events(&model)
            .rows
            .into_iter()
            .flat_map(|it| it.cells)
            .collect();
        for tab in Tab::ALL {
            for line in view(&model, tab, "").rows {
                texts.extend(details(&model, tab, &line.key).unwrap());
                texts.extend(line.cells);
            }
        }
        texts.push(limits(&model));
        for text in texts {
            assert!(
                !text.chars().any(|it| it.is_control() || it == '\u{202e}'),
                "{text:?}"
            );
        }
    }

    #[test]
    fn bars_follow_values() {
        let points = [(0, 0.0), (60, 50.0), (120, 100.0)];
        assert_eq!(sparks(&points), "▁▅█");
        assert_eq!(sparks(&[(0, 400.0), (60, 100.0), (120, -1.0)]), "█▃▁");
    }

    #[test]
    fn what_is_gone_has_no_details() {
        let model = model_of(overview(), Usage::default());
        assert!(details(&model, Tab::Services, "default/none").is_none());
        let web = details(&model, Tab::Services, "default/web").unwrap();
        assert!(
            web.contains(&"tasks: 2 desired, 2 running, 0 pending".to_owned()),
            "{web:?}"
        );
    }
}
