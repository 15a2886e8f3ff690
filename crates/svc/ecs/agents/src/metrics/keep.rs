//! A node's report into the store of samples.

use std::collections::{BTreeMap, HashMap};

use wharf_records::ecs::Task;
use wharf_vended::{Point, PutError, Report as Mark, Taken};

use super::{
    containers::{self, Measured},
    insights::{self, Level, Placed},
    message::{Report, TaskRow},
    performance::{self, Event},
    reported::Reported,
    rounds::Rounds,
    used::{self, Offer, Used},
};
use crate::{
    Agents,
    acs::Ticket,
    monitoring,
    names::{self, Place},
    state::ChangeError,
};

/// Tasks of one report.
const MOST_TASKS: usize = 1000;
/// Tasks of one report that ended so long ago that they are looked up one by one.
const MOST_ENDED: usize = 100;
const MINUTE: i64 = 60;
/// No time is after it.
const LATEST: f64 = 1e12;

/// What a connection remembers of the reports that came over it.
#[derive(Debug, Default)]
pub struct Connection {
    rounds: Rounds,
    reported: Reported,
    /// What tasks used of the machine, by the frames of this minute so far.
    machine: OfMachine,
}

/// What tasks used of a machine in a minute.
#[derive(Debug, Clone, Copy, Default)]
struct OfMachine {
    at: i64,
    /// Those of its cluster.
    own: Used,
    has_own: bool,
    /// All, also those on Fargate, of whatever account.
    all: Used,
}

/// Keeps a report. `false`: it could not be kept now, and should come again.
pub async fn keep(
    agents: &Agents,
    ticket: &Ticket,
    connection: &mut Connection,
    mut report: Report,
) -> Result<bool, ChangeError> {
    report.task_metrics.truncate(MOST_TASKS);
    let now = agents.state.now().millis().div_euclid(1000);
    let part = i64::from(report.metadata.part);
    let Some(of) = Of::told(report.metadata.period, ticket.of_another_make) else {
        return Ok(true);
    };
    match of {
        Of::Minute | Of::Seconds(_) => {
            let long = of.seconds();
            if !(0.0..LATEST).contains(&report.timestamp) || part >= long {
                return Ok(true);
            }
            let at = report.timestamp as i64;
            let at = at - at.rem_euclid(long);
            let mut found = points(
                agents,
                ticket,
                (now, at),
                connection,
                &report.task_metrics,
                of,
            )
            .await?;
            let mut events = std::mem::take(&mut found.events);
            let (at_mark, fin) = (at + part, report.metadata.fin);
            let points = match of {
                Of::Seconds(_) => found.points,
                _ => connection.with_machine(agents, ticket, at, found, part == 0, fin),
            };
            put_once(agents, ticket, (at_mark, of), now, points, &mut events).await
        }
        Of::Rounds => {
            let here = agents.state.view.tasks_on(&ticket.host);
            let here: HashMap<&str, _> = here.iter().map(|it| (it.arn.as_str(), it)).collect();
            let runs = |row: &TaskRow, container: &str| {
                let task = here.get(row.task_arn.as_str());
                task.is_some_and(|it| it.containers.iter().any(|it| it.name == container))
            };
            let Some((at, rows)) = connection.rounds.add(now, report, runs) else {
                return Ok(true);
            };
            let mut found = points(agents, ticket, (now, at), connection, &rows, of).await?;
            let events = std::mem::take(&mut found.events);
            let points = connection.with_machine(agents, ticket, at, found, true, true);
            put(agents, points).await?;
            for (account, events) in events {
                tell(agents, &account, events);
            }
            Ok(true)
        }
    }
}

/// What sums are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    Minute,
    /// As many seconds, [`monitoring::CLOSE`], of tasks that are measured so often.
    Seconds(u32),
    /// A minute that was put together of what an agent of another make told.
    Rounds,
}

impl Of {
    /// What wharf's own agents say of this moment is in the sums of their minutes: that they run nothing.
    fn told(period: Option<u32>, of_another_make: bool) -> Option<Self> {
        match period {
            Some(60) => Some(Self::Minute),
            Some(it) if monitoring::CLOSE.contains(&it) => Some(Self::Seconds(it)),
            None if of_another_make => Some(Self::Rounds),
            Some(_) | None => None,
        }
    }

    fn seconds(self) -> i64 {
        match self {
            Self::Seconds(it) => i64::from(it),
            Self::Minute | Self::Rounds => MINUTE,
        }
    }
}

