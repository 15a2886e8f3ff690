//! A node of its own for one test.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    time::Duration,
};

use nix::mount::{MntFlags, umount2};
use wharf_base::InstallationId;
use wharf_cgroup::Hierarchies;
use wharf_container::{
    image::{Image, ImageConfig},
    runtime::{Runtime, RuntimeOptions, TaskHandle, TaskNetwork, TaskSandbox},
    spec::{ContainerName, ContainerSpec},
};

const APPLETS: &[&str] = &[
    "sh", "true", "false", "cat", "echo", "sleep", "id", "ls", "grep", "mount", "umount",
    "unshare", "dd", "kill", "env", "pwd", "head", "tail", "seq", "yes", "hostname", "mknod",
    "stat", "ps", "tty", "touch", "ping", "chown", "readlink", "cut", "wc",
];

pub struct Node {
    pub installation: InstallationId,
    pub dir: tempfile::TempDir,
    pub runtime: Runtime,
    pub image: Image,
}

pub fn name(text: &str) -> ContainerName {
    ContainerName::try_from(text).unwrap()
}

/// Names of the groups that all others of an installation are in.
fn groups_of(installation: &InstallationId) -> [String; 2] {
    ["", "-spare"].map(|end| format!("wharf-{installation}{end}"))
}

/// As the agent makes them, who lets nobody but the host's root look.
fn close_groups(installation: &InstallationId) {
    let root = PathBuf::from("/sys/fs/cgroup");
    let below = fs::read_dir(&root).unwrap().filter_map(Result::ok);
    let roots = below.map(|entry| entry.path()).chain([root.clone()]);
    for own in roots.flat_map(|root| groups_of(installation).map(|own| root.join(own))) {
        if own.exists() {
            fs::set_permissions(own, fs::Permissions::from_mode(0o700)).unwrap();
        }
    }
}

impl Node {
    pub async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let installation = InstallationId::mint();
        let runtime = open(options(dir.path(), &installation, 1)).await;
        close_groups(&installation);
        let layer = dir.path().join("layer");
        busybox_layer(&layer);
        let image = Image::from_layers(
            format!("sha256:{}", "0".repeat(64)).try_into().unwrap(),
            ImageConfig::default(),
            vec![layer],
        );
        Self {
            installation,
            dir,
            runtime,
            image,
        }
    }

    /// The same node after its agent was gone.
    pub async fn reopened(&self) -> Runtime {
        self.reopened_keeping(1).await
    }

    /// The same with another number of cores that tasks which give way leave to others.
    pub async fn reopened_keeping(&self, cores: usize) -> Runtime {
        open(options(self.dir.path(), &self.installation, cores)).await
    }

    /// As the version before had it, and a host that can mount no tmpfs has it: all of a task in one folder.
    pub async fn all_on_disk(&self) -> Runtime {
        let options = options(self.dir.path(), &self.installation, 1);
        open(RuntimeOptions {
            run: None,
            ..options
        })
        .await
    }

    pub fn sandbox(&self, id: &str) -> TaskSandbox {
        TaskSandbox {
            task_id: id.into(),
            network: TaskNetwork::Host,
            group: None,
            cpu_quota_millis: None,
            cpu_shares: None,
            cpu_gives_way: false,
            memory_limit_bytes: None,
            pids_limit: None,
            has_disk: false,
            keeps_disk: false,
            annotations: [("owner".to_owned(), "test".to_owned())].into(),
            user_range: None,
        }
    }

    pub async fn task(&self) -> TaskHandle {
        self.runtime.create_task(self.sandbox("t1")).await.unwrap()
    }

    /// Runs one container to its end; its exit code and what it wrote.
    pub async fn run(&self, task: &TaskHandle, spec: &ContainerSpec) -> (i32, String) {
        task.create_container(spec, &self.image)
            .await
            .unwrap_or_else(|e| panic!("{}", e.reason()));
        task.start(&spec.name)
            .await
            .unwrap_or_else(|e| panic!("{}", e.reason()));
        let exit = within(task.wait(&spec.name)).await.unwrap();
        let text = log_text(task, &spec.name).await;
        task.remove(&spec.name).await.unwrap();
        (exit.code, text)
    }

    /// Takes the node down and checks that the host is as it was.
    pub async fn finish(self) {
        let (run, tasks) = (self.dir.path().join("run"), self.dir.path().join("tasks"));
        for entry in fs::read_dir(&run).unwrap() {
            let own = tasks.join(entry.unwrap().file_name());
            assert!(own.exists(), "{} was a task's", own.display());
        }
        self.runtime.teardown_all().await.unwrap();
        assert!(!run.exists(), "the tmpfs is left");
        let hierarchies = Hierarchies::detect().unwrap();
        for own in groups_of(&self.installation) {
            let group = hierarchies.group(&format!("/{own}")).unwrap();
            assert!(!group.exists(), "{own} is left");
        }
        let own = self.dir.path().display().to_string();
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
        assert!(!mounts.contains(&own), "mounts left");
        for process in fs::read_dir("/proc").unwrap().filter_map(Result::ok) {
            let cwd = fs::read_link(process.path().join("cwd")).unwrap_or_default();
            assert!(
                !cwd.starts_with(self.dir.path()),
                "process {:?} left",
                process.file_name()
            );
        }
        assert_eq!(fs::read_dir(tasks).unwrap().count(), 0, "folders left");
    }
}

