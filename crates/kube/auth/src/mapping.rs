//! From a principal of IAM to a user of a cluster: access entries, and templates of their names. Pure.

use std::collections::BTreeMap;

use wharf_base::Arn;

use crate::user::{AUTHENTICATED, UserInfo};

/// The types of access entries whose principals are nodes.
pub const NODE_TYPES: [&str; 3] = ["EC2_LINUX", "EC2_WINDOWS", "EC2"];
/// Nodes that are no instances: Fargate's, and machines elsewhere.
pub const SESSION_TYPES: [&str; 2] = ["FARGATE_LINUX", "HYBRID_LINUX"];
pub const STANDARD: &str = "STANDARD";

/// Who signed a token of EKS.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// `arn:aws:sts::A:assumed-role/ROLE/SESSION` or a user's.
    pub arn: String,
    /// The user's, or the role's without its path.
    pub canonical_arn: String,
    /// The role's with its path, or the user's: what access entries name.
    pub principal_arn: String,
    pub account: String,
    /// `AIDA…` or `AROA…`
    pub principal_id: String,
    /// Empty for who is no session.
    pub session: String,
    pub access_key_id: String,
}

impl Identity {
    /// Of a caller: the ARN and id that IAM sees, and the ARN of the role behind a session (empty for users).
    pub fn new(arn: &str, user_id: &str, role: &str, account: &str, key: &str) -> Self {
        // Behind a federated user stands who made the credentials, and is somebody else.
        let is_session = !role.is_empty() && !arn.contains(":federated-user/");
        let (id, session) = match user_id.split_once(':') {
            Some(both) if is_session => both,
            _ => (user_id, ""),
        };
        let principal = if is_session { role } else { arn };
        Self {
            arn: arn.to_owned(),
            canonical_arn: without_path(principal),
            principal_arn: principal.to_owned(),
            account: account.to_owned(),
            principal_id: id.to_owned(),
            session: session.to_owned(),
            access_key_id: key.to_owned(),
        }
    }

    /// The user of a cluster that it is by this name and in these groups.
    pub fn user(&self, name: String, groups: Vec<String>) -> UserInfo {
        let extra = [
            ("accessKeyId", &self.access_key_id),
            ("arn", &self.arn),
            (CANONICAL_ARN, &self.canonical_arn),
            (PRINCIPAL_ID, &self.principal_id),
            ("sessionName", &self.session),
            (
                "sigs.k8s.io/aws-iam-authenticator/principalId",
                &self.principal_id,
            ),
        ];
        let extra = extra.map(|(key, value)| (key.to_owned(), vec![value.clone()]));
        let authenticated = AUTHENTICATED.to_owned();
        UserInfo {
            name,
            uid: format!(
                "aws-iam-authenticator:{}:{}",
                self.account, self.principal_id
            ),
            groups: groups.into_iter().chain([authenticated]).collect(),
            extra: BTreeMap::from(extra),
        }
    }
}

/// The members of a user's `extra` that say which principal of IAM they are. Names that headers of impersonation give are in lower case,
/// so nobody takes these on.
pub const CANONICAL_ARN: &str = "canonicalArn";
pub const PRINCIPAL_ID: &str = "principalId";

/// Of a role, its ARN without its path; any other as it is.
pub fn without_path(arn: &str) -> String {
    let Ok(parsed) = arn.parse::<Arn>() else {
        return arn.to_owned();
    };
    match parsed.resource.strip_prefix("role/") {
        Some(rest) => {
            let name = rest.rsplit('/').next().unwrap_or_default();
            let resource = format!("role/{name}");
            Arn { resource, ..parsed }.to_string()
        }
        None => arn.to_owned(),
    }
}

