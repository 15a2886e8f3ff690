//! The codecs, constraints, lists and records of calls, with generated contracts.

mod audit;
mod bounds;
mod events;
mod given_up;
mod goldens;
mod rows;
mod understood;
mod words;
