//! From create to remove: arguments, users, exit codes, signals, exec.

use std::time::Duration;

use wharf_container::{
    runtime::{ContainerError, ContainerState, Event, ExecSpec, Failure},
    spec::Ulimit,
};

use crate::fixture::{Node, command, log_text, name, sh, within};

#[tokio::test]
async fn a_container_runs_and_leaves_nothing() {
    let node = Node::new().await;
    let task = node.task().await;
    let spec = sh("echo out; echo err >&2; exit 7");
    let pid = task.create_container(&spec, &node.image).await.unwrap();
    assert_eq!(
        task.status().await.unwrap().containers[&spec.name].state,
        ContainerState::Created
    );
    let started = task.start(&spec.name).await.unwrap();
    assert_eq!(started.pid, pid);
    let exit = within(task.wait(&spec.name)).await.unwrap();
    assert_eq!((exit.code, exit.oom), (7, false));
    assert!(exit.at >= started.at);
    let mut lines: Vec<_> = log_text(&task, &spec.name)
        .await
        .lines()
        .map(str::to_owned)
        .collect();
    lines.sort();
    assert_eq!(lines, ["err", "out"]);
    task.remove(&spec.name).await.unwrap();
    task.shut_down().await.unwrap();
    node.finish().await;
}

#[tokio::test]
async fn events_tell_the_whole_story() {
    let node = Node::new().await;
    let task = node.task().await;
    let spec = command(&["true"]);
    let mut live = task.events().await.unwrap();
    assert_eq!(live.next().await, Some(Event::CaughtUp));
    task.create_container(&spec, &node.image).await.unwrap();
    task.start(&spec.name).await.unwrap();
    let mut kinds = Vec::new();
    for _ in 0..3 {
        kinds.push(match within(live.next()).await.unwrap() {
            Event::Created { .. } => "created",
            Event::Started { .. } => "started",
            Event::Exited { exit, .. } => {
                assert_eq!(exit.code, 0);
                "exited"
            }
            other => panic!("{other:?}"),
        });
    }
    assert_eq!(kinds, ["created", "started", "exited"]);
    // Who comes later is told the same, then that it is the present.
    let mut late = task.events().await.unwrap();
    let mut last = None;
    while last != Some(Event::CaughtUp) {
        last = within(late.next()).await;
        assert!(last.is_some());
    }
    task.shut_down().await.unwrap();
    assert_eq!(within(late.next()).await, None);
    node.finish().await;
}

#[tokio::test]
async fn user_directory_environment_and_host_name() {
    let node = Node::new().await;
    let task = node.task().await;
    let mut spec =
        sh("id -u; id -g; id -G; pwd; echo $HOME $GREETING $PATH; hostname; cat /etc/hosts");
    spec.user = "app".into();
    spec.working_dir = "/srv/made/here".into();
    spec.env = vec![("GREETING".into(), "hello".into())];
    spec.hostname = "box".into();
    spec.files.hosts = Some("127.0.0.1 localhost\n".into());
    let (code, text) = node.run(&task, &spec).await;
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(code, 0, "{text}");
    assert_eq!(lines[..4], ["1000", "1001", "1001 50", "/srv/made/here"]);
    assert!(
        lines[4].starts_with("/home/app hello /usr/local/sbin:"),
        "{}",
        lines[4]
    );
    assert_eq!(lines[5..], ["box", "127.0.0.1 localhost"]);
    node.finish().await;
}

#[tokio::test]
async fn whom_a_program_runs_as_is_told_by_its_numbers() {
    let node = Node::new().await;
    let task = node.task().await;
    let mut spec = sh("true");
    spec.user = "app".into();
    spec.groups = vec![4000, 7];
    task.create_container(&spec, &node.image).await.unwrap();
    let status = task.status().await.unwrap();
    let user = status.containers[&spec.name].user.clone().unwrap();
    assert_eq!((user.uid, user.gid), (1000, 1001));
    assert_eq!(user.groups, [1001, 7, 50, 4000]);
    task.start(&spec.name).await.unwrap();
    within(task.wait(&spec.name)).await.unwrap();
    // Also once it has ended.
    let status = task.status().await.unwrap();
    assert_eq!(status.containers[&spec.name].user, Some(user));
    task.remove(&spec.name).await.unwrap();
    node.finish().await;
}

