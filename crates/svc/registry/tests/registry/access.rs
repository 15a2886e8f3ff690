//! Who is let in, and for what.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{Request, header::USER_AGENT};
use http_body_util::Empty;
use wharf_registry::{AskedHead, Peer, TurnedAway};

use crate::support::{Home, random};

/// For the audit log, which is told of nobody else by who passes the answer on.
#[tokio::test]
async fn what_was_asked_for_goes_with_the_answer_to_who_is_turned_away() {
    let home = Home::new().await;
    for (password, why) in [
        (None, Some(TurnedAway::Unnamed)),
        (Some("wrong"), Some(TurnedAway::WrongPassword)),
        (Some(home.password.as_str()), None),
    ] {
        let mut request = Request::get("/v2/app/tags/list").header(USER_AGENT, "curl/8");
        if let Some(password) = password {
            let pair = STANDARD.encode(format!("AWS:{password}"));
            request = request.header("authorization", format!("Basic {pair}"));
        }
        let peer = Peer {
            address: None,
            task: None,
            origin: None,
            secure: false,
        };
        let request = request.body(Empty::<Bytes>::new()).unwrap();
        let answer = home.api.handle(request, peer).await;
        assert_eq!(answer.extensions().get::<TurnedAway>().copied(), why);
        let head = answer.extensions().get::<AskedHead>();
        assert_eq!(head.is_some(), why.is_some());
        if let Some(AskedHead(head)) = head {
            assert_eq!(head.uri().path(), "/v2/app/tags/list");
            assert_eq!(head.headers()[USER_AGENT], "curl/8");
        }
    }
}

#[tokio::test]
async fn a_stranger_is_asked_for_a_password() {
    let home = Home::new().await;
    for (method, path) in [
        ("GET", "/v2/"),
        ("HEAD", "/v2/app/manifests/v1"),
        ("POST", "/v2/app/blobs/uploads/"),
        ("GET", "/v2/_catalog"),
        ("GET", "/v2/nothing"),
    ] {
        let answer = home.ask(method, path).anonymous().send().await;
        assert_eq!(answer.status, 401, "{method} {path}");
        // At the host of all registries clients may want the gallery.
        let challenge = match path {
            "/v2/" => {
                "Bearer realm=\"http://localhost:4566/token/\",service=\"public.ecr.aws\",scope=\"aws\""
            }
            _ => "Basic realm=\"http://localhost:4566/\",service=\"ecr.amazonaws.com\"",
        };
        assert_eq!(answer.header("www-authenticate"), challenge);
        assert_eq!(
            answer.header("docker-distribution-api-version"),
            "registry/2.0"
        );
        if method == "GET" {
            assert_eq!(answer.body, "Not Authorized\n");
        }
    }
    for pair in [
        "AWS:wrong".to_owned(),
        format!("root:{}", home.password),
        "AWS".to_owned(),
    ] {
        let value = format!("Basic {}", STANDARD.encode(pair));
        let ask = home
            .ask("GET", "/v2/")
            .anonymous()
            .header("authorization", value);
        assert_eq!(ask.send().await.status, 401);
    }
    assert_eq!(home.doorman.take_asked(), []);
}

#[tokio::test]
async fn the_base_is_open_to_whoever_has_a_password() {
    let home = Home::new().await;
    let answer = home.get("/v2/").await;
    assert_eq!(
        (answer.status.as_u16(), &answer.body[..]),
        (200, &b"{}"[..])
    );
}

#[tokio::test]
async fn a_password_ends_after_twelve_hours() {
    let home = Home::new().await;
    home.clock.advance(Duration::from_secs(12 * 3600));
    let answer = home.get("/v2/").await;
    assert_eq!(answer.error(), (403, "DENIED".to_owned()));
    let text = "Your authorization token has expired. Reauthenticate and try again.";
    assert_eq!(answer.message(), text);
}

