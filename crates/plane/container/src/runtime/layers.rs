//! What the containers of a runtime are made of, read from what lies on the machine: also of those that no process knows yet.

use std::{
    collections::BTreeSet,
    io,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use wharf_durable::{self as durable, boot_id};
use wharf_shim_protocol::{
    ContainerName, ShimState, TaskFolder,
    plan::{PLAN_LIMIT, RootfsPlan},
    record::RECORD_LIMIT,
};

use super::{sandbox::TaskRecord, shared::entries_of};

/// Of a container's plan: the rest has its environment.
#[derive(Deserialize)]
struct Made {
    rootfs: RootfsPlan,
}

/// The layers of all containers below the folder of a runtime ([`RuntimeOptions::dir`](super::RuntimeOptions::dir)), as they were
/// told to their shims. Those that ended count until they are removed, but not those that ended with the machine. Blocks.
///
/// # Errors
/// Of a container it cannot be told.
pub(crate) fn layers_in_use(runtime: &Path) -> io::Result<BTreeSet<PathBuf>> {
    let mut layers = BTreeSet::new();
    for id in folders_in(runtime)? {
        let found = of_task(runtime, &id);
        layers.extend(found.map_err(|e| io::Error::new(e.kind(), format!("{id}: {e}")))?);
    }
    Ok(layers)
}

fn of_task(runtime: &Path, id: &str) -> io::Result<Vec<PathBuf>> {
    let base = runtime.join(id);
    let record: io::Result<Option<TaskRecord>> =
        durable::read_json(&TaskFolder::new(&base).task(), RECORD_LIMIT);
    let record = match record {
        // A folder is used again, and has the record of the task before until it is written anew.
        Ok(record) => record.filter(|it| it.sandbox.task_id == id),
        // It is written before the shim starts: half of one is of a task that has no container, or had none when the machine
        // went down.
        Err(e) if e.kind() == io::ErrorKind::InvalidData => None,
        Err(e) => return Err(e),
    };
    let Some(record) = record else {
        return Ok(Vec::new());
    };
    let folder = TaskFolder::with_run(base, record.setup.run);
    let state: io::Result<Option<ShimState>> = durable::read_json(&folder.state(), RECORD_LIMIT);
    // Its plans may be cut off.
    if matches!(state, Ok(Some(state)) if state.boot_id != boot_id()) {
        return Ok(Vec::new());
    }
    let mut layers = Vec::new();
    for name in folders_in(&folder.containers())? {
        let Ok(name) = ContainerName::try_from(name) else {
            continue;
        };
        // Without one it is still to be made: whoever does that holds the image.
        let made: Option<Made> = durable::read_json(&folder.container(&name).plan(), PLAN_LIMIT)?;
        layers.extend(made.into_iter().flat_map(|it| it.rootfs.layers));
    }
    Ok(layers)
}

/// The names of the folders in one; none if it is not there.
fn folders_in(dir: &Path) -> io::Result<Vec<String>> {
    let mut entries = entries_of(dir)?;
    entries.retain(|it| it.file_type().is_ok_and(|kind| kind.is_dir()));
    let names = entries.iter().map(|it| it.file_name().into_string());
    Ok(names.flatten().collect())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::json;
    use wharf_durable::Durability;

    use super::*;

    /// A task with a container of one layer, as versions without further fields wrote it. `run`: where its part in memory is.
    fn put(runtime: &Path, id: &str, run: Option<&Path>, layer: &str) -> TaskFolder {
        let (base, run) = (runtime.join(id), run.map(|it| it.join(id)));
        fs::create_dir_all(&base).unwrap();
        let sandbox = json!({
            "task_id": id,
            "network": "host",
            "cpu_quota_millis": null,
            "memory_limit_bytes": null,
        });
        let record = json!({"cgroup": "/shims", "netns": null, "run": run, "sandbox": sandbox});
        let folder = TaskFolder::with_run(base, run);
        fs::write(folder.task(), record.to_string()).unwrap();
        let container = folder.container(&name());
        fs::create_dir_all(container.base()).unwrap();
        let plan = json!({"rootfs": {"layers": [layer]}, "process": {"env": ["SECRET=1"]}});
        fs::write(container.plan(), plan.to_string()).unwrap();
        folder
    }

    fn name() -> ContainerName {
        ContainerName::try_from("web~r2").unwrap()
    }

    fn all(runtime: &Path) -> Vec<String> {
        let found = layers_in_use(runtime).unwrap();
        let text = |path: PathBuf| path.to_str().unwrap().to_owned();
        found.into_iter().map(text).collect()
    }

    #[test]
    fn all_containers_are_found_until_they_are_removed() {
        let (runtime, run) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (runtime, run) = (runtime.path(), run.path());
        put(runtime, "one", None, "/layers/a");
        let two = put(runtime, "two", Some(run), "/layers/b");
        assert_eq!(all(runtime), ["/layers/a", "/layers/b"]);
        // One that is being made.
        let next = ContainerName::try_from("web~r3").unwrap();
        fs::create_dir(two.container(&next).base()).unwrap();
        assert_eq!(all(runtime), ["/layers/a", "/layers/b"]);
        fs::remove_dir_all(two.container(&name()).base()).unwrap();
        assert_eq!(all(runtime), ["/layers/a"]);
        fs::remove_dir_all(runtime.join("one")).unwrap();
        assert_eq!(all(runtime), [""; 0]);
        assert_eq!(all(&runtime.join("nowhere")), [""; 0]);
    }

    #[test]
    fn what_was_cut_off_is_of_nobody_once_the_machine_went_down() {
        let runtime = tempfile::tempdir().unwrap();
        let runtime = runtime.path();
        put(runtime, "well", None, "/layers/a");
        let task = put(runtime, "cut-off", None, "/layers/b");
        let say = |boot_id: String| {
            let state = ShimState {
                boot_id,
                ..ShimState::default()
            };
            durable::replace_json(&task.state(), &state, Durability::Process).unwrap();
        };
        say(boot_id());
        assert_eq!(all(runtime), ["/layers/a", "/layers/b"]);
        fs::write(task.container(&name()).plan(), "{").unwrap();
        let unknown = layers_in_use(runtime).unwrap_err();
        assert_eq!(unknown.kind(), io::ErrorKind::InvalidData);
        assert!(unknown.to_string().starts_with("cut-off: "), "{unknown}");
        say("before".to_owned());
        assert_eq!(all(runtime), ["/layers/a"]);
        fs::write(task.task(), "{").unwrap();
        assert_eq!(all(runtime), ["/layers/a"]);
    }

    #[test]
    fn a_folder_that_is_used_again_is_not_yet_that_of_a_task() {
        let runtime = tempfile::tempdir().unwrap();
        let runtime = runtime.path();
        put(runtime, "before", None, "/layers/a");
        fs::rename(runtime.join("before"), runtime.join("after")).unwrap();
        assert_eq!(all(runtime), [""; 0]);
    }
}
