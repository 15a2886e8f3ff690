//! Our server with files on a sealed disk of their own, and what it keeps open of the host's.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    os::unix::{fs::MetadataExt as _, net::UnixStream},
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use nix::{
    fcntl::{FallocateFlags, fallocate},
    mount::{MntFlags, umount2},
    sys::{
        signal::{Signal, kill},
        statvfs::statvfs,
    },
    unistd::Pid,
};

use super::{
    bytes,
    ganesha::until,
    own::{ALL, Server},
};

const CANARY: &[u8] = b"the canary of a file system, which lies nowhere in the clear";

/// Processes of that name that have a file open.
fn programs(name: &str, open: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    let all = fs::read_dir("/proc").unwrap().flatten().map(|it| it.path());
    let is_it = |folder: &PathBuf| {
        let named = fs::read_to_string(folder.join("comm")).unwrap_or_default();
        let fds = fs::read_dir(folder.join("fd")).into_iter().flatten();
        let mut fds = fds.flatten().map(|it| it.path());
        named.trim() == name && fds.any(|fd| open(&fd))
    };
    all.filter(is_it).collect()
}

fn is(file: &Path) -> impl Fn(&Path) -> bool {
    let wanted = fs::metadata(file).unwrap();
    move |fd| {
        let found = fs::metadata(fd);
        found.is_ok_and(|it| (it.dev(), it.ino()) == (wanted.dev(), wanted.ino()))
    }
}

fn end(folder: &Path) {
    let number = folder.file_name().unwrap().to_str().unwrap();
    kill(Pid::from_raw(number.parse().unwrap()), Signal::SIGKILL).unwrap();
}

fn taken(image: &Path) -> u64 {
    fs::metadata(image).unwrap().blocks() * 512
}

fn lies_in(image: &Path) -> bool {
    let found = Command::new("grep")
        .args(["-aqF", str::from_utf8(CANARY).unwrap()])
        .arg(image)
        .status();
    match found.unwrap().code() {
        Some(0) => true,
        Some(1) => false,
        other => panic!("{} cannot be searched: {other:?}", image.display()),
    }
}

fn write(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
    File::open(path).unwrap().sync_all().unwrap();
}

#[test]
fn nothing_lies_in_the_clear_and_what_is_deleted_comes_back() {
    let server = Server::sealed();
    let client = server.mount();
    write(&client.at("canary"), &CANARY.repeat(1000));
    let (before, image) = (taken(&server.image()), server.image());
    assert!(!lies_in(&image) && lies_in(&image.with_extension("open")));
    write(&client.at("big"), &bytes(1, 48 << 20));
    assert!(taken(&image) >= before + (48 << 20));
    until("the size is known", || server.be(ALL).bytes >= 48 << 20);
    fs::remove_file(client.at("big")).unwrap();
    until("its room is there again", || {
        Command::new("sync").status().unwrap();
        taken(&image) < before + (16 << 20)
    });
    until("the size is known", || server.be(ALL).bytes < 1 << 20);
    let other = server.mount();
    assert_eq!(fs::read(other.at("canary")).unwrap(), CANARY.repeat(1000));
}

#[test]
fn who_writes_goes_on_when_the_programs_begin_anew() {
    let server = Server::sealed();
    let client = server.mount();
    let own = tempfile::tempdir().unwrap();
    // By a process of its own: one that is made while the server is away waits for it.
    let script = "n=0; while [ ! -e \"$1/stop\" ]; do n=$((n+1)); echo $n >> \"$0/log\"; sync \"$0/log\"; \
        echo $n > \"$1/new\"; mv \"$1/new\" \"$1/done\"; done";
    let mut writer = Command::new("sh")
        .args(["-ec", script])
        .arg(client.at(""))
        .arg(own.path())
        .spawn()
        .unwrap();
    let done = || {
        let text = fs::read_to_string(own.path().join("done")).unwrap_or_default();
        text.trim().parse().unwrap_or(0)
    };
    let goes_on = || {
        let before: u32 = done();
        until("more is written", || done() > before + 2);
    };
    goes_on();
    let image = server.image();
    for program in ["sealed-file", "file-server", "sealed-file"] {
        let found = programs(program, is(&image));
        assert_eq!(found.len(), 1, "{program}");
        end(&found[0]);
        // The server ends by itself when its disk fails.
        until("the server has ended", || {
            UnixStream::connect(server.socket()).is_err()
        });
        server.begin(ALL);
        goes_on();
    }
    File::create(own.path().join("stop")).unwrap();
    assert!(writer.wait().unwrap().success());
    let log = fs::read_to_string(client.at("log")).unwrap();
    let numbers: Vec<u32> = log.lines().map(|it| it.parse().unwrap()).collect();
    assert_eq!(numbers, (1..=done()).collect::<Vec<_>>());
}

/// A disk of the host's that is mounted at a folder.
struct Small(PathBuf);

