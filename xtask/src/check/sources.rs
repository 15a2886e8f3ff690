//! What sources may say: who makes permits, under which names, and which crates may be unsafe.

use std::path::Path;

/// Crates below `crates/` that talk to the kernel and need `unsafe` for it; each of its sites says why it
/// is sound. All others forbid it.
pub const UNSAFE: [&str; 10] = [
    "blobs",
    "cli",
    "plane/agent",
    "plane/cgroup",
    "plane/container",
    "plane/lb",
    "plane/network",
    "plane/shim",
    "plane/userns",
    "server",
];

/// Who writes to the store without a caller that IAM let in: the name in the permit, and the file.
const CONTROLLERS: [(&str, &str); 29] = [
    ("accounts", "server/src/accounts.rs"),
    ("accounts", "server/src/accounts/takedown.rs"),
    ("acm-authority", "svc/acm/src/authority.rs"),
    ("acm-reconciler", "svc/acm/src/reconcile.rs"),
    ("acm-shard", "svc/acm/src/service.rs"),
    ("blobs", "svc/ecr/src/catalog/wanted.rs"),
    ("bootstrap", "server/src/bootstrap.rs"),
    ("ecs-acs", "svc/ecs/src/acs/session.rs"),
    ("ecs-reconciler", "svc/ecs/src/reconcile.rs"),
    ("ecs-services", "svc/ecs/src/services/execute.rs"),
    ("ecs-shard", "svc/ecs/src/service.rs"),
    ("ecs-tcs", "svc/ecs/src/acs/tcs.rs"),
    ("elbv2-reconciler", "svc/elbv2/src/reconcile.rs"),
    ("elbv2-reports", "svc/elbv2/src/reports.rs"),
    ("elbv2-shard", "svc/elbv2/src/service.rs"),
    ("iam", "svc/iam/src/gate.rs"),
    ("join", "server/src/join.rs"),
    ("keys", "server/src/keys.rs"),
    ("logs-bound", "svc/logs/src/bound.rs"),
    ("logs-sweep", "svc/logs/src/sweep.rs"),
    ("maintenance", "server/src/images.rs"),
    ("maintenance", "server/src/start.rs"),
    ("migrate", "server/src/migrate.rs"),
    ("node-credentials", "server/src/node_credentials.rs"),
    ("nodes", "server/src/nodes.rs"),
    ("plane-hosts", "hosts/src/plane_hosts.rs"),
    (
        "secretsmanager-reconciler",
        "svc/secretsmanager/src/reconcile.rs",
    ),
    ("secretsmanager-shard", "svc/secretsmanager/src/service.rs"),
    ("test", "testkit/src/lib.rs"),
];

const MAKES: &str = "Permit::for_controller(";

/// What is wrong with one source; `name` is its path below `crates/`.
pub fn check(name: &str, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    if text.contains("Permit::after_authorization(") && name != "wire/src/call.rs" {
        problems.push(format!(
            "crates/{name} makes a caller's permit; only the dispatcher may"
        ));
    }
    if is_test(name) || name.starts_with("base/") {
        return problems;
    }
    for made in shipped(text).split(MAKES).skip(1) {
        let controller = made.trim_start().strip_prefix('"');
        let controller = controller.and_then(|it| it.split_once('"')).map(|it| it.0);
        let known = controller.is_some_and(|it| CONTROLLERS.contains(&(it, name)));
        if !known {
            problems.push(format!(
                "crates/{name} writes as the controller {}: add it to CONTROLLERS in \
                 xtask/src/check/sources.rs if no caller can stand behind the write",
                controller.unwrap_or("without a name")
            ));
        }
    }
    problems
}

/// Whether a crate's root forbids `unsafe`, unless it is one of [`UNSAFE`].
pub fn check_root(folder: &str, text: &str) -> Option<String> {
    let forbids = text.contains("#![forbid(unsafe_code)]");
    match (UNSAFE.contains(&folder), forbids) {
        (false, false) => Some(format!(
            "crates/{folder} does not say #![forbid(unsafe_code)], and is not in UNSAFE"
        )),
        (true, true) => Some(format!(
            "crates/{folder} forbids unsafe code: remove it from UNSAFE"
        )),
        _ => None,
    }
}

/// The text before a file's own tests.
fn shipped(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or(text)
}

fn is_test(name: &str) -> bool {
    let mut parts = Path::new(name).components().map(|it| it.as_os_str());
    parts.any(|it| {
        ["tests", "benches", "examples", "tests.rs"]
            .iter()
            .any(|test| it == *test)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controllers_are_known_by_name_and_file() {
        let text = "const P: Permit = Permit::for_controller(\"keys\");";
        assert_eq!(check("server/src/keys.rs", text), Vec::<String>::new());
        assert_eq!(check("server/src/other.rs", text).len(), 1);
        assert_eq!(
            check("server/src/keys.rs", &text.replace("keys", "x")).len(),
            1
        );
        assert_eq!(
            check("server/src/keys.rs", "Permit::for_controller(NAME)").len(),
            1
        );
        assert!(check("svc/ecs/tests/it/harness.rs", text).is_empty());
        let own_tests = format!("#[cfg(test)]\nmod tests {{\n{text}\n}}\n");
        assert!(check("server/src/other.rs", &own_tests).is_empty());
    }

    #[test]
    fn permits_of_callers_are_the_dispatchers() {
        let text = "Permit::after_authorization()";
        assert_eq!(check("svc/ecs/src/core.rs", text).len(), 1);
        assert!(check("wire/src/call.rs", text).is_empty());
    }

    #[test]
    fn unsafe_is_forbidden_outside_the_list() {
        assert!(check_root("wire", "//! Wire.\n").is_some());
        assert!(check_root("wire", "//! Wire.\n#![forbid(unsafe_code)]\n").is_none());
        assert!(check_root("plane/shim", "//! Shim.\n").is_none());
        assert!(check_root("plane/shim", "#![forbid(unsafe_code)]").is_some());
    }
}
