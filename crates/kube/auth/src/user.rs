//! Who a request is from, as `authentication.k8s.io` describes users.

use std::collections::BTreeMap;

/// The group of everybody who proved who they are.
pub const AUTHENTICATED: &str = "system:authenticated";
/// The group, and with [`ANONYMOUS`] the user, of those who proved nothing.
pub const UNAUTHENTICATED: &str = "system:unauthenticated";
pub const ANONYMOUS: &str = "system:anonymous";
/// Members may do everything.
pub const MASTERS: &str = "system:masters";
/// The group of all nodes, whose names follow [`NODE_PREFIX`].
pub const NODES: &str = "system:nodes";
pub const NODE_PREFIX: &str = "system:node:";
/// The group of all service accounts; those of a namespace are in `system:serviceaccounts:<namespace>`.
pub const SERVICE_ACCOUNTS: &str = "system:serviceaccounts";
pub const SERVICE_ACCOUNT_PREFIX: &str = "system:serviceaccount:";

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserInfo {
    pub name: String,
    /// Empty where whoever vouched for the user knows none.
    pub uid: String,
    pub groups: Vec<String>,
    pub extra: BTreeMap<String, Vec<String>>,
}

impl UserInfo {
    /// A user of that name in these groups, and among the authenticated.
    pub fn authenticated(name: impl Into<String>, groups: &[&str]) -> Self {
        let groups = groups.iter().chain(&[AUTHENTICATED]);
        Self {
            name: name.into(),
            groups: groups.map(|it| (*it).to_owned()).collect(),
            ..Self::default()
        }
    }

    pub fn anonymous() -> Self {
        Self {
            name: ANONYMOUS.to_owned(),
            groups: vec![UNAUTHENTICATED.to_owned()],
            ..Self::default()
        }
    }

    /// Of the service account of a namespace; `uid` is that of the account.
    pub fn service_account(namespace: &str, account: &str, uid: &str) -> Self {
        let own = format!("{SERVICE_ACCOUNTS}:{namespace}");
        let name = format!("{SERVICE_ACCOUNT_PREFIX}{namespace}:{account}");
        let mut user = Self::authenticated(name, &[SERVICE_ACCOUNTS, &own]);
        user.uid = uid.to_owned();
        user
    }

    pub fn is_in(&self, group: &str) -> bool {
        self.groups.iter().any(|it| it == group)
    }

    /// Namespace and name, if this is a service account.
    pub fn as_service_account(&self) -> Option<(&str, &str)> {
        let (namespace, name) = self
            .name
            .strip_prefix(SERVICE_ACCOUNT_PREFIX)?
            .split_once(':')?;
        (!namespace.is_empty() && !name.is_empty() && !name.contains(':'))
            .then_some((namespace, name))
    }

    /// The node's name, if this is a node: by name and group, as upstream has it.
    pub fn as_node(&self) -> Option<&str> {
        let name = self.name.strip_prefix(NODE_PREFIX)?;
        (!name.is_empty() && self.is_in(NODES)).then_some(name)
    }
}
