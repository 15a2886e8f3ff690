//! The status that follows from what is there.

use serde_json::{Value, json};
use wharf_kube_client::Object;
use wharf_kube_model::{
    quantity::Quantity,
    quota::{Amounts, add, amounts, limited, to_value},
};

use super::{Objects, counted};

/// What a quota limits and what of it is used. Of what no kind uses nothing is said.
pub fn status(quota: &Value, objects: &Objects, now: i64) -> Value {
    let mut used = Amounts::new();
    for (kind, objects) in objects {
        let counted = counted(kind);
        let names = limited(quota).filter(|it| counted.may_use(it));
        let zero: Amounts = names.map(|it| (it.to_owned(), Quantity::ZERO)).collect();
        add(&mut used, &zero);
        for object in objects.iter().filter(|it| counted.is_in_scope(quota, it)) {
            let mut uses = counted.usage(object, now);
            uses.retain(|name, _| zero.contains_key(name));
            add(&mut used, &uses);
        }
    }
    json!({"hard": quota.at("/spec/hard"), "used": to_value(&used)})
}

/// Whether a quota's status says the same, however it is written.
pub fn is_current(quota: &Value, status: &Value) -> bool {
    ["hard", "used"]
        .iter()
        .all(|it| amounts(quota, &["status", it]) == amounts(status, &[it]))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use wharf_kube_client::kind;

    use super::*;

    #[test]
    fn what_is_there_is_counted_by_scope() {
        let pod = |cpu: &str, phase: &str| {
            Arc::new(json!({
                "spec": {"containers": [{"resources": {"requests": {"cpu": cpu}}}]}, "status": {"phase": phase},
            }))
        };
        let objects = Objects::from([
            (
                kind::POD,
                vec![
                    pod("100m", "Running"),
                    pod("1", "Succeeded"),
                    pod("0", "Pending"),
                ],
            ),
            (kind::SECRET, vec![Arc::new(json!({}))]),
        ]);
        let hard = json!({"pods": "4", "count/pods": "9", "requests.cpu": "1", "secrets": "1", "count/x.y": "1"});
        let quota = json!({"spec": {"hard": hard}});
        let all = status(&quota, &objects, 0);
        assert_eq!(
            all["used"],
            json!({"pods": "2", "count/pods": "3", "requests.cpu": "100m", "secrets": "1"})
        );
        assert_eq!(all["hard"], hard);
        let quota =
            json!({"spec": {"hard": {"pods": "4", "secrets": "1"}, "scopes": ["NotBestEffort"]}});
        assert_eq!(
            status(&quota, &objects, 0)["used"],
            json!({"pods": "1", "secrets": "0"})
        );
        let mut counted = quota.clone();
        counted["status"] =
            json!({"hard": {"pods": "4", "secrets": "1"}, "used": {"pods": "1", "secrets": 0}});
        assert!(is_current(&counted, &status(&quota, &objects, 0)));
        counted["status"]["used"]["pods"] = "2".into();
        assert!(!is_current(&counted, &status(&quota, &objects, 0)));
    }
}
