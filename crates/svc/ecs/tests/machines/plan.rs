//! What a simulation is about: clusters, each with a group of On-Demand instances and one of Spot instances, and their services,
//! all from a seed.

use rand::{Rng as _, rngs::SmallRng};

use wharf_testkit::ACCOUNT;

/// Services of one cluster.
pub const IN_A_CLUSTER: usize = 10;
/// EC2 lets an account have a thousand instances.
pub const ACCOUNTS: [&str; 4] = [ACCOUNT, "000000000042", "000000000043", "000000000044"];
/// Tasks that a service has room for at most.
pub const MOST_TASKS: u32 = 6;
/// Tasks that an instance has room for.
pub const ON_AN_INSTANCE: u32 = 2;
/// Percent of a task at which target tracking holds the load.
pub const GOAL: f64 = 50.0;
pub const REGION: &str = "us-east-1";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Its count follows its load; each task has an interface of its own.
    Tracked,
    /// Each task has a volume of its own.
    Volumes,
    /// Most of its tasks are on Spot instances.
    Spot,
    /// Each task has an interface and a volume, and most are on Spot instances.
    All,
    /// Its count follows its load, on Spot instances.
    TrackedOnSpot,
}

#[derive(Debug)]
pub struct Service {
    pub name: String,
    pub cluster: String,
    pub account: &'static str,
    pub kind: Kind,
    pub minimum_percent: u32,
    /// Tasks that its load wants in the end, and that its users do.
    pub tasks: u32,
}

impl Service {
    pub fn is_tracked(&self) -> bool {
        matches!(self.kind, Kind::Tracked | Kind::TrackedOnSpot)
    }

    pub fn has_interfaces(&self) -> bool {
        matches!(self.kind, Kind::Tracked | Kind::All)
    }

    pub fn has_volumes(&self) -> bool {
        matches!(self.kind, Kind::Volumes | Kind::All)
    }

    pub fn is_on_spot(&self) -> bool {
        matches!(self.kind, Kind::Spot | Kind::All | Kind::TrackedOnSpot)
    }

    /// Nothing but its users changes its count, and nothing takes its machines away.
    pub fn is_steady(&self) -> bool {
        !self.is_tracked() && !self.is_on_spot()
    }

    /// Of so many tasks that are wanted, those that run at least.
    pub fn least(&self, wanted: u32) -> u32 {
        (wanted * self.minimum_percent).div_ceil(100)
    }

    /// In the middle between two counts, where no load swings.
    pub fn load(&self, tasks: u32) -> f64 {
        GOAL * (f64::from(tasks) - 0.5)
    }
}

#[derive(Debug)]
pub struct Cluster {
    pub name: String,
    pub account: &'static str,
    /// Its instances come with a volume.
    pub has_disks: bool,
    /// Instances of each of its groups at most.
    pub most: u32,
}

impl Cluster {
    pub fn groups(&self) -> [String; 2] {
        [
            format!("{}-steady", self.name),
            format!("{}-spot", self.name),
        ]
    }
}

#[derive(Debug)]
pub struct Plan {
    pub clusters: Vec<Cluster>,
    pub services: Vec<Service>,
}

impl Plan {
    pub fn of(services: usize, random: &mut SmallRng) -> Self {
        let clusters = (0..services.div_ceil(IN_A_CLUSTER)).map(|number| Cluster {
            name: format!("c{number}"),
            account: ACCOUNTS[number % ACCOUNTS.len()],
            has_disks: number % 2 == 0,
            most: u32::try_from(IN_A_CLUSTER).unwrap() * MOST_TASKS / ON_AN_INSTANCE,
        });
        let clusters: Vec<Cluster> = clusters.collect();
        let kinds = [
            Kind::Tracked,
            Kind::Volumes,
            Kind::Spot,
            Kind::All,
            Kind::TrackedOnSpot,
        ];
        let service = |number: usize| Service {
            name: format!("s{number}"),
            cluster: clusters[number / IN_A_CLUSTER].name.clone(),
            account: clusters[number / IN_A_CLUSTER].account,
            kind: kinds[number % kinds.len()],
            minimum_percent: [50, 100][random.random_range(0..2)],
            tasks: random.random_range(3..=5),
        };
        let services = (0..services).map(service).collect();
        Self { clusters, services }
    }
}
