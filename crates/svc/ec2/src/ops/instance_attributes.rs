//! DescribeInstanceAttribute, ModifyInstanceAttribute, ResetInstanceAttribute and ModifyInstanceMetadataOptions.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use wharf_api_ec2::types::*;
use wharf_records::encode;
use wharf_service::transact;
use wharf_store::Txn;
use wharf_wire::{Call, Fault};

use super::{change_instances::find, interfaces::groups};
use crate::{
    Ec2Service, fault, instance_types,
    instances::{
        describe::{self, ROOT_DEVICE},
        launch::{ends_on_shutdown, kept_user_data, metadata},
        life::State,
        providers::Ability,
    },
    records::{Instance, Interface, SecurityGroup, user_data_purpose},
    table::LeanOn,
    volumes,
};

pub async fn describe(
    service: &Ec2Service,
    call: &Call,
    input: DescribeInstanceAttributeRequest,
) -> Result<InstanceAttribute, Fault> {
    fault::dry_run(input.dry_run)?;
    let id = input.instance_id.as_deref().unwrap_or_default();
    let it = find(service, call, id).await?;
    let flag = |value: bool| Some(AttributeBooleanValue { value: Some(value) });
    let text = |value: &str| {
        let value = Some(value.to_owned());
        Some(AttributeValue { value })
    };
    let mut shown = InstanceAttribute {
        instance_id: Some(it.id.clone()),
        ..InstanceAttribute::default()
    };
    match input.attribute.as_deref().unwrap_or_default() {
        "instanceType" => shown.instance_type = text(&it.instance_type),
        "userData" => {
            shown.user_data = Some(AttributeValue {
                value: user_data_of(service, call, &it)?,
            })
        }
        "disableApiTermination" => {
            shown.disable_api_termination = flag(it.disable_api_termination);
        }
        "disableApiStop" => shown.disable_api_stop = flag(it.disable_api_stop),
        "instanceInitiatedShutdownBehavior" => {
            let behavior = if it.ends_on_shutdown {
                "terminate"
            } else {
                "stop"
            };
            shown.instance_initiated_shutdown_behavior = text(behavior);
        }
        "rootDeviceName" => shown.root_device_name = text(ROOT_DEVICE),
        "blockDeviceMapping" => {
            let of_it = volumes::of_instance(service, call, id).await?;
            let shown_so = of_it.iter().filter_map(volumes::mapping_of);
            let root = volumes::root_mapping(&it).into_iter();
            let all = root.chain(shown_so.map(|(_, it)| it));
            shown.block_device_mappings = Some(all.collect());
        }
        "productCodes" => shown.product_codes = Some(vec![]),
        "ebsOptimized" => shown.ebs_optimized = flag(it.ebs_optimized),
        "enaSupport" => shown.ena_support = flag(true),
        "sourceDestCheck" => {
            it.needs(Ability::Interfaces)?;
            let there = it.interface.there(call);
            let interface: Interface = service.get(&there, &it.interface.id).await?;
            shown.source_dest_check = flag(interface.source_dest_check);
        }
        "groupSet" => {
            it.needs(Ability::Interfaces)?;
            let there = it.interface.there(call);
            let interface: Interface = service.get(&there, &it.interface.id).await?;
            let ids = interface.groups.into_iter();
            let group = |id| GroupIdentifier {
                group_id: Some(id),
                group_name: None,
            };
            shown.groups = Some(ids.map(group).collect());
        }
        "enclaveOptions" => {
            shown.enclave_options = Some(EnclaveOptions {
                enabled: Some(false),
            });
        }
        // Instances here have none of these.
        "kernel" | "ramdisk" | "sriovNetSupport" => {}
        other => {
            return Err(fault::bad_value(format!(
                "Value ({other}) for parameter attribute is invalid. Unknown attribute."
            )));
        }
    }
    Ok(shown)
}

/// As it was given, in base 64.
pub fn user_data_of(
    service: &Ec2Service,
    call: &Call,
    it: &Instance,
) -> Result<Option<String>, Fault> {
    let Some(sealed) = &it.user_data else {
        return Ok(None);
    };
    let purpose = user_data_purpose(&call.account, &call.region, &it.id);
    let opened = service.keyring.open(sealed, &purpose);
    let opened = opened.map_err(fault::internal)?;
    Ok(opened.expose_str().map(str::to_owned))
}

