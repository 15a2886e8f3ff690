//! Volumes of a virtual machine: what the emulator is told so that one comes and goes. Pure.
//!
//! Each is a disk of virtio in a port of its own, over a node that reads and writes the device which the host handed over. Its
//! commands go out one after the other, each after the answer to the one before:
//!
//! | | |
//! | --- | --- |
//! | it comes | the descriptor, the two nodes over it, the disk |
//! | it goes | the guest is asked for the disk, again and again. It writes out what it has, lets go of it, and then the emulator says that the disk is gone; nodes and descriptor follow |
//! | by force | a guest that does not let go of it in time has a disk from then on that fails whatever is asked of it, and the host's device is free. That disk stays in its port until the guest lets go of it or ends |
//! | a command is refused | what was done before it is undone |

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};

use crate::{
    control::{Standing, State, Volumes},
    qmp::{self, Event, Refusal},
};

/// Volumes at a time, as instances of EC2 have them.
pub const PORTS: usize = 27;
/// A guest that boots does not hear that a disk is wanted back yet.
pub const ASKED_EVERY_MS: u64 = 5_000;
/// So long it has for that before it loses one by force.
pub const CUT_AFTER_MS: u64 = 10_000;
/// Of a reason, in characters: those of all volumes go into one message.
const MOST_SAID: usize = 200;
/// Of errors that such a disk has: `EIO`.
const FAILS_WITH: u8 = 5;

/// What a port is called on the command line, and what is in it.
pub fn port(number: usize) -> String {
    format!("port-{number}")
}

fn disk(number: usize) -> String {
    format!("disk-{number}")
}

/// The node that the disk is over …
fn node(number: usize) -> String {
    format!("volume-{number}")
}

/// … and those that this is over: the host's device, and what fails.
fn device(number: usize) -> String {
    format!("device-{number}")
}

fn nothing(number: usize) -> String {
    format!("nothing-{number}")
}

