//! What filters of instances look at.

mod interfaces;

use std::collections::BTreeMap;

use wharf_api_ec2::types::{EbsInstanceBlockDevice, InstanceBlockDeviceMapping};
use wharf_wire::Context;

use super::describe::{NO_RECOVERY, OPEN, ROOT_DEVICE, dns_name, root_device_type, zone_id};
use crate::{
    filter::Fields,
    records::{Instance, Interface},
    volumes,
};

/// What filters look at beside instances themselves. Where no filter does, it is empty.
#[derive(Default)]
pub struct Beside {
    /// All of the account, by the instance they are attached to.
    pub interfaces: BTreeMap<String, Vec<Interface>>,
    /// Names of their security groups, by id.
    pub group_names: BTreeMap<String, String>,
    /// All of the account, by the instance they are attached to.
    pub volumes: BTreeMap<String, Vec<InstanceBlockDeviceMapping>>,
}

/// Whether a filter looks at network interfaces.
pub fn is_of_interfaces(name: &str) -> bool {
    name.starts_with("network-interface.")
        || name.starts_with("private-dns-name-options.")
        || matches!(name, "source-dest-check" | "ip-address")
}

/// By filter name.
pub fn fields(it: &Instance, cx: &Context, beside: &Beside) -> Fields {
    let one = |value: &str| vec![value.to_owned()];
    let maybe = |value: Option<&String>| value.cloned().into_iter().collect::<Vec<_>>();
    let life = &it.life;
    let switch = |on: bool| one(if on { "enabled" } else { "disabled" });
    let groups = || it.interface.groups.iter();
    let profile = it.profile.as_ref();
    let reason = life.reason.as_ref();
    let attached = beside.interfaces.get(&it.id);
    let attached = attached.map_or(&[][..], Vec::as_slice);
    let primary = attached.iter().find(|one| one.id == it.interface.id);
    let names = attached.iter().find_map(|it| it.resource_name);
    let names = names.unwrap_or_default();
    let filled = |text: &str| {
        Some(text.to_owned())
            .filter(|it| !it.is_empty())
            .into_iter()
            .collect::<Vec<_>>()
    };
    let boot_mode = || {
        let mode = it.image.boot_mode.map(|it| it.as_str().to_owned());
        mode.into_iter().collect::<Vec<_>>()
    };
    let name = filled(&dns_name(&cx.region, it));
    let root = |text: &str| {
        it.provider
            .is_host()
            .then(|| text.to_owned())
            .into_iter()
            .collect::<Vec<_>>()
    };
    let own = volumes::root_mapping(it);
    let attached_to = beside.volumes.get(&it.id);
    let attached_to = attached_to.map_or(&[][..], Vec::as_slice);
    let mappings = || own.iter().chain(attached_to);
    let of_ebs = |value: &dyn Fn(&EbsInstanceBlockDevice) -> Option<String>| -> Vec<String> {
        mappings()
            .filter_map(|it| value(it.ebs.as_ref()?))
            .collect()
    };
    let mut named = vec![
        ("architecture", one(&it.image.architecture)),
        ("availability-zone", one(&it.zone)),
        ("availability-zone-id", one(&zone_id(cx, it))),
        (
            "block-device-mapping.attach-time",
            of_ebs(&|it| it.attach_time.map(|at| at.iso8601())),
        ),
        (
            "block-device-mapping.delete-on-termination",
            of_ebs(&|it| it.delete_on_termination.map(|it| it.to_string())),
        ),
        (
            "block-device-mapping.device-name",
            mappings().filter_map(|it| it.device_name.clone()).collect(),
        ),
        (
            "block-device-mapping.status",
            of_ebs(&|it| it.status.clone()),
        ),
        (
            "block-device-mapping.volume-id",
            of_ebs(&|it| it.volume_id.clone()),
        ),
        (
            "capacity-reservation-specification.capacity-reservation-preference",
            one(OPEN),
        ),
        ("boot-mode", boot_mode()),
        ("client-token", maybe(it.client_token.as_ref())),
        ("current-instance-boot-mode", boot_mode()),
        ("ebs-optimized", one(&it.ebs_optimized.to_string())),
        ("ena-support", one("true")),
        ("enclave-options.enabled", one("false")),
        ("hibernation-options.configured", one("false")),
        ("hypervisor", one("xen")),
        ("iam-instance-profile.arn", maybe(profile.map(|it| &it.arn))),
        ("iam-instance-profile.id", maybe(profile.map(|it| &it.id))),
        ("image-id", filled(&it.image.id)),
        ("instance-id", one(&it.id)),
        (
            "instance-lifecycle",
            it.spot.iter().map(|_| "spot".to_owned()).collect(),
        ),
        ("instance-state-code", one(&life.shown().code().to_string())),
        ("instance-state-name", one(life.shown().name())),
        ("instance-type", one(&it.instance_type)),
        (
            "instance.group-id",
            groups().map(|it| it.id.clone()).collect(),
        ),
        (
            "instance.group-name",
            groups().map(|it| it.name.clone()).collect(),
        ),
        ("key-name", maybe(it.key.as_ref().map(|it| &it.name))),
        ("launch-index", one(&it.launch_index.to_string())),
        ("launch-time", one(&life.launched_at.iso8601())),
        ("maintenance-options.auto-recovery", one(NO_RECOVERY)),
        (
            "metadata-options.http-endpoint",
            switch(it.metadata.enabled),
        ),
        ("metadata-options.http-protocol-ipv4", switch(true)),
        ("metadata-options.http-protocol-ipv6", switch(false)),
        (
            "metadata-options.http-put-response-hop-limit",
            one(&it.metadata.hop_limit.to_string()),
        ),
        (
            "metadata-options.http-tokens",
            one(if it.metadata.tokens_required {
                "required"
            } else {
                "optional"
            }),
        ),
        (
            "metadata-options.instance-metadata-tags",
            switch(it.metadata.tags),
        ),
        ("metadata-options.state", one("applied")),
        ("monitoring-state", switch(it.monitoring)),
        ("operator.managed", one(&it.operator.is_some().to_string())),
        ("operator.principal", maybe(it.operator.as_ref())),
        ("owner-id", one(&cx.account)),
        ("platform-details", one("Linux/UNIX")),
        ("private-dns-name", name),
        ("private-dns-name-options.hostname-type", one("ip-name")),
        (
            "private-dns-name-options.enable-resource-name-dns-a-record",
            one(&names.ipv4.to_string()),
        ),
        (
            "private-dns-name-options.enable-resource-name-dns-aaaa-record",
            one(&names.ipv6.to_string()),
        ),
        (
            "private-ip-address",
            it.interface
                .known_address()
                .iter()
                .map(ToString::to_string)
                .collect(),
        ),
        ("reason", one(&life.transition)),
        ("requester-id", maybe(it.requester.as_ref())),
        ("reservation-id", one(&it.reservation)),
        ("root-device-name", root(ROOT_DEVICE)),
        ("root-device-type", root(root_device_type(it))),
        (
            "ip-address",
            primary
                .and_then(|it| it.public.as_ref())
                .map(|it| it.address.to_string())
                .into_iter()
                .collect(),
        ),
        (
            "ipv6-address",
            it.interface.ipv6.iter().map(ToString::to_string).collect(),
        ),
        (
            "source-dest-check",
            primary
                .map(|it| it.source_dest_check.to_string())
                .into_iter()
                .collect(),
        ),
        (
            "spot-instance-request-id",
            it.spot.iter().map(|it| it.request.clone()).collect(),
        ),
        ("state-reason-code", maybe(reason.map(|it| &it.code))),
        ("state-reason-message", maybe(reason.map(|it| &it.message))),
        ("subnet-id", filled(&it.subnet_id)),
        (
            "placement-group-name",
            it.placement.iter().map(|it| it.name.clone()).collect(),
        ),
        (
            "placement-partition-number",
            it.placement
                .iter()
                .filter_map(|it| Some(it.partition?.to_string()))
                .collect(),
        ),
        ("tenancy", one("default")),
        ("usage-operation", one("RunInstances")),
        ("usage-operation-update-time", one(&it.created_at.iso8601())),
        ("virtualization-type", one("hvm")),
        ("vpc-id", filled(&it.vpc_id)),
    ];
    named.extend(interfaces::fields(it, attached, cx, &beside.group_names));
    named
}
