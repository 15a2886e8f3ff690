//! What objects use of resource quotas, which quotas count them, and whether there is room left.
//!
//! The server judges a creation by this, and the controller of quotas counts what is there by it, so both always agree.

mod pod;
mod scopes;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::{
    quantity::Quantity,
    view::{at, flag, items, map, text_at},
};

/// Amounts by the names that quotas have for them.
pub type Amounts = BTreeMap<String, Quantity>;

pub use pod::{is_of_pods, of_containers, of_pod};

/// What a pod requests at its most, by the plain names of resources.
pub fn needed(pod: &Value) -> Amounts {
    pod::needs(pod, "requests")
}

/// The resource of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted<'a> {
    pub group: &'a str,
    pub plural: &'a str,
}

/// Kinds of the group without a name that quotas also count by the plain name.
const PLAIN: [&str; 4] = [
    "configmaps",
    "replicationcontrollers",
    "resourcequotas",
    "secrets",
];
const OF_CLASS: &str = ".storageclass.storage.k8s.io/";

impl Counted<'_> {
    fn is_core(self, plural: &str) -> bool {
        self.group.is_empty() && self.plural == plural
    }

    /// `count/pods`, `count/deployments.apps`.
    pub fn count_name(self) -> String {
        match self.group {
            "" => format!("count/{}", self.plural),
            group => format!("count/{}.{group}", self.plural),
        }
    }

    /// Whether objects of this kind can use something of that name.
    pub fn may_use(self, name: &str) -> bool {
        if name == self.count_name() {
            return true;
        }
        if !self.group.is_empty() {
            return false;
        }
        match self.plural {
            "pods" => pod::may_use(name),
            "services" => {
                ["services", "services.nodeports", "services.loadbalancers"].contains(&name)
            }
            "persistentvolumeclaims" => {
                let own = |it: &str| it == "persistentvolumeclaims" || it == "requests.storage";
                own(name) || name.split_once(OF_CLASS).is_some_and(|(_, it)| own(it))
            }
            plural => PLAIN.contains(&plural) && name == plural,
        }
    }

    /// What an object uses. `now` is in milliseconds: a pod beyond its grace uses nothing.
    pub fn usage(self, object: &Value, now: i64) -> Amounts {
        let one = Quantity::from_units(1);
        let mut used = Amounts::from([(self.count_name(), one)]);
        if !self.group.is_empty() {
            return used;
        }
        match self.plural {
            "pods" => pod::usage(object, now, &mut used),
            "services" => service_usage(object, &mut used),
            "persistentvolumeclaims" => claim_usage(object, &mut used),
            plural if PLAIN.contains(&plural) => {
                used.insert(plural.to_owned(), one);
            }
            _ => {}
        }
        used
    }

    /// Whether a quota's scopes include the object.
    pub fn is_in_scope(self, quota: &Value, object: &Value) -> bool {
        let mut all = scopes::of_quota(quota);
        if self.is_core("pods") {
            return all.all(|it| scopes::includes_pod(&it, object));
        }
        if self.is_core("persistentvolumeclaims") {
            return all.all(|it| scopes::includes_claim(&it, object));
        }
        // Nothing else has scopes.
        all.next().is_none()
    }

    /// What a quota asks every object of this kind to say, and this one does not: `limits.cpu for: c`.
    pub fn unsaid<'a>(self, object: &Value, hard: impl Iterator<Item = &'a str>) -> Option<String> {
        self.is_core("pods")
            .then(|| pod::unsaid(object, hard))
            .flatten()
    }
}

fn service_usage(service: &Value, used: &mut Amounts) {
    let spec = &service["spec"];
    let ports = items(spec, "ports");
    let assigned = |it: &&Value| it["nodePort"].as_i64().is_some_and(|it| it != 0);
    let (mut node_ports, mut balancers) = (0, 0);
    match text_at(spec, &["type"]) {
        "NodePort" => node_ports = ports.len(),
        "LoadBalancer" => {
            balancers = 1;
            node_ports = match flag(spec, "allocateLoadBalancerNodePorts") {
                Some(false) => ports.iter().filter(assigned).count(),
                _ => ports.len(),
            };
        }
        _ => {}
    }
    for (name, count) in [
        ("services", 1),
        ("services.nodeports", node_ports),
        ("services.loadbalancers", balancers),
    ] {
        used.insert(name.to_owned(), Quantity::from_units(count as i64));
    }
}

