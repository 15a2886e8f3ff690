//! What reviews of access are narrowed to.

use serde_json::{Value, json};

use super::texts;
use crate::validate::review;

fn faults(attributes: &Value) -> Vec<String> {
    texts(review(&json!({"resourceAttributes": attributes})))
}

#[test]
fn selectors_of_reviews() {
    let good = json!({"key": "a", "operator": "In", "values": ["b"]});
    for attributes in [
        json!({}),
        json!({"fieldSelector": null}),
        json!({"fieldSelector": {"rawSelector": "a=b"}, "labelSelector": {"requirements": [good]}}),
        json!({"fieldSelector": {"requirements": [{"key": "a b", "operator": "Near"}]}}),
        json!({"labelSelector": {"requirements": [{"key": "a", "operator": "Near"}]}}),
    ] {
        assert_eq!(faults(&attributes), Vec::<String>::new(), "{attributes}");
    }
    for name in ["fieldSelector", "labelSelector"] {
        let at = format!("spec.resourceAttributes.{name}");
        let first = format!("{at}.requirements[0]");
        for (selector, expected) in [
            (
                json!({"rawSelector": "a=b", "requirements": [good]}),
                format!(
                    "{at}.rawSelector: Invalid value: \"a=b\": may not specified at the same time as requirements"
                ),
            ),
            (
                json!({}),
                format!(
                    "{at}.requirements: Required value: when {at} is specified, requirements or rawSelector is required"
                ),
            ),
            (
                json!({"requirements": [{"key": "a", "operator": "NotIn"}]}),
                format!(
                    "{first}.values: Required value: must be specified when `operator` is 'In' or 'NotIn'"
                ),
            ),
            (
                json!({"requirements": [{"key": "a", "operator": "Exists", "values": ["b"]}]}),
                format!(
                    "{first}.values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
                ),
            ),
        ] {
            assert_eq!(faults(&json!({name: selector})), [expected]);
        }
    }
    let nameless = json!({"requirements": [{"operator": "In", "values": ["b"]}]});
    assert_eq!(
        faults(&json!({"fieldSelector": nameless})),
        [
            "spec.resourceAttributes.fieldSelector.requirements[0].key: Required value: must be specified"
        ]
    );
    let odd = json!({"requirements": [{"key": "a b", "operator": "In", "values": ["c d"]}]});
    let found = faults(&json!({"labelSelector": odd}));
    assert_eq!(found.len(), 2, "{found:?}");
    for (fault, place) in found.iter().zip(["key", "values[0]"]) {
        let of =
            format!("spec.resourceAttributes.labelSelector.requirements[0].{place}: Invalid value");
        assert!(fault.starts_with(&of), "{fault}");
    }
}
