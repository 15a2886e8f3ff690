//! What a simulation is about: services, their policies, and their loads as functions of time, all from a seed.

use rand::{Rng as _, rngs::SmallRng};

/// Percent of a task at which target tracking holds a metric.
pub const GOAL: f64 = 50.0;
/// Below this its low alarm is on.
pub const LOW: f64 = GOAL * 0.9;
/// Percents between which step policies leave a service alone.
pub const STEP_OUT_ABOVE: f64 = 75.0;
pub const STEP_IN_BELOW: f64 = 25.0;
/// Minutes for which loads that stand still do so.
pub const PHASE: usize = 120;
pub const MINUTES: usize = 2 * PHASE;
/// Minutes without any metric, for services that lose theirs.
pub const OUTAGE: std::ops::Range<usize> = 100..170;

/// What a metric is measured of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    Cpu,
    Memory,
}

impl Metric {
    pub const ALL: [Self; 2] = [Self::Cpu, Self::Memory];

    pub fn name(self) -> &'static str {
        match self {
            Self::Cpu => "CPUUtilization",
            Self::Memory => "MemoryUtilization",
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    Track {
        metric: Metric,
        scales_in: bool,
        cooldown_out: u32,
        cooldown_in: u32,
    },
    /// Adds or takes away while an alarm of its own is on.
    Step { adjustment: i32, cooldown: u32 },
}

#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    pub name: &'static str,
    pub rule: Rule,
}

/// What happens to a service beside its load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    Nothing,
    /// Its users change its range now and then.
    Ranges,
    /// Scheduled actions raise its minimum and lower it again.
    Schedules,
    /// None of its metrics arrives for a while, in which its load goes away.
    Outage,
    /// The same, of the second of its metrics alone.
    HalfOutage,
}

pub struct Service {
    pub name: String,
    pub min: u32,
    pub max: u32,
    pub policies: Vec<Policy>,
    pub trouble: Trouble,
    /// Percent of one task, by metric and minute.
    pub loads: [Vec<f64>; 2],
    /// Its loads stand still within each phase.
    pub steady: bool,
    /// Of a hundred data points, those that never arrive, and those that come late.
    pub lost: u32,
    pub late: u32,
    /// Seconds that tasks take to start.
    pub start_seconds: u64,
}

fn track(metric: Metric, scales_in: bool, random: &mut SmallRng) -> Policy {
    let name = match metric {
        Metric::Cpu => "cpu",
        Metric::Memory => "memory",
    };
    let rule = Rule::Track {
        metric,
        scales_in,
        cooldown_out: random.random_range(3..7) * 60,
        cooldown_in: random.random_range(3..7) * 60,
    };
    Policy { name, rule }
}

fn step(name: &'static str, adjustment: i32, cooldown: u32) -> Policy {
    let rule = Rule::Step {
        adjustment,
        cooldown,
    };
    Policy { name, rule }
}

