//! The public gallery: who pulls, who pushes, and how fast.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use wharf_base::{Clock, Timestamp};
use wharf_registry::{Options, Peer, Pulls, Standing};
use wharf_svc_ecr::{NewCatalogData, Registry, token};
use wharf_wire::Caller;

use crate::support::{ACCOUNT, Answer, Ask, Home};

const BEARER: &str =
    "Bearer realm=\"http://localhost:4566/token/\",service=\"public.ecr.aws\",scope=\"aws\"";

/// What a login to the gallery asks.
const LOGIN: [&str; 2] = [
    "ecr-public:GetAuthorizationToken",
    "sts:GetServiceBearerToken",
];

/// A registry with a public repository; the path of its names.
async fn home_with(options: Options) -> (Home, String) {
    let home = Home::with_options(|_| {}, options).await;
    let registry = Registry::public(ACCOUNT);
    let (permit, now) = (home.call().permit, home.clock.now());
    let found = home.catalog.public_registry(&permit, &registry, now);
    let alias = found.await.unwrap().alias;
    let named = ("team/app".to_owned(), Default::default());
    let data = NewCatalogData {
        logo: b"\x89PNG\r\n\x1a\n".to_vec().into(),
        ..Default::default()
    };
    let catalog = &home.catalog;
    let made = catalog.create_public_repository(&permit, &registry, named, Some(data), now);
    made.await.unwrap();
    (home, format!("public.ecr.aws/{alias}/team/app"))
}

async fn home() -> (Home, String) {
    home_with(Options::default()).await
}

/// A visitor's request.
fn visit<'a>(home: &'a Home, method: &str, path: &str) -> Ask<'a> {
    let token = token::issue_visit(home.catalog.keyring(), home.clock.now());
    let ask = home.ask(method, path).anonymous();
    ask.header("authorization", format!("Bearer {token}"))
}

async fn token(home: &Home, authorization: Option<&str>) -> Answer {
    let path = "/token/?service=public.ecr.aws&scope=aws&account=AWS";
    let ask = home.ask("GET", path).anonymous();
    match authorization {
        Some(value) => ask.header("authorization", value).send().await,
        None => ask.send().await,
    }
}

async fn push(home: &Home, name: &str, tag: &str, layer: &str) -> Value {
    let manifest = home.image(name, layer.to_owned()).await;
    let put = home.put(name, tag, &manifest).await;
    assert_eq!(put.status, 201, "{}", put.message());
    let path = format!("/v2/{name}/manifests/sha256:");
    assert!(put.header("location").starts_with(&path));
    manifest
}

#[tokio::test]
async fn a_visitor_asks_for_a_token_and_pulls() {
    let (home, name) = home().await;
    let manifest = push(&home, &name, "1", "the layer").await;
    let layer = manifest["layers"][0]["digest"].as_str().unwrap();
    let paths = [
        format!("/v2/{name}/manifests/1"),
        format!("/v2/{name}/blobs/{layer}"),
        format!("/v2/{name}/tags/list"),
    ];
    for path in ["/v2/", &paths[0], &paths[1], &paths[2]] {
        let answer = home.ask("GET", path).anonymous().send().await;
        assert_eq!(answer.status, 401, "{path}");
        assert_eq!(answer.header("www-authenticate"), BEARER, "{path}");
    }
    for nothing in [None, Some("Basic Og==")] {
        let given = token(&home, nothing).await;
        assert_eq!(
            (given.status.as_u16(), given.header("cache-control")),
            (200, "no-store")
        );
        let given = given.json();
        assert_eq!(given["token"], given["access_token"]);
        assert_eq!(given["expires_in"], 300);
        let bearer = format!("Bearer {}", given["token"].as_str().unwrap());
        let get = |path: String| {
            let ask = home.ask("GET", path).anonymous();
            ask.header("authorization", bearer.clone()).send()
        };
        assert_eq!(get("/v2/".to_owned()).await.status, 200);
        let pulled = get(paths[0].clone()).await;
        assert_eq!(
            (pulled.status.as_u16(), pulled.body),
            (200, manifest.to_string().into())
        );
        assert_eq!(get(paths[1].clone()).await.body, "the layer");
        let listed = get(paths[2].clone()).await.json();
        assert_eq!(listed, json!({"name": name, "tags": ["1"]}));
        // But nothing of a private registry.
        for path in ["/v2/app/tags/list", "/v2/_catalog"] {
            assert_eq!(get(path.to_owned()).await.status, 401, "{path}");
        }
    }
    home.clock.advance(Duration::from_secs(3600));
    let late = token::issue_visit(
        home.catalog.keyring(),
        Timestamp(home.clock.now().millis() - 3_600_000),
    );
    let ask = home.ask("GET", &paths[0]).anonymous();
    let answer = ask
        .header("authorization", format!("Bearer {late}"))
        .send()
        .await;
    assert_eq!(answer.status, 401, "a visit ends, and another begins");
}

