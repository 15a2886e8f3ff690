//! What is kept of an endpoint service and of the endpoints that lead to it, and how a service is shown.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wharf_api_ec2::types as wire;
use wharf_base::{Arn, Timestamp, arn};
use wharf_records::{Record, Unknown, ecs::Tags};
use wharf_wire::Context;

use super::{PrivateName, base_name, fault, name_of};
use crate::records::{entity, tags_to_wire};

const EVERYBODY: &str = "*";
/// IAM's longest path and its longest name.
const MAX_NAME: usize = 512 + 64;
/// The type of endpoints that lead to network load balancers.
const INTERFACE: &str = "Interface";

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EndpointService {
    /// `vpce-svc-…`
    pub id: String,
    /// ARNs of its load balancers.
    pub balancers: Vec<String>,
    pub acceptance_required: bool,
    /// Who may connect, beside its own account.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub principals: Vec<Allowed>,
    /// A name of the provider's that endpoints may have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private_name: Option<PrivateName>,
    /// Id of the pointer that the client token of its making left, deleted with it.
    pub token_id: Option<String>,
    /// Digest of the request that made it.
    pub asked: String,
    pub created_at: Timestamp,
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

entity!(EndpointService, "vpc-endpoint-service", fault::not_found);

/// One that may connect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowed {
    /// `vpce-svc-perm-…`
    pub id: String,
    /// `*`, or the canonical ARN of an account's root, a user or a role.
    pub principal: String,
}

/// Where a service is, under its region and id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServicePlace {
    pub account: String,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for ServicePlace {
    const KIND: &'static str = "vpc-endpoint-service-place";
    const FORMAT: u32 = 1;
}

/// By which a provider finds an endpoint that leads to its service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Connection {
    /// `vpce-con-…`
    pub id: String,
    pub service: String,
    pub endpoint: String,
    /// Whose the endpoint is.
    pub account: String,
    pub created_at: Timestamp,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Connection {
    const KIND: &'static str = "vpc-endpoint-connection";
    const FORMAT: u32 = 1;
}

/// What an endpoint has that leads to an endpoint service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// The account of the service.
    pub provider: String,
    pub state: LinkState,
    /// The service's name, if its VPC knows this endpoint by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private_name: Option<String>,
    /// Where its interfaces are, by their ids.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fronts: BTreeMap<String, Front>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkState {
    PendingAcceptance,
    Available,
    Rejected,
}

impl LinkState {
    pub fn name(self) -> &'static str {
        match self {
            Self::PendingAcceptance => "pendingAcceptance",
            Self::Available => "available",
            Self::Rejected => "rejected",
        }
    }

    /// What the provider's word makes of it; `None` if it is so already.
    pub fn answered(self, accepts: bool) -> Option<Self> {
        let answered = match accepts {
            true => Self::Available,
            false => Self::Rejected,
        };
        (answered != self).then_some(answered)
    }
}

/// An interface of an endpoint, and who answers there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Front {
    /// ARN of the load balancer.
    pub balancer: String,
    /// Instance id of the host that it is attached to.
    pub host: String,
}

impl EndpointService {
    /// Whether a caller may know of it and connect to it: who is of its own account, and whom it names.
    pub fn admits(&self, owner: &str, cx: &Context) -> bool {
        cx.account == owner || self.principals.iter().any(|it| it.is(cx))
    }

    /// `zones`: those of its load balancers.
    pub fn to_wire(&self, region: &str, zones: Vec<String>) -> wire::ServiceConfiguration {
        wire::ServiceConfiguration {
            service_type: Some(vec![service_type()]),
            service_id: Some(self.id.clone()),
            service_name: Some(name_of(&self.id, region)),
            service_state: Some("Available".to_owned()),
            availability_zone_ids: Some(crate::zone::ids(region, &zones)),
            availability_zones: Some(zones),
            acceptance_required: Some(self.acceptance_required),
            manages_vpc_endpoints: Some(false),
            network_load_balancer_arns: Some(self.balancers.clone()),
            private_dns_name: self.private_name.as_ref().map(|it| it.name.clone()),
            private_dns_name_configuration: self.private_name.as_ref().map(PrivateName::to_wire),
            supported_ip_address_types: Some(vec!["ipv4".to_owned()]),
            base_endpoint_dns_names: Some(vec![base_name(&self.id, region)]),
            tags: Some(tags_to_wire(&self.tags)),
            remote_access_enabled: Some(false),
            ..wire::ServiceConfiguration::default()
        }
    }

