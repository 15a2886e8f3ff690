//! What a container may not do, and how much it may take.

use std::{fs, time::Duration};

use wharf_container::{
    runtime::ExecSpec,
    spec::{Capabilities, Device, Mount, NamespaceMode, Tmpfs, Ulimit},
};

use crate::fixture::{Node, command, name, sh, within};

#[tokio::test]
async fn default_confinement() {
    let node = Node::new().await;
    let task = node.task().await;
    let script = "exec 2>/dev/null; grep -E '^(CapInh|CapPrm|CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status
        mount -t tmpfs x /tmp 2>/dev/null && echo mounted
        unshare -m true 2>/dev/null && echo unshared
        unshare -U true 2>/dev/null && echo user-ns
        echo x > /proc/sys/kernel/hostname && echo sysctl
        cat /proc/kcore 2>/dev/null | head -c 1
        ls /sys/firmware
        mknod /tmp/disk b 254 0 && (head -c 1 /tmp/disk > /dev/null) && echo disk
        echo done";
    let (_, text) = node.run(&task, &sh(script)).await;
    let expected = "CapInh:\t0000000000000000\nCapPrm:\t00000000a80425fb\nCapEff:\t00000000a80425fb\n\
                    CapBnd:\t00000000a80425fb\nNoNewPrivs:\t1\nSeccomp:\t2\n";
    assert!(text.starts_with(expected), "{text}");
    for forbidden in ["mounted", "unshared", "user-ns", "\nsysctl", "\ndisk"] {
        assert!(!text.contains(forbidden), "{forbidden}: {text}");
    }
    assert!(text.ends_with("done\n"));
    node.finish().await;
}

#[tokio::test]
async fn capabilities_follow_the_definition() {
    let node = Node::new().await;
    let task = node.task().await;
    let mut spec = sh("grep CapEff /proc/self/status; mount -t tmpfs x /tmp && echo mounted");
    spec.capabilities = Capabilities {
        add: vec!["SYS_ADMIN".into()],
        drop: vec!["ALL".into()],
    };
    let (_, text) = node.run(&task, &spec).await;
    assert_eq!(text, "CapEff:\t0000000000200000\nmounted\n");
    let mut user = sh("grep -E 'CapEff|CapBnd|NoNewPrivs|Seccomp:' /proc/self/status");
    user.user = "1000".into();
    user.no_new_privileges = true;
    let (_, text) = node.run(&task, &user).await;
    assert_eq!(
        text,
        "CapEff:\t0000000000000000\nCapBnd:\t00000000a80425fb\nNoNewPrivs:\t1\nSeccomp:\t2\n"
    );
    let mut privileged =
        sh("grep Seccomp: /proc/self/status; mount -t tmpfs x /tmp && echo mounted; ls /dev/vda");
    privileged.privileged = true;
    let (_, text) = node.run(&task, &privileged).await;
    assert!(text.starts_with("Seccomp:\t0\nmounted\n"), "{text}");
    node.finish().await;
}

/// The first core is nobody's who gives way; a machine of one core has none to keep.
#[tokio::test]
async fn a_task_that_gives_way_leaves_a_core_to_others() {
    let node = Node::new().await;
    let script = "grep Cpus_allowed_list: /proc/self/status";
    let mut seen = Vec::new();
    for gives_way in [false, true] {
        let mut sandbox = node.sandbox(&format!("t{}", u8::from(gives_way)));
        sandbox.cpu_shares = Some(2);
        sandbox.cpu_gives_way = gives_way;
        let task = node.runtime.create_task(sandbox).await.unwrap();
        let (_, text) = node.run(&task, &sh(script)).await;
        let list = text.split_whitespace().nth(1).unwrap().to_owned();
        seen.push(list);
    }
    let cores = std::thread::available_parallelism().unwrap().get();
    let first = |list: &str| list.split(['-', ',']).next().unwrap().to_owned();
    assert_eq!(
        first(&seen[0]) != first(&seen[1]),
        cores > 1,
        "{cores} cores: {seen:?}"
    );
    node.finish().await;
}

