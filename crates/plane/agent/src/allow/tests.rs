use std::{fs, os::unix::fs::symlink};

use serde_json::json;

use super::*;
use crate::protocol::{docker::HostConfig, payload::Task};

fn permissions(text: &str) -> Vec<Permission> {
    text.split(',')
        .filter(|word| !word.is_empty())
        .map(|word| word.parse().unwrap())
        .collect()
}

fn lent(text: &str) -> Allow {
    Allow::new(&permissions(text), &[]).unwrap()
}

#[test]
fn words() {
    for text in [
        "privileged",
        "host-network",
        "host-pid",
        "host-ipc",
        "devices",
        "capabilities",
        "unconfined-pods",
        "pod-capabilities",
        "privileged-pods",
        "host-path=/srv/a",
    ] {
        assert_eq!(text.parse::<Permission>().unwrap().to_string(), text);
    }
    let tidy: Permission = "host-path=/srv//a/".parse().unwrap();
    assert_eq!(tidy.to_string(), "host-path=/srv/a");
    for bad in [
        "",
        "all",
        "host-path",
        "host-path=",
        "host-path=a",
        "host-path=/a/../b",
    ] {
        assert!(bad.parse::<Permission>().is_err(), "{bad}");
    }
}

#[test]
fn announced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display().to_string();
    let allow = lent(&format!(
        "host-pid,unconfined-pods,pod-capabilities,privileged-pods,host-path={path}"
    ));
    let names = |allow: &Allow| -> Vec<String> {
        allow
            .attributes()
            .into_iter()
            .map(|(name, _)| name)
            .collect()
    };
    assert_eq!(
        names(&allow),
        [
            "wharf.allow",
            "wharf.allow.host-pid",
            "wharf.allow.host-path.1"
        ]
    );
    assert_eq!(allow.attributes()[2].1.as_deref(), Some(path.as_str()));
    assert_eq!(names(&lent("")), ["wharf.allow"]);
    let privileged = names(&lent("privileged"));
    assert!(privileged.contains(&"com.amazonaws.ecs.capability.privileged-container".to_owned()));
}

/// Whether a task with these settings may run without any flag, and with `flag` alone.
#[track_caller]
fn needs(task: serde_json::Value, host: serde_json::Value, flag: &str) {
    let task: Task = serde_json::from_value(task).unwrap();
    let host: HostConfig = serde_json::from_value(host).unwrap();
    let verdict = |allow: &Allow| {
        allow
            .task(&task)
            .and_then(|()| allow.container(&task, &host))
    };
    let refused = verdict(&lent("")).unwrap_err().to_string();
    assert!(
        refused.ends_with(&format!("--allow {flag} would")),
        "{refused}"
    );
    let others = "privileged,host-network,host-pid,host-ipc,devices,capabilities,unconfined-pods,pod-capabilities,privileged-pods";
    let others: Vec<_> = others.split(',').filter(|word| *word != flag).collect();
    assert!(
        verdict(&lent(&others.join(","))).is_err(),
        "{flag} alone counts"
    );
    verdict(&lent(flag)).unwrap();
}

#[test]
fn each_has_its_flag() {
    let none = || json!({});
    needs(json!({"networkMode": "host"}), none(), "host-network");
    needs(json!({"pidMode": "host"}), none(), "host-pid");
    needs(json!({"ipcMode": "host"}), none(), "host-ipc");
    needs(none(), json!({"Privileged": true}), "privileged");
    needs(
        none(),
        json!({"Devices": [{"PathOnHost": "/dev/fuse"}]}),
        "devices",
    );
    for added in ["SYS_ADMIN", "cap_net_admin", "ALL", "SYS_PTRACE", "NO_SUCH"] {
        needs(none(), json!({"CapAdd": [added]}), "capabilities");
    }
    needs(
        json!({"launchType": "FARGATE"}),
        json!({"CapAdd": ["SYS_PTRACE", "SYS_ADMIN"]}),
        "capabilities",
    );
}

#[test]
fn what_needs_none() {
    let nothing = lent("");
    for (task, host) in [
        (
            json!({"networkMode": "awsvpc", "pidMode": "task", "ipcMode": "none"}),
            json!({}),
        ),
        (
            json!({}),
            json!({"CapAdd": ["CHOWN", "CAP_NET_RAW"], "CapDrop": ["ALL"]}),
        ),
        (
            json!({"launchType": "FARGATE"}),
            json!({"CapAdd": ["SYS_PTRACE"]}),
        ),
        (
            json!({}),
            json!({"Sysctls": {"net.core.somaxconn": "1", "kernel.shmmax": "1"}}),
        ),
    ] {
        let task: Task = serde_json::from_value(task).unwrap();
        let host: HostConfig = serde_json::from_value(host).unwrap();
        nothing.task(&task).unwrap();
        nothing.container(&task, &host).unwrap();
    }
}

