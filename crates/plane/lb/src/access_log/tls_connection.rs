//! A connection over TLS to a network load balancer: noted while it lasts, a line when it has ended.
//!
//! What clients say is URL-encoded, as AWS has it, and cut off: no byte of it can end a field.

use std::{
    cell::{Cell, OnceCell},
    fmt::{self, Display, Write as _},
    io,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use super::{
    AccessLog,
    line::{MOST_OF_OTHERS, plain, second},
};
use crate::{config::table::ListenerTable, tls::Agreed};

/// Of what a client would speak: AWS's own limit.
const MOST_OF_PROTOCOLS: usize = 256;

/// What is known of a connection. Nothing but the thread it runs on has it.
#[derive(Debug)]
pub struct TlsConnection {
    log: Arc<AccessLog>,
    facts: Facts,
}

#[derive(Debug)]
struct Facts {
    begun: (SystemTime, Instant),
    listener: String,
    client: SocketAddr,
    local: SocketAddr,
    /// Whether anything is agreed on about what is spoken over it.
    has_policy: bool,
    handshake: Option<Duration>,
    certificate: String,
    domain: String,
    protocols: String,
    agreed: Option<Agreed>,
    spoken: &'static str,
    spoken_with_target: OnceCell<&'static str>,
    received: Cell<u64>,
    sent: Cell<u64>,
    alert: Cell<Option<u8>>,
}

impl Facts {
    /// Of a connection that came in, and on which nothing was said yet.
    fn new(
        begun: (SystemTime, Instant),
        listener: &str,
        client: SocketAddr,
        local: SocketAddr,
    ) -> Self {
        Self {
            begun,
            listener: listener.to_owned(),
            client,
            local,
            has_policy: false,
            handshake: None,
            certificate: String::new(),
            domain: String::new(),
            protocols: String::new(),
            agreed: None,
            spoken: "-",
            spoken_with_target: OnceCell::new(),
            received: Cell::new(0),
            sent: Cell::new(0),
            alert: Cell::new(None),
        }
    }
}

impl TlsConnection {
    /// A connection that came in; `None` where no log is kept.
    pub fn begin(listener: &ListenerTable, client: SocketAddr, local: SocketAddr) -> Option<Self> {
        let logged = listener.logged.as_ref()?;
        let id = listener.arn.rsplit('/').next().unwrap_or_default();
        let offered = listener.tls.as_ref().map(|it| &it.alpn_protocols);
        Some(Self {
            log: Arc::clone(&logged.log),
            facts: Facts {
                has_policy: offered.is_some_and(|it| !it.is_empty()),
                ..Facts::new((SystemTime::now(), Instant::now()), id, client, local)
            },
        })
    }

    /// The client said hello: for whom, and what it would speak ([`protocols`]).
    pub fn greeted(&mut self, listener: &ListenerTable, name: Option<&str>, protocols: String) {
        let logged = listener.logged.as_ref();
        let certificates = logged.and_then(|it| it.certificates.as_ref());
        if let Some(certificates) = certificates {
            self.facts.certificate.clone_from(certificates.choose(name));
        }
        encode(
            name.unwrap_or_default().as_bytes(),
            MOST_OF_OTHERS,
            &mut self.facts.domain,
        );
        if self.facts.has_policy {
            self.facts.protocols = protocols;
        }
    }

    /// The handshake is over.
    pub fn agreed(&mut self, agreed: Agreed, spoken: Option<&[u8]>) {
        self.facts.handshake = Some(self.facts.begun.1.elapsed());
        self.facts.agreed = Some(agreed);
        self.facts.spoken = protocol(spoken);
    }

    /// The same with the target, if that speaks TLS.
    pub fn agreed_with_target(&self, spoken: Option<&[u8]>) {
        let _ = self.facts.spoken_with_target.set(protocol(spoken));
    }

    /// Bytes came from the client.
    pub fn received(&self, bytes: usize) {
        self.facts
            .received
            .set(self.facts.received.get() + bytes as u64);
    }

    /// Bytes went to it.
    pub fn sent(&self, bytes: usize) {
        self.facts.sent.set(self.facts.sent.get() + bytes as u64);
    }

    /// Its side is broken; it may have said why.
    pub fn failed(&self, error: &io::Error) {
        let cause = error.get_ref().and_then(|it| it.downcast_ref());
        if let Some(rustls::Error::AlertReceived(alert)) = cause {
            self.facts.alert.set(Some(u8::from(*alert)));
        }
    }
}

impl Drop for TlsConnection {
    fn drop(&mut self) {
        let ended = (SystemTime::now(), self.facts.begun.1.elapsed());
        let line = Line(&self.log.name, &self.facts, ended);
        // Connections last for hours and days.
        self.log
            .put_late(line.to_string().as_bytes(), Duration::ZERO);
    }
}

struct Line<'a>(&'a str, &'a Facts, (SystemTime, Duration));

impl Display for Line<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(balancer, facts, (ended, took)) = self;
        let known = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        let dash = |text: &'_ str| if text.is_empty() { "-" } else { text }.to_owned();
        let agreed = facts.agreed.as_ref();
        // `TLSv1.2`
        let version = agreed.map(|it| it.protocol.to_ascii_lowercase().replace('.', ""));
        writeln!(
            out,
            "tls 2.0 {} {balancer} {} {} {} {} {} {} {} {} {} - {} {} {} {} {} {} {} {}",
            second(*ended),
            facts.listener,
            plain(facts.client),
            plain(facts.local),
            took.as_millis(),
            known(facts.handshake.map(|it| it.as_millis().to_string())),
            facts.received.get(),
            facts.sent.get(),
            known(facts.alert.get().map(|it| it.to_string())),
            dash(&facts.certificate),
            agreed.map_or("-", |it| it.cipher),
            known(version),
            agreed.map_or("-", |it| it.key_exchange),
            dash(&facts.domain),
            facts.spoken,
            facts.spoken_with_target.get().unwrap_or(&"-"),
            dash(&facts.protocols),
            second(facts.begun.0),
        )
    }
}

