//! Whether a node has room for what a pod that runs asks for now. What it has no room for the pod does not get: it keeps what it was
//! given, and its status says why, with upstream's reasons and texts. Pure but for looking at the pods of the node.

use std::{collections::BTreeMap, sync::Arc};

use parking_lot::Mutex;
use serde_json::Value;
use wharf_kube_client::Object as _;

use crate::{
    node::Node,
    pod::{Pod, Resources},
    qos,
};

/// The condition of a pod that asks for more than it gets.
pub const PENDING: &str = "PodResizePending";

/// Why a pod does not get what it asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// `Deferred` while others have it, `Infeasible` where the node has not as much.
    pub reason: &'static str,
    pub message: String,
}

impl Pending {
    /// The reason of the event that tells of it.
    pub fn event(&self) -> &'static str {
        match self.reason {
            "Deferred" => "ResizeDeferred",
            _ => "ResizeInfeasible",
        }
    }
}

/// Processor in thousandths of a core, and memory in bytes.
type Amounts = (u128, u128);

fn pending(all: Amounts, used: Amounts, had: Amounts, asked: Amounts) -> Option<Pending> {
    let each = [
        ("cpu", all.0, used.0, had.0, asked.0),
        ("memory", all.1, used.1, had.1, asked.1),
    ];
    // Who asks for less gets it, however little room there is.
    let more = || each.iter().filter(|(.., had, asked)| asked > had);
    let never = more().find(|(_, all, _, _, asked)| asked > all);
    if let Some((name, all, _, _, asked)) = never {
        return Some(Pending {
            reason: "Infeasible",
            message: format!(
                "Node didn't have enough capacity: {name}, requested: {asked}, capacity: {all}"
            ),
        });
    }
    let not_now = more().find(|(_, all, used, _, asked)| asked + used > *all);
    not_now.map(|(name, all, used, _, asked)| Pending {
        reason: "Deferred",
        message: format!(
            "Node didn't have enough resource: {name}, requested: {asked}, used: {used}, capacity: {all}"
        ),
    })
}

/// What pods have since they were last asked for more or less, by their uids. It takes a moment until the API says so: two that ask at
/// once do not both get what is there but once.
#[derive(Debug, Default)]
pub struct Given(Mutex<BTreeMap<String, Amounts>>);

impl Given {
    /// What a pod has of its node.
    pub fn to(&self, object: &Value) -> (u128, u128) {
        held(&self.0.lock(), object)
    }

    /// Why the pod of this uid, which has what `had` says, does not get what `asked` says beside others. From now on it has one of both.
    fn decide<'a>(
        &self,
        all: Amounts,
        others: impl Iterator<Item = &'a Value>,
        uid: &str,
        (had, asked): (Amounts, Amounts),
    ) -> Option<Pending> {
        let mut given = self.0.lock();
        let mut used = (0, 0);
        for other in others {
            let is_over = matches!(other.text("/status/phase"), "Succeeded" | "Failed");
            if is_over || other.uid() == uid {
                continue;
            }
            let (cpu, memory) = held(&given, other);
            used = (used.0 + cpu, used.1 + memory);
        }
        let pending = pending(all, used, had, asked);
        let has = if pending.is_some() { had } else { asked };
        given.insert(uid.to_owned(), has);
        pending
    }
}

fn held(given: &BTreeMap<String, Amounts>, object: &Value) -> Amounts {
    let told = || as_given(object).map(|pod| qos::requests(&pod));
    let known = given.get(object.uid()).copied();
    known.or_else(told).unwrap_or_default()
}

/// Why a pod that has what `had` says does not get what `asked` says.
pub fn lacking(node: &Node, had: &Pod, asked: &Pod) -> Option<Pending> {
    let pods = node.pods.read();
    let is_here = |uid: &str| pods.contains_key(&node.sandbox_of(uid));
    node.given.0.lock().retain(|uid, _| is_here(uid));
    let others = pods.values().map(Arc::as_ref);
    let others = others.filter(|it| node.is_for(it));
    let (cpu, memory) = node.allocatable;
    let all = (u128::from(cpu), u128::from(memory));
    let amounts = (qos::requests(had), qos::requests(asked));
    node.given.decide(all, others, &asked.metadata.uid, amounts)
}

/// Whether a pod asks for more than it gets.
pub fn is_pending(object: &Value) -> bool {
    object
        .condition(PENDING)
        .is_some_and(|it| it.text("/status") == "True")
}

/// A pod with what it has: what it asks for, unless that waits.
pub fn as_given(object: &Value) -> Option<Pod> {
    let mut pod = Pod::read(object).ok()?;
    if is_pending(object) {
        take_back(&mut pod);
    }
    Some(pod)
}

