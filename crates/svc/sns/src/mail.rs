//! Mail to subscribers, through the SMTP server that the operator names.

use std::{net::IpAddr, sync::Arc, time::Duration};

use http::Uri;
use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport as _, Message as Mail, Tokio1Executor,
    message::{Mailbox, header::ContentType},
    transport::smtp::{
        authentication::Credentials,
        client::{Tls, TlsParameters},
    },
};
use wharf_delivery::Failure;
use wharf_seal::Secret;

/// Of one exchange with the server.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The failure of who got no answer: others get none either.
pub const UNREACHED: &str = "ConnectionFailure";
/// Characters of an address (RFC 5321, 4.5.3.1).
const LONGEST_ADDRESS: usize = 254;

/// How mail leaves.
#[derive(Debug, Clone)]
pub struct MailConfig {
    /// `smtp://user@host:587` or `smtps://user@host:465`
    pub server: String,
    /// The address that it comes from.
    pub from: String,
    pub password: Option<Arc<Secret>>,
}

/// What an operator said of mail cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadMail {
    #[error("{0} is not an address such as smtp://user@mail.example.com:587 or smtps://…")]
    Server(String),
    #[error("{0} is not the address of a mailbox")]
    From(String),
    #[error("the user of the SMTP server has no password")]
    NoPassword,
    #[error("the password of the SMTP server is no text")]
    BadPassword,
    #[error("TLS to the SMTP server cannot be set up")]
    Tls(#[source] lettre::transport::smtp::Error),
}

/// The way to the SMTP server.
#[derive(Clone)]
pub struct Mailer {
    server: AsyncSmtpTransport<Tokio1Executor>,
    from: Address,
}

impl std::fmt::Debug for Mailer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut out = out.debug_struct("Mailer");
        out.field("from", &self.from).finish_non_exhaustive()
    }
}

/// Whether a text is the address of a mailbox.
pub fn is_address(text: &str) -> bool {
    text.len() <= LONGEST_ADDRESS && text.parse::<Address>().is_ok()
}

impl Mailer {
    /// Nothing is asked yet.
    ///
    /// # Errors
    /// What was said cannot be used.
    pub fn new(config: &MailConfig) -> Result<Self, BadMail> {
        let bad = || BadMail::Server(config.server.clone());
        let uri: Uri = config.server.parse().map_err(|_| bad())?;
        let authority = uri.authority().ok_or_else(bad)?.as_str();
        let host = uri
            .host()
            .map(|it| it.trim_matches(['[', ']']))
            .filter(|it| !it.is_empty());
        let host = host.ok_or_else(bad)?.to_owned();
        let user = authority.rsplit_once('@').map(|(user, _)| user.to_owned());
        // A password in a command line is everybody's.
        if user.as_ref().is_some_and(|it| it.contains(':')) || uri.path().len() > 1 {
            return Err(bad());
        }
        let tls = TlsParameters::new(host.clone()).map_err(BadMail::Tls)?;
        let is_here = host == "localhost" || host.parse().is_ok_and(|it: IpAddr| it.is_loopback());
        let (tls, port) = match uri.scheme_str() {
            Some("smtps") => (Tls::Wrapper(tls), 465),
            // A password leaves this machine under TLS alone.
            Some("smtp") if user.is_some() && !is_here => (Tls::Required(tls), 587),
            Some("smtp") if !is_here => (Tls::Opportunistic(tls), 25),
            Some("smtp") => (Tls::None, 25),
            _ => return Err(bad()),
        };
        let mut server = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(uri.port_u16().unwrap_or(port))
            .tls(tls)
            .timeout(Some(TIMEOUT));
        if let Some(user) = user {
            let user = percent_encoding::percent_decode_str(&user).decode_utf8_lossy();
            let password = config.password.as_ref().ok_or(BadMail::NoPassword)?;
            let password = password.expose_str().ok_or(BadMail::BadPassword)?;
            let password = password.trim_end_matches(['\r', '\n']).to_owned();
            server = server.credentials(Credentials::new(user.into_owned(), password));
        }
        let from = config.from.parse();
        let from = from.map_err(|_| BadMail::From(config.from.clone()))?;
        Ok(Self {
            server: server.build(),
            from,
        })
    }

