//! The numbers of lines in docs/adding-a-service.md are those of the files, and the diff beside it ends at the files.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};

const PAGE: &str = "docs/adding-a-service.md";
/// From what `new-service` writes to the files, with all their lines.
const DIFF: &str = "docs/adding-a-service.diff";
/// The page's promise: a service that only reads takes no more than this by hand.
const MOST: usize = 300;

pub fn check(root: &Path) -> Result<Vec<String>> {
    let page = fs::read_to_string(root.join(PAGE)).with_context(|| format!("reading {PAGE}"))?;
    let lines = |file: &str| {
        let text = fs::read_to_string(root.join(file));
        Ok(text
            .with_context(|| format!("reading {file}"))?
            .lines()
            .count())
    };
    let mut problems = compare(&page, lines)?;
    let diff = fs::read_to_string(root.join(DIFF)).with_context(|| format!("reading {DIFF}"))?;
    for (file, text) in ends(&diff) {
        let there = fs::read_to_string(root.join(&file));
        if there.with_context(|| format!("reading {file}"))? != text {
            problems.push(format!("{DIFF} does not end at what {file} is"));
        }
        if !page.contains(&file) {
            problems.push(format!("{DIFF} is about {file}, and {PAGE} is not"));
        }
    }
    Ok(problems)
}

/// The files of a diff with all lines, as they are after it.
fn ends(diff: &str) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = Vec::new();
    for line in diff.lines() {
        if let Some(name) = line.strip_prefix("+++ b/") {
            files.push((name.to_owned(), String::new()));
            continue;
        }
        if let (Some((_, text)), Some(kept)) = (files.last_mut(), line.strip_prefix(['+', ' '])) {
            text.push_str(kept);
            text.push('\n');
        }
    }
    files
}

/// Rows are `| `FILE` | LINES | …`; one of them is `| total | LINES |`.
fn compare(page: &str, lines: impl Fn(&str) -> Result<usize>) -> Result<Vec<String>> {
    let (mut problems, mut sum, mut total) = (Vec::new(), 0, None);
    for row in page.lines() {
        let mut cells = row.split('|').map(str::trim).skip(1);
        let (Some(name), Some(said)) = (cells.next(), cells.next()) else {
            continue;
        };
        let Ok(said) = said.parse::<usize>() else {
            continue;
        };
        if name == "total" {
            total = Some(said);
            continue;
        }
        let file = name.trim_matches('`');
        let there = lines(file)?;
        sum += there;
        if there != said {
            problems.push(format!(
                "{PAGE} says that {file} has {said} lines; it has {there}"
            ));
        }
    }
    if total != Some(sum) || sum == 0 {
        problems.push(format!("{PAGE} should say that the total is {sum} lines"));
    }
    if sum > MOST {
        problems.push(format!(
            "{PAGE} promises at most {MOST} lines; there are {sum}"
        ));
    }
    Ok(problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(page: &str) -> usize {
        compare(page, |file| Ok(file.len())).unwrap().len()
    }

    #[test]
    fn a_diff_is_carried_out() {
        let diff = "--- a/one\n+++ b/one\n@@ -1,2 +1,2 @@\n kept\n-gone\n+new\n--- /dev/null\n+++ b/two\n@@ -0,0 +1 @@\n+x\n";
        let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        assert_eq!(ends(diff), [file("one", "kept\nnew\n"), file("two", "x\n")]);
    }

    #[test]
    fn numbers_are_compared() {
        assert_eq!(
            check("| file | lines |\n| `ab` | 2 |\n| `abc` | 3 | x |\n| total | 5 |"),
            0
        );
        assert_eq!(check("| `ab` | 3 |\n| total | 2 |"), 1);
        assert_eq!(check("| `ab` | 2 |\n| total | 3 |"), 1);
        assert_eq!(check("no table"), 1);
        let long = "a".repeat(MOST + 1);
        assert_eq!(check(&format!("| `{long}` | 301 |\n| total | 301 |")), 1);
    }
}
