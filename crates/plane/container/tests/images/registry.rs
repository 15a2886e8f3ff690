//! A registry in this process, with the faults a test wants.

use std::{
    collections::HashMap,
    io::Write,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;

#[derive(Default)]
pub struct State {
    /// Path below `/v2/` → body.
    pub contents: HashMap<String, Bytes>,
    /// Every request that came, by path, with `HEAD ` in front of those.
    pub asked: Vec<String>,
    /// So many requests are answered 503 first.
    pub failures: u32,
    /// `Basic …` that is demanded; with `token_realm` for the token alone.
    pub basic: Option<String>,
    pub token_realm: bool,
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

    fn answer(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        let mut state = self.state.lock().unwrap();
        let path = request.uri().path().to_owned();
        let head = request.method() == http::Method::HEAD;
        let how = if head { "HEAD " } else { "" };
        state.asked.push(format!("{how}{path}"));
        let reply = |status, body: Bytes| {
            let mut response = Response::new(Full::new(body));
            *response.status_mut() = status;
            response
        };
        if state.failures > 0 {
            state.failures -= 1;
            return reply(StatusCode::SERVICE_UNAVAILABLE, Bytes::new());
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
                true => format!(
                    "Bearer realm=\"http://{}/token\",service=\"test\"",
                    self.host
                ),
                false => "Basic realm=\"test\"".to_owned(),
            };
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, challenge.parse().unwrap());
            return response;
        }
        match path
            .strip_prefix("/v2/")
            .and_then(|path| state.contents.get(path))
        {
            Some(_) if head => reply(StatusCode::OK, Bytes::new()),
            Some(body) => reply(StatusCode::OK, body.clone()),
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

    /// An image with these layers, as `name:tag`. Returns the manifest's digest.
    pub fn push(&self, name: &str, tag: &str, layers: &[(Vec<u8>, String)]) -> String {
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
            |bytes: &[u8]| serde_json::json!({ "digest": digest(bytes), "size": bytes.len() });
        let manifest = serde_json::json!({
            "schemaVersion": 2, "config": descriptor(config.as_bytes()),
            "layers": layers.iter().map(|(packed, _)| descriptor(packed)).collect::<Vec<_>>(),
        })
        .to_string();
        for (packed, _) in layers {
            self.put(format!("{name}/blobs/{}", digest(packed)), packed.clone());
        }
        self.put(
            format!("{name}/blobs/{}", digest(config.as_bytes())),
            config,
        );
        let own = digest(manifest.as_bytes());
        self.put(format!("{name}/manifests/{own}"), manifest.clone());
        self.put(format!("{name}/manifests/{tag}"), manifest);
        own
    }

    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().asked)
    }
}
