//! `wharf status`: what an installation runs, from the describing operations that users have.

pub mod screen;
pub mod tables;

use std::{
    io::{IsTerminal, Write, stdout},
    process::ExitCode,
    time::Duration,
};

use serde_json::Value;
use wharf_api_wharf::types::{OverviewRequest, OverviewResponse};
use wharf_base::{Clock, SystemClock};

use crate::{
    args::StatusArgs, call, exec::terminal, layout::Layout, place, problem::Problem, style::Style,
};
use screen::{Screen, Size};
use tables::{cell, cluster_of, list, name};

/// Between two looks of `--watch`.
const PAUSE: Duration = Duration::from_secs(1);

pub fn run(args: &StatusArgs) -> Result<ExitCode, Problem> {
    let layout = Layout::new(&args.output.data.data)?;
    let home = layout.settings()?;
    let settings = place::settings(home.clone(), &args.region, None)?;
    call::block_on(async {
        loop {
            let nothing = OverviewRequest::default();
            let asked = call::wharf(&layout, &settings, "Overview", &nothing);
            let overview: OverviewResponse = asked.await?;
            let mut seen = call::document("OverviewResponse", &overview);
            let (cluster, service) = (args.cluster.as_deref(), args.service.as_deref());
            if let Some(nothing) = absent(&seen, cluster, service, &settings.region) {
                return Err(Problem::other(nothing));
            }
            narrow(&mut seen, cluster, service);
            if args.output.json {
                println!("{seen}");
                return Ok(ExitCode::SUCCESS);
            }
            let screen = Screen {
                head: vec![format!(
                    "wharf {}{}: {}",
                    settings.endpoint(),
                    match settings.region == home.region {
                        true => String::new(),
                        false => format!(" in {}", settings.region),
                    },
                    tables::summary(&seen)
                )],
                tables: tables::all(&seen, SystemClock.now()),
                foot: format!("The log is in {}", layout.log().display()),
                // A screen that shows itself again has no place for more.
                rest: if args.watch { "" } else { "--all shows them" },
            };
            let text = screen.text(size(args.all), Style::of_stdout());
            if !args.watch {
                print!("{text}");
                return Ok(ExitCode::SUCCESS);
            }
            show_again(&text)?;
            tokio::time::sleep(PAUSE).await;
        }
    })
}

/// A terminal's width, and its height unless all shall be shown.
pub fn size(all: bool) -> Size {
    if !stdout().is_terminal() {
        return Size::default();
    }
    let size = terminal::size();
    Size {
        columns: Some(usize::from(size.cols)),
        rows: (!all).then(|| usize::from(size.rows)),
    }
}

/// What is asked for and is not there, in words.
fn absent(
    seen: &Value,
    cluster: Option<&str>,
    service: Option<&str>,
    region: &str,
) -> Option<String> {
    if let Some(cluster) = cluster
        && !list(seen, "clusters").any(|it| it["clusterName"] == cluster)
        && !list(seen, tables::KUBERNETES).any(|it| it["name"] == cluster)
    {
        return Some(format!("there is no cluster {cluster} in {region}"));
    }
    let service = service?;
    let is_it = |it: &Value| {
        it["serviceName"] == service && cluster.is_none_or(|of| name(it, "clusterArn") == of)
    };
    if list(seen, "services").any(is_it) {
        return None;
    }
    let mut clusters = list(seen, "clusters").map(|it| cell(it, "clusterName"));
    let looked = match (cluster, clusters.next(), clusters.next()) {
        (Some(cluster), ..) => format!("cluster {cluster}"),
        (None, Some(only), None) => format!("cluster {only}"),
        _ => "any cluster".to_owned(),
    };
    Some(format!(
        "there is no service {service} in {looked} of {region}"
    ))
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
        keep(tables::KUBERNETES, &|it| it["name"] == cluster);
        // They make machines for clusters of all kinds.
        keep("machineMakers", &|_| false);
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
            "machineMakers",
            tables::KUBERNETES,
        ] {
            keep(kind, &|_| false);
        }
    }
    if service.is_some()
        && let Some(all) = seen.as_object_mut()
    {
        all.remove("fargatePool");
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_there_is_said() {
        let one = json!({
            "clusters": [{"clusterName": "default"}],
            "services": [{"serviceName": "web", "clusterArn": "arn:aws:ecs:r:a:cluster/default"}],
        });
        assert_eq!(absent(&one, None, None, "r"), None);
        assert_eq!(absent(&one, Some("default"), Some("web"), "r"), None);
        for (cluster, service, wanted) in [
            (
                None,
                Some("nope"),
                "there is no service nope in cluster default of r",
            ),
            (Some("nope"), None, "there is no cluster nope in r"),
            (Some("nope"), Some("web"), "there is no cluster nope in r"),
        ] {
            assert_eq!(absent(&one, cluster, service, "r").as_deref(), Some(wanted));
        }
        let two = json!({
            "clusters": [{"clusterName": "default"}, {"clusterName": "two"}],
            "services": one["services"],
        });
        let of = |cluster| absent(&two, cluster, Some("nope"), "r").unwrap();
        assert_eq!(of(None), "there is no service nope in any cluster of r");
        assert_eq!(
            of(Some("two")),
            "there is no service nope in cluster two of r"
        );
        assert!(absent(&two, Some("two"), Some("web"), "r").is_some());
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
            "kubernetesClusters": [{"name": "a"}, {"name": "shop"}],
        });
        let count = |seen: &Value| {
            let kinds = [
                "clusters",
                "services",
                "tasks",
                "containerInstances",
                "targetGroups",
                tables::KUBERNETES,
            ];
            kinds.map(|kind| list(seen, kind).count())
        };
        let mut seen = whole.clone();
        narrow(&mut seen, Some("a"), None);
        assert_eq!(count(&seen), [1, 1, 2, 0, 1, 1]);
        let mut seen = whole.clone();
        narrow(&mut seen, None, Some("web"));
        assert_eq!(count(&seen), [0, 1, 1, 0, 1, 0]);
        assert_eq!(absent(&whole, Some("shop"), None, "r"), None);
        let mut seen = whole.clone();
        narrow(&mut seen, Some("shop"), None);
        assert_eq!(count(&seen), [0, 0, 0, 0, 0, 1]);
    }
}
