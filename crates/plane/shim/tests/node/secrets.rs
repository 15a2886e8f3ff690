//! Secrets in the environment: for programs of their container, and nowhere else.

use std::{fs, path::Path, time::Duration};

use wharf_container::{
    runtime::{ContainerError, ExecSpec, Failure, SecretsFile, TaskHandle},
    spec::{ContainerSpec, SecretsOf},
};

use crate::fixture::{Node, name, sh, within};

const VALUE: &str = "hunter2-of-the-first";
const OTHER: &str = "swordfish-of-the-second";

fn file(value: &str) -> SecretsFile {
    SecretsFile::new([("PASSWORD", value), ("FROM_IMAGE", "over")]).unwrap()
}

fn with_secrets(script: &str, of: &str) -> ContainerSpec {
    let mut spec = sh(script);
    spec.name = name(of);
    spec.env = vec![
        ("FROM_IMAGE".into(), "under".into()),
        ("OTHER".into(), "plain".into()),
    ];
    spec.secrets = Some(SecretsOf {
        container: name(of),
        variables: vec!["PASSWORD".into(), "FROM_IMAGE".into()],
    });
    spec
}

async fn exec(task: &TaskHandle, container: &str, script: &str) -> String {
    let spec = ExecSpec {
        argv: vec!["sh".into(), "-c".into(), script.into()],
        env: vec![("FROM_IMAGE".into(), "of the exec".into())],
        ..ExecSpec::default()
    };
    let output = task
        .exec_output(&name(container), &spec, Duration::from_secs(30), 4096)
        .await
        .unwrap();
    String::from_utf8(output.output).unwrap()
}

/// Files below `folder` that contain `text`; what else lies there cannot be read.
fn containing(folder: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            found.extend(containing(&entry.path(), text));
        } else if kind.is_file() {
            let bytes = fs::read(entry.path()).unwrap();
            if bytes
                .windows(text.len())
                .any(|part| part == text.as_bytes())
            {
                found.push(entry.path().display().to_string());
            }
        }
    }
    found
}

const LOOP: &str = "while :; do sleep 0.05; done";

/// Name and value of what a program in the container sees.
async fn variables(task: &TaskHandle, container: &str) -> Vec<String> {
    let shown = exec(task, container, "busybox tr '\\0' '\\n' < /proc/1/environ").await;
    let mut shown: Vec<String> = shown.lines().map(str::to_owned).collect();
    shown.retain(|pair| {
        ["PASSWORD", "FROM_IMAGE", "OTHER"].contains(&pair.split('=').next().unwrap())
    });
    shown.sort();
    shown
}

#[tokio::test]
async fn programs_of_their_container_have_them_and_nobody_else() {
    let node = Node::new().await;
    let task = node.task().await;
    for (of, value) in [("first", VALUE), ("second", OTHER)] {
        task.hold_secrets(&name(of), &file(value)).await.unwrap();
        let spec = with_secrets(LOOP, of);
        task.create_container(&spec, &node.image).await.unwrap();
        task.start(&spec.name).await.unwrap();
    }
    let held = task.status().await.unwrap().secrets;
    assert_eq!(Vec::from_iter(held), [name("first"), name("second")]);
    for (of, value) in [("first", VALUE), ("second", OTHER)] {
        let expected = [
            "FROM_IMAGE=over".into(),
            "OTHER=plain".into(),
            format!("PASSWORD={value}"),
        ];
        assert_eq!(variables(&task, of).await, expected);
        let seen = exec(&task, of, "echo $PASSWORD $FROM_IMAGE $OTHER").await;
        assert_eq!(seen, format!("{value} of the exec plain\n"));
        let open = exec(&task, of, "ls -l /proc/self/fd /proc/1/fd").await;
        assert!(!open.contains("memfd"), "{open}");
        assert_eq!(containing(node.dir.path(), value), Vec::<String>::new());
    }
    let shim = task.status().await.unwrap().shim_pid;
    let memory = memory_of(shim);
    for value in [VALUE, OTHER] {
        let found = memory
            .windows(value.len())
            .any(|part| part == value.as_bytes());
        assert!(!found, "the shim has a secret in its memory");
    }
    node.finish().await;
}

/// What a process can write, as far as it is there.
fn memory_of(pid: i32) -> Vec<u8> {
    use std::os::unix::fs::FileExt;
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
    let memory = fs::File::open(format!("/proc/{pid}/mem")).unwrap();
    let mut bytes = Vec::new();
    for line in maps.lines().filter(|line| line.contains(" rw")) {
        let (from, to) = line.split(' ').next().unwrap().split_once('-').unwrap();
        let number = |text| u64::from_str_radix(text, 16).unwrap();
        let mut part = vec![0; (number(to) - number(from)) as usize];
        let read = memory.read_at(&mut part, number(from)).unwrap_or(0);
        bytes.extend_from_slice(&part[..read]);
    }
    assert!(!bytes.is_empty());
    bytes
}

#[tokio::test]
async fn a_restarted_container_has_those_of_its_start() {
    let node = Node::new().await;
    let task = node.task().await;
    task.hold_secrets(&name("main"), &file(VALUE))
        .await
        .unwrap();
    let spec = with_secrets("true", "main");
    task.create_container(&spec, &node.image).await.unwrap();
    task.start(&spec.name).await.unwrap();
    within(task.wait(&spec.name)).await.unwrap();
    // The agent is another one by now, and gives what the secret is by then.
    let _reopened = node.reopened().await;
    assert!(task.status().await.unwrap().secrets.contains(&name("main")));
    task.hold_secrets(&name("main"), &file(OTHER))
        .await
        .unwrap();
    let mut again = with_secrets(LOOP, "main");
    again.name = name("main-again");
    again.replaces = Some(name("main"));
    again.init = true;
    task.create_container(&again, &node.image).await.unwrap();
    task.start(&again.name).await.unwrap();
    let seen = exec(&task, "main-again", "echo $PASSWORD").await;
    assert_eq!(seen, format!("{VALUE}\n"));
    node.finish().await;
}

#[tokio::test]
async fn no_container_is_made_without_its_secrets() {
    let node = Node::new().await;
    let task = node.task().await;
    let spec = with_secrets(LOOP, "main");
    let error = task.create_container(&spec, &node.image).await.unwrap_err();
    let expected = Failure::NoSecrets {
        container: name("main"),
    };
    assert!(
        matches!(&error, ContainerError::Refused { failure, .. } if *failure == expected),
        "{error}"
    );
    task.hold_secrets(&name("main"), &file(VALUE))
        .await
        .unwrap();
    task.create_container(&spec, &node.image).await.unwrap();
    node.finish().await;
}
