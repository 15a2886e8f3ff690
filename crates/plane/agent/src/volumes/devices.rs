//! Volumes as block devices of instances: loop devices over their files, and nodes for them in the instances' `/dev`.
//!
//! A loop device stays when this process ends, and the kernel gives the number of one that was let go to whoever comes
//! next. So the order counts: an instance loses the right to open a device before the device is let go, and gets it when
//! the device is over its file. Each look begins with what there is, so it does not matter where an agent was killed.
//!
//! | the volume | its device |
//! | --- | --- |
//! | attached, the instance runs | is over its file, and the instance has a node for it |
//! | attached, the instance does not run | is let go; it comes back with the next boot |
//! | not attached | the right and the node are taken, then it is let go: the kernel waits for who has it open |
//! | not attached, by force | before that, mounts of it are taken away and programs that have it are killed |
//!
//! Instances that are virtual machines have no nodes: to them a device is handed over ([`super::machines`]).

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use futures_util::{StreamExt as _, stream};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use parking_lot::Mutex;
use tokio::time::timeout;
use wharf_base::Chain;
use wharf_container::runtime::{
    ContainerError, DevFolder, LoopDevice, TaskHandle, loop_number, mounts_of,
};
use wharf_planeproto::volume::{Device, Volume, Wanted};
use wharf_sealed_file::{Shown, hide, is_sealed, shown, state};

use super::{
    Guests, Told,
    at_once::{AT_ONCE, at_once},
    machines::Machine,
};
use crate::instances::{container, is_guest};

/// What is said of a virtual machine whose first process knows nothing of volumes.
const BOOTED_BEFORE: &str =
    "it was booted by an earlier version; it has its volumes once it was stopped and started";

/// Why an instance was not given its volumes.
#[derive(Debug, thiserror::Error)]
enum NotPlaced {
    #[error(transparent)]
    Right(#[from] ContainerError),
    #[error("{id}")]
    Node { id: String, source: io::Error },
}

pub struct Devices {
    /// The folder of all volumes.
    dir: PathBuf,
    guests: Guests,
    /// What instances were last allowed to open, with their first process.
    allowed: Mutex<BTreeMap<String, (i32, BTreeSet<u32>)>>,
    /// All instances that run were looked at once.
    swept: AtomicBool,
    /// What failed last, by instance or volume: it is said once, however often it fails.
    failures: Mutex<BTreeMap<String, String>>,
    /// Virtual machines that did not answer: until when they are not asked, and what came of it.
    silent: Mutex<BTreeMap<String, (Instant, String)>>,
}

/// What there is then.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Brought {
    /// Volumes that are where they belong.
    pub placed: BTreeSet<String>,
    /// Something is still to come or to go.
    pub pending: bool,
}

struct Guest {
    handle: TaskHandle,
    dev: DevFolder,
    is_machine: bool,
}

/// So long a shim has to say what runs in it. What says nothing is not touched.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);
/// One that does not answer keeps others waiting no more often than this.
const SILENT_FOR: Duration = Duration::from_secs(10);

/// What one look comes to. Pure.
#[derive(Debug, Default, PartialEq, Eq)]
struct Plan<'a> {
    /// By instance: the volumes whose devices are over their files and stay, with their numbers.
    stay: BTreeMap<&'a str, BTreeMap<&'a str, u32>>,
    /// Volumes whose devices are let go.
    go: Vec<(&'a str, u32)>,
    /// Volumes that get a device.
    come: Vec<&'a str>,
    /// Volumes whose instances do not run.
    rest: Vec<&'a str>,
    pending: bool,
}

