//! Signed requests from many connections at once, each waiting for its answer before the next.
//!
//! `wharf-bench-load WHAT HOST:PORT ARGUMENT CLIENTS SECONDS`, with keys in the environment as AWS's tools
//! have them. Prints one line of JSON: `per_second` (calls), `p50_ms`, `p99_ms`, and `counted`: of `sqs-receive`
//! the messages, of `logs-put` the bytes of all lines, of `metrics-put` the values.
//!
//! | what | argument | one call is |
//! | --- | --- | --- |
//! | `sqs-send` | a queue's URL | SendMessageBatch of ten messages of 100 bytes |
//! | `sqs-receive` | a queue's URL | ReceiveMessage of ten and DeleteMessageBatch of them |
//! | `events-put` | a source | PutEvents of ten events |
//! | `logs-put` | `FILE:GROUP` | PutLogEvents of 256 KiB of the file's lines, into stream `s<client>` |
//! | `logs-put-gzip` | `FILE:GROUP` | the same, packed at the fastest level |
//! | `metrics-put` | `NAMESPACE[:VALUES]` | PutMetricData of 1,000 data of as many metrics, of which each client has its own |
//! | `s3-put` | `BUCKET/BYTES` | PutObject of so many bytes under another key than the calls before in this run |
//! | `s3-fill` | `BUCKET/KEYS` | the same of nothing, until there are so many keys |
//! | `get` | a path, with its query | GET |

mod fill;
mod log_calls;
mod metric_calls;

use std::{
    env,
    io::Write as _,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, client::conn::http1};
use hyper_util::rt::TokioIo;
use log_calls::LogCalls;
use metric_calls::{MetricCall, MetricCalls};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use wharf_base::{Clock as _, SystemClock};
use wharf_bench_peers::load;
use wharf_wire::sigv4::{self, RequestParts, SigningKeys};

const REGION: &str = "us-east-1";

/// What one call is.
#[derive(Clone)]
enum Work {
    Send(String),
    Receive(String),
    Events(String),
    Logs { calls: LogCalls, packed: bool },
    Metrics(MetricCalls),
    Put { bucket: String, body: Bytes },
    Get { path: String, query: String },
}

struct Client {
    number: usize,
    work: Work,
    host: String,
    keys: SigningKeys,
    connection: http1::SendRequest<Full<Bytes>>,
    counted: Arc<AtomicUsize>,
    /// Its own, of those who put metrics.
    call: Option<MetricCall>,
}

impl Client {
    async fn json(&mut self, service: &str, target: &str, body: &Value) -> Result<Value> {
        let body = Bytes::from(body.to_string());
        self.written(service, target, body, false).await
    }

    /// Like `json`, of a body that is JSON already.
    async fn written(
        &mut self,
        service: &str,
        target: &str,
        body: Bytes,
        packed: bool,
    ) -> Result<Value> {
        let (prefix, kind) = match service {
            "sqs" => ("AmazonSQS", "application/x-amz-json-1.0"),
            "monitoring" => (
                "GraniteServiceVersion20100801",
                "application/x-amz-json-1.0",
            ),
            "logs" => ("Logs_20140328", "application/x-amz-json-1.1"),
            _ => ("AWSEvents", "application/x-amz-json-1.1"),
        };
        let mut headers = vec![
            ("content-type".to_owned(), kind.to_owned()),
            ("x-amz-target".to_owned(), format!("{prefix}.{target}")),
        ];
        if packed {
            headers.push(("content-encoding".to_owned(), "gzip".to_owned()));
        }
        let answer = self
            .call(service, ("POST", "/", ""), &headers, body)
            .await?;
        Ok(serde_json::from_slice(&answer)?)
    }

