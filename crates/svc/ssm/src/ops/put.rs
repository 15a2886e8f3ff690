//! PutParameter.

use wharf_api_ssm::{PutParameterRequest, PutParameterResult, faults};
use wharf_base::ids;
use wharf_records::{Record as _, Unknown};
use wharf_service::{Faults as _, Place, tags::Tags, transact};
use wharf_wire::{Call, Fault};

use crate::{
    core::{ChangeError, Core, key, version_key},
    describe::{OWN_KEY, number},
    fault::{self, SsmFaults},
    names::{self, key_name, scope},
    pattern,
    policies::{self, Policies},
    records::{Kind, Meta, Parameter, Tier},
    settings::DEFAULT_TIER,
    tags,
    tiers::{self, MAX_ADVANCED, MAX_STANDARD},
    versions,
};

/// The only data type that is here.
const TEXT: &str = "text";

/// A request that is right as far as it tells by itself.
struct Wish {
    name: String,
    value: String,
    kind: Option<Kind>,
    description: Option<String>,
    allowed_pattern: Option<String>,
    tier: Option<String>,
    policies: Option<Policies>,
    data_type: Option<String>,
    key_id: Option<String>,
    tags: Tags,
    overwrite: bool,
}

/// What else a version is decided by.
struct Around {
    default_tier: String,
    is_full: Full,
}

/// Whether there are as many parameters of a tier as there may be.
#[derive(Debug, Clone, Copy, Default)]
struct Full {
    standard: bool,
    advanced: bool,
}

pub async fn put_parameter(
    core: &Core,
    call: &Call,
    input: PutParameterRequest,
) -> Result<PutParameterResult, Fault> {
    let place = Place::of(call);
    let wish = wish(&place, input)?;
    let key = key(&place, key_name(&wish.name));
    make_way(core, call, &place, &key).await?;
    let set = core.setting(&place, DEFAULT_TIER.path).await?;
    let around = Around {
        default_tier: set.map_or_else(|| DEFAULT_TIER.default.to_owned(), |it| it.value),
        is_full: full(core, &place).await?,
    };
    let (version, tier) = transact!(core.table, &call.permit, |tx| {
        let before = tx.find::<Parameter>(&key).await?;
        let meta = meta(core, call, &wish, before.as_ref(), &around).await?;
        let (parameter, gone) = next(&wish, before, meta.clone())?;
        if let Some(gone) = gone {
            tx.delete(version_key(&place, &parameter, gone));
        }
        let (latest, tier) = (parameter.latest, meta.tier);
        let stored = core.stored(call, &parameter, meta, &wish.value).await?;
        tx.put(version_key(&place, &parameter, latest), &stored);
        tx.put(&key, &parameter);
        (latest, tier)
    });
    Ok(PutParameterResult {
        version: Some(number(version)),
        tier: Some(tier.as_str().to_owned()),
    })
}

/// What a request says, checked as far as it goes without the parameter.
fn wish(place: &Place, input: PutParameterRequest) -> Result<Wish, Fault> {
    let name = input.name.unwrap_or_default();
    let value = input.value.unwrap_or_default();
    let overwrite = input.overwrite.unwrap_or_default();
    let tags = tags::given(input.tags)?;
    if value.is_empty() {
        return Err(fault::invalid(
            "1 validation error detected: Value '' at 'value' failed to satisfy constraint: Member \
             must have length greater than or equal to 1.",
        ));
    }
    if overwrite && !tags.is_empty() {
        return Err(fault::invalid(
            "Invalid request: tags and overwrite can't be used together. To create a parameter with \
             tags, please remove overwrite flag. To update tags for an existing parameter, please use \
             AddTagsToResource or RemoveTagsFromResource.",
        ));
    }
    names::check(place, &name)?;
    if let Some(start) = value.find("{{")
        && value[start..].contains("}}")
    {
        return Err(fault::invalid(
            "Parameter value can't nest another parameter. Do not use \"{{}}\" in the value.",
        ));
    }
    check_data_type(input.data_type.as_deref())?;
    Ok(Wish {
        kind: input.type_.as_deref().and_then(Kind::parse),
        description: input.description,
        allowed_pattern: input.allowed_pattern,
        policies: policies::parse(input.policies.as_deref())?,
        tier: input.tier,
        data_type: input.data_type,
        key_id: input.key_id,
        name,
        value,
        tags,
        overwrite,
    })
}

fn check_data_type(given: Option<&str>) -> Result<(), Fault> {
    match given {
        None | Some(TEXT) => Ok(()),
        Some(known @ ("aws:ec2:image" | "aws:ssm:integration")) => {
            Err(fault::unsupported(&format!("The data type {known}")))
        }
        Some(other) => Err(fault::invalid(format!(
            "The following data type is not supported: {other} (Data type names are all lowercase.)"
        ))),
    }
}

