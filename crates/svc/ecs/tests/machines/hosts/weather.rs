//! What happens to hosts: they fall silent for a while, lose their power, or leave for good.

use std::collections::BTreeSet;

use serde_json::json;
use wharf_records::hosts::PlaneHost;
use wharf_store::Txn;
use wharf_testkit::{ACCOUNT, PERMIT};

use super::{Fleet, Host, MACHINES, Up};
use crate::world::{LONGEST_SILENCE, World};

/// For so many looks after a host was away its instances may be taken for broken.
const BLAMED: usize = 240;
/// At these looks of the storm one leaves, one loses its power, and one is silent for long, whatever the chances are.
const GOES: usize = 40;
const FALLS: usize = 75;
const IS_CUT_OFF: usize = 185;
/// Percent of those that were silent that never come back.
const STAY_AWAY: f64 = 25.0;

/// How long one is silent.
fn span(world: &World) -> usize {
    let longest = u64::try_from(LONGEST_SILENCE).unwrap();
    usize::try_from(world.between(1, longest)).unwrap()
}

impl Fleet {
    pub async fn weather(&mut self, world: &World) {
        let now = world.in_storm();
        let (mut goes, mut falls) = (now == Some(GOES), now == Some(FALLS));
        let mut is_cut_off = now == Some(IS_CUT_OFF);
        for host in &mut self.hosts {
            match host.up {
                Up::Yes if std::mem::take(&mut goes) || world.chance(0.2) => {
                    host.leave(world).await;
                    self.left += 1;
                }
                Up::Yes if std::mem::take(&mut falls) || world.chance(0.2) => {
                    host.loses_power(world);
                    self.fell += 1;
                }
                Up::Yes if std::mem::take(&mut is_cut_off) => {
                    host.falls_silent(world, LONGEST_SILENCE);
                }
                Up::Yes if world.chance(0.7) => host.falls_silent(world, span(world)),
                Up::Silent(until) if until <= world.look() => match world.chance(STAY_AWAY) {
                    true => {
                        host.leave(world).await;
                        self.left += 1;
                    }
                    false => host.is_back(world),
                },
                _ => {}
            }
        }
        if world.chance(20.0) {
            self.fill(world).await;
        }
    }

    pub async fn come_to_rest(&mut self, world: &World) {
        for host in &mut self.hosts {
            if matches!(host.up, Up::Silent(_)) {
                host.is_back(world);
            }
        }
        self.fill(world).await;
    }
}

impl Host {
    fn falls_silent(&mut self, world: &World, span: usize) {
        self.up = Up::Silent(world.look() + span);
        self.blamed = usize::MAX;
        self.reached.send_replace(false);
    }

    /// Nothing runs on it any more. When it is back its instances boot anew, on the disks that they had.
    fn loses_power(&mut self, world: &World) {
        self.falls_silent(world, span(world));
        for (id, running) in std::mem::take(&mut self.runs) {
            world.tasks.lock().remove(&id);
            self.begun.remove(&(id.clone(), running.boot));
            running.agent.ends();
            self.down.insert(id, running.agent);
        }
        self.attached.send_replace(BTreeSet::new());
    }

    /// It is gone for good with all that it has, and somebody takes it off the books.
    async fn leave(&mut self, world: &World) {
        self.up = Up::Left;
        self.reached.send_replace(false);
        self.loops.abort_all();
        for (id, running) in std::mem::take(&mut self.runs) {
            world.tasks.lock().remove(&id);
            running.agent.ends();
        }
        self.down.clear();
        self.holds.clear();
        self.attached.send_replace(BTreeSet::new());
        let arn = self.agent.arn.lock().clone();
        let input = json!({"cluster": MACHINES, "containerInstance": arn, "force": true});
        loop {
            let gone = world.call(
                ACCOUNT,
                ("ecs", "DeregisterContainerInstance"),
                input.clone(),
            );
            match gone.await {
                Err(fault) if fault.status >= 500 => {}
                _ => break,
            }
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
        let gone = Txn::new().delete(PlaneHost::key(&self.name));
        world.well(world.store.txn(&PERMIT, gone)).await.unwrap();
    }

    fn is_back(&mut self, world: &World) {
        self.up = Up::Yes;
        self.blamed = world.look() + BLAMED;
        self.reached.send_replace(true);
    }
}
