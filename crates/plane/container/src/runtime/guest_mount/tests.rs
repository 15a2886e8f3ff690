//! Devices that containers mount. Needs root, loop devices and ext4.

use std::{
    io::Read,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
        mpsc::{self, TryRecvError},
    },
};

use super::{super::device::mounts_of, *};

/// The container has the file `own`, until the check, which does something else first.
struct Given<T> {
    own: PathBuf,
    check: T,
}

impl<T: Fn(u32) -> io::Result<()> + Send + Sync> Mountable for Given<T> {
    fn is_given(&self, device: u32) -> bool {
        LoopDevice::file(device).is_ok_and(|it| it == self.own)
    }

    fn check(&self, device: &Path) -> io::Result<()> {
        let number = fstat(File::open(device)?)?.st_rdev;
        (self.check)(loop_number(number).unwrap())
    }
}

fn file_system(path: PathBuf) -> PathBuf {
    File::create(&path).unwrap().set_len(64 << 20).unwrap();
    let made = Command::new("mkfs.ext4").args(["-qF"]).arg(&path).status();
    assert!(made.unwrap().success());
    path
}

fn mount_given(number: u32, given: &dyn Mountable, wanted: &Wanted) -> io::Result<Option<OwnedFd>> {
    let device = checked(number, given)?;
    let mount = device.map(|it| mounted(&it, number, wanted));
    mount.transpose()
}

/// Needs root and loop devices.
#[test]
fn a_device_that_is_let_go_meanwhile_is_not_mixed_up_with_the_next() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().canonicalize().unwrap();
    let own = file_system(dir.join("own.img"));
    let other = file_system(dir.join("other.img"));
    let device = LoopDevice::bind(&own).unwrap();
    let next = OnceLock::new();
    let given = Given {
        own: own.clone(),
        check: |_| {
            device.let_go(&own)?;
            next.set(LoopDevice::bind(&other)?).unwrap();
            Ok(())
        },
    };
    let mount = mount_given(device.number, &given, &Wanted::default()).unwrap();
    let next = next.get().unwrap();
    assert_ne!(next.number, device.number);
    next.let_go(&other).unwrap();
    let mount = mount.unwrap();
    let mounted = fstat(&mount).unwrap().st_dev;
    assert_eq!(
        LoopDevice::file(loop_number(mounted).unwrap()).unwrap(),
        own
    );
    // One that is over another's file is none of the container's.
    let next = LoopDevice::bind(&other).unwrap();
    let none = mount_given(next.number, &given, &Wanted::default()).unwrap();
    assert!(none.is_none());
    next.let_go(&other).unwrap();
}

/// Needs root and loop devices.
#[test]
fn a_device_that_a_program_has_is_not_taken_for_a_mounted_one() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().canonicalize().unwrap();
    let own = file_system(dir.join("own.img"));
    let device = LoopDevice::bind(&own).unwrap();
    let checks = AtomicU32::new(0);
    let given = Given {
        own: own.clone(),
        check: |_| {
            checks.fetch_add(1, Ordering::Relaxed);
            Ok(())
        },
    };
    let mounted = || mount_given(device.number, &given, &Wanted::default());
    let mut exclusive = OpenOptions::new();
    exclusive.read(true).custom_flags(libc::O_EXCL);
    let held = exclusive.open(device.path()).unwrap();
    let busy = mounted().unwrap_err();
    assert_eq!(busy.kind(), io::ErrorKind::ResourceBusy);
    drop(held);
    let mount = mounted().unwrap();
    // It is there already.
    drop(mounted().unwrap());
    assert_eq!(checks.load(Ordering::Relaxed), 1);
    drop(mount);
    device.let_go(&own).unwrap();
}

/// A process in a mount namespace of its own, which ends with this.
struct Elsewhere(Child);

