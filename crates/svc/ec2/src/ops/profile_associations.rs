//! Associations of instance profiles with instances. An instance has one at most, part of its record.

use wharf_api_ec2::types::*;
use wharf_wire::{Call, Fault};

use super::{
    change_instances::find,
    run_instances::{associated, profile},
};
use crate::{
    Ec2Service, fault,
    filter::{self, matches, names},
    instances::{FoundProfile, launch::ProfileName, life::State, providers::Ability},
    records::{Instance, Profile},
};

async fn named(
    service: &Ec2Service,
    call: &Call,
    given: Option<&IamInstanceProfileSpecification>,
) -> Result<FoundProfile, Fault> {
    let name = ProfileName::of(given)?;
    let name = name.ok_or_else(|| fault::missing_parameter("IamInstanceProfile"))?;
    profile(service, call, &name).await
}

pub async fn associate(
    service: &Ec2Service,
    call: &Call,
    input: AssociateIamInstanceProfileRequest,
) -> Result<AssociateIamInstanceProfileResult, Fault> {
    let id = input.instance_id.as_deref().unwrap_or_default();
    let it = find(service, call, id).await?;
    it.lets(call, "AssociateIamInstanceProfile")?;
    it.needs(Ability::Metadata)?;
    let found = named(service, call, input.iam_instance_profile.as_ref()).await?;
    let profile = associated(call, &found);
    let change = |it: &mut Instance| {
        may_change(it)?;
        if it.profile.is_some() {
            return Err(fault::profile_already_associated(id));
        }
        it.profile = Some(profile.clone());
        Ok(())
    };
    service.change(call, id, change).await?;
    Ok(AssociateIamInstanceProfileResult {
        iam_instance_profile_association: Some(shown(id, &profile, "associating")),
    })
}

pub async fn disassociate(
    service: &Ec2Service,
    call: &Call,
    input: DisassociateIamInstanceProfileRequest,
) -> Result<DisassociateIamInstanceProfileResult, Fault> {
    let association = input.association_id.as_deref().unwrap_or_default();
    let instance = with_association(service, call, association).await?;
    let change = |it: &mut Instance| {
        it.lets(call, "DisassociateIamInstanceProfile")?;
        let found = it.profile.take_if(|it| it.association == association);
        found.ok_or_else(|| fault::profile_association_not_found(association))
    };
    let profile = service.change(call, &instance, change).await?;
    Ok(DisassociateIamInstanceProfileResult {
        iam_instance_profile_association: Some(shown(&instance, &profile, "disassociating")),
    })
}

pub async fn replace(
    service: &Ec2Service,
    call: &Call,
    input: ReplaceIamInstanceProfileAssociationRequest,
) -> Result<ReplaceIamInstanceProfileAssociationResult, Fault> {
    let association = input.association_id.as_deref().unwrap_or_default();
    let instance = with_association(service, call, association).await?;
    let found = named(service, call, input.iam_instance_profile.as_ref()).await?;
    let profile = associated(call, &found);
    let change = |it: &mut Instance| {
        it.lets(call, "ReplaceIamInstanceProfileAssociation")?;
        may_change(it)?;
        let known = it.profile.as_ref().map(|it| it.association.as_str());
        if known != Some(association) {
            return Err(fault::profile_association_not_found(association));
        }
        it.profile = Some(profile.clone());
        Ok(())
    };
    service.change(call, &instance, change).await?;
    Ok(ReplaceIamInstanceProfileAssociationResult {
        iam_instance_profile_association: Some(shown(&instance, &profile, "associating")),
    })
}

pub async fn describe(
    service: &Ec2Service,
    call: &Call,
    input: DescribeIamInstanceProfileAssociationsRequest,
) -> Result<DescribeIamInstanceProfileAssociationsResult, Fault> {
    let selection = (&input.association_ids, &input.filters);
    let page = (input.next_token.as_deref(), input.max_results);
    let page = service.page(call, "iam-instance-profile-association", &selection, page)?;
    let filters = filter::checked(input.filters, &names::PROFILE_ASSOCIATIONS)?;
    let ids = input.association_ids.unwrap_or_default();
    let all: Vec<Instance> = service.all(call).await?;
    let mut found: Vec<(String, Profile)> = all
        .into_iter()
        .filter(|it| it.life.state != State::Terminated)
        .filter_map(|it| Some((it.id, it.profile?)))
        .collect();
    if let Some(missing) = ids
        .iter()
        .find(|id| !found.iter().any(|(_, it)| it.association == **id))
    {
        return Err(fault::profile_association_not_found(missing));
    }
    found.retain(|(instance, it)| {
        let fields = vec![
            ("instance-id", vec![instance.clone()]),
            ("state", vec!["associated".to_owned()]),
        ];
        let asked = ids.is_empty() || ids.contains(&it.association);
        asked && matches(&filters, &fields, &Default::default())
    });
    found.sort_by(|(_, one), (_, other)| one.association.cmp(&other.association));
    let (page, next_token) = page.cut(found, |(_, it)| it.association.as_str());
    let shown = page.iter().map(|(id, it)| shown(id, it, "associated"));
    Ok(DescribeIamInstanceProfileAssociationsResult {
        iam_instance_profile_associations: Some(shown.collect()),
        next_token,
    })
}

fn may_change(it: &Instance) -> Result<(), Fault> {
    match it.life.state {
        State::ShuttingDown | State::Terminated => {
            Err(fault::wrong_state(&it.id, it.life.state, "associated"))
        }
        _ => Ok(()),
    }
}

/// The instance of an association.
async fn with_association(service: &Ec2Service, call: &Call, id: &str) -> Result<String, Fault> {
    let all: Vec<Instance> = service.all(call).await?;
    let has_it = |it: &Instance| it.profile.as_ref().is_some_and(|it| it.association == id);
    let found = all.into_iter().find(has_it);
    found
        .map(|it| it.id)
        .ok_or_else(|| fault::profile_association_not_found(id))
}

fn shown(instance: &str, profile: &Profile, state: &str) -> IamInstanceProfileAssociation {
    IamInstanceProfileAssociation {
        association_id: Some(profile.association.clone()),
        instance_id: Some(instance.to_owned()),
        iam_instance_profile: Some(IamInstanceProfile {
            arn: Some(profile.arn.clone()),
            id: Some(profile.id.clone()),
        }),
        state: Some(state.to_owned()),
        timestamp: Some(profile.since),
    }
}