    async fn call(
        &mut self,
        service: &str,
        (method, path, query): (&str, &str, &str),
        more: &[(String, String)],
        body: Bytes,
    ) -> Result<Bytes> {
        let hash = sigv4::sha256_hex(&body);
        let mut headers = vec![("host".to_owned(), self.host.clone())];
        headers.extend_from_slice(more);
        if service == "s3" {
            headers.push(("x-amz-content-sha256".to_owned(), hash.clone()));
        }
        let parts = RequestParts {
            method,
            path,
            query,
            headers: &headers,
        };
        let now = SystemClock.now();
        let signed = sigv4::sign(&parts, &hash, &self.keys, REGION, service, now);
        let uri = match query {
            "" => path.to_owned(),
            query => format!("{path}?{query}"),
        };
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers.iter().chain(&signed) {
            request = request.header(name, value);
        }
        // hyper says nothing of a body without bytes, which S3 refuses.
        if method == "PUT" {
            request = request.header("content-length", body.len());
        }
        // Some servers close after each answer.
        if self.connection.ready().await.is_err() {
            self.connection = connect(&self.host).await?;
        }
        let request = request.body(Full::new(body))?;
        let answer = match self.connection.send_request(request.clone()).await {
            Ok(answer) => answer,
            Err(_) => {
                self.connection = connect(&self.host).await?;
                self.connection.send_request(request).await?
            }
        };
        let status = answer.status();
        let mut body = answer.into_body();
        let mut kept = Vec::new();
        while let Some(frame) = body.frame().await {
            // Large bodies count, they are not looked at.
            if let Ok(data) = frame?.into_data()
                && kept.len() < 1 << 20
            {
                kept.extend_from_slice(&data);
            }
        }
        ensure!(
            status.is_success(),
            "{status}: {}",
            String::from_utf8_lossy(&kept)
        );
        Ok(kept.into())
    }

    async fn receive(&mut self, url: &str) -> Result<()> {
        let ask = json!({ "QueueUrl": url, "MaxNumberOfMessages": 10 });
        let got = self.json("sqs", "ReceiveMessage", &ask).await?;
        let messages = got["Messages"].as_array().map_or(&[][..], |it| it);
        if messages.is_empty() {
            return Ok(());
        }
        let entries: Vec<_> = messages
            .iter()
            .enumerate()
            .map(|(id, it)| json!({ "Id": id.to_string(), "ReceiptHandle": it["ReceiptHandle"] }))
            .collect();
        let delete = json!({ "QueueUrl": url, "Entries": entries });
        let done = self.json("sqs", "DeleteMessageBatch", &delete).await?;
        let done = done["Successful"].as_array().map_or(0, Vec::len);
        self.counted.fetch_add(done, Ordering::Relaxed);
        Ok(())
    }
}

impl load::Client for Client {
    async fn put(&mut self, n: usize) -> Result<()> {
        match self.work.clone() {
            Work::Send(url) => {
                let entry =
                    |id: usize| json!({ "Id": id.to_string(), "MessageBody": "x".repeat(100) });
                let entries: Vec<_> = (0..10).map(entry).collect();
                let send = json!({ "QueueUrl": url, "Entries": entries });
                let sent = self.json("sqs", "SendMessageBatch", &send).await?;
                let sent = sent["Successful"].as_array().map_or(0, Vec::len);
                ensure!(sent == 10, "{sent} of 10 were sent");
            }
            Work::Receive(url) => self.receive(&url).await?,
            Work::Events(source) => {
                let entry = |id: usize| json!({ "Source": source, "DetailType": "made", "Detail": json!({ "n": n, "id": id }).to_string() });
                let entries: Vec<_> = (0..10).map(entry).collect();
                let put = json!({ "Entries": entries });
                let answer = self.json("events", "PutEvents", &put).await?;
                ensure!(answer["FailedEntryCount"] == 0, "{answer}");
            }
            Work::Logs { calls, packed } => {
                let (mut body, bytes) = calls.body(n, self.number);
                if packed {
                    let mut out = GzEncoder::new(Vec::new(), Compression::fast());
                    out.write_all(&body)?;
                    body = out.finish()?.into();
                }
                let put = self.written("logs", "PutLogEvents", body, packed);
                let answer = put.await?;
                ensure!(answer.get("rejectedLogEventsInfo").is_none(), "{answer}");
                self.counted.fetch_add(bytes, Ordering::Relaxed);
            }
            Work::Metrics(calls) => {
                let number = self.number;
                let call = self.call.get_or_insert_with(|| calls.of(number));
                let body = call.body(n);
                self.written("monitoring", "PutMetricData", body, false)
                    .await?;
                self.counted.fetch_add(calls.counts(), Ordering::Relaxed);
            }
            Work::Put { bucket, body } => {
                let path = format!("/{bucket}/{:02x}/{n}", n % 256);
                self.call("s3", ("PUT", &path, ""), &[], body).await?;
            }
            Work::Get { path, query } => {
                self.call("s3", ("GET", &path, &query), &[], Bytes::new())
                    .await?;
            }
        }
        Ok(())
    }
}

