//! docs/coverage.md: which operations this version has, read from the code that has them.

use std::{collections::BTreeSet, fmt::Write as _, fs, path::Path};

use anyhow::Result;

use crate::generate::{SERVICES, operations};

pub fn write(root: &Path) -> Result<()> {
    fs::create_dir_all(root.join("docs"))?;
    fs::write(root.join("docs/coverage.md"), render(root)?)?;
    Ok(())
}

pub fn render(root: &Path) -> Result<String> {
    let mut table = String::new();
    let mut lists = String::new();
    for service in SERVICES {
        let folder = root.join("crates/svc").join(service).join("src");
        let mut written = BTreeSet::new();
        collect(&folder, &mut written)?;
        let operations = operations(root, service)?;
        let (have, lack): (Vec<_>, Vec<_>) = operations
            .iter()
            .partition(|(_, function)| written.contains(function));
        let _ = writeln!(
            table,
            "| {service} | {} | {} |",
            have.len(),
            operations.len()
        );
        let names = |list: &[&(String, String)]| {
            let names: Vec<&str> = list.iter().map(|(name, _)| name.as_str()).collect();
            if names.is_empty() {
                "none".to_owned()
            } else {
                names.join(", ")
            }
        };
        let _ = writeln!(
            lists,
            "\n## {service}\nSupported: {}.\n\nNot supported by this version: {}.",
            names(&have),
            names(&lack)
        );
    }
    Ok(format!(
        "# Coverage\nWritten by `cargo xtask coverage` from the code; do not edit. An operation that is not supported \
         answers `UnsupportedOperation` in its service's protocol, and so does a service that is not listed (`NotImplemented` in that of S3). EC2's operations beyond its list answer `InvalidAction`, AWS's code for regions without them.\n\n\
         | service | operations supported | in the API |\n| --- | --- | --- |\n{table}{lists}"
    ))
}

/// Names of the functions inside `impl <Trait> for` blocks of services below `folder`, and of those
/// that a service lists in an `operations!` block.
fn collect(folder: &Path, found: &mut BTreeSet<String>) -> Result<()> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Ok(());
    };
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let (mut inside, mut listed) = (false, false);
            for line in fs::read_to_string(&path)?.lines() {
                let starts = line.starts_with("impl ") && !line.starts_with("impl<");
                inside = (inside || starts && is_service(line)) && line != "}";
                listed = (listed || line == "operations! {") && line != "}";
                let line = line.trim_start();
                let name = if listed {
                    Some(line)
                } else {
                    line.strip_prefix("async fn ").filter(|_| inside)
                };
                if let Some((name, _)) = name.and_then(|rest| rest.split_once('(')) {
                    found.insert(name.to_owned());
                }
            }
        }
    }
    Ok(())
}

fn is_service(line: &str) -> bool {
    let name = line
        .trim_start_matches("impl ")
        .split(' ')
        .next()
        .unwrap_or_default();
    let name = name
        .rsplit("::")
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    SERVICES.contains(&name.as_str()) && line.contains(" for ")
}
