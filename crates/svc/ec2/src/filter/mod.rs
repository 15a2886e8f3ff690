//! `Filters`: each names a field and values, any of which may match; all filters must. `*` stands
//! for any characters and `?` for one; `\` takes either for itself.
//!
//! Names are checked before anything is looked at, so that a request is refused or not whatever
//! there is to describe.

pub mod names;

use wharf_api_ec2::types::Filter;
use wharf_base::{Glob, glob::Syntax};
use wharf_records::ecs::Tags;
use wharf_wire::{Context, Fault};

use crate::{
    Ec2Service, fault,
    records::{Entity, is_seen},
};

/// Values of all filters of a request.
const MAX_VALUES: usize = 200;
/// Bytes of one: the longest that anything here has is an ARN.
const MAX_VALUE: usize = 1024;

/// The filters an operation has.
pub struct Names {
    /// Whether what it describes has tags: `tag:KEY`, `tag-key` and `tag-value`.
    pub tagged: bool,
    pub known: &'static [&'static str],
}

/// What a describe operation is asked for.
pub struct Asked {
    pub ids: Option<Vec<String>>,
    pub filters: Option<Vec<Filter>>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
}

impl Ec2Service {
    /// One page of the resources asked for, in the order of their ids, and the next page's token.
    pub(crate) async fn select<T: Entity>(
        &self,
        cx: &Context,
        asked: Asked,
        names: &Names,
        fields: impl Fn(&T) -> Fields,
    ) -> Result<(Vec<T>, Option<String>), Fault> {
        self.select_some(cx, asked, names, |_| true, fields).await
    }

    /// The same with others that have no record of their own; of those that are asked for by their ids, with these alone.
    pub(crate) async fn select_with<T: Entity>(
        &self,
        cx: &Context,
        asked: Asked,
        names: &Names,
        others: Vec<T>,
        fields: impl Fn(&T) -> Fields,
    ) -> Result<(Vec<T>, Option<String>), Fault> {
        self.select_among(cx, asked, names, (others, |_: &T| true), fields)
            .await
    }

    /// The same of those that are `shown`.
    pub(crate) async fn select_some<T: Entity>(
        &self,
        cx: &Context,
        asked: Asked,
        names: &Names,
        shown: impl Fn(&T) -> bool,
        fields: impl Fn(&T) -> Fields,
    ) -> Result<(Vec<T>, Option<String>), Fault> {
        self.select_among(cx, asked, names, (Vec::new(), shown), fields)
            .await
    }

    async fn select_among<T: Entity>(
        &self,
        cx: &Context,
        asked: Asked,
        names: &Names,
        (others, shown): (Vec<T>, impl Fn(&T) -> bool),
        fields: impl Fn(&T) -> Fields,
    ) -> Result<(Vec<T>, Option<String>), Fault> {
        let selection = (&asked.ids, &asked.filters);
        let page = (asked.next_token.as_deref(), asked.max_results);
        let page = self.page(cx, T::KIND, &selection, page)?;
        let filters = checked(asked.filters, names)?;
        let mut ids = asked.ids.unwrap_or_default();
        let mut known = if ids.is_empty() {
            self.all::<T>(cx).await?
        } else {
            ids.retain(|id| others.iter().all(|it| it.id() != id));
            self.named::<T>(cx, ids).await?
        };
        if !others.is_empty() {
            known.extend(others);
            known.sort_by(|a, b| a.id().cmp(b.id()));
        }
        let matched = |one: &T| filters.is_empty() || matches(&filters, &fields(one), one.tags());
        let passes = |one: &T| is_seen(one, cx) && shown(one) && matched(one);
        let found = known.into_iter().filter(passes);
        Ok(page.cut(found, T::id))
    }

    /// All of these, each once; the first that is missing is the fault.
    async fn named<T: Entity>(&self, cx: &Context, mut ids: Vec<String>) -> Result<Vec<T>, Fault> {
        ids.sort();
        ids.dedup();
        let mut found = Vec::with_capacity(ids.len());
        for id in &ids {
            found.push(self.get::<T>(cx, id).await?);
        }
        Ok(found)
    }
}

