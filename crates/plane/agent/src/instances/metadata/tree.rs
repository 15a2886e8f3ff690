//! What an instance may read of itself, as a tree of paths. Pure.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::json;
use wharf_base::{Cidr6, Timestamp};
use wharf_planeproto::machine::{Instance, ScheduledEvent};

const VERSION: &str = "2017-09-30";

/// The leaves below `meta-data`, credentials excepted, which are fetched when they are asked for.
fn meta_data(it: &Instance) -> BTreeMap<String, String> {
    let mut leaves = BTreeMap::new();
    let mut put = |path: &str, value: String| drop(leaves.insert(path.to_owned(), value));
    let (metadata, interface) = (&it.metadata, &it.interface);
    let address = interface.address.to_string();
    let further = interface.secondary.iter().map(ToString::to_string);
    let all: Vec<String> = std::iter::once(address.clone()).chain(further).collect();
    let groups = |of: fn(&wharf_planeproto::machine::Group) -> &String| {
        let all: Vec<&str> = interface
            .groups
            .iter()
            .map(|group| of(group).as_str())
            .collect();
        all.join("\n")
    };
    put("ami-id", metadata.image_id.clone());
    put("ami-launch-index", metadata.launch_index.to_string());
    let (to_come, over): (Vec<_>, Vec<_>) =
        (metadata.events.iter()).partition(|it| it.state == "active");
    put("events/maintenance/history", events(&over));
    put("events/maintenance/scheduled", events(&to_come));
    put("hostname", metadata.host_name.clone());
    put("instance-action", "none".to_owned());
    put("instance-id", it.id.clone());
    let life_cycle = match &metadata.spot {
        Some(_) => "spot",
        None => "on-demand",
    };
    put("instance-life-cycle", life_cycle.to_owned());
    if let Some(notice) = metadata.spot.as_ref().and_then(|it| it.notice.as_ref()) {
        let time = Timestamp(notice.at_ms).iso8601_seconds();
        let action = json!({ "action": notice.action, "time": time });
        put("spot/instance-action", action.to_string());
        // An instance that is stopped has none.
        if notice.action == "terminate" {
            put("spot/termination-time", time);
        }
    }
    put("instance-type", it.instance_type.clone());
    put("local-hostname", metadata.host_name.clone());
    put("local-ipv4", address);
    put("mac", interface.mac.clone());
    put("placement/availability-zone", it.zone.clone());
    put("placement/region", it.region.clone());
    if let Some((name, partition)) = &metadata.group {
        put("placement/group-name", name.clone());
        if let Some(partition) = partition {
            put("placement/partition-number", partition.to_string());
        }
    }
    put("profile", "default-hvm".to_owned());
    put("reservation-id", metadata.reservation.clone());
    put("security-groups", groups(|group| &group.name));
    put("services/domain", "amazonaws.com".to_owned());
    put("services/partition", "aws".to_owned());
    let below = format!("network/interfaces/macs/{}", interface.mac);
    for (name, value) in [
        ("device-number", "0".to_owned()),
        ("interface-id", interface.id.clone()),
        ("local-hostname", metadata.host_name.clone()),
        ("local-ipv4s", all.join("\n")),
        ("mac", interface.mac.clone()),
        ("owner-id", it.account.clone()),
        ("security-group-ids", groups(|group| &group.id)),
        ("security-groups", groups(|group| &group.name)),
        ("subnet-id", interface.subnet.clone()),
        ("subnet-ipv4-cidr-block", interface.subnet_cidr.clone()),
        ("vpc-id", interface.vpc.clone()),
    ] {
        put(&format!("{below}/{name}"), value);
    }
    if let Some(first) = interface.ipv6.first() {
        let all: Vec<String> = interface.ipv6.iter().map(ToString::to_string).collect();
        put("ipv6", first.to_string());
        put(&format!("{below}/ipv6s"), all.join("\n"));
        // Subnets have one of that size.
        let subnet = Cidr6::around(*first, 64).map(|it| it.to_string());
        put(
            &format!("{below}/subnet-ipv6-cidr-blocks"),
            subnet.unwrap_or_default(),
        );
    }
    for (number, (_, line)) in metadata.public_keys.iter().enumerate() {
        put(&format!("public-keys/{number}/openssh-key"), line.clone());
    }
    for (key, value) in metadata.tags.iter().flatten() {
        put(&format!("tags/instance/{key}"), value.clone());
    }
    if let Some((arn, id)) = &metadata.profile {
        let info = json!({
            "Code": "Success",
            "LastUpdated": Timestamp(it.launched_at_ms).iso8601_seconds(),
            "InstanceProfileArn": arn,
            "InstanceProfileId": id,
        });
        put("iam/info", info.to_string());
        // That there are some; which is asked elsewhere.
        put("iam/security-credentials/", String::new());
    }
    leaves
}

