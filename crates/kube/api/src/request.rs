//! What a request asks for, told by its method, path and query alone, as upstream tells it.

use http::Method;
use percent_encoding::percent_decode_str;
use wharf_kube_auth::Attributes;

use crate::query::Query;

/// A request for objects of a resource, or for one of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    pub verb: &'static str,
    pub group: String,
    pub version: String,
    pub namespace: Option<String>,
    /// Plural.
    pub resource: String,
    pub name: Option<String>,
    /// Whether the path itself has the name: that of a list comes from its selector.
    pub is_named: bool,
    pub subresource: Option<String>,
    /// What follows the subresource: only those of proxies have something.
    pub rest: String,
}

/// What a path leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    Resource(Asked),
    /// Discovery, health and the like.
    Path,
}

/// Subresources that a namespace has itself: what follows a namespace's name is else a resource in it.
const OF_NAMESPACES: [&str; 2] = ["status", "finalize"];

/// `None` where the path is no text.
pub fn target(method: &Method, path: &str, query: &Query) -> Option<Target> {
    let decoded = percent_decode_str(path).decode_utf8().ok()?;
    let mut parts = decoded.trim_matches('/').split('/');
    let (group, version) = match (parts.next(), parts.next()) {
        (Some("api"), Some(version)) => (String::new(), version),
        (Some("apis"), Some(group)) => match parts.next() {
            Some(version) => (group.to_owned(), version),
            None => return Some(Target::Path),
        },
        _ => return Some(Target::Path),
    };
    let mut parts: Vec<&str> = parts.collect();
    if parts.is_empty() {
        return Some(Target::Path);
    }
    // Paths of old clients, who watch without saying so in the query.
    let watches = parts[0] == "watch" && parts.len() > 1;
    if watches {
        parts.remove(0);
    }
    let mut asked = Asked {
        group,
        version: version.to_owned(),
        ..Asked::default()
    };
    if parts[0] == "namespaces" && parts.len() > 1 {
        asked.namespace = Some(parts[1].to_owned());
        if parts.len() > 2 && !OF_NAMESPACES.contains(&parts[2]) {
            parts.drain(..2);
        }
    }
    asked.resource = parts[0].to_owned();
    asked.name = parts.get(1).map(|it| (*it).to_owned());
    asked.is_named = asked.name.is_some();
    asked.subresource = parts.get(2).map(|it| (*it).to_owned());
    asked.rest = parts.get(3..).unwrap_or_default().join("/");
    asked.verb = match *method {
        Method::GET | Method::HEAD if watches => "watch",
        _ if watches => "",
        Method::POST => "create",
        Method::GET | Method::HEAD => "get",
        Method::PUT => "update",
        Method::PATCH => "patch",
        Method::DELETE => "delete",
        _ => "",
    };
    if asked.name.is_none() {
        asked.verb = match asked.verb {
            "get" if query.is_set("watch") => "watch",
            "get" => "list",
            "delete" => "deletecollection",
            other => other,
        };
        // A rule about one object also covers a list narrowed to it.
        if ["list", "watch", "deletecollection"].contains(&asked.verb) {
            asked.name = query.name_selected();
        }
    }
    Some(Target::Resource(asked))
}

pub fn target_of<B>(request: &http::Request<B>) -> Option<Target> {
    let uri = request.uri();
    let query = Query::parse(uri.query().unwrap_or_default());
    target(request.method(), uri.path(), &query)
}

/// What is to be authorised.
pub fn attributes(
    target: Option<&Target>,
    method: &Method,
    path: &str,
    query: &Query,
) -> Attributes {
    match target {
        Some(Target::Resource(asked)) => asked.attributes(path, query),
        _ => Attributes {
            verb: method.as_str().to_ascii_lowercase(),
            path: path.to_owned(),
            ..Attributes::default()
        },
    }
}

impl Asked {
    pub fn attributes(&self, path: &str, query: &Query) -> Attributes {
        let narrows = ["list", "watch", "deletecollection"].contains(&self.verb);
        let selector = |name: &str| match narrows {
            true => query.get(name).unwrap_or_default().to_owned(),
            false => String::new(),
        };
        Attributes {
            verb: self.verb.to_owned(),
            group: self.group.clone(),
            version: self.version.clone(),
            resource: self.resource.clone(),
            subresource: self.subresource.clone().unwrap_or_default(),
            namespace: self.namespace.clone().unwrap_or_default(),
            name: self.name.clone().unwrap_or_default(),
            path: path.to_owned(),
            field_selector: selector("fieldSelector"),
            label_selector: selector("labelSelector"),
        }
    }

    /// The namespace that the objects are in; `None` for what is in none, namespaces themselves included.
    pub fn within(&self, namespaced: bool) -> Option<&str> {
        self.namespace.as_deref().filter(|_| namespaced)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn asked(method: &Method, uri: &str) -> String {
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        match target(method, path, &Query::parse(query)) {
            Some(Target::Resource(it)) => format!(
                "{} {}/{} {:?} {} {:?} {:?} {}",
                it.verb,
                it.group,
                it.version,
                it.namespace,
                it.resource,
                it.name,
                it.subresource,
                it.rest
            ),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn paths_are_read_as_upstream_reads_them() {
        let get = Method::GET;
        for (method, uri, expected) in [
            (&get, "/api/v1/pods", "list /v1 None pods None None "),
            (
                &get,
                "/api/v1/namespaces/a/pods?watch=1",
                r#"watch /v1 Some("a") pods None None "#,
            ),
            (
                &get,
                "/api/v1/namespaces/a/pods?fieldSelector=metadata.name%3Dx",
                r#"list /v1 Some("a") pods Some("x") None "#,
            ),
            (
                &get,
                "/api/v1/namespaces/a",
                r#"get /v1 Some("a") namespaces Some("a") None "#,
            ),
            (
                &Method::PUT,
                "/api/v1/namespaces/a/finalize",
                r#"update /v1 Some("a") namespaces Some("a") Some("finalize") "#,
            ),
            (
                &Method::DELETE,
                "/apis/apps/v1/namespaces/a/deployments",
                r#"deletecollection apps/v1 Some("a") deployments None None "#,
            ),
            (
                &Method::POST,
                "/api/v1/namespaces/a/services/s:80/proxy/b/c",
                r#"create /v1 Some("a") services Some("s:80") Some("proxy") b/c"#,
            ),
            (&get, "/api/v1/watch/pods", "watch /v1 None pods None None "),
            (
                &get,
                "/apis/apps/v1/watch/namespaces/a/deployments/d",
                r#"watch apps/v1 Some("a") deployments Some("d") None "#,
            ),
            (
                &get,
                "/api/v1/watch/namespaces/a",
                r#"watch /v1 Some("a") namespaces Some("a") None "#,
            ),
            (
                &Method::DELETE,
                "/api/v1/watch/namespaces/a/pods",
                r#" /v1 Some("a") pods None None "#,
            ),
            (&get, "/apis/apps", "Some(Path)"),
            (&get, "/apis/apps/v1", "Some(Path)"),
            (&get, "/healthz", "Some(Path)"),
            (&get, "/api/%ff", "None"),
        ] {
            assert_eq!(asked(method, uri), expected, "{uri}");
        }
    }

    proptest! {
        #[test]
        fn any_path_and_query_are_read(path in ".*", query in ".*") {
            let query = Query::parse(&query);
            for method in [Method::GET, Method::POST, Method::OPTIONS] {
                if let Some(Target::Resource(asked)) = target(&method, &path, &query) {
                    asked.attributes(&path, &query);
                }
            }
        }
    }
}
