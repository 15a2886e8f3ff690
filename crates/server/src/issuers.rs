//! Documents of identity providers, which whoever may make one in an account names: by the guarded way
//! out, or from files that the operator gave for providers that cannot be reached.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use bytes::Bytes;
use http::{Request, StatusCode, header};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;
use wharf_egress::{Egress, Failure, Limits, Shares};
use wharf_svc_iam::{Documents, NoDocument};
use wharf_wire::async_trait;

use crate::kube::issuers::ClusterIssuers;

/// Somebody waits with a token in hand.
const TIME: Duration = Duration::from_secs(5);
/// Requests under way and names looked up at once, and those of one account: it may trust a hundred providers that never
/// answer, and anybody with a token that bears one of their names, signed or not, has that one asked.
const OF_ALL: (usize, usize) = (64, 12);
const OF_ACCOUNT: (usize, usize) = (16, 4);
const DISCOVERY: &str = "/.well-known/openid-configuration";
/// Where the discovery document that stands for a file says that the keys are.
const KEYS: &str = "/.well-known/wharf-jwks";

/// Keys of an issuer in a file (`--jwks ISSUER=FILE`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeysFile {
    pub issuer: String,
    pub path: PathBuf,
}

/// Why a flag names no keys of an issuer.
#[derive(Debug, thiserror::Error)]
pub enum BadKeysFile {
    #[error("it is an issuer and a file: https://HOST=FILE")]
    NoPair,
    /// There is no folder that the path could begin at.
    #[error("{path}: {why}")]
    Path { path: String, why: io::Error },
    #[error("{}: {why}", .path.display())]
    Unread { path: PathBuf, why: io::Error },
    #[error("{} is no set of keys (JWKS)", .0.display())]
    NoKeys(PathBuf),
}

impl FromStr for KeysFile {
    type Err = BadKeysFile;

    fn from_str(text: &str) -> Result<Self, BadKeysFile> {
        let split = text.split_once('=').filter(|(issuer, path)| {
            let host = issuer.strip_prefix("https://");
            host.is_some_and(|it| !it.is_empty()) && !path.is_empty()
        });
        let (issuer, given) = split.ok_or(BadKeysFile::NoPair)?;
        let path = std::path::absolute(given).map_err(|why| BadKeysFile::Path {
            path: given.to_owned(),
            why,
        })?;
        let bytes = std::fs::read(&path).map_err(|why| BadKeysFile::Unread {
            path: path.clone(),
            why,
        })?;
        match are_keys(&bytes) {
            true => Ok(Self {
                issuer: issuer.trim_end_matches('/').to_owned(),
                path,
            }),
            false => Err(BadKeysFile::NoKeys(path)),
        }
    }
}

impl std::fmt::Display for KeysFile {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}={}", self.issuer, self.path.display())
    }
}

fn are_keys(bytes: &[u8]) -> bool {
    serde_json::from_slice::<Value>(bytes).is_ok_and(|it| it["keys"].is_array())
}

