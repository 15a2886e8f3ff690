//! What one task may take, and all together: processes, memory, disk. A task that takes all it can leaves
//! its neighbours and the shims as they were.

use std::{
    fs,
    os::fd::{AsFd, FromRawFd, OwnedFd},
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use nix::{
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use wharf_cgroup::slice;
use wharf_container::{
    runtime::{ExecSpec, Limits, PreparedDisk, RecoveredState, TaskHandle},
    spec::{ContainerSpec, Mount},
};

use crate::fixture::{Node, PATIENCE, log_text, name, sh, within};

/// A file of the cgroup below the installation's, whichever version the machine has.
fn file(node: &Node, controller: &str, group: &str, v1: &str, v2: &str) -> PathBuf {
    // Where what gives way is has no groups between it and its tasks.
    let root = match group.strip_prefix("spare") {
        Some(_) => format!("wharf-{}-{group}", node.installation),
        None => format!("wharf-{}/{group}", node.installation),
    };
    if fs::exists("/sys/fs/cgroup/memory").unwrap() {
        format!("/sys/fs/cgroup/{controller}/{root}/{v1}").into()
    } else {
        format!("/sys/fs/cgroup/{root}/{v2}").into()
    }
}

/// Its value.
fn read(node: &Node, controller: &str, group: &str, v1: &str, v2: &str) -> String {
    let path = file(node, controller, group, v1, v2);
    fs::read_to_string(&path)
        .unwrap_or_else(|e| panic!("{}: {e}", path.display()))
        .trim()
        .to_owned()
}

/// A task's processes have met its limit: the kernel has refused one more. Version 1 counts that
/// where the process was, and has no event for it.
async fn refused_a_process(node: &Node, task: &str) {
    let name = "pids.events";
    let groups = [
        format!("containers/{task}"),
        format!("containers/{task}/main"),
    ];
    let refused = |group: &String| {
        let text = read(node, "pids", group, name, name);
        let counts = text.lines().filter_map(|line| line.strip_prefix("max "));
        counts.map(str::trim).any(|count| count != "0")
    };
    within(async {
        while !groups.iter().any(refused) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

/// The end of a process that is not our child, which the kernel tells.
pub async fn ended(pid: i32, kill: impl FnOnce()) {
    // SAFETY: takes numbers; a success is a new descriptor.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    assert!(fd >= 0, "{}", std::io::Error::last_os_error());
    // SAFETY: it is new and nobody else knows it.
    let process = unsafe { OwnedFd::from_raw_fd(fd as i32) };
    kill();
    let waiting = tokio::task::spawn_blocking(move || {
        let mut polled = [PollFd::new(process.as_fd(), PollFlags::POLLIN)];
        poll(&mut polled, PollTimeout::try_from(PATIENCE).unwrap())
    });
    assert_eq!(waiting.await.unwrap().unwrap(), 1, "it does not end");
}

/// The kernel takes a loop device apart after its last user, and offers no event for that.
pub async fn without_loop_devices(dir: &Path) {
    within(async {
        while !loop_files(dir).is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

async fn start(node: &Node, task: &TaskHandle, spec: &ContainerSpec) -> i32 {
    task.create_container(spec, &node.image)
        .await
        .unwrap_or_else(|e| panic!("{}", e.reason()));
    task.start(&spec.name).await.unwrap().pid
}

fn idle() -> ContainerSpec {
    sh("while :; do sleep 0.05; done")
}

#[tokio::test]
async fn a_fork_bomb_stays_within_its_task() {
    let node = Node::new().await;
    let mut sandbox = node.sandbox("bomb");
    sandbox.pids_limit = Some(64);
    let bomb = node.runtime.create_task(sandbox).await.unwrap();
    // What cannot fork ends; what could stays, the first process among it, whose end would be the task's.
    let spec = sh("b() { b & b & exec sleep 3600; }; b 2>/dev/null & exec sleep 3600");
    start(&node, &bomb, &spec).await;
    refused_a_process(&node, "bomb").await;
    assert_eq!(
        read(&node, "pids", "containers/bomb", "pids.max", "pids.max"),
        "64"
    );

    // A neighbour starts, works and answers as if nothing were.
    let neighbour = node
        .runtime
        .create_task(node.sandbox("neighbour"))
        .await
        .unwrap();
    let counts = sh("seq 1 200 | while read n; do sleep 0; echo $n; done | tail -1");
    let (code, said) = node.run(&neighbour, &counts).await;
    assert_eq!((code, said.as_str()), (0, "200\n"));
    within(bomb.kill()).await.unwrap();
    node.finish().await;
}

/// Also to what is no task, as wharf's own processes: the kernel compares groups beside each other alone.
#[tokio::test]
async fn a_task_that_reserved_no_core_gives_way_to_all_that_did() {
    let node = Node::new().await;
    let mut sandbox = node.sandbox("idle");
    (sandbox.cpu_shares, sandbox.cpu_gives_way) = (Some(2), true);
    let task = node.runtime.create_task(sandbox).await.unwrap();
    let (code, _) = node.run(&task, &sh("true")).await;
    assert_eq!(code, 0, "its containers have groups below");
    let (v1, v2) = ("cpu.shares", "cpu.weight");
    let gives_way = file(&node, "cpu", "spare/idle", "cpu.idle", "cpu.idle");
    match gives_way.exists() {
        true => assert_eq!(fs::read_to_string(gives_way).unwrap().trim(), "1"),
        // Kernels before 5.15.
        false => assert!(["1", "2"].contains(&&read(&node, "cpu", "spare/idle", v1, v2)[..])),
    }
    assert!(["256", "10"].contains(&&read(&node, "cpu", "spare", v1, v2)[..]));
    assert!(
        !file(&node, "cpu", "containers/idle", "cpu.shares", "cpu.weight").exists(),
        "it is in one place alone"
    );
    // An agent after this one makes the groups anew, with processes in them.
    let again = node.reopened().await;
    assert_eq!(again.recover().await.unwrap().len(), 1);
    task.kill().await.unwrap();
    node.finish().await;
}

/// Threads that want every core, as long as this is there.
struct Busy(Arc<AtomicBool>);

impl Busy {
    fn begin() -> Self {
        let busy = Self(Arc::new(AtomicBool::new(true)));
        for _ in 0..2 * thread::available_parallelism().unwrap().get() {
            let wanted = Arc::clone(&busy.0);
            thread::spawn(move || while wanted.load(Ordering::Relaxed) {});
        }
        busy
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// One that gave way to everything would do nothing at all beside a compiler.
#[tokio::test]
async fn a_task_that_reserved_no_core_goes_on_beside_a_busy_machine() {
    let node = Node::new().await;
    let mut sandbox = node.sandbox("beside");
    (sandbox.cpu_shares, sandbox.cpu_gives_way) = (Some(2), true);
    let task = node.runtime.create_task(sandbox).await.unwrap();
    let busy = Busy::begin();
    // Some tenths of a second of a core: with the least weight that there is, minutes.
    let counts = sh("n=0; while [ $n -lt 200000 ]; do n=$((n+1)); done");
    let (code, _) = node.run(&task, &counts).await;
    drop(busy);
    assert_eq!(code, 0);
    within(task.kill()).await.unwrap();
    node.finish().await;
}

#[tokio::test]
async fn a_task_without_a_limit_ends_before_its_neighbours_and_the_shims() {
    let node = Node::new().await;
    let all = 96 << 20;
    let limits = Limits {
        memory_bytes: Some(all),
        pids: Some(1000),
        ..Limits::default()
    };
    let spare = Limits {
        pids: Some(500),
        ..limits.clone()
    };
    node.runtime.limit_all_tasks(limits, spare).await.unwrap();
    let (v1, v2) = ("memory.limit_in_bytes", "memory.max");
    for (group, most) in [("containers", "1000"), ("spare", "500")] {
        assert_eq!(read(&node, "memory", group, v1, v2), all.to_string());
        let pids = read(&node, "pids", group, "pids.max", "pids.max");
        assert_eq!(pids, most);
    }

    // The neighbour holds more than the hog's single processes do when the room ends.
    let mut limited =
        sh("x=$(yes 0123456789abcde | head -c 20000000); echo ready; while :; do sleep 0.05; done");
    limited.memory_limit_bytes = Some(64 << 20);
    limited.oom_score_adj = 300;
    let neighbour = node
        .runtime
        .create_task(node.sandbox("neighbour"))
        .await
        .unwrap();
    let kept = start(&node, &neighbour, &limited).await;
    let mut log = neighbour.logs(&limited.name).unwrap();
    assert_eq!(
        &within(log.next(1)).await.unwrap().records[0].line[..],
        b"ready"
    );
    assert_eq!(score(kept), "300");

    let hog = node.runtime.create_task(node.sandbox("hog")).await.unwrap();
    let mut spec = sh("x=0123456789abcdef; while :; do x=$x$x; done");
    spec.oom_score_adj = 1000;
    task_ends_for_want_of_memory(&node, &hog, &spec).await;

    let state = neighbour.status().await.unwrap();
    assert_eq!(state.containers[&limited.name].pid, kept);
    assert!(state.containers[&limited.name].exit.is_none());
    hog.status().await.expect("its shim lives");
    node.finish().await;
}

#[tokio::test]
async fn tasks_of_a_group_share_its_limits() {
    let node = Node::new().await;
    let of_group = |id: &str| {
        let mut sandbox = node.sandbox(id);
        sandbox.group = Some("i-1".to_owned());
        sandbox
    };
    let limits = Limits {
        memory_bytes: Some(64 << 20),
        cpu_quota_millis: Some(500),
        ..Limits::default()
    };
    node.runtime.limit_group("i-1", limits).await.unwrap();
    let memory = ["memory.limit_in_bytes", "memory.max"];
    let limit = || read(&node, "memory", "containers/i-1", memory[0], memory[1]);
    assert_eq!(limit(), (64u64 << 20).to_string());
    let task = node.runtime.create_task(of_group("t1")).await.unwrap();
    let pid = start(&node, &task, &idle()).await;
    let within_group = format!("wharf-{}/containers/i-1/t1/main", node.installation);
    let own = fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap();
    assert!(own.contains(&within_group), "{own}");
    // Whoever has more than all of them may have ends, though nothing limits it alone.
    let greedy = node.runtime.create_task(of_group("t2")).await.unwrap();
    let mut spec = sh("x=0123456789abcdef; while :; do x=$x$x; done");
    spec.oom_score_adj = 1000;
    task_ends_for_want_of_memory(&node, &greedy, &spec).await;

    let again = node.reopened().await;
    assert!(again.remove_group("i-1").await.is_err(), "tasks are in it");
    assert_eq!(again.tasks_of_group("i-1").await.unwrap(), ["t1", "t2"]);
    assert!(again.tasks_of_group("i-2").await.unwrap().is_empty());
    let found = again.recover_task("t1").await.unwrap().unwrap();
    assert_eq!(found.sandbox, of_group("t1"));
    let RecoveredState::Alive(found) = found.state else {
        panic!("{:?}", found.state)
    };
    found.kill().await.unwrap();
    assert!(again.recover_task("t1").await.unwrap().is_none());
    assert!(!fs::exists(format!("/proc/{pid}/exe")).unwrap_or(false));
    greedy.kill().await.unwrap();
    again.remove_group("i-1").await.unwrap();
    for bad in ["", "../x", "containers", "a/b"] {
        assert!(again.limit_group(bad, Limits::default()).await.is_err());
    }
    node.finish().await;
}

async fn task_ends_for_want_of_memory(node: &Node, task: &TaskHandle, spec: &ContainerSpec) {
    start(node, task, spec).await;
    let exit = within(task.wait(&spec.name)).await.unwrap();
    assert!(exit.oom && exit.code == 137, "{exit:?}");
}

/// As the kernel has it.
fn score(pid: i32) -> String {
    let text = fs::read_to_string(format!("/proc/{pid}/oom_score_adj")).unwrap();
    text.trim().to_owned()
}

#[tokio::test]
async fn further_processes_count_as_the_containers() {
    let node = Node::new().await;
    let task = node.task().await;
    let mut spec = idle();
    spec.oom_score_adj = 700;
    start(&node, &task, &spec).await;
    let look = ExecSpec {
        argv: ["cat", "/proc/self/oom_score_adj"]
            .map(str::to_owned)
            .into(),
        ..ExecSpec::default()
    };
    let done = task
        .exec_output(&name("main"), &look, Duration::from_secs(10), 100)
        .await
        .unwrap();
    assert_eq!(done.output, b"700\n");
    node.finish().await;
}

#[tokio::test]
async fn who_reserved_processor_time_comes_before_who_did_not() {
    let node = Node::new().await;
    let task = node.task().await;
    // Of this thread, whoever started the test.
    slice::ask(None).unwrap();
    let Some(usual) = slice::of(0).unwrap() else {
        eprintln!("skipped: the kernel knows of no slices, as before Linux 6.12");
        task.kill().await.unwrap();
        return node.finish().await;
    };
    let shim = task.status().await.unwrap().shim_pid;
    assert_eq!(slice::of(shim).unwrap(), Some(slice::OWN));
    let stay = ExecSpec {
        argv: ["sleep", "3600"].map(str::to_owned).into(),
        ..ExecSpec::default()
    };
    for (container, reserves_cpu, expected) in [
        ("reserved", true, slice::RESERVED),
        ("unreserved", false, usual),
    ] {
        for init in [false, true] {
            let mut spec = idle();
            spec.name = name(&format!("{container}-{init}"));
            (spec.reserves_cpu, spec.init) = (reserves_cpu, init);
            let first = start(&node, &task, &spec).await;
            assert_eq!(slice::of(first).unwrap(), Some(expected), "{}", spec.name);
            let further = task.exec(&spec.name, &stay).await.unwrap();
            assert_eq!(
                slice::of(further.pid).unwrap(),
                Some(expected),
                "{}",
                spec.name
            );
        }
    }
    task.kill().await.unwrap();
    node.finish().await;
}

const MIB: u64 = 1 << 20;

/// A disk of 32 MiB, ready to be a task's.
fn disk(node: &Node) -> PreparedDisk {
    let template = node.dir.path().join("template");
    if !template.exists() {
        fs::File::create(&template)
            .unwrap()
            .set_len(32 * MIB)
            .unwrap();
        let made = Command::new("/usr/sbin/mkfs.ext4")
            .args(["-q", "-F", "-m", "0", "-b", "4096", "-O", "^has_journal"])
            .arg(&template)
            .status();
        assert!(made.unwrap().success());
    }
    PreparedDisk::make(&template, &node.dir.path().join("ready.img")).unwrap()
}

/// The files below `dir` that loop devices stand on.
fn loop_files(dir: &Path) -> Vec<PathBuf> {
    let devices = fs::read_dir("/sys/block").unwrap().flatten();
    devices
        .filter_map(|device| fs::read_to_string(device.path().join("loop/backing_file")).ok())
        .map(|file| PathBuf::from(file.trim()))
        .filter(|file| file.starts_with(dir))
        .collect()
}

/// To its end; its exit code and what it said. What it wrote stays.
async fn run_and_keep(node: &Node, task: &TaskHandle, spec: &ContainerSpec) -> (i32, String) {
    start(node, task, spec).await;
    let exit = within(task.wait(&spec.name)).await.unwrap();
    (exit.code, log_text(task, &spec.name).await)
}

#[tokio::test]
async fn what_a_task_writes_has_an_end() {
    let node = Node::new().await;
    let task = node
        .runtime
        .create_task_on(node.sandbox("t1"), Some(disk(&node)))
        .await
        .unwrap();
    // Writable layer and volume lie on the same disk.
    let volume = |mut spec: ContainerSpec| {
        spec.mounts = vec![Mount {
            source: task.disk_volumes().unwrap().join("own"),
            destination: "/own".into(),
            read_only: false,
            copy_up: true,
            as_it_is: false,
            beneath: None,
        }];
        spec
    };
    let fill = "dd if=/dev/zero of=/f bs=1048576 2>/dev/null; stat -c %s /f; touch /own/kept; cat /f > /own/more 2>/dev/null || echo full";
    let (code, said) = run_and_keep(&node, &task, &volume(sh(fill))).await;
    let (size, rest) = said.split_once('\n').unwrap();
    let size: u64 = size.parse().unwrap();
    assert_eq!((code, rest), (0, "full\n"));
    assert!((24 * MIB..32 * MIB).contains(&size), "{size}");
    let own = task.disk().unwrap();
    let usage = own.usage().unwrap();
    assert!(usage.free < MIB && usage.used >= size, "{usage:?}");
    assert!(usage.allocated <= 32 * MIB, "{usage:?}");

    // The next run of the container begins without what the one before had written; the volume stays.
    let mut again =
        sh("ls /own; dd if=/dev/zero of=/g bs=1048576 count=8 2>/dev/null && echo room");
    again.name = name("main~r1");
    again.replaces = Some(name("main"));
    let (code, said) = run_and_keep(&node, &task, &volume(again)).await;
    assert_eq!((code, said.as_str()), (0, "kept\nmore\nroom\n"));

    // What the node cannot give is not there for the task.
    let mut third = idle();
    third.name = name("third");
    start(&node, &task, &third).await;
    let write = ExecSpec {
        argv: [
            "sh",
            "-c",
            "dd if=/dev/zero of=/h bs=1048576 count=4 2>/dev/null && echo room || echo full",
        ]
        .map(str::to_owned)
        .into(),
        ..ExecSpec::default()
    };
    let patience = Duration::from_secs(30);
    own.trim().unwrap();
    for (held, expected) in [(own.usage().unwrap().free, "full\n"), (0, "room\n")] {
        own.hold_back(held).unwrap();
        let done = task
            .exec_output(&third.name, &write, patience, 100)
            .await
            .unwrap();
        assert_eq!(String::from_utf8(done.output).unwrap(), expected);
    }

    assert_eq!(loop_files(node.dir.path()).len(), 1);
    task.kill().await.unwrap();
    without_loop_devices(node.dir.path()).await;
    assert!(!node.dir.path().join("tasks/t1").exists());
    node.finish().await;
}

#[tokio::test]
async fn a_disk_ends_with_a_shim_that_is_killed() {
    let node = Node::new().await;
    let task = node
        .runtime
        .create_task_on(node.sandbox("t1"), Some(disk(&node)))
        .await
        .unwrap();
    start(&node, &task, &idle()).await;
    // An agent started anew finds disk and shim.
    let again = node.reopened().await;
    let found = again.recover().await.unwrap();
    assert!(found[0].sandbox.has_disk);
    let shim = task.status().await.unwrap().shim_pid;
    ended(shim, || kill(Pid::from_raw(shim), Signal::SIGKILL).unwrap()).await;
    assert!(task.status().await.is_err());
    again.remove_task("t1").await.unwrap();
    without_loop_devices(node.dir.path()).await;
    node.finish().await;
}
