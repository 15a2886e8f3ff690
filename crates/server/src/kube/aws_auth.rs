//! The ConfigMap `kube-system/aws-auth`: principals of IAM and the users of the cluster that they are. Pure.

use serde_json::Value;
use wharf_kube_auth::{
    UserInfo,
    mapping::{self, Identity, PRIVATE_DNS_NAME},
};
use wharf_kube_model::codec;

pub const NAMESPACE: &str = "kube-system";
pub const NAME: &str = "aws-auth";

/// What the map says of a principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapped {
    username: String,
    groups: Vec<String>,
}

/// The text of a member, which is YAML again.
fn list(map: &Value, member: &str) -> Vec<Value> {
    let text = map["data"][member].as_str().unwrap_or_default();
    match codec::from_yaml(text) {
        Ok(Value::Array(items)) => items,
        _ => Vec::new(),
    }
}

/// What the map says of this principal: roles, then users, then the account. Of several entries for one the last counts, as
/// aws-iam-authenticator keeps them by their ARNs.
pub fn find(map: &Value, identity: &Identity) -> Option<Mapped> {
    let own = &identity.canonical_arn;
    let last = |member, arn: &str| {
        let is_own = |it: &Value| {
            it[arn]
                .as_str()
                .is_some_and(|it| it.eq_ignore_ascii_case(own))
        };
        list(map, member).into_iter().rfind(is_own)
    };
    let found = last("mapRoles", "rolearn").or_else(|| last("mapUsers", "userarn"));
    if let Some(it) = found {
        let groups = it["groups"].as_array().into_iter().flatten();
        let groups = groups.filter_map(|it| it.as_str().map(str::to_owned));
        let username = it["username"].as_str().filter(|it| !it.is_empty());
        return Some(Mapped {
            username: username.unwrap_or(own).to_owned(),
            groups: groups.collect(),
        });
    }
    let accounts = list(map, "mapAccounts");
    let mut accounts = accounts.iter().filter_map(Value::as_str);
    accounts.any(|it| it == identity.account).then(|| Mapped {
        username: own.clone(),
        groups: Vec::new(),
    })
}

impl Mapped {
    /// Whether the name of an instance is to be filled in.
    pub fn needs_instance(&self) -> bool {
        let mut all = self.groups.iter().chain([&self.username]);
        all.any(|it| it.contains(PRIVATE_DNS_NAME))
    }

    /// `None` if a template does not fit the principal.
    pub fn user(&self, identity: &Identity, private_dns_name: Option<&str>) -> Option<UserInfo> {
        let fill = |it: &String| mapping::filled(it, identity, private_dns_name).ok();
        let groups: Option<Vec<String>> = self.groups.iter().map(fill).collect();
        Some(identity.user(fill(&self.username)?, groups?))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map() -> Value {
        json!({ "data": {
            "mapRoles": "- rolearn: arn:aws:iam::000000000000:role/nodes\n  username: system:node:{{EC2PrivateDNSName}}\n  groups:\n  - system:nodes\n",
            "mapUsers": "- userarn: arn:aws:iam::000000000000:user/jane\n  username: jane\n  groups: [devs]\n",
            "mapAccounts": "- \"111111111111\"\n",
        } })
    }

    fn role(name: &str, account: &str) -> Identity {
        let session = format!("arn:aws:sts::{account}:assumed-role/{name}/i-1");
        let role = format!("arn:aws:iam::{account}:role/path/{name}");
        Identity::new(&session, "AROAX:i-1", &role, account, "ASIA1")
    }

    #[test]
    fn principals_are_found_by_their_arn_or_account() {
        let node = role("nodes", "000000000000");
        let mapped = find(&map(), &node).unwrap();
        assert!(mapped.needs_instance());
        assert_eq!(mapped.user(&node, None), None);
        let user = mapped
            .user(&node, Some("ip-10-0-0-1.ec2.internal"))
            .unwrap();
        assert_eq!(user.name, "system:node:ip-10-0-0-1.ec2.internal");
        let arn = "arn:aws:iam::000000000000:user/jane";
        let jane = Identity::new(arn, "AIDAX", "", "000000000000", "AKIA1");
        let user = find(&map(), &jane).unwrap().user(&jane, None).unwrap();
        assert!(user.is_in("devs"));
        assert_eq!(find(&map(), &role("other", "000000000000")), None);
        let account = find(&map(), &role("other", "111111111111")).unwrap();
        assert_eq!(account.username, "arn:aws:iam::111111111111:role/other");
    }

    #[test]
    fn of_several_entries_for_a_principal_the_last_counts() {
        let entry = |role: &str, name: &str| {
            format!("- rolearn: arn:aws:iam::000000000000:role/{role}\n  username: {name}\n")
        };
        let username = |roles: &[String]| {
            let map = json!({ "data": { "mapRoles": roles.concat() } });
            find(&map, &role("nodes", "000000000000")).unwrap().username
        };
        let (first, last) = (entry("nodes", "first"), entry("nodes", "last"));
        assert_eq!(username(&[first.clone(), last.clone()]), "last");
        assert_eq!(username(&[last.clone(), first.clone()]), "first");
        // ARNs are told apart whatever their case.
        let other_case = entry("Nodes", "other case");
        assert_eq!(username(&[first.clone(), other_case]), "other case");
        assert_eq!(username(&[first, entry("others", "others")]), "first");
    }

    #[test]
    fn what_is_no_yaml_maps_nobody() {
        let broken = json!({ "data": { "mapRoles": "- [", "mapUsers": "x: y", "mapAccounts": 7 } });
        assert_eq!(find(&broken, &role("nodes", "000000000000")), None);
        assert_eq!(find(&Value::Null, &role("nodes", "000000000000")), None);
    }
}