impl Elsewhere {
    fn begin() -> Self {
        let mut shell = Command::new("unshare");
        shell.args(["--mount", "sh", "-c", "echo there; read end"]);
        let mut shell = shell
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = [0; 6];
        shell.stdout.take().unwrap().read_exact(&mut said).unwrap();
        Self(shell)
    }

    fn caller(&self) -> Caller {
        let folder = Path::new("/proc").join(self.0.id().to_string());
        let open = |name: &str| File::open(folder.join(name)).unwrap();
        Caller {
            memory: open("mem"),
            root: open("root"),
            current: open("cwd"),
            mounts: open("ns/mnt"),
            user: open("ns/user"),
        }
    }

    fn unmount(&self, place: &Path) -> Output {
        let mut unmount = Command::new("nsenter");
        unmount.args(["--mount", "--target", &self.0.id().to_string(), "umount"]);
        unmount.arg(place).output().unwrap()
    }

    fn mounts(&self, device: u32) -> usize {
        let mounts = fs::read(format!("/proc/{}/mountinfo", self.0.id())).unwrap();
        mounts_of(&mounts, (7, device.into())).len()
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Needs root and loop devices.
#[test]
fn nothing_holds_what_was_mounted_and_only_that_is_taken_back() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().canonicalize().unwrap();
    let own = file_system(dir.join("own.img"));
    let place = dir.join("place");
    fs::create_dir(&place).unwrap();
    let target = CString::new(place.as_os_str().as_bytes()).unwrap();
    let device = LoopDevice::bind(&own).unwrap();
    let given = Given {
        own: own.clone(),
        check: |_| Ok(()),
    };
    let elsewhere = Elsewhere::begin();
    let attach = || {
        let open = checked(device.number, &given).unwrap().unwrap();
        let (caller, wanted) = (elsewhere.caller(), Wanted::default());
        let mount = caller.mount((&open, device.number), &wanted, &target, |_| Ok(()));
        Attached {
            mount: mount.unwrap(),
            caller,
            target: target.clone(),
        }
    };
    // The caller has heard of it, and what would take it back is still there.
    let attached = attach();
    assert_eq!(elsewhere.mounts(device.number), 1);
    let unmounted = elsewhere.unmount(&place);
    assert!(unmounted.status.success(), "{unmounted:?}");

    attached.take_back().unwrap();

    let (under, over) = (attach(), attach());
    under.take_back().unwrap();
    assert_eq!(elsewhere.mounts(device.number), 2);
    over.take_back().unwrap();
    assert_eq!(elsewhere.mounts(device.number), 1);
    let unmounted = elsewhere.unmount(&place);
    assert!(unmounted.status.success(), "{unmounted:?}");

    // Neither do programs that are started at the same time.
    let refused: Vec<Output> = beside_programs(|| {
        let unmounted = (0..20).map(|_| {
            attach();
            elsewhere.unmount(&place)
        });
        unmounted.filter(|it| !it.status.success()).collect()
    });
    assert!(refused.is_empty(), "{refused:?}");
    device.let_go(&own).unwrap();
}

/// Does it while this process starts programs, one after another.
fn beside_programs<T>(work: impl FnOnce() -> T) -> T {
    thread::scope(|scope| {
        // Gone when `work` fails, too: the other would never end.
        let (_goes_on, is_over) = mpsc::channel::<()>();
        scope.spawn(move || {
            while is_over.try_recv() == Err(TryRecvError::Empty) {
                assert!(Command::new("true").status().unwrap().success());
            }
        });
        work()
    })
}

/// Needs root and loop devices.
#[test]
fn a_look_whether_a_device_is_unused_leaves_it_so_whatever_programs_begin() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().canonicalize().unwrap();
    let own = file_system(dir.join("own.img"));
    let device = LoopDevice::bind(&own).unwrap();
    let mut exclusive = OpenOptions::new();
    exclusive.read(true).custom_flags(libc::O_EXCL);
    let busy: Vec<io::Error> = beside_programs(|| {
        let looks = (0..200).map(|_| {
            await_unused(&device.path())?;
            exclusive.open(device.path()).map(drop)
        });
        looks.filter_map(Result::err).collect()
    });
    assert!(busy.is_empty(), "{busy:?}");
    device.let_go(&own).unwrap();
}

