//! What filters of instances look at.

use std::collections::BTreeMap;

use wharf_api_ec2::types::{EbsInstanceBlockDevice, InstanceBlockDeviceMapping};
use wharf_wire::Context;

use super::describe::{ROOT_DEVICE, dns_name, zone_id};
use crate::{
    filter::Fields,
    records::{Instance, Interface, private_dns_name},
};

/// By filter name. `interfaces`: all of the account, by the instance they are attached to; `volumes`: likewise.
pub fn fields(
    it: &Instance,
    cx: &Context,
    interfaces: &BTreeMap<String, Vec<Interface>>,
    volumes: &BTreeMap<String, Vec<InstanceBlockDeviceMapping>>,
) -> Fields {
    let one = |value: &str| vec![value.to_owned()];
    let maybe = |value: Option<&String>| value.cloned().into_iter().collect::<Vec<_>>();
    let life = &it.life;
    let switch = |on: bool| one(if on { "enabled" } else { "disabled" });
    let groups = || it.interface.groups.iter();
    let profile = it.profile.as_ref();
    let reason = life.reason.as_ref();
    let attached = interfaces.get(&it.id).map_or(&[][..], Vec::as_slice);
    let of_each = |value: &dyn Fn(&Interface) -> Vec<String>| -> Vec<String> {
        attached.iter().flat_map(value).collect()
    };
    let filled = |text: &str| {
        Some(text.to_owned())
            .filter(|it| !it.is_empty())
            .into_iter()
            .collect::<Vec<_>>()
    };
    let name = filled(&dns_name(&cx.region, it));
    let root = |text: &str| {
        it.provider
            .is_host()
            .then(|| text.to_owned())
            .into_iter()
            .collect::<Vec<_>>()
    };
    let mappings = volumes.get(&it.id).map_or(&[][..], Vec::as_slice);
    let of_ebs = |value: &dyn Fn(&EbsInstanceBlockDevice) -> Option<String>| -> Vec<String> {
        mappings
            .iter()
            .filter_map(|it| value(it.ebs.as_ref()?))
            .collect()
    };
    vec![
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
            mappings
                .iter()
                .filter_map(|it| it.device_name.clone())
                .collect(),
        ),
        (
            "block-device-mapping.status",
            of_ebs(&|it| it.status.clone()),
        ),
        (
            "block-device-mapping.volume-id",
            of_ebs(&|it| it.volume_id.clone()),
        ),
        ("client-token", maybe(it.client_token.as_ref())),
        ("ebs-optimized", one(&it.ebs_optimized.to_string())),
        ("ena-support", one("true")),
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
        (
            "network-interface.addresses.primary",
            of_each(&|it| {
                let all = it.addresses();
                all.map(|(of, _)| (of == it.address).to_string()).collect()
            }),
        ),
        (
            "network-interface.addresses.private-dns-name",
            of_each(&|it| {
                let all = it.addresses();
                all.map(|(of, _)| private_dns_name(of, &cx.region))
                    .collect()
            }),
        ),
        (
            "network-interface.addresses.private-ip-address",
            of_each(&|it| it.addresses().map(|(of, _)| of.to_string()).collect()),
        ),
        (
            "network-interface.ipv6-addresses.ipv6-address",
            of_each(&|it| it.ipv6.iter().map(ToString::to_string).collect()),
        ),
        (
            "network-interface.attachment.attachment-id",
            of_each(&|it| maybe(it.attachment.as_ref().map(|it| &it.id))),
        ),
        (
            "network-interface.attachment.attach-time",
            of_each(&|it| {
                let at = it.attachment.as_ref().map(|it| it.attached_at.iso8601());
                at.into_iter().collect()
            }),
        ),
        (
            "network-interface.attachment.delete-on-termination",
            of_each(&|it| {
                let deletes = it.attachment.as_ref().map(|it| it.delete_on_termination);
                deletes.map(|it| it.to_string()).into_iter().collect()
            }),
        ),
        (
            "network-interface.attachment.device-index",
            of_each(&|it| {
                let index = it.attachment.as_ref().map(|it| it.device_index.to_string());
                index.into_iter().collect()
            }),
        ),
        (
            "network-interface.attachment.instance-id",
            of_each(&|_| one(&it.id)),
        ),
        (
            "network-interface.attachment.instance-owner-id",
            of_each(&|_| one(&cx.account)),
        ),
        (
            "network-interface.attachment.status",
            of_each(&|_| one("attached")),
        ),
        (
            "network-interface.availability-zone",
            of_each(&|it| one(&it.zone)),
        ),
        (
            "network-interface.description",
            of_each(&|it| one(&it.description)),
        ),
        (
            "network-interface.group-id",
            of_each(&|it| it.groups.clone()),
        ),
        ("network-interface.mac-address", of_each(&|it| one(&it.mac))),
        (
            "network-interface.network-interface-id",
            of_each(&|it| one(&it.id)),
        ),
        ("network-interface.owner-id", of_each(&|_| one(&cx.account))),
        (
            "network-interface.private-dns-name",
            of_each(&|it| one(&it.private_dns_name(&cx.region))),
        ),
        (
            "network-interface.private-ip-address",
            of_each(&|it| one(&it.address.to_string())),
        ),
        (
            "network-interface.requester-id",
            of_each(&|it| maybe(it.requester.as_ref())),
        ),
        (
            "network-interface.requester-managed",
            of_each(&|it| one(&it.requester.is_some().to_string())),
        ),
        (
            "network-interface.source-dest-check",
            of_each(&|it| one(&it.source_dest_check.to_string())),
        ),
        ("network-interface.status", of_each(&|_| one("in-use"))),
        (
            "network-interface.subnet-id",
            of_each(&|it| one(&it.subnet_id)),
        ),
        (
            "network-interface.tag-key",
            of_each(&|it| it.tags.keys().cloned().collect()),
        ),
        (
            "network-interface.tag-value",
            of_each(&|it| it.tags.values().cloned().collect()),
        ),
        ("network-interface.vpc-id", of_each(&|it| one(&it.vpc_id))),
        ("owner-id", one(&cx.account)),
        ("platform-details", one("Linux/UNIX")),
        ("private-dns-name", name),
        ("private-dns-name-options.hostname-type", one("ip-name")),
        (
            "private-dns-name-options.enable-resource-name-dns-a-record",
            one("false"),
        ),
        (
            "private-dns-name-options.enable-resource-name-dns-aaaa-record",
            one("false"),
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
        ("root-device-type", root("instance-store")),
        (
            "source-dest-check",
            attached
                .iter()
                .filter(|interface| interface.id == it.interface.id)
                .map(|it| it.source_dest_check.to_string())
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
    ]
}
