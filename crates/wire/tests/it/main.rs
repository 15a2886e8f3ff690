//! The codecs, constraints, lists and records of calls, with generated contracts.

mod audit;
mod bounds;
mod events;
mod goldens;
mod rows;
mod understood;
mod words;