#[test]
fn calls_of_any_thread_are_seen() {
    let process = std::process::id().cast_signed();
    assert!(!is_in(process, [libc::SYS_rt_sigtimedwait]));
    thread::spawn(|| {
        let time = nix::sys::time::TimeSpec::from_duration(Duration::from_secs(600));
        // SAFETY: an empty set and a time that outlive the call.
        unsafe {
            let mut none = std::mem::zeroed();
            libc::sigemptyset(&raw mut none);
            libc::sigtimedwait(&raw const none, std::ptr::null_mut(), time.as_ref());
        }
    });
    let end = Instant::now() + Duration::from_secs(20);
    while !is_in(process, [libc::SYS_rt_sigtimedwait]) {
        assert!(Instant::now() < end);
        thread::yield_now();
    }
}

#[test]
fn who_may_mount() {
    assert!(may_mount("Name:\tx\nCapEff:\t0000000000200000\n"));
    assert!(!may_mount("CapEff:\t00000000a80425fb\n"));
    assert!(!may_mount(""));
}

/// Needs root and loop devices.
#[test]
fn a_journal_on_another_device_is_refused_before_anything_opens_it() {
    use crate::runtime::PreparedDisk;
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().canonicalize().unwrap();
    let (own, journal) = (
        file_system(dir.join("own.img")),
        file_system(dir.join("journal.img")),
    );
    let sound = fs::read(&own).unwrap();
    let elsewhere = LoopDevice::bind(&journal).unwrap();
    let device = LoopDevice::bind(&own).unwrap();
    let mut make = Command::new("mke2fs");
    make.args(["-qF", "-b4096", "-Ojournal_dev"]);
    assert!(make.arg(elsewhere.path()).status().unwrap().success());
    let journal_of = format!("device={}", elsewhere.path().display());
    let mut make = Command::new("mkfs.ext4");
    make.args(["-qF", "-b4096", "-J", &journal_of]);
    assert!(make.arg(device.path()).status().unwrap().success());
    device.flush().unwrap();
    let crafted = fs::read(&own).unwrap();
    let checks = AtomicU32::new(0);
    let begun = |given: &dyn Mountable| {
        let refused = mount_given(device.number, given, &Wanted::default()).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::InvalidInput);
        assert_eq!(refused.to_string(), "its journal is on another device");
    };
    begun(&Given {
        own: own.clone(),
        check: |_| {
            checks.fetch_add(1, Ordering::Relaxed);
            Ok(())
        },
    });
    assert_eq!(checks.load(Ordering::Relaxed), 0);
    // Nor does one get by that comes while it is checked, or after.
    let write = |bytes: &[u8]| {
        let at = OpenOptions::new().write(true).open(device.path()).unwrap();
        at.write_all_at(&bytes[..8192], 0).unwrap();
        at.sync_all().unwrap();
    };
    write(&sound);
    begun(&Given {
        own: own.clone(),
        check: |_| {
            write(&crafted);
            Ok(())
        },
    });
    let open = open_device(device.path()).unwrap();
    let mount = mount_detached(&open, device.number.into(), &[], 0).unwrap();
    drop(open);
    let refused = has_own_journal(device.number).unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::InvalidInput);
    drop(mount);
    device.let_go(&own).unwrap();
    while LoopDevice::over(&own).unwrap().is_some() {
        thread::yield_now();
    }
    let kept = PreparedDisk::kept_checked(&own, |_| panic!("it would be opened"));
    assert_eq!(kept.unwrap_err().kind(), io::ErrorKind::InvalidInput);
    elsewhere.let_go(&journal).unwrap();
}
