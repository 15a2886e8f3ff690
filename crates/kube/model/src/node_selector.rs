//! Which nodes a pod wants by their labels and names.

use serde_json::{Map, Value};

use crate::view::{at, items, map, text, texts};

/// Where the spec of a pod says which nodes it may be on at all.
const REQUIRED: [&str; 3] = [
    "affinity",
    "nodeAffinity",
    "requiredDuringSchedulingIgnoredDuringExecution",
];

/// Whether a pod of this spec may be on the node of this name and these labels.
pub fn wants(spec: &Value, name: &str, labels: &Map<String, Value>) -> bool {
    let mut selector = map(spec, "nodeSelector").into_iter().flatten();
    let required = at(spec, &REQUIRED);
    selector.all(|(key, value)| labels.get(key) == Some(value))
        && required.is_none_or(|it| NodeSelector::read(it).matches(name, labels))
}

/// A node selector: any of its terms.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NodeSelector(Vec<Term>);

/// All of its requirements. One without any fits nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    labels: Vec<Requirement>,
    fields: Vec<Requirement>,
}

#[derive(Debug, Clone, PartialEq)]
struct Requirement {
    key: String,
    operator: Operator,
    values: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
    Gt,
    Lt,
    /// One the server should have refused: it holds nowhere.
    Unknown,
}

impl NodeSelector {
    /// Reads a NodeSelector.
    pub fn read(selector: &Value) -> Self {
        let terms = items(selector, "nodeSelectorTerms").iter();
        Self(terms.map(Term::read).collect())
    }

    pub fn matches(&self, name: &str, labels: &Map<String, Value>) -> bool {
        self.0.iter().any(|it| it.matches(name, labels))
    }
}

impl Term {
    pub fn read(term: &Value) -> Self {
        let read = |member: &str| {
            let requirements = items(term, member).iter();
            requirements.map(Requirement::read).collect()
        };
        Self {
            labels: read("matchExpressions"),
            fields: read("matchFields"),
        }
    }

    /// `name` and `labels` are those of a node.
    pub fn matches(&self, name: &str, labels: &Map<String, Value>) -> bool {
        if self.labels.is_empty() && self.fields.is_empty() {
            return false;
        }
        let by_labels = self.labels.iter().all(|it| {
            let value = labels.get(&it.key).and_then(Value::as_str);
            it.holds(value)
        });
        let by_fields = self.fields.iter().all(|it| {
            let value = (it.key == "metadata.name").then_some(name);
            it.holds(value)
        });
        by_labels && by_fields
    }
}

impl Requirement {
    fn read(requirement: &Value) -> Self {
        Self {
            key: text(requirement, "key").to_owned(),
            operator: match text(requirement, "operator") {
                "In" => Operator::In,
                "NotIn" => Operator::NotIn,
                "Exists" => Operator::Exists,
                "DoesNotExist" => Operator::DoesNotExist,
                "Gt" => Operator::Gt,
                "Lt" => Operator::Lt,
                _ => Operator::Unknown,
            },
            values: texts(requirement, "values").map(str::to_owned).collect(),
        }
    }

    fn holds(&self, value: Option<&str>) -> bool {
        let is_among = || value.is_some_and(|value| self.values.iter().any(|it| it == value));
        let numbers = || -> Option<(i64, i64)> {
            Some((value?.parse().ok()?, self.values.first()?.parse().ok()?))
        };
        match self.operator {
            Operator::In => is_among(),
            Operator::NotIn => !is_among(),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
            Operator::Gt => numbers().is_some_and(|(has, bound)| has > bound),
            Operator::Lt => numbers().is_some_and(|(has, bound)| has < bound),
            Operator::Unknown => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pod_asks_for_labels_or_a_name() {
        let required = |term: Value| {
            json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution":
                {"nodeSelectorTerms": [term]}}}})
        };
        let by_name = required(
            json!({"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n1"]}]}),
        );
        let by_label =
            required(json!({"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}));
        let selecting = json!({"nodeSelector": {"a": "b"}});
        let (labels, none) = (json!({"a": "b"}), Map::new());
        let labels = labels.as_object().unwrap();
        for (spec, fits_labels, fits_none) in [
            (json!({}), true, true),
            (by_name, true, true),
            (by_label, false, true),
            (selecting, true, false),
        ] {
            assert_eq!(wants(&spec, "n1", labels), fits_labels, "{spec}");
            assert_eq!(wants(&spec, "n1", &none), fits_none, "{spec}");
        }
    }

    #[test]
    fn requirements_of_labels_and_names() {
        let labels = json!({"zone": "a", "cores": "8"});
        let labels = labels.as_object().unwrap();
        let label = |key: &str, operator: &str, values: &[&str]| {
            let term = json!({"key": key, "operator": operator, "values": values});
            json!({"matchExpressions": [term]})
        };
        for (term, want) in [
            (label("zone", "In", &["a", "b"]), true),
            (label("zone", "In", &["b"]), false),
            (label("rack", "In", &["b"]), false),
            (label("zone", "NotIn", &["b"]), true),
            (label("rack", "NotIn", &["b"]), true),
            (label("zone", "NotIn", &["a"]), false),
            (label("zone", "Exists", &[]), true),
            (label("rack", "DoesNotExist", &[]), true),
            (label("cores", "Gt", &["7"]), true),
            (label("cores", "Lt", &["8"]), false),
            (label("zone", "Gt", &["7"]), false),
            (label("zone", "Near", &["a"]), false),
            (json!({}), false),
            (
                json!({"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n1"]}]}),
                true,
            ),
            (
                json!({"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n2"]}]}),
                false,
            ),
        ] {
            assert_eq!(Term::read(&term).matches("n1", labels), want, "{term}");
            let selector = NodeSelector::read(&json!({"nodeSelectorTerms": [{}, term]}));
            assert_eq!(selector.matches("n1", labels), want, "{term}");
        }
        assert!(!NodeSelector::read(&json!({})).matches("n1", labels));
    }
}
