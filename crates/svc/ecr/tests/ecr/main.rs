//! ECR's operations over a real store and real files.

mod access;
mod archive;
mod collect;
mod images;
mod kill;
mod layers;
mod lifecycle;
mod replication;
mod repositories;
mod scans;
mod scans_failed;
mod settings;
mod support;
mod templates;