/// Scheduled events, with times as they are written there.
fn events(of: &[&ScheduledEvent]) -> String {
    let told = of.iter().map(|it| {
        let at = Timestamp(it.not_before_ms).http_date();
        // Without the day of the week.
        let at = at.split_once(", ").map_or(at.as_str(), |(_, at)| at);
        json!({
            "NotBefore": at,
            "Code": it.code,
            "Description": it.description,
            "EventId": it.id,
            "State": it.state,
        })
    });
    serde_json::Value::from_iter(told).to_string()
}

fn identity(it: &Instance) -> String {
    let architecture = if cfg!(target_arch = "aarch64") {
        "arm64"
    } else {
        "x86_64"
    };
    let document = json!({
        "accountId": it.account,
        "architecture": architecture,
        "availabilityZone": it.zone,
        "billingProducts": null,
        "devpayProductCodes": null,
        "marketplaceProductCodes": null,
        "imageId": it.metadata.image_id,
        "instanceId": it.id,
        "instanceType": it.instance_type,
        "kernelId": null,
        "pendingTime": Timestamp(it.launched_at_ms).iso8601_seconds(),
        "privateIp": it.interface.address.to_string(),
        "ramdiskId": null,
        "region": it.region,
        "version": VERSION,
    });
    serde_json::to_string_pretty(&document).unwrap_or_default()
}

/// Something that is asked for.
#[derive(Debug, PartialEq, Eq)]
pub enum Asked {
    Found(Vec<u8>),
    /// The names of roles that there are credentials of.
    Roles,
    /// Credentials of the role.
    Credentials(String),
    Nothing,
}

/// `path` is that of the request, `/latest/meta-data/…`; dates of versions mean the same.
pub fn look(it: &Instance, path: &str) -> Asked {
    let path = path.trim_start_matches('/');
    let (version, rest) = path.split_once('/').unwrap_or((path, ""));
    if version.is_empty() {
        return Asked::Found(format!("{VERSION}\nlatest").into_bytes());
    }
    let is_date = version.len() == 10
        && version.starts_with("20")
        && version.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    if version != "latest" && !is_date {
        return Asked::Nothing;
    }
    let (part, below) = rest.split_once('/').unwrap_or((rest, ""));
    match part {
        "" => {
            let user_data = if it.user_data.is_some() {
                "\nuser-data"
            } else {
                ""
            };
            Asked::Found(format!("dynamic\nmeta-data{user_data}").into_bytes())
        }
        "user-data" => {
            let text = it
                .user_data
                .as_deref()
                .map(|text| BASE64_STANDARD.decode(text));
            text.and_then(Result::ok)
                .map_or(Asked::Nothing, Asked::Found)
        }
        "dynamic" => {
            let document = ("instance-identity/document".to_owned(), identity(it));
            in_tree(&BTreeMap::from([document]), below)
        }
        "meta-data" => match below.trim_end_matches('/') {
            "iam/security-credentials" if it.metadata.profile.is_some() => Asked::Roles,
            "public-keys" if !it.metadata.public_keys.is_empty() => {
                let keys = it.metadata.public_keys.iter().enumerate();
                let lines: Vec<String> =
                    keys.map(|(at, (name, _))| format!("{at}={name}")).collect();
                Asked::Found(lines.join("\n").into_bytes())
            }
            _ => match below.strip_prefix("iam/security-credentials/") {
                Some(role) if it.metadata.profile.is_some() => {
                    Asked::Credentials(role.trim_end_matches('/').to_owned())
                }
                _ => in_tree(&meta_data(it), below),
            },
        },
        _ => Asked::Nothing,
    }
}

