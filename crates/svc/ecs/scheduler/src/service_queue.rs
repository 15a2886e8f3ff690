//! When services are looked at: at once, after a pause, or when there may be room.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use parking_lot::{Mutex, MutexGuard};
use wharf_reconcile::Queue;

/// Pause after tasks found no place; doubled with each further time.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Changes of a service with fewer tasks are looked at at once.
const MANY_TASKS: u32 = 100;
/// Of others they are gathered so long, for each of its tasks: several times what a look at one takes.
const GATHERING_A_TASK: Duration = Duration::from_micros(10);
const LONGEST_GATHERING: Duration = Duration::from_millis(250);

/// Keys of services whose executor should look.
#[derive(Default)]
pub struct ServiceQueue {
    queue: Arc<Queue<String>>,
    /// Services whose tasks found no place, with the times in a row; more room wakes them.
    starving: Mutex<BTreeMap<String, u32>>,
    /// Services whose images may not start, with the times in a row.
    refused: Mutex<BTreeMap<String, u32>>,
    /// Services with many tasks, and how long changes of each are gathered before the next look.
    gathering: Mutex<HashMap<String, Duration>>,
}

impl ServiceQueue {
    pub fn queue(&self) -> &Arc<Queue<String>> {
        &self.queue
    }

    /// Takes note whether a service's tasks found a place; returns how long to wait before another
    /// try.
    pub fn starved(&self, service: &str, still: bool) -> Duration {
        again(&mut self.starving(), service, still)
    }

    /// The same of its images, and whether they may start: nobody has to make room for what may not.
    pub fn refused(&self, service: &str, still: bool) -> Duration {
        again(&mut self.refused.lock(), service, still)
    }

    /// Whether the last tasks of a service found no place.
    pub fn is_starved(&self, service: &str) -> bool {
        self.starving().contains_key(service)
    }

    /// There may be room where there was none.
    pub fn wake_starving(&self) {
        for service in self.starving().keys() {
            self.queue.wake(service.clone());
        }
    }

    /// Takes note of how many tasks a look at a service had to go through: looks cost what they see, so
    /// that a service of many tasks, of which one changes every moment, is looked at less often.
    pub fn looked_at(&self, service: &str, tasks: usize) {
        let mut gathering = self.gathering();
        match gathered_for(tasks) {
            Some(pause) => gathering.insert(service.to_owned(), pause),
            None => gathering.remove(service),
        };
    }

    /// Something of a service has changed.
    pub fn changed(&self, service: String) {
        match self.gathering().get(&service) {
            Some(pause) => self.queue.wake_after(service, *pause),
            None => self.queue.wake(service),
        }
    }

    fn starving(&self) -> MutexGuard<'_, BTreeMap<String, u32>> {
        self.starving.lock()
    }

    fn gathering(&self) -> MutexGuard<'_, HashMap<String, Duration>> {
        self.gathering.lock()
    }
}

/// Counts one more try, or forgets all; returns the pause before the next.
fn again(times: &mut BTreeMap<String, u32>, service: &str, still: bool) -> Duration {
    if !still {
        times.remove(service);
        return Duration::ZERO;
    }
    let tries = times.entry(service.to_owned()).or_default();
    let pause = pause(*tries);
    *tries = tries.saturating_add(1);
    pause
}

/// The next pause of a service whose tasks find no place.
fn pause(tries: u32) -> Duration {
    FIRST_PAUSE
        .saturating_mul(1 << tries.min(8))
        .min(LONGEST_PAUSE)
}

/// How long changes of a service with so many tasks are gathered; `None`: they are not.
fn gathered_for(tasks: usize) -> Option<Duration> {
    let tasks = u32::try_from(tasks).unwrap_or(u32::MAX);
    let pause = GATHERING_A_TASK.saturating_mul(tasks);
    (tasks >= MANY_TASKS).then(|| pause.min(LONGEST_GATHERING))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_with_many_tasks_are_looked_at_less_often() {
        let millis = |tasks| gathered_for(tasks).map(|pause| pause.as_millis());
        assert_eq!(millis(0), None);
        assert_eq!(millis(99), None);
        assert_eq!(millis(100), Some(1));
        assert_eq!(millis(2_500), Some(25));
        assert_eq!(millis(usize::MAX), Some(250));
    }

    #[test]
    fn a_service_that_starves_waits_longer_each_time() {
        let queue = ServiceQueue::default();
        let millis = |still| queue.starved("s", still).as_millis();
        assert_eq!(
            [millis(true), millis(true), millis(true)],
            [500, 1000, 2000]
        );
        assert_eq!((0..10).map(|_| millis(true)).max(), Some(10_000));
        assert_eq!([millis(false), millis(true)], [0, 500]);
        assert_eq!(queue.refused("t", true).as_millis(), 500);
        assert!(
            !queue.is_starved("t"),
            "what may not start is not short of room"
        );
    }
}
