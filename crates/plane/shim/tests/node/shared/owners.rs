//! Who may do what: as the server says, by the numbers that the task sees.

use std::{
    fs,
    os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _, chown},
        process::CommandExt as _,
    },
    path::Path,
    process::Command,
};

use super::ganesha::{Server, ids};

/// What a user of these groups reads there.
fn read_as(user: u32, group: u32, groups: &[u32], path: &Path) -> Option<String> {
    let groups: Vec<_> = groups
        .iter()
        .map(|it| nix::unistd::Gid::from_raw(*it))
        .collect();
    let mut read = Command::new("cat");
    read.arg(path);
    // SAFETY: calls of the kernel alone.
    unsafe {
        read.pre_exec(move || {
            nix::unistd::setgroups(&groups)?;
            nix::unistd::setgid(group.into())?;
            nix::unistd::setuid(user.into())?;
            Ok(())
        });
    }
    let output = read.output().unwrap();
    output
        .status
        .success()
        .then(|| String::from_utf8(output.stdout).unwrap())
}

#[test]
fn each_may_what_the_server_lets_his_numbers() {
    let server = Server::new();
    let client = server.mount();
    for (name, mode) in [("own", 0o600), ("group", 0o640), ("all", 0o644)] {
        let path = client.at(name);
        fs::write(&path, name).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        chown(&path, Some(1000), Some(2000)).unwrap();
        let seen = fs::metadata(server.files().join(name)).unwrap();
        assert_eq!((seen.uid(), seen.gid()), (1000, 2000));
    }
    let read = |user, group, groups: &[u32], name| {
        read_as(user, group, groups, &client.at(name)).is_some()
    };
    for (user, group, groups, may) in [
        (1000, 1, &[][..], [true, true, true]),
        (1001, 2000, &[], [false, true, true]),
        (1001, 1, &[5, 2000], [false, true, true]),
        (1001, 1, &[5], [false, false, true]),
    ] {
        let seen = ["own", "group", "all"].map(|it| read(user, group, groups, it));
        assert_eq!(seen, may, "{user} {group} {groups:?}");
    }
    // A folder that only one may pass, also after somebody else did.
    fs::create_dir(client.at("folder")).unwrap();
    fs::write(client.at("folder/file"), "x").unwrap();
    chown(client.at("folder"), Some(1000), Some(1000)).unwrap();
    fs::set_permissions(client.at("folder"), fs::Permissions::from_mode(0o700)).unwrap();
    for _ in 0..2 {
        assert!(read(1000, 1000, &[], "folder/file"));
        assert!(!read(1001, 1001, &[1000], "folder/file"));
    }
}

#[test]
fn where_all_are_one_user_the_server_alone_decides() {
    let server = Server::new();
    let plain = server.mount();
    for (name, owner, mode) in [
        ("root", 0, 0o600),
        ("other", 1000, 0o600),
        ("all", 0, 0o644),
    ] {
        fs::write(plain.at(name), "x").unwrap();
        fs::set_permissions(plain.at(name), fs::Permissions::from_mode(mode)).unwrap();
        chown(plain.at(name), Some(owner), Some(owner)).unwrap();
    }
    let client = server.mount_as(|it| it.one_user = true).unwrap();
    for (user, may) in [(1000, [false, true, true]), (1001, [false, false, true])] {
        for (name, may) in ["root", "other", "all"].into_iter().zip(may) {
            let path = client.at(name);
            assert_eq!(
                read_as(user, user, &[], &path).is_some(),
                may,
                "{user} {name}"
            );
            let asked = Command::new("test")
                .arg("-r")
                .arg(&path)
                .uid(user)
                .gid(user)
                .status();
            assert_eq!(asked.unwrap().success(), may, "{user} {name}");
        }
    }
}

#[test]
fn a_task_with_a_user_namespace_sees_its_own_numbers() {
    let server = Server::new();
    let plain = server.mount();
    fs::write(plain.at("file"), "x").unwrap();
    fs::set_permissions(plain.at("file"), fs::Permissions::from_mode(0o600)).unwrap();
    chown(plain.at("file"), Some(5), Some(70_000)).unwrap();
    let client = server.mount_as(|it| it.ids = Some(ids())).unwrap();
    let seen = fs::metadata(client.at("file")).unwrap();
    assert_eq!((seen.uid(), seen.gid()), (700_005, 765_534));
    assert_eq!(
        read_as(700_005, 700_005, &[], &client.at("file")),
        Some("x".into())
    );
    assert_eq!(read_as(700_006, 700_006, &[], &client.at("file")), None);
    // Its root owns what it makes, and this machine's is nobody there.
    fs::set_permissions(server.files(), fs::Permissions::from_mode(0o777)).unwrap();
    let made = Command::new("touch")
        .arg(client.at("made"))
        .uid(700_000)
        .gid(700_000)
        .status();
    assert!(made.unwrap().success());
    let made = fs::metadata(server.files().join("made")).unwrap();
    assert_eq!((made.uid(), made.gid()), (0, 0));
}