/// The attributes that a request names.
fn given(input: &ModifyInstanceAttributeRequest) -> Vec<&str> {
    let all = [
        ("blockDeviceMapping", input.block_device_mappings.is_some()),
        ("groupSet", input.groups.is_some()),
        ("sourceDestCheck", input.source_dest_check.is_some()),
        (
            "disableApiTermination",
            input.disable_api_termination.is_some(),
        ),
        ("disableApiStop", input.disable_api_stop.is_some()),
        (
            "instanceInitiatedShutdownBehavior",
            input.instance_initiated_shutdown_behavior.is_some(),
        ),
        ("instanceType", input.instance_type.is_some()),
        ("userData", input.user_data.is_some()),
        ("ebsOptimized", input.ebs_optimized.is_some()),
        ("enaSupport", input.ena_support.is_some()),
    ];
    let members = all.into_iter().filter(|(_, is_given)| *is_given);
    let mut given: Vec<&str> = members.map(|(name, _)| name).collect();
    // By its name and a value beside it: the same one may be given in both ways.
    let by_name = input.attribute.as_deref().filter(|_| input.value.is_some());
    match by_name {
        Some(name) if !given.contains(&name) => given.push(name),
        _ => {}
    }
    given
}

/// What an instance must be able to for that attribute of it to change.
fn ability(attribute: &str) -> Option<Ability> {
    match attribute {
        "disableApiTermination" => None,
        "blockDeviceMapping" => Some(Ability::Volumes),
        "groupSet" | "sourceDestCheck" => Some(Ability::Interfaces),
        "disableApiStop" => Some(Ability::Stop),
        _ => Some(Ability::Configuration),
    }
}

/// One attribute a call, as with EC2.
pub async fn modify(
    service: &Ec2Service,
    call: &Call,
    input: ModifyInstanceAttributeRequest,
) -> Result<(), Fault> {
    fault::dry_run(input.dry_run)?;
    let id = input.instance_id.clone().unwrap_or_default();
    let given = given(&input);
    if given.len() > 1 {
        return Err(fault::several_attributes(&given));
    }
    let it = find(service, call, &id).await?;
    it.lets(call, "ModifyInstanceAttribute")?;
    for name in &given {
        if let Some(ability) = ability(name) {
            it.needs(ability)?;
        }
    }
    let mappings = input.block_device_mappings.as_deref();
    if let Some(mappings) = mappings.filter(|it| !it.is_empty()) {
        return volumes::set_delete_on_termination(service, call, &it, mappings).await;
    }
    if let Some(groups) = input.groups.as_ref().filter(|it| !it.is_empty()) {
        return set_groups(service, call, &id, groups).await;
    }
    if let Some(check) = input.source_dest_check.as_ref().and_then(|it| it.value) {
        return set_source_dest_check(service, call, &id, check).await;
    }
    let purpose = user_data_purpose(&call.account, &call.region, &id);
    let change = |it: &mut Instance| {
        if it.life.state == State::Terminated {
            return Err(fault::wrong_state(&id, it.life.state, "modified"));
        }
        apply(it, &input, |text| {
            service.keyring.seal(text.as_bytes(), &purpose)
        })
    };
    service.change(call, &id, change).await
}

fn apply(
    it: &mut Instance,
    input: &ModifyInstanceAttributeRequest,
    seal: impl Fn(&str) -> wharf_seal::Sealed,
) -> Result<(), Fault> {
    let by_name = |name: &str| {
        let is_named = input.attribute.as_deref() == Some(name);
        input.value.as_deref().filter(|_| is_named)
    };
    let flag = |given: &Option<AttributeBooleanValue>, name: &str| {
        let named = by_name(name).map(|it| match it {
            "true" => Ok(true),
            "false" => Ok(false),
            other => Err(fault::bad_value_of("value", other)),
        });
        one_of(given.as_ref().and_then(|it| it.value), named.transpose()?)
    };
    let text = |given: &Option<AttributeValue>, name: &str| {
        let value = given.as_ref().and_then(|it| it.value.clone());
        one_of(value, by_name(name).map(str::to_owned))
    };
    if let Some(on) = flag(&input.disable_api_termination, "disableApiTermination")? {
        it.disable_api_termination = on;
    } else if let Some(on) = flag(&input.disable_api_stop, "disableApiStop")? {
        it.disable_api_stop = on;
    } else if let Some(behavior) = text(
        &input.instance_initiated_shutdown_behavior,
        "instanceInitiatedShutdownBehavior",
    )? {
        it.ends_on_shutdown = ends_on_shutdown(&behavior)?;
    } else if let Some(name) = text(&input.instance_type, "instanceType")? {
        stopped(it)?;
        if it.machine.is_some() {
            return Err(fault::no_type_to_change(&it.id));
        }
        let kind = instance_types::find(&name).ok_or_else(|| fault::bad_instance_type(&name))?;
        if kind.architecture != it.image.architecture {
            let (of_type, of_image) = (kind.architecture, &it.image.architecture);
            return Err(fault::architectures_differ(of_type, of_image));
        }
        if it.interface.secondary.len() >= kind.addresses as usize {
            return Err(fault::too_many_private_addresses(Some(&it.interface.id)));
        }
        it.instance_type = name;
    } else if let Some(on) = flag(&input.ebs_optimized, "ebsOptimized")? {
        stopped(it)?;
        it.ebs_optimized = on;
    } else if let Some(on) = flag(&input.ena_support, "enaSupport")? {
        stopped(it)?;
        if !on {
            return Err(fault::unsupported_parameter("EnaSupport"));
        }
    } else if let Some(text) = one_of(
        input.user_data.as_ref().map(encoded),
        by_name("userData").map(str::to_owned),
    )? {
        stopped(it)?;
        it.user_data = kept_user_data(Some(&text))?.map(|text| seal(&text));
    } else {
        return Err(fault::missing_parameter("Attribute"));
    }
    Ok(())
}

