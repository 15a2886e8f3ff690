//! What the emulator is told, by what it answers.

use proptest::prelude::*;

use super::*;

const VOLUME: &str = "vol-0123456789abcdef0";
const GIB: u64 = 1 << 30;

/// All that comes out, and what the emulator was told last.
#[derive(Default)]
struct Case {
    plugs: Plugs<u32>,
    told: Vec<u64>,
    said: Vec<String>,
}

impl Case {
    /// The names of the commands that are told now.
    fn commands(&mut self) -> Vec<String> {
        let mut names = Vec::new();
        for out in self.plugs.out() {
            match out {
                Out::Command { number, line, file } => {
                    let command: Value = serde_json::from_str(&line).unwrap();
                    assert_eq!(command["id"], number);
                    let name = command["execute"].as_str().unwrap();
                    assert_eq!(file.is_some(), name == "add-fd", "{line}");
                    self.told.push(number);
                    names.push(name.to_owned());
                }
                Out::Tell(text) => self.said.push(text),
            }
        }
        names
    }

    /// Those that are told one after the other, each when the one before was done.
    fn all_done(&mut self) -> Vec<String> {
        let mut names = Vec::new();
        loop {
            names.extend(self.commands());
            match self.told.pop() {
                Some(number) => self.plugs.done(number),
                None => return names,
            }
        }
    }

    fn refuse(&mut self, is_absent: bool) {
        let number = self.told.pop().unwrap();
        let why = "no".to_owned();
        self.plugs.refused(number, &Refusal { why, is_absent });
    }

    fn deleted(&mut self, port: usize) {
        self.plugs.happened(&Event {
            name: qmp::DEVICE_DELETED.to_owned(),
            device: Some(disk(port)),
            by_guest: false,
        });
    }

    fn state(&self) -> Option<State> {
        self.plugs.volumes().here.get(VOLUME).map(|it| it.state)
    }

    fn attached() -> Self {
        let mut case = Self::default();
        case.plugs.attach(VOLUME, GIB, 1);
        case.all_done();
        assert_eq!(case.state(), Some(State::There));
        case
    }
}

const COMES: [&str; 4] = ["add-fd", "blockdev-add", "blockdev-add", "device_add"];
const GONE: [&str; 3] = ["blockdev-del", "blockdev-del", "remove-fd"];

#[test]
fn a_volume_comes_and_goes_with_the_guest() {
    let mut case = Case::default();
    case.plugs.attach(VOLUME, GIB, 1);
    assert_eq!(case.state(), Some(State::Coming));
    assert_eq!(case.all_done(), COMES);
    case.plugs.attach(VOLUME, GIB, 1);
    assert!(case.all_done().is_empty());

    case.plugs.grow(VOLUME, GIB);
    assert!(case.all_done().is_empty());
    case.plugs.grow(VOLUME, 2 * GIB);
    assert_eq!(case.all_done(), ["block_resize"]);
    assert_eq!(case.plugs.volumes().here[VOLUME].bytes, 2 * GIB);

    case.plugs.detach(VOLUME, false, 0);
    assert_eq!(case.all_done(), ["device_del"]);
    case.plugs.detach(VOLUME, false, ASKED_EVERY_MS - 1);
    assert!(case.all_done().is_empty());
    // It boots, or has it in use; it is asked for as long as it takes.
    case.plugs.detach(VOLUME, false, 100 * CUT_AFTER_MS);
    assert_eq!(case.commands(), ["device_del"]);
    case.refuse(false);
    assert_eq!(case.state(), Some(State::Going));
    case.deleted(0);
    assert_eq!(case.all_done(), GONE);
    assert_eq!(case.state(), None);
    assert_eq!(
        case.said,
        ["was attached", "was detached"].map(|it| format!("{VOLUME} {it}"))
    );
}

#[test]
fn by_force_the_host_has_its_device_back() {
    let mut case = Case::attached();
    case.plugs.detach(VOLUME, true, 0);
    assert_eq!(case.all_done(), ["device_del"]);
    case.plugs.detach(VOLUME, true, CUT_AFTER_MS);
    let cut = [
        "blockdev-add",
        "blockdev-reopen",
        "blockdev-del",
        "remove-fd",
    ];
    assert_eq!(case.all_done(), cut);
    assert_eq!(case.state(), None);
    // Attached again it has another port.
    case.plugs.attach(VOLUME, GIB, 2);
    assert_eq!(case.all_done(), COMES);
    assert!(case.plugs.ports[&1].volume == VOLUME);
    case.deleted(0);
    assert_eq!(case.all_done(), ["blockdev-del", "blockdev-del"]);
    assert_eq!(case.state(), Some(State::There));
    assert_eq!(case.plugs.ports.len(), 1);
}

#[test]
fn a_guest_that_lets_go_while_it_is_cut() {
    let mut case = Case::attached();
    case.plugs.detach(VOLUME, true, 0);
    case.all_done();
    case.plugs.detach(VOLUME, true, CUT_AFTER_MS);
    assert_eq!(case.commands(), ["blockdev-add"]);
    case.deleted(0);
    let rest = [
        "blockdev-reopen",
        "blockdev-del",
        "remove-fd",
        "blockdev-del",
        "blockdev-del",
    ];
    assert_eq!(case.all_done(), rest);
    assert!(case.plugs.ports.is_empty());
}

