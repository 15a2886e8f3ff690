//! Which nodes of a group are repaired, and how: those whose conditions have said for long enough that something is wrong with them.
//! Pure.
//!
//! A repair is written down before anything is done for it, so that what it changes can be taken back whatever dies in between. A node that
//! is to be replaced or rebooted takes no more pods, and those it has go where their budgets let them, for [`PATIENCE`] at
//! most; one that is not ready is not waited for, since nobody there hears of it. What was begun goes on unless repair is turned off;
//! nothing is begun while too many nodes are bad, for then it is not the nodes.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;

use super::{
    plan::{Act, Member, Node, PATIENCE, at_once},
    records::{Issue, Unavailable},
};

/// The conditions by which a node is bad, and how long before it is repaired. That of the kubelet is bad too while nobody hears of it.
const CONDITIONS: [(&str, Duration); 6] = [
    ("Ready", HALF_AN_HOUR),
    ("AcceleratedHardwareReady", Duration::from_secs(10 * 60)),
    ("ContainerRuntimeReady", HALF_AN_HOUR),
    ("KernelReady", HALF_AN_HOUR),
    ("NetworkingReady", HALF_AN_HOUR),
    ("StorageReady", HALF_AN_HOUR),
];
const HALF_AN_HOUR: Duration = Duration::from_secs(30 * 60);
/// Where nobody says how many bad nodes are too many: more than this share of a group of more than so many nodes.
const USUAL_PERCENT: usize = 20;
const SMALL: usize = 5;

/// The issue of a group whose nodes are not repaired because too many are bad. EKS has none for it.
pub const STOPPED: &str = "Unknown";

pub fn is_known(condition: &str) -> bool {
    CONDITIONS.iter().any(|it| it.0 == condition)
}

/// What is done with a bad node. What comes later does more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Action {
    Nothing,
    Reboot,
    Replace,
}

impl Action {
    pub fn named(name: &str) -> Option<Self> {
        let all = [Self::Nothing, Self::Reboot, Self::Replace];
        all.into_iter().find(|it| it.name() == name)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Nothing => "NoAction",
            Self::Reboot => "Reboot",
            Self::Replace => "Replace",
        }
    }
}

/// What is otherwise for one reason of a condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    pub condition: String,
    pub reason: String,
    pub wait_mins: u32,
    pub action: Action,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    pub enabled: bool,
    /// More bad nodes than this are too many.
    #[serde(default)]
    pub bearable: Option<Unavailable>,
    /// How many are repaired at once; as many as there are where nobody says it.
    #[serde(default)]
    pub parallel: Option<Unavailable>,
    #[serde(default)]
    pub overrides: Vec<Override>,
}

/// A repair that was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repairing {
    pub action: Action,
    pub since: Timestamp,
    /// The node took no pods before already.
    pub cordoned: bool,
    /// When it was rebooted, if it was.
    #[serde(default)]
    pub rebooted: Option<Timestamp>,
}

/// A condition by which a node is bad.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bad {
    pub condition: String,
    pub reason: String,
    pub since: Timestamp,
}

impl Bad {
    /// Of a condition as a node shows it; `None` if it is good, or none of those that count.
    pub fn of(condition: &str, status: &str, reason: &str, since: Timestamp) -> Option<Self> {
        let is_bad = match condition {
            "Ready" => status != "True",
            other => is_known(other) && status == "False",
        };
        is_bad.then(|| Self {
            condition: condition.to_owned(),
            reason: reason.to_owned(),
            since,
        })
    }
}

impl Rules {
    fn of(&self, bad: &Bad) -> (Action, Duration) {
        let own = self.overrides.iter();
        let mut own = own.filter(|it| it.condition == bad.condition && it.reason == bad.reason);
        if let Some(own) = own.next() {
            let wait = Duration::from_secs(60 * u64::from(own.wait_mins));
            return (own.action, wait);
        }
        let usual = CONDITIONS.iter().find(|it| it.0 == bad.condition);
        (Action::Replace, usual.map_or(HALF_AN_HOUR, |it| it.1))
    }

    /// The conditions by which something is to be done with a node, now or later.
    fn counts<'a>(&'a self, node: &'a Node) -> impl Iterator<Item = &'a Bad> {
        let all = node.bad.iter();
        all.filter(|bad| self.of(bad).0 != Action::Nothing)
    }

    fn is_bad(&self, node: &Node) -> bool {
        self.counts(node).next().is_some()
    }