/// User data given as a blob is decoded when the request is read; given by its name, it is still in base64, in which it is kept.
fn encoded(given: &SecureBlobAttributeValue) -> String {
    BASE64.encode(given.value.as_deref().unwrap_or_default())
}

/// What is given in both ways must be the same in both.
fn one_of<T: PartialEq>(member: Option<T>, by_name: Option<T>) -> Result<Option<T>, Fault> {
    match (member, by_name) {
        (Some(one), Some(other)) if one != other => Err(fault::bad_combination(
            "An attribute is given twice, with different values.",
        )),
        (member, by_name) => Ok(member.or(by_name)),
    }
}

/// Back to what it is at launch. Kernels and RAM disks instances have none of.
pub async fn reset(
    service: &Ec2Service,
    call: &Call,
    input: ResetInstanceAttributeRequest,
) -> Result<(), Fault> {
    fault::dry_run(input.dry_run)?;
    let id = input.instance_id.as_deref().unwrap_or_default();
    match input.attribute.as_deref().unwrap_or_default() {
        "sourceDestCheck" => {
            let it = find(service, call, id).await?;
            it.lets(call, "ResetInstanceAttribute")?;
            set_source_dest_check(service, call, id, true).await
        }
        "" => Err(fault::missing_parameter("Attribute")),
        other => {
            find(service, call, id).await?;
            Err(fault::bad_value_of("attribute", other))
        }
    }
}

/// What a host was told of a boot does not change during it, nor may a claim be for another type.
fn stopped(it: &Instance) -> Result<(), Fault> {
    match it.life.shown() {
        State::Stopped => Ok(()),
        other => Err(fault::wrong_state(&it.id, other, "modified")),
    }
}

/// Whose interface it is decides about that.
fn own_interface(it: &Instance) -> Result<(), Fault> {
    match it.interface.owner {
        Some(_) => Err(fault::not_yours()),
        None => Ok(()),
    }
}

/// Of its primary network interface, from which the reconciler copies them.
async fn set_groups(
    service: &Ec2Service,
    call: &Call,
    id: &str,
    wanted: &[String],
) -> Result<(), Fault> {
    let it = find(service, call, id).await?;
    own_interface(&it)?;
    let groups = groups(service, call, &it.vpc_id, wanted).await?;
    transact!(service.table, &call.permit, |tx| {
        let stored = service
            .get_stored::<Interface>(call, &it.interface.id)
            .await?;
        let mut changed = stored.record.clone();
        changed.groups = groups.clone();
        let mut txn = Txn::new().when(stored.unchanged());
        for group in &groups {
            txn = txn.lean_on::<SecurityGroup>(call, group);
        }
        tx.join(txn.put(&stored.key, encode(&changed)));
    });
    Ok(())
}

async fn set_source_dest_check(
    service: &Ec2Service,
    call: &Call,
    id: &str,
    check: bool,
) -> Result<(), Fault> {
    let it = find(service, call, id).await?;
    it.needs(Ability::Interfaces)?;
    own_interface(&it)?;
    let set = |interface: &mut Interface| {
        interface.source_dest_check = check;
        Ok(())
    };
    service.change(call, &it.interface.id, set).await
}

pub async fn modify_metadata(
    service: &Ec2Service,
    call: &Call,
    input: ModifyInstanceMetadataOptionsRequest,
) -> Result<ModifyInstanceMetadataOptionsResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let id = input.instance_id.as_deref().unwrap_or_default();
    let it = find(service, call, id).await?;
    it.lets(call, "ModifyInstanceMetadataOptions")?;
    it.needs(Ability::Metadata)?;
    let asked = InstanceMetadataOptionsRequest {
        http_tokens: input.http_tokens,
        http_put_response_hop_limit: input.http_put_response_hop_limit,
        http_endpoint: input.http_endpoint,
        http_protocol_ipv6: input.http_protocol_ipv6,
        instance_metadata_tags: input.instance_metadata_tags,
    };
    let change = |it: &mut Instance| {
        if matches!(it.life.state, State::ShuttingDown | State::Terminated) {
            return Err(fault::wrong_state(id, it.life.state, "modified"));
        }
        it.metadata = metadata(it.metadata.clone(), Some(&asked))?;
        Ok(describe::metadata(it))
    };
    let options = service.change(call, id, change).await?;
    Ok(ModifyInstanceMetadataOptionsResult {
        instance_id: input.instance_id.clone(),
        instance_metadata_options: Some(options),
    })
}
