//! The way of a request to an API server.

use std::{io, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, combinators::UnsyncBoxBody};

use crate::error::Error;

/// A body that comes piece by piece.
pub type Body = UnsyncBoxBody<Bytes, io::Error>;

/// Carries requests to one API server, in the name of one user.
///
/// The request's target is path and query alone; the answer's body streams, as watches and logs need.
#[async_trait]
pub trait Transport: Send + Sync + 'static {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Body>, Error>;
}

#[async_trait]
impl<T: Transport + ?Sized> Transport for Arc<T> {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Body>, Error> {
        (**self).send(request).await
    }
}

/// A transport of a function: for servers in the same process.
pub fn from_fn<F, A>(serve: F) -> impl Transport
where
    F: Fn(Request<Bytes>) -> A + Send + Sync + 'static,
    A: Future<Output = Response<Body>> + Send + 'static,
{
    Function(serve)
}

struct Function<F>(F);

#[async_trait]
impl<F, A> Transport for Function<F>
where
    F: Fn(Request<Bytes>) -> A + Send + Sync + 'static,
    A: Future<Output = Response<Body>> + Send + 'static,
{
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Body>, Error> {
        Ok((self.0)(request).await)
    }
}

/// A body that is there already.
pub fn full(bytes: impl Into<Bytes>) -> Body {
    http_body_util::Full::new(bytes.into())
        .map_err(|never| match never {})
        .boxed_unsync()
}
