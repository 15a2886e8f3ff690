//! Many keepers of instances, as services and groups are, over the service as it really runs, in virtual time: launches fail,
//! hosts fall silent or leave for good, Spot capacity is taken back, users change their minds, and calls of the store are late,
//! refused, overtaken or left without an answer.
//!
//! Always: no instance runs, no volume lies and no address is in use on two hosts, and no host has more than it can have. In the
//! end, when nothing goes wrong any more: every keeper has what it wants, and nothing else is left, no instance, volume,
//! address or claim.
//!
//! `WHARF_STORM_INSTANCES` says how many instances are wanted (60), `WHARF_STORM_SEED` by which chances.

mod fleet;
mod keepers;

use std::collections::HashMap;

use rand::{Rng as _, SeedableRng as _, rngs::SmallRng};
use tokio::time::sleep;
use wharf_store::{Chaos, Store};
use wharf_wire::Caller;

use super::*;
use fleet::Fleet;
use keepers::Keepers;

const INSTANCES: usize = 60;
/// Of the size that all have.
const ON_A_HOST: usize = 16;
/// Hosts have room for a quarter more than is wanted.
const SPARE: (usize, usize) = (5, 4);
/// More than an account may have in one are kept in several.
const ACCOUNTS: [&str; 3] = [ACCOUNT, "000000000042", "000000000043"];
const LOOK: Duration = Duration::from_secs(5);
/// Looks while everything goes wrong.
const STORM: usize = 100;
/// … and how many it may take then until all is as wanted.
const PATIENCE: usize = 600;

/// What all parts of a storm share.
struct Storm {
    cloud: Cloud,
    seed: u64,
    random: SmallRng,
    /// Nothing goes wrong any more.
    calm: bool,
    look: usize,
}

impl Storm {
    fn store(&self) -> &Store {
        &self.cloud.world.store
    }

    fn chaos(&self) -> Chaos {
        Chaos {
            delayed: 0.3,
            refused: 0.01,
            unanswered: 0.01,
            overtaken: 0.03,
            ..Chaos::none(self.seed)
        }
    }

    fn chance(&mut self, percent: u32) -> bool {
        !self.calm && self.random.random_range(0..100) < percent
    }

    fn call(&self, account: &str) -> Call {
        let mut cx = Context::internal(account, REGION, "test", self.cloud.clock.now());
        cx.caller = Caller::root(account);
        Call::by_controller(cx, PERMIT)
    }

    async fn passes(&mut self) {
        for _ in 0..LOOK.as_secs() {
            self.cloud.clock.advance(Duration::from_secs(1));
            sleep(Duration::from_secs(1)).await;
        }
        self.look += 1;
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

async fn weather(seed: u64, instances: usize) {
    let cloud = Cloud::over(world_of(Chaos::none(seed)));
    let mut storm = Storm {
        cloud: cloud.begun(),
        seed,
        random: SmallRng::seed_from_u64(seed),
        calm: false,
        look: 0,
    };
    let hosts = (instances * SPARE.0).div_ceil(SPARE.1 * ON_A_HOST);
    let mut fleet = Fleet::of(&storm, hosts).await;
    let mut keepers = Keepers::of(instances / 2);
    storm.store().set_chaos(storm.chaos());
    let mut seen = (0, 0, 0);
    // A storm in which something did not come about goes on, for a while.
    for look in 0..3 * STORM {
        if look >= STORM && seen.0 > 0 && seen.1 > 0 && seen.2 > 0 {
            break;
        }
        keepers.change_minds(&mut storm);
        keepers.keep(&mut storm).await;
        fleet.weather(&mut storm).await;
        fleet.follow(&mut storm).await;
        fleet.check();
        storm.passes().await;
        seen = (fleet.failed, fleet.left, keepers.interrupted.len());
    }
    println!("seed {seed}: {seen:?}");
    assert!(seen.0 > 0 && seen.1 > 0 && seen.2 > 0, "{seen:?}");

    storm.calm = true;
    storm.store().set_chaos(Chaos::none(seed));
    keepers.come_to_rest();
    fleet.come_to_rest(&storm).await;
    let mut why = String::new();
    for _ in 0..PATIENCE {
        keepers.keep(&mut storm).await;
        fleet.follow(&mut storm).await;
        fleet.check();
        match keepers.settled(&storm).await {
            Ok(()) => return,
            Err(not_yet) => why = not_yet,
        }
        storm.passes().await;
    }
    panic!("seed {seed}: {why}");
}

#[test]
fn after_a_storm_all_is_as_wanted_and_nothing_is_left() {
    let seed = number("WHARF_STORM_SEED").unwrap_or(1);
    let instances = number("WHARF_STORM_INSTANCES").and_then(|it| usize::try_from(it).ok());
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().start_paused(true).build().unwrap();
    runtime.block_on(weather(seed, instances.unwrap_or(INSTANCES)));
}
