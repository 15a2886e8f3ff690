//! The priority of a pod, by its class or by the class for all.

use serde_json::Value;
use wharf_kube_model::view::text_at;

/// Why a pod does not have the priority that it says.
#[derive(Debug, thiserror::Error)]
pub enum BadPriority {
    #[error("no PriorityClass with name {0} was found")]
    NoClass(String),
    #[error(
        "the integer value of priority ({given}) must not be provided in pod spec; priority admission controller computed {value} from the given PriorityClass name"
    )]
    Value { given: i64, value: i64 },
    #[error(
        "the string value of PreemptionPolicy ({given}) must not be provided in pod spec; priority admission controller computed {policy} from the given PriorityClass name"
    )]
    Policy { given: String, policy: String },
}

pub fn set<'a>(
    pod: &mut Value,
    classes: impl Iterator<Item = &'a Value>,
) -> Result<(), BadPriority> {
    let asked = text_at(pod, &["spec", "priorityClassName"]).to_owned();
    let mut classes: Vec<&Value> = classes.collect();
    // Of several for all, the one of least priority counts.
    classes.sort_by_key(|it| it["value"].as_i64().unwrap_or(0));
    let name = |class: &Value| text_at(class, &["metadata", "name"]).to_owned();
    let class = match asked.as_str() {
        "" => classes.iter().find(|it| it["globalDefault"] == true),
        asked => {
            let found = classes.iter().find(|it| name(it) == asked);
            let missing = || BadPriority::NoClass(asked.to_owned());
            Some(found.ok_or_else(missing)?)
        }
    };
    let value = class.and_then(|it| it["value"].as_i64()).unwrap_or(0);
    let policy = class.and_then(|it| it["preemptionPolicy"].as_str());
    let policy = policy.unwrap_or("PreemptLowerPriority");
    let given = pod["spec"]["priority"].as_i64();
    if let Some(given) = given.filter(|it| *it != value) {
        return Err(BadPriority::Value { given, value });
    }
    let given = pod["spec"]["preemptionPolicy"].as_str();
    if let Some(given) = given.filter(|it| *it != policy) {
        return Err(BadPriority::Policy {
            given: given.to_owned(),
            policy: policy.to_owned(),
        });
    }
    if let Some(class) = class.filter(|_| asked.is_empty()) {
        pod["spec"]["priorityClassName"] = name(class).into();
    }
    pod["spec"]["priority"] = value.into();
    pod["spec"]["preemptionPolicy"] = policy.into();
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn by_class_by_default_or_none() {
        let high = json!({"metadata": {"name": "high"}, "value": 10, "preemptionPolicy": "Never"});
        let all = json!({"metadata": {"name": "all"}, "value": 3, "globalDefault": true});
        let classes = [high, all];
        for (spec, known, expected) in [
            (json!({}), &classes[..0], Ok((0, ""))),
            (json!({}), &classes[..], Ok((3, "all"))),
            (
                json!({"priorityClassName": "high"}),
                &classes[..],
                Ok((10, "high")),
            ),
            (json!({"priorityClassName": "none"}), &classes[..], Err(())),
            (json!({"priority": 4}), &classes[..], Err(())),
            (json!({"priority": 3}), &classes[..], Ok((3, "all"))),
        ] {
            let mut pod = json!({"spec": spec});
            let set = set(&mut pod, known.iter()).map_err(|_| ());
            let found = set.map(|()| {
                let name = text_at(&pod, &["spec", "priorityClassName"]);
                (pod["spec"]["priority"].as_i64().unwrap(), name)
            });
            assert_eq!(found, expected, "{pod}");
        }
    }
}
