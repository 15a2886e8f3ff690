//! Containers whose task has a user namespace: root inside, nobody on the host.

use std::{
    fs,
    os::{
        fd::{AsRawFd, OwnedFd},
        unix::fs::{MetadataExt, chown},
    },
    path::PathBuf,
    time::Duration,
};

use wharf_container::{
    runtime::{ExecSpec, TaskHandle, TaskNetwork},
    spec::{Capabilities, ContainerSpec, Mount, NamespaceMode, Tmpfs, Ulimit},
};
use wharf_userns::{IdRange, network_namespace};

use crate::fixture::{Node, name, sh, within};

const RANGE: IdRange = IdRange {
    first: 0x4ABC_0000,
    count: 1 << 16,
};

/// A task in a user namespace. Its network namespace lives as long as what is returned beside it.
pub async fn user_task(node: &Node) -> (TaskHandle, OwnedFd) {
    let network = network_namespace(RANGE).unwrap();
    let path = format!("/proc/{}/fd/{}", std::process::id(), network.as_raw_fd());
    let mut sandbox = node.sandbox("t1");
    sandbox.network = TaskNetwork::Namespace(PathBuf::from(path));
    sandbox.user_range = Some(RANGE);
    let task = node.runtime.create_task(sandbox).await.unwrap();
    (task, network)
}

fn owner(path: impl AsRef<std::path::Path>) -> (u32, u32) {
    let meta = fs::symlink_metadata(path).unwrap();
    (meta.uid(), meta.gid())
}

#[tokio::test]
async fn this_machine_can() {
    let node = Node::new().await;
    node.runtime.probe_user_namespaces().await.unwrap();
    node.finish().await;
}