#[tokio::test]
async fn whoever_pushes_says_who_they_are_and_may() {
    let (home, name) = home().await;
    let digest = format!("sha256:{}", "0".repeat(64));
    let writes = [
        (
            "POST",
            format!("/v2/{name}/blobs/uploads/"),
            "InitiateLayerUpload",
        ),
        ("PUT", format!("/v2/{name}/manifests/1"), "PutImage"),
        (
            "DELETE",
            format!("/v2/{name}/manifests/1"),
            "BatchDeleteImage",
        ),
        (
            "PATCH",
            format!("/v2/{name}/blobs/uploads/00000000-0000-0000-0000-000000000000"),
            "UploadLayerPart",
        ),
        (
            "PUT",
            format!(
                "/v2/{name}/blobs/uploads/00000000-0000-0000-0000-000000000000?digest={digest}"
            ),
            "CompleteLayerUpload",
        ),
    ];
    let bearer = token::Bearer {
        caller: Caller::root(ACCOUNT),
        region: "us-east-1".to_owned(),
        registry: None,
    };
    let now = home.clock.now();
    let (public, _) = token::issue_public_password(home.catalog.keyring(), &bearer, now);
    let public = format!("Bearer {public}");
    home.doorman.take_asked();
    for (method, path, action) in &writes {
        let answer = visit(&home, method, path).send().await;
        assert_eq!(
            answer.error(),
            (401, "UNAUTHORIZED".to_owned()),
            "{method} {path}"
        );
        let more = format!("{BEARER},error=\"insufficient_scope\"");
        assert_eq!(answer.header("www-authenticate"), more);
        assert_eq!(home.doorman.take_asked(), []);
        let root = format!("arn:aws:iam::{ACCOUNT}:root");
        let arn = format!("arn:aws:ecr-public::{ACCOUNT}:repository/team/app");
        let question = |action: &str, resource: &str| {
            let (root, action) = (root.clone(), action.to_owned());
            (root, action, resource.to_owned())
        };
        let pushed = question(&format!("ecr-public:{action}"), &arn);
        let ask = home.ask(method, path).anonymous();
        ask.header("authorization", &public).send().await;
        assert_eq!(
            home.doorman.take_asked(),
            std::slice::from_ref(&pushed),
            "{method} {path}"
        );
        // Whose password is one of private registries may log in here as well.
        home.ask(method, path).send().await;
        let login = LOGIN.map(|action| question(action, "*"));
        let questions = [vec![pushed], login.to_vec()].concat();
        assert_eq!(home.doorman.take_asked(), questions, "{method} {path}");
        for action in LOGIN {
            home.doorman.deny(action);
            let answer = home.ask(method, path).send().await;
            assert_eq!(answer.error(), (403, "DENIED".to_owned()), "{action}");
            home.doorman.allow(action);
        }
        home.doorman.deny(&format!("ecr-public:{action}"));
        let answer = home.ask(method, path).send().await;
        assert_eq!(
            answer.error(),
            (403, "DENIED".to_owned()),
            "{method} {path}"
        );
        home.doorman.take_asked();
    }
}

