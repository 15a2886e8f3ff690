//! What a review is narrowed to, as a request would write it: authorizers read no other form.

use serde_json::{Value, json};
use wharf_kube_model::{
    selector::{Fields, Labels},
    view::{items, text},
};

/// Texts of selectors, and what of them had no effect.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Selectors {
    pub fields: String,
    pub labels: String,
    pub faults: Vec<String>,
}

/// How the one kind of selectors is read: whether a text is one, and a requirement as text.
struct Form {
    is_selector: fn(&str) -> bool,
    term: fn(&Value) -> Option<String>,
}

const FIELDS: Form = Form {
    is_selector: Fields::is_selector,
    term: field_term,
};
const LABELS: Form = Form {
    is_selector: |text| Labels::parse(text).is_ok(),
    term: label_term,
};

impl Selectors {
    /// Of `spec.resourceAttributes`, which is valid. What cannot be read is left out: the review is then about more than was asked.
    pub fn of(attributes: &Value) -> Self {
        let mut faults = Vec::new();
        let fields = read(attributes, "fieldSelector", &FIELDS, &mut faults);
        let labels = read(attributes, "labelSelector", &LABELS, &mut faults);
        Self {
            fields,
            labels,
            faults,
        }
    }
}

fn read(attributes: &Value, name: &str, form: &Form, faults: &mut Vec<String>) -> String {
    let selector = attributes.get(name).unwrap_or(&Value::Null);
    let (is_whole, found) = match text(selector, "rawSelector") {
        "" => {
            let all = items(selector, "requirements");
            let terms: Vec<String> = all.iter().filter_map(form.term).collect();
            (terms.len() == all.len(), terms.join(","))
        }
        raw if (form.is_selector)(raw) => (true, raw.to_owned()),
        _ => (false, String::new()),
    };
    if !is_whole {
        let how = match found.is_empty() {
            true => "ignored",
            false => "partially ignored",
        };
        faults.push(format!(
            "spec.resourceAttributes.{name} {how} due to parse error"
        ));
    }
    found
}

/// Fields are compared with one value each.
fn field_term(requirement: &Value) -> Option<String> {
    let key = text(requirement, "key");
    let sign = match text(requirement, "operator") {
        "In" => "=",
        "NotIn" => "!=",
        _ => return None,
    };
    let [value] = items(requirement, "values") else {
        return None;
    };
    // Written out, such a key would be another.
    if key.contains(['=', '!', ',', '\\']) {
        return None;
    }
    let mut term = format!("{key}{sign}");
    for it in value.as_str()?.chars() {
        if matches!(it, '\\' | ',' | '=') {
            term.push('\\');
        }
        term.push(it);
    }
    Some(term)
}

fn label_term(requirement: &Value) -> Option<String> {
    let selector = json!({"matchExpressions": [requirement]});
    let labels = Labels::of_selector(Some(&selector)).ok()?;
    Some(labels.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(attributes: &Value) -> (String, String, Vec<String>) {
        let Selectors {
            fields,
            labels,
            faults,
        } = Selectors::of(attributes);
        (fields, labels, faults)
    }

    #[test]
    fn selectors_are_written_as_requests_have_them() {
        let requirements = json!([
            {"key": "spec.nodeName", "operator": "In", "values": ["n"]},
            {"key": "status.phase", "operator": "NotIn", "values": ["a,b=c\\"]},
        ]);
        let labels = json!([
            {"key": "a", "operator": "In", "values": ["x"]},
            {"key": "b", "operator": "NotIn", "values": ["x", "y"]},
            {"key": "c", "operator": "Exists"},
            {"key": "d", "operator": "DoesNotExist"},
        ]);
        for (attributes, fields, labels) in [
            (json!({}), "", ""),
            (
                json!({"fieldSelector": {"rawSelector": "spec.nodeName=n"}, "labelSelector": {"rawSelector": "a in (x)"}}),
                "spec.nodeName=n",
                "a in (x)",
            ),
            (
                json!({"fieldSelector": {"requirements": requirements}, "labelSelector": {"requirements": labels}}),
                "spec.nodeName=n,status.phase!=a\\,b\\=c\\\\",
                "a=x,b notin (x,y),c,!d",
            ),
        ] {
            let expected = (fields.to_owned(), labels.to_owned(), Vec::<String>::new());
            assert_eq!(of(&attributes), expected, "{attributes}");
        }
    }

    #[test]
    fn what_cannot_be_read_narrows_nothing() {
        let one = json!({"key": "a", "operator": "In", "values": ["x"]});
        let near = json!({"key": "a", "operator": "Near", "values": ["x"]});
        for (name, selector, text, how) in [
            ("fieldSelector", json!({"rawSelector": "a"}), "", "ignored"),
            (
                "labelSelector",
                json!({"rawSelector": "a b"}),
                "",
                "ignored",
            ),
            (
                "fieldSelector",
                json!({"requirements": [{"key": "a", "operator": "In", "values": ["x", "y"]}]}),
                "",
                "ignored",
            ),
            (
                "fieldSelector",
                json!({"requirements": [{"key": "a", "operator": "Exists"}]}),
                "",
                "ignored",
            ),
            (
                "fieldSelector",
                json!({"requirements": [{"key": "spec.nodeName=n,x", "operator": "In", "values": ["y"]}]}),
                "",
                "ignored",
            ),
            (
                "fieldSelector",
                json!({"requirements": [one, near]}),
                "a=x",
                "partially ignored",
            ),
            (
                "labelSelector",
                json!({"requirements": [near, one]}),
                "a=x",
                "partially ignored",
            ),
        ] {
            let (fields, labels, faults) = of(&json!({name: selector}));
            assert_eq!(fields + &labels, text, "{selector}");
            assert_eq!(
                faults,
                [format!(
                    "spec.resourceAttributes.{name} {how} due to parse error"
                )]
            );
        }
    }
}
