//! The log on disks, whole and failing.

mod faults;
mod log;
