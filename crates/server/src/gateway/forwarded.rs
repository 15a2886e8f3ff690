//! Connections that a node passes on for a task ([`wharf_planeproto::forward`]): who begins with a
//! head that a node signed, is counted and judged as what the node says it is, as far as that can be
//! (`whereabouts.rs`).

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use wharf_base::Timestamp;
use wharf_planeproto::forward::{self, Forwarded};
use wharf_wire::{
    Caller,
    sigv4::{RequestParts, sha256_hex},
};

use super::auth::{self, Claim, Directory};
use crate::node_identity::is_node;

/// A stream of which the first bytes were read already.
pub struct Begun<S> {
    first: Vec<u8>,
    taken: usize,
    stream: S,
}

/// What a node says of a connection.
#[derive(Debug)]
pub struct Said {
    pub node: Caller,
    pub forwarded: Forwarded,
}

/// Reads a connection's beginning: the head of a node, if it begins with one. Nodes are of `account`, the installation's.
/// Whether what it says is true is another question.
///
/// # Errors
/// It ended early, or began with a head that no node signed.
pub async fn begin<S: AsyncRead + Unpin>(
    mut stream: S,
    (directory, account): (&dyn Directory, &str),
    now: Timestamp,
) -> io::Result<(Begun<S>, Option<Said>)> {
    let mut first = Vec::new();
    let start = format!("{} ", forward::METHOD);
    while first.len() < start.len() && start.as_bytes().starts_with(&first) {
        more(&mut stream, &mut first).await?;
    }
    if !first.starts_with(start.as_bytes()) {
        return Ok((Begun::new(first, stream), None));
    }
    let end = loop {
        if let Some(end) = first.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        if first.len() > forward::MAX_HEAD {
            return Err(refused("its head is too long"));
        }
        more(&mut stream, &mut first).await?;
    };
    let said = verify(&first[..end + 2], (directory, account), now).await?;
    let rest = first.split_off(end + 4);
    Ok((Begun::new(rest, stream), Some(said)))
}

async fn more<S: AsyncRead + Unpin>(stream: &mut S, first: &mut Vec<u8>) -> io::Result<()> {
    match stream.read_buf(first).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(()),
    }
}

async fn verify(
    head: &[u8],
    (directory, account): (&dyn Directory, &str),
    now: Timestamp,
) -> io::Result<Said> {
    let headers = forward::parse(head).ok_or_else(|| refused("its head cannot be read"))?;
    let parts = RequestParts {
        method: forward::METHOD,
        path: forward::PATH,
        query: "",
        headers: &headers,
    };
    let claim = Claim::read(directory, &parts, now).await;
    let verified = auth::verify(claim, &parts, &sha256_hex(b""), "wharf", now)
        .map_err(|_| refused("the signature of its head does not hold"))?;
    // Other accounts may give their users a path like that of nodes.
    if !is_node(&verified.caller) || verified.caller.account != account {
        return Err(refused("its head was signed by somebody who is no node"));
    }
    let forwarded = Forwarded::read(&headers);
    let forwarded = forwarded.ok_or_else(|| refused("its head names no address"))?;
    Ok(Said {
        node: verified.caller,
        forwarded,
    })
}

fn refused(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, why)
}

/// The address that counts for a connection: the container's, where there is one.
pub fn address(connected: SocketAddr, forwarded: Option<&Forwarded>) -> SocketAddr {
    match forwarded.and_then(|it| it.address) {
        Some(own) => SocketAddr::new(own, 0),
        None => connected,
    }
}

impl<S> Begun<S> {
    fn new(first: Vec<u8>, stream: S) -> Self {
        Self {
            first,
            taken: 0,
            stream,
        }
    }
}

