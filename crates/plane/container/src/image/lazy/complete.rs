//! The end of reading on demand: all of the layer is there, so it is unpacked as any other, and from then on it is one.

use std::{
    fs::File,
    io::{self, BufReader, Read},
    os::unix::fs::FileExt as _,
    sync::{Arc, atomic::Ordering},
};

use super::{Counts, Filling, entries};
use crate::image::{
    budget::Budget,
    error::{ImageError, LayerError, RegistryError},
    layer,
    store::Inner,
};

/// Reads a file that others read too.
struct FromStart<'a> {
    file: &'a File,
    at: u64,
}

impl Read for FromStart<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read_at(buffer, self.at)?;
        self.at += n as u64;
        Ok(n)
    }
}

/// # Errors
/// About content: the layer, or its index, is wrong. Else another try may help.
pub(super) async fn complete(filling: &Arc<Filling>) -> Result<(), LayerError> {
    let Some(inner) = filling.inner.upgrade() else {
        return Ok(());
    };
    let _turn = filling.lazies.room.completing.acquire().await;
    let of = Arc::clone(filling);
    let done = tokio::task::spawn_blocking(move || unpack(&of, &inner));
    done.await.unwrap_or_else(|e| {
        let files = filling.places.files.clone();
        Err(ImageError::io("unpack a layer from", files)(io::Error::other(e)).into())
    })
}

fn unpack(filling: &Filling, inner: &Arc<Inner>) -> Result<(), LayerError> {
    let from = || {
        let file = &filling.archive;
        BufReader::with_capacity(1 << 20, FromStart { file, at: 0 })
    };
    if let Some(name) = entries::differs_from(&filling.ztoc.entries, from())? {
        let wrong = format!("its index says something else of {name} than the layer");
        return Err(RegistryError::Nonsense(wrong).into());
    }
    let incoming = inner.make_incoming()?;
    let budget = Budget::new(inner.limits, inner.dir.clone());
    let meter = budget.meter(filling.of.layer.size);
    let bytes = layer::unpack_plain(from(), &filling.of.diff_id, incoming.path(), meter)?;
    inner.keep_layer(
        incoming,
        &filling.of.diff_id,
        bytes,
        filling.of.origin.clone(),
    )?;
    let failed = ImageError::io("show a layer in", &filling.places.mounts);
    filling.is_complete.store(true, Ordering::Release);
    filling.places.turn().map_err(failed)?;
    Counts::add(&filling.lazies.counts.completed);
    tracing::info!(layer = %filling.of.layer.digest, "a layer that was read on demand is there as a whole");
    Ok(())
}