    /// What is to be done with a node that was repaired last at `after`, if anything is yet.
    fn due(&self, node: &Node, after: Option<Timestamp>, now: Timestamp) -> Option<Action> {
        let due = self.counts(node).filter_map(|bad| {
            let (action, wait) = self.of(bad);
            let since = after.map_or(bad.since, |it| it.max(bad.since));
            (now.since(since) >= wait && now >= since).then_some(action)
        });
        due.max()
    }

    fn is_too_many(&self, bad: usize, all: usize) -> bool {
        match self.bearable {
            Some(Unavailable::Number(most)) => bad > usize::try_from(most).unwrap_or_default(),
            Some(Unavailable::Percent(most)) => {
                bad * 100 > all * usize::try_from(most).unwrap_or_default()
            }
            None => all > SMALL && bad * 100 > all * USUAL_PERCENT,
        }
    }
}

/// The next steps, and what is wrong if nothing is begun because too many nodes are bad. `repairs` is brought forward.
pub fn repair(
    rules: &Rules,
    repairs: &mut BTreeMap<String, Repairing>,
    members: &[Member],
    now: Timestamp,
) -> (Vec<Act>, Option<Issue>) {
    repairs.retain(|id, _| members.iter().any(|it| &it.id == id));
    let mut acts = Vec::new();
    let staying: Vec<(&Member, &Node)> = members
        .iter()
        .filter(|it| it.stays())
        .filter_map(|it| Some((it, it.node.as_ref()?)))
        .collect();
    for &(member, node) in &staying {
        if !rules.enabled {
            let begun = repairs.remove(&member.id);
            if begun.is_some_and(|it| !it.cordoned) {
                acts.push(Act::Uncordon(node.name.clone()));
            }
        } else if let Some(repairing) = repairs.get_mut(&member.id) {
            let (act, goes_on) = go_on(rules, repairing, (member, node), now);
            acts.extend(act);
            if !goes_on {
                repairs.remove(&member.id);
            }
        }
    }
    if !rules.enabled {
        return (acts, None);
    }
    let bad: Vec<&(&Member, &Node)> = staying.iter().filter(|it| rules.is_bad(it.1)).collect();
    let due: Vec<(&Member, &Node, Action)> = bad
        .iter()
        .filter(|it| !repairs.contains_key(&it.0.id))
        .filter_map(|it| Some((it.0, it.1, rules.due(it.1, None, now)?)))
        .collect();
    if due.is_empty() {
        return (acts, None);
    }
    if rules.is_too_many(bad.len(), staying.len()) {
        let text = format!(
            "Node auto repair has stopped: {} of {} nodes are unhealthy",
            bad.len(),
            staying.len()
        );
        let ids = bad.iter().map(|it| it.0.id.clone()).collect();
        return (acts, Some(Issue::new(STOPPED, text, ids)));
    }
    let all = i32::try_from(staying.len()).unwrap_or(i32::MAX);
    let most = rules.parallel.map_or(usize::MAX, |it| at_once(it, all));
    for (member, node, action) in due.into_iter().take(most.saturating_sub(repairs.len())) {
        let repairing = Repairing {
            action,
            since: now,
            cordoned: node.cordoned,
            rebooted: None,
        };
        repairs.insert(member.id.clone(), repairing);
    }
    (acts, None)
}

/// The next step of a repair, and whether it is not over.
fn go_on(
    rules: &Rules,
    repairing: &mut Repairing,
    (member, node): (&Member, &Node),
    now: Timestamp,
) -> (Option<Act>, bool) {
    if !rules.is_bad(node) {
        let own = !repairing.cordoned;
        return (own.then(|| Act::Uncordon(node.name.clone())), false);
    }
    if let Some(rebooted) = repairing.rebooted {
        // It has as long again to become good.
        if let Some(action) = rules.due(node, Some(rebooted), now) {
            (repairing.action, repairing.since) = (action, now);
            repairing.rebooted = None;
        }
        return (None, true);
    }
    let waits = node.ready && node.pods > 0 && now.since(repairing.since) < PATIENCE;
    let act = match repairing.action {
        _ if node.ready && !node.cordoned => Act::Cordon(node.name.clone()),
        _ if waits => Act::Evict(node.name.clone()),
        Action::Reboot => {
            repairing.rebooted = Some(now);
            Act::Reboot(member.id.clone())
        }
        _ => Act::Terminate {
            id: member.id.clone(),
            replaced: true,
        },
    };
    (Some(act), true)
}

#[cfg(test)]
#[path = "repair/tests.rs"]
mod tests;