/// Those that policies have.
fn protocol(spoken: Option<&[u8]>) -> &'static str {
    match spoken {
        Some(b"h2") => "h2",
        Some(b"http/1.1") => "http/1.1",
        Some(b"http/1.0") => "http/1.0",
        _ => "-",
    }
}

/// `"h2","http/1.1"`
pub fn protocols<'a>(said: impl Iterator<Item = &'a [u8]>) -> String {
    let mut text = String::new();
    for protocol in said {
        if text.len() >= MOST_OF_PROTOCOLS {
            break;
        }
        text.push_str(if text.is_empty() { "\"" } else { ",\"" });
        encode(protocol, MOST_OF_PROTOCOLS, &mut text);
        text.push('"');
    }
    text.truncate(MOST_OF_PROTOCOLS);
    text
}

/// URL-encodes a client's text, cut off where it is too long.
fn encode(text: &[u8], most: usize, into: &mut String) {
    let start = into.len();
    for byte in text {
        let is_plain = byte.is_ascii_alphanumeric() || b"-._~/".contains(byte);
        let takes = if is_plain { 1 } else { 3 };
        if into.len() - start + takes > most {
            return;
        }
        match is_plain {
            true => into.push(char::from(*byte)),
            // Writing to a string cannot fail.
            false => drop(write!(into, "%{byte:02X}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    fn begun() -> Facts {
        let begun = UNIX_EPOCH + Duration::from_millis(1_585_731_080_900);
        Facts::new(
            (begun, Instant::now()),
            "g3d4b5e8bb8464cd",
            "72.21.218.154:51341".parse().unwrap(),
            "[::ffff:172.100.100.185]:443".parse().unwrap(),
        )
    }

    fn facts() -> Facts {
        Facts {
            has_policy: true,
            handshake: Some(Duration::from_micros(2900)),
            certificate: "arn:aws:acm:us-east-2:671290407336:certificate/2a108f19".to_owned(),
            domain: "web.elb.us-east-2.amazonaws.com".to_owned(),
            protocols: protocols([&b"h2"[..], b"http/1.1"].into_iter()),
            agreed: Some(Agreed {
                cipher: "ECDHE-RSA-AES128-GCM-SHA256",
                protocol: "TLSv1.2",
                key_exchange: "x25519",
                server_name: None,
                is_resumed: false,
            }),
            spoken: "h2",
            spoken_with_target: OnceCell::from("h2"),
            received: Cell::new(98),
            sent: Cell::new(246),
            ..begun()
        }
    }

    fn line(facts: &Facts) -> String {
        let ended = facts.begun.0 + Duration::from_secs(22);
        Line(
            "net/my-network-loadbalancer/c6e77e28c25b2234",
            facts,
            (ended, Duration::from_millis(22_000)),
        )
        .to_string()
    }

    #[test]
    fn a_line_is_as_documented() {
        assert_eq!(
            line(&facts()),
            "tls 2.0 2020-04-01T08:51:42 net/my-network-loadbalancer/c6e77e28c25b2234 g3d4b5e8bb8464cd \
             72.21.218.154:51341 172.100.100.185:443 22000 2 98 246 - \
             arn:aws:acm:us-east-2:671290407336:certificate/2a108f19 - \
             ECDHE-RSA-AES128-GCM-SHA256 tlsv12 x25519 web.elb.us-east-2.amazonaws.com \
             h2 h2 \"h2\",\"http/1.1\" 2020-04-01T08:51:20\n"
        );
    }

    #[test]
    fn what_did_not_happen_is_said_so() {
        let facts = Facts {
            has_policy: true,
            alert: Cell::new(Some(48)),
            ..begun()
        };
        let line = line(&facts);
        let fields: Vec<&str> = line.trim_end().split(' ').collect();
        let expected = "22000 - 0 0 48 - - - - - - - - -";
        assert_eq!(fields[7..21].join(" "), expected);
    }

    #[test]
    fn what_clients_say_stays_within_its_field_and_bounds() {
        let hostile = [&b"a b\"\n"[..], b"\xff"];
        assert_eq!(protocols(hostile.into_iter()), "\"a%20b%22%0A\",\"%FF\"");
        let many = vec![&b"\x00\x00\x00"[..]; 10_000];
        assert_eq!(protocols(many.into_iter()).len(), MOST_OF_PROTOCOLS);
        assert_eq!(protocols([].into_iter()), "");
    }
}
