//! docs/iam/: what policies can say of each service. A test of the server asks the services for their rows and
//! writes the pages (`crates/server/tests/it/reference`); here it is started, and the pages' operations are compared
//! with those that there are, so that a new one is not forgotten until that test runs.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use anyhow::{Context as _, Result, bail};

use crate::{
    coverage::written,
    generate::{operations, services},
};

const TEST: &str = "the_reference_of_iam_is_what_rows_ask";

pub fn write(root: &Path) -> Result<()> {
    let status = Command::new(env!("CARGO"))
        .args([
            "test",
            "--locked",
            "-p",
            "wharf-server",
            "--test",
            "it",
            TEST,
        ])
        .env("WHARF_WRITE_REFERENCE", "1")
        .current_dir(root)
        .status()
        .context("starting cargo test")?;
    if !status.success() {
        bail!("the pages could not be written");
    }
    Ok(())
}

/// What is wrong with the pages.
pub fn check(root: &Path) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for service in &services(root)? {
        if service == "wharf" {
            continue;
        }
        let written = written(root, service)?;
        let there: BTreeSet<String> = operations(root, service)?
            .into_iter()
            .filter(|(_, function)| written.contains(function))
            .map(|(name, _)| name)
            .collect();
        let page = root.join("docs/iam").join(format!("{service}.md"));
        let listed = listed(&fs::read_to_string(page).unwrap_or_default());
        if listed != there {
            problems.push(format!(
                "docs/iam/{service}.md does not list the operations that there are: run `cargo xtask reference`"
            ));
        }
    }
    Ok(problems)
}

/// The operations in the first column of a page's first table.
fn listed(page: &str) -> BTreeSet<String> {
    let actions = page.split("\n## ").find(|it| it.starts_with("Actions\n"));
    let rows = actions.into_iter().flat_map(str::lines);
    let first = rows.filter_map(|line| line.strip_prefix("| ")?.split_once(" |"));
    first
        .map(|(name, _)| name.to_owned())
        .filter(|name| name != "operation" && name != "---" && !name.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_the_first_column() {
        let page = "# x\n\n## Actions\n| operation | asks for |\n| --- | --- |\n| RunTask | `ecs:RunTask` |\n\
                    |  | `iam:PassRole` |\n\n## Resources\n| ARN | its tags as |\n| --- | --- |\n| `arn` | |\n";
        assert_eq!(listed(page), BTreeSet::from(["RunTask".to_owned()]));
    }
}
