//! The price lists of the installation: a file that its operator may write, read anew for each report.

use std::{io, path::PathBuf, sync::Arc};

use tokio::io::AsyncReadExt as _;
use wharf_billing::{ListError, MAX_LIST_BYTES, Prices};
use wharf_wire::Fault;

use crate::fault;

/// Where price lists come from.
#[derive(Debug, Clone)]
pub(crate) struct PriceFile(Arc<PathBuf>);

#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error("it cannot be read: {0}")]
    Read(#[from] io::Error),
    #[error("it is larger than {MAX_LIST_BYTES} bytes")]
    TooLarge,
    #[error(transparent)]
    List(#[from] ListError),
}

impl PriceFile {
    pub fn new(path: PathBuf) -> Self {
        Self(Arc::new(path))
    }

    /// The prices of the file; the example's without one.
    ///
    /// # Errors
    /// Costs are not told by other prices than the operator's: a file that is not understood is a failure.
    pub async fn read(&self) -> Result<Prices, Fault> {
        self.try_read().await.map_err(|error| {
            tracing::error!(file = %self.0.display(), %error, "failed to read the price lists: costs are unknown until it is repaired");
            fault::unavailable(format!("The price lists of this installation cannot be used: {error}."))
        })
    }

    async fn try_read(&self) -> Result<Prices, Unusable> {
        let file = match tokio::fs::File::open(&**self.0).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Prices::example()),
            file => file?,
        };
        let mut text = Vec::new();
        file.take(MAX_LIST_BYTES + 1).read_to_end(&mut text).await?;
        if text.len() as u64 > MAX_LIST_BYTES {
            return Err(Unusable::TooLarge);
        }
        Ok(Prices::parse(&text)?)
    }
}
