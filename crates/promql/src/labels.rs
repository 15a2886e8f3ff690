//! Sets of labels, in the order of their names; cheap to clone.

use std::{fmt, sync::Arc};

/// The label that is a metric's name.
pub const NAME: &str = "__name__";

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Labels(Arc<[(String, String)]>);

impl Labels {
    /// Labels without a value are not there; of two of one name the first counts.
    pub fn new(mut labels: Vec<(String, String)>) -> Self {
        labels.retain(|it| !it.1.is_empty());
        labels.sort_by(|a, b| a.0.cmp(&b.0));
        labels.dedup_by(|later, first| later.0 == first.0);
        Self(labels.into())
    }

    /// The value of a label, empty if it is not there.
    pub fn get(&self, name: &str) -> &str {
        let found = self.0.binary_search_by(|it| it.0.as_str().cmp(name));
        found.map_or("", |at| &self.0[at].1)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What it takes to copy or compare them: more where they are many or long.
    pub(crate) fn weight(&self) -> usize {
        let each = self.0.iter().map(|it| 1 + (it.0.len() + it.1.len()) / 64);
        1 + each.sum::<usize>()
    }

    pub(crate) fn without_name(&self) -> Self {
        match self.get(NAME).is_empty() {
            true => self.clone(),
            false => self.filtered(|name| name != NAME),
        }
    }

    pub(crate) fn filtered(&self, keep: impl Fn(&str) -> bool) -> Self {
        let kept = self.0.iter().filter(|it| keep(&it.0));
        Self(kept.cloned().collect())
    }

    /// With another value of a label, or without it where that is empty.
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        let others = self.0.iter().filter(|it| it.0 != name).cloned();
        Self::new(
            others
                .chain([(name.to_owned(), value.to_owned())])
                .collect(),
        )
    }
}

/// As Prometheus shows them: `up{job="api"}`
impl fmt::Display for Labels {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.get(NAME))?;
        out.write_str("{")?;
        let others = self.iter().filter(|it| it.0 != NAME);
        for (at, (name, value)) in others.enumerate() {
            let comma = if at > 0 { ", " } else { "" };
            write!(out, "{comma}{name}={value:?}")?;
        }
        out.write_str("}")
    }
}

#[cfg(test)]
pub(crate) fn of(pairs: &[(&str, &str)]) -> Labels {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Labels::new(pairs.iter().map(owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_in_order_and_what_is_empty_is_not_there() {
        let labels = of(&[("job", "a"), (NAME, "up"), ("empty", "")]);
        assert_eq!(labels.to_string(), "up{job=\"a\"}");
        assert_eq!(labels.get("empty"), "");
        assert_eq!(
            labels.with("job", "").with("a", "1").to_string(),
            "up{a=\"1\"}"
        );
        assert_eq!(labels.without_name(), of(&[("job", "a")]));
    }
}