/// The first is of the machine's own disk.
fn descriptors(number: usize) -> usize {
    number + 1
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub enum Out<F> {
    /// A line for the emulator, with a descriptor beside it. Its answer has that number.
    Command {
        number: u64,
        line: String,
        file: Option<F>,
    },
    /// For the user of the instance.
    Tell(String),
}

/// All ports. `F`: a device of the host's, open.
pub struct Plugs<F> {
    ports: BTreeMap<usize, Plug<F>>,
    failures: BTreeMap<String, String>,
    /// Of commands.
    last: u64,
    out: Vec<Out<F>>,
}

struct Plug<F> {
    volume: String,
    bytes: u64,
    phase: Phase,
    /// The guest had it, and was not told of its end yet.
    came: bool,
    script: VecDeque<Step<F>>,
    /// What was told and is not answered yet.
    under_way: Option<(u64, Kind)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Coming,
    There,
    /// Since when it is to go, and when the guest was asked last.
    Going {
        since: u64,
        asked: u64,
    },
    /// The disk is put over what fails. `deleted`: the guest let go of it meanwhile.
    Cutting {
        deleted: bool,
    },
    /// The disk fails, and the host's device is free.
    Dead,
    Clearing,
}

struct Step<F> {
    kind: Kind,
    file: Option<F>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    AddDescriptor,
    AddDevice,
    AddNode,
    AddDisk,
    Grow,
    AskForDisk,
    AddNothing,
    Cut,
    RemoveDevice,
    RemoveDescriptor,
    RemoveNode,
    RemoveNothing,
}

impl Kind {
    /// Its name, and what it says.
    fn command(self, number: usize, volume: &str, bytes: u64) -> (&'static str, Value) {
        match self {
            Self::AddDescriptor => (
                "add-fd",
                json!({"fdset-id": descriptors(number), "opaque": volume}),
            ),
            // Past the page cache: what is written is cached by the guest.
            Self::AddDevice => (
                "blockdev-add",
                json!({
                    "driver": "host_device", "node-name": device(number),
                    "filename": format!("/dev/fdset/{}", descriptors(number)),
                    "locking": "off", "cache": {"direct": true}, "discard": "unmap",
                }),
            ),
            Self::AddNode => (
                "blockdev-add",
                json!({
                    "driver": "raw", "node-name": node(number), "file": device(number),
                    "cache": {"direct": true}, "discard": "unmap",
                }),
            ),
            // Errors are the guest's to see: it is not stopped for them.
            Self::AddDisk => (
                "device_add",
                json!({
                    "driver": "virtio-blk-pci", "id": disk(number), "bus": port(number),
                    "drive": node(number), "serial": volume.replace('-', ""), "romfile": "",
                    "write-cache": "on", "werror": "report", "rerror": "report",
                }),
            ),
            Self::Grow => (
                "block_resize",
                json!({"node-name": node(number), "size": bytes}),
            ),
            Self::AskForDisk => ("device_del", json!({"id": disk(number)})),
            Self::AddNothing => (
                "blockdev-add",
                json!({
                    "driver": "blkdebug", "node-name": nothing(number),
                    "image": {"driver": "null-co", "size": bytes},
                    "inject-error": [{"event": "none", "once": false, "errno": FAILS_WITH}],
                }),
            ),
            Self::Cut => (
                "blockdev-reopen",
                json!({"options": [
                    {"driver": "raw", "node-name": node(number), "file": nothing(number)},
                ]}),
            ),
            Self::RemoveDevice => ("blockdev-del", json!({"node-name": device(number)})),
            Self::RemoveDescriptor => ("remove-fd", json!({"fdset-id": descriptors(number)})),
            Self::RemoveNode => ("blockdev-del", json!({"node-name": node(number)})),
            Self::RemoveNothing => ("blockdev-del", json!({"node-name": nothing(number)})),
        }
    }
}

/// What undoes what came before a step of a volume that comes.
fn undone(refused: Kind) -> &'static [Kind] {
    match refused {
        Kind::AddDevice => &[Kind::RemoveDescriptor],
        Kind::AddNode => &[Kind::RemoveDevice, Kind::RemoveDescriptor],
        Kind::AddDisk => &TAKEN_DOWN,
        _ => &[],
    }
}

const TAKEN_DOWN: [Kind; 3] = [Kind::RemoveNode, Kind::RemoveDevice, Kind::RemoveDescriptor];
const DEAD_TAKEN_DOWN: [Kind; 2] = [Kind::RemoveNode, Kind::RemoveNothing];

impl<F> Plug<F> {
    fn begin(&mut self, phase: Phase, steps: &[Kind]) {
        self.phase = phase;
        self.script = steps.iter().map(|kind| Step::of(*kind)).collect();
    }

    fn is_idle(&self) -> bool {
        self.script.is_empty() && self.under_way.is_none()
    }

    /// Whether it has the host's device.
    fn standing(&self) -> Option<Standing> {
        let state = match self.phase {
            Phase::Coming => State::Coming,
            Phase::There => State::There,
            Phase::Going { .. } | Phase::Cutting { .. } | Phase::Clearing => State::Going,
            Phase::Dead => return None,
        };
        let bytes = self.bytes;
        Some(Standing { state, bytes })
    }
}

impl<F> Step<F> {
    fn of(kind: Kind) -> Self {
        Self { kind, file: None }
    }
}

impl<F> Default for Plugs<F> {
    fn default() -> Self {
        Self {
            ports: BTreeMap::new(),
            failures: BTreeMap::new(),
            last: 0,
            out: Vec::new(),
        }
    }
}

impl<F> Plugs<F> {
    /// What is to be done now.
    pub fn out(&mut self) -> Vec<Out<F>> {
        std::mem::take(&mut self.out)
    }

    pub fn volumes(&self) -> Volumes {
        let here = self.ports.values();
        let here = here.filter_map(|it| Some((it.volume.clone(), it.standing()?)));
        Volumes {
            here: here.collect(),
            failures: self.failures.clone(),
        }
    }

