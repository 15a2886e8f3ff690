//! Which nodes of a group go next, and when an update has ended. Pure.

use std::{collections::BTreeMap, time::Duration};

use wharf_base::Timestamp;

use super::{
    records::{Issue, NodeGroup, Rollout, Size, Unavailable},
    repair::{Bad, Repairing},
};

/// New nodes are ready within this, and a node is empty within this, or an update fails.
pub const PATIENCE: Duration = Duration::from_secs(15 * 60);
/// How long an update leaves an empty node before it ends the instance, as on AWS: by then load balancers send it nothing new.
const PAUSE: Duration = Duration::from_secs(60);
pub const NOT_JOINED: &str = "Instances failed to join the kubernetes cluster";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Starting,
    InService,
    /// Held by the group's hook.
    Waiting,
    Leaving,
}

/// An instance of the Auto Scaling group, and its node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub id: String,
    /// Of the launch template.
    pub version: i64,
    pub state: State,
    pub node: Option<Node>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    pub name: String,
    pub ready: bool,
    pub cordoned: bool,
    /// Pods that are there because of no DaemonSet and have not ended.
    pub pods: usize,
    /// What its conditions say against it.
    pub bad: Vec<Bad>,
}

impl Member {
    pub fn stays(&self) -> bool {
        matches!(self.state, State::Starting | State::InService)
    }

    pub fn is_ready(&self) -> bool {
        self.state == State::InService && self.node.as_ref().is_some_and(|it| it.ready)
    }

    /// Nothing is there, and nothing comes.
    fn is_left(&self) -> bool {
        self.node
            .as_ref()
            .is_none_or(|it| it.cordoned && it.pods == 0)
    }

    fn is_empty(&self) -> bool {
        self.node.as_ref().is_none_or(|it| it.pods == 0)
    }
}

/// What is to be done with an instance or its node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// The Auto Scaling group has these sizes.
    Resize(Size),
    Cordon(String),
    Uncordon(String),
    /// Pods of the node are evicted, where their budgets allow it.
    Evict(String),
    /// Pods of the node are deleted.
    Empty(String),
    /// The instance goes; another comes for it, or not.
    Terminate {
        id: String,
        replaced: bool,
    },
    /// The hook lets the instance go.
    Release(String),
    /// The instance boots anew.
    Reboot(String),
}

/// How an update is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Course {
    Goes,
    Done,
    Failed(Issue),
}

/// How many nodes may be away at once.
pub fn at_once(unavailable: Unavailable, desired: i32) -> usize {
    let number = match unavailable {
        Unavailable::Number(number) => number,
        Unavailable::Percent(percent) => desired.saturating_mul(percent) / 100,
    };
    usize::try_from(number).unwrap_or(1).max(1)
}

fn size_of(number: i32) -> usize {
    usize::try_from(number).unwrap_or_default()
}

/// Instances that the hook holds: their nodes take no pods, and those they have go; without heed of budgets, as EKS does it when a group
/// shrinks. `leaving` is who waits since when. Of who is repaired and not ready nobody hears when its pods have ended, nor is waited for.
pub fn leaving(
    members: &[Member],
    leaving: &mut BTreeMap<String, Timestamp>,
    repairs: &BTreeMap<String, Repairing>,
    now: Timestamp,
) -> Vec<Act> {
    leaving.retain(|id, _| members.iter().any(|it| &it.id == id));
    let mut acts = Vec::new();
    for member in members.iter().filter(|it| it.state == State::Waiting) {
        let since = *leaving.entry(member.id.clone()).or_insert(now);
        let overdue = now.since(since) >= PATIENCE
            || repairs.contains_key(&member.id) && !member.node.as_ref().is_some_and(|it| it.ready);
        match &member.node {
            Some(node) if !member.is_empty() && !overdue => {
                if !node.cordoned {
                    acts.push(Act::Cordon(node.name.clone()));
                }
                acts.push(Act::Empty(node.name.clone()));
            }
            _ => acts.push(Act::Release(member.id.clone())),
        }
    }
    acts
}