#[tokio::test]
async fn every_route_asks_for_its_action_on_its_repository() {
    let home = Home::new().await;
    let image = home.image("app", "layer").await;
    home.put("app", "v1", &image).await;
    let digest = image["layers"][0]["digest"].as_str().unwrap().to_owned();
    let begun = home.ask("POST", "/v2/app/blobs/uploads/").send().await;
    let upload = begun.header("location").to_owned();
    home.doorman.take_asked();
    let blob = format!("/v2/app/blobs/{digest}");
    let finish = format!("{upload}?digest={digest}");
    let referrers = format!("/v2/app/referrers/{digest}");
    let rows = [
        ("GET", "/v2/app/manifests/v1", "ecr:BatchGetImage"),
        ("HEAD", "/v2/app/manifests/v1", "ecr:BatchGetImage"),
        ("PUT", "/v2/app/manifests/v2", "ecr:PutImage"),
        ("DELETE", "/v2/app/manifests/v3", "ecr:BatchDeleteImage"),
        ("GET", &blob, "ecr:GetDownloadUrlForLayer"),
        ("HEAD", &blob, "ecr:BatchCheckLayerAvailability"),
        ("POST", "/v2/app/blobs/uploads/", "ecr:InitiateLayerUpload"),
        ("PATCH", &upload, "ecr:UploadLayerPart"),
        ("GET", &upload, "ecr:UploadLayerPart"),
        ("PUT", &finish, "ecr:CompleteLayerUpload"),
        ("DELETE", &upload, "ecr:UploadLayerPart"),
        ("GET", "/v2/app/tags/list", "ecr:ListImages"),
        ("GET", &referrers, "ecr:BatchGetImage"),
        ("GET", "/v2/_catalog", "ecr:DescribeRepositories"),
    ];
    for (method, path, action) in rows {
        home.ask(method, path).send().await;
        let resource = match path {
            "/v2/_catalog" => "arn:aws:ecr:us-east-1:000000000000:repository/*".to_owned(),
            _ => "arn:aws:ecr:us-east-1:000000000000:repository/app".to_owned(),
        };
        let root = "arn:aws:iam::000000000000:root".to_owned();
        assert_eq!(
            home.doorman.take_asked(),
            [(root, action.to_owned(), resource)],
            "{method} {path}"
        );
    }
    for (method, path, action) in rows {
        home.doorman.deny(action);
        let answer = home.ask(method, path).send().await;
        assert_eq!(answer.status, 403, "{method} {path}");
        if method != "HEAD" {
            assert_eq!(answer.error().1, "DENIED");
            assert_eq!(answer.message(), format!("no {action} for you"));
        }
    }
}

#[tokio::test]
async fn the_host_in_aws_form_names_the_registry() {
    let home = Home::new().await;
    let host = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
    home.ask("GET", "/v2/app/tags/list")
        .header("host", host)
        .send()
        .await;
    let asked = home.doorman.take_asked();
    assert_eq!(
        asked[0].2,
        "arn:aws:ecr:eu-west-1:123456789012:repository/app"
    );
}

#[tokio::test]
async fn who_names_a_registry_by_its_host_names_none_by_the_path() {
    let home = Home::new().await;
    let own = home.image("app", "own").await;
    assert_eq!(home.put("app", "v1", &own).await.status, 201);
    home.doorman.take_asked();
    let host = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
    let path = "/v2/000000000000.dkr.ecr.us-east-1/app/manifests/v1";
    let by_ns = home.get(format!("{path}?ns={host}")).await;
    let by_host = home.ask("GET", path).header("host", host).send().await;
    for answer in [by_ns, by_host] {
        assert_eq!(answer.status, 404);
    }
    let there = "arn:aws:ecr:eu-west-1:123456789012:repository/000000000000.dkr.ecr.us-east-1/app";
    let asked = home.doorman.take_asked();
    assert!(asked.iter().all(|it| it.2 == there), "{asked:?}");
}

