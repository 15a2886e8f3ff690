//! Get and list.

use serde_json::{Map, Value};
use wharf_kube_model::{
    field::{Errors, Path},
    selector::{Fields, Labels},
    status::{Cause, Details, Status},
};
use wharf_store::{Revision, StoreError};

use crate::{
    answer::{Answer, Fault},
    call::{Call, store_fault},
    conversion,
    negotiate::Shape,
    query::Query,
    storage::{Object, path, token::Position},
};

const MATCH: &str = "resourceVersionMatch";
/// Whether a watch begins with what is there.
pub const INITIAL: &str = "sendInitialEvents";
const EXACT: &str = "Exact";
const NOT_OLDER: &str = "NotOlderThan";
/// Objects read at a time.
const PAGE: usize = 500;

pub async fn get(call: &Call) -> Result<Answer, Fault> {
    if let Some(revision) = given_revision(call)? {
        must_have(call, revision).await?;
    }
    call.answer(200, &call.read().await?)
}

/// What a list is narrowed to.
pub struct Selection {
    labels: Labels,
    fields: Fields,
}

impl Selection {
    pub fn of(call: &Call) -> Result<Self, Fault> {
        Ok(Self {
            labels: call.labels()?,
            fields: call.fields()?,
        })
    }

    pub fn is_everything(&self) -> bool {
        self.labels.is_everything() && self.fields.is_everything()
    }

    pub fn matches(&self, call: &Call, object: &Value) -> bool {
        self.labels.matches_object(object) && self.fields.matches(&call.resource, object)
    }
}

/// Which state of the objects a list is of.
#[derive(Debug, Clone, PartialEq, Eq)]
enum AsOf {
    Now,
    Exactly(Revision),
    NotOlderThan(Revision),
}

/// Part of a list.
pub struct Part {
    pub objects: Vec<Object>,
    pub revision: Revision,
    /// Where the next part begins, and how many objects it and those after it have, if that is known.
    rest: Option<(Position, Option<usize>)>,
}

/// Why a list could not be read.
pub enum Stopped {
    Fault(Fault),
    /// What the continue token speaks of is no longer known; with another token the rest can be had as it is now.
    Expired {
        token: String,
    },
}

impl<T: Into<Fault>> From<T> for Stopped {
    fn from(fault: T) -> Self {
        Self::Fault(fault.into())
    }
}

const TOKEN_EXPIRED: &str = "The provided continue parameter is too old to display a consistent list result. You can start a new list \
    without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing \
    with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the \
    first chunk was returned and now may show up in the list.";

pub async fn list(call: &Call) -> Result<Answer, Fault> {
    let part = match read(call).await {
        Ok(part) => part,
        Err(Stopped::Fault(fault)) => return Err(fault),
        Err(Stopped::Expired { token }) => {
            let mut status = Status::expired(TOKEN_EXPIRED).to_value();
            status["metadata"]["continue"] = token.into();
            return Ok(call.answer_other(410, &status));
        }
    };
    let mut metadata = list_metadata(call, part.revision);
    if let Some((next, left)) = &part.rest {
        metadata.insert("continue".into(), next.token().into());
        if let Some(left) = left {
            metadata.insert("remainingItemCount".into(), (*left).into());
        }
    }
    let body = call
        .presenter()
        .list(&Value::Object(metadata), &part.objects);
    call.encoded(200, body)
}

/// What a list tells of itself. One of custom resources says that there is no more where others say nothing.
pub fn list_metadata(call: &Call, revision: Revision) -> Map<String, Value> {
    let mut metadata = Map::new();
    metadata.insert("resourceVersion".into(), revision.to_string().into());
    if call.resource.custom.is_some() && call.form.shape == Shape::Whole {
        metadata.insert("continue".into(), "".into());
    }
    metadata
}

/// The objects that a list asks for.
pub async fn read(call: &Call) -> Result<Part, Stopped> {
    check_options(&call.query, Asks::List)?;
    let selection = Selection::of(call)?;
    let limit = call.query.number("limit").map_err(Status::from)?;
    let limit = limit.and_then(|it| usize::try_from(it).ok()).unwrap_or(0);
    let start = match call.query.get("continue") {
        None => None,
        Some(token) => {
            if call
                .query
                .get("resourceVersion")
                .is_some_and(|it| it != "0")
            {
                let text = "specifying resource version is not allowed when using continue";
                return Err(Status::bad_request(text).into());
            }
            Some(
                Position::parse(token)
                    .map_err(|why| Status::bad_request(format!("invalid continue token: {why}")))?,
            )
        }
    };
    let mut at = match (&start, as_of(call, limit > 0)?) {
        (Some(position), _) => position.revision,
        (None, AsOf::Exactly(revision)) => Some(revision),
        (None, AsOf::Now) => None,
        (None, AsOf::NotOlderThan(revision)) => {
            must_have(call, revision).await?;
            None
        }
    };
    let folder = call.folder();
    // Below the folder of all namespaces, so that a token holds the namespace too.
    let within = call.namespace().map(|it| path(Some(it), ""));
    let within = within.unwrap_or_default();
    let mut after = start.map(|it| it.after);
    let mut chosen = Vec::new();
    loop {
        let wanted = if limit == 0 || !selection.is_everything() {
            PAGE
        } else {
            (limit - chosen.len()).min(PAGE)
        };
        let below = format!("{folder}{within}");
        let behind = after
            .as_deref()
            .map(|it| it.strip_prefix(&within).unwrap_or(it));
        let page = call.cluster.objects.page(&below, behind, at, wanted).await;
        let page = page.map_err(|error| stopped(error, after.as_deref()))?;
        at = Some(page.revision);
        let count = page.objects.len();
        let (paths, objects): (Vec<_>, Vec<_>) = page.objects.into_iter().unzip();
        let objects = conversion::shown(call, objects).await?;
        for (index, (found, object)) in paths.into_iter().zip(objects).enumerate() {
            let found = format!("{within}{found}");
            let is_chosen = selection.is_everything()
                || object
                    .value(&call.resource)
                    .is_some_and(|it| selection.matches(call, &it));
            if is_chosen {
                chosen.push(object);
            }
            let is_more = index + 1 < count || page.more;
            if limit > 0 && chosen.len() == limit && is_more {
                let left = match selection.is_everything() {
                    false => None,
                    true => {
                        let behind = found.strip_prefix(&within).unwrap_or(&found);
                        let objects = &call.cluster.objects;
                        let count = objects.count_after(&below, behind, page.revision).await;
                        Some(count.map_err(store_fault)?)
                    }
                };
                let next = Position {
                    revision: Some(page.revision),
                    after: found,
                };
                return Ok(Part {
                    objects: chosen,
                    revision: page.revision,
                    rest: Some((next, left)),
                });
            }
            after = Some(found);
        }
        if !page.more || count == 0 {
            return Ok(Part {
                objects: chosen,
                revision: page.revision,
                rest: None,
            });
        }
    }
}

