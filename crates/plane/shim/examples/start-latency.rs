//! How long a cached container takes from its specification to a running program, beside what
//! `crun` needs on the same machine: `start-latency <wharf-shim> <layer folder> [runs [userns]]`, as
//! root; with `userns` each task has a user namespace of its own, which is made beforehand as the
//! network does it. The layer must have `/bin/true`.

use std::{
    os::fd::AsRawFd,
    path::PathBuf,
    time::{Duration, Instant},
};

use wharf_base::InstallationId;
use wharf_container::{
    image::{Image, ImageConfig},
    runtime::{Runtime, RuntimeOptions, TaskNetwork, TaskSandbox},
    spec::{ContainerName, ContainerSpec},
};
use wharf_userns::{Ranges, network_namespace};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(shim), Some(layer)) = (arguments.next(), arguments.next()) else {
        return Err("usage: start-latency <wharf-shim> <layer folder> [runs]".into());
    };
    let runs: usize = arguments.next().map_or(Ok(20), |runs| runs.parse())?;
    let in_user_namespace = arguments.next().is_some_and(|word| word == "userns");
    let dir = tempfile::tempdir()?;
    let ranges = Ranges::open(dir.path().join("ids"), "latency")?;
    let options = RuntimeOptions {
        dir: dir.path().join("tasks"),
        installation: InstallationId::mint(),
        shim: shim.into(),
        kept_cores: 0,
        run: Some(dir.path().join("run")),
    };
    let runtime = Runtime::open(options).await?;
    let digest = format!("sha256:{}", "0".repeat(64)).try_into()?;
    let image = Image::from_layers(digest, ImageConfig::default(), vec![PathBuf::from(layer)]);
    let mut columns: [Vec<Duration>; 6] = Default::default();
    for run in 0..runs {
        let task_id = format!("run-{run}");
        let range = in_user_namespace.then(|| ranges.of(&task_id)).transpose()?;
        let network = range.map(network_namespace).transpose()?;
        let sandbox = TaskSandbox {
            network: match &network {
                Some(network) => {
                    let (process, number) = (std::process::id(), network.as_raw_fd());
                    TaskNetwork::Namespace(format!("/proc/{process}/fd/{number}").into())
                }
                None => TaskNetwork::Host,
            },
            task_id,
            group: None,
            cpu_quota_millis: None,
            cpu_shares: None,
            cpu_gives_way: false,
            memory_limit_bytes: None,
            pids_limit: None,
            has_disk: false,
            keeps_disk: false,
            annotations: Default::default(),
            user_range: range,
        };
        let mut spec =
            ContainerSpec::new(ContainerName::try_from("main")?, vec!["/bin/true".into()]);
        spec.memory_limit_bytes = Some(64 << 20);
        let mut lap = Instant::now();
        let mut laps = Vec::new();
        let mut next = |laps: &mut Vec<Duration>| {
            laps.push(lap.elapsed());
            lap = Instant::now();
        };
        let task = runtime.create_task(sandbox).await?;
        next(&mut laps);
        task.create_container(&spec, &image).await?;
        next(&mut laps);
        task.start(&spec.name).await?;
        next(&mut laps);
        task.wait(&spec.name).await?;
        next(&mut laps);
        task.remove(&spec.name).await?;
        task.shut_down().await?;
        next(&mut laps);
        let to_running = laps[..3].iter().sum();
        for (column, value) in columns.iter_mut().zip(laps.into_iter().chain([to_running])) {
            column.push(value);
        }
    }
    runtime.teardown_all().await?;
    let names = [
        "task (shim, cgroup)",
        "create",
        "start",
        "exit seen",
        "remove, shut down",
        "to running",
    ];
    for (name, mut column) in names.into_iter().zip(columns) {
        column.sort_unstable();
        let at = |part: usize| column[(column.len() - 1) * part / 100].as_secs_f64() * 1e3;
        println!(
            "{name:<20} median {:6.2} ms   p90 {:6.2} ms",
            at(50),
            at(90)
        );
    }
    Ok(())
}