impl<S: AsyncRead + Unpin> Begun<S> {
    /// The next byte, which stays.
    pub async fn peek(&mut self) -> io::Result<u8> {
        if self.first.is_empty() {
            more(&mut self.stream, &mut self.first).await?;
        }
        let next = self.first.get(self.taken).copied();
        next.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Begun<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let left = &self.first[self.taken..];
        if left.is_empty() {
            return Pin::new(&mut self.stream).poll_read(cx, into);
        }
        let count = left.len().min(into.remaining());
        into.put_slice(&left[..count]);
        self.taken += count;
        if self.taken == self.first.len() {
            (self.first, self.taken) = (Vec::new(), 0);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Begun<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use tokio::io::AsyncWriteExt;
    use wharf_wire::{
        CallerKind,
        sigv4::{self, SigningKeys},
    };

    use super::*;
    use crate::gateway::{Key, KeyError};

    const NOW: Timestamp = Timestamp(1_763_600_000_000);

    const OWN: &str = "000000000000";

    /// Key ids are the names of users.
    struct Users;

    #[async_trait]
    impl Directory for Users {
        async fn key(&self, id: &str, _: Option<&str>, _: Timestamp) -> Result<Key, KeyError> {
            let path = match id {
                "NODE" | "OTHER" => "wharf/node",
                "ALICE" => "alice",
                _ => return Err(KeyError::Unknown),
            };
            let account = match id {
                "OTHER" => "111111111111",
                _ => OWN,
            };
            Ok(Key {
                secret_access_key: format!("secret of {id}"),
                caller: Caller {
                    kind: CallerKind::User,
                    arn: format!("arn:aws:iam::{account}:user/{path}"),
                    ..Caller::root(account)
                },
            })
        }

        async fn key_of_node(
            &self,
            id: &str,
            token: Option<&str>,
            now: Timestamp,
        ) -> Result<Key, KeyError> {
            self.key(id, token, now).await
        }

        async fn is_closed(&self, _: &str) -> Result<bool, KeyError> {
            Ok(false)
        }
    }

    fn head(id: &str, forwarded: &Forwarded) -> String {
        let mut headers = vec![("host".to_owned(), "localhost".to_owned())];
        headers.extend(forwarded.headers());
        let parts = RequestParts {
            method: forward::METHOD,
            path: forward::PATH,
            query: "",
            headers: &headers,
        };
        let keys = SigningKeys {
            access_key_id: id.to_owned(),
            secret_access_key: format!("secret of {id}"),
            session_token: None,
        };
        let digest = sha256_hex(b"");
        let signed = sigv4::sign(&parts, &digest, &keys, "us-east-1", "wharf", NOW);
        headers.extend(signed);
        forward::head(&headers)
    }

    fn task() -> Forwarded {
        Forwarded {
            address: "10.0.0.7".parse().ok(),
            task: Some("arn:aws:ecs:us-east-1:000000000000:task/default/ab".to_owned()),
            vpc: Some("vpc-1".to_owned()),
            instance: None,
            endpoint: None,
        }
    }

    /// What is found at the beginning of these bytes, and what is left of them.
    async fn begun(bytes: &str, at_once: usize) -> io::Result<(String, Option<Forwarded>)> {
        let (mut client, server) = tokio::io::duplex(at_once);
        let bytes = bytes.to_owned();
        let writing = tokio::spawn(async move {
            let _ = client.write_all(bytes.as_bytes()).await;
        });
        let (mut stream, said) = begin(server, (&Users, OWN), NOW).await?;
        let mut rest = String::new();
        stream.read_to_string(&mut rest).await?;
        writing.await?;
        Ok((rest, said.map(|said| said.forwarded)))
    }

    #[tokio::test]
    async fn a_node_says_for_whom() {
        for at_once in [1, 7, 1 << 16] {
            let all = format!("{}GET / HTTP/1.1\r\n\r\n", head("NODE", &task()));
            let (rest, forwarded) = begun(&all, at_once).await.unwrap();
            assert_eq!(rest, "GET / HTTP/1.1\r\n\r\n");
            assert_eq!(forwarded, Some(task()));
        }
    }

    #[tokio::test]
    async fn others_are_left_as_they_are() {
        for bytes in [
            "GET / HTTP/1.1\r\n\r\n",
            "PRI * HTTP/2.0\r\n\r\n",
            "WHARFIT / \r\n",
        ] {
            let (rest, forwarded) = begun(bytes, 3).await.unwrap();
            assert_eq!((rest.as_str(), forwarded), (bytes, None));
        }
    }

    #[tokio::test]
    async fn a_second_head_is_the_containers() {
        let own = head("NODE", &task());
        let other = Forwarded {
            address: "127.0.0.1".parse().ok(),
            ..Forwarded::default()
        };
        let (rest, forwarded) = begun(&format!("{own}{}", head("NODE", &other)), 64)
            .await
            .unwrap();
        assert_eq!(forwarded, Some(task()));
        // HTTP does not know the method.
        assert!(rest.starts_with("WHARF "));
    }

    #[tokio::test]
    async fn nobody_else_does() {
        let own = head("NODE", &task());
        for forged in [
            head("ALICE", &task()),
            head("OTHER", &task()),
            head("NOBODY", &task()),
            own.replace("10.0.0.7", "127.0.0.1"),
            own.replace("x-amz-wharf-vpc: vpc-1\r\n", ""),
            own.replacen("\r\n\r\n", "\r\nx-amz-wharf-more: 1\r\n\r\n", 1),
            "WHARF /wharf/forward HTTP/1.1\r\nx-amz-wharf-address: 127.0.0.1\r\n\r\n".to_owned(),
            format!("WHARF {}", "x".repeat(forward::MAX_HEAD * 2)),
        ] {
            let refused = begun(&forged, 1 << 16).await.unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied, "{forged}");
        }
        assert!(begun("WHARF /wharf/for", 64).await.is_err());
    }
}
