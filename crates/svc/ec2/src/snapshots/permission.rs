//! Who may make volumes of a snapshot, and what a request changes of that. Pure.

use wharf_api_ec2::types::{CreateVolumePermission, ModifySnapshotAttributeRequest};
use wharf_wire::Fault;

use super::Snapshot;
use crate::{fault, quota};

pub const PERMISSION: &str = "createVolumePermission";
const ALL: &str = "all";
pub const MAX_ACCOUNTS: usize = quota::ACCOUNTS_OF_ONE;

/// What a request changes.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Change {
    add: Vec<Who>,
    remove: Vec<Who>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Who {
    All,
    Account(String),
}

impl Change {
    /// What is sealed is shared with accounts that its key can be shared with.
    pub fn check(&self, snapshot: &Snapshot) -> Result<(), Fault> {
        let Some(encryption) = &snapshot.encryption else {
            return Ok(());
        };
        if self.add.contains(&Who::All) {
            return Err(fault::encrypted_not_public(&snapshot.id));
        }
        match encryption.managed && !self.add.is_empty() {
            true => Err(fault::own_key_not_shared()),
            false => Ok(()),
        }
    }

    /// New requests say what they add and remove, old ones give an operation and list accounts and groups.
    pub fn of(input: &ModifySnapshotAttributeRequest) -> Result<Self, Fault> {
        match input.attribute.as_deref().unwrap_or_default() {
            "" | PERMISSION => {}
            other => return Err(fault::bad_snapshot_attribute(other)),
        }
        let accounts = input.user_ids.iter().flatten().map(|it| Who::account(it));
        let groups = input.group_names.iter().flatten().map(|it| Who::group(it));
        let listed: Vec<Who> = accounts.chain(groups).collect::<Result<_, _>>()?;
        let given = input.create_volume_permission.as_ref();
        let change = match (given, listed.is_empty()) {
            (Some(_), false) => {
                return Err(fault::bad_combination(
                    "CreateVolumePermission cannot be used together with UserId or UserGroup.",
                ));
            }
            (Some(given), true) => {
                let (add, remove) = (
                    Who::all_of(given.add.as_deref())?,
                    Who::all_of(given.remove.as_deref())?,
                );
                let contradicts = match input.operation_type.as_deref() {
                    Some("add") => !remove.is_empty(),
                    Some("remove") => !add.is_empty(),
                    _ => false,
                };
                if contradicts {
                    return Err(fault::bad_combination(
                        "CreateVolumePermission does not do what OperationType says.",
                    ));
                }
                Self { add, remove }
            }
            (None, _) => match input.operation_type.as_deref() {
                Some("add") => Self {
                    add: listed,
                    remove: Vec::new(),
                },
                Some("remove") => Self {
                    add: Vec::new(),
                    remove: listed,
                },
                _ => return Err(fault::missing_parameter("operationType")),
            },
        };
        match change.add.is_empty() && change.remove.is_empty() {
            true => Err(fault::missing_parameter("createVolumePermission")),
            false => Ok(change),
        }
    }

    /// Whether it may let in all accounts.
    pub fn makes_public(&self) -> bool {
        self.add.contains(&Who::All)
    }

    /// Whether it may let in further ones by name.
    pub fn adds_accounts(&self) -> bool {
        self.add.iter().any(|it| matches!(it, Who::Account(_)))
    }

    pub fn apply(&self, snapshot: &mut Snapshot) -> Result<(), Fault> {
        for (who, may) in
            (self.add.iter().map(|it| (it, true))).chain(self.remove.iter().map(|it| (it, false)))
        {
            match (who, may) {
                (Who::All, may) => snapshot.public = may,
                (Who::Account(account), true) => {
                    snapshot.shared_with.insert(account.clone());
                }
                (Who::Account(account), false) => {
                    snapshot.shared_with.remove(account);
                }
            }
        }
        match snapshot.shared_with.len() <= MAX_ACCOUNTS {
            true => Ok(()),
            false => Err(fault::too_many_permissions(MAX_ACCOUNTS)),
        }
    }
}

impl Who {
    fn all_of(given: Option<&[CreateVolumePermission]>) -> Result<Vec<Self>, Fault> {
        given.unwrap_or_default().iter().map(Self::of).collect()
    }

    fn of(permission: &CreateVolumePermission) -> Result<Self, Fault> {
        match (&permission.user_id, &permission.group) {
            (Some(account), None) => Self::account(account),
            (None, Some(group)) => Self::group(group),
            _ => Err(fault::bad_combination(
                "A permission names either an account or the group 'all'.",
            )),
        }
    }

    fn account(id: &str) -> Result<Self, Fault> {
        match id.len() == 12 && id.bytes().all(|it| it.is_ascii_digit()) {
            true => Ok(Self::Account(id.to_owned())),
            false => Err(fault::bad_value(format!(
                "Invalid attribute item value \"{id}\" for userId item type."
            ))),
        }
    }

    fn group(name: &str) -> Result<Self, Fault> {
        match name {
            ALL => Ok(Self::All),
            other => Err(fault::bad_value(format!(
                "Invalid attribute item value \"{other}\" for group item type."
            ))),
        }
    }
}

pub fn to_wire(snapshot: &Snapshot) -> Vec<CreateVolumePermission> {
    let all = snapshot.public.then(|| CreateVolumePermission {
        group: Some(ALL.to_owned()),
        user_id: None,
    });
    let accounts = snapshot
        .shared_with
        .iter()
        .map(|it| CreateVolumePermission {
            user_id: Some(it.clone()),
            group: None,
        });
    all.into_iter().chain(accounts).collect()
}

#[cfg(test)]
mod tests {
    use wharf_api_ec2::types::CreateVolumePermissionModifications;

    use super::*;

    #[test]
    fn what_a_request_changes() {
        let account = "000000000001".to_owned();
        let listed = |operation: Option<&str>, accounts: &[&str], groups: &[&str]| {
            let all = |of: &[&str]| Some(of.iter().map(|it| (*it).to_owned()).collect());
            Change::of(&ModifySnapshotAttributeRequest {
                operation_type: operation.map(str::to_owned),
                user_ids: all(accounts),
                group_names: all(groups),
                ..Default::default()
            })
        };
        let change = listed(Some("add"), &[&account], &["all"]).unwrap();
        assert_eq!(change.add, [Who::Account(account.clone()), Who::All]);
        let change = listed(Some("remove"), &[], &["all"]).unwrap();
        assert_eq!(change.remove, [Who::All]);
        for (bad, code) in [
            (listed(None, &[&account], &[]), "MissingParameter"),
            (listed(Some("add"), &[], &[]), "MissingParameter"),
            (listed(Some("add"), &["1"], &[]), "InvalidParameterValue"),
            (listed(Some("add"), &[], &["some"]), "InvalidParameterValue"),
        ] {
            assert_eq!(bad.unwrap_err().code, code);
        }
        let both = Change::of(&ModifySnapshotAttributeRequest {
            user_ids: Some(vec![account.clone()]),
            create_volume_permission: Some(CreateVolumePermissionModifications::default()),
            ..Default::default()
        });
        assert_eq!(both.unwrap_err().code, "InvalidParameterCombination");
    }
}
