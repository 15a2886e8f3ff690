//! What must be true of each change.

use std::{collections::BTreeSet, sync::atomic::Ordering, time::Duration};

use wharf_records::ecs::{
    BreakerStatus, Deployment, InstanceStatus, RolloutState, Scheduling, Service, StopCode, Task,
};

use super::{History, Moment, is_live};

/// How long after a failure nothing is called steady.
const FORGOTTEN: Duration = Duration::from_secs(40);
/// Exit code of what died with its machine.
const KILLED: i32 = 137;

impl History {
    /// A stop of ours leaves so many healthy ones.
    pub fn scaled(&mut self, name: &str, arn: &str, least: impl Fn(&Moment) -> usize) {
        let now = self.now();
        self.stopped.insert(arn.to_owned(), now);
        let task = &self.tasks[arn];
        let host = self.instances.get(&task.host);
        let emptied = host.is_none_or(|it| it.status != InstanceStatus::Active);
        if emptied && self.services[name].scheduling == Scheduling::Daemon {
            return;
        }
        let left = |moment: &Moment| {
            let stays = |arn: &&String| !self.stopped.contains_key(*arn);
            moment.counting.iter().filter(stays).count()
        };
        let may = |it: &Moment| !it.counting.contains(arn) || left(it) >= least(it);
        if !self.recent(name).any(may) {
            let last = self.recent(name).last();
            let last = last.map(|it| (left(it), least(it)));
            let wrong = format!("{name}: {arn} was stopped; (healthy, at least): {last:?}");
            self.storm.wrong(wrong);
        }
    }

    /// A start of ours respects the maximum.
    pub fn launched(&self, name: &str, arn: &str) {
        let Some(service) = self.services.get(name) else {
            return;
        };
        if service.scheduling == Scheduling::Daemon {
            return;
        }
        let live: BTreeSet<_> = self
            .of(name)
            .filter(|it| is_live(it))
            .map(|it| &it.arn)
            .collect();
        let with = |moment: &Moment| {
            let since = |arn: &&&String| {
                let task = &self.tasks[**arn];
                task.created_at >= moment.until && !moment.live.contains(**arn)
            };
            moment.live.len() + live.iter().filter(since).count()
        };
        if !self.recent(name).any(|it| with(it) <= it.upper) {
            let last = self.recent(name).last().map(|it| (with(it), it.upper));
            let wrong = format!("{name}: {arn} was started; (live, at most): {last:?}");
            self.storm.wrong(wrong);
        }
    }

    pub fn changed(&mut self, before: &Service, after: &Service) {
        let (Some(old), Some(new)) = (before.deployments.first(), after.deployments.first()) else {
            return;
        };
        // First: where it goes back to tasks that are all there, it is steady in the same look.
        let tripped = |it: &Service| {
            let rollout = it.rollout.as_ref();
            rollout.is_some_and(|it| it.breaker == BreakerStatus::Triggered)
        };
        if tripped(after) && !tripped(before) {
            self.tripped(before, after);
        }
        let complete = |it: &Deployment| it.state == RolloutState::Completed;
        let same = old.id() == new.id();
        if complete(new) && !(same && complete(old)) {
            self.is_whole(after, "COMPLETED");
        }
        if after.steady && !before.steady {
            self.is_whole(after, "steady");
            self.is_past_failures(before, after);
        }
    }

    /// All that is wanted is there, healthy, and of the PRIMARY deployment.
    fn is_whole(&self, service: &Service, called: &str) {
        let primary = service.deployments.first().map(Deployment::id);
        let is_current = |arn: &String| {
            let of = self.tasks[arn].service.as_ref();
            of.map(|of| of.deployment.as_str()) == primary
        };
        let whole = |it: &Moment| {
            let complete = it.live.len() == service.desired as usize;
            complete && it.live == it.counting && it.live.iter().all(is_current)
        };
        if !self.recent(&service.name).any(whole) {
            let last = self.recent(&service.name).last();
            let last = last.map(|it| (it.counting.len(), it.live.len(), it.desired));
            let name = &service.name;
            let wrong = format!("{name} is called {called}; (healthy, live, wanted): {last:?}");
            self.storm.wrong(wrong);
        }
    }

    /// Whether it failed by itself, other than with its machine.
    fn failed(task: &Task, within: Duration) -> bool {
        let ran = task.started_at.zip(task.execution_stopped_at);
        let killed = task
            .containers
            .iter()
            .any(|it| it.exit_code == Some(KILLED));
        let soon = ran.is_some_and(|(from, until)| until.since(from) < within);
        match task.stop_code {
            Some(StopCode::TaskFailedToStart) => true,
            Some(StopCode::EssentialContainerExited) => !killed && soon,
            _ => false,
        }
    }

    fn is_past_failures(&self, before: &Service, service: &Service) {
        let primary = service.deployments[0].id();
        let begun = self.begun_anew.get(&service.name);
        let of = |task: &&Task| {
            let of = task.service.as_ref();
            of.is_some_and(|of| of.deployment == primary && of.accounted)
        };
        let failed = self.of(&service.name).filter(of);
        let failed = failed.filter(|task| task.ended && Self::failed(task, FORGOTTEN));
        let ends = failed.filter_map(|task| Some((task.stopping_at?, task)));
        let since = ends.filter(|(at, _)| begun.is_none_or(|begun| at > begun));
        let Some((at, task)) = since.max_by_key(|(at, _)| *at) else {
            return;
        };
        if at + FORGOTTEN > self.now() {
            let wrong = format!(
                "{} is called steady so soon after a failure: {at:?} of {task:#?}; now {:?}, anew {begun:?}, \
                 before: {before:#?}",
                service.name,
                self.now(),
            );
            self.storm.wrong(wrong);
        }
    }

    /// A breaker bears the number of failures that it was given, and goes back to what last completed.
    fn tripped(&mut self, before: &Service, after: &Service) {
        let failing = before.deployments[0].id();
        let of = |task: &&Task| {
            let of = task.service.as_ref();
            let checks = task.stopped_reason.as_deref().unwrap_or_default();
            of.is_some_and(|of| of.deployment == failing)
                && (Self::failed(task, FORGOTTEN) || checks.contains("health checks"))
        };
        let failures = self.of(&after.name).filter(of).count();
        let borne = (after.desired as usize).div_ceil(2).clamp(3, 200);
        if failures < borne {
            let name = &after.name;
            let wrong = format!("{name}: the breaker trips over {failures} failures of {borne}");
            self.storm.wrong(wrong);
        }
        let last = before.completed.as_ref();
        // That it was called COMPLETED is taken back in the same look.
        let completion = before.deployments[0].completion.as_ref();
        let last = match last.is_some_and(|it| it.id == failing) {
            true => completion.and_then(|it| it.before.as_ref()),
            false => last,
        };
        let back_to = last.map(|it| it.id.as_str());
        let primary = after.deployments[0].id();
        if back_to.is_some() {
            if back_to != Some(primary) {
                let wrong = format!("{}: rolled back to {primary}, not {back_to:?}", after.name);
                self.storm.wrong(wrong);
            }
            self.storm.rolled_back.fetch_add(1, Ordering::Relaxed);
            self.begun_anew.insert(after.name.clone(), self.now());
        }
    }
}
