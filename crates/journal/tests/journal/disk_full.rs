//! A disk without room: a file system of a few megabytes that only this test's threads see.

use std::{fs, io::Write, path::Path};

use nix::{
    mount::{MsFlags, mount},
    sched::{CloneFlags, unshare},
};
use wharf_journal::{Journal, JournalError, JournalOptions};

use crate::{all, small};

/// Runs `test` with a tmpfs of `bytes` at a folder. The mount lives in a namespace of the thread's
/// own and goes with it. Needs root, as wharf itself does.
fn on_a_small_disk<F: Future<Output = ()>>(
    bytes: u64,
    test: impl FnOnce(std::path::PathBuf) -> F + Send + 'static,
) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_owned();
    let run = move || {
        unshare(CloneFlags::CLONE_NEWNS).expect("a mount namespace (root)");
        let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
        mount(None::<&str>, "/", None::<&str>, private, None::<&str>).unwrap();
        let size = format!("size={bytes}");
        mount(
            Some("tmpfs"),
            &path,
            Some("tmpfs"),
            MsFlags::empty(),
            Some(size.as_str()),
        )
        .unwrap();
        // Its threads are children of this one and so live in the same namespace.
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(test(path));
    };
    std::thread::spawn(run).join().unwrap();
}

/// Takes all the room there is.
fn fill(dir: &Path) -> std::path::PathBuf {
    let path = dir.join("filler");
    let mut bytes = vec![1; 1 << 20];
    while !bytes.is_empty() {
        let mut file = fs::File::options()
            .create(true)
            .append(true)
            .open(&path)
            .unwrap();
        if file.write_all(&bytes).is_err() {
            bytes.truncate(bytes.len() / 2);
        }
    }
    path
}

#[test]
fn appends_fail_cleanly_and_succeed_once_there_is_room() {
    on_a_small_disk(8 << 20, async |dir| {
        let folder = dir.join("journal");
        let options = || JournalOptions {
            segment_bytes: 256 << 10,
            ..JournalOptions::default()
        };
        let journal = Journal::open(&folder, options()).unwrap();
        let filler = fill(&dir);
        let line = |n: u64| format!("{n:<3000}");
        let mut end = 0;
        let error = loop {
            // The room made beforehand is used up first.
            match journal.append("s", &[line(end)]).await {
                Ok(first) => end = first + 1,
                Err(error) => break error,
            }
        };
        assert_eq!(
            error,
            JournalError::DiskFull {
                dir: folder.clone(),
                cause: wharf_base::NoRoom,
            }
        );
        assert!(journal.append("new", &["x".repeat(300_000)]).await.is_err());
        assert_eq!((journal.end("s"), journal.stream("new")), (end, None));
        let expected: Vec<_> = (0..end).map(|n| (n, line(n))).collect();
        assert_eq!(all(&journal, "s").await, expected);
        // Opens as it is, too.
        journal.close().await;
        let journal = Journal::open(&folder, options()).unwrap();
        assert_eq!(all(&journal, "s").await, expected);
        fs::remove_file(filler).unwrap();
        assert_eq!(
            journal.append("s", &[line(end), line(end + 1)]).await,
            Ok(end)
        );
        journal.close().await;
        let journal = Journal::open(&folder, options()).unwrap();
        assert_eq!(journal.end("s"), end + 2);
    });
}

/// A stream that is trimmed as it grows needs little room for ever.
#[test]
fn trimmed_room_is_used_again() {
    on_a_small_disk(4 << 20, async |dir| {
        let journal = Journal::open(&dir, small()).unwrap();
        for n in 0..4000u64 {
            journal.append("s", &["x".repeat(4000)]).await.unwrap();
            journal.trim("s", n.saturating_sub(20)).await.unwrap();
        }
        journal.close().await;
        let journal = Journal::open(&dir, small()).unwrap();
        assert_eq!(journal.end("s"), 4000);
    });
}