/// What a template needs and is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} of this principal is not known")]
pub struct Unknown(pub &'static str);

/// What stands for the name of a node.
pub const PRIVATE_DNS_NAME: &str = "{{EC2PrivateDNSName}}";

/// Fills a template of a name or group in. `private_dns_name` is that of the instance whose session this is.
///
/// # Errors
/// The template names what this principal does not have: a session's name, or that of an instance.
pub fn filled(
    template: &str,
    identity: &Identity,
    private_dns_name: Option<&str>,
) -> Result<String, Unknown> {
    let session = |text: &str| match identity.session.is_empty() && template.contains(text) {
        true => Err(Unknown("the session")),
        false => Ok(()),
    };
    session("{{SessionName}}")?;
    session("{{SessionNameRaw}}")?;
    let mut text = template
        .replace("{{AccountID}}", &identity.account)
        .replace("{{AccessKeyID}}", &identity.access_key_id);
    if template.contains(PRIVATE_DNS_NAME) {
        let name = private_dns_name.ok_or(Unknown("the instance"))?;
        text = text.replace(PRIVATE_DNS_NAME, name);
    }
    // Last: a session is named by its maker, and may look like another template.
    Ok(text
        .replace("{{SessionNameRaw}}", &identity.session)
        .replace("{{SessionName}}", &identity.session.replace('@', "-")))
}

/// The name of those of an entry, unless it says one: by its type.
pub fn usual_name(entry_type: &str, principal_arn: &str) -> String {
    if NODE_TYPES.contains(&entry_type) {
        return format!("system:node:{PRIVATE_DNS_NAME}");
    }
    if SESSION_TYPES.contains(&entry_type) {
        return "system:node:{{SessionName}}".to_owned();
    }
    match principal_arn.parse::<Arn>() {
        Ok(arn) if arn.resource.starts_with("role/") => {
            let name = arn.resource.rsplit('/').next().unwrap_or_default();
            let resource = format!("assumed-role/{name}/{{{{SessionName}}}}");
            let service = "sts".to_owned();
            Arn {
                service,
                resource,
                ..arn
            }
            .to_string()
        }
        _ => principal_arn.to_owned(),
    }
}

/// The groups that the type of an entry brings.
pub fn usual_groups(entry_type: &str) -> Vec<String> {
    let groups: &[&str] = match entry_type {
        "EC2_LINUX" | "EC2" => &["system:nodes"],
        "EC2_WINDOWS" => &["system:nodes", "eks:kube-proxy-windows"],
        _ if SESSION_TYPES.contains(&entry_type) => &[
            "system:nodes",
            "system:bootstrappers",
            "system:node-proxier",
        ],
        _ => &[],
    };
    groups.iter().map(|it| (*it).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> Identity {
        Identity::new(
            "arn:aws:sts::000000000000:assumed-role/Admin/jane@example.com",
            "AROAX:jane@example.com",
            "arn:aws:iam::000000000000:role/team/Admin",
            "000000000000",
            "ASIA1",
        )
    }

    #[test]
    fn a_session_is_known_by_its_role() {
        let identity = session();
        assert_eq!(
            identity.canonical_arn,
            "arn:aws:iam::000000000000:role/Admin"
        );
        assert_eq!(identity.principal_id, "AROAX");
        let name = usual_name(STANDARD, &identity.principal_arn);
        assert_eq!(
            filled(&name, &identity, None).unwrap(),
            "arn:aws:sts::000000000000:assumed-role/Admin/jane-example.com"
        );
        let raw = filled("x:{{SessionNameRaw}}:{{AccountID}}", &identity, None);
        assert_eq!(raw.unwrap(), "x:jane@example.com:000000000000");
        let user = identity.user("jane".to_owned(), vec!["devs".to_owned()]);
        assert_eq!(user.uid, "aws-iam-authenticator:000000000000:AROAX");
        assert_eq!(user.groups, ["devs", AUTHENTICATED]);
    }

    #[test]
    fn a_node_is_named_by_its_instance() {
        let identity = session();
        let name = usual_name("EC2_LINUX", &identity.principal_arn);
        assert_eq!(filled(&name, &identity, None), Err(Unknown("the instance")));
        let filled = filled(&name, &identity, Some("ip-10-0-0-1.ec2.internal"));
        assert_eq!(filled.unwrap(), "system:node:ip-10-0-0-1.ec2.internal");
    }

    /// Neither the account's root, whose id is the account, nor who gave the credentials out.
    #[test]
    fn a_federated_user_is_nobody_else() {
        let maker = "arn:aws:iam::000000000000:user/admin";
        let arn = "arn:aws:sts::000000000000:federated-user/guest";
        let guest = Identity::new(arn, "000000000000:guest", maker, "000000000000", "ASIA2");
        assert_eq!(guest.principal_id, "000000000000:guest");
        assert_eq!(guest.principal_arn, arn);
        assert_eq!(guest.canonical_arn, arn);
    }

    #[test]
    fn a_users_name_is_its_arn() {
        let arn = "arn:aws:iam::000000000000:user/x/jane";
        let identity = Identity::new(arn, "AIDAX", "", "000000000000", "AKIA1");
        assert_eq!(usual_name(STANDARD, arn), arn);
        assert_eq!(identity.canonical_arn, arn);
        assert!(filled("{{SessionName}}", &identity, None).is_err());
    }

    /// Who names a session may not fill in what is another's.
    #[test]
    fn a_session_is_no_template() {
        let mut identity = session();
        identity.session = "{{EC2PrivateDNSName}}{{AccountID}}".to_owned();
        let filled = filled("u:{{SessionName}}", &identity, Some("other"));
        assert_eq!(filled.unwrap(), "u:{{EC2PrivateDNSName}}{{AccountID}}");
    }
}
