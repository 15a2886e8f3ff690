//! The class of a claim that names none.

use serde_json::Value;

const IS_DEFAULT: &str = "storageclass.kubernetes.io/is-default-class";

/// Of several defaults the newest counts.
pub fn default<'a>(claim: &mut Value, classes: impl Iterator<Item = &'a Value>) {
    if claim["spec"]["storageClassName"].is_string() {
        return;
    }
    let defaults = classes.filter(|it| it["metadata"]["annotations"][IS_DEFAULT] == "true");
    let newest = defaults.max_by(|a, b| {
        let at = |it: &Value| {
            it["metadata"]["creationTimestamp"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        let name = |it: &Value| {
            it["metadata"]["name"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        at(a).cmp(&at(b)).then_with(|| name(b).cmp(&name(a)))
    });
    if let Some(class) = newest {
        claim["spec"]["storageClassName"] = class["metadata"]["name"].clone();
    } else if let Some(spec) = claim["spec"].as_object_mut() {
        spec.shift_remove("storageClassName");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_newest_default() {
        let class = |name: &str, at: &str, default: &str| json!({"metadata": {"name": name, "creationTimestamp": at, "annotations": {IS_DEFAULT: default}}});
        let classes = [
            class("old", "2026-01-01T00:00:00Z", "true"),
            class("new", "2026-01-02T00:00:00Z", "true"),
            class("none", "2026-01-03T00:00:00Z", "false"),
        ];
        for (spec, count, expected) in [
            (json!({}), 3, json!({"storageClassName": "new"})),
            (
                json!({"storageClassName": ""}),
                3,
                json!({"storageClassName": ""}),
            ),
            (json!({}), 0, json!({})),
        ] {
            let mut claim = json!({"spec": spec});
            default(&mut claim, classes.iter().take(count));
            assert_eq!(claim["spec"], expected);
        }
    }
}