#[tokio::test]
async fn a_registry_before_the_repository_is_read_and_not_written() {
    let home = Home::new().await;
    let own = home.image("app", "own").await;
    assert_eq!(home.put("app", "v1", &own).await.status, 201);
    home.doorman.take_asked();
    let there = "/v2/000000000000.dkr.ecr.us-east-1/app";
    for path in ["manifests/v1", "tags/list"] {
        let named = home.get(format!("{there}/{path}")).await;
        assert_eq!(named.status, 200, "{path}");
        assert_eq!(named.body, home.get(format!("/v2/app/{path}")).await.body);
    }
    let layer = own["layers"][0]["digest"].as_str().unwrap();
    assert_eq!(home.get(format!("{there}/blobs/{layer}")).await.body, "own");
    let pulled = home.doorman.take_asked();
    let resource = "arn:aws:ecr:us-east-1:000000000000:repository/app";
    assert!(pulled.iter().all(|it| it.2 == resource), "{pulled:?}");
    // Another's is asked for as that, whoever's the password is.
    let other = "/v2/123456789012.dkr.ecr.eu-west-1/app/manifests/v1";
    assert_eq!(home.get(other).await.status, 404);
    let asked = home.doorman.take_asked();
    assert_eq!(
        asked[0].2,
        "arn:aws:ecr:eu-west-1:123456789012:repository/app"
    );
    let path = format!("{there}/blobs/uploads/");
    let begun = home.ask("POST", path).send().await;
    assert_eq!(begun.error(), (404, "NAME_UNKNOWN".to_owned()));
}

#[tokio::test]
async fn a_download_address_needs_no_password() {
    use wharf_api_ecr::{Ecr, GetDownloadUrlForLayerRequest};
    let home = Home::new().await;
    let content = random(100_000);
    let image = home.image("app", content.clone()).await;
    home.put("app", "v1", &image).await;
    let input = GetDownloadUrlForLayerRequest {
        repository_name: Some("app".to_owned()),
        layer_digest: image["layers"][0]["digest"].as_str().map(str::to_owned),
        ..GetDownloadUrlForLayerRequest::default()
    };
    let got = home
        .ecr()
        .get_download_url_for_layer(&home.call(), input)
        .await
        .unwrap();
    let url = got.download_url.unwrap();
    let path = url.strip_prefix("http://localhost:4566").unwrap();
    assert_eq!(home.ask("GET", path).anonymous().send().await.body, content);

    let other = home.push_layer("app", "other").await;
    let (_, token) = path.split_once('?').unwrap();
    let stolen = home
        .ask("GET", format!("/v2/app/blobs/{other}?{token}"))
        .anonymous()
        .send()
        .await;
    assert_eq!(stolen.error(), (403, "DENIED".to_owned()));
    home.clock.advance(Duration::from_secs(3600));
    let late = home.ask("GET", path).anonymous().send().await;
    assert_eq!(late.error(), (403, "DENIED".to_owned()));
}

#[tokio::test]
async fn other_methods_and_paths() {
    let home = Home::new().await;
    let answer = home.ask("POST", "/v2/app/tags/list").send().await;
    assert_eq!(answer.error(), (405, "UNSUPPORTED".to_owned()));
    let digest = home.push_layer("app", "layer").await;
    let answer = home
        .ask("DELETE", format!("/v2/app/blobs/{digest}"))
        .send()
        .await;
    assert_eq!(answer.error(), (405, "UNSUPPORTED".to_owned()));
    assert_eq!(home.get("/v2/App/tags/list").await.status, 404);
    let missing = home.get("/v2/missing/tags/list").await;
    assert_eq!(missing.error(), (404, "NAME_UNKNOWN".to_owned()));
    let text =
        "The repository with name 'missing' does not exist in the registry with id '000000000000'";
    assert_eq!(missing.message(), text);
}