/// `over`: the loop devices over files of volumes, by the volumes' ids; `file`: whether a volume can have one.
fn plan<'a>(
    told: &'a Told,
    runs: impl Fn(&str) -> bool,
    over: &BTreeMap<String, LoopDevice>,
    file: impl Fn(&str) -> Below,
) -> Plan<'a> {
    let mut plan = Plan::default();
    for volume in told.values() {
        let id = volume.id.as_str();
        let device = over.get(id);
        let wanted = volume.device.as_ref().filter(|_| is_wanted(volume));
        match (wanted, device) {
            (Some(of), device) if runs(&of.instance) => match device {
                // Let go at an end of the instance, and still in use.
                Some(it) if it.goes => plan.pending = true,
                // There is another when nobody has this one any more.
                Some(it) if file(id) == Below::Broken => {
                    plan.pending = true;
                    plan.go.push((id, it.number));
                }
                Some(it) => {
                    let stay = plan.stay.entry(&of.instance).or_default();
                    stay.insert(id, it.number);
                }
                None if file(id) == Below::There => plan.come.push(id),
                // It is still to be made.
                None => plan.pending = true,
            },
            (wanted, device) => {
                if wanted.is_some() {
                    plan.rest.push(id);
                }
                // Those that tasks have mounted go by themselves.
                let is_task = volume.device.is_none()
                    && (volume.attached || device.is_some_and(|it| it.goes));
                if let Some(it) = device.filter(|_| !is_task) {
                    plan.go.push((id, it.number));
                }
            }
        }
    }
    plan
}

/// What a device can be over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Below {
    There,
    NotYet,
    /// It is sealed, and the program that has it open has ended: the device reads and writes nothing.
    Broken,
}

impl Below {
    /// `sealed`: whether it has to be. What is otherwise than was told comes below no device.
    fn of(image: &Path, sealed: bool) -> Self {
        if !image.exists() || is_sealed(image) != sealed {
            return Self::NotYet;
        }
        if !sealed {
            return Self::There;
        }
        match state(image) {
            Ok(Shown::Yes) => Self::There,
            Ok(Shown::Broken) => Self::Broken,
            Ok(Shown::No) | Err(_) => Self::NotYet,
        }
    }
}

pub(super) fn is_wanted(volume: &Volume) -> bool {
    volume.attached && volume.wanted == Wanted::Kept
}

impl Devices {
    pub fn new(dir: PathBuf, guests: Guests) -> Self {
        Self {
            dir,
            guests,
            allowed: Mutex::default(),
            swept: AtomicBool::default(),
            failures: Mutex::default(),
            silent: Mutex::default(),
        }
    }

    pub fn guests(&self) -> &Guests {
        &self.guests
    }

    /// Brings devices to what is told.
    pub async fn bring(
        self: &std::sync::Arc<Self>,
        told: &std::sync::Arc<Told>,
    ) -> io::Result<Brought> {
        let Some(running) = self.guests.running() else {
            let pending = told.values().any(|it| it.device.is_some());
            return Ok(Brought {
                pending,
                ..Brought::default()
            });
        };
        let known: BTreeSet<String> = self.allowed.lock().keys().cloned().collect();
        // What an agent before this one allowed is not known.
        let is_first = !self.swept.load(Ordering::Relaxed);
        let has_volumes = |id: &String| {
            let mut devices = told.values().filter_map(|it| it.device.as_ref());
            is_first || known.contains(id) || devices.any(|it| it.instance == *id)
        };
        let (mut guests, mut unknown) = (BTreeMap::new(), BTreeSet::new());
        let asked = running.into_iter().filter(|(id, _)| has_volumes(id));
        let asked: Vec<(String, TaskHandle)> = asked.collect();
        let asked = stream::iter(asked).map(|(id, handle)| async move {
            let guest = timeout(ANSWERS_WITHIN, Guest::of(handle)).await;
            (id, guest.ok().flatten())
        });
        let mut asked = asked.buffer_unordered(AT_ONCE);
        while let Some((id, guest)) = asked.next().await {
            match guest {
                Some(guest) => drop(guests.insert(id, guest)),
                // It runs or ends; until that is clear nothing of it is touched.
                None => drop(unknown.insert(id)),
            }
        }
        let mut told = Told::clone(told);
        let of_unknown = |it: &Device| unknown.contains(&it.instance);
        told.retain(|_, it| !it.device.as_ref().is_some_and(of_unknown));
        let devices = self.clone();
        let brought =
            tokio::task::spawn_blocking(move || devices.bring_to(&told, &guests, &unknown));
        brought.await.map_err(io::Error::other)?
    }

