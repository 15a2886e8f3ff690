//! EC2 instances on this machine, as root: a keeper in a process of its own, which is killed, and instances of the own
//! image that outlive it.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::{Child, Command},
    sync::Arc,
    thread,
    time::{Duration, Instant as Clock},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use wharf_agent::{
    instances::{Instances, NoImages, NoNodes, Settings, Tell},
    machine::DisksInUse,
};
use wharf_base::InstallationId;
use wharf_link::{Delivery, Update};
use wharf_network::{Network, NetworkConfig};
use wharf_planeproto::{
    Resource,
    machine::{
        Console, Image, Instance, InstanceReport, InstanceState, Interface, Metadata, Wanted,
    },
    measured::Minute,
};

use crate::node::{built, on_a_host, runtime, shim, target};

/// A slow machine boots in seconds.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(20);
const KEEPER: &str = "WHARF_TEST_KEEPER";
const HOST: &str = "i-00000000000000000";
const ID: &str = "i-0123456789abcdef0";

#[derive(Serialize, Deserialize)]
struct KeeperArgs {
    installation: InstallationId,
    data: PathBuf,
    shim: PathBuf,
    program: PathBuf,
}

impl KeeperArgs {
    /// What is wanted, all of it; written by the test.
    fn wanted(&self) -> PathBuf {
        self.data.join("wanted.json")
    }

    fn reports(&self) -> PathBuf {
        self.data.join("reports.json")
    }

    fn console(&self) -> PathBuf {
        self.data.join("console")
    }
}

/// Not a test: what [`Keeper::start`] runs. Without its argument there is nothing to do.
#[test]
fn keeper_process() {
    let Some(args) = std::env::var_os(KEEPER) else {
        return;
    };
    let args: KeeperArgs = serde_json::from_str(args.to_str().unwrap()).unwrap();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    runtime().block_on(keep(args));
}

async fn keep(args: KeeperArgs) {
    let node = args.data.join("node");
    let config = NetworkConfig::new(args.installation.clone(), node.join("network"));
    let (network, _listeners) = Network::start(config).await.unwrap();
    let settings = Settings {
        node,
        counts: None,
        installation: args.installation.clone(),
        shim: args.shim.clone(),
        program: args.program.clone(),
        pids: 256,
        endpoint: "http://169.254.170.2:4566".to_owned(),
        disks: DisksInUse::default(),
        guests: None,
        snapshots: None,
        emulator: None,
    };
    let instances = Instances::open(settings, network, Arc::new(NoImages)).await;
    let instances = instances.unwrap();
    assert_eq!(instances.offer().as_deref(), Some("own-image"));
    let (deliveries, receiver) = mpsc::channel(1);
    let (wanted, tell) = (args.wanted(), Arc::new(Files(args)));
    let (joins, shutdown) = (Arc::new(NoNodes), CancellationToken::new());
    let (_registered, own) = watch::channel(Some(HOST.to_owned()));
    tokio::spawn(instances.run(receiver, tell, joins, own, shutdown));
    let mut heard = Vec::new();
    loop {
        let told = fs::read(&wanted).unwrap_or_default();
        if told != heard {
            let all: Vec<Instance> = serde_json::from_slice(&told).unwrap();
            let all = all.into_iter().map(|it| Resource::Instance(Box::new(it)));
            let (delivery, _answered) = Delivery::new(HOST, Update::Snapshot(all.collect()));
            deliveries.send(delivery).await.unwrap();
            heard = told;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Writes down what is told.
struct Files(KeeperArgs);

impl Tell for Files {
    fn instances(&self, reports: Vec<InstanceReport>) {
        replace(&self.0.reports(), &serde_json::to_vec(&reports).unwrap());
    }

    fn console(&self, console: Console) {
        let text = BASE64_STANDARD.decode(console.tail).unwrap();
        replace(&self.0.console(), &text);
    }

    fn forget_console(&self, _: &str) {}

    fn measured(&self, _: Vec<Minute>) {}

    fn unkept(&self) -> Vec<Minute> {
        Vec::new()
    }
}

fn replace(path: &Path, bytes: &[u8]) {
    let fresh = path.with_extension("new");
    fs::write(&fresh, bytes).unwrap();
    fs::rename(fresh, path).unwrap();
}

struct Keeper<'a> {
    args: &'a KeeperArgs,
    child: Child,
}

impl<'a> Keeper<'a> {
    fn start(args: &'a KeeperArgs) -> Self {
        // What an earlier one was told and said is nothing to this one.
        let _ = fs::remove_file(args.reports());
        let _ = fs::remove_file(args.console());
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "kept::keeper_process", "--nocapture"])
            .env(KEEPER, serde_json::to_string(args).unwrap())
            .spawn();
        let child = child.unwrap();
        Self { args, child }
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn want(&self, instances: &[Instance]) {
        replace(&self.args.wanted(), &serde_json::to_vec(instances).unwrap());
    }

    /// Waits until the instance is so in this boot; the reason.
    fn comes_to(&self, id: &str, boot: u64, state: InstanceState) -> Option<String> {
        let seen = || {
            let text = fs::read(self.args.reports()).ok()?;
            let reports: Vec<InstanceReport> = serde_json::from_slice(&text).unwrap();
            reports.into_iter().find(|report| report.id == id)
        };
        let found = until(&format!("{id} {state:?}"), &seen, || {
            seen().filter(|it| it.boot == boot && it.state == state)
        });
        found.reason
    }

    /// Waits until the console has this; all of it.
    fn says(&self, words: &str) -> String {
        let seen = || fs::read_to_string(self.args.console()).ok();
        until(words, &seen, || seen().filter(|text| text.contains(words)))
    }
}

fn until<T, S: std::fmt::Debug>(
    what: &str,
    seen: &dyn Fn() -> S,
    mut look: impl FnMut() -> Option<T>,
) -> T {
    let end = Clock::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(
            Clock::now() < end,
            "{what} did not come about: {:?}",
            seen()
        );
        thread::sleep(LOOK_EVERY);
    }
}

