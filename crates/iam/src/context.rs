//! What is known about a request: condition keys and their values.

use std::{borrow::Cow, collections::BTreeMap, net::IpAddr};

use wharf_base::{Timestamp, arn::canonical};

use crate::principal::{Principal, PrincipalKind};

/// Condition keys (case does not count, in tag keys neither) and their values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    keys: BTreeMap<Box<str>, Vec<String>>,
}

impl Context {
    pub fn new() -> Self {
        Self::default()
    }

    /// One value; what stood there before is replaced.
    pub fn set(&mut self, key: &str, value: impl Into<String>) {
        self.set_all(key, [value]);
    }

    /// Any number of values (`aws:TagKeys`). None at all is the same as an absent key.
    pub fn set_all<T: Into<String>>(&mut self, key: &str, values: impl IntoIterator<Item = T>) {
        let canonical = |value: String| match canonical(&value) {
            Cow::Owned(canonical) => canonical,
            Cow::Borrowed(_) => value,
        };
        let values = values.into_iter().map(Into::into).map(canonical).collect();
        self.keys.insert(key.to_lowercase().into(), values);
    }

    /// `set` for what may be unknown.
    pub fn set_some(&mut self, key: &str, value: Option<impl Into<String>>) {
        if let Some(value) = value {
            self.set(key, value);
        }
    }

    /// All keys, in lower case, with their values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.keys.iter().map(|(key, values)| (&**key, &**values))
    }

    pub fn contains(&self, key: &str) -> bool {
        !self.values(&key.to_lowercase()).is_empty()
    }

    /// The values of a key in lower case; empty when it is absent.
    pub(crate) fn values(&self, lower: &str) -> &[String] {
        self.keys.get(lower).map_or(&[], Vec::as_slice)
    }

    /// The value of a key in lower case that has exactly one: what a variable can stand for.
    pub(crate) fn single(&self, lower: &str) -> Option<&str> {
        match self.values(lower) {
            [only] => Some(only),
            _ => None,
        }
    }
}

/// What every request brings along, whatever it does: the source of the global condition keys.
#[derive(Debug, Clone)]
pub struct Ambient<'a> {
    pub principal: &'a Principal,
    pub now: Timestamp,
    pub region: &'a str,
    pub source_ip: Option<IpAddr>,
    pub user_agent: Option<&'a str>,
    pub referer: Option<&'a str>,
    pub secure_transport: bool,
    /// The services that call on behalf of the principal, the first one first.
    pub called_via: &'a [String],
}

impl Ambient<'_> {
    /// The global keys (spec platform §3). Keys of the resource and of the service are added by the
    /// operation's row in its action table.
    pub fn context(&self) -> Context {
        let mut context = Context::new();
        self.add_principal(&mut context);
        context.set("aws:CurrentTime", self.now.iso8601_seconds());
        context.set(
            "aws:EpochTime",
            self.now.millis().div_euclid(1000).to_string(),
        );
        context.set("aws:RequestedRegion", self.region);
        context.set("aws:SecureTransport", self.secure_transport.to_string());
        context.set_some(
            "aws:SourceIp",
            self.source_ip.map(|ip| ip.to_canonical().to_string()),
        );
        context.set_some("aws:UserAgent", self.user_agent);
        context.set_some("aws:Referer", self.referer);
        context.set(
            "aws:ViaAWSService",
            (!self.called_via.is_empty()).to_string(),
        );
        context.set_all("aws:CalledVia", self.called_via.iter().cloned());
        context.set_some("aws:CalledViaFirst", self.called_via.first().cloned());
        context.set_some("aws:CalledViaLast", self.called_via.last().cloned());
        context
    }

    fn add_principal(&self, context: &mut Context) {
        let who = self.principal;
        let is_service = matches!(who.kind, PrincipalKind::Service { .. });
        context.set("aws:PrincipalIsAWSService", is_service.to_string());
        match &who.kind {
            PrincipalKind::Service { name } => {
                context.set("aws:PrincipalServiceName", name.clone());
                return;
            }
            PrincipalKind::Anonymous => {
                context.set("aws:PrincipalType", "Anonymous");
                return;
            }
            PrincipalKind::Federated { provider } => {
                context.set("aws:FederatedProvider", provider.clone());
                return;
            }
            PrincipalKind::Root => context.set("aws:PrincipalType", "Account"),
            PrincipalKind::User { name } => {
                context.set("aws:PrincipalType", "User");
                context.set("aws:username", name.clone());
            }
            PrincipalKind::Session { .. } => context.set("aws:PrincipalType", "AssumedRole"),
            PrincipalKind::FederatedUser { .. } => {
                context.set("aws:PrincipalType", "FederatedUser");
            }
        }
        context.set("aws:PrincipalArn", who.policy_arn());
        context.set("aws:PrincipalAccount", who.account.clone());
        context.set("aws:userid", who.user_id.clone());
        context.set_some("aws:SourceIdentity", who.source_identity.clone());
        if let Some(issued) = who.token_issued {
            context.set("aws:TokenIssueTime", issued.iso8601_seconds());
            // Temporary credentials always say whether a second factor was shown.
            context.set("aws:MultiFactorAuthPresent", "false");
        }
        for (key, value) in &who.tags {
            context.set(&format!("aws:PrincipalTag/{key}"), value.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ambient<'a>(principal: &'a Principal, via: &'a [String]) -> Context {
        Ambient {
            principal,
            now: Timestamp::from_millis(1_767_322_999_900),
            region: "us-east-1",
            source_ip: Some("::ffff:10.0.0.7".parse().unwrap()),
            user_agent: None,
            referer: None,
            secure_transport: false,
            called_via: via,
        }
        .context()
    }

    #[test]
    fn a_session_shows_its_role() {
        let role = "arn:aws:iam::000000000000:role/ops/deploy";
        let mut who = Principal::session(role, "AROAEXAMPLE", "run-1", Timestamp::from_millis(0));
        who.tags.insert("Team".to_owned(), "blue".to_owned());
        let context = ambient(&who, &[]);
        assert_eq!(context.single("aws:principalarn"), Some(role));
        assert_eq!(context.single("aws:userid"), Some("AROAEXAMPLE:run-1"));
        assert_eq!(context.single("aws:principaltag/team"), Some("blue"));
        assert_eq!(context.single("aws:sourceip"), Some("10.0.0.7"));
        assert_eq!(
            context.single("aws:tokenissuetime"),
            Some("1970-01-01T00:00:00Z")
        );
        assert!(!context.contains("aws:username"));
        assert!(!context.contains("aws:CalledVia"));
    }

    #[test]
    fn a_service_shows_its_name_and_no_account() {
        let via = [
            "ecs.amazonaws.com".to_owned(),
            "elasticloadbalancing.amazonaws.com".to_owned(),
        ];
        let context = ambient(&Principal::service("ecs.amazonaws.com"), &via);
        assert_eq!(
            context.single("aws:principalservicename"),
            Some("ecs.amazonaws.com")
        );
        assert_eq!(context.single("aws:calledvialast"), Some(via[1].as_str()));
        assert_eq!(context.single("aws:calledvia"), None);
        assert!(!context.contains("aws:PrincipalAccount"));
    }
}