    fn bring_to(
        &self,
        told: &Told,
        guests: &BTreeMap<String, Guest>,
        unknown: &BTreeSet<String>,
    ) -> io::Result<Brought> {
        let dir = fs::canonicalize(&self.dir)?;
        let over = LoopDevice::below(&dir)?;
        let over: BTreeMap<String, LoopDevice> = over
            .into_iter()
            .filter_map(|(file, device)| Some((volume_of(&dir, &file)?, device)))
            .collect();
        let image = |id: &str| dir.join(id).join("disk.img");
        let plan = plan(
            told,
            |id| guests.contains_key(id),
            &over,
            |id| {
                let sealed = told.get(id).is_some_and(|it| it.sealed.is_some());
                Below::of(&image(id), sealed)
            },
        );
        let mut brought = Brought {
            pending: plan.pending || !plan.go.is_empty() || !unknown.is_empty(),
            ..Brought::default()
        };
        let mut stay = plan.stay;
        let mut failed: BTreeSet<&str> = unknown.iter().map(String::as_str).collect();
        let mut machines = BTreeMap::new();
        let all: Vec<(&String, &Guest)> = guests.iter().filter(|(_, it)| it.is_machine).collect();
        let asked = at_once(all, |(id, guest)| {
            let own = stay.get(id.as_str());
            (id, self.machine(id, guest, own, told))
        });
        for (id, asked) in asked {
            match asked {
                Ok(machine) => machines.extend(machine.map(|it| (id.as_str(), it))),
                Err(error) => {
                    self.failed(id, "ask a virtual machine for its volumes", &error);
                    failed.insert(id.as_str());
                }
            }
        }
        for (id, guest) in guests.iter().filter(|(_, it)| !it.is_machine) {
            let numbers = stay.get(id.as_str()).map(numbers).unwrap_or_default();
            if let Err(error) = self.allow(id, guest, numbers) {
                self.failed(id, "say which volumes an instance has", &Chain(&error));
                failed.insert(id.as_str());
            }
        }
        // One that still could open it would open what comes under that number next. Virtual machines open nothing by themselves.
        let is_machine = |id: &&str| guests.get(*id).is_some_and(|it| it.is_machine);
        let rights_are_known = failed.iter().all(is_machine);
        let may_go = |id: &str| {
            let of = told.get(id).and_then(|it| it.device.as_ref());
            of.map_or(rights_are_known, |of| {
                !failed.contains(of.instance.as_str())
            })
        };
        for (id, number) in plan.go {
            let device = LoopDevice {
                number,
                goes: false,
            };
            let of = told.get(id).and_then(|it| it.device.as_ref());
            // Its guest was asked for it. What a machine says of others' volumes counts for nothing.
            let machine = of.and_then(|of| machines.get(of.instance.as_str()));
            if machine.is_some_and(|it| it.has(id)) {
                continue;
            }
            let guest = of.and_then(|of| guests.get(&of.instance));
            let guest = guest.filter(|it| !it.is_machine);
            if may_go(id)
                && let Err(error) = take_away(device, &image(id), of, guest)
            {
                self.failed(id, "take a volume from its instance", &error);
            }
        }
        for id in plan.come {
            let of = told.get(id).and_then(|it| it.device.as_ref());
            match (of, LoopDevice::bind(&image(id))) {
                (Some(of), Ok(device)) => {
                    let stay = stay.entry(of.instance.as_str()).or_default();
                    stay.insert(id, device.number);
                }
                (_, Err(error)) => {
                    brought.pending = true;
                    self.failed(id, "put a device over a volume", &error);
                }
                (None, Ok(_)) => {}
            }
        }
        let (mut to_machines, mut to_others) = (Vec::new(), Vec::new());
        for (instance, volumes) in stay {
            let guest = guests.get(instance).filter(|_| !failed.contains(instance));
            match (guest, machines.remove(instance)) {
                (None, _) => brought.pending = true,
                (Some(_), Some(machine)) => to_machines.push((instance, volumes, machine)),
                (Some(guest), None) => to_others.push((instance, volumes, guest)),
            }
        }
        let mut given = at_once(to_machines, |(instance, volumes, mut machine)| {
            let (placed, failure) = machine.place(&volumes, image);
            (instance, volumes.len(), placed, failure)
        });
        for (instance, volumes, guest) in to_others {
            let (placed, failure) = match guest.is_machine {
                false => match self.place(instance, guest, &volumes, told) {
                    Ok(()) => (volumes.keys().map(|it| (*it).to_owned()).collect(), None),
                    Err(error) => (BTreeSet::new(), Some(Chain(&error).to_string())),
                },
                true => {
                    let why = guest.has_emulator().then(|| BOOTED_BEFORE.to_owned());
                    (BTreeSet::new(), why)
                }
            };
            given.push((instance, volumes.len(), placed, failure));
        }
        for (instance, wanted, placed, failure) in given {
            brought.pending |= placed.len() < wanted;
            brought.placed.extend(placed);
            if let Some(error) = failure {
                brought.pending = true;
                self.failed(instance, "give an instance its volumes", &error);
            }
        }
        brought
            .placed
            .extend(plan.rest.into_iter().map(str::to_owned));
        let ended = |id: &String| !guests.contains_key(id) && !unknown.contains(id);
        self.allowed.lock().retain(|id, _| !ended(id));
        self.silent.lock().retain(|id, _| !ended(id));
        self.swept.fetch_or(rights_are_known, Ordering::Relaxed);
        if !brought.pending {
            self.failures.lock().clear();
        }
        Ok(brought)
    }

