//! The public gallery: names under `public.ecr.aws/<alias>/`, from which anybody pulls.
//!
//! Who pulls shows a password, or a token that anybody gets who asks for one (`tokens.rs`); both say
//! only how fast they may. Pushes and deletions are authorised as `ecr-public:` actions.

use http::{
    HeaderName, Method, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
    request::Parts,
};
use wharf_base::Timestamp;
use wharf_svc_ecr::{Catalog, GALLERY, Registry};
use wharf_wire::{Call, Caller, Check, Context, Dispatcher};

use crate::{
    answer::{Answer, Refusal, TurnedAway},
    auth,
    body::Body,
    path::{self, Route},
    request::Peer,
};

/// What anybody may do there.
const OPEN: [&str; 4] = [
    "BatchCheckLayerAvailability",
    "BatchGetImage",
    "GetDownloadUrlForLayer",
    "ListImages",
];
/// Says so to the gate, which still refuses what an account had that was closed.
const ANYBODY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"ecr-public:*"}]}"#;
const NO_SNIFF: HeaderName = HeaderName::from_static("x-content-type-options");
/// Logos change seldom, in seconds.
const LOGO_AGE: &str = "public, max-age=300";

/// How fast images are pulled from the gallery.
pub trait Pulls: std::fmt::Debug + Send + Sync {
    /// Whether one more pull is within the bounds: of a caller, or of somebody who says nothing of
    /// themselves.
    fn take(&self, caller: Option<&Caller>, from: &Peer, now: Timestamp) -> bool;
}

/// Where in the gallery a request is.
pub(crate) struct Place {
    pub registry: Registry,
    /// Of the names of its repositories: `public.ecr.aws/<alias>/`.
    pub prefix: String,
    /// The path without it.
    pub path: String,
}

/// The alias and the rest of a path of the gallery; `None` for private ones. Hosts of private registries
/// have no gallery: what is called so there is a repository.
pub(crate) fn split<'a>(parts: &'a Parts, host: Option<&str>) -> Option<(&'a str, &'a str)> {
    let ns = path::parameter(parts.uri.query(), "ns");
    let private = |name: &str| auth::aws_host(name).is_some();
    if ns.as_deref().is_some_and(private) || host.is_some_and(private) {
        return None;
    }
    let rest = parts.uri.path().strip_prefix("/v2/")?;
    rest.strip_prefix(GALLERY)?
        .strip_prefix('/')?
        .split_once('/')
}

impl Place {
    pub(crate) async fn find(
        catalog: &Catalog,
        (alias, rest): (&str, &str),
    ) -> Result<Self, Refusal> {
        let registry = catalog.registry_of_alias(alias).await?;
        let registry = registry.ok_or_else(|| no_registry(alias))?;
        Ok(Self {
            registry,
            prefix: format!("{GALLERY}/{alias}/"),
            path: format!("/v2/{rest}"),
        })
    }
}

/// A request for a repository of the gallery.
pub(crate) struct InGallery<'a> {
    /// Of the names of repositories.
    pub prefix: String,
    /// `None` for somebody who says nothing of themselves.
    pub caller: Option<Caller>,
    /// They showed a password of the gallery, so that they were let in there.
    pub is_logged_in: bool,
    pub from: &'a Peer,
    pub pulls: Option<&'a dyn Pulls>,
    /// What makes clients ask for a token.
    pub challenge: String,
}

impl InGallery<'_> {
    /// Whether one more image may be pulled.
    pub(crate) fn within_bounds(&self, now: Timestamp) -> Result<(), Refusal> {
        let (caller, from) = (self.caller.as_ref(), self.from);
        match self.pulls.is_none_or(|it| it.take(caller, from, now)) {
            true => Ok(()),
            false => Err(too_fast()),
        }
    }

    /// What is not open to anybody.
    pub(crate) fn require_login(&self) -> Result<(), Refusal> {
        if self.caller.is_some() {
            return Ok(());
        }
        let more = format!("{},error=\"insufficient_scope\"", self.challenge);
        let refusal = Refusal::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "Not Authorized");
        Err(refusal.with(WWW_AUTHENTICATE, more).of(TurnedAway::Unnamed))
    }
}