fn revision(text: &str) -> Result<Revision, Fault> {
    let parsed = text.parse();
    Ok(parsed.map_err(|_| {
        Status::bad_request(format!(
            "invalid resource version: resourceVersion: Invalid value: \"{text}\": strconv.ParseUint: parsing \"{text}\": invalid syntax"
        ))
    })?)
}

/// What [`check_options`] is asked about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    List,
    Watch,
}

/// How a list or a watch may say which state it is of, or begins with.
///
/// # Errors
/// All that is wrong with it.
pub fn check_options(query: &Query, asks: Asks) -> Result<(), Fault> {
    let mut errors = Errors::new();
    let path = Path::root(MATCH);
    let given = query.get(MATCH);
    let has_initial = query.says(INITIAL).is_some();
    let is_watch = asks == Asks::Watch;
    if is_watch && has_initial && given != Some(NOT_OLDER) {
        let why = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
        errors.forbidden(&path, why);
    }
    if let Some(given) = given {
        let revision = query.get("resourceVersion");
        if is_watch && !has_initial {
            let why =
                "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided";
            errors.forbidden(&path, why);
        }
        if !is_watch && revision.is_none() {
            let why = "resourceVersionMatch is forbidden unless resourceVersion is provided";
            errors.forbidden(&path, why);
        }
        let continues = query.get("continue").is_some();
        let refuse_continue = |errors: &mut Errors| {
            if continues {
                let why = "resourceVersionMatch is forbidden when continue is provided";
                errors.forbidden(&path, why);
            }
        };
        // In upstream's order.
        if is_watch {
            if given != NOT_OLDER {
                errors.not_supported(&path, given, &[NOT_OLDER]);
            }
            refuse_continue(&mut errors);
        } else {
            refuse_continue(&mut errors);
            if ![EXACT, NOT_OLDER].contains(&given) {
                errors.not_supported(&path, given, &[EXACT, NOT_OLDER, ""]);
            }
            if given == EXACT && revision == Some("0") {
                let why = "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"";
                errors.forbidden(&path, why);
            }
        }
    }
    if !is_watch && has_initial {
        let why = "sendInitialEvents is forbidden for list";
        errors.forbidden(&Path::root(INITIAL), why);
    }
    match errors.is_empty() {
        true => Ok(()),
        false => {
            let errors = errors.into_vec();
            Err(Status::invalid("meta.k8s.io", "ListOptions", "", errors).into())
        }
    }
}

/// `is_limited`: without a word on how a revision is meant, a part of a list is of that very one.
fn as_of(call: &Call, is_limited: bool) -> Result<AsOf, Fault> {
    Ok(match (call.query.get(MATCH), given_revision(call)?) {
        (_, None) => AsOf::Now,
        (Some(EXACT), Some(given)) => AsOf::Exactly(given),
        (None, Some(given)) if is_limited => AsOf::Exactly(given),
        (_, Some(given)) => AsOf::NotOlderThan(given),
    })
}

/// The revision that a request begins at, if it says one.
pub fn given_revision(call: &Call) -> Result<Option<Revision>, Fault> {
    let given = call
        .query
        .get("resourceVersion")
        .map(revision)
        .transpose()?;
    Ok(given.filter(|it| *it > 0))
}

/// A revision that is not there yet was never told to anybody.
pub async fn must_have(call: &Call, revision: Revision) -> Result<(), Fault> {
    let current = call.cluster.objects.revision().await.map_err(store_fault)?;
    if revision <= current {
        return Ok(());
    }
    Err(too_large(revision, current).into())
}

fn too_large(asked: Revision, current: Revision) -> Status {
    let text = format!("Too large resource version: {asked}, current: {current}");
    let mut status = Status::timeout(&text, 1);
    let details = status.details.get_or_insert_with(Details::default);
    details.causes.push(Cause {
        reason: "ResourceVersionTooLarge".to_owned(),
        message: "Too large resource version".to_owned(),
        field: String::new(),
    });
    status
}

fn stopped(error: StoreError, after: Option<&str>) -> Stopped {
    match (error, after) {
        (StoreError::Compacted { .. }, Some(after)) => {
            let next = Position {
                revision: None,
                after: after.to_owned(),
            };
            Stopped::Expired {
                token: next.token(),
            }
        }
        (StoreError::FutureRevision { requested, current }, _) => {
            too_large(requested, current).into()
        }
        (other, _) => store_fault(other).into(),
    }
}
