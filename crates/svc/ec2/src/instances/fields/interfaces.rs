//! Those that look at the network interfaces of an instance.

use std::collections::BTreeMap;

use wharf_api_ec2::types::NetworkInterfaceAssociation;
use wharf_wire::Context;

use crate::{
    filter::Fields,
    records::{Instance, Interface, private_dns_name},
};

/// What a filter looks at of a public address.
type Value = fn(&NetworkInterfaceAssociation) -> Option<String>;

/// By filter name. `attached`: the interfaces of the instance; `group_names`: by group id.
pub(super) fn fields(
    it: &Instance,
    attached: &[Interface],
    cx: &Context,
    group_names: &BTreeMap<String, String>,
) -> Fields {
    let instance = it.id.as_str();
    let one = |value: &str| vec![value.to_owned()];
    let maybe = |value: Option<&String>| value.cloned().into_iter().collect::<Vec<_>>();
    let of_each = |value: &dyn Fn(&Interface) -> Vec<String>| -> Vec<String> {
        attached.iter().flat_map(value).collect()
    };
    // Of the primary addresses, and of all of them.
    let owner = |of: &Interface| it.owner_of(of, cx).to_owned();
    let public = attached.iter().filter_map(|of| {
        let public = of.public.as_ref()?;
        Some(public.to_wire(&owner(of)))
    });
    let public: Vec<_> = public.collect();
    let publics = attached.iter().flat_map(|of| {
        let owner = owner(of);
        of.publics().map(move |it| it.to_wire(&owner))
    });
    let publics: Vec<_> = publics.collect();
    let of_public = |value: Value| public.iter().filter_map(value).collect::<Vec<_>>();
    let of_publics = |value: Value| publics.iter().filter_map(value).collect::<Vec<_>>();
    vec![
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
            of_each(&|_| one(instance)),
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
        ("network-interface.owner-id", of_each(&|it| vec![owner(it)])),
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
        (
            "network-interface.group-name",
            of_each(&|it| {
                let names = it.groups.iter().filter_map(|id| group_names.get(id));
                names.cloned().collect()
            }),
        ),
        (
            "network-interface.ipv6-address",
            of_each(&|it| it.ipv6.iter().map(ToString::to_string).collect()),
        ),
        (
            "network-interface.ipv6-addresses.is-primary-ipv6",
            of_each(&|it| it.ipv6.iter().map(|_| "false".to_owned()).collect()),
        ),
        (
            "network-interface.attachment.network-card-index",
            of_each(&|_| one("0")),
        ),
        (
            "network-interface.association.allocation-id",
            of_public(|it| it.allocation_id.clone()),
        ),
        (
            "network-interface.association.association-id",
            of_public(|it| it.association_id.clone()),
        ),
        (
            "network-interface.association.ip-owner-id",
            of_public(|it| it.ip_owner_id.clone()),
        ),
        (
            "network-interface.association.public-ip",
            of_public(|it| it.public_ip.clone()),
        ),
        (
            "network-interface.addresses.association.allocation-id",
            of_publics(|it| it.allocation_id.clone()),
        ),
        (
            "network-interface.addresses.association.association-id",
            of_publics(|it| it.association_id.clone()),
        ),
        (
            "network-interface.addresses.association.ip-owner-id",
            of_publics(|it| it.ip_owner_id.clone()),
        ),
        (
            "network-interface.addresses.association.public-ip",
            of_publics(|it| it.public_ip.clone()),
        ),
    ]
}