fn claim_usage(claim: &Value, used: &mut Amounts) {
    // A quota has whole bytes.
    let amount = |path: &[&str]| {
        let amount = Quantity::of(at(claim, path)?).ok()?;
        Some(match amount.is_whole() {
            true => amount,
            false => Quantity::from_units(amount.units()),
        })
    };
    let request = amount(&["spec", "resources", "requests", "storage"]).unwrap_or(Quantity::ZERO);
    // What it asked for before it asked for less may still come.
    let request = amount(&["status", "allocatedResources", "storage"])
        .filter(|it| *it > request)
        .unwrap_or(request);
    let one = Quantity::from_units(1);
    used.insert("persistentvolumeclaims".to_owned(), one);
    used.insert("requests.storage".to_owned(), request);
    let old = "volume.beta.kubernetes.io/storage-class";
    let class = match text_at(claim, &["metadata", "annotations", old]) {
        "" => text_at(claim, &["spec", "storageClassName"]),
        class => class,
    };
    if !class.is_empty() {
        used.insert(format!("{class}{OF_CLASS}persistentvolumeclaims"), one);
        used.insert(format!("{class}{OF_CLASS}requests.storage"), request);
    }
}

/// The amounts in a member of an object.
pub fn amounts(object: &Value, path: &[&str]) -> Amounts {
    let all = at(object, path).and_then(Value::as_object);
    all.into_iter()
        .flatten()
        .filter_map(|(name, it)| Some((name.clone(), Quantity::of(it).ok()?)))
        .collect()
}

pub fn add(sum: &mut Amounts, more: &Amounts) {
    for (name, amount) in more {
        let known = sum.entry(name.clone()).or_insert(Quantity::ZERO);
        *known = known.add(*amount);
    }
}

/// `a=1,b=2`
fn shown(amounts: &Amounts, names: &[&String]) -> String {
    let all = names.iter().map(|name| {
        let amount = amounts.get(*name).copied().unwrap_or(Quantity::ZERO);
        format!("{name}={amount}")
    });
    all.collect::<Vec<_>>().join(",")
}

/// What a quota says of an object that is to be.
#[derive(Debug, PartialEq)]
pub enum Verdict {
    /// It does not count the object.
    Uncounted,
    /// What it has used with the object.
    Used(Amounts),
    Refused(String),
}

/// Judges an object by one quota, whose status says what is used. `old` is what the object was before.
pub fn judge(
    quota: &Value,
    counted: Counted<'_>,
    object: &Value,
    old: Option<&Value>,
    now: i64,
) -> Verdict {
    let name = text_at(quota, &["metadata", "name"]);
    let hard = amounts(quota, &["status", "hard"]);
    if !hard.keys().any(|it| counted.may_use(it)) || !counted.is_in_scope(quota, object) {
        return Verdict::Uncounted;
    }
    if let Some(unsaid) = counted.unsaid(object, hard.keys().map(String::as_str)) {
        return Verdict::Refused(format!("failed quota: {name}: must specify {unsaid}"));
    }
    let mut wanted = counted.usage(object, now);
    wanted.retain(|name, _| hard.contains_key(name));
    // Of what comes into the quota's scope all is new.
    if let Some(old) = old.filter(|it| counted.is_in_scope(quota, it)) {
        let before = counted.usage(old, now);
        for (name, amount) in &mut wanted {
            *amount = amount.sub(before.get(name).copied().unwrap_or(Quantity::ZERO));
        }
    }
    wanted.retain(|_, amount| !amount.is_zero() && !amount.is_negative());
    if wanted.is_empty() {
        return Verdict::Uncounted;
    }
    let used = amounts(quota, &["status", "used"]);
    let unknown: Vec<&str> = wanted
        .keys()
        .filter(|it| !used.contains_key(*it))
        .map(String::as_str)
        .collect();
    if !unknown.is_empty() {
        let unknown = unknown.join(",");
        return Verdict::Refused(format!(
            "status unknown for quota: {name}, resources: {unknown}"
        ));
    }
    let mut after = used.clone();
    add(&mut after, &wanted);
    let exceeded: Vec<&String> = wanted
        .keys()
        .filter(|it| after.get(*it) > hard.get(*it))
        .collect();
    if exceeded.is_empty() {
        return Verdict::Used(after);
    }
    Verdict::Refused(format!(
        "exceeded quota: {name}, requested: {}, used: {}, limited: {}",
        shown(&wanted, &exceeded),
        shown(&used, &exceeded),
        shown(&hard, &exceeded)
    ))
}

/// The amounts as an object has them.
pub fn to_value(amounts: &Amounts) -> Value {
    let all = amounts
        .iter()
        .map(|(name, it)| (name.clone(), json!(it.to_string())));
    Value::Object(all.collect::<Map<_, _>>())
}

/// The names that a quota limits.
pub fn limited(quota: &Value) -> impl Iterator<Item = &str> {
    let spec = quota.get("spec").unwrap_or(&Value::Null);
    map(spec, "hard")
        .into_iter()
        .flat_map(|it| it.keys().map(String::as_str))
}