impl Small {
    /// `image`: of its own, which is made.
    fn at(folder: &Path, image: &Path) -> Self {
        File::create(image).unwrap().set_len(700 << 20).unwrap();
        let mut made = Command::new("mkfs.ext4");
        let made = made.args(["-qF", "-m", "0"]).arg(image).status();
        assert!(made.unwrap().success());
        let mut mount = Command::new("mount");
        let mounted = mount.args(["-o", "loop"]).arg(image).arg(folder).status();
        assert!(mounted.unwrap().success());
        Self(folder.to_owned())
    }

    fn fill(&self) {
        let room = statvfs(&self.0).unwrap();
        let bytes = room.blocks_available() * room.fragment_size();
        let file = File::create(self.0.join("filler")).unwrap();
        // What is written meanwhile comes first.
        let tries = (0..64).map(|it| bytes.saturating_sub(it << 20));
        let mut tries = tries.map(|it| i64::try_from(it).unwrap());
        assert!(tries.any(|it| fallocate(&file, FallocateFlags::empty(), 0, it).is_ok()));
    }

    fn empty(&self) {
        fs::remove_file(self.0.join("filler")).unwrap();
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = umount2(&self.0, MntFlags::MNT_DETACH);
        let _ = self.0.parent().map(fs::remove_dir_all);
    }
}

/// What the kernel took and could not write is sent again: nobody hears that it is there.
#[test]
fn who_fills_the_host_takes_nothing_that_was_synced() {
    let (below, own) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut host = None;
    let server =
        Server::sealed_in(|folder| host = Some(Small::at(folder, &below.path().join("host.img"))));
    let host = host.as_ref().unwrap();
    let client = server.mount();
    let script = "n=0; while [ ! -e \"$1/stop\" ]; do n=$((n+1)); \
        if yes $n | head -c 1000000 > \"$0/$n\" && sync \"$0/$n\"; then echo $n >> \"$1/done\"; fi; \
        rm -f \"$0/$((n-40))\"; done 2> /dev/null";
    let mut writer = Command::new("sh")
        .args(["-c", script])
        .arg(client.at(""))
        .arg(own.path())
        .spawn()
        .unwrap();
    let done = || -> Vec<u32> {
        let text = fs::read_to_string(own.path().join("done")).unwrap_or_default();
        text.lines().map(|it| it.parse().unwrap()).collect()
    };
    let goes_on = || {
        let before = done().len();
        until("more is written", || done().len() > before + 3);
    };
    goes_on();
    until("the server has ended, of what could not be written", || {
        host.fill();
        let end = Instant::now() + Duration::from_secs(1);
        let mut has_ended = false;
        while !has_ended && Instant::now() < end {
            thread::sleep(Duration::from_millis(5));
            has_ended = UnixStream::connect(server.socket()).is_err();
        }
        host.empty();
        has_ended
    });
    server.begin(ALL);
    goes_on();
    File::create(own.path().join("stop")).unwrap();
    assert!(writer.wait().unwrap().success());
    let (other, done) = (server.mount(), done());
    let last = done.last().unwrap();
    for number in done.iter().filter(|it| *it + 39 > *last) {
        let line = format!("{number}\n");
        let found = fs::read(other.at(&number.to_string())).unwrap();
        let wanted = line.bytes().cycle().take(1_000_000);
        assert!(found.iter().copied().eq(wanted), "{number}");
    }
}

/// Whoever takes the program over has nothing by which files of the host are found.
#[test]
fn a_server_has_nothing_open_but_its_own() {
    for server in [Server::new(ALL), Server::sealed()] {
        let client = server.mount();
        write(&client.at("file"), b"there");
        let lock = server.folder().join("lock");
        let kept = if lock.exists() { lock } else { server.image() };
        let found = programs("file-server", is(&kept));
        assert_eq!(found.len(), 1);
        let mounts = fs::read_to_string(found[0].join("mountinfo")).unwrap();
        assert_eq!(mounts.lines().count(), 1, "{mounts}");
        let own: BTreeSet<&str> = mounts
            .lines()
            .filter_map(|it| it.split(' ').next())
            .collect();
        for fd in fs::read_dir(found[0].join("fd")).unwrap().flatten() {
            let Ok(it) = fs::metadata(fd.path()) else {
                continue;
            };
            let info = found[0].join("fdinfo").join(fd.file_name());
            let info = fs::read_to_string(info).unwrap();
            let line = |name| {
                info.lines()
                    .find_map(|it| it.strip_prefix(name))
                    .unwrap()
                    .trim()
            };
            let is_own = own.contains(line("mnt_id:"));
            assert!(!it.is_dir() || is_own, "a folder of the host's: {info}");
            let flags = u32::from_str_radix(line("flags:"), 8).unwrap();
            let is_name = flags & libc::O_PATH.cast_unsigned() != 0;
            let is_lock = !server.image().exists() && it.len() == 0;
            assert!(
                !it.is_file() || is_own || is_name || is_lock,
                "a file: {info}"
            );
        }
    }
}
