//! `Filters`: each names a field and values, any of which may match; all filters must. `*` stands
//! for any characters and `?` for one; `\` takes either for itself.

use wharf_api_ec2::types::Filter;
use wharf_records::ecs::Tags;
use wharf_wire::{Context, Fault};

use crate::{Ec2Service, fault, page, records::Entity};

/// Values of all filters of a request.
const MAX_VALUES: usize = 200;

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
        fields: impl Fn(&T) -> Fields,
    ) -> Result<(Vec<T>, Option<String>), Fault> {
        let ids = asked.ids.unwrap_or_default();
        let known = if ids.is_empty() {
            self.all::<T>(cx).await?
        } else {
            self.named::<T>(cx, ids).await?
        };
        let filters = asked.filters.unwrap_or_default();
        let mut found = Vec::new();
        for one in known {
            if filters.is_empty() || matches(&filters, &fields(&one), one.tags())? {
                found.push(one);
            }
        }
        page::cut(found, T::id, asked.next_token.as_deref(), asked.max_results)
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

/// Whether fields and tags pass all filters; a filter of unknown name is refused.
pub fn matches(filters: &[Filter], fields: &Fields, tags: &Tags) -> Result<bool, Fault> {
    let values = filters.iter().filter_map(|filter| filter.values.as_ref());
    if values.map(Vec::len).sum::<usize>() > MAX_VALUES {
        return Err(fault::too_many_values(MAX_VALUES));
    }
    for filter in filters {
        let name = filter.name.as_deref().unwrap_or_default();
        let wanted = filter.values.as_deref().unwrap_or_default();
        let found: Vec<String> = if let Some(key) = name.strip_prefix("tag:") {
            tags.get(key).cloned().into_iter().collect()
        } else if name == "tag-key" {
            tags.keys().cloned().collect()
        } else {
            let field = fields.iter().find(|(known, _)| *known == name);
            field.ok_or_else(|| fault::bad_filter(name))?.1.clone()
        };
        if !found
            .iter()
            .any(|value| wanted.iter().any(|pattern| glob(pattern, value)))
        {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Iterative, so that no pattern costs more than pattern times value.
fn glob(pattern: &str, value: &str) -> bool {
    let pattern = parts(pattern);
    let value: Vec<char> = value.chars().collect();
    let (mut p, mut v) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while v < value.len() {
        match pattern.get(p) {
            Some(Part::Any) => {
                retry = Some((p, v));
                p += 1;
            }
            Some(Part::One) => {
                p += 1;
                v += 1;
            }
            Some(Part::Char(c)) if *c == value[v] => {
                p += 1;
                v += 1;
            }
            _ => match retry {
                Some((star, from)) => {
                    retry = Some((star, from + 1));
                    p = star + 1;
                    v = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|part| matches!(part, Part::Any))
}

enum Part {
    Any,
    One,
    Char(char),
}

fn parts(pattern: &str) -> Vec<Part> {
    let mut chars = pattern.chars();
    let mut parts = Vec::new();
    while let Some(c) = chars.next() {
        parts.push(match c {
            '*' => Part::Any,
            '?' => Part::One,
            '\\' => Part::Char(chars.next().unwrap_or('\\')),
            c => Part::Char(c),
        });
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs() {
        for (pattern, value, expected) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("a*", "abc", true),
            ("*c", "abc", true),
            ("a*b*c", "axxbyyc", true),
            ("a?c", "abc", true),
            ("a\\*", "a*", true),
            ("a\\*", "ab", false),
            ("*", "", true),
            ("", "", true),
        ] {
            assert_eq!(glob(pattern, value), expected, "{pattern} {value}");
        }
    }

    #[test]
    fn an_unknown_name_is_refused() {
        let tags = Tags::new();
        let fields = vec![("vpc-id", vec!["vpc-1".to_owned()])];
        let filter = |name: &str, value: &str| Filter {
            name: Some(name.to_owned()),
            values: Some(vec![value.to_owned()]),
        };
        assert_eq!(
            matches(&[filter("vpc-id", "vpc-*")], &fields, &tags),
            Ok(true)
        );
        assert_eq!(
            matches(&[filter("vpc-id", "vpc-2")], &fields, &tags),
            Ok(false)
        );
        assert_eq!(matches(&[filter("tag:a", "b")], &fields, &tags), Ok(false));
        assert!(matches(&[filter("nonsense", "b")], &fields, &tags).is_err());
    }
}
