//! Sealed files below loop devices, by the program that shows them. These need root, FUSE and loop devices.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use wharf_container::runtime::{LoopDevice, hold_unattached};
use wharf_sealed_file::{self as sealed_file, Program, Shown};

const PROGRAM: &str = env!("CARGO_BIN_EXE_wharf-shim");
const CANARY: &[u8] = b"the canary of a sealed volume, which lies nowhere in the clear";

fn program() -> Program {
    Program {
        path: PROGRAM.into(),
        group: None,
    }
}

struct Sealed {
    _dir: tempfile::TempDir,
    image: PathBuf,
    key: Vec<u8>,
}

impl Sealed {
    fn new(bytes: u64) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let image = dir.path().join("disk.img");
        sealed_file::seal(&image).unwrap();
        File::create(&image).unwrap().set_len(bytes).unwrap();
        let key = (0..64).map(|it| it * 3 + 1).collect();
        Self {
            _dir: dir,
            image,
            key,
        }
    }

    fn open(&self) -> io::Result<()> {
        sealed_file::open(&program(), &self.image, &self.key)
    }

    fn bind(&self) -> LoopDevice {
        LoopDevice::bind(&self.image).unwrap()
    }

    fn let_go(&self, device: LoopDevice) {
        device.let_go(&self.image).unwrap();
        until("its device is gone", || {
            LoopDevice::over(&self.image).unwrap().is_none()
        });
        sealed_file::hide(&self.image).unwrap();
        until("its program is gone", || {
            hold_unattached(&self.image).is_ok()
        });
    }

    /// The program that has it open.
    fn program(&self) -> i32 {
        let image = fs::canonicalize(&self.image).unwrap();
        let found = fs::read_dir("/proc").unwrap().filter_map(|it| {
            let folder = it.ok()?.path();
            let name = fs::read_to_string(folder.join("comm")).ok()?;
            let has = fs::read_dir(folder.join("fd")).ok()?.flatten();
            let mut has = has.map(|it| fs::read_link(it.path()).unwrap_or_default());
            (name.trim() == "sealed-file" && has.any(|it| it == image))
                .then(|| folder.file_name()?.to_str()?.parse().ok())?
        });
        let found: Vec<i32> = found.collect();
        assert_eq!(found.len(), 1);
        found[0]
    }

    fn kill(&self) {
        kill(Pid::from_raw(self.program()), Signal::SIGKILL).unwrap();
        until("it is broken", || {
            sealed_file::state(&self.image).unwrap() == Shown::Broken
        });
    }
}

impl Drop for Sealed {
    fn drop(&mut self) {
        if let Ok(Some(device)) = LoopDevice::over(&self.image) {
            let _ = device.let_go(&self.image);
        }
        let _ = sealed_file::hide(&self.image);
    }
}

