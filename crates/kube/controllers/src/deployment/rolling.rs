//! How many pods each replica set of a deployment should have next: pure numbers.
//!
//! Never fewer available by our own doing than `maxUnavailable` allows, never more in all than `maxSurge` does.

use std::sync::Arc;

use serde_json::Value;
use wharf_kube_client::Object;

use super::sets::{DESIRED, MAX, available, by_age, replicas, total};
use crate::bounds::bound;

pub fn is_rolling(deployment: &Value) -> bool {
    deployment.text("/spec/strategy/type") != "Recreate"
}

fn bounds(deployment: &Value) -> (i64, i64) {
    if !is_rolling(deployment) {
        return (0, 0);
    }
    let wanted = replicas(deployment);
    let strategy = deployment.at("/spec/strategy/rollingUpdate");
    let surge = bound(strategy.at("/maxSurge"), wanted, true);
    let unavailable = bound(strategy.at("/maxUnavailable"), wanted, false);
    match (surge, unavailable) {
        // Nothing could ever move.
        (0, 0) => (0, 1),
        bounds => bounds,
    }
}

pub fn max_surge(deployment: &Value) -> i64 {
    bounds(deployment).0
}

pub fn max_unavailable(deployment: &Value) -> i64 {
    let wanted = replicas(deployment);
    bounds(deployment).1.min(wanted)
}

/// The size that the new set should have, or begin with.
pub fn new_size(deployment: &Value, all: &[Arc<Value>], current: i64) -> i64 {
    let wanted = replicas(deployment);
    if !is_rolling(deployment) || current > wanted {
        return wanted;
    }
    let room = wanted + max_surge(deployment) - total(all);
    current + room.max(0).min(wanted - current)
}

/// What the old sets should shrink to while the new one grows: first what never became available, then what is to spare.
pub fn shrunk(deployment: &Value, new: &Value, old: &[Arc<Value>]) -> Vec<(Arc<Value>, i64)> {
    let mut sizes: Vec<(Arc<Value>, i64)> =
        old.iter().map(|it| (it.clone(), replicas(it))).collect();
    let minimum = replicas(deployment) - max_unavailable(deployment);
    let new_unavailable = replicas(new) - available(new);
    let all = total(old) + replicas(new);
    let mut most = (all - minimum - new_unavailable).max(0);
    if total(old) == 0 || most == 0 {
        return Vec::new();
    }
    sizes.sort_by(|(a, _), (b, _)| by_age(a, b));
    for (set, size) in &mut sizes {
        let unhealthy = (*size - available(set)).max(0).min(most);
        *size -= unhealthy;
        most -= unhealthy;
    }
    let up: i64 = old.iter().map(|it| available(it)).sum::<i64>() + available(new);
    let mut spare = (up - minimum).max(0);
    for (_, size) in &mut sizes {
        let less = (*size).min(spare);
        *size -= less;
        spare -= less;
    }
    sizes.retain(|(set, size)| replicas(set) != *size);
    sizes
}

/// Whether the deployment was scaled since its sets were: they say which size they were made for.
pub fn was_scaled(deployment: &Value, all: &[Arc<Value>]) -> bool {
    let wanted = replicas(deployment).to_string();
    let mut active = all.iter().filter(|it| replicas(it) > 0);
    active.any(|it| it.annotation(DESIRED).is_some_and(|it| it != wanted))
}

/// The sizes of all sets after the deployment was scaled: by their parts of it.
pub fn scaled(
    deployment: &Value,
    new: Option<&Arc<Value>>,
    old: &[Arc<Value>],
) -> Vec<(Arc<Value>, i64)> {
    let wanted = replicas(deployment);
    let all: Vec<Arc<Value>> = old.iter().chain(new).cloned().collect();
    let active: Vec<&Arc<Value>> = all.iter().filter(|it| replicas(it) > 0).collect();
    let only = match &active[..] {
        [] => new.or(all.iter().max_by(|a, b| by_age(a, b))),
        [only] => Some(*only),
        _ => None,
    };
    if let Some(only) = only {
        return vec![(only.clone(), wanted)];
    }
    if new.is_some_and(|new| is_saturated(deployment, new)) {
        let old = old.iter().filter(|it| replicas(it) > 0);
        return old.map(|it| (it.clone(), 0)).collect();
    }
    if !is_rolling(deployment) {
        return Vec::new();
    }
    let allowed = match wanted {
        0 => 0,
        wanted => wanted + max_surge(deployment),
    };
    let sum = total(&all);
    let to_add = allowed - sum;
    let mut ordered: Vec<&Arc<Value>> = active;
    // The greater first, so that nothing is rounded away; of equals the newer grows and the older shrinks.
    ordered.sort_by(|a, b| {
        let by_age = by_age(a, b);
        let by_age = if to_add > 0 { by_age.reverse() } else { by_age };
        replicas(b).cmp(&replicas(a)).then(by_age)
    });
    let mut rest = to_add;
    let mut sizes = Vec::new();
    for set in ordered {
        let share = share(set, deployment, allowed, sum);
        let share = if to_add > 0 {
            share.clamp(0, rest.max(0))
        } else {
            share.clamp(rest.min(0), 0)
        };
        rest -= share;
        sizes.push((set.clone(), (replicas(set) + share).max(0)));
    }
    if let Some((_, size)) = sizes.first_mut() {
        *size = (*size + rest).max(0);
    }
    sizes
}

