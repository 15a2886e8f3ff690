//! Members of requests that a service's list calls understood are named in code; a name that is nowhere is taken
//! and has no effect.

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use wharf_wire::understood::{Line, Rule, lines};

use super::rust_files;
use crate::generate::{self, field};

/// Whose code reads a service's members beside its own: it passes them on.
const READERS: [(&str, &[&str]); 7] = [
    ("application-autoscaling", &["scaling/src"]),
    ("autoscaling", &["scaling/src"]),
    ("events", &["delivery/src", "svc/ecs"]),
    ("scheduler", &["delivery/src", "svc/ecs"]),
    ("ssm", &["svc/ecs/exec/src"]),
    ("ecr", &["svc/registry/src"]),
    ("sts", &["svc/iam/src"]),
];

/// Members that are read under another name: service, member, and where.
const OTHERWISE: [(&str, &str, &str); 2] = [
    (
        "s3",
        "ContentMD5",
        "the gateway compares the header with the body",
    ),
    (
        "ecs",
        "autoprovision",
        "agents read it in the definition's document",
    ),
];

/// What is wrong with the lists of all services.
pub fn check(root: &Path) -> Result<Vec<String>> {
    let (mut problems, mut otherwise) = (Vec::new(), OTHERWISE.to_vec());
    for service in generate::services(root)? {
        let list = format!("crates/svc/{service}/src/understood.txt");
        let Ok(text) = fs::read_to_string(root.join(&list)) else {
            continue; // The installation's own API has no list.
        };
        let names = names(root, &service)?;
        for (structure, member) in unread(text.leak(), &names) {
            let known = otherwise.len();
            otherwise.retain(|(of, name, _)| (*of, *name) != (&service, member));
            let is_known = |(of, name, _): &(&str, &str, &str)| (*of, *name) == (&service, member);
            if known == otherwise.len() && !OTHERWISE.iter().any(is_known) {
                problems.push(format!(
                    "{list}: no code names {structure}.{member}: take it out, or say why it has no effect"
                ));
            }
        }
    }
    problems.extend(otherwise.iter().map(|(service, member, _)| {
        format!(
            "xtask/src/check/members.rs: {service} has no {member} that is read under another name"
        )
    }));
    Ok(problems)
}

/// Structures and members that are understood, and that no code names: neither the field nor, where requests are
/// kept as they came, the model's name.
fn unread(text: &'static str, names: &HashSet<String>) -> Vec<(&'static str, &'static str)> {
    let (mut structure, mut found) = ("", Vec::new());
    for line in lines(text) {
        match line {
            Line::Structure(name) => structure = name,
            Line::Member(name, Rule::Used) => {
                if !names.contains(&field(name)) && !names.contains(name) {
                    found.push((structure, name));
                }
            }
            // What lies below `*` is the code's to look at; the rest has no effect or is refused.
            Line::Member(..) | Line::Code(_) => {}
        }
    }
    found
}

/// All names in the code of those who read a service's requests, tests and rates not counted.
fn names(root: &Path, service: &str) -> Result<HashSet<String>> {
    let own = PathBuf::from("svc").join(service);
    let others = READERS.iter().filter(|(it, _)| *it == service);
    let others = others.flat_map(|(_, folders)| folders.iter().map(PathBuf::from));
    let mut files = std::collections::BTreeSet::new();
    for folder in std::iter::once(own).chain(others) {
        rust_files(&root.join("crates").join(folder), &mut files)?;
    }
    let mut names = HashSet::new();
    for path in files {
        let is_named = |part: &str| path.iter().any(|it| it == part);
        if is_named("tests") || is_named("tests.rs") || is_named("rates.rs") {
            continue;
        }
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let code = text.split("#[cfg(test)]\nmod tests {").next();
        let words = code
            .unwrap_or_default()
            .split(|c: char| !c.is_alphanumeric() && c != '_');
        names.extend(words.map(str::to_owned));
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_that_no_code_names_is_found() {
        let text =
            "code X\n\nA\n    cpuCount\n    type\n    arn\n    tags *\n    force: so it is\n";
        let names = |all: &[&str]| all.iter().map(|it| (*it).to_owned()).collect();
        assert_eq!(unread(text, &names(&["cpu_count", "type_", "arn"])), []);
        assert_eq!(unread(text, &names(&["cpuCount", "type_"])), [("A", "arn")]);
    }

    #[test]
    fn all_lists_are_true() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        assert_eq!(check(&root).unwrap(), Vec::<String>::new());
    }
}
