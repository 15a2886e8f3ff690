//! Events that a sender can cause as often as it likes: refused signatures, throttled calls, wrong
//! tokens. The first of those that are alike is recorded as it came, the others are counted, and an
//! event with their number follows. So a flood leaves two events an interval for each of its kinds,
//! and the kinds are few: it can push nothing out of the history.

use std::collections::HashMap;
use std::time::Duration;

use wharf_base::Timestamp;
use wharf_wire::audit::{Alike, Event, Repeats, Sender};

/// Between two events about those that are alike.
pub const INTERVAL: Duration = Duration::from_secs(300);
/// Kinds of events at once of senders that proved nothing, and of those that named nobody. In 90 days
/// they come to a few hundred megabytes if each address of an attacker has a kind of its own, less than
/// the history may have.
const MAX_UNPROVEN: usize = 16;
const MAX_UNNAMED: usize = 8;
/// Kinds at once of an account's senders who proved who they are: none of them hides another account's.
const MAX_PROVEN: usize = 64;

/// What came since the last event of a kind.
struct Kind {
    since: Timestamp,
    count: u64,
    last: Option<Event>,
}

type Kinds = HashMap<String, Kind>;

/// The kinds there are now.
#[derive(Default)]
pub struct Repeated {
    /// By account.
    proven: HashMap<String, Kinds>,
    unproven: Kinds,
    unnamed: Kinds,
}

impl Repeated {
    /// The event, if it is to be recorded as it came.
    pub fn see(&mut self, event: Event, alike: Alike, now: Timestamp) -> Option<Event> {
        let (kinds, most) = match alike.sender {
            Sender::Proven => {
                let account = event.context.account.clone();
                (self.proven.entry(account).or_default(), MAX_PROVEN)
            }
            Sender::Unproven => (&mut self.unproven, MAX_UNPROVEN),
            Sender::Unnamed => (&mut self.unnamed, MAX_UNNAMED),
        };
        let mut by = alike.by;
        if kinds.len() >= most && !kinds.contains_key(&by) {
            // What there is no room to tell apart is one kind.
            by.clear();
        }
        match kinds.get_mut(&by) {
            Some(kind) => {
                kind.count += 1;
                kind.last = Some(event);
                None
            }
            None => {
                let kind = Kind {
                    since: now,
                    count: 0,
                    last: None,
                };
                kinds.insert(by, kind);
                Some(event)
            }
        }
    }

    /// Events about those that were counted for an interval. Kinds of which nothing came are
    /// forgotten.
    pub fn due(&mut self, now: Timestamp) -> Vec<Event> {
        self.take(|kind| now.since(kind.since) >= INTERVAL, now)
    }

    /// Events about all that were counted, at the end.
    pub fn all(&mut self, now: Timestamp) -> Vec<Event> {
        self.take(|_| true, now)
    }

    fn take(&mut self, is_due: impl Fn(&Kind) -> bool, now: Timestamp) -> Vec<Event> {
        let mut events = Vec::new();
        let others = [&mut self.unproven, &mut self.unnamed];
        for kinds in self.proven.values_mut().chain(others) {
            kinds.retain(|_, kind| {
                if !is_due(kind) {
                    return true;
                }
                let Some(last) = kind.last.take() else {
                    return false;
                };
                let repeats = Some(Repeats {
                    count: kind.count,
                    since: kind.since,
                });
                events.push(Event { repeats, ..last });
                (kind.since, kind.count) = (now, 0);
                true
            });
        }
        self.proven.retain(|_, kinds| !kinds.is_empty());
        events
    }
}

#[cfg(test)]
mod tests {
    use wharf_wire::Context;

    use super::*;

    const START: Timestamp = Timestamp(1_800_000_000_000);

    fn event(name: &str) -> Event {
        let cx = Context::internal("000000000000", "us-east-1", "test", START);
        Event::of_service(cx, "ecs", name)
    }

    fn alike(by: &str, sender: Sender) -> Alike {
        Alike {
            sender,
            by: by.to_owned(),
        }
    }

    fn counts(events: &[Event]) -> Vec<(&str, u64)> {
        let count = |it: &Event| it.repeats.map_or(0, |repeats| repeats.count);
        events
            .iter()
            .map(|it| (it.name.as_str(), count(it)))
            .collect()
    }

    #[test]
    fn the_first_is_kept_and_the_others_are_counted() {
        let mut repeated = Repeated::default();
        assert!(
            repeated
                .see(event("First"), alike("a", Sender::Proven), START)
                .is_some()
        );
        assert!(repeated.due(START + INTERVAL / 2).is_empty());
        for _ in 0..1000 {
            assert!(
                repeated
                    .see(event("Last"), alike("a", Sender::Proven), START)
                    .is_none()
            );
        }
        assert!(repeated.due(START + INTERVAL / 2).is_empty());
        let said = repeated.due(START + INTERVAL);
        assert_eq!(counts(&said), [("Last", 1000)]);
        assert_eq!(said[0].repeats.map(|it| it.since), Some(START));
        // It goes on: nothing but the count of the next interval.
        let later = START + INTERVAL;
        assert!(
            repeated
                .see(event("Next"), alike("a", Sender::Proven), later)
                .is_none()
        );
        assert!(repeated.due(later + INTERVAL / 2).is_empty());
        assert_eq!(counts(&repeated.due(later + INTERVAL)), [("Next", 1)]);
        // After an interval without any the next one is a first.
        assert!(repeated.due(later + 2 * INTERVAL).is_empty());
        assert!(
            repeated
                .see(
                    event("Again"),
                    alike("a", Sender::Proven),
                    later + 2 * INTERVAL
                )
                .is_some()
        );
    }

    #[test]
    fn no_account_hides_what_another_is_refused() {
        let mut repeated = Repeated::default();
        for number in 0..10_000 {
            let kind = alike(&number.to_string(), Sender::Proven);
            let _ = repeated.see(event("Flood"), kind, START);
        }
        let cx = Context::internal("111111111111", "us-east-1", "test", START);
        let other = Event::of_service(cx, "s3", "GetObject");
        let first = repeated.see(other, alike("anna", Sender::Proven), START);
        assert!(first.is_some());
        let counted = repeated.all(START);
        assert!(
            counted
                .iter()
                .all(|it| it.context.account == "000000000000")
        );
    }

    #[test]
    fn a_flood_of_kinds_leaves_few_events() {
        let mut repeated = Repeated::default();
        let mut recorded = 0;
        for number in 0..100_000 {
            let kind = alike(&number.to_string(), Sender::Unproven);
            recorded += usize::from(repeated.see(event("Flood"), kind, START).is_some());
        }
        assert_eq!(recorded, MAX_UNPROVEN + 1);
        let rest = 100_000 - recorded as u64;
        assert_eq!(counts(&repeated.due(START + INTERVAL)), [("Flood", rest)]);
        // Those who proved who they are have room of their own.
        let known = alike("anna", Sender::Proven);
        assert!(repeated.see(event("Throttled"), known, START).is_some());
        // So has a refusal that names somebody beside a flood of those that name nobody.
        let mut repeated = Repeated::default();
        for number in 0..100_000 {
            let kind = alike(&number.to_string(), Sender::Unnamed);
            let _ = repeated.see(event("Flood"), kind, START);
        }
        let wrong = alike("192.0.2.1 wrong", Sender::Unproven);
        assert!(repeated.see(event("Wrong"), wrong, START).is_some());
        let rest = 100_000 - (MAX_UNNAMED as u64 + 1);
        assert_eq!(counts(&repeated.all(START)), [("Flood", rest)]);
    }
}
