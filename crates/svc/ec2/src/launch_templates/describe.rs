//! DescribeLaunchTemplates and DescribeLaunchTemplateVersions.

use std::collections::BTreeSet;

use wharf_api_ec2::types::{
    DescribeLaunchTemplateVersionsRequest, DescribeLaunchTemplateVersionsResult,
    DescribeLaunchTemplatesRequest, DescribeLaunchTemplatesResult,
};
use wharf_records::{Record as _, escape};
use wharf_service::tags::Tags;
use wharf_wire::{Call, Fault};

use super::{
    DEFAULT, LATEST, LaunchTemplate, LaunchTemplateData, Named, TemplateVersion, find, id_of,
    opened,
};
use crate::{
    Ec2Service, fault,
    filter::{self, Asked, Fields, Names, matches, names},
    images::alias,
    page::check_size,
};

/// Versions of a page, as in AWS: each may hold user data of 16 KiB.
const MAX_PAGE: i32 = 200;
/// Names that stand here and have no value match nothing.
const VERSIONS: Names = Names {
    tagged: false,
    known: &[
        "create-time",
        "ebs-optimized",
        "host-resource-group-arn",
        "http-endpoint",
        "http-protocol-ipv4",
        "http-tokens",
        "iam-instance-profile",
        "image-id",
        "instance-type",
        "is-default-version",
        "kernel-id",
        "license-configuration-arn",
        "network-card-index",
        "ram-disk-id",
    ],
};

pub async fn templates(
    service: &Ec2Service,
    call: &Call,
    input: DescribeLaunchTemplatesRequest,
) -> Result<DescribeLaunchTemplatesResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let mut ids = input.launch_template_ids.unwrap_or_default();
    for name in input.launch_template_names.iter().flatten() {
        let named = Named {
            id: None,
            name: Some(name),
        };
        let id = id_of(service, call, named).await?;
        ids.push(id.ok_or_else(fault::launch_template_name_not_found)?);
    }
    let asked = Asked {
        ids: Some(ids),
        filters: input.filters,
        next_token: input.next_token,
        max_results: input.max_results,
    };
    let (page, next_token) = service
        .select(call, asked, &names::LAUNCH_TEMPLATES, fields)
        .await?;
    Ok(DescribeLaunchTemplatesResult {
        launch_templates: Some(page.iter().map(LaunchTemplate::to_wire).collect()),
        next_token,
    })
}

fn fields(template: &LaunchTemplate) -> Fields {
    vec![
        ("create-time", vec![template.created_at.to_string()]),
        ("launch-template-name", vec![template.name.clone()]),
    ]
}

/// A version that may be shown.
struct Place {
    /// Newest first, as EC2 lists them.
    id: String,
    /// Which of the templates it is of.
    template: usize,
    number: u64,
    /// The request lists it, so that it must be there.
    listed: bool,
}

/// A version with its template, its user data sealed.
struct Shown<'a> {
    place: String,
    template: &'a LaunchTemplate,
    version: TemplateVersion,
}

pub async fn versions(
    service: &Ec2Service,
    call: &Call,
    input: DescribeLaunchTemplateVersionsRequest,
) -> Result<DescribeLaunchTemplateVersionsResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let selection = (
        (&input.launch_template_id, &input.launch_template_name),
        (&input.versions, &input.min_version, &input.max_version),
        &input.filters,
    );
    check_size(input.max_results, &(1..=MAX_PAGE))?;
    let size = input.max_results.or(Some(MAX_PAGE));
    let page = (input.next_token.as_deref(), size);
    let page = service.page(call, "launch-template-version", &selection, page)?;
    let filters = filter::checked(input.filters, &VERSIONS)?;
    let named = Named {
        id: input
            .launch_template_id
            .as_deref()
            .filter(|it| !it.is_empty()),
        name: input
            .launch_template_name
            .as_deref()
            .filter(|it| !it.is_empty()),
    };
    let numbers = Numbers {
        listed: input.versions.unwrap_or_default(),
        least: input.min_version,
        most: input.max_version,
    };
    let templates = match named {
        Named {
            id: None,
            name: None,
        } => {
            numbers.check_of_all()?;
            service.all::<LaunchTemplate>(call).await?
        }
        named => vec![find(service, call, named).await?],
    };
    let mut places = places(service, call, &templates, &numbers).await?;
    places.retain(|it| page.after.as_ref().is_none_or(|after| it.id > *after));
    places.sort_by(|a, b| a.id.cmp(&b.id));
    let mut found = Vec::new();
    for place in places {
        // One more says that another page follows.
        if found.len() > page.size {
            break;
        }
        let template = &templates[place.template];
        let id = TemplateVersion::id_of(&template.id, place.number);
        let version = match service.find::<TemplateVersion>(call, &id).await? {
            Some(version) => version,
            None if place.listed => {
                let number = place.number.to_string();
                return Err(fault::template_version_not_found(&template.id, &number));
            }
            // Deleted meanwhile.
            None => continue,
        };
        let shown = Shown {
            place: place.id,
            template,
            version,
        };
        if matches(&filters, &version_fields(&shown), &Tags::new()) {
            found.push(shown);
        }
    }
    let (page, next_token) = page.cut(found, |it| &it.place);
    let mut shown = Vec::with_capacity(page.len());
    for Shown {
        template, version, ..
    } in page
    {
        let mut data = opened(service, call, &version)?;
        if input.resolve_alias == Some(true) {
            alias::show(service, call, &mut data.image_id).await?;
        }
        shown.push(version.to_wire(template, &data));
    }
    Ok(DescribeLaunchTemplateVersionsResult {
        launch_template_versions: Some(shown),
        next_token,
    })
}

