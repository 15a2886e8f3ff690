//! Changes that are tried again until nobody comes between are the kit's: `transact!` and `Table::change` know
//! one limit of tries and compare all that was read. Loops written by hand are found by their form.

use std::collections::BTreeSet;

use super::sources::{is_test, shipped};

/// Loops of tries that are not the kit's, by their file below `crates/`, each with its reason.
const KEPT: [(&str, &str); 14] = [
    (
        "kube/api/src/deleting.rs",
        "objects of Kubernetes have a storage of their own, and each try asks the webhooks again",
    ),
    (
        "kube/api/src/subresources/eviction.rs",
        "objects of Kubernetes have a storage of their own",
    ),
    (
        "server/src/kube/pod_identity_webhook.rs",
        "the object is changed through the cluster's API, as any client does it",
    ),
    (
        "svc/ec2/src/fleet/fill.rs",
        "each try launches instances, in transactions of their own",
    ),
    (
        "svc/ecr/src/catalog/account_usage.rs",
        "reads of records and of the store's history; nothing is written",
    ),
    (
        "svc/ecr/src/catalog/images.rs",
        "a read of two records; nothing is written",
    ),
    (
        "svc/ecs/agents/src/registration.rs",
        "pauses between its tries until what came between is durable",
    ),
    (
        "svc/ecs/src/ops/run_task.rs",
        "each try waits its turn in the queue of placement, which writes for several",
    ),
    (
        "svc/ecs/src/registrations.rs",
        "those who do not fit into a try are answered or put back, so that the next is another",
    ),
    (
        "svc/logs/src/lookup_tables.rs",
        "a read of a record and of the journal; nothing is written",
    ),
    (
        "svc/logs/src/ops/lookup_tables.rs",
        "each try calls KMS and writes the table's rows to the journal before its transaction",
    ),
    (
        "svc/s3/src/ops/copy.rs",
        "each try reads the bytes of an object that may have been replaced meanwhile",
    ),
    (
        "svc/s3/src/ops/get.rs",
        "a read of a record and of its bytes; nothing is written",
    ),
    (
        "wanted/src/lib.rs",
        "waits between its tries for the collector of a blob, and looks for its bytes at each",
    ),
];

/// The kit and the store themselves; and planes, which never open the store.
const EXEMPT: [&str; 3] = ["plane/", "service/", "store/"];

/// How a write is made whose conditions may fail.
const WRITES: [&str; 2] = [".commit(", ".txn("];
/// How one hears that they did.
const LOST: [&str; 3] = [".is_conflict()", "Outcome::Lost", "WriteError::Changed"];

/// Loops by hand in sources that are not among [`KEPT`], and those of [`KEPT`] that have none any more; names are
/// paths below `crates/`.
pub fn check<'a>(sources: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<String> {
    let mut unused: BTreeSet<&str> = KEPT.iter().map(|(name, _)| *name).collect();
    let mut problems = Vec::new();
    for (name, text) in sources {
        if is_test(name) || EXEMPT.iter().any(|it| name.starts_with(it)) {
            continue;
        }
        let found = by_hand(shipped(text));
        if found.is_empty() || unused.remove(name) {
            continue;
        }
        problems.extend(found.into_iter().map(|line| {
            format!(
                "crates/{name}:{line} tries a change again by hand: use `transact!` or `Table::change` of \
                 wharf-service, or name the file with the reason in xtask/src/check/loops.rs"
            )
        }));
    }
    problems.extend(unused.into_iter().map(|name| {
        format!(
            "crates/{name} has no loop of tries: take it out of KEPT in xtask/src/check/loops.rs"
        )
    }));
    problems
}

/// The lines, from 1, where loops of tries begin.
fn by_hand(text: &str) -> Vec<usize> {
    let lines: Vec<&str> = text.lines().collect();
    let loops = lines.iter().enumerate().filter_map(|(at, line)| {
        let head = loop_head(line)?;
        tries_again(head, &block(&lines[at..])).then_some(at + 1)
    });
    loops.collect()
}

/// The line if a loop begins with it, without its label.
fn loop_head(line: &str) -> Option<&str> {
    let line = line.trim();
    let labelled = line
        .starts_with('\'')
        .then(|| line.split_once(": "))
        .flatten();
    let head = labelled.map_or(line, |(_, head)| head);
    let begins = head == "loop {" || head.starts_with("for ") || head.starts_with("while ");
    (begins && head.ends_with('{')).then_some(head)
}

/// What is in the braces that the first line opens, by how far lines are indented, without comments.
fn block(lines: &[&str]) -> String {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let Some((head, rest)) = lines.split_first() else {
        return String::new();
    };
    let end = rest
        .iter()
        .position(|it| !it.trim().is_empty() && indent(it) <= indent(head));
    let within = &rest[..end.unwrap_or(rest.len())];
    let code = within
        .iter()
        .filter(|it| !it.trim_start().starts_with("//"));
    code.copied().collect::<Vec<_>>().join("\n")
}

