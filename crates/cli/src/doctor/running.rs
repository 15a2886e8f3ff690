//! What a running installation says of itself, and how close it is to its limits.

use std::{collections::BTreeMap, time::Duration};

use super::{Finding, Verdict, finding};
use crate::{call, layout::Layout, metrics, problem::Problem};

/// From here on something is close to its limit.
const CLOSE: f64 = 0.8;
/// A disk with less than this share free is close to full.
const LITTLE_FREE: f64 = 0.1;
/// Reconcilers that are this far behind are in trouble.
const LONG_LAG_S: f64 = 30.0;
/// The server answers within this long, or it is in trouble.
const PATIENCE: Duration = Duration::from_secs(10);

/// Nothing where wharf does not run; on a node of another machine its own parts.
pub fn findings(layout: &Layout) -> Vec<Finding> {
    if layout.running_supervisor().is_none() {
        return Vec::new();
    }
    let mut findings = Vec::new();
    if let Some(settings) = layout.settings().ok().filter(|_| !layout.joined()) {
        let asked = call::block_on(async {
            let asking = call::metrics(layout, &settings);
            match tokio::time::timeout(PATIENCE, asking).await {
                Ok(answer) => answer,
                Err(_) => Err(Problem::other("it does not answer")),
            }
        });
        findings.extend(judged("server", asked, judge));
    }
    let of_node = |socket| {
        call::block_on(async {
            let read = wharf_metrics::read_from(&layout.node(), socket).await;
            read.map_err(|cause| Problem::caused("it does not answer", cause))
        })
    };
    let agent = of_node(metrics::AGENT_SOCKET);
    findings.extend(judged("agent", agent, judge_agent));
    let balancers = of_node(metrics::BALANCER_SOCKET);
    findings.extend(judged("load balancers", balancers, judge_balancers));
    findings
}

/// What a part's metrics say, or that there are none.
fn judged(
    part: &'static str,
    read: Result<String, Problem>,
    judge: impl Fn(&Values) -> Vec<Finding>,
) -> Vec<Finding> {
    match read {
        Ok(text) => judge(&Values::read(&text)),
        Err(problem) => vec![finding(
            part,
            false,
            Verdict::Doubtful,
            format!("its metrics cannot be read: {problem}"),
            "the log in the data folder says more",
        )],
    }
}

fn judge_agent(values: &Values) -> Vec<Finding> {
    let (waiting, lag) = (
        values.get("wharf_agent_reports_waiting"),
        values.get("wharf_agent_report_lag_seconds"),
    );
    let (saves, dropped) = (
        values.get("wharf_agent_failed_saves_total"),
        values.get("wharf_agent_dropped_log_bytes_total"),
    );
    vec![
        share(
            "agent descriptors",
            values.get("process_open_fds"),
            values.get("process_max_fds"),
            "raise the hard limit of open files (LimitNOFILE) and start wharf again",
        ),
        finding(
            "agent connection",
            values.get("wharf_agent_connected") == 1.0 && lag < LONG_LAG_S,
            Verdict::Doubtful,
            format!("{waiting:.0} reports wait, the first for {lag:.0} s"),
            "the control plane does not take what the agent reports: see the agent's log",
        ),
        finding(
            "agent state",
            saves == 0.0,
            Verdict::Doubtful,
            format!("{saves:.0} writes failed since the start"),
            "the disk of the data folder refuses writes; the agent repeats them",
        ),
        finding(
            "container output",
            dropped == 0.0,
            Verdict::Doubtful,
            format!("{dropped:.0} bytes dropped since the start"),
            "containers print faster than logs are taken; see docs/limits.md",
        ),
    ]
}

fn judge_balancers(values: &Values) -> Vec<Finding> {
    let closed = values.get("wharf_lb_listeners{state=\"closed\"}");
    let unhealthy = values.get("wharf_lb_targets{health=\"unhealthy\"}");
    let mut findings = vec![
        share(
            "load balancer descriptors",
            values.get("process_open_fds"),
            values.get("process_max_fds"),
            "raise the hard limit of open files (LimitNOFILE) and start wharf again",
        ),
        finding(
            "listeners",
            closed == 0.0,
            Verdict::Doubtful,
            format!(
                "{:.0} open, {closed:.0} closed",
                values.get("wharf_lb_listeners{state=\"open\"}")
            ),
            "`wharf status` says which addresses are taken and by what",
        ),
        finding(
            "targets",
            unhealthy == 0.0,
            Verdict::Doubtful,
            format!(
                "{:.0} healthy, {unhealthy:.0} unhealthy",
                values.get("wharf_lb_targets{health=\"healthy\"}")
            ),
            "`wharf status` says why they are",
        ),
    ];
    // Before the first configuration there is no limit.
    let most = values.get("wharf_lb_connections_max");
    if most > 0.0 {
        findings.push(share(
            "client connections",
            values.get("wharf_lb_connections"),
            most,
            "further clients wait; a higher limit of open files admits more",
        ));
    }
    findings
}