/// A leaf, or the names below a branch, those of branches with a slash behind them.
fn in_tree(leaves: &BTreeMap<String, String>, path: &str) -> Asked {
    if let Some(leaf) = leaves.get(path) {
        return Asked::Found(leaf.clone().into_bytes());
    }
    let below = match path.trim_end_matches('/') {
        "" => String::new(),
        branch => format!("{branch}/"),
    };
    let names: BTreeSet<String> = leaves
        .keys()
        .filter_map(|leaf| leaf.strip_prefix(&below))
        .map(|rest| match rest.split_once('/') {
            Some((branch, _)) => format!("{branch}/"),
            None => rest.to_owned(),
        })
        .collect();
    if names.is_empty() {
        return Asked::Nothing;
    }
    let names: Vec<String> = names.into_iter().collect();
    Asked::Found(names.join("\n").into_bytes())
}

#[cfg(test)]
pub mod tests {
    use wharf_planeproto::machine::{Group, Image, Interface, Metadata, Spot, SpotNotice, Wanted};

    use super::*;

    pub fn instance() -> Instance {
        Instance {
            id: "i-1".to_owned(),
            account: "000000000000".to_owned(),
            region: "us-east-1".to_owned(),
            zone: "us-east-1a".to_owned(),
            host: "i-0".to_owned(),
            wanted: Wanted::Running,
            boot: 1,
            image: Image::Own,
            instance_type: "t3.nano".to_owned(),
            cpu: 1024,
            cpu_guaranteed: None,
            memory_mib: 96,
            disk_bytes: 1,
            restore: false,
            virtual_machine: false,
            sealed: false,
            devices: Vec::new(),
            one_pod: None,
            pod_volumes: None,
            interface: Interface {
                id: "eni-1".to_owned(),
                vpc: "vpc-1".to_owned(),
                subnet: "subnet-1".to_owned(),
                subnet_cidr: "172.31.16.0/20".to_owned(),
                address: [172, 31, 16, 4].into(),
                mac: "0a:00:00:00:00:01".to_owned(),
                secondary: vec![[172, 31, 16, 9].into()],
                ipv6: vec!["fd12:3456:789a:bc01::5".parse().unwrap()],
                groups: vec![Group {
                    id: "sg-1".to_owned(),
                    name: "default".to_owned(),
                }],
                search: Vec::new(),
                name_servers: Vec::new(),
            },
            metadata: Metadata {
                enabled: true,
                image_id: "ami-1".to_owned(),
                public_keys: vec![("mine".to_owned(), "ssh-ed25519 AAAA".to_owned())],
                profile: Some((
                    "arn:aws:iam::000000000000:instance-profile/p".to_owned(),
                    "AIPA1".to_owned(),
                )),
                tags: Some(vec![("Name".to_owned(), "web".to_owned())]),
                ..Metadata::default()
            },
            user_data: Some(BASE64_STANDARD.encode("#!/bin/sh\n")),
            launched_at_ms: 0,
        }
    }

    #[test]
    fn paths() {
        let it = instance();
        let check = |path: &str, wanted: &str| {
            let found = look(&it, path);
            assert_eq!(
                found,
                Asked::Found(wanted.as_bytes().to_vec()),
                "{path}: {found:?}"
            );
        };
        check("/", "2017-09-30\nlatest");
        check("/latest/", "dynamic\nmeta-data\nuser-data");
        check("/latest/user-data", "#!/bin/sh\n");
        check("/latest/meta-data/instance-id", "i-1");
        check(
            "/2021-03-23/meta-data/placement/",
            "availability-zone\nregion",
        );
        check("/latest/meta-data/placement", "availability-zone\nregion");
        check(
            "/latest/meta-data/network/interfaces/macs/",
            "0a:00:00:00:00:01/",
        );
        check(
            "/latest/meta-data/network/interfaces/macs/0a:00:00:00:00:01/vpc-id",
            "vpc-1",
        );
        check(
            "/latest/meta-data/network/interfaces/macs/0a:00:00:00:00:01/local-ipv4s",
            "172.31.16.4\n172.31.16.9",
        );
        check("/latest/meta-data/public-keys/", "0=mine");
        check(
            "/latest/meta-data/public-keys/0/openssh-key",
            "ssh-ed25519 AAAA",
        );
        check("/latest/meta-data/tags/instance/Name", "web");
        check("/latest/meta-data/security-groups", "default");
        check("/latest/meta-data/iam/", "info\nsecurity-credentials/");
        assert_eq!(
            look(&it, "/latest/meta-data/iam/security-credentials/"),
            Asked::Roles
        );
        let of_role = Asked::Credentials("web".to_owned());
        assert_eq!(
            look(&it, "/latest/meta-data/iam/security-credentials/web"),
            of_role
        );
        for nothing in [
            "/x",
            "/latest/x",
            "/latest/meta-data/x",
            "/latest/meta-data/tags/instance/No",
        ] {
            assert_eq!(look(&it, nothing), Asked::Nothing, "{nothing}");
        }
        let Asked::Found(document) = look(&it, "/latest/dynamic/instance-identity/document") else {
            panic!("it is there");
        };
        let document: serde_json::Value = serde_json::from_slice(&document).unwrap();
        assert_eq!(document["instanceId"], "i-1");
    }