#[tokio::test]
async fn who_attaches_writes_to_a_program_and_sees_at_once_what_it_says() {
    let node = Node::new().await;
    let task = node.task().await;
    let mut spec = sh("printf 'who? '; read name; echo \"hello $name\"; cat");
    spec.stdin = true;
    task.create_container(&spec, &node.image).await.unwrap();
    task.start(&spec.name).await.unwrap();
    let mut reader = task.logs(&spec.name).unwrap();
    let input = within(task.attach(&spec.name, true)).await.unwrap();
    let asked = within(reader.next(1)).await.unwrap().records;
    assert_eq!(
        (&asked[0].line[..], asked[0].partial),
        (&b"who? "[..], true)
    );
    // It was given away.
    assert!(task.attach(&spec.name, false).await.unwrap().is_none());
    let input = input.unwrap();
    within(input.write_all(b"Ann\nbye")).await.unwrap();
    drop(input);
    assert_eq!(within(task.wait(&spec.name)).await.unwrap().code, 0);
    let text = log_text(&task, &spec.name).await;
    assert_eq!(text, "who? hello Ann\nbye");
    assert!(task.attach(&spec.name, false).await.is_err());
    task.shut_down().await.unwrap();
    node.finish().await;
}

#[tokio::test]
async fn a_terminal_is_written_to_again_and_again() {
    let node = Node::new().await;
    let task = node.task().await;
    let mut spec = sh("read one; read two; echo \"$one and $two\"");
    (spec.tty, spec.stdin) = (true, true);
    task.create_container(&spec, &node.image).await.unwrap();
    task.start(&spec.name).await.unwrap();
    for line in ["a\n", "b\n"] {
        let input = within(task.attach(&spec.name, false)).await.unwrap();
        let written = input.unwrap().write_all(line.as_bytes()).await;
        written.unwrap();
    }
    assert_eq!(within(task.wait(&spec.name)).await.unwrap().code, 0);
    let text = log_text(&task, &spec.name).await;
    assert!(text.ends_with("a and b\r\n"), "{text:?}");
    task.shut_down().await.unwrap();
    node.finish().await;
}

#[tokio::test]
async fn what_cannot_run_says_why() {
    let node = Node::new().await;
    let task = node.task().await;
    let mut failures = Vec::new();
    let mut user = command(&["true"]);
    user.user = "ghost".into();
    let mut dir = command(&["true"]);
    dir.working_dir = "/etc/passwd".into();
    for spec in [
        command(&["no-such"]),
        command(&["/no/such"]),
        command(&["/bin"]),
        user,
        dir,
    ] {
        let error = task.create_container(&spec, &node.image).await.unwrap_err();
        assert!(
            error
                .reason()
                .starts_with("CannotStartContainerError: Error response from daemon: "),
            "{}",
            error.reason()
        );
        failures.push((error.exit_code(), error.to_string()));
    }
    assert_eq!(
        failures[0],
        (
            Some(127),
            "exec: \"no-such\": executable file not found in $PATH: unknown".into()
        )
    );
    assert_eq!(
        failures[1].1,
        "exec: \"/no/such\": stat /no/such: no such file or directory: unknown"
    );
    assert_eq!(failures[2].1, "exec: \"/bin\": is a directory: unknown");
    assert_eq!(
        failures[3].1,
        "unable to find user ghost: no matching entries in passwd file"
    );
    assert!(
        failures[4].1.starts_with("chdir to cwd (\"/etc/passwd\")"),
        "{}",
        failures[4].1
    );
    // Only exec itself knows what a file that may not be executed is worth.
    let spec = command(&["/bin/plain-file"]);
    task.create_container(&spec, &node.image).await.unwrap();
    let error = task.start(&spec.name).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "exec: \"/bin/plain-file\": permission denied: unknown"
    );
    assert_eq!(error.exit_code(), Some(126));
    task.remove(&spec.name).await.unwrap();
    // None of these attempts stands in the way of the next one.
    assert_eq!(node.run(&task, &command(&["true"])).await.0, 0);
    node.finish().await;
}