fn until(what: &str, mut is: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !is() {
        assert!(Instant::now() < end, "{what}: it is not so");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn device(of: LoopDevice) -> File {
    File::options()
        .read(true)
        .write(true)
        .open(of.path())
        .unwrap()
}

fn lies_in(file: &Path) -> bool {
    let bytes = fs::read(file).unwrap();
    bytes.windows(CANARY.len()).any(|it| it == CANARY)
}

fn status(program: i32, line: &str) -> String {
    let all = fs::read_to_string(format!("/proc/{program}/status")).unwrap();
    let found = all.lines().find_map(|it| it.strip_prefix(line));
    found.unwrap().trim().to_owned()
}

#[test]
fn what_is_written_to_the_device_is_sealed_in_the_file_and_is_there_again() {
    let sealed = Sealed::new(8 << 20);
    assert_eq!(sealed_file::state(&sealed.image).unwrap(), Shown::No);
    sealed.open().unwrap();
    // Once more changes nothing.
    sealed.open().unwrap();
    assert_eq!(sealed_file::state(&sealed.image).unwrap(), Shown::Yes);
    let over = sealed.bind();
    // Nobody reads it for a snapshot as if nobody had it.
    assert!(hold_unattached(&sealed.image).is_err());
    let file = device(over);
    file.write_all_at(CANARY, 1_000_001).unwrap();
    file.write_all_at(&[5; 300_000], 4_000_000).unwrap();
    file.sync_all().unwrap();
    assert!(!lies_in(&sealed.image));
    drop(file);
    sealed.let_go(over);
    assert_eq!(sealed_file::state(&sealed.image).unwrap(), Shown::No);

    sealed.open().unwrap();
    let over = sealed.bind();
    let mut seen = vec![0; CANARY.len()];
    device(over).read_exact_at(&mut seen, 1_000_001).unwrap();
    assert_eq!(seen, CANARY);
    sealed.let_go(over);

    // Another key opens nothing of it.
    let other = Sealed {
        key: (0..64).collect(),
        _dir: tempfile::tempdir().unwrap(),
        image: sealed.image.clone(),
    };
    other.open().unwrap();
    let over = other.bind();
    device(over).read_exact_at(&mut seen, 1_000_001).unwrap();
    assert_ne!(seen, CANARY);
    other.let_go(over);
}

#[test]
fn it_grows_and_gives_back_what_is_discarded() {
    use std::os::unix::fs::MetadataExt as _;
    let sealed = Sealed::new(4 << 20);
    sealed.open().unwrap();
    let over = sealed.bind();
    let file = device(over);
    file.write_all_at(&vec![9; 4 << 20], 0).unwrap();
    file.sync_all().unwrap();
    let allocated = || fs::metadata(&sealed.image).unwrap().blocks() * 512;
    assert!(allocated() >= 4 << 20);
    let discarded = std::process::Command::new("blkdiscard")
        .args(["-f", "-o", "1048576", "-l", "2097152"])
        .arg(over.path())
        .status();
    assert!(discarded.unwrap().success());
    assert!(allocated() <= 2 << 20, "{}", allocated());
    let mut seen = vec![1; 4 << 20];
    device(over).read_exact_at(&mut seen, 0).unwrap();
    assert!(seen[1 << 20..3 << 20].iter().all(|it| *it == 0));
    assert!(
        seen[..1 << 20]
            .iter()
            .chain(&seen[3 << 20..])
            .all(|it| *it == 9)
    );

    let below = File::options().write(true).open(&sealed.image).unwrap();
    below.set_len(6 << 20).unwrap();
    over.grow(&sealed.image).unwrap();
    file.write_all_at(CANARY, 5 << 20).unwrap();
    file.sync_all().unwrap();
    assert!(!lies_in(&sealed.image));
    drop(file);
    sealed.let_go(over);
}

#[test]
fn what_was_synced_outlives_the_program_and_it_is_opened_anew() {
    let sealed = Sealed::new(4 << 20);
    sealed.open().unwrap();
    let over = sealed.bind();
    let file = device(over);
    file.write_all_at(CANARY, 8192).unwrap();
    file.sync_all().unwrap();
    sealed.kill();
    let refused = file
        .write_all_at(CANARY, 4096)
        .and_then(|()| file.sync_all());
    assert!(refused.is_err());
    assert_eq!(sealed_file::state(&sealed.image).unwrap(), Shown::Broken);
    drop(file);
    over.let_go(&sealed.image).unwrap();
    until("its device is gone", || {
        LoopDevice::over(&sealed.image).unwrap().is_none()
    });
    sealed.open().unwrap();
    let over = sealed.bind();
    let mut seen = vec![0; CANARY.len()];
    device(over).read_exact_at(&mut seen, 8192).unwrap();
    assert_eq!(seen, CANARY);
    sealed.let_go(over);
}

#[test]
fn its_program_may_do_nothing_else() {
    let sealed = Sealed::new(1 << 20);
    sealed.open().unwrap();
    let program = sealed.program();
    for (line, is) in [
        ("CapEff:", "0000000000000000"),
        ("CapBnd:", "0000000000000000"),
        ("NoNewPrivs:", "1"),
    ] {
        assert_eq!(status(program, line), is, "{line}");
    }
    assert!(!status(program, "Uid:").starts_with('0'));
    let threads = fs::read_dir(format!("/proc/{program}/task")).unwrap();
    let filtered = threads.flatten().filter(|it| {
        let text = fs::read_to_string(it.path().join("status")).unwrap();
        text.contains("Seccomp:\t2")
    });
    assert_eq!(filtered.count(), 4);
    let root = fs::read_dir(format!("/proc/{program}/root")).unwrap();
    assert_eq!(root.count(), 0);
    // Neither its arguments nor its environment tell of the key.
    let of = |file: &str| fs::read(format!("/proc/{program}/{file}")).unwrap();
    assert!(of("environ").is_empty());
    assert!(!of("cmdline").windows(4).any(|it| it == &sealed.key[..4]));
    assert!(sealed.open().is_ok());
    sealed_file::hide(&sealed.image).unwrap();
    until("it ends", || {
        !Path::new(&format!("/proc/{program}")).exists()
    });
}

#[test]
fn the_program_of_one_whose_file_is_gone_ends_too() {
    let sealed = Sealed::new(1 << 20);
    sealed.open().unwrap();
    let program = sealed.program();
    // In whose copy of the mounts it stays.
    let mut other = Command::new("unshare")
        .args(["-m", "--propagation", "private", "sleep", "1000"])
        .spawn()
        .unwrap();
    fs::remove_file(&sealed.image).unwrap();
    sealed_file::hide(&sealed.image).unwrap();
    until("it ends", || {
        !Path::new(&format!("/proc/{program}")).exists()
    });
    assert_eq!(sealed_file::state(&sealed.image).unwrap(), Shown::No);
    other.kill().unwrap();
    other.wait().unwrap();
}

#[test]
fn a_file_that_is_read_is_not_opened() {
    let sealed = Sealed::new(1 << 20);
    let read = hold_unattached(&sealed.image).unwrap();
    let busy = sealed.open().unwrap_err();
    assert_eq!(busy.kind(), io::ErrorKind::ResourceBusy);
    assert_eq!(sealed_file::state(&sealed.image).unwrap(), Shown::No);
    drop(read);
    let short = sealed_file::open(&program(), &sealed.image, &[1; 64]).unwrap_err();
    assert!(short.to_string().contains("halves"), "{short}");
    assert_eq!(sealed_file::state(&sealed.image).unwrap(), Shown::No);
    sealed.open().unwrap();
    sealed_file::hide(&sealed.image).unwrap();
}

#[test]
fn one_that_is_shown_and_not_used_is_held_as_it_is() {
    let sealed = Sealed::new(1 << 20);
    sealed.open().unwrap();
    let over = sealed.bind();
    device(over).write_all_at(CANARY, 4096).unwrap();
    over.let_go(&sealed.image).unwrap();
    until("its device is gone", || {
        LoopDevice::over(&sealed.image).unwrap().is_none()
    });
    let held = hold_unattached(&sealed.image).unwrap();
    let busy = LoopDevice::bind(&sealed.image).unwrap_err();
    assert_eq!(busy.kind(), io::ErrorKind::ResourceBusy);
    let mut seen = vec![0; CANARY.len()];
    held.read_exact_at(&mut seen, 4096).unwrap();
    assert!(seen != CANARY && seen.iter().any(|it| *it != 0));
    drop(held);
    let over = sealed.bind();
    device(over).read_exact_at(&mut seen, 4096).unwrap();
    assert_eq!(seen, CANARY);
    sealed.let_go(over);
}

/// As at the machine's end, when all are told to go and those who have the file still write to it.
#[test]
fn what_is_written_after_all_were_told_to_end_is_kept() {
    let name = format!("/wharf-sealed-{}", std::process::id());
    let group = wharf_cgroup::Hierarchies::detect().unwrap();
    let group = group.group(&name).unwrap();
    group.create(&wharf_cgroup::Limits::default()).unwrap();
    let sealed = Sealed::new(1 << 20);
    let apart = Program {
        group: Some(name),
        ..program()
    };
    sealed_file::open(&apart, &sealed.image, &sealed.key).unwrap();
    let number = sealed.program();
    assert_eq!(group.processes().unwrap(), [number]);
    let over = sealed.bind();
    let file = device(over);
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
        kill(Pid::from_raw(number), signal).unwrap();
    }
    file.write_all_at(CANARY, 8192).unwrap();
    file.sync_all().unwrap();
    drop(file);
    sealed.let_go(over);
    group.kill_and_remove().unwrap();
    sealed.open().unwrap();
    let over = sealed.bind();
    let mut seen = vec![0; CANARY.len()];
    device(over).read_exact_at(&mut seen, 8192).unwrap();
    assert_eq!(seen, CANARY);
    sealed.let_go(over);
}
