//! A registry in this process, with the faults a test wants.

use std::{
    collections::HashMap,
    io::Write,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use futures_util::StreamExt;
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt, StreamBody, combinators::BoxBody};
use hyper::{
    body::{Frame, Incoming},
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use sha2::{Digest as _, Sha256, Sha512};
use tokio::net::TcpListener;
use wharf_planeproto::layers;

const SLOW_PIECE: usize = 64 << 10;

#[derive(Default)]
pub struct State {
    /// Path below `/v2/` → body.
    pub contents: HashMap<String, Bytes>,
    /// Every request that came, by path, with `HEAD ` in front of those and ` from N` behind those for a part,
    /// ` from N to M` where it has an end.
    pub asked: Vec<String>,
    /// So many requests are answered 503 first.
    pub failures: u32,
    /// Bodies of more bytes than this end there, without a word.
    pub cut_after: Option<usize>,
    /// Parts are sent to whoever asks for them.
    pub ranges: bool,
    /// What is pushed is named by its sha512, and manifests are sent with that.
    pub by_sha512: bool,
    /// What all manifests are sent as, whatever they are.
    pub calls_all: Option<String>,
    /// Whoever asks for a part is told that the request is bad.
    pub no_ranges: bool,
    /// Parts have so many bytes at most, whatever is asked for.
    pub shortest_part: Option<usize>,
    /// Longer parts are answered 503.
    pub longest_part: Option<usize>,
    /// Longer parts begin, and never go on.
    pub endless_part: Option<usize>,
    /// Parts hold other bytes than they say.
    pub lies_in_parts: bool,
    /// Bodies have no length and end without a word, with all their bytes.
    pub breaks_at_the_end: bool,
    /// What is larger comes in pieces of 64 KiB, one each millisecond.
    pub is_slow: bool,
    /// Path below `/v2/` → where it is instead.
    pub elsewhere: HashMap<String, String>,
    /// `Basic …` that is demanded; with `token_realm` for the token alone.
    pub basic: Option<String>,
    pub token_realm: bool,
    /// Where tokens are said to be had, if not here.
    pub realm: Option<String>,
    /// Named in the place of blobs to whoever shares layers.
    pub peers: Option<String>,
}

#[derive(Clone)]
pub struct Registry {
    pub state: Arc<Mutex<State>>,
    pub host: String,
}

#[derive(Clone, Copy)]
pub enum Packing {
    Plain,
    Gzip,
    Zstd,
}

pub fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(bytes)))
}

/// A layer with one file, packed.
pub fn layer(name: &str, content: &[u8], packing: Packing) -> (Vec<u8>, String) {
    let mut builder = tar::Builder::new(Vec::new());
    let mut head = tar::Header::new_gnu();
    head.set_size(content.len() as u64);
    head.set_mode(0o644);
    builder.append_data(&mut head, name, content).unwrap();
    let plain = builder.into_inner().unwrap();
    let diff_id = digest(&plain);
    let packed = match packing {
        Packing::Plain => plain,
        Packing::Gzip => {
            let mut encoder =
                flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(&plain).unwrap();
            encoder.finish().unwrap()
        }
        Packing::Zstd => zstd::encode_all(&plain[..], 3).unwrap(),
    };
    (packed, diff_id)
}