#[test]
fn a_cut_that_is_refused_is_tried_again() {
    let mut case = Case::attached();
    case.plugs.detach(VOLUME, true, 0);
    case.all_done();
    case.plugs.detach(VOLUME, true, CUT_AFTER_MS);
    assert_eq!(case.commands(), ["blockdev-add"]);
    let number = case.told.pop().unwrap();
    case.plugs.done(number);
    assert_eq!(case.commands(), ["blockdev-reopen"]);
    case.refuse(false);
    assert_eq!(case.all_done(), ["blockdev-del"]);
    assert_eq!(case.state(), Some(State::Going));
    assert_eq!(case.plugs.volumes().failures[VOLUME], "no");
    case.plugs.detach(VOLUME, true, 2 * CUT_AFTER_MS);
    assert_eq!(case.all_done().len(), 4);
}

#[test]
fn what_is_refused_is_undone() {
    for (refused, undo) in [
        (0, &[][..]),
        (1, &["remove-fd"]),
        (2, &["blockdev-del", "remove-fd"]),
        (3, &GONE),
    ] {
        let mut case = Case::default();
        case.plugs.attach(VOLUME, GIB, 1);
        for _ in 0..refused {
            case.commands();
            let number = case.told.pop().unwrap();
            case.plugs.done(number);
        }
        case.commands();
        case.refuse(false);
        assert_eq!(case.all_done(), undo, "{refused}");
        assert_eq!(case.state(), None);
        assert_eq!(case.plugs.volumes().failures[VOLUME], "no");
        assert!(case.said.is_empty());
        // The next try may come to something.
        case.plugs.attach(VOLUME, GIB, 2);
        assert_eq!(case.all_done(), COMES);
        assert!(case.plugs.volumes().failures.is_empty());
    }
}

#[test]
fn one_that_is_gone_already_is_taken_down() {
    let mut case = Case::attached();
    case.plugs.detach(VOLUME, false, 0);
    assert_eq!(case.commands(), ["device_del"]);
    case.refuse(true);
    assert_eq!(case.all_done(), GONE);
    // And one that the guest lets go of by itself.
    let mut case = Case::attached();
    case.deleted(0);
    assert_eq!(case.all_done(), GONE);
    assert_eq!(case.state(), None);
}

#[test]
fn there_are_as_many_ports_as_volumes() {
    let mut case = Case::default();
    for number in 0..=PORTS {
        case.plugs.attach(&format!("vol-{number}"), GIB, 1);
        case.all_done();
    }
    let volumes = case.plugs.volumes();
    assert_eq!(volumes.here.len(), PORTS);
    assert!(volumes.failures[&format!("vol-{PORTS}")].contains("ports"));
}

#[derive(Debug, Clone)]
enum Move {
    Attach(usize),
    Detach(usize, bool),
    Answer(bool),
    Deleted(usize),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        (0..3_usize).prop_map(Move::Attach),
        (0..3_usize, any::<bool>()).prop_map(|(it, force)| Move::Detach(it, force)),
        any::<bool>().prop_map(Move::Answer),
        (0..4_usize).prop_map(Move::Deleted),
    ];
    prop::collection::vec(one, 0..60)
}

proptest! {
    /// Whatever the emulator answers and the guest does: of a port no more than one command is under way, no volume is in two
    /// ports, and once all is answered and let go of, nothing is left.
    #[test]
    fn everything_goes_in_the_end(moves in moves()) {
        let name = |it: usize| format!("vol-{it}");
        let mut case = Case::default();
        let mut now = 0;
        for it in moves {
            now += 3_000;
            match it {
                Move::Attach(it) => case.plugs.attach(&name(it), GIB, 1),
                Move::Detach(it, force) => case.plugs.detach(&name(it), force, now),
                Move::Answer(is_done) => {
                    case.commands();
                    if !case.told.is_empty() {
                        let number = case.told.remove(0);
                        let why = "no".to_owned();
                        match is_done {
                            true => case.plugs.done(number),
                            false => case.plugs.refused(number, &Refusal { why, is_absent: false }),
                        }
                    }
                }
                Move::Deleted(port) => case.deleted(port),
            }
            case.commands();
            prop_assert!(case.told.len() <= case.plugs.ports.len());
            let with_device = case.plugs.ports.values().filter(|it| it.phase != Phase::Dead);
            prop_assert_eq!(with_device.count(), case.plugs.volumes().here.len());
        }
        for _ in 0..4 {
            while !case.told.is_empty() {
                let number = case.told.remove(0);
                case.plugs.done(number);
                case.commands();
            }
            now += CUT_AFTER_MS;
            (0..3).for_each(|it| case.plugs.detach(&name(it), false, now));
            case.commands();
            (0..PORTS).for_each(|port| case.deleted(port));
            case.commands();
        }
        while !case.told.is_empty() {
            let number = case.told.remove(0);
            case.plugs.done(number);
            case.commands();
        }
        prop_assert!(case.plugs.ports.is_empty());
    }
}
