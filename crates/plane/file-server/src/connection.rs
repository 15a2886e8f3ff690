//! One connection: in the clear or over TLS, by a ticket or as anybody.

use std::{
    io::{self, Read, Write},
    net::{IpAddr, TcpStream},
    sync::Arc,
    time::Duration,
};

use rustls::{ServerConnection, StreamOwned};
use sha2::{Digest as _, Sha256};
use wharf_nfs_wire::rpc;

use crate::{
    config::{Config, Permissions, User},
    files::Root,
    nfs::{Client, MAX_MESSAGE, Server, call},
    open::{Place, now_ms},
    ticket::{MAX_TICKET, Ticket},
};

/// What one may take to say who it is.
const GREETING: Duration = Duration::from_secs(10);
/// … and to take what it asked for.
const SENDING: Duration = Duration::from_secs(60);
/// The first byte of TLS.
const HANDSHAKE: u8 = 22;
/// The first bit of a call: its only part, as all clients send them.
const LAST_PART: u8 = 0x80;

/// What a connection is let in by.
pub struct Gate {
    pub server: Arc<Server>,
    pub config: Arc<Config>,
    pub ticket_key: Vec<u8>,
    pub tls: Arc<rustls::ServerConfig>,
}

impl Gate {
    /// Serves it to its end.
    pub fn serve(&self, stream: TcpStream, place: &Place) -> io::Result<()> {
        let address = stream.peer_addr()?.ip();
        stream.set_nodelay(true)?;
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(GREETING))?;
        stream.set_write_timeout(Some(SENDING))?;
        nix::sys::socket::setsockopt(&stream, nix::sys::socket::sockopt::KeepAlive, &true)?;
        let mut first = [0];
        if stream.peek(&mut first)? == 0 {
            return Ok(());
        }
        if first[0] != HANDSHAKE {
            let client = self.anybody(address, self.config.anonymous)?;
            stream.set_read_timeout(None)?;
            place.let_in(u64::MAX);
            return answer_all(&client, stream, &[]);
        }
        let own = stream.try_clone()?;
        let tls = ServerConnection::new(self.tls.clone()).map_err(io::Error::other)?;
        let mut tls = StreamOwned::new(tls, stream);
        tls.read_exact(&mut first)?;
        let (client, until) = match first[0] & LAST_PART {
            0 => self.by_ticket(address, &line(first[0], &mut tls)?)?,
            _ => (
                self.anybody(address, self.config.anonymous_encrypted)?,
                u64::MAX,
            ),
        };
        own.set_read_timeout(None)?;
        place.let_in(until);
        let begun = if first[0] & LAST_PART == 0 {
            &[][..]
        } else {
            &first[..]
        };
        answer_all(&client, tls, begun)
    }

    fn anybody(&self, address: IpAddr, permissions: Permissions) -> io::Result<Client> {
        self.client(address, permissions, None, self.server.tree.root()?)
    }

    /// And until when.
    fn by_ticket(&self, address: IpAddr, line: &str) -> io::Result<(Client, u64)> {
        let ticket = Ticket::read(line, &self.ticket_key, &self.config.id, now_ms());
        let ticket =
            ticket.map_err(|bad| io::Error::other(format!("a ticket is none: {bad:?}")))?;
        let Some(id) = ticket.access_point else {
            let root = self.server.tree.root()?;
            let client = self.client(address, ticket.permissions, None, root)?;
            return Ok((client, ticket.expires_ms));
        };
        let point = self.config.access_points.get(&id);
        let point = point.ok_or_else(|| io::Error::other("there is no such access point"))?;
        let root = self.server.tree.root_of(point)?;
        let client = self.client(address, ticket.permissions, point.user.clone(), root)?;
        Ok((client, ticket.expires_ms))
    }

    fn client(
        &self,
        address: IpAddr,
        permissions: Permissions,
        user: Option<User>,
        root: Root,
    ) -> io::Result<Client> {
        if !permissions.mount {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let mut class = Sha256::new();
        // What it may is asked of each connection: another ticket may say otherwise.
        let who = serde_json::to_vec(&user)?;
        class.update((who.len() as u64).to_be_bytes());
        class.update(&who);
        class.update(root.handle.signed(b"", &root.handle));
        let class = class.finalize();
        let class = class.first_chunk().map_or(0, |it| u64::from_be_bytes(*it));
        Ok(Client {
            server: self.server.clone(),
            root,
            address,
            class,
            permissions,
            user,
        })
    }
}

pub(crate) fn line(first: u8, from: &mut impl Read) -> io::Result<String> {
    let mut bytes = vec![first];
    let mut next = [0];
    loop {
        from.read_exact(&mut next)?;
        match next[0] {
            b'\n' => return String::from_utf8(bytes).map_err(io::Error::other),
            _ if bytes.len() >= MAX_TICKET => {
                return Err(io::Error::other("a ticket is too long"));
            }
            byte => bytes.push(byte),
        }
    }
}

/// Answers calls, one after the other. `begun`: what was read of the first.
fn answer_all(client: &Client, stream: impl Read + Write, begun: &[u8]) -> io::Result<()> {
    let mut stream = begun.chain(stream);
    let mut message = Vec::new();
    loop {
        match rpc::read_record(&mut stream, &mut message, MAX_MESSAGE) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            other => other?,
        }
        let Some(answer) = call::answer(client, &message) else {
            return Err(io::Error::other("what came is no call"));
        };
        let (_, stream) = stream.get_mut();
        stream.write_all(&answer)?;
        stream.flush()?;
        // Few calls are as long as they may be.
        message.shrink_to(64 << 10);
    }
}
