//! Images and snapshots that an account shares with others: they have no policy, but a list of accounts.

use serde_json::{Value, json};
use wharf_api_wharf::types::OutsideAccess;
use wharf_wire::{Call, Fault};

use super::{MOST, Outside};

/// What EC2 lets an account share.
pub struct Kind {
    /// The operation that lists those of the account, and the member of its request that says whose.
    pub list: &'static str,
    owners: &'static str,
    /// The members with the list and with the id of each.
    found: (&'static str, &'static str),
    /// The operation that tells with whom, the attribute it is asked for, and the member with the answer.
    asked: (&'static str, &'static str, &'static str),
    /// What the others may do with it.
    actions: &'static [&'static str],
    /// Its name before the id.
    name: &'static str,
}

pub const KINDS: &[Kind] = &[
    Kind {
        list: "DescribeImages",
        owners: "Owners",
        found: ("Images", "ImageId"),
        asked: (
            "DescribeImageAttribute",
            "launchPermission",
            "LaunchPermissions",
        ),
        actions: &["ec2:RunInstances"],
        name: "image",
    },
    Kind {
        list: "DescribeSnapshots",
        owners: "OwnerIds",
        found: ("Snapshots", "SnapshotId"),
        asked: (
            "DescribeSnapshotAttribute",
            "createVolumePermission",
            "CreateVolumePermissions",
        ),
        actions: &["ec2:CopySnapshot", "ec2:CreateVolume"],
        name: "snapshot",
    },
];

impl Outside {
    pub(super) async fn shared(
        &self,
        call: &Call,
        kind: &Kind,
        open: &mut Vec<OutsideAccess>,
        unread: &mut Vec<String>,
    ) -> Result<(), Fault> {
        let (list, id) = kind.found;
        let (mut token, mut seen) = (Value::Null, 0);
        loop {
            let mut input = json!({kind.owners: ["self"]});
            if token.is_string() {
                input["NextToken"] = token;
            }
            let page = self.ask(call, "ec2", kind.list, &input).await?;
            for one in page[list].as_array().into_iter().flatten() {
                seen += 1;
                let name = one[id].as_str().unwrap_or_default();
                match self.with_whom(call, kind, name).await {
                    Ok(who) if who.is_empty() => {}
                    Ok(who) => open.push(shown(kind, name, who)),
                    Err(fault) => {
                        unread.push(format!("ec2 {name}: {}: {}", fault.code, fault.message));
                    }
                }
            }
            token = page["NextToken"].clone();
            if !token.is_string() {
                return Ok(());
            }
            if seen >= MOST {
                unread.push(format!("ec2 {}: more than {MOST}", kind.list));
                return Ok(());
            }
        }
    }

    async fn with_whom(&self, call: &Call, kind: &Kind, name: &str) -> Result<Vec<String>, Fault> {
        let (operation, attribute, member) = kind.asked;
        let input = json!({kind.found.1: name, "Attribute": attribute});
        let answer = self.ask(call, "ec2", operation, &input).await?;
        Ok(others(&answer[member], &call.account))
    }
}

/// Accounts that permissions name, and `*` for all.
fn others(permissions: &Value, own: &str) -> Vec<String> {
    let permissions = permissions.as_array().into_iter().flatten();
    let who = permissions.filter_map(|it| match it["Group"].as_str() {
        Some("all") => Some("*"),
        _ => it["UserId"].as_str().filter(|account| *account != own),
    });
    who.map(str::to_owned).collect()
}

fn shown(kind: &Kind, name: &str, who: Vec<String>) -> OutsideAccess {
    OutsideAccess {
        resource: Some(format!("{}/{name}", kind.name)),
        statement: None,
        who: Some(who),
        actions: Some(kind.actions.iter().map(|it| (*it).to_owned()).collect()),
        conditions: Some(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_and_other_accounts_are_outside() {
        let permissions = json!([
            {"Group": "all"}, {"UserId": "111111111111"}, {"UserId": "000000000000"}, {},
        ]);
        assert_eq!(others(&permissions, "000000000000"), ["*", "111111111111"]);
        assert!(others(&Value::Null, "000000000000").is_empty());
    }
}
