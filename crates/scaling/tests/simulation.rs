//! A thousand services under target tracking in virtual time: tasks start slowly, metrics are lost, alarms
//! come late and clocks jump. None leaves its bounds, none swings while its load stands still, and each
//! comes to a capacity that its load needs.

use std::{collections::VecDeque, time::Duration};

use rand::{Rng as _, SeedableRng as _, rngs::SmallRng};
use wharf_base::Timestamp;
use wharf_scaling::{
    Bounds, Cooldowns, Decision, Direction, Observed, Policy, Reading, Rule, Suspended, Target,
    TrackingPolicy, decide,
};

const SERVICES: u64 = 1_000;
const GOAL: f64 = 50.0;
/// Minutes for which a load stands still.
const PHASE: usize = 180;
/// Minutes after the begin of an outage in which alarms still have older data.
const MEMORY: usize = 25;
const COOLDOWN: Duration = Duration::from_secs(300);

/// What goes wrong for a service.
struct Trouble {
    /// Of a hundred data points, those that never arrive.
    lost: u32,
    /// Minutes that an alarm's word is on its way.
    late: usize,
    /// Minutes that a task takes to run.
    start: usize,
    /// Whether the clock that decisions read is set now and then.
    jumps: bool,
}

struct Service {
    target: Target,
    running: VecDeque<u32>,
    points: VecDeque<Option<f64>>,
    words: VecDeque<Observed>,
    clock: Timestamp,
    trouble: Trouble,
    random: SmallRng,
}

impl Service {
    fn new(seed: u64) -> Self {
        let mut random = SmallRng::seed_from_u64(seed);
        let min = random.random_range(1..5);
        let bounds = Bounds::new(min, min + random.random_range(0..40)).unwrap();
        Self {
            target: Target {
                current: min,
                bounds,
                suspended: Suspended::default(),
                cooldowns: Cooldowns::default(),
            },
            running: VecDeque::new(),
            points: VecDeque::new(),
            words: VecDeque::new(),
            clock: Timestamp::from_millis(1_700_000_000_000),
            trouble: Trouble {
                lost: [0, 5, 20][random.random_range(0..3)],
                late: random.random_range(0..2),
                start: random.random_range(0..3),
                jumps: random.random_range(0..4) == 0,
            },
            random,
        }
    }

    /// A minute under a load, which is what one task would show. Returns what was decided.
    fn minute(&mut self, load: f64, outage: bool) -> Option<Direction> {
        self.running.push_front(self.target.current);
        self.running.truncate(self.trouble.start + 1);
        // Tasks go at once and come slowly.
        let running = self.running.iter().min().copied().unwrap_or(1).max(1);
        let lost = outage || self.random.random_range(0..100) < self.trouble.lost;
        let point = (!lost).then(|| load / f64::from(running));
        self.points.push_front(point);
        self.points.truncate(20);
        self.words.push_front(Observed {
            high: self.alarm(3, |it| it > GOAL),
            low: self.alarm(15, |it| it < GOAL * 0.9),
        });
        self.words.truncate(self.trouble.late + 1);
        self.tick();
        let observed = *self.words.back().unwrap();
        let policy = Policy {
            rule: Rule::Track(TrackingPolicy::new(GOAL, false).unwrap(), observed),
            cooldown_out: COOLDOWN,
            cooldown_in: COOLDOWN,
        };
        match decide(&self.target, &[policy], self.clock) {
            Decision::Scale {
                to,
                direction,
                cooldowns,
                ..
            } => {
                self.target.current = to;
                self.target.cooldowns = cooldowns;
                Some(direction)
            }
            _ => None,
        }
    }

    /// As CloudWatch does: the newest points that there are, from a little further back than the periods.
    fn alarm(&self, periods: usize, breaches: impl Fn(f64) -> bool) -> Reading {
        let seen = self.points.iter().take(periods + 5).flatten();
        let seen: Vec<f64> = seen.take(periods).copied().collect();
        match seen.first() {
            None => Reading::Missing,
            Some(newest) if seen.len() == periods && seen.iter().all(|it| breaches(*it)) => {
                Reading::Alarm(*newest)
            }
            Some(_) => Reading::Fine,
        }
    }

    fn tick(&mut self) {
        self.clock = self.clock + Duration::from_secs(60);
        if self.trouble.jumps && self.random.random_range(0..60) == 0 {
            let by = Duration::from_secs(self.random.random_range(0..7_200));
            self.clock = match self.random.random_range(0..2) {
                0 => self.clock + by,
                _ => self.clock - by,
            };
        }
    }

    /// Whether the load is carried, and no more is there than a low alarm lets be.
    fn suits(&self, load: f64) -> bool {
        let (current, needed) = (self.target.current, self.needed(load));
        let idle = load / f64::from(current) < GOAL * 0.9;
        current == needed || (current > needed && !idle)
    }

    /// The capacity that a load needs.
    fn needed(&self, load: f64) -> u32 {
        let whole = (load / GOAL).ceil() as u32;
        self.target.bounds.clamp(whole)
    }
}

#[test]
fn a_thousand_services_follow_their_loads_and_do_not_swing() {
    for seed in 0..SERVICES {
        let mut service = Service::new(seed);
        for phase in 0..5 {
            // Never at the edge between two capacities, where any load swings.
            let tasks = f64::from(service.random.random_range(0_u32..50));
            let load = GOAL * (tasks + service.random.random_range(0.2..0.8));
            let mut turns = Vec::new();
            for minute in 0..PHASE {
                turns.extend(service.minute(load, false));
                let (bounds, current) = (service.target.bounds, service.target.current);
                assert!(
                    bounds.min() <= current && current <= bounds.max(),
                    "service {seed} has {current} in minute {minute} of phase {phase}"
                );
            }
            // Words that were on their way tell of the load before: one turn.
            turns.dedup();
            let most = if service.trouble.jumps { 3 } else { 2 };
            assert!(
                turns.len() <= most,
                "service {seed} swings in phase {phase}: {turns:?}"
            );
            assert!(
                service.suits(load),
                "service {seed} has {} after phase {phase}, not {}",
                service.target.current,
                service.needed(load)
            );
        }
    }
}

#[test]
fn without_metrics_nothing_changes() {
    for seed in 0..SERVICES {
        let mut service = Service::new(seed);
        let busy = GOAL * 20.5;
        for _ in 0..PHASE {
            service.minute(busy, false);
        }
        // The load goes down and nobody sees it.
        for minute in 0..PHASE {
            let change = service.minute(1.0, true);
            assert!(
                minute < MEMORY || change.is_none(),
                "service {seed} changes in minute {minute} of the outage: {change:?}"
            );
        }
        assert_eq!(
            service.target.current,
            service.needed(busy),
            "service {seed}"
        );
        // Metrics are back.
        for _ in 0..PHASE {
            service.minute(1.0, false);
        }
        assert_eq!(service.target.current, service.target.bounds.min());
    }
}
