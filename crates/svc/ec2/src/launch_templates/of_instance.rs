//! GetLaunchTemplateData: what a template would have to say for instances like one that is there.

use std::collections::BTreeMap;

use wharf_api_ec2::types::{GetLaunchTemplateDataRequest, GetLaunchTemplateDataResult};
use wharf_records::Record as _;
use wharf_service::tags::is_reserved;
use wharf_wire::{Call, Fault};

use super::{Interface as Told, LaunchTemplateData, Metadata, Options, Profile, data::Placed};
use crate::{
    Ec2Service,
    block_devices::{Ebs, Mapping},
    fault,
    instances::{describe::ROOT_DEVICE, providers::Ability},
    ops::instance_attributes::user_data_of,
    records::{Instance, Interface},
    volumes::{Volume, of_instance},
};

pub async fn data_of_instance(
    service: &Ec2Service,
    call: &Call,
    input: GetLaunchTemplateDataRequest,
) -> Result<GetLaunchTemplateDataResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let id = input.instance_id.as_deref().unwrap_or_default();
    let it: Instance = service.get(call, id).await?;
    it.needs(Ability::Template)?;
    let there = it.interface.there(call);
    let interface = service.find::<Interface>(&there, &it.interface.id).await?;
    let volumes = of_instance(service, call, id).await?;
    let user_data = user_data_of(service, call, &it)?;
    let data = data(&it, interface.as_ref(), &volumes);
    let data = LaunchTemplateData { user_data, ..data };
    Ok(GetLaunchTemplateDataResult {
        launch_template_data: Some(data.to_wire()),
    })
}

/// Pure.
fn data(it: &Instance, interface: Option<&Interface>, volumes: &[Volume]) -> LaunchTemplateData {
    let on = |is: bool| if is { "enabled" } else { "disabled" }.to_owned();
    let tags = it.tags.iter().filter(|(key, _)| !is_reserved(key));
    let tags: BTreeMap<_, _> = tags
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let sealed = it.sealed_root.as_ref();
    let root = Mapping {
        device: ROOT_DEVICE.to_owned(),
        suppressed: false,
        ebs: Ebs {
            delete_on_termination: Some(true),
            gib: i32::try_from(it.disk_gib).ok(),
            encrypted: sealed.map(|_| true),
            key: sealed.map(|it| it.encryption.key.clone()),
            ..Ebs::default()
        },
    };
    LaunchTemplateData {
        image_id: Some(it.image.id.clone()),
        instance_type: Some(it.instance_type.clone()),
        key_name: it.key.as_ref().map(|it| it.name.clone()),
        profile: it.profile.as_ref().map(|it| Profile {
            arn: Some(it.arn.clone()),
            name: None,
        }),
        interfaces: vec![Told {
            device_index: Some(0),
            subnet_id: Some(it.subnet_id.clone()),
            groups: it.interface.groups.iter().map(|it| it.id.clone()).collect(),
            description: interface.map(|it| it.description.clone()),
            delete_on_termination: Some(
                interface
                    .and_then(|it| it.attachment.as_ref())
                    .map_or(it.interface.delete_on_termination, |it| {
                        it.delete_on_termination
                    }),
            ),
            associate_public_ip_address: interface.map(|it| it.public.is_some()),
            ipv6_count: interface
                .map(|it| it.ipv6.len())
                .filter(|it| *it > 0)
                .and_then(|it| i32::try_from(it).ok()),
            ..Told::default()
        }],
        tags: match tags.is_empty() {
            true => BTreeMap::new(),
            false => BTreeMap::from([(Instance::KIND.to_owned(), tags)]),
        },
        metadata: Metadata {
            http_tokens: Some(match it.metadata.tokens_required {
                true => "required".to_owned(),
                false => "optional".to_owned(),
            }),
            http_put_response_hop_limit: Some(it.metadata.hop_limit.into()),
            http_endpoint: Some(on(it.metadata.enabled)),
            instance_metadata_tags: Some(on(it.metadata.tags)),
        },
        disable_api_termination: Some(it.disable_api_termination),
        shutdown_behavior: Some(match it.ends_on_shutdown {
            true => "terminate".to_owned(),
            false => "stop".to_owned(),
        }),
        zone: Some(it.zone.clone()),
        placed: it
            .placement
            .as_ref()
            .map_or_else(Placed::default, |it| Placed {
                name: Some(it.name.clone()),
                partition: it.partition.and_then(|it| i32::try_from(it).ok()),
                ..Placed::default()
            }),
        monitoring: Some(it.monitoring),
        block_devices: std::iter::once(root)
            .chain(volumes.iter().filter_map(mapping))
            .collect(),
        options: Options {
            ebs_optimized: Some(it.ebs_optimized),
            disable_api_stop: Some(it.disable_api_stop),
            ..Options::default()
        },
        ..LaunchTemplateData::default()
    }
}

fn mapping(volume: &Volume) -> Option<Mapping> {
    let attachment = volume.life.attachment.as_ref()?;
    let number = |it: u32| i32::try_from(it).ok();
    let rates = Some(volume).filter(|it| it.kind.has_rates());
    Some(Mapping {
        device: attachment.device.clone(),
        suppressed: false,
        ebs: Ebs {
            delete_on_termination: Some(attachment.delete_on_termination),
            snapshot: volume.source.as_ref().map(|it| it.snapshot.clone()),
            gib: number(volume.gib),
            kind: Some(volume.kind.as_str().to_owned()),
            iops: rates.and_then(|it| it.iops).and_then(number),
            throughput: rates.and_then(|it| it.throughput).and_then(number),
            encrypted: volume.encryption.as_ref().map(|_| true),
            key: volume.encryption.as_ref().map(|it| it.key.clone()),
        },
    })
}