#[tokio::test]
async fn root_inside_is_nobody_outside() {
    let node = Node::new().await;
    let (task, _network) = user_task(&node).await;
    chown(
        node.image.layers()[0].join("home/app"),
        Some(1000),
        Some(1001),
    )
    .unwrap();
    let mut spec = sh("exec 2>&1
        echo id $(id -u) $(id -g); echo map $(cat /proc/self/uid_map)
        grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status
        echo owners $(stat -c %u:%g /bin/busybox /home/app /proc/1 /sys /dev/null /dev/shm /etc/passwd)
        touch /made && chown 7:8 /made && echo made $(stat -c %u:%g /made)
        echo x > /bin/plain-file && echo root-may-write $(stat -c %u:%g /bin/plain-file)
        echo $(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)
        mknod /null c 1 3 || echo no-device
        chown 100000:0 /made || echo no-such-user
        touch /dev/shm/x /dev/x && echo memory; ls /sys/fs/cgroup | wc -l
        echo ready; while :; do sleep 0.05; done");
    spec.sysctls = [(
        "net.ipv4.ip_unprivileged_port_start".to_owned(),
        "77".to_owned(),
    )]
    .into();
    let before = fs::read(node.image.layers()[0].join("bin/plain-file")).unwrap();
    task.create_container(&spec, &node.image)
        .await
        .unwrap_or_else(|e| panic!("{}", e.reason()));
    let started = task.start(&spec.name).await.unwrap();
    let mut reader = task.logs(&spec.name).unwrap();
    let mut text = String::new();
    while !text.contains("ready") {
        for record in within(reader.next(50)).await.unwrap().records {
            text.push_str(&String::from_utf8_lossy(&record.line));
            text.push('\n');
        }
    }
    for expected in [
        "id 0 0\n",
        &format!("map 0 {} 65536\n", RANGE.first),
        "CapEff:\t00000000a80425fb\nCapBnd:\t00000000a80425fb\nNoNewPrivs:\t1\nSeccomp:\t2\n",
        "owners 0:0 1000:1001 0:0 65534:65534 65534:65534 0:0 0:0\n",
        "made 7:8\n",
        "root-may-write 0:0\n",
        "\n77\n",
        "no-device\n",
        "no-such-user\n",
        "memory\n",
    ] {
        assert!(text.contains(expected), "{expected:?} is not in {text}");
    }
    // The same, as the host sees it.
    let status = fs::read_to_string(format!("/proc/{}/status", started.pid)).unwrap();
    let first = RANGE.first;
    assert!(
        status.contains(&format!("Uid:\t{first}\t{first}\t{first}\t{first}")),
        "{status}"
    );
    let upper = node.dir.path().join("tasks/t1/containers/main/upper");
    assert_eq!(owner(upper.join("made")), (first + 7, first + 8));
    assert_eq!(owner(upper.join("bin/plain-file")), (first, first));
    let layer = &node.image.layers()[0];
    assert_eq!(owner(layer.join("bin/plain-file")), (0, 0));
    assert_eq!(fs::read(layer.join("bin/plain-file")).unwrap(), before);
    // What joins the container is in its namespace as well.
    let run = async |script: &str, user: Option<&str>| {
        let spec = ExecSpec {
            argv: vec!["sh".into(), "-c".into(), script.into()],
            user: user.map(str::to_owned),
            ..ExecSpec::default()
        };
        let limit = Duration::from_secs(30);
        let output = task
            .exec_output(&name("main"), &spec, limit, 4096)
            .await
            .unwrap();
        String::from_utf8_lossy(&output.output).into_owned()
    };
    let joined = run(
        "id -u; cat /proc/self/uid_map; grep CapEff /proc/self/status",
        None,
    )
    .await;
    assert!(
        joined.starts_with("0\n") && joined.contains(&first.to_string()),
        "{joined}"
    );
    assert!(joined.ends_with("CapEff:\t00000000a80425fb\n"), "{joined}");
    let user = run(
        "id -u; id -g; (echo x > /etc/passwd) 2>/dev/null || echo no",
        Some("app"),
    )
    .await;
    assert_eq!(user, "1000\n1001\nno\n");
    node.finish().await;
}

/// Programs log to `/dev/stdout` by its name, with or without a user namespace and whoever they run as.
#[tokio::test]
async fn standard_streams_are_opened_again_by_name() {
    let node = Node::new().await;
    let (within_one, _network) = user_task(&node).await;
    let without = node.runtime.create_task(node.sandbox("t2")).await.unwrap();
    for task in [within_one, without] {
        for user in ["", "app"] {
            let mut spec = sh(
                "echo a > /dev/stdout; echo b >> /dev/stderr; echo c > /proc/self/fd/1; cat /dev/stdin; echo d",
            );
            spec.user = user.into();
            let (code, text) = node.run(&task, &spec).await;
            assert_eq!((code, text.len()), (0, 8), "{user}: {text}");
            let mut lines: Vec<&str> = text.lines().collect();
            lines.sort_unstable();
            assert_eq!(lines, ["a", "b", "c", "d"], "{user}");
        }
        // What joins it writes into its log, and to whoever asked.
        let spec = sh("echo ready; while :; do sleep 0.05; done");
        task.create_container(&spec, &node.image).await.unwrap();
        task.start(&spec.name).await.unwrap();
        let mut reader = task.logs(&spec.name).unwrap();
        assert_eq!(
            within(reader.next(1)).await.unwrap().records[0].line,
            &b"ready"[..]
        );
        let joins = ExecSpec {
            argv: [
                "sh",
                "-c",
                "echo in-the-log > /proc/1/fd/1; echo out > /dev/stdout",
            ]
            .map(str::to_owned)
            .into(),
            ..ExecSpec::default()
        };
        let output = task.exec_output(&spec.name, &joins, Duration::from_secs(30), 4096);
        assert_eq!(output.await.unwrap().output, &b"out\n"[..]);
        let record = &within(reader.next(1)).await.unwrap().records[0];
        assert_eq!(record.line, &b"in-the-log"[..]);
    }
    node.finish().await;
}

#[tokio::test]
async fn users_terminals_and_limits() {
    let node = Node::new().await;
    let (task, _network) = user_task(&node).await;
    let mut spec = sh(
        "id -u; id -g; tty; echo $(stat -c %u $(tty)); ulimit -n; touch /etc/x || echo refused; pwd",
    );
    spec.user = "app".into();
    spec.working_dir = "/work/here".into();
    spec.tty = true;
    spec.ulimits = vec![Ulimit {
        name: "nofile".into(),
        soft: 555,
        hard: 777,
        explicit: true,
    }];
    let (code, text) = node.run(&task, &spec).await;
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    assert_eq!(code, 0, "{text}");
    assert_eq!(
        &lines[..5],
        ["1000", "1001", "/dev/pts/0", "1000", "555"],
        "{text}"
    );
    assert!(
        lines.contains(&"refused") && lines.contains(&"/work/here"),
        "{text}"
    );
    let mut root = sh("stat -c %u:%g /work /work/here; touch /work/here/x && echo written");
    root.working_dir = "/work/here".into();
    let (_, text) = node.run(&task, &root).await;
    assert_eq!(text, "0:0\n0:0\nwritten\n");
    node.finish().await;
}

#[tokio::test]
async fn volumes_show_their_owners() {
    let node = Node::new().await;
    let (task, _network) = user_task(&node).await;
    let layer = &node.image.layers()[0];
    fs::write(layer.join("home/app/letter"), "text").unwrap();
    for path in ["home/app", "home/app/letter"] {
        chown(layer.join(path), Some(1000), Some(1001)).unwrap();
    }
    let (shared, fresh) = (
        node.dir.path().join("shared"),
        node.dir.path().join("fresh"),
    );
    for folder in [&shared, &fresh] {
        fs::create_dir(folder).unwrap();
    }
    fs::write(shared.join("file"), "of root").unwrap();
    let mut spec = sh("exec 2>&1; stat -c %u:%g /shared/file /fresh /fresh/letter; cat /fresh/letter; echo
        touch /shared/new && chown 5:6 /shared/new; echo y > /shared/file && echo written
        touch /read-only/z || echo read-only; stat -c %u /scratch /etc/hosts; touch /scratch/x && echo scratch");
    let mount = |source: &PathBuf, destination: &str, read_only, copy_up| Mount {
        source: source.clone(),
        destination: destination.into(),
        read_only,
        beneath: None,
        copy_up,
        as_it_is: false,
    };
    spec.mounts = vec![
        mount(&shared, "/shared", false, false),
        mount(&shared, "/read-only", true, false),
        mount(&fresh, "/home/app", false, true),
    ];
    spec.mounts.push(mount(&fresh, "/fresh", false, false));
    spec.tmpfs = vec![Tmpfs {
        path: "/scratch".into(),
        size_bytes: 1 << 20,
        options: vec![],
    }];
    spec.files.hosts = Some("127.0.0.1 localhost\n".into());
    spec.read_only_root = true;
    let (_, text) = node.run(&task, &spec).await;
    assert_eq!(
        text,
        "0:0\n1000:1001\n1000:1001\ntext\nwritten\ntouch: /read-only/z: Read-only file system\nread-only\n0\n0\nscratch\n"
    );
    // On disk a volume has the owners that the image and the container know, whichever range a
    // task has.
    assert_eq!(owner(fresh.join("letter")), (1000, 1001));
    assert_eq!(owner(shared.join("new")), (5, 6));
    node.finish().await;
}

#[tokio::test]
async fn a_shared_pid_namespace() {
    let node = Node::new().await;
    let (task, _network) = user_task(&node).await;
    let mut first = sh("while :; do sleep 0.05; done");
    first.name = name("first");
    task.create_container(&first, &node.image).await.unwrap();
    task.start(&first.name).await.unwrap();
    let mut second: ContainerSpec = sh(
        "kill -0 1 && echo together; cat /proc/1/comm; cat /proc/sys/net/ipv4/ip_unprivileged_port_start",
    );
    second.pid = NamespaceMode::Of(first.name.clone());
    second.sysctls = [(
        "net.ipv4.ip_unprivileged_port_start".to_owned(),
        "78".to_owned(),
    )]
    .into();
    let (code, text) = node.run(&task, &second).await;
    assert_eq!((code, text.as_str()), (0, "together\nsh\n78\n"));
    node.finish().await;
}

/// As a pod that shares the processes and the IPC of its instance, which has its network.
#[tokio::test]
async fn namespaces_of_a_process_are_shared_within_its_user_namespace() {
    let node = Node::new().await;
    let (machine, network) = user_task(&node).await;
    let mut first = sh("while :; do sleep 0.05; done");
    first.name = name("first");
    machine.create_container(&first, &node.image).await.unwrap();
    let process = machine.start(&first.name).await.unwrap().pid;
    let mut sandbox = node.sandbox("t2");
    sandbox.network = machine.sandbox().network.clone();
    sandbox.user_range = Some(RANGE);
    let task = node.runtime.create_task(sandbox).await.unwrap();
    let mut spec = sh(
        "cat /proc/1/comm; readlink /proc/1/ns/ipc; readlink /proc/1/ns/pid
        readlink /proc/self/ns/ipc; readlink /proc/self/ns/pid; ls /proc/1/root/bin/busybox",
    );
    spec.pid = NamespaceMode::OfProcess(process);
    spec.ipc = NamespaceMode::OfProcess(process);
    let (code, text) = node.run(&task, &spec).await;
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((code, lines.len()), (0, 6), "{text}");
    assert_eq!((lines[0], &lines[1..3]), ("sh", &lines[3..5]), "{text}");
    // A number that a process of the host's has by now, or one of another's namespace.
    let host = i32::try_from(std::process::id()).unwrap();
    let elsewhere = IdRange {
        first: RANGE.first + RANGE.count,
        ..RANGE
    };
    let other = network_namespace(elsewhere).unwrap();
    let mut sandbox = node.sandbox("t3");
    let path = format!("/proc/{}/fd/{}", std::process::id(), other.as_raw_fd());
    sandbox.network = TaskNetwork::Namespace(PathBuf::from(path));
    sandbox.user_range = Some(elsewhere);
    let stranger = node.runtime.create_task(sandbox).await.unwrap();
    for (task, process) in [(&task, host), (&stranger, process)] {
        let mut spec = sh("true");
        spec.pid = NamespaceMode::OfProcess(process);
        let refused = task.create_container(&spec, &node.image).await;
        let why = refused.unwrap_err().reason();
        assert!(why.contains("of another user namespace"), "{why}");
        let mut spec = sh("true");
        spec.ipc = NamespaceMode::OfProcess(process);
        let refused = task.create_container(&spec, &node.image).await;
        let why = refused.unwrap_err().reason();
        assert!(why.contains("join a namespace"), "{why}");
    }
    drop(network);
    node.finish().await;
}

#[tokio::test]
async fn what_is_unmasked_is_still_the_hosts() {
    let node = Node::new().await;
    let (task, _network) = user_task(&node).await;
    let script = "exec 2>&1; wc -c < /proc/interrupts
        echo 77 > /proc/sys/net/ipv4/ip_unprivileged_port_start && echo own
        echo 1 > /proc/sys/kernel/sysrq || echo no-sysrq; echo h > /proc/sysrq-trigger || echo no-trigger
        cat /proc/kcore > /dev/null || echo no-memory; mount -t proc none /tmp && echo mounted; mknod /disk b 7 0 || echo no-device";
    let spec = sh(script);
    let (_, masked) = node.run(&task, &spec).await;
    assert!(masked.starts_with("0\n"), "{masked}");
    let mut spec = sh(script);
    spec.unmasked = true;
    spec.capabilities = Capabilities {
        add: vec!["ALL".into()],
        drop: Vec::new(),
    }
    .as_on_instances();
    let (_, text) = node.run(&task, &spec).await;
    assert!(!text.starts_with("0\n"), "{text}");
    for expected in ["own\n", "no-sysrq", "no-trigger", "no-device"] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    assert!(!masked.contains("own\n"), "{masked}");
    node.finish().await;
}