    pub fn attach(&mut self, volume: &str, bytes: u64, file: F) {
        if self.find(volume).is_some() {
            return;
        }
        let Some(free) = (0..PORTS).find(|it| !self.ports.contains_key(it)) else {
            return self.failed(volume, "all of the machine's ports are taken");
        };
        let mut plug = Plug {
            volume: volume.to_owned(),
            bytes,
            phase: Phase::Coming,
            came: false,
            script: [Kind::AddDevice, Kind::AddNode, Kind::AddDisk]
                .map(Step::of)
                .into(),
            under_way: None,
        };
        plug.script.push_front(Step {
            kind: Kind::AddDescriptor,
            file: Some(file),
        });
        self.ports.insert(free, plug);
        self.go_on(free);
    }

    /// A disk never becomes smaller.
    pub fn grow(&mut self, volume: &str, bytes: u64) {
        let Some((number, plug)) = self.find(volume) else {
            return;
        };
        if plug.phase == Phase::There && plug.is_idle() && bytes > plug.bytes {
            plug.bytes = bytes;
            plug.script.push_back(Step::of(Kind::Grow));
            self.go_on(number);
        }
    }

    /// To be said again until it is gone. `now`: milliseconds since some beginning.
    pub fn detach(&mut self, volume: &str, force: bool, now: u64) {
        let Some((number, plug)) = self.find(volume) else {
            self.failures.remove(volume);
            return;
        };
        if !plug.is_idle() {
            return;
        }
        match plug.phase {
            Phase::There => {
                let going = Phase::Going {
                    since: now,
                    asked: now,
                };
                plug.begin(going, &[Kind::AskForDisk]);
            }
            Phase::Going { since, .. } if force && now.saturating_sub(since) >= CUT_AFTER_MS => {
                let steps = [
                    Kind::AddNothing,
                    Kind::Cut,
                    Kind::RemoveDevice,
                    Kind::RemoveDescriptor,
                ];
                plug.begin(Phase::Cutting { deleted: false }, &steps);
            }
            Phase::Going { since, asked } if now.saturating_sub(asked) >= ASKED_EVERY_MS => {
                plug.begin(Phase::Going { since, asked: now }, &[Kind::AskForDisk]);
            }
            Phase::Coming
            | Phase::Going { .. }
            | Phase::Cutting { .. }
            | Phase::Dead
            | Phase::Clearing => {}
        }
        self.go_on(number);
    }

    /// The emulator did what was told under that number.
    pub fn done(&mut self, number: u64) {
        if let Some((port, _)) = self.answered(number) {
            self.go_on(port);
        }
    }

    pub fn refused(&mut self, number: u64, refusal: &Refusal) {
        let Some((port, kind)) = self.answered(number) else {
            return;
        };
        let Some(plug) = self.ports.get_mut(&port) else {
            return;
        };
        let volume = plug.volume.clone();
        match plug.phase {
            Phase::Coming => {
                plug.begin(Phase::Clearing, undone(kind));
                self.failed(&volume, &refusal.why);
            }
            // The disk is as large as it was for the guest, and is grown with its next start.
            Phase::There => self.failed(&volume, &refusal.why),
            // It is gone, and nobody said so; else it is being asked for already.
            Phase::Going { .. } if refusal.is_absent => plug.begin(Phase::Clearing, &TAKEN_DOWN),
            Phase::Going { .. } => {}
            Phase::Cutting { deleted } if matches!(kind, Kind::AddNothing | Kind::Cut) => {
                let undo: &[Kind] = match kind {
                    Kind::Cut => &[Kind::RemoveNothing],
                    _ => &[],
                };
                match deleted {
                    true => plug.begin(Phase::Clearing, &TAKEN_DOWN),
                    // It is cut at another time, if the guest does not let go before.
                    false => plug.begin(Phase::Going { since: 0, asked: 0 }, undo),
                }
                self.failed(&volume, &refusal.why);
            }
            Phase::Cutting { .. } | Phase::Dead | Phase::Clearing => {}
        }
        self.go_on(port);
    }