fn tries_again(head: &str, block: &str) -> bool {
    let counts = head.starts_with("for ") && head.contains(" in 0..") && names_tries(head);
    let mut signs = WRITES.iter().chain(&LOST);
    let writes = signs.any(|it| block.contains(it));
    counts || writes && (names_tries(head) || names_tries(block)) || ends_once_written(block)
}

/// `TRIES`, `MAX_TRIES`, `tries`, `attempt`, …; not `retries` or `entries`.
fn names_tries(text: &str) -> bool {
    let mut words = text.split(|it: char| !it.is_ascii_alphanumeric());
    let names = ["tries", "attempt", "attempts"];
    words.any(|word| names.iter().any(|it| word.eq_ignore_ascii_case(it)))
}

/// Whether a loop goes round until a write's conditions hold, however often:
/// `if table.commit(…).await? { break; }`, or `if !table.commit(…).await? { continue; }`.
fn ends_once_written(block: &str) -> bool {
    let written = |(at, _): (usize, &str)| {
        let (before, after) = block.split_at(at);
        let before = before.rsplit([';', '{', '}']).next().unwrap_or_default();
        let before = before.trim_start();
        let Some((write, then)) = after.split_once(".await?") else {
            return false;
        };
        let then = then.strip_prefix(".succeeded").unwrap_or(then);
        let Some(then) = then.trim_start().strip_prefix('{') else {
            return false;
        };
        let then = then.trim_start();
        let ends = match before.strip_prefix("if ") {
            Some(condition) if condition.starts_with('!') => then.starts_with("continue"),
            Some(_) => then.starts_with("break") || then.starts_with("return"),
            None => false,
        };
        ends && !write.contains(';')
    };
    let mut writes = WRITES.iter().flat_map(|it| block.match_indices(it));
    writes.any(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A function with that loop.
    fn within(head: &str, body: &str) -> String {
        format!("async fn change() {{\n    {head} {{\n        {body}\n    }}\n    done()\n}}\n")
    }

    #[test]
    fn loops_of_tries_are_found_by_their_form() {
        let commit = "if table.commit(permit, txn).await? {\n            return Ok(());\n        }";
        for (head, body) in [
            ("for _ in 0..MAX_TRIES", "put_again(core).await?;"),
            ("for tries in 0..wharf_service::MAX_TRIES", commit),
            ("for _ in 0..3", "let attempt = tx.commit(permit).await?;"),
            ("while tries < 8", "tx.commit(permit).await?;"),
            ("loop", commit),
            ("'again: loop", commit),
            (
                "loop",
                "if !core\n            .table\n            .commit(permit, txn)\n            .await?\n        {\n            continue;\n        }",
            ),
            (
                "loop",
                "if store.txn(permit, txn).await?.succeeded {\n            break;\n        }",
            ),
            (
                "loop",
                "tries += 1;\n        match write().await {\n            Err(error) if error.is_conflict() => {}\n        }",
            ),
        ] {
            assert_eq!(by_hand(&within(head, body)), [2], "{head} {body}");
        }
    }

    #[test]
    fn loops_over_many_are_none_of_tries() {
        for (head, body) in [
            (
                "for some in keys.chunks(50)",
                "table.commit(permit, txn).await?;",
            ),
            (
                "loop",
                "// Two tries.\n        if !table.commit(permit, txn).await? {\n            return Err(moved());\n        }",
            ),
            ("for entry in 0..MAX_ENTRIES", "retries(entry);"),
            ("for at in 0..count", "table.read(at).await?;"),
        ] {
            assert!(by_hand(&within(head, body)).is_empty(), "{head} {body}");
        }
        // What follows a loop is none of it.
        let text = "    for key in keys {\n        read(key);\n    }\n    let tries = table.commit(permit, txn).await?;\n";
        assert!(by_hand(text).is_empty());
    }

    #[test]
    fn a_loop_by_hand_outside_the_list_is_a_problem() {
        let text = within("for _ in 0..TRIES", "write().await?;");
        // All that are listed have one.
        let listed = KEPT.map(|(name, _)| (name, text.as_str()));
        let with = |name| listed.into_iter().chain([(name, text.as_str())]);
        assert!(check(listed.into_iter()).is_empty());
        assert_eq!(check(with("svc/ecs/src/new.rs")).len(), 1);
        for free in [
            "svc/ecs/tests/it/main.rs",
            "service/src/table.rs",
            "plane/agent/src/new.rs",
        ] {
            assert!(check(with(free)).is_empty(), "{free}");
        }
        let left = listed.into_iter().skip(1);
        assert_eq!(check(left).len(), 1);
    }
}
