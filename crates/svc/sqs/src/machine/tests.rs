//! The machine beside a simple model of a queue, over random histories.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone)]
enum Step {
    Send {
        group: u8,
        delay: u64,
    },
    /// `written` says whether the write succeeds.
    Receive {
        most: usize,
        hold: u64,
        written: bool,
    },
    /// Of the message that was received so many receipts ago.
    Delete {
        nth: usize,
        written: bool,
    },
    Hold {
        nth: usize,
        time: u64,
    },
    Pass {
        time: u64,
    },
    Expire {
        older: u64,
    },
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..3u8, prop_oneof![Just(0), 1..20u64]).prop_map(|(group, delay)| Step::Send { group, delay }),
        4 => (1..5usize, 0..20u64, prop::bool::weighted(0.8))
            .prop_map(|(most, hold, written)| Step::Receive { most, hold, written }),
        2 => (0..6usize, prop::bool::weighted(0.8)).prop_map(|(nth, written)| Step::Delete { nth, written }),
        1 => (0..6usize, 0..30u64).prop_map(|(nth, time)| Step::Hold { nth, time }),
        3 => (1..15u64).prop_map(|time| Step::Pass { time }),
        1 => (20..200u64).prop_map(|older| Step::Expire { older }),
        1 => Just(Step::Restart),
    ]
}

/// A queue as one would describe it.
#[derive(Debug, Default)]
struct Model {
    fifo: bool,
    max_receives: Option<u32>,
    now: Millis,
    messages: BTreeMap<Seq, Message>,
}

impl Model {
    fn is_ready(&self, seq: Seq) -> bool {
        self.messages[&seq].visible_at <= self.now
    }

    fn is_held(&self, seq: Seq) -> bool {
        !self.is_ready(seq) && self.messages[&seq].receives > 0
    }