    pub fn happened(&mut self, event: &Event) {
        let of = event.device.as_deref().unwrap_or_default();
        let Some((&number, plug)) = self.ports.iter_mut().find(|(it, _)| disk(**it) == of) else {
            return;
        };
        match (event.name.as_str(), plug.phase) {
            (qmp::GUEST_KEEPS_DEVICE, _) => {
                let volume = plug.volume.clone();
                self.failed(&volume, "the guest does not let go of it");
            }
            (qmp::DEVICE_DELETED, Phase::Dead) => {
                plug.begin(Phase::Clearing, &DEAD_TAKEN_DOWN);
            }
            (qmp::DEVICE_DELETED, Phase::Cutting { .. }) => {
                plug.phase = Phase::Cutting { deleted: true };
            }
            // A guest may also let go of one that nobody wants back.
            (qmp::DEVICE_DELETED, Phase::Coming | Phase::There | Phase::Going { .. }) => {
                plug.begin(Phase::Clearing, &TAKEN_DOWN);
            }
            _ => return,
        }
        self.go_on(number);
    }

    /// Of those that have the host's device.
    fn find(&mut self, volume: &str) -> Option<(usize, &mut Plug<F>)> {
        let all = self.ports.iter_mut().map(|(number, it)| (*number, it));
        let mut its = all.filter(|(_, it)| it.phase != Phase::Dead);
        its.find(|(_, it)| it.volume == volume)
    }

    fn answered(&mut self, number: u64) -> Option<(usize, Kind)> {
        let mut all = self.ports.iter_mut();
        all.find_map(|(port, plug)| match plug.under_way {
            Some((told, kind)) if told == number => {
                plug.under_way = None;
                Some((*port, kind))
            }
            _ => None,
        })
    }

    fn failed(&mut self, volume: &str, why: &str) {
        let why = why.chars().take(MOST_SAID).collect();
        self.failures.insert(volume.to_owned(), why);
        // Those of volumes of which nobody speaks any more.
        while self.failures.len() > 2 * PORTS {
            self.failures.pop_first();
        }
    }

    /// Says the next step of a volume whose step before was answered, or has it be where all of them lead.
    fn go_on(&mut self, number: usize) {
        let Some(plug) = self.ports.get_mut(&number) else {
            return;
        };
        if plug.under_way.is_some() {
            return;
        }
        if let Some(step) = plug.script.pop_front() {
            self.last += 1;
            plug.under_way = Some((self.last, step.kind));
            let (name, arguments) = step.kind.command(number, &plug.volume, plug.bytes);
            self.out.push(Out::Command {
                number: self.last,
                line: qmp::command(name, &arguments, self.last),
                file: step.file,
            });
            return;
        }
        let volume = plug.volume.clone();
        let mut tell = |text: &str| self.out.push(Out::Tell(format!("{volume} {text}")));
        match plug.phase {
            Phase::Coming => {
                (plug.phase, plug.came) = (Phase::There, true);
                tell("was attached");
                self.failures.remove(&volume);
            }
            Phase::Cutting { deleted: true } => {
                plug.begin(Phase::Clearing, &DEAD_TAKEN_DOWN);
                self.go_on(number);
            }
            Phase::Cutting { deleted: false } => {
                (plug.phase, plug.came) = (Phase::Dead, false);
                tell("was taken away by force: its disk fails from now on");
                self.failures.remove(&volume);
            }
            Phase::Clearing => {
                if plug.came {
                    tell("was detached");
                    self.failures.remove(&volume);
                }
                self.ports.remove(&number);
            }
            Phase::There | Phase::Going { .. } | Phase::Dead => {}
        }
    }
}

#[cfg(test)]
#[path = "plugs_tests.rs"]
mod tests;
