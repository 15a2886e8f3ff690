//! docs/coverage.md: which operations this version has, read from the code that has them.

use std::{collections::BTreeSet, fmt::Write as _, fs, path::Path};

use anyhow::{Context as _, Result, bail, ensure};

use crate::generate::{operations, services};

pub fn write(root: &Path) -> Result<()> {
    fs::create_dir_all(root.join("docs"))?;
    fs::write(root.join("docs/coverage.md"), render(root)?)?;
    Ok(())
}

pub fn render(root: &Path) -> Result<String> {
    let mut table = String::new();
    let mut lists = String::new();
    for service in &services(root)? {
        let written = written(root, service)?;
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
        let reasons = root.join(format!("crates/svc/{service}/src/unsupported.txt"));
        if reasons.exists() {
            let lack: BTreeSet<&str> = lack.iter().map(|(name, _)| name.as_str()).collect();
            let reasons = reasons_for(&lack, &fs::read_to_string(&reasons)?);
            let reasons = reasons.with_context(|| format!("unsupported.txt of {service}"))?;
            let _ = writeln!(
                lists,
                "\n| not supported | why |\n| --- | --- |\n{}",
                reasons.trim_end()
            );
        }
    }
    Ok(format!(
        "# Coverage\nWritten by `cargo xtask coverage` from the code; do not edit. An operation that is not supported \
         answers `UnsupportedOperation` in its service's protocol, and so does a service that is not listed (`NotImplemented` in that of S3). EC2's operations that are not supported, listed or not, answer `InvalidAction`, AWS's code for regions without them.\n\n\
         | service | operations supported | in the API |\n| --- | --- | --- |\n{table}{lists}"
    ))
}

/// The rows of a table with the reasons that a service's `unsupported.txt` gives: lines of names, then lines that begin
/// with blanks and are the reason for them. Each operation that it lacks has one, and no other has.
fn reasons_for(lack: &BTreeSet<&str>, text: &str) -> Result<String> {
    let (mut rows, mut named, mut open) = (String::new(), BTreeSet::new(), Vec::new());
    let lines = text.lines().filter(|it| !it.starts_with('#'));
    for line in lines.filter(|it| !it.trim().is_empty()) {
        if !line.starts_with(' ') {
            open.extend(line.split(' '));
            continue;
        }
        ensure!(!open.is_empty(), "no operation before `{}`", line.trim());
        let _ = writeln!(rows, "| {} | {} |", open.join(", "), line.trim());
        for name in open.drain(..) {
            ensure!(named.insert(name), "two reasons for {name}");
        }
    }
    ensure!(open.is_empty(), "no reason for {}", open.join(", "));
    let missing: Vec<&&str> = lack.difference(&named).collect();
    let Some(other) = named.difference(lack).next() else {
        ensure!(missing.is_empty(), "no reason for {missing:?}");
        return Ok(rows);
    };
    bail!("{other} is supported, or no operation");
}

/// The operations that a service has, by the names of the trait's functions.
pub fn written(root: &Path, service: &str) -> Result<BTreeSet<String>> {
    let mut written = BTreeSet::new();
    for folder in [&format!("crates/svc/{service}/src"), "crates/server/src"] {
        collect(&root.join(folder), &block(service), &mut written)?;
    }
    Ok(written)
}

/// The line that begins a service's list of operations.
fn block(service: &str) -> String {
    format!("wharf_api_{}::operations! {{", service.replace('-', "_"))
}

/// The operations listed after the line `block` in the sources of a folder.
fn collect(folder: &Path, block: &str, found: &mut BTreeSet<String>) -> Result<()> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Ok(());
    };
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, block, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            listed(&fs::read_to_string(&path)?, block, found);
        }
    }
    Ok(())
}

fn listed(text: &str, block: &str, found: &mut BTreeSet<String>) {
    let mut inside = false;
    for line in text.lines() {
        inside = (inside || line == block) && line != "}";
        let name = line.trim_start().split_once(" = ").map(|(name, _)| name);
        found.extend(name.filter(|_| inside).map(str::to_owned));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_operation_that_is_missing_has_one_reason() {
        let lack = BTreeSet::from(["A", "B", "C"]);
        let text = "# Of these.\nA B\n    Not here.\n\nC\n    Nor this.\n";
        let rows = "| A, B | Not here. |\n| C | Nor this. |\n";
        assert_eq!(reasons_for(&lack, text).unwrap(), rows);
        for bad in [
            "A B\n    Not here.\n",
            "A B C\n    Not here.\nD\n    Nor this.\n",
            "A B C\n    Not here.\nA\n",
            "    Not here.\n",
            "A B C\n    Not here.\nA\n    Nor this.\n",
        ] {
            assert!(reasons_for(&lack, bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn operations_are_the_lines_of_the_block() {
        let mut found = BTreeSet::new();
        let text = "let x = 1;\nwharf_api_sts::operations! {\n    impl S;\n    assume_role = assume;\n}\n\
                    let y = 2;\nwharf_api_iam::operations! {\n    get_user = get;\n}\n";
        listed(text, &block("sts"), &mut found);
        assert_eq!(found, BTreeSet::from(["assume_role".to_owned()]));
    }
}