/// A resource's values by filter name.
pub type Fields = Vec<(&'static str, Vec<String>)>;

/// A filter that is ready to be held against many resources.
#[derive(Debug)]
pub struct Ready {
    name: String,
    values: Vec<Glob>,
}

impl Ready {
    fn of(filter: Filter) -> Self {
        let syntax = Syntax {
            escapes: true,
            fold_case: false,
        };
        let values = filter.values.unwrap_or_default();
        Self {
            name: filter.name.unwrap_or_default(),
            values: values.iter().map(|it| Glob::new(it, syntax)).collect(),
        }
    }
}

/// The filters of a request, if the operation knows all their names.
pub fn checked(filters: Option<Vec<Filter>>, names: &Names) -> Result<Vec<Ready>, Fault> {
    let filters = filters.unwrap_or_default();
    let values = filters.iter().filter_map(|filter| filter.values.as_ref());
    if values.map(Vec::len).sum::<usize>() > MAX_VALUES {
        return Err(fault::too_many_values(MAX_VALUES));
    }
    for filter in &filters {
        let name = filter.name.as_deref().unwrap_or_default();
        let of_tags = matches!(name, "tag-key" | "tag-value") || name.starts_with("tag:");
        if !(names.known.contains(&name) || names.tagged && of_tags) {
            return Err(fault::bad_filter(name));
        }
        let mut values = filter.values.iter().flatten();
        if values.any(|it| it.len() > MAX_VALUE) {
            return Err(fault::filter_value_too_long(name, MAX_VALUE));
        }
    }
    Ok(filters.into_iter().map(Ready::of).collect())
}

/// Whether fields and tags pass all filters, which were [`checked`]: what has no value for a filter
/// does not pass it.
pub fn matches(filters: &[Ready], fields: &Fields, tags: &Tags) -> bool {
    filters.iter().all(|filter| {
        let name = filter.name.as_str();
        let found: Vec<&String> = if let Some(key) = name.strip_prefix("tag:") {
            tags.get(key).into_iter().collect()
        } else if name == "tag-key" {
            tags.keys().collect()
        } else if name == "tag-value" {
            tags.values().collect()
        } else {
            let field = fields.iter().find(|(known, _)| *known == name);
            field.into_iter().flat_map(|(_, values)| values).collect()
        };
        found
            .iter()
            .any(|value| filter.values.iter().any(|it| it.matches(value)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(name: &str, value: &str) -> Filter {
        Filter {
            name: Some(name.to_owned()),
            values: Some(vec![value.to_owned()]),
        }
    }

    #[test]
    fn fields_and_tags_are_compared() {
        let tags = Tags::from([("a".to_owned(), "b".to_owned())]);
        let fields = vec![("vpc-id", vec!["vpc-1".to_owned()])];
        for (name, value, expected) in [
            ("vpc-id", "vpc-*", true),
            ("vpc-id", "vpc-\\*", false),
            ("vpc-id", "vpc-2", false),
            ("tag:a", "b", true),
            ("tag:a", "c", false),
            ("tag:b", "b", false),
            ("tag-key", "a", true),
            ("tag-value", "b", true),
            ("tag-value", "a", false),
            ("ipv6-cidr-block-association.state", "*", false),
        ] {
            let passes = matches(&[Ready::of(filter(name, value))], &fields, &tags);
            assert_eq!(passes, expected, "{name} {value}");
        }
    }

    #[test]
    fn values_have_a_longest() {
        for (length, expected) in [(MAX_VALUE, true), (MAX_VALUE + 1, false)] {
            let long = filter("tag-value", &"x".repeat(length));
            assert_eq!(checked(Some(vec![long]), &names::VPCS).is_ok(), expected);
        }
    }

    #[test]
    fn an_unknown_name_is_refused_whatever_there_is() {
        for (names, name, known) in [
            (&names::VPCS, "cidr-block", true),
            (&names::VPCS, "tag:any", true),
            (&names::VPCS, "tag-value", true),
            (&names::VPCS, "nonsense", false),
            (&names::AVAILABILITY_ZONES, "group-name", true),
            (&names::AVAILABILITY_ZONES, "tag:any", false),
            (&names::ROUTE_TABLES, "route.nat-gateway-id", true),
            (
                &names::NETWORK_INTERFACES,
                "addresses.association.public-ip",
                true,
            ),
        ] {
            let checked = checked(Some(vec![filter(name, "x")]), names);
            assert_eq!(checked.is_ok(), known, "{name}");
        }
    }
}