#[tokio::test]
async fn stop_asks_first_and_then_kills() {
    let node = Node::new().await;
    let task = node.task().await;
    let polite = sh("trap 'echo bye; exit 3' QUIT; echo up; while :; do sleep 0.05; done");
    task.create_container(&polite, &node.image).await.unwrap();
    task.start(&polite.name).await.unwrap();
    let mut reader = task.logs(&polite.name).unwrap();
    within(reader.next(1)).await.unwrap();
    let exit = within(task.stop(&polite.name, 3, Duration::from_secs(30)))
        .await
        .unwrap();
    assert_eq!(exit.code, 3);
    task.remove(&polite.name).await.unwrap();

    let deaf = sh("trap '' TERM; echo up; while :; do sleep 0.05; done");
    task.create_container(&deaf, &node.image).await.unwrap();
    task.start(&deaf.name).await.unwrap();
    let mut reader = task.logs(&deaf.name).unwrap();
    within(reader.next(1)).await.unwrap();
    let before = std::time::Instant::now();
    let exit = within(task.stop(&deaf.name, 15, Duration::from_millis(300)))
        .await
        .unwrap();
    assert_eq!((exit.code, exit.oom), (137, false));
    assert!(before.elapsed() >= Duration::from_millis(300));

    // One that was never started ends at once.
    let mut waiting = command(&["true"]);
    waiting.name = name("waiting");
    task.create_container(&waiting, &node.image).await.unwrap();
    let exit = within(task.stop(&waiting.name, 15, Duration::from_secs(60)))
        .await
        .unwrap();
    assert_eq!(exit.code, 137);
    node.finish().await;
}

#[tokio::test]
async fn init_reaps_and_passes_signals_on() {
    let node = Node::new().await;
    let task = node.task().await;
    let mut spec =
        sh("echo $$; (sleep 0.01 &) ; trap 'exit 5' TERM; echo up; while :; do sleep 0.05; done");
    spec.init = true;
    task.create_container(&spec, &node.image).await.unwrap();
    task.start(&spec.name).await.unwrap();
    let mut reader = task.logs(&spec.name).unwrap();
    let mut seen = Vec::new();
    while seen.len() < 2 {
        seen.extend(within(reader.next(10)).await.unwrap().records);
    }
    assert_ne!(&seen[0].line[..], b"1", "the program is not process 1");
    let exit = within(task.stop(&spec.name, 15, Duration::from_secs(30)))
        .await
        .unwrap();
    assert_eq!(exit.code, 5);
    task.remove(&spec.name).await.unwrap();
    let mut missing = command(&["/bin/plain-file"]);
    missing.init = true;
    task.create_container(&missing, &node.image).await.unwrap();
    assert_eq!(
        task.start(&missing.name).await.unwrap_err().exit_code(),
        Some(126)
    );
    node.finish().await;
}