impl Drop for Keeper<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Takes everything down, also when a test fails.
struct Teardown<'a>(&'a KeeperArgs);

impl Drop for Teardown<'_> {
    fn drop(&mut self) {
        let KeeperArgs {
            data,
            installation,
            shim,
            ..
        } = self.0;
        let node = data.join("node");
        let down = thread::scope(|scope| {
            let down =
                || runtime().block_on(wharf_agent::teardown(&node, installation.clone(), shim));
            scope.spawn(down).join()
        });
        if !thread::panicking() {
            down.unwrap().unwrap();
        }
    }
}

/// The first process alone, built as an example of its crate.
fn program() -> PathBuf {
    built(&["--example", "init"]);
    target().join("examples/init")
}

fn instance(id: &str, last: u8, script: &str) -> Instance {
    Instance {
        id: id.to_owned(),
        account: "000000000000".to_owned(),
        region: "us-east-1".to_owned(),
        zone: "us-east-1a".to_owned(),
        host: HOST.to_owned(),
        wanted: Wanted::Running,
        boot: 1,
        image: Image::Own,
        instance_type: "t3.nano".to_owned(),
        cpu: 1024,
        cpu_guaranteed: None,
        memory_mib: 96,
        disk_bytes: 256 << 20,
        restore: false,
        virtual_machine: false,
        sealed: false,
        devices: Vec::new(),
        one_pod: None,
        pod_volumes: None,
        interface: Interface {
            id: format!("eni-0000000000000000{last}"),
            vpc: "vpc-0".to_owned(),
            subnet: "subnet-0".to_owned(),
            subnet_cidr: "172.31.16.0/20".to_owned(),
            address: [172, 31, 16, last].into(),
            mac: format!("0a:00:00:00:00:0{last}"),
            secondary: Vec::new(),
            ipv6: Vec::new(),
            groups: Vec::new(),
            search: Vec::new(),
            name_servers: Vec::new(),
        },
        metadata: Metadata {
            enabled: true,
            host_name: format!("ip-172-31-16-{last}.ec2.internal"),
            ..Metadata::default()
        },
        user_data: Some(BASE64_STANDARD.encode(script)),
        launched_at_ms: 0,
    }
}

/// User numbers on the host of all processes of an instance.
fn users_of(id: &str) -> BTreeMap<u32, u32> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let groups = fs::read_to_string(entry.path().join("cgroup")).unwrap_or_default();
        let pid = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok());
        if let (true, Some(pid), Ok(meta)) = (groups.contains(id), pid, entry.metadata()) {
            found.insert(pid, meta.uid());
        }
    }
    found
}

fn args(data: &Path) -> KeeperArgs {
    KeeperArgs {
        installation: InstallationId::mint(),
        data: data.to_owned(),
        shim: shim(),
        program: program(),
    }
}

const FIRST_BOOT: &str = r#"#!/bin/sh
echo "I am $(id -u) of $(hostname), mapped $(tr -s ' ' < /proc/self/uid_map)"
echo "first" >> /kept && chown 100:100 /kept
test -e "HOST_PATH" && echo "a file of the host is seen"
mount -t tmpfs none /mnt && echo "mounted"
head -c 200000000 /dev/zero | tail > /dev/null; echo "too much memory came to $?"
dd if=/dev/zero of=/large bs=1M count=400 2>/dev/null; echo "too much disk came to $?"; rm /large
printf '#!/bin/sh\necho "booted with $(wc -l < /kept) lines"\n' > /etc/rc.local
chmod +x /etc/rc.local
sleep 1000000 &
"#;

