//! Where objects lie: `<cluster's folder>/<group>/<plural>/[<namespace>/]<name>`.

use wharf_records::{Scope, key::escape};

/// The service segment of all clusters' objects.
const SERVICE: &str = "kube";
/// Stands for the group without a name; no group of a custom resource is called so, since theirs have a dot.
const CORE: &str = "core";

/// The folder of one cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    root: String,
}

/// A name below its resource's folder, as keys and continue tokens have it.
pub fn path(namespace: Option<&str>, name: &str) -> String {
    match namespace {
        Some(namespace) => format!("{}/{}", escape(namespace), escape(name)),
        None => escape(name),
    }
}

impl Keys {
    pub fn new(account: &str, region: &str, cluster: &str) -> Self {
        let root = Scope::new(SERVICE, account, region).prefix(&escape(cluster));
        Self { root }
    }

    pub fn root(&self) -> &str {
        &self.root
    }

    /// Is there for as long as the cluster is: every write compares it, and it goes first.
    pub fn alive(&self) -> String {
        format!("{}alive", self.root)
    }

    /// The folder of a resource, with its closing slash.
    pub fn folder(&self, group: &str, plural: &str) -> String {
        let group = if group.is_empty() { CORE } else { group };
        format!("{}{}/{}/", self.root, escape(group), escape(plural))
    }

    /// The folder of a resource in one namespace.
    pub fn namespace(&self, group: &str, plural: &str, namespace: &str) -> String {
        format!("{}{}/", self.folder(group, plural), escape(namespace))
    }

    pub fn object(&self, group: &str, plural: &str, namespace: Option<&str>, name: &str) -> String {
        self.folder(group, plural) + &path(namespace, name)
    }

    /// Group and plural of a folder as [`Keys::split`] gives it.
    pub fn resource_of(folder: &str) -> Option<(String, String)> {
        let (group, plural) = folder.trim_end_matches('/').split_once('/')?;
        let group = if group == CORE { "" } else { group };
        Some((group.to_owned(), plural.to_owned()))
    }

    /// Splits a key into the folder of its resource, below the cluster's, and the path in it.
    pub fn split<'a>(&self, key: &'a str) -> Option<(&'a str, &'a str)> {
        let rest = key.strip_prefix(&self.root)?;
        let group_ends = rest.find('/')?;
        let plural_ends = group_ends + 1 + rest[group_ends + 1..].find('/')?;
        Some((&rest[..=plural_ends], &rest[plural_ends + 1..]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_folder() {
        let keys = Keys::new("000000000000", "us-east-1", "blue/1");
        let key = keys.object("", "pods", Some("a/b"), "../c");
        assert_eq!(
            key,
            "/w1/c0/kube/000000000000/us-east-1/blue%2F1/core/pods/a%2Fb/..%2Fc"
        );
        assert_eq!(keys.split(&key), Some(("core/pods/", "a%2Fb/..%2Fc")));
        assert!(key.starts_with(&keys.namespace("", "pods", "a/b")));
        assert_eq!(keys.split("/w1/c0/ecs/x"), None);
        let of = |folder| Keys::resource_of(folder).unwrap();
        assert_eq!(of("core/pods/"), (String::new(), "pods".to_owned()));
        assert_eq!(of("apps/deployments/").0, "apps");
    }
}
