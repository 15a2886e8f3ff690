//! Who asks, and whom the Principal element of a policy names.

use std::collections::BTreeMap;

use wharf_base::{
    Timestamp,
    arn::{PARTITION, canonical},
};

use crate::document::{PrincipalElement, PrincipalType};

/// The identity a request is made with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Twelve digits; empty for services, the federated and the anonymous.
    pub account: String,
    /// As GetCallerIdentity prints it and denial messages name it.
    pub arn: String,
    /// `aws:userid`: `AIDA…`, `AROA…:session`, the account of root.
    pub user_id: String,
    pub kind: PrincipalKind,
    /// Tags of the user or role, overlaid by those of the session.
    pub tags: BTreeMap<String, String>,
    /// When the temporary credentials in use were made; None with long-term keys.
    pub token_issued: Option<Timestamp>,
    pub source_identity: Option<String>,
    /// Of a service the account of AWS's in whose name it also acts ([`crate::regional`]).
    pub acts_as: Option<&'static str>,
    /// Of a federated user the `AIDA…` of the user who made its credentials.
    pub maker_id: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrincipalKind {
    Root,
    User {
        name: String,
    },
    /// A session of an assumed role.
    Session {
        role_arn: String,
        role_id: String,
        session_name: String,
    },
    /// A part of the platform, `ecs-tasks.amazonaws.com`.
    Service {
        name: String,
    },
    /// Somebody whom an identity provider vouches for and who is no principal of an account yet.
    Federated {
        /// `arn:aws:iam::A:oidc-provider/HOST`
        provider: String,
    },
    /// Who acts with GetFederationToken's credentials, in the name of the user that made them.
    FederatedUser {
        /// ARN of that user, or of the account's root.
        maker: String,
    },
    Anonymous,
}

impl Principal {
    pub fn root(account: &str) -> Self {
        let arn = format!("arn:{PARTITION}:iam::{account}:root");
        Self::of(account, arn, account, PrincipalKind::Root)
    }

    /// `arn` is `arn:aws:iam::A:user/path/name`, `id` the user's `AIDA…`.
    pub fn user(arn: &str, id: &str) -> Self {
        let name = arn.rsplit('/').next().unwrap_or_default().to_owned();
        Self::of(
            account_of(arn),
            arn.to_owned(),
            id,
            PrincipalKind::User { name },
        )
    }

    /// A session of the role `role_arn`, whose id `role_id` begins with `AROA`.
    pub fn session(role_arn: &str, role_id: &str, session_name: &str, issued: Timestamp) -> Self {
        let account = account_of(role_arn);
        let role_name = role_arn.rsplit('/').next().unwrap_or_default();
        let arn = format!("arn:{PARTITION}:sts::{account}:assumed-role/{role_name}/{session_name}");
        let kind = PrincipalKind::Session {
            role_arn: role_arn.to_owned(),
            role_id: role_id.to_owned(),
            session_name: session_name.to_owned(),
        };
        let mut who = Self::of(account, arn, &format!("{role_id}:{session_name}"), kind);
        who.token_issued = Some(issued);
        who
    }

    /// A part of the platform acting in its own name.
    pub fn service(name: &str) -> Self {
        Self::of(
            "",
            name.to_owned(),
            name,
            PrincipalKind::Service {
                name: name.to_owned(),
            },
        )
    }

    /// Whom the provider of that ARN vouches for.
    pub fn federated(provider: &str) -> Self {
        let kind = PrincipalKind::Federated {
            provider: provider.to_owned(),
        };
        Self::of("", provider.to_owned(), provider, kind)
    }

    /// `name` with credentials that `maker`, a user or root of the account, made by GetFederationToken.
    pub fn federated_user(account: &str, name: &str, maker: &str) -> Self {
        let arn = format!("arn:{PARTITION}:sts::{account}:federated-user/{name}");
        let kind = PrincipalKind::FederatedUser {
            maker: maker.to_owned(),
        };
        Self::of(account, arn, &format!("{account}:{name}"), kind)
    }

    pub fn anonymous() -> Self {
        Self::of(
            "",
            "anonymous".to_owned(),
            "anonymous",
            PrincipalKind::Anonymous,
        )
    }

    fn of(account: &str, arn: String, user_id: &str, kind: PrincipalKind) -> Self {
        Self {
            account: account.to_owned(),
            arn,
            user_id: user_id.to_owned(),
            kind,
            tags: BTreeMap::new(),
            token_issued: None,
            source_identity: None,
            acts_as: None,
            maker_id: None,
        }
    }