    /// As those see it who may connect to it.
    pub fn to_detail(
        &self,
        (owner, region): (&str, &str),
        zones: Vec<String>,
        tags: &Tags,
    ) -> wire::ServiceDetail {
        let private = self.private_name.as_ref();
        wire::ServiceDetail {
            service_name: Some(name_of(&self.id, region)),
            service_id: Some(self.id.clone()),
            service_type: Some(vec![service_type()]),
            service_region: Some(region.to_owned()),
            availability_zone_ids: Some(crate::zone::ids(region, &zones)),
            availability_zones: Some(zones),
            owner: Some(owner.to_owned()),
            base_endpoint_dns_names: Some(vec![base_name(&self.id, region)]),
            private_dns_name: private.map(|it| it.name.clone()),
            private_dns_names: private.map(|it| {
                vec![wire::PrivateDnsDetails {
                    private_dns_name: Some(it.name.clone()),
                }]
            }),
            private_dns_name_verification_state: private.map(|it| it.state.name().to_owned()),
            vpc_endpoint_policy_supported: Some(false),
            acceptance_required: Some(self.acceptance_required),
            manages_vpc_endpoints: Some(false),
            supported_ip_address_types: Some(vec!["ipv4".to_owned()]),
            tags: Some(tags_to_wire(tags)),
            ..wire::ServiceDetail::default()
        }
    }
}

fn service_type() -> wire::ServiceTypeDetail {
    wire::ServiceTypeDetail {
        service_type: Some(INTERFACE.to_owned()),
    }
}

impl Allowed {
    fn is(&self, cx: &Context) -> bool {
        let principal = self.principal.as_str();
        let caller = &cx.caller;
        principal == EVERYBODY
            || principal == caller.arn
            || principal == caller.role_arn
            || parts(principal) == Some((cx.account.clone(), "Account"))
    }

    /// As those in a region name it.
    pub fn seen_from(&self, region: &str) -> String {
        arn::as_seen_from(region, &self.principal).into_owned()
    }

    /// As AWS calls what it is.
    pub fn kind(&self) -> &'static str {
        match parts(&self.principal) {
            Some((_, kind)) => kind,
            None => "All",
        }
    }
}

/// Whether a service can name it, in its canonical form.
pub fn is_principal(text: &str) -> bool {
    text == EVERYBODY || parts(text).is_some()
}

/// The account of a principal, and what it is.
fn parts(principal: &str) -> Option<(String, &'static str)> {
    let arn: Arn = principal.parse().ok()?;
    let is_global = arn.region.is_empty() && arn.is_in_its_partition();
    let is_account = arn.account.len() == 12 && arn.account.bytes().all(|it| it.is_ascii_digit());
    if arn.service != "iam" || !is_global || !is_account {
        return None;
    }
    let kind = match arn.resource.split_once('/') {
        None if arn.resource == "root" => "Account",
        Some(("user", name)) if is_name(name) => "User",
        Some(("role", name)) if is_name(name) => "Role",
        _ => return None,
    };
    Some((arn.account, kind))
}

