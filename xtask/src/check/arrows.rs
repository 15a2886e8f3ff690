//! Which crate may depend on which: a crate on those of the rows above its own, as in ARCHITECTURE.md.

use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::Value;

/// A row of ARCHITECTURE.md's table of rooms.
struct Row {
    /// Folders below `crates/`; `svc/*` is all of a folder.
    crates: &'static [&'static str],
    /// Whether those of the row may depend on each other.
    inside: bool,
}

const fn row(crates: &'static [&'static str]) -> Row {
    Row {
        crates,
        inside: false,
    }
}

const fn joined(crates: &'static [&'static str]) -> Row {
    Row {
        crates,
        inside: true,
    }
}

const ROOMS: [Row; 27] = [
    row(&["base"]),
    row(&[
        "billing",
        "durable",
        "metrics",
        "datachannel",
        "schedule",
        "patterns",
        "edwards",
        "egress",
        "insights",
        "md5",
        "promql",
        "rsa",
        "scan",
        "sectors",
        "signature",
        "tls",
        "transform",
    ]),
    row(&["scandb"]),
    row(&["wire"]),
    row(&["model"]),
    row(&["api/*"]),
    row(&["planeproto"]),
    row(&["records"]),
    joined(&["wal", "store", "journal", "series"]),
    joined(&["seal", "blobs"]),
    row(&["wanted", "vended"]),
    row(&["seasonal"]),
    row(&["iam", "placement", "scaling"]),
    row(&["reconcile"]),
    row(&["service"]),
    row(&[
        "contributors",
        "hosts",
        "delivery",
        "datakeys",
        "interfaces",
        "log-writer",
    ]),
    row(&["kube/model"]),
    row(&["kube/client"]),
    row(&["kube/auth"]),
    row(&["kube/api"]),
    row(&[
        "kube/controllers",
        "kube/policies",
        "kube/provisioning",
        "kube/scheduler",
        "kube/services",
    ]),
    row(&["svc/ecs/model", "svc/ecs/exec"]),
    row(&[
        "svc/ecs/scheduler",
        "svc/ecs/agents",
        "svc/ecs/cluster-scaling",
    ]),
    row(&["svc/*"]),
    joined(&["plane/*"]),
    joined(&["server", "cli"]),
    // For tests: nothing above ships it.
    row(&["testkit"]),
];

/// Arrows that the rows forbid and that stay: who, on whom, and why.
const EXCEPTIONS: [(&str, &str, &str); 6] = [
    (
        "svc/sts",
        "svc/iam",
        "STS is IAM's other face: both make and judge the same credentials",
    ),
    (
        "svc/registry",
        "svc/ecr",
        "the registry is ECR's other protocol, over the same catalog",
    ),
    (
        "svc/ecr-public",
        "svc/ecr",
        "the public gallery is ECR's other API, over the same catalog",
    ),
    (
        "svc/eks-auth",
        "svc/eks",
        "EKS Auth is EKS' other API, over the same records",
    ),
    (
        "svc/cloudwatch",
        "svc/prometheus",
        "PromQL is CloudWatch's other language, over the same store of metrics: alarms ask in it",
    ),
    (
        "svc/efs",
        "plane/file-server",
        "tickets, access points and permissions have one form where they are given and where they hold",
    ),
];

/// Where a crate lies below `crates/`.
pub fn folder(path: &str, root: &Path) -> Option<String> {
    let path = Path::new(path).strip_prefix(root.join("crates")).ok()?;
    Some(path.to_string_lossy().into_owned())
}

/// The crates of `cargo metadata` and what each depends on, by folders below `crates/`.
pub fn of(metadata: &Value, root: &Path) -> Result<Vec<(String, Vec<String>)>> {
    let folder = |path: &str| folder(path, root);
    let mut found = Vec::new();
    for package in metadata["packages"].as_array().context("packages")? {
        let manifest = package["manifest_path"].as_str().unwrap_or_default();
        let Some(name) = manifest.strip_suffix("/Cargo.toml").and_then(folder) else {
            continue;
        };
        let dependencies = package["dependencies"].as_array().into_iter().flatten();
        let shipped = dependencies.filter(|it| it["kind"].is_null());
        let own = shipped.filter_map(|it| folder(it["path"].as_str()?));
        found.push((name, own.collect()));
    }
    Ok(found)
}

/// What is wrong with the arrows.
pub fn check(crates: &[(String, Vec<String>)]) -> Vec<String> {
    let mut problems = Vec::new();
    for (name, dependencies) in crates {
        let Some(own) = row_of(name) else {
            problems.push(format!(
                "crates/{name} is in no row of ROOMS in xtask/src/check/arrows.rs, nor of ARCHITECTURE.md"
            ));
            continue;
        };
        for other in dependencies {
            let above =
                row_of(other).is_some_and(|row| row < own || row == own && ROOMS[own].inside);
            let excepted = EXCEPTIONS
                .iter()
                .any(|(from, to, _)| from == name && to == other);
            if !above && !excepted {
                problems.push(format!(
                    "crates/{name} depends on crates/{other}, which is not in a row above it"
                ));
            }
        }
    }
    for (from, to, _) in EXCEPTIONS {
        let is_there =
            |(name, on): &(String, Vec<String>)| name == from && on.iter().any(|it| it == to);
        if !crates.iter().any(is_there) {
            problems.push(format!(
                "{from} no longer depends on {to}: remove the exception"
            ));
        }
    }
    problems
}

fn row_of(name: &str) -> Option<usize> {
    ROOMS.iter().position(|row| {
        row.crates
            .iter()
            .any(|known| match known.strip_suffix('*') {
                Some(folder) => name.starts_with(folder),
                None => *known == name,
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(name: &str, on: &str) -> Vec<String> {
        let excepted = EXCEPTIONS.map(|(from, to, _)| (from.to_owned(), vec![to.to_owned()]));
        let mut crates = excepted.to_vec();
        crates.push((name.to_owned(), vec![on.to_owned()]));
        check(&crates)
    }

    #[test]
    fn arrows_point_to_rows_above() {
        for (name, on) in [
            ("svc/ecs", "store"),
            ("store", "wal"),
            ("server", "svc/acm"),
        ] {
            assert_eq!(problems(name, on), Vec::<String>::new());
        }
        for (name, on) in [
            ("wire", "records"),
            ("svc/ecs", "svc/ec2"),
            ("svc/ecs/scheduler", "svc/ecs/agents"),
            ("svc/ecs/model", "svc/ecs/scheduler"),
            ("plane/agent", "server"),
            ("api/ecs", "api/ec2"),
            ("svc/ecs", "attic"),
        ] {
            let found = problems(name, on);
            assert_eq!(found.len(), 1, "{name} on {on}: {found:?}");
        }
    }

    #[test]
    fn a_crate_without_a_row_and_an_exception_without_a_cause_are_told() {
        assert!(problems("attic", "base")[0].contains("no row"));
        let found = check(&[]);
        assert_eq!(found.len(), EXCEPTIONS.len());
        assert!(found[0].contains("remove the exception"));
    }
}
