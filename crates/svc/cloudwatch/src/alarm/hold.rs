//! Whether an alarm's actions are held back: by a rule that mutes it, or by the suppressor of a composite alarm. Pure.
//!
//! A state whose actions are held back is owed. When nothing holds them back any more, they are taken if the alarm is
//! then in another state than the one whose actions were taken last; if it is back in that, nothing is left to do.

use wharf_base::Timestamp;

use crate::records::{Alarm, State, StateValue, Suppressor};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Mute,
    WaitPeriod,
    ExtensionPeriod,
    Alarm,
}

impl By {
    /// As `ActionsSuppressedBy` has it, which knows nothing of rules that mute.
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::Mute => None,
            Self::WaitPeriod => Some("WaitPeriod"),
            Self::ExtensionPeriod => Some("ExtensionPeriod"),
            Self::Alarm => Some("Alarm"),
        }
    }
}

/// Why actions are held back, in words.
pub fn reason(by: &str) -> String {
    format!("Actions suppressed by {by}")
}

/// Actions are held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    pub by: By,
    /// `None`: until the suppressor leaves ALARM.
    pub until: Option<Timestamp>,
}

/// `muted` is the end of the window in which a rule mutes the alarm; the suppressor comes with its alarm, if that is
/// there.
pub fn held(
    state: &State,
    muted: Option<Timestamp>,
    suppressor: Option<(&Suppressor, Option<&Alarm>)>,
    now: Timestamp,
) -> Option<Held> {
    if muted.is_some() {
        let by = By::Mute;
        return Some(Held { by, until: muted });
    }
    let (rule, alarm) = suppressor?;
    if alarm.is_some_and(|it| it.state.value == StateValue::Alarm) {
        let by = By::Alarm;
        return Some(Held { by, until: None });
    }
    let within = |by: By, since: Timestamp, seconds: u32| {
        // What a clock that was ahead has left counts from now.
        let until = Timestamp::from_millis(since.min(now).millis() + i64::from(seconds) * 1000);
        (until > now).then_some(Held {
            by,
            until: Some(until),
        })
    };
    let left = alarm.and_then(|it| it.left_alarm_at);
    let extended = left.and_then(|it| within(By::ExtensionPeriod, it, rule.extension_seconds));
    let waits = || match state.value {
        StateValue::Alarm => within(By::WaitPeriod, state.changed_at, rule.wait_seconds),
        _ => None,
    };
    extended.or_else(waits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{alarm::evaluate::unchecked, records::Watches};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_millis(second * 1000)
    }

    fn state(value: StateValue, since: i64) -> State {
        State {
            value,
            ..unchecked(at(since))
        }
    }

    #[test]
    fn a_composite_alarm_waits_for_its_suppressor_and_after_it() {
        use StateValue::{Alarm as A, Ok as O};
        let rule = Suppressor {
            alarm: "s".to_owned(),
            wait_seconds: 60,
            extension_seconds: 30,
        };
        let seen = |value, left: Option<i64>, state: &State, now| {
            let mut alarm = Alarm::new("s".to_owned(), Watches::Alarms("TRUE".to_owned()), at(0));
            alarm.state.value = value;
            alarm.left_alarm_at = left.map(at);
            let held = held(state, None, Some((&rule, Some(&alarm))), at(now));
            held.map(|it| (it.by, it.until.map(|it| it.millis() / 1000)))
        };
        let alarm = state(A, 100);
        // It waits for the suppressor, which may come while it does.
        assert_eq!(
            seen(O, None, &alarm, 100),
            Some((By::WaitPeriod, Some(160)))
        );
        assert_eq!(
            seen(O, None, &alarm, 159),
            Some((By::WaitPeriod, Some(160)))
        );
        assert_eq!(seen(O, None, &alarm, 160), None);
        assert_eq!(seen(A, None, &alarm, 159), Some((By::Alarm, None)));
        assert_eq!(seen(A, None, &alarm, 9999), Some((By::Alarm, None)));
        // And for a while after it has gone.
        assert_eq!(
            seen(O, Some(500), &alarm, 529),
            Some((By::ExtensionPeriod, Some(530)))
        );
        assert_eq!(seen(O, Some(500), &alarm, 530), None);
        // What is no alarm waits for nobody, but is suppressed like one.
        let fine = state(O, 100);
        assert_eq!(seen(O, None, &fine, 100), None);
        assert_eq!(seen(A, None, &fine, 100), Some((By::Alarm, None)));
        // A suppressor that is not there any more suppresses nothing beyond the wait.
        assert_eq!(held(&alarm, None, Some((&rule, None)), at(160)), None);
        assert_eq!(held(&alarm, None, None, at(100)), None);
        let muted = held(&alarm, Some(at(900)), None, at(100)).unwrap();
        assert_eq!((muted.by, muted.until), (By::Mute, Some(at(900))));
        // A clock that was ahead.
        assert_eq!(
            seen(O, None, &state(A, 100_000), 100),
            Some((By::WaitPeriod, Some(160)))
        );
    }
}
