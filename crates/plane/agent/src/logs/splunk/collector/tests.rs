//! Collectors on this machine, and none.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use wharf_seal::Secret;

use super::*;
use crate::logs::splunk::{Names, Splunk};

fn collectors() -> Collectors {
    Collectors::new(&["127.0.0.0/8".parse().unwrap()])
}

fn target(url: &str, is_secret: bool) -> Target {
    let mut options = BTreeMap::from([("splunk-token".to_owned(), "t".to_owned())]);
    let mut secrets = BTreeMap::new();
    match is_secret {
        true => secrets
            .insert("splunk-url".to_owned(), Secret::from(url.to_owned()))
            .map(drop),
        false => options
            .insert("splunk-url".to_owned(), url.to_owned())
            .map(drop),
    };
    let names = Names {
        id: "0".repeat(64),
        name: "main".to_owned(),
        image: "app".to_owned(),
        host: "node".to_owned(),
    };
    let target = Splunk::of(&options).unwrap().target(&secrets, &names);
    target.unwrap()
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    (listener, at)
}

/// Answers every request alike.
async fn server(answer: &'static str) -> String {
    let (listener, at) = listen().await;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut read = Vec::new();
            while !read.windows(4).any(|it| it == b"\r\n\r\n") {
                let mut some = [0; 1024];
                match stream.read(&mut some).await {
                    Ok(0) | Err(_) => break,
                    Ok(n) => read.extend_from_slice(&some[..n]),
                }
            }
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    format!("http://{at}")
}

#[tokio::test]
async fn who_runs_a_task_hears_nothing_of_the_operators_network() {
    let all = collectors();
    let why = async |url: &str, is_secret| {
        let collector = all.at("one", target(url, is_secret));
        let why = collector.verify().await.unwrap_err().to_string();
        let not_taken = collector.take(b"{}").await.unwrap_err();
        (why, not_taken.to_string(), not_taken.passes())
    };
    let (tenant, operator, passes) = why("http://10.0.0.1:8088", false).await;
    assert_eq!(tenant, "10.0.0.1 is not allowed");
    assert!(
        operator.contains("`wharf up --node-allow-egress 10.0.0.1`"),
        "{operator}"
    );
    assert!(!passes, "it never will be");
    let told = "HTTP/1.1 403 Forbidden\r\ncontent-length: 9\r\nconnection: close\r\n\r\ninternals";
    let (tenant, operator, passes) = why(&server(told).await, false).await;
    assert_eq!(
        tenant,
        "splunk: failed to verify connection - 403 Forbidden"
    );
    assert_eq!(operator, "the collector answered 403 Forbidden, code -1");
    assert!(passes);
    // An address that is a secret is in nobody's words.
    let (_, closed) = {
        let (listener, at) = listen().await;
        (drop(listener), at)
    };
    for (url, host, expected) in [
        (
            "http://10.0.0.1:8088",
            "10.0.0.1",
            "the collector is not allowed",
        ),
        (
            "http://hidden.invalid",
            "hidden",
            "the collector does not resolve",
        ),
        (
            &format!("http://{closed}"),
            "127.0.0.1",
            "cannot connect to the collector",
        ),
    ] {
        let (tenant, operator, _) = why(url, true).await;
        assert_eq!(tenant, expected);
        assert!(!operator.contains(host), "{operator}");
    }
}

#[tokio::test]
async fn collectors_of_one_account_that_are_silent_leave_others_their_turns() {
    let all = collectors();
    let (silent, at) = listen().await;
    let url = format!("http://{at}");
    for _ in 0..300 {
        let collector = all.at("one", target(&url, false));
        tokio::spawn(async move { collector.take(b"{}").await });
    }
    let mut held = Vec::new();
    for _ in 0..OF_AN_ACCOUNT.requests {
        held.push(silent.accept().await.unwrap());
    }
    let answers = server("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
    let other = all.at("other", target(&answers, false));
    assert_eq!(other.verify().await, Ok(()));
}
