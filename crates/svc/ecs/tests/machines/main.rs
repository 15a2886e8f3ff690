//! Services on machines that come for them, in virtual time: ECS with its capacity providers, EC2 Auto Scaling, EC2 with its
//! instances and volumes, CloudWatch and Application Auto Scaling, all as the server runs them and joined as it joins them,
//! over one store whose calls are late, refused, overtaken or left without an answer. Played are the hosts, the agents in the
//! instances, the loads and the users.
//!
//! In the storm launches fail, hosts fall silent, lose their power or leave for good, some of them after they were silent, Spot
//! capacity is taken back, that of a whole zone and then that of all at once, connections break, containers exit, metrics are lost,
//! users change their minds, the clock jumps, and the server ends amid anything. Always: no instance
//! runs, no volume lies, no task runs and no address is in use on two machines; none of our own stops takes a service below its
//! minimum; no instance ends under tasks but for a reason that nobody has in hand, with Spot capacity two minutes after its notice
//! ([`check`], [`follow`]). After the storm every service soon has its minimum again, and keeps it where nothing takes its machines
//! away; then it has what its load wants, on as many machines as that takes, those machines have what the records say and nothing
//! else, and nothing is left over; and when nothing is wanted any more, nothing at all is left: no instance, volume, address or
//! claim ([`rest`]).
//!
//! `WHARF_MACHINES_SERVICES` says of how many services (twice as many instances), `WHARF_MACHINES_SEED` runs one seed alone. The
//! chances come from a seed, ids from the system: a failing seed fails again, though not always in the same way.

mod agent;
mod alarms;
mod check;
mod follow;
mod hosts;
mod plan;
mod rest;
mod server;
mod set_up;
mod users;
mod world;

use std::{collections::BTreeMap, sync::atomic::Ordering, time::Duration};

use tokio::time::{Instant, sleep_until};

use hosts::Fleet;
use world::World;

/// Of a plain test run.
const SEEDS: u64 = 1;
const SERVICES: usize = 10;
/// Between two looks of hosts at what they are told, and of us at what must always hold.
const LOOK: Duration = Duration::from_secs(5);
/// How long everything goes wrong, in looks.
const STORM: usize = 30 * 12;
/// How many looks it may take until all is as wanted: what shrinks waits for a quarter of an hour, several times.
const PATIENCE: usize = 150 * 12;
/// … and until every service has its minimum again: groups and services whose launches failed pause for a quarter of an hour at
/// most, and wait for machines after that.
const RECOVERY: usize = 45 * 12;
/// Looks for which it has it on end then: what was under way when the storm ended is over.
const STEADY: usize = 5 * 12;
/// Looks between two comparisons of all there is with all that is wanted.
const COMPARE: usize = 6;

async fn look(world: &World, fleet: &mut Fleet, begun: Instant) {
    world.looks.fetch_add(1, Ordering::Relaxed);
    let looks = u32::try_from(world.look()).unwrap();
    sleep_until(begun + LOOK * looks).await;
    world.passes().await;
    if world.look().is_multiple_of(12) {
        users::measure(world).await;
    }
    fleet.follow(world).await;
    world.tell_of_what_is_wrong().await;
    check::always(world, fleet);
}

async fn until(world: &World, fleet: &mut Fleet, begun: Instant, wanted: rest::Wanted) {
    let mut why = String::new();
    for look_number in 0..PATIENCE {
        look(world, fleet, begun).await;
        if look_number % COMPARE == 0 {
            match rest::is(world, fleet, wanted).await {
                Ok(()) => return,
                Err(not_yet) => why = not_yet,
            }
        }
    }
    panic!("{}: {wanted:?} never came: {why}", world.replay());
}

async fn recover(world: &World, fleet: &mut Fleet, begun: Instant) {
    let mut steady: BTreeMap<&str, usize> = BTreeMap::new();
    let mut why = String::new();
    for _ in 0..RECOVERY {
        look(world, fleet, begun).await;
        let mut below: BTreeMap<&str, String> = check::below_minimum(world)
            .into_iter()
            .map(|(service, text)| (service.name.as_str(), text))
            .collect();
        let mut all = true;
        for service in &world.plan.services {
            let looks = steady.entry(&service.name).or_default();
            match below.remove(service.name.as_str()) {
                _ if *looks == STEADY => continue,
                Some(text) => (*looks, why) = (0, text),
                None => *looks += 1,
            }
            all &= *looks == STEADY;
        }
        if all {
            return world.recovered.store(true, Ordering::Relaxed);
        }
    }
    panic!("{}: no recovery: {why}", world.replay());
}

async fn live(seed: u64, services: usize) -> [usize; 8] {
    let begun = Instant::now();
    let world = World::start(seed, services);
    tokio::spawn(world.clone().crash_when_told());
    tokio::spawn(follow::follow(world.clone()));
    let mut fleet = Fleet::of(&world).await;
    set_up::all(&world).await;
    until(&world, &mut fleet, begun, rest::Wanted::All).await;
    println!("seed {seed}: set up in minute {:.0}", world.minutes());
    world.set_calm(false);
    for _ in 0..STORM {
        users::change_minds(&world).await;
        fleet.weather(&world).await;
        look(&world, &mut fleet, begun).await;
    }
    world.set_calm(true);
    users::come_to_rest(&world).await;
    fleet.come_to_rest(&world).await;
    println!("seed {seed}: calm from minute {:.1}", world.minutes());
    recover(&world, &mut fleet, begun).await;
    println!("seed {seed}: at work in minute {:.1}", world.minutes());
    until(&world, &mut fleet, begun, rest::Wanted::All).await;
    println!("seed {seed}: as wanted in minute {:.0}", world.minutes());
    users::want_nothing(&world).await;
    until(&world, &mut fleet, begun, rest::Wanted::Nothing).await;
    println!(
        "seed {seed}: nothing is left in minute {:.0}",
        world.minutes()
    );
    let figures = fleet.figures(&world);
    world.end();
    figures
}

fn given(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().expect("a number"))
}

#[test]
fn services_keep_their_machines_whatever_goes_wrong() {
    let services = given("WHARF_MACHINES_SERVICES").map_or(SERVICES, |it| it as usize);
    let one = given("WHARF_MACHINES_SEED");
    for seed in one.map_or(0..SEEDS, |seed| seed..seed + 1) {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().start_paused(true).build().unwrap();
        let figures = runtime.block_on(live(seed, services));
        println!(
            "seed {seed}: boots that failed, hosts that left, hosts that lost their power, tasks that were lost, Spot capacity taken back, instances that ended, tasks that ran, crashes: {figures:?}"
        );
        // Enough for the rest to say anything.
        assert!(figures.iter().all(|it| *it > 0), "{figures:?}");
    }
}