#[tokio::test]
async fn passwords_are_tokens_and_those_of_the_gallery_open_nothing_else() {
    let (home, name) = home().await;
    push(&home, &name, "1", "layer").await;
    let bearer = token::Bearer {
        caller: Caller::root(ACCOUNT),
        region: "us-east-1".to_owned(),
        registry: None,
    };
    let now = home.clock.now();
    let (public, _) = token::issue_public_password(home.catalog.keyring(), &bearer, now);
    for (password, private_status) in [(&public, 401), (&home.password, 200)] {
        let basic = format!("Basic {}", STANDARD.encode(format!("AWS:{password}")));
        let given = token(&home, Some(&basic)).await.json();
        assert_eq!(given["token"], **password);
        for authorization in [basic, format!("Bearer {password}")] {
            let get = |path: String| {
                let ask = home.ask("GET", path).anonymous();
                ask.header("authorization", authorization.clone()).send()
            };
            assert_eq!(get("/v2/".to_owned()).await.status, 200);
            assert_eq!(get(format!("/v2/{name}/manifests/1")).await.status, 200);
            let private = get("/v2/app/tags/list".to_owned()).await;
            assert_eq!(private.status, private_status);
        }
    }
    for wrong in [
        "Basic QVdTOndyb25n",
        "Basic bWU6bWU=",
        "Digest x",
        "Bearer x",
    ] {
        let answer = token(&home, Some(wrong)).await;
        assert_eq!(answer.status, 401, "{wrong}");
        let challenge = answer.header("www-authenticate");
        assert!(challenge.starts_with("Basic realm="), "{challenge}");
    }
    home.clock.advance(Duration::from_secs(12 * 3600));
    let basic = format!("Basic {}", STANDARD.encode(format!("AWS:{public}")));
    for answer in [
        token(&home, Some(&basic)).await,
        home.get(format!("/v2/{name}/manifests/1")).await,
    ] {
        assert_eq!(answer.error(), (403, "DENIED".to_owned()));
        let text = "Your authorization token has expired. Reauthenticate and try again.";
        assert_eq!(answer.message(), text);
    }
    let post = home.ask("POST", "/token/").anonymous().send().await;
    assert_eq!(post.error(), (405, "UNSUPPORTED".to_owned()));
}

#[tokio::test]
async fn hosts_of_private_registries_know_no_gallery() {
    let (home, name) = home().await;
    let host = "000000000000.dkr.ecr.us-east-1.amazonaws.com";
    for path in ["/v2/".to_owned(), format!("/v2/{name}/tags/list")] {
        let ask = home.ask("GET", &path).header("host", host);
        let challenge = ask.anonymous().send().await;
        let challenge = challenge.header("www-authenticate").to_owned();
        assert!(challenge.starts_with("Basic realm="), "{path}: {challenge}");
    }
    let ask = home.ask("GET", format!("/v2/{name}/tags/list"));
    let answer = ask.header("host", host).send().await;
    assert_eq!(answer.error(), (404, "NAME_UNKNOWN".to_owned()));
    let asked = home.doorman.take_asked();
    assert!(
        asked
            .iter()
            .any(|it| it.2.ends_with(&format!("repository/{name}"))),
        "{asked:?}"
    );
}

#[tokio::test]
async fn clients_get_tokens_where_they_know_the_host() {
    let (home, _) = home().await;
    for (host, realm) in [
        (
            "registry.example.com:8443",
            "http://registry.example.com:8443/token/",
        ),
        ("[::1]:4566", "http://[::1]:4566/token/"),
        ("a\"b", "http://localhost:4566/token/"),
    ] {
        let answer = home
            .ask("GET", "/v2/")
            .header("host", host)
            .anonymous()
            .send()
            .await;
        let challenge = answer.header("www-authenticate");
        assert!(
            challenge.starts_with(&format!("Bearer realm=\"{realm}\",")),
            "{challenge}"
        );
    }
}

