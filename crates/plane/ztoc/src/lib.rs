//! Indexes of image layers, in the form of SOCI's zTOC (<https://github.com/awslabs/soci-snapshotter>): what files a layer
//! has, and for each span of its compressed bytes the digest, and what is needed to begin decompressing there. With one, a
//! file can be read before the rest of the layer is there.
//!
//! An index is made by whoever pushes an image, so nothing in it is believed before it is checked: [`Ztoc::decode`] bounds what
//! it announces, [`tree`] makes of its names a file system that leads nowhere else, and [`Ztoc::inflate`] gives out no more
//! than a span was said to hold. Pure: bytes in, bytes out.

mod flat;
pub mod inflate;
mod make;
mod time;
pub mod tree;
mod ztoc;

#[cfg(test)]
mod tests;

pub use self::{
    make::{Indexing, Unindexable},
    tree::{Node, Tree},
    ztoc::{Entry, Kind, Span, Ztoc, spans_of},
};

/// Where an index says something that cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the index of the layer is damaged: {0}")]
pub struct Damaged(pub &'static str);

/// The largest index that is read, in bytes. Each span of 4 MiB takes 32 KiB of it: so it is enough for 8 GiB.
pub const INDEX_LIMIT: u64 = 64 << 20;

/// The largest index that is read of a layer of so many compressed bytes: what its spans take and as much again, and what tens
/// of thousands of files take.
#[must_use]
pub const fn index_limit(layer: u64) -> u64 {
    let most = (8 << 20) + layer / 64;
    if most < INDEX_LIMIT {
        most
    } else {
        INDEX_LIMIT
    }
}
/// Of a layer; each is held in memory for as long as the layer is read by its index.
pub const MOST_ENTRIES: usize = 200_000;
/// What a span may hold, compressed or not; SOCI's hold 4 MiB.
pub const MOST_OF_SPAN: u64 = 16 << 20;
/// What deflate looks back at.
pub const WINDOW: usize = 32 << 10;
/// What indexes that are made here have in a span at least, as SOCI's.
pub const SPAN: u64 = 4 << 20;
