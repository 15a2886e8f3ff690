//! The registry alone, for trials with stock clients and for measuring: everybody may do
//! everything who has the password.
//!
//! `serve_registry DIR PORT REPOSITORY…` prints the password and serves `127.0.0.1:PORT` until it is ended.

use std::{convert::Infallible, path::Path, sync::Arc};

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use wharf_base::{Clock, Permit, SystemClock};
use wharf_blobs::{Blobs, Limits};
use wharf_registry::{Options, Peer, RegistryApi};
use wharf_seal::Keyring;
use wharf_store::{Store, StoreOptions};
use wharf_svc_ecr::{Catalog, Config, EcrService, token};
use wharf_wire::{Call, Caller, Check, Context, Denied, Dispatcher, Gate};

struct Open;

#[async_trait::async_trait]
impl Gate for Open {
    async fn decide(&self, _cx: &Context, _checks: &[Check]) -> Result<(), Denied> {
        Ok(())
    }
}

#[tokio::main]
async fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [dir, port, repositories @ ..] = args.as_slice() else {
        eprintln!("usage: serve DIR PORT REPOSITORY…");
        std::process::exit(2);
    };
    let dir = Path::new(dir);
    let store = Store::open(&dir.join("store"), StoreOptions::default()).expect("a store");
    let keyring = Keyring::open_or_create(&dir.join("keyring")).expect("a keyring");
    let blobs = Blobs::open(&dir.join("blobs"), keyring.clone(), Limits::default());
    let blobs = blobs.expect("a folder of blobs");
    let config = Config::new(format!("localhost:{port}"));
    let catalog = Catalog::new(store, blobs, keyring.clone(), config);
    make(&catalog, repositories).await;

    let caller = Caller::root("000000000000");
    let bearer = token::Bearer {
        caller: caller.clone(),
        region: "us-east-1".to_owned(),
        registry: None,
    };
    let (password, _) = token::issue_password(&keyring, &bearer, SystemClock.now());
    println!("{password}");
    let dispatcher = Dispatcher::new(Arc::new(Open));
    let api = RegistryApi::new(
        catalog,
        dispatcher,
        Arc::new(SystemClock),
        Options::default(),
    );
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}"))
        .await
        .expect("a free port");
    loop {
        let (stream, address) = listener.accept().await.expect("a connection");
        let _ = stream.set_nodelay(true);
        let api = api.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let api = api.clone();
                let peer = Peer {
                    address: Some(address.ip()),
                    task: None,
                    origin: None,
                    secure: false,
                };
                async move { Ok::<_, Infallible>(api.handle(request, peer).await) }
            });
            let connection = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
            let _ = connection
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn make(catalog: &Catalog, repositories: &[String]) {
    use wharf_api_ecr::{CreateRepositoryRequest, Ecr};
    let service = EcrService::new(catalog.clone());
    let now = SystemClock.now();
    let context = Context::internal("000000000000", "us-east-1", "trial", now);
    let call = Call::by_controller(context, Permit::for_controller("trial"));
    for name in repositories {
        let input = CreateRepositoryRequest {
            repository_name: Some(name.clone()),
            ..CreateRepositoryRequest::default()
        };
        // One that is there already from an earlier run is as good.
        let _ = service.create_repository(&call, input).await;
    }
}
