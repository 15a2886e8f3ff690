//! One repository of the running registry, over `/v2/` and signed as root.

use std::{fs::File, io::Read, path::Path};

use bytes::Bytes;
use http::{Method, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    body::{Frame, Incoming},
    client::conn::http1::SendRequest,
};
use hyper_util::rt::TokioIo;
use wharf_agent::client::{Api, Endpoint};
use wharf_api_ecr::{
    schema::SERVICE as ECR,
    types::{
        CreateRepositoryRequest, CreateRepositoryResponse, DescribeRepositoriesRequest,
        DescribeRepositoriesResponse, GetAuthorizationTokenRequest, GetAuthorizationTokenResponse,
        ImageIdentifier, ListImagesRequest, ListImagesResponse,
    },
};
use wharf_blobs::Digest;

use super::MAX_MANIFEST;
use crate::{
    call,
    layout::{Layout, Settings},
    problem::Problem,
};

const MANIFEST_TYPES: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
     application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json, */*";
/// Of a file that is sent, at a time.
const PIECE: usize = 256 << 10;

type Body = UnsyncBoxBody<Bytes, std::io::Error>;

pub struct Registry {
    api: Api,
    endpoint: Endpoint,
    /// The registry of an account and region.
    host: String,
    authorization: String,
    repository: String,
    /// The connection that was used last, while it lives.
    sender: Option<SendRequest<Body>>,
}

/// The repository is there afterwards.
pub async fn create(layout: &Layout, settings: &Settings, repository: &str) -> Result<(), Problem> {
    let request = CreateRepositoryRequest {
        repository_name: Some(repository.to_owned()),
        ..Default::default()
    };
    let api = call::api(layout, settings)?;
    let made: Result<CreateRepositoryResponse, _> =
        api.call(&ECR, "CreateRepository", &request).await;
    match made {
        Err(error) if error.code() != "RepositoryAlreadyExistsException" => Err(Problem::caused(
            format!("cannot create the repository {repository}"),
            error,
        )),
        _ => Ok(()),
    }
}

impl Registry {
    pub async fn open(
        layout: &Layout,
        settings: &Settings,
        repository: &str,
    ) -> Result<Self, Problem> {
        let api = call::api(layout, settings)?;
        let request = DescribeRepositoriesRequest {
            repository_names: Some(vec![repository.to_owned()]),
            ..Default::default()
        };
        let found: Result<DescribeRepositoriesResponse, _> =
            api.call(&ECR, "DescribeRepositories", &request).await;
        let found = found.map_err(|cause| {
            Problem::caused(format!("cannot find the repository {repository}"), cause)
        })?;
        let found = found.repositories.unwrap_or_default().pop();
        let account = found.and_then(|it| it.registry_id).unwrap_or_default();
        let request = GetAuthorizationTokenRequest::default();
        let token: Result<GetAuthorizationTokenResponse, _> =
            api.call(&ECR, "GetAuthorizationToken", &request).await;
        let token =
            token.map_err(|cause| Problem::caused("the registry gives no password", cause))?;
        let token = token.authorization_data.unwrap_or_default().pop();
        let token = token
            .and_then(|it| it.authorization_token)
            .unwrap_or_default();
        Ok(Self {
            endpoint: api.endpoint().clone(),
            host: format!("{account}.dkr.ecr.{}.amazonaws.com", settings.region),
            authorization: format!("Basic {token}"),
            repository: repository.to_owned(),
            sender: None,
            api,
        })
    }

    /// All images, each tag of an image on its own.
    pub async fn images(&mut self) -> Result<Vec<ImageIdentifier>, Problem> {
        let mut images = Vec::new();
        let mut request = ListImagesRequest {
            repository_name: Some(self.repository.clone()),
            max_results: Some(1000),
            ..Default::default()
        };
        loop {
            let page: Result<ListImagesResponse, _> =
                self.api.call(&ECR, "ListImages", &request).await;
            let page =
                page.map_err(|cause| Problem::caused("the images cannot be listed", cause))?;
            images.extend(page.image_ids.unwrap_or_default());
            request.next_token = page.next_token;
            if request.next_token.is_none() {
                return Ok(images);
            }
        }
    }

    /// A manifest's bytes and type. They are what the digest says.
    pub async fn manifest(&mut self, digest: &Digest) -> Result<(Bytes, String), Problem> {
        let path = format!("manifests/{digest}");
        let answer = self
            .ask(Method::GET, &path, &[("accept", MANIFEST_TYPES)], empty())
            .await?;
        let kind = answer.headers().get(header::CONTENT_TYPE);
        let kind = kind
            .and_then(|it| it.to_str().ok())
            .unwrap_or_default()
            .to_owned();
        let text = read(answer).await?;
        match digest.names(&text) {
            true => Ok((text, kind)),
            false => Err(Problem::other(format!(
                "the registry sent something else as {digest}"
            ))),
        }
    }

    /// The bytes of a blob, to be taken piece by piece; nothing else may be asked for meanwhile.
    pub async fn blob(&mut self, digest: &Digest) -> Result<Incoming, Problem> {
        let answer = self
            .ask(Method::GET, &format!("blobs/{digest}"), &[], empty())
            .await?;
        Ok(answer.into_body())
    }

    pub async fn has_blob(&mut self, digest: &Digest) -> Result<bool, Problem> {
        let path = format!("blobs/{digest}");
        let answer = self.send(Method::HEAD, &path, &[], empty()).await?;
        match answer.status() {
            StatusCode::OK => Ok(true),
            StatusCode::NOT_FOUND => Ok(false),
            _ => Err(refusal(&path, answer).await),
        }
    }

    /// `told` hears how many bytes were sent so far.
    pub async fn put_blob(
        &mut self,
        digest: &Digest,
        file: &Path,
        told: impl Fn(u64) + Send + 'static,
    ) -> Result<u64, Problem> {
        let (size, body) = body_of(file, told)?;
        let length = size.to_string();
        let headers = [
            ("content-length", length.as_str()),
            ("content-type", "application/octet-stream"),
        ];
        let path = format!("blobs/uploads/?digest={digest}");
        let answer = self.ask(Method::POST, &path, &headers, body).await?;
        read(answer).await?;
        Ok(size)
    }

    /// `reference`: a tag, which does not say by which algorithm the image is named, or the digest.
    pub async fn put_manifest(
        &mut self,
        reference: &str,
        digest: &Digest,
        kind: &str,
        text: Vec<u8>,
    ) -> Result<(), Problem> {
        let body = Full::new(Bytes::from(text)).map_err(|never| match never {});
        let headers = [("content-type", kind)];
        let path = format!("manifests/{reference}?digest={digest}");
        let answer = self
            .ask(Method::PUT, &path, &headers, body.boxed_unsync())
            .await?;
        read(answer).await.map(drop)
    }

    /// The answer, if it is a good one.
    async fn ask(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Body,
    ) -> Result<Response<Incoming>, Problem> {
        let answer = self.send(method, path, headers, body).await?;
        match answer.status().is_success() {
            true => Ok(answer),
            false => Err(refusal(path, answer).await),
        }
    }

    async fn connect(&self) -> Result<SendRequest<Body>, Problem> {
        let stream = self.api.dialer().connect(&self.endpoint).await;
        let stream =
            stream.map_err(|cause| Problem::caused("the registry cannot be reached", cause))?;
        let made = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
        let (sender, connection) = made.map_err(ended)?;
        tokio::spawn(connection);
        Ok(sender)
    }

    async fn send(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Body,
    ) -> Result<Response<Incoming>, Problem> {
        let mut request = http::Request::builder()
            .method(method)
            .uri(format!("/v2/{}/{path}", self.repository))
            .header(header::HOST, &self.host)
            .header(header::AUTHORIZATION, &self.authorization);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body);
        let request =
            request.map_err(|cause| Problem::caused("the request cannot be made", cause))?;
        let mut sender = match self.sender.take() {
            Some(sender) if !sender.is_closed() => sender,
            _ => self.connect().await?,
        };
        // It may have ended meanwhile, unnoticed.
        if sender.ready().await.is_err() {
            sender = self.connect().await?;
        }
        let answer = sender.send_request(request).await.map_err(ended)?;
        self.sender = Some(sender);
        Ok(answer)
    }
}

/// A whole answer of moderate size.
async fn read(answer: Response<Incoming>) -> Result<Bytes, Problem> {
    let limit = usize::try_from(MAX_MANIFEST).unwrap_or(usize::MAX);
    let body = Limited::new(answer.into_body(), limit).collect().await;
    let body = body.map_err(|cause| Problem::caused("the registry's answer ended early", cause))?;
    Ok(body.to_bytes())
}

fn ended(cause: hyper::Error) -> Problem {
    Problem::caused("the registry ended the connection", cause)
}

/// What the registry said no with.
async fn refusal(path: &str, answer: Response<Incoming>) -> Problem {
    let status = answer.status();
    let text = read(answer).await.unwrap_or_default();
    let said: serde_json::Value = serde_json::from_slice(&text).unwrap_or_default();
    let said = said["errors"][0]["message"]
        .as_str()
        .unwrap_or("without a reason");
    Problem::other(format!("the registry refused {path} ({status}): {said}"))
}

fn empty() -> Body {
    Full::default()
        .map_err(|never| match never {})
        .boxed_unsync()
}

/// A file's size, and its bytes as they are read on a thread.
fn body_of(path: &Path, told: impl Fn(u64) + Send + 'static) -> Result<(u64, Body), Problem> {
    let mut file = File::open(path).map_err(Problem::file("cannot read", path))?;
    let size = file
        .metadata()
        .map_err(Problem::file("cannot read", path))?
        .len();
    let (pieces, mut taken) = tokio::sync::mpsc::channel(2);
    tokio::task::spawn_blocking(move || {
        let mut left = size;
        while left > 0 {
            let mut piece = vec![0; PIECE.min(usize::try_from(left).unwrap_or(PIECE))];
            let read = file
                .read_exact(&mut piece)
                .map(|()| Frame::data(Bytes::from(piece)));
            let failed = read.is_err();
            left = left.saturating_sub(PIECE as u64);
            if pieces.blocking_send(read).is_err() || failed {
                return;
            }
            told(size - left);
        }
    });
    let stream = futures_util::stream::poll_fn(move |cx| taken.poll_recv(cx));
    Ok((size, StreamBody::new(stream).boxed_unsync()))
}