impl Registry {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let registry = Self {
            state: Arc::default(),
            host,
        };
        let served = registry.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let served = served.clone();
                let service = service_fn(move |request| {
                    let answer = served.answer(&request);
                    async move { Ok::<_, std::convert::Infallible>(answer) }
                });
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        registry
    }

    fn answer(&self, request: &Request<Incoming>) -> Response<BoxBody<Bytes, std::io::Error>> {
        let mut state = self.state.lock().unwrap();
        let path = request.uri().path().to_owned();
        let head = request.method() == http::Method::HEAD;
        let how = if head { "HEAD " } else { "" };
        let range = request.headers().get(header::RANGE);
        let range: Option<(usize, Option<usize>)> = range.and_then(|range| {
            let (from, last) = range
                .to_str()
                .ok()?
                .strip_prefix("bytes=")?
                .split_once('-')?;
            Some((from.parse().ok()?, last.parse().ok()))
        });
        let part = match range {
            None => String::new(),
            Some((from, None)) => format!(" from {from}"),
            Some((from, Some(last))) => format!(" from {from} to {last}"),
        };
        state.asked.push(format!("{how}{path}{part}"));
        let (cut_after, is_slow, breaks_at_the_end) =
            (state.cut_after, state.is_slow, state.breaks_at_the_end);
        let asked_for = range.and_then(|(from, last)| Some(last? + 1 - from));
        let endless = state.endless_part;
        let is_endless = endless.is_some_and(|it| asked_for.is_some_and(|part| part > it));
        let reply = |status, body: Bytes| {
            let length = body.len();
            let cut_after = cut_after.or(is_endless.then_some(SLOW_PIECE));
            let sent = cut_after.filter(|cut| *cut < length);
            let mut rest = body.slice(..sent.unwrap_or(length));
            let size = if is_slow {
                SLOW_PIECE
            } else {
                rest.len().max(1)
            };
            let pieces: Vec<_> = std::iter::from_fn(|| {
                (!rest.is_empty()).then(|| rest.split_to(size.min(rest.len())))
            })
            .collect();
            let pieces = futures_util::stream::iter(pieces).then(move |piece| async move {
                if is_slow {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                Ok(Frame::data(piece))
            });
            let end = async move {
                // What came before is sent by then.
                tokio::task::yield_now().await;
                if is_endless {
                    std::future::pending::<()>().await;
                }
                let is_cut = sent.is_some() || breaks_at_the_end && length > SLOW_PIECE;
                is_cut.then(|| Err(std::io::Error::other("cut")))
            };
            let end = futures_util::stream::once(end).filter_map(std::future::ready);
            let body = StreamBody::new(pieces.chain(end));
            let mut response = Response::new(BodyExt::boxed(body));
            *response.status_mut() = status;
            let headers = response.headers_mut();
            if !breaks_at_the_end {
                headers.insert(header::CONTENT_LENGTH, length.into());
            }
            response
        };
        if state.failures > 0 {
            state.failures -= 1;
            return reply(StatusCode::SERVICE_UNAVAILABLE, Bytes::new());
        }
        let longest = state.longest_part;
        if longest.is_some_and(|longest| asked_for.is_some_and(|it| it > longest)) {
            return reply(StatusCode::SERVICE_UNAVAILABLE, Bytes::new());
        }
        if state.no_ranges && range.is_some() {
            return reply(StatusCode::BAD_REQUEST, Bytes::new());
        }
        let authorization = request
            .headers()
            .get(header::AUTHORIZATION)
            .and_then(|v| v.to_str().ok())
            .map(str::to_owned);
        if path == "/token" {
            return match authorization == state.basic {
                true => reply(StatusCode::OK, Bytes::from_static(b"{\"token\":\"good\"}")),
                false => reply(StatusCode::UNAUTHORIZED, Bytes::new()),
            };
        }
        let wanted = if state.token_realm {
            Some("Bearer good".to_owned())
        } else {
            state.basic.clone()
        };
        if wanted.is_some() && authorization != wanted {
            let mut response = reply(StatusCode::UNAUTHORIZED, Bytes::new());
            let challenge = match state.token_realm {
                true => {
                    let own = format!("http://{}/token", self.host);
                    let realm = state.realm.as_ref().unwrap_or(&own);
                    format!("Bearer realm=\"{realm}\",service=\"test\"")
                }
                false => "Basic realm=\"test\"".to_owned(),
            };
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, challenge.parse().unwrap());
            return response;
        }
        let to = path.strip_prefix("/v2/");
        if let Some(to) = to.and_then(|path| state.elsewhere.get(path)) {
            let mut response = reply(StatusCode::TEMPORARY_REDIRECT, Bytes::new());
            let headers = response.headers_mut();
            headers.insert(header::LOCATION, to.parse().unwrap());
            return response;
        }
        match path
            .strip_prefix("/v2/")
            .and_then(|path| state.contents.get(path))
        {
            Some(_) if head => reply(StatusCode::OK, Bytes::new()),
            Some(_) if request.headers().contains_key(layers::SESSION) && state.peers.is_some() => {
                let mut response = reply(StatusCode::NO_CONTENT, Bytes::new());
                let peers = state.peers.clone().unwrap_or_default();
                let headers = response.headers_mut();
                headers.insert(layers::PEERS, peers.parse().unwrap());
                response
            }
            Some(body) if state.ranges && range.is_some_and(|(from, _)| from < body.len()) => {
                let ((from, last), length) = (range.unwrap_or_default(), body.len());
                let most = state.shortest_part.unwrap_or(length);
                let last = last
                    .unwrap_or(length - 1)
                    .min(length - 1)
                    .min(from + most - 1);
                let part = match state.lies_in_parts {
                    true => Bytes::from(vec![0; last + 1 - from]),
                    false => body.slice(from..=last),
                };
                let mut response = reply(StatusCode::PARTIAL_CONTENT, part);
                let range = format!("bytes {from}-{last}/{length}");
                let headers = response.headers_mut();
                headers.insert(header::CONTENT_RANGE, range.parse().unwrap());
                response
            }
            Some(body) => {
                let mut response = reply(StatusCode::OK, body.clone());
                if state.by_sha512 && path.contains("/manifests/") {
                    let own = || format!("sha512:{}", hex::encode(Sha512::digest(body)));
                    let told = state.calls_all.clone().unwrap_or_else(own);
                    let headers = response.headers_mut();
                    headers.insert("docker-content-digest", told.parse().unwrap());
                }
                response
            }
            None => reply(StatusCode::NOT_FOUND, Bytes::new()),
        }
    }

    pub fn put(&self, path: String, body: impl Into<Bytes>) {
        self.state
            .lock()
            .unwrap()
            .contents
            .insert(path, body.into());
    }

    /// As what is pushed is named.
    pub fn digest(&self, bytes: &[u8]) -> String {
        match self.state.lock().unwrap().by_sha512 {
            true => format!("sha512:{}", hex::encode(Sha512::digest(bytes))),
            false => digest(bytes),
        }
    }

    /// An image with these layers, as `name:tag`. Returns the manifest's digest.
    pub fn push(&self, name: &str, tag: &str, layers: &[(Vec<u8>, String)]) -> String {
        self.push_annotated(name, tag, layers, serde_json::json!({}))
    }

    /// The same, whose manifest has these annotations.
    pub fn push_annotated(
        &self,
        name: &str,
        tag: &str,
        layers: &[(Vec<u8>, String)],
        annotations: serde_json::Value,
    ) -> String {
        let diff_ids: Vec<_> = layers.iter().map(|(_, diff_id)| diff_id).collect();
        let arch = if cfg!(target_arch = "aarch64") {
            "arm64"
        } else {
            "amd64"
        };
        let config = serde_json::json!({
            "architecture": arch, "os": "linux", "config": { "Cmd": ["/bin/app"], "Env": ["A=1"] },
            "rootfs": { "type": "layers", "diff_ids": diff_ids },
        })
        .to_string();
        let descriptor =
            |bytes: &[u8]| serde_json::json!({ "digest": self.digest(bytes), "size": bytes.len() });
        let manifest = serde_json::json!({
            "schemaVersion": 2, "config": descriptor(config.as_bytes()),
            "layers": layers.iter().map(|(packed, _)| descriptor(packed)).collect::<Vec<_>>(),
            "annotations": annotations,
        })
        .to_string();
        for (packed, _) in layers {
            self.put(
                format!("{name}/blobs/{}", self.digest(packed)),
                packed.clone(),
            );
        }
        self.put(
            format!("{name}/blobs/{}", self.digest(config.as_bytes())),
            config,
        );
        let own = self.digest(manifest.as_bytes());
        self.put(format!("{name}/manifests/{own}"), manifest.clone());
        self.put(format!("{name}/manifests/{tag}"), manifest);
        own
    }

    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().asked)
    }
}
