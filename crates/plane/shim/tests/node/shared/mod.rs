//! A server's files as a task sees them, with a server that is not ours. These need root, FUSE and `ganesha.nfsd`.

mod errors;
mod ganesha;
mod lost;
mod on_disk;
mod own;
mod owners;
mod restarts;

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Seek as _, Write as _},
    os::unix::fs::{FileExt as _, MetadataExt as _, symlink},
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use self::ganesha::{Server, lock, until};

fn bytes(of: usize, length: usize) -> Vec<u8> {
    let each = (0..length).map(|it| (it * 31 + of * 7 + it / 251) % 251);
    each.map(|it| u8::try_from(it).unwrap()).collect()
}

fn is_same(left: &Path, right: &Path) -> bool {
    let compared = std::process::Command::new("diff")
        .args(["-r", "--no-dereference"])
        .args([left, right])
        .output()
        .unwrap();
    assert!(compared.stdout.is_empty(), "{compared:?}");
    compared.status.success()
}

fn cp(from: &Path, to: &Path) {
    let copied = std::process::Command::new("cp")
        .arg("-a")
        .args([from, to])
        .output()
        .unwrap();
    assert!(copied.status.success(), "{copied:?}");
}

#[test]
fn a_tree_is_copied_in_and_is_the_same() {
    let server = Server::new();
    let client = server.mount();
    assert_eq!(fs::read_dir(client.path()).unwrap().count(), 0);
    let own = tempfile::tempdir().unwrap();
    for folder in 0..12 {
        let folder_path = own.path().join(format!("folder {folder}/ä"));
        fs::create_dir_all(&folder_path).unwrap();
        for file in 0..100 {
            let length = (folder * 100 + file) * 13 % 9000;
            fs::write(folder_path.join(format!("{file}")), bytes(file, length)).unwrap();
        }
        symlink("ä/7", own.path().join(format!("folder {folder}/link"))).unwrap();
    }
    fs::write(own.path().join("large"), bytes(3, 9_000_001)).unwrap();
    cp(own.path(), &client.at("copy"));
    assert!(is_same(own.path(), &server.files().join("copy")));
    // Read through another, which has nothing in memory.
    let other = server.mount();
    assert!(is_same(own.path(), &other.at("copy")));
    let names = fs::read_dir(client.at("copy/folder 3/ä")).unwrap();
    assert_eq!(names.count(), 100);
    assert_eq!(
        fs::read_link(client.at("copy/folder 3/link")).unwrap(),
        Path::new("ä/7")
    );
    let copied = fs::metadata(client.at("copy/large")).unwrap();
    let original = fs::metadata(own.path().join("large")).unwrap();
    assert_eq!(
        (
            copied.mtime(),
            copied.mtime_nsec(),
            copied.mode(),
            copied.len()
        ),
        (
            original.mtime(),
            original.mtime_nsec(),
            original.mode(),
            original.len()
        )
    );
    fs::remove_dir_all(client.at("copy")).unwrap();
    assert_eq!(fs::read_dir(server.files()).unwrap().count(), 0);
    assert_eq!(fs::read_dir(other.path()).unwrap().count(), 0);
}

#[test]
fn names_and_sizes() {
    let server = Server::new();
    let client = server.mount();
    let (old, new) = (client.at("old"), client.at("new"));
    fs::write(&old, b"old").unwrap();
    fs::write(&new, b"the new one").unwrap();
    let mut open = OpenOptions::new()
        .read(true)
        .write(true)
        .open(&new)
        .unwrap();
    fs::rename(&old, &new).unwrap();
    assert_eq!(fs::read(&new).unwrap(), b"old");
    assert!(!old.exists());
    // The one that was replaced goes on for who has it open, and goes when it is closed.
    let mut text = String::new();
    open.read_to_string(&mut text).unwrap();
    assert_eq!(text, "the new one");
    open.write_all(b", still").unwrap();
    open.sync_all().unwrap();
    open.rewind().unwrap();
    text.clear();
    open.read_to_string(&mut text).unwrap();
    assert_eq!(text, "the new one, still");
    fs::remove_file(&new).unwrap();
    drop(open);
    until("nothing is left", || {
        fs::read_dir(server.files()).unwrap().count() == 0
    });

    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .open(&new)
        .unwrap();
    fs::remove_file(&new).unwrap();
    file.write_all_at(&bytes(1, 100_000), 5).unwrap();
    file.set_len(50_000).unwrap();
    let mut seen = vec![0; 50_000];
    file.read_exact_at(&mut seen, 0).unwrap();
    assert_eq!(seen[5..], bytes(1, 49_995));
    assert_eq!(file.metadata().unwrap().len(), 50_000);
    assert!(file.read_exact_at(&mut seen, 1).is_err());
    drop(file);

    fs::write(&new, bytes(2, 10_000)).unwrap();
    fs::hard_link(&new, &old).unwrap();
    assert_eq!(fs::metadata(&old).unwrap().nlink(), 2);
    assert_eq!(
        fs::metadata(&old).unwrap().ino(),
        fs::metadata(&new).unwrap().ino()
    );
    fs::remove_file(&new).unwrap();
    assert_eq!(fs::read(&old).unwrap(), bytes(2, 10_000));
    nix::unistd::mkfifo(
        &client.at("fifo"),
        nix::sys::stat::Mode::from_bits_truncate(0o600),
    )
    .unwrap();
    let kind = fs::symlink_metadata(client.at("fifo")).unwrap().mode() & libc::S_IFMT;
    assert_eq!(kind, libc::S_IFIFO);
    let room = nix::sys::statvfs::statvfs(client.path()).unwrap();
    assert!(room.blocks() > room.blocks_available() && room.blocks_available() > 0);
}