/// What a login to the gallery asks, for who comes with a password of private registries: clients keep one
/// login for a host.
pub(crate) fn login(caller: &Caller) -> [Check; 2] {
    let service = "ecr-public.amazonaws.com";
    let token = Check::any("sts:GetServiceBearerToken").with("sts:AWSServiceName", service);
    [Check::any("ecr-public:GetAuthorizationToken"), token]
        .map(|check| check.of_account(&caller.account))
}

/// What makes clients ask for a token.
pub(crate) fn challenge(realm: &str) -> String {
    format!("Bearer realm=\"{realm}\",service=\"{GALLERY}\",scope=\"aws\"")
}

fn no_registry(alias: &str) -> Refusal {
    let alias: String = alias.chars().take(50).collect();
    let text = format!("The registry with name '{alias}' does not exist");
    Refusal::new(StatusCode::NOT_FOUND, "NAME_UNKNOWN", text)
}

/// Whether anybody may do it.
pub(crate) fn is_open(action: &str) -> bool {
    OPEN.contains(&action)
}

/// Lets anybody in, unless the account whose repository it is was closed: then there is none. Nobody
/// is told of pulls: they may come from anywhere, as often as the bounds allow.
pub(crate) async fn open(
    dispatcher: &Dispatcher,
    mut cx: Context,
    registry: &Registry,
    action: &str,
    name: &str,
) -> Result<Call, Refusal> {
    cx.caller = Caller::unproven(&registry.account, "");
    let action = format!("{}:{action}", registry.service());
    let check = Check::new(action, registry.repository_arn(name));
    let check = check.with_resource_policy(Some(ANYBODY.to_owned()));
    let (let_in, _) = dispatcher.weigh(cx, &[check]).await;
    let_in.map_err(|_| Refusal::manifest_unknown())
}

/// Pulls come too fast.
pub(crate) fn too_fast() -> Refusal {
    let status = StatusCode::TOO_MANY_REQUESTS;
    Refusal::new(status, "TOOMANYREQUESTS", "Rate exceeded").with(RETRY_AFTER, "1")
}

/// Whether a path is one of logos, which are shown to who says nothing of themselves.
pub(crate) fn is_logo(path: &str) -> bool {
    let rest = path
        .strip_prefix("/v2/")
        .and_then(|it| it.strip_prefix(GALLERY));
    let rest = rest.and_then(|it| it.strip_prefix('/')?.split_once('/'));
    let route = rest.and_then(|(_, rest)| path::parse(&format!("/v2/{rest}")));
    matches!(route, Some(Route::Logo { .. }))
}

/// The repository whose logo a request is for: anybody sees it, without a token.
pub(crate) fn logo(parts: &Parts, rest: &str) -> Option<String> {
    let reads = matches!(parts.method, Method::GET | Method::HEAD);
    match path::parse(&format!("/v2/{rest}")) {
        Some(Route::Logo { name }) if reads => Some(name),
        _ => None,
    }
}

pub(crate) async fn show_logo(
    catalog: &Catalog,
    dispatcher: &Dispatcher,
    cx: Context,
    (place, name): (&Place, &str),
    parts: &Parts,
) -> Result<Response<Body>, Refusal> {
    open(
        dispatcher,
        cx,
        &place.registry,
        "GetRepositoryCatalogData",
        name,
    )
    .await?;
    let found = catalog.logo(&place.registry, name).await?;
    let none = || {
        let text = "The repository has no logo";
        Refusal::new(StatusCode::NOT_FOUND, "NAME_UNKNOWN", text)
    };
    let (bytes, media_type) = found.ok_or_else(none)?;
    let answer = Answer::new(StatusCode::OK)
        .header(CONTENT_TYPE, media_type)
        .header(CACHE_CONTROL, LOGO_AGE)
        .header(NO_SNIFF, "nosniff");
    Ok(match parts.method == Method::HEAD {
        true => answer.sized(bytes.len() as u64),
        false => answer.body(bytes),
    })
}
