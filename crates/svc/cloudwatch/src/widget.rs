//! Graphs as images: a widget is read from its JSON ([`read`]), its queries are answered as those of GetMetricData,
//! and what they come to is drawn ([`draw`]) and packed as PNG ([`png`]). All three are pure.

pub mod draw;
pub mod palette;
pub mod png;
pub mod read;
pub mod scale;