#[tokio::test]
async fn limits_are_in_the_kernels_files() {
    let node = Node::new().await;
    let mut sandbox = node.sandbox("t1");
    sandbox.cpu_quota_millis = Some(500);
    sandbox.cpu_shares = Some(512);
    sandbox.memory_limit_bytes = Some(256 << 20);
    let task = node.runtime.create_task(sandbox).await.unwrap();
    let mut spec = sh("ulimit -n; while :; do sleep 0.05; done");
    spec.memory_limit_bytes = Some(64 << 20);
    spec.memory_reservation_bytes = Some(32 << 20);
    spec.cpu_shares = Some(512);
    spec.pids_limit = Some(50);
    spec.ulimits = vec![Ulimit {
        name: "nofile".into(),
        soft: 777,
        hard: 777,
        explicit: true,
    }];
    task.create_container(&spec, &node.image).await.unwrap();
    task.start(&spec.name).await.unwrap();
    let root = format!("wharf-{}/containers/t1", node.installation);
    let read = |controller: &str, file: &str| {
        fs::read_to_string(format!("/sys/fs/cgroup/{controller}/{root}/{file}"))
            .unwrap()
            .trim()
            .to_owned()
    };
    if fs::exists("/sys/fs/cgroup/memory").unwrap() {
        assert_eq!(
            read("memory", "memory.limit_in_bytes"),
            (256 << 20).to_string()
        );
        assert_eq!(read("cpu", "cpu.cfs_quota_us"), "50000");
        assert_eq!(read("cpu", "cpu.shares"), "512");
        assert_eq!(
            read("memory", "main/memory.limit_in_bytes"),
            (64 << 20).to_string()
        );
        assert_eq!(
            read("memory", "main/memory.soft_limit_in_bytes"),
            (32 << 20).to_string()
        );
        assert_eq!(read("cpu", "main/cpu.shares"), "512");
        assert_eq!(read("pids", "main/pids.max"), "50");
    } else {
        assert_eq!(read(".", "memory.max"), (256 << 20).to_string());
        assert_eq!(read(".", "cpu.max"), "50000 100000");
        assert_eq!(read(".", "cpu.weight"), "20");
        assert_eq!(read(".", "main/memory.max"), (64 << 20).to_string());
        assert_eq!(read(".", "main/pids.max"), "50");
    }
    let stats = task.stats(&spec.name).unwrap();
    assert_eq!(stats.memory_limit_bytes, Some(64 << 20));
    assert!(
        stats.pids >= 1 && stats.memory_bytes > 0 && stats.cpu_ns > 0,
        "{stats:?}"
    );
    let mut reader = task.logs(&spec.name).unwrap();
    assert_eq!(
        &within(reader.next(1)).await.unwrap().records[0].line[..],
        b"777"
    );
    node.finish().await;
}

/// What it is shown of its control groups is its own, and to be read.
#[tokio::test]
async fn no_container_lifts_its_own_limits() {
    let node = Node::new().await;
    let task = node.task().await;
    let script = "for f in /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max; do
        [ -e $f ] && cat $f && (echo 60 > $f) 2>/dev/null && cat $f
        done; echo done";
    let mut spec = sh(script);
    spec.pids_limit = Some(50);
    assert_eq!(node.run(&task, &spec).await, (0, "50\ndone\n".to_owned()));
    spec.privileged = true;
    let (code, seen) = node.run(&task, &spec).await;
    // Where a namespace of groups is a border for the kernel (`nsdelegate`), a privileged one does not either.
    assert!(
        code == 0 && ["50\n60\ndone\n", "50\ndone\n"].contains(&&*seen),
        "{seen}"
    );
    node.finish().await;
}

#[tokio::test]
async fn what_the_kernel_tells_of_the_host_is_hidden() {
    let node = Node::new().await;
    let task = node.task().await;
    let script = "ls -A /sys/firmware /proc/acpi /proc/scsi 2>/dev/null | grep -v -e : -e '^$'
        for f in /proc/kcore /proc/keys /proc/timer_list; do [ -e $f ] && cat $f; done
        for f in /proc/sys/kernel/printk /proc/irq/default_smp_affinity; do (echo 1 > $f) 2>/dev/null && echo $f; done
        grep -E ' /(proc|sys)/?[a-z/_-]* ' /proc/self/mountinfo | cut -d' ' -f4-6 | grep -v cgroup";
    let (_, text) = node.run(&task, &sh(script)).await;
    let (mut lines, mut guarded) = (text.lines(), 0);
    // Nothing comes before the first mount; all on it are read-only, or the empty device.
    assert_eq!(
        lines.next(),
        Some("/ /proc rw,nosuid,nodev,noexec,relatime")
    );
    for line in lines.filter(|line| !line.starts_with("/null ")) {
        guarded += 1;
        assert!(line.contains(" ro,"), "{line}");
    }
    assert!(guarded >= 5, "{text}");
    node.finish().await;
}

