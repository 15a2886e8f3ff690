//! Calls of PutMetricData, made beforehand but for their times and values: a client that shares its processors with the
//! server shall take few of them.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use bytes::Bytes;
use wharf_base::{Clock as _, SystemClock};

const DATA: usize = 1000;

/// The data of one client, each of a metric of its own.
#[derive(Clone)]
pub struct MetricCalls {
    namespace: String,
    /// Values of a datum.
    values: usize,
}

/// The body of a client's calls.
#[derive(Clone)]
pub struct MetricCall {
    body: Vec<u8>,
    /// Where the ten digits of each time are, and the three of each value.
    times: Arc<Vec<usize>>,
    values: Arc<Vec<usize>>,
}

impl MetricCalls {
    /// `argument` is a namespace, or `NAMESPACE:VALUES` for data with so many values each.
    pub fn read(argument: &str) -> Result<Self> {
        let (namespace, values) = argument.split_once(':').unwrap_or((argument, "1"));
        Ok(Self {
            namespace: namespace.to_owned(),
            values: values.parse().context("NAMESPACE:VALUES")?,
        })
    }

    /// Values of a call.
    pub fn counts(&self) -> usize {
        DATA * self.values
    }

    pub fn of(&self, client: usize) -> MetricCall {
        let (mut times, mut values) = (Vec::new(), Vec::new());
        let mut body = format!(r#"{{"Namespace":"{}","MetricData":["#, self.namespace);
        for id in 0..DATA {
            let comma = if id == 0 { "" } else { "," };
            body += &format!(
                r#"{comma}{{"MetricName":"Latency","Dimensions":[{{"Name":"Service","Value":"service-{client}-{id}"}}],"Timestamp":"#
            );
            times.push(body.len());
            body += "0000000000,";
            let (begin, end) = match self.values {
                1 => (r#""Value":"#, ""),
                _ => (r#""Values":["#, "]"),
            };
            body += begin;
            for value in 0..self.values {
                body += if value == 0 { "" } else { "," };
                values.push(body.len());
                body += "000";
            }
            body += end;
            body += r#","Unit":"Milliseconds"}"#;
        }
        body += "]}";
        MetricCall {
            body: body.into_bytes(),
            times: Arc::new(times),
            values: Arc::new(values),
        }
    }
}

impl MetricCall {
    /// The body of call `n`, of this second.
    pub fn body(&mut self, n: usize) -> Bytes {
        let now = (SystemClock.now().millis() / 1000).to_string();
        for at in self.times.iter() {
            self.body[*at..at + 10].copy_from_slice(now.as_bytes());
        }
        for (id, at) in self.values.iter().enumerate() {
            let value = 100 + (n * 31 + id * 7) % 900;
            let digits = [value / 100, value / 10 % 10, value % 10].map(|it| b'0' + it as u8);
            self.body[*at..at + 3].copy_from_slice(&digits);
        }
        self.body.clone().into()
    }
}