    fn failed(&self, id: &str, what: &str, error: &dyn std::fmt::Display) {
        let text = format!("failed to {what}: {error}; will retry");
        let mut failures = self.failures.lock();
        if failures.get(id) != Some(&text) {
            tracing::warn!(id, "{text}");
            failures.insert(id.to_owned(), text);
        }
    }

    fn place(
        &self,
        instance: &str,
        guest: &Guest,
        volumes: &BTreeMap<&str, u32>,
        told: &Told,
    ) -> Result<(), NotPlaced> {
        self.allow(instance, guest, numbers(volumes))?;
        for (id, number) in volumes {
            let device = LoopDevice {
                number: *number,
                goes: false,
            };
            let Some(of) = told.get(*id).and_then(|it| it.device.as_ref()) else {
                continue;
            };
            if !guest.dev.has(&of.name, device) {
                let scratch = self.dir.with_file_name("ebs-node");
                let put = guest.dev.put(&of.name, device, &scratch);
                put.map_err(|source| NotPlaced::Node {
                    id: (*id).to_owned(),
                    source,
                })?;
            }
        }
        Ok(())
    }

    /// A virtual machine, after it was asked for what it is not to have; `None` for one that can have nothing.
    fn machine(
        &self,
        id: &str,
        guest: &Guest,
        own: Option<&BTreeMap<&str, u32>>,
        told: &Told,
    ) -> io::Result<Option<Machine>> {
        let first = guest.dev.first;
        // It is looked at as long as it runs.
        let known = (first, BTreeSet::new());
        self.allowed.lock().insert(id.to_owned(), known);
        if let Some((until, why)) = self.silent.lock().get(id)
            && Instant::now() < *until
        {
            return Err(io::Error::other(why.clone()));
        }
        let asked = || {
            let mut machine = Machine::of(first)?;
            // Its number was its own when that was opened, and no other instance's that came to have it.
            if !guest.processes().contains(&first) {
                return Err(io::Error::from(io::ErrorKind::NotFound));
            }
            if let Some(machine) = &mut machine {
                machine.take_others(id, own, told)?;
            }
            Ok(machine)
        };
        let asked: io::Result<_> = asked();
        let mut silent = self.silent.lock();
        match &asked {
            Err(why) => {
                let until = Instant::now() + SILENT_FOR;
                silent.insert(id.to_owned(), (until, why.to_string()))
            }
            Ok(_) => silent.remove(id),
        };
        asked
    }

    fn allow(&self, id: &str, guest: &Guest, numbers: BTreeSet<u32>) -> Result<(), ContainerError> {
        let now = (guest.dev.first, numbers);
        if self.allowed.lock().get(id) == Some(&now) {
            return Ok(());
        }
        guest.handle.allow_loop_devices(&container(), &now.1)?;
        self.allowed.lock().insert(id.to_owned(), now);
        Ok(())
    }
}

fn numbers(volumes: &BTreeMap<&str, u32>) -> BTreeSet<u32> {
    volumes.values().copied().collect()
}

