//! `--metrics ADDR`: where the parts of wharf serve their metrics, each on a port of its own.

use std::{net::SocketAddr, path::Path, sync::Arc};

use tokio_util::sync::CancellationToken;
use wharf_metrics::Metrics;

/// An address of this machine alone: whoever reaches it may read.
pub fn parse(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = text
        .parse()
        .map_err(|_| "it is an address and a port, such as 127.0.0.1:9460".to_owned())?;
    if !address.ip().is_loopback() || address.port() == 0 {
        return Err(
            "it must be a port of a loopback address: nobody is asked who reads".to_owned(),
        );
    }
    Ok(address)
}

/// The address of the part that comes `next` after the first: the ports follow each other.
pub fn following(first: SocketAddr, next: u16) -> Option<SocketAddr> {
    let port = first.port().checked_add(next)?;
    Some(SocketAddr::new(first.ip(), port))
}

/// Serves those of this process and of the disk below `data`, in the background.
pub fn serve(address: Option<SocketAddr>, data: &Path, stop: &CancellationToken) {
    let Some(address) = address else { return };
    let (metrics, stop) = (Arc::new(Metrics::new(data)), stop.clone());
    tokio::spawn(async move {
        if let Err(error) = wharf_metrics::serve(address, metrics, stop).await {
            tracing::error!(%address, %error, "metrics cannot be served");
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_reads() {
        for good in ["127.0.0.1:9460", "[::1]:1", "127.3.2.1:65535"] {
            assert!(parse(good).is_ok(), "{good}");
        }
        for bad in [
            "9460",
            "127.0.0.1",
            "127.0.0.1:0",
            "0.0.0.0:9460",
            "192.0.2.1:9460",
            "[::]:1",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        let first = parse("127.0.0.1:65534").unwrap();
        assert_eq!(following(first, 1), parse("127.0.0.1:65535").ok());
        assert_eq!(following(first, 2), None);
    }
}
