//! What is usually behind a stopped reason, and what helps: a sentence for people. Reasons are
//! free text of agents, registries and AWS APIs, so this knows the frequent ones only.

const NO_PERMISSION: &str = "its execution role lacks a permission: attach \
                             service-role/AmazonECSTaskExecutionRolePolicy, or allow what is named";

const REFUSED: &str =
    "the registry refused the image: check its name and the execution role's permissions";

const NO_PROGRAM: &str = "the image has no such program: check command and entryPoint, and the interpreter \
                          that a script's first line names";

/// Parts of a reason, in small letters, and what it means. The first that fits counts.
const KNOWN: &[(&[&str], &str)] = &[
    (
        &["outofmemoryerror"],
        "out of memory: it took more than its limit; raise the container's or the task's memory",
    ),
    (
        &["log group does not exist"],
        "its log group is missing: create it in the region of awslogs-region, or set awslogs-create-group",
    ),
    (
        &["no credentials of the execution role"],
        "it has no execution role to write its log with: set executionRoleArn",
    ),
    (
        &["unable to assume the role"],
        "a role cannot be assumed: its trust policy must allow ecs-tasks.amazonaws.com",
    ),
    (&["accessdenied"], NO_PERMISSION),
    (&["not authorized to perform"], NO_PERMISSION),
    (
        &["did not contain json key"],
        "a secret has no such key: valueFrom ends with :KEY:STAGE:VERSION, and the secret must be a JSON object",
    ),
    (
        &["can't find the specified secret"],
        "a secret, or the version it wants, does not exist: check valueFrom",
    ),
    (
        &["invalid ssm parameters"],
        "a parameter does not exist: check valueFrom",
    ),
    (&["unable to pull secrets"], "its secrets cannot be fetched"),
    (
        &["cannotpull", "not found"],
        "its image does not exist: check repository and tag",
    ),
    (&["cannotpull", "unauthorized"], REFUSED),
    (&["cannotpull", "denied"], REFUSED),
    (&["cannotpull"], "its image cannot be pulled"),
    (
        &["failed container health checks"],
        "the container's own health check failed",
    ),
    (
        &["failed elb health checks"],
        "the load balancer's health check got no good answer from it",
    ),
    (
        &["cannotstartcontainer", "executable file not found"],
        NO_PROGRAM,
    ),
    (
        &["cannotstartcontainer", "no such file or directory"],
        NO_PROGRAM,
    ),
    (
        &["cannotstartcontainer", "permission denied"],
        "its program may not be executed: give the file mode +x, or run it by its interpreter (sh FILE)",
    ),
    (
        &["cannotstartcontainer", "exec format error"],
        "its program is not for this machine's processor, or a script without #! in its first line",
    ),
    (
        &["exit code 127"],
        "its command was not found in the image (code 127)",
    ),
    (
        &["exit code 126"],
        "its command cannot be executed (code 126): check its file mode and its architecture",
    ),
    (&["exit code 137"], "it was killed (SIGKILL, code 137)"),
    (&["exit code 139"], "it crashed (SIGSEGV, code 139)"),
    (
        &["exit code 0"],
        "it finished (code 0): a service runs programs that do not end",
    ),
    (
        &["exit code"],
        "its program ended by itself: its log says why",
    ),
];

/// `None` for what is not known.
pub fn of(reason: &str) -> Option<&'static str> {
    let reason = reason.to_ascii_lowercase();
    let fits = |(parts, _): &&(&[&str], &str)| parts.iter().all(|part| reason.contains(part));
    KNOWN.iter().find(fits).map(|(_, cause)| *cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequent_reasons_have_a_cause() {
        for (reason, part) in [
            (
                "Essential container in task exited (container main: exit code 3)",
                "ended by itself",
            ),
            (
                "Essential container in task exited (container main: exit code 0)",
                "finished",
            ),
            (
                "Essential container in task exited (container main: exit code 137, OutOfMemoryError: \
                 Container killed due to memory usage)",
                "out of memory",
            ),
            (
                "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to \
                 resolve ref x: not found",
                "does not exist",
            ),
            (
                "ResourceInitializationError: failed to validate logger args: create stream has been \
                 retried 1 times: ResourceNotFoundException: The specified log group does not exist.",
                "log group is missing",
            ),
            (
                "User: x is not authorized to perform: logs:CreateLogStream",
                "lacks a permission",
            ),
            ("AccessDeniedException: no", "lacks a permission"),
            (
                "CannotStartContainerError: Error response from daemon: failed to create task for container: \
                 unable to start container process: exec: \"nope\": executable file not found in $PATH: unknown \
                 (container main: exit code 127)",
                "no such program",
            ),
            (
                "CannotStartContainerError: Error response from daemon: exec: \"/x\": stat /x: no such file or \
                 directory: unknown",
                "no such program",
            ),
            (
                "CannotStartContainerError: Error response from daemon: exec: \"/x\": permission denied: unknown",
                "may not be executed",
            ),
            (
                "CannotStartContainerError: Error response from daemon: exec: \"/x\": exec format error: unknown",
                "processor",
            ),
            ("ECS was unable to assume the role 'r'", "trust policy"),
        ] {
            let cause = of(reason);
            assert!(
                cause.is_some_and(|cause| cause.contains(part)),
                "{reason}: {cause:?}"
            );
        }
        assert_eq!(of("Task stopped by user"), None);
    }
}
