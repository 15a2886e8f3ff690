//! Layers sent in one piece, in a stream, in parts; and those that break off.

use bytes::Bytes;
use tokio::{io::AsyncWriteExt, net::TcpStream};
use wharf_blobs::Digest;

use crate::support::{Answer, Home, random};

async fn begin(home: &Home) -> String {
    let begun = home.ask("POST", "/v2/app/blobs/uploads/").send().await;
    assert_eq!(begun.status, 202);
    assert_eq!(begun.header("range"), "0-0");
    let location = begun.header("location").to_owned();
    assert_eq!(
        location,
        format!(
            "/v2/app/blobs/uploads/{}",
            begun.header("docker-upload-uuid")
        )
    );
    location
}

async fn patch(home: &Home, location: &str, range: Option<&str>, content: Bytes) -> Answer {
    let mut ask = home.ask("PATCH", location).body(content);
    if let Some(range) = range {
        ask = ask.header("content-range", range);
    }
    ask.send().await
}

#[tokio::test]
async fn a_stream_and_its_end() {
    let home = Home::new().await;
    let content = random(3_000_000);
    let digest = Digest::of(&content);
    let location = begin(&home).await;
    let patched = patch(&home, &location, None, content.clone()).await;
    assert_eq!(
        (patched.status.as_u16(), patched.header("range")),
        (202, "0-2999999")
    );
    assert_eq!(patched.header("location"), location);
    let put = home
        .ask("PUT", format!("{location}?digest={digest}"))
        .send()
        .await;
    assert_eq!(put.status, 201);
    assert_eq!(put.header("location"), format!("/v2/app/blobs/{digest}"));
    assert_eq!(put.header("docker-content-digest"), digest.to_string());
    assert_eq!(
        home.get(format!("/v2/app/blobs/{digest}")).await.body,
        content
    );
    home.without_uploads().await;
}

#[tokio::test]
async fn the_whole_layer_with_the_put() {
    let home = Home::new().await;
    let digest = Digest::of(b"all of it");
    let location = begin(&home).await;
    let put = home
        .ask("PUT", format!("{location}?digest={digest}"))
        .body("all of it")
        .send()
        .await;
    assert_eq!(put.status, 201);
}

#[tokio::test]
async fn parts_continue_where_the_last_ended() {
    let home = Home::new().await;
    let content = random(30);
    let digest = Digest::of(&content);
    let location = begin(&home).await;
    let first = patch(&home, &location, Some("0-9"), content.slice(..10)).await;
    assert_eq!(first.header("range"), "0-9");
    for wrong in ["0-9", "20-29"] {
        let refused = patch(&home, &location, Some(wrong), content.slice(..10)).await;
        assert_eq!(refused.status, 416, "{wrong}");
        assert_eq!(refused.header("range"), "0-9");
    }
    let status = home.get(&location).await;
    assert_eq!(
        (status.status.as_u16(), status.header("range")),
        (204, "0-9")
    );
    assert_eq!(
        patch(&home, &location, Some("10-19"), content.slice(10..20))
            .await
            .status,
        202
    );
    let put = home
        .ask("PUT", format!("{location}?digest={digest}"))
        .header("content-range", "20-29")
        .body(content.slice(20..));
    assert_eq!(put.send().await.status, 201);
}

#[tokio::test]
async fn ranges_that_lie_or_say_nothing() {
    let home = Home::new().await;
    let location = begin(&home).await;
    let bad = patch(&home, &location, Some("ten-twenty"), random(10)).await;
    assert_eq!(bad.error(), (400, "BLOB_UPLOAD_INVALID".to_owned()));
    let short = patch(&home, &location, Some("0-9"), random(9)).await;
    assert_eq!(short.error(), (400, "BLOB_UPLOAD_INVALID".to_owned()));
    home.without_uploads().await;
}

#[tokio::test]
async fn a_wrong_digest_is_refused_and_leaves_nothing() {
    let home = Home::new().await;
    let wrong = Digest::of(b"something else");
    let posted = home
        .ask("POST", format!("/v2/app/blobs/uploads/?digest={wrong}"))
        .body("content")
        .send()
        .await;
    assert_eq!(posted.error(), (400, "DIGEST_INVALID".to_owned()));
    let location = begin(&home).await;
    patch(&home, &location, None, Bytes::from_static(b"content")).await;
    let put = home
        .ask("PUT", format!("{location}?digest={wrong}"))
        .send()
        .await;
    assert_eq!(put.error(), (400, "DIGEST_INVALID".to_owned()));
    assert_eq!(
        home.get(&location).await.error(),
        (404, "BLOB_UPLOAD_UNKNOWN".to_owned())
    );
    for missing in ["", "?digest=", "?digest=md5:00"] {
        let location = begin(&home).await;
        let put = home.ask("PUT", format!("{location}{missing}")).send().await;
        assert_eq!(put.error(), (400, "DIGEST_INVALID".to_owned()));
        assert_eq!(home.ask("DELETE", location).send().await.status, 204);
    }
    home.without_uploads().await;
    assert_eq!(home.files("sha256").len(), 0);
}

#[tokio::test]
async fn an_upload_is_of_its_repository_and_can_be_given_up() {
    let home = Home::new().await;
    home.create("other").await;
    let location = begin(&home).await;
    let foreign = location.replace("/app/", "/other/");
    assert_eq!(
        patch(&home, &foreign, None, random(1)).await.error().1,
        "BLOB_UPLOAD_UNKNOWN"
    );
    assert_eq!(home.ask("DELETE", &location).send().await.status, 204);
    home.without_uploads().await;
    assert_eq!(home.ask("DELETE", &location).send().await.status, 404);
    for id in ["x", "..", "00000000-0000-0000-0000-000000000000"] {
        let answer = home.get(format!("/v2/app/blobs/uploads/{id}")).await;
        assert_eq!(
            answer.error(),
            (404, "BLOB_UPLOAD_UNKNOWN".to_owned()),
            "{id}"
        );
    }
}