/// The next steps of the update that replaces nodes; `group.rollout` is brought forward. `zones` is how many the group is in.
pub fn rollout(
    group: &mut NodeGroup,
    version: i64,
    members: &[Member],
    zones: usize,
    now: Timestamp,
) -> (Vec<Act>, Course) {
    let unavailable = at_once(group.unavailable, group.size.desired);
    let minimal = group.strategy == "MINIMAL";
    let Some(rollout) = &mut group.rollout else {
        return (Vec::new(), Course::Done);
    };
    let desired = size_of(rollout.before.desired);
    let staying = || members.iter().filter(|it| it.stays());
    let (old, new): (Vec<&Member>, Vec<&Member>) = staying().partition(|it| it.version != version);
    let ready = new.iter().filter(|it| it.is_ready()).count();

    let Some(surge) = rollout.surge else {
        let most = (2 * zones).max(unavailable).min(old.len());
        let surge = match minimal {
            true => 0,
            false => i32::try_from(most).unwrap_or_default(),
        };
        rollout.surge = Some(surge);
        rollout.since = now;
        if surge == 0 {
            return (Vec::new(), Course::Goes);
        }
        let before = rollout.before;
        let larger = Size {
            min: before.min,
            max: before.max.max(before.desired.saturating_add(surge)),
            desired: before.desired.saturating_add(surge),
        };
        return (vec![Act::Resize(larger)], Course::Goes);
    };

    rollout
        .draining
        .retain(|id, _| old.iter().any(|it| &it.id == id));
    if old.is_empty() && ready >= desired {
        return (vec![Act::Resize(rollout.before)], Course::Done);
    }
    if ready > rollout.ready {
        rollout.ready = ready;
        rollout.since = now;
    }
    let overdue = |since: &Timestamp| now.since(*since) >= PATIENCE;
    // A pod that came after all begins the pause anew.
    let mut emptied = BTreeMap::new();
    for member in old.iter().filter(|it| it.is_left()) {
        if rollout.draining.contains_key(&member.id) {
            let since = rollout.emptied.get(&member.id).copied().unwrap_or(now);
            emptied.insert(member.id.clone(), since);
        }
    }
    rollout.emptied = emptied;
    let mut drained = rollout.draining.iter();
    let stuck =
        drained.find(|(id, since)| overdue(since) && rollout.emptied.get(*id).is_none_or(overdue));
    if let Some((id, _)) = stuck.filter(|_| !rollout.force) {
        let text = "Reached max retries while trying to evict pods from nodes in node group";
        let issue = Issue::new("PodEvictionFailure", text, vec![id.clone()]);
        return (ended(rollout.before, &old, &new), Course::Failed(issue));
    }
    if rollout.draining.is_empty() && overdue(&rollout.since) {
        let unready = new.iter().filter(|it| !it.is_ready());
        let issue = Issue::new(
            "NodeCreationFailure",
            NOT_JOINED,
            unready.map(|it| it.id.clone()).collect(),
        );
        return (ended(rollout.before, &old, &new), Course::Failed(issue));
    }

    // As many more as there are to be; once some nodes went, their replacements are new as well.
    if ready >= size_of(surge).min(desired) {
        let serving = |draining: &BTreeMap<String, Timestamp>| {
            let all = staying().filter(|it| it.is_ready() && !draining.contains_key(&it.id));
            all.count()
        };
        for member in &old {
            let may = rollout.draining.len() < unavailable;
            // One that does not serve costs nothing.
            let left = serving(&rollout.draining) - usize::from(member.is_ready());
            if may && !rollout.draining.contains_key(&member.id) && left + unavailable >= desired {
                rollout.draining.insert(member.id.clone(), now);
                rollout.since = now;
            }
        }
    }
    let mut acts = Vec::new();
    let mut coming = new.len();
    for member in &old {
        let Some(since) = rollout.draining.get(&member.id) else {
            continue;
        };
        match &member.node {
            Some(node) if !node.cordoned => acts.push(Act::Cordon(node.name.clone())),
            Some(node) if !member.is_empty() && overdue(since) => {
                acts.push(Act::Empty(node.name.clone()));
            }
            Some(node) if !member.is_empty() => acts.push(Act::Evict(node.name.clone())),
            Some(_) if pauses(rollout, &member.id, now) => {}
            _ => {
                let replaced = coming < desired;
                coming += usize::from(replaced);
                // Whoever comes for it has its time.
                rollout.since = now;
                acts.push(Act::Terminate {
                    id: member.id.clone(),
                    replaced,
                });
            }
        }
    }
    (acts, Course::Goes)
}

fn pauses(rollout: &Rollout, id: &str, now: Timestamp) -> bool {
    let since = rollout.emptied.get(id);
    since.is_some_and(|since| now.since(*since) < PAUSE)
}

/// An update that failed: new nodes that are not ready go, old ones serve on, and there are as many as before.
fn ended(before: Size, old: &[&Member], new: &[&Member]) -> Vec<Act> {
    let mut over = (old.len() + new.len()).saturating_sub(size_of(before.desired));
    let mut acts = Vec::new();
    for member in new.iter().filter(|it| !it.is_ready()) {
        let replaced = over == 0;
        over = over.saturating_sub(1);
        acts.push(Act::Terminate {
            id: member.id.clone(),
            replaced,
        });
    }
    let nodes = old.iter().filter_map(|it| it.node.as_ref());
    let cordoned = nodes.filter(|it| it.cordoned);
    acts.extend(cordoned.map(|it| Act::Uncordon(it.name.clone())));
    acts.push(Act::Resize(before));
    acts
}

#[cfg(test)]
#[path = "plan/tests.rs"]
pub mod tests;