#[tokio::test]
async fn too_much_memory_ends_a_container() {
    let node = Node::new().await;
    let task = node.task().await;
    // A shell variable that doubles until the kernel has had enough.
    let mut spec = sh("x=0123456789abcdef; while :; do x=$x$x; done");
    spec.memory_limit_bytes = Some(16 << 20);
    spec.swap_limit_bytes = Some(0);
    task.create_container(&spec, &node.image).await.unwrap();
    task.start(&spec.name).await.unwrap();
    let exit = within(task.wait(&spec.name)).await.unwrap();
    assert_eq!((exit.code, exit.oom), (137, true));
    node.finish().await;
}

#[tokio::test]
async fn mounts_tmpfs_and_devices() {
    let node = Node::new().await;
    let task = node.task().await;
    let host = node.dir.path().join("volume");
    let fresh = node.dir.path().join("fresh");
    fs::create_dir_all(&host).unwrap();
    fs::create_dir_all(&fresh).unwrap();
    fs::write(host.join("file"), "from the host").unwrap();
    let mut spec = sh("cat /data/file; echo; echo x > /data/file || echo read-only
        ls /etc/passwd /scratch; touch /scratch/x && echo scratch; touch /root-is-ro || echo root-ro
        stat -c %a /dev/shm; (: < /dev/zeroes) && echo device; (: > /dev/zeroes) 2>/dev/null || echo no-write
        cat /proc/sys/net/ipv4/ip_unprivileged_port_start");
    let mount = |source: &std::path::Path, destination: &str, read_only, copy_up| Mount {
        source: source.into(),
        destination: destination.into(),
        read_only,
        beneath: None,
        copy_up,
        as_it_is: false,
    };
    spec.mounts = vec![
        mount(&host, "/data", true, false),
        mount(&fresh, "/etc", false, true),
    ];
    spec.tmpfs = vec![Tmpfs {
        path: "/scratch".into(),
        size_bytes: 1 << 20,
        options: vec![],
    }];
    spec.read_only_root = true;
    spec.devices = vec![Device {
        host_path: "/dev/zero".into(),
        container_path: "/dev/zeroes".into(),
        permissions: "r".into(),
    }];
    let (_, text) = node.run(&task, &spec).await;
    for expected in [
        "from the host\n",
        "read-only",
        "/etc/passwd",
        "scratch",
        "root-ro",
        "1777",
        "device",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    assert!(
        fresh.join("passwd").exists(),
        "a new volume takes what the image has"
    );
    assert_eq!(
        fs::read_to_string(host.join("file")).unwrap(),
        "from the host"
    );
    node.finish().await;
}

#[tokio::test]
async fn namespaces_are_private_unless_shared() {
    let node = Node::new().await;
    let task = node.task().await;
    let mut first = sh("while :; do sleep 0.05; done");
    first.name = name("first");
    task.create_container(&first, &node.image).await.unwrap();
    task.start(&first.name).await.unwrap();
    let alone = sh("echo $$; ps | grep -c 'sleep 0.05'");
    let (_, text) = node.run(&task, &alone).await;
    assert!(text.starts_with("1\n"), "{text}");
    let mut together = sh("echo $$; kill -0 1 && echo sees-it");
    together.pid = NamespaceMode::Of(name("first"));
    let (_, text) = node.run(&task, &together).await;
    assert!(
        !text.starts_with("1\n") && text.ends_with("sees-it\n"),
        "{text}"
    );
    node.finish().await;
}

/// The three streams, and the folder that `ls` reads: for a container's program as for what joins it.
#[tokio::test]
async fn no_descriptor_is_left_open() {
    let node = Node::new().await;
    let task = node.task().await;
    let mut first = sh("ls /proc/self/fd; while :; do sleep 0.05; done");
    first.name = name("first");
    first.init = true;
    task.create_container(&first, &node.image).await.unwrap();
    task.start(&first.name).await.unwrap();
    let mut second = command(&["ls", "/proc/self/fd"]);
    second.pid = NamespaceMode::Of(name("first"));
    let (_, text) = node.run(&task, &second).await;
    assert_eq!(text, "0\n1\n2\n3\n");
    let spec = ExecSpec {
        argv: vec!["ls".into(), "/proc/self/fd".into(), "/proc/1/fd".into()],
        ..ExecSpec::default()
    };
    let limit = Duration::from_secs(30);
    let joined = task.exec_output(&first.name, &spec, limit, 4096).await;
    let text = String::from_utf8_lossy(&joined.unwrap().output).into_owned();
    // Process 1 is the shim's own program there, and has closed even its streams.
    assert_eq!(text, "/proc/1/fd:\n\n/proc/self/fd:\n0\n1\n2\n3\n");
    let mut reader = task.logs(&first.name).unwrap();
    let mut seen = Vec::new();
    while seen.len() < 4 {
        let batch = within(reader.next(10)).await.unwrap();
        seen.extend(batch.records.into_iter().map(|record| record.line));
    }
    assert_eq!(seen, [&b"0"[..], b"1", b"2", b"3"]);
    node.finish().await;
}

/// CVE-2024-21626: a working directory behind a descriptor that the runtime left open.
#[tokio::test]
async fn no_working_directory_lies_outside() {
    let node = Node::new().await;
    let task = node.task().await;
    let mut forever = sh("while :; do sleep 0.05; done");
    forever.name = name("forever");
    task.create_container(&forever, &node.image).await.unwrap();
    task.start(&forever.name).await.unwrap();
    let outside = fs::read_to_string("/etc/hostname").unwrap_or_else(|_| "none".into());
    let script = "cat ../../../../../../etc/hostname ./etc/hostname 2>&1; ls -l .; pwd";
    for number in 3..=30 {
        let working_dir = format!("/proc/self/fd/{number}");
        let mut spec = sh(script);
        spec.working_dir.clone_from(&working_dir);
        if task.create_container(&spec, &node.image).await.is_ok() {
            if task.start(&spec.name).await.is_ok() {
                within(task.wait(&spec.name)).await.unwrap();
                let text = crate::fixture::log_text(&task, &spec.name).await;
                assert!(!text.contains(outside.trim()), "{number}: {text}");
            }
            let _ = task.stop(&spec.name, 9, Duration::ZERO).await;
            let _ = task.remove(&spec.name).await;
        }
        let exec = ExecSpec {
            argv: vec!["sh".into(), "-c".into(), script.into()],
            working_dir: Some(working_dir),
            ..ExecSpec::default()
        };
        let limit = Duration::from_secs(30);
        if let Ok(done) = task.exec_output(&forever.name, &exec, limit, 4096).await {
            let text = String::from_utf8_lossy(&done.output).into_owned();
            assert!(!text.contains(outside.trim()), "exec {number}: {text}");
        }
    }
    node.finish().await;
}

/// An entry point that makes the runtime execute itself inside must not get at the runtime's file.
#[tokio::test]
async fn the_shims_program_cannot_be_written_from_inside() {
    let node = Node::new().await;
    let task = node.task().await;
    let shim = task.status().await.unwrap().shim_pid;
    // With the wish to truncate the kernel looks at the mount before it looks at the running program.
    let opened = fs::OpenOptions::new()
        .write(true)
        .truncate(true)
        .open(format!("/proc/{shim}/exe"));
    assert_eq!(
        opened.unwrap_err().raw_os_error(),
        Some(30),
        "EROFS, not ETXTBSY"
    );
    let layer = &node.image.layers()[0];
    fs::write(layer.join("bin/self"), "#!/proc/self/exe\n").unwrap();
    std::process::Command::new("chmod")
        .args(["755"])
        .arg(layer.join("bin/self"))
        .status()
        .unwrap();
    let spec = command(&["/bin/self"]);
    task.create_container(&spec, &node.image).await.unwrap();
    if task.start(&spec.name).await.is_ok() {
        within(task.wait(&spec.name)).await.unwrap();
    }
    assert_eq!(task.status().await.unwrap().shim_pid, shim);
    node.finish().await;
}