#[tokio::test]
async fn exec_joins_the_container() {
    let node = Node::new().await;
    let task = node.task().await;
    let mut spec = sh("touch /tmp/here; echo up; while :; do sleep 0.05; done");
    spec.env = vec![
        ("KEPT".into(), "yes".into()),
        ("CHANGED".into(), "no".into()),
    ];
    task.create_container(&spec, &node.image).await.unwrap();
    task.start(&spec.name).await.unwrap();
    let mut reader = task.logs(&spec.name).unwrap();
    within(reader.next(1)).await.unwrap();
    let run = |script: &str, user: Option<&str>| {
        let spec = ExecSpec {
            argv: vec!["sh".into(), "-c".into(), script.into()],
            env: vec![("CHANGED".into(), "yes".into())],
            user: user.map(str::to_owned),
            ..ExecSpec::default()
        };
        let task = task.clone();
        async move {
            task.exec_output(&name("main"), &spec, Duration::from_secs(30), 4096)
                .await
        }
    };
    let output = run(
        "ls /tmp; echo $KEPT $CHANGED; grep -E '^(Seccomp|CapEff):' /proc/self/status; exit 4",
        None,
    )
    .await
    .unwrap();
    assert_eq!(output.code, 4);
    assert_eq!(
        String::from_utf8_lossy(&output.output),
        "here\nyes yes\nCapEff:\t00000000a80425fb\nSeccomp:\t2\n"
    );
    assert_eq!(run("id -u", Some("app")).await.unwrap().output, b"1000\n");
    let missing = ExecSpec {
        argv: vec!["nope".into()],
        ..ExecSpec::default()
    };
    let error = task.exec(&spec.name, &missing).await.unwrap_err();
    assert!(
        matches!(
            error,
            ContainerError::Refused {
                failure: Failure::CommandNotFound { .. },
                ..
            }
        ),
        "{error}"
    );
    // A command that takes too long is ended, and the container does not mind.
    let slow = ExecSpec {
        argv: vec!["sleep".into(), "600".into()],
        ..ExecSpec::default()
    };
    let error = task
        .exec_output(&spec.name, &slow, Duration::from_millis(100), 10)
        .await
        .unwrap_err();
    assert!(matches!(error, ContainerError::TimedOut(_)));
    assert_eq!(run("true", None).await.unwrap().code, 0);
    node.finish().await;
}

#[tokio::test]
async fn exec_joins_a_container_of_another_user() {
    let node = Node::new().await;
    let task = node.task().await;
    let mut spec = sh("while :; do sleep 0.05; done");
    spec.user = "app".into();
    spec.ulimits = vec![Ulimit {
        name: "nofile".into(),
        soft: 321,
        hard: 654,
        explicit: true,
    }];
    task.create_container(&spec, &node.image).await.unwrap();
    task.start(&spec.name).await.unwrap();
    let joining = ExecSpec {
        argv: vec![
            "sh".into(),
            "-c".into(),
            "id -u; ulimit -n; ulimit -Hn".into(),
        ],
        ..ExecSpec::default()
    };
    let limit = Duration::from_secs(30);
    let output = task.exec_output(&spec.name, &joining, limit, 4096).await;
    assert_eq!(output.unwrap().output, b"1000\n321\n654\n");
    node.finish().await;
}

#[tokio::test]
async fn terminals() {
    let node = Node::new().await;
    let task = node.task().await;
    let mut spec = sh("tty; echo $TERM");
    spec.tty = true;
    let (code, text) = node.run(&task, &spec).await;
    assert_eq!((code, text.as_str()), (0, "/dev/pts/0\r\nxterm\r\n"));
    node.finish().await;
}

#[tokio::test]
async fn names_are_unique_and_tasks_too() {
    let node = Node::new().await;
    let task = node.task().await;
    assert!(node.runtime.create_task(node.sandbox("t1")).await.is_err());
    assert!(
        node.runtime
            .create_task(node.sandbox("../x"))
            .await
            .is_err()
    );
    let spec = sh("echo written > /file; sleep 600");
    task.create_container(&spec, &node.image).await.unwrap();
    task.start(&spec.name).await.unwrap();
    let reads = async || {
        let argv = ["sh", "-c", "until cat /file; do sleep 0.01; done 2>&-"];
        let exec = ExecSpec {
            argv: argv.map(str::to_owned).into(),
            ..ExecSpec::default()
        };
        let limit = Duration::from_secs(30);
        let done = task.exec_output(&spec.name, &exec, limit, 4096).await;
        String::from_utf8(done.unwrap().output).unwrap()
    };
    assert_eq!(reads().await, "written\n");
    let error = task.create_container(&spec, &node.image).await.unwrap_err();
    assert!(
        matches!(
            error,
            ContainerError::Refused {
                failure: Failure::AlreadyExists { .. },
                ..
            }
        ),
        "{error}"
    );
    // An agent that was killed in between asks again: what runs keeps what it has.
    assert_eq!(reads().await, "written\n");
    assert!(task.shut_down().await.is_err(), "not while one lives");
    task.kill().await.unwrap();
    node.finish().await;
}
