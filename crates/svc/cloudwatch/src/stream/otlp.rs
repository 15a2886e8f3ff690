//! Updates as AWS writes them in the `opentelemetry1.0` format: an ExportMetricsServiceRequest of OTLP with a summary a
//! metric. It is written by hand, since it is only ever written and has twenty fields. Pure.

use super::update::Update;
use crate::stat::Stat;

pub const CONTENT_TYPE: &str = "application/x-protobuf";
const NANOS: u64 = 1_000_000_000;
const MINUTE: i64 = 60;

/// Fields of Protocol Buffers, one behind the other.
#[derive(Debug, Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn bytes(mut self, field: u64, bytes: &[u8]) -> Self {
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
        self
    }

    fn text(self, field: u64, text: &str) -> Self {
        self.bytes(field, text.as_bytes())
    }

    fn message(self, field: u64, inner: &Self) -> Self {
        self.bytes(field, &inner.0)
    }

    fn fixed(mut self, field: u64, value: u64) -> Self {
        self.varint(field << 3 | 1);
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    fn double(self, field: u64, value: f64) -> Self {
        self.fixed(field, value.to_bits())
    }
}

/// A KeyValue whose value is a text.
fn pair(key: &str, value: &str) -> Message {
    let value = Message::default().text(1, value);
    Message::default().text(1, key).message(2, &value)
}

/// Adds a metric to those of a request.
pub fn write(update: &Update, out: &mut Vec<u8>) {
    let metric = &update.metric;
    let dimensions = metric.dimensions.iter();
    let dimensions = dimensions.fold(Message::default(), |list, (name, value)| {
        list.message(1, &pair(name, value))
    });
    let dimensions = Message::default().message(6, &dimensions);
    let dimensions = Message::default()
        .text(1, "Dimensions")
        .message(2, &dimensions);
    let begin = u64::try_from(update.minute).unwrap_or(0) * NANOS;
    let end = begin + MINUTE.unsigned_abs() * NANOS;
    let point = Message::default()
        .message(7, &pair("Namespace", &metric.namespace))
        .message(7, &pair("MetricName", &metric.name))
        .message(7, &dimensions)
        .fixed(2, begin)
        .fixed(3, end)
        .fixed(4, update.count.round() as u64)
        .double(5, update.sum);
    let mut quantiles = vec![(0.0, update.min)];
    quantiles.extend(update.further.iter().filter_map(|it| match it.1 {
        Stat::Percentile(percent) => Some((percent / 100.0, it.2)),
        _ => None,
    }));
    quantiles.push((1.0, update.max));
    let point = quantiles.into_iter().fold(point, |point, (at, value)| {
        point.message(6, &Message::default().double(1, at).double(2, value))
    });
    let name = format!("amazonaws.com/{}/{}", metric.namespace, metric.name);
    let whole = Message::default()
        .text(1, &name)
        .text(3, &unit(&update.unit))
        .message(11, &Message::default().message(1, &point));
    out.extend_from_slice(&Message::default().message(2, &whole).0);
}

/// The request around metrics that were written.
pub fn request(account: &str, region: &str, stream_arn: &str, metrics: &[u8]) -> Vec<u8> {
    let resource = [
        ("cloud.provider", "aws"),
        ("cloud.account.id", account),
        ("cloud.region", region),
        ("aws.exporter.arn", stream_arn),
    ];
    let resource = resource
        .iter()
        .fold(Message::default(), |it, (key, value)| {
            it.message(1, &pair(key, value))
        });
    let of_resource = Message::default().message(1, &resource).bytes(2, metrics);
    Message::default().message(1, &of_resource).0
}

/// A unit of CloudWatch as UCUM has it: `By/s`, `{Count}`.
fn unit(name: &str) -> String {
    if let Some((unit, _)) = name.split_once("/Second") {
        return format!("{}/s", plain(unit));
    }
    plain(name).to_owned()
}

fn plain(name: &str) -> &str {
    match name {
        "Seconds" => "s",
        "Milliseconds" => "ms",
        "Microseconds" => "us",
        "Bytes" => "By",
        "Kilobytes" => "kBy",
        "Megabytes" => "MBy",
        "Gigabytes" => "GBy",
        "Terabytes" => "TBy",
        "Bits" => "bit",
        "Kilobits" => "kbit",
        "Megabits" => "Mbit",
        "Gigabits" => "Gbit",
        "Terabits" => "Tbit",
        "Percent" => "%",
        "Count" => "{Count}",
        _ => "1",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values of a field, of any kind, as bytes.
    fn field(mut message: &[u8], wanted: u64) -> Vec<Vec<u8>> {
        fn varint(bytes: &mut &[u8]) -> u64 {
            let (mut value, mut shift) = (0, 0);
            loop {
                let byte = bytes[0];
                *bytes = &bytes[1..];
                value |= u64::from(byte & 0x7f) << shift;
                shift += 7;
                if byte < 0x80 {
                    return value;
                }
            }
        }
        let mut found = Vec::new();
        while !message.is_empty() {
            let tag = varint(&mut message);
            let length = match tag & 7 {
                1 => 8,
                2 => varint(&mut message) as usize,
                other => panic!("type {other}"),
            };
            if tag >> 3 == wanted {
                found.push(message[..length].to_vec());
            }
            message = &message[length..];
        }
        found
    }

    fn one(message: &[u8], path: &[u64]) -> Vec<u8> {
        path.iter().fold(message.to_vec(), |message, it| {
            let mut found = field(&message, *it);
            assert_eq!(found.len(), 1, "field {it}");
            found.remove(0)
        })
    }

    #[test]
    fn a_request_has_a_summary_a_metric() {
        let mut metrics = Vec::new();
        write(&Update::example(), &mut metrics);
        write(&Update::example(), &mut metrics);
        let whole = request("000000000000", "us-east-1", "arn:s", &metrics);
        let attributes = field(&one(&whole, &[1, 1]), 1);
        assert_eq!(one(&attributes[3], &[1]), b"aws.exporter.arn");
        assert_eq!(one(&attributes[3], &[2, 1]), b"arn:s");
        let metrics = field(&one(&whole, &[1, 2]), 2);
        assert_eq!(metrics.len(), 2);
        assert_eq!(one(&metrics[0], &[1]), b"amazonaws.com/Shop/Latency");
        assert_eq!(one(&metrics[0], &[3]), b"s");
        let point = one(&metrics[0], &[11, 1]);
        let number = |field| u64::from_le_bytes(one(&point, &[field]).try_into().unwrap());
        assert_eq!(number(3) - number(2), 60 * NANOS);
        assert_eq!((number(4), f64::from_bits(number(5))), (100, 5050.0));
        let quantiles = field(&point, 6);
        let double = |of: &[u8], field| f64::from_le_bytes(one(of, &[field]).try_into().unwrap());
        let at: Vec<f64> = quantiles.iter().map(|it| double(it, 1)).collect();
        assert_eq!(at, [0.0, 0.99, 1.0]);
        assert_eq!(double(&quantiles[2], 2), 100.0);
        let dimensions = &field(&point, 7)[2];
        assert_eq!(one(dimensions, &[2, 6, 1, 1]), b"Host");
    }

    #[test]
    fn units_are_those_of_ucum() {
        for (name, wanted) in [
            ("Seconds", "s"),
            ("Bytes/Second", "By/s"),
            ("Count/Second", "{Count}/s"),
            ("Percent", "%"),
            ("None", "1"),
        ] {
            assert_eq!(unit(name), wanted);
        }
    }
}