async fn connect(host: &str) -> Result<http1::SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(host).await?;
    stream.set_nodelay(true)?;
    let (connection, driver) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(driver);
    Ok(connection)
}

fn work(what: &str, argument: &str) -> Result<Work> {
    Ok(match what {
        "sqs-send" => Work::Send(argument.to_owned()),
        "sqs-receive" => Work::Receive(argument.to_owned()),
        "events-put" => Work::Events(argument.to_owned()),
        "logs-put" | "logs-put-gzip" => Work::Logs {
            calls: LogCalls::read(argument)?,
            packed: what == "logs-put-gzip",
        },
        "metrics-put" => Work::Metrics(MetricCalls::read(argument)?),
        "s3-put" => {
            let (bucket, bytes) = argument.split_once('/').context("BUCKET/BYTES")?;
            Work::Put {
                bucket: bucket.to_owned(),
                body: Bytes::from(vec![b'x'; bytes.parse()?]),
            }
        }
        "s3-fill" => Work::Put {
            bucket: fill::of(argument)?.0.to_owned(),
            body: Bytes::new(),
        },
        "get" => {
            let (path, query) = argument.split_once('?').unwrap_or((argument, ""));
            Work::Get {
                path: path.to_owned(),
                query: query.to_owned(),
            }
        }
        _ => anyhow::bail!("{what} is nothing that is known"),
    })
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [what, host, argument, clients, seconds] = &arguments[..] else {
        anyhow::bail!("wharf-bench-load WHAT HOST:PORT ARGUMENT CLIENTS SECONDS");
    };
    let variable = |name: &str| env::var(name).with_context(|| name.to_owned());
    let keys = SigningKeys {
        access_key_id: variable("AWS_ACCESS_KEY_ID")?,
        secret_access_key: variable("AWS_SECRET_ACCESS_KEY")?,
        session_token: env::var("AWS_SESSION_TOKEN").ok(),
    };
    let (work, counted) = (work(what, argument)?, Arc::new(AtomicUsize::new(0)));
    let mut all = Vec::new();
    for number in 0..clients.parse::<usize>()? {
        let connection = connect(host).await?;
        all.push(Client {
            number,
            work: work.clone(),
            host: host.clone(),
            keys: keys.clone(),
            connection,
            counted: counted.clone(),
            call: None,
        });
    }
    let time = Duration::from_secs_f64(seconds.parse()?);
    if what == "s3-fill" {
        let (_, keys) = fill::of(argument)?;
        let filled = tokio::time::timeout(time, fill::run(all, keys)).await;
        let per_second = filled.context("it takes too long")??;
        println!("{}", json!({ "per_second": per_second, "counted": keys }));
        return Ok(());
    }
    let rate = load::run(all, time).await?;
    let ms = |it: Duration| (it.as_secs_f64() * 100_000.0).round() / 100.0;
    let shown = json!({
        "per_second": rate.per_second,
        "p50_ms": ms(rate.p50),
        "p99_ms": ms(rate.p99),
        "counted": counted.load(Ordering::Relaxed),
    });
    println!("{shown}");
    Ok(())
}