    /// Sends one mail; the server has taken it when this is done.
    ///
    /// # Errors
    /// It has not, and whether it may later.
    pub async fn send(
        &self,
        (name, to): (&str, &str),
        subject: &str,
        id: &str,
        body: String,
    ) -> Result<(), Failure> {
        let lasting =
            |error: &dyn std::error::Error| Failure::lasting("InvalidParameter", error.to_string());
        let to: Address = to.parse().map_err(|error| lasting(&error))?;
        let host = self.from.domain();
        let mail = Mail::builder()
            .from(Mailbox::new(Some(name.to_owned()), self.from.clone()))
            .to(Mailbox::new(None, to))
            .subject(subject)
            // The same for each try, so that a mailbox can tell repetitions.
            .message_id(Some(format!("<{id}@{host}>")))
            .header(ContentType::TEXT_PLAIN)
            .body(body)
            .map_err(|error| lasting(&error))?;
        let text = |why: &str| format!("the SMTP server did not take the mail: {why}");
        // What is built into the transport bounds the connection alone.
        match tokio::time::timeout(TIMEOUT, self.server.send(mail)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(match error.status() {
                Some(code) => judged(&code.to_string(), text(&error.to_string())),
                None => Failure::passing(UNREACHED, text(&error.to_string())),
            }),
            Err(_) => Err(Failure::passing(UNREACHED, text("it took too long"))),
        }
    }
}

/// What an answer means. What is said of the sender, its password or the session is the operator's to put
/// right; mailboxes that are not there stay so.
fn judged(code: &str, text: String) -> Failure {
    match code {
        "501" | "550" | "551" | "552" | "553" => Failure::lasting(code, text),
        _ => Failure::passing(code, text),
    }
}

/// What a person gets.
pub mod text {
    /// Where the topic has no name of its own.
    pub const SENDER: &str = "AWS Notifications";

    pub fn notification(text: &str, unsubscribe: &str) -> String {
        format!(
            "{text}\n\n--\nTo stop receiving notifications from this topic, visit the link below:\n{unsubscribe}\n"
        )
    }

    pub fn confirmation(topic: &str, link: &str) -> String {
        format!(
            "You have chosen to subscribe to the topic:\n{topic}\n\nTo confirm this subscription, visit the link \
             below. If this was in error no action is necessary.\n{link}\n"
        )
    }

    pub fn ended(topic: &str, link: &str) -> String {
        format!(
            "Your subscription to the topic below has been deactivated:\n{topic}\n\nIf this was in error, visit the \
             link below to subscribe again:\n{link}\n"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(server: &str, password: Option<&str>) -> MailConfig {
        MailConfig {
            server: server.to_owned(),
            from: "wharf@example.com".to_owned(),
            password: password.map(|it| Arc::new(Secret::from(it.to_owned()))),
        }
    }

    #[test]
    fn servers_are_named_by_addresses_without_passwords() {
        for (server, password, fits) in [
            ("smtp://127.0.0.1:2525", None, true),
            ("smtps://mail.example.com", None, true),
            ("smtp://u@mail.example.com:587", Some("p"), true),
            ("smtp://u@mail.example.com:587", None, false),
            ("smtp://u:p@mail.example.com:587", Some("p"), false),
            ("http://mail.example.com", None, false),
            ("mail.example.com", None, false),
            ("smtp://mail.example.com/path", None, false),
        ] {
            let made = Mailer::new(&config(server, password));
            assert_eq!(made.is_ok(), fits, "{server}");
        }
        let from = MailConfig {
            from: "nobody".to_owned(),
            ..config("smtp://127.0.0.1", None)
        };
        assert!(matches!(Mailer::new(&from), Err(BadMail::From(_))));
    }

    #[test]
    fn what_answers_mean() {
        for (code, passes) in [
            ("421", true),
            ("451", true),
            ("501", false),
            ("530", true),
            ("535", true),
            ("550", false),
            ("553", false),
            ("554", true),
        ] {
            assert_eq!(judged(code, String::new()).passes, passes, "{code}");
        }
    }

    /// A server that greets and then says no more.
    #[tokio::test(start_paused = true)]
    async fn a_silent_server_is_left() {
        let server = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = server.local_addr().unwrap();
        let silent = tokio::spawn(async move {
            let mut kept = Vec::new();
            while let Ok((mut stream, _)) = server.accept().await {
                use tokio::io::AsyncWriteExt as _;
                stream.write_all(b"220 here\r\n").await.unwrap();
                kept.push(stream);
            }
        });
        let mailer = Mailer::new(&config(&format!("smtp://{address}"), None)).unwrap();
        let sent = mailer.send(("n", "a@example.com"), "s", "id", String::new());
        let failure = sent.await.unwrap_err();
        assert_eq!((failure.code.as_str(), failure.passes), (UNREACHED, true));
        silent.abort();
    }

    #[test]
    fn addresses_are_of_mailboxes() {
        for (text, fits) in [
            ("a@example.com", true),
            ("a+b@example.com", true),
            ("example.com", false),
            ("a@", false),
            ("a b@example.com", false),
            ("a@example.com\r\nBcc: b@example.com", false),
        ] {
            assert_eq!(is_address(text), fits, "{text}");
        }
        assert!(!is_address(&format!("{}@example.com", "a".repeat(300))));
    }
}
