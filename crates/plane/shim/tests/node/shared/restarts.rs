//! A server that is killed and begins anew.

use std::{
    fs::{self, File, OpenOptions},
    io::Write as _,
    os::unix::fs::FileExt as _,
    sync::atomic::{AtomicUsize, Ordering},
};

use super::{
    bytes,
    ganesha::{Server, lock, until},
};

const FILES: usize = 300;

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
