//! For how long pods stay on a node that is not ready or cannot be reached.

use serde_json::{Value, json};

const SECONDS: u64 = 300;
const KEYS: [&str; 2] = [
    "node.kubernetes.io/not-ready",
    "node.kubernetes.io/unreachable",
];

pub fn add(pod: &mut Value) {
    let own = pod["spec"]["tolerations"].as_array().cloned();
    let mut all = own.unwrap_or_default();
    for key in KEYS {
        let is_tolerated = all.iter().any(|it| {
            let tolerated = it["key"].as_str().unwrap_or_default();
            let effect = it["effect"].as_str().unwrap_or_default();
            (tolerated == key || tolerated.is_empty())
                && (effect == "NoExecute" || effect.is_empty())
        });
        if !is_tolerated {
            all.push(json!({
                "key": key,
                "operator": "Exists",
                "effect": "NoExecute",
                "tolerationSeconds": SECONDS,
            }));
        }
    }
    pod["spec"]["tolerations"] = all.into();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_tolerated_stays() {
        for (own, expected) in [
            (json!([]), 2),
            (json!([{"operator": "Exists"}]), 1),
            (json!([{"key": KEYS[0], "effect": "NoExecute"}]), 2),
            (json!([{"key": KEYS[0], "effect": "NoSchedule"}]), 3),
        ] {
            let mut pod = json!({"spec": {"tolerations": own}});
            add(&mut pod);
            assert_eq!(
                pod["spec"]["tolerations"].as_array().unwrap().len(),
                expected
            );
        }
    }
}
