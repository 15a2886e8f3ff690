//! What users, groups and roles have in common: a name, a path, policies.

use wharf_iam::DocumentKind;
use wharf_wire::Fault;

use crate::{
    fault,
    records::{Grants, GroupRecord, RoleRecord, Stored, UserRecord, folded},
    table::{self, Changes, Records},
};

/// A user, group or role.
pub(crate) trait Entity: Stored + Send + Sync {
    /// As messages name the kind.
    const WORD: &'static str;
    /// Its inline policies.
    const INLINE: DocumentKind;
    /// The quota of attached managed policies.
    const ATTACHED_QUOTA: &'static str;

    fn name(&self) -> &str;
    fn path(&self) -> &str;
    fn grants(&self) -> &Grants;
    fn grants_mut(&mut self) -> &mut Grants;

    fn missing(name: &str) -> Fault {
        fault::not_found(format!(
            "The {} with name {name} cannot be found.",
            Self::WORD
        ))
    }
}

macro_rules! entity {
    ($record:ty, $word:literal, $inline:ident, $quota:literal) => {
        impl Entity for $record {
            const WORD: &'static str = $word;
            const INLINE: DocumentKind = DocumentKind::$inline;
            const ATTACHED_QUOTA: &'static str = $quota;

            fn name(&self) -> &str {
                &self.name
            }
            fn path(&self) -> &str {
                &self.path
            }
            fn grants(&self) -> &Grants {
                &self.grants
            }
            fn grants_mut(&mut self) -> &mut Grants {
                &mut self.grants
            }
        }
    };
}

entity!(UserRecord, "user", InlineUser, "PoliciesPerUser");
entity!(GroupRecord, "group", InlineGroup, "PoliciesPerGroup");
entity!(RoleRecord, "role", InlineRole, "PoliciesPerRole");

/// What can have a permissions boundary.
pub(crate) trait Bounded: Entity {
    fn boundary(&self) -> Option<&str>;
    fn set_boundary(&mut self, arn: Option<String>);
}

macro_rules! bounded {
    ($record:ty) => {
        impl Bounded for $record {
            fn boundary(&self) -> Option<&str> {
                self.boundary.as_deref()
            }
            fn set_boundary(&mut self, arn: Option<String>) {
                self.boundary = arn;
            }
        }
    };
}

bounded!(UserRecord);
bounded!(RoleRecord);

impl Changes<'_> {
    /// The entity of this name, inside the change.
    pub(crate) async fn existing<T: Entity>(&mut self, name: &str) -> Result<T, Fault> {
        self.find(&folded(name))
            .await?
            .ok_or_else(|| T::missing(name))
    }
}

/// The entity of this name.
pub(crate) async fn existing<T: Entity>(
    store: &Records,
    account: &str,
    name: &str,
) -> Result<T, Fault> {
    table::find(store, account, &folded(name))
        .await?
        .ok_or_else(|| T::missing(name))
}
