//! The pods of a namespace whose level becomes stricter: who makes it so hears which of them do not keep to it.

use std::collections::BTreeMap;

use serde_json::Value;
use wharf_kube_model::view::text_at;

use super::{policy::Standard, rules::violations};

/// Pods as they come, by the rules that they break.
pub struct Existing {
    standard: Standard,
    judged: usize,
    skipped: usize,
    /// The first by its name, and how many there are.
    by_rules: BTreeMap<String, (String, usize)>,
}

impl Existing {
    pub fn new(standard: Standard) -> Self {
        Self {
            standard,
            judged: 0,
            skipped: 0,
            by_rules: BTreeMap::new(),
        }
    }

    pub fn judged(&self) -> usize {
        self.judged
    }

    pub fn see(&mut self, pod: &Value) {
        self.judged += 1;
        let broken = violations(pod, self.standard);
        if broken.is_empty() {
            return;
        }
        let rules: Vec<&str> = broken.iter().map(|it| it.rule).collect();
        let name = text_at(pod, &["metadata", "name"]);
        let known = self.by_rules.entry(rules.join(", "));
        let (first, count) = known.or_insert_with(|| (name.to_owned(), 0));
        if name < first.as_str() {
            name.clone_into(first);
        }
        *count += 1;
    }

    /// There are so many more.
    pub fn skip(&mut self, more: usize) {
        self.skipped += more;
    }

    pub fn warnings(&self, namespace: &str) -> Vec<String> {
        let mut all = Vec::new();
        if self.skipped > 0 {
            let (first, total) = (self.judged, self.judged + self.skipped);
            all.push(format!(
                "new PodSecurity enforce level only checked against the first {first} of {total} existing pods"
            ));
        }
        if !self.by_rules.is_empty() {
            let standard = self.standard;
            all.push(format!(
                "existing pods in namespace \"{namespace}\" violate the new PodSecurity enforce level \"{standard}\""
            ));
        }
        let each = self
            .by_rules
            .iter()
            .map(|(rules, (pod, count))| match count {
                1 => format!("{pod}: {rules}"),
                2 => format!("{pod} (and 1 other pod): {rules}"),
                many => format!("{pod} (and {} other pods): {rules}", many - 1),
            });
        let mut each: Vec<String> = each.collect();
        each.sort_unstable();
        all.extend(each);
        all
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{
        super::policy::{Level, Version},
        *,
    };

    #[test]
    fn pods_are_told_of_by_what_they_break() {
        let mut it = Existing::new(Standard {
            level: Level::Baseline,
            version: Version::Minor(30),
        });
        for (name, spec) in [
            ("c", json!({"hostNetwork": true})),
            ("b", json!({"hostPID": true})),
            ("keeps", json!({})),
            ("d", json!({"hostIPC": true})),
            (
                "a",
                json!({"hostPID": true, "volumes": [{"name": "v", "hostPath": {}}]}),
            ),
        ] {
            it.see(&json!({"metadata": {"name": name}, "spec": spec}));
        }
        let mut expected = vec![
            "existing pods in namespace \"web\" violate the new PodSecurity enforce level \"baseline:v1.30\"",
            "a: host namespaces, hostPath volumes",
            "b (and 2 other pods): host namespaces",
        ];
        assert_eq!(it.warnings("web"), expected);
        it.skip(7);
        let first =
            "new PodSecurity enforce level only checked against the first 5 of 12 existing pods";
        expected.insert(0, first);
        assert_eq!(it.warnings("web"), expected);
    }

    #[test]
    fn pods_that_keep_to_it_are_not_told_of() {
        let mut it = Existing::new(Standard {
            level: Level::Baseline,
            version: Version::Latest,
        });
        it.see(&json!({"spec": {"containers": [{"name": "c"}]}}));
        assert_eq!(it.warnings("web"), Vec::<String>::new());
    }
}
