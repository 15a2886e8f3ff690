//! Whether an answer can have the shape that its client asks for: metadata of one object is no list, and a table's rows carry what there
//! is to carry.

use wharf_kube_model::{Resource, status::Status, table::Include};

use crate::{
    answer::Fault,
    negotiate::{Form, Shape},
    query::Query,
};

pub fn check(form: Form, verb: &str, resource: &Resource, query: &Query) -> Result<(), Fault> {
    let (asked, is, kind) = match form.shape {
        Shape::Table(_) => return include(query),
        Shape::Metadata(_) if verb == "list" => {
            ("PartialObjectMetadata", "is a list", &resource.list_kind)
        }
        Shape::MetadataList(_) if ["get", "create", "update", "patch"].contains(&verb) => {
            ("PartialObjectMetadataList", "is not a list", &resource.kind)
        }
        _ => return Ok(()),
    };
    let mut status = Status::not_acceptable(&[]);
    let of = type_of(resource, kind);
    status.message = format!("you requested {asked}, but the requested object {is} ({of})");
    Err(status.into())
}

fn include(query: &Query) -> Result<(), Fault> {
    let given = query.get("includeObject").unwrap_or_default();
    match Include::parse(given) {
        Some(_) => Ok(()),
        None => {
            let given = wharf_kube_model::field::quoted(given);
            Err(Status::bad_request(format!(
                "Unable to convert to Table as requested: includeObject: Invalid value: {given}: must be 'Metadata', 'Object', 'None', or empty"
            ))
            .into())
        }
    }
}

/// Upstream's type of a kind, as Go prints it.
fn type_of(resource: &Resource, kind: &str) -> String {
    if resource.custom.is_some() {
        let list = if kind == resource.kind { "" } else { "List" };
        return format!("*unstructured.Unstructured{list}");
    }
    let package = match resource.group.split('.').next() {
        None | Some("" | "events") => "core",
        Some(first) => first,
    };
    format!("*{package}.{kind}")
}

#[cfg(test)]
mod tests {
    use wharf_kube_model::{Catalog, codec::MediaType};

    use super::*;

    #[test]
    fn one_object_is_no_list_and_a_list_is_no_object() {
        let catalog = Catalog::built_in();
        let maps = catalog.resource("", "v1", "configmaps").unwrap();
        let roles = catalog
            .resource("rbac.authorization.k8s.io", "v1", "roles")
            .unwrap();
        let (one, list) = (Shape::Metadata("v1"), Shape::MetadataList("v1"));
        for (shape, verb, resource, query, expected) in [
            (Shape::Whole, "list", maps, "includeObject=X", Ok(())),
            (
                Shape::Table("v1"),
                "list",
                maps,
                "includeObject=Object",
                Ok(()),
            ),
            (
                Shape::Table("v1"),
                "list",
                maps,
                "includeObject=X",
                Err((
                    400,
                    "Unable to convert to Table as requested: includeObject: Invalid value: \"X\": must be 'Metadata', 'Object', 'None', or empty",
                )),
            ),
            (one, "get", maps, "", Ok(())),
            (one, "watch", maps, "", Ok(())),
            (list, "list", maps, "", Ok(())),
            (
                one,
                "list",
                maps,
                "",
                Err((
                    406,
                    "you requested PartialObjectMetadata, but the requested object is a list (*core.ConfigMapList)",
                )),
            ),
            (
                list,
                "get",
                roles,
                "",
                Err((
                    406,
                    "you requested PartialObjectMetadataList, but the requested object is not a list (*rbac.Role)",
                )),
            ),
        ] {
            let form = Form {
                media: MediaType::Json,
                shape,
            };
            let found = check(form, verb, resource, &Query::parse(query));
            let found = found.map_err(|it| (it.code, it.message));
            let expected = expected.map_err(|(code, text)| (code, text.to_owned()));
            assert_eq!(found, expected, "{shape:?} {verb} {query}");
        }
    }
}