#[test]
fn one_of_two_makes_a_new_file_and_each_sees_what_the_other_closed() {
    let server = Server::new();
    let (one, two) = (server.mount(), server.mount());
    for round in 0..20 {
        let name = format!("new {round}");
        let made = std::thread::scope(|scope| {
            let both = [&one, &two].map(|client| {
                let path = client.at(&name);
                scope.spawn(move || File::create_new(path))
            });
            both.map(|it| it.join().unwrap())
        });
        assert_eq!(made.iter().filter(|it| it.is_ok()).count(), 1);
        let failed = made.into_iter().find_map(Result::err).unwrap();
        assert_eq!(failed.kind(), io::ErrorKind::AlreadyExists);
    }
    // Close to open, also of a file that both had in memory.
    for round in 0..20 {
        fs::write(one.at("file"), bytes(round, 1000 * round)).unwrap();
        assert_eq!(
            fs::read(two.at("file")).unwrap(),
            bytes(round, 1000 * round)
        );
        fs::write(two.at("file"), bytes(round + 1, 1000 * round)).unwrap();
        assert_eq!(
            fs::read(one.at("file")).unwrap(),
            bytes(round + 1, 1000 * round)
        );
    }
}

#[test]
fn locks_hold_across_clients_and_what_is_appended_under_them_is_whole() {
    let server = Server::new();
    let (one, two) = (server.mount(), server.mount());
    let open = |path| {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        options.open(path).unwrap()
    };
    let (mine, theirs) = (open(one.at("file")), open(two.at("file")));
    assert!(lock(&mine, libc::F_WRLCK, 0, 100));
    assert!(!lock(&theirs, libc::F_WRLCK, 50, 100));
    assert!(!lock(&theirs, libc::F_RDLCK, 99, 1));
    assert!(lock(&theirs, libc::F_WRLCK, 100, 0));
    assert!(lock(&mine, libc::F_UNLCK, 50, 50));
    assert!(lock(&theirs, libc::F_RDLCK, 50, 50));
    assert!(lock(&theirs, libc::F_UNLCK, 0, 0));
    // What closes lets go, in a moment.
    drop(mine);
    until("it is let go", || lock(&theirs, libc::F_WRLCK, 0, 0));
    drop(theirs);

    // Whole files, and one who waits.
    let (mine, theirs) = (open(one.at("file")), open(two.at("file")));
    mine.lock().unwrap();
    assert!(matches!(
        theirs.try_lock(),
        Err(fs::TryLockError::WouldBlock)
    ));
    let had = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            theirs.lock().unwrap();
            had.store(true, Ordering::Release);
        });
        std::thread::sleep(std::time::Duration::from_millis(300));
        assert!(!had.load(Ordering::Acquire));
        mine.unlock().unwrap();
    });
    assert!(mine.try_lock_shared().is_err());
    // One who waits is told of a signal.
    let mut waiting = std::process::Command::new("flock")
        .arg(one.at("file"))
        .arg("true")
        .spawn()
        .unwrap();
    let waits = format!("/proc/{}/wchan", waiting.id());
    until("it waits", || {
        fs::read_to_string(&waits).is_ok_and(|it| it.contains("request_wait"))
    });
    let process = nix::unistd::Pid::from_raw(waiting.id().try_into().unwrap());
    nix::sys::signal::kill(process, nix::sys::signal::Signal::SIGTERM).unwrap();
    assert!(!waiting.wait().unwrap().success());
    theirs.unlock().unwrap();
    mine.try_lock_shared().unwrap();
    theirs.try_lock_shared().unwrap();
    drop((mine, theirs));

    std::thread::scope(|scope| {
        for (who, client) in [&one, &two].into_iter().enumerate() {
            scope.spawn(move || {
                for round in 0..50 {
                    let mut file = OpenOptions::new()
                        .append(true)
                        .create(true)
                        .open(client.at("log"))
                        .unwrap();
                    file.lock().unwrap();
                    writeln!(file, "{who} {round:04}").unwrap();
                    file.unlock().unwrap();
                }
            });
        }
    });
    let log = fs::read_to_string(server.files().join("log")).unwrap();
    assert_eq!(log.lines().count(), 100);
    for who in 0..2 {
        let of_one = log.lines().filter(|it| it.starts_with(&format!("{who} ")));
        let rounds: Vec<_> = of_one.map(|it| it[2..].parse::<u32>().unwrap()).collect();
        assert_eq!(rounds, (0..50).collect::<Vec<_>>());
    }
}