/// What the new version says: what the request does, else what the version before it did.
async fn meta(
    core: &Core,
    call: &Call,
    wish: &Wish,
    before: Option<&Parameter>,
    around: &Around,
) -> Result<Meta, Fault> {
    let before = before.map(|it| &it.current);
    if before.is_some() && !wish.overwrite {
        return Err(faults::parameter_already_exists(
            "The parameter already exists. To overwrite this value, set the overwrite option in the \
             request to true.",
        ));
    }
    let kind = wish.kind.or(before.map(|it| it.kind));
    let kind = kind.ok_or_else(|| {
        fault::invalid("A parameter type is required when you create a parameter.")
    })?;
    let key_id = key_id(call, kind, wish.key_id.as_deref())?;
    let given = wish.allowed_pattern.clone();
    let allowed_pattern = given.or_else(|| before.and_then(|it| it.allowed_pattern.clone()));
    let allowed_pattern = allowed_pattern.filter(|it| !it.is_empty());
    let given = wish.policies.clone();
    let Policies {
        expiration,
        notices,
    } = given.unwrap_or_else(|| before.map(Policies::kept).unwrap_or_default());
    let tier = tiers::choose(&tiers::Wish {
        asked: wish.tier.as_deref(),
        default: &around.default_tier,
        before: before.map(|it| it.tier),
        characters: wish.value.chars().count(),
        has_policies: expiration.is_some() || !notices.is_empty(),
        standard_is_full: around.is_full.standard,
    })?;
    if tier == Tier::Advanced && before.is_none() && around.is_full.advanced {
        return Err(faults::parameter_limit_exceeded(format!(
            "You have reached the maximum number of advanced parameters for this AWS account and \
             Region ({MAX_ADVANCED}). To add more parameters, delete existing parameters."
        )));
    }
    // Only once the value is known to be no longer than one may be.
    if let Some(allowed) = &allowed_pattern {
        check_pattern(core, &call.account, allowed, kind, &wish.value).await?;
    }
    let description = wish.description.clone();
    let data_type = wish.data_type.clone();
    Ok(Meta {
        kind,
        tier,
        description: description.or_else(|| before.and_then(|it| it.description.clone())),
        allowed_pattern,
        data_type: data_type
            .or_else(|| before.map(|it| it.data_type.clone()))
            .unwrap_or_else(|| TEXT.to_owned()),
        key_id,
        expiration,
        notices,
        modified_at: call.now,
        modified_by: call.caller.arn.clone(),
    })
}

/// Whether a pattern allows a value. Both are the caller's choice, and may take a processor for seconds: so it is done apart from the
/// tasks that serve others, in the account's turn.
async fn check_pattern(
    core: &Core,
    account: &str,
    allowed: &str,
    kind: Kind,
    value: &str,
) -> Result<(), Fault> {
    let turn = core.matching.take(account).await;
    let (allowed, value) = (allowed.to_owned(), value.to_owned());
    let checked = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        pattern::check(&allowed, kind, &value)
    });
    checked
        .await
        .unwrap_or_else(|error| Err(SsmFaults::internal(&error)))
}

/// The key of KMS that a request asks for; `None` for the one that AWS makes for an account, whose place the
/// installation's keyring takes. The version before says nothing of it.
fn key_id(call: &Call, kind: Kind, given: Option<&str>) -> Result<Option<String>, Fault> {
    let Some(given) = given else {
        return Ok(None);
    };
    if kind != Kind::SecureString {
        return Err(fault::invalid(
            "KeyId is required for SecureString type parameter only.",
        ));
    }
    let arn = wharf_base::Arn::new("kms", &call.region, &call.account, OWN_KEY);
    let is_own = given == OWN_KEY || given == arn.to_string();
    Ok((!is_own).then(|| given.to_owned()))
}

/// The parameter with its new version, and the number of the version that it loses.
fn next(
    wish: &Wish,
    before: Option<Parameter>,
    meta: Meta,
) -> Result<(Parameter, Option<u64>), Fault> {
    let Some(mut parameter) = before else {
        let made = Parameter {
            name: wish.name.clone(),
            id: ids::uuid(),
            oldest: 1,
            latest: 1,
            current: meta,
            labels: Default::default(),
            tags: wish.tags.clone(),
            unknown: Unknown::new(),
        };
        return Ok((made, None));
    };
    let gone = versions::advance(&mut parameter)?;
    parameter.current = meta;
    Ok((parameter, gone))
}

/// Removes what is under the key if its time is over; a new parameter takes its place.
async fn make_way(core: &Core, call: &Call, place: &Place, key: &str) -> Result<(), ChangeError> {
    let there = core.table.read::<Parameter>(key).await?;
    match there.filter(|it| it.record.is_expired(core.now())) {
        None => Ok(()),
        Some(expired) => core.remove(&call.permit, place, &expired, None).await,
    }
}

/// Counts by tier only once there are so many that it matters.
async fn full(core: &Core, place: &Place) -> Result<Full, ChangeError> {
    let scope = scope(place);
    if core.table.count(&scope.prefix(Parameter::KIND)).await? < MAX_STANDARD {
        return Ok(Full::default());
    }
    let all = core.table.all::<Parameter>(&scope, "").await?;
    let of = |tier: Tier| {
        all.iter()
            .filter(|(_, it)| it.record.current.tier == tier)
            .count()
    };
    Ok(Full {
        standard: of(Tier::Standard) >= MAX_STANDARD,
        advanced: of(Tier::Advanced) >= MAX_ADVANCED,
    })
}
