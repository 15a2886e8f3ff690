//! What an EC2 instance is as a container instance, and whose credentials its node has.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use serde_json::json;
use wharf_base::Timestamp;
use wharf_wire::sigv4::SigningKeys;

use crate::{
    allow::Allow,
    engine::admission::HostCapacity,
    node::{
        NodeError,
        register::{ARCHITECTURE, Host, capabilities},
    },
    volumes::CAPABILITY,
};

/// Says that tasks have no network but interfaces of their own.
const NO_BRIDGE: &str = "wharf.no-bridge-network";
/// Ports that no task may claim on an instance (ecs.md §7).
const RESERVED_PORTS: [u16; 5] = [22, 2375, 2376, 51678, 51679];
/// What tasks of an instance cannot have: its network is not its own here.
const NOT_OFFERED: &str = "com.amazonaws.ecs.capability.task-iam-role-network-host";
/// Names that are not the instance's to give: ECS's, and those by which hosts of wharf say what they offer.
const RESERVED_NAMES: [&str; 3] = ["ecs.", "com.amazonaws.", "wharf."];
/// AWS allows ten; agents of instances have no need of more.
const MOST_ATTRIBUTES: usize = 10;
/// Digits of the id of an instance.
const ID_DIGITS: [usize; 2] = [8, 17];

/// A node for an EC2 instance of this machine.
#[derive(Clone)]
pub struct InstanceNode {
    /// `i-…`
    pub instance: String,
    pub instance_type: String,
    /// `ami-…`
    pub image: String,
    pub region: String,
    pub zone: String,
    pub vpc: String,
    pub subnet: String,
    /// Name or ARN.
    pub cluster: String,
    pub cpu_units: u32,
    /// Of these, what it has while all others want theirs.
    pub cpu_guaranteed: u32,
    pub memory_mib: u32,
    /// Of the instance's own choice.
    pub attributes: BTreeMap<String, String>,
    pub credentials: Arc<dyn RoleCredentials>,
    /// Whether it takes no more tasks once this says that its Spot capacity is taken back.
    pub drains: Option<Noticed>,
}

/// Whether an instance has its notice.
pub type Noticed = Arc<dyn Fn() -> bool + Send + Sync>;

/// Keys of an instance's role.
#[derive(Clone)]
pub struct SessionCredentials {
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: String,
    pub expires_at: Timestamp,
}

/// There are none.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct NoCredentials(pub String);

/// Where the credentials of an instance's role come from.
#[async_trait]
pub trait RoleCredentials: Send + Sync {
    /// Those that are good now, renewed in time.
    ///
    /// # Errors
    /// There are none: the instance has no role, or nobody gives them out.
    async fn current(&self) -> Result<SessionCredentials, NoCredentials>;
}

impl SessionCredentials {
    pub fn signing_keys(self) -> SigningKeys {
        SigningKeys {
            access_key_id: self.access_key_id,
            secret_access_key: self.secret_access_key,
            session_token: Some(self.session_token),
        }
    }
}

/// Whether it can be the name of a folder and of a cgroup too.
pub fn is_instance_id(id: &str) -> bool {
    let is_digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    id.strip_prefix("i-")
        .is_some_and(|rest| ID_DIGITS.contains(&rest.len()) && rest.bytes().all(is_digit))
}

impl InstanceNode {
    /// # Errors
    /// The id or an attribute cannot be.
    pub fn check(&self) -> Result<(), NodeError> {
        if !is_instance_id(&self.instance) {
            return Err(NodeError::InstanceId(self.instance.clone()));
        }
        let mut names = self.attributes.keys();
        let foreign = names.find(|name| RESERVED_NAMES.iter().any(|own| name.starts_with(own)));
        let beyond = || self.attributes.keys().nth(MOST_ATTRIBUTES);
        match foreign.or_else(beyond) {
            Some(name) => Err(NodeError::Attribute(name.clone())),
            None => Ok(()),
        }
    }

