//! An entry as a line, in the order that AWS documents. Pure.
//!
//! What clients send stands between quotes, and no byte of it can end them: quotes, backslashes and all that is not printable ASCII become
//! `\xHH`. So nobody forges a field or a line, whatever reads them.

use std::{
    fmt::{self, Write},
    net::SocketAddr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use wharf_base::Timestamp;

/// Of the text of a field, as it is written.
pub const MOST_OF_REQUEST: usize = 16 << 10;
/// AWS's own limit.
pub const MOST_OF_AGENT: usize = 8 << 10;
pub const MOST_OF_OTHERS: usize = 4 << 10;

/// What a line tells, in its order.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    pub kind: &'static str,
    pub ended: SystemTime,
    pub balancer: &'a str,
    pub client: SocketAddr,
    pub target: Option<SocketAddr>,
    /// From the request to its sending, to the target's answer, to the client's; `None` where it did not come to that.
    pub took: [Option<Duration>; 3],
    pub status: u16,
    pub target_status: Option<u16>,
    pub received: u64,
    pub sent: u64,
    /// These are escaped already.
    pub request: &'a str,
    pub agent: &'a str,
    /// Cipher and protocol.
    pub tls: Option<(&'static str, &'static str)>,
    pub group: Option<&'a str>,
    pub trace: &'a str,
    pub domain: &'a str,
    pub certificate: &'a str,
    /// 0 of the default rule; `None` if no rule was looked for.
    pub priority: Option<u32>,
    pub begun: SystemTime,
    pub actions: &'a str,
    pub redirect: &'a str,
    /// Class and reason of a request that is not compliant.
    pub odd: Option<(&'static str, &'static str)>,
    pub connection: u128,
}

impl fmt::Display for Facts<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (cipher, protocol) = self.tls.unwrap_or(("-", "-"));
        let (target, target_status) = (Known(self.target), Known(self.target_status));
        let [sending, answering, passing] = self.took.map(Seconds);
        write!(
            out,
            "{} {} {} {} {target} {sending} {answering} {passing} {} {target_status} {} {} \"{}\" \"{}\" {cipher} {protocol} {} \"{}\" \"{}\" \"{}\" ",
            self.kind,
            moment(self.ended),
            self.balancer,
            plain(self.client),
            self.status,
            self.received,
            self.sent,
            self.request,
            self.agent,
            self.group.unwrap_or("-"),
            self.trace,
            self.domain,
            self.certificate,
        )?;
        match self.priority {
            Some(priority) => write!(out, "{priority}")?,
            None => out.write_str("-1")?,
        }
        let (class, reason) = self.odd.unwrap_or(("-", "-"));
        // Nothing is said of why users were refused.
        writeln!(
            out,
            " {} \"{}\" \"{}\" \"-\" \"{target}\" \"{target_status}\" \"{class}\" \"{reason}\" TID_{:032x}",
            moment(self.begun),
            self.actions,
            self.redirect,
            self.connection,
        )
    }
}

/// What is there, or a dash.
pub struct Known<T>(pub Option<T>);

impl fmt::Display for Known<u16> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(number) => write!(out, "{number}"),
            None => out.write_str("-"),
        }
    }
}

impl fmt::Display for Known<SocketAddr> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(address) => write!(out, "{}", plain(address)),
            None => out.write_str("-"),
        }
    }
}

struct Seconds(Option<Duration>);

impl fmt::Display for Seconds {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(took) => write!(out, "{:.3}", took.as_secs_f64()),
            None => out.write_str("-1"),
        }
    }
}