impl Service {
    /// The kinds take their turns, so that a few services have all of them.
    pub fn new(number: usize, random: &mut SmallRng) -> Self {
        use Metric::{Cpu, Memory};
        let cooldown = random.random_range(1..6) * 60;
        let (mut least, mut most) = (1, 40);
        let mut trouble = Trouble::Nothing;
        let (policies, shape) = match number % 10 {
            0 => (vec![track(Cpu, true, random)], Shape::Phases),
            1 => (
                vec![track(Cpu, true, random), track(Memory, true, random)],
                Shape::Phases,
            ),
            2 => {
                trouble = Trouble::Ranges;
                (vec![track(Cpu, true, random)], Shape::moving(random))
            }
            3 => {
                most = 8;
                let out = step("out", random.random_range(1..4), cooldown);
                (vec![out, step("in", -1, 120)], Shape::Phases)
            }
            4 => {
                trouble = Trouble::Ranges;
                let out = step("out", 2, [0, cooldown][random.random_range(0..2)]);
                (vec![out, step("in", -1, cooldown)], Shape::moving(random))
            }
            5 => (
                vec![track(Cpu, true, random), step("out", 3, cooldown)],
                Shape::moving(random),
            ),
            6 => {
                trouble = Trouble::Schedules;
                (vec![track(Cpu, true, random)], Shape::moving(random))
            }
            7 => {
                (trouble, least) = (Trouble::Outage, 10);
                let both = vec![track(Cpu, true, random), track(Memory, true, random)];
                (both, Shape::Outage)
            }
            8 => {
                (trouble, least) = (Trouble::HalfOutage, 10);
                let both = vec![track(Cpu, true, random), track(Memory, true, random)];
                (both, Shape::Outage)
            }
            _ => (vec![track(Cpu, false, random)], Shape::Phases),
        };
        let cpu = shape.load(least, most, random);
        let memory = match shape {
            Shape::Outage => cpu.clone(),
            _ => shape.load(least, most, random),
        };
        let min = random.random_range(1..4);
        Self {
            name: format!("s{number}"),
            min,
            max: min + random.random_range(5..40),
            policies,
            trouble,
            loads: [cpu, memory],
            steady: matches!(shape, Shape::Phases),
            lost: [0, 5, 15][random.random_range(0..3)],
            late: [0, 10][random.random_range(0..2)],
            start_seconds: random.random_range(0..60),
        }
    }

    pub fn policy(&self, name: &str) -> Option<&Policy> {
        self.policies.iter().find(|it| it.name == name)
    }

    /// Metrics that policies which may scale in hold at their targets.
    pub fn tracked(&self) -> impl Iterator<Item = Metric> {
        self.policies.iter().filter_map(|it| match it.rule {
            Rule::Track {
                metric,
                scales_in: true,
                ..
            } => Some(metric),
            _ => None,
        })
    }

    /// Whether a metric does not arrive in a minute, whatever the chances are.
    pub fn is_out(&self, metric: Metric, minute: usize) -> bool {
        let of = match self.trouble {
            Trouble::Outage => true,
            Trouble::HalfOutage => metric == Metric::Memory,
            _ => false,
        };
        of && OUTAGE.contains(&minute)
    }

    pub fn load(&self, metric: Metric, minute: usize) -> f64 {
        self.loads[metric as usize][minute.min(MINUTES - 1)]
    }
}

/// Loads as functions of time.
#[derive(Debug, Clone, Copy)]
enum Shape {
    Phases,
    Doubling,
    Saw,
    Bursts,
    /// High up to the outage, and nothing in it.
    Outage,
}

impl Shape {
    fn moving(random: &mut SmallRng) -> Self {
        [Self::Doubling, Self::Saw, Self::Bursts][random.random_range(0..3)]
    }

    fn load(self, least: u32, most: u32, random: &mut SmallRng) -> Vec<f64> {
        // Never at the edge between two capacities, where any load swings.
        let mut level = || {
            let tasks = f64::from(random.random_range(least..most));
            GOAL * (tasks - 1.0 + random.random_range(0.2..0.8))
        };
        match self {
            Self::Phases => {
                let levels = [level(), level()];
                (0..MINUTES).map(|it| levels[it / PHASE]).collect()
            }
            Self::Doubling => {
                let doubled = |it: usize| 20.0 * 2_f64.powi((it / 12 % 8) as i32);
                (0..MINUTES).map(doubled).collect()
            }
            Self::Saw => {
                let (low, high) = (level(), level());
                let saw = |it: usize| low + (high - low) * ((it % 40) as f64 / 40.0);
                (0..MINUTES).map(saw).collect()
            }
            Self::Bursts => {
                let base = level();
                let mut left = 0;
                let burst = (0..MINUTES).map(|_| {
                    if random.random_range(0..30) == 0 {
                        left = 5;
                    }
                    left = usize::saturating_sub(left, 1);
                    if left > 0 { base * 8.0 } else { base }
                });
                burst.collect()
            }
            Self::Outage => {
                let high = level();
                let of = |it: usize| if it < OUTAGE.start { high } else { 5.0 };
                (0..MINUTES).map(of).collect()
            }
        }
    }
}