#[tokio::test]
async fn what_is_not_there() {
    let (home, name) = home().await;
    let (registry, _) = name.split_once("/team").unwrap();
    for (path, code) in [
        (
            "/v2/public.ecr.aws/nothing0/app/manifests/1".to_owned(),
            "NAME_UNKNOWN",
        ),
        (format!("/v2/{registry}/none/manifests/1"), "NAME_UNKNOWN"),
        (format!("/v2/{name}/manifests/1"), "MANIFEST_UNKNOWN"),
        (format!("/v2/{registry}/_catalog"), "NAME_INVALID"),
        (format!("/v2/{registry}/"), "NAME_INVALID"),
        (format!("/v2/{registry}/../x/manifests/1"), "NAME_INVALID"),
        (format!("/v2/{registry}/none/logo"), "NAME_UNKNOWN"),
        (
            format!("/v2/{name}/blobs/sha256:{}", "0".repeat(64)),
            "BLOB_UNKNOWN",
        ),
    ] {
        let answer = visit(&home, "GET", &path).send().await;
        assert_eq!(answer.error(), (404, code.to_owned()), "{path}");
    }
}

#[tokio::test]
async fn uploads_and_mounts_stay_in_the_gallery() {
    let (home, name) = home().await;
    let (registry, permit) = (Registry::public(ACCOUNT), home.call().permit);
    let named = ("other".to_owned(), Default::default());
    let now = home.clock.now();
    let made = home
        .catalog
        .create_public_repository(&permit, &registry, named, None, now);
    made.await.unwrap();
    let other = name.replace("team/app", "other");
    let begun = home
        .ask("POST", format!("/v2/{name}/blobs/uploads/"))
        .send()
        .await;
    let upload = begun.header("location").to_owned();
    assert!(
        upload.starts_with(&format!("/v2/{name}/blobs/uploads/")),
        "{upload}"
    );
    let sent = home.ask("PATCH", &upload).body("layer").send().await;
    assert_eq!(sent.header("location"), upload);
    let digest = wharf_blobs::Digest::of(b"layer");
    let ended = home
        .ask("PUT", format!("{upload}?digest={digest}"))
        .send()
        .await;
    assert_eq!(
        ended.header("location"),
        format!("/v2/{name}/blobs/{digest}")
    );

    let private = home.push_layer("app", "private").await;
    for (digest, from, status) in [(digest, name.as_str(), 201), (private, "app", 202)] {
        let path = format!("/v2/{other}/blobs/uploads/?mount={digest}&from={from}");
        assert_eq!(home.ask("POST", path).send().await.status, status, "{from}");
    }
    // Nor out of it: a private repository shares nothing with it.
    let path = format!("/v2/app/blobs/uploads/?mount={digest}&from={name}");
    assert_eq!(home.ask("POST", path).send().await.status, 202);
    assert_eq!(
        home.get(format!("/v2/app/blobs/{digest}")).await.status,
        404
    );
    assert_eq!(
        home.get(format!("/v2/{name}/blobs/{private}")).await.status,
        404
    );
}

#[tokio::test]
async fn anybody_sees_a_logo() {
    let (home, name) = home().await;
    let path = format!("/v2/{name}/logo");
    let shown = home.ask("GET", &path).anonymous().send().await;
    assert_eq!(shown.status, 200);
    assert_eq!(shown.header("content-type"), "image/png");
    assert_eq!(shown.header("x-content-type-options"), "nosniff");
    assert_eq!(&shown.body[..], b"\x89PNG\r\n\x1a\n");
    let head = home.ask("HEAD", &path).anonymous().send().await;
    assert_eq!(
        (head.status.as_u16(), head.header("content-length")),
        (200, "8")
    );
    assert_eq!(home.ask("PUT", &path).send().await.status, 404);
    assert_eq!(home.get("/v2/app/logo").await.status, 404);
}

/// So many pulls of visitors; callers are counted.
#[derive(Debug, Default)]
struct Few {
    left: AtomicUsize,
    callers: AtomicUsize,
}

impl Pulls for Few {
    fn take(&self, caller: Option<&Caller>, from: &Peer, _: Timestamp) -> bool {
        assert!(from.address.is_some());
        if caller.is_some() {
            self.callers.fetch_add(1, Ordering::SeqCst);
            return true;
        }
        let took = |left: usize| left.checked_sub(1);
        self.left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, took)
            .is_ok()
    }
}

