//! A server of somebody else's in a network namespace of its own, and clients of it.

use std::{
    cell::RefCell,
    fs::{self, File},
    io::{self, BufRead as _, BufReader, Write as _},
    os::{
        fd::{AsFd, AsRawFd},
        unix::fs::{MetadataExt as _, PermissionsExt as _},
    },
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use nix::{
    mount::{MntFlags, umount2},
    sched::{CloneFlags, setns, unshare},
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use wharf_shared_files::{Ids, Mount, Program, mount};

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_wharf-shim");
/// Where `make deps` puts it.
const UNPACKED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../.cache/tools/ganesha");

/// The folder that it lies in, as packages have it.
fn installed() -> PathBuf {
    let places = [PathBuf::from(UNPACKED), PathBuf::from("/")];
    let mut places = places.into_iter();
    let place = places.find(|it| it.join("usr/bin/ganesha.nfsd").exists());
    place.expect("no ganesha.nfsd here: make deps")
}

pub fn until(what: &str, mut is: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !is() {
        assert!(Instant::now() < end, "{what}: it is not so");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Files and who serves them.
pub struct Server {
    dir: tempfile::TempDir,
    network: File,
    /// Starts it and kills it. A process that is made while the server is away closes copies of what is open here, and
    /// waits for the server by that.
    launcher: RefCell<Launcher>,
}

struct Launcher {
    shell: Child,
    says: BufReader<ChildStdout>,
}

const LAUNCH: &str = r#"
while read -r word; do
  case $word in
    start) "$@" </dev/null >/dev/null 2>&1 & ;;
    kill) kill -9 $!; wait $! 2>/dev/null; echo killed ;;
  esac
done
kill -9 $!
wait $! 2>/dev/null
"#;

/// A network namespace in which this machine's own address works.
pub fn network() -> File {
    let made = std::thread::spawn(|| {
        unshare(CloneFlags::CLONE_NEWNET).unwrap();
        let up = Command::new("ip")
            .args(["link", "set", "lo", "up"])
            .status();
        assert!(up.unwrap().success());
        File::open("/proc/thread-self/ns/net").unwrap()
    });
    made.join().unwrap()
}

impl Server {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for folder in ["files", "state"] {
            fs::create_dir(dir.path().join(folder)).unwrap();
        }
        let open = fs::Permissions::from_mode(0o777);
        fs::set_permissions(dir.path().join("files"), open).unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let network = network();
        let server = Self {
            launcher: RefCell::new(Self::launcher(dir.path(), &network)),
            network,
            dir,
        };
        fs::write(server.dir.path().join("ganesha.conf"), server.text()).unwrap();
        server.start();
        server
    }

    fn text(&self) -> String {
        let plugins = ["x86_64", "aarch64"].map(|it| format!("usr/lib/{it}-linux-gnu/ganesha"));
        let plugins = plugins.map(|it| installed().join(it));
        let plugins = plugins
            .iter()
            .find(|it| it.exists())
            .expect("nfs-ganesha-vfs");
        format!(
            "NFS_CORE_PARAM {{ Protocols = 4; NFS_Port = 2049; Enable_NLM = false; Enable_RQUOTA = false; \
               Enable_UDP = false; Plugins_Dir = {plugins}; }}\n\
             NFSv4 {{ Minor_Versions = 1; Only_Numeric_Owners = true; Allow_Numeric_Owners = true; Grace_Period = 6; \
               Lease_Lifetime = 5; RecoveryBackend = fs; RecoveryRoot = {state}; }}\n\
             MDCACHE {{ Dir_Chunk = 128; }}\n\
             EXPORT {{ Export_Id = 1; Path = {files}; Pseudo = /; Access_Type = RW; Squash = No_Root_Squash; \
               SecType = sys; Transports = TCP; Protocols = 4; Attr_Expiration_Time = 0; FSAL {{ Name = VFS; }} }}\n",
            plugins = plugins.display(),
            state = self.dir.path().join("state").display(),
            files = self.files().display(),
        )
    }

    /// As they lie on the server's disk.
    pub fn files(&self) -> PathBuf {
        self.dir.path().join("files")
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }

    /// `dir`: of the server. In that network namespace.
    fn launcher(dir: &Path, network: &File) -> Launcher {
        let network = network.try_clone().unwrap();
        let installed = installed();
        // Where it was unpacked only, what maps names to numbers finds its own parts here as well.
        let libraries = [
            "usr/lib/ganesha",
            "usr/lib/x86_64-linux-gnu",
            "usr/lib/x86_64-linux-gnu/libnfsidmap",
            "usr/lib/aarch64-linux-gnu",
            "usr/lib/aarch64-linux-gnu/libnfsidmap",
        ];
        let libraries = libraries.map(|it| installed.join(it).display().to_string());
        let mut shell = Command::new("sh");
        shell
            .args(["-c", LAUNCH, "sh"])
            .arg(installed.join("usr/bin/ganesha.nfsd"))
            .args(["-F", "-N", "EVENT", "-f"])
            .arg(dir.join("ganesha.conf"))
            .arg("-L")
            .arg(dir.join("log"))
            .arg("-p")
            .arg(dir.join("pid"))
            .env("LD_LIBRARY_PATH", libraries.join(":"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let shell = std::thread::spawn(move || {
            setns(&network, CloneFlags::CLONE_NEWNET).unwrap();
            shell.spawn().unwrap()
        });
        let mut shell = shell.join().unwrap();
        let says = BufReader::new(shell.stdout.take().unwrap());
        Launcher { shell, says }
    }

    fn tell(&self, word: &str) {
        let mut launcher = self.launcher.borrow_mut();
        let mut input = launcher.shell.stdin.as_ref().unwrap();
        writeln!(input, "{word}").unwrap();
        if word == "kill" {
            let mut said = String::new();
            launcher.says.read_line(&mut said).unwrap();
            assert_eq!(said, "killed\n");
        }
    }

    pub fn start(&self) {
        self.tell("start");
    }

    /// As if the machine lost it.
    pub fn kill(&self) {
        self.tell("kill");
    }

    /// Those that show its files.
    fn programs(&self) -> Vec<i32> {
        let own = self.network.metadata().unwrap().ino();
        let found = fs::read_dir("/proc").unwrap().filter_map(|it| {
            let folder = it.ok()?.path();
            let name = fs::read_to_string(folder.join("comm")).ok()?;
            let network = fs::metadata(folder.join("ns/net")).ok()?.ino();
            (name.trim() == "shared-files" && network == own)
                .then(|| folder.file_name()?.to_str()?.parse().ok())?
        });
        found.collect()
    }

    pub fn mount(&self) -> Client {
        self.mount_as(|_| {}).unwrap()
    }

    pub fn mount_as(&self, change: impl FnOnce(&mut Mount)) -> io::Result<Client> {
        let mut told = Mount {
            address: [127, 0, 0, 1].into(),
            port: 2049,
            root: "/".to_owned(),
            read_only: false,
            tls: None,
            ids: None,
            one_user: false,
        };
        change(&mut told);
        let program = Program {
            path: PROGRAM.into(),
            group: None,
        };
        let before = self.programs();
        let mounted = mount(&program, &told, self.network.as_fd())?;
        let folder = tempfile::tempdir()?;
        wharf_userns::attach(&mounted, folder.path())?;
        let new = self
            .programs()
            .into_iter()
            .filter(|it| !before.contains(it));
        Ok(Client {
            program: new.max().unwrap_or_default(),
            folder: Some(folder),
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Whoever still has files open waits for nobody.
        for program in self.programs() {
            let _ = kill(Pid::from_raw(program), Signal::SIGKILL);
        }
        let mut launcher = self.launcher.borrow_mut();
        drop(launcher.shell.stdin.take());
        let _ = launcher.shell.wait();
        if std::thread::panicking() {
            eprintln!("{}", self.log());
        }
    }
}

/// What a task has.
pub struct Client {
    folder: Option<tempfile::TempDir>,
    program: i32,
}

impl Client {
    pub fn path(&self) -> &Path {
        self.folder.as_ref().unwrap().path()
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub fn kill(&self) {
        kill(Pid::from_raw(self.program), Signal::SIGKILL).unwrap();
    }

    /// It does nothing any more, until it goes on.
    pub fn stop(&self) {
        kill(Pid::from_raw(self.program), Signal::SIGSTOP).unwrap();
    }

    pub fn go_on(&self) {
        kill(Pid::from_raw(self.program), Signal::SIGCONT).unwrap();
    }

    pub fn has_ended(&self) -> bool {
        let status = fs::read_to_string(format!("/proc/{}/status", self.program));
        status.map_or(true, |it| it.contains("State:\tZ"))
    }

    pub fn unmount(&mut self) {
        umount2(self.path(), MntFlags::MNT_DETACH).unwrap();
        self.folder = None;
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            let _ = umount2(folder.path(), MntFlags::MNT_DETACH);
        }
    }
}

pub fn ids() -> Ids {
    Ids {
        first: 700_000,
        count: 65_536,
    }
}

/// A lock as `fcntl` has it. Whether it was had.
pub fn lock(file: &File, kind: i32, from: i64, length: i64) -> bool {
    // SAFETY: all zeros is a value of it.
    let mut asked: libc::flock = unsafe { std::mem::zeroed() };
    asked.l_type = i16::try_from(kind).unwrap();
    asked.l_start = from;
    asked.l_len = length;
    // SAFETY: takes a descriptor of ours and a structure that outlives the call.
    let done = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_OFD_SETLK, &raw const asked) };
    done == 0
}