#[test]
fn settings_of_the_host_are_nobodys() {
    let all = lent("privileged,host-network,host-pid,host-ipc,devices,capabilities");
    for (task, setting) in [
        (json!({"networkMode": "host"}), "net.ipv4.ip_forward"),
        (json!({"networkMode": "host"}), "net/ipv4/ip_forward"),
        (json!({"ipcMode": "host"}), "kernel.shmmax"),
        (json!({}), "kernel.core_pattern"),
        (json!({}), "vm.overcommit_memory"),
        (json!({}), "net.ipv4/../../../kernel/core_pattern"),
    ] {
        let task: Task = serde_json::from_value(task).unwrap();
        let host = HostConfig {
            sysctls: [(setting.to_owned(), "1".to_owned())].into(),
            ..HostConfig::default()
        };
        let refused = all.container(&task, &host);
        assert!(matches!(refused, Err(NotAllowed::Setting(_))), "{setting}");
    }
}

#[test]
fn folders() {
    let top = tempfile::tempdir().unwrap();
    let at = |name: &str| top.path().canonicalize().unwrap().join(name);
    for name in ["srv/a", "etc", "wharf/node", "elsewhere"] {
        fs::create_dir_all(at(name)).unwrap();
    }
    fs::write(at("srv/file"), "").unwrap();
    for (link, to) in [
        ("srv/out", at("etc")),
        ("srv/data", at("wharf")),
        ("srv/up", at("")),
        ("srv/in", at("srv/a")),
        ("srv/nowhere", at("gone")),
        ("alias", at("srv")),
    ] {
        symlink(to, at(link)).unwrap();
    }
    let granted = [
        Permission::HostPath(at("srv")),
        Permission::HostPath(at("alias")),
    ];
    let allow = Allow::new(&granted, &[at("wharf"), at("not yet")]).unwrap();
    for (given, real) in [
        ("srv", "srv"),
        ("srv/a", "srv/a"),
        ("srv/file", "srv/file"),
        ("srv/in", "srv/a"),
        ("alias/a", "srv/a"),
        ("srv/new/er", "srv/new/er"),
        ("srv/a/../a", "srv/a"),
    ] {
        let found = allow.host_path(&at(given)).unwrap();
        assert_eq!(
            (found.path, found.beneath),
            (at(real), at("srv")),
            "{given}"
        );
        assert!(at(real).exists());
    }
    for given in [
        "etc",
        "srv/out",
        "srv/out/deeper",
        "srv/../etc",
        "elsewhere/new",
    ] {
        let refused = allow.host_path(&at(given));
        assert!(
            matches!(refused, Err(NotAllowed::Path { .. })),
            "{given}: {refused:?}"
        );
    }
    assert!(!at("elsewhere/new").exists() && !at("etc/deeper").exists());
    // What holds the data, lies in it, or leads to either.
    for given in [
        "wharf",
        "wharf/node",
        "wharf/new",
        "",
        "srv/data/node",
        "srv/up",
    ] {
        let refused = allow.host_path(&at(given));
        assert!(
            matches!(refused, Err(NotAllowed::Own(_))),
            "{given}: {refused:?}"
        );
    }
    let refused = allow.host_path(&at("srv/nowhere"));
    assert!(matches!(refused, Err(NotAllowed::Unresolved { .. })));
    assert!(!at("gone").exists());
    let everything = Allow::new(&[Permission::HostPath("/".into())], &[at("wharf")]).unwrap();
    assert!(everything.host_path(&at("etc")).is_ok());
    for given in ["wharf/node", "wharf", "", "srv/data"] {
        let refused = everything.host_path(&at(given));
        assert!(matches!(refused, Err(NotAllowed::Own(_))), "{given}");
    }
}

#[test]
fn folders_that_cannot_be_lent() {
    let top = tempfile::tempdir().unwrap();
    let data = top.path().join("data");
    fs::create_dir_all(data.join("node")).unwrap();
    symlink(data.join("node"), top.path().join("link")).unwrap();
    for (name, own) in [
        ("data", true),
        ("data/node", true),
        ("link", true),
        ("gone", false),
    ] {
        let granted = [Permission::HostPath(top.path().join(name))];
        let refused = Allow::new(&granted, std::slice::from_ref(&data)).unwrap_err();
        assert_eq!(matches!(refused, BadFolder::Own { .. }), own, "{refused}");
    }
}
