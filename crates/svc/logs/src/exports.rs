//! Export tasks: the events of a group, written into a bucket of S3 as files.
//!
//! `task` is the record, `layout` the names of files and the lines in them, `body` a file as it is read from the
//! journal while S3 takes it in, `run` takes tasks forward. A file is there as a whole or not at all, since S3 keeps
//! nothing of a body that ended early; how far a task has come is written down behind each file, and after a kill the
//! file that was on its way is written again under its name.

pub mod body;
pub mod layout;
pub mod run;
pub mod task;