/// Also after a failed assertion nothing stays behind.
impl Drop for Node {
    fn drop(&mut self) {
        if let Ok(hierarchies) = Hierarchies::detect() {
            for own in groups_of(&self.installation) {
                let _ = hierarchies
                    .group(&format!("/{own}"))
                    .and_then(|g| g.kill_and_remove());
            }
        }
        let _ = umount2(&self.dir.path().join("run"), MntFlags::MNT_DETACH);
    }
}

async fn open(options: RuntimeOptions) -> Runtime {
    Runtime::open(options).await.unwrap()
}

fn options(dir: &Path, installation: &InstallationId, kept_cores: usize) -> RuntimeOptions {
    RuntimeOptions {
        dir: dir.join("tasks"),
        installation: installation.clone(),
        shim: PathBuf::from(env!("CARGO_BIN_EXE_wharf-shim")),
        kept_cores,
        run: Some(dir.join("run")),
    }
}

pub fn sh(script: &str) -> ContainerSpec {
    command(&["sh", "-c", script])
}

pub fn command(argv: &[&str]) -> ContainerSpec {
    ContainerSpec::new(name("main"), argv.iter().map(|a| (*a).to_owned()).collect())
}

/// Everything in a container's log, up to its end.
pub async fn log_text(task: &TaskHandle, container: &ContainerName) -> String {
    let mut reader = task.logs(container).unwrap();
    let mut text = String::new();
    loop {
        let batch = within(reader.next(100)).await.unwrap();
        for record in batch.records {
            text.push_str(&String::from_utf8_lossy(&record.line));
            if !record.partial {
                text.push('\n');
            }
        }
        if batch.ended {
            return text;
        }
    }
}

/// For what must happen.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A deadline for what must happen.
pub async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future)
        .await
        .expect("it takes too long")
}

fn busybox_layer(layer: &Path) {
    for folder in ["bin", "etc", "tmp", "home/app", "proc", "sys", "dev"] {
        fs::create_dir_all(layer.join(folder)).unwrap();
    }
    fs::copy("/bin/busybox", layer.join("bin/busybox")).unwrap();
    for applet in APPLETS {
        symlink("busybox", layer.join("bin").join(applet)).unwrap();
    }
    fs::write(
        layer.join("etc/passwd"),
        "root:x:0:0::/root:/bin/sh\napp:x:1000:1001::/home/app:/bin/sh\n",
    )
    .unwrap();
    fs::write(
        layer.join("etc/group"),
        "root:x:0:\napp:x:1001:\nstaff:x:50:app\n",
    )
    .unwrap();
    fs::write(layer.join("bin/plain-file"), "not a program").unwrap();
}