/// Points by account, with their regions, and what the machine's own tasks used.
struct Found {
    points: BTreeMap<String, Vec<(String, Point)>>,
    /// Performance events by account and region.
    events: Events,
    machine: OfMachine,
}

type Events = BTreeMap<String, BTreeMap<String, Vec<Event>>>;

impl Found {
    fn tell(&mut self, place: &Place, events: Vec<Event>) {
        if !events.is_empty() {
            let of_account = self.events.entry(place.account.clone()).or_default();
            let of_region = of_account.entry(place.region.clone()).or_default();
            of_region.extend(events);
        }
    }
}

async fn points(
    agents: &Agents,
    ticket: &Ticket,
    (now, at): (i64, i64),
    connection: &mut Connection,
    rows: &[TaskRow],
    of: Of,
) -> Result<Found, ChangeError> {
    let mut found = Found {
        points: BTreeMap::new(),
        events: BTreeMap::new(),
        machine: OfMachine::default(),
    };
    let Some((offer, cluster)) = machine(agents, ticket) else {
        return Ok(found);
    };
    let here = agents.state.view.tasks_on(&ticket.host);
    let here: HashMap<&str, _> = here.iter().map(|it| (it.arn.as_str(), it)).collect();
    let mut ended = 0;
    for row in rows {
        let stopped;
        let task: &Task = match here.get(row.task_arn.as_str()) {
            Some(held) => held,
            None if ended < MOST_ENDED => {
                ended += 1;
                let Some(key) = names::task_key(&row.task_arn) else {
                    continue;
                };
                let Some(stored) = agents.state.table.read::<Task>(&key).await? else {
                    continue;
                };
                stopped = stored.record;
                &stopped
            }
            None => continue,
        };
        // An agent speaks for its own host's tasks alone.
        if task.instance != ticket.instance {
            continue;
        }
        let Some(place) = names::place_of(&task.arn) else {
            continue;
        };
        let minute = (at, of.seconds());
        if !connection.reported.is_new(now, minute, &task.arn) {
            continue;
        }
        let row = containers::known(task, row);
        let used = Used::of(&row, task.network.is_some());
        if matches!(of, Of::Seconds(_)) {
            let points = used::of_service(task, used, offer, at).into_iter();
            let high = points.filter(|it| is_high(task, it));
            let of_account = found.points.entry(place.account).or_default();
            of_account.extend(high.map(|point| (place.region.clone(), point)));
            continue;
        }
        if used::is_of_machine(task, &ticket.place, &cluster) {
            found.machine.own.add(used);
            found.machine.has_own = true;
        }
        found.machine.all.add(used);
        let level = level(agents, &place, &task.cluster);
        let mut points = used::of_service(task, used, offer, at);
        // Those came every few seconds.
        points.retain(|it| of == Of::Rounds || !is_high(task, it));
        points.extend(used::of_cluster(task, used, offer, at));
        let measured = Measured::all(task, &row, offer);
        points.extend(insights::of_task(task, used, &measured, offer, level, at));
        let events = performance::of_task(task, used, &measured, offer, level, at);
        found.tell(&place, events);
        let of_account = found.points.entry(place.account).or_default();
        let points = points.into_iter();
        of_account.extend(points.map(|point| (place.region.clone(), point)));
    }
    Ok(found)
}

fn is_high(task: &Task, point: &Point) -> bool {
    task.high_resolution.iter().any(|it| it == point.name)
}

fn level(agents: &Agents, place: &Place, cluster: &str) -> Level {
    agents.state.view.read(place, |region| {
        let cluster = region.clusters.get(cluster);
        cluster.map_or(Level::Disabled, |it| Level::of(it))
    })
}

/// What the machine offers, and the cluster it is in.
fn machine(agents: &Agents, ticket: &Ticket) -> Option<(Offer, String)> {
    let (_, cluster, _) = names::long_arn(&ticket.instance)?;
    agents.state.view.read(&ticket.place, |region| {
        let capacity = &region.hosts.get(&ticket.host)?.capacity;
        let offer = Offer {
            cpu: f64::from(capacity.cpu),
            memory: f64::from(capacity.memory),
        };
        Some((offer, cluster.to_owned()))
    })
}

/// Id and EC2 id of the machine's container instance, if its cluster has Container Insights.
fn instance(agents: &Agents, ticket: &Ticket, cluster: &str) -> Option<(String, String)> {
    if level(agents, &ticket.place, cluster) == Level::Disabled {
        return None;
    }
    let (_, _, id) = names::long_arn(&ticket.instance)?;
    agents.state.view.read(&ticket.place, |region| {
        let instance = region.instance(cluster, id)?;
        Some((id.to_owned(), instance.ec2_instance.clone()))
    })
}