#[tokio::test]
async fn a_layer_above_the_limit_is_refused() {
    let home = Home::with(|config| config.max_layer_bytes = 1000).await;
    let content = random(1001);
    let digest = Digest::of(&content);
    let answer = home
        .ask("POST", format!("/v2/app/blobs/uploads/?digest={digest}"))
        .body(content)
        .send()
        .await;
    assert_eq!(answer.error(), (413, "SIZE_INVALID".to_owned()));
    home.without_uploads().await;
}

/// Bytes that a request promises and does not send.
const PROMISED: usize = 99_999_999;

/// Sends the beginning of a request that promises `promised` bytes, waits until the server has some of them on disk, then
/// cuts the connection.
async fn cut(home: &Home, head: String, promised: usize, content: &[u8]) {
    drop(hold(home, head, promised, content, 1).await);
}

/// The same with a connection that stays; waits for `arrived` bytes.
async fn hold(
    home: &Home,
    head: String,
    promised: usize,
    content: &[u8],
    arrived: u64,
) -> TcpStream {
    let auth = {
        use base64::{Engine, engine::general_purpose::STANDARD};
        STANDARD.encode(format!("AWS:{}", home.password))
    };
    let mut stream = TcpStream::connect(home.address).await.unwrap();
    let head = format!(
        "{head}\r\nhost: x\r\nauthorization: Basic {auth}\r\ncontent-length: {promised}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(content).await.unwrap();
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(10);
    let on_disk = || {
        let files = home.files("uploads");
        let sizes = files.iter().filter_map(|it| it.metadata().ok());
        sizes.map(|it| it.len()).sum::<u64>()
    };
    while on_disk() < arrived {
        assert!(tokio::time::Instant::now() < deadline, "nothing arrived");
        tokio::task::yield_now().await;
    }
    stream
}

#[tokio::test]
async fn a_killed_client_leaves_nothing() {
    let home = Home::new().await;
    let content = random(4_000_000);
    let digest = Digest::of(b"never");
    cut(
        &home,
        format!("POST /v2/app/blobs/uploads/?digest={digest} HTTP/1.1"),
        PROMISED,
        &content,
    )
    .await;
    home.without_uploads().await;
    let location = begin(&home).await;
    cut(
        &home,
        format!("PATCH {location} HTTP/1.1"),
        PROMISED,
        &content,
    )
    .await;
    home.without_uploads().await;
    let location = begin(&home).await;
    cut(
        &home,
        format!("PUT {location}?digest={digest} HTTP/1.1"),
        PROMISED,
        &content,
    )
    .await;
    home.without_uploads().await;
    assert_eq!(home.files("sha256").len(), 0);
}

/// Each may be as long as a layer that is there, and none of them ends.
#[tokio::test]
async fn uploads_under_the_name_of_what_is_there_do_not_pile_up() {
    let home = Home::with(|config| config.account_bytes = 1000).await;
    let there = random(900);
    let digest = Digest::of(&there);
    let path = format!("/v2/app/blobs/uploads/?digest={digest}");
    let pushed = home.ask("POST", path).body(there).send().await;
    assert_eq!(pushed.status, 201);
    let first = begin(&home).await;
    let head = format!("PUT {first}?digest={digest} HTTP/1.1\r\ncontent-range: 0-899");
    let _held = hold(&home, head, 900, &random(800), 800).await;
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(10);
    // Its bytes may be on their way to the disk, and not counted yet.
    loop {
        let second = begin(&home).await;
        let put = home.ask("PUT", format!("{second}?digest={digest}"));
        let put = put.header("content-range", "0-799").body(random(800));
        match put.send().await.error() {
            (403, code) => break assert_eq!(code, "DENIED"),
            other => assert_eq!(other, (400, "DIGEST_INVALID".to_owned())),
        }
        assert!(tokio::time::Instant::now() < deadline, "it never counts");
    }
}

#[tokio::test]
async fn a_broken_part_can_be_resumed() {
    let home = Home::new().await;
    let content = random(4_000_000);
    let location = begin(&home).await;
    let head = format!("PATCH {location} HTTP/1.1\r\ncontent-range: 0-99999998");
    cut(&home, head, PROMISED, &content).await;
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(10);
    let offset = loop {
        let status = home.get(&location).await;
        assert_eq!(status.status, 204);
        let (_, last) = status.header("range").split_once('-').unwrap();
        let offset: usize = last.parse::<usize>().unwrap() + 1;
        // Until the server noticed, the upload is busy.
        let range = format!("{offset}-{}", content.len() - 1);
        let rest = content.slice(offset.min(content.len())..);
        if rest.is_empty() {
            break offset;
        }
        let resumed = patch(&home, &location, Some(&range), rest).await;
        if resumed.status == 202 {
            break offset;
        }
        assert!(
            matches!(resumed.status.as_u16(), 400 | 416),
            "{}",
            resumed.status
        );
        assert!(
            tokio::time::Instant::now() < deadline,
            "the upload stays busy"
        );
    };
    assert!(offset > 0);
    let digest = Digest::of(&content);
    let put = home
        .ask("PUT", format!("{location}?digest={digest}"))
        .send()
        .await;
    assert_eq!(put.status, 201);
}