/// A name behind its path. Patterns are none.
fn is_name(text: &str) -> bool {
    let fits = |it: u8| it.is_ascii_graphic() && !matches!(it, b'*' | b'?');
    (1..=MAX_NAME).contains(&text.len()) && text.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use wharf_wire::Caller;

    use super::*;

    fn service(principals: &[&str]) -> EndpointService {
        EndpointService {
            id: "vpce-svc-1".to_owned(),
            balancers: Vec::new(),
            acceptance_required: true,
            principals: principals
                .iter()
                .map(|it| Allowed {
                    id: String::new(),
                    principal: (*it).to_owned(),
                })
                .collect(),
            private_name: None,
            token_id: None,
            asked: String::new(),
            created_at: Timestamp(0),
            tags: Tags::new(),
            unknown: Unknown::new(),
        }
    }

    fn role(account: &str, name: &str) -> Context {
        let mut cx = Context::internal(account, "us-east-1", "test", Timestamp(0));
        cx.caller = Caller::root(account);
        cx.caller.arn = format!("arn:aws:sts::{account}:assumed-role/{name}/session");
        cx.caller.role_arn = format!("arn:aws:iam::{account}:role/{name}");
        cx
    }

    #[test]
    fn who_may_connect() {
        let caller = role("222222222222", "a");
        for (principals, expected) in [
            (&[] as &[&str], false),
            (&["*"], true),
            (&["arn:aws:iam::222222222222:root"], true),
            (&["arn:aws:iam::333333333333:root"], false),
            (&["arn:aws:iam::222222222222:role/a"], true),
            (&["arn:aws:iam::222222222222:role/b"], false),
            (&["arn:aws:iam::222222222222:user/a"], false),
            (
                &[
                    "arn:aws:iam::333333333333:root",
                    "arn:aws:iam::222222222222:role/a",
                ],
                true,
            ),
        ] {
            let admits = service(principals).admits("111111111111", &caller);
            assert_eq!(admits, expected, "{principals:?}");
        }
        assert!(service(&[]).admits("222222222222", &caller), "its own");
    }

    #[test]
    fn what_can_be_named() {
        for (text, kind) in [
            ("*", Some("All")),
            ("arn:aws:iam::222222222222:root", Some("Account")),
            ("arn:aws:iam::222222222222:user/path/a", Some("User")),
            ("arn:aws:iam::222222222222:role/a", Some("Role")),
            ("arn:aws:iam::222222222222:role/", None),
            ("arn:aws:iam::222222222222:role/*", None),
            ("arn:aws:iam::222222222222:root/a", None),
            ("arn:aws:iam:us-east-1:222222222222:root", None),
            ("arn:aws-cn:iam::222222222222:root", None),
            ("arn:aws:iam::222222222222:group/a", None),
            ("arn:aws:iam::2:root", None),
            ("arn:aws:sts::222222222222:root", None),
            ("222222222222", None),
            ("", None),
        ] {
            assert_eq!(is_principal(text), kind.is_some(), "{text}");
            if let Some(kind) = kind {
                let allowed = Allowed {
                    id: String::new(),
                    principal: text.to_owned(),
                };
                assert_eq!(allowed.kind(), kind);
            }
        }
    }

    #[test]
    fn a_provider_answers_and_may_change_its_mind() {
        use LinkState::{Available, PendingAcceptance, Rejected};
        for (state, accepted, rejected) in [
            (PendingAcceptance, Some(Available), Some(Rejected)),
            (Available, None, Some(Rejected)),
            (Rejected, Some(Available), None),
        ] {
            assert_eq!(state.answered(true), accepted);
            assert_eq!(state.answered(false), rejected);
        }
    }

    #[test]
    fn records_are_stored_as_they_were_first() {
        let stored = serde_json::json!({
            "id": "vpce-svc-1",
            "balancers": ["arn:lb"],
            "acceptance_required": true,
            "token_id": null,
            "asked": "x",
            "created_at": Timestamp(5),
            "tags": {},
        });
        let read: EndpointService = serde_json::from_value(stored.clone()).unwrap();
        assert!(read.principals.is_empty());
        assert_eq!(serde_json::to_value(&read).unwrap(), stored);
        let stored = serde_json::json!({
            "name": "api.example.com", "label": "_1", "value": "vpce:2", "state": "pending",
        });
        let read: PrivateName = serde_json::from_value(stored.clone()).unwrap();
        assert_eq!(read.verified(), None);
        assert_eq!(serde_json::to_value(&read).unwrap(), stored);
        let stored = serde_json::json!({"provider": "1", "state": "pending-acceptance"});
        let link: Link = serde_json::from_value(stored.clone()).unwrap();
        assert_eq!(
            (link.state, link.fronts.len()),
            (LinkState::PendingAcceptance, 0)
        );
        assert_eq!(serde_json::to_value(&link).unwrap(), stored);
    }
}