impl Connection {
    /// With the last frame of a minute come the points of the machine. One that serves Fargate has none while
    /// it runs nothing of its cluster's.
    fn with_machine(
        &mut self,
        agents: &Agents,
        ticket: &Ticket,
        at: i64,
        found: Found,
        first: bool,
        fin: bool,
    ) -> BTreeMap<String, Vec<(String, Point)>> {
        if first || self.machine.at != at {
            self.machine = OfMachine {
                at,
                ..OfMachine::default()
            };
        }
        self.machine.own.add(found.machine.own);
        self.machine.has_own |= found.machine.has_own;
        self.machine.all.add(found.machine.all);
        let mut points = found.points;
        let Some((offer, cluster)) = machine(agents, ticket).filter(|_| fin) else {
            return points;
        };
        let serves_all = agents.state.view.read(&ticket.place, |region| {
            region.hosts.get(&ticket.host).is_some_and(|it| it.fargate)
        });
        let place = &ticket.place;
        let mut of_machine = Vec::new();
        if self.machine.has_own || !serves_all {
            of_machine = used::of_machine(&cluster, self.machine.own, offer, at);
        }
        if let Some(named) = instance(agents, ticket, &cluster) {
            let mut placed = Placed::default();
            let here = agents.state.view.tasks_on(&ticket.host);
            here.iter().for_each(|it| placed.add(it));
            let all = (self.machine.all, placed);
            of_machine.extend(insights::of_machine(&cluster, &named, all, offer, at));
        }
        if !of_machine.is_empty() {
            let of_account = points.entry(place.account.clone()).or_default();
            of_account.extend(of_machine.into_iter().map(|it| (place.region.clone(), it)));
        }
        points
    }
}

async fn put_once(
    agents: &Agents,
    ticket: &Ticket,
    (at, of): (i64, Of),
    now: i64,
    points: BTreeMap<String, Vec<(String, Point)>>,
    events: &mut Events,
) -> Result<bool, ChangeError> {
    let mut kept = true;
    for (account, points) in points {
        let taken = match of {
            Of::Seconds(_) => {
                let by = format!("{} every {} s", ticket.instance, of.seconds());
                let mark = Mark { by: &by, at };
                let metrics = &agents.metrics;
                metrics
                    .put_high_resolution_once(&account, mark, now, points)
                    .await
            }
            Of::Minute | Of::Rounds => {
                let by = &ticket.instance;
                let mark = Mark { by, at };
                agents.metrics.put_once(&account, mark, now, points).await
            }
        };
        // With the report itself, once as that.
        if let (Ok(Taken::Now), Some(events)) = (&taken, events.remove(&account)) {
            tell(agents, &account, events);
        }
        kept &= settled(taken.map(|_| ()), ticket);
    }
    Ok(kept)
}

fn tell(agents: &Agents, account: &str, events: BTreeMap<String, Vec<Event>>) {
    for (region, events) in events {
        let place = Place {
            account: account.to_owned(),
            region,
        };
        agents.tell(&place, events);
    }
}

async fn put(
    agents: &Agents,
    points: BTreeMap<String, Vec<(String, Point)>>,
) -> Result<(), ChangeError> {
    for (account, points) in points {
        let mut by_region: BTreeMap<String, Vec<Point>> = BTreeMap::new();
        for (region, point) in points {
            by_region.entry(region).or_default().push(point);
        }
        for (region, points) in by_region {
            if let Err(error) = agents.metrics.put((&account, &region), points).await {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    account,
                    "failed to keep what tasks used in a minute; it is dropped"
                );
            }
        }
    }
    Ok(())
}

/// Whether it need not come again.
fn settled(done: Result<(), PutError>, ticket: &Ticket) -> bool {
    let Err(error) = done else {
        return true;
    };
    let comes_again = error.may_pass();
    tracing::warn!(
        error = &error as &dyn std::error::Error,
        instance = ticket.instance,
        comes_again,
        "failed to keep what tasks used in a minute"
    );
    !comes_again
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_of_wharfs_own_agents_is_no_minute() {
        assert_eq!(Of::told(None, false), None);
        assert_eq!(Of::told(None, true), Some(Of::Rounds));
        for made in [true, false] {
            assert_eq!(Of::told(Some(60), made), Some(Of::Minute));
            for seconds in [10, 20] {
                assert_eq!(Of::told(Some(seconds), made), Some(Of::Seconds(seconds)));
            }
            assert_eq!(Of::told(Some(1), made), None);
        }
    }
}
