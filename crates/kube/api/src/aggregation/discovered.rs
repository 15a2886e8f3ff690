//! What an aggregated server says of its kinds, read within bounds: it is anybody's program, and what it says stands in documents that
//! all clients of the cluster read.

use std::{collections::BTreeMap, fmt, marker::PhantomData};

use bytes::Bytes;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error as _, SeqAccess, Visitor},
};

/// Resources and subresources of one server.
const MOST_ENTRIES: usize = 1000;
/// Verbs, short names or categories of one of them.
const MOST_WORDS: usize = 64;
/// Bytes of a name of any kind.
const MOST_NAME: usize = 253;

/// What is discovered of an aggregated server.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Discovered {
    /// A list in JSON, as aggregated discovery has them; `None` where it has none that can be read.
    pub resources: Option<String>,
    /// Its document of OpenAPI 3 for the group and version, if it has one.
    pub openapi: Option<Bytes>,
    /// What of its document of OpenAPI 2 goes into that of the cluster.
    pub openapi_v2: Option<Bytes>,
}

impl Discovered {
    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        let resources = self.resources.as_ref().map_or(0, String::len);
        let documents = [&self.openapi, &self.openapi_v2].into_iter().flatten();
        resources + documents.map(Bytes::len).sum::<usize>()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct List {
    group_version: String,
    #[serde(default, deserialize_with = "at_most::<_, _, MOST_ENTRIES>")]
    resources: Vec<Entry>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Entry {
    name: String,
    singular_name: String,
    namespaced: bool,
    group: String,
    version: String,
    kind: String,
    #[serde(deserialize_with = "at_most::<_, _, MOST_WORDS>")]
    verbs: Vec<String>,
    #[serde(deserialize_with = "at_most::<_, _, MOST_WORDS>")]
    short_names: Vec<String>,
    #[serde(deserialize_with = "at_most::<_, _, MOST_WORDS>")]
    categories: Vec<String>,
}

impl Entry {
    /// It has names that clients can make use of.
    fn is_proper(&self) -> bool {
        let words = self.verbs.iter().chain(&self.short_names);
        let words = words.chain(&self.categories);
        let others = [&self.singular_name, &self.group, &self.version];
        let mut names = words.chain(others).chain([&self.name, &self.kind]);
        let is_sound =
            |it: &String| it.len() <= MOST_NAME && it.bytes().all(|byte| byte.is_ascii_graphic());
        let has_name = self.name.split('/').all(|it| !it.is_empty());
        has_name && !self.kind.is_empty() && names.all(is_sound)
    }
}

/// A list that is no longer than `MOST`; none at all, as Go writes an empty one, is empty.
fn at_most<'de, D, T, const MOST: usize>(from: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct Bounded<T, const MOST: usize>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>, const MOST: usize> Visitor<'de> for Bounded<T, MOST> {
        type Value = Vec<T>;

        fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(out, "a list of at most {MOST}")
        }

        fn visit_unit<E>(self) -> Result<Vec<T>, E> {
            Ok(Vec::new())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<Vec<T>, A::Error> {
            let mut found = Vec::new();
            while let Some(it) = all.next_element()? {
                if found.len() == MOST {
                    return Err(A::Error::custom(format_args!("it has more than {MOST}")));
                }
                found.push(it);
            }
            Ok(found)
        }
    }

    from.deserialize_any(Bounded::<T, MOST>(PhantomData))
}

#[derive(Serialize)]
struct Kind<'a> {
    group: &'a str,
    version: &'a str,
    kind: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Resource<'a> {
    resource: &'a str,
    response_kind: Kind<'a>,
    scope: &'static str,
    singular_resource: &'a str,
    verbs: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    short_names: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    categories: &'a [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    subresources: Vec<Subresource<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Subresource<'a> {
    subresource: &'a str,
    response_kind: Kind<'a>,
    verbs: &'a [String],
}

/// Why a list is not shown.
#[derive(Debug, thiserror::Error)]
pub enum BadList {
    #[error("it is not of {group}/{version}")]
    OfAnother { group: String, version: String },
    /// It is none, or too long.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

/// An `APIResourceList` in the form of aggregated discovery; subresources stand with their resource, and what has no proper names is left
/// out.
///
/// # Errors
/// It is none, is of something else, or is too long.
pub fn resources(list: &[u8], group: &str, version: &str) -> Result<String, BadList> {
    let list: List = serde_json::from_slice(list)?;
    if list.group_version != format!("{group}/{version}") {
        return Err(BadList::OfAnother {
            group: group.to_owned(),
            version: version.to_owned(),
        });
    }
    let found = grouped(&list.resources, group, version);
    let all: Vec<&Resource<'_>> = found.values().collect();
    serde_json::to_string(&all).map_err(BadList::Json)
}

/// By their names, in one go.
fn grouped<'a>(
    all: &'a [Entry],
    group: &'a str,
    version: &'a str,
) -> BTreeMap<&'a str, Resource<'a>> {
    let or = |own: &'a str, other: &'a str| if own.is_empty() { other } else { own };
    let kind = |it: &'a Entry| Kind {
        group: or(&it.group, group),
        version: or(&it.version, version),
        kind: &it.kind,
    };
    let mut found: BTreeMap<&str, Resource<'a>> = BTreeMap::new();
    let proper = || all.iter().filter(|it| it.is_proper());
    for it in proper().filter(|it| !it.name.contains('/')) {
        let scope = if it.namespaced {
            "Namespaced"
        } else {
            "Cluster"
        };
        found.entry(&it.name).or_insert_with(|| Resource {
            resource: &it.name,
            response_kind: kind(it),
            scope,
            singular_resource: &it.singular_name,
            verbs: &it.verbs,
            short_names: &it.short_names,
            categories: &it.categories,
            subresources: Vec::new(),
        });
    }
    for it in proper() {
        let Some((own, subresource)) = it.name.split_once('/') else {
            continue;
        };
        if let Some(own) = found.get_mut(own) {
            own.subresources.push(Subresource {
                subresource,
                response_kind: kind(it),
                verbs: &it.verbs,
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(list: &Value) -> Result<Value, BadList> {
        let text = resources(list.to_string().as_bytes(), "g", "v1")?;
        Ok(serde_json::from_str(&text).unwrap())
    }

    #[test]
    fn resources_are_shown_in_the_new_form() {
        let list = json!({"groupVersion": "g/v1", "resources": [
            {"name": "flunders", "singularName": "flunder", "namespaced": true, "kind": "Flunder", "verbs": ["get"], "shortNames": ["fl"]},
            {"name": "flunders/status", "namespaced": true, "kind": "Flunder", "verbs": ["update"], "group": "h", "categories": null},
        ]});
        assert_eq!(
            read(&list).unwrap(),
            json!([{"resource": "flunders", "singularResource": "flunder", "scope": "Namespaced", "verbs": ["get"],
                "responseKind": {"group": "g", "version": "v1", "kind": "Flunder"}, "shortNames": ["fl"],
                "subresources": [{"subresource": "status", "verbs": ["update"],
                    "responseKind": {"group": "h", "version": "v1", "kind": "Flunder"}}]}])
        );
        assert!(resources(list.to_string().as_bytes(), "g", "v2").is_err());
    }

    #[test]
    fn nothing_odd_gets_into_what_all_clients_read() {
        let of = |resources: Value| read(&json!({"groupVersion": "g/v1", "resources": resources}));
        let thing = |member: &str, value: Value| {
            let mut thing = json!({"name": "things", "kind": "Thing", "verbs": ["get"]});
            thing[member] = value;
            of(json!([thing]))
        };
        for (found, expected) in [
            (read(&json!(null)), None),
            (of(json!(3)), None),
            (of(json!([0])), None),
            (of(json!(vec![json!({}); MOST_ENTRIES + 1])), None),
            (thing("verbs", json!([1])), None),
            (thing("verbs", json!(vec!["x"; MOST_WORDS + 1])), None),
            (thing("shortNames", json!([{}])), None),
            (thing("namespaced", json!("yes")), None),
            (of(json!(null)), Some(0)),
            (of(json!([{}, {"name": "x"}, {"kind": "X"}])), Some(0)),
            (thing("name", json!("a/")), Some(0)),
            (thing("name", json!("a b")), Some(0)),
            (thing("kind", json!("")), Some(0)),
            (thing("kind", json!("x".repeat(MOST_NAME + 1))), Some(0)),
            (thing("shortNames", json!(["\n"])), Some(0)),
            (of(json!([{"name": "of/none", "kind": "X"}])), Some(0)),
            (thing("more", json!({"is": "ignored"})), Some(1)),
        ] {
            let found = found.ok().map(|it| it.as_array().map_or(0, Vec::len));
            assert_eq!(found, expected);
        }
    }
}
