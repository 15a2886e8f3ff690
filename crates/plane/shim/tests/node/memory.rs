//! The tmpfs that all tasks of a node share: none of them can fill it.

use std::{fs, path::Path};

use nix::{
    mount::{MsFlags, mount},
    sys::statvfs::statvfs,
};
use wharf_container::spec::NameFiles;

use crate::fixture::{Node, command, log_text, name, sh, within};

fn used(run: &Path) -> u64 {
    let it = statvfs(run).unwrap();
    (it.blocks() - it.blocks_free()) * it.fragment_size()
}

#[tokio::test]
async fn what_a_container_writes_to_its_hosts_file_is_its_own() {
    let node = Node::new().await;
    let run = node.dir.path().join("run");
    let task = node.task().await;
    let mut spec = sh("grep -c here /etc/hosts; stat -c %a /etc/hosts
        echo more >> /etc/hosts && tail -n 1 /etc/hosts
        yes > /etc/hosts 2> /dev/null || wc -c < /etc/hosts; sleep 600");
    spec.files = NameFiles {
        hosts: Some("127.0.0.1 here\n".to_owned()),
        resolv_conf: Some("nameserver 192.0.2.1\n".to_owned()),
        hostname: None,
    };
    task.create_container(&spec, &node.image).await.unwrap();
    task.start(&spec.name).await.unwrap();
    let mut reader = task.logs(&spec.name).unwrap();
    let mut lines = Vec::new();
    while lines.len() < 4 {
        let batch = within(reader.next(10)).await.unwrap();
        let more = batch.records.iter();
        lines.extend(more.map(|it| String::from_utf8_lossy(&it.line).into_owned()));
    }
    assert_eq!(lines[..3], ["1", "644", "more"]);
    let bytes: u64 = lines[3].trim().parse().unwrap();
    assert!((1 << 19..=1 << 21).contains(&bytes), "{bytes}");
    assert!(used(&run) < 1 << 19, "{}", used(&run));
    // Another of the same task has its own, whole.
    let mut second = command(&["cat", "/etc/hosts"]);
    second.name = name("second");
    second.files = spec.files.clone();
    assert_eq!(
        node.run(&task, &second).await,
        (0, "127.0.0.1 here\n".to_owned())
    );
    task.kill().await.unwrap();
    node.finish().await;
}

#[tokio::test]
async fn a_large_bundle_lies_on_disk() {
    let node = Node::new().await;
    let run = node.dir.path().join("run");
    let task = node.task().await;
    let mut spec = sh("echo ${#A}");
    let large = ["A", "B"].map(|name| (name.to_owned(), "x".repeat(100_000)));
    spec.env = large.into_iter().collect();
    let before = used(&run);
    task.create_container(&spec, &node.image).await.unwrap();
    assert!(used(&run) - before < 150_000, "{}", used(&run) - before);
    let plan = node.dir.path().join("tasks/t1/containers/main/plan.json");
    assert!(fs::metadata(&plan).unwrap().len() > 200_000);
    task.start(&spec.name).await.unwrap();
    assert_eq!(log_text(&task, &spec.name).await, "100000\n");
    within(task.wait(&spec.name)).await.unwrap();
    task.remove(&spec.name).await.unwrap();
    assert!(!plan.exists());
    task.kill().await.unwrap();
    node.finish().await;
}

/// It looks as if there were room, and there is not: the task begins on disk instead of failing.
#[tokio::test]
async fn a_task_begins_on_disk_where_memory_is_full() {
    let node = Node::new().await;
    let run = node.dir.path().join("run");
    let full = Some("size=1m,nr_inodes=3");
    mount(Some("full"), &run, Some("tmpfs"), MsFlags::empty(), full).unwrap();
    let runtime = node.reopened().await;
    // What is left takes the folder of the task, and no file in it.
    fs::write(run.join("other"), b"").unwrap();
    let task = runtime.create_task(node.sandbox("t1")).await.unwrap();
    assert!(node.dir.path().join("tasks/t1/shim.sock").exists());
    assert!(!run.join("t1").exists());
    let spec = command(&["echo", "on disk"]);
    assert_eq!(node.run(&task, &spec).await, (0, "on disk\n".to_owned()));
    task.kill().await.unwrap();
    fs::remove_file(run.join("other")).unwrap();
    // Both go, though one is mounted over the other.
    node.finish().await;
}