#[tokio::test]
async fn visitors_pull_as_fast_as_they_may() {
    let few = Arc::new(Few::default());
    few.left.store(2, Ordering::SeqCst);
    let options = Options {
        pulls: Some(few.clone()),
        ..Options::default()
    };
    let (home, name) = home_with(options).await;
    let manifest = push(&home, &name, "1", "layer").await;
    let layer = manifest["layers"][0]["digest"].as_str().unwrap();
    let path = format!("/v2/{name}/manifests/1");
    for status in [200, 200, 429] {
        // Nothing but a manifest that is sent is a pull.
        for (method, path) in [
            ("HEAD", &path),
            ("GET", &format!("/v2/{name}/blobs/{layer}")),
        ] {
            assert_eq!(visit(&home, method, path).send().await.status, 200);
        }
        assert_eq!(visit(&home, "GET", &path).send().await.status, status);
    }
    let refused = visit(&home, "GET", &path).send().await;
    assert_eq!(refused.error(), (429, "TOOMANYREQUESTS".to_owned()));
    assert_eq!(
        (refused.message().as_str(), refused.header("retry-after")),
        ("Rate exceeded", "1")
    );
    // Who asks for referrers has their manifests read.
    let digest = wharf_blobs::Digest::of(manifest.to_string().as_bytes());
    let referrers = format!("/v2/{name}/referrers/{digest}");
    for (left, status) in [(0, 429), (1, 200)] {
        few.left.store(left, Ordering::SeqCst);
        assert_eq!(visit(&home, "GET", &referrers).send().await.status, status);
        assert_eq!(few.left.load(Ordering::SeqCst), 0);
    }
    assert_eq!(few.callers.load(Ordering::SeqCst), 0);
    assert_eq!(home.get(&path).await.status, 200);
    assert_eq!(few.callers.load(Ordering::SeqCst), 1);
    assert_eq!(home.get("/v2/app/manifests/1").await.status, 404);
    assert_eq!(
        few.callers.load(Ordering::SeqCst),
        1,
        "private pulls are nobody's business"
    );
}

#[tokio::test]
async fn what_stands_behind_a_request() {
    let (home, name) = home().await;
    let (keyring, now) = (home.catalog.keyring(), home.clock.now());
    let bearer = token::Bearer {
        caller: Caller::root(ACCOUNT),
        region: "us-east-1".to_owned(),
        registry: None,
    };
    let (public, _) = token::issue_public_password(keyring, &bearer, now);
    let basic = STANDARD.encode(format!("AWS:{}", home.password));
    let proven = [format!("Basic {basic}"), format!("Bearer {public}")];
    let visit = format!("Bearer {}", token::issue_visit(keyring, now));
    let standing = |path: &str, shown: Option<&str>| {
        let mut request = http::Request::get(path);
        if let Some(shown) = shown {
            request = request.header("authorization", shown);
        }
        home.api.standing(&mut request.body(()).unwrap())
    };
    let digest = wharf_blobs::Digest::of(b"layer");
    let given = token::issue_download(keyring, &Registry::new(ACCOUNT, "x"), "id", &digest, now);
    let address = |token: &str| format!("/v2/app/blobs/{digest}?wharf-token={token}");
    for path in ["/v2/", "/v2/app/manifests/1", "/token/"] {
        for shown in &proven {
            assert_eq!(standing(path, Some(shown)), Standing::Proven, "{path}");
        }
        assert_eq!(standing(path, Some(&visit)), Standing::Visit, "{path}");
        for nothing in [None, Some("Basic Og=="), Some("Bearer x")] {
            assert_eq!(standing(path, nothing), Standing::Nothing, "{path}");
        }
    }
    assert_eq!(standing(&address(&given), None), Standing::Proven);
    assert_eq!(standing(&address("x"), None), Standing::Nothing);
    let logo = format!("/v2/{name}/logo");
    assert_eq!(standing(&logo, None), Standing::Visit);
    assert_eq!(standing("/v2/app/logo", None), Standing::Nothing);
    home.clock.advance(Duration::from_secs(12 * 3600));
    for shown in proven.iter().chain([&visit]) {
        assert_eq!(standing("/v2/", Some(shown)), Standing::Nothing);
    }
}