    #[test]
    fn a_spot_instance_reads_that_its_capacity_is_taken_back() {
        let mut it = instance();
        let life_cycle = "/latest/meta-data/instance-life-cycle";
        let action = "/latest/meta-data/spot/instance-action";
        let time = "/latest/meta-data/spot/termination-time";
        assert_eq!(look(&it, life_cycle), Asked::Found(b"on-demand".to_vec()));
        it.metadata.spot = Some(Spot::default());
        assert_eq!(look(&it, life_cycle), Asked::Found(b"spot".to_vec()));
        for nothing in [action, time] {
            assert_eq!(look(&it, nothing), Asked::Nothing);
        }
        for (what, ends) in [("terminate", true), ("stop", false)] {
            it.metadata.spot = Some(Spot {
                notice: Some(SpotNotice {
                    action: what.to_owned(),
                    at_ms: 1_700_000_000_000,
                }),
            });
            let wanted = format!(r#"{{"action":"{what}","time":"2023-11-14T22:13:20Z"}}"#);
            assert_eq!(look(&it, action), Asked::Found(wanted.into_bytes()));
            let found = look(&it, time);
            let at = Asked::Found(b"2023-11-14T22:13:20Z".to_vec());
            assert_eq!(found == at, ends, "{what}");
        }
    }

    #[test]
    fn an_instance_reads_what_is_to_be_done_with_it() {
        let mut it = instance();
        let scheduled = "/latest/meta-data/events/maintenance/scheduled";
        let history = "/latest/meta-data/events/maintenance/history";
        for path in [scheduled, history] {
            assert_eq!(look(&it, path), Asked::Found(b"[]".to_vec()));
        }
        let event = |id: &str, state: &str| ScheduledEvent {
            id: id.to_owned(),
            code: "instance-retirement".to_owned(),
            description: "bad".to_owned(),
            not_before_ms: 1_700_000_000_000,
            state: state.to_owned(),
        };
        it.metadata.events = vec![event("e-1", "canceled"), event("e-2", "active")];
        for (path, id, state) in [(scheduled, "e-2", "active"), (history, "e-1", "canceled")] {
            let Asked::Found(found) = look(&it, path) else {
                panic!("it is there");
            };
            let found: serde_json::Value = serde_json::from_slice(&found).unwrap();
            let wanted = json!([{
                "NotBefore": "14 Nov 2023 22:13:20 GMT",
                "Code": "instance-retirement",
                "Description": "bad",
                "EventId": id,
                "State": state,
            }]);
            assert_eq!(found, wanted);
        }
    }

    #[test]
    fn what_there_is_none_of_is_not_listed() {
        let mut it = instance();
        it.metadata.profile = None;
        it.metadata.tags = None;
        it.metadata.public_keys.clear();
        it.user_data = None;
        for nothing in [
            "/latest/user-data",
            "/latest/meta-data/iam/info",
            "/latest/meta-data/iam/security-credentials/",
            "/latest/meta-data/public-keys/",
            "/latest/meta-data/tags/",
        ] {
            assert_eq!(look(&it, nothing), Asked::Nothing, "{nothing}");
        }
        assert_eq!(
            look(&it, "/latest"),
            Asked::Found(b"dynamic\nmeta-data".to_vec())
        );
    }
}
