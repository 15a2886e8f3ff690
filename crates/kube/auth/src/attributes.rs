//! What somebody wants to do, as authorizers are asked it.

/// For a path outside `/api` and `/apis` (discovery, health) `resource` is empty and `path` says all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes {
    /// `get`, `list`, `watch`, `create`, …; for paths the method in lower case.
    pub verb: String,
    pub group: String,
    pub version: String,
    /// Plural, lower case.
    pub resource: String,
    pub subresource: String,
    /// Empty for what is in no namespace, and for all namespaces.
    pub namespace: String,
    /// Empty for requests about no single object, such as lists and creations.
    pub name: String,
    /// Of the URL.
    pub path: String,
    /// What a list, a watch or a `deletecollection` is narrowed to.
    pub field_selector: String,
    pub label_selector: String,
}

impl Attributes {
    pub fn is_resource(&self) -> bool {
        !self.resource.is_empty()
    }

    /// `pods` or `pods/log`, as rules name it.
    pub fn full_resource(&self) -> String {
        if self.subresource.is_empty() {
            self.resource.clone()
        } else {
            format!("{}/{}", self.resource, self.subresource)
        }
    }
}
