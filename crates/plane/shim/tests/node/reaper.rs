//! Containers that share the PID namespace of a process which runs nothing and reaps what they leave behind.

use std::{fs, time::Duration};

use wharf_container::{
    image::{Image, ImageConfig},
    runtime::{ContainerState, ExecSpec, RecoveredState, TaskHandle},
    spec::{Capabilities, ContainerName, ContainerSpec, NamespaceMode},
};

use crate::{
    fixture::{Node, log_text, name, sh, within},
    user_namespace::user_task,
};

fn reaper() -> ContainerName {
    name("~init")
}

async fn start_reaper(node: &Node, task: &TaskHandle) -> i32 {
    let empty = node.dir.path().join("nothing/layer");
    fs::create_dir_all(&empty).unwrap();
    let image = Image::from_layers(
        format!("sha256:{}", "0".repeat(64)).try_into().unwrap(),
        ImageConfig::default(),
        vec![empty],
    );
    let spec = ContainerSpec::reaper(reaper());
    task.create_container(&spec, &image)
        .await
        .unwrap_or_else(|e| panic!("{}", e.reason()));
    task.start(&spec.name).await.unwrap().pid
}

fn sharing(of: &str, script: &str) -> ContainerSpec {
    let mut spec = sh(script);
    spec.name = name(of);
    spec.pid = NamespaceMode::Of(reaper());
    spec
}

async fn start(node: &Node, task: &TaskHandle, spec: &ContainerSpec) {
    task.create_container(spec, &node.image)
        .await
        .unwrap_or_else(|e| panic!("{}", e.reason()));
    task.start(&spec.name).await.unwrap();
}

async fn exec(task: &TaskHandle, of: &str, script: &str) -> (i32, String) {
    let spec = ExecSpec {
        argv: ["sh", "-c", script].map(str::to_owned).into(),
        ..ExecSpec::default()
    };
    let (of, limit) = (name(of), Duration::from_secs(30));
    let done = task.exec_output(&of, &spec, limit, 4096).await.unwrap();
    (
        done.code,
        String::from_utf8_lossy(&done.output).into_owned(),
    )
}

const FOREVER: &str = "trap 'exit 7' TERM; while :; do sleep 0.05; done";

#[tokio::test]
async fn containers_see_each_other_and_end_for_themselves() {
    let node = Node::new().await;
    let (task, _network) = user_task(&node).await;
    start_reaper(&node, &task).await;
    start(&node, &task, &sharing("a", FOREVER)).await;
    // Nobody inside ends process 1, or looks into it, whatever it may do.
    let mut b = sharing(
        "b",
        "echo $(cat /proc/1/comm) $(grep -h -E '^(Uid|CapBnd|CapEff|Seccomp|NoNewPrivs):' /proc/1/status)
        kill -0 1 && kill 1; kill -9 1; kill -HUP 1; cat /proc/1/comm; ls /proc/1/fd /proc/1/root 2>&1 > /dev/null
        ps | grep -c 'exit [7]'
        orphan=$(sh -c 'sleep 0.1 > /dev/null & echo $!'); while kill -0 $orphan 2> /dev/null; do sleep 0.02; done; echo reaped
        sleep 601 & exit 3",
    );
    b.capabilities = Capabilities {
        add: vec!["SYS_PTRACE".into(), "SYS_ADMIN".into()],
        drop: Vec::new(),
    };
    let (code, text) = node.run(&task, &b).await;
    let nobody = "wharf-init Uid: 65535 65535 65535 65535 CapEff: 0000000000000000 CapBnd: 0000000000000000 NoNewPrivs: 1 Seccomp: 2";
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((code, lines[0]), (3, nobody), "{text}");
    assert_eq!(lines[1], "wharf-init", "{text}");
    let seen: Vec<&&str> = lines[2..lines.len() - 2].iter().collect();
    assert!(
        seen.iter().all(|it| it.contains("ermission denied")),
        "{text}"
    );
    assert_eq!(lines[lines.len() - 2..], ["1", "reaped"], "{text}");
    // What it had left running went with it.
    let (code, text) = exec(&task, "a", "ps | grep '[s]leep 601'").await;
    assert_eq!((code, text.as_str()), (1, ""));
    let (code, text) = exec(&task, "a", "cat /proc/1/comm; exit 4").await;
    assert_eq!((code, text.as_str()), (4, "wharf-init\n"));
    // It is no process 1, so the signal's default counts for who has no handler.
    start(&node, &task, &sharing("c", "exec sleep 600")).await;
    let stopped = within(task.stop(&name("c"), 15, Duration::from_secs(30))).await;
    assert_eq!(stopped.unwrap().code, 143);
    let stopped = within(task.stop(&name("a"), 15, Duration::from_secs(30))).await;
    assert_eq!(stopped.unwrap().code, 7);
    let status = task.status().await.unwrap();
    assert_eq!(
        status.containers[&reaper()].state,
        ContainerState::Running,
        "it outlives them"
    );
    node.finish().await;
}

#[tokio::test]
async fn a_container_with_a_terminal_shares_it_too() {
    let node = Node::new().await;
    let (task, _network) = user_task(&node).await;
    start_reaper(&node, &task).await;
    let mut spec = sharing("a", "tty; cat /proc/1/comm; exit 6");
    spec.tty = true;
    let (code, text) = node.run(&task, &spec).await;
    assert_eq!(code, 6);
    assert_eq!(
        text.replace('\r', ""),
        "/dev/pts/0\nwharf-init\n",
        "{text:?}"
    );
    node.finish().await;
}

#[tokio::test]
async fn the_namespace_outlives_the_agent_and_ends_with_its_process() {
    let node = Node::new().await;
    let (task, _network) = user_task(&node).await;
    let pid = start_reaper(&node, &task).await;
    start(&node, &task, &sharing("a", FOREVER)).await;
    drop(task);
    let runtime = node.reopened().await;
    let found = runtime.recover().await.unwrap();
    let RecoveredState::Alive(task) = &found[0].state else {
        panic!("{:?}", found[0].state)
    };
    assert_eq!(found[0].containers[&reaper()].pid, pid);
    let (code, text) = node
        .run(task, &sharing("b", "ps | grep -c 'exit [7]'"))
        .await;
    assert_eq!((code, text.as_str()), (0, "1\n"));
    // As when memory runs out.
    within(task.stop(&reaper(), 9, Duration::ZERO))
        .await
        .unwrap();
    assert_eq!(within(task.wait(&name("a"))).await.unwrap().code, 137);
    let refused = task
        .create_container(&sharing("c", "true"), &node.image)
        .await;
    assert!(
        refused
            .unwrap_err()
            .reason()
            .contains("cannot be shared: it does not run")
    );
    task.remove(&reaper()).await.unwrap();
    start_reaper(&node, task).await;
    start(&node, task, &sharing("d", "echo here; exit 2")).await;
    assert_eq!(within(task.wait(&name("d"))).await.unwrap().code, 2);
    assert_eq!(log_text(task, &name("d")).await, "here\n");
    node.finish().await;
}
