//! Services, single tasks and a group of instances in virtual time, with launches that fail, instances that never join
//! or are lost, calls that get lost, and restarts that forget everything. What is decided is decided by the plan that
//! ships; the group, placement and services beside it are models.
//!
//! Always: an instance ends only when it is empty and takes no more tasks, and none is chosen to end that is
//! protected. In the end, when nobody asks for anything new: nobody waits while the group may grow, and the group is
//! as small as its policy makes it.

mod world;

use rand::{SeedableRng as _, rngs::SmallRng};
use world::{Bounds, Pace, World};

const SEEDS: u64 = 60;
/// Seconds in which users do things.
const BUSY: i64 = 1800;
/// Seconds in which everything comes to rest: several times what the low alarm waits.
const QUIET: i64 = 3 * 3600;

fn run(seed: u64, bounds: Bounds) -> World {
    let pace = Pace {
        launches: 0..=5,
        registers: 1..=15,
        connects: 0..=4,
        places_every: 1,
        fails: true,
    };
    let mut world = World::new(bounds, pace, SmallRng::seed_from_u64(seed));
    for second in 0..BUSY + QUIET {
        world.second(second < BUSY);
    }
    world
}

#[test]
fn nobody_waits_for_ever_and_idle_groups_shrink() {
    let mut ended = 0;
    for seed in 0..SEEDS {
        let bounds = Bounds {
            min: (seed % 3) as u32,
            max: 8 + (seed % 5) as u32,
            steps: (1 + (seed % 2) as u32, 1 + (seed % 7) as u32),
            target: [100, 80, 50][(seed % 3) as usize],
        };
        let world = run(seed, bounds);
        let live = world.live();
        let waiting = world.waiting().len();
        assert!(
            waiting == 0 || live == bounds.max,
            "seed {seed}: {waiting} tasks wait, and {live} of {} instances are there",
            bounds.max
        );
        let needed = world.in_use();
        let wanted = (needed * 100).div_ceil(bounds.target).max(bounds.min);
        // The low alarm speaks below nine tenths of the target.
        let shrinks = needed * 1000 < live * bounds.target * 9;
        assert!(
            live <= wanted.min(bounds.max) || !shrinks,
            "seed {seed}: {live} instances are there, and {needed} are in use of {wanted} wanted"
        );
        ended += world.ended;
    }
    assert!(ended > SEEDS as u32, "groups hardly shrank");
}

/// Everything takes long and nothing fails: what is on its way, joining, or just free again is not ordered a second time.
#[test]
fn however_slow_machines_join_no_more_are_ordered_than_are_needed() {
    let bounds = Bounds {
        min: 0,
        max: 20,
        steps: (1, 20),
        target: 100,
    };
    let pace = Pace {
        launches: 0..=400,
        registers: 1..=100,
        connects: 0..=15,
        places_every: 8,
        fails: false,
    };
    for seed in 0..SEEDS / 4 {
        let mut world = World::new(bounds, pace.clone(), SmallRng::seed_from_u64(seed));
        for tasks in [3, 4, 5, 9] {
            world.service = tasks;
            // Two of them fill an instance.
            let needed = tasks.div_ceil(2) as u32;
            for second in 0..900 {
                // One that ends is replaced where it was.
                if second % 90 == 0 && world.waiting().is_empty() {
                    world.loses_a_task();
                }
                world.second(false);
                let desired = world.desired;
                assert!(
                    desired <= needed,
                    "seed {seed}, second {second}: {desired} of {needed} instances for {tasks} tasks"
                );
            }
            assert_eq!(world.desired, needed, "seed {seed}");
        }
    }
}