/// Sums of the values of each metric; labels are told apart where it matters.
struct Values(BTreeMap<String, f64>);

impl Values {
    fn read(text: &str) -> Self {
        let mut values = BTreeMap::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if let Some((name, value)) = line.rsplit_once(' ')
                && let Ok(value) = value.parse::<f64>()
            {
                values.insert(name.to_owned(), value);
            }
        }
        Self(values)
    }

    fn get(&self, name: &str) -> f64 {
        self.0.get(name).copied().unwrap_or(0.0)
    }

    /// The largest of a metric's values, whatever their labels.
    fn most(&self, name: &str) -> f64 {
        let labelled = format!("{name}{{");
        let all = self.0.iter();
        all.filter(|(key, _)| *key == name || key.starts_with(&labelled))
            .map(|(_, value)| *value)
            .fold(0.0, f64::max)
    }
}

/// What is close to a limit or fails, by the server's metrics: a check, and what it found.
pub fn near_limits(metrics: &str) -> impl Iterator<Item = (&'static str, String)> {
    let findings = judge(&Values::read(metrics)).into_iter();
    findings
        .filter(|it| it.verdict != Verdict::Good)
        .map(|it| (it.what, it.detail))
}

fn judge(values: &Values) -> Vec<Finding> {
    let mut findings = vec![
        share(
            "descriptors",
            values.get("process_open_fds"),
            values.get("process_max_fds"),
            "raise the hard limit of open files (LimitNOFILE) and start wharf again",
        ),
        share(
            "connections",
            values.get("wharf_connections{pool=\"strangers\"}"),
            values.get("wharf_connections_max{pool=\"strangers\"}"),
            "look for clients that keep connections open; a higher limit of open files admits more",
        ),
        share(
            "node connections",
            values.get("wharf_connections{pool=\"nodes\"}"),
            values.get("wharf_connections_max{pool=\"nodes\"}"),
            "raise the hard limit of open files (LimitNOFILE) and start wharf again",
        ),
        share(
            "request bytes",
            values.get("wharf_request_bytes"),
            values.get("wharf_request_bytes_max"),
            "large requests wait for each other; send fewer at once",
        ),
    ];
    let (on, lost) = (
        values.get("wharf_audit_on"),
        values.get("wharf_audit_lost_events_total"),
    );
    findings.push(finding(
        "audit log",
        on == 1.0 && lost == 0.0,
        Verdict::Doubtful,
        match on == 1.0 {
            true => format!("{lost:.0} events lost since the start"),
            false => "OFF: nobody can tell who did what".to_owned(),
        },
        match on == 1.0 {
            true => "the disk of the data folder refused writes; `EventsLost` says when",
            false => "start wharf without --audit off",
        },
    ));
    let (free, size) = (
        values.get("wharf_disk_free_bytes"),
        values.get("wharf_disk_size_bytes"),
    );
    findings.push(finding(
        "data disk",
        free > size * LITTLE_FREE,
        Verdict::Doubtful,
        format!("{:.0} % free", 100.0 * free / size.max(1.0)),
        "make room: with a full disk nothing can be changed",
    ));
    let damaged = values.get("wharf_blobs_damaged");
    findings.push(finding(
        "images and objects",
        damaged == 0.0,
        Verdict::Doubtful,
        format!(
            "{damaged:.0} damaged on the disk, {:.0} of them moved aside",
            values.get("wharf_blobs_quarantined")
        ),
        "the server's log names them and their repositories: push the images again, and look at the disk",
    ));
    let lag = values.most("wharf_reconcile_lag_seconds");
    findings.push(finding(
        "reconcilers",
        lag < LONG_LAG_S,
        Verdict::Doubtful,
        format!(
            "{lag:.0} s behind, {:.0} keys failing",
            values.most("wharf_reconcile_failing")
        ),
        "the server's log says what fails",
    ));
    let lost = values.get("wharf_container_instances{connected=\"false\"}");
    findings.push(finding(
        "nodes",
        lost == 0.0,
        Verdict::Doubtful,
        format!(
            "{:.0} connected, {lost:.0} not",
            values.get("wharf_container_instances{connected=\"true\"}")
        ),
        "see `wharf status`; deregister those that are gone for good",
    ));
    // Only of an installation that has one.
    if let Some(answers) = values.0.get("wharf_machine_maker_answers") {
        let answers = *answers == 1.0;
        let what = if answers { "it answers" } else { "it fails" };
        findings.push(finding(
            "machine maker",
            answers,
            Verdict::Doubtful,
            what.to_owned(),
            "the server's log says how; instances of its types wait until it answers",
        ));
    }
    findings
}

