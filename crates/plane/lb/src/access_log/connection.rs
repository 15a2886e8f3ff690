//! A connection to an application load balancer as a line, in the order that AWS documents. Pure but for the log it goes into.
//!
//! Nothing in it is a client's text.

use std::{
    fmt::{self, Display},
    net::SocketAddr,
    time::{Duration, SystemTime},
};

use super::{
    AccessLog,
    line::{moment, plain},
};
use crate::tls::Agreed;

/// A connection that is there, or came to nothing.
#[derive(Debug)]
pub struct Connection<'a> {
    pub at: SystemTime,
    pub client: SocketAddr,
    /// The listener's.
    pub port: u16,
    pub handshake: Handshake<'a>,
    /// Its name, which entries of its requests have as well.
    pub trace: u128,
}

#[derive(Debug)]
pub enum Handshake<'a> {
    /// The listener does not speak TLS.
    NotAsked,
    Failed,
    Done(&'a Agreed, Duration),
}

impl AccessLog {
    /// Notes a connection.
    pub fn connected(&self, connection: &Connection<'_>) {
        self.put(self.line(connection).to_string().as_bytes());
    }

    fn line<'a>(&'a self, connection: &'a Connection<'a>) -> Line<'a> {
        Line {
            log: self,
            connection,
        }
    }
}

struct Line<'a> {
    log: &'a AccessLog,
    connection: &'a Connection<'a>,
}

impl Display for Line<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Connection {
            at,
            client,
            port,
            handshake,
            trace,
        } = self.connection;
        let client = plain(*client);
        let (ip, from) = (client.ip(), client.port());
        write!(out, "{} {ip} {from} {port} ", moment(*at))?;
        let (status, exchange) = match handshake {
            Handshake::NotAsked => ("-", "-"),
            // AWS's other codes are about certificates of clients.
            Handshake::Failed => ("Failed:UnmappedConnectionError", "-"),
            Handshake::Done(agreed, _) => ("Success", agreed.key_exchange),
        };
        match handshake {
            Handshake::Done(agreed, took) => {
                let (protocol, cipher) = (agreed.protocol, agreed.cipher);
                write!(out, "{protocol} {cipher} {:.3}", took.as_secs_f64())?;
            }
            Handshake::NotAsked | Handshake::Failed => out.write_str("- - -")?,
        }
        // Clients are asked for no certificate: of one there is neither subject, validity nor number.
        let (name, node) = (&self.log.name, self.log.destination.node);
        writeln!(
            out,
            " \"-\" - - {status} TID_{trace:032x} {exchange} {name} {node}"
        )
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::UNIX_EPOCH};

    use regex::Regex;
    use wharf_planeproto::access_logs::{LogKind, Place};

    use super::{
        super::{Destination, Shared},
        *,
    };

    /// As Athena reads such lines by AWS's documentation.
    const DOCUMENTED: &str = r#"^([^ ]*) ([^ ]*) ([0-9]*) ([0-9]*) ([A-Za-z0-9.-]*) ([^ ]*) ([-.0-9]*) "([^"]*)" ([^ ]*) ([^ ]*) ([^ ]*) ?([^ ]*)?( .*)?$"#;

    fn log() -> AccessLog {
        let arn = "arn:aws:elasticloadbalancing:us-east-2:123456789012:loadbalancer/app/web/50dc6c495c0c9188";
        let destination = Destination {
            place: Place {
                bucket: "b".to_owned(),
                prefix: String::new(),
            },
            node: [10, 0, 0, 5].into(),
        };
        let id = (arn.to_owned(), LogKind::Connections);
        AccessLog::new(id, destination, Arc::new(Shared::default()))
    }

    #[test]
    fn lines_are_as_documented() {
        let agreed = Agreed {
            cipher: "ECDHE-RSA-AES128-GCM-SHA256",
            protocol: "TLSv1.2",
            key_exchange: "x25519",
            server_name: None,
            is_resumed: false,
        };
        let log = log();
        let line = |client: &str, port, handshake| {
            let connection = Connection {
                at: UNIX_EPOCH + Duration::from_micros(1_696_439_115_514_108),
                client: client.parse().unwrap(),
                port,
                handshake,
                trace: 0x1234,
            };
            log.line(&connection).to_string()
        };
        let took = Duration::from_micros(4_036_400);
        let id = "TID_00000000000000000000000000001234";
        let done = line("203.0.113.1:36280", 443, Handshake::Done(&agreed, took));
        let failed = line("[::ffff:203.0.113.1]:36280", 443, Handshake::Failed);
        let plain = line("[2001:db8::1]:36280", 80, Handshake::NotAsked);
        let rest = "app/web/50dc6c495c0c9188 10.0.0.5\n";
        let start = "2023-10-04T17:05:15.514108Z";
        assert_eq!(
            done,
            format!(
                "{start} 203.0.113.1 36280 443 TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256 4.036 \"-\" - - Success {id} x25519 {rest}"
            )
        );
        assert_eq!(
            failed,
            format!(
                "{start} 203.0.113.1 36280 443 - - - \"-\" - - Failed:UnmappedConnectionError {id} - {rest}"
            )
        );
        assert_eq!(
            plain,
            format!("{start} 2001:db8::1 36280 80 - - - \"-\" - - - {id} - {rest}")
        );
        let regex = Regex::new(DOCUMENTED).unwrap();
        for it in [done, failed, plain] {
            let found = regex.captures(it.trim_end()).unwrap();
            assert_eq!((&found[2], &found[12]), (it.split(' ').nth(1).unwrap(), id));
        }
    }
}