/// Which versions are asked for: those listed, or all between two.
struct Numbers {
    listed: Vec<String>,
    least: Option<String>,
    most: Option<String>,
}

impl Numbers {
    /// Of all templates, the default or latest versions are shown.
    fn check_of_all(&self) -> Result<(), Fault> {
        let aliases = |it: &String| it == LATEST || it == DEFAULT;
        let bounded = self.least.is_some() || self.most.is_some();
        match self.listed.is_empty() || bounded || !self.listed.iter().all(aliases) {
            true => Err(fault::template_not_named()),
            false => Ok(()),
        }
    }
}

/// Where the versions that are asked for are, of which not one is read.
async fn places(
    service: &Ec2Service,
    call: &Call,
    templates: &[LaunchTemplate],
    numbers: &Numbers,
) -> Result<Vec<Place>, Fault> {
    let mut places = Vec::new();
    for (at, template) in templates.iter().enumerate() {
        let listed = !numbers.listed.is_empty();
        let found = match listed {
            true => listed_of(template, numbers)?,
            false => between(service, call, template, numbers).await?,
        };
        places.extend(found.into_iter().map(|number| Place {
            id: format!("{}:{:020}", template.id, u64::MAX - number),
            template: at,
            number,
            listed,
        }));
    }
    Ok(places)
}

fn listed_of(template: &LaunchTemplate, numbers: &Numbers) -> Result<BTreeSet<u64>, Fault> {
    if numbers.least.is_some() || numbers.most.is_some() {
        return Err(fault::versions_and_bounds());
    }
    let listed = numbers.listed.iter();
    listed.map(|version| template.number(version)).collect()
}

async fn between(
    service: &Ec2Service,
    call: &Call,
    template: &LaunchTemplate,
    numbers: &Numbers,
) -> Result<BTreeSet<u64>, Fault> {
    let bound = |given: &Option<String>, none| {
        let given = given.as_deref().filter(|it| !it.is_empty());
        given.map_or(Ok(none), |version| template.number(version))
    };
    let between = bound(&numbers.least, 1)?..=bound(&numbers.most, u64::MAX)?;
    let ids = escape(&TemplateVersion::ids_of(&template.id));
    let prefix = Ec2Service::scope(call).prefix(TemplateVersion::KIND) + &ids;
    let keys = service.table.keys(&prefix).await?;
    let number = |key: &String| key.strip_prefix(&prefix)?.parse().ok();
    let there = keys.iter().filter_map(number);
    Ok(there.filter(|it| between.contains(it)).collect())
}

fn version_fields(shown: &Shown<'_>) -> Fields {
    let LaunchTemplateData {
        image_id,
        instance_type,
        profile,
        metadata,
        options,
        ..
    } = &shown.version.data;
    let is_default = shown.version.number == shown.template.default_version;
    let one = |value: &Option<String>| value.iter().cloned().collect();
    let profile = profile.as_ref().and_then(|it| it.arn.clone());
    vec![
        ("create-time", vec![shown.version.created_at.to_string()]),
        (
            "ebs-optimized",
            options.ebs_optimized.iter().map(bool::to_string).collect(),
        ),
        ("http-endpoint", one(&metadata.http_endpoint)),
        ("http-tokens", one(&metadata.http_tokens)),
        ("iam-instance-profile", one(&profile)),
        ("image-id", one(image_id)),
        ("instance-type", one(instance_type)),
        ("is-default-version", vec![is_default.to_string()]),
    ]
}