fn share(what: &'static str, used: f64, most: f64, remedy: &str) -> Finding {
    finding(
        what,
        used < most * CLOSE,
        Verdict::Doubtful,
        format!("{used:.0} of {most:.0}"),
        remedy,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const WELL: &str = "\
# TYPE process_open_fds gauge
process_open_fds 100.0
process_max_fds 1000.0
wharf_connections{pool=\"strangers\"} 1.0
wharf_connections{pool=\"nodes\"} 3.0
wharf_connections_max{pool=\"strangers\"} 10.0
wharf_connections_max{pool=\"nodes\"} 20.0
wharf_request_bytes 0.0
wharf_request_bytes_max 100.0
wharf_audit_on 1.0
wharf_audit_lost_events_total 0.0
wharf_disk_free_bytes 500.0
wharf_disk_size_bytes 1000.0
wharf_container_instances{connected=\"true\"} 1.0
wharf_container_instances{connected=\"false\"} 0.0
wharf_reconcile_lag_seconds{queue=\"tasks\"} 0.0
wharf_reconcile_lag_seconds{queue=\"services\"} 1.0
wharf_machine_maker_answers 1.0
# EOF
";

    /// What is not well in a text of metrics.
    fn troubles(text: &str) -> Vec<&'static str> {
        let judged = judge(&Values::read(text));
        let bad = judged.iter().filter(|it| it.verdict != Verdict::Good);
        bad.map(|it| it.what).collect()
    }

    #[test]
    fn what_is_close_to_a_limit() {
        assert_eq!(troubles(WELL), Vec::<&str>::new());
        for (from, to, trouble) in [
            ("open_fds 100.0", "open_fds 900.0", "descriptors"),
            (
                "{pool=\"strangers\"} 1.0",
                "{pool=\"strangers\"} 9.0",
                "connections",
            ),
            (
                "{pool=\"nodes\"} 3.0",
                "{pool=\"nodes\"} 19.0",
                "node connections",
            ),
            ("request_bytes 0.0", "request_bytes 90.0", "request bytes"),
            ("audit_on 1.0", "audit_on 0.0", "audit log"),
            (
                "lost_events_total 0.0",
                "lost_events_total 3.0",
                "audit log",
            ),
            ("free_bytes 500.0", "free_bytes 50.0", "data disk"),
            ("\"services\"} 1.0", "\"services\"} 90.0", "reconcilers"),
            ("\"false\"} 0.0", "\"false\"} 1.0", "nodes"),
            ("maker_answers 1.0", "maker_answers 0.0", "machine maker"),
        ] {
            assert!(WELL.contains(from), "{from}");
            assert_eq!(troubles(&WELL.replacen(from, to, 1)), [trouble]);
        }
    }

    const NODE_WELL: &str = "\
process_open_fds 100.0
process_max_fds 1000.0
wharf_agent_connected 1.0
wharf_agent_reports_waiting 2.0
wharf_agent_report_lag_seconds 0.5
wharf_agent_failed_saves_total 0.0
wharf_agent_dropped_log_bytes_total 0.0
wharf_lb_connections 10.0
wharf_lb_connections_max 100.0
wharf_lb_listeners{state=\"open\"} 3.0
wharf_lb_listeners{state=\"closed\"} 0.0
wharf_lb_targets{health=\"healthy\"} 2.0
wharf_lb_targets{health=\"unhealthy\"} 0.0
# EOF
";

    #[test]
    fn what_is_wrong_on_a_node() {
        let troubles = |text: &str| -> Vec<&'static str> {
            let values = Values::read(text);
            let judged = judge_agent(&values)
                .into_iter()
                .chain(judge_balancers(&values));
            let bad = judged.filter(|it| it.verdict != Verdict::Good);
            bad.map(|it| it.what).collect()
        };
        assert_eq!(troubles(NODE_WELL), Vec::<&str>::new());
        for (from, to, found) in [
            (
                "open_fds 100.0",
                "open_fds 801.0",
                &["agent descriptors", "load balancer descriptors"][..],
            ),
            ("connected 1.0", "connected 0.0", &["agent connection"]),
            ("lag_seconds 0.5", "lag_seconds 40.0", &["agent connection"]),
            ("saves_total 0.0", "saves_total 1.0", &["agent state"]),
            ("bytes_total 0.0", "bytes_total 9.0", &["container output"]),
            (
                "lb_connections 10.0",
                "lb_connections 80.0",
                &["client connections"],
            ),
            ("\"closed\"} 0.0", "\"closed\"} 1.0", &["listeners"]),
            ("\"unhealthy\"} 0.0", "\"unhealthy\"} 1.0", &["targets"]),
        ] {
            assert!(NODE_WELL.contains(from), "{from}");
            assert_eq!(troubles(&NODE_WELL.replacen(from, to, 1)), found, "{to}");
        }
    }
}
