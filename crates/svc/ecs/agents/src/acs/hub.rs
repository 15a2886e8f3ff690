//! Which agents are connected to this server. An instance has one connection: a new one replaces the
//! old.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use parking_lot::{Mutex, MutexGuard};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;
use wharf_records::ecs::Desired;

/// Messages that wait for a connection to send them.
const QUEUE: usize = 64;

#[derive(Debug, Default)]
pub struct Hub {
    connections: Mutex<HashMap<String, Presence>>,
    /// By instance, for telemetry: an instance that is deregistered has no connection of any kind.
    ends: Mutex<HashMap<String, CancellationToken>>,
    started: Mutex<Option<Instant>>,
}

#[derive(Debug)]
struct Presence {
    /// Tells connections of one instance apart.
    number: u64,
    /// The one that is there; `None` once it ended.
    replaced: Option<CancellationToken>,
    /// Frames for it.
    frames: mpsc::Sender<String>,
    ended: Option<Instant>,
    /// What the agent has acknowledged of tasks: it keeps that, whatever becomes of the connection.
    acknowledged: BTreeMap<String, Desired>,
}

/// What is known of an instance's connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    Connected,
    /// It was connected to this server, and has not been for so long.
    Gone(Duration),
    /// It has not come since this server started, so long ago.
    NotYet(Duration),
}

/// A connection's place in the hub; leaving is dropping it.
#[derive(Debug)]
pub struct Seat<'a> {
    hub: &'a Hub,
    instance: String,
    number: u64,
    /// Cancelled when another connection takes the place.
    pub replaced: CancellationToken,
    /// What others have to say to the agent; taken once.
    pub frames: Option<mpsc::Receiver<String>>,
}

impl Hub {
    /// Instances without a connection count as silent from here on, not from before.
    pub fn start(&self) {
        let mut started = self.started.lock();
        started.get_or_insert_with(Instant::now);
    }

    pub fn connect(&self, instance: &str) -> Seat<'_> {
        let mut connections = self.lock();
        let old = connections.remove(instance);
        let number = old.as_ref().map_or(1, |old| old.number + 1);
        let acknowledged = old
            .as_ref()
            .map(|old| old.acknowledged.clone())
            .unwrap_or_default();
        if let Some(token) = old.and_then(|old| old.replaced) {
            token.cancel();
        }
        let replaced = CancellationToken::new();
        let (send, frames) = mpsc::channel(QUEUE);
        let presence = Presence {
            number,
            frames: send,
            replaced: Some(replaced.clone()),
            ended: None,
            acknowledged,
        };
        connections.insert(instance.to_owned(), presence);
        Seat {
            hub: self,
            instance: instance.to_owned(),
            number,
            replaced,
            frames: Some(frames),
        }
    }

    /// Gives a frame to an instance's connection. False if there is none, or it does not keep up.
    pub fn send(&self, instance: &str, frame: String) -> bool {
        let connections = self.lock();
        let present = connections.get(instance).filter(|p| p.replaced.is_some());
        present.is_some_and(|presence| presence.frames.try_send(frame).is_ok())
    }

    /// The agent has taken over what it was told of a task.
    pub fn acknowledge(&self, instance: &str, task: &str, desired: Desired) {
        if let Some(presence) = self.lock().get_mut(instance) {
            presence.acknowledged.insert(task.to_owned(), desired);
        }
    }

    /// Forgets acknowledgements of tasks that `keep` does not want, and returns those of the rest that are `asked` for.
    pub fn acknowledged(
        &self,
        instance: &str,
        keep: impl Fn(&str) -> bool,
        asked: impl Fn(&str) -> bool,
    ) -> BTreeMap<String, Desired> {
        let mut connections = self.lock();
        let Some(presence) = connections.get_mut(instance) else {
            return BTreeMap::new();
        };
        presence.acknowledged.retain(|task, _| keep(task));
        let known = presence.acknowledged.iter();
        let known = known.filter(|(task, _)| asked(task));
        known
            .map(|(task, desired)| (task.clone(), *desired))
            .collect()
    }

    /// Ends an instance's connection, if there is one.
    pub fn disconnect(&self, instance: &str) {
        if let Some(token) = self.lock().get(instance).and_then(|p| p.replaced.as_ref()) {
            token.cancel();
        }
        if let Some(token) = self.ends().remove(instance) {
            token.cancel();
        }
    }

    /// Cancelled when the instance is disconnected.
    pub fn end_of(&self, instance: &str) -> CancellationToken {
        let mut ends = self.ends();
        ends.entry(instance.to_owned()).or_default().clone()
    }

    fn ends(&self) -> MutexGuard<'_, HashMap<String, CancellationToken>> {
        self.ends.lock()
    }

    /// Whether an instance has a connection here, and if not, since when.
    pub fn presence(&self, instance: &str) -> Seen {
        let ended = match self.lock().get(instance) {
            Some(presence) if presence.replaced.is_some() => return Seen::Connected,
            known => known.and_then(|presence| presence.ended),
        };
        let started = *self.started.lock();
        match ended {
            Some(ended) => Seen::Gone(ended.elapsed()),
            None => Seen::NotYet(started.map_or(Duration::ZERO, |since| since.elapsed())),
        }
    }

    /// Nothing more is to be known of the instance.
    pub fn forget(&self, instance: &str) {
        // A reconciler may come here before whoever deregistered the instance ends its connections.
        if let Some(token) = self.ends().remove(instance) {
            token.cancel();
        }
        let mut connections = self.lock();
        if connections
            .get(instance)
            .is_some_and(|presence| presence.replaced.is_none())
        {
            connections.remove(instance);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Presence>> {
        self.connections.lock()
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        let mut connections = self.hub.lock();
        if let Some(presence) = connections.get_mut(&self.instance)
            && presence.number == self.number
        {
            presence.replaced = None;
            presence.ended = Some(Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_known_already_is_not_handed_out() {
        let hub = Hub::default();
        let _seat = hub.connect("i");
        for task in ["a", "b", "c"] {
            hub.acknowledge("i", task, Desired::Running);
        }
        let told = |asked: &str| -> Vec<String> {
            let known = hub.acknowledged("i", |task| task != "c", |task| asked.contains(task));
            known.into_keys().collect()
        };
        assert_eq!(told("ac"), ["a"]);
        assert_eq!(told("abc"), ["a", "b"]);
        assert!(hub.acknowledged("other", |_| true, |_| true).is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_new_connection_replaces_the_old() {
        let hub = Hub::default();
        hub.start();
        tokio::time::advance(Duration::from_secs(3)).await;
        assert_eq!(hub.presence("i"), Seen::NotYet(Duration::from_secs(3)));
        let old = hub.connect("i");
        let new = hub.connect("i");
        assert!(old.replaced.is_cancelled() && !new.replaced.is_cancelled());
        drop(old);
        let seen = hub.presence("i");
        assert_eq!(
            seen,
            Seen::Connected,
            "the old one's end is not the new one's"
        );
        drop(new);
        let telemetry = hub.end_of("other");
        hub.forget("other");
        assert!(telemetry.is_cancelled());
        tokio::time::advance(Duration::from_secs(5)).await;
        assert_eq!(hub.presence("i"), Seen::Gone(Duration::from_secs(5)));
    }
}