/// IPv4 as such, where a socket of both kinds took it.
pub fn plain(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// `2026-01-02T03:04:05.678901Z`
pub fn moment(at: SystemTime) -> String {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut text = second(at);
    // Writing to a string cannot fail.
    let _ = write!(text, ".{:06}Z", since.subsec_micros());
    text
}

/// `2026-01-02T03:04:05`
pub fn second(at: SystemTime) -> String {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    let millis = i64::try_from(since.as_millis()).unwrap_or_default();
    let mut text = Timestamp::from_millis(millis).iso8601_seconds();
    text.pop();
    text
}

/// A text of a client's for a field between quotes, cut off where it is too long.
pub fn escape(text: &[u8], most: usize, into: &mut String) {
    let start = into.len();
    for byte in text {
        let is_plain = matches!(byte, b' '..=b'~') && !b"\"\\".contains(byte);
        let takes = if is_plain { 1 } else { 4 };
        if into.len() - start + takes > most {
            return;
        }
        match is_plain {
            true => into.push(char::from(*byte)),
            false => drop(write!(into, "\\x{byte:02X}")),
        }
    }
}

/// The same; a dash where there is none.
pub fn escaped(text: Option<&[u8]>, most: usize) -> String {
    let mut into = String::new();
    escape(text.unwrap_or_default(), most, &mut into);
    if into.is_empty() {
        into.push('-');
    }
    into
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex::Regex;

    use super::*;

    /// As Athena reads such lines by AWS's documentation.
    const DOCUMENTED: &str = r#"^([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*):([0-9]*) ([^ ]*)[:-]([0-9]*) ([-.0-9]*) ([-.0-9]*) ([-.0-9]*) (|[-0-9]*) (-|[-0-9]*) ([-0-9]*) ([-0-9]*) "([^ ]*) (.*) (- |[^ ]*)" "([^"]*)" ([A-Z0-9-_]+) ([A-Za-z0-9.-]*) ([^ ]*) "([^"]*)" "([^"]*)" "([^"]*)" ([-.0-9]*) ([^ ]*) "([^"]*)" "([^"]*)" "([^ ]*)" "([^\s]+?)" "([^\s]+)" "([^ ]*)" "([^ ]*)" ?([^ ]*)?$"#;

    fn facts() -> Facts<'static> {
        let at = |ms: u64| UNIX_EPOCH + Duration::from_micros(1_530_570_180_186_641 + ms * 1000);
        Facts {
            kind: "http",
            ended: at(2),
            balancer: "app/my-loadbalancer/50dc6c495c0c9188",
            client: "192.168.131.39:2817".parse().unwrap(),
            target: Some("10.0.0.1:80".parse().unwrap()),
            took: [0, 1, 0].map(|ms| Some(Duration::from_millis(ms))),
            status: 200,
            target_status: Some(200),
            received: 34,
            sent: 366,
            request: "GET http://www.example.com:80/ HTTP/1.1",
            agent: "curl/7.46.0",
            tls: None,
            group: Some(
                "arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/my-targets/73e2d6bc24d8a067",
            ),
            trace: "Root=1-58337262-36d228ad5d99923122bbe354",
            domain: "-",
            certificate: "-",
            priority: Some(0),
            begun: at(0),
            actions: "forward",
            redirect: "-",
            odd: None,
            connection: 0x1234,
        }
    }

    #[test]
    fn a_line_is_as_documented() {
        assert_eq!(
            facts().to_string(),
            "http 2018-07-02T22:23:00.188641Z app/my-loadbalancer/50dc6c495c0c9188 192.168.131.39:2817 10.0.0.1:80 \
             0.000 0.001 0.000 200 200 34 366 \"GET http://www.example.com:80/ HTTP/1.1\" \"curl/7.46.0\" - - \
             arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/my-targets/73e2d6bc24d8a067 \
             \"Root=1-58337262-36d228ad5d99923122bbe354\" \"-\" \"-\" 0 2018-07-02T22:23:00.186641Z \"forward\" \"-\" \"-\" \
             \"10.0.0.1:80\" \"200\" \"-\" \"-\" TID_00000000000000000000000000001234\n"
        );
    }

    #[test]
    fn what_did_not_happen_is_said_so() {
        let line = Facts {
            kind: "h2",
            target: None,
            took: [None; 3],
            status: 503,
            target_status: None,
            tls: Some(("ECDHE-RSA-AES128-GCM-SHA256", "TLSv1.2")),
            group: None,
            priority: None,
            odd: Some(("Ambiguous", "BothTeClPresent")),
            client: "[2001:db8::1]:9".parse().unwrap(),
            ..facts()
        };
        let line = line.to_string();
        let fields: Vec<&str> = line.split(' ').collect();
        let expected = ["[2001:db8::1]:9", "-", "-1", "-1", "-1", "503", "-"];
        assert_eq!(fields[3..10], expected);
        assert!(
            line.contains(" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 - \"Root"),
            "{line}"
        );
        assert!(line.contains("\" -1 2018-"), "{line}");
        assert!(
            line.contains(" \"-\" \"-\" \"Ambiguous\" \"BothTeClPresent\" TID_"),
            "{line}"
        );
    }

    #[test]
    fn hostile_texts_stay_within_their_field_and_bounds() {
        let of = |text: &[u8], most| escaped(Some(text), most);
        assert_eq!(
            of(b"a\"b\\c\r\n\x7f\xff", 99),
            r"a\x22b\x5Cc\x0D\x0A\x7F\xFF"
        );
        assert_eq!(of(b"aaaa", 3), "aaa");
        assert_eq!(of(b"a\"b", 4), "a", "an escape is whole or not there");
        assert_eq!(escaped(None, 9), "-");
        assert_eq!(of(b"", 9), "-");
    }

    proptest! {
        #[test]
        fn nobody_forges_a_field(agent in prop::collection::vec(any::<u8>(), 0..200), path in "[!-~]{0,80}") {
            let regex = Regex::new(DOCUMENTED).unwrap();
            let agent = escaped(Some(&agent), MOST_OF_AGENT);
            let request = escaped(Some(format!("GET http://h:80/{path} HTTP/1.1").as_bytes()), MOST_OF_REQUEST);
            let line = Facts { agent: &agent, request: &request, ..facts() }.to_string();
            prop_assert_eq!(line.matches('\n').count(), 1);
            let found = regex.captures(line.trim_end_matches('\n')).unwrap();
            prop_assert_eq!(&found[18], agent.as_str());
            prop_assert_eq!(&found[21], facts().group.unwrap());
            prop_assert_eq!(&found[25], "0");
            prop_assert_eq!(&found[33], "-");
        }
    }
}
