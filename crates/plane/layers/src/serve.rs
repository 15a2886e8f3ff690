//! What peers are given: a layer for a ticket of the control plane's, once each.
//!
//! Bounds: connections in all and of one address, time until a request is there, time for each piece and for all of a layer, and
//! bytes by the tickets themselves, as each is good for one transfer. Whoever finds no place is hung up on, before TLS costs anything,
//! and knows by this to come again (`PeerError::HungUp`).

use std::{
    collections::{BTreeSet, HashMap},
    fs::File,
    io,
    net::IpAddr,
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_util::sync::CancellationToken;
use wharf_base::Timestamp;
use wharf_planeproto::layers::{Answer, MOST_REQUEST, Request, Sum};

use crate::{Inner, Sharing, proof};

/// Connections at once. Each has a buffer and a file.
const MOST: usize = 64;
/// Of them, of one address: a node fetches a few layers at a time.
const MOST_OF_ONE: usize = 8;
/// Until a request is there.
const BEGIN_TIMEOUT: Duration = Duration::from_secs(5);
/// A peer takes no piece for so long.
const STUCK: Duration = Duration::from_secs(10);
/// For all of a layer, beyond what its bytes are worth.
const GRACE: Duration = Duration::from_secs(30);
/// Bytes a second that a peer takes at least.
const LEAST_RATE: u64 = 256 << 10;
const PIECE: usize = 256 << 10;
/// Tickets that are remembered until they are over; nobody is given anything while there are more.
const MOST_USED: usize = 16 << 10;
/// After the system had no descriptor for another connection.
const PAUSE: Duration = Duration::from_millis(100);

/// Tickets that were used, each until it is over.
#[derive(Default)]
struct Used(BTreeSet<(Timestamp, Sum)>);

impl Used {
    /// Whether the ticket is used for the first time; `None` if there is no room to remember it.
    fn is_first(&mut self, request: &Request, now: Timestamp) -> Option<bool> {
        // What is over opens nothing, so it need not be remembered.
        self.0 = self.0.split_off(&(now, Sum::default()));
        let key = (request.until, request.ticket);
        if self.0.contains(&key) {
            return Some(false);
        }
        if self.0.len() >= MOST_USED {
            return None;
        }
        self.0.insert(key);
        Some(true)
    }
}

/// How many connections each address has.
#[derive(Clone, Default)]
struct Places(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// Free again when dropped.
struct Place {
    places: Places,
    address: IpAddr,
}

impl Places {
    fn enter(&self, address: IpAddr) -> Option<Place> {
        let mut taken = self.0.lock();
        let all: usize = taken.values().sum();
        let own = taken.get(&address).copied().unwrap_or_default();
        if all >= MOST || own >= MOST_OF_ONE {
            return None;
        }
        taken.insert(address, own + 1);
        Some(Place {
            places: self.clone(),
            address,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.0.lock();
        match taken.get_mut(&self.address) {
            Some(own) if *own > 1 => *own -= 1,
            _ => {
                taken.remove(&self.address);
            }
        }
    }
}

impl Sharing {
    /// Gives layers to peers until `shutdown`, and flushes those that come.
    ///
    /// # Errors
    /// TLS cannot be set up with this node's certificate.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: CancellationToken,
    ) -> Result<(), rustls::Error> {
        let acceptor = self.0.proof.acceptor()?;
        let (places, used) = (Places::default(), Arc::new(Mutex::new(Used::default())));
        let mut running = JoinSet::new();
        running.spawn(self.cache().clone().flush_as_they_come());
        loop {
            let accepted = tokio::select! {
                () = shutdown.cancelled() => return Ok(()),
                accepted = listener.accept() => accepted,
                Some(_) = running.join_next() => continue,
            };
            let Ok((stream, address)) = accepted else {
                sleep(PAUSE).await;
                continue;
            };
            let Some(place) = places.enter(address.ip().to_canonical()) else {
                self.0.counts.refused();
                continue;
            };
            let (inner, acceptor, used) = (self.0.clone(), acceptor.clone(), used.clone());
            running.spawn(async move {
                let _place = place;
                if let Err(error) = serve_one(&inner, &acceptor, &used, stream).await {
                    tracing::debug!(%address, %error, "a peer was not given a layer");
                }
            });
        }
    }
}

async fn serve_one(
    inner: &Inner,
    acceptor: &TlsAcceptor,
    used: &Mutex<Used>,
    stream: TcpStream,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let begun = timeout(BEGIN_TIMEOUT, begin(acceptor, stream)).await??;
    let (mut stream, certificate, request) = begun;
    let (answer, file) = decide(inner, used, certificate, request);
    let Some((file, size)) = file else {
        inner.counts.refused();
        return timeout(STUCK, say(&mut stream, &[answer.byte()])).await?;
    };
    let most = GRACE + Duration::from_millis(size.saturating_mul(1000) / LEAST_RATE);
    timeout(most, send(inner, &mut stream, file, size)).await??;
    inner.counts.given();
    Ok(())
}

async fn begin(
    acceptor: &TlsAcceptor,
    stream: TcpStream,
) -> io::Result<(TlsStream<TcpStream>, Option<Sum>, Option<Request>)> {
    let mut stream = acceptor.accept(stream).await?;
    let certificate = proof::shown(stream.get_ref().1.peer_certificates());
    let mut line = Vec::new();
    let limited = (&mut stream).take(MOST_REQUEST as u64);
    BufReader::new(limited).read_until(b'\n', &mut line).await?;
    let line = line
        .strip_suffix(b"\n")
        .and_then(|it| str::from_utf8(it).ok());
    let request = line.and_then(Request::read);
    Ok((stream, certificate, request))
}

/// The answer, with the file if it is the layer.
fn decide(
    inner: &Inner,
    used: &Mutex<Used>,
    certificate: Option<Sum>,
    request: Option<Request>,
) -> (Answer, Option<(File, u64)>) {
    let now = inner.clock.now();
    let (Some(certificate), Some(request)) = (certificate, request) else {
        return (Answer::Refused, None);
    };
    if !request.is_allowed(&certificate, &inner.key, now) {
        return (Answer::Refused, None);
    }
    match used.lock().is_first(&request, now) {
        Some(true) => {}
        Some(false) => return (Answer::Refused, None),
        None => return (Answer::Busy, None),
    }
    match inner.cache.take(&request.layer) {
        Some(file) => (Answer::Here, Some(file)),
        None => (Answer::NotHere, None),
    }
}

async fn say(stream: &mut TlsStream<TcpStream>, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.shutdown().await
}

async fn send(
    inner: &Inner,
    stream: &mut TlsStream<TcpStream>,
    file: File,
    size: u64,
) -> io::Result<()> {
    let mut head = vec![Answer::Here.byte()];
    head.extend(size.to_be_bytes());
    timeout(STUCK, stream.write_all(&head)).await??;
    let mut file = tokio::fs::File::from_std(file).take(size);
    let mut piece = vec![0; PIECE];
    loop {
        let count = file.read(&mut piece).await?;
        if count == 0 {
            break;
        }
        timeout(STUCK, stream.write_all(&piece[..count])).await??;
        inner.counts.sent(count as u64);
    }
    timeout(STUCK, stream.shutdown()).await?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_good_once() {
        let at = Timestamp::from_millis;
        let request = |ticket: u8, until: i64| Request {
            layer: [0; 32],
            until: at(until),
            ticket: [ticket; 32],
        };
        let mut used = Used::default();
        assert_eq!(used.is_first(&request(1, 10), at(0)), Some(true));
        assert_eq!(used.is_first(&request(1, 10), at(5)), Some(false));
        assert_eq!(used.is_first(&request(2, 10), at(5)), Some(true));
        assert_eq!(used.0.len(), 2);
        // Those that are over are forgotten.
        assert_eq!(used.is_first(&request(3, 30), at(11)), Some(true));
        assert_eq!(used.0.len(), 1);
        for number in 0..MOST_USED {
            let until = at(1000 + i64::try_from(number).unwrap());
            used.0.insert((until, [9; 32]));
        }
        assert_eq!(used.is_first(&request(4, 40), at(12)), None);
    }

    #[test]
    fn places_are_few() {
        let places = Places::default();
        let address = |last: u8| IpAddr::from([10, 0, 0, last]);
        let mut own: Vec<_> = (0..MOST_OF_ONE).map(|_| places.enter(address(1))).collect();
        assert!(own.iter().all(Option::is_some));
        assert!(places.enter(address(1)).is_none());
        assert!(places.enter(address(2)).is_some());
        own.clear();
        assert!(places.0.lock().is_empty());
        let others = 2..=u8::try_from(MOST / MOST_OF_ONE).unwrap() + 1;
        let all: Vec<_> = others
            .flat_map(|last| (0..MOST_OF_ONE).map(move |_| last))
            .map(|last| places.enter(address(last)))
            .collect();
        assert!(all.iter().all(Option::is_some));
        assert!(places.enter(address(1)).is_none());
    }
}