    /// What it registers. Its users lend their tasks nothing of the machine.
    pub fn host(&self, keeps_volumes: bool) -> Host {
        let mut attributes = capabilities();
        attributes.retain(|(name, _)| name != NOT_OFFERED);
        attributes.extend(Allow::default().attributes());
        attributes.push((NO_BRIDGE.to_owned(), None));
        if keeps_volumes {
            attributes.push((CAPABILITY.to_owned(), None));
        }
        for (name, value) in [("ecs.vpc-id", &self.vpc), ("ecs.subnet-id", &self.subnet)] {
            attributes.push((name.to_owned(), Some(value.clone())));
        }
        let document = json!({
            "instanceId": self.instance,
            "instanceType": self.instance_type,
            "imageId": self.image,
            "availabilityZone": self.zone,
            "region": self.region,
            "architecture": ARCHITECTURE,
        });
        Host {
            capacity: HostCapacity {
                cpu: self.cpu_units.into(),
                memory: self.memory_mib.into(),
            },
            reserved_ports: RESERVED_PORTS.to_vec(),
            attributes,
            custom: self.attributes.clone(),
            document: document.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nobody;

    #[async_trait]
    impl RoleCredentials for Nobody {
        async fn current(&self) -> Result<SessionCredentials, NoCredentials> {
            Err(NoCredentials("none".to_owned()))
        }
    }

    fn node(instance: &str, attributes: &[&str]) -> InstanceNode {
        let named = attributes
            .iter()
            .map(|name| ((*name).to_owned(), "1".to_owned()));
        InstanceNode {
            instance: instance.to_owned(),
            instance_type: "t3.small".to_owned(),
            image: "ami-1".to_owned(),
            region: "us-east-1".to_owned(),
            zone: "us-east-1b".to_owned(),
            vpc: "vpc-1".to_owned(),
            subnet: "subnet-1".to_owned(),
            cluster: "default".to_owned(),
            cpu_units: 2048,
            cpu_guaranteed: 2048,
            memory_mib: 2000,
            attributes: named.collect(),
            credentials: Arc::new(Nobody),
            drains: None,
        }
    }

    #[test]
    fn ids_are_names_of_folders() {
        for (id, good) in [
            ("i-0123456789abcdef0", true),
            ("i-01234567", true),
            ("i-0123456789abcdef", false),
            ("i-../../../../../..", false),
            ("i-0123456789ABCDEF0", false),
            ("mi-0123456789abcdef0", false),
            ("", false),
        ] {
            assert_eq!(is_instance_id(id), good, "{id}");
            assert_eq!(node(id, &[]).check().is_ok(), good, "{id}");
        }
    }

    #[test]
    fn an_instance_offers_nothing_of_its_machine() {
        let id = "i-0123456789abcdef0";
        assert!(node(id, &["rack"]).check().is_ok());
        for name in [
            "wharf.fargate-capacity",
            "wharf.allow.privileged",
            "ecs.vpc-id",
        ] {
            let refused = node(id, &[name]).check();
            assert!(matches!(refused, Err(NodeError::Attribute(it)) if it == name));
        }
        let many: Vec<String> = (0..11).map(|n| format!("a{n:02}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(node(id, &many).check().is_err());

        let host = node(id, &["rack"]).host(false);
        let has = |name: &str| host.attributes.iter().any(|(it, _)| it == name);
        assert!(
            has("ecs.capability.task-eni")
                && has("ecs.vpc-id")
                && has("wharf.allow")
                && has(NO_BRIDGE)
        );
        assert!(!has(NOT_OFFERED) && !has("wharf.fargate-capacity") && !has(CAPABILITY));
        let keeping = node(id, &[]).host(true);
        assert!(keeping.attributes.iter().any(|(it, _)| it == CAPABILITY));
        let lent = |name: &str| name.starts_with("wharf.allow.");
        assert!(!host.attributes.iter().any(|(name, _)| lent(name)));
        let document: serde_json::Value = serde_json::from_str(&host.document).unwrap();
        assert_eq!(document["instanceId"], id);
        assert_eq!(document["availabilityZone"], "us-east-1b");
    }
}
