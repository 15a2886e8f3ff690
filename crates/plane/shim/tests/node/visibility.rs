//! What a container that may trace others finds in its PID namespace: nothing with more rights
//! than it has itself, at no moment.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Command, time::Duration};

use wharf_container::{
    runtime::ExecSpec,
    spec::{Capabilities, ContainerSpec, NamespaceMode},
};

use crate::fixture::{Node, command, name, sh, within};

/// Processes run beside the watcher, each of which has to pass its window.
const EXECS: usize = 25;
const FURTHER: usize = 8;

fn put_watcher(layer: &Path) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/node/watcher.c");
    let program = layer.join("bin/watcher");
    let built = Command::new("cc")
        .args(["-static", "-O2", "-o"])
        .arg(&program)
        .arg(source)
        .status()
        .expect("a C compiler, which Rust needs as well");
    assert!(built.success());
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
}

fn watcher() -> ContainerSpec {
    let mut spec = command(&["/bin/watcher"]);
    spec.name = name("watcher");
    spec.capabilities = Capabilities {
        add: vec!["SYS_PTRACE".into()],
        drop: Vec::new(),
    };
    spec
}

/// Starts the watcher, does `beside`, and returns how many processes it saw and what it said.
async fn watched<F: AsyncFnOnce(&wharf_container::runtime::TaskHandle)>(
    node: &Node,
    beside: F,
) -> (usize, String) {
    put_watcher(&node.image.layers()[0]);
    let task = node.task().await;
    let spec = watcher();
    task.create_container(&spec, &node.image).await.unwrap();
    task.start(&spec.name).await.unwrap();
    let mut reader = task.logs(&spec.name).unwrap();
    within(reader.next(1)).await.unwrap();
    beside(&task).await;
    let stopping = task.stop(&spec.name, 15, Duration::from_secs(30));
    within(stopping).await.unwrap();
    let text = crate::fixture::log_text(&task, &spec.name).await;
    let seen = text
        .lines()
        .find_map(|line| {
            line.strip_prefix("watched ")?
                .split(',')
                .next()?
                .parse()
                .ok()
        })
        .unwrap_or_else(|| panic!("{text}"));
    (seen, text)
}

#[tokio::test]
async fn exec_is_seen_with_the_containers_rights_only() {
    let node = Node::new().await;
    let (seen, text) = watched(&node, async |task| {
        for _ in 0..EXECS {
            let spec = ExecSpec {
                argv: vec!["sleep".into(), "0.05".into()],
                ..ExecSpec::default()
            };
            let output = task
                .exec_output(&name("watcher"), &spec, Duration::from_secs(30), 4096)
                .await
                .unwrap();
            assert_eq!(output.code, 0);
        }
    })
    .await;
    assert!(seen > EXECS / 2, "it has to see what it looks for: {text}");
    assert!(text.contains(", 0 more rights"), "{text}");
    node.finish().await;
}

#[tokio::test]
async fn further_containers_are_seen_with_their_own_rights_only() {
    let node = Node::new().await;
    let (seen, text) = watched(&node, async |task| {
        for _ in 0..FURTHER {
            let mut spec = sh("sleep 0.05; kill -0 1 && echo together; readlink /proc/self/ns/pid");
            spec.pid = NamespaceMode::Of(name("watcher"));
            let (code, text) = node.run(task, &spec).await;
            assert!(code == 0 && text.starts_with("together\npid:"), "{text}");
        }
    })
    .await;
    assert!(
        seen > FURTHER / 2,
        "it has to see what it looks for: {text}"
    );
    assert!(text.contains(", 0 more rights"), "{text}");
    node.finish().await;
}
