//! What goes wrong, and by which number.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::{FileExt as _, PermissionsExt as _, symlink},
    time::{Duration, Instant},
};

use nix::sys::stat::{Mode, SFlag, mknod};

use super::ganesha::{Server, until};

fn number<T>(result: io::Result<T>) -> i32 {
    result.map_or_else(|it| it.raw_os_error().unwrap(), |_| 0)
}

#[test]
fn error_numbers_are_those_of_a_disk() {
    let server = Server::new();
    let client = server.mount();
    let at = |name: &str| client.at(name);
    fs::create_dir(at("folder")).unwrap();
    fs::create_dir(at("folder/full")).unwrap();
    fs::write(at("folder/full/file"), b"x").unwrap();
    fs::write(at("file"), b"x").unwrap();
    symlink("loop", at("loop")).unwrap();
    let long = "n".repeat(256);
    let read_only = File::open(at("file")).unwrap();
    let device = mknod(&at("file"), SFlag::S_IFIFO, Mode::empty(), 0);
    for (what, error, awaited) in [
        ("open", number(File::open(at("none"))), libc::ENOENT),
        ("below", number(File::open(at("none/file"))), libc::ENOENT),
        ("of file", number(File::open(at("file/x"))), libc::ENOTDIR),
        ("loop", number(File::open(at("loop"))), libc::ELOOP),
        ("long", number(File::create(at(&long))), libc::ENAMETOOLONG),
        ("new", number(File::create_new(at("file"))), libc::EEXIST),
        ("mkdir", number(fs::create_dir(at("folder"))), libc::EEXIST),
        ("mkdir", number(fs::create_dir(at("file"))), libc::EEXIST),
        ("below", number(fs::create_dir(at("none/x"))), libc::ENOENT),
        ("link", number(symlink("x", at("file"))), libc::EEXIST),
        (
            "node",
            device.map_or_else(|it| it as i32, |()| 0),
            libc::EEXIST,
        ),
        (
            "hard",
            number(fs::hard_link(at("file"), at("loop"))),
            libc::EEXIST,
        ),
        (
            "hard",
            number(fs::hard_link(at("folder"), at("x"))),
            libc::EPERM,
        ),
        (
            "rmdir",
            number(fs::remove_dir(at("folder/full"))),
            libc::ENOTEMPTY,
        ),
        ("rmdir", number(fs::remove_dir(at("file"))), libc::ENOTDIR),
        ("rmdir", number(fs::remove_dir(at("none"))), libc::ENOENT),
        (
            "unlink",
            number(fs::remove_file(at("folder"))),
            libc::EISDIR,
        ),
        ("unlink", number(fs::remove_file(at("none"))), libc::ENOENT),
        (
            "write",
            number(OpenOptions::new().write(true).open(at("folder"))),
            libc::EISDIR,
        ),
        (
            "rename",
            number(fs::rename(at("none"), at("x"))),
            libc::ENOENT,
        ),
        (
            "rename",
            number(fs::rename(at("file"), at("folder"))),
            libc::EISDIR,
        ),
        (
            "rename",
            number(fs::rename(at("folder"), at("file"))),
            libc::ENOTDIR,
        ),
        (
            "rename",
            number(fs::rename(at("folder"), at("folder/full/x"))),
            libc::EINVAL,
        ),
        (
            "out",
            number(fs::rename(at("file"), "/proc/x")),
            libc::EXDEV,
        ),
        ("closed", number(read_only.write_at(b"x", 0)), libc::EBADF),
        ("readlink", number(fs::read_link(at("file"))), libc::EINVAL),
    ] {
        assert_eq!(error, awaited, "{what}");
    }
    assert_eq!(fs::read(at("file")).unwrap(), b"x");
    fs::set_permissions(at("file"), fs::Permissions::from_mode(0o640)).unwrap();
    let mode = fs::metadata(at("file")).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o640);
}

#[test]
fn what_cannot_be_mounted_says_why() {
    let server = Server::new();
    let client = server.mount();
    fs::create_dir(client.at("folder")).unwrap();
    fs::write(client.at("folder/file"), b"below").unwrap();
    let below = server
        .mount_as(|it| it.root = "/folder/".to_owned())
        .unwrap();
    assert_eq!(fs::read(below.at("file")).unwrap(), b"below");
    let read_only = server.mount_as(|it| it.read_only = true).unwrap();
    let error = File::create(read_only.at("x")).unwrap_err();
    assert_eq!(error.raw_os_error(), Some(libc::EROFS));
    for (root, why) in [
        ("/none", "No such file or directory"),
        ("/folder/file", "Not a directory"),
    ] {
        let mounted = server.mount_as(|it| it.root = root.to_owned());
        let error = mounted.map(drop).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
    let begun = Instant::now();
    let mounted = server.mount_as(|it| it.port = 2);
    let error = mounted.map(drop).unwrap_err().to_string();
    assert!(error.contains("refused"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(40));
}

#[test]
fn a_program_that_is_killed_leaves_errors_and_one_that_nobody_needs_ends() {
    let server = Server::new();
    let mut client = server.mount();
    let mut file = File::create(client.at("file")).unwrap();
    io::Write::write_all(&mut file, b"before").unwrap();
    file.sync_all().unwrap();
    client.kill();
    until("it is killed", || client.has_ended());
    for error in [
        number(file.write_at(b"x", 0)),
        number(fs::read(client.at("file"))),
        number(fs::read_dir(client.path())),
    ] {
        // The first where the kernel had asked already.
        assert!(
            [libc::ECONNABORTED, libc::ENOTCONN].contains(&error),
            "{error}"
        );
    }
    drop(file);
    client.unmount();
    let mut next = server.mount();
    assert_eq!(fs::read(next.at("file")).unwrap(), b"before");
    assert!(!next.has_ended());
    next.unmount();
    until("it ends", || next.has_ended());
}