/// What a set grows by, as a part of what it was of the deployment before.
fn share(set: &Value, deployment: &Value, allowed: i64, sum: i64) -> i64 {
    let size = replicas(set);
    if replicas(deployment) == 0 {
        return -size;
    }
    let told = set.annotation(MAX).and_then(|it| it.parse::<i64>().ok());
    let before = told.filter(|it| *it > 0).unwrap_or(sum.max(1));
    let after = (size as f64 * allowed as f64 / before as f64).round() as i64;
    after - size
}

pub fn is_saturated(deployment: &Value, new: &Value) -> bool {
    let wanted = replicas(deployment);
    let desired = new.annotation(DESIRED).and_then(|it| it.parse().ok());
    replicas(new) == wanted && desired == Some(wanted) && available(new) == wanted
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn deployment(replicas: i64, surge: Value, unavailable: Value) -> Value {
        json!({"spec": {"replicas": replicas, "strategy": {
            "type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable},
        }}})
    }

    fn set(name: &str, size: i64, available: i64, max: i64) -> Arc<Value> {
        Arc::new(json!({
            "metadata": {"name": name, "annotations": {DESIRED: "10", MAX: max.to_string()}},
            "spec": {"replicas": size}, "status": {"availableReplicas": available},
        }))
    }

    #[test]
    fn percents() {
        for (replicas, surge, unavailable, want) in [
            (10, json!("25%"), json!("25%"), (3, 2)),
            (10, json!(1), json!(0), (1, 0)),
            (1, json!(0), json!("50%"), (0, 1)),
            (3, json!("100%"), json!("0%"), (3, 0)),
            (0, json!("25%"), json!("25%"), (0, 0)),
        ] {
            let it = deployment(replicas, surge, unavailable);
            assert_eq!((max_surge(&it), max_unavailable(&it)), want, "{it}");
        }
    }

    #[test]
    fn the_new_grows_into_the_room_there_is() {
        let it = deployment(10, json!(2), json!(0));
        assert_eq!(new_size(&it, &[set("o", 10, 10, 12)], 0), 2);
        assert_eq!(
            new_size(&it, &[set("o", 10, 10, 12), set("n", 2, 0, 12)], 2),
            2
        );
        assert_eq!(
            new_size(&it, &[set("o", 5, 5, 12), set("n", 5, 5, 12)], 5),
            7
        );
        assert_eq!(
            new_size(&it, &[set("o", 0, 0, 12), set("n", 12, 5, 12)], 12),
            10
        );
    }

    #[test]
    fn the_old_shrink_by_what_is_to_spare() {
        let it = deployment(10, json!(2), json!(2));
        let sizes = |new: Arc<Value>, old: &[Arc<Value>]| -> Vec<(String, i64)> {
            let sizes = shrunk(&it, &new, old);
            sizes
                .iter()
                .map(|(set, size)| (set.name().to_owned(), *size))
                .collect()
        };
        let to = |name: &str, size: i64| (name.to_owned(), size);
        assert_eq!(
            sizes(set("n", 2, 0, 12), &[set("o", 10, 10, 12)]),
            [to("o", 8)]
        );
        assert_eq!(sizes(set("n", 4, 0, 12), &[set("o", 8, 8, 12)]), []);
        // What never came up goes first, whatever else is up.
        assert_eq!(
            sizes(
                set("n", 4, 0, 12),
                &[set("o", 8, 8, 12), set("p", 2, 0, 12)]
            ),
            [to("p", 0)]
        );
        assert_eq!(
            sizes(set("n", 10, 10, 12), &[set("o", 2, 2, 12)]),
            [to("o", 0)]
        );
    }

    #[test]
    fn all_are_scaled_by_their_parts() {
        let it = deployment(20, json!(0), json!(1));
        let (new, old) = (set("n", 4, 4, 10), set("o", 6, 6, 10));
        let sizes = scaled(&it, Some(&new), &[old]);
        let sizes: Vec<(&str, i64)> = sizes
            .iter()
            .map(|(set, size)| (set.name(), *size))
            .collect();
        assert_eq!(sizes, [("o", 12), ("n", 8)]);
        let one = set("n", 10, 10, 10);
        assert_eq!(scaled(&it, Some(&one), &[]), [(one.clone(), 20)]);
        let none = deployment(0, json!(1), json!(1));
        let sizes = scaled(&none, Some(&set("n", 4, 4, 10)), &[set("o", 6, 6, 10)]);
        assert!(sizes.iter().all(|(_, size)| *size == 0), "{sizes:?}");
    }
}
