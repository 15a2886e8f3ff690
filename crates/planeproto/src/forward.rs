//! What a node says of a connection that it passes on for a task.
//!
//! A container's connections to the AWS endpoint are carried by its node, so the server would see
//! the node's address in each of them. The node therefore begins such a connection with a head of
//! its own, in the form of a request's and signed as its requests are (SigV4, service `wharf`);
//! what follows are the container's bytes. Only the first bytes of a connection are read this way,
//! and these are always the node's: a container cannot write such a head, and without a node's key
//! nobody else can.

use std::net::IpAddr;

/// No method of HTTP begins like this.
pub const METHOD: &str = "WHARF";
pub const PATH: &str = "/wharf/forward";
/// Longest head; a session token takes most of it.
pub const MAX_HEAD: usize = 16 << 10;

/// `x-amz-` headers count only where the signature covers them.
const ADDRESS: &str = "x-amz-wharf-address";
const TASK: &str = "x-amz-wharf-task";
const VPC: &str = "x-amz-wharf-vpc";
const INSTANCE: &str = "x-amz-wharf-instance";
const ENDPOINT: &str = "x-amz-wharf-endpoint";

/// Where a connection really comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Forwarded {
    /// The container's; `None` for tasks in the host's network, which have the host's.
    pub address: Option<IpAddr>,
    /// ARN of the task; `None` if the node cannot tell which of its tasks it is.
    pub task: Option<String>,
    /// Id of the VPC that the address is in.
    pub vpc: Option<String>,
    /// Id of the EC2 instance, if it comes from one.
    pub instance: Option<String>,
    /// ARN of the VPC endpoint that it came through: the node knows by the address that was called, and by where
    /// the caller's route table leads.
    pub endpoint: Option<String>,
}

impl Forwarded {
    /// As headers, to be signed.
    pub fn headers(&self) -> Vec<(String, String)> {
        let address = self.address.map(|address| address.to_string());
        let all = [
            (ADDRESS, &address),
            (TASK, &self.task),
            (VPC, &self.vpc),
            (INSTANCE, &self.instance),
            (ENDPOINT, &self.endpoint),
        ];
        let given = all.into_iter().filter_map(|(name, value)| {
            let value = value.as_ref().filter(|text| is_plain(text))?;
            Some((name.to_owned(), value.clone()))
        });
        given.collect()
    }

    /// From headers whose signature holds; `None` if the address is none.
    pub fn read(headers: &[(String, String)]) -> Option<Self> {
        let get = |wanted: &str| {
            let found = headers.iter().find(|(name, _)| name == wanted);
            found.map(|(_, value)| value.clone())
        };
        let address = match get(ADDRESS) {
            Some(text) => Some(text.parse().ok()?),
            None => None,
        };
        Some(Self {
            address,
            task: get(TASK),
            vpc: get(VPC),
            instance: get(INSTANCE),
            endpoint: get(ENDPOINT),
        })
    }
}

/// The head as it begins a connection.
pub fn head(headers: &[(String, String)]) -> String {
    let mut head = format!("{METHOD} {PATH} HTTP/1.1\r\n");
    for (name, value) in headers {
        head.push_str(name);
        head.push_str(": ");
        head.push_str(value);
        head.push_str("\r\n");
    }
    head.push_str("\r\n");
    head
}

/// The headers of a head without its last, empty line; `None` if it is none.
pub fn parse(head: &[u8]) -> Option<Vec<(String, String)>> {
    let text = std::str::from_utf8(head).ok()?;
    let mut lines = text.strip_suffix("\r\n")?.split("\r\n");
    if lines.next()? != format!("{METHOD} {PATH} HTTP/1.1") {
        return None;
    }
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in lines {
        let (name, value) = line.split_once(": ")?;
        let twice = headers.iter().any(|(known, _)| known == name);
        let is_name = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if name.is_empty() || !name.bytes().all(is_name) || twice || value.contains(['\r', '\n']) {
            return None;
        }
        headers.push((name.to_owned(), value.to_owned()));
    }
    Some(headers)
}

/// Fits into one line of a head.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for forwarded in [
            Forwarded::default(),
            Forwarded {
                address: "10.0.0.7".parse().ok(),
                task: Some("arn:aws:ecs:us-east-1:000000000000:task/default/ab".to_owned()),
                vpc: Some("vpc-0".to_owned()),
                instance: None,
                endpoint: Some("arn:aws:ec2:us-east-1:000000000000:vpc-endpoint/vpce-1".to_owned()),
            },
            Forwarded {
                address: "10.0.0.7".parse().ok(),
                instance: Some("i-0123456789abcdef0".to_owned()),
                ..Forwarded::default()
            },
        ] {
            let head = head(&forwarded.headers());
            let bytes = head.strip_suffix("\r\n").unwrap().as_bytes();
            assert_eq!(Forwarded::read(&parse(bytes).unwrap()), Some(forwarded));
        }
    }

    #[test]
    fn no_value_makes_a_line() {
        let forwarded = Forwarded {
            task: Some("a\r\nx-amz-wharf-address: 127.0.0.1".to_owned()),
            ..Forwarded::default()
        };
        assert!(forwarded.headers().is_empty());
    }

    #[test]
    fn what_is_no_head() {
        let first = "WHARF /wharf/forward HTTP/1.1\r\n";
        for bad in [
            "GET / HTTP/1.1\r\n".to_owned(),
            "WHARF /wharf/forward HTTP/1.1".to_owned(),
            format!("{first}no colon\r\n"),
            format!("{first}a: 1\r\na: 2\r\n"),
            format!("{first}A: 1\r\n"),
            format!("{first}a: 1\nb: 2\r\n"),
            format!("{first}: 1\r\n"),
        ] {
            assert_eq!(parse(bad.as_bytes()), None, "{bad:?}");
        }
        assert!(parse(b"WHARF /wharf/forward HTTP/1.1\r\n\xff: 1\r\n").is_none());
        let odd = [("x-amz-wharf-address".to_owned(), "localhost".to_owned())];
        assert_eq!(Forwarded::read(&odd), None);
    }
}
