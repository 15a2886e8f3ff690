//! From what metrics ask for to what is done: stabilized over a window, within the policies and the bounds. Pure.

use std::time::Duration;

use serde_json::Value;
use wharf_base::Timestamp;
use wharf_kube_client::Object;
use wharf_kube_model::quantity::Quantity;

use super::history::History;

/// For autoscalers that say nothing else.
const DOWN_WINDOW: Duration = Duration::from_secs(300);
const TOLERANCE: f64 = 0.1;
/// What an autoscaler without behavior may grow to at once: twice as many, and four in any case.
const GROWS_BY: i64 = 2;
const GROWS_TO: i64 = 4;

const WITHIN: Reason = (
    "DesiredWithinRange",
    "the desired count is within the acceptable range",
);
const TOO_FEW: Reason = (
    "TooFewReplicas",
    "the desired replica count is less than the minimum replica count",
);
const TOO_MANY: Reason = (
    "TooManyReplicas",
    "the desired replica count is more than the maximum replica count",
);
const TOO_FAST_UP: Reason = (
    "ScaleUpLimit",
    "the desired replica count is increasing faster than the maximum scale rate",
);
const TOO_FAST_DOWN: Reason = (
    "ScaleDownLimit",
    "the desired replica count is decreasing faster than the maximum scale rate",
);
const READY: Reason = ("ReadyForNewScale", "recommended size matches current size");
const UP_STABILIZED: Reason = (
    "ScaleUpStabilized",
    "recent recommendations were lower than current one, applying the lowest recent recommendation",
);
const DOWN_STABILIZED: Reason = (
    "ScaleDownStabilized",
    "recent recommendations were higher than current one, applying the highest recent recommendation",
);

/// Reason and message of a condition.
pub type Reason = (&'static str, &'static str);

/// What there is, what is asked for, and between which bounds.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    pub current: i64,
    pub wanted: i64,
    pub least: i64,
    pub most: i64,
}

#[derive(Debug, PartialEq)]
pub struct Settled {
    pub replicas: i64,
    /// Of `AbleToScale`, which holds.
    pub able: Reason,
    /// Of `ScalingLimited`, and whether that holds.
    pub limited: (bool, Reason),
}

/// How far from 1 the ratio may be before anything is done, downwards and upwards.
#[derive(Debug, Clone, Copy)]
pub struct Tolerance {
    pub down: f64,
    pub up: f64,
}

impl Tolerance {
    pub fn of(behavior: &Value) -> Self {
        let of = |pointer| {
            let told = Quantity::of(behavior.at(pointer)).ok();
            told.map_or(TOLERANCE, |it| it.millis() as f64 / 1000.0)
        };
        Self {
            down: of("/scaleDown/tolerance"),
            up: of("/scaleUp/tolerance"),
        }
    }

    pub fn covers(self, ratio: f64) -> bool {
        (1.0 - self.down..=1.0 + self.up).contains(&ratio)
    }
}

pub fn settle(behavior: &Value, history: &History, asked: Asked, now: Timestamp) -> Settled {
    let stable = match behavior.is_object() {
        true => stabilized(behavior, history, asked, now),
        // The most of five minutes, whether there are fewer or more than that.
        false => highest(history, asked, DOWN_WINDOW, now),
    };
    let able = match stable == asked.wanted {
        true => READY,
        false if asked.wanted >= asked.current && behavior.is_object() => UP_STABILIZED,
        false => DOWN_STABILIZED,
    };
    let asked = Asked {
        wanted: stable,
        ..asked
    };
    let (replicas, why) = match behavior.is_object() {
        true => by_policies(behavior, history, asked, now),
        false => by_default(asked),
    };
    Settled {
        replicas,
        able,
        limited: (replicas != stable, why),
    }
}

fn seconds(rules: &Value) -> Option<Duration> {
    let seconds = rules.integer("/stabilizationWindowSeconds")?;
    Some(Duration::from_secs(seconds.try_into().ok()?))
}

/// No more than the least that was recommended in the window for growth, no less than the most in the one for shrinking.
fn stabilized(behavior: &Value, history: &History, asked: Asked, now: Timestamp) -> i64 {
    let up = seconds(behavior.at("/scaleUp")).unwrap_or_default();
    let down = seconds(behavior.at("/scaleDown")).unwrap_or(DOWN_WINDOW);
    let lowest = history.recommended(up, now).fold(asked.wanted, i64::min);
    let highest = highest(history, asked, down, now);
    asked.current.max(lowest).min(highest)
}

fn highest(history: &History, asked: Asked, window: Duration, now: Timestamp) -> i64 {
    history
        .recommended(window, now)
        .fold(asked.wanted, i64::max)
}

fn by_default(asked: Asked) -> (i64, Reason) {
    let fastest = GROWS_TO.max(asked.current.saturating_mul(GROWS_BY));
    let (most, why) = match asked.most > fastest {
        true => (fastest, TOO_FAST_UP),
        false => (asked.most, TOO_MANY),
    };
    match asked.wanted {
        wanted if wanted < asked.least => (asked.least, TOO_FEW),
        wanted if wanted > most => (most, why),
        wanted => (wanted, WITHIN),
    }
}

fn by_policies(behavior: &Value, history: &History, asked: Asked, now: Timestamp) -> (i64, Reason) {
    let Asked {
        current, wanted, ..
    } = asked;
    if wanted > current {
        let limit = limit(behavior.at("/scaleUp"), true, history, current, now).max(current);
        let (most, why) = match asked.most > limit {
            true => (limit, TOO_FAST_UP),
            false => (asked.most, TOO_MANY),
        };
        if wanted > most {
            return (most, why);
        }
    } else if wanted < current {
        let limit = limit(behavior.at("/scaleDown"), false, history, current, now).min(current);
        let (least, why) = match asked.least < limit {
            true => (limit, TOO_FAST_DOWN),
            false => (asked.least, TOO_FEW),
        };
        if wanted < least {
            return (least, why);
        }
    }
    (wanted, WITHIN)
}

/// As far as the policies of a direction let go.
fn limit(rules: &Value, up: bool, history: &History, current: i64, now: Timestamp) -> i64 {
    let select = rules.text("/selectPolicy");
    if select == "Disabled" {
        return current;
    }
    let each = rules.list("/policies").iter().map(|policy| {
        let period = policy.integer("/periodSeconds").unwrap_or_default();
        let period = Duration::from_secs(period.try_into().unwrap_or_default());
        let start = history.at_start(current, period, now);
        let value = policy.integer("/value").unwrap_or_default();
        let percent = value as f64 / 100.0;
        match (policy.text("/type"), up) {
            ("Pods", true) => start.saturating_add(value),
            ("Pods", false) => start.saturating_sub(value),
            (_, true) => (start as f64 * (1.0 + percent)).ceil() as i64,
            (_, false) => (start as f64 * (1.0 - percent)) as i64,
        }
    });
    // The largest change is that to the most when it grows, to the least when it shrinks.
    let furthest = if (select == "Min") == up {
        each.min()
    } else {
        each.max()
    };
    furthest.unwrap_or(if up { i64::MAX } else { i64::MIN })
}

#[cfg(test)]
mod tests;
