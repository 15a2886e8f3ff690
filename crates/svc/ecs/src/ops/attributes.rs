//! Custom attributes of container instances: ListAttributes, PutAttributes, DeleteAttributes.

use std::collections::BTreeMap;

use wharf_api_ecs::{self as api, Attribute};
use wharf_records::{
    Record,
    ecs::{Instance, InstanceStatus},
};
use wharf_service::transact;
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    fault,
    names::{self, Place},
    page,
    registration::{self, check_custom, is_reserved},
};

/// Most attributes in one call, and of its own on one instance.
const MAX_CUSTOM: usize = 10;

pub async fn list_attributes(
    core: &Core,
    call: &Call,
    input: api::ListAttributesRequest,
) -> Result<api::ListAttributesResponse, Fault> {
    let cluster = core.state.cluster(call, input.cluster.as_deref()).await?;
    if input.target_type.as_deref() != Some("container-instance") {
        return Err(fault::invalid(
            "targetType should be one of [container-instance].",
        ));
    }
    let context = format!(
        "attributes {} {:?} {:?}",
        cluster.name, input.attribute_name, input.attribute_value
    );
    let page = page::asked(
        core,
        call,
        &context,
        input.max_results,
        input.next_token.as_deref(),
    )?;
    let rows: BTreeMap<String, Attribute> = core.state.view.read(&Place::of(call), |region| {
        let instances = region
            .instances_of(&cluster.name)
            .filter(|i| i.status != InstanceStatus::Inactive);
        let rows = instances.flat_map(|instance| {
            instance
                .attributes
                .iter()
                .map(move |(name, value)| row(&instance.arn, name, value))
        });
        let wanted = rows.filter(|row| {
            (input.attribute_name.is_none() || input.attribute_name == row.name)
                && (input.attribute_value.is_none() || input.attribute_value == row.value)
        });
        let keyed = wanted.map(|row| {
            let key = format!("{:?} {:?}", row.target_id, row.name);
            (key, row)
        });
        keyed.collect()
    });
    let (attributes, next_token) = page::cut(&page, rows);
    Ok(api::ListAttributesResponse {
        attributes: Some(attributes),
        next_token,
    })
}

fn row(arn: &str, name: &str, value: &Option<String>) -> Attribute {
    Attribute {
        name: Some(name.to_owned()),
        value: value.clone(),
        target_type: Some("container-instance".to_owned()),
        target_id: Some(arn.to_owned()),
    }
}

pub async fn put_attributes(
    core: &Core,
    call: &Call,
    input: api::PutAttributesRequest,
) -> Result<api::PutAttributesResponse, Fault> {
    // Those that were put before there was a rule can still be deleted.
    check_custom(input.attributes.as_deref().unwrap_or_default())?;
    let put = |attributes: &mut BTreeMap<String, Option<String>>, given: &Attribute| {
        attributes.insert(given.name.clone().unwrap_or_default(), given.value.clone());
    };
    let changed = change(
        core,
        call,
        input.cluster.as_deref(),
        input.attributes.as_ref(),
        put,
    )
    .await?;
    Ok(api::PutAttributesResponse {
        attributes: Some(changed),
    })
}

pub async fn delete_attributes(
    core: &Core,
    call: &Call,
    input: api::DeleteAttributesRequest,
) -> Result<api::DeleteAttributesResponse, Fault> {
    let delete = |attributes: &mut BTreeMap<String, Option<String>>, given: &Attribute| {
        attributes.remove(given.name.as_deref().unwrap_or_default());
    };
    let changed = change(
        core,
        call,
        input.cluster.as_deref(),
        input.attributes.as_ref(),
        delete,
    )
    .await?;
    Ok(api::DeleteAttributesResponse {
        attributes: Some(changed),
    })
}

/// Changes all of the instances named, or none.
async fn change(
    core: &Core,
    call: &Call,
    cluster: Option<&str>,
    given: Option<&Vec<Attribute>>,
    apply: impl Fn(&mut BTreeMap<String, Option<String>>, &Attribute),
) -> Result<Vec<Attribute>, Fault> {
    let cluster = core.state.cluster(call, cluster).await?;
    let given = given.map(Vec::as_slice).unwrap_or_default();
    if given.is_empty() || given.len() > MAX_CUSTOM {
        return Err(fault::invalid(
            "attributes must have between 1 and 10 items.",
        ));
    }
    registration::read_attributes(Some(&given.to_vec()))?;
    let mut by_key: BTreeMap<String, Vec<&Attribute>> = BTreeMap::new();
    for attribute in given {
        if is_reserved(attribute.name.as_deref().unwrap_or_default()) {
            return Err(fault::invalid(
                "Attributes of the platform cannot be changed.",
            ));
        }
        let target = attribute.target_id.as_deref().unwrap_or_default();
        let id = names::member_id("container-instance", &cluster.name, target)?;
        let id = format!("{}:{id}", cluster.name);
        let key = Place::of(call).scope().key(Instance::KIND, &id);
        by_key.entry(key).or_default().push(attribute);
    }
    transact!(core.state.table, &call.permit, |tx| {
        for (key, attributes) in &by_key {
            let found = tx.find::<Instance>(key).await?;
            let mut instance = found.ok_or_else(|| target_not_found(attributes))?;
            let before = instance.attributes.clone();
            for attribute in attributes {
                apply(&mut instance.attributes, attribute);
            }
            let custom = instance.attributes.keys().filter(|it| !is_reserved(it));
            if custom.count() > MAX_CUSTOM {
                return Err(api::faults::attribute_limit_exceeded_exception(
                    "A container instance can have at most 10 custom attributes.",
                ));
            }
            if instance.attributes != before {
                instance.version += 1;
                tx.put(key, &instance);
            }
        }
    });
    Ok(given.to_vec())
}

fn target_not_found(attributes: &[&Attribute]) -> Fault {
    let target = attributes.first().and_then(|it| it.target_id.as_deref());
    api::faults::target_not_found_exception(format!(
        "{} is not a container instance of the cluster.",
        target.unwrap_or_default()
    ))
}
