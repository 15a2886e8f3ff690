//! DescribeParameters and GetParametersByPath.

use wharf_api_ssm::{
    DescribeParametersRequest, DescribeParametersResult, GetParametersByPathRequest,
    GetParametersByPathResult, Parameter as Shown, ParameterMetadata,
};
use wharf_records::{Record as _, escape};
use wharf_service::{Page, Pages, Place, Stored, tags::Tags};
use wharf_wire::{Call, Fault};

use crate::{
    core::{Core, key},
    describe::{metadata, shown},
    fault::{self, SsmFaults},
    filter::{self, Filter, List, Seen},
    names::{self, is_below, key_name, scope},
    public::VERSION,
    records::{Meta, Parameter},
};

const DESCRIBED: usize = 50;
const BY_PATH: usize = 10;

pub async fn describe_parameters(
    core: &Core,
    call: &Call,
    input: DescribeParametersRequest,
) -> Result<DescribeParametersResult, Fault> {
    let place = Place::of(call);
    let older = input.filters.unwrap_or_default();
    let newer = input.parameter_filters.unwrap_or_default();
    let filters = match (older.is_empty(), newer.is_empty()) {
        (false, false) => {
            return Err(fault::invalid(
                "You can use either Filters or ParameterFilters in a single request.",
            ));
        }
        (false, true) => filter::older(older),
        (true, _) => filter::checked(newer, List::Describe)?,
    };
    let keyring = &core.parts.keyring;
    let pages = Pages::<SsmFaults>::new(keyring, call, "ssm/DescribeParameters", &filters);
    let size = input.max_results.and_then(|it| usize::try_from(it).ok());
    let page = pages.page(input.next_token.as_deref(), size.unwrap_or(DESCRIBED))?;
    if filter::is_public(&filters) {
        return Ok(described_of_aws(core, &place, &filters, &page));
    }
    let now = core.now();
    let fits = |it: &Stored<Parameter>| {
        let seen = seen(&it.record);
        !it.record.is_expired(now) && filter::fits(&filters, &seen)
    };
    let (found, next_token) = own(core, &place, "", &page, fits).await?;
    let one = |it: &Parameter| metadata(&place, &it.name, &it.current, it.latest);
    Ok(DescribeParametersResult {
        parameters: Some(found.iter().map(one).collect()),
        next_token,
    })
}

pub async fn get_parameters_by_path(
    core: &Core,
    call: &Call,
    input: GetParametersByPathRequest,
) -> Result<GetParametersByPathResult, Fault> {
    let place = Place::of(call);
    let path = input.path.unwrap_or_default();
    names::check_path(&path)?;
    let filters = filter::checked(input.parameter_filters.unwrap_or_default(), List::ByPath)?;
    let recursive = input.recursive.unwrap_or_default();
    let decrypt = input.with_decryption.unwrap_or_default();
    let chosen = (&path, recursive, &filters);
    let keyring = &core.parts.keyring;
    let pages = Pages::<SsmFaults>::new(keyring, call, "ssm/GetParametersByPath", &chosen);
    let size = input.max_results.and_then(|it| usize::try_from(it).ok());
    let page = pages.page(input.next_token.as_deref(), size.unwrap_or(BY_PATH))?;
    let (parameters, next_token) = match names::is_public(&path) {
        true => {
            let (all, token) = of_aws(core, &place, &page, |name, meta| {
                let tags = Tags::new();
                let seen = Seen {
                    name,
                    meta,
                    tags: &tags,
                };
                let labelled = filter::labels(&filters).is_some();
                !labelled && is_below(&path, name, recursive) && filter::fits(&filters, &seen)
            });
            let meta = core.public.meta();
            let one = |(name, value): (String, String)| shown(&place, &name, &meta, VERSION, value);
            (all.into_iter().map(one).collect(), token)
        }
        false => below(core, call, &path, (recursive, decrypt), &filters, &page).await?,
    };
    Ok(GetParametersByPathResult {
        parameters: Some(parameters),
        next_token,
    })
}

/// The account's parameters below a path, with their values.
async fn below(
    core: &Core,
    call: &Call,
    path: &str,
    (recursive, decrypt): (bool, bool),
    filters: &[Filter],
    page: &Page<'_, SsmFaults>,
) -> Result<(Vec<Shown>, Option<String>), Fault> {
    let (now, place) = (core.now(), &Place::of(call));
    let fits = |it: &Stored<Parameter>| {
        let parameter = &it.record;
        !parameter.is_expired(now)
            && is_below(path, &parameter.name, recursive)
            && chosen(parameter, filters).is_some()
            && filter::fits(filters, &seen(parameter))
    };
    let (found, token) = own(core, place, &names::below(path), page, fits).await?;
    let mut all = Vec::with_capacity(found.len());
    for parameter in found {
        let number = chosen(&parameter, filters).unwrap_or(parameter.latest);
        // Deleted since the list was read.
        let Ok(version) = core.version(place, &parameter, number).await else {
            continue;
        };
        let value = core
            .value(call, &parameter, number, &version, decrypt)
            .await?;
        all.push(shown(place, &parameter.name, &version.meta, number, value));
    }
    Ok((all, token))
}

/// The version that is shown: the latest, or that with one of the labels asked for.
fn chosen(parameter: &Parameter, filters: &[Filter]) -> Option<u64> {
    match filter::labels(filters) {
        None => Some(parameter.latest),
        Some(labels) => labels
            .iter()
            .find_map(|it| parameter.labels.get(it).copied()),
    }
}

fn seen(parameter: &Parameter) -> Seen<'_> {
    Seen {
        name: &parameter.name,
        meta: &parameter.current,
        tags: &parameter.tags,
    }
}

/// A page of the account's parameters whose keys begin as `start`.
async fn own(
    core: &Core,
    place: &Place,
    start: &str,
    page: &Page<'_, SsmFaults>,
    fits: impl Fn(&Stored<Parameter>) -> bool,
) -> Result<(Vec<Parameter>, Option<String>), Fault> {
    let prefix = scope(place).prefix(Parameter::KIND) + &escape(start);
    let after = page.after.as_deref().map(|it| key(place, it));
    let found = core.table.page(&prefix, after, page.size, fits).await?;
    let records: Vec<Parameter> = found.records.into_iter().map(|it| it.record).collect();
    let last = records.last().map(|it| key_name(&it.name));
    let token = page.next(found.more, last);
    Ok((records, token))
}

/// A page of AWS's own parameters: names and values.
fn of_aws(
    core: &Core,
    place: &Place,
    page: &Page<'_, SsmFaults>,
    fits: impl Fn(&str, &Meta) -> bool,
) -> (Vec<(String, String)>, Option<String>) {
    let meta = core.public.meta();
    let all = core.public.all(&place.region).into_iter();
    page.cut(all.filter(|(name, _)| fits(name, &meta)), |(name, _)| name)
}

fn described_of_aws(
    core: &Core,
    place: &Place,
    filters: &[Filter],
    page: &Page<'_, SsmFaults>,
) -> DescribeParametersResult {
    let tags = Tags::new();
    let (all, next_token) = of_aws(core, place, page, |name, meta| {
        let seen = Seen {
            name,
            meta,
            tags: &tags,
        };
        filter::fits(filters, &seen)
    });
    let meta = core.public.meta();
    let one = |(name, _): (String, String)| metadata(place, &name, &meta, VERSION);
    let parameters: Vec<ParameterMetadata> = all.into_iter().map(one).collect();
    DescribeParametersResult {
        parameters: Some(parameters),
        next_token,
    }
}