    /// What a receive of so many gets, and what it finds dead.
    fn receive(&self, most: usize) -> (Vec<Seq>, Vec<Seq>) {
        let (mut got, mut dead, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
        for seq in self.messages.keys().copied() {
            if got.len() >= most || dead.len() >= most {
                break;
            }
            let group = &self.messages[&seq].group;
            let line: Vec<Seq> = match self.fifo {
                false => vec![seq],
                true if !seen.insert(group.clone()) => continue,
                true => {
                    let of = self.messages.iter().filter(|(_, it)| it.group == *group);
                    of.map(|(seq, _)| *seq).collect()
                }
            };
            if self.fifo && line.iter().any(|it| self.is_held(*it)) {
                continue;
            }
            let room = most - got.len();
            for seq in line
                .into_iter()
                .take_while(|it| self.is_ready(*it))
                .take(room)
            {
                let receives = self.messages[&seq].receives;
                match self.max_receives.is_some_and(|most| receives >= most) {
                    true => dead.push(seq),
                    false => got.push(seq),
                }
            }
        }
        (got, dead)
    }

    fn counts(&self) -> Counts {
        let all = || self.messages.keys().copied();
        let held = all().filter(|it| self.is_held(*it)).count();
        let ready = all().filter(|it| self.is_ready(*it)).count();
        let of_group = |seq: Seq| self.messages[&seq].group.clone();
        let groups = all().filter(|it| self.is_held(*it)).filter_map(of_group);
        Counts {
            ready,
            held,
            delayed: self.messages.len() - held - ready,
            groups_held: groups.collect::<BTreeSet<_>>().len(),
        }
    }
}

fn seqs(asides: &[Aside]) -> Vec<Seq> {
    asides.iter().map(|it| it.seq).collect()
}

fn run(fifo: bool, max_receives: Option<u32>, steps: Vec<Step>) {
    let mut machine = Machine::new(fifo);
    let mut model = Model {
        fifo,
        max_receives,
        now: 1000,
        ..Model::default()
    };
    let mut receipts: Vec<(Seq, u128, u32)> = Vec::new();
    for (id, step) in (1..).zip(steps) {
        let now = model.now;
        match step {
            Step::Pass { time } => model.now += time,
            Step::Restart => {
                let messages = model.messages.iter().map(|(seq, it)| (*seq, it.clone()));
                machine = Machine::of(fifo, messages.collect(), now);
            }
            Step::Send { group, delay } => {
                let seq = machine.next_seq(now);
                assert!(model.messages.keys().all(|it| *it < seq), "numbers rise");
                let message = Message {
                    mark: Message::mark(id),
                    visible_at: now + delay,
                    receives: 0,
                    bytes: 1,
                    group: fifo.then(|| Arc::from(group.to_string())),
                    stage: Stage::Ready,
                };
                machine.add(seq, message.clone(), now);
                model.messages.insert(seq, message);
            }
            Step::Receive {
                most,
                hold,
                written,
            } => {
                let wanted = Wanted {
                    most,
                    max_receives,
                    max_held: 1000,
                };
                let taken = machine.begin_receive(wanted, now);
                let (got, dead) = model.receive(most);
                assert_eq!((seqs(&taken.received), seqs(&taken.dead)), (got, dead));
                if !written {
                    machine.undo(taken.received, 0);
                    machine.undo(taken.dead, 0);
                    continue;
                }
                for aside in taken.received {
                    let receives = aside.before.receives + 1;
                    receipts.insert(0, (aside.seq, u128::from(aside.before.mark), receives));
                    let held = Message {
                        visible_at: now + hold,
                        receives,
                        ..aside.before
                    };
                    model.messages.insert(aside.seq, held.clone());
                    machine.settle(aside.seq, Settled::Is(held), now);
                }
                for aside in taken.dead {
                    model.messages.remove(&aside.seq);
                    machine.settle(aside.seq, Settled::Gone, now);
                }
            }
            Step::Delete { nth, written } => {
                let Some(&(seq, id, receives)) = receipts.get(nth) else {
                    continue;
                };
                let claimed = machine.begin_held(seq, id, receives, now);
                // After a restart in the same millisecond a number may be that of a message that is gone.
                let there = model
                    .messages
                    .get(&seq)
                    .filter(|it| it.mark == Message::mark(id) && it.receives == receives);
                let held = there.is_some() && model.is_held(seq);
                assert_eq!(claimed.is_ok(), held);
                match claimed {
                    Ok(aside) if !written => machine.undo(vec![aside], 0),
                    Ok(aside) => {
                        let again = machine.begin_held(seq, id, receives, now);
                        assert_eq!(again.unwrap_err(), NotHeld::Busy);
                        machine.settle(aside.seq, Settled::Gone, now);
                        model.messages.remove(&seq);
                    }
                    Err(_) => {}
                }
            }
            Step::Hold { nth, time } => {
                let Some(&(seq, id, receives)) = receipts.get(nth) else {
                    continue;
                };
                if let Ok(aside) = machine.begin_held(seq, id, receives, now) {
                    let held = Message {
                        visible_at: now + time,
                        ..aside.before
                    };
                    model.messages.insert(seq, held.clone());
                    machine.settle(seq, Settled::Is(held), now);
                }
            }
            Step::Expire { older } => {
                let before = now.saturating_sub(older);
                let old = machine.begin_expired(before);
                let all = model.messages.keys().copied();
                let expected: Vec<Seq> = all.filter(|it| sent_at(*it) < before).collect();
                assert_eq!(seqs(&old), expected);
                for aside in old {
                    machine.settle(aside.seq, Settled::Gone, now);
                    model.messages.remove(&aside.seq);
                }
            }
        }
        assert_eq!(machine.counts(model.now), model.counts());
        // What is there is in one stage, and in the right one.
        let next = model.messages.values().map(|it| it.visible_at);
        assert_eq!(
            machine.next_change(),
            next.filter(|at| *at > model.now).min()
        );
    }
}

proptest! {
    #[test]
    fn a_standard_queue_is_as_its_model(steps in prop::collection::vec(step(), 0..120)) {
        run(false, None, steps);
    }

    #[test]
    fn a_fifo_queue_is_as_its_model(steps in prop::collection::vec(step(), 0..120)) {
        run(true, None, steps);
    }

    #[test]
    fn dead_letters_are_as_in_the_model(fifo: bool, most in 1..4u32, steps in prop::collection::vec(step(), 0..120)) {
        run(fifo, Some(most), steps);
    }
}

#[test]
fn no_more_are_held_than_may_be() {
    let mut machine = Machine::new(false);
    for id in 0..3 {
        let seq = machine.next_seq(1);
        let message = Message {
            mark: Message::mark(id),
            visible_at: 1,
            receives: 0,
            bytes: 1,
            group: None,
            stage: Stage::Ready,
        };
        machine.add(seq, message, 1);
    }
    let mut take = |most| {
        let wanted = Wanted {
            most,
            max_receives: None,
            max_held: 2,
        };
        let taken = machine.begin_receive(wanted, 1);
        (taken.received.len(), taken.over_limit)
    };
    assert_eq!(take(10), (2, false));
    assert_eq!(take(10), (0, true));
}

#[test]
fn what_was_sent_is_remembered_for_its_window() {
    let mut dedup = Dedup::default();
    let original = |until| Original {
        seq: until,
        id: 1,
        until,
    };
    dedup.remember("a".to_owned(), original(10));
    assert_eq!(dedup.find("a", 9), Some(original(10)));
    assert_eq!(dedup.find("a", 10), None);
    // Sent again before the first window was cleared away.
    dedup.remember("a".to_owned(), original(20));
    assert_eq!(dedup.forget(15, 10), [""; 0]);
    assert_eq!(dedup.find("a", 15), Some(original(20)));
    assert_eq!(dedup.next_end(), Some(20));
    assert_eq!(dedup.forget(20, 10), ["a"]);
}