#[test]
fn an_instance_survives_the_agent_and_keeps_its_disk() {
    on_a_host(|| async {
        let data = tempfile::tempdir().unwrap();
        fs::create_dir(data.path().join("node")).unwrap();
        let args = args(data.path());
        let _down = Teardown(&args);
        let script = FIRST_BOOT.replace("HOST_PATH", data.path().to_str().unwrap());
        let mut it = instance(ID, 4, &script);
        let keeper = Keeper::start(&args);
        keeper.want(std::slice::from_ref(&it));
        keeper.comes_to(ID, 1, InstanceState::Running);
        let said = keeper.says("booted with 1 lines");
        for wanted in [
            "I am 0 of ip-172-31-16-4.ec2.internal",
            "mounted",
            "too much memory came to 137",
            "too much disk came to 1",
            "user data ended",
        ] {
            assert!(said.contains(wanted), "{wanted}: {said}");
        }
        assert!(!said.contains("a file of the host is seen"), "{said}");
        let before = users_of(ID);
        let mapped = |uid: &u32| (0x4000_0000..0x7000_0000).contains(uid);
        assert!(
            !before.is_empty() && before.values().all(mapped),
            "{before:?}"
        );

        // Its agent is killed; the next one finds it, and what it said.
        keeper.kill();
        assert_eq!(users_of(ID), before);
        let keeper = Keeper::start(&args);
        keeper.comes_to(ID, 1, InstanceState::Running);
        keeper.says("booted with 1 lines");
        assert_eq!(users_of(ID), before);

        // Stopped while no agent looks, and started again: the same disk, and user data does not run again.
        keeper.kill();
        it.wanted = Wanted::Stopped;
        let keeper = Keeper::start(&args);
        keeper.want(std::slice::from_ref(&it));
        keeper.comes_to(ID, 1, InstanceState::Stopped);
        assert!(users_of(ID).is_empty());
        // What it said before is told no more; what is told from here on is of the next boot.
        fs::remove_file(args.console()).unwrap();
        (it.wanted, it.boot) = (Wanted::Running, 2);
        keeper.want(std::slice::from_ref(&it));
        keeper.comes_to(ID, 2, InstanceState::Running);
        let said = keeper.says("booted with 1 lines");
        assert!(!said.contains("I am 0"), "{said}");

        // A reboot is a boot of another number.
        it.boot = 3;
        keeper.want(std::slice::from_ref(&it));
        keeper.comes_to(ID, 3, InstanceState::Running);

        let kept = data.path().join("node/instances/kept").join(ID);
        assert!(fs::metadata(kept.join("disk.img")).unwrap().size() >= 256 << 20);
        // Silence ends its processes alone; spoken of again, it boots from the same disk.
        let reports = || fs::read_to_string(args.reports()).ok();
        keeper.want(&[]);
        until("silence about it", &reports, || {
            reports().filter(|text| text == "[]")
        });
        assert!(users_of(ID).is_empty() && kept.join("disk.img").exists());
        keeper.want(std::slice::from_ref(&it));
        keeper.comes_to(ID, 3, InstanceState::Running);
        keeper.says("booted with 1 lines");

        it.wanted = Wanted::Terminated;
        keeper.want(std::slice::from_ref(&it));
        keeper.comes_to(ID, 3, InstanceState::Terminated);
        assert!(!kept.exists() && users_of(ID).is_empty());
        keeper.want(&[]);
        until("no more of it", &reports, || {
            reports().filter(|text| text == "[]")
        });
    });
}

#[test]
fn what_cannot_boot_and_what_ends_by_itself_is_told() {
    on_a_host(|| async {
        let data = tempfile::tempdir().unwrap();
        fs::create_dir(data.path().join("node")).unwrap();
        let args = args(data.path());
        let _down = Teardown(&args);
        let mut bad = instance("i-0000000000000bad0", 5, "#!/bin/sh\n");
        let name = "000000000000.dkr.ecr.us-east-1.amazonaws.com/none".to_owned();
        bad.image = Image::Registry { name };
        let short = instance("i-00000000000005070", 6, "#!/bin/sh\nkill 1\n");
        let keeper = Keeper::start(&args);
        keeper.want(&[bad.clone(), short.clone()]);
        let reason = keeper.comes_to(&bad.id, 1, InstanceState::Failed);
        assert!(reason.unwrap().starts_with("there is no 0000"));
        assert!(
            !data
                .path()
                .join("node/instances/kept")
                .join(&bad.id)
                .join("disk.img")
                .exists()
        );
        let reason = keeper.comes_to(&short.id, 1, InstanceState::Stopped);
        assert_eq!(
            reason.as_deref(),
            Some("its first process ended with code 0")
        );

        // Neither is tried again by an agent that comes later.
        keeper.kill();
        let keeper = Keeper::start(&args);
        keeper.comes_to(&bad.id, 1, InstanceState::Failed);
        keeper.comes_to(&short.id, 1, InstanceState::Stopped);
    });
}