/// Gives the containers of a pod what its status says that they have.
pub fn take_back(pod: &mut Pod) {
    let told: Vec<(String, Resources)> = ["/initContainerStatuses", "/containerStatuses"]
        .iter()
        .flat_map(|it| pod.status.list(it))
        .filter_map(|it| {
            let given = it.get("resources").filter(|it| it.is_object())?;
            let given = serde_json::from_value(given.clone()).ok()?;
            Some((it.text("/name").to_owned(), given))
        })
        .collect();
    each_resources(pod, |name| {
        let found = told.iter().find(|(of, _)| of == name);
        found.map(|(_, given)| given.clone())
    });
}

/// Leaves the containers of a pod what they had.
pub fn keep(pod: &mut Pod, before: &Pod) {
    each_resources(pod, |name| {
        before.container(name).map(|it| it.resources.clone())
    });
}

fn each_resources(pod: &mut Pod, of: impl Fn(&str) -> Option<Resources>) {
    let (inits, others) = (&mut pod.spec.init_containers, &mut pod.spec.containers);
    for container in inits.iter_mut().chain(others) {
        if let Some(resources) = of(&container.name) {
            container.resources = resources;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn room_is_asked_for_by_who_wants_more() {
        let reason = |used: Amounts, had: Amounts, asked: Amounts| {
            let found = pending((2000, 1000), used, had, asked);
            found.map_or("", |it| it.reason)
        };
        for (used, had, asked, expected) in [
            ((1000, 500), (500, 100), (1000, 500), ""),
            ((1000, 500), (500, 100), (1001, 100), "Deferred"),
            ((1000, 500), (500, 100), (500, 501), "Deferred"),
            ((0, 0), (500, 100), (2000, 1000), ""),
            ((0, 0), (500, 100), (2001, 100), "Infeasible"),
            // One of both will never do, whatever becomes of the other.
            ((1900, 0), (100, 100), (200, 1001), "Infeasible"),
            // Less is always had, though others took all there is.
            ((5000, 5000), (500, 100), (400, 50), ""),
            ((5000, 500), (500, 100), (400, 200), ""),
        ] {
            assert_eq!(reason(used, had, asked), expected, "{used:?} {asked:?}");
        }
        let told = pending((2000, 1000), (1500, 0), (100, 0), (600, 0)).unwrap();
        assert_eq!(
            told.message,
            "Node didn't have enough resource: cpu, requested: 600, used: 1500, capacity: 2000"
        );
        assert_eq!(told.event(), "ResizeDeferred");
    }

    #[test]
    fn of_two_that_ask_at_once_one_has_what_is_there() {
        let pod = |uid: &str, cpu: &str| {
            json!({
                "metadata": {"name": uid, "namespace": "n", "uid": uid},
                "spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": cpu}}}]},
            })
        };
        let given = Given::default();
        // As the API has them: neither says that it waits.
        let pods = [pod("a", "1"), pod("b", "1500m")];
        let decide = |uid: &str, asked: u128| {
            let amounts = ((500, 0), (asked, 0));
            let found = given.decide((2000, 0), pods.iter(), uid, amounts);
            found.map(|it| it.reason)
        };
        assert_eq!(decide("a", 1000), Some("Deferred"));
        assert_eq!(decide("b", 1500), None);
        assert_eq!(decide("a", 1000), Some("Deferred"));
        assert_eq!((given.to(&pods[0]).0, given.to(&pods[1]).0), (500, 1500));
        let less = ((1500, 0), (500, 0));
        assert_eq!(given.decide((2000, 0), pods.iter(), "b", less), None);
        assert_eq!(decide("a", 1000), None);
    }

    #[test]
    fn what_waits_is_not_had() {
        let mut object = json!({
            "metadata": {"name": "p", "namespace": "n", "uid": "u"},
            "spec": {"containers": [{"name": "a", "resources": {"requests": {"cpu": "9"}}}]},
            "status": {"containerStatuses": [{"name": "a", "resources": {"requests": {"cpu": "1"}}}]},
        });
        let cpu = |object: &Value| qos::requests(&as_given(object).unwrap()).0;
        assert_eq!(cpu(&object), 9000);
        object["status"]["conditions"] = json!([{"type": PENDING, "status": "True"}]);
        assert_eq!(cpu(&object), 1000);
        let (before, mut now) = (as_given(&object).unwrap(), Pod::read(&object).unwrap());
        keep(&mut now, &before);
        assert_eq!(qos::requests(&now).0, 1000);
    }
}
