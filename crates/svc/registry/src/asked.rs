//! A request whose sender is known: what it is for, and whether it may.

use std::{borrow::Cow, sync::Arc};

use bytes::Bytes;
use http::{Method, Response, StatusCode, header, request::Parts};
use wharf_base::Timestamp;
use wharf_svc_ecr::{Catalog, Open, Registry};
use wharf_wire::{Call, Check, Context, Dispatcher};

use crate::{
    answer::{Answer, Refusal},
    blobs,
    body::Body,
    gallery::{self, InGallery},
    lists, manifests,
    path::{self, Route},
    uploads,
};

/// A request whose sender is known, or may pull without being.
pub(crate) struct Asked<'a> {
    pub catalog: &'a Catalog,
    pub dispatcher: &'a Dispatcher,
    pub registry: Registry,
    pub parts: &'a Parts,
    /// Without a registry before the repository.
    pub path: Cow<'a, str>,
    pub context: Arc<Context>,
    /// For repositories of the public gallery.
    pub gallery: Option<InGallery<'a>>,
}

impl Asked<'_> {
    pub(crate) async fn answer<B>(&self, body: &mut B) -> Result<Response<Body>, Refusal>
    where
        B: http_body::Body<Data = Bytes> + Unpin,
        B::Error: std::fmt::Display,
    {
        let Some(route) = path::parse(&self.path).filter(|route| self.has(route)) else {
            let text = "There is nothing at this path";
            return Err(Refusal::new(StatusCode::NOT_FOUND, "NAME_INVALID", text));
        };
        match (self.parts.method.as_str(), &route) {
            ("GET" | "HEAD", Route::Base) => {
                Ok(Answer::new(StatusCode::OK).json(&serde_json::json!({})))
            }
            ("GET", Route::Catalog) => lists::catalog(self).await,
            ("GET", Route::Tags { name }) => lists::tags(self, name).await,
            ("GET", Route::Referrers { name, digest }) => {
                lists::referrers(self, name, digest).await
            }
            ("GET" | "HEAD", Route::Manifest { name, reference }) => {
                manifests::get(self, name, reference).await
            }
            ("PUT", Route::Manifest { name, reference }) => {
                manifests::put(self, name, reference, body).await
            }
            ("DELETE", Route::Manifest { name, reference }) => {
                manifests::delete(self, name, reference).await
            }
            ("HEAD", Route::Blob { name, digest }) => blobs::head(self, name, digest).await,
            ("GET", Route::Blob { name, digest }) => blobs::get(self, name, digest).await,
            ("POST", Route::Uploads { name }) => uploads::begin(self, name, body).await,
            ("GET", Route::Upload { name, id }) => uploads::status(self, name, id).await,
            ("PATCH", Route::Upload { name, id }) => uploads::patch(self, name, id, body).await,
            ("PUT", Route::Upload { name, id }) => uploads::finish(self, name, id, body).await,
            ("DELETE", Route::Upload { name, id }) => uploads::cancel(self, name, id).await,
            _ => Err(Refusal::unsupported()),
        }
    }

    /// The gallery lists no repositories. Logos are shown before it is known who asks.
    fn has(&self, route: &Route) -> bool {
        match route {
            Route::Logo { .. } => false,
            Route::Base | Route::Catalog => self.gallery.is_none(),
            _ => true,
        }
    }

    /// The name of a repository as clients know it.
    pub(crate) fn full_name(&self, name: &str) -> String {
        let prefix = self.gallery.as_ref().map_or("", |it| &it.prefix);
        format!("{prefix}{name}")
    }

    /// The name that the registry has for what clients name so; `None` if it is another's.
    pub(crate) fn own_name<'n>(&self, name: &'n str) -> Option<&'n str> {
        match &self.gallery {
            Some(gallery) => name.strip_prefix(&gallery.prefix),
            None => Some(name),
        }
    }

    /// The path of what is in a repository.
    pub(crate) fn location(&self, name: &str, of: &str) -> String {
        format!("/v2/{}/{of}", self.full_name(name))
    }

    /// Whether one more image may be pulled now.
    pub(crate) fn within_bounds(&self) -> Result<(), Refusal> {
        match &self.gallery {
            Some(gallery) if self.parts.method == Method::GET => gallery.within_bounds(self.now()),
            _ => Ok(()),
        }
    }

    /// Asks IAM whether the bearer may do `action` (without `ecr:`) to the repository.
    pub(crate) async fn may(&self, action: &str, name: &str) -> Result<Call, Refusal> {
        let found = self.find(name).await?;
        self.may_with(action, name, found.as_ref()).await
    }

    /// The repository as it is now. Who asks whether the bearer may do something to it does that to the same.
    pub(crate) async fn find(&self, name: &str) -> Result<Option<Open>, Refusal> {
        Ok(self.catalog.find_repository(&self.registry, name).await?)
    }

    /// What was found, once it is known that the bearer may know of it.
    pub(crate) fn there(&self, found: Option<Open>, name: &str) -> Result<Open, Refusal> {
        Ok(found.ok_or_else(|| self.registry.missing(name))?)
    }

    /// As [`Asked::may`], of a repository that was just found.
    pub(crate) async fn may_with(
        &self,
        action: &str,
        name: &str,
        found: Option<&Open>,
    ) -> Result<Call, Refusal> {
        if let Some(gallery) = &self.gallery {
            if gallery::is_open(action) {
                let (dispatcher, cx) = (self.dispatcher, Context::clone(&self.context));
                return gallery::open(dispatcher, cx, &self.registry, action, name).await;
            }
            gallery.require_login()?;
        }
        let action = format!("{}:{action}", self.registry.service());
        let check = self
            .catalog
            .check_found(&action, &self.registry, name, found);
        let mut checks = vec![check.await?];
        if self.gallery.as_ref().is_some_and(|it| !it.is_logged_in) {
            checks.extend(gallery::login(&self.context.caller));
        }
        self.admit(&checks).await
    }

    /// As [`Asked::may`] for what shows all repositories.
    pub(crate) async fn may_list(&self, action: &str) -> Result<Call, Refusal> {
        let every = self.registry.repository_arn("*");
        let check = Check::new(format!("ecr:{action}"), every);
        let asked = self.catalog.with_policies(check, &self.registry, None);
        self.admit(&[asked.await?]).await
    }

    /// A push makes its repository where a template says so and the bearer may.
    pub(crate) async fn make_repository(&self, name: &str) -> Result<(), Refusal> {
        if !self.catalog.is_made_by_push(&self.registry, name).await? {
            return Ok(());
        }
        let call = self.may_create(name).await?;
        let made = self
            .catalog
            .make_for_push(&call.permit, &self.registry, name, call.now);
        Ok(made.await?)
    }

    /// Asks IAM whether the bearer may make the repository, which is not there.
    pub(crate) async fn may_create(&self, name: &str) -> Result<Call, Refusal> {
        let check = self.catalog.check_creation(&self.registry, name).await?;
        self.admit(&[check]).await
    }

    /// When the request came.
    pub(crate) fn now(&self) -> Timestamp {
        self.context.now
    }

    async fn admit(&self, checks: &[Check]) -> Result<Call, Refusal> {
        let (ecr, cx) = (&wharf_api_ecr::schema::SERVICE, self.context.clone());
        Ok(self.dispatcher.admit_from_outside(ecr, cx, checks).await?)
    }

    pub(crate) fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.parts.headers.get(name)?.to_str().ok()
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        path::parameter(self.parts.uri.query(), name)
    }
}