    /// `aws:PrincipalArn`: of a session the ARN of its role.
    pub fn policy_arn(&self) -> &str {
        match &self.kind {
            PrincipalKind::Session { role_arn, .. } => role_arn,
            _ => &self.arn,
        }
    }
}

fn account_of(arn: &str) -> &str {
    arn.split(':').nth(4).unwrap_or_default()
}

/// How closely a statement's Principal element names the caller; the more closely, the less else
/// has to agree within one account (spec platform §3, step 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Named {
    /// The account: its own identity policies decide further.
    Account,
    /// The role of the session, or everyone: no identity policy needed, boundary and session
    /// policies still limit.
    Role,
    /// The very user, session or service.
    Itself,
}

/// A Principal or NotPrincipal element made ready.
#[derive(Debug, Clone)]
pub(crate) struct PrincipalClause {
    negated: bool,
    entries: Box<[Entry]>,
}

#[derive(Debug, Clone)]
enum Entry {
    Everyone,
    Account(Box<str>),
    Arn(Box<str>),
    /// What stands in place of the ARN of a user or role where the very one is meant, deleted or not.
    UniqueId(Box<str>),
    Service(Box<str>),
    /// An identity provider.
    Provider(Box<str>),
    /// Canonical users, which nobody here can be.
    Nobody,
}

impl PrincipalClause {
    pub(crate) fn compile(element: &PrincipalElement) -> Self {
        let entries = element.entries.iter().map(|(kind, value)| match kind {
            PrincipalType::Everyone => Entry::Everyone,
            PrincipalType::Aws => aws_entry(value),
            PrincipalType::Service => Entry::Service(value.as_str().into()),
            PrincipalType::Federated => Entry::Provider((*canonical(value)).into()),
            PrincipalType::CanonicalUser => Entry::Nobody,
        });
        Self {
            negated: element.negated,
            entries: entries.collect(),
        }
    }

    pub(crate) fn names(&self, who: &Principal) -> Option<Named> {
        let closest = self
            .entries
            .iter()
            .filter_map(|entry| entry.names(who))
            .max();
        match (self.negated, closest) {
            (false, closest) => closest,
            (true, Some(_)) => None,
            (true, None) => Some(Named::Role),
        }
    }
}

fn aws_entry(value: &str) -> Entry {
    let value = &*canonical(value);
    if value == "*" {
        return Entry::Everyone;
    }
    if is_account(value) {
        return Entry::Account(value.into());
    }
    match value.strip_suffix(":root") {
        Some(head) => Entry::Account(account_of(head).into()),
        None if value.starts_with("arn:") => Entry::Arn(value.into()),
        None => Entry::UniqueId(value.into()),
    }
}

pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

impl Entry {
    fn names(&self, who: &Principal) -> Option<Named> {
        match self {
            Self::Everyone => Some(Named::Role),
            Self::Account(account) => match &who.kind {
                // A service that acts in an account is not of it: who trusts the account does not trust every service.
                PrincipalKind::Service { .. } => {
                    (who.acts_as == Some(&**account)).then_some(Named::Itself)
                }
                _ => (**account == *who.account).then_some(Named::Account),
            },
            Self::Arn(arn) => match &who.kind {
                _ if **arn == *who.arn => Some(Named::Itself),
                PrincipalKind::Session { role_arn, .. } if **arn == **role_arn => Some(Named::Role),
                PrincipalKind::FederatedUser { maker } if **arn == **maker => Some(Named::Role),
                _ => None,
            },
            Self::UniqueId(id) => match &who.kind {
                PrincipalKind::User { .. } if **id == *who.user_id => Some(Named::Itself),
                PrincipalKind::Session { role_id, .. } if **id == **role_id => Some(Named::Role),
                PrincipalKind::FederatedUser { .. } if who.maker_id.as_deref() == Some(&**id) => {
                    Some(Named::Role)
                }
                _ => None,
            },
            Self::Service(wanted) => match &who.kind {
                PrincipalKind::Service { name } if **wanted == **name => Some(Named::Itself),
                _ => None,
            },
            Self::Provider(wanted) => match &who.kind {
                PrincipalKind::Federated { provider } if **wanted == **provider => {
                    Some(Named::Itself)
                }
                _ => None,
            },
            Self::Nobody => None,
        }
    }
}
