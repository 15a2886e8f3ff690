//! What RunInstances is asked for. Pure.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde_json::{Value, json};
use wharf_base::{Timestamp, public_images::PublicImage};
use wharf_records::{
    Unknown,
    ecs::{CapacityProvider, ManagedInstance, ManagedInstances},
};
use wharf_svc_ecs_model::{names::PRINCIPAL, provider::MANAGED_INSTANCE};

/// What says that ECS manages an instance, and its interface and volumes.
const MANAGED_TAG: &str = "AmazonECSManaged";
/// Of the root file system, whose size the provider says.
const ROOT_DEVICE: &str = "/dev/xvda";

/// Where an instance is to be, and of what type.
#[derive(Debug, Clone, Copy)]
pub struct Chosen<'a> {
    pub kind: &'a str,
    pub subnet: &'a str,
    pub zone: &'a str,
}

/// The record of an instance that is ordered now.
pub fn ordered(
    (provider, of): (&CapacityProvider, &ManagedInstances),
    region: &str,
    (id, chosen): (String, Chosen<'_>),
    now: Timestamp,
) -> ManagedInstance {
    ManagedInstance {
        request: request((provider, of), region, (&id, chosen)),
        provider: provider.name.clone(),
        cluster: of.cluster.clone(),
        instance_type: chosen.kind.to_owned(),
        subnet: chosen.subnet.to_owned(),
        zone: chosen.zone.to_owned(),
        role: of.role.clone(),
        ordered_at: now,
        ec2_instance: None,
        ending: false,
        unknown: Unknown::new(),
        id,
    }
}

fn request(
    (provider, of): (&CapacityProvider, &ManagedInstances),
    region: &str,
    (id, chosen): (&str, Chosen<'_>),
) -> Value {
    let mut tags = vec![json!({ "Key": MANAGED_TAG, "Value": "true" })];
    if of.propagate_tags {
        let own = provider.tags.iter().filter(|it| it.0 != MANAGED_TAG);
        tags.extend(own.map(|(key, value)| json!({ "Key": key, "Value": value })));
    }
    let mut tagged = vec!["instance", "network-interface", "volume"];
    if of.spot {
        tagged.push("spot-instances-request");
    }
    let tagged = tagged.iter();
    let tagged = tagged.map(|it| json!({ "ResourceType": it, "Tags": tags }));
    let tagged: Vec<Value> = tagged.collect();
    let mut interface = json!({
        "DeviceIndex": 0,
        "SubnetId": chosen.subnet,
        "DeleteOnTermination": true,
    });
    if !of.security_groups.is_empty() {
        interface["Groups"] = json!(of.security_groups);
    }
    let mut request = json!({
        "ClientToken": id,
        "MinCount": 1,
        "MaxCount": 1,
        "ImageId": PublicImage::for_ecs(region).id,
        "InstanceType": chosen.kind,
        "IamInstanceProfile": { "Arn": of.profile },
        "NetworkInterfaces": [interface],
        "TagSpecifications": tagged,
        "UserData": BASE64.encode(user_data(provider, of)),
        "Monitoring": { "Enabled": of.monitoring.as_deref() == Some("DETAILED") },
        "InstanceInitiatedShutdownBehavior": "terminate",
        "Operator": { "Principal": PRINCIPAL },
    });
    if of.spot {
        request["InstanceMarketOptions"] = json!({ "MarketType": "spot" });
    }
    if let Some(gib) = of.storage_gib {
        let root = json!({ "DeviceName": ROOT_DEVICE, "Ebs": { "VolumeSize": gib } });
        request["BlockDeviceMappings"] = json!([root]);
    }
    request
}

/// Names have no letter that means anything to a shell.
fn user_data(provider: &CapacityProvider, of: &ManagedInstances) -> String {
    let attributes = json!({ MANAGED_INSTANCE: provider.name });
    let lines = [
        "#!/bin/sh".to_owned(),
        "mkdir -p /etc/ecs".to_owned(),
        format!("echo ECS_CLUSTER={} > /etc/ecs/ecs.config", of.cluster),
        format!("echo 'ECS_INSTANCE_ATTRIBUTES={attributes}' >> /etc/ecs/ecs.config"),
    ];
    lines.join("\n") + "\n"
}

/// Whether EC2 has no room for it now, and may have some elsewhere.
pub fn is_without_room(code: &str) -> bool {
    matches!(
        code,
        "InsufficientInstanceCapacity"
            | "InsufficientFreeAddressesInSubnet"
            | "InstanceLimitExceeded"
            | "MaxSpotInstanceCountExceeded"
    )
}

/// Whether EC2 has instances of its type there, but none like that: a machine maker's have no profile, and others may.
pub fn is_of_other_types(code: &str) -> bool {
    matches!(code, "Unsupported" | "UnsupportedOperation")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use wharf_records::ecs::{ManagedScaling, ProviderStatus};

    use super::*;

    fn provider() -> CapacityProvider {
        CapacityProvider {
            name: "own".to_owned(),
            arn: "arn:aws:ecs:us-east-1:000000000000:capacity-provider/own".to_owned(),
            status: ProviderStatus::Active,
            update: None,
            update_reason: None,
            group_arn: String::new(),
            group_name: String::new(),
            scaling: ManagedScaling::default(),
            termination_protection: false,
            draining: true,
            managed: Some(Box::new(ManagedInstances {
                cluster: "web".to_owned(),
                role: "arn:aws:iam::000000000000:role/infra".to_owned(),
                profile: "arn:aws:iam::000000000000:instance-profile/node".to_owned(),
                subnets: vec!["subnet-1".to_owned()],
                security_groups: vec!["sg-1".to_owned()],
                spot: false,
                storage_gib: Some(40),
                monitoring: Some("DETAILED".to_owned()),
                propagate_tags: true,
                scale_in_after: None,
                requirements: None,
                unknown: Unknown::new(),
            })),
            clusters: ["web".to_owned()].into(),
            tags: BTreeMap::from([("team".to_owned(), "a".to_owned())]),
            created_at: Timestamp::from_millis(1),
            deleted_at: None,
            unknown: Unknown::new(),
        }
    }

    #[test]
    fn an_instance_is_asked_for_as_its_provider_says() {
        let provider = provider();
        let of = provider.managed.as_deref().unwrap();
        let chosen = Chosen {
            kind: "m5.large",
            subnet: "subnet-1",
            zone: "us-east-1a",
        };
        let now = Timestamp::from_millis(5);
        let made = ordered(
            (&provider, of),
            "us-east-1",
            ("0123".to_owned(), chosen),
            now,
        );
        assert_eq!(
            (made.instance_type.as_str(), made.zone.as_str()),
            ("m5.large", "us-east-1a")
        );
        let asked = &made.request;
        assert_eq!(asked["ClientToken"], "0123");
        assert_eq!(asked["Operator"]["Principal"], "ecs.amazonaws.com");
        assert_eq!(asked["NetworkInterfaces"][0]["Groups"], json!(["sg-1"]));
        assert_eq!(asked["BlockDeviceMappings"][0]["Ebs"]["VolumeSize"], 40);
        assert_eq!(asked["Monitoring"]["Enabled"], true);
        let tags = json!([
            { "Key": "AmazonECSManaged", "Value": "true" }, { "Key": "team", "Value": "a" },
        ]);
        assert_eq!(asked["TagSpecifications"][0]["Tags"], tags);
        let data = BASE64.decode(asked["UserData"].as_str().unwrap()).unwrap();
        let data = String::from_utf8(data).unwrap();
        assert!(data.contains("echo ECS_CLUSTER=web >"), "{data}");
        assert!(data.contains(r#"'ECS_INSTANCE_ATTRIBUTES={"AmazonECSManaged":"own"}' >>"#));
        // Each try asks for the same.
        let again = ordered(
            (&provider, of),
            "us-east-1",
            ("0123".to_owned(), chosen),
            now,
        );
        assert_eq!(again, made);
    }

    #[test]
    fn spot_capacity_is_asked_for_as_such() {
        let provider = provider();
        let of = ManagedInstances {
            spot: true,
            ..provider.managed.as_deref().unwrap().clone()
        };
        let chosen = Chosen {
            kind: "m5.large",
            subnet: "subnet-1",
            zone: "us-east-1a",
        };
        let asked = request((&provider, &of), "us-east-1", ("0123", chosen));
        assert_eq!(asked["InstanceMarketOptions"]["MarketType"], "spot");
        let kinds = asked["TagSpecifications"].as_array().unwrap();
        let last = &kinds.last().unwrap()["ResourceType"];
        assert_eq!(last, "spot-instances-request");
    }
}
