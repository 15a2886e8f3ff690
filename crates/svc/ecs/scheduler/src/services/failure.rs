//! Why a task ended, in one line for people.

use wharf_records::ecs::Task;

/// Characters of a failure that a service keeps: reasons are what agents and registries say.
const KEPT: usize = 400;

/// The stopped reason, then what there is to say of each container.
pub fn reasons(task: &Task) -> Vec<String> {
    let of_container = task.containers.iter().filter_map(|container| {
        let code = container.exit_code.map(|code| format!("exit code {code}"));
        // A failure to start is the task's reason and the container's.
        let own = container.reason.clone();
        let own = own.filter(|reason| task.stopped_reason.as_ref() != Some(reason));
        let said: Vec<String> = [code, own].into_iter().flatten().collect();
        (!said.is_empty()).then(|| format!("container {}: {}", container.name, said.join(", ")))
    });
    task.stopped_reason
        .clone()
        .into_iter()
        .chain(of_container)
        .collect()
}

/// `Essential container in task exited (container main: exit code 3)`
pub fn line(task: &Task) -> String {
    let mut reasons = reasons(task).into_iter();
    let first = reasons
        .next()
        .unwrap_or_else(|| "no reason was given".to_owned());
    let rest: Vec<String> = reasons.collect();
    let line = match rest.is_empty() {
        true => first,
        false => format!("{first} ({})", rest.join("; ")),
    };
    line.chars().take(KEPT).collect()
}
