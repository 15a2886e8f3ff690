//! A server that is killed and begins anew.

use std::{
    fs::{self, File, OpenOptions},
    io::Write as _,
    os::unix::fs::FileExt as _,
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::{
    bytes,
    ganesha::{Server, lock, until},
};

const FILES: usize = 200;

#[test]
fn a_copy_goes_on_and_nothing_that_was_synced_is_lost() {
    let server = Server::new();
    let client = server.mount();
    let other = server.mount();
    let kept = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .open(client.at("kept"))
        .unwrap();
    assert!(lock(&kept, libc::F_WRLCK, 0, 10));
    kept.write_all_at(b"before", 0).unwrap();
    let synced = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let copying = scope.spawn(|| {
            for file in 0..FILES {
                let folder = client.at(&format!("{}", file / 10));
                if file % 10 == 0 {
                    fs::create_dir(&folder).unwrap();
                }
                let path = folder.join(format!("{file}"));
                let mut copy = File::create_new(&path).unwrap();
                for part in bytes(file, 50_000).chunks(7_000) {
                    copy.write_all(part).unwrap();
                }
                copy.sync_all().unwrap();
                drop(copy);
                fs::rename(&path, folder.join(format!("{file} done"))).unwrap();
                synced.store(file + 1, Ordering::Release);
            }
        });
        for at in [FILES / 4, FILES / 2] {
            until("some are copied", || {
                synced.load(Ordering::Acquire) >= at || copying.is_finished()
            });
            server.kill();
            server.start();
        }
    });
    for file in 0..FILES {
        let path = format!("{}/{file} done", file / 10);
        assert_eq!(
            fs::read(server.files().join(&path)).unwrap(),
            bytes(file, 50_000),
            "{path}"
        );
    }
    // What was open and locked is so still.
    kept.write_all_at(b"after", 6).unwrap();
    kept.sync_all().unwrap();
    assert_eq!(
        fs::read(server.files().join("kept")).unwrap(),
        b"beforeafter"
    );
    let theirs = OpenOptions::new()
        .read(true)
        .write(true)
        .open(other.at("kept"))
        .unwrap();
    assert!(!lock(&theirs, libc::F_WRLCK, 5, 1));
    assert!(lock(&kept, libc::F_UNLCK, 0, 10));
    assert!(lock(&theirs, libc::F_WRLCK, 5, 1));
}

#[test]
fn a_client_that_was_silent_for_too_long_goes_on_but_for_what_it_had_locked() {
    let server = Server::new();
    let client = server.mount();
    let open = |name| {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(true);
        options.open(client.at(name)).unwrap()
    };
    let (plain, locked) = (open("plain"), open("locked"));
    plain.write_all_at(b"before", 0).unwrap();
    assert!(lock(&locked, libc::F_WRLCK, 0, 0));
    let other = server.mount();
    let theirs = File::options()
        .write(true)
        .open(other.at("locked"))
        .unwrap();
    client.stop();
    // Its lease ends, and with it its lock.
    until("its lock is had", || lock(&theirs, libc::F_WRLCK, 0, 0));
    theirs.write_all_at(b"theirs", 0).unwrap();
    client.go_on();
    plain.write_all_at(b"after", 6).unwrap();
    plain.sync_all().unwrap();
    assert_eq!(
        fs::read(server.files().join("plain")).unwrap(),
        b"beforeafter"
    );
    // It must not write over what it does not know.
    let error = locked.write_all_at(b"mine", 0).unwrap_err();
    assert_eq!(error.raw_os_error(), Some(libc::EIO));
    drop((locked, theirs));
    assert_eq!(fs::read(client.at("locked")).unwrap(), b"theirs");
}

#[test]
fn who_is_sent_a_signal_need_not_wait_for_a_server_that_is_away() {
    let server = Server::new();
    let client = server.mount();
    fs::write(client.at("file"), b"there").unwrap();
    server.kill();
    // More than are asked for at a time.
    let cat = |it| Command::new("cat").arg(client.at(&format!("{it}"))).spawn();
    let waiting: Vec<_> = (0..40).map(|it| cat(it).unwrap()).collect();
    until("they wait", || {
        waiting.iter().all(|it| {
            let waits = fs::read_to_string(format!("/proc/{}/wchan", it.id()));
            waits.is_ok_and(|it| it.contains("request_wait"))
        })
    });
    for mut each in waiting {
        kill(
            Pid::from_raw(each.id().try_into().unwrap()),
            Signal::SIGTERM,
        )
        .unwrap();
        assert!(!each.wait().unwrap().success());
    }
    server.start();
    assert_eq!(fs::read(client.at("file")).unwrap(), b"there");
    // And nothing is in the way of those that come after.
    fs::write(client.at("file"), b"again").unwrap();
    assert_eq!(fs::read(server.files().join("file")).unwrap(), b"again");
}
