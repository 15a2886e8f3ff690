//! Names, ARNs and URLs of queues. Pure.

use wharf_base::Arn;
use wharf_service::Place;
use wharf_wire::{Context, Fault};

use crate::fault;

pub const SERVICE: &str = "sqs";
/// The segment of keys of messages, apart from the queues': whoever follows these is not told of each message.
pub const MESSAGES: &str = "sqs-messages";
/// Ends the names of FIFO queues.
const FIFO: &str = ".fifo";
const LONGEST: usize = 80;

/// A queue, by where it is and its name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QueueId {
    pub place: Place,
    pub name: String,
}

impl QueueId {
    pub fn arn(&self) -> String {
        let Place { account, region } = &self.place;
        Arn::new(SERVICE, region, account, self.name.as_str()).to_string()
    }

    /// Under the host that the client used.
    pub fn url(&self, cx: &Context) -> String {
        let endpoint = cx.endpoint.trim_end_matches('/');
        format!("{endpoint}/{}/{}", self.place.account, self.name)
    }

    /// The queue of an ARN.
    pub fn of_arn(text: &str) -> Option<Self> {
        let arn: Arn = text.parse().ok()?;
        let is_queue = arn.service == SERVICE && is_name(&arn.resource);
        is_queue.then(|| Self {
            place: Place::new(arn.account, arn.region),
            name: arn.resource,
        })
    }

    /// The queue of a URL, whatever host it has: the last two parts of its path are account and name.
    pub fn of_url(cx: &Context, url: &str) -> Result<Self, Fault> {
        let bad = || {
            Fault::sender(
                "InvalidAddress",
                404,
                format!("The address {} is not valid for this endpoint.", shown(url)),
            )
        };
        let path = url.split(['?', '#']).next().unwrap_or_default();
        let path = path.split_once("://").map_or(path, |(_, rest)| rest);
        let mut parts = path.trim_end_matches('/').rsplit('/');
        let name = parts.next().filter(|it| !it.is_empty()).ok_or_else(bad)?;
        let account = match parts.next() {
            Some(it) if it.len() == 12 && it.bytes().all(|it| it.is_ascii_digit()) => it,
            // A name alone, as some old clients send.
            None if url == name => &cx.account,
            _ => return Err(bad()),
        };
        if !is_name(name) {
            return Err(fault::no_queue());
        }
        Ok(Self {
            place: Place::new(account, &cx.region),
            name: name.to_owned(),
        })
    }
}

/// As much of a text as an answer repeats.
fn shown(text: &str) -> String {
    text.chars().take(200).collect()
}

pub fn is_fifo(name: &str) -> bool {
    name.ends_with(FIFO)
}

/// Whether a queue may have that name, FIFO or not.
pub fn is_name(name: &str) -> bool {
    let stem = name.strip_suffix(FIFO).unwrap_or(name);
    let fits = |it: u8| it.is_ascii_alphanumeric() || it == b'-' || it == b'_';
    !stem.is_empty() && name.len() <= LONGEST && stem.bytes().all(fits)
}

/// The name of a queue to be made.
pub fn wished(name: &str, fifo: bool) -> Result<(), Fault> {
    if is_name(name) && is_fifo(name) == fifo {
        return Ok(());
    }
    Err(fault::invalid(match fifo {
        true => {
            "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, \
             must end with .fifo suffix and be 1 to 80 in length."
        }
        false => {
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
        }
    }))
}

/// Whether a batch's entry may have that id.
pub fn is_entry_id(id: &str) -> bool {
    let fits = |it: u8| it.is_ascii_alphanumeric() || it == b'-' || it == b'_';
    (1..=80).contains(&id.len()) && id.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_of_any_host_names_its_queue() {
        let cx = Context::internal("111122223333", "eu-west-1", "tests", Default::default());
        for (url, account) in [
            (
                "https://sqs.eu-west-1.amazonaws.com/000000000000/jobs",
                "000000000000",
            ),
            ("http://localhost:4566/000000000000/jobs/", "000000000000"),
            (
                "http://169.254.170.2/prefix/000000000000/jobs",
                "000000000000",
            ),
            ("jobs", "111122223333"),
        ] {
            let id = QueueId::of_url(&cx, url).unwrap();
            assert_eq!(
                (id.place.account.as_str(), id.name.as_str()),
                (account, "jobs")
            );
        }
        for url in [
            "",
            "/",
            "http://localhost/",
            "http://localhost/jobs",
            "http://x/1/jobs",
        ] {
            assert_eq!(
                QueueId::of_url(&cx, url).unwrap_err().code,
                "InvalidAddress",
                "{url}"
            );
        }
    }

    #[test]
    fn names_end_as_their_kind_does() {
        for (name, standard, fifo) in [
            ("a", true, false),
            ("a.fifo", false, true),
            (".fifo", false, false),
            ("a.b", false, false),
            ("", false, false),
            (&"x".repeat(80), true, false),
            (&"x".repeat(81), false, false),
        ] {
            assert_eq!(wished(name, false).is_ok(), standard, "{name}");
            assert_eq!(wished(name, true).is_ok(), fifo, "{name}");
        }
    }
}