/// The volume whose file that is.
fn volume_of(dir: &Path, file: &Path) -> Option<String> {
    let below = file.strip_prefix(dir).ok()?;
    let id = below.parent()?.to_str().filter(|id| !id.is_empty())?;
    let image = Path::new(id).join("disk.img");
    (below == image || below == shown(&image)).then(|| id.to_owned())
}

/// Whether the volume under that loop device is one that the instance has.
pub fn is_of(dir: &Path, told: &Told, instance: &str, number: u32) -> bool {
    let found = || {
        let file = LoopDevice::file(number).ok()?;
        let id = volume_of(&fs::canonicalize(dir).ok()?, &file)?;
        let volume = told.get(&id).filter(|it| is_wanted(it))?;
        volume
            .device
            .as_ref()
            .filter(|of| of.instance == instance)
            .map(drop)
    };
    found().is_some()
}

/// Lets all devices of a node's volumes go: nobody is left who has them. `node`: the node's folder.
pub fn let_go_all(node: &Path) -> io::Result<()> {
    let dir = match fs::canonicalize(node.join(super::FOLDER)) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    for (image, device) in LoopDevice::below(&dir)? {
        device.let_go(&image)?;
    }
    for entry in fs::read_dir(&dir)? {
        hide(&entry?.path().join("disk.img"))?;
    }
    Ok(())
}

/// The right to open it is taken already.
fn take_away(
    device: LoopDevice,
    image: &Path,
    of: Option<&Device>,
    guest: Option<&Guest>,
) -> io::Result<()> {
    let mut done = Ok(());
    if let (Some(of), Some(guest)) = (of, guest) {
        // Whatever the instance made of its folders and mounts, it keeps nothing by it.
        done = guest.dev.take(&of.name, device);
        if of.force {
            done = done.and(guest.dev.unmount_all(device));
            guest.kill_users(device.number);
        }
    }
    device.let_go(image)?;
    done
}

impl Guest {
    /// `None` if it is ending.
    async fn of(handle: TaskHandle) -> Option<Self> {
        let status = handle.status().await.ok()?;
        let first = status.containers.get(&container())?.pid;
        let range = handle.sandbox().user_range?;
        (first > 0).then(|| Self {
            dev: DevFolder { first, range },
            is_machine: is_guest(&handle),
            handle,
        })
    }

    /// Of a virtual machine: whether its first process came as far as to start it.
    fn has_emulator(&self) -> bool {
        self.processes().len() > 1
    }

    fn processes(&self) -> Vec<i32> {
        self.handle.processes(&container()).unwrap_or_default()
    }

    /// Programs that have it open, or files on it.
    fn kill_users(&self, number: u32) {
        for process in self
            .processes()
            .into_iter()
            .filter(|it| *it != self.dev.first)
        {
            if uses(process, number, self.dev.first) {
                let _ = kill(Pid::from_raw(process), Signal::SIGKILL);
            }
        }
    }
}

/// `first`: the process out of whose mount namespace it was taken.
fn uses(process: i32, number: u32, first: i32) -> bool {
    let folder = Path::new("/proc").join(process.to_string());
    let namespace = |of: i32| fs::metadata(format!("/proc/{of}/ns/mnt")).map(|it| it.ino());
    let is_on_it = |path: PathBuf| {
        let found = fs::metadata(path);
        found.is_ok_and(|it| {
            [it.dev(), it.rdev()]
                .map(loop_number)
                .contains(&Some(number))
        })
    };
    let open = fs::read_dir(folder.join("fd")).into_iter().flatten();
    let open = open.filter_map(Result::ok).map(|it| it.path());
    // Names in them are any bytes.
    let mapped = fs::read(folder.join("maps")).unwrap_or_default();
    let mounts = fs::read(folder.join("mountinfo")).unwrap_or_default();
    let has_mount = namespace(process).ok() != namespace(first).ok()
        && !mounts_of(&mounts, (7, number.into())).is_empty();
    let minor = format!("07:{number:02x}");
    let is_mapped = mapped
        .split(|it| *it == b'\n')
        .any(|line| line.split(|it| *it == b' ').nth(3) == Some(minor.as_bytes()));
    is_mapped
        || has_mount
        || open
            .chain([folder.join("cwd"), folder.join("root")])
            .any(is_on_it)
}

#[cfg(test)]
pub mod tests;