/// Why an issuer, or the file that stands for it, has no document.
#[derive(Debug, thiserror::Error)]
enum Absent {
    #[error("it is no address")]
    Address(#[source] http::Error),
    #[error(transparent)]
    NoAnswer(#[from] Failure),
    #[error("it answers {0}")]
    Status(StatusCode),
    #[error("failed to read {}", .path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("{} is longer than {most} bytes", .path.display())]
    TooLong { path: PathBuf, most: usize },
}

/// Asks providers over the network, except those whose keys are in files, and clusters of this installation.
pub struct Issuers {
    ways: Shares,
    files: BTreeMap<String, PathBuf>,
    clusters: ClusterIssuers,
}

impl Issuers {
    pub fn new(egress: &Egress, files: &[KeysFile], clusters: ClusterIssuers) -> Self {
        let files = files.iter().cloned();
        Self {
            ways: Shares::new(egress, OF_ALL, OF_ACCOUNT),
            clusters,
            files: files.map(|it| (it.issuer, it.path)).collect(),
        }
    }

    async fn ask(&self, account: &str, url: &str, most: usize) -> Result<Vec<u8>, Absent> {
        let request = Request::get(url)
            .header(header::ACCEPT, "application/json")
            .body(Bytes::new())
            .map_err(Absent::Address)?;
        let limits = Limits {
            time: TIME,
            body: most,
        };
        let answer = self.ways.of(account).send(request, limits).await?;
        match answer.status() {
            StatusCode::OK => Ok(answer.into_body().into()),
            other => Err(Absent::Status(other)),
        }
    }
}

#[async_trait]
impl Documents for Issuers {
    async fn get(&self, account: &str, url: &str, most: usize) -> Result<Vec<u8>, NoDocument> {
        if let Some(own) = self.clusters.at_url(url) {
            return Ok(own.into());
        }
        let file = |suffix: &str| self.files.get_key_value(url.strip_suffix(suffix)?);
        if let Some((issuer, _)) = file(DISCOVERY) {
            let document = json!({"issuer": issuer, "jwks_uri": format!("{issuer}{KEYS}")});
            return Ok(document.to_string().into_bytes());
        }
        let found = match file(KEYS) {
            Some((_, path)) => read(path, most).await,
            None => self.ask(account, url, most).await,
        };
        Ok(found?)
    }
}

/// A file as it is now: it may be replaced while the server runs.
async fn read(path: &Path, most: usize) -> Result<Vec<u8>, Absent> {
    let failed = |source| Absent::File {
        path: path.to_owned(),
        source,
    };
    let file = tokio::fs::File::open(path).await.map_err(failed)?;
    let mut bytes = Vec::new();
    let mut file = file.take(most as u64 + 1);
    file.read_to_end(&mut bytes).await.map_err(failed)?;
    match bytes.len() <= most {
        true => Ok(bytes),
        false => Err(Absent::TooLong {
            path: path.to_owned(),
            most,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: usize = 1000;

    fn given(path: &Path) -> Result<KeysFile, BadKeysFile> {
        format!("https://idp.lan/a/={}", path.display()).parse()
    }

    #[tokio::test]
    async fn keys_in_a_file_are_read_as_they_are_now() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.json");
        std::fs::write(&path, r#"{"keys": []}"#).unwrap();
        let file = given(&path).unwrap();
        assert_eq!(file.to_string().parse::<KeysFile>().unwrap(), file);
        let egress = Egress::to(Vec::new());
        let issuers = Issuers::new(&egress, &[file], ClusterIssuers::default());
        let get = |url: &'static str| issuers.get("111111111111", url, MOST);
        let document = get("https://idp.lan/a/.well-known/openid-configuration").await;
        let document: Value = serde_json::from_slice(&document.unwrap()).unwrap();
        assert_eq!(document["issuer"], "https://idp.lan/a");
        assert_eq!(
            document["jwks_uri"],
            "https://idp.lan/a/.well-known/wharf-jwks"
        );
        let keys = || get("https://idp.lan/a/.well-known/wharf-jwks");
        assert_eq!(keys().await.unwrap(), br#"{"keys": []}"#);
        std::fs::write(&path, r#"{"keys": [1]}"#).unwrap();
        assert_eq!(keys().await.unwrap(), br#"{"keys": [1]}"#);
        std::fs::write(&path, " ".repeat(MOST + 1)).unwrap();
        assert!(
            keys()
                .await
                .unwrap_err()
                .to_string()
                .contains("longer than")
        );
        std::fs::remove_file(&path).unwrap();
        assert!(keys().await.is_err());
    }

    #[tokio::test]
    async fn providers_of_an_account_that_never_answer_take_no_turns_of_others() {
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/keys", silent.local_addr().unwrap());
        let egress = Egress::to(vec!["127.0.0.0/8".parse().unwrap()]);
        let issuers = Issuers::new(&egress, &[], ClusterIssuers::default());
        let (busy, other) = ("111111111111", "222222222222");
        let of_busy = (0..OF_ACCOUNT.0).map(|_| issuers.get(busy, &url, MOST));
        let (mut asked, mut held): (Vec<_>, _) = (of_busy.collect(), Vec::new());
        while held.len() < OF_ACCOUNT.0 {
            tokio::select! {
                biased;
                _ = futures_util::future::select_all(asked.iter_mut()) => panic!("nobody answers"),
                connected = silent.accept() => held.push(connected.unwrap()),
            }
        }
        let time = Duration::from_millis(50);
        let request = Request::get(&url).body(Bytes::new()).unwrap();
        let way = issuers.ways.of(busy);
        let late = way.send_in_turn(request, Limits { time, body: MOST });
        assert_eq!(late.await.unwrap_err(), Failure::Busy(time));
        let mut further = issuers.get(other, &url, MOST);
        tokio::select! {
            biased;
            _ = &mut further => panic!("nobody answers"),
            connected = silent.accept() => held.push(connected.unwrap()),
        }
    }

    #[test]
    fn what_the_flag_takes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.json");
        assert!(given(&path).is_err(), "there is no such file");
        for bad in ["", "{}", "[]", r#"{"keys": 7}"#] {
            std::fs::write(&path, bad).unwrap();
            assert!(given(&path).is_err(), "{bad}");
        }
        for bad in [
            "",
            "https://idp.lan",
            "https://=f",
            "http://idp.lan=f",
            "https://idp.lan=",
        ] {
            assert!(bad.parse::<KeysFile>().is_err(), "{bad}");
        }
    }
}
